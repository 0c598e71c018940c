"""Words-to-be for what was measured and described: abnormal results, alerts, imaging findings.

In charge of choosing the statement for each observation; every one carries its place.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import replace
from decimal import Decimal
from typing import Literal, assert_never

from carebase.clinical import analytes, facts
from carebase.clinical.derived import Derived
from carebase.clinical.evidence import Evidence
from carebase.clinical.negation import Assertion
from carebase.clinical.radiology import Finding, SectionKind
from carebase.clinical.results import LabResult
from carebase.clinical.statements import Parameter, Severity, Statement

# Said by a report about itself; repeating it would sound like our own judgement.
_NOT_REPEATED = frozenset({"no_abnormality_stated", "tube_or_line"})


def alert(result: LabResult, *, is_other_patient: bool) -> Statement:
    """A critical result; of a doubtful file or value only "verify patient and sample" is said."""
    code = "alert-verify" if is_other_patient or result.check is not None else "alert-critical"
    params = shown(result)
    if code == "alert-verify":
        del params["date"]
    return Statement(code=code, params=params, severity=Severity.EMERGENCY, evidence=(facts.evidence_of(result),))


def imaging_alert(finding: Finding, *, is_other_patient: bool) -> Statement:
    """A finding that has to be communicated at once."""
    code = "alert-imaging-verify" if is_other_patient else "alert-imaging"
    params: dict[str, Parameter] = {"concept": finding.concept}
    if code == "alert-imaging":
        params["certainty"] = "suspected" if finding.assertion is Assertion.UNCERTAIN else "stated"
    return Statement(code=code, params=params, severity=Severity.EMERGENCY, evidence=finding.evidence)


def shown(result: LabResult) -> dict[str, Parameter]:
    """The row as printed; the date is empty when none was read."""
    return {
        "measure": name_of(result),
        "comparator": result.comparator or "",
        "value": result.text if result.value is None else result.value,
        "unit": result.unit or "",
        "date": "" if result.sample_time is None else result.sample_time.date().isoformat(),
    }


def name_of(result: LabResult) -> str:
    """The name by which texts find the row's own name in both languages."""
    return f"lab:{result.analyte}" if result.analyte else f"printed:{result.printed_name}"


def abnormal(results: Sequence[LabResult]) -> Iterator[Statement]:
    """One statement for each row outside its range or unexpectedly positive, critical rows first."""
    for result in sorted(results, key=lambda one: not one.critical):
        statement = _abnormal(result)
        if statement is not None:
            severity = Severity.EMERGENCY if result.critical else Severity.ROUTINE
            yield replace(statement, severity=severity, evidence=(facts.evidence_of(result),))


def _abnormal(result: LabResult) -> Statement | None:
    if result.check is not None:
        return Statement(code="lab-check", params={"measure": name_of(result), "printed": result.text})
    if result.value is None:
        return _positive(result)
    low, high = (None, None) if result.range is None else (result.range.low, result.range.high)
    match result.flag:
        case "L":
            return _outside(result, "low", limit=low)
        case "H":
            return _outside(result, "high", limit=high)
        case "N" | None:
            return None
        case _:
            assert_never(result.flag)


def _outside(result: LabResult, side: Literal["low", "high"], *, limit: Decimal | None) -> Statement:
    if limit is None:
        return Statement(code=f"lab-{side}-adult", params=shown(result))
    return Statement(code=f"lab-{side}", params={**shown(result), side: limit})


def _positive(result: LabResult) -> Statement | None:
    name = facts.name_of(result)
    if name is None or facts.polarity(result.text) != "positive":
        return None
    if result.analyte is not None and analytes.by_id(result.analyte).expected not in ("negative", "non-reactive"):
        return None
    measure = name if result.analyte is None else name_of(result)
    return Statement(code="lab-positive", params={"measure": measure, "date": shown(result)["date"]})


def computed(derived: Iterable[Derived]) -> Iterator[Statement]:
    """Computed quantities with their formula and the rows they were computed from."""
    for one in derived:
        params: dict[str, Parameter] = {
            "measure": f"derived:{one.code}",
            "value": one.value,
            "unit": one.unit,
            "formula": one.formula,
        }
        evidence = tuple(facts.evidence_of(row) for row in one.inputs)
        yield Statement(code="derived-value", params=params, evidence=evidence)


def imaging(findings: Iterable[Finding]) -> Iterator[Statement]:
    """What the reports describe, each concept once a side and size, the conclusion's words before the others."""
    ordered = sorted(findings, key=lambda one: one.section is not SectionKind.IMPRESSION)
    told: list[tuple[str, Finding]] = []
    for one in ordered:
        code = _imaging_code(one)
        if code is not None and one.concept not in _NOT_REPEATED:
            told.append((code, one))
    for index, (code, one) in enumerate(told):
        if any(_says_as_much(other, than=(code, one), is_first=at < index) for at, other in enumerate(told)):
            continue
        yield _imaging(code, one)


def _imaging(code: str, one: Finding) -> Statement:
    params: dict[str, Parameter] = {"concept": one.concept}
    params["side"] = "none" if one.laterality is None else one.laterality.value
    if code == "imaging-finding" and one.size_mm is not None:
        code, params = "imaging-size", {**params, "size": one.size_mm}
    severity = Severity.EMERGENCY if one.critical else Severity.INFO
    return Statement(code=code, params=params, severity=severity, evidence=one.evidence)


def _says_as_much(other: tuple[str, Finding], *, than: tuple[str, Finding], is_first: bool) -> bool:
    """Whether another statement of the same concept makes this one a repetition.

    Of two alike the first is kept, of two of unlike detail the one with side and size; a doubt that the
    conclusion settles ("évocateur d'un AVC", then "AVC récent") is not told beside it.
    """
    (said, one), (code, this) = other, than
    if one is this or one.concept != this.concept:
        return False
    is_settled = said == "imaging-finding" and code == "imaging-uncertain" and one.section is SectionKind.IMPRESSION
    if said != code:
        return is_settled and this.section is not SectionKind.IMPRESSION and this.laterality in (None, one.laterality)
    if this.laterality not in (None, one.laterality) or this.size_mm not in (None, one.size_mm):
        return False
    is_alike = (one.laterality, one.size_mm) == (this.laterality, this.size_mm)
    return is_first or not is_alike


def _imaging_code(one: Finding) -> str | None:
    match one.assertion:
        case Assertion.PRESENT:
            return "imaging-finding"
        case Assertion.UNCERTAIN:
            return "imaging-uncertain"
        case Assertion.ABSENT:
            return "imaging-denied"
        case Assertion.HISTORICAL | Assertion.FAMILY:
            return None
        case _:
            assert_never(one.assertion)


def image_stored(name: str, *, evidence: tuple[Evidence, ...] = ()) -> Statement:
    """An image is kept and shown; nothing is read out of its pixels."""
    return Statement(code="image-stored", params={"name": name}, evidence=evidence)
