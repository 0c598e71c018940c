"""Measures the diagnoses: named at all, in the first and the first three, silent, something else.

In charge of counting. What is not the gold diagnosis counts as "something else" even where it is a
true finding beside it (the anaemia of a leukaemia): nobody judged those, so the count is the most
that can be wrong.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass

from tests.evaluate import gold
from tests.evaluate.sets import Example
from tests.evaluate.table import Part, Row, percent

from carebase.clinical.outcomes import State
from carebase.records.analysis import Analysis


@dataclass(frozen=True, slots=True)
class Answer:
    """One case, its gold diagnosis and what was said."""

    example: Example
    analysis: Analysis

    @property
    def accepted(self) -> frozenset[str]:
        """Ids that name the gold diagnosis."""
        return gold.accepted(self.example.gold)

    @property
    def primary(self) -> str | None:
        """The id of the primary diagnosis."""
        found = self.analysis.diagnosis.primary
        return None if found is None else found.pattern.id

    @property
    def ranked(self) -> tuple[str, ...]:
        """The ids of the at most three diagnoses."""
        return tuple(one.pattern.id for one in self.analysis.diagnosis.ranked)


def measure(name: str, title: str, answers: Sequence[Answer]) -> Part:
    """The rows of one set."""
    nameable = [one for one in answers if one.accepted]
    first = sum(one.primary in one.accepted for one in answers)
    three = sum(not one.accepted.isdisjoint(one.ranked) for one in answers)
    silent = sum(one.primary is None for one in answers)
    nothing = sum(not one.ranked for one in answers)
    elsewhere = [one for one in answers if one.primary is not None and one.primary not in one.accepted]
    possible = [one for one in answers if one.primary is None and one.ranked and one.accepted.isdisjoint(one.ranked)]
    (frequent, often), *_ = Counter(one.example.gold.lower() for one in answers).most_common(1)
    always_nameable = sum(one.example.gold.lower() == frequent for one in nameable)
    always = f"always “{frequent}” {always_nameable}"
    baseline = f"always “{frequent}” {often}/{len(answers)}"
    asserted = len(answers) - silent
    rows = (
        Row(f"{name}_NAMEABLE", "gold diagnosis our tables can name at all", len(nameable), len(answers)),
        Row(f"{name}_TOP1", "gold is the primary diagnosis", first, len(answers), baseline),
        Row(f"{name}_TOP3", "gold among the first three", three, len(answers), baseline),
        Row(f"{name}_TOP1_NAMEABLE", "… of those nameable: primary", first, len(nameable), always),
        Row(f"{name}_TOP3_NAMEABLE", "… of those nameable: first three", three, len(nameable)),
        Row(f"{name}_SILENT", "no primary diagnosis (insufficient information)", silent, len(answers), "always silent"),
        Row(f"{name}_NOTHING", "neither primary nor possible", nothing, len(answers)),
        Row(f"{name}_OTHER_ASSERTED", "asserted something other than the gold", len(elsewhere), len(answers),
            f"always “{frequent}” {len(answers) - often}"),
        Row(f"{name}_OTHER_POSSIBLE", "only named something else as possible", len(possible), len(answers)),
    )  # fmt: skip
    rows_read = [row for one in answers for row in one.analysis.labs]
    usable = sum(row.analyte is not None and row.check is None for row in rows_read)
    unread = sum(len(one.analysis.unread) for one in answers)
    remarks = [f"laboratory rows: {len(rows_read)} read, {usable} of a known test and usable, {unread} lines unread"]
    remarks += [f"of {asserted} asserted primaries {percent(first, asserted)} are the gold diagnosis"]
    remarks += [f"other: {one.example.id}: gold “{one.example.gold}”, said {one.primary}" for one in elsewhere]
    remarks += [
        f"possible: {one.example.id}: gold “{one.example.gold}”, named {', '.join(one.ranked)}" for one in possible
    ]
    remarks += [
        f"missed: {one.example.id}: gold “{one.example.gold}”, said {one.primary or 'nothing'}"
        for one in nameable
        if one.accepted.isdisjoint(one.ranked)
    ]
    return Part(title, rows, tuple(remarks))


BUCKETS = ((0.0, 0.34), (0.34, 0.67), (0.67, 1.0), (1.0, 1.01))


def calibration(answers: Sequence[Answer]) -> Part:
    """How often a ranked diagnosis is the gold one, by the share of its criteria that are met."""
    rows = []
    asserted = [(one, judged) for one in answers for judged in one.analysis.diagnosis.ranked]
    for state, word in ((State.MET, "asserted"), (State.UNKNOWN, "possible")):
        for low, high in BUCKETS:
            chosen = [
                judged.pattern.id in one.accepted
                for one, judged in asserted
                if judged.state is state and low <= judged.met / max(judged.total, 1) < high
            ]
            label = "all criteria met" if low == 1.0 else f"criteria met {low:.2f}–{high:.2f}"
            name = f"CALIBRATION_{word.upper()}_{round(low * 100)}"
            rows.append(Row(name, f"{word}, {label}: correct", sum(chosen), len(chosen)))
    return Part(
        "Calibration (reliability by criteria met; confidence stays null)",
        tuple(rows),
        (f"{len(asserted)} ranked diagnoses in {len(answers)} cases: too few for a probability",),
    )
