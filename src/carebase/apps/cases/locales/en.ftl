# The pages of cases.

worklist-title = Cases
worklist-filter = Status
worklist-every-status = Every status
worklist-apply = Filter
worklist-new = New case
worklist-caption = Cases, newest first
worklist-patient = Patient
worklist-age = Age
worklist-sex = Sex
worklist-status = Status
worklist-alerts-head = Alerts
worklist-opened = Opened
worklist-alerts = { $count ->
    [one] { $count } critical
   *[other] { $count } critical
}
worklist-alerts-silent = No indication in this list
worklist-empty-title = No cases yet
worklist-empty-text = Open a case and attach laboratory and imaging reports: moments later the summary is there, every line with its source.
worklist-empty-action = Open the first case
worklist-nothing-title = No case has this status
worklist-nothing-action = See every case
worklist-pages = Pages of the list
worklist-first-page = First page
worklist-next-page = Next page

status-processing = In progress
status-completed = Analysed
status-failed = Failed
gender-female = Female
gender-male = Male
gender-other = Other
gender-unknown = Not recorded
age-years = { $count ->
    [one] { $count } year
   *[other] { $count } years
}
age-months = { $count ->
    [one] { $count } month
   *[other] { $count } months
}
age-days = { $count ->
    [one] { $count } day
   *[other] { $count } days
}
pregnant-unknown = Not recorded
pregnant-yes = Yes
pregnant-no = No

new-title = New case
draft-kept = A draft of { $when } is kept
draft-kept-text = What you had written when the session was closed or you left the page. Files have to be chosen again. Only you see it; it goes when it is sent, or after seven days.
draft-kept-continue = Go on with the draft
draft-kept-remove = Delete the draft
new-patient = Patient
new-name = Patient’s name
new-name-hint = As printed on the reports: it is used to notice a document of another patient.
new-birth-date = Date of birth
new-age = or age in years
new-age-hint = Only if the date is not known. For a child under two, give the date.
new-gender = Sex
new-pregnant = Pregnancy
new-clinical = Clinical context
new-summary = Reason and history
new-summary-hint = Complaints, duration, past history, medicines, vital signs.
new-notes = Clinician’s notes
new-files = Documents
new-files-rule = PDF, JPEG, PNG, DICOM, text or CSV. At most { $megabytes } MB a file and { $count } files a case.
new-lab-files = Laboratory reports
new-radiology-files = Imaging: reports and images
new-several-hint = You can choose several files.
new-send = Open the case
new-file-too-large = This file is too large.
new-too-many-files = There are too many files.
new-megabytes = MB
new-sending = Sending:
new-storing = Files received, storing…
new-stopped = Sending was interrupted. Your files are still chosen: send again.
new-progress = Progress of sending
mistake-name = Enter the patient’s name.
mistake-name-long = The patient’s name is longer than 200 characters.
mistake-birth-date = Enter a real date of birth in the past.
mistake-age = Enter a whole age between 0 and 130 years.
mistake-birth-or-age = Enter the date of birth or the age.
mistake-gender = Choose the sex.
mistake-pregnant = Choose one of the answers.
mistake-text-long = This text is longer than 20,000 characters.
mistake-files-large = A file is larger than { $megabytes } MB, or there are more than { $count }.
mistake-files-type = One of the files is not of an accepted kind, whatever its name says.
mistake-files = The files were refused. Check them and try again.

case-title = Case of { $name }
case-facts = Patient
case-age = Age
case-sex = Sex
case-born = Born
case-opened = Opened
case-codes = Print sign-in codes for this patient
case-pregnancy = Pregnancy
case-pregnant = Yes
case-not-pregnant = No
case-contents = In this case
case-back = Cases
case-own-text = Clinician’s text
case-own-summary = Reason and history
case-own-notes = Notes

draft-title = AI draft – not reviewed
draft-text = Generated automatically. Check the sources before any decision. Nothing here is medical advice until a professional has approved it.
draft-mark = Draft
draft-engine = Engine: { $engine }

alerts-title = { $count ->
    [one] { $count } critical result
   *[other] { $count } critical results
}
warnings-title = To check
other-patient-title = Document of another patient? { $file }
other-patient-confirmed = A clinician has confirmed that this document is of this patient.
unread-line = Line not read: “{ $quote }”
unread-page = Page { $page } not read.
warning-confirm = I have checked: { $file } is of this patient
unread-title = Not read
unread-text = These passages were not read: the analysis does not take them into account.
concern-open = Open { $file }, page { $page }

progress-title = Analysis in progress
progress-failed-title = The analysis did not complete
progress-text = This page updates itself. You can also load it again.
progress-reload = Load again
progress-retry = Run the analysis again
progress-steps = Steps of the analysis
step-stored = Files stored
step-read = Documents read
step-labs = Laboratory
step-imaging = Imaging
step-insights = Summary
step-and-state = { $step }: { $state }
progress-now = Current step: { $step }
progress-queued = Waiting: the analysis starts in a moment.
step-state-waiting = waiting
step-state-running = in progress
step-state-done = done
step-state-failed = failed
step-state-skipped = not needed
reason-unknown = The reason is not known.
reason-analysis-failed = The analysis failed several times in a row. Run it again; if it keeps failing, tell the person who runs this server.
reason-analysis-crashed = The analysis broke off several times, probably because of a file. Run it again without the last file attached.
reason-service-unavailable = A service that is needed did not answer. Run the analysis again in a while.
reason-file-missing = A file of this case was not found. Tell the person who runs this server.

summary-title = Summary
summary-key-findings = Key findings
summary-context = Patient context
soap-title = SOAP note
soap-subjective = Subjective
soap-objective = Objective
soap-assessment = Assessment
soap-plan = Plan
soap-empty = Nothing to report from the documents given.
diagnosis-title = Diagnosis
diagnosis-none = Not enough information to suggest a diagnosis
diagnosis-primary = Leading hypothesis
diagnosis-alternatives = Other hypotheses
diagnosis-code = ICD-10 code
diagnosis-criteria = Criteria met: { $met } of { $total }
diagnosis-for = For
diagnosis-against = Against
diagnosis-missing = Missing to decide
diagnosis-no-against = Nothing to the contrary was found in the documents read.
confidence-none = Confidence: not assessed
confidence-percent = Confidence: { $percent }%

labs-title = Laboratory
labs-caption = Results of { $file }
labs-other-patient = Verify the patient: results not used
unit-international = IU
labs-empty = No laboratory result was read.
labs-name = Test
labs-value = Result
labs-flag = Position
labs-range = Printed range
labs-source = Source
labs-scroll = Results of { $file }, scrolls sideways
lab-no-range = not printed
lab-printed-flag = Printed: { $flag }
lab-previous = Earlier: { $values }
lab-sampled = Sampled: { DATETIME($when, dateStyle: "medium") }
flag-low = Below range
flag-high = Above range
flag-within = Within range
flag-none = Not classified
flag-check = Check the source
flag-critical-low = Critical, low
flag-critical-high = Critical, high
flag-critical-within = Critical
flag-critical-none = Critical, verify

imaging-title = Imaging
imaging-empty = There is no imaging document in this case.
imaging-not-interpreted = Image stored and displayed; not interpreted.
imaging-images = Images
files-title = Files
files-empty = No file is attached.
category-lab = Laboratory
category-radiology = Imaging
size-kilobytes = { NUMBER($size, maximumFractionDigits: 0) } kB
size-megabytes = { NUMBER($size, minimumFractionDigits: 1, maximumFractionDigits: 1) } MB
file-facts = { $category } · { $size }
file-facts-pages = { $pages ->
    [one] { $category } · { $pages } page · { $size }
   *[other] { $category } · { $pages } pages · { $size }
}

evidence-case-text = Clinician’s text
evidence-page = p. { $page }
evidence-line = p. { $page }, l. { $line }
evidence-open-page = See the source: { $file }, page { $page }
evidence-open-line = See the source: { $file }, page { $page }, line { $line }

page-title = { $file }, page { $page }
page-back = Back to the case
page-position = { $pages ->
    [one] Only page
   *[other] Page { $page } of { $pages }
}
page-previous = Previous page
page-next = Next page
page-turn = Pages of the file
page-text = Page { $page } of { $file }, as a picture
image-text = Image { $file }
page-marked = Highlighted passage
page-statement = Statement of the draft
page-line = l. { $line }
page-others = Also taken from this page
page-nothing = The draft quotes nothing from this page.
page-original = Open the original file
image-warning-title = Not for primary diagnosis
image-warning-text = Image stored and displayed; not interpreted. This is not a diagnostic display.
