"""Writes down who did and who saw what, before anybody is told.

A write is recorded in its own transaction. A read is noted on its session and recorded by the gate
before the first byte of the answer leaves; where that cannot be done, the answer does not leave.
"""

from __future__ import annotations

import asyncio
import json
import re
import time
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, Final, Self
from uuid import UUID

from carebase import errors, observability
from carebase.database import queries, session
from carebase.database.identity import LONGEST_AGENT, Identity, Origin, Role
from carebase.database.session import Session, Together

if TYPE_CHECKING:
    from psycopg_pool import AsyncConnectionPool

SQL = queries.beside(__file__)
EVENTS = observability.Log("audit")

WRITE_TIMEOUT_SECONDS: Final = 5.0
# An escaped NUL that is not itself behind an escaped backslash; jsonb refuses it when the row is sealed.
ESCAPED_NUL: Final = re.compile(r"(?<!\\)((?:\\\\)*)\\u0000")


async def record(
    session: Session,
    action: str,
    relation: str,
    *,
    keys: Sequence[str],
    patients: Sequence[str] = (),
    request_id: str | None = None,
    details: Mapping[str, object] | None = None,
) -> None:
    """Record an action in the session's transaction: both become durable or neither.

    `action` is a verb such as "insert" or "signed", `relation` the table with its schema, `keys` the
    primary keys it touched, `patients` those concerned. `details` hold no clinical text.
    """
    async with session.together() as ask:
        record_with(ask, action, relation, keys=keys, patients=patients, request_id=request_id, details=details)


def record_with(
    ask: Together,
    action: str,
    relation: str,
    *,
    keys: Sequence[str],
    patients: Sequence[str] = (),
    request_id: str | None = None,
    details: Mapping[str, object] | None = None,
) -> None:
    """The same, sent together with the work it records."""
    ask.run(
        SQL["record"],
        action=action,
        relation=relation,
        keys=_json(list(keys)),
        patients=_json(list(patients)),
        request_id=request_id,
        details=_json(dict(details or {})),
    )


def saw(
    session: Session,
    relation: str,
    keys: Sequence[str],
    *,
    action: str = "read",
    patients: Sequence[str] = (),
    leads: Mapping[str, Sequence[str]] | None = None,
    details: Mapping[str, object] | None = None,
) -> list[str]:
    """Note on the session that these rows go to its reader; without keys, that it asked and found nothing.

    `leads` are those of `read_of`. Returns the list of the patients concerned, to which those are added that the rows
    turn out to be about.
    """
    concerned = list(patients)
    session.reads.append(
        {
            "action": action,
            "relation": relation,
            "keys": list(keys),
            "patients": concerned,
            "details": dict(details or {}),
            **({"leads": leads} if leads else {}),
        }
    )
    return concerned


def read_of(
    relation: str,
    keys: Sequence[object],
    *,
    patients: Sequence[str] = (),
    leads: Mapping[str, Sequence[str]] | None = None,
    details: Mapping[str, object] | None = None,
) -> Mapping[str, Any]:
    """A read for `ReadGate.release`, of rows that no session was asked for.

    `leads` are values of columns that lead to the records concerned (a case, a run, a message …), by the column;
    the database follows them when the read is written down.
    """
    return {
        "action": "read",
        "relation": relation,
        "keys": list(keys),
        "patients": list(patients),
        "details": dict(details or {}),
        **({"leads": leads} if leads else {}),
    }


def concerning(*patients: UUID | None) -> list[str]:
    """The patients of some rows as the record names them: each once, rows without a patient left out.

    >>> concerning(None, UUID(int=1), UUID(int=1))
    ['00000000-0000-0000-0000-000000000001']
    """
    return [str(patient) for patient in dict.fromkeys(patients) if patient is not None]


@dataclass(frozen=True, slots=True)
class _Waiting:
    bodies: list[str]
    leads: list[str | None]
    written: asyncio.Future[None]


class ReadGate:
    """Holds answers back until what they show is durably on record.

    `async with ReadGate(pools[Login.AUDIT_SEALER]) as gate:` runs its one writer, which commits the
    rows of all requests that are waiting at once.
    """

    def __init__(self, pool: AsyncConnectionPool) -> None:
        self._pool = pool
        self._waiting: list[_Waiting] = []
        self._arrived = asyncio.Event()
        self._closing = False
        self._writer: asyncio.Task[None] | None = None

    async def __aenter__(self) -> Self:
        """Start the writer."""
        self._writer = asyncio.create_task(self._write_batches(), name="audit read gate")
        return self

    async def __aexit__(self, *exc: object) -> None:
        """Write what is waiting, then stop."""
        self._closing = True
        self._arrived.set()
        if self._writer is not None:
            await self._writer

    async def release(
        self,
        reads: Sequence[Mapping[str, Any]],
        *,
        identity: Identity | None,
        origin: Origin,
    ) -> None:
        """Return once `reads` (a session's) are durable; the answer may leave only after this.

        Raises Unavailable when they cannot be written within the time allowed.
        """
        if not reads:
            return
        if self._closing or self._writer is None or self._writer.done():
            raise _not_recorded()
        at_microseconds = time.time_ns() // 1000
        bodies = [body_of(read, identity=identity, origin=origin, at_microseconds=at_microseconds) for read in reads]
        leads = [_json(read["leads"]) if read.get("leads") else None for read in reads]
        waiting = _Waiting(bodies, leads, asyncio.get_running_loop().create_future())
        self._waiting.append(waiting)
        self._arrived.set()
        try:
            async with asyncio.timeout(WRITE_TIMEOUT_SECONDS):
                await waiting.written
        except TimeoutError as error:
            raise _not_recorded() from error

    async def _write_batches(self) -> None:
        while self._waiting or not self._closing:
            await self._arrived.wait()
            self._arrived.clear()
            # Whoever gave up is not shown anything, so there is no read to record.
            batch = [waiting for waiting in self._waiting if not waiting.written.done()]
            self._waiting.clear()
            if batch:
                await self._write(batch)

    async def _write(self, batch: list[_Waiting]) -> None:
        bodies = [body for waiting in batch for body in waiting.bodies]
        leads = [lead for waiting in batch for lead in waiting.leads]
        failure: BaseException | None = None
        try:
            async with asyncio.timeout(WRITE_TIMEOUT_SECONDS), session.begin_as_login(self._pool) as transaction:
                await transaction.run(SQL["note_reads"], bodies=bodies, leads=leads)
        except (errors.CareError, TimeoutError) as error:
            EVENTS.error("reads_not_recorded", cause=error, count=len(bodies))
            failure = error
        except BaseException as error:
            # The gate stays shut from here on: better no answers than unrecorded ones.
            EVENTS.error("read_gate_stopped", cause=error, count=len(bodies))
            failure = error
            raise
        finally:
            for waiting in batch:
                if waiting.written.done():
                    continue
                if failure is None:
                    waiting.written.set_result(None)
                else:
                    refusal = _not_recorded()
                    refusal.__cause__ = failure
                    waiting.written.set_exception(refusal)


def body_of(
    read: Mapping[str, Any],
    *,
    identity: Identity | None,
    origin: Origin,
    at_microseconds: int,
) -> str:
    """The row of one read, in the shape of `audit.record`; `identity` None stands for nobody signed in.

    >>> note = {"action": "read", "relation": "public.cases", "keys": ["7"], "patients": [], "details": {}}
    >>> body_of(note, identity=None, origin=Origin(request_id="r"), at_microseconds=1)[:52]
    '{"at":1,"actor":"anon","session":null,"action":"read'
    """
    asking = identity or Identity(Role.ANON)
    user = asking.user_id
    return _json(
        {
            "at": at_microseconds,
            "actor": asking.role.value if user is None else str(user),
            "session": asking.claims.get("session_id"),
            **{name: value for name, value in read.items() if name != "leads"},
            "request": origin.request_id,
            "ip": origin.address,
            "agent": origin.agent and origin.agent[:LONGEST_AGENT],
        }
    )


def _json(value: object) -> str:
    text = json.dumps(value, ensure_ascii=False, separators=(",", ":"))
    # Half a surrogate pair is not text to PostgreSQL.
    text = text.encode("utf-8", "replace").decode("utf-8")
    return ESCAPED_NUL.sub(r"\1\\ufffd", text)


def _not_recorded() -> errors.Unavailable:
    return errors.Unavailable(
        hint="What is read must be recorded first, and that is not possible just now; try again.",
        retry_after_seconds=2,
    )
