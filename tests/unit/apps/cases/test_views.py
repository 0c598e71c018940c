"""The worklist, the sign-in page and the form of a new case."""

from collections.abc import Callable
from datetime import date

import pytest

from carebase.apps.cases import views
from carebase.records.cases import Case
from carebase.web.messages import Reader

TODAY = date(2026, 3, 12)
Make = Callable[..., Case]
Show = Callable[..., str]


@pytest.mark.parametrize(
    ("born", "french", "english"),
    [
        (date(2026, 3, 12), "0 jour", "0 days"),
        (date(2026, 3, 11), "1 jour", "1 day"),
        (date(2026, 2, 13), "27 jours", "27 days"),
        (date(2026, 2, 12), "1 mois", "1 month"),
        (date(2024, 3, 13), "23 mois", "23 months"),
        (date(2024, 3, 12), "2 ans", "2 years"),
        (date(1984, 7, 4), "41 ans", "41 years"),
        (date(1985, 3, 13), "40 ans", "40 years"),
    ],
)
def test_an_age_is_told_in_days_months_or_years(
    born: date, french: str, english: str, a_case: Make, fr: Reader, en: Reader
) -> None:
    case = a_case(patient_birth_date=born, patient_age=0)
    assert views.age_in_words(fr, case, today=TODAY) == french
    assert views.age_in_words(en, case, today=TODAY) == english


def test_without_a_birth_date_the_recorded_age_stands(a_case: Make, fr: Reader) -> None:
    assert views.age_in_words(fr, a_case(patient_birth_date=None, patient_age=1), today=TODAY) == "1 an"


def test_a_gender_that_is_not_ours_is_shown_as_written(a_case: Make, fr: Reader) -> None:
    assert views.sex_in_words(fr, a_case(patient_gender="female")) == "Féminin"
    assert views.sex_in_words(fr, a_case(patient_gender="non binaire")) == "non binaire"


def listed(t: Reader, cases: list[Case], **more: object) -> views.WorklistView:
    values: dict[str, object] = {"status": None, "cursor": None, "next_cursor": None} | more
    return views.worklist_view(t, cases=cases, today=TODAY, **values)  # type: ignore[arg-type]


def test_the_list_names_critical_results_and_never_says_that_there_are_none(
    a_case: Make, fr: Reader, shown: Show
) -> None:
    critical = shown("cases/worklist.html", listed(fr, [a_case(critical_count=2)]))
    assert "2 critiques" in critical
    quiet = shown("cases/worklist.html", listed(fr, [a_case(critical_count=0)]))
    assert "critique" not in quiet
    assert "normal" not in quiet.lower()


def test_the_next_page_keeps_the_filter(a_case: Make, fr: Reader, shown: Show) -> None:
    view = listed(fr, [a_case()], status="failed", cursor="abc", next_cursor="def")
    assert view.next_address == "/cases?status=failed&cursor=def"
    assert view.first_address == "/cases?status=failed"
    assert 'href="/cases?status=failed&amp;cursor=def"' in shown("cases/worklist.html", view)


def test_an_empty_list_offers_the_first_action(fr: Reader, shown: Show) -> None:
    page = shown("cases/worklist.html", listed(fr, []))
    assert "Ouvrir un premier dossier" in page
    assert "<table" not in page


def test_a_filter_that_finds_nothing_leads_back_to_all(fr: Reader, shown: Show) -> None:
    page = shown("cases/worklist.html", listed(fr, [], status="failed"))
    assert "Aucun dossier avec ce statut" in page
    assert '<a href="/cases">Voir tous les dossiers</a>' in page


def new_case(t: Reader, **values: str) -> views.NewCaseView:
    mistakes = [views.Mistake(field="patient_name", text=t("mistake-name"))]
    return views.new_case_view(t, values=values, mistakes=mistakes, idempotency_key="k-1")


def test_the_form_gives_back_what_was_typed(fr: Reader, shown: Show) -> None:
    page = shown(
        "cases/new_case.html", new_case(fr, patient_age="41", patient_gender="male", doctor_notes="<b>note</b>")
    )
    assert 'name="patient_age" type="text" value="41"' in page
    assert "&lt;b&gt;note" in page
    assert page.count(" checked") == 2  # the gender, and that pregnancy is not recorded


def test_the_form_names_its_mistakes_at_the_top_and_at_the_field(fr: Reader, shown: Show) -> None:
    page = shown("cases/new_case.html", new_case(fr))
    assert '<a href="#patient_name">' in page
    assert page.count("Indiquez le nom du patient.") == 2


def test_the_form_says_what_may_be_sent_before_it_is(en: Reader, shown: Show) -> None:
    page = shown("cases/new_case.html", new_case(en), language="en")
    assert "At most 25 MB a file and 20 files a case." in page
    assert page.count('type="file"') == 2
    assert page.count(" multiple ") == 2
    assert 'enctype="multipart/form-data"' in page


def test_a_status_that_is_none_is_refused() -> None:
    with pytest.raises(ValueError, match="not a case status"):
        views.status_of("deleted")
