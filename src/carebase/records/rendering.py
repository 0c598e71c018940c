"""Words an analysis in one language: the frozen result schema of API, pages and command line.

In charge of the shape (`docs/reference/result.schema.json`). Ids, numbers and evidence are the same
in every language; only names and sentences differ.
"""

from __future__ import annotations

import hashlib
import json
from collections.abc import Iterable, Mapping, Sequence
from decimal import Decimal
from typing import Any

from carebase.clinical import icd10, texts
from carebase.clinical.evidence import Evidence
from carebase.clinical.outcomes import State
from carebase.clinical.patterns import Judged
from carebase.clinical.results import LabResult
from carebase.clinical.statements import Parameter, Severity, Statement
from carebase.clinical.texts import Language
from carebase.records import case_summary
from carebase.records.analysis import ENGINE, VERSION, Analysis
from carebase.records.file_reading import FileReading, Notice, UnreadPlace

Json = dict[str, Any]
ID_LENGTH = 16

# Confidence is null everywhere until it is calibrated on evaluation data.
_NOT_ASSESSED = None


def render(analysis: Analysis, language: Language) -> Json:
    """The whole result; JSON-ready, numbers as numbers."""
    summary = analysis.summary
    return {
        "engine": f"{ENGINE} {VERSION}",
        "language": language,
        "critical_alerts": _statements(analysis.alerts, language),
        "labs": [lab(row) for row in analysis.labs],
        "unread": [_unread(place) for place in analysis.unread],
        "warnings": [_notice(notice, language) for notice in analysis.notices],
        "case_summary": {
            "text": _paragraph(summary.text, language),
            "key_findings": _statements(analysis.key_findings, language),
            "patient_context": _statements(analysis.soap.subjective, language),
            "doctor_notes": analysis.case.notes or "",
            "lab_summary": _paragraph(summary.labs, language),
            "radiology_summary": _paragraph(summary.radiology, language),
            "confidence": _NOT_ASSESSED,
        },
        "soap": {
            "subjective": _statements(analysis.soap.subjective, language),
            "objective": _statements(analysis.soap.objective, language),
            "assessment": _statements(analysis.soap.assessment, language),
            "plan": _statements(analysis.soap.plan, language),
            "confidence": _NOT_ASSESSED,
        },
        "diagnosis": _diagnosis(analysis, language),
        "overall_confidence": _NOT_ASSESSED,
    }


def file_summary(analysis: Analysis, file: str, language: Language) -> Json:
    """What one file gave, for `case_files.ai_summary`; KeyError for a file not of this analysis."""
    reading = next((one for one in analysis.files if one.given.file == file), None)
    if reading is None:
        raise KeyError(file)
    return {
        "engine": f"{ENGINE} {VERSION}",
        "language": language,
        "kind": _kind(reading),
        "summary": _file_text(analysis, reading, language),
        "critical_alerts": _statements(_of_file(analysis.alerts, file), language),
        "key_findings": _statements(_of_file(analysis.key_findings, file), language),
        "labs": [lab(row) for row in reading.labs],
        "unread": [_unread(place) for place in reading.unread],
        "warnings": [_notice(one, language) for one in analysis.notices if one.file == file],
        "confidence": _NOT_ASSESSED,
    }


def statement_id(statement: Statement) -> str:
    """A short hash of code, parameters and evidence: equal in every language and every run."""
    key = [statement.code, _params(statement.params), [_evidence(place) for place in statement.evidence]]
    packed = json.dumps(key, ensure_ascii=False, sort_keys=True, separators=(",", ":"))
    return hashlib.sha256(packed.encode()).hexdigest()[:ID_LENGTH]


def lab(row: LabResult) -> Json:
    """One laboratory row; `text` keeps the printed digits."""
    shown = None
    if row.range is not None:
        shown = {"low": _number(row.range.low), "high": _number(row.range.high), "text": row.range.text}
    return {
        "printed_name": row.printed_name,
        "analyte": row.analyte,
        "loinc": row.loinc,
        "value": _number(row.value),
        "comparator": row.comparator,
        "text": row.text,
        "unit": row.unit,
        "range": shown,
        "flag_printed": row.flag_printed,
        "flag": row.flag,
        "critical": row.critical,
        "check": row.check,
        "sample_time": None if row.sample_time is None else row.sample_time.isoformat(),
        "previous": [
            {
                "value": _number(one.value),
                "text": one.text,
                "sample_time": None if one.sample_time is None else one.sample_time.isoformat(),
            }
            for one in row.previous
        ],
        "file": row.file,
        "page": row.page,
        "line": row.line,
        "box": list(row.box),
        "quote": row.quote,
    }


def _diagnosis(analysis: Analysis, language: Language) -> Json:
    found = analysis.diagnosis
    return {
        "primary": None if found.primary is None else _candidate(found.primary, language),
        "reason": None if found.reason is None else _statement(found.reason, language),
        "alternatives": [_candidate(one, language) for one in found.alternatives],
    }


def _candidate(one: Judged, language: Language) -> Json:
    code = "diagnosis-name" if one.state is State.MET else "diagnosis-name-possible"
    return {
        "name": texts.sentence(code, {"pattern": one.pattern.id}, language=language),
        "icd10": one.icd10,
        "description": icd10.describe(one.icd10, language=language),
        "confidence": _NOT_ASSESSED,
        "criteria_met": one.met,
        "criteria_total": one.total,
        "evidence_for": _statements(one.supports, language),
        "evidence_against": _statements(one.against, language),
        "missing": _statements(one.missing, language),
    }


def _statements(statements: Iterable[Statement], language: Language) -> list[Json]:
    return [_statement(statement, language) for statement in statements]


def _statement(statement: Statement, language: Language) -> Json:
    return {
        "id": statement_id(statement),
        "code": statement.code,
        "params": _params(statement.params),
        "text": texts.word(statement, language),
        "severity": statement.severity.value,
        "evidence": [_evidence(place) for place in statement.evidence],
        "confidence": statement.confidence,
    }


def _params(params: Mapping[str, Parameter]) -> Json:
    return {name: _number(value) if isinstance(value, Decimal) else value for name, value in sorted(params.items())}


def _number(value: Decimal | None) -> int | float | None:
    if value is None:
        return None
    return int(value) if value == value.to_integral_value() else float(value)


def _evidence(place: Evidence) -> Json:
    return {
        "file": place.file,
        "page": place.page,
        "line": place.line,
        "box": None if place.box is None else list(place.box),
        "quote": place.quote,
        "sha256": place.sha256,
    }


def _unread(place: UnreadPlace) -> Json:
    return {
        "file": place.file,
        "page": place.page,
        "line": place.line,
        "box": None if place.box is None else list(place.box),
        "quote": place.quote,
        "reason": place.reason,
    }


def _notice(notice: Notice, language: Language) -> Json:
    return {
        "code": notice.code,
        "message": texts.sentence(f"warning-{notice.code}", {}, language=language),
        "file": notice.file,
        "page": notice.page,
    }


def _paragraph(statements: Iterable[Statement], language: Language) -> str:
    return "\n".join(texts.word(statement, language) for statement in statements)


def _kind(reading: FileReading) -> str:
    if reading.image is not None:
        return "image"
    if reading.radiology is not None:
        return "radiology"
    return "lab" if reading.labs else "unread" if reading.unread else "text"


def _file_text(analysis: Analysis, reading: FileReading, language: Language) -> str:
    name = reading.given.file
    if reading.is_other_patient:
        return texts.sentence("summary-not-used", {}, language=language)
    if reading.image is not None:
        return texts.sentence("image-stored", {"name": reading.given.name}, language=language)
    if reading.radiology is not None:
        described = _of_file(analysis.soap.objective, name)
        silent = (Statement(code="summary-radiology-silent", severity=Severity.INFO),)
        return _paragraph(described or silent, language)
    said = case_summary.of_labs([reading])
    # A file that was read whole still reassures nobody while another one of the case is not.
    return _paragraph([one for one in said if not (analysis.unread and one.code == "summary-within")], language)


def _of_file(statements: Sequence[Statement], file: str) -> list[Statement]:
    return [one for one in statements if any(place.file == file for place in one.evidence)]
