"""The analysis of one case: files and the clinician's words in, grounded statements out.

In charge of the composition only, without I/O: the worker and `carebase analyse` call the same
function. Reading is `file_reading`'s, medicine is `clinical`'s, wording is `rendering`'s.
"""

from __future__ import annotations

import hashlib
from collections.abc import Iterable, Sequence, Set
from dataclasses import dataclass, replace
from datetime import date, timedelta

from carebase.clinical import (
    case_facts,
    context,
    derived,
    diagnosis,
    facts,
    notes,
    observations,
    patterns,
    stated,
)
from carebase.clinical.diagnosis import Diagnosis
from carebase.clinical.evidence import CASE_TEXT, Evidence, Source
from carebase.clinical.negation import Assertion
from carebase.clinical.notes import Soap
from carebase.clinical.outcomes import State
from carebase.clinical.patterns import Judged
from carebase.clinical.person import Person, Sex
from carebase.clinical.radiology import Finding
from carebase.clinical.results import LabResult
from carebase.clinical.statements import Severity, Statement
from carebase.records import case_summary, file_reading
from carebase.records.case_summary import Summary
from carebase.records.file_reading import FileInput, FileReading, Notice, UnreadPlace
from carebase.records.grounding import Ground

ENGINE = "carebase-rules"
VERSION = "1.0.0"
OLD_AFTER = timedelta(days=90)


@dataclass(frozen=True, slots=True, kw_only=True)
class CaseInput:
    """The case as its clinician opened it."""

    person: Person
    summary: str | None
    notes: str | None
    opened_on: date

    @property
    def text(self) -> str:
        """Summary and notes as one text; evidence counts its lines from 1."""
        return "\n".join(part for part in (self.summary, self.notes) if part)


@dataclass(frozen=True, slots=True, kw_only=True)
class Analysis:
    """The result in no language; `rendering.render` words it."""

    case: CaseInput
    person: Person
    files: tuple[FileReading, ...]
    alerts: tuple[Statement, ...]
    labs: tuple[LabResult, ...]
    unread: tuple[UnreadPlace, ...]
    notices: tuple[Notice, ...]
    key_findings: tuple[Statement, ...]
    summary: Summary
    soap: Soap
    diagnosis: Diagnosis
    dropped: int
    """Statements whose evidence was not found, and that are not shown."""


def analyse(case: CaseInput, files: Sequence[FileInput], *, today: date) -> Analysis:
    """Read, judge and ground one case; trouble with a file becomes a warning of that file."""
    text = case.text
    case_source = Source(file=CASE_TEXT, sha256=hashlib.sha256(text.encode()).hexdigest())
    said = context.read(text, source=case_source)
    person = _with_pregnancy(case.person, said)
    readings = tuple(file_reading.read(one, person=person, today=today) for one in files)
    ground = Ground()
    ground.add_case_text(text, sha256=case_source.sha256)
    for reading in readings:
        ground.add_pages(reading.given.file, reading.given.sha256, pages=reading.pages)

    trusted = [reading for reading in readings if not reading.is_other_patient]
    labs = tuple(row for reading in trusted for row in reading.labs)
    imaging = tuple(_findings(trusted))
    computed = derived.derive([row for row in labs if row.check is None], person)
    known = facts.gather(
        person,
        results=labs,
        measures=[*case_facts.vitals(said), *case_facts.of_derived(computed)],
        said=case_facts.of_context(said),
        imaging=case_facts.of_imaging(imaging),
    )
    judged = [*patterns.judge_all(known), *stated.judged(imaging)]
    ranked = diagnosis.rank([_supported(one, ground) for one in judged])

    results = list(_alerts(readings))
    critical = {place for alert in results for place in alert.evidence}
    alerts = ground.keep_supported([*results, *_pattern_alerts(ranked, critical=critical)])
    measured = [*observations.abnormal(labs), *observations.computed(computed)]
    described = [*observations.imaging(imaging), *_images(readings)]
    unread = tuple(place for reading in readings for place in reading.unread)
    key = [*observations.abnormal(labs), *(one for one in described if one.code in _KEY_IMAGING)]
    soap = Soap(
        subjective=ground.keep_supported([notes.person(person), *notes.subjective(said)]),
        objective=ground.keep_supported([*notes.vital_signs(said), *measured, *described]),
        assessment=ground.keep_supported(notes.assessment(ranked)),
        plan=ground.keep_supported(notes.plan(ranked, alerts=alerts, measured=frozenset(known.measures))),
    )
    summary = case_summary.summarise(
        person, readings, alerts=alerts, diagnosis=ranked, described=ground.keep_supported(described)
    )
    notices = [*_person_notices(person), *(notice for reading in readings for notice in reading.notices)]
    notices += _old_notices(readings, opened_on=case.opened_on)
    if ground.dropped:
        notices.append(Notice(code="not_supported"))
    return Analysis(
        case=case,
        person=person,
        files=readings,
        alerts=alerts,
        labs=tuple(row for reading in readings for row in reading.labs),
        unread=unread,
        notices=tuple(dict.fromkeys(notices)),
        key_findings=ground.keep_supported(key),
        summary=summary,
        soap=soap,
        diagnosis=ranked,
        dropped=ground.dropped,
    )


_KEY_IMAGING = ("imaging-finding", "imaging-size", "imaging-uncertain")


def _with_pregnancy(person: Person, said: context.PatientContext) -> Person:
    """A pregnancy that only the clinician's text states is taken: its ranges are the safer ones."""
    if person.pregnant is not None or person.sex is Sex.MALE or said.pregnant is None:
        return person
    if said.pregnant.assertion is not Assertion.PRESENT:
        return person
    weeks = person.gestation_weeks if person.gestation_weeks is not None else said.pregnancy_weeks
    return replace(person, pregnant=True, gestation_weeks=weeks)


def _findings(readings: Iterable[FileReading]) -> Iterable[Finding]:
    for reading in readings:
        if reading.radiology is not None:
            yield from reading.radiology.findings


def _supported(one: Judged, ground: Ground) -> Judged:
    """The judgement without what is not grounded; a criterion that loses its support is unknown."""
    supports = ground.keep_supported(one.supports)
    if len(supports) == len(one.supports):
        return replace(one, against=ground.keep_supported(one.against), missing=ground.keep_supported(one.missing))
    return replace(one, state=State.UNKNOWN, is_possible=False, supports=supports, against=(), missing=())


def _alerts(readings: Iterable[FileReading]) -> Iterable[Statement]:
    """Critical results of every file, whoever it may belong to."""
    for reading in readings:
        for row in reading.labs:
            if row.critical:
                yield observations.alert(row, is_other_patient=reading.is_other_patient)
        if reading.radiology is None:
            continue
        seen: set[str] = set()
        for finding in reading.radiology.findings:
            if finding.critical and finding.concept not in seen:
                seen.add(finding.concept)
                yield observations.imaging_alert(finding, is_other_patient=reading.is_other_patient)


def _pattern_alerts(ranked: Diagnosis, *, critical: Set[Evidence]) -> Iterable[Statement]:
    for one in (*ranked.ranked, *ranked.further, *ranked.findings):
        # A finding that is an emergency only through a critical result is alerted by that result.
        is_told = one.pattern.id.startswith("imaging:") or (
            one.pattern.urgency is not Severity.EMERGENCY and not critical.isdisjoint(one.evidence)
        )
        if one.state is State.MET and one.urgency is Severity.EMERGENCY and not is_told:
            yield Statement(
                code="alert-pattern",
                params={"pattern": one.pattern.id},
                severity=Severity.EMERGENCY,
                evidence=one.evidence,
            )


def _images(readings: Iterable[FileReading]) -> Iterable[Statement]:
    return [observations.image_stored(one.given.name) for one in readings if one.image is not None]


def _person_notices(person: Person) -> Iterable[Notice]:
    if person.age_days is None:
        yield Notice(code="age_unknown")
    elif not person.is_adult:
        yield Notice(code="not_an_adult")
    if person.sex is None:
        yield Notice(code="sex_unknown")


def _old_notices(readings: Iterable[FileReading], *, opened_on: date) -> Iterable[Notice]:
    for reading in readings:
        times = [row.sample_time for row in reading.labs if row.sample_time is not None]
        if times and opened_on - max(times).date() > OLD_AFTER:
            yield Notice(code="old_results", file=reading.given.file)
