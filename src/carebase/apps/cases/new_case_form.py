"""Reads the form of a new case: what it says as a new case, or what has to be corrected.

In charge of the fields only; the files have been looked at while they arrived.
"""

from __future__ import annotations

from collections.abc import Mapping
from datetime import date

from carebase.apps.cases.bodies import CaseIn
from carebase.apps.cases.views import GENDERS, Mistake
from carebase.records.cases import OLDEST_AGE_YEARS
from carebase.web.messages import Reader

LONGEST_NAME = 200
LONGEST_TEXT = 20_000
PREGNANT = {"": None, "true": True, "false": False}


def read(t: Reader, values: Mapping[str, str], *, today: date) -> CaseIn | list[Mistake]:
    """The case, or every mistake in the order of the form."""
    born, age = _date(values.get("birth_date", "")), _number(values.get("patient_age", ""))
    found = [
        *_name_mistakes(t, values.get("patient_name", "")),
        *_age_mistakes(t, values, born=born, age=age, today=today),
        *_choice_mistakes(t, values),
        *(
            Mistake(field=field, text=t("mistake-text-long"))
            for field in ("case_summary", "doctor_notes")
            if len(values.get(field, "")) > LONGEST_TEXT
        ),
    ]
    if found:
        return found
    return CaseIn(
        patient_name=values["patient_name"],
        patient_gender=values["patient_gender"],
        patient_age=age,
        birth_date=born,
        pregnant=PREGNANT[values.get("pregnant", "")],
        case_summary=values.get("case_summary") or None,
        doctor_notes=values.get("doctor_notes") or None,
    )


def _name_mistakes(t: Reader, name: str) -> list[Mistake]:
    if not name.strip():
        return [Mistake(field="patient_name", text=t("mistake-name"))]
    if len(name) > LONGEST_NAME:
        return [Mistake(field="patient_name", text=t("mistake-name-long"))]
    return []


def _age_mistakes(
    t: Reader, values: Mapping[str, str], *, born: date | None, age: int | None, today: date
) -> list[Mistake]:
    found = []
    written_date, written_age = values.get("birth_date", ""), values.get("patient_age", "")
    if not written_date and not written_age:
        found.append(Mistake(field="birth_date", text=t("mistake-birth-or-age")))
    if written_date and (born is None or not _is_of_a_life(born, today=today)):
        found.append(Mistake(field="birth_date", text=t("mistake-birth-date")))
    if written_age and (age is None or not 0 <= age <= OLDEST_AGE_YEARS):
        found.append(Mistake(field="patient_age", text=t("mistake-age")))
    return found


def _choice_mistakes(t: Reader, values: Mapping[str, str]) -> list[Mistake]:
    found = []
    if values.get("patient_gender") not in GENDERS:
        found.append(Mistake(field="patient_gender", text=t("mistake-gender")))
    if values.get("pregnant", "") not in PREGNANT:
        found.append(Mistake(field="pregnant", text=t("mistake-pregnant")))
    return found


def _is_of_a_life(born: date, *, today: date) -> bool:
    return born <= today and today.year - born.year <= OLDEST_AGE_YEARS


def _date(text: str) -> date | None:
    try:
        return date.fromisoformat(text)
    except ValueError:
        return None


def _number(text: str) -> int | None:
    return int(text) if text.isascii() and text.isdigit() and len(text) <= 3 else None
