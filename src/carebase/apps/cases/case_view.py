"""What the case page shows: alerts first, then the draft with a pointer to every source.

In charge of order and wording; nothing is judged here, and nothing is called normal.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import date
from typing import Any
from urllib.parse import quote

from carebase.apps.cases import lab_table, pointing, views
from carebase.apps.cases import progress_view as progress
from carebase.apps.cases import result as results
from carebase.apps.cases.lab_table import LabTable
from carebase.apps.cases.pointing import ConcernView, Confidence, Pointing, StatementView
from carebase.apps.cases.progress_view import ProgressView
from carebase.apps.cases.result import Candidate, Result
from carebase.documents.text import Kind
from carebase.records.cases import Case
from carebase.records.files import CaseFile
from carebase.records.insights import Step
from carebase.web.messages import Reader

MISMATCH = "patient_mismatch_"
"""How the codes of warnings begin that say that a file may be of another patient."""
SAID_ELSEWHERE = frozenset({"page_unread", "line_unread", "image_not_interpreted"})
"""Warnings that the list of unread places or the imaging section repeats with its link."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Group:
    """Statements under one heading; a template leaves out a group without statements."""

    title: str
    statements: tuple[StatementView, ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class OtherPatientView:
    """A file that contradicts the case's patient."""

    file_id: str
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
    labs: tuple[LabTable, ...]
    """One table a file: rows of two files never stand together, they may be of two people."""
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
    codes_address: str | None
    """Where codes are printed for the patient to sign in with; None for whoever may not."""
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
    codes_address: str | None = None,
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
        opened=t.moment(case.created_at),
        opened_at=case.created_at.isoformat(timespec="seconds"),
        status=views.status_mark(t, case.status),
        case_summary=case.case_summary or None,
        doctor_notes=case.doctor_notes or None,
        codes_address=codes_address,
        progress=progress.progress_view(t, case=case, steps=steps),
        draft=None if analysis is None else _draft(t, case.case_id, files=files, result=results.read(analysis)),
        files=rows,
        images=tuple(row for row in rows if row.is_image),
    )


def _draft(t: Reader, case_id: str, *, files: Sequence[CaseFile], result: Result) -> DraftView:
    points = Pointing(t, case_id, names={file.file_id: file.file_name for file in files})
    others = _other_patients(case_id, files=files, result=result)
    context = result.patient_context
    return DraftView(
        engine=result.engine,
        alerts=points.statements(result.alerts),
        other_patients=others,
        warnings=tuple(
            points.concern(item)
            for item in result.warnings
            if item.code not in SAID_ELSEWHERE and not item.code.startswith(MISMATCH)
        ),
        unread=tuple(points.unread(item) for item in result.unread),
        summary=points.statements(result.summary),
        summary_groups=(
            Group(title=t("summary-key-findings"), statements=points.statements(result.key_findings)),
            # The note says the same words again where the context is its first part.
            Group(
                title=t("summary-context"),
                statements=() if context == result.soap["subjective"] else points.statements(context),
            ),
        ),
        summary_confidence=pointing.confidence(t, result.summary_confidence),
        soap=tuple(
            Group(title=t(f"soap-{part}"), statements=points.statements(said)) for part, said in result.soap.items()
        ),
        soap_confidence=pointing.confidence(t, result.soap_confidence),
        primary=None if result.primary is None else _candidate(t, points, result.primary),
        reason=points.statements(result.reason),
        alternatives=tuple(_candidate(t, points, item) for item in result.alternatives),
        labs=lab_table.tables(
            t,
            points,
            result=result,
            doubted={other.file_id for other in others if other.confirm_address is not None},
        ),
        lab_summary=points.statements(result.lab_summary),
        radiology_summary=points.statements(result.radiology_summary),
    )


def _other_patients(case_id: str, *, files: Sequence[CaseFile], result: Result) -> tuple[OtherPatientView, ...]:
    """The files with an identity that is not the patient's, each once."""
    said = [(item.file, item.message) for item in result.warnings if item.code.startswith(MISMATCH)]
    return tuple(
        OtherPatientView(
            file_id=file.file_id,
            name=file.file_name,
            address=pointing.page_address(case_id, file_id=file.file_id, page=1),
            texts=texts,
            confirm_address=None
            if file.is_confirmed
            else f"/cases/{case_id}/files/{quote(file.file_id, safe='')}/confirmation",
        )
        for file in files
        if (texts := tuple(message for of, message in said if of == file.file_id))
    )


def _candidate(t: Reader, points: Pointing, candidate: Candidate) -> CandidateView:
    met, total = candidate.criteria_met, candidate.criteria_total
    return CandidateView(
        name=candidate.name,
        icd10=candidate.icd10,
        description=candidate.description,
        criteria=None if met is None or total is None else t("diagnosis-criteria", met=met, total=total),
        confidence=pointing.confidence(t, candidate.confidence),
        evidence_for=points.statements(candidate.evidence_for),
        evidence_against=points.statements(candidate.evidence_against),
        missing=points.statements(candidate.missing),
    )


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
        address=pointing.page_address(case_id, file_id=file.file_id, page=1),
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
