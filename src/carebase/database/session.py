"""One request, one transaction, one identity.

A session is lazy: it takes a connection at its first query and sends role, claims, time-outs and that
query in one round trip. It commits when its block ends well, before the response leaves, and rolls back
when the block raises. A connection that was lost since its last use is replaced without anybody noticing.
"""

from __future__ import annotations

from collections.abc import AsyncIterator, Awaitable, Callable, Iterator, Mapping
from contextlib import AbstractAsyncContextManager, AsyncExitStack, asynccontextmanager, contextmanager
from dataclasses import dataclass, field
from typing import Any, Final, Generic, LiteralString, TypeVar

import psycopg
import psycopg_pool
from psycopg import rows

from carebase import errors
from carebase.database import refusals
from carebase.database.identity import Identity, Origin
from carebase.database.queries import Query

Row = TypeVar("Row")
T = TypeVar("T")
Connection = psycopg.AsyncConnection[Any]

STATEMENT_TIMEOUT_MILLISECONDS: Final = 15_000
IDLE_TIMEOUT_MILLISECONDS: Final = 30_000

# Role-level time-outs are ignored after `set role`, so they travel with it.
BECOME: Final[LiteralString] = """
select set_config('role', %(role)s, true), set_config('request.jwt.claims', %(claims)s, true),
       set_config('statement_timeout', %(statement_timeout)s, true),
       set_config('idle_in_transaction_session_timeout', %(idle_timeout)s, true),
       set_config('transaction_read_only', %(read_only)s, true),
       set_config('carebase.request', %(request)s, true),
       private.begin_request(%(claims)s::jsonb)
"""
BECOME_WORKER: Final[LiteralString] = """
select set_config('carebase.lease', %(lease)s, true), set_config('statement_timeout', %(statement_timeout)s, true),
       set_config('idle_in_transaction_session_timeout', %(idle_timeout)s, true)
"""


@dataclass(slots=True)
class Coming(Generic[T]):
    """What a query of `Session.together` brings, there once its block has ended."""

    query: Query
    values: Mapping[str, Any]
    factory: Any
    _read: Callable[[psycopg.AsyncCursor[Any]], Awaitable[T]]
    _found: list[T] = field(default_factory=list)

    @property
    def brought(self) -> T:
        """What it brought; RuntimeError inside the block, where it is still to be asked."""
        if not self._found:
            raise RuntimeError("the query was not sent yet")
        return self._found[0]

    async def arrive(self, cursor: psycopg.AsyncCursor[Any]) -> None:
        """Take what the cursor holds."""
        self._found.append(await self._read(cursor))


@dataclass(slots=True)
class Together:
    """Collects the queries of one round trip; the methods are those of Session."""

    waiting: list[Coming[Any]] = field(default_factory=list)

    def one(self, query: Query, row: type[Row], **values: Any) -> Coming[Row]:
        """The one row of the query; NotFound, when the block ends, where there is none for this reader."""
        return self._add(query, values, rows.class_row(row), read=_one)

    def maybe(self, query: Query, row: type[Row], **values: Any) -> Coming[Row | None]:
        """The first row of the query or None."""
        return self._add(query, values, rows.class_row(row), read=_first)

    def all(self, query: Query, row: type[Row], **values: Any) -> Coming[list[Row]]:
        """Every row of the query."""
        return self._add(query, values, rows.class_row(row), read=_every)

    def value(self, query: Query, **values: Any) -> Coming[Any]:
        """The first column of the first row, None when there is no row."""
        return self._add(query, values, rows.tuple_row, read=_first_column)

    def run(self, query: Query, **values: Any) -> Coming[int]:
        """A query that returns nothing; the number of rows it touched."""
        return self._add(query, values, rows.tuple_row, read=_touched)

    def _add(
        self,
        query: Query,
        values: Mapping[str, Any],
        factory: Any,
        *,
        read: Callable[[psycopg.AsyncCursor[Any]], Awaitable[T]],
    ) -> Coming[T]:
        coming = Coming(query, values, factory, read)
        self.waiting.append(coming)
        return coming


async def _one(cursor: psycopg.AsyncCursor[Any]) -> Any:
    found = await cursor.fetchone()
    if found is None:
        raise errors.NotFound
    return found


async def _first(cursor: psycopg.AsyncCursor[Any]) -> Any:
    return await cursor.fetchone()


async def _every(cursor: psycopg.AsyncCursor[Any]) -> list[Any]:
    return await cursor.fetchall()


async def _first_column(cursor: psycopg.AsyncCursor[Any]) -> Any:
    found = await cursor.fetchone()
    return None if found is None else found[0]


async def _touched(cursor: psycopg.AsyncCursor[Any]) -> int:
    return cursor.rowcount


@dataclass(slots=True)
class Session:
    """A transaction under one identity. Made by `begin`, `begin_as_worker` or `begin_as_login` only."""

    _pool: psycopg_pool.AsyncConnectionPool
    _become: LiteralString | None
    _settings: Mapping[str, str]
    identity: Identity | None
    reads: list[Mapping[str, Any]] = field(default_factory=list)
    """What was read and must be on the audit's record before the answer leaves; kept by `audit.log`."""
    _connection: Connection | None = None
    _is_begun: bool = False
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

    @asynccontextmanager
    async def together(self) -> AsyncIterator[Together]:
        """Queries that need nothing of one another, sent in one round trip when the block ends.

            async with session.together() as ask:
                case = ask.one(SQL["open_case"], Case, ...)
                ask.run(SQL["record"], ...)
            case.brought

        They run in their order; the first that PostgreSQL refuses is raised and none after it has run.
        """
        asked = Together()
        yield asked
        if not asked.waiting:
            return

        async def send(connection: Connection) -> list[psycopg.AsyncCursor[Any]]:
            cursors = [connection.cursor(row_factory=coming.factory) for coming in asked.waiting]
            async with connection.pipeline():
                await self._begin(connection)
                for cursor, coming in zip(cursors, asked.waiting, strict=True):
                    await cursor.execute(coming.query.text, coming.values)
            return cursors

        with _refusals():
            for cursor, coming in zip(await self._sent(send), asked.waiting, strict=True):
                await coming.arrive(cursor)

    @asynccontextmanager
    async def _cursor(
        self, query: Query, values: Mapping[str, Any], factory: Any
    ) -> AsyncIterator[psycopg.AsyncCursor[Any]]:
        async def send(connection: Connection) -> psycopg.AsyncCursor[Any]:
            cursor = connection.cursor(row_factory=factory)
            # Our own files are the only source of query texts, so they count as literals.
            if self._is_begun:
                await cursor.execute(query.text, values)
            else:
                async with connection.pipeline():
                    await self._begin(connection)
                    await cursor.execute(query.text, values)
            return cursor

        with _refusals():
            async with await self._sent(send) as cursor:
                yield cursor

    async def _begin(self, connection: Connection) -> None:
        if self._is_begun:
            return
        # The driver's own BEGIN would wait for its answer, so connections are in autocommit and we say it.
        await connection.execute("begin")
        if self._become is not None:
            await connection.execute(self._become, self._settings)
        self._is_begun = True

    async def _sent(self, send: Callable[[Connection], Awaitable[T]]) -> T:
        """What `send` brings. A transaction that is lost in its first round trip is begun once more."""
        connection, is_first = self._connection, self._connection is None
        if connection is None:
            connection = await self._connect()
        try:
            return await send(connection)
        except UnicodeEncodeError as error:
            raise errors.Invalid(details="A text holds half a character, which cannot be stored.") from error
        except psycopg.OperationalError as error:
            # Nothing was committed, so sending it again does nothing twice. Later on there is no way back.
            if not is_first or not _is_lost(connection, error):
                raise
            await self._leave(error)
        # After a restart the pool's other connections are as dead as this one.
        await self._pool.check()
        return await send(await self._connect())

    async def _connect(self) -> Connection:
        connection: Connection = await self._stack.enter_async_context(self._pool.connection())
        self._connection = connection
        return connection

    async def _leave(self, error: psycopg.Error) -> None:
        await self._stack.__aexit__(type(error), error, error.__traceback__)
        self._connection, self._is_begun = None, False


def _is_lost(connection: Connection, error: psycopg.Error) -> bool:
    return connection.broken or (error.sqlstate or "").startswith(("08", "57P"))


@contextmanager
def _refusals() -> Iterator[None]:
    """What PostgreSQL refuses inside the block leaves it in our own words."""
    try:
        yield
    except (psycopg.Error, psycopg_pool.PoolTimeout) as error:
        raise refusals.as_care_error(error) from error


@asynccontextmanager
async def _transaction(session: Session) -> AsyncIterator[Session]:
    # The pool's own context commits on a clean end and rolls back on an error.
    with _refusals():
        async with session._stack:  # noqa: SLF001 (the one maker of sessions)
            yield session


def begin(
    pool: psycopg_pool.AsyncConnectionPool,
    identity: Identity,
    *,
    read_only: bool = False,
    origin: Origin | None = None,
    statement_timeout_milliseconds: int = STATEMENT_TIMEOUT_MILLISECONDS,
) -> AbstractAsyncContextManager[Session]:
    """`async with begin(pool, identity) as session:` — the transaction of one request, which came from `origin`."""
    settings = {
        "request": "" if origin is None else origin.json,
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
