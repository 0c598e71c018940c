"""What a laboratory report says about itself: patient, language, sample time, amendment.

A sample date that can be read in two ways is no date: results under it wait for a person.
"""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import UTC, date, datetime, time, timedelta
from typing import Literal

from carebase.clinical import dates, folding, identity_header
from carebase.clinical.evidence import Evidence, Source
from carebase.clinical.page import Page
from carebase.clinical.person import Sex

Language = Literal["fr", "en", "es"]
PAGES_WITH_IDENTITY = 3
OLDEST_SAMPLE = timedelta(days=60 * 365)


@dataclass(frozen=True, slots=True, kw_only=True)
class ReportHeader:
    """Who the report says it is about; `evidence` has the field's name as key."""

    patient_name: str | None = None
    sex: Sex | None = None
    birth_date: date | None = None
    age_years: int | None = None
    evidence: Mapping[str, Evidence] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class SampleTime:
    """A printed sample time; None with `is_ambiguous` when it has two readings.

    Reports print a clock without a zone: the printed clock is kept, as UTC.
    """

    at: datetime | None
    is_ambiguous: bool


_MARKS: Mapping[Language, re.Pattern[str]] = {
    "fr": re.compile(
        r"\b(?:resultats?|valeurs?|usuelles|analyses?|prelevement|preleve|patiente?|nee?|examens?"
        r"|unites?|anteriorites?|hemoglobine"
        r"|leucocytes|plaquettes|creatinine|glycemie|laboratoire|medecin|cholesterol|sodium|uree"
        r"|biochimie|hematologie|dossier|sexe)\b"
    ),
    "en": re.compile(
        r"\b(?:results?|reference|range|units?|test|specimen|collected|reported|patient|name|age"
        r"|gender|haemoglobin|hemoglobin|platelets?"
        r"|white|blood|count|glucose|physician|laboratory|investigation|chemistry|haematology"
        r"|hematology|serum|dob|sex|report)\b"
    ),
    "es": re.compile(
        r"\b(?:resultados?|valores|referencia|unidad(?:es)?|prueba|paciente|muestra|hemoglobina"
        r"|leucocitos|plaquetas|creatinina|glucosa"
        r"|laboratorio|sodio|potasio|urea|hematologia|bioquimica|edad|sexo|fecha|analisis|determinacion)\b"
    ),
}
_SAMPLED = re.compile(
    r"(?:date (?:et heure )?(?:de |du )?prelevement|preleve(?:e|s|es)?(?:\(e\))?(?: le)?"
    r"|prelevement(?: effectue)?(?: du| le)?"
    r"|collected(?: on)?|collection(?: date)?(?: ?(?:/|and|&) ?time)?|(?:sample|specimen) (?:date"
    r"|collected|taken)(?: on)?"
    r"|date of collection|sample collection date|drawn(?: on)?|fecha de (?:toma|extraccion"
    r"|la muestra)|toma de muestra|extraccion)"
    r"[ :.(a-z/]{0,20}?(?=\d)(?P<value>.{6,40})"
)
_TWO_DIGIT_YEAR = re.compile(r"^(\d{1,2})[/.-](\d{1,2})[/.-](\d{2})(?!\d)")
_CLOCK = re.compile(r"(?<![\d/.-])(?P<hour>\d{1,2}) ?[:h] ?(?P<minute>\d{2})(?: ?(?P<half>am|pm)\b)?")
_NUMERIC_DATE = re.compile(r"(?<!\d)(\d{1,2})[/.-](\d{1,2})[/.-](?:19|20)\d\d(?!\d)")
_AMENDED = re.compile(
    r"\b(?:(?:resultats?|rapport|compte[ -]rendu|report|results?|informe) (?:corrige|rectifie|modifie"
    r"|amende|amended|corrected|revised|corregido)e?s?"
    r"|(?:amended|corrected|revised) (?:report|results?)|rectificatif|annule et remplace|supersedes)\b"
)


def read_patient(pages: Sequence[Page], source: Source) -> ReportHeader:
    """The identity printed on the first pages; a field is the first page's that has it."""
    found: dict[str, object] = {}
    places: dict[str, Evidence] = {}
    for page in pages[:PAGES_WITH_IDENTITY]:
        printed = identity_header.read(page, source)
        fields = (
            ("patient_name", printed.name, printed.name_at),
            ("sex", printed.sex, printed.sex_at),
            ("birth_date", printed.birth_dates[0] if len(printed.birth_dates) == 1 else None, printed.birth_at),
            ("age_years", printed.age_years, printed.age_at),
        )
        for name, value, place in fields:
            if value is not None and place is not None and name not in found:
                found[name] = value
                places[name] = place
        if len(found) >= 3:
            break
    return ReportHeader(evidence=places, **found)  # type: ignore[arg-type]  # the names above are its fields


def language(lines: Sequence[str]) -> Language | None:
    """The language with the most known words (folded lines), None without a clear winner."""
    text = " ".join(lines)
    counts = {name: len(form.findall(text)) for name, form in _MARKS.items()}
    ranked = sorted(counts, key=lambda name: counts[name], reverse=True)
    return ranked[0] if counts[ranked[0]] > counts[ranked[1]] else None


def is_amended(lines: Sequence[str]) -> bool:
    """Whether the report says of itself that it corrects an earlier one (folded lines)."""
    return any(_AMENDED.search(line) for line in lines)


def is_day_first(lines: Sequence[str], spoken: Language | None) -> bool | None:
    """The order of numeric dates, by language or by a date of this report with one reading."""
    if spoken in ("fr", "es"):
        return True
    orders: set[bool] = set()
    for line in lines:
        for first, second in _NUMERIC_DATE.findall(line):
            if int(first) > 12:
                orders |= {True}
            if int(second) > 12:
                orders |= {False}
    return orders.pop() if len(orders) == 1 else None


def sample_time(line: str, *, day_first: bool | None, today: date) -> SampleTime | None:
    """The sample time that a folded line states, or None when it states none.

    >>> sample_time("preleve le 12/03/2024 a 08:15", day_first=True, today=date(2024, 4, 1)).at.hour
    8
    >>> sample_time("preleve le 03/04/26", day_first=True, today=date(2026, 6, 1)).is_ambiguous
    True
    """
    if not _has_label(line):
        return None
    match = _SAMPLED.search(line)
    return None if match is None else read_time(match["value"], day_first=day_first, today=today)


def _has_label(line: str) -> bool:
    return any(word in line for word in ("prele", "colle", "sample", "specimen", "drawn", "toma", "extracc"))


def read_time(text: str, *, day_first: bool | None, today: date) -> SampleTime | None:
    """The date and clock at the start of a folded text."""
    short = _TWO_DIGIT_YEAR.match(text)
    if short is not None and int(short[1]) <= 12 and int(short[2]) <= 12:
        return SampleTime(None, is_ambiguous=True)
    printed = dates.find(text, day_first=day_first is True)
    if not printed or printed[0].start > 3:
        return None
    readings = [one for one in printed[0].readings if today - OLDEST_SAMPLE < one <= today + timedelta(days=1)]
    if day_first is False and len(readings) > 1:
        # The month stands first: of two readings the one whose month is the first number.
        first = int(re.match(r"\d+", text[printed[0].start :])[0])  # type: ignore[index]  # it is a numeric date
        readings = [one for one in readings if one.month == first]
    if len(readings) != 1:
        return SampleTime(None, is_ambiguous=True)
    return SampleTime(datetime.combine(readings[0], _clock(text[printed[0].end :]), tzinfo=UTC), is_ambiguous=False)


def _clock(text: str) -> time:
    match = _CLOCK.search(folding.fold(text)[:14])
    if match is None:
        return time()
    hour, minute = int(match["hour"]), int(match["minute"])
    if match["half"] is not None and 1 <= hour <= 12:
        hour = hour % 12 + (12 if match["half"] == "pm" else 0)
    return time(hour, minute) if hour < 24 and minute < 60 else time()
