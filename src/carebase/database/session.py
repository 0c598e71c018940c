"""One request, one transaction, one identity.

A session is lazy: it takes a connection at its first query and sends role, claims, time-outs and that
query in one round trip. It commits when its block ends well, before the response leaves, and rolls back
when the block raises.
"""

from __future__ import annotations

from collections.abc import AsyncIterator, Mapping
from contextlib import AbstractAsyncContextManager, AsyncExitStack, asynccontextmanager
from dataclasses import dataclass, field
from typing import Any, Final, LiteralString, TypeVar

import psycopg
import psycopg_pool
from psycopg import rows

from carebase import errors
from carebase.database import refusals
from carebase.database.identity import Identity
from carebase.database.queries import Query

Row = TypeVar("Row")

STATEMENT_TIMEOUT_MILLISECONDS: Final = 15_000
IDLE_TIMEOUT_MILLISECONDS: Final = 30_000

# Role-level time-outs are ignored after `set role`, so they travel with it.
BECOME: Final[LiteralString] = """
select set_config('role', %(role)s, true), set_config('request.jwt.claims', %(claims)s, true),
       set_config('statement_timeout', %(statement_timeout)s, true),
       set_config('idle_in_transaction_session_timeout', %(idle_timeout)s, true),
       set_config('transaction_read_only', %(read_only)s, true),
       private.begin_request(%(claims)s::jsonb)
"""
BECOME_WORKER: Final[LiteralString] = """
select set_config('carebase.lease', %(lease)s, true), set_config('statement_timeout', %(statement_timeout)s, true),
       set_config('idle_in_transaction_session_timeout', %(idle_timeout)s, true)
"""


@dataclass(slots=True)
class Session:
    """A transaction under one identity. Made by `begin`, `begin_as_worker` or `begin_as_login` only."""

    _pool: psycopg_pool.AsyncConnectionPool
    _become: LiteralString | None
    _settings: Mapping[str, str]
    identity: Identity | None
    reads: list[Mapping[str, Any]] = field(default_factory=list)
    """What was read and must be on the audit's record before the answer leaves; kept by `audit.log`."""
    _connection: psycopg.AsyncConnection[Any] | None = None
    _stack: AsyncExitStack = field(default_factory=AsyncExitStack)

    async def one(self, query: Query, row: type[Row], **values: Any) -> Row:
        """The one row of the query; NotFound when there is none for this reader."""
        found = await self.maybe(query, row, **values)
        if found is None:
            raise errors.NotFound
        return found

    async def maybe(self, query: Query, row: type[Row], **values: Any) -> Row | None:
        """The first row of the query or None."""
        async with self._cursor(query, values, rows.class_row(row)) as cursor:
            return await cursor.fetchone()

    async def all(self, query: Query, row: type[Row], **values: Any) -> list[Row]:
        """Every row of the query."""
        async with self._cursor(query, values, rows.class_row(row)) as cursor:
            return await cursor.fetchall()

    async def value(self, query: Query, **values: Any) -> Any:
        """The first column of the first row, None when there is no row."""
        async with self._cursor(query, values, rows.tuple_row) as cursor:
            found = await cursor.fetchone()
            return None if found is None else found[0]

    async def run(self, query: Query, **values: Any) -> int:
        """Run a query that returns nothing; the number of rows it touched."""
        async with self._cursor(query, values, rows.tuple_row) as cursor:
            return cursor.rowcount

    async def run_many(self, query: Query, values: list[dict[str, Any]]) -> None:
        """Run a query once for each set of values, in one round trip."""
        if not values:
            return
        connection = await self._connect()
        try:
            async with connection.pipeline(), connection.cursor() as cursor:
                await self._introduce(cursor)
                await cursor.executemany(query.text, values)
        except psycopg.Error as error:
            raise refusals.as_care_error(error) from error

    @asynccontextmanager
    async def _cursor(
        self, query: Query, values: Mapping[str, Any], factory: Any
    ) -> AsyncIterator[psycopg.AsyncCursor[Any]]:
        connection = await self._connect()
        try:
            async with connection.cursor(row_factory=factory) as cursor:
                # Our own files are the only source of query texts, so they count as literals.
                text = query.text
                if self._become is None:
                    await cursor.execute(text, values)
                else:
                    async with connection.pipeline():
                        await self._introduce(connection.cursor())
                        await cursor.execute(text, values)
                yield cursor
        except psycopg.Error as error:
            raise refusals.as_care_error(error) from error

    async def _introduce(self, cursor: psycopg.AsyncCursor[Any]) -> None:
        if self._become is not None:
            await cursor.execute(self._become, self._settings)
            self._become = None

    async def _connect(self) -> psycopg.AsyncConnection[Any]:
        if self._connection is not None:
            return self._connection
        try:
            connection: psycopg.AsyncConnection[Any] = await self._stack.enter_async_context(self._pool.connection())
        except (psycopg.Error, psycopg_pool.PoolTimeout) as error:
            raise refusals.as_care_error(error) from error
        self._connection = connection
        return connection


@asynccontextmanager
async def _transaction(session: Session) -> AsyncIterator[Session]:
    # The pool's own context commits on a clean end and rolls back on an error.
    try:
        async with session._stack:  # noqa: SLF001 (the one maker of sessions)
            yield session
    except psycopg.Error as error:
        raise refusals.as_care_error(error) from error


def begin(
    pool: psycopg_pool.AsyncConnectionPool,
    identity: Identity,
    *,
    read_only: bool = False,
    statement_timeout_milliseconds: int = STATEMENT_TIMEOUT_MILLISECONDS,
) -> AbstractAsyncContextManager[Session]:
    """`async with begin(pool, identity) as session:` — the transaction of one request."""
    settings = {
        "role": identity.role.value,
        "claims": identity.claims_json,
        "statement_timeout": str(statement_timeout_milliseconds),
        "idle_timeout": str(IDLE_TIMEOUT_MILLISECONDS),
        "read_only": "on" if read_only else "off",
    }
    return _transaction(Session(pool, BECOME, settings, identity))


def begin_as_worker(pool: psycopg_pool.AsyncConnectionPool, *, lease: str = "") -> AbstractAsyncContextManager[Session]:
    """A transaction of the worker, bound to the case whose lease it holds."""
    settings = {
        "lease": lease,
        "statement_timeout": str(STATEMENT_TIMEOUT_MILLISECONDS),
        "idle_timeout": str(IDLE_TIMEOUT_MILLISECONDS),
    }
    return _transaction(Session(pool, BECOME_WORKER, settings, None))


def begin_as_login(pool: psycopg_pool.AsyncConnectionPool) -> AbstractAsyncContextManager[Session]:
    """A transaction under the login's own rights, for services that are no person's (accounts, queue)."""
    return _transaction(Session(pool, None, {}, None))
