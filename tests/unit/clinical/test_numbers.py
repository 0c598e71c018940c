"""Printed numbers."""

from __future__ import annotations

from decimal import Decimal

import pytest
from hypothesis import given
from hypothesis import strategies as st

from carebase.clinical import numbers


@pytest.mark.parametrize(
    ("text", "value"),
    [
        ("12,5", "12.5"),
        ("12.5", "12.5"),
        ("150 000", "150000"),
        ("150\u202f000", "150000"),
        ("1 234,5", "1234.5"),
        ("1,50,000", "150000"),
        ("1.234.567", "1234567"),
        ("-2,5", "-2.5"),
        ("0.123", "0.123"),
        (",5", "0.5"),
        ("7", "7"),
    ],
)
def test_a_number_with_one_reading(text, value):
    read = numbers.read(text)
    assert read == numbers.Number(Decimal(value))


@pytest.mark.parametrize("text", ["150.000", "7,500", "1.015"])
def test_three_digits_behind_one_mark_are_two_numbers(text):
    read = numbers.read(text)
    assert read is not None
    assert read.other == read.value * 1000


@pytest.mark.parametrize("text", ["", "12,", "1O,5", "12..5", "a", "1 23", "12/03/2024", "3-5"])
def test_what_is_no_number_is_not_read(text):
    assert numbers.read(text) is None


@pytest.mark.parametrize(
    ("text", "comparator"), [("< 5", "<"), ("≤5", "<="), ("Inf. à 2,00", "<"), ("> 90", ">"), ("Up to 40", "<=")]
)
def test_comparators_in_signs_and_words(text, comparator):
    read = numbers.read(text)
    assert read is not None
    assert read.comparator == comparator


@given(st.integers(0, 10**7), st.integers(0, 4), st.sampled_from([",", "."]))
def test_a_plain_number_reads_as_itself(digits, places, mark):
    value = Decimal(digits).scaleb(-places)
    read = numbers.read(format(value, "f").replace(".", mark))
    assert read is not None
    assert value in (read.value, read.other)
    assert read.other is None or places == 3
