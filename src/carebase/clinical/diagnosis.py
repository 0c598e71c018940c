"""Ranks what the patterns found: at most one primary diagnosis and two alternatives, or none.

In charge of the order (urgency, completeness, specificity) and of saying "insufficient information".
A laboratory finding is never ranked as a diagnosis. Confidence is null: it is not calibrated yet.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from carebase.clinical.outcomes import State
from carebase.clinical.patterns import URGENCY_ORDER, Judged
from carebase.clinical.statements import Statement

MOST_ALTERNATIVES = 2


@dataclass(frozen=True, slots=True, kw_only=True)
class Diagnosis:
    """`reason` says why there is no primary diagnosis; exactly one of the two is set."""

    primary: Judged | None
    reason: Statement | None
    alternatives: tuple[Judged, ...]
    further: tuple[Judged, ...]
    """What holds as well and found no place in the ranking; the assessment still tells it."""
    findings: tuple[Judged, ...]
    """Laboratory findings that hold and that no diagnosis here explains."""

    @property
    def ranked(self) -> tuple[Judged, ...]:
        """Primary first, then the alternatives."""
        return self.alternatives if self.primary is None else (self.primary, *self.alternatives)


def rank(judged: Sequence[Judged]) -> Diagnosis:
    """The ranking of everything judged for one case."""
    met = [one for one in judged if one.state is State.MET]
    explained = {refined for one in met for refined in one.pattern.refines}
    told = sorted(
        (one for one in met if one.pattern.id not in explained and one.pattern.kind == "diagnosis"), key=_order
    )
    possible = [one for one in judged if one.is_possible and one.pattern.id not in explained]
    primary = told[0] if told else None
    others = sorted([*told[1:], *possible], key=_order)
    findings = [one for one in met if one.pattern.id not in explained and one.pattern.kind == "finding"]
    return Diagnosis(
        primary=primary,
        reason=None if primary else Statement(code="insufficient_information"),
        alternatives=tuple(others[:MOST_ALTERNATIVES]),
        further=tuple(one for one in others[MOST_ALTERNATIVES:] if one.state is State.MET),
        findings=tuple(sorted(findings, key=_order)),
    )


def _order(one: Judged) -> tuple[int, int, int, float, int]:
    """The more urgent, the certain before the possible, the more complete, the more specific first.

    Between two that are equally urgent, the one that always is goes before the one that became so.
    """
    return (
        URGENCY_ORDER.index(one.urgency),
        0 if one.state is State.MET else 1,
        URGENCY_ORDER.index(one.pattern.urgency),
        -one.met / max(one.total, 1),
        -len(one.pattern.refines),
    )
