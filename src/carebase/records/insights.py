"""What an analysis found: read by the clinician, published once by the worker that holds the case."""

from __future__ import annotations

import json
import uuid
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any, Final, Literal
from uuid import UUID

from carebase import errors
from carebase.audit import log
from carebase.database import queries
from carebase.database.session import Session, Together
from carebase.records import files
from carebase.records.cases import CaseId
from carebase.records.files import FileId

SQL = queries.beside(__file__)

Language = Literal["fr", "en"]
Rendered = Mapping[str, Any]
LANGUAGES: Final[tuple[Language, ...]] = ("fr", "en")
DEFAULT_LANGUAGE: Final[Language] = "fr"
StepName = Literal["stored", "read", "labs", "imaging", "insights"]
StepState = Literal["waiting", "running", "done", "failed", "skipped"]


class Superseded(errors.Conflict):
    """The case changed, was deleted or was taken over while it was analysed; the result is discarded."""

    code, message = "superseded", "A newer analysis of this case is on its way."


@dataclass(frozen=True, slots=True)
class Run:
    """One published analysis. `results` holds the result schema by language."""

    run_id: UUID
    case_id: CaseId
    analysis_no: int
    engine: str
    version: str
    inputs_sha256: str
    results: Any
    published_at: datetime
    patient_id: UUID | None = None


@dataclass(frozen=True, slots=True)
class Step:
    """How far one step of the analysis is; `reason` is a message id."""

    step: str
    state: str
    reason: str | None
    at: datetime


@dataclass(frozen=True, slots=True, kw_only=True)
class Published:
    """A result to be published: rendered in each language, with a summary for each file."""

    engine: str
    version: str
    inputs_sha256: str
    results: Mapping[Language, Rendered]
    file_summaries: Mapping[FileId, Rendered]
    page_counts: Mapping[FileId, int | None]


async def current_run(session: Session, case_id: CaseId) -> Run | None:
    """The latest published run, None before the first."""
    run = await session.maybe(SQL["current_run"], Run, case_id=case_id)
    keys, patients = ([str(run.run_id)], log.concerning(run.patient_id)) if run else ([], [])
    log.saw(session, "public.insight_runs", keys, patients=patients)
    return run


async def current(session: Session, case_id: CaseId, language: Language) -> Rendered | None:
    """The result schema of the latest run in a language, None before the first."""
    run = await current_run(session, case_id)
    return None if run is None else run.results[language]


async def steps(session: Session, case_id: CaseId) -> tuple[Step, ...]:
    """How far the analysis of the current inputs is."""
    return tuple(await session.all(SQL["steps"], Step, case_id=case_id))


def mark_with(ask: Together, case_id: CaseId, analysis_no: int, *, step: StepName, state: StepState) -> None:
    """Tell those who watch how far the work is."""
    ask.run(SQL["mark_step"], case_id=case_id, analysis_no=analysis_no, step=step, state=state, reason=None)


async def publish(session: Session, case_id: CaseId, analysis_no: int, *, lease: str, result: Published) -> UUID:
    """Make the result the case's own, all of it or nothing. Superseded when the case moved on."""
    if not await session.value(SQL["lock_leased"], case_id=case_id, analysis_no=analysis_no, lease=lease):
        raise Superseded
    run_id = uuid.uuid4()
    first = result.results[DEFAULT_LANGUAGE]
    async with session.together() as ask:
        ask.run(
            SQL["add_run"],
            run_id=run_id,
            case_id=case_id,
            analysis_no=analysis_no,
            lease=lease,
            engine=result.engine,
            version=result.version,
            inputs_sha256=result.inputs_sha256,
            results=json.dumps(result.results, ensure_ascii=False),
        )
        ask.run(SQL["add_statements"], run_id=run_id, statements=_statement_rows(first))
        ask.run(SQL["add_texts"], run_id=run_id, texts=_text_rows(result))
        for file_id, summary in result.file_summaries.items():
            ask.run(
                files.SQL["summarise_file"],
                file_id=file_id,
                ai_summary=json.dumps(summary, ensure_ascii=False),
                page_count=result.page_counts.get(file_id),
            )
        ask.run(SQL["show_insights"], case_id=case_id, run_id=run_id, **insight_columns(first))
        mark_with(ask, case_id, analysis_no, step="insights", state="done")
        critical_count = len(first["critical_alerts"])
        finished = ask.run(
            SQL["finish_case"], case_id=case_id, analysis_no=analysis_no, lease=lease, critical_count=critical_count
        )
    if finished.brought == 0:
        raise Superseded
    return run_id


def statements_of(result: Rendered) -> Iterator[tuple[str, Rendered]]:
    """Every statement of a rendered result with the place it stands in."""
    yield from (("critical_alert", statement) for statement in result["critical_alerts"])
    yield from (("key_finding", statement) for statement in result["case_summary"]["key_findings"])
    for section in ("subjective", "objective", "assessment", "plan"):
        yield from ((f"soap_{section}", statement) for statement in result["soap"][section])
    diagnosis = result["diagnosis"]
    named = ([diagnosis["primary"]] if diagnosis["primary"] else []) + list(diagnosis["alternatives"])
    for rank, candidate in enumerate(named):
        for part in ("evidence_for", "evidence_against", "missing"):
            yield from ((f"diagnosis_{rank}_{part}", statement) for statement in candidate[part])


def insight_columns(result: Rendered) -> dict[str, Any]:
    """The columns of document 000's `ai_insights` from a rendered result."""
    summary, soap, primary = result["case_summary"], result["soap"], result["diagnosis"]["primary"]
    texts = {f"soap_{section}": _joined(soap[section]) for section in ("subjective", "objective", "assessment", "plan")}
    return texts | {
        "comprehensive_summary": summary["text"],
        "key_findings": json.dumps(summary["key_findings"], ensure_ascii=False),
        "patient_context": json.dumps(summary["patient_context"], ensure_ascii=False),
        "doctor_notes": summary["doctor_notes"],
        "lab_summary": summary["lab_summary"],
        "radiology_summary": summary["radiology_summary"],
        "case_summary_confidence_score": summary["confidence"],
        "soap_confidence_score": soap["confidence"],
        "primary_diagnosis": primary["name"] if primary else None,
        "icd_code": primary["icd10"] if primary else None,
        "diagnosis_description": primary["description"] if primary else None,
        "diagnosis_confidence_score": primary["confidence"] if primary else None,
        "supporting_evidence": json.dumps(primary["evidence_for"] if primary else [], ensure_ascii=False),
        "overall_confidence_score": result["overall_confidence"],
    }


def _joined(statements: Sequence[Rendered]) -> str | None:
    return "\n".join(statement["text"] for statement in statements) or None


def _statement_rows(result: Rendered) -> str:
    columns = ("id", "code", "params", "severity", "evidence", "confidence")
    rows = [{"kind": kind} | {name: said[name] for name in columns} for kind, said in statements_of(result)]
    return json.dumps(rows, ensure_ascii=False)


def _text_rows(result: Published) -> str:
    rows = [
        {"id": said["id"], "lang": language, "text": said["text"]}
        for language in LANGUAGES
        for _, said in statements_of(result.results[language])
    ]
    return json.dumps(rows, ensure_ascii=False)
