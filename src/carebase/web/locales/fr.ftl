# Le cadre des pages et les erreurs.

language-own-name = Français
skip-to-content = Aller au contenu
site-name = carebase
site-title = { $page } – carebase
nav-label = Navigation principale
nav-cases = Dossiers
nav-new-case = Nouveau dossier
nav-account = Mon compte
nav-administration = Administration
sign-out = Se déconnecter
second-factor-optional-label = Avertissement de démonstration
second-factor-optional = Démonstration : sur ce serveur, le second facteur du personnel est facultatif. N’y mettez aucun vrai patient.
idle-title = Toujours là ?
idle-text = Personne n’a utilisé cette page depuis un moment. Pour protéger les dossiers, la session va se fermer.
idle-minutes-two = Encore deux minutes.
idle-minutes-one = Encore une minute.
idle-stay = Rester connecté
footer-use = Aide à la décision : les textes générés sont des brouillons, à vérifier et à valider par un professionnel de santé.
footer-privacy = Les données restent sur ce serveur. Chaque consultation d’un dossier est enregistrée. Cette page n’appelle aucun autre site.
footer-privacy-widget = Les données restent sur ce serveur. Chaque lecture d’un dossier est notée. Cette page demande à { $service } si vous êtes une personne.
mistakes-title = À corriger
mistake-prefix = Erreur :
moment = { DATETIME($when, dateStyle: "medium", timeStyle: "short") } ({ $zone })
day = { DATETIME($when, dateStyle: "long") }

failure-400-title = Demande incorrecte
failure-400-explanation = L’envoi n’a pas été compris. Revenez en arrière, vérifiez les champs, puis recommencez.
failure-not-allowed-title = Votre compte n’y est pas autorisé
failure-not-allowed-explanation = Le travail clinique demande un rôle que la personne qui administre ce serveur accorde. Demandez-le-lui, puis reconnectez-vous.
failure-403-title = Envoi refusé
failure-403-explanation = Vous ne pouvez pas faire cela d’ici.
failure-foreign-form-title = Envoi refusé
failure-foreign-form-explanation = Ce formulaire ne venait pas de ce site, ou la page était trop ancienne. Rechargez la page, puis envoyez-le de nouveau.
failure-404-title = Page introuvable
failure-404-explanation = Cette page n’existe pas, ou elle ne vous est pas ouverte.
failure-409-title = Le dossier a changé entre-temps
failure-409-explanation = Quelqu’un d’autre l’a modifié pendant que vous le regardiez. Rechargez-le avant de recommencer ; rien n’a été écrasé.
failure-413-title = Envoi trop volumineux
failure-413-explanation = Un fichier, ou leur nombre, dépasse la limite. Retirez-en ou réduisez-les, puis recommencez.
failure-415-title = Type de fichier non accepté
failure-415-explanation = Sont acceptés : PDF, JPEG, PNG, DICOM, texte et CSV.
failure-429-title = Trop de demandes
failure-429-explanation = La limite est atteinte pour l’instant. Rien n’a été perdu.
failure-500-title = Une erreur s’est produite de notre côté
failure-500-explanation = La demande n’a pas abouti. Recommencez ; si cela se répète, transmettez le numéro ci-dessous à la personne qui gère ce serveur.
failure-503-title = Service momentanément indisponible
failure-503-explanation = Le serveur ne peut pas répondre pour l’instant. Recommencez dans un moment.
failure-wait = { $seconds ->
    [one] Recommencez dans une seconde.
   *[other] Recommencez dans { $seconds } secondes.
}
failure-request-id = Numéro de la demande :
failure-home = Aller à la liste des dossiers
