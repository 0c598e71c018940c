"""What the worklist and the form of a new case show.

In charge of turning records into words and addresses; a template decides nothing. The case page has
`case_view`, the page of a file `file_view`.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import date, datetime
from typing import Literal

from carebase.records import files
from carebase.records.cases import Case
from carebase.web.messages import Reader

Status = Literal["processing", "completed", "failed"]
STATUSES: tuple[Status, ...] = ("processing", "completed", "failed")
GENDERS = ("female", "male", "other")
DAYS_OF_NEWBORN = 28
MONTHS_OF_INFANT = 24
BYTES_OF_MEGABYTE = 1024 * 1024
FILE_LIMIT_MEGABYTES = files.LARGEST_FILE_BYTES // BYTES_OF_MEGABYTE
ACCEPTED = ".pdf,.png,.jpg,.jpeg,.dcm,.txt,.csv"


@dataclass(frozen=True, slots=True, kw_only=True)
class StatusMark:
    """Where a case stands: `kind` picks the look, `text` says it."""

    kind: Status
    text: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Choice:
    """One entry of a select."""

    value: str
    text: str
    is_selected: bool


@dataclass(frozen=True, slots=True, kw_only=True)
class WorklistRow:
    """One case in the list."""

    address: str
    patient_name: str
    age: str
    sex: str
    status: StatusMark
    alerts: str | None
    """How many critical alerts; None when there is none or no analysis yet, and the page stays silent."""
    opened: str
    opened_at: str
    """ISO 8601, for the `time` element."""


@dataclass(frozen=True, slots=True, kw_only=True)
class WorklistView:
    """The list of cases that the reader may see."""

    rows: tuple[WorklistRow, ...]
    choices: tuple[Choice, ...]
    is_filtered: bool
    first_address: str | None
    """Back to the first page; None on it."""
    next_address: str | None
    """None on the last page."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Mistake:
    """A field that has to change: its id, and the sentence that says how."""

    field: str
    text: str


@dataclass(frozen=True, slots=True, kw_only=True)
class NewCaseView:
    """The form of a new case, with what was typed before and its mistakes."""

    values: Mapping[str, str]
    """By field name: patient_name, birth_date, patient_age, patient_gender, pregnant,
    case_summary, doctor_notes. Each is there, empty if need be."""
    mistakes: tuple[Mistake, ...]
    genders: tuple[Choice, ...]
    pregnancies: tuple[Choice, ...]
    accepted: str
    file_limit_bytes: int
    file_limit_megabytes: int
    file_count: int
    idempotency_key: str
    """Sent along, so that a form sent twice opens one case."""
    kept: str | None = None
    """When a draft was kept that is offered here, as a sentence."""

    def mistake_of(self, field: str) -> str | None:
        """The sentence about one field, if it has one."""
        return next((mistake.text for mistake in self.mistakes if mistake.field == field), None)


NEW_CASE_FIELDS = (
    "patient_name",
    "birth_date",
    "patient_age",
    "patient_gender",
    "pregnant",
    "case_summary",
    "doctor_notes",
)


def new_case_view(
    t: Reader,
    *,
    values: Mapping[str, str],
    mistakes: Sequence[Mistake],
    idempotency_key: str,
    kept_at: datetime | None = None,
) -> NewCaseView:
    """The form, filled with `values` (of NEW_CASE_FIELDS; others are left out)."""
    kept = {field: values.get(field, "") for field in NEW_CASE_FIELDS}
    return NewCaseView(
        values=kept,
        mistakes=tuple(mistakes),
        genders=tuple(
            Choice(value=gender, text=t(f"gender-{gender}"), is_selected=kept["patient_gender"] == gender)
            for gender in GENDERS
        ),
        pregnancies=tuple(
            Choice(value=value, text=t(f"pregnant-{word}"), is_selected=kept["pregnant"] == value)
            for value, word in (("", "unknown"), ("true", "yes"), ("false", "no"))
        ),
        accepted=ACCEPTED,
        file_limit_bytes=files.LARGEST_FILE_BYTES,
        file_limit_megabytes=FILE_LIMIT_MEGABYTES,
        file_count=files.MOST_FILES,
        idempotency_key=idempotency_key,
        kept=None if kept_at is None else t("draft-kept", when=t.moment(kept_at)),
    )


def worklist_view(
    t: Reader,
    *,
    cases: Sequence[Case],
    status: Status | None,
    cursor: str | None,
    next_cursor: str | None,
    today: date,
) -> WorklistView:
    """One page of the worklist."""
    return WorklistView(
        rows=tuple(_row(t, case, today=today) for case in cases),
        choices=(
            Choice(value="", text=t("worklist-every-status"), is_selected=status is None),
            *(Choice(value=known, text=t(f"status-{known}"), is_selected=known == status) for known in STATUSES),
        ),
        is_filtered=status is not None,
        first_address=None if cursor is None else _list_address(status=status, cursor=None),
        next_address=None if next_cursor is None else _list_address(status=status, cursor=next_cursor),
    )


def _row(t: Reader, case: Case, *, today: date) -> WorklistRow:
    return WorklistRow(
        address=f"/cases/{case.case_id}",
        patient_name=case.patient_name,
        age=age_in_words(t, case, today=today),
        sex=sex_in_words(t, case),
        status=status_mark(t, case.status),
        alerts=t("worklist-alerts", count=case.critical_count) if case.critical_count else None,
        opened=t.moment(case.created_at),
        opened_at=case.created_at.isoformat(timespec="seconds"),
    )


def _list_address(*, status: Status | None, cursor: str | None) -> str:
    parts = [f"{name}={value}" for name, value in (("status", status), ("cursor", cursor)) if value is not None]
    return "/cases" + (f"?{'&'.join(parts)}" if parts else "")


def status_of(text: str) -> Status:
    """The status, from the record's text; ValueError for anything else."""
    for known in STATUSES:
        if known == text:
            return known
    raise ValueError(f"not a case status: {text!r}")


def status_mark(t: Reader, status: str) -> StatusMark:
    """The status as a page shows it."""
    kind = status_of(status)
    return StatusMark(kind=kind, text=t(f"status-{kind}"))


def sex_in_words(t: Reader, case: Case) -> str:
    """The recorded gender: translated where it is one of ours, else as it was written."""
    if case.patient_gender in GENDERS:
        return t(f"gender-{case.patient_gender}")
    return case.patient_gender or t("gender-unknown")


def age_in_words(t: Reader, case: Case, *, today: date) -> str:
    """The age: days for a newborn, months for an infant, else years; from the birth date when known."""
    born = case.patient_birth_date
    if born is None or born > today:
        return t("age-years", count=case.patient_age)
    days = (today - born).days
    if days < DAYS_OF_NEWBORN:
        return t("age-days", count=days)
    months = (today.year - born.year) * 12 + today.month - born.month - (today.day < born.day)
    if months < MONTHS_OF_INFANT:
        return t("age-months", count=months)
    return t("age-years", count=months // 12)
