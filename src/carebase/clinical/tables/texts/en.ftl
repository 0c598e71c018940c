# Sentences of the analysis, English. One message for each statement code; numbers come preformatted.
# Alerts
alert-critical = Critical result: { $measure } { $comparator }{ $value } { $unit }{ $date ->
        [none] {" (sample date not read)"}
       *[other] {" (sample of "}{ $date }{")"}
    }. Confirm and act without delay.
alert-verify = Verify patient and sample: critical value { $measure } { $comparator }{ $value } { $unit } in a document that may belong to another person or hold an error.
alert-imaging = { $certainty ->
        [suspected] Critical finding suspected on imaging, to be confirmed
       *[stated] Critical imaging finding
    }: { $concept }.
alert-imaging-verify = Verify patient and study: critical imaging finding ({ $concept }) in a document that may belong to another person.
alert-pattern = Possible emergency: { $pattern }. Immediate assessment is needed.

# Laboratory rows
lab-low = { $measure } { $comparator }{ $value } { $unit }: below the printed limit { $low }{ $date ->
        [none] {" (date not read)"}
       *[other] {" (sample of "}{ $date }{")"}
    }.
lab-high = { $measure } { $comparator }{ $value } { $unit }: above the printed limit { $high }{ $date ->
        [none] {" (date not read)"}
       *[other] {" (sample of "}{ $date }{")"}
    }.
lab-low-adult = { $measure } { $comparator }{ $value } { $unit }: low by the adult reference values{ $date ->
        [none] {" (date not read)"}
       *[other] {" (sample of "}{ $date }{")"}
    }.
lab-high-adult = { $measure } { $comparator }{ $value } { $unit }: high by the adult reference values{ $date ->
        [none] {" (date not read)"}
       *[other] {" (sample of "}{ $date }{")"}
    }.
lab-positive = { $measure }: positive{ $date ->
        [none] {" (date not read)"}
       *[other] {" (sample of "}{ $date }{")"}
    }.
lab-check = { $measure }: check the source document (“{ $printed }”).
derived-value = { $measure } (calculated): { $value } { $unit }.
vital-sign = { $measure }: { $value } { $unit }.

# Imaging
imaging-finding = Imaging: { $concept }{ $side ->
        [left] {" (left)"}
        [right] {" (right)"}
        [bilateral] {" (both sides)"}
       *[none] {""}
    }.
imaging-uncertain = Imaging, uncertain: { $concept }{ $side ->
        [left] {" (left)"}
        [right] {" (right)"}
        [bilateral] {" (both sides)"}
       *[none] {""}
    }.
imaging-denied = Imaging, reported as absent: { $concept }{ $side ->
        [left] {" (left)"}
        [right] {" (right)"}
        [bilateral] {" (both sides)"}
       *[none] {""}
    }.
imaging-size = Imaging: { $concept }, { $size } mm{ $side ->
        [left] {" (left)"}
        [right] {" (right)"}
        [bilateral] {" (both sides)"}
       *[none] {""}
    }.
image-stored = Image stored; not interpreted ({ $name }).

# Criteria
criterion-met = { $measure } { $comparator }{ $value } { $unit }{ $converted ->
        [none] {""}
       *[other] {" (= "}{ $converted } { $limit_unit }{")"}
    }: criterion { $relation } { $limit } { $limit_unit } met.
criterion-not-met = { $measure } { $comparator }{ $value } { $unit }{ $converted ->
        [none] {""}
       *[other] {" (= "}{ $converted } { $limit_unit }{")"}
    }: criterion { $relation } { $limit } { $limit_unit } not met.
criterion-multiple-met = { $measure } { $comparator }{ $value } { $unit }: criterion { $relation } { $times } times the upper limit ({ $upper } { $upper_unit }) met.
criterion-multiple-not-met = { $measure } { $comparator }{ $value } { $unit }: criterion { $relation } { $times } times the upper limit ({ $upper } { $upper_unit }) not met.
criterion-high = { $measure } { $comparator }{ $value } { $unit }: high.
criterion-not-high = { $measure } { $comparator }{ $value } { $unit }: not high.
criterion-low = { $measure } { $comparator }{ $value } { $unit }: low.
criterion-not-low = { $measure } { $comparator }{ $value } { $unit }: not low.
criterion-ratio-met = Ratio { $measure } / { $other } = { $ratio }: criterion { $relation } { $limit } met.
criterion-ratio-not-met = Ratio { $measure } / { $other } = { $ratio }: criterion { $relation } { $limit } not met.
criterion-positive = { $measure }: positive.
criterion-negative = { $measure }: negative.
criterion-grade-low = { $measure } { $value }: below the grade that counts.
criterion-repeated = { $measure } { $value } { $unit } on { $date }, and already { $earlier } { $earlier_unit } on { $earlier_date }.
criterion-risen = { $measure }: { $earlier } { $earlier_unit } on { $earlier_date }, then { $value } { $unit } on { $date }.
said-present = Stated by the clinician: { $concept }.
said-absent = Denied in the clinician's text: { $concept }.
imaging-present = Described on imaging: { $concept }.
imaging-absent = Absent on imaging: { $concept }.
unreliable = { $measure }: cannot be relied on with { $concept }.

# What would settle it
missing-test = { $measure }: no usable result in the documents; this test would help to settle the question.
missing-vital = { $measure }: not recorded in the case.
missing-said = Not stated in the clinician's text: { $concept }.
missing-imaging = No imaging report comments on: { $concept }.
missing-repeat = { $measure }: a second concordant result at least { $days } { $days_form ->
        [one] day
       *[many] days
    } apart is needed.
missing-earlier = { $measure }: an earlier dated result is needed to judge the change.
missing-sex = The patient's sex is not recorded; the limit depends on it.
missing-person-adult = The patient's age is not recorded, or adult criteria do not apply.
missing-person-child = The patient's age is not recorded.
missing-person-female = The patient's sex is not recorded.
missing-person-male = The patient's sex is not recorded.
missing-person-pregnant = Pregnancy is neither stated nor excluded.
missing-person-not-pregnant = Pregnancy is neither stated nor excluded.
missing-person-pregnant-20-weeks = The gestational age is not recorded.

# The person and the clinician's words
person-years = Patient: { $years } { $years_form ->
        [one] year
       *[many] years
    }, sex { $sex ->
        [female] female
        [male] male
       *[other] not recorded
    }{ $pregnant ->
        [yes] {", pregnancy stated"}
       *[other] {""}
    }.
person-months = Patient: { $months } { $months_form ->
        [one] month
       *[many] months
    }, sex { $sex ->
        [female] female
        [male] male
       *[other] not recorded
    }{ $pregnant ->
        [yes] {", pregnancy stated"}
       *[other] {""}
    }.
person-days = Patient: { $days } { $days_form ->
        [one] day
       *[many] days
    }, sex { $sex ->
        [female] female
        [male] male
       *[other] not recorded
    }{ $pregnant ->
        [yes] {", pregnancy stated"}
       *[other] {""}
    }.
person-under-two = Patient: under 2 years (days not stated), sex { $sex ->
        [female] female
        [male] male
       *[other] not recorded
    }{ $pregnant ->
        [yes] {", pregnancy stated"}
       *[other] {""}
    }.
person-age-unknown = Patient: age not recorded, sex { $sex ->
        [female] female
        [male] male
       *[other] not recorded
    }{ $pregnant ->
        [yes] {", pregnancy stated"}
       *[other] {""}
    }.
subjective-present = Complains of: { $concept }{ $duration ->
        [none] {""}
       *[other] {" (“"}{ $duration }{"”)"}
    }.
subjective-uncertain = Uncertain: { $concept }.
subjective-absent = Denies: { $concept }.
subjective-past = Past, resolved: { $concept }.
subjective-history = History: { $concept }.
subjective-family = Family history: { $concept }.
subjective-medicine = Medicine mentioned: { $medicine }.
subjective-none = No symptom or history was read in the clinician's text.

# Assessment and plan
assessment-diagnosis = { $pattern } ({ $icd10 }): criteria met { $met } of { $total } (source: { $source }).
assessment-possible = Possible, to be confirmed: { $pattern } ({ $icd10 }): criteria met { $met } of { $total } (source: { $source }).
assessment-finding = Laboratory finding, not a diagnosis: { $pattern } ({ $icd10 }): criteria met { $met } of { $total } (source: { $source }).
assessment-imaging = Sign on imaging, not a diagnosis: { $pattern } ({ $icd10 }; source: { $source }).
diagnosis-name = { $pattern }
diagnosis-name-possible = { $pattern } (possible, to be confirmed)
insufficient_information = Insufficient information to propose a primary diagnosis.
caveat-d-dimer = A raised D-dimer never diagnoses pulmonary embolism; only imaging can.
caveat-diabetes-type = The type of diabetes is not established by these results; the code is the default of ICD-10-CM.
caveat-hcv-antibody = HCV antibody does not prove active infection; HCV RNA has to be tested.
caveat-hemolysed-sample = Exclude haemolysis of the sample before concluding.
caveat-one-egfr = One low eGFR does not define chronic kidney disease; the reduction has to last more than three months.
caveat-one-hiv-test = One reactive HIV test is not a diagnosis; the national confirmation algorithm is needed.
caveat-pressure-twice = Blood pressure has to be raised at two measurements four hours apart, unless it is severe.
caveat-qsofa = Sepsis is suspected, not established: qSOFA must not be the only screening tool (SSC 2021).
caveat-widal = A Widal test alone does not diagnose typhoid fever; a blood culture is needed.
plan-critical = Confirm and act on { $count_form ->
        [one] the critical result
       *[many] the { $count } critical results
    } first.
plan-test = To settle “{ $pattern }”: request: { $measure }.
plan-vital = To settle “{ $pattern }”: record: { $measure }.
plan-none = The rules propose no step; the decision is the clinician's.
# Summary
summary-counts = { $read } laboratory { $read_form ->
        [one] result
       *[many] results
    } read in { $files } { $files_form ->
        [one] document
       *[many] documents
    }; { $flagged } outside { $flagged_form ->
        [one] its
       *[many] their
    } range.
summary-no-labs = No laboratory result was read.
summary-not-used = A document may belong to another person: its results are not used until a clinician has verified it.
summary-no-range = { $count } { $count_form ->
        [one] result
       *[many] results
    } without an applicable range: not judged.
summary-unread = Reading is incomplete: { $count } { $count_form ->
        [one] page or line was
       *[many] pages or lines were
    } not read; consult the documents.
summary-within = { $judged_form ->
        [one] The only judged result is not
       *[many] None of the { $judged } judged results is
    } outside its range.
summary-primary = Proposed primary diagnosis: { $pattern } ({ $icd10 }).
summary-alerts = { $count } critical { $count_form ->
        [one] alert
       *[many] alerts
    } to act on first.
summary-no-radiology = No imaging report was read.
summary-radiology-silent = No known finding was recognised in the imaging report; read the document.
draft = Draft made by rules: to be reviewed and signed by a clinician.
# Warnings
warning-age_unknown = Age is not recorded: adult criteria are not applied.
warning-sex_unknown = Sex is not recorded: limits that depend on it are not applied.
warning-not_an_adult = Adult criteria and ranges do not apply to this patient.
warning-patient_confirmed = The patient's details on the document differ from the case; a clinician confirmed that it is this patient's.
warning-patient_mismatch_name = The name on the document does not match the patient: verify. The document is not used.
warning-patient_mismatch_sex = The sex on the document does not match the patient: verify. The document is not used.
warning-patient_mismatch_birth_date = The birth date on the document does not match the patient: verify. The document is not used.
warning-patient_mismatch_age = The age on the document does not match the patient: verify. The document is not used.
warning-image_in_lab = An image was given as a laboratory file; it is stored but not interpreted.
warning-radiology_in_lab = This laboratory file is an imaging report; it is read as one.
warning-lab_in_radiology = This radiology file holds laboratory results; it is read as such.
warning-image_not_interpreted = Image stored; not interpreted.
warning-image_not_shown = The image in this file cannot be displayed here; open the file in an imaging viewer.
warning-page_unread = This page could not be read; consult the document.
warning-pages_beyond_limit = The document has more pages than the reading limit; the rest was not read.
warning-nothing_read = No result was recognised in this document.
warning-line_unread = A line that looks like a result could not be read.
warning-check_source = A result is doubtful: check the source; it is not used.
warning-undated = The sample date was not read: these results may not be current.
warning-old_results = The sample is more than 90 days old: these results may not be current.
warning-amended = This report is an amended version; check that it replaces the earlier one.
warning-not_supported = Statements whose evidence was not found in the documents were removed.
warning-file_not_read = This document could not be read.
warning-file_encrypted = This document is protected by a password and could not be read.
warning-file_damaged = This document is damaged and could not be read.
warning-file_empty = This document is empty.
warning-file_unsupported = This kind of document is not supported.
warning-file_too_large = This document exceeds the reading limits.
warning-file_timeout = Reading this document took too long and was stopped.
warning-file_incomplete = This document was read only in part.

# Next steps
next-acr = Measure the urine albumin/creatinine ratio ({ $pattern }; source: { $source }).
next-alcohol-history = Clarify alcohol use ({ $pattern }; source: { $source }).
next-anti-tpo = Measure anti-TPO antibodies ({ $pattern }; source: { $source }).
next-correlate-imaging = Correlate this imaging finding with the clinical picture ({ $pattern }; source: { $source }).
next-antibiogram = Obtain antibiotic susceptibility ({ $pattern }; source: { $source }).
next-b12-cause = Look for the cause of the vitamin B12 deficiency ({ $pattern }; source: { $source }).
next-biliary-ultrasound = Request an ultrasound of the biliary tract ({ $pattern }; source: { $source }).
next-blood-culture = Take blood cultures ({ $pattern }; source: { $source }).
next-blood-film = Request a blood film ({ $pattern }; source: { $source }).
next-blood-gas = Measure blood gases ({ $pattern }; source: { $source }).
next-calcium = Measure calcium ({ $pattern }; source: { $source }).
next-cardiovascular-risk = Assess overall cardiovascular risk ({ $pattern }; source: { $source }).
next-confirm-glucose = Confirm with a second glucose test, unless symptoms are typical ({ $pattern }; source: { $source }).
next-diabetes-first-visit = Arrange the initial diabetes assessment ({ $pattern }; source: { $source }).
next-drug-history = Review medicines and toxins taken ({ $pattern }; source: { $source }).
next-ecg = Record an ECG ({ $pattern }; source: { $source }).
next-echocardiography = Request echocardiography ({ $pattern }; source: { $source }).
next-emergency-referral = Refer to emergency care at once ({ $pattern }; source: { $source }).
next-ferritin = Measure ferritin ({ $pattern }; source: { $source }).
next-fever-neutropenia = Check for fever; if present, immediate hospital care ({ $pattern }; source: { $source }).
next-find-blood-loss = Look for blood loss and poor intake ({ $pattern }; source: { $source }).
next-find-infection = Look for a source of infection ({ $pattern }; source: { $source }).
next-find-inflammation = Look for a chronic or inflammatory disease ({ $pattern }; source: { $source }).
next-glucose-now = Check blood glucose at once ({ $pattern }; source: { $source }).
next-hb-electrophoresis = Request haemoglobin electrophoresis ({ $pattern }; source: { $source }).
next-hbv-dna = Measure HBV DNA ({ $pattern }; source: { $source }).
next-hbv-six-months = Repeat HBsAg after six months ({ $pattern }; source: { $source }).
next-hcv-rna = Test for HCV RNA ({ $pattern }; source: { $source }).
next-hematology-referral = Refer to haematology ({ $pattern }; source: { $source }).
next-hemolysis-workup = Add haptoglobin, blood film and direct antiglobulin test ({ $pattern }; source: { $source }).
next-hepatitis-serology = Request viral hepatitis serology ({ $pattern }; source: { $source }).
next-hiv-algorithm = Complete the national HIV testing algorithm, with consent and counselling ({ $pattern }; source: { $source }).
next-hiv-hcv-tests = Offer HIV and HCV testing ({ $pattern }; source: { $source }).
next-inr = Measure the INR ({ $pattern }; source: { $source }).
next-joint-exam = Look for arthritis on examination ({ $pattern }; source: { $source }).
next-ketones = Measure ketones ({ $pattern }; source: { $source }).
next-lactate = Measure lactate ({ $pattern }; source: { $source }).
next-liver-ultrasound = Request a liver ultrasound ({ $pattern }; source: { $source }).
next-magnesium = Measure magnesium ({ $pattern }; source: { $source }).
next-malaria-test = Test for malaria if there is fever or a stay in an endemic area ({ $pattern }; source: { $source }).
next-malaria-treatment = Treat by the national malaria protocol, the same day ({ $pattern }; source: { $source }).
next-nephrology-referral = Refer to nephrology ({ $pattern }; source: { $source }).
next-oxygen-saturation = Measure oxygen saturation and respiratory rate ({ $pattern }; source: { $source }).
next-parasite-count = Obtain parasite count and species ({ $pattern }; source: { $source }).
next-pe-probability = Assess the clinical probability of pulmonary embolism before imaging ({ $pattern }; source: { $source }).
next-potassium = Measure potassium ({ $pattern }; source: { $source }).
next-previous-creatinine = Retrieve earlier creatinine results ({ $pattern }; source: { $source }).
next-pth = Measure parathyroid hormone and vitamin D ({ $pattern }; source: { $source }).
next-repeat-count = Repeat the blood count ({ $pattern }; source: { $source }).
next-repeat-creatinine = Repeat creatinine ({ $pattern }; source: { $source }).
next-repeat-glucose-year = Repeat glucose testing every year ({ $pattern }; source: { $source }).
next-repeat-potassium = Repeat potassium on a fresh sample ({ $pattern }; source: { $source }).
next-repeat-pressure = Repeat the blood pressure measurement ({ $pattern }; source: { $source }).
next-repeat-troponin = Repeat troponin to judge its change ({ $pattern }; source: { $source }).
next-repeat-tsh = Repeat TSH and free T4 ({ $pattern }; source: { $source }).
next-respiratory-followup = Reassess breathing ({ $pattern }; source: { $source }).
next-reticulocytes = Request a reticulocyte count ({ $pattern }; source: { $source }).
next-severity-signs = Look for signs of severity ({ $pattern }; source: { $source }).
next-sodium-workup = Measure plasma osmolality, urine osmolality and urine sodium, and assess volume status ({ $pattern }; source: { $source }).
next-tb-isolation = Take airborne precautions and notify the case ({ $pattern }; source: { $source }).
next-trab = Measure TSH receptor antibodies ({ $pattern }; source: { $source }).
next-urine-culture = Request a urine culture ({ $pattern }; source: { $source }).

# Names of patterns
pattern-anemia = Anaemia
pattern-iron_deficiency_anemia = Iron-deficiency anaemia
pattern-microcytosis_iron_replete = Microcytosis without iron deficiency, haemoglobinopathy to be looked for
pattern-anemia_inflammation = Anaemia of chronic disease
pattern-b12_deficiency_anemia = Vitamin B12 deficiency anaemia
pattern-hemolysis = Haemolysis pattern
pattern-pancytopenia = Pancytopenia
pattern-neutropenia_severe = Severe neutropenia
pattern-thrombocytopenia = Thrombocytopenia
pattern-leukocytosis_neutrophilia = Leucocytosis with neutrophilia
pattern-polycythemia = Raised haemoglobin
pattern-diabetes = Diabetes mellitus
pattern-diabetic_range_once = Glucose or HbA1c in the diabetic range, to be confirmed
pattern-prediabetes = Prediabetes
pattern-hypoglycemia = Hypoglycaemia
pattern-diabetic_ketoacidosis = Diabetic ketoacidosis
pattern-hyperosmolar_state = Hyperosmolar hyperglycaemic state
pattern-chronic_kidney_disease = Chronic kidney disease
pattern-kidney_function_reduced = Reduced kidney function, duration unknown
pattern-acute_kidney_injury = Acute kidney injury
pattern-hyperkalemia = Hyperkalaemia
pattern-hypokalemia = Hypokalaemia
pattern-hyponatremia = Hyponatraemia
pattern-hypernatremia = Hypernatraemia
pattern-hypercalcemia = Hypercalcaemia
pattern-hypocalcemia = Hypocalcaemia
pattern-high_anion_gap_acidosis = High anion gap metabolic acidosis
pattern-hepatocellular_injury = Hepatocellular pattern of liver tests
pattern-cholestatic_pattern = Cholestatic pattern of liver tests
pattern-alcohol_pattern = AST/ALT ratio suggesting an alcohol-related cause, to be clarified
pattern-hepatitis_b = Hepatitis B (HBsAg positive), stage not specified
pattern-hepatitis_c_antibody = HCV antibody positive
pattern-acute_pancreatitis = Acute pancreatitis
pattern-nstemi = Non-ST-elevation myocardial infarction
pattern-troponin_raised = Raised troponin, cause to be established
pattern-heart_failure = Heart failure
pattern-d_dimer_raised = Raised D-dimer
pattern-pulmonary_embolism = Pulmonary embolism
pattern-hypothyroidism = Hypothyroidism
pattern-hypothyroidism_subclinical = Subclinical hypothyroidism
pattern-thyrotoxicosis = Thyrotoxicosis
pattern-malaria = Malaria, species not specified
pattern-malaria_falciparum = Plasmodium falciparum malaria
pattern-malaria_severe = Severe Plasmodium falciparum malaria
pattern-hiv_screen_reactive = One reactive HIV test, to be confirmed
pattern-widal_positive = Positive Widal test
pattern-typhoid = Typhoid fever
pattern-pulmonary_tuberculosis = Pulmonary tuberculosis
pattern-sepsis = Suspected sepsis
pattern-pneumonia = Pneumonia
pattern-rhabdomyolysis = Rhabdomyolysis
pattern-hypercholesterolemia = Hypercholesterolaemia
pattern-mixed_hyperlipidemia = Mixed hyperlipidaemia
pattern-hypertriglyceridemia = Hypertriglyceridaemia
pattern-hyperuricemia = Hyperuricaemia
pattern-urinary_tract_infection = Urinary tract infection
pattern-vitamin_d_deficiency = Vitamin D deficiency
pattern-preeclampsia = Pre-eclampsia
pattern-nephrotic_range = Nephrotic-range proteinuria with low albumin

# Names of measures that are no laboratory rows
derived-egfr = Estimated GFR (CKD-EPI 2021)
derived-anion_gap = Anion gap
derived-calcium_corrected = Corrected calcium
derived-tsat = Transferrin saturation
derived-r_factor = R factor
derived-fib4 = FIB-4
derived-ldl = LDL cholesterol (Friedewald)
derived-osmolality = Osmolality
vital-temperature = Temperature
vital-systolic_blood_pressure = Systolic blood pressure
vital-diastolic_blood_pressure = Diastolic blood pressure
vital-heart_rate = Heart rate
vital-respiratory_rate = Respiratory rate
vital-oxygen_saturation = Oxygen saturation
vital-body_weight = Weight
vital-body_height = Height
vital-glasgow_coma_score = Glasgow coma score
named-widal = Widal test
named-typhi_culture = Salmonella Typhi culture
named-culture = Blood or urine culture
named-mtb = Tuberculosis molecular test or culture
