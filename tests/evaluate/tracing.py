"""Follows every number of a rendered analysis back to its input, and compares the two languages.

In charge of the rule: a number in a sentence stands in the quotes of that sentence or in the case,
or it belongs to the sentence itself (a criterion's limit, a count, a code, an edition), or it is
computed by a formula the sentence names. Anything else is a violation.
"""

from __future__ import annotations

import itertools
import re
from collections import Counter
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from decimal import Decimal
from importlib import resources
from typing import Any

from carebase.clinical import analytes, texts
from carebase.clinical.statements import Statement
from carebase.records import rendering
from carebase.records.analysis import Analysis

_NUMBER = re.compile(r"(?<![A-Za-zÀ-ÿ\d.,])\d+(?:[.,]\d+)*")
_CLOSE = Decimal("0.06")

OWN = frozenset(
    {
        *("limit", "times", "met", "total", "source", "icd10", "count", "read", "files", "flagged", "judged"),
        *("unit", "limit_unit", "upper_unit", "earlier_unit", "formula", "relation", "measure", "other", "concept"),
        *("pattern", "medicine", "comparator", "sex", "pregnant", "name"),
    }
)
"""Parameters that the engine's own tables and counts fill; every other one quotes the input."""
COMPUTED = frozenset({"ratio", "converted"})


@dataclass(slots=True)
class Trace:
    """Where the numbers of many analyses come from."""

    sentences: int = 0
    quoted: int = 0
    """Numbers that stand in the evidence of their sentence, or in the case's own fields."""
    converted: int = 0
    """Vital signs in another unit than printed (°F, pounds, centimetres of mercury)."""
    computed: int = 0
    """Results of a named formula."""
    own: int = 0
    violations: list[str] = field(default_factory=list)
    compared: int = 0
    differing: list[str] = field(default_factory=list)

    @property
    def patient_numbers(self) -> int:
        """Numbers that are said of the patient and must come from the input."""
        return self.quoted + self.converted + len(self.violations)


def follow(analysis: Analysis, trace: Trace, *, label: str) -> None:
    """Count one analysis."""
    pages = {
        reading.given.file: "\n".join(line.text for page in reading.pages for line in page.lines)
        for reading in analysis.files
    }
    for statement in set(_statements(analysis)):
        for language in texts.LANGUAGES:
            _follow(statement, language, analysis, pages, trace, label=label)
    _compare(analysis, trace, label=label)


def _statements(analysis: Analysis) -> Iterator[_Frozen]:
    soap, summary = analysis.soap, analysis.summary
    ranked = [*analysis.diagnosis.ranked, *analysis.diagnosis.findings, *analysis.diagnosis.further]
    groups: list[Sequence[Statement]] = [
        analysis.alerts, analysis.key_findings, soap.subjective, soap.objective, soap.assessment, soap.plan,
        summary.text, summary.labs, summary.radiology,
    ]  # fmt: skip
    groups += [part for one in ranked for part in (one.supports, one.against, one.missing)]
    return (_Frozen(statement) for group in groups for statement in group)


@dataclass(frozen=True, slots=True)
class _Frozen:
    """A statement that can stand in a set: equal when code, parameters and evidence are."""

    of: Statement

    def __hash__(self) -> int:
        return hash((self.of.code, tuple(sorted(map(str, self.of.params.items()))), self.of.evidence))


def _follow(
    frozen: _Frozen,
    language: texts.Language,
    analysis: Analysis,
    pages: Mapping[str, str],
    trace: Trace,
    *,
    label: str,
) -> None:
    statement = frozen.of
    trace.sentences += 1
    said = Counter(numbers(texts.word(statement, language)))
    own = _own_numbers(statement, language)
    quotes = " \n ".join(place.quote for place in statement.evidence)
    near = {reading for text in (quotes, *_files(statement, pages)) for reading in readings(text)}
    case = _case_numbers(analysis)
    is_computed = str(statement.params.get("measure", "")).startswith("derived:")
    for number, count in said.items():
        for _ in range(count):
            if own[number] > 0:
                own[number] -= 1
                trace.own += 1
            elif (
                number in near
                or number in _in_cm(statement, quotes)
                or (statement.code.startswith("person-") and number in case)
            ):
                trace.quoted += 1
            elif is_computed or number in _computed(statement):
                trace.computed += 1
            elif str(statement.params.get("measure", "")).startswith("vital:") and _is_converted(number, quotes):
                trace.converted += 1
            else:
                words = texts.word(statement, language)
                trace.violations.append(f"{label}: {statement.code}: {number} in “{words}” from “{quotes[:120]}”")


def _files(statement: Statement, pages: Mapping[str, str]) -> Iterator[str]:
    # The range or the sample date may be printed on another line than the value.
    if not {"date", "low", "high", "upper", "earlier_date", "earlier"}.isdisjoint(statement.params):
        yield from (pages[place.file] for place in statement.evidence if place.file in pages)


def _own_numbers(statement: Statement, language: texts.Language) -> Counter[Decimal]:
    own = Counter(_template_numbers(statement.code, language))
    is_person = statement.code.startswith("person-")
    for name, value in statement.params.items():
        is_rule_days = name == "days" and not is_person
        if name in OWN or is_rule_days:
            # A sentence may print a unit twice ("10³/µL"), or a limit again.
            own.update(2 * numbers(texts._fill(name, value, language=language)))
        if name == "upper":
            own.update(_upper_limits(str(statement.params.get("measure", ""))))
    # The file's name is the clinician's own; an unreadable printed name is quoted from its line.
    if str(statement.params.get("measure", "")).startswith("printed:"):
        own.subtract(numbers(str(statement.params["measure"])))
    return own


def _computed(statement: Statement) -> set[Decimal]:
    return {number for name in COMPUTED if name in statement.params for number in numbers(str(statement.params[name]))}


def _upper_limits(measure: str) -> set[Decimal]:
    """The upper limits of our own table, which apply where a report prints none."""
    kind, _, name = measure.partition(":")
    if kind != "lab":
        return set()
    analyte = analytes.by_id(name)
    return {limits[1].normalize() + 0 for limits in (analyte.male, analyte.female) if limits and limits[1]}


def _in_cm(statement: Statement, quotes: str) -> set[Decimal]:
    """Sizes are said in millimetres; a report may print centimetres."""
    return {one * 10 for one in readings(quotes)} if "size" in statement.params else set()


def _case_numbers(analysis: Analysis) -> set[Decimal]:
    person = analysis.person
    known = [person.age_years, person.age_days, person.gestation_weeks]
    if person.age_days is not None:
        known.append(int(person.age_days / 30.4375))
    return {Decimal(one) for one in known if one is not None}


def _is_converted(number: Decimal, quotes: str) -> bool:
    for one in readings(quotes):
        for other in ((one - 32) * 5 / 9, one * 10, one * Decimal("0.45359237"), one * 100, one / 1000):
            if abs(other - number) < _CLOSE:
                return True
    metres = re.findall(r"\b([12])\s?m\s?(\d\d)\b", quotes)
    return any(Decimal(whole + rest) == number for whole, rest in metres)


def numbers(text: str) -> list[Decimal]:
    """The numbers of a sentence we wrote: one decimal sign, dates in their parts (months as numbers).

    >>> numbers("HbA1c 6,5 % (2024-03-14), vitamin B12")
    [Decimal('6.5'), Decimal('2024'), Decimal('3'), Decimal('14')]
    >>> numbers("15 Jan 2026") == numbers("15/01/2026")
    True
    """
    found = []
    for match in _NUMBER.findall(_WORDED_DATE.sub(_in_digits, text)):
        parts = re.split(r"[.,]", match)
        found.append(Decimal(".".join(parts)) if len(parts) <= 2 else Decimal("".join(parts)))
    return [one.normalize() + 0 for one in found]


_MONTHS = {
    name: number
    for number, names in enumerate(
        ("jan|janv", "feb|fev|fév", "mar|mars", "apr|avr", "may|mai", "jun|juin", "jul|juil", "aug|août|aout",
         "sep|sept", "oct", "nov", "dec|déc"), start=1)
    for name in names.split("|")
}  # fmt: skip
_WORDED_DATE = re.compile(r"\b(\d{1,2}) ([A-Za-zéû]{3,9})\.? (\d{4})\b")


def _in_digits(match: re.Match[str]) -> str:
    name = match[2].lower()
    month = _MONTHS.get(name[:4]) or _MONTHS.get(name[:3])
    return match[0] if month is None else f"{match[1]}/{month}/{match[3]}"


_SPACED = re.compile(r"(?<!\d)\d{1,3}(?:[    ]\d{3})+(?!\d)")


def readings(text: str) -> set[Decimal]:
    """Every number a printed text can be read as: either decimal sign, thousands, months by name.

    >>> {Decimal(3), Decimal(11), Decimal(11000)} <= readings("11,000 /µL, 3 Mar")
    True
    """
    found: set[Decimal] = set()
    for match in re.findall(r"\d+(?:[.,]\d+)*", text):
        parts = re.split(r"[.,]", match)
        forms = {"".join(parts), *parts} if len(parts) > 2 else {"".join(parts), ".".join(parts)}
        found |= {Decimal(form).normalize() + 0 for form in forms}
    found |= {Decimal(re.sub(r"\D", "", match)) for match in _SPACED.findall(text)}
    words = re.findall(r"[a-zà-ÿ]+", text.lower())
    found |= {Decimal(_MONTHS[word[:4]]) for word in words if word[:4] in _MONTHS}
    found |= {Decimal(_MONTHS[word[:3]]) for word in words if word[:3] in _MONTHS}
    # Two-digit years.
    found |= {Decimal(2000) + one for one in tuple(found) if one == int(one) and 0 <= one < 100}
    return found


def _template_numbers(code: str, language: texts.Language) -> list[Decimal]:
    return _templates(language).get(code, [])


_TEMPLATES: dict[str, dict[str, list[Decimal]]] = {}


def _templates(language: texts.Language) -> dict[str, list[Decimal]]:
    """The numbers each message itself holds, the parameters taken out."""
    if language not in _TEMPLATES:
        folder = resources.files("carebase.clinical").joinpath("tables/texts")
        found: dict[str, list[Decimal]] = {}
        for match in re.finditer(
            r"^([a-z][\w-]*) = (.*(?:\n[ \t].*)*)", folder.joinpath(f"{language}.ftl").read_text("utf-8"), re.MULTILINE
        ):
            found[match[1]] = numbers(re.sub(r"\{\s*\$\w+\s*\}", " ", match[2]))
        _TEMPLATES[language] = found
    return _TEMPLATES[language]


def _compare(analysis: Analysis, trace: Trace, *, label: str) -> None:
    """The two renderings: same keys, ids, codes; in every sentence the same numbers."""
    french, english = rendering.render(analysis, "fr"), rendering.render(analysis, "en")
    trace.compared += 1
    found = list(itertools.islice(differences(french, english), 3))
    trace.differing += [f"{label}: {one}" for one in found[:1]]


def differences(first: Any, second: Any, *, path: str = "") -> Iterator[str]:
    """Where two renderings say different things; words may differ, numbers may not."""
    if isinstance(first, dict) and isinstance(second, dict):
        if first.keys() != second.keys():
            yield f"{path}: keys"
        for key in first.keys() & second.keys() - {"language"}:
            yield from differences(first[key], second[key], path=f"{path}.{key}")
    elif isinstance(first, list) and isinstance(second, list):
        if len(first) != len(second):
            yield f"{path}: {len(first)} and {len(second)}"
        for number, (one, other) in enumerate(zip(first, second, strict=False)):
            yield from differences(one, other, path=f"{path}[{number}]")
    elif isinstance(first, str) and isinstance(second, str) and _last_key(path) in WORDED:
        if Counter(numbers(first)) != Counter(numbers(second)):
            yield f"{path}: “{first}” and “{second}”"
    elif first != second:
        yield f"{path}: {first!r} and {second!r}"


def _last_key(path: str) -> str:
    return path.rsplit(".", 1)[-1].partition("[")[0]


WORDED = frozenset(
    {"text", "message", "name", "description", "lab_summary", "radiology_summary", "case_summary", "summary"}
)
"""Keys whose values are worded in the reader's language; all others are equal."""
