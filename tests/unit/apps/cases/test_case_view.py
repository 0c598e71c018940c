"""The case page: alerts first, every finding with its source, a draft that says so."""

from collections.abc import Callable
from datetime import UTC, date, datetime
from typing import Any

import pytest

from carebase.apps.cases import case_view, lab_table, progress_view
from carebase.records.cases import Case
from carebase.records.files import CaseFile
from carebase.web.messages import Reader

TODAY = date(2026, 3, 12)
Make = Callable[..., Case]
MakeFile = Callable[..., CaseFile]
Show = Callable[..., str]
NOW = datetime(2026, 3, 12, 9, 41, tzinfo=UTC)
PLACE = {"file": "f-1", "page": 2, "line": 7, "box": [1, 2, 3, 4], "quote": "Potassium 6,8", "sha256": "0"}


def said(number: str, text: str, **more: Any) -> dict[str, Any]:
    return {"id": number, "text": text, "severity": "info", "evidence": [PLACE], "confidence": None} | more


def lab(**more: Any) -> dict[str, Any]:
    row = {"printed_name": "Potassium", "text": "6,8", "unit": "mmol/L", "range": {"text": "3,5 - 5,1"}, "flag": "H"}
    return row | {"critical": False} | PLACE | more


def page_of(
    t: Reader, case: Case, files: list[CaseFile], analysis: dict[str, Any] | None, **more: Any
) -> case_view.CaseView:
    return case_view.case_view(t, case=case, files=files, steps=(), analysis=analysis, today=TODAY)


def test_a_finding_leads_to_the_line_it_was_read_from(a_case: Make, a_file: MakeFile, fr: Reader, shown: Show) -> None:
    analysis = {"case_summary": {"key_findings": [said("s1", "Potassium élevé.")]}}
    page = shown("cases/case.html", page_of(fr, a_case(), [a_file()], analysis))
    assert 'href="/cases/c-1/files/f-1/pages/2?hl=s1&amp;line=7"' in page
    assert "Voir la source : NFS mars.pdf, page 2, ligne 7" in page


def test_the_clinicians_own_words_have_no_page_to_open(a_case: Make, fr: Reader) -> None:
    own = PLACE | {"file": "case", "box": None, "quote": "toux"}
    analysis = {"soap": {"subjective": [said("s1", "Toux.", evidence=[own])]}}
    view = page_of(fr, a_case(), [], analysis)
    assert view.draft is not None
    (link,) = view.draft.soap[0].statements[0].evidence
    assert (link.address, link.name) == (None, "Texte du clinicien")


def test_critical_results_stand_before_everything_else(a_case: Make, a_file: MakeFile, fr: Reader, shown: Show) -> None:
    analysis = {
        "critical_alerts": [said("a", "Potassium critique.", severity="emergency")],
        "warnings": [{"code": "patient_mismatch_name", "message": "Autre nom.", "file": "f-1", "page": 1}],
        "unread": [PLACE | {"page": 3, "quote": "Illisible", "reason": "no_value"}],
        "case_summary": {"text": "Résumé."},
    }
    page = shown("cases/case.html", page_of(fr, a_case(), [a_file()], analysis))
    order = [
        page.index(words) for words in ("Potassium critique.", "Autre nom.", "Ligne non lue : « Illisible »", "Résumé.")
    ]
    assert order == sorted(order)


def test_a_draft_says_that_nobody_has_reviewed_it(a_case: Make, fr: Reader, en: Reader, shown: Show) -> None:
    assert "Brouillon généré automatiquement, non relu" in shown("cases/case.html", page_of(fr, a_case(), [], {}))
    english = shown("cases/case.html", page_of(en, a_case(), [], {}), language="en")
    assert "AI draft – not reviewed" in english


def test_no_page_calls_anything_normal(a_case: Make, a_file: MakeFile, fr: Reader, en: Reader, shown: Show) -> None:
    analysis = {"labs": [lab(flag="N"), lab(flag=None, range=None)]}
    for t in (fr, en):
        page = shown("cases/case.html", page_of(t, a_case(), [a_file()], analysis), language=t.language).lower()
        assert "normal" not in page


@pytest.mark.parametrize(
    ("row", "kind", "words"),
    [
        ({"flag": "H"}, "high", "Au-dessus"),
        ({"flag": "L"}, "low", "Sous l’intervalle"),
        ({"flag": "N"}, "within", "Dans l’intervalle"),
        ({"flag": None}, "none", "Non classé"),
        ({"flag": None, "check": "unit_missing"}, "none", "À vérifier à la source"),
        ({"flag": "H", "critical": True}, "critical", "Critique, haut"),
        ({"flag": None, "critical": True, "check": "implausible"}, "critical", "Critique, à vérifier"),
    ],
)
def test_the_position_of_a_result_is_said_in_words(
    row: dict[str, Any], kind: str, words: str, a_case: Make, a_file: MakeFile, fr: Reader
) -> None:
    view = page_of(fr, a_case(), [a_file()], {"labs": [lab(**row)]})
    assert view.draft is not None
    assert view.draft.labs[0].rows[0].flag == lab_table.FlagMark(kind=kind, text=words)  # type: ignore[arg-type]


def test_a_result_is_shown_as_printed(a_case: Make, a_file: MakeFile, fr: Reader, shown: Show) -> None:
    row = lab(text="< 2,00", flag_printed="H*", previous=[{"text": "1,8"}], sample_time="2026-03-11T08:15:00+01:00")
    page = shown("cases/case.html", page_of(fr, a_case(), [a_file()], {"labs": [row]}))
    for words in ("&lt; 2,00", "mmol/L", "3,5 - 5,1", "Imprimé : H*", "Antérieur : 1,8", "11 mars 2026"):
        assert words in page


def test_what_speaks_against_a_diagnosis_stands_before_what_speaks_for_it(
    a_case: Make, a_file: MakeFile, fr: Reader, shown: Show
) -> None:
    candidate = {
        "name": "Anémie",
        "icd10": "D50.9",
        "description": "Iron deficiency anemia, unspecified",
        "criteria_met": 3,
        "criteria_total": 4,
        "evidence_for": [said("f", "Pour.")],
        "evidence_against": [said("a", "Contraire.")],
        "missing": [said("m", "Manquant.", evidence=[])],
    }
    page = shown("cases/case.html", page_of(fr, a_case(), [a_file()], {"diagnosis": {"primary": candidate}}))
    assert page.index("Contraire.") < page.index("Pour.") < page.index("Manquant.")
    assert "Critères réunis : 3 sur 4" in page
    assert "D50.9" in page


def test_too_little_to_judge_is_an_answer(a_case: Make, fr: Reader, shown: Show) -> None:
    analysis = {"diagnosis": {"primary": None, "reason": "Aucun critère réuni.", "alternatives": []}}
    page = shown("cases/case.html", page_of(fr, a_case(), [], analysis))
    assert "Pas assez d’éléments pour proposer un diagnostic" in page
    assert "Aucun critère réuni." in page


def mismatched(t: Reader, case: Case, file: CaseFile) -> case_view.CaseView:
    fields = {"name": "Autre nom.", "sex": "Autre sexe."}
    warnings = [
        {"code": f"patient_mismatch_{field}", "message": words, "file": "f-1", "page": None}
        for field, words in fields.items()
    ]
    return page_of(t, case, [file], {"warnings": warnings})


def test_a_file_of_another_patient_is_named_once_and_can_be_confirmed(
    a_case: Make, a_file: MakeFile, fr: Reader, shown: Show
) -> None:
    page = shown("cases/case.html", mismatched(fr, a_case(), a_file()))
    assert page.count('method="post" action="/cases/c-1/files/f-1/confirmation"') == 1
    assert page.count("Document d’un autre patient ?") == 1
    assert "Autre nom." in page
    assert "Autre sexe." in page


def test_a_confirmed_file_says_so_and_is_not_asked_about_again(
    a_case: Make, a_file: MakeFile, fr: Reader, shown: Show
) -> None:
    page = shown("cases/case.html", mismatched(fr, a_case(), a_file(is_confirmed=True)))
    assert "Un clinicien a confirmé" in page
    assert "/confirmation" not in page


def test_what_the_imaging_section_says_is_not_warned_about_again(a_case: Make, a_file: MakeFile, fr: Reader) -> None:
    warning = {"code": "image_not_interpreted", "message": "Non interprétée.", "file": "f-1", "page": None}
    view = page_of(fr, a_case(), [a_file(file_type="image/png")], {"warnings": [warning]})
    assert view.draft is not None
    assert view.draft.warnings == ()
    assert len(view.images) == 1


def test_a_case_in_work_watches_itself_and_can_be_reloaded(a_case: Make, fr: Reader, shown: Show) -> None:
    page = shown("cases/case.html", page_of(fr, a_case(status="processing"), [], None))
    assert 'data-events="/api/cases/c-1/events"' in page
    assert '<a href="/cases/c-1">Recharger</a>' in page


@pytest.mark.parametrize("reason", ["analysis_failed", "analysis_crashed", "service_unavailable", "file_missing"])
def test_a_failed_case_says_why_and_offers_to_try_again(reason: str, a_case: Make, fr: Reader, shown: Show) -> None:
    page = shown("cases/case.html", page_of(fr, a_case(status="failed", failure_reason=reason), [], None))
    assert progress_view.reason_in_words(fr, reason) in page
    assert progress_view.reason_in_words(fr, reason) != progress_view.reason_in_words(fr, None)
    assert 'method="post" action="/cases/c-1/analysis"' in page


def test_an_image_is_shown_and_not_interpreted(a_case: Make, a_file: MakeFile, fr: Reader, shown: Show) -> None:
    picture = a_file(file_id="f-2", file_name="thorax.dcm", file_type="application/dicom", file_category="radiology")
    page = shown("cases/case.html", page_of(fr, a_case(), [a_file(), picture], {}))
    assert "Image enregistrée et affichée ; non interprétée." in page
    assert 'href="/cases/c-1/files/f-2/pages/1"' in page


@pytest.mark.parametrize(
    ("size", "words"), [(1, "1 ko"), (2048, "2 ko"), (104_000, "102 ko"), (200_000, "0,2 Mo"), (26_214_400, "25,0 Mo")]
)
def test_a_size_is_never_nothing(size: int, words: str, fr: Reader) -> None:
    assert case_view.size_in_words(fr, size) == words


def test_what_a_file_is_called_is_text(a_case: Make, a_file: MakeFile, fr: Reader, shown: Show) -> None:
    page = shown("cases/case.html", page_of(fr, a_case(patient_name="<i>A"), [a_file(file_name='"><script>x')], {}))
    assert "<script>x" not in page
    assert "<i>A" not in page


def test_results_of_two_files_never_share_a_table(a_case: Make, a_file: MakeFile, fr: Reader, shown: Show) -> None:
    other = a_file(file_id="f-2", file_name="autre.pdf")
    warning = {"code": "patient_mismatch_name", "message": "Autre nom.", "file": "f-2", "page": None}
    analysis = {"labs": [lab(), lab(file="f-2", text="7,0"), lab(text="6,9")], "warnings": [warning]}
    view = page_of(fr, a_case(), [a_file(), other], analysis)
    assert view.draft is not None
    tables = [(table.file_name, table.is_of_another_patient, len(table.rows)) for table in view.draft.labs]
    assert tables == [("NFS mars.pdf", False, 2), ("autre.pdf", True, 1)]
    page = shown("cases/case.html", view)
    assert page.count("Patient à vérifier : résultats non utilisés") == 1
