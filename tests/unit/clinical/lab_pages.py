"""Pages for tests, written as typewriter text: two or more spaces are a wide gap."""

from __future__ import annotations

import math
import re
from datetime import date

from carebase.clinical import lab_reading
from carebase.clinical.evidence import Source
from carebase.clinical.lab_reading import LabReport
from carebase.clinical.person import DAYS_PER_YEAR, Person, Sex
from carebase.clinical.results import LabResult
from carebase.documents.text import Box, Line, Page, Word

SOURCE = Source(file="report.pdf", sha256="0" * 64)
TODAY = date(2026, 6, 1)
LETTER = 5.0


def years(number: int) -> int:
    return math.ceil(number * DAYS_PER_YEAR)


WOMAN = Person(sex=Sex.FEMALE, age_days=years(39))
MAN = Person(sex=Sex.MALE, age_days=years(50))
CHILD = Person(sex=Sex.MALE, age_days=years(4))


def a_page(text: str, *, number: int = 1) -> Page:
    lines = []
    for index, printed in enumerate(text.splitlines()):
        top = 40.0 + index * 14
        words = tuple(
            Word(found[0], Box(40 + found.start() * LETTER, top, 40 + found.end() * LETTER, top + 9))
            for found in re.finditer(r"\S+", printed)
        )
        if words:
            lines.append(Line(len(lines) + 1, words, Box(words[0].box.x0, top, words[-1].box.x1, top + 9)))
    return Page(number, 595, 842, tuple(lines))


def a_report(*texts: str, person: Person = WOMAN, today: date = TODAY) -> LabReport:
    pages = [a_page(text, number=number) for number, text in enumerate(texts, start=1)]
    return lab_reading.read(pages, SOURCE, person=person, today=today)


def a_result(text: str, person: Person = WOMAN) -> LabResult:
    """The only result of a report."""
    report = a_report(text, person=person)
    (result,) = report.results
    return result
