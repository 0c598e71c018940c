"""A whole case without server or database: the safety rules, and both languages saying the same."""

from __future__ import annotations

import json
import re
from dataclasses import replace
from datetime import date
from hashlib import sha256
from pathlib import Path

import jsonschema_rs
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from carebase.clinical.person import Person, Sex
from carebase.documents.text import Box, Document, Image, Kind, Line, Page, Word
from carebase.records import analysis, rendering

TODAY = date(2026, 10, 13)
WOMAN = Person(name="Marie Ngono", sex=Sex.FEMALE, age_days=43 * 366)
SCHEMA = json.loads(Path(__file__).parents[3].joinpath("docs/reference/result.schema.json").read_text("utf-8"))

HEADER = [
    [(50, "LABORATOIRE DU CENTRE")],
    [(50, "Patient : NGONO Marie"), (300, "Sexe : F")],
    [(50, "Prélèvement du 12/10/2026 08:30")],
    [(50, "Analyse"), (250, "Résultat"), (320, "Unité"), (420, "Valeurs de référence")],
]
ANAEMIA = [
    [(50, "Hémoglobine"), (250, "6,8"), (320, "g/dL"), (420, "12,0 - 16,0")],
    [(50, "VGM"), (250, "68"), (320, "fL"), (420, "80 - 98")],
    [(50, "Ferritine"), (250, "6"), (320, "ng/mL"), (420, "15 - 150")],
]
NORMAL = [
    [(50, "Sodium"), (250, "140"), (320, "mmol/L"), (420, "136 - 145")],
    [(50, "Potassium"), (250, "4,2"), (320, "mmol/L"), (420, "3,5 - 5,0")],
]
CHEST = [
    [(50, "RADIOGRAPHIE DU THORAX DE FACE")],
    [(50, "Résultats : condensation alvéolaire du lobe inférieur droit.")],
    [(50, "Pas d'épanchement pleural.")],
    [(50, "Conclusion : pneumonie du lobe inférieur droit.")],
]


def page(rows, *, number=1, unread=None):
    lines = []
    for at, row in enumerate(rows, start=1):
        words = []
        for x, text in row:
            left = float(x)
            for word in text.split():
                words.append(Word(word, Box(left, at * 20.0, left + 5.5 * len(word), at * 20.0 + 11)))
                left += 5.5 * (len(word) + 1)
        box = Box(words[0].box.x0, at * 20.0, words[-1].box.x1, at * 20.0 + 11)
        lines.append(Line(at, tuple(words), box))
    return Page(number, 595.0, 842.0, tuple(lines), unread)


def lab_file(*rows, name="f1", category="lab", pages=None, page_count=None, header=HEADER):
    made = pages or (page([*header, *rows]),)
    document = Document(kind=Kind.PDF, pages=made, page_count=page_count or len(made))
    digest = sha256(name.encode()).hexdigest()
    return analysis.FileInput(file=name, name=f"{name}.pdf", category=category, sha256=digest, document=document)


def image_file(category, **metadata):
    document = Document(kind=Kind.DICOM, image=Image(width=9, height=9, frames=1, metadata=metadata), page_count=1)
    digest = "b" * 64
    return analysis.FileInput(file="img", name="img.dcm", category=category, sha256=digest, document=document)


def analysed(*files, person=WOMAN, summary=None, notes=None):
    case = analysis.CaseInput(person=person, summary=summary, notes=notes, opened_on=TODAY)
    return analysis.analyse(case, files, today=TODAY)


def codes(found):
    return [notice.code for notice in found.notices]


def statements(value):
    """Every statement of a rendered result, wherever it stands."""
    if isinstance(value, dict):
        if "evidence" in value and "code" in value:
            yield value
        for inner in value.values():
            yield from statements(inner)
    elif isinstance(value, list):
        for inner in value:
            yield from statements(inner)


def test_a_report_becomes_a_diagnosis_with_its_lines():
    result = rendering.render(analysed(lab_file(*ANAEMIA), summary="Fatigue depuis 3 semaines."), "fr")
    primary = result["diagnosis"]["primary"]
    assert primary["icd10"] == "D50.9"
    assert (primary["criteria_met"], primary["criteria_total"]) == (3, 5)
    assert [one["evidence"][0]["line"] for one in primary["evidence_for"]] == [5, 7, 6]
    assert "6,8" in result["critical_alerts"][0]["text"]


def test_without_anything_to_go_on_there_is_no_diagnosis_and_a_reason():
    result = rendering.render(analysed(lab_file(*NORMAL)), "en")
    assert result["diagnosis"]["primary"] is None
    assert result["diagnosis"]["reason"]["code"] == "insufficient_information"


CASES = [
    ((lab_file(*ANAEMIA),), "Fatigue depuis 3 semaines. Pas de fièvre. TA 110/70."),
    ((lab_file(*NORMAL), lab_file(*CHEST, name="f2", category="radiology", header=[])), "Cough for 3 days, fever."),
    ((image_file("lab"), lab_file(*ANAEMIA, page_count=9)), None),
    (
        (analysis.FileInput(file="x", name="x", category="lab", sha256="c" * 64, document=None, problem="encrypted"),),
        "",
    ),
    ((), "Known diabetic on metformin 500 mg, polyuria"),
]


@pytest.mark.parametrize(("files", "summary"), CASES)
@pytest.mark.parametrize("language", ["fr", "en"])
def test_every_result_follows_the_published_schema(files, summary, language):
    result = rendering.render(analysed(*files, summary=summary), language)
    jsonschema_rs.validator_for(SCHEMA).validate(json.loads(json.dumps(result)))


@pytest.mark.parametrize(("files", "summary"), CASES)
def test_both_languages_carry_the_same_ids_numbers_and_evidence(files, summary):
    found = analysed(*files, summary=summary)
    french, english = (list(statements(rendering.render(found, language))) for language in ("fr", "en"))
    without_words = [[{**one, "text": ""} for one in every] for every in (french, english)]
    assert without_words[0] == without_words[1]
    for left, right in zip(french, english, strict=True):
        assert numbers(left["text"]) == numbers(right["text"])


MONTHS = ["Jan", "Feb", "Mar", "Apr", "May", "Jun", "Jul", "Aug", "Sep", "Oct", "Nov", "Dec"]


def numbers(text):
    # English dates name their month.
    for at, month in enumerate(MONTHS, start=1):
        text = re.sub(
            rf"\b(\d{{1,2}}) {month} (\d{{4}})", lambda day, at=at: f"{int(day[1]):02}/{at:02}/{day[2]}", text
        )
    found = re.findall(r"\d+(?:[.,]\d+)*", text)
    return sorted(one.replace(",", ".") for one in found)


@pytest.mark.parametrize(("files", "summary"), CASES)
@pytest.mark.parametrize("language", ["fr", "en"])
def test_every_number_in_a_text_is_in_its_parameters(files, summary, language):
    for one in statements(rendering.render(analysed(*files, summary=summary), language)):
        told = json.dumps(one["params"], ensure_ascii=False) + " ".join(place["quote"] for place in one["evidence"])
        for number in numbers(one["text"]):
            # Names (CD4, B12) and units (1.73 m²) carry their own digits.
            assert number.rstrip("0").rstrip(".") in told.replace(",", ".") or number in ("1.73", "12", "4")


@settings(max_examples=30, deadline=None)
@given(st.decimals(min_value="3.0", max_value="11.9", places=1))
def test_every_quote_stands_on_its_line(value):
    printed = format(value, "f").replace(".", ",")
    given_file = lab_file([(50, "Hémoglobine"), (250, printed), (320, "g/dL"), (420, "12,0 - 16,0")])
    text = "Fatigue depuis 3 semaines.\nPas de fièvre."
    found = analysed(given_file, summary=text)
    assert found.dropped == 0
    lines = {("f1", line.number): line.text for line in given_file.document.pages[0].lines}
    lines |= {("case", number): line for number, line in enumerate(text.split("\n"), start=1)}
    for one in statements(rendering.render(found, "fr")):
        for place in one["evidence"]:
            assert place["quote"] in lines[place["file"], place["line"]]
    assert any(printed in one["text"] for one in statements(rendering.render(found, "fr")))


def all_words(found, language):
    result = rendering.render(found, language)
    files = [rendering.file_summary(found, one.given.file, language) for one in found.files]
    result.pop("labs")
    words = [one["text"] for one in statements(result)]
    summary = result["case_summary"]
    words += [summary["text"], summary["lab_summary"], summary["radiology_summary"]]
    return " ".join(words + [one["summary"] for one in files]).lower()


REASSURANCE = re.compile(r"\bnormal|rien de critique|nothing critical|aucun des|none of the|no critical")


@pytest.mark.parametrize("language", ["fr", "en"])
def test_while_a_page_is_unread_nothing_sounds_reassuring(language):
    unread = page([], number=2, unread="image_only")
    partly = analysed(lab_file(pages=(page([*HEADER, *NORMAL]), unread)))
    assert "page_unread" in codes(partly)
    assert REASSURANCE.search(all_words(partly, language)) is None
    wholly = analysed(lab_file(*NORMAL))
    assert REASSURANCE.search(all_words(wholly, language)) is not None


@pytest.mark.parametrize("language", ["fr", "en"])
def test_a_file_read_whole_reassures_nobody_while_another_is_unread(language):
    unread = page([], number=1, unread="image_only")
    found = analysed(lab_file(*NORMAL), lab_file(name="f2", pages=(unread,)))
    assert REASSURANCE.search(all_words(found, language)) is None


def test_a_file_of_another_patient_keeps_the_whole_from_reassuring():
    strange = [[(50, "Patient : MBARGA Jean")], *HEADER[2:]]
    found = analysed(lab_file(*NORMAL), lab_file(*NORMAL, name="f2", header=strange))
    assert "patient_mismatch_name" in codes(found)
    assert "summary-within" not in [one.code for one in found.summary.labs]
    assert "summary-not-used" in [one.code for one in found.summary.labs]


def test_a_file_beyond_the_page_limit_is_unread_too():
    found = analysed(lab_file(*NORMAL, page_count=20_000))
    assert "pages_beyond_limit" in codes(found)
    assert REASSURANCE.search(all_words(found, "fr")) is None


def test_a_file_of_another_patient_only_alerts():
    other = Person(name="Jean Mbarga", sex=Sex.MALE, age_days=50 * 366)
    found = analysed(lab_file(*ANAEMIA), person=other)
    assert "patient_mismatch_name" in codes(found)
    assert [alert.code for alert in found.alerts] == ["alert-verify"]
    assert found.diagnosis.primary is None
    assert found.key_findings == ()
    assert "vérifier le patient" in rendering.render(found, "fr")["critical_alerts"][0]["text"].lower()


def test_an_implausible_value_sets_off_no_diagnosis():
    found = analysed(lab_file([(50, "Sodium"), (250, "21"), (320, "mmol/L"), (420, "136 - 145")]))
    assert found.diagnosis.primary is None
    assert "check_source" in codes(found)
    assert {alert.code for alert in found.alerts} <= {"alert-verify"}


def test_an_image_is_stored_and_not_interpreted():
    found = analysed(image_file("radiology"))
    assert "non interprétée" in rendering.render(found, "fr")["case_summary"]["radiology_summary"]
    assert "not interpreted" in rendering.file_summary(found, "img", "en")["summary"]
    assert found.diagnosis.primary is None


def test_an_image_as_laboratory_file_is_a_warning_and_the_rest_completes():
    found = analysed(image_file("lab"), lab_file(*ANAEMIA))
    assert "image_in_lab" in codes(found)
    assert found.diagnosis.primary is not None


def test_the_patient_an_image_names_is_compared():
    found = analysed(image_file("radiology", PatientName="MBARGA^JEAN", PatientSex="M"))
    assert "patient_mismatch_name" in codes(found)


def test_a_confirmed_file_is_used_and_no_longer_said_to_be_unused():
    image = replace(image_file("radiology", PatientName="MBARGA^JEAN"), is_confirmed=True)
    found = analysed(image)
    assert "patient_confirmed" in codes(found)
    assert not [code for code in codes(found) if code.startswith("patient_mismatch")]
    assert not found.files[0].is_other_patient


@pytest.mark.parametrize(
    ("problem", "code"),
    [
        ("encrypted", "file_encrypted"),
        ("damaged", "file_damaged"),
        ("timed_out", "file_timeout"),
        ("?", "file_not_read"),
    ],
)
def test_a_file_that_cannot_be_read_is_a_warning_and_the_rest_completes(problem, code):
    broken = analysis.FileInput(file="x", name="x.pdf", category="lab", sha256="c" * 64, document=None, problem=problem)
    found = analysed(broken, lab_file(*ANAEMIA))
    assert code in codes(found)
    assert found.diagnosis.primary is not None


def test_a_radiology_report_as_laboratory_file_is_read_as_what_it_is():
    found = analysed(lab_file(*CHEST, header=[]), summary="Toux et fièvre.")
    assert "radiology_in_lab" in codes(found)
    assert found.diagnosis.primary is not None
    assert found.diagnosis.primary.icd10 == "J18.9"


def test_what_a_report_denies_is_said_as_denied():
    found = analysed(lab_file(*CHEST, category="radiology", header=[]))
    denied = [one.params["concept"] for one in found.soap.objective if one.code == "imaging-denied"]
    assert denied == ["pleural_effusion"]


def test_confidence_is_null_until_calibrated():
    result = rendering.render(analysed(lab_file(*ANAEMIA), summary="Fatigue"), "fr")
    assert result["overall_confidence"] is None
    assert {one["confidence"] for one in statements(result)} == {None}
    assert result["diagnosis"]["primary"]["confidence"] is None
    assert result["soap"]["confidence"] is None


def test_no_dose_is_told_even_when_the_clinician_wrote_one():
    found = analysed(summary="Diabète sous metformine 500 mg x 2.")
    for language in ("fr", "en"):
        texts = [one["text"] for one in statements(rendering.render(found, language))]
        assert not any("500" in text for text in texts)


def test_an_adults_answer_is_not_given_for_a_child():
    child = Person(name="Marie Ngono", sex=Sex.FEMALE, age_days=4 * 366)
    found = analysed(lab_file(*ANAEMIA), person=child)
    assert "not_an_adult" in codes(found)
    assert found.diagnosis.primary is None
    assert not any(
        one.code == "derived-value" and one.params["measure"] == "derived:egfr" for one in found.soap.objective
    )


def test_a_newborn_is_not_zero_years_old():
    newborn = Person(sex=Sex.MALE, birth_date=date(2026, 10, 3), age_days=10)
    text = rendering.render(analysed(person=newborn), "fr")["case_summary"]["text"]
    assert "10 jours" in text
    assert "0 ans" not in text


def test_undated_results_are_said_to_be():
    header = [row for row in HEADER if "Prélèvement" not in row[0][1]]
    found = analysed(lab_file(*ANAEMIA, header=header))
    assert "undated" in codes(found)
    assert "date de prélèvement non lue" in rendering.render(found, "fr")["critical_alerts"][0]["text"]


def test_statement_ids_are_stable_between_runs():
    first, second = (rendering.render(analysed(lab_file(*ANAEMIA)), "fr") for _ in range(2))
    assert first == second


def test_malaria_by_two_tests_is_alerted_once_beside_its_critical_results():
    rows = [
        [(50, "TDR Paludisme"), (250, "Positif (P. falciparum)")],
        [(50, "Goutte épaisse"), (250, "Positive"), (420, "Négatif")],
        [(50, "Hémoglobine"), (250, "5,0"), (320, "g/dL"), (420, "12,0 - 16,0")],
    ]
    found = analysed(lab_file(*rows), summary="Fièvre, coma.")
    told = [(one.code, one.params.get("measure", one.params.get("pattern"))) for one in found.alerts]
    assert told == [
        ("alert-critical", "lab:malaria_rdt"),
        ("alert-critical", "lab:malaria_smear"),
        ("alert-critical", "lab:hemoglobin"),
        ("alert-pattern", "malaria_severe"),
    ]
    (asked,) = [one for one in found.soap.plan if one.code == "plan-critical"]
    assert asked.params["count"] == 3
