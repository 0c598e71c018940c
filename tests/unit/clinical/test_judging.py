"""One value, judged."""

from __future__ import annotations

from decimal import Decimal

import pytest
from tests.unit.clinical.lab_pages import WOMAN

from carebase.clinical import analytes, judging, numbers, ranges


def judge(
    analyte: str, text: str, unit: str | None, *, printed: str = "", mark: str | None = None
) -> judging.Judgement:
    return judging.judge(
        analyte=analytes.by_id(analyte),
        number=numbers.read(text),
        text=text,
        unit=unit,
        printed=ranges.read(printed),
        person=WOMAN,
        flag_printed=mark,
    )


@pytest.mark.parametrize(
    ("analyte", "text", "unit", "critical"),
    [
        ("potassium", "6.5", "mmol/L", True),
        ("potassium", "6.4", "mmol/L", False),
        ("potassium", "2.5", "meq/L", True),
        ("glucose_random", "2.5", "mmol/L", True),
        ("glucose_random", "0.45", "g/L", True),
        ("hemoglobin", "70", "g/L", True),
        ("platelets", "30000", "/mm3", True),
        ("glucose_random", "> 500", "mg/dL", True),
        ("potassium", "< 3.0", "mmol/L", False),
        ("potassium", "< 2.0", "mmol/L", True),
        ("tsh", "100", "m[IU]/L", False),
    ],
)
def test_critical_limits_hold_in_every_unit(analyte, text, unit, critical):
    assert judge(analyte, text, unit).critical is critical


def test_the_printed_range_comes_before_the_table():
    assert judge("hemoglobin", "11.5", "g/dL").flag == "L"
    assert judge("hemoglobin", "11.5", "g/dL", printed="11,0 - 15,0").flag == "N"


def test_a_unit_that_cannot_be_is_to_be_checked():
    judged = judge("potassium", "4.0", "g/dL")
    assert (judged.check, judged.flag, judged.canonical) == ("unit_unexpected", None, None)


def test_a_value_beyond_life_is_to_be_checked_and_still_alerts():
    judged = judge("sodium", "21", "mmol/L", printed="136 - 145")
    assert (judged.check, judged.flag, judged.critical) == ("implausible", None, True)


def test_thousands_that_cannot_be_lived_with_leave_the_decimal_reading():
    judged = judge("inr", "1.025", None)
    assert (judged.value, judged.check) == (Decimal("1.025"), None)


def test_the_laboratorys_own_critical_mark_counts():
    assert judge("tsh", "100", "m[IU]/L", mark="HH").critical


@pytest.mark.parametrize(
    ("text", "flag"), [("Négatif", "N"), ("Non réactif", "N"), ("Positive (++)", "H"), ("Traces", None)]
)
def test_qualitative_answers(text, flag):
    assert judge("hbsag", text, None).flag == flag
