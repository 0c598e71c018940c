"""Patterns over results, words and findings: which hold, on what evidence, and what would settle them.

In charge of the pattern table (`tables/patterns.json`, with source and edition of each row) and of
judging every pattern for one person. A pattern is a diagnosis, or a laboratory finding that must
never be worded as one. `diagnosis` ranks what is found here.
"""

from __future__ import annotations

import functools
import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from decimal import Decimal
from importlib import resources
from typing import Any, Literal

from carebase.clinical import criteria, weighing
from carebase.clinical.criteria import Criterion
from carebase.clinical.evidence import Evidence
from carebase.clinical.facts import Facts
from carebase.clinical.outcomes import Outcome, State
from carebase.clinical.statements import Severity, Statement

URGENCY_ORDER = (Severity.EMERGENCY, Severity.URGENT, Severity.ROUTINE, Severity.INFO)


@dataclass(frozen=True, slots=True, kw_only=True)
class Source:
    """Where a pattern's limits come from."""

    title: str
    edition: str
    short: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Pattern:
    """One row of the table."""

    id: str
    icd10: str
    """ICD-10-CM code, in the edition named by `icd10`."""
    kind: Literal["diagnosis", "finding"]
    urgency: Severity
    source: Source
    required: tuple[Criterion, ...]
    supporting: tuple[Criterion, ...]
    suggestive: tuple[Criterion, ...]
    """Any of these, met, makes an incomplete diagnosis worth naming as possible."""
    unless: tuple[Criterion, ...]
    escalates: tuple[tuple[Severity, Criterion], ...]
    who: tuple[criteria.Who, ...]
    refines: tuple[str, ...]
    """Less specific patterns that this one makes redundant."""
    may_be_possible: bool
    next_steps: tuple[str, ...]
    caveats: tuple[str, ...]
    coded: tuple[tuple[str, Criterion], ...]
    """More exact codes, each with what has to be stated for it; the first that holds is taken."""
    suggested_by: tuple[Criterion, ...]
    """Any of these, wholly met, makes an open diagnosis worth naming as possible."""
    stages: tuple[tuple[Decimal, str], ...]
    """Lowest value of each stage and its code, from the mildest on."""
    stage_measures: tuple[str, ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class Judged:
    """One pattern judged for one person.

    `state` is met when every required criterion is; unknown when one is open. `met` of `total`
    counts required and supporting criteria.
    """

    pattern: Pattern
    state: State
    icd10: str
    urgency: Severity
    met: int
    total: int
    is_possible: bool
    """Open, but something typical speaks for it."""
    supports: tuple[Statement, ...]
    against: tuple[Statement, ...]
    missing: tuple[Statement, ...]

    @property
    def evidence(self) -> tuple[Evidence, ...]:
        """Every place that speaks for it, each once."""
        return tuple(dict.fromkeys(place for statement in self.supports for place in statement.evidence))


@functools.cache
def table() -> Mapping[str, Pattern]:
    """All patterns by id, in the table's order.

    >>> table()["hypothyroidism_subclinical"].icd10
    'E03.8'
    """
    packed = resources.files("carebase.clinical").joinpath("tables/patterns.json").read_text("utf-8")
    loaded = json.loads(packed)
    sources = {name: Source(**row) for name, row in loaded["sources"].items()}
    return {row["id"]: _pattern(row, sources[row["source"]]) for row in loaded["patterns"]}


def _pattern(row: Mapping[str, Any], source: Source) -> Pattern:
    required = tuple(criteria.read(part) for part in row["required"])
    supporting = tuple(criteria.read(part) for part in row.get("supporting", ()))
    rows = [*row["required"], *row.get("supporting", ())]
    measures = row.get("stage_measure", ())
    return Pattern(
        id=row["id"],
        icd10=row["icd10"],
        kind=row["kind"],
        urgency=Severity(row["urgency"]),
        source=source,
        required=required,
        supporting=supporting,
        suggestive=tuple(criteria.read(part) for part in rows if part.get("suggests")),
        unless=tuple(criteria.read(part) for part in row.get("unless", ())),
        escalates=tuple((Severity(one["to"]), criteria.read(one["when"])) for one in row.get("escalates", ())),
        who=tuple(row.get("who", ())),
        refines=tuple(row.get("refines", ())),
        may_be_possible=row["possible"],
        next_steps=tuple(row.get("next", ())),
        caveats=tuple(row.get("caveats", ())),
        coded=tuple((one["icd10"], criteria.read(one["when"])) for one in row.get("coded", ())),
        suggested_by=tuple(criteria.read(part) for part in row.get("suggested_by", ())),
        stages=tuple((Decimal(lowest), code) for lowest, code in row.get("stages", ())),
        stage_measures=tuple(measures),
    )


@functools.cache
def _required() -> weighing.Required:
    return {pattern.id: pattern.required for pattern in table().values()}


def judge_all(known: Facts) -> tuple[Judged, ...]:
    """Every pattern for this person, in the table's order.

    A pattern is at least as urgent as the less specific ones it explains.
    """
    judged = {pattern.id: judge(pattern, known) for pattern in table().values()}
    return tuple(_at_least_as_urgent(one, judged) for one in judged.values())


def _at_least_as_urgent(one: Judged, judged: Mapping[str, Judged]) -> Judged:
    explained = (judged[name] for name in one.pattern.refines)
    urgencies = [other.urgency for other in explained if other.state is State.MET]
    if one.state is not State.MET or not urgencies:
        return one
    return replace(one, urgency=min(one.urgency, *urgencies, key=URGENCY_ORDER.index))


def judge(pattern: Pattern, known: Facts) -> Judged:
    """One pattern for this person."""
    people = [_judge(criteria.Someone(who=who), known) for who in pattern.who]
    required = [_judge(part, known) for part in pattern.required]
    supporting = [_judge(part, known) for part in pattern.supporting]
    excluded = [outcome for part in pattern.unless if (outcome := _judge(part, known)).state is State.MET]
    state = weighing.together([*people, *required], count=len(people) + len(required)).state
    if excluded:
        state = State.NOT_MET
    counted = [*required, *supporting]
    icd10, reasons = _coded(pattern, known)
    found = Judged(
        pattern=pattern,
        state=state,
        icd10=icd10,
        urgency=_urgency(pattern, known, is_met=state is State.MET),
        met=sum(outcome.state is State.MET for outcome in counted),
        total=len(counted),
        is_possible=state is State.UNKNOWN and _is_possible(pattern, known, people=people),
        supports=_unique([*_statements(counted, "supports"), *reasons]),
        against=_unique(
            [statement for outcome in excluded for statement in outcome.supports]
            + [statement for outcome in counted for statement in outcome.against]
        ),
        missing=_statements([*people, *counted], "missing"),
    )
    return replace(found, missing=()) if state is State.NOT_MET else found


def _judge(criterion: Criterion, known: Facts) -> Outcome:
    return weighing.weigh(criterion, known, patterns=_required())


def _is_possible(pattern: Pattern, known: Facts, *, people: Sequence[Outcome]) -> bool:
    # Possible needs a person it can be judged for: an unknown age is not an adult's.
    if not pattern.may_be_possible or any(outcome.state is not State.MET for outcome in people):
        return False
    if any(_judge(part, known).state is State.MET for part in pattern.suggested_by):
        return True
    return any(_judge(part, known).state is State.MET or _half(part, known) for part in pattern.suggestive)


def _half(part: Criterion, known: Facts) -> bool:
    """A group of which something holds, though not yet enough of it."""
    if not isinstance(part, criteria.AtLeast):
        return False
    outcome = _judge(part, known)
    return outcome.state is State.UNKNOWN and any(_touched(inner, known) for inner in part.of)


def _touched(part: Criterion, known: Facts) -> bool:
    if isinstance(part, criteria.AtLeast):
        return any(_touched(inner, known) for inner in part.of)
    # A symptom alone is no reason to name a laboratory diagnosis.
    is_words_only = isinstance(part, criteria.Mentioned)
    return not is_words_only and _judge(part, known).state is State.MET


def _urgency(pattern: Pattern, known: Facts, *, is_met: bool) -> Severity:
    urgency = pattern.urgency
    if is_met:
        for raised, when in pattern.escalates:
            if _judge(when, known).state is State.MET:
                urgency = min(urgency, raised, key=URGENCY_ORDER.index)
    return urgency


def _coded(pattern: Pattern, known: Facts) -> tuple[str, tuple[Statement, ...]]:
    """The code, and what is stated that makes it more exact than the pattern's own."""
    for code, when in pattern.coded:
        if (outcome := _judge(when, known)).state is State.MET:
            return code, outcome.supports
    return _staged(pattern, known), ()


def _staged(pattern: Pattern, known: Facts) -> str:
    for name in pattern.stage_measures:
        measure = known.current(name)
        if measure is not None and measure.value is not None and not measure.comparator:
            return next((code for lowest, code in pattern.stages if measure.value >= lowest), pattern.icd10)
    return pattern.icd10


def _statements(outcomes: Sequence[Outcome], which: Literal["supports", "missing"]) -> tuple[Statement, ...]:
    found: list[Statement] = []
    for outcome in outcomes:
        found.extend(outcome.supports if which == "supports" else outcome.missing)
    return _unique(found)


def _unique(statements: Sequence[Statement]) -> tuple[Statement, ...]:
    """Each once, in order; two criteria often ask for the same measure."""
    seen: set[tuple[object, ...]] = set()
    kept: list[Statement] = []
    for statement in statements:
        key = (statement.code, tuple(sorted(statement.params.items(), key=lambda item: item[0])), statement.evidence)
        if key not in seen:
            seen.add(key)
            kept.append(statement)
    return tuple(kept)
