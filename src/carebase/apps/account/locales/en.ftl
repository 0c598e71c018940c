# The pages of accounts: coming in, registering, keeping safe.

sign-in-title = Sign in
sign-in-email = E-mail address
sign-in-email-or-phone = E-mail address or telephone number
sign-in-password = Password
sign-in-send = Sign in
person-needs-script = For this form, { $service } checks that you are a person, which needs JavaScript.
sign-in-forgot = Forgotten your password?
sign-in-by-paper = Sign in with a printed code
sign-in-by-mail = Sign in by a message, without a password
sign-in-register = Create an account
sign-in-with = Sign in with { $provider }
sign-in-said-idle = Your session was closed because nobody was using it. Sign in again to return to the same page.
sign-in-said-again = For this change, first prove that it is you: sign in again.
sign-in-said-out = You are signed out.
sign-in-said-provider = Signing in at this provider did not work. Try again, or sign in another way.
sign-in-said-factor-removed = Second factor removed. Sign in again.
back-to-sign-in = Back to signing in

by-mail-title = Sign in by a message
by-mail-explanation = If an account has this address, a message is sent there with a link and six digits to sign in with. A second factor, if you have one, is still asked for.

paper-title = Printed code
paper-explanation = With one of the codes on the sheet that your care team gave you. Each code works once.
paper-name = Record number, telephone or e-mail address
paper-name-hint = The record number is printed on your papers.
paper-code = Code
paper-code-hint = Twelve characters, for example ACDE-FGHJ-KMNP. Dashes and lower case make no difference.

second-factor-title = Second factor
second-factor-again = For this change, show your second factor once more.
second-factor-which = Which one are you using?
second-factor-code = Code
second-factor-code-hint = The six digits in your app, or the next code on your sheet.
second-factor-send = Continue
second-factor-lost = Lost your phone or sheet?
second-factor-lost-text = Type a recovery code instead. If you have none left, whoever administers this server can remove the second factor after making sure that it is you.
second-factor-leave = Sign out

factor-kind-totp = App
factor-kind-codes = Codes on paper

register-title = Create an account
register-name = Full name
register-role = You are
register-role-hint = This is a request: a clinical role opens access only once the person who administers this server has granted it.
register-send = Create the account
register-closed = This server is by invitation only. Ask the person who administers it.
role-patient = Patient
role-attending = Attending physician
role-nurse = Nurse
role-specialist = Specialist
role-admin = Administration
role-none = No role granted so far

first-run-title = First administrator
first-run-explanation = This server has no administrator yet. This page exists on this machine alone, and only until there is one. The administrator grants roles and invites the others.
first-run-link = Create the first administrator

password-hint = { $shortest } characters or more that are hard to guess: several unrelated words will do. Every character counts, spaces too.
password-account = Account:
password-new = New password
password-current = Current password
password-send = Save the password

forgot-title = Forgotten password
forgot-explanation = If an account has this address, a message is sent there with a link and six digits. Other devices stay signed in until you have chosen a new password.
forgot-send = Send the message

sent-title = Check your messages
sent-signup-explanation = A message was sent to this address. Open its link, or type the six digits it holds here. If you had an account already, the message says so.
sent-recovery-explanation = If an account has this address, a message was sent to it. Open its link, or type the six digits it holds here.
sent-magiclink-explanation = If an account has this address, a message was sent to it. Open its link, or type the six digits it holds here.
sent-email-change-explanation = Two messages were sent, to the old and to the new address. Open both links, or type the digits here.
sent-nothing-explanation = Type the address the message was sent to and the six digits it holds, or open its link.
sent-code = Six digits
sent-code-hint = { $minutes ->
    [one] Good for { $minutes } minute.
   *[other] Good for { $minutes } minutes.
}
sent-send = Continue
sent-nothing = Nothing arrived?
sent-ask-again = Send the message again
sent-again = If a message was expected at this address, it was sent again.

confirm-signup-title = Confirm your address
confirm-signup-explanation = One more button, so that a program that reads your messages does not do it for you.
confirm-signup-button = Confirm and sign in
signed-up-explanation = The sign-up came from an app or another browser. Type the password that you chose there.
signed-up-password = The password you chose when you signed up
signed-up-button = Confirm
signed-up-anew-explanation = Otherwise what was entered at the sign-up is removed, and you choose a password.
signed-up-anew-button = I did not sign up here, or I no longer know it
signed-up-wrong = This is not the password that was chosen at the sign-up.
landing-title = Address confirmed
landing-explanation = You go back to where the sign-up began.
confirm-invite-title = Accept the invitation
confirm-invite-explanation = You will choose your password next.
confirm-invite-button = Accept
confirm-magiclink-title = Sign in
confirm-magiclink-explanation = One more button, so that a program that reads your messages does not do it for you.
confirm-magiclink-button = Sign in
confirm-email-title = Sign in
confirm-email-explanation = One more button, so that a program that reads your messages does not do it for you.
confirm-email-button = Sign in
confirm-recovery-title = Choose a new password
confirm-recovery-explanation = Continue to choose a new password. A second factor, if you have one, is still asked for.
confirm-recovery-button = Continue
confirm-email-change-title = Confirm the change of address
confirm-email-change-explanation = The old and the new address have to confirm, each by its own link.
confirm-email-change-button = Confirm
half-title = First address confirmed
half-explanation = Now open the link sent to the other address. The change is made once both have confirmed.
over-title = This link no longer works
over-explanation = It was used already, is too old, or a newer link took its place.
over-link = Ask for a new message
said-go-on = Continue

agree-title = Add { $provider }
agree-explanation = From now on your account at { $provider } will open the account { $holder } of this site. If you have not asked for this, close this page.
agree-button = Add
onward-title = To { $provider }
onward-explanation = You go on at the provider and come back here afterwards.

reset-title = Choose a new password
reset-explanation = All other devices will be signed out.
invitation-title = Welcome
invitation-explanation = Choose the password of your account.

account-nav = My account
account-nav-profile = Profile
account-nav-security = Security
account-nav-sessions = Signed-in devices
account-nav-codes = Codes on paper
account-nav-language = Language
account-nav-timezone = Time zone
keep = Save
remove = Remove

profile-who = Who you are
profile-role = Role
profile-phone = Telephone
profile-email = E-mail address
profile-email-is = Address of the account:
profile-email-waits = A change to { $email } is waiting: both addresses have still to confirm.
profile-email-new = New address
profile-email-hint = A message is sent to both addresses; the account changes once both have confirmed.
profile-email-send = Change the address
profile-phone-is = Number of the account:
profile-phone-new = New number
profile-phone-hint = With the country code, for example +237 6 77 12 34 56. You will be able to sign in with this number.
profile-phone-send = Change the number
profile-phone-fixed = This server sends no text messages, so it cannot confirm a number. Whoever administers it can change yours.

language-title = Language
language-hint = Language of pages and messages
timezone-title = Time zone
timezone-label = Time zone
timezone-hint = Times on every page are shown in this zone.
timezone-now = It is now: { $now }

security-factors = Second factor
security-no-factor = The password alone protects this account. With a second factor, a stolen password is no longer enough.
security-factor-add = Add a second factor
security-factor-since = since { $when }
security-factor-remove = Remove this second factor
security-factor-remove-text = Devices signed in with it will have to show another one.
security-recovery = Recovery codes:
security-recovery-link = Print new ones
security-password = Password
security-password-ends = All other devices will be signed out.
security-password-send = Change the password
security-identities = Sign-in providers
security-identity-add = Also sign in with { $provider }

sessions-explanation = A device that you do not know? Sign it out, then change your password.
session-this = this device
session-address = Address { $address }
session-level-one = first factor
session-level-two = second factor shown
session-times = Signed in { $began }, used { $used }
session-end = Sign out
sessions-end-others = Sign out all other devices

codes-explanation = Printed codes take the place of a phone or an e-mail address. Each works once, and a new sheet replaces the old one.
codes-left = { $count ->
    [0] none
    [one] { $count } left
   *[other] { $count } left
}
codes-recovery-title = Recovery codes
codes-recovery-text = In place of a lost second factor:
codes-recovery-print = New recovery sheet
codes-recovery-refused = Without a second factor there is nothing to replace.
codes-sign-in-title = Sign-in codes
codes-sign-in-text = In place of the e-mail address and the password:
codes-sign-in-print = New sign-in sheet
codes-sign-in-refused = Your account does not sign in with a printed code.
sheet-recovery-title = Recovery codes
sheet-recovery-explanation = Print this sheet or copy it, and keep it away from your phone. Each code takes the place of the lost second factor once.
sheet-sign-in-title = Sign-in codes
sheet-sign-in-explanation = Print this sheet or copy it. Each code opens your account once, with your record number, telephone or address.
sheet-second-factor-title = Codes on paper
sheet-second-factor-explanation = Print this sheet or copy it.
sheet-until = Good until { $when }
sheet-once = These codes will never be shown again.
sheet-kept = I have kept them, continue

patient-codes-title = Sign-in codes of { $patient }
patient-codes-explanation = With ten printed codes this person signs in without e-mail or telephone, by the record number. Hand the sheet over in person: whoever has it and knows the number gets into the record.
patient-codes-left = Codes of the present sheet:
patient-codes-replaces = A new sheet replaces the old one, whose codes are then good for nothing.
patient-codes-print = New sign-in sheet
patient-codes-refused = This account is a clinician’s as well: it does not sign in with a printed code.
patient-codes-back = Back
patient-sheet-explanation = Print this sheet now and hand it over in person. It will never be shown again.
sheet-where = Open { $address }, type your record number, then one of these codes. Each code works once: cross it out.
sheet-print = Print with the browser’s menu, on A5 paper.

new-factor-title = Add a second factor
new-factor-explanation = After the password, a code that only you can give.
new-factor-required = Your role asks for a second factor: without one, no record opens. Add one now.
new-factor-app = An app on your phone
new-factor-app-text = Any app for one-time codes (TOTP) will do. It works without a network.
new-factor-name = Name (optional)
new-factor-name-hint = To know it again later, for example “ward phone”.
new-factor-app-send = Continue with an app
new-factor-codes = A sheet of paper
new-factor-codes-text = Without a phone: ten printed codes, to be crossed out one by one.
new-factor-codes-send = Continue with a sheet
enroll-app-title = Link the app
enroll-app-explanation = Scan this picture with your app, then type the six digits it shows.
enroll-picture = Square code to scan with the app; the key is written below
enroll-secret = Or type this key into the app:
enroll-open = Open the app on this device
enroll-app-code = Six digits from the app
enroll-app-code-hint = They change every thirty seconds.
enroll-codes-title = Your sheet of codes
enroll-codes-explanation = Print or copy these codes, then type one of them to show that you have them. They will never be shown again.
enroll-codes-code = One of the codes
enroll-codes-code-hint = It will then be used; cross it out.
enroll-send = Activate
enroll-start-again = Start again

done-profile = Profile saved.
done-email = Address changed.
done-email-asked = A message was sent to each address: open both links.
done-phone = Number changed.
done-language = Language saved.
done-timezone = Time zone saved.
done-password = Password changed. Other devices are signed out.
done-session-ended = Device signed out.
done-sessions-ended = All other devices are signed out.
done-identity-removed = Provider removed.
done-identity-added = Provider added.

refusal-credentials = The address or the password is not right.
refusal-paper = The name or the code is not right, or the code was used before.
refusal-not-confirmed = This address is not confirmed yet: open the link in the message you received.
refusal-email = Give a complete e-mail address, for example amina@example.org.
refusal-phone = Give a complete number with the country code, for example +237 6 77 12 34 56.
refusal-phone-exists = Another account has this number already.
refusal-link = This link no longer works.
refusal-code = These digits are not right, or no longer good.
refusal-sign-up = This server is by invitation only.
refusal-user-exists = There is an account with this address already.
refusal-same-password = This is the current password: choose another one.
refusal-current-password = The current password is not right.
refusal-factor-code = This code is not right, was used before or is too old. Type the one that the app shows now, or the next code on the sheet.
refusal-factor-gone = It no longer exists. Reload the page.
refusal-factor-name = Another second factor has this name already.
refusal-factors = This account has ten second factors already. Remove one first.
refusal-single-identity = It is the only way into this account.
refusal-identity-taken = This account of the provider opens an account here already.
refusal-identity-refused = The provider was not added: it did not agree, or it took too long.
refusal-captcha = Confirm that you are a person, then send the form again.
refusal-password-length = Choose { $shortest } characters or more.
refusal-password-common = This password is too easy to guess. Add one or two unrelated words.
refusal-password-personal = It resembles your address or the name of the site. Choose something else.
refusal-too-many = { $minutes ->
    [one] Too many tries. Try again in { $minutes } minute.
   *[other] Too many tries. Try again in { $minutes } minutes.
}

certificate-title = Install the certificate
certificate-explanation = { $site } protects itself with its own certificate authority. Install it once on each device, and the browser will no longer warn.
certificate-crt = Download the certificate
certificate-pem = In PEM form
certificate-compare = Compare before you accept
certificate-compare-text = The device shows a SHA-256 fingerprint. It has to be the one that the server printed when it started, and this one. If they differ, install nothing.
certificate-until = Good until { $day }.
certificate-how = How to do it
certificate-android = Android
certificate-android-text = Settings, Security, Encryption and credentials, Install a certificate, CA certificate; then choose the file.
certificate-ios = iPhone and iPad
certificate-ios-text = Open the file, then Settings, Profile Downloaded, Install. Then General, About, Certificate Trust Settings: switch trust on.
certificate-windows = Windows
certificate-windows-text = Open the file, Install Certificate, Local Machine, Trusted Root Certification Authorities.
certificate-macos = macOS
certificate-macos-text = Open the file with Keychain Access, then choose “Always Trust”.
certificate-linux = Linux
certificate-linux-text = Copy the PEM file to /usr/local/share/ca-certificates/carebase.crt, then run update-ca-certificates; in Firefox, import it in the settings.
certificate-phone = With a phone
certificate-phone-text = Scan this picture to open this page.
certificate-picture = Square code of the address of this page
