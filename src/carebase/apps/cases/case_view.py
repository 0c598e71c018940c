"""What the case page shows: alerts first, then the draft with a pointer to every source.

In charge of wording and order; nothing is judged here, and nothing is called normal.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import date, datetime
from typing import Any, Literal
from urllib.parse import quote

from carebase.apps.cases import result as results
from carebase.apps.cases import views
from carebase.apps.cases.result import Candidate, Concern, Lab, Place, Result, Said, Unread
from carebase.documents.text import Kind
from carebase.records.cases import Case
from carebase.records.files import CaseFile
from carebase.records.insights import Step
from carebase.web.messages import Reader

STEPS = ("stored", "read", "labs", "imaging", "insights")
StepState = Literal["waiting", "running", "done", "failed", "skipped"]
STEP_STATES: tuple[StepState, ...] = ("waiting", "running", "done", "failed", "skipped")
MISMATCH = "patient_mismatch_"
"""How the codes of warnings begin that say that a file may be of another patient."""
SAID_ELSEWHERE = frozenset({"page_unread", "line_unread", "image_not_interpreted"})
"""Warnings that the list of unread places or the imaging section repeats with its link."""
FlagKind = Literal["critical", "high", "low", "within", "none"]


@dataclass(frozen=True, slots=True, kw_only=True)
class EvidenceLink:
    """A pointer to the source of a statement."""

    address: str | None
    """The page with the line highlighted; None for the clinician's own text, which has no page."""
    name: str
    """The file's name, or that it is the clinician's text."""
    place: str
    """Page and line in short."""
    sentence: str
    """The whole pointer in words, for a screen reader."""
    quote: str


@dataclass(frozen=True, slots=True, kw_only=True)
class StatementView:
    """One statement of the draft."""

    text: str
    severity: results.Severity
    evidence: tuple[EvidenceLink, ...]
    confidence: str | None
    """In words; None when the statement stands without one of its own."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Group:
    """Statements under one heading; a template leaves out a group without statements."""

    title: str
    statements: tuple[StatementView, ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class Confidence:
    """How sure the draft is: `percent` for the bar, None when it was not assessed."""

    percent: int | None
    text: str


@dataclass(frozen=True, slots=True, kw_only=True)
class FlagMark:
    """How a result stands to its range: kind picks icon and colour, text says it."""

    kind: FlagKind
    text: str


@dataclass(frozen=True, slots=True, kw_only=True)
class LabRow:
    """One result of the table."""

    name: str
    value: str
    unit: str
    range_text: str
    flag: FlagMark
    printed_flag: str | None
    """What the laboratory itself printed, when it did."""
    previous: str | None
    sampled: str | None
    source: EvidenceLink
    is_critical: bool


@dataclass(frozen=True, slots=True, kw_only=True)
class ConcernView:
    """A warning or an unread place, with the page it is about."""

    text: str
    address: str | None
    link_text: str | None


@dataclass(frozen=True, slots=True, kw_only=True)
class OtherPatientView:
    """A file that contradicts the case's patient."""

    name: str
    address: str
    texts: tuple[str, ...]
    """What does not match, one sentence each."""
    confirm_address: str | None
    """Where to answer that it is of this patient; None when that was answered."""


@dataclass(frozen=True, slots=True, kw_only=True)
class CandidateView:
    """One diagnosis with what speaks for and against it."""

    name: str
    icd10: str | None
    description: str | None
    criteria: str | None
    confidence: Confidence
    evidence_for: tuple[StatementView, ...]
    evidence_against: tuple[StatementView, ...]
    missing: tuple[StatementView, ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class FileRow:
    """One attached file."""

    address: str
    name: str
    facts: str
    is_image: bool


@dataclass(frozen=True, slots=True, kw_only=True)
class StepRow:
    """One step of the analysis."""

    name: str
    state: StepState
    in_words: str
    """Name and state as one sentence."""
    reason: str | None


@dataclass(frozen=True, slots=True, kw_only=True)
class ProgressView:
    """How far the analysis is."""

    status: views.StatusMark
    steps: tuple[StepRow, ...]
    now: str
    """What is being done just now, as a sentence."""
    failure: str | None
    fragment_address: str
    events_address: str
    retry_address: str
    page_address: str


@dataclass(frozen=True, slots=True, kw_only=True)
class DraftView:
    """The analysis."""

    engine: str
    alerts: tuple[StatementView, ...]
    other_patients: tuple[OtherPatientView, ...]
    warnings: tuple[ConcernView, ...]
    unread: tuple[ConcernView, ...]
    summary: tuple[StatementView, ...]
    summary_groups: tuple[Group, ...]
    summary_confidence: Confidence
    soap: tuple[Group, ...]
    soap_confidence: Confidence
    primary: CandidateView | None
    reason: tuple[StatementView, ...]
    alternatives: tuple[CandidateView, ...]
    labs: tuple[LabRow, ...]
    lab_summary: tuple[StatementView, ...]
    radiology_summary: tuple[StatementView, ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class CaseView:
    """The whole case page."""

    address: str
    patient_name: str
    age: str
    sex: str
    born: str | None
    pregnancy: str | None
    opened: str
    opened_at: str
    status: views.StatusMark
    case_summary: str | None
    doctor_notes: str | None
    progress: ProgressView
    draft: DraftView | None
    files: tuple[FileRow, ...]
    images: tuple[FileRow, ...]


def case_view(
    t: Reader,
    *,
    case: Case,
    files: Sequence[CaseFile],
    steps: Sequence[Step],
    analysis: Mapping[str, Any] | None,
    today: date,
) -> CaseView:
    """The page of one case; `analysis` in the frozen result schema, in the reader's language."""
    born = case.patient_birth_date
    rows = tuple(_file_row(t, case.case_id, file) for file in files)
    return CaseView(
        address=f"/cases/{case.case_id}",
        patient_name=case.patient_name,
        age=views.age_in_words(t, case, today=today),
        sex=views.sex_in_words(t, case),
        born=None if born is None else t("day", when=born),
        pregnancy=None if case.pregnant is None else t("case-pregnant" if case.pregnant else "case-not-pregnant"),
        opened=t("moment", when=case.created_at),
        opened_at=case.created_at.isoformat(timespec="seconds"),
        status=views.status_mark(t, case.status),
        case_summary=case.case_summary or None,
        doctor_notes=case.doctor_notes or None,
        progress=progress_view(t, case=case, steps=steps),
        draft=None if analysis is None else _draft(t, case.case_id, files=files, result=results.read(analysis)),
        files=rows,
        images=tuple(row for row in rows if row.is_image),
    )


def progress_view(t: Reader, *, case: Case, steps: Sequence[Step]) -> ProgressView:
    """How far the analysis is; steps that have not been heard of yet are waiting."""
    heard = {step.step: step for step in steps}
    status = views.status_mark(t, case.status)
    failure = None
    if status.kind == "failed":
        failure = reason_in_words(t, case.failure_reason)
    rows = tuple(_step_row(t, name, heard.get(name), said=failure) for name in STEPS)
    running = next((row.name for row in rows if row.state == "running"), None)
    return ProgressView(
        status=status,
        steps=rows,
        now=t("progress-queued") if running is None else t("progress-now", step=running),
        failure=failure,
        fragment_address=f"/cases/{case.case_id}/progress",
        events_address=f"/api/cases/{case.case_id}/events",
        retry_address=f"/cases/{case.case_id}/analysis",
        page_address=f"/cases/{case.case_id}",
    )


def _step_row(t: Reader, name: str, step: Step | None, *, said: str | None) -> StepRow:
    state: StepState = next((known for known in STEP_STATES if step is not None and known == step.state), "waiting")
    reason = None if step is None or state != "failed" else reason_in_words(t, step.reason)
    return StepRow(
        name=t(f"step-{name}"),
        state=state,
        in_words=t("step-and-state", step=t(f"step-{name}"), state=t(f"step-state-{state}")),
        # What stands above the steps is not said twice.
        reason=None if reason == said else reason,
    )


def reason_in_words(t: Reader, reason: str | None) -> str:
    """Why an analysis stopped: our sentence for a known code, else that the reason is not known."""
    key = f"reason-{(reason or '').replace('_', '-')}"
    return t(key) if t.messages.has(t.language, key) else t("reason-unknown")


def _draft(t: Reader, case_id: str, *, files: Sequence[CaseFile], result: Result) -> DraftView:
    pointing = Pointing(t, case_id, names={file.file_id: file.file_name for file in files})
    return DraftView(
        engine=result.engine,
        alerts=pointing.statements(result.alerts),
        other_patients=_other_patients(case_id, files=files, result=result),
        warnings=tuple(
            pointing.concern(item)
            for item in result.warnings
            if item.code not in SAID_ELSEWHERE and not item.code.startswith(MISMATCH)
        ),
        unread=tuple(pointing.unread(item) for item in result.unread),
        summary=pointing.statements(result.summary),
        summary_groups=(
            Group(title=t("summary-key-findings"), statements=pointing.statements(result.key_findings)),
            Group(title=t("summary-context"), statements=pointing.statements(result.patient_context)),
        ),
        summary_confidence=confidence(t, result.summary_confidence),
        soap=tuple(
            Group(title=t(f"soap-{part}"), statements=pointing.statements(said)) for part, said in result.soap.items()
        ),
        soap_confidence=confidence(t, result.soap_confidence),
        primary=None if result.primary is None else _candidate(t, pointing, result.primary),
        reason=pointing.statements(result.reason),
        alternatives=tuple(_candidate(t, pointing, item) for item in result.alternatives),
        labs=tuple(_lab_row(t, pointing, lab) for lab in result.labs),
        lab_summary=pointing.statements(result.lab_summary),
        radiology_summary=pointing.statements(result.radiology_summary),
    )


def _other_patients(case_id: str, *, files: Sequence[CaseFile], result: Result) -> tuple[OtherPatientView, ...]:
    """The files with an identity that is not the patient's, each once."""
    said = [(item.file, item.message) for item in result.warnings if item.code.startswith(MISMATCH)]
    return tuple(
        OtherPatientView(
            name=file.file_name,
            address=page_address(case_id, file_id=file.file_id, page=1),
            texts=texts,
            confirm_address=None
            if file.is_confirmed
            else f"/cases/{case_id}/files/{quote(file.file_id, safe='')}/confirmation",
        )
        for file in files
        if (texts := tuple(message for of, message in said if of == file.file_id))
    )


@dataclass(frozen=True, slots=True)
class Pointing:
    """Makes statements that point at the files of one case."""

    t: Reader
    case_id: str
    names: Mapping[str, str]
    """File names by file id."""

    def statements(self, said: Sequence[Said]) -> tuple[StatementView, ...]:
        """The statements, each with its sources."""
        return tuple(self.statement(one) for one in said)

    def statement(self, said: Said) -> StatementView:
        """One statement with its sources."""
        return StatementView(
            text=said.text,
            severity=said.severity,
            evidence=tuple(self.link(said, place) for place in said.places),
            confidence=None if said.confidence is None else confidence(self.t, said.confidence).text,
        )

    def link(self, said: Said, place: Place) -> EvidenceLink:
        """The pointer to one source."""
        if place.file == results.CASE_TEXT:
            name = self.t("evidence-case-text")
            return EvidenceLink(address=None, name=name, place="", sentence=name, quote=place.quote)
        name = self.names.get(place.file, place.file)
        known = {"file": name, "page": str(place.page)}
        if place.line is None:
            short, sentence = self.t("evidence-page", page=str(place.page)), self.t("evidence-open-page", **known)
        else:
            short = self.t("evidence-line", page=str(place.page), line=str(place.line))
            sentence = self.t("evidence-open-line", **known, line=str(place.line))
        return EvidenceLink(
            address=page_address(self.case_id, file_id=place.file, page=place.page, mark=Mark(said.id, place.line)),
            name=name,
            place=short,
            sentence=sentence,
            quote=place.quote,
        )

    def unread(self, place: Unread) -> ConcernView:
        """A place that was not read, with its words where there are any."""
        text = self.t("unread-line", quote=place.quote) if place.quote else self.t("unread-page", page=str(place.page))
        return self.concern(Concern(code="", message=text, file=place.file, page=place.page))

    def concern(self, concern: Concern) -> ConcernView:
        """A warning with the page it is about, if it is about one."""
        if concern.file is None or concern.file not in self.names:
            return ConcernView(text=concern.message, address=None, link_text=None)
        page = concern.page or 1
        return ConcernView(
            text=concern.message,
            address=page_address(self.case_id, file_id=concern.file, page=page),
            link_text=self.t("concern-open", file=self.names[concern.file], page=str(page)),
        )


@dataclass(frozen=True, slots=True)
class Mark:
    """What to highlight on a page: one line of a statement (its first one there, without a number)."""

    statement: str
    line: int | None

    @property
    def query(self) -> str:
        """The mark as part of an address."""
        return f"?hl={quote(self.statement, safe='')}" + ("" if self.line is None else f"&line={self.line}")


def page_address(case_id: str, *, file_id: str, page: int, mark: Mark | None = None) -> str:
    """The address of a page of a file, with the statement whose line is to be marked."""
    address = f"/cases/{case_id}/files/{quote(file_id, safe='')}/pages/{page}"
    return address + mark.query if mark is not None and mark.statement else address


def confidence(t: Reader, value: float | None) -> Confidence:
    """A confidence in words; None was not assessed, and says so."""
    if value is None:
        return Confidence(percent=None, text=t("confidence-none"))
    percent = round(value * 100)
    return Confidence(percent=percent, text=t("confidence-percent", percent=percent))


def _candidate(t: Reader, pointing: Pointing, candidate: Candidate) -> CandidateView:
    met, total = candidate.criteria_met, candidate.criteria_total
    return CandidateView(
        name=candidate.name,
        icd10=candidate.icd10,
        description=candidate.description,
        criteria=None if met is None or total is None else t("diagnosis-criteria", met=met, total=total),
        confidence=confidence(t, candidate.confidence),
        evidence_for=pointing.statements(candidate.evidence_for),
        evidence_against=pointing.statements(candidate.evidence_against),
        missing=pointing.statements(candidate.missing),
    )


def _lab_row(t: Reader, pointing: Pointing, lab: Lab) -> LabRow:
    return LabRow(
        name=lab.said.text,
        value=lab.value,
        unit=lab.unit or "",
        range_text=lab.range_text or t("lab-no-range"),
        flag=_flag(t, lab),
        printed_flag=None if lab.flag_printed is None else t("lab-printed-flag", flag=lab.flag_printed),
        previous=t("lab-previous", values="; ".join(lab.previous)) if lab.previous else None,
        sampled=_sampled(t, lab.sample_time),
        source=pointing.link(lab.said, lab.said.places[0]),
        is_critical=lab.is_critical,
    )


def _flag(t: Reader, lab: Lab) -> FlagMark:
    """The mark of a row; a row without a range that applies says so, and never that it is fine."""
    side = {"L": "low", "H": "high", "N": "within", None: "none"}[lab.flag]
    if lab.is_critical:
        return FlagMark(kind="critical", text=t(f"flag-critical-{side}"))
    if lab.check is not None:
        return FlagMark(kind="none", text=t("flag-check"))
    match lab.flag:
        case "L":
            return FlagMark(kind="low", text=t("flag-low"))
        case "H":
            return FlagMark(kind="high", text=t("flag-high"))
        case "N":
            return FlagMark(kind="within", text=t("flag-within"))
        case None:
            return FlagMark(kind="none", text=t("flag-none"))


def _sampled(t: Reader, sample_time: str | None) -> str | None:
    if sample_time is None:
        return None
    when = datetime.fromisoformat(sample_time)
    # A report prints its own wall clock: it is shown as printed, in no other zone.
    return t("lab-sampled", when=when.replace(tzinfo=None))


def _file_row(t: Reader, case_id: str, file: CaseFile) -> FileRow:
    pages = file.page_count
    size = size_in_words(t, file.file_size)
    category = t(f"category-{'radiology' if file.file_category == 'radiology' else 'lab'}")
    facts = (
        t("file-facts", category=category, size=size)
        if pages is None
        else t("file-facts-pages", category=category, size=size, pages=pages)
    )
    return FileRow(
        address=page_address(case_id, file_id=file.file_id, page=1),
        name=file.file_name,
        facts=facts,
        is_image=is_image(file.file_type),
    )


def size_in_words(t: Reader, size: int) -> str:
    """A size in kilobytes below a tenth of a megabyte, else in megabytes; never zero."""
    megabytes = size / views.BYTES_OF_MEGABYTE
    if megabytes < 0.1:
        return t("size-kilobytes", size=max(1, round(size / 1024)))
    return t("size-megabytes", size=round(megabytes, 1))


def is_image(file_type: str) -> bool:
    """Whether a file is a picture rather than a report; takes its media type.

    >>> is_image("application/dicom"), is_image("application/pdf")
    (True, False)
    """
    return file_type in {Kind.PNG, Kind.JPEG, Kind.DICOM}
