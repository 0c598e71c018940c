"""Who is being judged: sex, age and pregnancy decide which ranges and rules apply."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date
from enum import StrEnum

ADULT_FROM_YEARS = 18
DAYS_PER_YEAR = 365.25


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
    """Age in days; for a whole number of years, that many times 365.25."""
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
