"""Reads the analysis of a case as typed values, ready for the pages.

In charge of the frozen result schema's shape (`docs/reference`), not of any wording: texts arrive in
the reader's language. Everything that carries evidence becomes a `Said`, so that a page can point at
its source.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Literal

Severity = Literal["emergency", "urgent", "routine", "info"]
SEVERITIES: tuple[Severity, ...] = ("emergency", "urgent", "routine", "info")
CASE_TEXT = "case"
"""The `file` of evidence that is the clinician's own text."""

Box = tuple[float, float, float, float]


@dataclass(frozen=True, slots=True, kw_only=True)
class Place:
    """Where words stand: file id, page and line from 1, box in points from the top-left corner."""

    file: str
    page: int
    line: int | None
    box: Box | None
    quote: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Said:
    """One statement with the places that carry it; `id` is what an address may name."""

    id: str
    text: str
    severity: Severity
    confidence: float | None
    places: tuple[Place, ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class Lab:
    """One laboratory row as printed, and as judged."""

    said: Said
    """The row as a statement, so that its source can be opened; its text is the printed name."""
    value: str
    unit: str | None
    range_text: str | None
    flag_printed: str | None
    flag: Literal["L", "H", "N"] | None
    is_critical: bool
    sample_time: str | None
    previous: tuple[str, ...]
    check: str | None


@dataclass(frozen=True, slots=True, kw_only=True)
class Concern:
    """A warning, in words."""

    code: str
    message: str
    file: str | None
    page: int | None


@dataclass(frozen=True, slots=True, kw_only=True)
class Unread:
    """A place that could not be read: a line with its words, else a whole page."""

    file: str
    page: int
    line: int | None
    quote: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Candidate:
    """A diagnosis that the evidence speaks for, with what speaks against it and what is missing."""

    name: str
    icd10: str | None
    description: str | None
    confidence: float | None
    criteria_met: int | None
    criteria_total: int | None
    evidence_for: tuple[Said, ...]
    evidence_against: tuple[Said, ...]
    missing: tuple[Said, ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class Result:
    """The whole analysis."""

    engine: str
    alerts: tuple[Said, ...]
    labs: tuple[Lab, ...]
    unread: tuple[Unread, ...]
    warnings: tuple[Concern, ...]
    summary: tuple[Said, ...]
    summary_confidence: float | None
    key_findings: tuple[Said, ...]
    patient_context: tuple[Said, ...]
    lab_summary: tuple[Said, ...]
    radiology_summary: tuple[Said, ...]
    soap: Mapping[Literal["subjective", "objective", "assessment", "plan"], tuple[Said, ...]]
    soap_confidence: float | None
    primary: Candidate | None
    reason: tuple[Said, ...]
    alternatives: tuple[Candidate, ...]
    overall_confidence: float | None

    def statements(self) -> Iterator[Said]:
        """Everything that may point at a source, in the order of the page."""
        yield from self.alerts
        for group in (self.summary, self.key_findings, self.patient_context):
            yield from group
        for group in self.soap.values():
            yield from group
        for candidate in (self.primary, *self.alternatives):
            if candidate is not None:
                yield from candidate.evidence_for
                yield from candidate.evidence_against
                yield from candidate.missing
        for lab in self.labs:
            yield lab.said
        yield from self.lab_summary
        yield from self.radiology_summary


def find(result: Result, statement: str) -> Said | None:
    """The statement with this id, or None."""
    return next((said for said in result.statements() if said.id == statement), None)


def read(source: Mapping[str, Any]) -> Result:
    """The typed form of a rendered analysis."""
    summary = source.get("case_summary") or {}
    soap = source.get("soap") or {}
    diagnosis = source.get("diagnosis") or {}
    primary = diagnosis.get("primary")
    return Result(
        engine=str(source.get("engine", "")),
        alerts=_said(source.get("critical_alerts")),
        labs=tuple(_lab(row, number) for number, row in enumerate(source.get("labs") or (), start=1)),
        unread=tuple(_unread(item) for item in source.get("unread") or ()),
        warnings=tuple(_concern(item) for item in source.get("warnings") or ()),
        summary=_said(summary.get("text")),
        summary_confidence=summary.get("confidence"),
        key_findings=_said(summary.get("key_findings")),
        patient_context=_said(summary.get("patient_context")),
        lab_summary=_said(summary.get("lab_summary")),
        radiology_summary=_said(summary.get("radiology_summary")),
        soap={
            "subjective": _said(soap.get("subjective")),
            "objective": _said(soap.get("objective")),
            "assessment": _said(soap.get("assessment")),
            "plan": _said(soap.get("plan")),
        },
        soap_confidence=soap.get("confidence"),
        primary=None if primary is None else _candidate(primary),
        reason=_said(diagnosis.get("reason")),
        alternatives=tuple(_candidate(item) for item in diagnosis.get("alternatives") or ()),
        overall_confidence=source.get("overall_confidence"),
    )


def _said(value: object) -> tuple[Said, ...]:
    """Statements, from a list of them, a single one, or plain text."""
    match value:
        case None | "":
            return ()
        case str():
            return tuple(_plain(line) for line in value.splitlines() if line.strip())
        case Mapping():
            return (_statement(value),)
        case Sequence():
            return tuple(said for item in value for said in _said(item))
        case _:
            raise TypeError(f"neither text nor statement: {type(value).__name__}")


def _plain(text: str) -> Said:
    return Said(id="", text=text, severity="info", confidence=None, places=())


def _statement(source: Mapping[str, Any]) -> Said:
    severity = source.get("severity")
    return Said(
        id=str(source.get("id") or ""),
        text=str(source["text"]),
        severity=next((known for known in SEVERITIES if known == severity), "info"),
        confidence=source.get("confidence"),
        places=tuple(_place(item) for item in source.get("evidence") or ()),
    )


def _place(source: Mapping[str, Any]) -> Place:
    return Place(
        file=str(source["file"]),
        page=int(source["page"]),
        line=source.get("line"),
        box=_box(source.get("box")),
        quote=str(source.get("quote") or ""),
    )


def _box(source: Any) -> Box | None:
    match source:
        case [x0, y0, x1, y1]:
            return (float(x0), float(y0), float(x1), float(y1))
        case {"x0": x0, "y0": y0, "x1": x1, "y1": y1}:
            return (float(x0), float(y0), float(x1), float(y1))
        case _:
            return None


def _lab(source: Mapping[str, Any], number: int) -> Lab:
    flag = source.get("flag")
    printed_range = source.get("range") or {}
    # Rows of the schema have no id of their own; their order within one analysis never changes.
    said = Said(
        id=str(source.get("id") or f"lab-{number}"),
        text=str(source["printed_name"]),
        severity="emergency" if source.get("critical") else "info",
        confidence=None,
        places=(_place(source),),
    )
    return Lab(
        said=said,
        value=str(source.get("text") or source.get("value") or ""),
        unit=source.get("unit"),
        range_text=printed_range.get("text"),
        flag_printed=source.get("flag_printed"),
        flag=next((known for known in ("L", "H", "N") if known == flag), None),
        is_critical=bool(source.get("critical")),
        sample_time=source.get("sample_time"),
        previous=tuple(str(item.get("text") or "") for item in source.get("previous") or ()),
        check=source.get("check"),
    )


def _concern(source: Mapping[str, Any]) -> Concern:
    page = source.get("page")
    return Concern(
        code=str(source.get("code") or ""),
        message=str(source.get("message") or ""),
        file=source.get("file"),
        page=None if page is None else int(page),
    )


def _unread(source: Mapping[str, Any]) -> Unread:
    return Unread(
        file=str(source["file"]),
        page=int(source["page"]),
        line=source.get("line"),
        quote=str(source.get("quote") or ""),
    )


def _candidate(source: Mapping[str, Any]) -> Candidate:
    return Candidate(
        name=str(source["name"]),
        icd10=source.get("icd10"),
        description=source.get("description"),
        confidence=source.get("confidence"),
        criteria_met=source.get("criteria_met"),
        criteria_total=source.get("criteria_total"),
        evidence_for=_said(source.get("evidence_for")),
        evidence_against=_said(source.get("evidence_against")),
        missing=_said(source.get("missing")),
    )
