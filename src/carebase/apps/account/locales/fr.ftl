# Les pages du compte : entrer, s’inscrire, se protéger.

sign-in-title = Se connecter
sign-in-email = Adresse e-mail
sign-in-email-or-phone = Adresse e-mail ou numéro de téléphone
sign-in-password = Mot de passe
sign-in-send = Se connecter
person-needs-script = Pour ce formulaire, { $service } vérifie que vous êtes une personne, ce qui demande JavaScript.
sign-in-forgot = Mot de passe oublié ?
sign-in-by-paper = Se connecter avec un code imprimé
sign-in-by-mail = Se connecter par un message, sans mot de passe
sign-in-register = Créer un compte
sign-in-with = Se connecter avec { $provider }
sign-in-said-idle = Votre session a été fermée : personne ne l’utilisait plus. Reconnectez-vous pour retrouver la même page.
sign-in-said-again = Pour ce changement, prouvez d’abord que c’est bien vous : connectez-vous de nouveau.
sign-in-said-out = Vous êtes déconnecté.
sign-in-said-provider = La connexion chez ce fournisseur n’a pas abouti. Recommencez, ou connectez-vous autrement.
sign-in-said-factor-removed = Second facteur retiré. Connectez-vous de nouveau.
back-to-sign-in = Retour à la connexion

by-mail-title = Se connecter par un message
by-mail-explanation = Si un compte porte cette adresse, un message y part avec un lien et six chiffres pour se connecter. Un second facteur, si vous en avez un, reste demandé.

paper-title = Code imprimé
paper-explanation = Avec un des codes de la feuille que votre équipe soignante vous a remise. Chaque code ne sert qu’une fois.
paper-name = Numéro de dossier, téléphone ou adresse e-mail
paper-name-hint = Le numéro de dossier est imprimé sur vos papiers.
paper-code = Code
paper-code-hint = Douze signes, par exemple ACDE-FGHJ-KMNP. Les tirets et les minuscules ne comptent pas.

second-factor-title = Second facteur
second-factor-again = Pour ce changement, montrez encore une fois votre second facteur.
second-factor-which = Lequel utilisez-vous ?
second-factor-code = Code
second-factor-code-hint = Les six chiffres de votre application, ou le prochain code de votre feuille.
second-factor-send = Continuer
second-factor-lost = Téléphone ou feuille perdus ?
second-factor-lost-text = Tapez un code de récupération à la place. Si vous n’en avez plus, la personne qui administre ce serveur peut retirer le second facteur après s’être assurée que c’est bien vous.
second-factor-leave = Se déconnecter

factor-kind-totp = Application
factor-kind-codes = Codes sur papier

register-title = Créer un compte
register-name = Nom et prénom
register-role = Vous êtes
register-role-hint = C’est une demande : un rôle de soignant n’ouvre l’accès qu’une fois accordé par la personne qui administre ce serveur.
register-send = Créer le compte
register-closed = Sur ce serveur, on n’entre que sur invitation. Demandez-la à la personne qui l’administre.
role-patient = Patient
role-attending = Médecin responsable
role-nurse = Infirmier
role-specialist = Spécialiste
role-admin = Administration
role-none = Aucun rôle accordé pour l’instant

first-run-title = Premier administrateur
first-run-explanation = Ce serveur n’a pas encore d’administrateur. Cette page n’existe que sur cette machine, et seulement jusqu’à ce qu’il y en ait un. L’administrateur accorde les rôles et invite les autres.
first-run-link = Créer le premier administrateur

password-hint = { $shortest } caractères ou plus, difficiles à deviner : plusieurs mots sans lien font l’affaire. Tous les signes comptent, espaces compris.
password-account = Compte :
password-new = Nouveau mot de passe
password-current = Mot de passe actuel
password-send = Enregistrer le mot de passe

forgot-title = Mot de passe oublié
forgot-explanation = Si un compte porte cette adresse, un message y part avec un lien et six chiffres. Les autres appareils restent connectés tant que vous n’avez pas choisi un nouveau mot de passe.
forgot-send = Envoyer le message

sent-title = Consultez vos messages
sent-signup-explanation = Un message est parti à cette adresse. Ouvrez son lien, ou tapez ici les six chiffres qu’il contient. Si vous aviez déjà un compte, le message vous le dit.
sent-recovery-explanation = Si un compte porte cette adresse, un message y est parti. Ouvrez son lien, ou tapez ici les six chiffres qu’il contient.
sent-magiclink-explanation = Si un compte porte cette adresse, un message y est parti. Ouvrez son lien, ou tapez ici les six chiffres qu’il contient.
sent-email-change-explanation = Deux messages sont partis, à l’ancienne et à la nouvelle adresse. Ouvrez les deux liens, ou tapez ici les chiffres.
sent-nothing-explanation = Tapez l’adresse à laquelle le message est parti et les six chiffres qu’il contient, ou ouvrez son lien.
sent-code = Six chiffres
sent-code-hint = { $minutes ->
    [one] Bons pendant { $minutes } minute.
   *[other] Bons pendant { $minutes } minutes.
}
sent-send = Continuer
sent-nothing = Rien reçu ?
sent-ask-again = Renvoyer le message
sent-again = Si un message était attendu à cette adresse, il est reparti.

confirm-signup-title = Confirmer votre adresse
confirm-signup-explanation = Un bouton de plus, pour qu’un programme qui lit vos messages ne le fasse pas à votre place.
confirm-signup-button = Confirmer et se connecter
signed-up-explanation = L’inscription vient d’une application ou d’un autre navigateur. Tapez le mot de passe que vous y avez choisi.
signed-up-password = Le mot de passe que vous avez choisi à l’inscription
signed-up-button = Confirmer
signed-up-anew-explanation = Sinon, ce qui a été saisi à l’inscription est supprimé et vous choisissez un mot de passe.
signed-up-anew-button = L’inscription n’est pas de moi, ou j’ai oublié ce mot de passe
signed-up-wrong = Ce n’est pas le mot de passe choisi à l’inscription.
landing-title = Adresse confirmée
landing-explanation = Vous retournez là où l’inscription a commencé.
confirm-invite-title = Accepter l’invitation
confirm-invite-explanation = Vous choisirez ensuite votre mot de passe.
confirm-invite-button = Accepter
confirm-magiclink-title = Se connecter
confirm-magiclink-explanation = Un bouton de plus, pour qu’un programme qui lit vos messages ne le fasse pas à votre place.
confirm-magiclink-button = Se connecter
confirm-email-title = Se connecter
confirm-email-explanation = Un bouton de plus, pour qu’un programme qui lit vos messages ne le fasse pas à votre place.
confirm-email-button = Se connecter
confirm-recovery-title = Choisir un nouveau mot de passe
confirm-recovery-explanation = Continuez pour choisir un nouveau mot de passe. Un second facteur, si vous en avez un, reste demandé.
confirm-recovery-button = Continuer
confirm-email-change-title = Confirmer le changement d’adresse
confirm-email-change-explanation = L’ancienne et la nouvelle adresse doivent confirmer, chacune par son lien.
confirm-email-change-button = Confirmer
half-title = Première adresse confirmée
half-explanation = Ouvrez maintenant le lien envoyé à l’autre adresse. Le changement se fait quand les deux ont confirmé.
over-title = Ce lien ne sert plus
over-explanation = Il a déjà été utilisé, il est trop vieux, ou un lien plus récent l’a remplacé.
over-link = Demander un nouveau message
said-go-on = Continuer

agree-title = Ajouter { $provider }
agree-explanation = Votre compte chez { $provider } ouvrira désormais le compte { $holder } de ce site. Si vous n’avez pas demandé cela, fermez cette page.
agree-button = Ajouter
onward-title = Vers { $provider }
onward-explanation = Vous continuez chez le fournisseur et reviendrez ici ensuite.

reset-title = Choisir un nouveau mot de passe
reset-explanation = Tous les autres appareils seront déconnectés.
invitation-title = Bienvenue
invitation-explanation = Choisissez le mot de passe de votre compte.

account-nav = Mon compte
account-nav-profile = Profil
account-nav-security = Sécurité
account-nav-sessions = Appareils connectés
account-nav-codes = Codes sur papier
account-nav-language = Langue
account-nav-timezone = Fuseau horaire
keep = Enregistrer
remove = Retirer

profile-who = Qui vous êtes
profile-role = Rôle
profile-phone = Téléphone
profile-email = Adresse e-mail
profile-email-is = Adresse du compte :
profile-email-waits = Changement en attente vers { $email } : les deux adresses doivent encore confirmer.
profile-email-new = Nouvelle adresse
profile-email-hint = Un message part aux deux adresses ; le compte change quand les deux ont confirmé.
profile-email-send = Changer d’adresse
profile-phone-is = Numéro du compte :
profile-phone-new = Nouveau numéro
profile-phone-hint = Avec l’indicatif du pays, par exemple +237 6 77 12 34 56. Vous pourrez vous connecter avec ce numéro.
profile-phone-send = Changer de numéro
profile-phone-fixed = Ce serveur n’envoie pas de SMS et ne peut donc pas confirmer un numéro. La personne qui l’administre peut changer le vôtre.

language-title = Langue
language-hint = Langue des pages et des messages
timezone-title = Fuseau horaire
timezone-label = Fuseau horaire
timezone-hint = Les heures de toutes les pages s’affichent dans ce fuseau.
timezone-now = Il est en ce moment : { $now }

security-factors = Second facteur
security-no-factor = Le mot de passe seul protège ce compte. Avec un second facteur, un mot de passe volé ne suffit plus.
security-factor-add = Ajouter un second facteur
security-factor-since = depuis le { $when }
security-factor-remove = Retirer ce second facteur
security-factor-remove-text = Les appareils connectés avec lui devront en montrer un autre.
security-recovery = Codes de récupération :
security-recovery-link = En imprimer de nouveaux
security-password = Mot de passe
security-password-ends = Tous les autres appareils seront déconnectés.
security-password-send = Changer le mot de passe
security-identities = Fournisseurs de connexion
security-identity-add = Se connecter aussi avec { $provider }

sessions-explanation = Un appareil que vous ne reconnaissez pas ? Déconnectez-le, puis changez votre mot de passe.
session-this = cet appareil
session-address = Adresse { $address }
session-level-one = premier facteur
session-level-two = second facteur montré
session-times = Connecté le { $began }, utilisé le { $used }
session-end = Déconnecter
sessions-end-others = Déconnecter tous les autres appareils

codes-explanation = Des codes imprimés remplacent un téléphone ou une adresse e-mail. Chacun ne sert qu’une fois, et une nouvelle feuille remplace l’ancienne.
codes-left = { $count ->
    [0] aucun
    [one] { $count } restant
   *[other] { $count } restants
}
codes-recovery-title = Codes de récupération
codes-recovery-text = À la place d’un second facteur perdu :
codes-recovery-print = Nouvelle feuille de récupération
codes-recovery-refused = Sans second facteur, il n’y a rien à remplacer.
codes-sign-in-title = Codes de connexion
codes-sign-in-text = À la place de l’adresse e-mail et du mot de passe :
codes-sign-in-print = Nouvelle feuille de connexion
codes-sign-in-refused = Votre compte ne se connecte pas avec un code imprimé.
sheet-recovery-title = Codes de récupération
sheet-recovery-explanation = Imprimez cette feuille ou recopiez-la, et gardez-la à l’écart de votre téléphone. Chaque code remplace une fois le second facteur perdu.
sheet-sign-in-title = Codes de connexion
sheet-sign-in-explanation = Imprimez cette feuille ou recopiez-la. Chaque code ouvre une fois votre compte, avec votre numéro de dossier, votre téléphone ou votre adresse.
sheet-second-factor-title = Codes sur papier
sheet-second-factor-explanation = Imprimez cette feuille ou recopiez-la.
sheet-until = Bons jusqu’au { $when }
sheet-once = Ces codes ne seront plus jamais affichés.
sheet-kept = Je les ai gardés, continuer

patient-codes-title = Codes de connexion de { $patient }
patient-codes-explanation = Dix codes imprimés permettent à cette personne de se connecter sans e-mail ni téléphone, avec son numéro de dossier. Remettez la feuille en main propre : qui l’a et connaît le numéro entre dans le dossier.
patient-codes-left = Codes de la feuille actuelle :
patient-codes-replaces = Une nouvelle feuille remplace l’ancienne, dont les codes ne servent plus.
patient-codes-print = Nouvelle feuille de connexion
patient-codes-refused = Ce compte est aussi celui d’un soignant : il ne se connecte pas avec un code imprimé.
patient-codes-back = Retour
patient-sheet-explanation = Imprimez cette feuille maintenant et remettez-la en main propre. Elle ne sera plus jamais affichée.
sheet-where = Ouvrez { $address }, tapez votre numéro de dossier, puis un de ces codes. Chaque code ne sert qu’une fois : rayez-le.
sheet-print = Imprimer avec le menu du navigateur, en format A5.

new-factor-title = Ajouter un second facteur
new-factor-explanation = Après le mot de passe, un code que vous seul pouvez donner.
new-factor-required = Votre rôle demande un second facteur : sans lui, aucun dossier ne s’ouvre. Ajoutez-en un maintenant.
new-factor-app = Une application sur votre téléphone
new-factor-app-text = N’importe quelle application de codes à usage unique (TOTP) convient. Elle fonctionne sans réseau.
new-factor-name = Nom (facultatif)
new-factor-name-hint = Pour la reconnaître plus tard, par exemple « téléphone du service ».
new-factor-app-send = Continuer avec une application
new-factor-codes = Une feuille de papier
new-factor-codes-text = Sans téléphone : dix codes imprimés, à rayer un par un.
new-factor-codes-send = Continuer avec une feuille
enroll-app-title = Relier l’application
enroll-app-explanation = Lisez cette image avec votre application, puis tapez les six chiffres qu’elle affiche.
enroll-picture = Code carré à lire avec l’application ; la clé est écrite en dessous
enroll-secret = Ou tapez cette clé dans l’application :
enroll-open = Ouvrir l’application sur cet appareil
enroll-app-code = Six chiffres de l’application
enroll-app-code-hint = Ils changent toutes les trente secondes.
enroll-codes-title = Votre feuille de codes
enroll-codes-explanation = Imprimez ou recopiez ces codes, puis tapez-en un pour montrer que vous les avez. Ils ne seront plus jamais affichés.
enroll-codes-code = Un des codes
enroll-codes-code-hint = Il sera alors utilisé ; rayez-le.
enroll-send = Activer
enroll-start-again = Recommencer

done-profile = Profil enregistré.
done-email = Adresse changée.
done-email-asked = Un message est parti à chaque adresse : ouvrez les deux liens.
done-phone = Numéro changé.
done-language = Langue enregistrée.
done-timezone = Fuseau horaire enregistré.
done-password = Mot de passe changé. Les autres appareils sont déconnectés.
done-session-ended = Appareil déconnecté.
done-sessions-ended = Tous les autres appareils sont déconnectés.
done-identity-removed = Fournisseur retiré.
done-identity-added = Fournisseur ajouté.

refusal-credentials = L’adresse ou le mot de passe n’est pas correct.
refusal-paper = Le nom ou le code n’est pas correct, ou le code a déjà servi.
refusal-not-confirmed = Cette adresse n’est pas encore confirmée : ouvrez le lien du message que vous avez reçu.
refusal-email = Indiquez une adresse e-mail complète, par exemple amina@exemple.org.
refusal-phone = Indiquez un numéro complet avec l’indicatif du pays, par exemple +237 6 77 12 34 56.
refusal-phone-exists = Un autre compte porte déjà ce numéro.
refusal-link = Ce lien ne sert plus.
refusal-code = Ces chiffres ne sont pas corrects, ou ne sont plus bons.
refusal-sign-up = Sur ce serveur, on n’entre que sur invitation.
refusal-user-exists = Un compte porte déjà cette adresse.
refusal-same-password = C’est le mot de passe actuel : choisissez-en un autre.
refusal-current-password = Le mot de passe actuel n’est pas correct.
refusal-factor-code = Ce code n’est pas correct, a déjà servi ou est trop vieux. Tapez celui que l’application affiche maintenant, ou le code suivant de la feuille.
refusal-factor-gone = Il n’existe plus. Rechargez la page.
refusal-factor-name = Un autre second facteur porte déjà ce nom.
refusal-factors = Ce compte a déjà dix seconds facteurs. Retirez-en un d’abord.
refusal-single-identity = C’est la seule façon d’entrer dans ce compte.
refusal-identity-taken = Ce compte du fournisseur ouvre déjà un compte ici.
refusal-identity-refused = Le fournisseur n’a pas été ajouté : la demande n’a pas abouti chez lui, ou a duré trop longtemps.
refusal-captcha = Confirmez que vous êtes une personne, puis renvoyez le formulaire.
refusal-password-length = Choisissez { $shortest } caractères ou plus.
refusal-password-common = Ce mot de passe est trop facile à deviner. Ajoutez un ou deux mots sans lien.
refusal-password-personal = Il ressemble à votre adresse ou au nom du site. Choisissez autre chose.
refusal-too-many = { $minutes ->
    [one] Trop d’essais. Recommencez dans { $minutes } minute.
   *[other] Trop d’essais. Recommencez dans { $minutes } minutes.
}

certificate-title = Installer le certificat
certificate-explanation = { $site } se protège avec sa propre autorité de certification. Installez-la une fois sur chaque appareil, et le navigateur n’avertira plus.
certificate-crt = Télécharger le certificat
certificate-pem = Sous forme PEM
certificate-compare = Comparer avant d’accepter
certificate-compare-text = L’appareil affiche une empreinte SHA-256. Elle doit être celle que le serveur a affichée à son démarrage, et celle-ci. Si elles diffèrent, n’installez rien.
certificate-until = Bon jusqu’au { $day }.
certificate-how = Comment faire
certificate-android = Android
certificate-android-text = Paramètres, Sécurité, Chiffrement et identifiants, Installer un certificat, Certificat CA ; puis choisir le fichier.
certificate-ios = iPhone et iPad
certificate-ios-text = Ouvrir le fichier, puis Réglages, Profil téléchargé, Installer. Ensuite Général, Informations, Réglages des certificats : activer la confiance.
certificate-windows = Windows
certificate-windows-text = Ouvrir le fichier, Installer un certificat, Ordinateur local, Autorités de certification racines de confiance.
certificate-macos = macOS
certificate-macos-text = Ouvrir le fichier avec Trousseaux d’accès, puis choisir « Toujours approuver ».
certificate-linux = Linux
certificate-linux-text = Copier le fichier PEM sous /usr/local/share/ca-certificates/carebase.crt, puis lancer update-ca-certificates ; dans Firefox, l’importer dans les paramètres.
certificate-phone = Avec un téléphone
certificate-phone-text = Lisez cette image pour ouvrir cette page.
certificate-picture = Code carré de l’adresse de cette page
