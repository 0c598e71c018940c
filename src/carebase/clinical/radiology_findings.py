"""Findings named in one sentence of a radiology report, with place, side, size and severity.

In charge of the table of findings and of what belongs to which finding in a sentence. An attribute
that could belong to two findings belongs to none.
"""

from __future__ import annotations

import json
import re
from collections.abc import Mapping
from dataclasses import dataclass
from decimal import Decimal
from enum import StrEnum
from functools import lru_cache
from importlib import resources
from typing import cast

from carebase.clinical import negation, phrases
from carebase.clinical.language import Language
from carebase.clinical.negation import Assertion


class Laterality(StrEnum):
    """The side a report states."""

    LEFT = "left"
    RIGHT = "right"
    BILATERAL = "bilateral"


class Grade(StrEnum):
    """How much of it the report states, in three steps."""

    MILD = "mild"
    MODERATE = "moderate"
    SEVERE = "severe"


@dataclass(frozen=True, slots=True, kw_only=True)
class Concept:
    """One row of the table; `icd10cm` is None where the words alone decide no diagnosis."""

    id: str
    icd10cm: str | None
    critical: bool


@dataclass(frozen=True, slots=True, kw_only=True)
class FoundInSentence:
    """One finding; offsets are those of the folded sentence, `size_mm` is the largest diameter."""

    concept: Concept
    assertion: Assertion
    laterality: Laterality | None
    location: str | None
    icd10cm: str | None
    """The code of the one site named beside it, else the concept's own."""
    size_mm: Decimal | None
    grade: Grade | None
    start: int
    end: int


_DENIED = "!"
# A mark between two digits is a decimal mark ("2.1 cm left renal cyst").
_BREAK = re.compile(
    r"[;:]|(?<!\d)[,.]|[,.](?!\d)| et | and | avec | with | mais | but | sans | without | ainsi que | associe\w* a "
)
_PAIR = re.compile(
    r"\b(?:(?:droite?s? et (?:a )?gauches?|gauches? et (?:a )?droite?s?|right and left|left and right)|bilatera\w*"
    r"|bibasa\w*|bibasilar|(?:des|les) deux|both|dans les deux)\b"
)
_RIGHT = re.compile(r"\b(?:droite?s?|right|l[si]d|r[uml]l)\b")
_LEFT = re.compile(r"\b(?:gauches?|left|l[si]g|l[ul]l)\b")
_SIZE = re.compile(
    r"(?<![\d.,])(?P<one>\d{1,3}(?:[.,]\d{1,2})?)(?: ?(?:mm|cm)? ?[x*×] ?(?P<two>\d{1,3}(?:[.,]\d{1,2})?))?"
    r"(?: ?(?:mm|cm)? ?[x*×] ?(?P<three>\d{1,3}(?:[.,]\d{1,2})?))? ?(?P<unit>mm|cm|millimet\w+|centimet\w+)\b"
)
_MEASURED = re.compile(
    r",? ?(?:mesurant|mesure|measuring|measures|de|d'|of|up to|jusqu'a|estimee? a|environ"
    r"|about| )* ?\Z"
)
_CHRONIC = re.compile(r"\bchroni\w+")
_PAST_WHEN_CHRONIC = frozenset(["infarct", "ischaemic_stroke"])
"""A chronic infarct is a scar of an old one; a chronic subdural haematoma is still there."""
_GRADES = (
    (
        Grade.SEVERE,
        re.compile(
            r"\b(?:severes?|importante?s?|massi(?:f|ve)s?|volumineu(?:x|se)s?|marquee?s?|large|massive|extensive)\b"
        ),
    ),
    (Grade.MODERATE, re.compile(r"\b(?:moderee?s?|moyenne? abondance|moderate|moderately)\b")),
    (
        Grade.MILD,
        re.compile(
            r"\b(?:minimes?|leger(?:e|s|es)?|discret(?:e|s|es)?|faible|petite?s?|mild|mildly|minimal|small"
            r"|trace|tiny|slight)\b"
        ),
    ),
)


@lru_cache(maxsize=1)
def _table() -> Mapping[str, list[Mapping[str, object]]]:
    text = resources.files("carebase.clinical").joinpath("tables/radiology_findings.json").read_text("utf-8")
    return cast(Mapping[str, list[Mapping[str, object]]], json.loads(text))


@lru_cache(maxsize=1)
def concepts() -> Mapping[str, Concept]:
    """The findings the table knows, by id."""
    return {
        str(row["id"]): Concept(
            id=str(row["id"]), icd10cm=cast(str | None, row["icd10cm"]), critical=row["critical"] is True
        )
        for row in _table()["findings"]
    }


def _sites(row: Mapping[str, object]) -> list[Mapping[str, object]]:
    return cast(list[Mapping[str, object]], row.get("sites", []))


@lru_cache(maxsize=3)
def _site_codes(language: Language | None) -> Mapping[str, phrases.Lexicon]:
    """The words of the sites by finding; what they find is the site's code."""
    return {
        str(row["id"]): phrases.Lexicon((str(site["icd10cm"]), _phrases(site, language)) for site in _sites(row))
        for row in _table()["findings"]
        if _sites(row)
    }


def _code(concept: Concept, around: str, *, language: Language | None) -> str | None:
    """The code of the only site named; several sites leave the code that names none."""
    lexicon = _site_codes(language).get(concept.id)
    found = set() if lexicon is None else {match.concept for match in lexicon.find(around)}
    return found.pop() if len(found) == 1 else concept.icd10cm


def _phrases(row: Mapping[str, object], language: Language | None) -> list[str]:
    french = [] if language == "en" else cast(list[str], row["fr"])
    english = [] if language == "fr" else cast(list[str], row["en"])
    return [*french, *english]


@lru_cache(maxsize=3)
def _lexicon(language: Language | None) -> phrases.Lexicon:
    entries = [(str(row["id"]), _phrases(row, language)) for row in _table()["findings"]]
    entries += [
        (f"{_DENIED}{row['id']}", cast(list[str], row["denied_by"]))
        for row in _table()["findings"]
        if "denied_by" in row
    ]
    return phrases.Lexicon(entries)


@lru_cache(maxsize=3)
def _locations(language: Language | None) -> phrases.Lexicon:
    return phrases.Lexicon((str(row["id"]), _phrases(row, language)) for row in _table()["locations"])


def find(folded: str, *, language: Language | None) -> tuple[FoundInSentence, ...]:
    """The findings of one folded sentence from left to right, denied ones included."""
    matches = _lexicon(language).find(folded)
    if not matches:
        return ()
    said = negation.assertions(folded, language=language)
    places = _locations(language).find(folded)
    found: list[FoundInSentence] = []
    for match in matches:
        assertion = said.of(match.start, match.end)
        if assertion is None:
            continue
        concept = match.concept
        if concept.startswith(_DENIED):
            concept = concept.removeprefix(_DENIED)
            normal = assertion is Assertion.PRESENT or said.perhaps_listed(match.start, match.end)
            assertion = Assertion.ABSENT if normal else Assertion.UNCERTAIN
        begin, end = _window(folded, match, matches=matches)
        around = folded[begin:end]
        if assertion is Assertion.PRESENT and concept in _PAST_WHEN_CHRONIC and _CHRONIC.search(around):
            assertion = Assertion.HISTORICAL
        sites = {place.concept for place in places if begin <= place.start and place.end <= end}
        found.append(
            FoundInSentence(
                concept=concepts()[concept],
                assertion=assertion,
                laterality=_side(around),
                location=sites.pop() if len(sites) == 1 else None,
                icd10cm=_code(concepts()[concept], around, language=language),
                size_mm=_size(folded, match, begin=begin, end=end, matches=matches),
                grade=next((grade for grade, form in _GRADES if form.search(around)), None),
                start=match.start,
                end=match.end,
            )
        )
    return tuple(found)


def _window(folded: str, match: phrases.Match, *, matches: tuple[phrases.Match, ...]) -> tuple[int, int]:
    """The stretch of the sentence whose attributes can only be this finding's."""
    begin = max((one.end for one in matches if one.end <= match.start), default=0)
    end = min((one.start for one in matches if one.start >= match.end), default=len(folded))
    pairs = [(pair.start(), pair.end()) for pair in _PAIR.finditer(folded)]
    for stop in _BREAK.finditer(folded, begin, end):
        if any(start <= stop.start() and stop.end() <= finish for start, finish in pairs):
            continue
        if stop.end() <= match.start:
            # "Rein droit : dilatation …": what stands before a colon is what the finding is about.
            begin = begin if stop[0] == ":" else stop.end()
        elif stop.start() >= match.end:
            end = stop.start()
            break
    return begin, end


def _side(around: str) -> Laterality | None:
    if _PAIR.search(around):
        return Laterality.BILATERAL
    right, left = _RIGHT.search(around), _LEFT.search(around)
    if right and not left:
        return Laterality.RIGHT
    if left and not right:
        return Laterality.LEFT
    return None


def _size(
    folded: str, match: phrases.Match, *, begin: int, end: int, matches: tuple[phrases.Match, ...]
) -> Decimal | None:
    """The largest diameter in the window, or right behind it ("nodule, mesurant 12 x 8 mm")."""
    next_finding = min((one.start for one in matches if one.start >= match.end), default=len(folded))
    sizes = [size for size in _SIZE.finditer(folded, begin) if size.end() <= end]
    if not sizes:
        behind = _SIZE.search(folded, match.end, next_finding)
        if behind is not None and _MEASURED.fullmatch(folded[end : behind.start()]):
            sizes = [behind]
    if len(sizes) != 1:
        return None
    numbers = [Decimal(part.replace(",", ".")) for part in sizes[0].group("one", "two", "three") if part]
    return max(numbers) * (10 if sizes[0]["unit"].startswith("c") else 1)
