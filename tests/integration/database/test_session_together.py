"""Queries sent together are one after another for PostgreSQL, and all of them or none for the case."""

from __future__ import annotations

from dataclasses import dataclass
from uuid import UUID

import pytest

from carebase import errors
from carebase.database import queries, session
from carebase.database.pool import Login

SQL = queries.load("""
-- name: cases
-- The cases the caller sees.
select doctor_id from public.cases;

-- name: count
-- How many they are.
select count(*) from public.cases;

-- name: open
-- A case of the caller.
insert into public.cases (patient_name, patient_age, patient_gender) values (%(name)s, %(age)s, 'female');
""")


@dataclass(frozen=True)
class Seen:
    doctor_id: UUID


async def test_each_sees_what_those_before_it_did_as_the_caller(database):
    person = database.a_person()
    async with (
        database.pools() as pools,
        session.begin(pools[Login.AUTHENTICATOR], person) as writing,
        writing.together() as ask,
    ):
        before = ask.value(SQL["count"])
        opened = ask.run(SQL["open"], name="Amina", age=40)
        seen = ask.one(SQL["cases"], Seen)

    assert (before.brought, opened.brought, seen.brought) == (0, 1, Seen(person.user_id))


async def test_one_that_is_refused_takes_the_others_back(database):
    person = database.a_person()
    async with database.pools() as pools:
        with pytest.raises(errors.CareError):
            async with session.begin(pools[Login.AUTHENTICATOR], person) as writing, writing.together() as ask:
                ask.run(SQL["open"], name="Amina", age=40)
                ask.run(SQL["open"], name="Bruno", age=-1)
        async with session.begin(pools[Login.AUTHENTICATOR], person) as reading:
            assert await reading.value(SQL["count"]) == 0


async def test_a_row_that_is_not_there_is_not_found(database):
    async with database.pools() as pools:
        with pytest.raises(errors.NotFound):
            async with (
                session.begin(pools[Login.AUTHENTICATOR], database.a_person()) as reading,
                reading.together() as ask,
            ):
                ask.one(SQL["cases"], Seen)


async def test_nothing_is_brought_before_the_block_ends(database):
    async with (
        database.pools() as pools,
        session.begin(pools[Login.AUTHENTICATOR], database.a_person()) as reading,
        reading.together() as ask,
    ):
        coming = ask.value(SQL["count"])
        with pytest.raises(RuntimeError):
            _ = coming.brought
