"""The paragraphs of a case's summary, as statements.

In charge of what may be said about the whole: while anything is unread, nothing here says that
results are within their ranges.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from carebase.clinical import notes
from carebase.clinical.diagnosis import Diagnosis
from carebase.clinical.person import Person
from carebase.clinical.statements import Severity, Statement
from carebase.records.file_reading import FileReading


@dataclass(frozen=True, slots=True, kw_only=True)
class Summary:
    """The text of the whole, and what stands under laboratory and radiology."""

    text: tuple[Statement, ...]
    labs: tuple[Statement, ...]
    radiology: tuple[Statement, ...]


def summarise(
    person: Person,
    readings: Sequence[FileReading],
    *,
    alerts: Sequence[Statement],
    diagnosis: Diagnosis,
    described: Sequence[Statement],
) -> Summary:
    """The summary of one case; `described` is what imaging reports and images gave."""
    unread = sum(len(reading.unread) for reading in readings)
    labs = of_labs(readings)
    text: list[Statement] = []
    if alerts:
        text.append(Statement(code="summary-alerts", params={"count": len(alerts)}, severity=Severity.EMERGENCY))
    text.append(notes.person(person))
    if diagnosis.primary is not None:
        params = {"pattern": diagnosis.primary.pattern.id, "icd10": diagnosis.primary.icd10}
        text.append(Statement(code="summary-primary", params=dict(params), severity=diagnosis.primary.urgency))
    elif diagnosis.reason is not None:
        text.append(diagnosis.reason)
    text.append(labs[0])
    if unread:
        text.append(_unread(unread))
    text.append(Statement(code="draft"))
    return Summary(text=tuple(text), labs=labs, radiology=_radiology(readings, described=described))


def of_labs(readings: Sequence[FileReading]) -> tuple[Statement, ...]:
    """Counts of what was read, judged and left out; never "within range" while anything is unread."""
    used = [reading for reading in readings if not reading.is_other_patient]
    rows = [row for reading in used for row in reading.labs]
    unread = sum(len(reading.unread) for reading in readings)
    unread_labs = (_unread(unread),) if unread else ()
    if not rows:
        is_held_back = len(used) < len(readings)
        code = "summary-not-used" if is_held_back else "summary-no-labs"
        return (Statement(code=code), *unread_labs)
    flagged = sum(row.flag in ("L", "H") for row in rows)
    judged = sum(row.flag is not None for row in rows)
    files = sum(bool(reading.labs) for reading in used)
    counts = {"read": len(rows), "files": files, "flagged": flagged}
    said = [Statement(code="summary-counts", params=dict(counts))]
    is_all_used = not unread and len(used) == len(readings)
    if is_all_used and judged == len(rows) and not flagged and not any(row.critical for row in rows):
        said.append(Statement(code="summary-within", params={"judged": judged}))
    if judged < len(rows):
        said.append(Statement(code="summary-no-range", params={"count": len(rows) - judged}))
    if len(used) < len(readings):
        said.append(Statement(code="summary-not-used", severity=Severity.URGENT))
    return (*said, *unread_labs)


def _unread(count: int) -> Statement:
    return Statement(code="summary-unread", params={"count": count}, severity=Severity.URGENT)


def _radiology(readings: Sequence[FileReading], *, described: Sequence[Statement]) -> tuple[Statement, ...]:
    if described:
        return tuple(described)
    has_report = any(reading.radiology is not None for reading in readings)
    return (Statement(code="summary-radiology-silent" if has_report else "summary-no-radiology"),)
