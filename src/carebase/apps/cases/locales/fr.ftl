# Les pages des dossiers.

worklist-title = Dossiers
worklist-filter = Statut
worklist-every-status = Tous les statuts
worklist-apply = Filtrer
worklist-new = Nouveau dossier
worklist-caption = Dossiers, le plus récent d’abord
worklist-patient = Patient
worklist-age = Âge
worklist-sex = Sexe
worklist-status = Statut
worklist-alerts-head = Alertes
worklist-opened = Ouvert
worklist-alerts = { $count ->
    [one] { $count } critique
   *[other] { $count } critiques
}
worklist-alerts-silent = Aucune indication dans cette liste
worklist-empty-title = Aucun dossier pour l’instant
worklist-empty-text = Ouvrez un dossier, joignez les comptes rendus de laboratoire et d’imagerie : la synthèse apparaît quelques instants plus tard, chaque ligne avec sa source.
worklist-empty-action = Ouvrir un premier dossier
worklist-nothing-title = Aucun dossier avec ce statut
worklist-nothing-action = Voir tous les dossiers
worklist-pages = Pages de la liste
worklist-first-page = Première page
worklist-next-page = Page suivante

status-processing = En cours
status-completed = Analysé
status-failed = Échec
gender-female = Féminin
gender-male = Masculin
gender-other = Autre
gender-unknown = Non renseigné
age-years = { $count ->
    [one] { $count } an
   *[other] { $count } ans
}
age-months = { $count } mois
age-days = { $count ->
    [one] { $count } jour
   *[other] { $count } jours
}
pregnant-unknown = Non renseigné
pregnant-yes = Oui
pregnant-no = Non

new-title = Nouveau dossier
draft-kept = Un brouillon du { $when } est gardé
draft-kept-text = Ce que vous aviez écrit quand la session s’est fermée ou que vous avez quitté la page. Les fichiers sont à choisir de nouveau. Vous seul le voyez ; il s’efface à l’envoi ou après sept jours.
draft-kept-continue = Reprendre le brouillon
draft-kept-remove = Effacer le brouillon
new-patient = Patient
new-name = Nom du patient
new-name-hint = Tel qu’il est imprimé sur les comptes rendus : il sert à repérer un document d’un autre patient.
new-birth-date = Date de naissance
new-age = ou âge en années
new-age-hint = Seulement si la date est inconnue. Pour un enfant de moins de deux ans, indiquez la date.
new-gender = Sexe
new-pregnant = Grossesse
new-clinical = Contexte clinique
new-summary = Motif et histoire
new-summary-hint = Plaintes, durée, antécédents, traitements, constantes.
new-notes = Notes du clinicien
new-files = Documents
new-files-rule = PDF, JPEG, PNG, DICOM, texte ou CSV. { $megabytes } Mo au plus par fichier, { $count } fichiers au plus par dossier.
new-lab-files = Comptes rendus de laboratoire
new-radiology-files = Imagerie : comptes rendus et images
new-several-hint = Vous pouvez choisir plusieurs fichiers.
new-send = Ouvrir le dossier
new-file-too-large = Ce fichier est trop volumineux.
new-too-many-files = Il y a trop de fichiers.
new-megabytes = Mo
new-sending = Envoi :
new-storing = Fichiers reçus, enregistrement en cours…
new-stopped = L’envoi a été interrompu. Vos fichiers restent choisis : envoyez de nouveau.
new-progress = Avancement de l’envoi
mistake-name = Indiquez le nom du patient.
mistake-name-long = Le nom du patient dépasse 200 caractères.
mistake-birth-date = Indiquez une date de naissance réelle et passée.
mistake-age = Indiquez un âge entier entre 0 et 130 ans.
mistake-birth-or-age = Indiquez la date de naissance ou l’âge.
mistake-gender = Indiquez le sexe.
mistake-pregnant = Choisissez une des réponses proposées.
mistake-text-long = Ce texte dépasse 20 000 caractères.
mistake-files-large = Un fichier dépasse { $megabytes } Mo, ou il y en a plus de { $count }.
mistake-files-type = Un des fichiers n’est pas d’un type accepté, malgré son nom.
mistake-files = L’envoi a été refusé. Vérifiez les fichiers, puis recommencez.

case-title = Dossier de { $name }
case-facts = Patient
case-age = Âge
case-sex = Sexe
case-born = Naissance
case-opened = Ouvert
case-codes = Imprimer des codes de connexion pour ce patient
case-pregnancy = Grossesse
case-pregnant = Oui
case-not-pregnant = Non
case-contents = Dans ce dossier
case-back = Dossiers
case-own-text = Texte du clinicien
case-own-summary = Motif et histoire
case-own-notes = Notes

draft-title = Brouillon généré automatiquement, non relu
draft-text = À vérifier dans les sources avant toute décision. Rien ici n’est un avis médical tant qu’un professionnel ne l’a pas validé.
draft-mark = Brouillon
draft-engine = Moteur : { $engine }

alerts-title = { $count ->
    [one] { $count } résultat critique
   *[other] { $count } résultats critiques
}
warnings-title = À vérifier
other-patient-title = Document d’un autre patient ? { $file }
other-patient-confirmed = Un clinicien a confirmé que ce document est de ce patient.
unread-line = Ligne non lue : « { $quote } »
unread-page = Page { $page } non lue.
warning-confirm = Après vérification : { $file } est bien de ce patient
unread-title = Non lu
unread-text = Ces passages n’ont pas été lus : l’analyse n’en tient pas compte.
concern-open = Ouvrir { $file }, page { $page }

progress-title = Analyse en cours
progress-failed-title = L’analyse n’a pas abouti
progress-text = Cette page se met à jour d’elle-même. Vous pouvez aussi la recharger.
progress-reload = Recharger
progress-retry = Relancer l’analyse
progress-steps = Étapes de l’analyse
step-stored = Fichiers enregistrés
step-read = Documents lus
step-labs = Laboratoire
step-imaging = Imagerie
step-insights = Synthèse
step-and-state = { $step } : { $state }
progress-now = Étape en cours : { $step }
progress-queued = En attente : l’analyse commence dans un instant.
step-state-waiting = en attente
step-state-running = en cours
step-state-done = fait
step-state-failed = en échec
step-state-skipped = étape sans objet
reason-unknown = La raison n’est pas connue.
reason-analysis-failed = L’analyse a échoué plusieurs fois de suite. Relancez-la ; si cela se répète, prévenez la personne qui gère ce serveur.
reason-analysis-crashed = L’analyse s’est interrompue plusieurs fois, sans doute à cause d’un fichier. Relancez-la sans le dernier fichier joint.
reason-service-unavailable = Un service nécessaire ne répondait pas. Relancez l’analyse dans un moment.
reason-file-missing = Un fichier du dossier n’a pas été retrouvé. Prévenez la personne qui gère ce serveur.

summary-title = Synthèse
summary-key-findings = Constatations principales
summary-context = Contexte du patient
soap-title = Note SOAP
soap-subjective = Subjectif
soap-objective = Objectif
soap-assessment = Appréciation
soap-plan = Conduite à tenir
soap-empty = Rien à rapporter d’après les documents fournis.
diagnosis-title = Diagnostic
diagnosis-none = Pas assez d’éléments pour proposer un diagnostic
diagnosis-primary = Hypothèse principale
diagnosis-alternatives = Autres hypothèses
diagnosis-code = Code CIM-10
diagnosis-criteria = Critères réunis : { $met } sur { $total }
diagnosis-for = En faveur
diagnosis-against = Contre
diagnosis-missing = Manque pour trancher
diagnosis-no-against = Rien de contraire n’a été trouvé dans les documents lus.
confidence-none = Confiance : non évaluée
confidence-percent = Confiance : { $percent } %

labs-title = Laboratoire
labs-caption = Résultats de { $file }
labs-other-patient = Patient à vérifier : résultats non utilisés
unit-international = UI
labs-empty = Aucun résultat de laboratoire n’a été lu.
labs-name = Analyse
labs-value = Résultat
labs-flag = Position
labs-range = Intervalle imprimé
labs-source = Source
labs-scroll = Résultats de { $file }, défilement horizontal
lab-no-range = non imprimé
lab-printed-flag = Imprimé : { $flag }
lab-previous = Antérieur : { $values }
lab-sampled = Prélevé : { DATETIME($when, dateStyle: "medium") }
flag-low = Sous l’intervalle
flag-high = Au-dessus
flag-within = Dans l’intervalle
flag-none = Non classé
flag-check = À vérifier à la source
flag-critical-low = Critique, bas
flag-critical-high = Critique, haut
flag-critical-within = Critique
flag-critical-none = Critique, à vérifier

imaging-title = Imagerie
imaging-empty = Aucun document d’imagerie dans ce dossier.
imaging-not-interpreted = Image enregistrée et affichée ; non interprétée.
imaging-images = Images
files-title = Fichiers
files-empty = Aucun fichier joint.
category-lab = Laboratoire
category-radiology = Imagerie
size-kilobytes = { NUMBER($size, maximumFractionDigits: 0) } ko
size-megabytes = { NUMBER($size, minimumFractionDigits: 1, maximumFractionDigits: 1) } Mo
file-facts = { $category } · { $size }
file-facts-pages = { $pages ->
    [one] { $category } · { $pages } page · { $size }
   *[other] { $category } · { $pages } pages · { $size }
}

evidence-case-text = Texte du clinicien
evidence-page = p. { $page }
evidence-line = p. { $page }, l. { $line }
evidence-open-page = Voir la source : { $file }, page { $page }
evidence-open-line = Voir la source : { $file }, page { $page }, ligne { $line }

page-title = { $file }, page { $page }
page-back = Retour au dossier
page-position = { $pages ->
    [one] Page unique
   *[other] Page { $page } sur { $pages }
}
page-previous = Page précédente
page-next = Page suivante
page-turn = Pages du fichier
page-text = Page { $page } de { $file }, en image
image-text = Image { $file }
page-marked = Passage surligné
page-statement = Affirmation du brouillon
page-line = l. { $line }
page-others = Aussi tiré de cette page
page-nothing = Le brouillon ne cite rien de cette page.
page-original = Ouvrir le fichier d’origine
image-warning-title = Pas destiné au diagnostic primaire
image-warning-text = Image enregistrée et affichée ; non interprétée. L’affichage n’est pas celui d’une console de diagnostic.
