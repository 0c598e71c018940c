"""Says whether a person may see, add, change or remove one row, and which policy decides it.

The row and the policies are read as the owner; each condition is then asked of PostgreSQL as the person, on
that row alone, so that functions and nested queries answer as they would in a request. Both look at the same
snapshot and neither can write: nothing is changed and no row is locked. That it was asked is recorded.
"""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from typing import Any, Final
from uuid import UUID

import psycopg
from psycopg import rows, sql

from carebase import errors
from carebase.database import pool, queries, refusals, verdicts
from carebase.database.pool import Login
from carebase.database.verdicts import Grants, Policy, Verb, Verdict

QUERIES = queries.beside(__file__)
STATEMENT_TIMEOUT_MILLISECONDS: Final = 15_000
TABLES: Final = frozenset({"r", "p"})
VIEWS: Final = frozenset({"v", "m"})


class NotExplained(errors.SetupError):
    """There is no such account, table or row, or the key does not tell one row from all others."""

    code, message = "not_explained", "That access cannot be explained."
    exit_code = 65  # EX_DATAERR of sysexits.h


@dataclass(frozen=True, slots=True)
class Account:
    """Whose access is asked about. `claims` are those its next token carries."""

    id: UUID
    email: str | None
    role: str | None
    is_deleted: bool
    is_disabled: bool
    session_id: UUID | None
    aal: str | None
    asks_second_factor: bool
    claims: Mapping[str, Any]


@dataclass(frozen=True, slots=True)
class Explanation:
    """The verdicts on one row, one for each verb."""

    account: Account
    aal: str
    table: str
    key: Mapping[str, str]
    """The primary key, by column."""
    notes: tuple[str, ...]
    verdicts: tuple[Verdict, ...]

    @property
    def may_read(self) -> bool:
        """Whether the person may see the row."""
        return next(verdict.may for verdict in self.verdicts if verdict.verb is Verb.SELECT)


@dataclass(frozen=True, slots=True)
class _Relation:
    oid: int
    schema: str
    name: str
    kind: str
    has_row_security: bool
    is_reachable: bool
    may_delete: bool
    reads: Sequence[str]

    @property
    def title(self) -> str:
        return f"{self.schema}.{self.name}"

    @property
    def identifier(self) -> sql.Identifier:
        return sql.Identifier(self.schema, self.name)


@dataclass(frozen=True, slots=True)
class _Column:
    name: str
    may_select: bool
    may_insert: bool
    may_update: bool


@dataclass(frozen=True, slots=True)
class _UniqueKey:
    is_primary: bool
    columns: Sequence[str]


@dataclass(frozen=True, slots=True)
class _Row:
    primary: Sequence[str]
    """The columns of the primary key; of another unique key where there is none."""
    text: str
    """The row as JSON, as PostgreSQL wrote it."""

    @property
    def key(self) -> dict[str, str]:
        values = json.loads(self.text, parse_float=str, parse_int=str)
        return {column: str(values[column]) for column in self.primary}


def explain(
    owner_dsn: str, *, secret: str, account: str, table: str, key: Sequence[str], aal: str | None = None
) -> Explanation:
    """Who may do what with one row, recorded before it is returned.

    `account` is an address or an id, `table` a table's name with or without its schema, `key` one value or
    `column=value` pairs of a unique key; `aal` supposes a sign-in of that level instead of the newest one.
    Raises NotExplained, and Unavailable when the database does not answer.
    """
    authenticator = pool.conninfo_for(Login.AUTHENTICATOR, owner_dsn=owner_dsn, secret=secret)
    with _connected(owner_dsn) as owner:
        with owner.transaction():
            owner.execute("set transaction isolation level repeatable read, read only")
            person = _account(owner, account)
            relation = _relation(owner, table)
            found = _row(owner, relation, key=key)
            level = aal or person.aal or "aal1"
            said = _verdicts(owner, authenticator, relation=relation, row=found, person=person, aal=level)
        explanation = Explanation(person, level, relation.title, found.key, _notes(person, level), said)
        _record(owner, explanation, row=found.text)
    return explanation


@contextmanager
def _connected(dsn: str) -> Iterator[psycopg.Connection[Any]]:
    try:
        with psycopg.connect(dsn, autocommit=True, connect_timeout=pool.CONNECT_TIMEOUT_SECONDS) as connection:
            yield connection
    except psycopg.Error as error:
        raise refusals.as_care_error(error) from error


def _account(owner: psycopg.Connection[Any], asked: str) -> Account:
    with owner.cursor(row_factory=rows.class_row(Account)) as cursor:
        found = cursor.execute(QUERIES["account"].text.encode(), {"account": asked.strip()}).fetchone()
    if found is None:
        raise NotExplained(details="There is no such account.", hint="carebase user list prints all accounts.")
    return found


def _relation(owner: psycopg.Connection[Any], asked: str) -> _Relation:
    found = None
    with owner.cursor(row_factory=rows.class_row(_Relation)) as cursor:
        owner.execute("set local search_path = public")
        try:
            with owner.transaction():
                found = cursor.execute(QUERIES["relation"].text.encode(), {"table": asked}).fetchone()
        except (psycopg.errors.SyntaxError, psycopg.errors.InvalidName, psycopg.errors.FeatureNotSupported):
            pass  # What is no name of a table names none.
        # With nothing on the path, PostgreSQL words every condition with full names.
        owner.execute("set local search_path = ''")
    if found is None:
        raise NotExplained(details="There is no such table.", hint="docs/reference/data-dictionary.md lists all.")
    if found.kind in VIEWS:
        raise NotExplained(
            details=f"{found.title} is a view.",
            hint=f"Its rows are decided by the policies of what it reads: {', '.join(found.reads)}.",
        )
    if found.kind not in TABLES:
        raise NotExplained(details=f"{found.title} is no table.")
    return found


def _row(owner: psycopg.Connection[Any], relation: _Relation, *, key: Sequence[str]) -> _Row:
    """The row of that key. One value is looked for in the primary key, then in the other keys of one column."""
    with owner.cursor(row_factory=rows.class_row(_UniqueKey)) as cursor:
        keys = cursor.execute(QUERIES["unique_keys"].text.encode(), {"oid": relation.oid}).fetchall()
    if not keys:
        raise NotExplained(details=f"{relation.title} has no key that tells its rows apart.")
    for columns, values in _readings(keys, key):
        text = _fetch(owner, relation, columns=columns, values=values)
        if text is not None:
            return _Row(keys[0].columns, text)
    forms = " or ".join(" ".join(f"{column}=…" for column in one.columns) for one in keys)
    raise NotExplained(details=f"{relation.title} has no row of that key.", hint=f"A key is {forms}.")


def _readings(keys: Sequence[_UniqueKey], given: Sequence[str]) -> Iterator[tuple[Sequence[str], Sequence[str]]]:
    """What the words of a key can mean: columns and their values."""
    if len(given) == 1:
        for one in keys:
            if len(one.columns) == 1:
                yield one.columns, given
    named = dict(word.partition("=")[::2] for word in given)
    if len(named) == len(given):
        for one in keys:
            if set(one.columns) == set(named):
                yield list(named), list(named.values())


def _fetch(
    owner: psycopg.Connection[Any], relation: _Relation, *, columns: Sequence[str], values: Sequence[str]
) -> str | None:
    wanted = sql.SQL(" and ").join(sql.SQL("t.{} = %s").format(sql.Identifier(column)) for column in columns)
    question = sql.SQL("select to_jsonb(t)::text from {} t where {}").format(relation.identifier, wanted)
    try:
        with owner.transaction():
            found = owner.execute(question, list(values)).fetchone()
    except psycopg.DataError:
        return None  # What is no value of the column's type is no row's key.
    except psycopg.errors.InsufficientPrivilege as error:
        raise NotExplained(details=f"The login of this database may not read {relation.title}.") from error
    return None if found is None else str(found[0])


def _verdicts(
    owner: psycopg.Connection[Any],
    authenticator: str,
    *,
    relation: _Relation,
    row: _Row,
    person: Account,
    aal: str,
) -> tuple[Verdict, ...]:
    if person.is_deleted or person.is_disabled:
        because = "The account is deleted." if person.is_deleted else "The account is disabled."
        return tuple(Verdict(verb, may=False, because=because) for verb in Verb)
    grants = _grants(owner, relation, key=row.primary)
    with owner.cursor(row_factory=rows.class_row(Policy)) as cursor:
        policies = cursor.execute(QUERIES["policies"].text.encode(), {"oid": relation.oid}).fetchall()
    (snapshot,) = owner.execute("select pg_export_snapshot()").fetchall()
    claims = json.dumps({**person.claims, "aal": aal}, separators=(",", ":"))
    with _connected(authenticator) as asking, asking.transaction(force_rollback=True):
        asking.execute("set transaction isolation level repeatable read, read only")
        asking.execute(sql.SQL("set transaction snapshot {}").format(sql.Literal(snapshot[0])))
        asking.execute(
            QUERIES["become"].text.encode(),
            {"claims": claims, "statement_timeout": str(STATEMENT_TIMEOUT_MILLISECONDS)},
        )
        bench = verdicts.Bench(asking, schema=relation.schema, table=relation.name, row=row.text)
        has_row_security = relation.has_row_security
        return tuple(bench.judge(verb, grants=grants, policies=policies if has_row_security else None) for verb in Verb)


def _grants(owner: psycopg.Connection[Any], relation: _Relation, *, key: Sequence[str]) -> Grants:
    with owner.cursor(row_factory=rows.class_row(_Column)) as cursor:
        columns = cursor.execute(QUERIES["columns"].text.encode(), {"oid": relation.oid}).fetchall()
    if not relation.is_reachable:
        return Grants(columns={}, may_pick=False, total=len(columns))
    given = {
        Verb.SELECT: tuple(column.name for column in columns if column.may_select),
        Verb.INSERT: tuple(column.name for column in columns if column.may_insert),
        Verb.UPDATE: tuple(column.name for column in columns if column.may_update),
        Verb.DELETE: tuple(column.name for column in columns if relation.may_delete),
    }
    return Grants(columns=given, may_pick=set(key) <= set(given[Verb.SELECT]), total=len(columns))


def _notes(person: Account, aal: str) -> tuple[str, ...]:
    """What is true of the account and explains verdicts on many rows."""
    notes = []
    if person.role is None:
        notes.append("The account has no clinical role; carebase user grant gives one.")
    if person.asks_second_factor and aal == "aal1":
        notes.append("This site asks staff for a second factor, and this sign-in has none.")
    if person.session_id is None and not (person.is_deleted or person.is_disabled):
        notes.append("The account is signed in nowhere; this is what its next sign-in may do.")
    return tuple(notes)


def _record(owner: psycopg.Connection[Any], found: Explanation, *, row: str) -> None:
    """Who was asked about and which row, in a transaction of its own that is durable before anybody is told."""
    key = next(iter(found.key.values())) if len(found.key) == 1 else found.key
    owner.execute(
        QUERIES["record"].text.encode(),
        {
            "relation": found.table,
            "key": json.dumps(key),
            "row": row,
            "details": json.dumps({"account": str(found.account.id), "aal": found.aal}),
        },
    )
