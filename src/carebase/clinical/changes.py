"""Weighs criteria about change over time: repeated over months, risen within days.

Only dated results count; a single result never meets such a criterion and never refutes it.
"""

from __future__ import annotations

from collections.abc import Iterator

from carebase.clinical import comparing, criteria, facts
from carebase.clinical.facts import Facts, Measure
from carebase.clinical.outcomes import Outcome, State, shown
from carebase.clinical.statements import Parameter, Statement


def repeated(criterion: criteria.Repeated, known: Facts) -> Outcome:
    """The comparison holds now, and held in a result at least `days` older."""
    for now in _current(criterion.of, known):
        if not comparing.holds(now, criterion.relation, criterion.limit) or now.taken_at is None:
            continue
        for before in _others(now, known):
            if before.taken_at is None or not facts.is_before(before.taken_at, now.taken_at):
                continue
            is_apart = facts.days_between(now.taken_at, before.taken_at) >= criterion.days
            if is_apart and comparing.holds(before, criterion.relation, criterion.limit):
                return _met("criterion-repeated", now, before)
    missing = Statement(code="missing-repeat", params={"measure": criterion.of[0], "days": criterion.days})
    return Outcome(state=State.UNKNOWN, missing=(missing,))


def risen(criterion: criteria.Risen, known: Facts) -> Outcome:
    """The newest result lies above an older one by the step, or by the factor, in time."""
    for now in _current(criterion.of, known):
        if now.value is None or now.taken_at is None or now.comparator:
            continue
        for before in _others(now, known):
            if before.value is None or before.taken_at is None or before.comparator:
                continue
            days = facts.days_between(now.taken_at, before.taken_at)
            by_step = days <= criterion.step_days and now.value - before.value >= criterion.step
            by_factor = days <= criterion.factor_days and now.value >= before.value * criterion.factor
            if facts.is_before(before.taken_at, now.taken_at) and (by_step or by_factor):
                return _met("criterion-risen", now, before)
    missing = Statement(code="missing-earlier", params={"measure": criterion.of[0]})
    return Outcome(state=State.UNKNOWN, missing=(missing,))


def _current(names: tuple[str, ...], known: Facts) -> Iterator[Measure]:
    for name in names:
        measure = known.current(name)
        if measure is not None:
            yield measure


def _others(now: Measure, known: Facts) -> tuple[Measure, ...]:
    return known.measures.get(now.name, ())[1:] + known.earlier.get(now.name, ())


def _met(code: str, now: Measure, before: Measure) -> Outcome:
    then, at, earlier = shown(before), now.taken_at, before.taken_at
    params: dict[str, Parameter] = {
        **shown(now),
        "date": "" if at is None else at.date().isoformat(),
        "earlier": then["value"],
        "earlier_unit": then["unit"],
        "earlier_date": "" if earlier is None else earlier.date().isoformat(),
    }
    evidence = tuple(dict.fromkeys(now.evidence + before.evidence))
    return Outcome(state=State.MET, supports=(Statement(code=code, params=params, evidence=evidence),))
