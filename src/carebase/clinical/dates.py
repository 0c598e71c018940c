"""Reads calendar dates as reports print them, with every reading an ambiguous one allows.

In charge of text only: which reading is right is for who compares it to say.
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from datetime import date

from carebase.clinical import folding

_MONTHS = {
    name: number
    for number, names in enumerate(
        (
            "janvier janv jan january enero ene",
            "fevrier fevr fev february feb febrero",
            "mars mar march marzo",
            "avril avr april apr abril abr",
            "mai may mayo",
            "juin jun june junio",
            "juillet juil jul july julio",
            "aout aou august aug agosto ago",
            "septembre sept sep september septiembre",
            "octobre oct october octubre",
            "novembre nov november noviembre",
            "decembre dec december diciembre dic",
        ),
        start=1,
    )
    for name in names.split()
}
_MONTH = "(?P<month_name>" + "|".join(sorted(_MONTHS, key=len, reverse=True)) + r")\.?"
_FORMS = tuple(
    re.compile(form)
    for form in (
        r"(?<!\d)(?P<year>(?:19|20)\d\d)(?P<sep>[-/.])(?P<month>\d{1,2})(?P=sep)(?P<day>\d{1,2})(?!\d)",
        r"(?<![\d/.-])(?P<first>\d{1,2}) ?(?P<sep>[-/.]) ?(?P<second>\d{1,2}) ?(?P=sep) ?"
        r"(?P<any_year>(?:19|20)\d\d|\d\d)(?![\d/])",
        rf"(?<!\d)(?P<day>\d{{1,2}})(?:er|st|nd|rd|th)?[ -]*(?:de )?{_MONTH}[ ,-]*(?:de )?"
        r"(?P<any_year>(?:19|20)\d\d)(?!\d)",
        rf"\b{_MONTH} ?(?P<day>\d{{1,2}})(?:st|nd|rd|th)?,? (?P<any_year>(?:19|20)\d\d)(?!\d)",
    )
)


@dataclass(frozen=True, slots=True)
class PrintedDate:
    """A date in a text: its readings (one when it is plain) and where it stands (folded offsets)."""

    readings: tuple[date, ...]
    start: int
    end: int


def calendar(year: int, month: int, day: int) -> date | None:
    """The day, or None when the calendar has none."""
    try:
        return date(year, month, day)
    except ValueError:
        return None


def _readings(match: re.Match[str], *, day_first: bool) -> tuple[date, ...]:
    parts = match.groupdict()
    year_text = parts.get("year") or parts["any_year"]
    # A year of two digits may be of either century; who compares has the patient to tell.
    years = [int(year_text)] if len(year_text) == 4 else [1900 + int(year_text), 2000 + int(year_text)]
    if "first" in parts:
        first, second = int(parts["first"]), int(parts["second"])
        orders = [(second, first)] if day_first or first == second else [(second, first), (first, second)]
    else:
        month_name = parts.get("month_name")
        month = int(parts["month"]) if month_name is None else _MONTHS[month_name]
        orders = [(month, int(parts["day"]))]
    found = (calendar(year, month, day) for year in years for month, day in orders)
    return tuple(sorted(one for one in found if one is not None))


def find(text: str, *, day_first: bool) -> tuple[PrintedDate, ...]:
    """All dates of `text` from left to right.

    `day_first` says that the surroundings settle the order (French); otherwise `03/04/1985` has two
    readings. Only offsets refer to the folded text.

    >>> [one.readings for one in find("DOB 03/04/1985", day_first=False)]
    [(datetime.date(1985, 3, 4), datetime.date(1985, 4, 3))]
    >>> [one.readings for one in find("née le 1er août 1985", day_first=True)]
    [(datetime.date(1985, 8, 1),)]
    """
    folded = folding.fold(text)
    found: list[PrintedDate] = []
    for form in _FORMS:
        for match in form.finditer(folded):
            if any(match.start() < other.end and other.start < match.end() for other in found):
                continue
            readings = _readings(match, day_first=day_first)
            if readings:
                found.append(PrintedDate(readings, match.start(), match.end()))
    return tuple(sorted(found, key=lambda one: one.start))
