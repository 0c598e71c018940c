"""What else than JSON is answered: text, XML and bytes as such, plans, the description of the API; and the limits."""

from __future__ import annotations

import json
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from pathlib import Path

import psycopg
import pytest
from tests.integration.apps.conftest import Application
from tests.integration.conftest import SECRET, Database

from carebase import server
from carebase.settings import Settings

LEAFLETS = """
    create table public.leaflets (id int primary key, said text, picture bytea,
        next_id int references public.leaflets);
    comment on table public.leaflets is E'What we hand out\\n\\nTo whoever comes.';
    comment on column public.leaflets.said is 'Its words';
    insert into public.leaflets values (1, 'Drink', '\\x00ff0a', null), (2, 'Rest', '\\x61', 1);
    create table public.drawer (id int primary key);
    create function public.greeting() returns text language sql stable as $$ select 'Hello "you"' $$;
    create function public.picture() returns bytea language sql stable as $$ select '\\x00ff0a'::bytea $$;
    create function public.slow() returns void language sql volatile as $$ select pg_sleep(30) $$;
    create function public.closed() returns void language plpgsql as
        $$ begin perform set_config('response.headers', '[{"X-Checked": "yes"}]', true);
           if current_setting('request.path') = '/drawer' then
             raise sqlstate 'PT418' using message = 'closed'; end if; end $$;
    revoke all on public.drawer from public, anon, authenticated, service_role;
    grant select, insert on public.leaflets to authenticated, service_role;
    grant execute on function public.greeting(), public.picture(), public.slow(), public.closed()
       to anon, authenticated, service_role;
"""


@pytest.fixture
def leaflets(database: Database) -> Database:
    with database.owner() as owner:
        owner.execute(LEAFLETS)
    return database


@pytest.fixture
def running(leaflets: Database, tmp_path: Path):
    @asynccontextmanager
    async def run(**chosen: object) -> AsyncIterator[Application]:
        settings = Settings(data=tmp_path, secret=SECRET, database_url=leaflets.owner_dsn, **chosen)
        app = server.build(settings, owner_dsn=leaflets.owner_dsn)
        async with app.router.lifespan_context(app):
            yield Application(app, leaflets)

    return run


# --- values as such ------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("path", "wanted", "answered"),
    [
        ("rpc/greeting", "text/plain", b'Hello "you"'),
        ("rpc/picture", "application/octet-stream", b"\x00\xff\n"),
        ("leaflets?select=picture&order=id", "application/octet-stream", b"\x00\xff\na"),
        ("leaflets?select=said&id=eq.2", "text/plain", b"Rest"),
        ("leaflets?select=id::text&order=id.desc", "text/plain", b"21"),
        ("leaflets?select=said&id=eq.3", "text/plain", b""),
    ],
)
async def test_one_value_leaves_as_it_is(running, leaflets, path, wanted, answered):
    amina = leaflets.a_person()
    async with running() as application, application.client(amina) as client:
        response = await client.get(f"/rest/v1/{path}", headers={"Accept": wanted})
    assert (response.status_code, response.content) == (200, answered)
    assert response.headers["content-type"].partition(";")[0] == wanted
    assert response.headers["content-length"] == str(len(answered))


async def test_xml_leaves_as_it_is(running, leaflets):
    amina = leaflets.a_person()
    with leaflets.owner() as owner:
        try:
            owner.execute("alter table public.leaflets add page xml default '<p>a</p>'")
        except psycopg.errors.FeatureNotSupported:
            pytest.skip("this PostgreSQL was built without XML")
        owner.execute("create function public.page() returns xml language sql stable return '<p>b</p>'::xml")
    async with running() as application, application.client(amina) as client:
        rows = await client.get("/rest/v1/leaflets?select=page", headers={"Accept": "text/xml"})
        value = await client.get("/rest/v1/rpc/page", headers={"Accept": "text/xml"})
    assert (rows.status_code, rows.content) == (200, b"<p>a</p><p>a</p>")
    assert (value.status_code, value.content) == (200, b"<p>b</p>")
    assert value.headers["content-type"] == "text/xml; charset=utf-8"


async def test_a_written_picture_comes_back_as_bytes(running, leaflets):
    amina = leaflets.a_person()
    headers = {"Accept": "application/octet-stream", "Prefer": "return=representation"}
    async with running() as application, application.client(amina) as client:
        response = await client.post(
            "/rest/v1/leaflets?select=picture", json={"id": 7, "picture": "\\x0001"}, headers=headers
        )
    assert (response.status_code, response.content) == (201, b"\x00\x01")


@pytest.mark.parametrize(
    ("path", "wanted"),
    [
        ("leaflets", "text/plain"),
        ("leaflets?select=said,id", "text/plain"),
        ("leaflets?select=id", "text/plain"),
        ("leaflets?select=said", "application/octet-stream"),
        ("rpc/greeting", "text/xml"),
        ("leaflets", "application/openapi+json"),
        ("leaflets", "application/vnd.pgrst.plan+json"),
        ("rpc/greeting", "application/vnd.pgrst.plan"),
    ],
)
async def test_what_rows_cannot_be_written_in_is_refused(running, leaflets, path, wanted):
    amina = leaflets.a_person()
    async with running() as application, application.client(amina) as client:
        response = await client.get(f"/rest/v1/{path}", headers={"Accept": wanted})
    assert (response.status_code, response.json()["code"]) == (406, "PGRST107")


# --- plans ---------------------------------------------------------------------------------------------------------


async def test_a_plan_is_told_where_the_operator_allows_it(running, leaflets):
    amina = leaflets.a_person()
    wanted = 'application/vnd.pgrst.plan+json; for="text/csv"; options=verbose|settings'
    async with running(rest_plans=True) as application, application.client(amina) as client:
        response = await client.get("/rest/v1/leaflets?id=eq.1", headers={"Accept": wanted})
        text = await client.get("/rest/v1/rpc/greeting", headers={"Accept": "application/vnd.pgrst.plan"})
        head = await client.head("/rest/v1/leaflets", headers={"Accept": wanted})
    assert response.status_code == 200
    assert response.headers["content-type"] == f"{wanted}; charset=utf-8"
    assert "content-range" not in response.headers
    assert response.json()[0]["Plan"]["Node Type"] == "Aggregate"
    assert (text.status_code, text.content[:9]) == (200, b"Aggregate")
    assert text.headers["content-type"] == 'application/vnd.pgrst.plan+text; for="application/json"; charset=utf-8'
    assert (head.status_code, head.content) == (200, b"")


async def test_each_plan_is_that_of_its_own_request(running, leaflets):
    amina = leaflets.a_person()
    headers = {"Accept": "application/vnd.pgrst.plan"}
    async with running(rest_plans=True) as application, application.client(amina) as client:
        for number in range(1, 8):
            response = await client.get(f"/rest/v1/leaflets?id=eq.{number}", headers=headers)
            assert f"id = {number})" in response.text
            picture = await client.get(
                f"/rest/v1/leaflets?select=picture&id=eq.{number % 2 + 1}",
                headers={"Accept": "application/octet-stream"},
            )
            assert picture.content == (b"a" if number % 2 else b"\x00\xff\n")


async def test_analyze_does_what_is_analysed_and_a_plan_alone_does_not(running, leaflets):
    amina = leaflets.a_person()
    plan = "application/vnd.pgrst.plan+json"
    async with running(rest_plans=True) as application, application.client(amina) as client:
        for number, accept in ((8, plan), (9, f"{plan}; options=analyze|buffers|wal")):
            answer = await client.post("/rest/v1/leaflets", json={"id": number}, headers={"Accept": accept})
            assert answer.status_code == 200
        refused = await client.get("/rest/v1/leaflets", headers={"Accept": f"{plan}; options=wal"})
        listed = await client.get("/rest/v1/leaflets?select=id&id=gt.5")
    assert (refused.status_code, refused.json()["code"]) == (400, "22023")
    assert listed.json() == [{"id": 9}]


async def test_of_patients_data_no_plan_is_told_however_it_is_come_by(running, leaflets):
    amina = leaflets.a_person()
    with leaflets.owner() as owner:
        owner.execute("alter table public.leaflets enable row level security")
        owner.execute(
            "create policy leaflets_by_cases on public.leaflets for all to authenticated "
            "using (exists (select from public.cases)) with check (true)"
        )
    for_cases = "case_id=eq.1be2d2b6-5ef9-4d0c-8a25-52fb8fba1d11"
    async with running(rest_plans=True) as application, application.client(amina) as client:
        for options in ("", "; options=analyze"):
            headers = {"Accept": f"application/vnd.pgrst.plan{options}"}
            answers = [
                await client.get(f"/rest/v1/cases?{for_cases}", headers=headers),
                await client.get("/rest/v1/case_files?select=*,cases!inner(patient_name)", headers=headers),
                await client.patch(f"/rest/v1/cases?{for_cases}", json={"case_summary": "x"}, headers=headers),
                await client.get("/rest/v1/leaflets", headers=headers),
            ]
            assert {(one.status_code, one.json()["code"]) for one in answers} == {(406, "PGRST107")}


# --- the description -----------------------------------------------------------------------------------------------


async def test_the_root_describes_what_the_caller_may_use(running, leaflets):
    amina = leaflets.a_person()
    async with running(site_url="https://care.example.org") as application:
        async with application.client(amina) as client:
            response = await client.get("/rest/v1/")
            as_json = await client.get("/rest/v1/", headers={"Accept": "application/json"})
            as_csv = await client.get("/rest/v1/", headers={"Accept": "text/csv"})
            head = await client.head("/rest/v1/")
        async with application.client() as stranger:
            theirs = (await stranger.get("/rest/v1/")).json()
    found = response.json()
    assert response.headers["content-type"] == "application/openapi+json; charset=utf-8"
    assert as_json.headers["content-type"] == "application/json; charset=utf-8"
    assert (head.status_code, head.content) == (200, b"")
    assert (as_csv.status_code, as_csv.json()["code"]) == (406, "PGRST107")
    assert (found["schemes"], found["host"], found["basePath"]) == (["https"], "care.example.org", "/rest/v1")
    leaflet = found["definitions"]["leaflets"]
    assert leaflet["description"] == "What we hand out\n\nTo whoever comes."
    assert leaflet["properties"]["said"] == {"type": "string", "format": "text", "description": "Its words"}
    assert "<fk table='leaflets' column='id'/>" in leaflet["properties"]["next_id"]["description"]
    assert found["paths"]["/leaflets"]["get"]["summary"] == "What we hand out"
    assert "get" in found["paths"]["/rpc/greeting"]
    assert "get" not in found["paths"]["/rpc/slow"]
    assert "drawer" not in found["definitions"]
    assert "/drawer" not in found["paths"]
    assert "/leaflets" not in theirs["paths"]
    assert "leaflets" not in json.dumps(theirs)
    assert "/rpc/greeting" in theirs["paths"]


async def test_what_leads_to_patients_data_unrecorded_is_not_described(running, leaflets):
    amina = leaflets.a_person()
    with leaflets.owner() as owner:
        owner.execute("create view public.hidden_names as select patient_name from public.cases")
        owner.execute(
            "create function public.hidden_first() returns text language sql stable "
            "as 'select patient_name from public.cases limit 1'"
        )
        owner.execute("grant select on public.hidden_names to authenticated")
        owner.execute("grant execute on function public.hidden_first() to authenticated")
    async with running() as application, application.client(amina) as client:
        response = await client.get("/rest/v1/")
    assert "/cases" in response.json()["paths"]
    assert "hidden_" not in response.text


async def test_no_other_schema_is_described(running, leaflets):
    amina = leaflets.a_person()
    async with running() as application, application.client(amina) as client:
        for schema in ("auth", "audit", "private", "storage"):
            response = await client.get("/rest/v1/", headers={"Accept-Profile": schema})
            assert (response.status_code, response.json()["code"]) == (406, "PGRST106")


async def test_every_reference_of_the_description_leads_somewhere(running, leaflets):
    amina = leaflets.a_person()
    async with running() as application, application.client(amina) as client:
        found = (await client.get("/rest/v1/")).json()
    references = list(_references(found))
    assert references
    for reference in references:
        kind, _, name = reference.removeprefix("#/").partition("/")
        assert name in found[kind]


async def test_an_operator_can_keep_the_description_to_himself(running, leaflets):
    amina = leaflets.a_person()
    async with running(api_docs=False) as application, application.client(amina) as client:
        response = await client.get("/rest/v1/")
    assert response.status_code == 404
    assert response.json() == {
        "code": "PGRST126",
        "details": None,
        "hint": None,
        "message": "Root endpoint metadata is disabled",
    }


async def test_a_session_that_has_ended_is_told_nothing_at_the_root(running, leaflets):
    amina = leaflets.a_person()
    async with running() as application, application.client(amina) as client:
        assert (await client.get("/rest/v1/")).status_code == 200
        with leaflets.owner() as owner:
            owner.execute("update auth.users set banned_until = 'infinity' where id = %s", [amina.user_id])
        response = await client.get("/rest/v1/")
    assert response.status_code == 401


def _references(part):
    match part:
        case dict():
            for name, value in part.items():
                if name == "$ref":
                    yield value
                else:
                    yield from _references(value)
        case list():
            for one in part:
                yield from _references(one)


# --- what the operator decides -------------------------------------------------------------------------------------


async def test_a_statement_ends_after_the_time_that_its_role_has(running, leaflets):
    amina = leaflets.a_person()
    async with running(rest_authenticated_seconds=1) as application, application.client(amina) as client:
        response = await client.post("/rest/v1/rpc/slow")
    assert (response.status_code, response.json()["code"]) == (500, "57014")


async def test_embeds_go_as_deep_as_the_operator_allows(running, leaflets):
    amina = leaflets.a_person()
    deep = "leaflets?select=id,a:leaflets!next_id(id,b:leaflets!next_id(id))"
    async with running(rest_embed_depth=1) as application, application.client(amina) as client:
        response = await client.get(f"/rest/v1/{deep}")
    async with running(rest_embed_depth=2) as application, application.client(amina) as client:
        allowed = await client.get(f"/rest/v1/{deep}")
    assert (response.status_code, response.json()["code"]) == (400, "PGRST100")
    assert response.json()["details"] == "At most 1 levels of embeds are read."
    assert allowed.status_code == 200


async def test_rows_bodies_and_addresses_are_as_large_as_the_operator_allows(running, leaflets):
    amina = leaflets.a_person()
    chosen = {"rest_max_rows": 1, "rest_max_body": 1024, "rest_max_address": 1024, "rest_aggregates": True}
    async with running(**chosen) as application, application.client(amina) as client:
        rows = await client.get("/rest/v1/leaflets?select=id&order=id")
        body = await client.post("/rest/v1/leaflets", json={"id": 4, "said": "a" * 1100})
        address = await client.get(f"/rest/v1/leaflets?said=eq.{'a' * 1100}")
        summed = await client.get("/rest/v1/leaflets?select=id.sum()")
    assert rows.json() == [{"id": 1}]
    assert (body.status_code, body.json()["code"]) == (413, "too_large")
    assert (address.status_code, address.json()["code"]) == (414, "address_too_long")
    assert summed.json() == [{"sum": 3}]


async def test_a_body_may_be_larger_than_elsewhere_where_the_operator_says_so(running, leaflets):
    amina = leaflets.a_person()
    async with running(rest_max_body=4_194_304) as application, application.client(amina) as client:
        answer = await client.post("/rest/v1/leaflets", json={"id": 4, "said": "a" * 3_000_000})
    assert answer.status_code == 201


async def test_a_function_of_the_operators_is_called_before_anything_else(running, leaflets):
    amina = leaflets.a_person()
    async with running(rest_pre_request="closed") as application, application.client(amina) as client:
        refused = await client.get("/rest/v1/drawer")
        root = await client.get("/rest/v1/")
    assert (refused.status_code, refused.json()["message"]) == (418, "closed")
    assert (root.status_code, root.headers["x-checked"]) == (200, "yes")


async def test_nothing_is_kept_where_the_operator_says_so_unless_the_client_does(running, leaflets):
    amina = leaflets.a_person()
    chosen = {"rest_transaction_end": "rollback-allow-override"}
    async with running(**chosen) as application, application.client(amina) as client:
        await client.post("/rest/v1/leaflets", json={"id": 4})
        await client.post("/rest/v1/leaflets", json={"id": 5}, headers={"Prefer": "tx=commit"})
        listed = await client.get("/rest/v1/leaflets?select=id&id=gt.3")
    assert listed.json() == [{"id": 5}]


# --- what goes on record -------------------------------------------------------------------------------------------


async def test_patients_data_that_leaves_as_text_is_on_record_as_any(running, leaflets):
    amina = leaflets.a_person()
    with leaflets.owner() as owner:
        ((case_id,),) = owner.execute(
            "insert into public.cases (doctor_id, patient_name, patient_age, patient_gender) "
            "values (%s, 'Amina B', 40, 'female') returning case_id",
            [amina.user_id],
        ).fetchall()
    async with running() as application, application.client(amina) as client:
        response = await client.get("/rest/v1/cases?select=patient_name", headers={"Accept": "text/plain"})
        (read,) = [one for one in leaflets.recorded() if one["relation"] == "public.cases" and one["action"] == "read"]
    assert (response.status_code, response.text) == (200, "Amina B")
    assert response.headers["x-content-type-options"] == "nosniff"
    assert read["keys"] == [str(case_id)]
