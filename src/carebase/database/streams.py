"""What the command line reads and does as the owner of a schema, on one connection of its own.

In charge of two transactions: `reading`, one unchanging state of the database whose rows are streamed
however many they are, and `writing`, which is committed when its block ends well. No request uses them.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from typing import Any, Final, LiteralString, TypeVar

import psycopg
from psycopg import rows, sql

from carebase import errors
from carebase.database import refusals
from carebase.database.queries import Query

Row = TypeVar("Row")
CONNECT_TIMEOUT_SECONDS: Final = 5
ABSENT: Final = frozenset({"42P01", "42883", "3F000", "22023"})
"""A table, a function, a schema or a role is not there."""
# A whole log takes longer than any request may. What it commits is durable, whatever the server's default is.
UNHURRIED: Final[LiteralString] = """
select set_config('statement_timeout', '0', true), set_config('idle_in_transaction_session_timeout', '0', true),
       set_config('synchronous_commit', case current_setting('synchronous_commit') when 'off' then 'on'
                                             else current_setting('synchronous_commit') end, true)
"""
BEGIN_WRITING: Final[LiteralString] = "set transaction isolation level read committed, read write"
BEGIN_READING: Final[LiteralString] = "set transaction isolation level repeatable read, read only"


class NotMigrated(errors.SetupError):
    """The database lacks what this version needs of it."""

    code, message = "not_migrated", "The database is not prepared for this version."


class Owner:
    """A transaction of the owner of a schema; made by `reading` and `writing` only."""

    def __init__(self, connection: psycopg.Connection[Any], *, dsn: str, role: LiteralString) -> None:
        self._connection, self._dsn, self._role = connection, dsn, role

    def maybe(self, query: Query, row: type[Row], **values: Any) -> Row | None:
        """The first row of the query or None."""
        with self._connection.cursor(row_factory=rows.class_row(row)) as cursor:
            return cursor.execute(query.text, values).fetchone()

    def all(self, query: Query, row: type[Row], **values: Any) -> list[Row]:
        """Every row of the query."""
        with self._connection.cursor(row_factory=rows.class_row(row)) as cursor:
            return cursor.execute(query.text, values).fetchall()

    def value(self, query: Query, **values: Any) -> Any:
        """The first column of the first row, None when there is no row."""
        found = self._connection.execute(query.text, values).fetchone()
        return None if found is None else found[0]

    def run(self, query: Query, **values: Any) -> int:
        """Run a query that returns nothing; the number of rows it touched."""
        return self._connection.execute(query.text, values).rowcount

    def stream(self, query: Query, columns: int, **values: Any) -> Iterator[Sequence[bytes | None]]:
        """The rows one by one, each column as PostgreSQL's binary form has it (int8: eight bytes, big end first)."""
        statement = f"copy ({query.text}) to stdout (format binary)"
        with self._connection.cursor() as cursor, cursor.copy(statement, values) as copy:
            # Loaded as bytea every column stays the bytes it is.
            copy.set_types(["bytea"] * columns)
            arrived, parse = self._connection.pgconn.get_copy_data, copy.formatter.parse_row
            while True:
                # Rows that have arrived are taken at once; the driver's own wait for each costs more than the row.
                size, block = arrived(1)
                row = parse(block) if size > 0 else copy.read_row()
                if row is None:
                    break
                yield row
            while copy.read():
                pass

    @contextmanager
    def beside(self) -> Iterator[Owner]:
        """Another connection that sees the same state, for streams at once; for `reading` only."""
        (snapshot,) = self._connection.execute("select pg_export_snapshot()").fetchone() or ("",)
        with _refused(), _connected(self._dsn, role=self._role, begin=BEGIN_READING, snapshot=snapshot) as other:
            yield other


@contextmanager
def reading(owner_dsn: str, *, role: LiteralString) -> Iterator[Owner]:
    """One state of the database, read only; Unavailable when the server is not there."""
    with _refused(), _connected(owner_dsn, role=role, begin=BEGIN_READING) as owner:
        yield owner


@contextmanager
def writing(owner_dsn: str, *, role: LiteralString) -> Iterator[Owner]:
    """A transaction that is durable once the block has ended; Unavailable when the server is not there."""
    with _refused(), _connected(owner_dsn, role=role, begin=BEGIN_WRITING) as owner:
        yield owner


@contextmanager
def _connected(dsn: str, *, role: LiteralString, begin: LiteralString, snapshot: str | None = None) -> Iterator[Owner]:
    connection = psycopg.connect(dsn, application_name="carebase owner", connect_timeout=CONNECT_TIMEOUT_SECONDS)
    try:
        connection.execute(begin)
        if snapshot is not None:
            connection.execute(sql.SQL("set transaction snapshot {}").format(sql.Literal(snapshot)))
        connection.execute(sql.SQL("set local role {}").format(sql.Identifier(role)))
        connection.execute(UNHURRIED)
        yield Owner(connection, dsn=dsn, role=role)
        connection.commit()
    finally:
        # After an error this undoes everything; a rollback would first read to its end what a stream has left.
        connection.close()


@contextmanager
def _refused() -> Iterator[None]:
    try:
        yield
    except psycopg.Error as error:
        if error.sqlstate in ABSENT:
            raise NotMigrated(hint="Run: carebase migrate") from error
        raise refusals.as_care_error(error) from error
