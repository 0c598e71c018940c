"""Brings a database to the state this version needs.

Two sets of numbered migrations (`platform`, `care`) run once each; functions and policies are files
that are the current definition and are applied again whenever one of them changed. One process at a
time does this, under an advisory lock; each migration is its own transaction, so a crash leaves a
whole number of them. Policies on our tables that are not ours are noticed and removed.

Attached to a hosted project, the set `care` is applied alone: tables and policies, no logins, no queue.
"""

from __future__ import annotations

import hashlib
import re
from collections.abc import Iterator
from contextlib import contextmanager, nullcontext
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import psycopg
from psycopg import sql

from carebase import errors
from carebase.database import hosted, in_force, pool, queue_schema
from carebase.observability import Log

log = Log("database")

HERE = Path(__file__).parent
SETS = ("platform", "care")
SETS_ATTACHED = ("care",)
OWNERS = ("platform_owner", "care_owner", "audit_owner")
NAME = re.compile(r"^(?P<number>\d{4})_(?P<name>[a-z0-9_]+)\.sql$")
LOCK_KEY = 0x63617265  # "care"
OLDEST_SERVER = 150000
LOCK_TIMEOUT = "10s"


class MigrationRefused(errors.SetupError):
    """The database is not one this version can bring forward."""

    code, message = "migration_refused", "The database cannot be migrated."


@dataclass(frozen=True, slots=True)
class Migration:
    """One numbered file of a set."""

    set: str
    number: int
    name: str
    text: str

    @property
    def sha256(self) -> str:
        """The hash of its text; an applied migration never changes."""
        return hashlib.sha256(self.text.encode()).hexdigest()


@dataclass(frozen=True, slots=True)
class Plan:
    """What `migrate` would do, in this order."""

    migrations: tuple[Migration, ...]
    queue: str | None
    """The version of the work queue's schema to be installed or reached, None when it is there."""
    definitions: bool
    """Whether functions and policies would be applied again."""
    put_right: tuple[str, ...] = ()
    """Policies, functions and row security that were changed by hand since; ours are applied again."""

    @property
    def is_empty(self) -> bool:
        """Nothing to do."""
        return not (self.migrations or self.queue or self.definitions)

    @property
    def lines(self) -> tuple[str, ...]:
        """The plan in words, one line each."""
        return (
            *(f"{m.set}/{m.number:04d} {m.name.replace('_', ' ')}" for m in self.migrations),
            *((f"work queue schema {self.queue}",) if self.queue else ()),
            *(("functions and policies",) if self.definitions else ()),
            *(f"ours over {what}" for what in self.put_right),
        )


def migrations_of(name: str) -> tuple[Migration, ...]:
    """The migrations of a set, in order; a badly named file or a gap in the numbers is refused.

    Each part of the product counts in its own hundred, from NN01 on.
    """
    found: list[Migration] = []
    previous = 0
    for path in sorted((HERE / "migrations" / name).glob("*.sql")):
        match = NAME.match(path.name)
        number = int(match["number"]) if match else 0
        if match is None or not (number == previous + 1 or (number > previous and number % 100 == 1)):
            raise MigrationRefused(details=f"{path.name} is not NNNN_<what_is_true_afterwards>.sql")
        found.append(Migration(name, number, match["name"], path.read_text(encoding="utf-8")))
        previous = number
    return tuple(found)


def definitions_of(name: str) -> tuple[str, ...]:
    """The current functions of a set."""
    return tuple(p.read_text(encoding="utf-8") for p in sorted((HERE / "functions" / name).glob("*.sql")))


def policies(*, attached: bool = False) -> tuple[str, ...]:
    """The current policies, all of them; attached, those of the record's own tables."""
    files = [p for p in sorted((HERE / "policies").glob("*.sql")) if not (attached and p.name in hosted.NOT_OURS)]
    return tuple(p.read_text(encoding="utf-8") for p in files)


def definitions_sha256(*, attached: bool = False) -> str:
    """One hash over everything that is applied again when it changes."""
    functions = [text for name in (SETS_ATTACHED if attached else SETS) for text in definitions_of(name)]
    return hashlib.sha256("\0".join([*functions, *policies(attached=attached)]).encode()).hexdigest()


@contextmanager
def _locked(owner_dsn: str) -> Iterator[psycopg.Connection[Any]]:
    try:
        connection = psycopg.connect(
            owner_dsn, autocommit=True, application_name="carebase migrate", connect_timeout=10
        )
    except psycopg.OperationalError as error:
        raise errors.Unavailable(
            details="The database does not answer.", hint="Is it running, and is DATABASE_URL right?"
        ) from error
    with connection:
        if connection.info.server_version < OLDEST_SERVER:
            raise MigrationRefused(
                details=f"PostgreSQL {connection.info.server_version // 10000} is too old.",
                hint="carebase needs PostgreSQL 15 or newer.",
            )
        connection.execute("set client_min_messages = warning")
        connection.execute("select pg_advisory_lock(%s)", [LOCK_KEY])
        yield connection  # the lock ends with the connection


def plan(owner_dsn: str, *, attached: bool = False) -> Plan:
    """What is missing in this database; changes nothing."""
    with _locked(owner_dsn) as connection:
        return _plan(connection, attached=attached)


def migrate(owner_dsn: str, *, secret: str, staff_mfa: str | None = None) -> Plan:
    """Bring the database forward, set the logins' passwords and what policies need to know; what was done.

    `staff_mfa` is the setting of that name; None leaves the site as it is.

    Raises MigrationRefused when an applied migration was changed afterwards, when the database is
    newer than this version, or when PostgreSQL refuses a step (the step is rolled back).
    """
    with _locked(owner_dsn) as connection:
        todo = _plan(connection, attached=False)
        with _said_in_a_sentence():
            _bookkeeping(connection)
            for migration in todo.migrations:
                if migration.set == "platform":
                    _apply(connection, migration, attached=False)
            if todo.queue:
                queue_schema.install(connection)
            if todo.definitions:
                # Defaults and policies of care tables speak of auth.uid().
                _define(connection, definitions_of("platform"))
            _care(connection, todo, attached=False)
            _set_passwords(connection, secret)
            if staff_mfa is not None:
                _write_site_settings(connection, staff_mfa)
            # Servers that are running learn what there is now; so does PostgREST.
            connection.execute("notify pgrst, 'reload schema'")
        return todo


def attach(owner_dsn: str, *, staff_mfa: str | None = None) -> Plan:
    """Bring the record's tables and policies into a hosted project, or forward there; what was done.

    The owner needs no superuser's rights: it may make roles, refers to `auth.users` and owns the database.
    Raises MigrationRefused as `migrate` does, and where the database is no hosted project.
    """
    with _locked(owner_dsn) as connection:
        todo = _plan(connection, attached=True)
        with _said_in_a_sentence():
            _bookkeeping(connection)
            hosted.prepare(connection)
            _care(connection, todo, attached=True)
            if staff_mfa is not None:
                _write_site_settings(connection, staff_mfa)
        return todo


@contextmanager
def _said_in_a_sentence() -> Iterator[None]:
    try:
        yield
    except psycopg.Error as error:
        raise MigrationRefused(
            details=f"PostgreSQL refused a step: {error.diag.message_primary or error}",
            hint="Nothing of that step was kept; mend the cause and run `carebase migrate` again.",
        ) from error


def _care(connection: psycopg.Connection[Any], todo: Plan, *, attached: bool) -> None:
    for migration in todo.migrations:
        if migration.set == "care":
            _apply(connection, migration, attached=attached)
    if todo.definitions:
        _define_care(connection, attached=attached)
    for what in todo.put_right:
        log.warning("database_put_right", reason=what)


def _plan(connection: psycopg.Connection[Any], *, attached: bool) -> Plan:
    applied: dict[tuple[str, int], str] = {}
    definitions = ""
    if connection.execute("select to_regclass('migrations.applied')").fetchone() != (None,):
        for row in connection.execute("select set, number, sha256 from migrations.applied"):
            applied[row[0], row[1]] = row[2]
        found = connection.execute("select sha256 from migrations.definitions").fetchone()
        definitions = found[0] if found else ""
    _check_whose(connection, {name for name, _ in applied}, attached=attached)
    missing = []
    known = set()
    for name in SETS_ATTACHED if attached else SETS:
        for migration in migrations_of(name):
            known.add((name, migration.number))
            stored = applied.get((name, migration.number))
            if stored is None:
                missing.append(migration)
            elif stored != migration.sha256:
                raise MigrationRefused(
                    details=f"{name}/{migration.number:04d} was changed after it was applied.",
                    hint="Applied migrations never change; write a new one.",
                )
    if unknown := set(applied) - known:
        raise MigrationRefused(
            details=f"The database knows migration {min(unknown)[0]}/{min(unknown)[1]:04d}, this version does not.",
            hint="It was migrated by a newer version; run that one.",
        )
    if not attached and queue_schema.is_newer(connection):
        raise MigrationRefused(
            details=f"The work queue's schema is newer than {queue_schema.version()}.",
            hint="It was migrated by a newer version; run that one.",
        )
    put_right = in_force.differing(connection, owners=OWNERS)
    return Plan(
        tuple(missing),
        None if attached else queue_schema.missing(connection),
        bool(missing or put_right) or definitions != definitions_sha256(attached=attached),
        put_right,
    )


def _check_whose(connection: psycopg.Connection[Any], applied: set[str], *, attached: bool) -> None:
    if attached:
        if "platform" in applied:
            raise MigrationRefused(
                details="The database holds a whole carebase, with accounts and files of its own.",
                hint="Run `carebase migrate` without --attached.",
            )
        if absent := hosted.missing(connection):
            raise MigrationRefused(
                details=f"This is no hosted project: {', '.join(absent)} is missing.",
                hint="Without --attached, carebase brings accounts and files of its own.",
            )
    elif "platform" not in applied and connection.execute("select to_regclass('auth.users')").fetchone() != (None,):
        raise MigrationRefused(
            details="Accounts are kept here by somebody else: auth.users exists.",
            hint="Attach carebase to this project with --attached, or give it a database of its own.",
        )


def _bookkeeping(connection: psycopg.Connection[Any]) -> None:
    connection.execute("""
        create schema if not exists migrations;
        create table if not exists migrations.applied (
            set text not null, number int not null, name text not null, sha256 text not null,
            applied_at timestamptz not null default now(), primary key (set, number));
        create table if not exists migrations.definitions (
            one boolean primary key default true check (one), sha256 text not null);
        create table if not exists migrations.in_force (
            name text primary key, definition_md5 text not null);
    """)


def _apply(connection: psycopg.Connection[Any], migration: Migration, *, attached: bool) -> None:
    with connection.transaction(), hosted.handing_over(connection) if attached else nullcontext():
        connection.execute(f"set local lock_timeout = '{LOCK_TIMEOUT}'")
        connection.execute("set local check_function_bodies = off")
        connection.execute(hosted.as_migrator(migration.text) if attached else migration.text)
        connection.execute("reset role")
        connection.execute(
            "insert into migrations.applied (set, number, name, sha256) values (%s, %s, %s, %s)",
            [migration.set, migration.number, migration.name, migration.sha256],
        )


def _define_in(connection: psycopg.Connection[Any], texts: tuple[str, ...]) -> None:
    for text in texts:
        connection.execute(text)
        connection.execute("reset role")


def _define(connection: psycopg.Connection[Any], texts: tuple[str, ...]) -> None:
    with connection.transaction():
        connection.execute("set local check_function_bodies = off")
        _define_in(connection, texts)


def _define_care(connection: psycopg.Connection[Any], *, attached: bool) -> None:
    functions, current = definitions_of("care"), policies(attached=attached)
    with connection.transaction(), hosted.handing_over(connection) if attached else nullcontext():
        connection.execute("set local check_function_bodies = off")
        _define_in(connection, tuple(hosted.as_migrator(text) for text in functions) if attached else functions)
        in_force.clear_policies(connection, owners=OWNERS)
        in_force.switch_row_security_on(connection, owners=OWNERS)
        _define_in(connection, current)
        in_force.note(connection, owners=OWNERS)
        connection.execute("delete from migrations.definitions")
        connection.execute(
            "insert into migrations.definitions (sha256) values (%s)", [definitions_sha256(attached=attached)]
        )


def _write_site_settings(connection: psycopg.Connection[Any], staff_mfa: str) -> None:
    connection.execute(
        "insert into private.site_settings (name, value) values ('staff_mfa', %s)"
        " on conflict (name) do update set value = excluded.value where site_settings.value <> excluded.value",
        [staff_mfa],
    )


def _set_passwords(connection: psycopg.Connection[Any], secret: str) -> None:
    # A verifier and not the password is sent, so that no server log can hold it.
    for login in pool.Login:
        password = pool.password_of(login, secret).encode()
        verifier = connection.pgconn.encrypt_password(password, login.value.encode(), b"scram-sha-256")
        connection.execute(
            sql.SQL("alter role {} password {}").format(sql.Identifier(login.value), sql.Literal(verifier.decode()))
        )
