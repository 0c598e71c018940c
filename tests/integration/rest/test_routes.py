"""The data API as clients use it: the whole application, its own PostgreSQL, its own policies."""

from __future__ import annotations

import asyncio
import json
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from pathlib import Path

import pytest
from tests.integration.apps.conftest import Application
from tests.integration.conftest import SECRET, Database

from carebase import server
from carebase.rest import routes
from carebase.settings import Settings

LISTED = "/rest/v1/cases?select=case_id,patient_name&order=case_id"


@pytest.fixture
def running(database: Database, tmp_path: Path):
    @asynccontextmanager
    async def run(**chosen: object) -> AsyncIterator[Application]:
        settings = Settings(data=tmp_path, secret=SECRET, database_url=database.owner_dsn, **chosen)
        app = server.build(settings, owner_dsn=database.owner_dsn)
        async with app.router.lifespan_context(app):
            yield Application(app, database)

    return run


NEW = {"patient_name": "New", "patient_age": 40, "patient_gender": "female"}


def a_case(database: Database, person, *, name: str = "Amina B", patient: object = None) -> str:
    with database.owner() as owner:
        ((case_id,),) = owner.execute(
            "insert into public.cases (doctor_id, patient_name, patient_age, patient_gender, patient_id) "
            "values (%s, %s, 40, 'female', %s) returning case_id",
            [person.user_id, name, patient],
        ).fetchall()
        return case_id


def reads_of(database: Database, relation: str) -> list[dict]:
    return [one for one in database.recorded() if one["relation"] == relation and one["action"] == "read"]


async def test_a_doctor_reads_the_own_cases_and_nobody_elses(running, database):
    amina, bruno = database.a_person(), database.a_person()
    mine = a_case(database, amina)
    a_case(database, bruno, name="Another")
    async with running() as application, application.client(amina) as client:
        response = await client.get(LISTED)
    assert response.status_code == 200
    assert response.json() == [{"case_id": mine, "patient_name": "Amina B"}]
    assert response.headers["content-type"] == "application/json; charset=utf-8"
    assert response.headers["content-range"] == "0-0/*"


async def test_what_was_read_is_on_record_with_the_rows_and_the_reader(running, database):
    amina = database.a_person()
    mine = a_case(database, amina)
    async with running() as application, application.client(amina) as client:
        await client.get(LISTED)
        (read,) = reads_of(database, "public.cases")
    assert read["keys"] == [mine]
    assert read["actor"] == str(amina.user_id)
    assert read["action"] == "read"


async def test_a_question_that_finds_nothing_is_on_record_once(running, database):
    amina = database.a_person()
    async with running() as application, application.client(amina) as client:
        response = await client.get(LISTED)
        (read,) = reads_of(database, "public.cases")
    assert response.json() == []
    assert read["keys"] == []


async def test_a_read_that_fails_is_on_record_and_tells_no_value(running, database):
    amina = database.a_person()
    a_case(database, amina, name="Secret words")
    async with running() as application, application.client(amina) as client:
        response = await client.get("/rest/v1/cases?select=n:patient_name::int4")
        (read,) = reads_of(database, "public.cases")
    assert response.status_code == 400
    assert response.json()["code"] == "22P02"
    assert "Secret" not in response.text
    assert read["details"] == {"failed": "22P02"}


async def test_the_record_names_the_patient_whom_an_embedded_file_belongs_to(running, database):
    amina = database.a_person()
    with database.owner() as owner:
        ((patient,),) = owner.execute(
            "insert into public.patients (first_name, last_name, created_by) values ('A', 'B', %s) returning id",
            [amina.user_id],
        ).fetchall()
        case = a_case(database, amina, patient=patient)
        owner.execute(
            "insert into public.case_files (case_id, file_name, file_type, file_size, file_url, file_category, "
            "object_name, sha256) values (%s, 'a.pdf', 'application/pdf', 1, '/a', 'lab', %s, %s)",
            [case, f"{amina.user_id}/{case}/a.pdf", "0" * 64],
        )
    async with running() as application, application.client(amina) as client:
        response = await client.get("/rest/v1/cases?select=case_id,case_files(file_id)")
        (of_case,) = reads_of(database, "public.cases")
        (of_file,) = reads_of(database, "public.case_files")
    assert len(response.json()[0]["case_files"]) == 1
    assert of_case["patients"] == [str(patient)]
    assert of_file["patients"] == [str(patient)]
    assert len(of_file["keys"]) == 1


async def test_without_a_session_nothing_is_shown_and_nothing_is_called_a_fault(running, monkeypatch):
    faults: list[str] = []
    monkeypatch.setattr(routes.LOG, "error", lambda event, **_: faults.append(event))
    async with running() as application, application.client() as client:
        response = await client.get(LISTED)
    assert faults == []
    assert response.status_code == 401
    assert response.json()["code"] == "42501"
    assert response.headers["www-authenticate"] == "Bearer"


async def test_a_session_that_has_ended_is_refused_at_the_next_request(running, database):
    amina = database.a_person()
    async with running() as application, application.client(amina) as client:
        assert (await client.get(LISTED)).status_code == 200
        with database.owner() as owner:
            owner.execute("delete from auth.sessions where user_id = %s", [amina.user_id])
        response = await client.get(LISTED)
    assert response.status_code == 401
    assert response.json()["code"] == "PGRST301"
    assert response.headers["www-authenticate"].startswith("Bearer")


async def test_the_service_key_is_taken_here(running, database):
    a_case(database, database.a_person())
    async with running() as application, application.client() as client:
        key = application.app.state.tokens.service_key()
        response = await client.get(LISTED, headers={"apikey": key, "Authorization": f"Bearer {key}"})
    assert response.status_code == 200
    assert len(response.json()) == 1


async def test_no_schema_but_public_can_be_reached(running, database):
    amina = database.a_person()
    async with running() as application, application.client(amina) as client:
        for schema in ("auth", "storage", "audit", "private", "jobs", "pg_catalog", "information_schema"):
            response = await client.get("/rest/v1/users", headers={"Accept-Profile": schema})
            assert (response.status_code, response.json()["code"]) == (406, "PGRST106")
        for table in ("auth.users", "pg_class", "sessions", "tracked"):
            response = await client.get(f"/rest/v1/{table}")
            assert (response.status_code, response.json()["code"]) == (404, "PGRST205")


async def test_a_row_is_written_under_the_policies_and_comes_back(running, database):
    amina, bruno = database.a_person(), database.a_person()
    theirs = a_case(database, bruno)
    wanted = {"Prefer": "return=representation"}
    async with running() as application, application.client(amina) as client:
        made = await client.post("/rest/v1/cases?select=patient_name", json=NEW, headers=wanted)
        changed = await client.patch(
            f"/rest/v1/cases?case_id=eq.{theirs}", json={"case_summary": "Mine"}, headers=wanted
        )
        listed = await client.get(LISTED)
    assert (made.status_code, made.json()) == (201, [{"patient_name": "New"}])
    assert (changed.status_code, changed.json()) == (200, [])
    assert [case["patient_name"] for case in listed.json()] == ["New"]


async def test_a_client_cannot_choose_that_nothing_is_kept(running, database):
    amina = database.a_person()
    async with running() as application, application.client(amina) as client:
        await client.post("/rest/v1/cases", json=NEW, headers={"Prefer": "tx=rollback"})
        listed = await client.get(LISTED)
    assert [case["patient_name"] for case in listed.json()] == ["New"]


async def test_what_is_counted_is_on_record_without_its_values(running, database):
    amina = database.a_person()
    a_case(database, amina, name="Secret words")
    async with running() as application, application.client(amina) as client:
        response = await client.head("/rest/v1/cases?patient_name=eq.Secret words", headers={"Prefer": "count=exact"})
        (read,) = reads_of(database, "public.cases")
    assert response.headers["content-range"] == "0-0/1"
    assert read["details"]["filters"] == ["patient_name.eq"]
    assert "Secret" not in json.dumps(read)


async def test_bodies_and_addresses_have_a_limit(running, database):
    amina = database.a_person()
    async with running() as application, application.client(amina) as client:
        large = await client.post("/rest/v1/cases", content=b"[" + b" " * 1_100_000 + b"]")
        long = await client.get("/rest/v1/cases?patient_name=eq." + "a" * 40_000)
    assert (large.status_code, large.json()["code"]) == (413, "too_large")
    assert (long.status_code, long.json()["code"]) == (414, "address_too_long")


async def test_a_token_that_is_none_is_refused_in_postgrests_words(running):
    async with running() as application, application.client() as client:
        response = await client.get(LISTED, headers={"Authorization": "Bearer a.b"})
    assert response.status_code == 401
    assert response.json() == {
        "code": "PGRST301",
        "details": None,
        "hint": None,
        "message": "Expected 3 parts in JWT; got 2",
    }


async def test_a_cookie_changes_nothing_for_another_site(running, database):
    amina = database.a_person()
    async with running() as application, application.client() as client:
        client.cookies.set("carebase_access", application.token(amina))
        read = await client.get(LISTED)
        headers = {"Origin": "https://elsewhere.example", "Sec-Fetch-Site": "cross-site"}
        written = await client.post("/rest/v1/cases", json=NEW, headers=headers)
    assert read.status_code == 200
    assert (written.status_code, written.json()["code"]) == (403, "42501")


async def test_a_table_made_while_the_server_runs_is_known_after_a_notification(running, database):
    amina = database.a_person()
    async with running() as application, application.client(amina) as client:
        assert (await client.get("/rest/v1/leaflets")).status_code == 404
        with database.owner() as owner:
            owner.execute("create table public.leaflets (id int primary key)")
            owner.execute("grant select on public.leaflets to authenticated")
            owner.execute("notify pgrst, 'reload schema'")
        for _ in range(50):
            if (response := await client.get("/rest/v1/leaflets")).status_code == 200:
                break
            await asyncio.sleep(0.1)
    assert (response.status_code, response.json()) == (200, [])


async def test_what_leads_to_tracked_rows_without_naming_them_is_not_there(running, database):
    amina = database.a_person()
    a_case(database, amina)
    with database.owner() as owner:
        owner.execute(
            "create view public.names with (security_invoker = true) as select patient_name from public.cases"
        )
        owner.execute("create view public.names_again as select * from public.names")
        owner.execute(
            "create function public.first_name() returns text language sql stable "
            "as 'select patient_name from public.cases limit 1'"
        )
        owner.execute(
            "create function public.my_cases() returns setof public.cases language sql stable "
            "as 'select * from public.cases'"
        )
        owner.execute("grant select on public.names, public.names_again to authenticated")
        owner.execute("grant execute on function public.first_name(), public.my_cases() to authenticated")
    async with running() as application, application.client(amina) as client:
        answers = [await client.get(f"/rest/v1/{path}") for path in ("names", "names_again", "rpc/first_name")]
        assert [answer.json()["code"] for answer in answers] == ["PGRST205", "PGRST205", "PGRST202"]
        called = await client.get("/rest/v1/rpc/my_cases?select=patient_name")
        (read,) = reads_of(database, "public.cases")
    assert called.json() == [{"patient_name": "Amina B"}]
    assert len(read["keys"]) == 1


async def test_tokens_that_are_made_up_are_counted_for_their_address(running, database):
    async with running(requests_per_minute=5) as application, application.client() as client:
        answers = [
            await client.get(LISTED, headers={"Authorization": f"Bearer made.up.{number}"}) for number in range(7)
        ]
        person = await client.get(LISTED, headers={"Authorization": f"Bearer {application.token(database.a_person())}"})
    assert [answer.status_code for answer in answers] == [401] * 5 + [429] * 2
    assert int(answers[-1].headers["retry-after"]) >= 1
    assert person.status_code == 200
