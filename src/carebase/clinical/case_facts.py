"""Turns what the readers found in texts and reports into facts that criteria can ask for."""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator
from dataclasses import replace

from carebase.clinical import facts, folding
from carebase.clinical.context import Mention, PatientContext
from carebase.clinical.derived import Derived
from carebase.clinical.facts import Measure, Said
from carebase.clinical.negation import Assertion
from carebase.clinical.radiology import Finding, SectionKind

_DURATION = re.compile(
    r"(\d{1,3}|une?|one|deux|two|trois|three)\s*"
    r"(?:(?P<day>jours?|days?|j\b|d\b)|(?P<week>semaines?|weeks?|sem\b|wks?\b)"
    r"|(?P<month>mois|months?)|(?P<year>ans?|annees?|years?))"
)
_WORDS = {"un": 1, "une": 1, "one": 1, "deux": 2, "two": 2, "trois": 3, "three": 3}
_DAYS = {"day": 1, "week": 7, "month": 30, "year": 365}


def days_of(duration: str | None) -> int | None:
    """A printed duration in days; None where there is no number to read.

    >>> days_of("depuis 3 semaines"), days_of("for two days"), days_of("depuis longtemps")
    (21, 2, None)
    """
    match = _DURATION.search(folding.fold(duration or ""))
    if match is None or match.lastgroup is None:
        return None
    count = _WORDS[match[1]] if match[1] in _WORDS else int(match[1])
    return count * _DAYS[match.lastgroup]


_KIND_OF = {"diabetes_type_1": "diabetes"}
"""Who has the one has the other; who does not have the one may still have the other."""


def of_context(said: PatientContext) -> Iterator[Said]:
    """Complaints and history as present, denials as absent; doubts, past and family as neither."""
    for present in (*said.complaints, *said.history):
        yield _said(present, present=True)
        if (general := _KIND_OF.get(present.concept)) is not None:
            yield replace(_said(present, present=True), concept=general)
    for absent in said.negated:
        yield _said(absent, present=False)


def _said(one: Mention, *, present: bool) -> Said:
    return Said(concept=one.concept, present=present, days=days_of(one.duration), evidence=(one.evidence,))


def vitals(said: PatientContext) -> Iterator[Measure]:
    """Vital signs; where one is written twice the last one counts as current."""
    for vital in reversed(said.vitals):
        yield Measure(
            name=f"vital:{vital.kind.value}",
            value=vital.value,
            text=str(vital.value),
            unit=vital.unit,
            evidence=(vital.evidence,),
        )


def of_derived(derived: Iterable[Derived]) -> Iterator[Measure]:
    """Computed quantities, dated by their first input."""
    for one in derived:
        yield Measure(
            name=f"derived:{one.code}",
            value=one.value,
            text=str(one.value),
            unit=one.unit,
            taken_at=one.inputs[0].sample_time if one.inputs else None,
            evidence=tuple(facts.evidence_of(row) for row in one.inputs),
        )


def of_imaging(findings: Iterable[Finding]) -> Iterator[Said]:
    """What reports state as there or not there, in their findings and conclusion."""
    for one in findings:
        if one.section in (SectionKind.INDICATION, SectionKind.COMPARISON, SectionKind.TECHNIQUE):
            continue
        if one.assertion in (Assertion.PRESENT, Assertion.ABSENT):
            present = one.assertion is Assertion.PRESENT
            yield Said(concept=one.concept, present=present, evidence=one.evidence)
