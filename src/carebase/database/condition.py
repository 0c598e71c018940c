"""Looks at a PostgreSQL and at what of ours is in it, and changes nothing: version, clock, logins, definitions.

In charge of finding out; what to say about it, and what to do next, is the business of whoever asks.
"""

from __future__ import annotations

import time
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, Final

import psycopg

from carebase import errors
from carebase.database import migrate, pool
from carebase.database.pool import Login

FLOORS: Final[Mapping[int, int]] = {15: 15, 16: 11, 17: 7, 18: 1}
"""The oldest minor version of each major one without known holes that concern us: CVE-2024-10976, CVE-2024-10978,
CVE-2025-1094, CVE-2025-8713, CVE-2025-8714 and those before them."""
CONNECT_TIMEOUT_SECONDS: Final = 5
DURABLE: Final[Mapping[str, str]] = {"fsync": "on", "full_page_writes": "on"}

_SERVER = """
    select current_setting('server_version') as version, current_setting('server_version_num')::int as number,
           extract(epoch from clock_timestamp())::float8 as clock,
           (select count(*) from pg_stat_activity where backend_type = 'client backend')::int as used,
           current_setting('max_connections')::int as most,
           current_setting('data_checksums') = 'on' as has_checksums
"""
_MIGHTY = """
    select r.rolname from pg_roles r
     where r.rolname = any (%s)
       and (r.rolsuper or r.rolcreaterole or r.rolcreatedb or r.rolreplication or r.rolbypassrls)
     order by r.rolname
"""


@dataclass(frozen=True, slots=True, kw_only=True)
class Server:
    """The server as it says itself."""

    version: str
    """As it prints it, such as `18.4`."""
    number: int
    """As a number: 180004."""
    clock_ahead_seconds: float
    """Of its clock before ours; negative where it is behind."""
    used_connections: int
    most_connections: int
    has_checksums: bool
    """Whether it would notice that the disk has changed a page."""
    not_durable: tuple[str, ...]
    """Settings with which a crash loses what was acknowledged."""

    @property
    def floor(self) -> str | None:
        """The version it should have at least; None where it has it."""
        major, minor = divmod(self.number, 10000)
        lowest = FLOORS.get(major, 0)
        return f"{major}.{lowest}" if minor < lowest else None

    @property
    def is_too_old(self) -> bool:
        """Whether nothing of ours runs on it."""
        return self.number < migrate.OLDEST_SERVER


@dataclass(frozen=True, slots=True, kw_only=True)
class Logins:
    """Our logins that are not as they should be."""

    refused: tuple[str, ...]
    """Absent, or with a password that does not come from this secret."""
    mighty: tuple[str, ...]
    """With rights that no login of ours needs."""


def server(owner_dsn: str) -> Server:
    """What the server says of itself; Unavailable when it does not answer."""
    with _connected(owner_dsn) as connection:
        # The clock is read halfway between two looks at ours.
        before = time.time()
        found = connection.execute(_SERVER).fetchone()
        after = time.time()
        rows = connection.execute(
            "select name, setting from pg_settings where name = any (%s)", [list(DURABLE)]
        ).fetchall()
    if found is None:
        raise AssertionError
    version, number, clock, used, most, has_checksums = found
    return Server(
        version=str(version).split(" ", 1)[0],
        number=number,
        clock_ahead_seconds=clock - (before + after) / 2,
        used_connections=used,
        most_connections=most,
        has_checksums=has_checksums,
        not_durable=tuple(sorted(name for name, setting in rows if setting != DURABLE[name])),
    )


def logins(owner_dsn: str, *, secret: str) -> Logins:
    """Which of our logins cannot come in, and which may do more than they should."""
    names = [login.value for login in Login]
    with _connected(owner_dsn) as connection:
        mighty = connection.execute(_MIGHTY, [names]).fetchall()
    refused = [login.value for login in Login if not _comes_in(login, owner_dsn=owner_dsn, secret=secret)]
    return Logins(refused=tuple(refused), mighty=tuple(name for (name,) in mighty))


def in_force(owner_dsn: str) -> migrate.Plan:
    """What a start would bring forward or put right; MigrationRefused where it could not."""
    try:
        return migrate.plan(owner_dsn)
    except psycopg.Error as error:
        raise errors.Unavailable(hint="PostgreSQL refuses to tell what is applied.") from error


def _comes_in(login: Login, *, owner_dsn: str, secret: str) -> bool:
    try:
        psycopg.connect(pool.conninfo_for(login, owner_dsn=owner_dsn, secret=secret)).close()
    except psycopg.OperationalError:
        return False
    return True


def _connected(owner_dsn: str) -> psycopg.Connection[Any]:
    try:
        return psycopg.connect(
            owner_dsn,
            autocommit=True,
            application_name="carebase doctor",
            connect_timeout=CONNECT_TIMEOUT_SECONDS,
            options="-c default_transaction_read_only=on -c statement_timeout=15000",
        )
    except psycopg.OperationalError as error:
        raise errors.Unavailable(
            details="The database does not answer.", hint="Is it running, and is DATABASE_URL right?"
        ) from error
