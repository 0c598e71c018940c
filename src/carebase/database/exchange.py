"""One statement under one role, its transaction included, in one round trip.

For the data API, which writes its SQL for each request: positional parameters as text, the answer as the bytes
PostgreSQL sent. Everything else asks through `session`.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from enum import StrEnum
from functools import lru_cache
from typing import Any, Final, TypeAlias

import psycopg
import psycopg_pool
from psycopg import sql

from carebase import errors
from carebase.database import refusals

Connection = psycopg.AsyncConnection[Any]
Row: TypeAlias = "tuple[bytes | None, ...]"
Rows: TypeAlias = "tuple[Row, ...]"
Accept: TypeAlias = "Callable[[tuple[Rows, ...]], None]"

STATEMENT_TIMEOUT: Final = "15s"
IDLE_TIMEOUT: Final = "30s"


class Ending(StrEnum):
    """What becomes of the transaction when nothing went wrong."""

    COMMIT = "commit"
    ROLLBACK = "rollback"


class Isolation(StrEnum):
    """The isolation levels that PostgreSQL tells apart."""

    READ_COMMITTED = "read committed"
    REPEATABLE_READ = "repeatable read"
    SERIALIZABLE = "serializable"


class Refused(errors.CareError):
    """PostgreSQL refused; in its own words, which may quote what is stored: nobody but `rest` may show them."""

    code, status, message = "refused_by_database", 500, "PostgreSQL refused the statement."

    def __init__(self, error: psycopg.Error) -> None:
        super().__init__()
        self.sqlstate: Final = error.sqlstate or ""
        self.primary: Final = error.diag.message_primary or ""
        self.detail: Final = error.diag.message_detail
        self.advice: Final = error.diag.message_hint


@dataclass(frozen=True, slots=True)
class Statement:
    """SQL with `$1`, `$2` … and their values as text, whose types are left to PostgreSQL."""

    text: str
    values: Sequence[str | bytes | None] = ()


@dataclass(frozen=True, slots=True, kw_only=True)
class Asked:
    """Statements, and as whom and how they run.

    `settings` hold until the transaction ends and are set in their order, before the role. `before` is a function
    without arguments that is called first and may refuse.
    """

    role: str
    claims: str
    statements: Sequence[Statement]
    settings: Mapping[str, str] = field(default_factory=dict)
    before: tuple[str, str] | None = None
    is_read_only: bool = False
    isolation: Isolation | None = None
    ending: Ending = Ending.COMMIT
    with_sessions: bool = True
    """Whether the database knows sessions, so that one that has ended is refused."""

    @property
    def is_implicit(self) -> bool:
        """Whether the transaction that PostgreSQL itself makes of one round trip is enough."""
        return self.is_read_only and self.isolation is None and self.ending is Ending.COMMIT


async def ask(
    pool: psycopg_pool.AsyncConnectionPool, asked: Asked, *, accept: Accept | None = None
) -> tuple[Rows, ...]:
    """The rows of each statement, each column as PostgreSQL writes it.

    What `accept` raises about them undoes everything. Refused in PostgreSQL's words; NotSignedIn when the session
    has ended; Unavailable without a connection. A read whose connection is lost is asked once more.
    """
    try:
        try:
            async with pool.connection() as connection:
                return await _exchange(connection, asked, accept)
        except psycopg.OperationalError as error:
            if not _is_lost(error):
                raise
            # After a restart the pool's other connections are as dead as this one.
            await pool.check()
            if not asked.is_read_only:
                raise  # It may have been committed.
        async with pool.connection() as connection:
            return await _exchange(connection, asked, accept)
    except UnicodeEncodeError as error:
        raise errors.Invalid(details="A text holds half a character, which cannot be stored.") from error
    except (psycopg.Error, psycopg_pool.PoolTimeout, psycopg_pool.TooManyRequests) as error:
        raise _as_refusal(error) from error


async def _exchange(connection: Connection, asked: Asked, accept: Accept | None) -> tuple[Rows, ...]:
    begins = None if asked.is_implicit else _beginning(asked)
    opening, opened_with = _opening(asked)
    cursors = [psycopg.AsyncRawCursor(connection) for _ in asked.statements]
    other = psycopg.AsyncRawCursor(connection)
    # One prepared statement that several roles share would be planned again at each change of the role.
    mark = f"/*{asked.role}*/" if asked.role.isidentifier() else ""
    async with connection.pipeline():
        if begins is not None:
            await other.execute(begins)
        await other.execute(opening, opened_with)
        if asked.before is not None:
            await other.execute(sql.SQL("select {}()").format(sql.Identifier(*asked.before)))
        for cursor, statement in zip(cursors, asked.statements, strict=True):
            await cursor.execute(f"{mark}{statement.text}", statement.values)
        if accept is None and begins is not None:
            await _end(other, asked.ending)
    rows = tuple(_rows(cursor) for cursor in cursors)
    if accept is not None:
        accept(rows)  # What this raises leaves the pool's own context, which rolls back.
        if begins is not None:
            async with connection.pipeline():
                await _end(other, asked.ending)
    return rows


async def _end(cursor: psycopg.AsyncRawCursor[Any], ending: Ending) -> None:
    if ending is Ending.ROLLBACK:
        # What would be refused at the end of a commit is refused here too.
        await cursor.execute("set constraints all immediate")
    await cursor.execute(ending.value)


def _rows(cursor: psycopg.AsyncRawCursor[Any]) -> Rows:
    result = cursor.pgresult
    if result is None:
        return ()
    columns = range(result.nfields)
    return tuple(tuple(result.get_value(row, column) for column in columns) for row in range(result.ntuples))


def _beginning(asked: Asked) -> str:
    isolation = f" isolation level {asked.isolation}" if asked.isolation else ""
    return f"begin{isolation}{' read only' if asked.is_read_only else ''}"


def _opening(asked: Asked) -> tuple[str, list[str]]:
    settings = {
        "statement_timeout": STATEMENT_TIMEOUT,
        "idle_in_transaction_session_timeout": IDLE_TIMEOUT,
        **asked.settings,
        "role": asked.role,
        "request.jwt.claims": asked.claims,
    }
    if asked.is_implicit:
        settings["transaction_read_only"] = "on"
    text = _opening_text(tuple(settings), with_sessions=asked.with_sessions)
    values = list(settings.values())
    return text, [*values, asked.claims] if asked.with_sessions else values


@lru_cache(maxsize=256)
def _opening_text(names: tuple[str, ...], *, with_sessions: bool) -> str:
    calls = [f"set_config({sql.quote(name)}, ${place}, true)" for place, name in enumerate(names, 1)]
    if with_sessions:
        calls.append(f"private.begin_request(${len(names) + 1}::jsonb)")
    return f"select {', '.join(calls)}"


def _is_lost(error: psycopg.OperationalError) -> bool:
    # Without a state the connection itself broke; 08 and 57P are the server's word for the same.
    return not error.sqlstate or error.sqlstate.startswith(("08", "57P"))


def _as_refusal(error: psycopg.Error | psycopg_pool.PoolTimeout) -> errors.CareError:
    state = "" if isinstance(error, psycopg_pool.PoolTimeout | psycopg_pool.TooManyRequests) else error.sqlstate
    if not state or state == "CA401" or state.startswith(("08", "57P")):
        return refusals.as_care_error(error)
    return Refused(error)
