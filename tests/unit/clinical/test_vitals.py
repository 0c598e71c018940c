"""Vital signs as clinicians write them."""

from __future__ import annotations

from decimal import Decimal

import pytest
from hypothesis import given
from hypothesis import strategies as st

from carebase.clinical import folding, vitals
from carebase.clinical.vitals import VitalKind


def found(text: str) -> dict[str, Decimal]:
    return {one.kind.value: one.value for one in vitals.find(folding.fold(text))}


@pytest.mark.parametrize(
    ("text", "kind", "value"),
    [
        ("T° 38,5°C", "temperature", "38.5"),
        ("fièvre à 39,5", "temperature", "39.5"),
        ("Temp 104°F (40°C)", "temperature", "40.0"),
        ("TA 12/8", "systolic_blood_pressure", "120"),
        ("TA : 14,5/9", "diastolic_blood_pressure", "90"),
        ("BP 120/80", "diastolic_blood_pressure", "80"),
        ("pulse of 110", "heart_rate", "110"),
        ("FC 88/min", "heart_rate", "88"),
        ("FR 22 cycles/min", "respiratory_rate", "22"),
        ("SpO2 94 %", "oxygen_saturation", "94"),
        ("Glasgow 15/15", "glasgow_coma_score", "15"),
        ("Poids 3200 g", "body_weight", "3.2"),
        ("pèse 52 kg", "body_weight", "52"),
        ("taille 1m65", "body_height", "165"),
    ],
)
def test_a_vital_sign_is_read(text, kind, value):
    assert found(text)[kind] == Decimal(value)


@pytest.mark.parametrize(
    "text",
    [
        "Température 98",
        "FC 80-90",
        "FC > 100",
        "perte de poids de 5 kg",
        "TA 80/120",
        "T 380",
        "SpO2 9",
        "fièvre 40 kg",
        "fever for 38 days",
        "Glasgow 18",
        "poids 70",
        "12/8",
        "vu le 12/08",
    ],
)
def test_what_is_ambiguous_or_impossible_is_left_out(text):
    assert found(text) == {}


@given(st.decimals(min_value=95, max_value=110, places=1))
def test_fahrenheit_becomes_celsius_and_back(fahrenheit):
    celsius = found(f"Temp {fahrenheit} F")["temperature"]

    assert abs(celsius * 9 / 5 + 32 - fahrenheit) <= Decimal("0.1")


@given(st.integers(8, 25), st.integers(4, 13))
def test_the_french_pressure_is_ten_times_larger(high, low):
    read = found(f"TA {high}/{low}")

    if low < high:
        assert read == {"systolic_blood_pressure": high * 10, "diastolic_blood_pressure": low * 10}
    else:
        assert read == {}


@given(st.text(max_size=80))
def test_any_text_gives_plausible_values_or_none(text):
    for one in vitals.find(folding.fold(text)):
        low, high = vitals.PLAUSIBLE[one.kind]
        assert low <= one.value <= high
        assert one.kind in VitalKind


@pytest.mark.parametrize("text", ["FR 28 c/min", "FR 28 c / min", "FR : 28 cpm"])
def test_cycles_a_minute_are_no_degrees(text):
    assert found(text) == {"respiratory_rate": Decimal(28)}


def test_degrees_before_a_slash_are_still_degrees():
    assert found("T 38 C / FC 90") == {"temperature": Decimal(38), "heart_rate": Decimal(90)}
