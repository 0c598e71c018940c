"""Real PostgreSQL for every integration test: the embedded 18 and the 15 found on this machine.

One cluster for each version and run; each test gets a fresh copy of a migrated database.
"""

from __future__ import annotations

import asyncio
import itertools
import json
import os
import shutil
import tempfile
from collections.abc import AsyncIterator, Callable, Iterator
from contextlib import ExitStack, asynccontextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any
from uuid import UUID

import httpx
import psycopg
import pytest
from psycopg import conninfo
from tests.faults.served import PASSWORD, Served

from carebase.database import migrate, pool
from carebase.database import session as sessions
from carebase.database.embedded import Embedded
from carebase.database.identity import Identity, Role
from carebase.database.pool import Login, Pools

SECRET = "a-secret-of-the-tests-that-is-long-enough-0123456789"
NUMBERS = itertools.count(1)


def programs_of_15() -> Path | None:
    """The directory of PostgreSQL 15's programs, where this machine has them."""
    named = shutil.which("postgres")
    places = [Path("/usr/lib/postgresql/15/bin"), *([Path(named).resolve().parent] if named else [])]
    return next((place for place in places if (place / "initdb").exists()), None)


def versions() -> list[str]:
    chosen = os.environ.get("CAREBASE_TEST_POSTGRES")
    return [chosen] if chosen else ["18", "15"]


@dataclass
class Database:
    """A migrated database of its own, with its pools."""

    owner_dsn: str
    secret: str = SECRET
    opened: list[Pools] = field(default_factory=list)

    @asynccontextmanager
    async def pools(self, logins: frozenset[Login] = frozenset(Login)) -> AsyncIterator[Pools]:
        async with Pools(owner_dsn=self.owner_dsn, secret=self.secret, logins=logins) as opened:
            yield opened

    def owner(self) -> psycopg.Connection:
        """A superuser's connection, for looking behind the curtain."""
        return psycopg.connect(self.owner_dsn, autocommit=True)

    def recorded(self) -> list[dict[str, Any]]:
        """What the audit has taken down, sealed or waiting."""
        with self.owner() as connection:
            rows = connection.execute("select body from audit.log union all select body from audit.inbox").fetchall()
        return [json.loads(body) for (body,) in rows]

    def login_dsn(self, login: Login) -> str:
        return pool.conninfo_for(login, owner_dsn=self.owner_dsn, secret=self.secret)

    def a_person(self, role: str | None = "attending", *, aal: str = "aal1") -> Identity:
        """A signed-in account with a clinical role."""
        metadata = {} if role is None else {"role": role}
        with self.owner() as connection:
            row = connection.execute(
                "insert into auth.users (email, raw_app_meta_data) values (%s, %s) returning id",
                [f"p{next(NUMBERS)}@example.org", json.dumps(metadata)],
            ).fetchone()
            assert row is not None
            user: UUID = row[0]
            row = connection.execute(
                "insert into auth.sessions (user_id, aal, not_after) "
                "values (%s, %s, now() + interval '1 hour') returning id",
                [user, aal],
            ).fetchone()
            assert row is not None
        claims = {"sub": str(user), "session_id": str(row[0]), "aal": aal, "app_metadata": metadata}
        return Identity(Role.AUTHENTICATED, claims)


@dataclass(frozen=True)
class RunningCluster:
    version: str
    owner_dsn: str


@pytest.fixture(scope="session", params=versions())
def cluster(request: pytest.FixtureRequest) -> Iterator[RunningCluster]:
    version: str = request.param
    programs = None
    if version == "15":
        programs = programs_of_15()
        if programs is None:
            pytest.skip("PostgreSQL 15 is not installed here; Debian's package postgresql-15 brings it")
    data = Path(tempfile.mkdtemp(prefix=f"carebase-pg{version}-"))
    data.chmod(0o755)
    embedded = Embedded(data / "data", binaries=programs)
    with asyncio.Runner() as runner:
        running = runner.run(embedded.start())
        try:
            migrate.migrate(running.dsn(), secret=SECRET)
            yield RunningCluster(version, running.dsn())
        finally:
            runner.run(embedded.stop())
            shutil.rmtree(data, ignore_errors=True)


@pytest.fixture
def database(cluster: RunningCluster) -> Iterator[Database]:
    name = f"test_{next(NUMBERS)}"
    with psycopg.connect(conninfo.make_conninfo(cluster.owner_dsn, dbname="template1"), autocommit=True) as connection:
        connection.execute(f"create database {name} template postgres strategy wal_log")
        # A template's own rights on the database are not copied.
        connection.execute(f"revoke temporary on database {name} from public")
        yield Database(conninfo.make_conninfo(cluster.owner_dsn, dbname=name))
        connection.execute(f"drop database {name} with (force)")


@pytest.fixture
def begin():
    """The transaction of one request: `async with begin(pools, person) as session:`."""

    def begun(pools: Pools, person: Identity, **options: object):
        return sessions.begin(pools[Login.AUTHENTICATOR], person, **options)

    return begun


@pytest.fixture(scope="session")
def served() -> Iterator[Served]:
    """A whole deployment in processes of its own, for tests that only use it; PostgreSQL 18 as every user gets it."""
    directory = Path(tempfile.mkdtemp(prefix="carebase-served-"))
    directory.chmod(0o755)
    running = Served(directory / "data", options={"CAREBASE_LEASE_SECONDS": "10"})
    try:
        running.start()
        yield running
        assert running.stop() == 0
    finally:
        running.end()
        shutil.rmtree(directory, ignore_errors=True)


@pytest.fixture(scope="session")
def sign_in(served: Served) -> Iterator[Callable[[str], httpx.Client]]:
    """A new attending of that deployment, signed in."""
    with ExitStack() as clients:

        def signed_in(name: str) -> httpx.Client:
            # Where tests are spread over cores, a module may ask again for the account it asked for before.
            email = f"{next(NUMBERS)}-{name}"
            served.command("user", "create", email, "--role", "attending", "--password-stdin", stdin=PASSWORD)
            client = clients.enter_context(httpx.Client(base_url=served.address, timeout=30))
            body = {"email": email, "password": PASSWORD}
            token = client.post("/auth/v1/token?grant_type=password", json=body).raise_for_status().json()
            client.headers["Authorization"] = f"Bearer {token['access_token']}"
            return client

        yield signed_in
