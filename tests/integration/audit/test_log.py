"""Nothing that was read leaves before it is on record; what is written is recorded with its work."""

from __future__ import annotations

import asyncio
import json
import time

import psycopg
import pytest
from psycopg import sql

from carebase import errors
from carebase.audit import log
from carebase.database import session as sessions
from carebase.database.identity import ANONYMOUS, Origin
from carebase.database.pool import Login

LOGINS = frozenset({Login.AUTHENTICATOR, Login.AUDIT_SEALER})


def rows(database) -> list[dict]:
    with database.owner() as connection:
        return [
            json.loads(body) for (body,) in connection.execute("select body from audit.inbox order by n").fetchall()
        ]


def commits(database) -> int:
    with database.owner() as connection:
        return connection.execute("select count(distinct xmin::text) from audit.inbox").fetchone()[0]


@pytest.fixture
async def pools(database):
    async with database.pools(LOGINS) as opened:
        yield opened


@pytest.fixture
async def gate(pools):
    async with log.ReadGate(pools[Login.AUDIT_SEALER]) as opened:
        yield opened


def reads_of(pools, person, *keys: str):
    session = sessions.Session(pools[Login.AUTHENTICATOR], None, {}, person)
    log.saw(session, "public.cases", list(keys), patients=["p1"], details={"columns": "id"})
    return session.reads


async def test_a_write_is_recorded_with_its_work(database, pools, begin):
    person = database.a_person()

    async with begin(pools, person) as session:
        await log.record(
            session, "insert", "public.cases", keys=["c1"], patients=["p1"], request_id="r1", details={"files": 2}
        )

    (row,) = rows(database)
    assert row.pop("at") == pytest.approx(time.time() * 1e6, abs=60e6)
    assert row == {
        "actor": str(person.user_id),
        "session": person.claims["session_id"],
        "action": "insert",
        "relation": "public.cases",
        "keys": ["c1"],
        "patients": ["p1"],
        "request": "r1",
        "ip": None,
        "agent": None,
        "details": {"files": 2},
    }


async def test_a_write_that_is_undone_is_not_recorded(database, pools, begin):
    with pytest.raises(RuntimeError):
        async with begin(pools, database.a_person()) as session:
            await log.record(session, "insert", "public.cases", keys=["c1"])
            raise RuntimeError

    assert rows(database) == []


async def test_a_read_is_on_record_when_the_gate_opens(database, pools, gate):
    person = database.a_person()

    origin = Origin(request_id="r1", address="192.0.2.7", agent="curl")
    await gate.release(reads_of(pools, person, "c1", "c2"), identity=person, origin=origin)

    (row,) = rows(database)
    assert row.pop("at") == pytest.approx(time.time() * 1e6, abs=60e6)
    assert row == {
        "actor": str(person.user_id),
        "session": person.claims["session_id"],
        "action": "read",
        "relation": "public.cases",
        "keys": ["c1", "c2"],
        "patients": ["p1"],
        "request": "r1",
        "ip": "192.0.2.7",
        "agent": "curl",
        "details": {"columns": "id"},
    }


async def test_a_read_that_found_nothing_is_one_row(database, pools, gate):
    await gate.release(reads_of(pools, ANONYMOUS), identity=ANONYMOUS, origin=Origin())

    assert [(row["keys"], row["actor"]) for row in rows(database)] == [([], "anon")]


async def test_an_answer_that_read_nothing_passes_without_a_row(database, gate):
    await gate.release([], identity=None, origin=Origin())

    assert rows(database) == []


async def test_reads_at_the_same_moment_share_commits(database, pools, gate):
    person = database.a_person()

    await asyncio.gather(
        *(
            gate.release(reads_of(pools, person, f"c{number}"), identity=person, origin=Origin(request_id=f"r{number}"))
            for number in range(100)
        )
    )

    assert {row["request"] for row in rows(database)} == {f"r{number}" for number in range(100)}
    assert commits(database) <= 5


async def test_a_session_that_only_reads_can_be_recorded(database, pools, gate, begin):
    person = database.a_person()
    async with begin(pools, person, read_only=True) as session:
        log.saw(session, "public.cases", ["c1"])

    await gate.release(session.reads, identity=person, origin=Origin(request_id="r"))

    assert len(rows(database)) == 1


async def test_the_commit_is_durable_even_where_the_server_is_told_not_to(database, pools):
    with database.owner() as connection:
        name = sql.Identifier(connection.info.dbname)
        connection.execute(sql.SQL("alter database {} set synchronous_commit = off").format(name))
        connection.execute(
            """
            create function public.watch() returns trigger language plpgsql as
            $$ begin
                new.body := jsonb_build_object('commit', current_setting('synchronous_commit'))::text; return new;
            end $$;
            create trigger watch before insert on audit.inbox for each row execute function public.watch();
            """
        )
    person = database.a_person()
    async with database.pools(LOGINS) as fresh, log.ReadGate(fresh[Login.AUDIT_SEALER]) as gate:
        await gate.release(reads_of(fresh, person, "c1"), identity=person, origin=Origin(request_id="r"))

    assert rows(database) == [{"commit": "on"}]


async def test_nothing_is_released_when_the_database_is_gone(database, pools, gate):
    person = database.a_person()
    elsewhere = psycopg.conninfo.make_conninfo(database.owner_dsn, dbname="template1")
    with psycopg.connect(elsewhere, autocommit=True) as connection:
        name = psycopg.conninfo.conninfo_to_dict(database.owner_dsn)["dbname"]
        connection.execute(sql.SQL("alter database {} with allow_connections false").format(sql.Identifier(name)))
        connection.execute("select pg_terminate_backend(pid) from pg_stat_activity where datname = %s", [name])
        began = time.monotonic()

        results = await asyncio.gather(
            *(
                gate.release(reads_of(pools, person, f"c{number}"), identity=person, origin=Origin(request_id="r"))
                for number in range(5)
            ),
            return_exceptions=True,
        )

        assert [type(result) for result in results] == [errors.Unavailable] * 5
        assert time.monotonic() - began < 6
        connection.execute(sql.SQL("alter database {} with allow_connections true").format(sql.Identifier(name)))
    assert rows(database) == []


async def test_the_gate_opens_again_when_the_database_is_back(database, pools, gate):
    person = database.a_person()
    with database.owner() as connection:
        connection.execute("select pg_terminate_backend(pid) from pg_stat_activity where usename = 'audit_sealer'")

    async with asyncio.timeout(10):
        while True:
            try:
                await gate.release(reads_of(pools, person, "c1"), identity=person, origin=Origin(request_id="r"))
                break
            except errors.Unavailable:
                await asyncio.sleep(0.1)

    assert len(rows(database)) == 1


async def test_nothing_is_released_while_the_row_cannot_be_written(database, pools, gate, monkeypatch):
    monkeypatch.setattr(log, "WRITE_TIMEOUT_SECONDS", 0.3)
    person = database.a_person()
    with database.owner() as blocking, blocking.transaction():
        blocking.execute("lock table audit.inbox in access exclusive mode")
        with pytest.raises(errors.Unavailable):
            await gate.release(reads_of(pools, person, "c1"), identity=person, origin=Origin(request_id="r"))

    await gate.release(reads_of(pools, person, "c2"), identity=person, origin=Origin(request_id="r"))
    assert [row["keys"] for row in rows(database)] == [["c2"]]


async def test_nothing_is_released_when_the_row_is_refused(database, pools, gate):
    with database.owner() as connection:
        connection.execute("alter table audit.inbox add check (body is null)")
    person = database.a_person()

    with pytest.raises(errors.Unavailable):
        await gate.release(reads_of(pools, person, "c1"), identity=person, origin=Origin(request_id="r"))


async def test_a_reader_who_gives_up_does_not_take_the_others_along(database, pools, gate):
    person = database.a_person()
    leaving = asyncio.create_task(
        gate.release(reads_of(pools, person, "gone"), identity=person, origin=Origin(request_id="gone"))
    )
    staying = asyncio.create_task(
        gate.release(reads_of(pools, person, "here"), identity=person, origin=Origin(request_id="here"))
    )
    await asyncio.sleep(0)
    leaving.cancel()

    await staying

    assert "here" in {row["request"] for row in rows(database)}


async def test_a_closed_gate_releases_nothing(database, pools):
    person = database.a_person()
    async with log.ReadGate(pools[Login.AUDIT_SEALER]) as gate:
        waiting = asyncio.create_task(
            gate.release(reads_of(pools, person, "c1"), identity=person, origin=Origin(request_id="r"))
        )
        await asyncio.sleep(0)

    await waiting
    with pytest.raises(errors.Unavailable):
        await gate.release(reads_of(pools, person, "c2"), identity=person, origin=Origin(request_id="r"))
    assert [row["keys"] for row in rows(database)] == [["c1"]]


async def test_the_sealer_can_add_rows_and_not_look_at_them(database):
    with psycopg.connect(database.login_dsn(Login.AUDIT_SEALER), autocommit=True) as connection:
        connection.execute("insert into audit.inbox (body) values ('{}')")
        for attempt in ("select body from audit.inbox", "update audit.inbox set body = ''", "delete from audit.inbox"):
            with pytest.raises(psycopg.errors.InsufficientPrivilege):
                connection.execute(attempt)
