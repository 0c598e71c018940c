"""Radiology reports in text: sections, findings, impression."""

from __future__ import annotations

import re
import time
import warnings
from decimal import Decimal

import pytest
from hypothesis import given
from hypothesis import strategies as st

from carebase.clinical import diagnosis, radiology, radiology_findings, stated
from carebase.clinical.evidence import Source
from carebase.clinical.negation import Assertion
from carebase.clinical.radiology import Finding, RadiologyReport, SectionKind
from carebase.documents.text import Box, Line, Page, Word

# The package reads its table in a way that importlib has deprecated.
with warnings.catch_warnings():
    warnings.simplefilter("ignore", DeprecationWarning)
    import simple_icd_10_cm

SOURCE = Source(file="f1", sha256="cd" * 32)

FRENCH = """CENTRE D'IMAGERIE
Patient : NGONO Marie    Née le : 03/04/1985    Sexe : F
Date de l'examen : 12/03/2026
RADIOGRAPHIE DU THORAX DE FACE
Indication : toux fébrile, recherche de tuberculose.
Technique : cliché de face debout.
Résultats :
Opacité alvéolaire du lobe inférieur droit. Pas d'épanchement pleural ni de
pneumothorax. Silhouette cardiaque de taille normale.
Séquelles de fracture costale gauche.
Conclusion :
Pneumopathie du lobe inférieur droit. Une embolie pulmonaire ne peut être exclue.
Dr BIYA Paul"""

ENGLISH = """CT CHEST WITH CONTRAST
Name: John Smith   Sex: M
CLINICAL INFORMATION: Dyspnea, rule out pulmonary embolism.
COMPARISON: None.
FINDINGS: Small left pleural effusion and moderate right pleural effusion. No pneumothorax.
There is a 12 x 8 mm nodule in the right upper lobe. Mild cardiomegaly.
IMPRESSION:
1. Acute bilateral pulmonary emboli.
2. Right upper lobe nodule, measuring 1.2 cm.
Signed by: Dr Tabi"""


def a_page(text: str, number: int = 1) -> Page:
    lines = []
    for at, row in enumerate(text.splitlines(), start=1):
        words = tuple(
            Word(match[0], Box(match.start() * 5.0, at * 12.0, match.end() * 5.0, at * 12.0 + 10))
            for match in re.finditer(r"\S+", row)
        )
        if words:
            lines.append(Line(at, words, Box(0, at * 12.0, 595, at * 12.0 + 10)))
    return Page(number, 595, 842, tuple(lines))


def report(text: str) -> RadiologyReport:
    return radiology.read([a_page(text)], SOURCE)


def only(text: str, concept: str) -> Finding:
    (found,) = [one for one in report(text).findings if one.concept == concept]
    return found


def test_a_french_report_is_read():
    read = report(FRENCH)

    assert (read.language, read.modality, read.body_part, str(read.report_date)) == ("fr", "CR", "CHEST", "2026-03-12")
    assert read.identity.patient_name == "NGONO Marie"
    assert [(one.concept, one.assertion.value) for one in read.findings] == [
        ("consolidation", "present"),
        ("pleural_effusion", "absent"),
        ("pneumothorax", "absent"),
        ("cardiomegaly", "absent"),
        ("fracture", "historical"),
        ("pneumonia", "present"),
        ("pulmonary_embolism", "uncertain"),
    ]
    assert [one.quote for one in read.impression] == [
        "Pneumopathie du lobe inférieur droit. Une embolie pulmonaire ne peut être exclue."
    ]


def test_an_english_report_is_read():
    read = report(ENGLISH)

    assert (read.language, read.modality, read.body_part) == ("en", "CT", "CHEST")
    assert [(one.concept, one.laterality and one.laterality.value) for one in read.findings] == [
        ("pleural_effusion", "left"),
        ("pleural_effusion", "right"),
        ("pneumothorax", None),
        ("nodule", "right"),
        ("cardiomegaly", None),
        ("pulmonary_embolism", "bilateral"),
        ("nodule", "right"),
    ]
    assert [one.quote for one in read.impression] == [
        "1. Acute bilateral pulmonary emboli.",
        "2. Right upper lobe nodule, measuring 1.2 cm.",
    ]


def test_the_question_is_no_finding():
    assert "pulmonary_tuberculosis" not in {one.concept for one in report(FRENCH).findings}


def test_a_sentence_over_two_lines_stands_on_both():
    found = only(FRENCH, "pneumothorax")

    assert [one.line for one in found.evidence] == [8, 9]
    assert found.evidence[1].quote == "pneumothorax. Silhouette cardiaque de taille normale."


def test_side_size_and_place_belong_to_their_finding():
    first = next(one for one in report(ENGLISH).findings if one.concept == "nodule")

    assert (first.size_mm, first.location, first.section) == (Decimal(12), "upper_lobe", SectionKind.FINDINGS)
    assert only("Conclusion : nodule du LSD, mesurant 1,2 cm", "nodule").size_mm == Decimal("12.0")
    assert only("Conclusion : épanchement pleural droit et pneumothorax gauche", "pneumothorax").laterality == "left"


def test_a_suspected_critical_finding_is_critical_and_has_no_code():
    found = only(FRENCH, "pulmonary_embolism")

    assert (found.critical, found.icd10cm) == (True, None)


def test_a_denied_critical_finding_is_not_critical():
    found = only(FRENCH, "pneumothorax")

    assert (found.critical, found.icd10cm) == (False, None)


def test_a_normal_word_after_a_denial_is_normal():
    found = report("Résultats : pas d'effet de masse, structures médianes en place.").findings

    assert {one.assertion for one in found} == {Assertion.ABSENT}


def test_a_stated_diagnosis_has_its_code():
    assert only(FRENCH, "pneumonia").icd10cm == "J18.9"


def test_a_line_in_a_list_does_not_deny_the_next():
    found = {
        one.concept: one.assertion.value for one in report("RESULTATS :\nPAS DE FRACTURE\nHYDROCEPHALIE\n").findings
    }

    assert found == {"fracture": "absent", "hydrocephalus": "present"}


def test_a_report_without_headings_is_all_findings():
    found = report("Échographie abdominale\nVésicule lithiasique, sans signe de cholécystite.\nPas d'ascite.").findings

    assert [(one.concept, one.assertion.value) for one in found] == [
        ("cholelithiasis", "present"),
        ("cholecystitis", "absent"),
        ("ascites", "absent"),
    ]


@pytest.mark.parametrize("concept", radiology_findings.concepts().values(), ids=lambda one: one.id)
def test_every_code_is_a_billable_code_of_the_real_table(concept):
    if concept.icd10cm is not None:
        assert simple_icd_10_cm.is_leaf(concept.icd10cm)


def test_every_phrase_of_the_table_finds_its_concept():
    for row in radiology_findings._table()["findings"]:
        for language in ("fr", "en"):
            for phrase in row[language]:
                plain = re.sub(r"\|\S+|[*=?]", "", phrase.replace(" ~ ", " ").replace("h*m", "haem"))
                found = {one.concept.id for one in radiology_findings.find(plain, language=language)}
                assert row["id"] in found, (row["id"], phrase, found)


DENIALS = {
    "fr": ["Pas de {}.", "Absence de {}.", "Sans {} décelable.", "{} : non retrouvé", "Aucun {} visible."],
    "en": ["No {}.", "No evidence of {}.", "There is no {}.", "{} is not seen.", "Negative for {}.", "Without {}."],
}
DISEASES = {
    "fr": [
        "épanchement pleural",
        "pneumothorax",
        "fracture",
        "cavitation",
        "hydronéphrose",
        "appendicite",
        "hématome sous-dural",
    ],
    "en": [
        "pleural effusion",
        "pneumothorax",
        "fracture",
        "cavitation",
        "hydronephrosis",
        "appendicitis",
        "subdural hematoma",
    ],
}


@given(st.data())
def test_a_denied_finding_is_never_present_nor_critical(data):
    language = data.draw(st.sampled_from(["fr", "en"]))
    sentence = data.draw(st.sampled_from(DENIALS[language])).format(data.draw(st.sampled_from(DISEASES[language])))
    heading = {"fr": "Résultats : ", "en": "Findings: "}[language]

    found = report(heading + sentence).findings

    assert found
    assert {one.assertion for one in found} == {Assertion.ABSENT}
    assert not any(one.critical or one.icd10cm for one in found)


LINES = st.lists(
    st.sampled_from([*FRENCH.splitlines(), *ENGLISH.splitlines(), "", "PAS DE", "- Œdème", "3 x 2 cm", "Conclusion"]),
    max_size=12,
)


@given(LINES, st.text(max_size=80))
def test_every_quote_stands_on_its_line_word_for_word(lines, noise):
    pages = [a_page("\n".join(lines)), a_page(noise, number=2)]
    printed = {(page.number, line.number): line.text for page in pages for line in page.lines}

    read = radiology.read(pages, SOURCE)

    places = [place for one in (*read.findings, *read.sections) for place in one.evidence]
    assert all(place.quote == printed[place.page, place.line] for place in (*places, *read.impression))


def test_a_report_is_read_in_ten_milliseconds():
    report(FRENCH)
    best = min(_seconds() for _ in range(5))

    assert best < 0.010


def _seconds() -> float:
    begun = time.perf_counter()
    report(FRENCH)
    return time.perf_counter() - begun


@pytest.mark.parametrize(
    ("language", "sentence"),
    [
        ("en", "fluid in the abdominal cavity"),
        ("en", "reduced ventricular cavity size"),
        ("en", "a syrinx (cavity) within the spinal cord"),
        ("fr", "cavites cardiaques de taille normale"),
        ("fr", "epanchement dans la cavite peritoneale"),
        ("fr", "sinus caverneux libres"),
        ("en", "mucosal thickening of the sigmoid colon"),
        ("en", "emphysematous cholecystitis"),
    ],
)
def test_a_hollow_of_the_body_or_a_word_of_another_organ_is_no_lung_or_sinus_disease(language, sentence):
    found = {one.concept.id for one in radiology_findings.find(sentence, language=language)}
    assert found.isdisjoint({"cavitation", "sinusitis", "emphysema"})


@pytest.mark.parametrize(
    ("language", "sentence"),
    [
        ("en", "cavitary lesion in the right lung"),
        ("en", "thick-walled cavity in the left upper lobe"),
        ("fr", "image cavitaire apicale gauche"),
        ("fr", "cavite du lobe superieur droit"),
        ("fr", "caverne apicale"),
    ],
)
def test_a_cavity_of_the_lung_is_found(language, sentence):
    assert [one.concept.id for one in radiology_findings.find(sentence, language=language)] == ["cavitation"]


@pytest.mark.parametrize(
    ("language", "sentence", "code"),
    [
        ("en", "multiple liver metastases", "C78.7"),
        ("fr", "metastases osseuses rachidiennes", "C79.51"),
        ("en", "metastases", "C79.9"),
        ("en", "metastases in liver or bone", "C79.9"),
        ("en", "infrarenal aortic aneurysm", "I71.40"),
        ("fr", "anevrisme de l'aorte thoracique", "I71.20"),
        ("en", "aortic aneurysm", "I71.9"),
        ("fr", "osteoporose diffuse", "M81.0"),
        ("fr", "osteopenie diffuse", "M85.80"),
    ],
)
def test_the_only_site_named_beside_a_finding_decides_its_code(language, sentence, code):
    assert [one.icd10cm for one in radiology_findings.find(sentence, language=language)] == [code]


@pytest.mark.parametrize(
    ("text", "concept", "assertion"),
    [
        ("Findings: Chronic lacunar infarct in the left basal ganglia.", "infarct", Assertion.HISTORICAL),
        ("Findings: Infarct of the left basal ganglia.", "infarct", Assertion.PRESENT),
        ("Findings: Chronic right subdural hematoma.", "subdural_haematoma", Assertion.PRESENT),
    ],
)
def test_a_chronic_infarct_is_past_and_no_alert(text, concept, assertion):
    finding = only(text, concept)
    assert (finding.assertion, finding.critical) == (assertion, assertion is Assertion.PRESENT)


@pytest.mark.parametrize(
    ("text", "concept", "icd10"),
    [
        ("Findings: Degenerative changes of the spine.", "degenerative_changes", None),
        ("Résultats : Lésions dégénératives du rachis lombaire.", "degenerative_changes", None),
        ("Findings: Lumbar spondylosis.", "spondylosis", "M47.9"),
        ("Findings: Knee osteoarthritis.", "osteoarthritis", "M19.90"),
    ],
)
def test_wear_of_the_spine_has_a_code_only_where_it_is_named(text, concept, icd10):
    assert only(text, concept).icd10cm == icd10
    ranked = diagnosis.rank(list(stated.judged(report(text).findings)))
    assert (ranked.primary is not None) is (concept == "osteoarthritis")


@pytest.mark.parametrize(
    ("text", "concept", "size"),
    [
        ("Findings: There is a 2.1 cm left renal cyst.", "renal_cyst", "21"),
        ("Résultats : 2,1 cm : kyste rénal gauche.", "renal_cyst", "21"),
        ("Findings: 2.1 x 1.4 cm left renal cyst, 5 mm gallstone.", "renal_cyst", "21"),
    ],
)
def test_a_size_before_the_name_is_kept(text, concept, size):
    found = only(text, concept)
    assert found.size_mm == Decimal(size)
    assert found.laterality is not None
