"""Searches the record of access for an administrator, and puts on record that it was looked at.

In charge of the search and of one entry. The words typed come in a body, never in an address, and which entries are
there for the reader is decided by the policies of the record.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any, Final
from uuid import UUID

from carebase import errors
from carebase.audit import log
from carebase.auth.accounts import Accounts
from carebase.database import queries
from carebase.database.session import Session

SQL = queries.beside(__file__)
RELATION: Final = "audit.log"
ROWS: Final = 50


@dataclass(frozen=True, slots=True, kw_only=True)
class Wanted:
    """Which entries; None stands for any."""

    actor: UUID | None = None
    patient: UUID | None = None
    action: str | None = None
    relation: str | None = None
    since: datetime | None = None
    until: datetime | None = None
    before_at: datetime | None = None
    """Where the page before ended."""
    before_seq: int | None = None

    @property
    def described(self) -> dict[str, str]:
        """What was asked for, for the record; the person asked about is among those concerned."""
        said = {"actor": self.actor, "action": self.action, "relation": self.relation,
                "since": self.since, "until": self.until}  # fmt: skip
        return {name: str(value) for name, value in said.items() if value is not None}


@dataclass(frozen=True, slots=True)
class Found:
    """An entry in a list."""

    seq: int
    sealed_at: int
    """Microseconds since 1970."""
    at: datetime
    actor: UUID | None
    action: str | None
    relation: str | None
    keys: Any


@dataclass(frozen=True, slots=True)
class Entry:
    """One entry as the reader may see it."""

    seq: int
    sealed_at: datetime
    at: datetime
    actor: UUID | None
    action: str | None
    relation: str | None
    keys: Any
    ip: str | None
    agent: str | None
    before: Any
    after: Any


@dataclass(frozen=True, slots=True)
class _Concerned:
    patient_id: UUID


@dataclass(frozen=True, slots=True)
class _Named:
    id: UUID
    name: str | None


async def search(session: Session, wanted: Wanted) -> tuple[list[Found], bool]:
    """A page of entries, and whether there are more behind it."""
    given = {
        "actor": wanted.actor, "action": wanted.action, "relation": wanted.relation, "since": wanted.since,
        "until": wanted.until, "before_at": wanted.before_at, "before_seq": wanted.before_seq, "most": ROWS + 1,
    }  # fmt: skip
    if wanted.patient is None:
        found = await session.all(SQL["entries"], Found, **given)
    else:
        found = await session.all(SQL["entries_about"], Found, patient=wanted.patient, **given)
    shown = found[:ROWS]
    log.saw(
        session,
        RELATION,
        [str(one.seq) for one in shown],
        action="search",
        patients=log.concerning(wanted.patient),
        details=wanted.described,
    )
    return shown, len(found) > ROWS


async def entry(session: Session, *, sealed_at: int, seq: int) -> tuple[Entry, Sequence[UUID]]:
    """One entry and whose records it concerns; NotFound where there is none for this reader."""
    found = await session.maybe(SQL["entry"], Entry, sealed_at=sealed_at, seq=seq)
    if found is None:
        raise errors.NotFound
    concerned = [one.patient_id for one in await session.all(SQL["concerned"], _Concerned, at=found.at, seq=seq)]
    log.saw(session, RELATION, [str(seq)], patients=log.concerning(*concerned))
    return found, concerned


async def names(means: Accounts, ids: Sequence[UUID | None]) -> Mapping[UUID, str]:
    """The addresses of accounts, of those that are still known."""
    wanted = sorted({one for one in ids if one is not None})
    if not wanted:
        return {}
    async with means.begin() as session:
        found = await session.all(SQL["named"], _Named, ids=wanted)
    return {one.id: one.name for one in found if one.name is not None}
