"""Dates as reports print them."""

from __future__ import annotations

from datetime import date

import pytest
from hypothesis import given
from hypothesis import strategies as st

from carebase.clinical import dates

DAYS = st.dates(date(1900, 1, 1), date(2099, 12, 31))


@given(
    DAYS,
    st.sampled_from(["{0:%d/%m/%Y}", "{0:%d-%m-%Y}", "{0:%d.%m.%Y}", "{0:%Y-%m-%d}", "le {0:%d/%m/%Y}."]),
)
def test_a_numeric_french_date_reads_back(day, form):
    assert [one.readings for one in dates.find(form.format(day), day_first=True)] == [(day,)]


@given(DAYS)
def test_an_unsettled_order_keeps_the_true_reading(day):
    (found,) = dates.find(f"{day:%m/%d/%Y}", day_first=False)

    assert day in found.readings
    assert len(found.readings) == (2 if day.day <= 12 and day.day != day.month else 1)


@pytest.mark.parametrize(
    "text",
    ["3 avril 1985", "03 avr. 1985", "April 3, 1985", "3rd April 1985", "03-Apr-1985", "3 de abril de 1985"],
)
def test_months_are_read_by_name(text):
    assert [one.readings for one in dates.find(text, day_first=False)] == [(date(1985, 4, 3),)]


def test_a_two_digit_year_keeps_both_centuries():
    (found,) = dates.find("01/02/26", day_first=True)

    assert found.readings == (date(1926, 2, 1), date(2026, 2, 1))


@pytest.mark.parametrize("text", ["31/02/1985", "12/8", "120/80", "1.5.2.3.4", "03/04/19855", "12-8-5", "99/99/2000"])
def test_what_is_no_date_is_none(text):
    assert dates.find(text, day_first=True) == ()
