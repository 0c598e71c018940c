"""Quantities computed from one sample."""

from __future__ import annotations

from dataclasses import replace
from decimal import Decimal

import pytest
from tests.unit.clinical.lab_pages import CHILD, MAN, WOMAN, a_report

from carebase.clinical import derived
from carebase.clinical.person import Person, Sex


def derive(text: str, person: Person = MAN) -> dict[str, Decimal]:
    return {one.code: one.value for one in derived.derive(a_report(text, person=person).results, person)}


@pytest.mark.parametrize(
    ("person", "line", "expected"),
    [(MAN, "Creatinine   1.0 mg/dL", 92), (WOMAN, "Creatinine   0.7 mg/dL", 113), (MAN, "Créatinine   106 µmol/L", 74)],
)
def test_filtration_by_ckd_epi_2021(person, line, expected):
    assert derive(line, person)["egfr"] == Decimal(expected)


@pytest.mark.parametrize("person", [CHILD, Person(age_days=MAN.age_days), Person(sex=Sex.MALE)])
def test_no_adult_filtration_for_a_child_or_an_unknown_age_or_sex(person):
    assert "egfr" not in derive("Creatinine   1.0 mg/dL", person)


def test_the_other_formulas():
    values = derive(
        "Sodium   140 mmol/L\nChlorures   100 mmol/L\nBicarbonates   24 mmol/L\nCalcium   8.0 mg/dL\n"
        "Albumine   20 g/L\n"
        "Fer sérique   60 µg/dL\nTIBC   300 µg/dL\nASAT   80 U/L\nALAT   64 U/L\nPAL   240 U/L\nPlaquettes   200 G/L\n"
        "Cholestérol total   200 mg/dL\nHDL   50 mg/dL\nTriglycérides   150 mg/dL\nGlycémie   90 mg/dL\nUrée   5 mmol/L"
    )
    assert values == {
        "anion_gap": Decimal("16.0"),
        "calcium_corrected": Decimal("9.60"),
        "tsat": Decimal(20),
        "fib4": Decimal("2.50"),
        "r_factor": Decimal("0.8"),
        "ldl": Decimal(120),
        "osmolality": Decimal(290),
    }


def test_two_samples_are_never_mixed():
    text = (
        "Prélevé le 12/03/2024 à 08:00\nSodium   140 mmol/L\nChlorures   100 mmol/L\n"
        "Prélevé le 13/03/2024 à 08:00\nBicarbonates   24 mmol/L"
    )
    assert derive(text) == {}


def test_undated_results_of_two_files_are_never_mixed():
    first = a_report("Sodium   140 mmol/L\nChlorures   100 mmol/L").results
    second = tuple(replace(result, sha256="1" * 64) for result in a_report("Bicarbonates   24 mmol/L").results)
    assert derived.derive((*first, *second), MAN) == ()


def test_what_must_be_checked_or_is_no_number_derives_nothing():
    assert derive("Créatinine   1.0") == {}
    assert derive("Créatinine   < 0.2 mg/dL") == {}
    assert derive("Créatinine   1.0 mg/dL\nCréatinine   2.0 mg/dL") == {}


def test_a_printed_quantity_is_not_computed_again():
    assert "egfr" not in derive("Creatinine   1.0 mg/dL\neGFR   95 mL/min/1.73m2")


def test_ldl_is_not_computed_under_high_triglycerides():
    assert "ldl" not in derive("Cholestérol total   200 mg/dL\nHDL   50 mg/dL\nTriglycérides   450 mg/dL")
