"""One request is one transaction under one identity, whatever happens to it or to the server."""

from __future__ import annotations

import asyncio
import json
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from uuid import UUID

import psycopg
import psycopg_pool
import pytest

from carebase import errors
from carebase.database import queries, refusals, session
from carebase.database.identity import ANONYMOUS, Identity, Role
from carebase.database.pool import Login

SQL = queries.load("""
-- name: who
-- Under which name and with which claims it runs.
select current_user::text as role, auth.uid() as person, current_setting('request.jwt.claims', true) as claims,
       current_setting('carebase.lease', true) as lease, current_setting('transaction_read_only') as read_only,
       pg_backend_pid() as backend;

-- name: cases
-- The cases the caller sees.
select doctor_id from public.cases;

-- name: open
-- A case of the caller.
insert into public.cases (patient_name, patient_age, patient_gender) values (%(name)s, 40, 'female') returning case_id;

-- name: open_with_age
-- A case whose age may be anything.
insert into public.cases (patient_name, patient_age, patient_gender) values (%(name)s, %(age)s::text::int, 'female');

-- name: remember
-- Something that can be done many times.
insert into public.request_keys (key, body_hash, response) values (%(key)s, '', '{}');

-- name: sleep
-- Something that takes long.
select 1 from pg_sleep(%(seconds)s);

-- name: fail_at_commit
-- Work whose commit PostgreSQL refuses.
insert into public.orphans (parent) values (1);

-- name: echo
-- The text that was given.
select %(text)s::text;

-- name: cast
-- A text as a number.
select %(text)s::text::int;

-- name: unknown_table
-- A mistake of ours.
select * from public.nothing_of_that_name;

-- name: die
-- Ends its own connection.
select public.die();

-- name: count_backends
-- How many transactions are open.
select count(*) from pg_stat_activity where state like 'idle in transaction%%' and pid <> pg_backend_pid();
""")


@dataclass(frozen=True)
class Who:
    role: str
    person: UUID | None
    claims: str | None
    lease: str | None
    read_only: str
    backend: int


@dataclass(frozen=True)
class Owner:
    doctor_id: UUID


@pytest.fixture
async def pools(database):
    async with database.pools(frozenset({Login.AUTHENTICATOR, Login.AUTH_SERVICE, Login.CARE_WORKER})) as opened:
        yield opened


@pytest.fixture
async def alone(database):
    """A pool of one connection, so that everybody comes after everybody else on it."""
    async with psycopg_pool.AsyncConnectionPool(
        database.login_dsn(Login.AUTHENTICATOR),
        kwargs={"autocommit": True},
        min_size=1,
        max_size=1,
        timeout=2,
        open=False,
    ) as pool:
        await pool.wait()
        yield pool


def end_backends(database) -> int:
    """What a restart of the server does to connections, without a restart."""
    with database.owner() as owner:
        return owner.execute(
            "select count(pg_terminate_backend(pid, 5000)) from pg_stat_activity"
            " where application_name like 'carebase %' and datname = current_database()"
        ).fetchone()[0]


def usable(pool) -> bool:
    return pool.get_stats()["pool_available"] == pool.get_stats()["pool_size"]


@contextmanager
def traced(connection: psycopg.AsyncConnection, path: Path) -> Iterator[None]:
    """Has libpq write down the messages of the connection."""
    with path.open("wb") as target:
        connection.pgconn.trace(target.fileno())
        try:
            yield
        finally:
            connection.pgconn.untrace()


def messages_in(path: Path) -> list[tuple[str, str]]:
    """Direction (F to the server, B back) and kind of each message."""
    lines = [line.split("\t") for line in path.read_text(encoding="utf-8", errors="replace").splitlines()]
    return [(line[1], line[3]) for line in lines if len(line) > 3]


# --- one round trip, and none when nothing is asked --------------------------------------------------------------


async def test_the_first_query_travels_with_role_claims_and_time_outs(database, alone, tmp_path):
    person = database.a_person()
    (connection,) = alone._pool
    async with session.begin(alone, person) as asked:
        with traced(connection, tmp_path / "messages"):
            who = await asked.one(SQL["who"], Who)
    messages = messages_in(tmp_path / "messages")
    sent = [kind for direction, kind in messages if direction == "F"]

    assert who.person == person.user_id
    assert sent.count("Execute") == 3, "the beginning, the identity, the query"
    assert (sent.count("Sync"), sent.count("Query")) == (1, 0)
    assert [direction for direction, _ in messages] == sorted((d for d, _ in messages), reverse=True), "all, then all"


async def test_no_connection_is_taken_before_the_first_query(database, alone):
    async with session.begin(alone, database.a_person()):
        assert alone.get_stats()["pool_available"] == 1
    assert alone.get_stats().get("requests_num", 0) == 0


async def test_many_rows_travel_with_the_identity_too(database, pools, begin):
    person = database.a_person()
    async with begin(pools, person) as writing, writing.together() as ask:
        for number in range(100):
            ask.run(SQL["remember"], key=f"k{number}")
    with database.owner() as owner:
        assert owner.execute("select count(*), min(actor::text) from public.request_keys").fetchone() == (
            100,
            str(person.user_id),
        )


# --- nothing of a request stays behind ---------------------------------------------------------------------------


async def test_the_next_user_of_a_connection_meets_nothing_of_the_last(database, alone):
    people = [database.a_person() for _ in range(4)]
    for person in people:
        async with session.begin(alone, person) as opening:
            await opening.value(SQL["open"], name="somebody")

    for turn in range(2000):
        person = people[turn % len(people)]
        async with session.begin(alone, person, read_only=turn % 3 == 0) as reading:
            assert await reading.all(SQL["cases"], Owner) == [Owner(person.user_id)]


async def test_many_at_once_see_their_own_only(database, pools, begin):
    people = [database.a_person() for _ in range(5)]
    for person in people:
        async with begin(pools, person) as opening:
            await opening.value(SQL["open"], name="somebody")

    async def look(person: Identity) -> None:
        for _ in range(40):
            async with begin(pools, person) as reading:
                assert await reading.all(SQL["cases"], Owner) == [Owner(person.user_id)]

    async with asyncio.TaskGroup() as tasks:
        for person in people * 2:
            tasks.create_task(look(person))


async def test_role_claims_lease_and_time_outs_end_with_the_transaction(database, alone):
    async with session.begin(alone, database.a_person(), read_only=True, statement_timeout_milliseconds=77) as asked:
        assert (await asked.one(SQL["who"], Who)).role == "authenticated"
    async with alone.connection() as raw:
        left = await (
            await raw.execute(
                "select current_user, current_setting('request.jwt.claims', true),"
                " current_setting('statement_timeout'), current_setting('transaction_read_only')"
            )
        ).fetchone()
    assert left == ("authenticator", "", "0", "off")


async def test_nothing_stays_after_a_request_that_failed(database, alone):
    with pytest.raises(errors.Invalid):
        async with session.begin(alone, database.a_person()) as failing:
            await failing.value(SQL["cast"], text="one")
    async with session.begin(alone, ANONYMOUS) as asked:
        who = await asked.one(SQL["who"], Who)
    assert (who.role, who.person, json.loads(who.claims)) == ("anon", None, {"role": "anon"})


async def test_a_worker_holds_a_lease_for_one_transaction(database, pools):
    lease = "5d3fd1e3-2e0e-4e2c-a5a0-6e4d3c1e3b1a"
    async with session.begin_as_worker(pools[Login.CARE_WORKER], lease=lease) as working:
        assert (await working.one(SQL["who"], Who)).lease == lease
    for _ in range(4):
        async with session.begin_as_worker(pools[Login.CARE_WORKER]) as working:
            assert (await working.one(SQL["who"], Who)).lease == ""


# --- whose request it may be --------------------------------------------------------------------------------------


async def test_the_role_of_the_service_key_is_not_reached_from_requests(pools, begin):
    with pytest.raises(refusals.NotAllowed):
        async with begin(pools, Identity(Role.SERVICE)) as asked:
            await asked.one(SQL["who"], Who)


async def test_a_refused_identity_stays_refused_when_the_handler_goes_on(database, pools, begin):
    stranger = Identity(Role.AUTHENTICATED, {"sub": str(UUID(int=1)), "session_id": str(UUID(int=2))})
    async with begin(pools, stranger) as asked:
        with pytest.raises(errors.NotSignedIn):
            await asked.one(SQL["who"], Who)
        with pytest.raises(errors.CareError):
            await asked.one(SQL["who"], Who)
        with pytest.raises(errors.CareError):
            await asked.run(SQL["remember"], key="k")
    with database.owner() as owner:
        assert owner.execute("select count(*) from public.request_keys").fetchone() == (0,)


ENDINGS = {
    "signed out": "delete from auth.sessions where user_id = %s",
    "reached the longest time of a session": "update auth.sessions set not_after = now() where user_id = %s",
    "was disabled": "update auth.users set banned_until = 'infinity' where id = %s",
    "was deleted": "update auth.users set deleted_at = now() where id = %s",
    "lost the role": "update auth.users set raw_app_meta_data = '{}' where id = %s",
    "has another role": """update auth.users set raw_app_meta_data = '{"role": "nurse"}' where id = %s""",
}


@pytest.mark.parametrize("ending", ENDINGS)
async def test_a_token_ends_at_once_for_a_person_who(database, pools, begin, ending):
    person = database.a_person()
    async with begin(pools, person) as asked:
        await asked.one(SQL["who"], Who)
    with database.owner() as owner:
        owner.execute(ENDINGS[ending], [person.user_id])
    with pytest.raises(errors.NotSignedIn):
        async with begin(pools, person) as asked:
            await asked.one(SQL["who"], Who)


async def test_a_session_of_somebody_else_does_not_do(database, pools, begin):
    amina, bruno = database.a_person(), database.a_person()
    mixed = Identity(Role.AUTHENTICATED, {**amina.claims, "session_id": bruno.claims["session_id"]})
    with pytest.raises(errors.NotSignedIn):
        async with begin(pools, mixed) as asked:
            await asked.one(SQL["who"], Who)


# --- what is kept and what is not ---------------------------------------------------------------------------------


async def test_a_reading_request_changes_nothing(database, pools, begin):
    with pytest.raises(errors.CareError):
        async with begin(pools, database.a_person(), read_only=True) as reading:
            await reading.value(SQL["open"], name="somebody")
    with database.owner() as owner:
        assert owner.execute("select count(*) from public.cases").fetchone() == (0,)


async def test_an_error_of_the_handler_undoes_its_work(database, pools, begin):
    with pytest.raises(errors.NotFound):
        async with begin(pools, database.a_person()) as writing:
            await writing.value(SQL["open"], name="somebody")
            raise errors.NotFound
    with database.owner() as owner:
        assert owner.execute("select count(*) from public.cases").fetchone() == (0,)


async def test_a_commit_that_fails_is_an_error_of_the_request(database, pools, begin):
    with database.owner() as owner:
        owner.execute("""
            create table public.parents (n int primary key);
            create table public.orphans (parent int references public.parents (n) deferrable initially deferred);
            grant insert on public.orphans to authenticated
        """)
    with pytest.raises(errors.Invalid):
        async with begin(pools, database.a_person()) as writing:
            await writing.run(SQL["fail_at_commit"])
    assert usable(pools[Login.AUTHENTICATOR])


async def test_a_statement_that_takes_too_long_ends_as_unavailable(database, pools, begin):
    with pytest.raises(errors.Unavailable):
        async with begin(pools, database.a_person(), statement_timeout_milliseconds=100) as waiting:
            await waiting.value(SQL["sleep"], seconds=5)
    assert usable(pools[Login.AUTHENTICATOR])


async def test_a_cancelled_request_leaves_a_usable_connection_and_no_transaction(database, alone):
    person = database.a_person()

    async def slow() -> None:
        async with session.begin(alone, person) as waiting:
            await waiting.value(SQL["open"], name="somebody")
            await waiting.value(SQL["sleep"], seconds=30)

    async def slow_at_once() -> None:
        async with session.begin(alone, person) as waiting:
            await waiting.value(SQL["sleep"], seconds=30)

    for work in (slow, slow_at_once, slow):
        task = asyncio.create_task(work())
        await asyncio.sleep(0.1)
        task.cancel()
        with pytest.raises(asyncio.CancelledError):
            await task
        async with asyncio.timeout(5), session.begin(alone, person) as asked:
            assert (await asked.one(SQL["who"], Who)).person == person.user_id
            assert await asked.all(SQL["cases"], Owner) == []
    with database.owner() as owner:
        assert owner.execute(SQL["count_backends"].text.replace("%%", "%")).fetchone() == (0,)


@pytest.mark.parametrize("fault", ["cast", "unknown_table"])
async def test_a_fault_in_the_first_round_trip_leaves_a_usable_connection(database, alone, fault):
    person = database.a_person()
    for _ in range(8):
        with pytest.raises(errors.CareError):
            async with session.begin(alone, person) as failing:
                await failing.value(SQL[fault], **({"text": "x"} if fault == "cast" else {}))
        async with session.begin(alone, person) as asked:
            assert (await asked.one(SQL["who"], Who)).person == person.user_id


# --- what PostgreSQL says stays here ------------------------------------------------------------------------------

SECRET_NAME = "Amina-Ben-Salah-1969"


def everything_said(error: errors.CareError) -> str:
    return f"{error} {error.message} {error.details} {error.hint}"


@pytest.mark.parametrize("name", ["cast", "open_with_age"])
async def test_a_value_that_postgresql_quotes_does_not_reach_the_caller(database, pools, begin, name):
    values = {"text": SECRET_NAME} if name == "cast" else {"name": "x", "age": SECRET_NAME}
    with pytest.raises(errors.Invalid) as caught:
        async with begin(pools, database.a_person()) as failing:
            await failing.run(SQL[name], **values)
    assert SECRET_NAME in str(caught.value.__cause__)
    assert SECRET_NAME not in everything_said(caught.value)


async def test_a_row_that_breaks_a_rule_is_named_by_the_rule_alone(database, pools, begin):
    with pytest.raises(errors.Invalid) as caught:
        async with begin(pools, database.a_person()) as failing:
            await failing.run(SQL["open_with_age"], name=SECRET_NAME, age="1000")
    assert caught.value.details == "cases_patient_age_check is not acceptable."
    assert SECRET_NAME not in everything_said(caught.value)


async def test_a_mistake_of_ours_is_an_internal_error_without_names(pools, begin):
    with pytest.raises(errors.CareError) as caught:
        async with begin(pools, ANONYMOUS) as failing:
            await failing.run(SQL["unknown_table"])
    assert caught.value.code == "internal"
    assert "nothing_of_that_name" not in everything_said(caught.value)


@pytest.mark.parametrize("text", ["a\0b", "half \ud800 a character"])
async def test_a_text_that_cannot_be_stored_is_the_callers_fault(pools, begin, text):
    with pytest.raises(errors.Invalid):
        async with begin(pools, ANONYMOUS) as failing:
            await failing.value(SQL["echo"], text=text)
    async with begin(pools, ANONYMOUS) as asked:
        assert await asked.value(SQL["echo"], text="whole") == "whole"


# --- the server goes and comes ------------------------------------------------------------------------------------


async def test_a_restart_between_two_requests_is_not_noticed(database, pools, begin):
    person = database.a_person()
    async with asyncio.TaskGroup() as tasks:  # the pool grows to several connections
        for _ in range(6):
            tasks.create_task(asyncio.wait_for(a_request(begin, pools, person), 10))
    assert end_backends(database) > 3

    async with asyncio.TaskGroup() as tasks:
        for _ in range(6):
            tasks.create_task(asyncio.wait_for(a_request(begin, pools, person), 10))
    async with session.begin_as_login(pools[Login.AUTH_SERVICE]) as asked:
        assert (await asked.one(SQL["who"], Who)).role == "auth_service"
    async with session.begin_as_worker(pools[Login.CARE_WORKER], lease=str(UUID(int=5))) as asked:
        assert (await asked.one(SQL["who"], Who)).lease == str(UUID(int=5))


async def a_request(begin, pools, person: Identity) -> None:
    async with begin(pools, person) as asked:
        assert (await asked.one(SQL["who"], Who)).person == person.user_id


async def test_many_rows_survive_a_restart_before_them_once(database, pools, begin):
    end_backends(database)
    async with begin(pools, database.a_person()) as writing, writing.together() as ask:
        for number in range(3):
            ask.run(SQL["remember"], key=f"k{number}")
    with database.owner() as owner:
        assert owner.execute("select count(*) from public.request_keys").fetchone() == (3,)


async def test_a_connection_lost_in_the_middle_is_not_replaced(database, pools, begin):
    with pytest.raises(errors.Unavailable):
        async with begin(pools, database.a_person()) as writing:
            await writing.value(SQL["open"], name="somebody")
            end_backends(database)
            await writing.value(SQL["open"], name="somebody else")
    with database.owner() as owner:
        assert owner.execute("select count(*) from public.cases").fetchone() == (0,)


async def test_a_connection_lost_before_the_commit_is_an_error(database, pools, begin):
    with pytest.raises(errors.Unavailable):
        async with begin(pools, database.a_person()) as writing:
            await writing.value(SQL["open"], name="somebody")
            end_backends(database)
    with database.owner() as owner:
        assert owner.execute("select count(*) from public.cases").fetchone() == (0,)


async def test_a_server_that_ends_the_query_each_time_is_unavailable(database, alone):
    """Once more and not for ever: a query that kills its backend would take the server down with it."""
    with database.owner() as owner:
        owner.execute("""
            create function public.die() returns void language sql security definer
            begin atomic select pg_terminate_backend(pg_backend_pid()); end
        """)
    with pytest.raises(errors.Unavailable):
        async with asyncio.timeout(10), session.begin(alone, ANONYMOUS) as dying:
            await dying.value(SQL["die"])
    async with asyncio.timeout(5), session.begin(alone, ANONYMOUS) as asked:
        await asked.one(SQL["who"], Who)


async def test_a_pool_without_a_free_connection_is_unavailable(database, alone):
    async with session.begin(alone, ANONYMOUS) as holding:
        await holding.one(SQL["who"], Who)
        with pytest.raises(errors.Unavailable) as caught:
            async with session.begin(alone, ANONYMOUS) as waiting:
                await waiting.one(SQL["who"], Who)
    assert caught.value.retry_after_seconds == 1


async def test_a_server_that_comes_back_is_used_within_seconds(database, pools, begin):
    with database.owner() as owner:
        owner.execute("alter role authenticator nologin")
        try:
            end_backends(database)
            with pytest.raises(errors.Unavailable):
                async with begin(pools, ANONYMOUS) as asked:
                    await asked.one(SQL["who"], Who)
        finally:
            owner.execute("alter role authenticator login")
    async with asyncio.timeout(3), begin(pools, ANONYMOUS) as asked:
        await asked.one(SQL["who"], Who)
