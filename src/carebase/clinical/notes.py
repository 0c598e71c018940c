"""Composes the SOAP note out of statements that already carry their evidence.

Subjective is what the clinician wrote, objective what was measured, assessment what the patterns
found, plan the next steps with the source that asks for them. No drug and no dose is proposed.
"""

from __future__ import annotations

from collections.abc import Collection, Iterable, Sequence
from dataclasses import dataclass

from carebase.clinical.context import Mention, PatientContext
from carebase.clinical.diagnosis import Diagnosis
from carebase.clinical.outcomes import State
from carebase.clinical.patterns import URGENCY_ORDER, Judged
from carebase.clinical.person import DAYS_PER_YEAR, Person
from carebase.clinical.statements import Parameter, Severity, Statement

_ASKED_FOR = {"missing-test": "plan-test", "missing-vital": "plan-vital"}

# Told only where the code is the one that ICD-10-CM takes when nothing more is stated.
_OF_THE_DEFAULT_CODE = frozenset({"diabetes-type"})

# Steps that ask for a test whose analyte has another id.
_ASKS = {"acr": "acr_urine"}


@dataclass(frozen=True, slots=True, kw_only=True)
class Soap:
    """The four sections."""

    subjective: tuple[Statement, ...]
    objective: tuple[Statement, ...]
    assessment: tuple[Statement, ...]
    plan: tuple[Statement, ...]


def subjective(said: PatientContext) -> tuple[Statement, ...]:
    """The clinician's own words, one statement for each thing said."""
    groups: tuple[tuple[str, Iterable[Mention]], ...] = (
        ("subjective-present", said.complaints),
        ("subjective-uncertain", said.uncertain),
        ("subjective-absent", said.negated),
        ("subjective-past", said.past),
        ("subjective-history", said.history),
        ("subjective-family", said.family),
        ("subjective-medicine", said.medicines),
    )
    found = [_mention(code, one) for code, group in groups for one in group]
    return tuple(found) or (Statement(code="subjective-none"),)


def _mention(code: str, one: Mention) -> Statement:
    params: dict[str, Parameter] = {"medicine" if code == "subjective-medicine" else "concept": one.concept}
    if code == "subjective-present":
        params["duration"] = one.duration or ""
    return Statement(code=code, params=params, evidence=(one.evidence,))


def person(someone: Person) -> Statement:
    """Age, sex and pregnancy as the case states them."""
    params: dict[str, Parameter] = {
        "sex": someone.sex.value if someone.sex else "unknown",
        "pregnant": "yes" if someone.pregnant else "no",
    }
    if someone.age_days is None or someone.age_years is None:
        return Statement(code="person-age-unknown", params=params)
    is_whole_years = someone.birth_date is None and someone.age_days == int(someone.age_years * DAYS_PER_YEAR + 0.5)
    if someone.age_years < 2 and is_whole_years:
        # "0 years" names no day of life, and a newborn is not a two-year-old.
        return Statement(code="person-under-two", params=params)
    # Newborns are not "0 years": days below four weeks, months below two years.
    if someone.age_days < 28:
        return Statement(code="person-days", params={**params, "days": someone.age_days})
    if someone.age_years < 2:
        return Statement(code="person-months", params={**params, "months": int(someone.age_days / 30.4375)})
    return Statement(code="person-years", params={**params, "years": someone.age_years})


def vital_signs(said: PatientContext) -> tuple[Statement, ...]:
    """The vital signs of the clinician's text."""
    return tuple(
        Statement(
            code="vital-sign",
            params={"measure": f"vital:{vital.kind.value}", "value": vital.value, "unit": vital.unit},
            evidence=(vital.evidence,),
        )
        for vital in said.vitals
    )


def assessment(diagnosis: Diagnosis) -> tuple[Statement, ...]:
    """What holds, most urgent first, each with its caveats."""
    found = [statement for one in _told(diagnosis) for statement in _assessed(one)]
    if diagnosis.reason is not None:
        found.append(diagnosis.reason)
    return tuple(found)


def _told(diagnosis: Diagnosis) -> tuple[Judged, ...]:
    return (*diagnosis.ranked, *diagnosis.further, *diagnosis.findings)


def _told_as(one: Judged) -> str:
    if one.state is not State.MET:
        return "possible"
    # A sign that a report describes is no laboratory finding.
    is_sign = one.pattern.kind == "finding" and one.pattern.id.startswith("imaging:")
    return "imaging" if is_sign else one.pattern.kind


def _assessed(one: Judged) -> Iterable[Statement]:
    params: dict[str, Parameter] = {
        "pattern": one.pattern.id,
        "icd10": one.icd10,
        "met": one.met,
        "total": one.total,
        "source": one.pattern.source.short,
    }
    yield Statement(code=f"assessment-{_told_as(one)}", params=params, severity=severity_of(one), evidence=one.evidence)
    for caveat in one.pattern.caveats:
        if caveat in _OF_THE_DEFAULT_CODE and one.icd10 != one.pattern.icd10:
            continue
        yield Statement(code=f"caveat-{caveat}", evidence=one.evidence)


def severity_of(one: Judged) -> Severity:
    """How soon to act; what is only possible is not raised above urgent."""
    if one.state is State.MET:
        return one.urgency
    return max(one.urgency, Severity.URGENT, key=URGENCY_ORDER.index)


def plan(diagnosis: Diagnosis, *, alerts: Sequence[Statement], measured: Collection[str] = ()) -> tuple[Statement, ...]:
    """Next steps in order of urgency, each with the finding and the source behind it.

    A test whose result is already at hand (`measured`, as `lab:<analyte>`) is not asked for again.
    """
    steps: dict[str, Statement] = {}
    critical = [alert for alert in alerts if alert.code != "alert-pattern"]
    if critical:
        evidence = tuple(dict.fromkeys(place for alert in critical for place in alert.evidence))
        steps["critical"] = Statement(
            code="plan-critical", params={"count": len(critical)}, severity=Severity.EMERGENCY, evidence=evidence
        )
    for one in sorted(_told(diagnosis), key=lambda one: URGENCY_ORDER.index(severity_of(one))):
        for step in one.pattern.next_steps:
            if f"lab:{_ASKS.get(step, step)}" in measured:
                continue
            params: dict[str, Parameter] = {"pattern": one.pattern.id, "source": one.pattern.source.short}
            code = f"next-{step.replace('_', '-')}"
            statement = Statement(code=code, params=params, severity=severity_of(one), evidence=one.evidence)
            steps.setdefault(step, statement)
    for one in diagnosis.ranked:
        for missing in one.missing:
            # What a possible diagnosis lacks is asked for, with the finding that raised the question.
            key = f"{missing.code}:{missing.params.get('measure', '')}"
            if missing.code in _ASKED_FOR and one.state is not State.MET:
                params = {**missing.params, "pattern": one.pattern.id}
                asked = Statement(
                    code=_ASKED_FOR[missing.code], params=params, severity=severity_of(one), evidence=one.evidence
                )
                steps.setdefault(key, asked)
    return tuple(steps.values()) or (Statement(code="plan-none"),)
