"""The fields of a new case."""

from datetime import date

import pytest

from carebase.apps.cases import new_case_form
from carebase.apps.cases.bodies import CaseIn
from carebase.web.messages import Reader

TODAY = date(2026, 3, 12)
RIGHT = {"patient_name": "Thérèse Mbarga", "birth_date": "1984-07-04", "patient_gender": "female"}


def fields_at_fault(t: Reader, **changes: str) -> list[str]:
    read = new_case_form.read(t, RIGHT | changes, today=TODAY)
    return [] if isinstance(read, CaseIn) else [mistake.field for mistake in read]


def test_a_form_without_mistakes_is_a_case(fr: Reader) -> None:
    read = new_case_form.read(fr, RIGHT | {"pregnant": "true", "doctor_notes": "Pâle."}, today=TODAY)
    assert read == CaseIn(
        patient_name="Thérèse Mbarga",
        patient_gender="female",
        birth_date=date(1984, 7, 4),
        pregnant=True,
        doctor_notes="Pâle.",
    )


def test_an_age_will_do_where_the_date_is_not_known(fr: Reader) -> None:
    read = new_case_form.read(fr, RIGHT | {"birth_date": "", "patient_age": "41"}, today=TODAY)
    assert isinstance(read, CaseIn)
    assert read.patient_age == 41


def test_every_mistake_is_named_at_once(fr: Reader) -> None:
    read = new_case_form.read(fr, {}, today=TODAY)
    assert isinstance(read, list)
    assert [mistake.field for mistake in read] == ["patient_name", "birth_date", "patient_gender"]


@pytest.mark.parametrize("age", ["-1", "abc", "131", "4.5", "٤١", "1e2", "9999"])
def test_an_age_is_a_whole_number_of_a_human_life(age: str, fr: Reader) -> None:
    assert fields_at_fault(fr, birth_date="", patient_age=age) == ["patient_age"]


@pytest.mark.parametrize("born", ["2026-03-13", "1890-01-01", "2026-02-30", "04/07/1984", "yesterday"])
def test_a_birth_date_is_real_and_past(born: str, fr: Reader) -> None:
    assert fields_at_fault(fr, birth_date=born) == ["birth_date"]


def test_choices_are_the_ones_offered(fr: Reader) -> None:
    assert fields_at_fault(fr, patient_gender="x", pregnant="perhaps") == ["patient_gender", "pregnant"]


def test_texts_have_a_limit(fr: Reader) -> None:
    assert fields_at_fault(fr, patient_name="x" * 201, case_summary="x" * 20_001) == ["patient_name", "case_summary"]
