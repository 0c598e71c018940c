# The frame of the pages and the errors.

language-own-name = English
skip-to-content = Skip to content
site-name = carebase
site-title = { $page } – carebase
nav-label = Main navigation
nav-cases = Cases
nav-new-case = New case
nav-account = My account
nav-administration = Administration
sign-out = Sign out
second-factor-optional-label = Warning of a demonstration
second-factor-optional = Demonstration: on this server the second factor of staff is optional. Put no real patient into it.
idle-title = Still there?
idle-text = Nobody has used this page for a while. To protect the records, the session is about to close.
idle-minutes-two = Two more minutes.
idle-minutes-one = One more minute.
idle-stay = Stay signed in
footer-use = Decision support: generated texts are drafts, to be checked and approved by a health professional.
footer-privacy = The data stay on this server. Every reading of a record is logged. This page calls no other site.
footer-privacy-widget = The data stay on this server. Every reading of a record is logged. This page asks { $service } whether you are a person.
mistakes-title = Please correct
mistake-prefix = Error:
moment = { DATETIME($when, dateStyle: "medium", timeStyle: "short") } ({ $zone })
day = { DATETIME($when, dateStyle: "long") }

failure-400-title = The request was not right
failure-400-explanation = What was sent could not be understood. Go back, check the fields and try again.
failure-not-allowed-title = Your account may not do this
failure-not-allowed-explanation = Clinical work needs a role that the person who administers this server grants. Ask for it, then sign in again.
failure-403-title = Refused
failure-403-explanation = You cannot do that from here.
failure-foreign-form-title = Refused
failure-foreign-form-explanation = This form did not come from this site, or the page was too old. Load the page again and send it once more.
failure-404-title = Page not found
failure-404-explanation = This page does not exist, or it is not open to you.
failure-409-title = The case has changed in the meantime
failure-409-explanation = Somebody else changed it while you were looking at it. Load it again before you retry; nothing was overwritten.
failure-413-title = Too large
failure-413-explanation = A file, or their number, is over the limit. Remove some or make them smaller, then try again.
failure-415-title = This kind of file is not accepted
failure-415-explanation = Accepted are PDF, JPEG, PNG, DICOM, text and CSV.
failure-429-title = Too many requests
failure-429-explanation = The allowance is used up for now. Nothing was lost.
failure-500-title = Something went wrong on our side
failure-500-explanation = The request was not completed. Try again; if it keeps happening, give the number below to the person who runs this server.
failure-503-title = The service cannot answer just now
failure-503-explanation = The server is not able to answer at the moment. Try again in a while.
failure-wait = { $seconds ->
    [one] Try again in one second.
   *[other] Try again in { $seconds } seconds.
}
failure-request-id = Request number:
failure-home = Go to the list of cases
