"""An age stated in years stays that many years."""

from __future__ import annotations

from carebase.clinical import person
from carebase.clinical.person import Person


def test_every_stated_age_stays_what_it_is():
    assert [Person(age_days=person.days_of(years)).age_years for years in range(131)] == list(range(131))


def test_only_a_known_age_of_eighteen_makes_an_adult():
    assert [Person(age_days=days).is_adult for days in (None, person.days_of(18) - 1, person.days_of(18))] == [
        False,
        False,
        True,
    ]
