# Sentences of the analysis, French. One message for each statement code; numbers come preformatted.
# Alerts
alert-critical = Résultat critique : { $measure } { $comparator }{ $value } { $unit }{ $date ->
        [none] {" (date de prélèvement non lue)"}
       *[other] {" (prélèvement du "}{ $date }{")"}
    }. À confirmer et à traiter sans délai.
alert-verify = Vérifier le patient et le prélèvement : valeur critique { $measure } { $comparator }{ $value } { $unit } dans un document qui pourrait concerner une autre personne ou contenir une erreur.
alert-imaging = { $certainty ->
        [suspected] Constatation critique évoquée en imagerie, à confirmer
       *[stated] Constatation critique en imagerie
    } : { $concept }.
alert-imaging-verify = Vérifier le patient et l'examen : constatation critique en imagerie ({ $concept }) dans un document qui pourrait concerner une autre personne.
alert-pattern = Urgence possible : { $pattern }. Une évaluation immédiate est nécessaire.

# Laboratory rows
lab-low = { $measure } { $comparator }{ $value } { $unit } : au-dessous de la limite imprimée { $low }{ $date ->
        [none] {" (date non lue)"}
       *[other] {" (prélèvement du "}{ $date }{")"}
    }.
lab-high = { $measure } { $comparator }{ $value } { $unit } : au-dessus de la limite imprimée { $high }{ $date ->
        [none] {" (date non lue)"}
       *[other] {" (prélèvement du "}{ $date }{")"}
    }.
lab-low-adult = { $measure } { $comparator }{ $value } { $unit } : au-dessous des valeurs de référence de l'adulte{ $date ->
        [none] {" (date non lue)"}
       *[other] {" (prélèvement du "}{ $date }{")"}
    }.
lab-high-adult = { $measure } { $comparator }{ $value } { $unit } : au-dessus des valeurs de référence de l'adulte{ $date ->
        [none] {" (date non lue)"}
       *[other] {" (prélèvement du "}{ $date }{")"}
    }.
lab-positive = { $measure } : résultat positif{ $date ->
        [none] {" (date non lue)"}
       *[other] {" (prélèvement du "}{ $date }{")"}
    }.
lab-check = { $measure } : à vérifier sur le document d'origine (« { $printed } »).
derived-value = { $measure } (valeur calculée) : { $value } { $unit }.
vital-sign = { $measure } : { $value } { $unit }.

# Imaging
imaging-finding = Imagerie : { $concept }{ $side ->
        [left] {" (à gauche)"}
        [right] {" (à droite)"}
        [bilateral] {" (des deux côtés)"}
       *[none] {""}
    }.
imaging-uncertain = Imagerie, incertain : { $concept }{ $side ->
        [left] {" (à gauche)"}
        [right] {" (à droite)"}
        [bilateral] {" (des deux côtés)"}
       *[none] {""}
    }.
imaging-denied = Imagerie, absence signalée : { $concept }{ $side ->
        [left] {" (à gauche)"}
        [right] {" (à droite)"}
        [bilateral] {" (des deux côtés)"}
       *[none] {""}
    }.
imaging-size = Imagerie : { $concept }, { $size } mm{ $side ->
        [left] {" (à gauche)"}
        [right] {" (à droite)"}
        [bilateral] {" (des deux côtés)"}
       *[none] {""}
    }.
image-stored = Image enregistrée ; non interprétée ({ $name }).

# Criteria
criterion-met = { $measure } { $comparator }{ $value } { $unit }{ $converted ->
        [none] {""}
       *[other] {" (= "}{ $converted } { $limit_unit }{")"}
    } : critère { $relation } { $limit } { $limit_unit } rempli.
criterion-not-met = { $measure } { $comparator }{ $value } { $unit }{ $converted ->
        [none] {""}
       *[other] {" (= "}{ $converted } { $limit_unit }{")"}
    } : critère { $relation } { $limit } { $limit_unit } non rempli.
criterion-multiple-met = { $measure } { $comparator }{ $value } { $unit } : critère { $relation } { $times } fois la limite supérieure ({ $upper } { $upper_unit }) rempli.
criterion-multiple-not-met = { $measure } { $comparator }{ $value } { $unit } : critère { $relation } { $times } fois la limite supérieure ({ $upper } { $upper_unit }) non rempli.
criterion-high = { $measure } { $comparator }{ $value } { $unit } : valeur élevée.
criterion-not-high = { $measure } { $comparator }{ $value } { $unit } : valeur non élevée.
criterion-low = { $measure } { $comparator }{ $value } { $unit } : valeur basse.
criterion-not-low = { $measure } { $comparator }{ $value } { $unit } : valeur non basse.
criterion-ratio-met = Rapport { $measure } / { $other } = { $ratio } : critère { $relation } { $limit } rempli.
criterion-ratio-not-met = Rapport { $measure } / { $other } = { $ratio } : critère { $relation } { $limit } non rempli.
criterion-positive = { $measure } : résultat positif.
criterion-negative = { $measure } : résultat négatif.
criterion-grade-low = { $measure } { $value } : en dessous du degré qui compte.
criterion-repeated = { $measure } { $value } { $unit } le { $date }, et déjà { $earlier } { $earlier_unit } le { $earlier_date }.
criterion-risen = { $measure } : { $earlier } { $earlier_unit } le { $earlier_date }, puis { $value } { $unit } le { $date }.
said-present = Signalé par le clinicien : { $concept }.
said-absent = Nié dans le texte du clinicien : { $concept }.
imaging-present = Décrit en imagerie : { $concept }.
imaging-absent = Absent en imagerie : { $concept }.
unreliable = { $measure } : non interprétable en cas de { $concept }.

# What would settle it
missing-test = { $measure } : pas de résultat utilisable dans les documents ; ce dosage préciserait la question.
missing-vital = { $measure } : non renseigné dans le dossier.
missing-said = Non précisé dans le texte du clinicien : { $concept }.
missing-imaging = Aucun compte rendu d'imagerie ne se prononce sur : { $concept }.
missing-repeat = { $measure } : un second résultat concordant, à au moins { $days } { $days_form ->
        [one] jour
       *[many] jours
    } d'écart, est nécessaire.
missing-earlier = { $measure } : un résultat antérieur daté est nécessaire pour juger de l'évolution.
missing-sex = Le sexe du patient n'est pas renseigné ; la limite en dépend.
missing-person-adult = L'âge du patient n'est pas renseigné, ou les critères de l'adulte ne s'appliquent pas.
missing-person-child = L'âge du patient n'est pas renseigné.
missing-person-female = Le sexe du patient n'est pas renseigné.
missing-person-male = Le sexe du patient n'est pas renseigné.
missing-person-pregnant = Une grossesse n'est ni signalée ni exclue.
missing-person-not-pregnant = Une grossesse n'est ni signalée ni exclue.
missing-person-pregnant-20-weeks = L'âge gestationnel n'est pas renseigné.

# The person and the clinician's words
person-years = Patient : { $years } { $years_form ->
        [one] an
       *[many] ans
    }, sexe { $sex ->
        [female] féminin
        [male] masculin
       *[other] non renseigné
    }{ $pregnant ->
        [yes] {", grossesse signalée"}
       *[other] {""}
    }.
person-months = Patient : { $months } mois, sexe { $sex ->
        [female] féminin
        [male] masculin
       *[other] non renseigné
    }{ $pregnant ->
        [yes] {", grossesse signalée"}
       *[other] {""}
    }.
person-days = Patient : { $days } { $days_form ->
        [one] jour
       *[many] jours
    }, sexe { $sex ->
        [female] féminin
        [male] masculin
       *[other] non renseigné
    }{ $pregnant ->
        [yes] {", grossesse signalée"}
       *[other] {""}
    }.
person-under-two = Patient : moins de 2 ans (jours non précisés), sexe { $sex ->
        [female] féminin
        [male] masculin
       *[other] non renseigné
    }{ $pregnant ->
        [yes] {", grossesse signalée"}
       *[other] {""}
    }.
person-age-unknown = Patient : âge non renseigné, sexe { $sex ->
        [female] féminin
        [male] masculin
       *[other] non renseigné
    }{ $pregnant ->
        [yes] {", grossesse signalée"}
       *[other] {""}
    }.
subjective-present = Se plaint de : { $concept }{ $duration ->
        [none] {""}
       *[other] {" (« "}{ $duration }{" »)"}
    }.
subjective-uncertain = Incertain : { $concept }.
subjective-absent = Nie : { $concept }.
subjective-past = Passé, résolu : { $concept }.
subjective-history = Antécédent : { $concept }.
subjective-family = Antécédent familial : { $concept }.
subjective-medicine = Traitement mentionné : { $medicine }.
subjective-none = Aucun symptôme ni antécédent n'a été lu dans le texte du clinicien.

# Assessment and plan
assessment-diagnosis = { $pattern } ({ $icd10 }) : critères remplis { $met } sur { $total } (source : { $source }).
assessment-possible = Possible, à confirmer : { $pattern } ({ $icd10 }) : critères remplis { $met } sur { $total } (source : { $source }).
assessment-finding = Constatation de laboratoire, pas un diagnostic : { $pattern } ({ $icd10 }) : critères remplis { $met } sur { $total } (source : { $source }).
assessment-imaging = Signe d'imagerie, pas un diagnostic : { $pattern } ({ $icd10 } ; source : { $source }).
diagnosis-name = { $pattern }
diagnosis-name-possible = { $pattern } (possible, à confirmer)
insufficient_information = Informations insuffisantes pour proposer un diagnostic principal.
caveat-d-dimer = Des D-dimères élevés ne diagnostiquent jamais une embolie pulmonaire ; seule l'imagerie le peut.
caveat-diabetes-type = Le type de diabète n'est pas établi par ces résultats ; le code est celui que l'ICD-10-CM donne par défaut.
caveat-hcv-antibody = Des anticorps anti-VHC ne prouvent pas une infection active ; l'ARN du VHC doit être recherché.
caveat-hemolysed-sample = Exclure une hémolyse du prélèvement avant de conclure.
caveat-one-egfr = Un seul DFG abaissé ne définit pas une maladie rénale chronique ; la réduction doit durer plus de trois mois.
caveat-one-hiv-test = Un seul test VIH réactif n'est pas un diagnostic ; l'algorithme national de confirmation est nécessaire.
caveat-pressure-twice = La pression artérielle doit être élevée à deux mesures séparées de quatre heures, sauf si elle est sévère.
caveat-qsofa = Le sepsis est suspecté, non établi : le qSOFA ne doit pas être le seul outil de dépistage (SSC 2021).
caveat-widal = Un sérodiagnostic de Widal isolé ne diagnostique pas la fièvre typhoïde ; une hémoculture est nécessaire.
plan-critical = Confirmer et traiter en premier { $count_form ->
        [one] le résultat critique
       *[many] les { $count } résultats critiques
    }.
plan-test = Pour trancher « { $pattern } », demander : { $measure }.
plan-vital = Pour trancher « { $pattern } », mesurer : { $measure }.
plan-none = Aucune étape n'est proposée par les règles ; la décision revient au clinicien.
# Summary
summary-counts = { $read } { $read_form ->
        [one] résultat de laboratoire lu
       *[many] résultats de laboratoire lus
    } dans { $files } { $files_form ->
        [one] document
       *[many] documents
    } ; { $flagged } hors de { $flagged_form ->
        [one] son intervalle
       *[many] leur intervalle
    }.
summary-no-labs = Aucun résultat de laboratoire n'a été lu.
summary-not-used = Un document pourrait concerner une autre personne : ses résultats ne sont pas utilisés tant qu'un clinicien ne l'a pas vérifié.
summary-no-range = { $count } { $count_form ->
        [one] résultat sans intervalle applicable : non jugé
       *[many] résultats sans intervalle applicable : non jugés
    }.
summary-unread = Lecture incomplète : { $count } { $count_form ->
        [one] page ou ligne n'a pas été lue
       *[many] pages ou lignes n'ont pas été lues
    } ; consulter les documents.
summary-within = { $judged_form ->
        [one] Le seul résultat jugé n'est pas
       *[many] Aucun des { $judged } résultats jugés n'est
    } hors de son intervalle.
summary-primary = Diagnostic principal proposé : { $pattern } ({ $icd10 }).
summary-alerts = { $count } { $count_form ->
        [one] alerte critique
       *[many] alertes critiques
    } à traiter en premier.
summary-no-radiology = Aucun compte rendu d'imagerie n'a été lu.
summary-radiology-silent = Aucune constatation connue n'a été reconnue dans le compte rendu d'imagerie ; lire le document.
draft = Brouillon établi par des règles : à relire et à signer par un clinicien.
# Warnings
warning-age_unknown = L'âge n'est pas renseigné : les critères de l'adulte ne sont pas appliqués.
warning-sex_unknown = Le sexe n'est pas renseigné : les limites qui en dépendent ne sont pas appliquées.
warning-not_an_adult = Les critères et intervalles de l'adulte ne s'appliquent pas à ce patient.
warning-patient_confirmed = L'identité portée par le document diffère de celle du dossier ; un clinicien a confirmé qu'il concerne ce patient.
warning-patient_mismatch_name = Le nom du document ne correspond pas au patient : vérifier. Le document n'est pas utilisé.
warning-patient_mismatch_sex = Le sexe indiqué par le document ne correspond pas au patient : vérifier. Le document n'est pas utilisé.
warning-patient_mismatch_birth_date = La date de naissance du document ne correspond pas au patient : vérifier. Le document n'est pas utilisé.
warning-patient_mismatch_age = L'âge indiqué par le document ne correspond pas au patient : vérifier. Le document n'est pas utilisé.
warning-image_in_lab = Une image a été déposée comme document de laboratoire ; elle est enregistrée mais non interprétée.
warning-radiology_in_lab = Ce document de laboratoire est un compte rendu d'imagerie ; il est lu comme tel.
warning-lab_in_radiology = Ce document d'imagerie contient des résultats de laboratoire ; il est lu comme tel.
warning-image_not_interpreted = Image enregistrée ; non interprétée.
warning-image_not_shown = L'image de ce fichier ne peut pas être affichée ici ; l'ouvrir dans une visionneuse d'imagerie.
warning-page_unread = Cette page n'a pas pu être lue ; consulter le document.
warning-pages_beyond_limit = Le document a plus de pages que la limite de lecture ; la suite n'a pas été lue.
warning-nothing_read = Aucun résultat n'a été reconnu dans ce document.
warning-line_unread = Une ligne qui ressemble à un résultat n'a pas pu être lue.
warning-check_source = Un résultat est douteux : le vérifier sur le document ; il n'est pas utilisé.
warning-undated = La date du prélèvement n'a pas été lue : ces résultats peuvent ne pas être actuels.
warning-old_results = Le prélèvement date de plus de 90 jours : ces résultats peuvent ne pas être actuels.
warning-amended = Ce compte rendu est une version rectifiée ; vérifier qu'elle remplace la précédente.
warning-not_supported = Des énoncés sans preuve retrouvée dans les documents ont été retirés.
warning-file_not_read = Ce document n'a pas pu être lu.
warning-file_encrypted = Ce document est protégé par un mot de passe et n'a pas pu être lu.
warning-file_damaged = Ce document est endommagé et n'a pas pu être lu.
warning-file_empty = Ce document est vide.
warning-file_unsupported = Ce type de document n'est pas pris en charge.
warning-file_too_large = Ce document dépasse les limites de lecture.
warning-file_timeout = La lecture de ce document a pris trop de temps et a été arrêtée.
warning-file_incomplete = Ce document n'a été lu qu'en partie.

# Next steps
next-acr = Mesurer le rapport albumine/créatinine urinaire ({ $pattern } ; source : { $source }).
next-alcohol-history = Préciser la consommation d'alcool ({ $pattern } ; source : { $source }).
next-anti-tpo = Doser les anticorps anti-TPO ({ $pattern } ; source : { $source }).
next-correlate-imaging = Confronter cette constatation d'imagerie à la clinique ({ $pattern } ; source : { $source }).
next-antibiogram = Obtenir l'antibiogramme ({ $pattern } ; source : { $source }).
next-b12-cause = Rechercher la cause de la carence en vitamine B12 ({ $pattern } ; source : { $source }).
next-biliary-ultrasound = Demander une échographie des voies biliaires ({ $pattern } ; source : { $source }).
next-blood-culture = Prélever des hémocultures ({ $pattern } ; source : { $source }).
next-blood-film = Demander un frottis sanguin ({ $pattern } ; source : { $source }).
next-blood-gas = Mesurer les gaz du sang ({ $pattern } ; source : { $source }).
next-calcium = Doser le calcium ({ $pattern } ; source : { $source }).
next-cardiovascular-risk = Évaluer le risque cardiovasculaire global ({ $pattern } ; source : { $source }).
next-confirm-glucose = Confirmer par un second test glycémique, sauf symptômes typiques ({ $pattern } ; source : { $source }).
next-diabetes-first-visit = Organiser le bilan initial du diabète ({ $pattern } ; source : { $source }).
next-drug-history = Revoir les médicaments et toxiques pris ({ $pattern } ; source : { $source }).
next-ecg = Enregistrer un ECG ({ $pattern } ; source : { $source }).
next-echocardiography = Demander une échocardiographie ({ $pattern } ; source : { $source }).
next-emergency-referral = Adresser immédiatement aux urgences ({ $pattern } ; source : { $source }).
next-ferritin = Doser la ferritine ({ $pattern } ; source : { $source }).
next-fever-neutropenia = Rechercher une fièvre ; si elle est présente, prise en charge immédiate en milieu hospitalier ({ $pattern } ; source : { $source }).
next-find-blood-loss = Rechercher une perte de sang et une carence d'apport ({ $pattern } ; source : { $source }).
next-find-infection = Rechercher un foyer infectieux ({ $pattern } ; source : { $source }).
next-find-inflammation = Rechercher une maladie chronique ou inflammatoire ({ $pattern } ; source : { $source }).
next-glucose-now = Contrôler la glycémie immédiatement ({ $pattern } ; source : { $source }).
next-hb-electrophoresis = Demander une électrophorèse de l'hémoglobine ({ $pattern } ; source : { $source }).
next-hbv-dna = Doser l'ADN du VHB ({ $pattern } ; source : { $source }).
next-hbv-six-months = Contrôler l'AgHBs après six mois ({ $pattern } ; source : { $source }).
next-hcv-rna = Rechercher l'ARN du VHC ({ $pattern } ; source : { $source }).
next-hematology-referral = Demander un avis d'hématologie ({ $pattern } ; source : { $source }).
next-hemolysis-workup = Compléter par haptoglobine, frottis et test de Coombs direct ({ $pattern } ; source : { $source }).
next-hepatitis-serology = Demander les sérologies des hépatites virales ({ $pattern } ; source : { $source }).
next-hiv-algorithm = Compléter l'algorithme national de dépistage du VIH, avec consentement et conseil ({ $pattern } ; source : { $source }).
next-hiv-hcv-tests = Proposer un dépistage du VIH et du VHC ({ $pattern } ; source : { $source }).
next-inr = Mesurer l'INR ({ $pattern } ; source : { $source }).
next-joint-exam = Rechercher une arthrite à l'examen ({ $pattern } ; source : { $source }).
next-ketones = Mesurer les cétones ({ $pattern } ; source : { $source }).
next-lactate = Doser le lactate ({ $pattern } ; source : { $source }).
next-liver-ultrasound = Demander une échographie hépatique ({ $pattern } ; source : { $source }).
next-magnesium = Doser le magnésium ({ $pattern } ; source : { $source }).
next-malaria-test = Faire un test de paludisme en cas de fièvre ou de séjour en zone d'endémie ({ $pattern } ; source : { $source }).
next-malaria-treatment = Traiter selon le protocole national du paludisme, le jour même ({ $pattern } ; source : { $source }).
next-nephrology-referral = Demander un avis de néphrologie ({ $pattern } ; source : { $source }).
next-oxygen-saturation = Mesurer la saturation en oxygène et la fréquence respiratoire ({ $pattern } ; source : { $source }).
next-parasite-count = Obtenir la parasitémie et l'espèce ({ $pattern } ; source : { $source }).
next-pe-probability = Évaluer la probabilité clinique d'embolie pulmonaire avant toute imagerie ({ $pattern } ; source : { $source }).
next-potassium = Doser le potassium ({ $pattern } ; source : { $source }).
next-previous-creatinine = Retrouver les créatinines antérieures ({ $pattern } ; source : { $source }).
next-pth = Doser la parathormone et la vitamine D ({ $pattern } ; source : { $source }).
next-repeat-count = Contrôler la numération sanguine ({ $pattern } ; source : { $source }).
next-repeat-creatinine = Contrôler la créatinine ({ $pattern } ; source : { $source }).
next-repeat-glucose-year = Contrôler la glycémie chaque année ({ $pattern } ; source : { $source }).
next-repeat-potassium = Contrôler le potassium sur un nouveau prélèvement ({ $pattern } ; source : { $source }).
next-repeat-pressure = Répéter la mesure de la pression artérielle ({ $pattern } ; source : { $source }).
next-repeat-troponin = Répéter la troponine pour juger de sa cinétique ({ $pattern } ; source : { $source }).
next-repeat-tsh = Contrôler la TSH et la T4 libre ({ $pattern } ; source : { $source }).
next-respiratory-followup = Réévaluer l'état respiratoire ({ $pattern } ; source : { $source }).
next-reticulocytes = Demander les réticulocytes ({ $pattern } ; source : { $source }).
next-severity-signs = Rechercher les signes de gravité ({ $pattern } ; source : { $source }).
next-sodium-workup = Mesurer l'osmolalité plasmatique, l'osmolalité et le sodium urinaires, et évaluer la volémie ({ $pattern } ; source : { $source }).
next-tb-isolation = Prendre les précautions respiratoires et déclarer le cas ({ $pattern } ; source : { $source }).
next-trab = Doser les anticorps anti-récepteurs de la TSH ({ $pattern } ; source : { $source }).
next-urine-culture = Demander un examen cytobactériologique des urines ({ $pattern } ; source : { $source }).

# Names of patterns
pattern-anemia = Anémie
pattern-iron_deficiency_anemia = Anémie par carence en fer
pattern-microcytosis_iron_replete = Microcytose sans carence en fer, hémoglobinopathie à rechercher
pattern-anemia_inflammation = Anémie inflammatoire
pattern-b12_deficiency_anemia = Anémie par carence en vitamine B12
pattern-hemolysis = Profil d'hémolyse
pattern-pancytopenia = Pancytopénie
pattern-neutropenia_severe = Neutropénie sévère
pattern-thrombocytopenia = Thrombopénie
pattern-leukocytosis_neutrophilia = Hyperleucocytose à neutrophiles
pattern-polycythemia = Hémoglobine élevée
pattern-diabetes = Diabète sucré
pattern-diabetic_range_once = Glycémie ou HbA1c au seuil du diabète, à confirmer
pattern-prediabetes = Prédiabète
pattern-hypoglycemia = Hypoglycémie
pattern-diabetic_ketoacidosis = Acidocétose diabétique
pattern-hyperosmolar_state = État hyperglycémique hyperosmolaire
pattern-chronic_kidney_disease = Maladie rénale chronique
pattern-kidney_function_reduced = Fonction rénale réduite, durée inconnue
pattern-acute_kidney_injury = Insuffisance rénale aiguë
pattern-hyperkalemia = Hyperkaliémie
pattern-hypokalemia = Hypokaliémie
pattern-hyponatremia = Hyponatrémie
pattern-hypernatremia = Hypernatrémie
pattern-hypercalcemia = Hypercalcémie
pattern-hypocalcemia = Hypocalcémie
pattern-high_anion_gap_acidosis = Acidose métabolique à trou anionique élevé
pattern-hepatocellular_injury = Profil de cytolyse hépatique
pattern-cholestatic_pattern = Profil de cholestase
pattern-alcohol_pattern = Rapport AST/ALT évocateur d'une cause alcoolique, à préciser
pattern-hepatitis_b = Hépatite B (AgHBs positif), stade non précisé
pattern-hepatitis_c_antibody = Anticorps anti-VHC positifs
pattern-acute_pancreatitis = Pancréatite aiguë
pattern-nstemi = Infarctus du myocarde sans sus-décalage du segment ST
pattern-troponin_raised = Troponine élevée, cause à établir
pattern-heart_failure = Insuffisance cardiaque
pattern-d_dimer_raised = D-dimères élevés
pattern-pulmonary_embolism = Embolie pulmonaire
pattern-hypothyroidism = Hypothyroïdie
pattern-hypothyroidism_subclinical = Hypothyroïdie infraclinique
pattern-thyrotoxicosis = Thyrotoxicose
pattern-malaria = Paludisme, espèce non précisée
pattern-malaria_falciparum = Paludisme à Plasmodium falciparum
pattern-malaria_severe = Paludisme grave à Plasmodium falciparum
pattern-hiv_screen_reactive = Un test VIH réactif, à confirmer
pattern-widal_positive = Sérodiagnostic de Widal positif
pattern-typhoid = Fièvre typhoïde
pattern-pulmonary_tuberculosis = Tuberculose pulmonaire
pattern-sepsis = Sepsis suspecté
pattern-pneumonia = Pneumonie
pattern-rhabdomyolysis = Rhabdomyolyse
pattern-hypercholesterolemia = Hypercholestérolémie
pattern-mixed_hyperlipidemia = Hyperlipidémie mixte
pattern-hypertriglyceridemia = Hypertriglycéridémie
pattern-hyperuricemia = Hyperuricémie
pattern-urinary_tract_infection = Infection urinaire
pattern-vitamin_d_deficiency = Carence en vitamine D
pattern-preeclampsia = Prééclampsie
pattern-nephrotic_range = Protéinurie de rang néphrotique avec hypoalbuminémie

# Names of measures that are no laboratory rows
derived-egfr = DFG estimé (CKD-EPI 2021)
derived-anion_gap = Trou anionique
derived-calcium_corrected = Calcium corrigé
derived-tsat = Saturation de la transferrine
derived-r_factor = Facteur R
derived-fib4 = FIB-4
derived-ldl = LDL-cholestérol (Friedewald)
derived-osmolality = Osmolalité
vital-temperature = Température
vital-systolic_blood_pressure = Pression artérielle systolique
vital-diastolic_blood_pressure = Pression artérielle diastolique
vital-heart_rate = Fréquence cardiaque
vital-respiratory_rate = Fréquence respiratoire
vital-oxygen_saturation = Saturation en oxygène
vital-body_weight = Poids
vital-body_height = Taille
vital-glasgow_coma_score = Score de Glasgow
named-widal = Sérodiagnostic de Widal
named-typhi_culture = Culture de Salmonella Typhi
named-culture = Hémoculture ou culture d'urines
named-mtb = Test moléculaire ou culture de tuberculose
