"""What the data API shows of tracked rows is on record, by whatever way it was asked for."""

from __future__ import annotations

import json
from collections.abc import AsyncIterator, Iterator
from contextlib import asynccontextmanager
from pathlib import Path
from typing import Any

import httpx
import pytest
from tests.integration.apps.conftest import Application
from tests.integration.conftest import SECRET, RunningCluster
from tests.integration.rest import tracked_requests
from tests.security.clinic import Clinic
from tests.security.conftest import a_database

from carebase import server
from carebase.settings import Settings

ACTORS = ("attending", "nurse", "patient", "proxy", "admin", "emergency")
OPERATORS = """
create table public.studies (id int primary key, title text);
create table public.study_patients (
    study_id int references public.studies, patient_id uuid references public.patients,
    primary key (study_id, patient_id)
);
-- Rows of the clinic came with numbers of their own.
select setval('jobs.procrastinate_jobs_id_seq', 1000);
insert into public.studies values (1, 'One'), (2, 'Two');
insert into public.study_patients select s.id, p.id from public.studies s, public.patients p;
insert into audit.tracked (relation, key_columns, patient_path)
values ('public.study_patients', '{study_id,patient_id}', 'patient_id');

create view public.files_of_cases with (security_invoker = true) as
    select c.case_id as case_no, c.patient_name, f.file_id as file_no, f.file_name
      from public.cases c left join public.case_files f using (case_id);
insert into audit.tracked_views (relation, records, key_columns, patient_path, patient_column) values
    ('public.files_of_cases', 'public.cases', '{case_no}', 'case_id', 'case_no'),
    ('public.files_of_cases', 'public.case_files', '{file_no}', 'case_id', 'case_no');
create view public.names with (security_invoker = true) as select patient_name from public.cases;

create function public.all_cases() returns setof public.cases language sql stable as 'select * from public.cases';
create function public.names_of_cases() returns table (no text, who text) language sql stable
    as 'select case_id, patient_name from public.cases';
create function public.number_of_cases() returns bigint language sql stable as 'select count(*) from public.cases';
create function public.any_name() returns text language sql stable as 'select patient_name from public.cases limit 1';
create function public.whatever(query text) returns text language plpgsql stable
    as 'declare found text; begin execute query into found; return found; end';
create function public.cases_of(public.patients) returns setof public.cases language sql stable
    as 'select * from public.cases c where c.patient_id = $1.id';
create function public.full_name(public.patients) returns text language sql stable
    as $$ select $1.first_name || ' ' || $1.last_name $$;
create function public.touch(case_no text) returns text language plpgsql volatile as $$
begin
    perform audit.record('looked', 'public.cases', jsonb_build_array(case_no));
    return (select patient_name from public.cases where case_id = case_no);
end $$;
insert into audit.tracked_functions (signature, recording, records, key_columns, patient_path, patient_column) values
    ('public.names_of_cases()', 'rows', 'public.cases', '{no}', 'case_id', 'no'),
    ('public.number_of_cases()', 'question', 'public.cases', null, null, null),
    ('public.touch(text)', 'itself', null, null, null, null);
grant select on public.studies, public.study_patients, public.files_of_cases, public.names to authenticated;
"""


@pytest.fixture(scope="module")
def clinic(cluster: RunningCluster) -> Iterator[Clinic]:
    with a_database(cluster) as database, database.owner() as owner:
        made = Clinic(database, owner)
        owner.execute(OPERATORS)
        yield made


@pytest.fixture
def running(clinic: Clinic, tmp_path: Path):
    @asynccontextmanager
    async def run() -> AsyncIterator[Application]:
        database = clinic.database
        app = server.build(
            Settings(data=tmp_path, secret=SECRET, database_url=database.owner_dsn), owner_dsn=database.owner_dsn
        )
        async with app.router.lifespan_context(app):
            yield Application(app, database)

    return run


def entries(clinic: Clinic) -> list[dict[str, Any]]:
    """What is on record since this was asked last."""
    (asked,) = clinic.owner.execute("select coalesce(nullif(current_setting('tests.asked', true), ''), '0')").fetchone()
    rows = clinic.owner.execute(
        "select entry from (select body::jsonb from audit.log union all select body::jsonb from audit.inbox) e (entry)"
        " where (entry ->> 'at')::bigint > %s::bigint order by entry -> 'at'",
        [asked],
    ).fetchall()
    clinic.owner.execute(
        "select set_config('tests.asked', (extract(epoch from clock_timestamp()) * 1e6)::int8::text, false)"
    )
    return [entry for (entry,) in rows]


def reads(clinic: Clinic) -> list[dict[str, Any]]:
    return [one for one in entries(clinic) if one["action"] == "read"]


def headers(application: Application, clinic: Clinic, name: str) -> dict[str, str]:
    return {"Authorization": f"Bearer {application.token(clinic.people[name])}"}


@pytest.mark.parametrize("seed", range(3))
async def test_every_row_of_an_answer_is_on_record(running, clinic, seed):
    answered = shown_rows = 0
    async with running() as application, application.client() as client:
        known = application.app.state.data_api.kept.known
        requests = tracked_requests.Requests(known, seed)
        entries(clinic)
        for at in range(120):
            address, wanted, extra = requests.a_read()
            actor = ACTORS[at % len(ACTORS)]
            response = await client.get(f"/rest/v1{address}", headers={**extra, **headers(application, clinic, actor)})
            on_record = reads(clinic)
            said = (actor, address, response.text[:300])
            assert response.status_code < 500, said
            if response.status_code >= 300:
                continue
            shown = {one for row in response.json() for one in wanted.shown(row)}
            assert shown <= tracked_requests.recorded(on_record), said
            assert on_record, said
            answered, shown_rows = answered + 1, shown_rows + len(shown)
    assert answered > 60
    assert shown_rows > 100


async def test_a_view_is_recorded_as_the_table_it_shows(running, clinic):
    async with running() as application, application.client() as client:
        entries(clinic)
        response = await client.get("/rest/v1/proxies?select=relation", headers=headers(application, clinic, "patient"))
        (read,) = reads(clinic)
    assert len(response.json()) == len(read["keys"]) > 0
    assert read["relation"] == "public.patient_accounts"
    assert read["details"] == {"through": "public.proxies"}
    assert set(read["keys"][0]) == {"account_id", "patient_id"}
    assert read["patients"] == sorted({key["patient_id"] for key in read["keys"]})


async def test_a_view_over_two_tables_is_recorded_as_both(running, clinic):
    async with running() as application, application.client() as client:
        entries(clinic)
        response = await client.get("/rest/v1/files_of_cases", headers=headers(application, clinic, "attending"))
        found = reads(clinic)
    by_relation = {read["relation"]: read for read in found}
    assert set(by_relation) == {"public.cases", "public.case_files"}
    files = {row["file_no"] for row in response.json() if row["file_no"]}
    assert set(by_relation["public.case_files"]["keys"]) == files
    assert by_relation["public.cases"]["patients"]


async def test_reading_the_record_is_on_record(running, clinic):
    async with running() as application, application.client() as client:
        entries(clinic)
        response = await client.get("/rest/v1/phi_audit_log?limit=2", headers=headers(application, clinic, "patient"))
        (read,) = reads(clinic)
    assert read["relation"] == "public.phi_audit_log"
    assert read["keys"] == [row["id"] for row in response.json()]
    assert read["patients"]


@pytest.mark.parametrize(
    ("path", "code"),
    [
        ("names", "PGRST205"),
        ("rpc/any_name", "PGRST202"),
        ("rpc/whatever?query=select", "PGRST202"),
    ],
)
async def test_what_is_not_registered_is_not_there(running, clinic, path, code):
    async with running() as application, application.client() as client:
        response = await client.get(f"/rest/v1/{path}", headers=headers(application, clinic, "attending"))
    assert (response.status_code, response.json()["code"]) == (404, code)


async def test_functions_are_recorded_as_they_are_registered(running, clinic):
    async with running() as application, application.client() as client:
        who = headers(application, clinic, "attending")
        entries(clinic)
        rows = await client.get("/rest/v1/rpc/names_of_cases?select=who", headers=who)
        (by_row,) = reads(clinic)
        own = await client.get("/rest/v1/rpc/all_cases?select=patient_name", headers=who)
        (by_type,) = reads(clinic)
        number = await client.get("/rest/v1/rpc/number_of_cases", headers=who)
        (by_question,) = reads(clinic)
        touched = await client.post("/rest/v1/rpc/touch", json={"case_no": by_row["keys"][0]}, headers=who)
        by_itself = entries(clinic)
    assert len(rows.json()) == len(by_row["keys"]) == len(own.json()) == number.json() > 0
    assert by_row["relation"] == by_type["relation"] == by_question["relation"] == "public.cases"
    assert by_row["details"] == {"through": "public.names_of_cases"}
    assert by_row["patients"] == by_type["patients"]
    assert by_question["keys"] == []
    assert by_question["details"]["function"] == "public.number_of_cases"
    assert touched.status_code == 200
    assert [(one["action"], one["keys"]) for one in by_itself] == [("looked", by_row["keys"][:1])]


async def test_functions_of_a_row_are_recorded_by_the_rows(running, clinic):
    async with running() as application, application.client() as client:
        who = headers(application, clinic, "attending")
        entries(clinic)
        response = await client.get("/rest/v1/patients?select=full_name,cases_of(patient_name)", headers=who)
        found = {read["relation"]: len(read["keys"]) for read in reads(clinic)}
    assert response.status_code == 200, response.text
    rows = response.json()
    assert found == {"public.patients": len(rows), "public.cases": sum(len(row["cases_of"]) for row in rows)}
    assert all(row["full_name"] for row in rows)


async def test_rows_of_a_junction_are_on_record_though_they_are_not_shown(running, clinic):
    async with running() as application, application.client() as client:
        entries(clinic)
        response = await client.get(
            "/rest/v1/studies?select=id,patients(*)&id=eq.1&patients.limit=2",
            headers=headers(application, clinic, "attending"),
        )
        found = {read["relation"]: read for read in reads(clinic)}
    patients = [row["id"] for row in response.json()[0]["patients"]]
    assert patients
    assert set(response.json()[0]["patients"][0]) == set(_columns(clinic, "public.patients"))
    assert found["public.patients"]["keys"] == patients
    assert found["public.study_patients"]["keys"] == [{"study_id": 1, "patient_id": one} for one in patients]


def _columns(clinic: Clinic, table: str) -> list[str]:
    rows = clinic.owner.execute(
        "select attname from pg_attribute where attrelid = %s::regclass and attnum > 0 and not attisdropped", [table]
    )
    return [name for (name,) in rows]


@pytest.mark.parametrize(
    "query",
    [
        "patients?select=id,cases!inner()&cases.patient_name=eq.Nobody%20so%20called",
        "patients?select=id,cases!inner()&cases.patient_name=like.*",
        "patients?select=id,cases()&cases=is.null",
        "patients?select=id,cases(count)",
    ],
)
async def test_what_an_embed_tells_without_being_shown_is_on_record_as_a_question(running, clinic, query):
    async with running() as application, application.client() as client:
        entries(clinic)
        response = await client.get(f"/rest/v1/{query}", headers=headers(application, clinic, "attending"))
        found = {read["relation"]: read for read in reads(clinic)}
    assert response.status_code == 200, response.text
    assert found["public.cases"]["keys"] == []
    if "patient_name" in query:
        assert found["public.cases"]["details"]["filters"][0].startswith("cases.patient_name.")
        assert found["public.cases"]["details"]["values"]
    if response.json():
        assert found["public.patients"]["keys"] == [row["id"] for row in response.json()]


@pytest.mark.parametrize("count", ["exact", "planned", "estimated"])
async def test_a_number_of_rows_is_on_record_with_the_question(running, clinic, count):
    async with running() as application, application.client() as client:
        entries(clinic)
        await client.get(
            "/rest/v1/cases?patient_name=eq.Secret&limit=1",
            headers={"Prefer": f"count={count}", **headers(application, clinic, "attending")},
        )
        (read,) = reads(clinic)
    assert read["details"]["counted"] is True
    assert read["details"]["filters"] == ["patient_name.eq"]
    assert "Secret" not in json.dumps(read)


# --- writes --------------------------------------------------------------------------------------------------------

REPRESENTATION = {"Prefer": "return=representation"}


async def written(client: httpx.AsyncClient, method: str, path: str, body: object, extra: dict[str, str]) -> Any:
    response = await client.request(method, f"/rest/v1/{path}", json=body, headers=extra)
    assert response.status_code < 300, response.text
    return response


async def test_rows_that_come_back_from_a_write_are_recorded_as_read(running, clinic):
    new = {"patient_name": "New", "patient_age": 40, "patient_gender": "female"}
    async with running() as application, application.client() as client:
        who = headers(application, clinic, "attending")
        entries(clinic)
        made = await written(client, "POST", "cases?select=patient_name", new, {**who, **REPRESENTATION})
        of_insert = entries(clinic)
        changed = await written(
            client, "PATCH", "cases?select=patient_name", {"patient_age": 41}, {**who, **REPRESENTATION}
        )
        of_update = entries(clinic)
    assert sorted(one["action"] for one in of_insert if one["relation"] == "public.cases") == ["INSERT", "read"]
    assert len({json.dumps(one["keys"]) for one in of_insert if one["relation"] == "public.cases"}) == 1
    assert made.json() == [{"patient_name": "New"}]
    (read,) = (one for one in of_update if one["action"] == "read")
    assert len(read["keys"]) == len(changed.json()) > 0


async def test_a_write_that_tells_only_how_many_rows_there_are_is_on_record_as_a_question(running, clinic):
    async with running() as application, application.client() as client:
        who = headers(application, clinic, "attending")
        entries(clinic)
        await written(client, "PATCH", "cases?patient_name=eq.Secret", {"patient_age": 41}, who)
        (of_update,) = reads(clinic)
        await written(client, "PATCH", "cases?patient_name=eq.Secret", {}, who)
        (of_nothing,) = reads(clinic)
    for read in (of_update, of_nothing):
        assert (read["relation"], read["keys"]) == ("public.cases", [])
        assert read["details"]["filters"] == ["patient_name.eq"]
        assert "Secret" not in json.dumps(read)


@pytest.mark.parametrize("resolution", ["ignore-duplicates", "merge-duplicates"])
@pytest.mark.parametrize("returned", ["minimal", "representation"])
async def test_an_upsert_that_meets_a_row_is_on_record_as_a_question(running, clinic, resolution, returned):
    (case_id, age) = clinic.owner.execute(
        "select case_id, patient_age from public.cases where doctor_id = %s limit 1",
        [clinic.people["attending"].user_id],
    ).fetchone()
    body = {"case_id": case_id, "patient_name": "x", "patient_age": age, "patient_gender": "female"}
    async with running() as application, application.client() as client:
        who = headers(application, clinic, "attending")
        entries(clinic)
        await client.post(
            "/rest/v1/cases?on_conflict=case_id&columns=case_id,patient_name,patient_age,patient_gender",
            json=body,
            headers={"Prefer": f"resolution={resolution},return={returned}", **who},
        )
        found = [one for one in reads(clinic) if one["relation"] == "public.cases"]
    assert len(found) == 1
    assert found[0]["details"].get("compared") == ["case_id"] or "failed" in found[0]["details"]


async def test_a_refused_row_that_is_there_already_is_on_record(running, clinic):
    (case_id,) = clinic.owner.execute("select case_id from public.cases limit 1").fetchone()
    body = {"case_id": case_id, "patient_name": "x", "patient_age": 1, "patient_gender": "female"}
    async with running() as application, application.client() as client:
        entries(clinic)
        response = await client.post(
            "/rest/v1/cases", json=body, headers=headers(application, clinic, "another attending")
        )
        (read,) = reads(clinic)
    assert response.status_code == 409
    assert (read["relation"], read["details"]) == ("public.cases", {"failed": "23505"})
