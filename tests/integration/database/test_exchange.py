"""The data API's questions: one round trip, one transaction, one identity, whatever happens to it or to the server."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager

import psycopg
import pytest

from carebase import errors
from carebase.database import exchange, line, lines
from carebase.database.exchange import Asked, Ending, Refused, Statement
from carebase.database.identity import ANONYMOUS, Identity
from carebase.database.lines import Lines
from carebase.database.pool import Login

WHO = Statement("select current_user::text, coalesce(auth.uid()::text, ''), pg_backend_pid()::text")
CASES = Statement("select doctor_id::text from public.cases")
SLEEP = Statement("select pg_sleep($1::float8)", ("30",))


def as_(identity: Identity, *statements: Statement, **more) -> Asked:
    return Asked(role=identity.role.value, claims=identity.claims_json, statements=statements, **more)


def reading(identity: Identity, *statements: Statement, **more) -> Asked:
    return as_(identity, *statements, is_read_only=True, **more)


@pytest.fixture
def opened(database):
    @asynccontextmanager
    async def open_lines(size: int = 1) -> AsyncIterator[Lines]:
        async with Lines(database.login_dsn(Login.AUTHENTICATOR), size=size) as found:
            yield found

    return open_lines


def end_backends(database) -> None:
    with database.owner() as owner:
        owner.execute(
            "select pg_terminate_backend(pid, 5000) from pg_stat_activity "
            "where datname = current_database() and pid <> pg_backend_pid()"
        )


def a_case(database, person: Identity) -> None:
    with database.owner() as owner:
        owner.execute(
            "insert into public.cases (doctor_id, patient_name, patient_age, patient_gender) "
            "values (%s, 'A', 40, 'female')",
            [person.user_id],
        )


async def test_each_question_runs_under_its_own_role_and_person(database, opened):
    amina = database.a_person()
    async with opened() as found:
        ((mine,),) = await exchange.ask(found, reading(amina, WHO))
        ((nobody,),) = await exchange.ask(found, reading(ANONYMOUS, WHO))
    assert mine[:2] == (b"authenticated", str(amina.user_id).encode())
    assert nobody[:2] == (b"anon", b"")
    assert mine[2] == nobody[2]


async def test_ten_thousand_alternating_people_meet_nobody_elses_rows(database, opened):
    people = [database.a_person() for _ in range(20)]
    for person in people:
        a_case(database, person)
    foreign = asked = 0

    async def ask_as(found: Lines, at: int) -> None:
        nonlocal foreign, asked
        person = people[at % len(people)]
        # Every seventh is refused in the middle of its round trip, every eleventh is nobody.
        if at % 7 == 0:
            with pytest.raises(Refused):
                await exchange.ask(found, reading(person, Statement("select 1/0"), CASES))
            return
        identity = ANONYMOUS if at % 11 == 0 else person
        try:
            rows, who = await exchange.ask(found, reading(identity, CASES, WHO))
        except Refused as error:
            assert identity is ANONYMOUS
            assert error.sqlstate == "42501"
            return
        asked += 1
        foreign += sum(row[0] != str(person.user_id).encode() for row in rows) + (len(rows) != 1)
        foreign += who[0][1] != str(identity.user_id or "").encode()

    async with opened(4) as found:
        for first in range(0, 10_000, 100):
            await asyncio.gather(*(ask_as(found, at) for at in range(first, first + 100)))
    assert asked > 7_000
    assert foreign == 0


@pytest.mark.parametrize("is_read_only", [True, False])
async def test_an_error_in_the_middle_undoes_everything_and_leaves_the_line_usable(database, opened, is_read_only):
    amina = database.a_person()
    writing = Statement(
        "insert into public.cases (patient_name, patient_age, patient_gender) values ('A', 40, 'other')"
    )
    async with opened() as found:
        before = () if is_read_only else (writing,)
        with pytest.raises(Refused) as refused:
            await exchange.ask(found, as_(amina, *before, Statement("select 1/0"), WHO, is_read_only=is_read_only))
        rows, who = await exchange.ask(found, reading(amina, CASES, WHO))
    assert refused.value.sqlstate == "22012"
    assert rows == ()
    assert who[0][0] == b"authenticated"


async def test_a_statement_refused_when_it_was_prepared_is_prepared_again_when_it_can_be(database, opened):
    amina = database.a_person()
    late = Statement("select 'there' from public.made_later")
    async with opened() as found:
        for _ in range(2):
            with pytest.raises(Refused) as refused:
                await exchange.ask(found, reading(amina, late))
            assert refused.value.sqlstate == "42P01"
        with database.owner() as owner:
            owner.execute("create table public.made_later as select 1 as one")
            owner.execute("grant select on public.made_later to authenticated")
        ((row,),) = await exchange.ask(found, reading(amina, late))
    assert row == (b"there",)


async def test_a_read_changes_nothing(database, opened):
    async with opened() as found:
        with pytest.raises(Refused) as refused:
            await exchange.ask(
                found,
                reading(database.a_person(), Statement("delete from public.cases")),
            )
    assert refused.value.sqlstate == "25006"


async def test_a_write_is_kept_unless_it_is_to_be_rolled_back(database, opened):
    amina = database.a_person()
    writing = Statement(
        "insert into public.cases (patient_name, patient_age, patient_gender) values ('A', 40, 'other')"
    )
    async with opened() as found:
        await exchange.ask(found, as_(amina, writing, ending=Ending.ROLLBACK))
        none, _ = await exchange.ask(found, reading(amina, CASES, WHO))
        await exchange.ask(found, as_(amina, writing))
        one, _ = await exchange.ask(found, reading(amina, CASES, WHO))
    assert (len(none), len(one)) == (0, 1)


async def test_what_refuses_the_rows_takes_the_write_back(database, opened):
    amina = database.a_person()
    writing = Statement(
        "insert into public.cases (patient_name, patient_age, patient_gender) values ('A', 40, 'other')"
    )

    def refuse(_: object) -> None:
        raise errors.Conflict

    async with opened() as found:
        with pytest.raises(errors.Conflict):
            await exchange.ask(found, as_(amina, writing), accept=refuse)
        rows, _ = await exchange.ask(found, reading(amina, CASES, WHO))
    assert rows == ()


@pytest.mark.parametrize("way", ["at once", "in two steps", "to be rolled back"])
async def test_a_commit_that_postgresql_refuses_is_refused_and_leaves_the_line_usable(database, opened, way):
    amina = database.a_person()
    with database.owner() as owner:
        owner.execute("create table public.parents (id int primary key)")
        owner.execute(
            "create table public.orphans (parent int references public.parents deferrable initially deferred)"
        )
        owner.execute("grant insert on public.orphans to authenticated")
    orphan = Statement("insert into public.orphans values (1)")
    ending = Ending.ROLLBACK if way == "to be rolled back" else Ending.COMMIT
    accept = (lambda _: None) if way == "in two steps" else None
    async with opened() as found:
        for _ in range(3):
            with pytest.raises(Refused) as refused:
                await exchange.ask(found, as_(amina, orphan, ending=ending), accept=accept)
            assert refused.value.sqlstate == "23503"
            await exchange.ask(found, reading(amina, WHO))
    with database.owner() as owner:
        assert owner.execute("select count(*) from public.orphans").fetchall() == [(0,)]


async def test_a_session_that_has_ended_is_refused_at_once(database, opened):
    amina = database.a_person()
    async with opened() as found:
        await exchange.ask(found, reading(amina, WHO))
        with database.owner() as owner:
            owner.execute("delete from auth.sessions where user_id = %s", [amina.user_id])
        with pytest.raises(errors.NotSignedIn):
            await exchange.ask(found, reading(amina, WHO))


async def test_a_statement_that_takes_too_long_is_ended(database, opened):
    async with opened() as found:
        with pytest.raises(Refused) as refused:
            await exchange.ask(found, reading(database.a_person(), SLEEP, settings={"statement_timeout": "100ms"}))
        ((row,),) = await exchange.ask(found, reading(database.a_person(), Statement("show statement_timeout")))
    assert refused.value.sqlstate == "57014"
    assert row == (exchange.STATEMENT_TIMEOUT.encode(),)


@pytest.mark.parametrize("is_read_only", [True, False])
async def test_a_cancelled_question_ends_in_the_database_and_frees_the_line(database, opened, is_read_only):
    amina = database.a_person()
    async with opened() as found:
        ((before,),) = await exchange.ask(found, reading(amina, WHO))
        running = asyncio.create_task(exchange.ask(found, as_(amina, SLEEP, is_read_only=is_read_only)))
        await asyncio.sleep(0.2)
        running.cancel()
        with pytest.raises(asyncio.CancelledError):
            await running
        async with asyncio.timeout(4):
            ((after,),) = await exchange.ask(found, reading(amina, WHO))
    assert before == after


async def test_one_who_waits_and_gives_up_takes_nothing_along(database, opened):
    amina = database.a_person()
    async with opened() as found:
        taken = await found.take()
        waiting = [asyncio.create_task(exchange.ask(found, reading(amina, WHO))) for _ in range(3)]
        await asyncio.sleep(0)
        waiting[0].cancel()
        found.give_back(taken)
        await asyncio.gather(*waiting[1:])
    assert waiting[0].cancelled()


async def test_nobody_waits_for_ever(database, opened, monkeypatch):
    monkeypatch.setattr(lines, "WAIT_SECONDS", 0.1)
    async with opened() as found:
        taken = await found.take()
        with pytest.raises(errors.Unavailable):
            await exchange.ask(found, reading(database.a_person(), WHO))
        found.give_back(taken)


async def test_each_waits_for_a_line_as_long_as_the_one_before(opened, monkeypatch):
    monkeypatch.setattr(lines, "WAIT_SECONDS", 0.4)
    async with opened() as found:
        taken = await found.take()
        first = asyncio.create_task(found.take())
        await asyncio.sleep(0.3)
        second = asyncio.create_task(found.take())
        with pytest.raises(errors.Unavailable):
            await first
        assert not second.done()
        with pytest.raises(errors.Unavailable):
            await second
        third = asyncio.create_task(found.take())
        await asyncio.sleep(0)
        found.give_back(taken)
        found.give_back(await third)


async def test_a_restart_between_two_questions_is_not_noticed(database, opened):
    amina = database.a_person()
    async with opened(3) as found:
        await asyncio.gather(*(exchange.ask(found, reading(amina, WHO)) for _ in range(3)))
        end_backends(database)
        answers = await asyncio.gather(*(exchange.ask(found, as_(amina, WHO)) for _ in range(6)))
    assert len({row[2] for ((row,),) in answers}) <= 3


async def test_a_read_that_loses_its_connection_is_asked_once_more_and_a_write_is_not(database, opened):
    amina = database.a_person()
    nap = Statement("select pg_sleep(0.5)")
    async with opened() as found:
        for asked, expected in ((reading(amina, nap), None), (as_(amina, nap), errors.Unavailable)):
            running = asyncio.create_task(exchange.ask(found, asked))
            await asyncio.sleep(0.2)
            end_backends(database)
            if expected is None:
                await running
            else:
                with pytest.raises(expected):
                    await running
        await exchange.ask(found, reading(amina, WHO))


async def test_a_server_that_is_not_there_is_unavailable_for_everybody_at_once(database, opened):
    amina = database.a_person()
    async with opened(2) as found:
        with database.owner() as owner:
            owner.execute("alter role authenticator nologin")
        try:
            end_backends(database)
            async with asyncio.timeout(4):
                answers = await asyncio.gather(
                    *(exchange.ask(found, reading(amina, WHO)) for _ in range(10)), return_exceptions=True
                )
        finally:
            with database.owner() as owner:
                owner.execute("alter role authenticator login")
        assert {type(answer) for answer in answers} <= {errors.Unavailable, Refused}
        await exchange.ask(found, reading(amina, WHO))


async def test_a_million_characters_go_there_and_back(database, opened):
    text = "é" * 1_000_000
    async with opened() as found:
        ((row,),) = await exchange.ask(found, reading(database.a_person(), Statement("select $1::text", (text,))))
    assert row == (text.encode(),)


async def test_bytes_arrive_as_they_are(database, opened):
    async with opened() as found:
        given = (b"\x00\xff", None, "two")
        statement = Statement("select encode($1, 'hex'), $2::text, $3::text", given)
        ((row,),) = await exchange.ask(found, reading(database.a_person(), statement))
    assert row == (b"00ff", None, b"two")


async def test_half_a_character_is_refused_before_anything_is_sent(database, opened):
    amina = database.a_person()
    async with opened() as found:
        with pytest.raises(errors.Invalid):
            await exchange.ask(found, reading(amina, Statement("select $1::text", ("\ud800",))))
        await exchange.ask(found, reading(amina, WHO))


async def test_only_so_many_statements_stay_prepared(database, opened, monkeypatch):
    monkeypatch.setattr(line, "MOST_PREPARED", 8)
    amina = database.a_person()
    count = Statement("select count(*)::text from pg_prepared_statements")
    async with opened() as found:
        for at in range(40):
            ((row,),) = await exchange.ask(found, reading(amina, Statement(f"select {at}::text")))
            assert row == (str(at).encode(),)
        ((row,),) = await exchange.ask(found, reading(amina, count))
    assert int(row[0]) <= 8


async def test_lines_that_are_closed_leave_no_connection(database, opened):
    async with opened(3):
        pass
    with database.owner() as owner:
        for _ in range(50):
            ((left,),) = owner.execute(
                "select count(*) from pg_stat_activity where datname = current_database() and usename = 'authenticator'"
            ).fetchall()
            if not left:
                break
            await asyncio.sleep(0.1)
    assert left == 0


async def test_without_a_server_the_lines_do_not_open(database):
    nowhere = psycopg.conninfo.make_conninfo(database.login_dsn(Login.AUTHENTICATOR), dbname="not_there")
    with pytest.raises(errors.Unavailable):
        async with Lines(nowhere, size=1):
            pass
