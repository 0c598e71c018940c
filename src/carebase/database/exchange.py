"""One statement under one role, its transaction included, in one round trip.

For the data API, which writes its SQL for each request: positional parameters as text, the answer as the bytes
PostgreSQL sent. Everything else asks through `session`.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from enum import StrEnum
from functools import lru_cache
from typing import Final, TypeAlias

import psycopg
from psycopg import pq, sql

from carebase import errors
from carebase.database import refusals
from carebase.database.line import Command, Value
from carebase.database.lines import Lines

Row: TypeAlias = "tuple[bytes | None, ...]"
Rows: TypeAlias = "tuple[Row, ...]"
Accept: TypeAlias = "Callable[[tuple[Rows, ...]], None]"

STATEMENT_TIMEOUT: Final = "15s"
IDLE_TIMEOUT: Final = "30s"
CLAIMS: Final = "request.jwt.claims"


class Ending(StrEnum):
    """What becomes of the transaction when nothing went wrong."""

    COMMIT = "commit"
    ROLLBACK = "rollback"


ENDINGS: Final[Mapping[Ending, tuple[Command, ...]]] = {
    Ending.COMMIT: (("commit", ()),),
    # What would be refused at the end of a commit is refused here too.
    Ending.ROLLBACK: (("set constraints all immediate", ()), ("rollback", ())),
}


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
    values: Sequence[Value] = ()


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
    def is_plain(self) -> bool:
        """Whether the transaction is one as PostgreSQL begins and ends it by itself."""
        return self.isolation is None and self.ending is Ending.COMMIT


async def ask(lines: Lines, asked: Asked, *, accept: Accept | None = None) -> tuple[Rows, ...]:
    """The rows of each statement, each column as PostgreSQL writes it.

    What `accept` raises about them undoes everything. Refused in PostgreSQL's words; NotSignedIn when the session
    has ended; Unavailable without a connection. A read whose connection is lost is asked once more.
    """
    try:
        try:
            return await _asked(lines, asked, accept)
        except psycopg.OperationalError as error:
            # A change may have been made before the connection was lost.
            if not asked.is_read_only or not _is_lost(error):
                raise
        return await _asked(lines, asked, accept)
    except UnicodeEncodeError as error:
        raise errors.Invalid(details="A text holds half a character, which cannot be stored.") from error
    except psycopg.Error as error:
        raise _as_refusal(error) from error


async def _asked(lines: Lines, asked: Asked, accept: Accept | None) -> tuple[Rows, ...]:
    # What is sent in one round trip is one transaction by itself; a write that may be refused has two of them.
    is_implicit = asked.is_plain and (asked.is_read_only or accept is None)
    commands: list[Command] = [] if is_implicit else [(_beginning(asked), ())]
    commands.append(_opening(asked, is_implicit=is_implicit))
    if asked.before is not None:
        commands.append((_calling(asked.before), ()))
    first = len(commands)
    # A plan belongs to the role it was made for; one that several roles share would be made again at each change.
    mark = _mark(asked.role)
    commands += [(f"{mark}{statement.text}", statement.values) for statement in asked.statements]
    last = len(commands)
    ending = () if is_implicit else ENDINGS[asked.ending]
    line = await lines.take()
    try:
        if accept is None:
            commands += ending
        results = await line.exchange(commands)
        rows = tuple([_rows(result) for result in results[first:last]])
        if accept is not None:
            accept(rows)  # What this raises leaves a transaction open, which the pool undoes.
            if ending:
                await line.exchange(ending)
    finally:
        lines.give_back(line)
    return rows


def _rows(result: pq.abc.PGresult) -> Rows:
    columns = range(result.nfields)
    return tuple([tuple([result.get_value(row, column) for column in columns]) for row in range(result.ntuples)])


@lru_cache(maxsize=64)
def _mark(role: str) -> str:
    return f"/*{role}*/" if role.isidentifier() else ""


@lru_cache(maxsize=16)
def _calling(function: tuple[str, str]) -> str:
    return sql.SQL("select {}()").format(sql.Identifier(*function)).as_string()


def _beginning(asked: Asked) -> str:
    isolation = f" isolation level {asked.isolation}" if asked.isolation else ""
    return f"begin{isolation}{' read only' if asked.is_read_only else ''}"


def _opening(asked: Asked, *, is_implicit: bool) -> Command:
    settings = {
        "statement_timeout": STATEMENT_TIMEOUT,
        **asked.settings,
        "role": asked.role,
        CLAIMS: asked.claims,
    }
    if is_implicit and asked.is_read_only:
        settings["transaction_read_only"] = "on"
    if not is_implicit:
        settings["idle_in_transaction_session_timeout"] = IDLE_TIMEOUT
    return _opening_text(tuple(settings), with_sessions=asked.with_sessions), list(settings.values())


@lru_cache(maxsize=256)
def _opening_text(names: tuple[str, ...], *, with_sessions: bool) -> str:
    calls = [f"set_config({sql.quote(name)}, ${place}, true)" for place, name in enumerate(names, 1)]
    if with_sessions:
        calls.append(f"private.begin_request(${names.index(CLAIMS) + 1}::jsonb)")
    # Nobody reads what they give back: a number of it is less to send than all of it.
    return f"select num_nulls({', '.join(calls)})"


def _is_lost(error: psycopg.OperationalError) -> bool:
    # Without a state the connection itself broke; 08 and 57P are the server's word for the same.
    return not error.sqlstate or error.sqlstate.startswith(("08", "57P"))


def _as_refusal(error: psycopg.Error) -> errors.CareError:
    state = error.sqlstate
    if not state or state == "CA401" or state.startswith(("08", "57P")):
        return refusals.as_care_error(error)
    return Refused(error)
