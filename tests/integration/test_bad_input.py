"""Bad input gets a clear error, or a warning on that file while the rest of the case completes.

One deployment as every user gets it, with its worker in a process of its own.
"""

from __future__ import annotations

import re
import time
from typing import Any

import httpx
import pytest
from tests.integration import bad_files
from tests.integration.records.conftest import SAMPLES

MARIE = {"patient_name": "Marie Ngono", "patient_gender": "female", "birth_date": "1983-05-06"}
OWN_HEADER = ("Patient: NGONO Marie", "Sex: F    Date of birth: 06/05/1983")
SODIUM = ("Sodium", "128", "mmol/L", "136 - 145")
OWN = bad_files.report(SODIUM, patient=OWN_HEADER)
CRITICAL_POTASSIUM = ("Potassium", "7.4", "mmol/L", "3.5 - 5.0")
PNG = (SAMPLES / "en" / "chest-radiograph.png").read_bytes()
# A raw code: words tied by underscores, or a placeable that nobody filled.
RAW = re.compile(r"[a-z]+_[a-z]+|\{|\}|\$")


@pytest.fixture(scope="module")
def doctor(sign_in) -> httpx.Client:
    return sign_in("bad-input@carebase.example")


def send(doctor: httpx.Client, *files: tuple[str, str, bytes], **changed: str) -> httpx.Response:
    parts = [(f"{category}_files", (name, content)) for category, name, content in files]
    return doctor.post("/api/cases", data={**MARIE, **changed}, files=parts)


def finished(doctor: httpx.Client, case_id: str, *, within_seconds: float = 45.0) -> dict[str, Any]:
    until = time.monotonic() + within_seconds
    while time.monotonic() < until:
        case = doctor.get(f"/api/cases/{case_id}?language=en").raise_for_status().json()
        if case["status"] != "processing":
            return case
        time.sleep(0.05)
    raise AssertionError(f"still in work after {within_seconds} s: {case['steps']}")


def analysed(doctor: httpx.Client, *files: tuple[str, str, bytes], **changed: str) -> dict[str, Any]:
    opened = send(doctor, *files, **changed)
    assert opened.status_code == 201, opened.text
    return finished(doctor, opened.json()["case_id"])


def warnings_of(doctor: httpx.Client, case: dict[str, Any], name: str) -> list[str]:
    """The codes of a file's warnings, each of them worded for a person in both languages."""
    [file] = [file["file_id"] for file in case["files"] if file["file_name"] == name]
    english = {one["code"]: one["message"] for one in case["insights"]["warnings"] if one["file"] == file}
    again = doctor.get(f"/api/cases/{case['case_id']}?language=fr").json()
    french = {one["code"]: one["message"] for one in again["insights"]["warnings"] if one["file"] == file}
    assert list(english) == list(french)
    for code, text in english.items():
        assert text != french[code]
        assert all(len(worded) > 10 and not RAW.search(worded) for worded in (text, french[code]))
    return list(english)


def assert_the_rest_is_complete(case: dict[str, Any], *, name: str = "own.pdf") -> None:
    """Whatever is wrong with another file, the good one is read and told."""
    assert case["status"] == "completed"
    [own] = [file["file_id"] for file in case["files"] if file["file_name"] == name]
    assert [(row["analyte"], row["value"]) for row in case["insights"]["labs"] if row["file"] == own] == [
        ("sodium", 128)
    ]
    assert any(place["file"] == own for found in key_findings(case) for place in found["evidence"])
    assert {step["state"] for step in case["steps"]} <= {"done", "skipped"}


def key_findings(case: dict[str, Any]) -> list[dict[str, Any]]:
    return case["insights"]["case_summary"]["key_findings"]


@pytest.mark.parametrize(
    ("name", "content", "status", "code"),
    [
        ("labs.pdf", b"MZ\x90\x00" + bytes(range(256)), 415, "unsupported_type"),
        ("labs.pdf", b"<html><script>alert(1)</script></html>", 415, "unsupported_type"),
        ("labs.pdf", b"PK\x03\x04" + bytes(range(256)), 415, "unsupported_type"),
        ("labs.pdf", b"", 400, "invalid_request"),
        ("labs.txt", b" \n\n ", 400, "invalid_request"),
    ],
)
def test_what_is_no_document_is_refused_at_once_and_nothing_is_kept(doctor, name, content, status, code):
    before = doctor.get("/api/cases?total=true").json()["total"]
    answer = send(doctor, ("lab", "own.pdf", OWN), ("lab", name, content))

    assert (answer.status_code, answer.json()["code"]) == (status, code)
    assert answer.json()["message"]
    assert doctor.get("/api/cases?total=true").json()["total"] == before


@pytest.mark.parametrize(
    ("change", "field"),
    [
        ({"birth_date": "", "patient_age": "-1"}, "patient_age"),
        ({"birth_date": "", "patient_age": "abc"}, "patient_age"),
        ({"birth_date": "", "patient_age": "1e9"}, "patient_age"),
        ({"birth_date": "2999-01-01"}, "birth_date"),
        ({"birth_date": "31/12/1980"}, "birth_date"),
        ({"patient_name": "   "}, "patient_name"),
        ({"patient_name": "x" * 201}, "patient_name"),
        ({"patient_name": "a\x00b"}, "patient_name"),
        ({"gestation_weeks": "46"}, "gestation_weeks"),
    ],
)
def test_a_field_that_cannot_be_is_named(doctor, change, field):
    answer = send(doctor, ("lab", "own.pdf", OWN), **change)

    assert answer.status_code == 400
    assert field in answer.json()["details"]


@pytest.mark.parametrize(
    ("name", "make", "warning"),
    [
        ("protected.pdf", lambda: bad_files.report(SODIUM, password="secret"), "file_encrypted"),
        ("cut.pdf", lambda: OWN[: len(OWN) // 3], "file_damaged"),
        ("only-a-head.pdf", lambda: b"%PDF-1.7\n", "file_damaged"),
        ("long.pdf", lambda: bad_files.many_pages(20_000), "file_too_large"),
        ("bomb.png", bad_files.png_bomb, "file_too_large"),
        ("cut.png", lambda: PNG[: len(PNG) // 2], "file_damaged"),
    ],
)
def test_a_file_that_cannot_be_read_is_a_warning_and_the_rest_completes(doctor, name, make, warning):
    category = "radiology" if name.endswith(".png") else "lab"
    case = analysed(doctor, ("lab", "own.pdf", OWN), (category, name, make()))

    assert_the_rest_is_complete(case)
    assert warnings_of(doctor, case, name) == [warning]
    [unread] = [place for place in case["insights"]["unread"] if place["reason"] != "line"]
    assert unread["file"] in {file["file_id"] for file in case["files"] if file["file_name"] == name}


def test_a_pdf_that_unpacks_to_gigabytes_is_stopped_and_the_rest_completes(doctor, served):
    bomb = bad_files.pdf_bomb()
    assert len(bomb) < 100_000
    case = analysed(doctor, ("lab", "own.pdf", OWN), ("lab", "bomb.pdf", bomb))

    assert_the_rest_is_complete(case)
    assert set(warnings_of(doctor, case, "bomb.pdf")) <= {"file_too_large", "file_timeout", "file_damaged"}
    assert served.process_of("worker") is not None


def test_more_pages_than_are_read_is_said(doctor):
    case = analysed(doctor, ("lab", "own.pdf", OWN), ("lab", "long.pdf", bad_files.many_pages(250)))

    assert_the_rest_is_complete(case)
    assert "pages_beyond_limit" in warnings_of(doctor, case, "long.pdf")


def test_text_that_was_left_out_is_said(doctor):
    case = analysed(doctor, ("lab", "own.pdf", OWN), ("lab", "wordy.pdf", bad_files.wordy(230_000)))

    assert_the_rest_is_complete(case)
    assert "file_incomplete" in warnings_of(doctor, case, "wordy.pdf")


def test_a_picture_given_as_a_laboratory_file_is_shown_and_not_interpreted(doctor):
    case = analysed(doctor, ("lab", "own.pdf", OWN), ("lab", "thorax.png", PNG))

    assert_the_rest_is_complete(case)
    assert warnings_of(doctor, case, "thorax.png") == ["image_in_lab", "image_not_interpreted"]


def test_laboratory_results_given_as_a_radiology_file_are_read_as_what_they_are(doctor):
    case = analysed(doctor, ("radiology", "own.pdf", OWN))

    assert_the_rest_is_complete(case)
    assert warnings_of(doctor, case, "own.pdf") == ["lab_in_radiology"]


def test_a_radiology_report_given_as_a_laboratory_file_is_read_as_what_it_is(doctor):
    report = (SAMPLES / "en" / "chest-radiograph-report.pdf").read_bytes()
    case = analysed(
        doctor, ("lab", "chest.pdf", report), patient_name="Kwame OSEI", patient_gender="male", birth_date="1968-06-02"
    )

    assert case["status"] == "completed"
    assert "radiology_in_lab" in warnings_of(doctor, case, "chest.pdf")
    assert any(found["code"].startswith("imaging-") for found in key_findings(case))


def test_a_picture_that_cannot_be_unpacked_is_kept_and_said(doctor):
    image = bad_files.undecodable_dicom(PatientName="NGONO^MARIE", PatientSex="F", PatientBirthDate="19830506")
    case = analysed(doctor, ("lab", "own.pdf", OWN), ("radiology", "thorax.dcm", image))

    assert_the_rest_is_complete(case)
    [file] = [file for file in case["files"] if file["file_name"] == "thorax.dcm"]
    assert file["file_type"] == "application/dicom"
    assert doctor.get(file["file_url"]).content == image
    assert warnings_of(doctor, case, "thorax.dcm") == ["image_not_interpreted", "image_not_shown"]


@pytest.mark.parametrize(
    ("name", "content"),
    [
        ("labs.csv", b"Analyte;Result;Unit;Reference range\nSodium;128;mmol/L;136-145\nPotassium;4.2;mmol/L;3.5-5.0\n"),
        ("labs.txt", b"Analyte      Result   Unit     Reference range\nSodium       128      mmol/L   136 - 145\n"),
        ("labs.csv", "Analyse;R\xe9sultat;Unit\xe9;Normes\nSodium;128;mmol/L;136-145\n".encode("cp1252")),
    ],
)
def test_tables_and_plain_text_are_read_as_laboratory_results(doctor, name, content):
    case = analysed(doctor, ("lab", name, content))

    [sodium] = [row for row in case["insights"]["labs"] if row["analyte"] == "sodium"]
    assert (sodium["value"], sodium["unit"], sodium["flag"], sodium["page"]) == (128, "mmol/L", "L", 1)
    assert sodium["line"] == 2


@pytest.mark.parametrize(
    ("given", "shown"),
    [
        ("../../../../etc/passwd", "passwd"),
        ("..\\..\\windows\\system32\\labs.pdf", "labs.pdf"),
        ("é" * 300 + ".pdf", None),
        ("labs\r\nX-Evil: 1.pdf", None),
        ("<img src=x onerror=alert(1)>.pdf", None),
    ],
)
def test_a_name_is_shown_and_is_never_a_path(doctor, served, given, shown):
    case = analysed(doctor, ("lab", given, OWN))

    [file] = case["files"]
    if shown:
        assert file["file_name"] == shown
    assert 0 < len(file["file_name"]) <= 255
    assert "/" not in file["file_name"] and "\\" not in file["file_name"]
    answer = doctor.get(file["file_url"])
    assert answer.content == OWN
    assert answer.headers["Content-Disposition"].startswith("attachment;")
    assert "X-Evil" not in answer.headers
    assert not [path for path in served.data.rglob("*") if path.name in {"passwd", "labs.pdf", file["file_name"]}]
    assert_the_rest_is_complete(case, name=file["file_name"])


@pytest.mark.parametrize(
    ("header", "warning"),
    [
        (("Patient: DUBOIS Claire", "Sex: F    Date of birth: 06/05/1983"), "patient_mismatch_name"),
        (("Patient: NGONO Marie", "Sex: M    Date of birth: 06/05/1983"), "patient_mismatch_sex"),
        (("Patient: NGONO Marie", "Sex: F    Date of birth: 14/09/1951"), "patient_mismatch_birth_date"),
    ],
)
def test_a_file_of_another_patient_is_not_used_until_a_clinician_says_it_is_right(doctor, header, warning):
    foreign = bad_files.report(
        CRITICAL_POTASSIUM, ("Hemoglobin", "6.1", "g/dL", "12.0 - 16.0"), ("MCV", "68", "fL", "80 - 98"),
        ("Ferritin", "5", "ng/mL", "15 - 150"), patient=header,
    )  # fmt: skip
    case = analysed(doctor, ("lab", "own.pdf", OWN), ("lab", "other.pdf", foreign))
    [file] = [file["file_id"] for file in case["files"] if file["file_name"] == "other.pdf"]

    assert_the_rest_is_complete(case)
    assert warning in warnings_of(doctor, case, "other.pdf")
    assert not uses(case, file)
    # What could kill is told all the same, with the doubt.
    [alert] = [one for one in case["insights"]["critical_alerts"] if "otassium" in one["text"]]
    assert "verify patient and sample" in alert["text"].lower()
    assert alert["evidence"][0]["file"] == file
    assert any(row["critical"] for row in case["insights"]["labs"] if row["file"] == file)

    answer = doctor.post(f"/api/cases/{case['case_id']}/files/{file}/confirmation")
    assert (answer.status_code, answer.json()["status"]) == (202, "processing")
    confirmed = finished(doctor, case["case_id"])

    assert uses(confirmed, file)
    [alert] = [one for one in confirmed["insights"]["critical_alerts"] if "otassium" in one["text"]]
    assert "verify patient and sample" not in alert["text"].lower()
    # That somebody answered for it stays visible.
    assert "patient_confirmed" in warnings_of(doctor, confirmed, "other.pdf")


def uses(case: dict[str, Any], file: str) -> bool:
    """Whether anything but an alert rests on the file."""
    result = case["insights"]
    soap = [one for section in ("subjective", "objective", "assessment", "plan") for one in result["soap"][section]]
    named = [one for one in (result["diagnosis"]["primary"], *result["diagnosis"]["alternatives"]) if one]
    grounds = [one for candidate in named for one in (*candidate["evidence_for"], *candidate["evidence_against"])]
    # An alert may be repeated in the plan: to act on it means to verify it first.
    resting = [one for one in (*key_findings(case), *soap, *grounds) if not one["code"].startswith("plan-")]
    return any(place["file"] == file for one in resting for place in one["evidence"])


def test_a_picture_of_another_patient_is_said(doctor):
    image = bad_files.undecodable_dicom(PatientName="DUBOIS^CLAIRE", PatientSex="F", PatientBirthDate="19830506")
    case = analysed(doctor, ("lab", "own.pdf", OWN), ("radiology", "thorax.dcm", image))

    assert_the_rest_is_complete(case)
    assert "patient_mismatch_name" in warnings_of(doctor, case, "thorax.dcm")


def test_a_case_of_nothing_but_unreadable_files_completes_and_says_so(doctor):
    case = analysed(doctor, ("lab", "cut.pdf", OWN[:500]), ("radiology", "bomb.png", bad_files.png_bomb()))

    assert case["status"] == "completed"
    assert case["insights"]["labs"] == []
    assert case["insights"]["diagnosis"]["primary"] is None
    assert warnings_of(doctor, case, "cut.pdf") == ["file_damaged"]
    assert case["insights"]["case_summary"]["text"]
