"""Who is being judged: sex, age and pregnancy decide which ranges and rules apply."""

from __future__ import annotations

import math
from dataclasses import dataclass
from datetime import date
from enum import StrEnum

ADULT_FROM_YEARS = 18
DAYS_PER_YEAR = 365.25


def days_of(years: int) -> int:
    """The fewest days that make so many completed years; a stated age is never rounded down.

    >>> Person(age_days=days_of(49)).age_years
    49
    """
    return math.ceil(years * DAYS_PER_YEAR)


class Sex(StrEnum):
    """FHIR's administrative gender, as far as ranges know it."""

    FEMALE = "female"
    MALE = "male"


@dataclass(frozen=True, slots=True, kw_only=True)
class Person:
    """The patient on the day of the analysis; None means unknown, and unknown is never guessed."""

    name: str | None = None
    sex: Sex | None = None
    birth_date: date | None = None
    age_days: int | None = None
    """Age in days; where only years are known, `days_of` them."""
    pregnant: bool | None = None
    gestation_weeks: int | None = None

    @property
    def age_years(self) -> int | None:
        """Completed years."""
        return None if self.age_days is None else int(self.age_days / DAYS_PER_YEAR + 1e-9)

    @property
    def is_adult(self) -> bool:
        """True only when the age is known and at least eighteen years."""
        return self.age_years is not None and self.age_years >= ADULT_FROM_YEARS
