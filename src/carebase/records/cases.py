"""Cases: a clinician's question about one patient.

Reads are put on the audit's record here; writes are by the database.
"""

from __future__ import annotations

import base64
import binascii
import uuid
from dataclasses import asdict, dataclass, fields
from datetime import UTC, date, datetime
from enum import StrEnum
from typing import Any, Final, NewType
from uuid import UUID

from carebase import errors
from carebase.audit import log
from carebase.clinical import person
from carebase.clinical.person import Person, Sex
from carebase.database import queries
from carebase.database.session import Coming, Session, Together

SQL = queries.beside(__file__)

CaseId = NewType("CaseId", str)

LONGEST_PAGE: Final = 200
OLDEST_AGE_YEARS: Final = 130
FAR_FUTURE: Final = datetime(9999, 1, 1, tzinfo=UTC)
LONG_AGO: Final = datetime(1900, 1, 1, tzinfo=UTC)
LAST_ROW: Final = 2**63 - 1
SEX_WORDS: Final = {
    Sex.FEMALE: frozenset({"female", "f", "femme", "féminin", "feminin", "woman", "w"}),
    Sex.MALE: frozenset({"male", "m", "homme", "masculin", "man", "h"}),
}


class CaseStatus(StrEnum):
    """Document 000's three states."""

    PROCESSING = "processing"
    COMPLETED = "completed"
    FAILED = "failed"


class Order(StrEnum):
    """In which order cases are listed."""

    LATEST = "-created_at"
    EARLIEST = "created_at"


@dataclass(frozen=True, slots=True, kw_only=True)
class NewCase:
    """What a clinician writes when opening a case. Either age or birth date is known."""

    patient_name: str
    patient_gender: str
    patient_age: int | None = None
    patient_birth_date: date | None = None
    pregnant: bool | None = None
    gestation_weeks: int | None = None
    case_summary: str | None = None
    doctor_notes: str | None = None


@dataclass(frozen=True, slots=True)
class Case:
    """One case, as stored."""

    case_id: CaseId
    doctor_id: UUID
    patient_name: str
    patient_age: int
    patient_gender: str
    patient_birth_date: date | None
    pregnant: bool | None
    gestation_weeks: int | None
    case_summary: str | None
    doctor_notes: str | None
    status: str
    failure_reason: str | None
    critical_count: int | None
    analysis_no: int
    created_at: datetime
    updated_at: datetime
    row_id: int
    patient_id: UUID | None = None

    def person(self, *, today: date) -> Person:
        """The patient as medicine judges them; a gender that is no sex leaves sex unknown."""
        word = self.patient_gender.strip().lower()
        sex = next((sex for sex, words in SEX_WORDS.items() if word in words), None)
        if self.patient_birth_date is not None:
            age_days = max(0, (today - self.patient_birth_date).days)
        else:
            age_days = person.days_of(self.patient_age)
        return Person(
            name=self.patient_name,
            sex=sex,
            birth_date=self.patient_birth_date,
            age_days=age_days,
            pregnant=self.pregnant,
            gestation_weeks=self.gestation_weeks,
        )


@dataclass(frozen=True, slots=True, kw_only=True)
class CaseFilter:
    """Which cases are wanted. `words` are parts of a patient's name."""

    status: CaseStatus | None = None
    gender: str | None = None
    since: datetime | None = None
    until: datetime | None = None
    words: str | None = None


@dataclass(frozen=True, slots=True)
class CasePage:
    """Some cases and where the next ones begin."""

    items: tuple[Case, ...]
    next_cursor: str | None
    total: int | None


def fresh_id() -> CaseId:
    """The id of a case that is not there yet."""
    return CaseId(str(uuid.uuid4()))


def open_with(ask: Together, new: NewCase, *, case_id: CaseId, today: date) -> Coming[Case]:
    """A new case of the caller; it is in work from the commit on. NotAllowed without a clinical role."""
    values = asdict(new) | {"case_id": case_id, "patient_age": age_in_years(new, today=today)}
    return ask.one(SQL["open_case"], Case, **values)


async def read(session: Session, case_id: CaseId) -> Case:
    """The case, or NotFound when it does not exist for this reader."""
    concerned = log.saw(session, "public.cases", [case_id])
    case = await session.one(SQL["case_by_id"], Case, case_id=case_id)
    concerned += log.concerning(case.patient_id)
    return case


async def lock(session: Session, case_id: CaseId) -> Case:
    """The case, kept from other writers until this transaction ends."""
    concerned = log.saw(session, "public.cases", [case_id])
    case = await session.one(SQL["lock_case"], Case, case_id=case_id)
    concerned += log.concerning(case.patient_id)
    return case


async def page(
    session: Session,
    wanted: CaseFilter,
    *,
    order: Order = Order.LATEST,
    limit: int = 50,
    cursor: str | None = None,
    with_total: bool = False,
) -> CasePage:
    """Some of the caller's cases. Invalid for a cursor that was not made here."""
    latest = order is Order.LATEST
    cursor_at, cursor_id = _read_cursor(cursor) if cursor else ((FAR_FUTURE, LAST_ROW) if latest else (LONG_AGO, 0))
    terms: dict[str, Any] = {
        "status": wanted.status.value if wanted.status else None,
        "gender": wanted.gender,
        "since": wanted.since or LONG_AGO,
        "until": wanted.until or FAR_FUTURE,
        "words": wanted.words,
    }
    limit = max(1, min(limit, LONGEST_PAGE))
    places = {"cursor_at": cursor_at, "cursor_id": cursor_id, "limit": limit + 1}
    if latest:
        found = await session.all(SQL["latest_cases"], Case, **terms, **places)
    else:
        found = await session.all(SQL["earliest_cases"], Case, **terms, **places)
    items = tuple(found[:limit])
    patients = log.concerning(*(case.patient_id for case in items))
    log.saw(session, "public.cases", [case.case_id for case in items], action="list", patients=patients)
    total = await session.value(SQL["count_cases"], **terms) if with_total else None
    return CasePage(items, _cursor_after(items[-1]) if len(found) > limit else None, total)


async def change(session: Session, case_id: CaseId, changes: dict[str, Any], *, today: date) -> Case:
    """The case with the given fields of NewCase changed; a change of the inputs starts a new analysis."""
    known = {field.name for field in fields(NewCase)}
    if unknown := set(changes) - known:
        raise errors.Invalid(details=f"{min(unknown)} cannot be changed.")
    if changes.get("patient_birth_date") is not None:
        changes = {**changes, "patient_age": years_between(changes["patient_birth_date"], today)}
    values: dict[str, Any] = {}
    for name in known:
        values[name] = changes.get(name)
        values[f"set_{name}"] = name in changes
    return await session.one(SQL["change_case"], Case, case_id=case_id, **values)


async def analyse_again(session: Session, case_id: CaseId) -> Case:
    """The case in work once more; Conflict while it is in work already."""
    await lock(session, case_id)
    if await session.run(SQL["analyse_again"], case_id=case_id) == 0:
        raise errors.Conflict(details="The case is being analysed already.", hint="Wait for it to end.")
    return await read(session, case_id)


async def discard(session: Session, case_id: CaseId) -> None:
    """Take the case out of every view; its record stays for its retention. NotFound when it is not the caller's."""
    if not await session.value(SQL["discard_case"], case_id=case_id):
        raise errors.NotFound


def running_with(ask: Together) -> Coming[int]:
    """How many analyses of the caller are in work."""
    return ask.value(SQL["count_running"])


def age_in_years(new: NewCase, *, today: date) -> int:
    """Completed years, from the birth date where there is one. Invalid without either, or beyond a human life."""
    if new.patient_birth_date is not None:
        return years_between(new.patient_birth_date, today)
    if new.patient_age is None:
        raise errors.Invalid(details="patient_age or birth_date is missing.", hint="Give one of them.")
    if not 0 <= new.patient_age <= OLDEST_AGE_YEARS:
        raise errors.Invalid(details=f"patient_age must be between 0 and {OLDEST_AGE_YEARS}.")
    return new.patient_age


def years_between(born: date, today: date) -> int:
    """Completed years between two dates.

    >>> years_between(date(2000, 2, 29), date(2025, 2, 28))
    24
    """
    years = today.year - born.year - ((today.month, today.day) < (born.month, born.day))
    if not 0 <= years <= OLDEST_AGE_YEARS:
        raise errors.Invalid(details="birth_date is in the future or too far in the past.")
    return years


def _cursor_after(case: Case) -> str:
    place = f"{case.created_at.isoformat()} {case.row_id}"
    return base64.urlsafe_b64encode(place.encode()).decode().rstrip("=")


def _read_cursor(cursor: str) -> tuple[datetime, int]:
    try:
        at, row_id = base64.urlsafe_b64decode(cursor + "=" * (-len(cursor) % 4)).decode("ascii").split(" ")
        place = datetime.fromisoformat(at), int(row_id)
    except (ValueError, binascii.Error) as error:
        raise errors.Invalid(
            details="The cursor is not one of ours.", hint="Use next_cursor as it was given."
        ) from error
    if place[0].tzinfo is None or not 0 <= place[1] <= LAST_ROW:
        raise errors.Invalid(details="The cursor is not one of ours.", hint="Use next_cursor as it was given.")
    return place
