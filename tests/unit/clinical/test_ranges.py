"""Printed ranges and who they are for."""

from __future__ import annotations

from decimal import Decimal

import pytest
from tests.unit.clinical.lab_pages import CHILD, MAN, WOMAN

from carebase.clinical import analytes, ranges
from carebase.clinical.person import Person, Sex


@pytest.mark.parametrize(
    ("text", "low", "high"),
    [
        ("[13,0 - 17,0]", "13.0", "17.0"),
        ("(13.0–17.0)", "13.0", "17.0"),
        ("13 à 17", "13", "17"),
        ("13-17", "13", "17"),
        ("< 5", None, "5"),
        ("N: Inf. 2,00", None, "2.00"),
        ("> 60", "60", None),
        ("Up to 40", None, "40"),
        ("4 000 - 10 000", "4000", "10000"),
        ("0.350 - 4.940", "0.350", "4.940"),
        ("-2,0 - +2,0", "-2.0", "2.0"),
        ("VN : 3,5 - 5,0 mmol/L", "3.5", "5.0"),
        ("Adultes : 3 - 7  Enfants : 2 - 5", "3", "7"),
    ],
)
def test_a_range_is_read_as_printed(text, low, high):
    printed = ranges.read(text)
    assert printed is not None
    assert printed.anyone is not None
    assert printed.anyone.low == (None if low is None else Decimal(low))
    assert printed.anyone.high == (None if high is None else Decimal(high))


def test_a_range_by_sex_applies_to_that_sex_alone():
    printed = ranges.read("H: 13-17 F: 12-16")
    assert printed is not None
    assert ranges.for_person(printed, WOMAN) == ranges.Interval(Decimal(12), Decimal(16))
    assert ranges.for_person(printed, MAN) == ranges.Interval(Decimal(13), Decimal(17))
    assert ranges.for_person(printed, Person()) is None


@pytest.mark.parametrize("text", ["150.000 - 400.000", "3 - 5 4 - 6", "Négatif", "17 - 13", "Enfants : 2 - 5", ""])
def test_a_range_that_must_be_guessed_is_not_read(text):
    printed = ranges.read(text)
    assert printed is None or ranges.for_person(printed, WOMAN) is None


def test_the_table_is_for_adults_who_are_not_pregnant():
    haemoglobin = analytes.by_id("hemoglobin")
    assert ranges.of_table(haemoglobin, WOMAN)
    assert ranges.of_table(haemoglobin, CHILD) == ()
    assert ranges.of_table(haemoglobin, Person(sex=Sex.FEMALE)) == ()
    assert ranges.of_table(haemoglobin, Person(sex=Sex.FEMALE, age_days=WOMAN.age_days, pregnant=True)) == ()


@pytest.mark.parametrize(
    ("value", "comparator", "flag"),
    [
        ("2", None, "L"),
        ("5", None, "N"),
        ("11", None, "H"),
        ("5", "<", None),
        ("2", "<", "L"),
        ("12", ">", "H"),
        ("5", ">", None),
    ],
)
def test_the_position_of_a_value(value, comparator, flag):
    interval = ranges.Interval(Decimal(3), Decimal(10))
    assert ranges.position(Decimal(value), interval, comparator=comparator) == flag


def test_the_limit_of_a_strict_range_is_outside():
    assert ranges.position(Decimal(5), ranges.Interval(None, Decimal(5), high_is_strict=True), comparator=None) == "H"
