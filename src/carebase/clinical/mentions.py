"""Symptoms, conditions and medicines named in one sentence, with what is said of them.

In charge of the tables of phrases and of durations. Which section of a text a sentence belongs to
is `context`'s business.
"""

from __future__ import annotations

import json
import re
from collections.abc import Mapping
from dataclasses import dataclass
from enum import StrEnum
from functools import lru_cache
from importlib import resources
from typing import cast

from carebase.clinical import negation, phrases
from carebase.clinical.folding import Folded
from carebase.clinical.language import Language
from carebase.clinical.negation import Assertion


class Subject(StrEnum):
    """Which table a concept stands in."""

    SYMPTOM = "symptom"
    CONDITION = "condition"
    MEDICINE = "medicine"
    PREGNANCY = "pregnancy"


@dataclass(frozen=True, slots=True, kw_only=True)
class Named:
    """One concept in a sentence; offsets are those of the folded text, `duration` is as printed."""

    subject: Subject
    concept: str
    assertion: Assertion
    duration: str | None
    start: int
    end: int


_DENIED = "!"
_PREGNANCY = (
    "enceinte",
    "grossesse",
    "gestante",
    "parturiente",
    "pregnant",
    "pregnancy",
    "gravid*",
)
# A pregnancy test, wish or end is not a pregnancy.
_NOT_PREGNANCY = re.compile(
    r"\b(?:test|desir|antecedents?|post|fin|arret|interruption|before|after|apres|prevent|hors|avant|previous|prior"
    r"|history of|toxemie)\b[a-z' -]*$"
)
_NOT_TAKEN = re.compile(
    r"\b(?:allergi\w*|intoleran\w*|arret\w*|stopped|discontinued|stop|held|hold|suspend\w*|off)"
    r"(?: (?:a|au|aux|to|la|le|les|de|du|d'|l'|taking|the))* *'?$"
)
_UNIT_FR = r"(?:minutes?|min|heures?|h|jours?|j|semaines?|sem|mois|ans?|annees?)"
_UNIT_EN = r"(?:minutes?|mins?|hours?|hrs?|days?|weeks?|wks?|months?|mos?|years?|yrs?)"
_COUNT = (
    r"(?:environ |about |over |plus d[e'] ?|approximately |the (?:past|last) |the |last |past )*"
    r"(?:\d{1,3}(?: ?(?:-|a|to|ou|or) ?\d{1,3})?|une?|deux|trois|quatre|cinq|six|sept|huit|dix|quinze"
    r"|plusieurs|quelques"
    r"|an?|one|two|three|four|five|six|seven|eight|ten|several|few|a few|couple of)"
)
_DURATION = re.compile(
    rf"\b(?:(?:depuis|evoluant depuis|voici|pendant|durant|il y a) {_COUNT} ?{_UNIT_FR}\b|depuis (?:hier"
    rf"|avant-hier|ce matin"
    rf"|cette nuit|(?:le )?\d{{1,2}}/\d{{1,2}}(?:/\d{{2,4}})?)|a j\d{{1,2}}\b"
    rf"|(?:for|x|over|during|lasting) ?{_COUNT}[ -]?{_UNIT_EN}\b|since (?:yesterday|this morning"
    rf"|last (?:night|week|month)|birth)"
    rf"|{_COUNT}[ -]{_UNIT_EN}(?:'s?)?(?= (?:history|hx|of|duration))|{_COUNT} {_UNIT_EN} (?:ago|duration)"
    rf"|\d{{1,2}}/(?:7|52|12)\b|de {_COUNT} {_UNIT_FR}(?= d'evolution)|{_COUNT} {_UNIT_FR} d[e'] ?(?=\w))"
)
_CLAUSE_BREAK = re.compile(r"[;.]|\b(?:mais|puis|but|then|however|followed by|suivie? d[e'])\b")


@lru_cache(maxsize=4)
def _rows(table: str) -> tuple[Mapping[str, object], ...]:
    text = resources.files("carebase.clinical").joinpath(f"tables/{table}.json").read_text("utf-8")
    content = cast(Mapping[str, object], json.loads(text))
    return tuple(cast(list[Mapping[str, object]], content.get("concepts") or content["medicines"]))


def _phrases(row: Mapping[str, object], language: Language | None) -> list[str]:
    names = cast(list[str], row.get("names", []))
    french = [] if language == "en" else cast(list[str], row.get("fr", []))
    english = [] if language == "fr" else cast(list[str], row.get("en", []))
    return [*names, *french, *english]


@lru_cache(maxsize=3)
def _lexicon(language: Language | None) -> phrases.Lexicon:
    entries = [
        (f"{subject}:{row['id']}", _phrases(row, language))
        for subject, table in (
            (Subject.SYMPTOM, "symptoms"),
            (Subject.CONDITION, "conditions"),
            (Subject.MEDICINE, "medicines"),
        )
        for row in _rows(table)
    ]
    entries += [
        (f"{Subject.SYMPTOM}:{_DENIED}{row['id']}", cast(list[str], row["denied_by"]))
        for row in _rows("symptoms")
        if "denied_by" in row
    ]
    entries.append((f"{Subject.PREGNANCY}:pregnancy", list(_PREGNANCY)))
    return phrases.Lexicon(entries)


def find(sentence: Folded, *, language: Language | None) -> tuple[Named, ...]:
    """Everything the tables know in one sentence, from left to right."""
    text = sentence.text
    matches = _lexicon(language).find(text)
    if not matches:
        return ()
    said = negation.assertions(text, language=language)
    durations = [(match.start(), match.end()) for match in _DURATION.finditer(text)]
    found: list[Named] = []
    for index, match in enumerate(matches):
        subject_name, _, concept = match.concept.partition(":")
        subject = Subject(subject_name)
        assertion = said.of(match.start, match.end)
        if assertion is None or not _counts(subject, text[: match.start]):
            continue
        if concept.startswith(_DENIED):
            concept = concept.removeprefix(_DENIED)
            # "Apyrétique" denies the fever; in any other tone it says nothing sure.
            normal = assertion is Assertion.PRESENT or said.perhaps_listed(match.start, match.end)
            assertion = Assertion.ABSENT if normal else Assertion.UNCERTAIN
        place = _duration(text, index, matches=matches, durations=durations)
        found.append(
            Named(
                subject=subject,
                concept=concept,
                assertion=assertion,
                duration=None if place is None else sentence.printed_span(*place).strip(),
                start=match.start,
                end=match.end,
            )
        )
    return tuple(found)


def _counts(subject: Subject, before: str) -> bool:
    if subject is Subject.MEDICINE:
        return _NOT_TAKEN.search(before) is None
    if subject is Subject.PREGNANCY:
        return _NOT_PREGNANCY.search(before) is None
    return True


def _duration(
    text: str,
    index: int,
    *,
    matches: tuple[phrases.Match, ...],
    durations: list[tuple[int, int]],
) -> tuple[int, int] | None:
    """The first duration behind the phrase in its clause, else one that stands before all phrases."""
    match = matches[index]
    for start, end in durations:
        if start >= match.end and _CLAUSE_BREAK.search(text, match.end, start) is None:
            return start, end
    for start, end in reversed(durations):
        if end <= matches[0].start and _CLAUSE_BREAK.search(text, end, match.start) is None:
            return start, end
    return None
