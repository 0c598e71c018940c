"""Reads as PostgreSQL answers them: planned by the catalogue of schemas made for it, written, run."""

from __future__ import annotations

import json
from collections.abc import Callable, Mapping
from dataclasses import replace
from typing import Any

import psycopg
import pytest

from carebase.database import session as sessions
from carebase.database.pool import Login
from carebase.rest import errors, loading, plan, plan_fields, plan_reads, render, tracking
from carebase.rest.catalogue import Name
from carebase.rest.parsing import request as requests

SCHEMA = """
create schema api;
create domain api.colour as integer;
create function api.json(api.colour) returns json language sql immutable
    as $$ select to_json('#' || lpad(to_hex($1::int), 6, '0')) $$;
create function api.colour(text) returns api.colour language sql immutable
    as $$ select ('x' || lpad(trim(leading '#' from $1), 8, '0'))::bit(32)::int::api.colour $$;
create cast (api.colour as json) with function api.json(api.colour) as implicit;
create cast (text as api.colour) with function api.colour(text) as implicit;

create table api.doctors (id bigint primary key, name text);
create table api.patients (
    id bigint primary key, name text, born_on date, data jsonb, tags text[], badge api.colour
);
create table api.cases (
    id bigint primary key, title text, patient_id bigint references api.patients, parent_id bigint references api.cases,
    cost numeric
);
create table api.summaries (case_id bigint primary key references api.cases, text text);
create table api.teams (
    case_id bigint references api.cases, doctor_id bigint references api.doctors, primary key (case_id, doctor_id)
);
create view api.open_cases as select id, title, patient_id from api.cases where title <> 'closed';
create function api.initial(api.patients) returns text language sql stable as 'select left($1.name, 1)';
create function api.dear_cases(api.patients) returns setof api.cases language sql stable
    as 'select * from api.cases c where c.patient_id = $1.id and c.cost > 10';

insert into api.doctors values (1, 'Ada'), (2, 'Bo');
insert into api.patients values
    (1, 'Amina', '1980-02-03', '{"eyes": {"left": "blue"}, "scores": [3, 4]}', '{a,b}', 255),
    (2, 'Bruno', '1990-01-01', '{}', '{}', null),
    (3, 'Chloë', null, null, null, null);
insert into api.cases values
    (1, 'cough', 1, null, 10), (2, 'fever', 1, 1, 20.5), (3, 'closed', 2, null, null), (4, 'lost', null, null, 1);
insert into api.summaries values (1, 'it is a cough');
insert into api.teams values (1, 1), (1, 2), (2, 2);
"""

Ask = Callable[..., Any]


@pytest.fixture
async def setting(database) -> plan_reads.Setting:
    with database.owner() as connection:
        connection.execute(SCHEMA)
    async with (
        database.pools(frozenset({Login.AUTHENTICATOR})) as pools,
        sessions.begin_as_login(pools[Login.AUTHENTICATOR]) as session,
    ):
        catalogue = await loading.load(session, schemas=["api"])
    return plan_reads.Setting(catalogue=catalogue, role="anon", are_aggregates_allowed=True)


def written(
    address: str, setting: plan_reads.Setting, *, form: plan.Form = plan.Form.LIST, prefer: str = ""
) -> render.Statement:
    path, _, query = address.partition("?")
    headers = [("Prefer", prefer)]
    request = requests.read(method="GET", path=f"/{path}", query=query, headers=headers, body=b"")
    return render.statement(plan_reads.plan_read(request, setting, form=form))


def tracking_of(keys: Mapping[Name, tuple[str, ...]]) -> tracking.Tracking:
    return tracking.Tracking(relations={name: tracking.of_table(name, columns) for name, columns in keys.items()})


@pytest.fixture
def run(database, setting):
    """The row that answers `patients?select=name`."""

    def ran(
        address: str,
        *,
        form: plan.Form = plan.Form.LIST,
        prefer: str = "",
        tracked: Mapping[Name, tuple[str, ...]] | None = None,
    ) -> tuple[Any, ...]:
        statement = written(address, replace(setting, tracked=tracking_of(tracked or {})), form=form, prefer=prefer)
        with database.owner() as connection, psycopg.RawCursor(connection) as cursor:
            found = cursor.execute(statement.text, statement.values).fetchone()
        assert found is not None
        return found

    return ran


@pytest.fixture
def ask(run) -> Ask:
    """The body of the answer; the same whether keys are told with it or not."""

    def asked(address: str) -> Any:
        body = json.loads(run(address)[0])
        if not any(word in address for word in ("count", ".sum()", ".max()")):
            every = ("patients", "cases", "doctors", "summaries", "open_cases")
            tracked = {Name("api", name): ("case_id" if name == "summaries" else "id",) for name in every}
            assert json.loads(run(address, tracked=tracked)[0]) == body
        return body

    return asked


@pytest.mark.parametrize(
    ("address", "answer"),
    [
        ("doctors", [{"id": 1, "name": "Ada"}, {"id": 2, "name": "Bo"}]),
        ("doctors?select=who:name&order=name.desc&limit=1", [{"who": "Bo"}]),
        ("doctors?offset=1&select=id", [{"id": 2}]),
        ("patients?select=id::text,initial&id=lte.2", [{"id": "1", "initial": "A"}, {"id": "2", "initial": "B"}]),
        ("patients?select=data->eyes->>left,data->scores->1&id=eq.1", [{"left": "blue", "scores": 4}]),
        ("patients?select=first:tags->0&id=eq.1", [{"first": "a"}]),
        ("patients?select=id&data->eyes->>left=eq.blue", [{"id": 1}]),
        ("patients?select=id&tags=cs.{a}", [{"id": 1}]),
        ("patients?select=id&born_on=gt.1985-01-01", [{"id": 2}]),
        ("patients?select=id&born_on=is.null", [{"id": 3}]),
        ("patients?select=id&name=ilike.*R*", [{"id": 2}]),
        ("patients?select=id&name=eq(any).{Amina,Bruno}", [{"id": 1}, {"id": 2}]),
        ("patients?select=id&id=in.(1,3)", [{"id": 1}, {"id": 3}]),
        ("patients?select=id&name=in.()", []),
        ("patients?select=id&name=fts(simple).amina", [{"id": 1}]),
        ("patients?select=id&or=(name.eq.Amina,and(id.gt.2,name.like.C*))", [{"id": 1}, {"id": 3}]),
        ("patients?select=id&not.and=(id.gte.1,id.lte.2)", [{"id": 3}]),
        ("patients?select=badge&badge=eq.%230000ff", [{"badge": "#0000ff"}]),
        ("patients?select=id&badge=in.(%230000ff,%23ffffff)", [{"id": 1}]),
        ("patients?badge=not.is.null&select=*,badge&limit=0", []),
    ],
)
def test_rows_are_chosen_and_shown_as_asked(ask, address, answer):
    assert ask(address) == answer


@pytest.mark.parametrize(
    ("address", "answer"),
    [
        (
            "cases?select=title,patients(name)&id=in.(1,4)&order=id",
            [{"title": "cough", "patients": {"name": "Amina"}}, {"title": "lost", "patients": None}],
        ),
        (
            "patients?select=name,cases(title)&order=id&cases.order=id.desc&cases.limit=1",
            [
                {"name": "Amina", "cases": [{"title": "fever"}]},
                {"name": "Bruno", "cases": [{"title": "closed"}]},
                {"name": "Chloë", "cases": []},
            ],
        ),
        (
            "cases?select=id,doctors(name)&id=lte.2&order=id&doctors.order=name",
            [{"id": 1, "doctors": [{"name": "Ada"}, {"name": "Bo"}]}, {"id": 2, "doctors": [{"name": "Bo"}]}],
        ),
        (
            "cases?select=id,summaries(text)&id=lte.2&order=id",
            [{"id": 1, "summaries": {"text": "it is a cough"}}, {"id": 2, "summaries": None}],
        ),
        ("cases?select=id,parent_id(title)&parent_id=not.is.null", [{"id": 2, "parent_id": {"title": "cough"}}]),
        ("cases?select=id,next:cases(id)&id=eq.1", [{"id": 1, "next": [{"id": 2}]}]),
        ("patients?select=id,dear_cases(id,cost)&id=eq.1", [{"id": 1, "dear_cases": [{"id": 2, "cost": 20.5}]}]),
        ("patients?select=id,open_cases(title)&id=eq.2", [{"id": 2, "open_cases": []}]),
        ("patients?select=id,cases!inner(id)&cases.title=eq.fever", [{"id": 1, "cases": [{"id": 2}]}]),
        ("patients?select=id,cases()&cases=is.null", [{"id": 3}]),
        ("cases?select=id,summaries(),doctors()&or=(summaries.is.null,doctors.is.null)&id=lt.3", [{"id": 2}]),
        (
            "cases?select=id,patients(name)&patient_id=not.is.null&order=patients(name).desc,id.desc",
            [
                {"id": 3, "patients": {"name": "Bruno"}},
                {"id": 2, "patients": {"name": "Amina"}},
                {"id": 1, "patients": {"name": "Amina"}},
            ],
        ),
        ("cases?select=id,...patients(who:name)&id=eq.1", [{"id": 1, "who": "Amina"}]),
        (
            "patients?select=id,...cases(titles:title)&id=neq.1",
            [{"id": 2, "titles": ["closed"]}, {"id": 3, "titles": []}],
        ),
        (
            "patients?select=name,cases(title,doctors(name,cases(id)))&id=eq.1&cases.id=eq.2",
            [
                {
                    "name": "Amina",
                    "cases": [{"title": "fever", "doctors": [{"name": "Bo", "cases": [{"id": 1}, {"id": 2}]}]}],
                }
            ],
        ),
    ],
)
def test_what_is_related_stands_inside(ask, address, answer):
    assert ask(address) == answer


@pytest.mark.parametrize(
    ("address", "answer"),
    [
        ("cases?select=count()", [{"count": 4}]),
        (
            "cases?select=patient_id,cost.sum()&order=patient_id&patient_id=lte.2",
            [{"patient_id": 1, "sum": 30.5}, {"patient_id": 2, "sum": None}],
        ),
        ("patients?select=id,cases(count)&id=eq.1", [{"id": 1, "cases": [{"count": 2}]}]),
        ("cases?select=total:cost.sum()::text,...patients(name)&patient_id=eq.1", [{"total": "30.5", "name": "Amina"}]),
        (
            "cases?select=id,notes:doctors!inner(count())&id=gte.3",
            [{"id": 3, "notes": [{"count": 0}]}, {"id": 4, "notes": [{"count": 0}]}],
        ),
        ("patients?select=badge,count()&id=eq.1", [{"badge": "#0000ff", "count": 1}]),
        ("teams?select=...cases(cost.max(),...patients(name))", [{"max": 20.5, "name": "Amina"}]),
        ("cases?select=patients(name),count()&patient_id=eq.1", [{"patients": {"name": "Amina"}, "count": 2}]),
    ],
)
def test_values_are_brought_together(ask, address, answer):
    assert ask(address) == answer


@pytest.mark.parametrize(
    ("address", "page", "total"),
    [
        ("patients?select=id,cases!inner()&limit=1", 1, 2),
        ("patients?select=id,cases!inner()&limit=2", 2, 2),
        ("patients?select=id,cases!inner()&limit=3", 2, 2),
        ("patients?limit=2&offset=1", 2, 3),
        ("patients?limit=2&offset=2", 1, 3),
        ("patients?limit=2&offset=9", 0, 3),
        ("patients?limit=0", 0, 3),
        ("patients?offset=1", 2, 3),
        ("patients", 3, 3),
        ("patients?select=id,...cases(title)&limit=5", 3, 3),
    ],
)
def test_all_rows_are_counted_whatever_the_range(run, address, page, total):
    assert run(address, prefer="count=exact")[1:3] == (page, total)


@pytest.mark.parametrize(
    ("form", "body"),
    [
        (plan.Form.OBJECT, '{"id":3,"born_on":null}'),
        (plan.Form.OBJECT_STRIPPED, '{"id":3}'),
        (plan.Form.LIST_STRIPPED, '[{"id":3}]'),
        (plan.Form.CSV, "id,born_on\n3,"),
        (plan.Form.NOTHING, ""),
    ],
)
def test_rows_come_in_the_form_that_is_wanted(run, form, body):
    assert run("patients?select=id,born_on&id=eq.3", form=form)[0] == body


@pytest.mark.parametrize(("form", "body"), [(plan.Form.LIST, "[]"), (plan.Form.OBJECT, "null"), (plan.Form.CSV, "\n")])
def test_no_rows_are_a_body_too(run, form, body):
    assert run("patients?id=eq.9", form=form)[:2] == (body, 0)


def test_the_keys_of_what_was_shown_are_told_by_table(run):
    tracked = {Name("api", "patients"): ("id",), Name("api", "cases"): ("id", "patient_id")}

    row = run("doctors?select=name,cases(title,patients(name))&order=id", tracked=tracked)

    assert {table: sorted(keys) for table, keys in row[3].items()} == {
        "api.cases": [[1, 1], [1, 1], [2, 1]],
        "api.patients": [[1], [1], [1]],
    }


def test_keys_of_rows_beyond_the_page_are_not_told(run):
    tracked = {Name("api", name): ("id",) for name in ("patients", "cases")}

    row = run("patients?select=...cases(title)&order=id.desc&limit=2", tracked=tracked)

    assert row[3] == {"api.patients": [[3], [2]], "api.cases": [[3]]}


@pytest.mark.parametrize(
    ("select", "body", "keys"),
    [
        ("patient_id,count()&order=patient_id&patient_id=not.is.null", [2, 1], [[1], [2], [3]]),
        ("cost.max()", [20.5], [[1], [2], [3], [4]]),
        ("id,cost.sum()&order=id.desc&limit=1", [1], [[4]]),
        ("count()", [4], None),
    ],
)
def test_groups_of_few_rows_tell_whose_they_are(run, select, body, keys):
    row = run(f"cases?select={select}", tracked={Name("api", "cases"): ("id",)})

    assert [list(group.values())[-1] for group in json.loads(row[0])] == body
    assert (row[3] or {}).get("api.cases") == keys


def test_groups_of_many_rows_tell_nobodys(run, database):
    with database.owner() as owner:
        owner.execute("insert into api.cases (id, title) select n, 'same' from generate_series(10, 20) n")

    row = run("cases?select=title,count()&title=in.(same,cough)", tracked={Name("api", "cases"): ("id",)})

    assert {group["title"]: group["count"] for group in json.loads(row[0])} == {"same": 11, "cough": 1}
    assert row[3] == {"api.cases": [[1]]}


def test_rows_of_a_junction_are_told_though_they_are_not_shown(run):
    tracked = {Name("api", "teams"): ("case_id", "doctor_id")}

    row = run("cases?select=id,doctors(*)&id=lte.2&order=id&doctors.order=id", tracked=tracked)

    assert json.loads(row[0])[1] == {"id": 2, "doctors": [{"id": 2, "name": "Bo"}]}
    assert row[3] == {"api.teams": [[1, 1], [1, 2], [2, 2]]}


def test_nothing_is_told_where_nothing_is_tracked(run):
    assert run("patients")[3] is None


def test_a_value_that_is_none_of_the_columns_type_is_refused_by_postgresql(run):
    with pytest.raises(psycopg.errors.InvalidTextRepresentation, match='invalid input syntax for type bigint: "x"'):
        run("patients?id=eq.x")


@pytest.mark.parametrize("column", ["nam", "nme", "born", "ide", "x", "patients", "tag", "borm_on", "naem"])
def test_an_unknown_column_is_refused_as_postgresql_would(database, setting, run, column):
    with database.owner() as connection, pytest.raises(psycopg.errors.UndefinedColumn) as by_server:
        connection.execute(f'select patients."{column}" from api.patients')

    with pytest.raises(errors.RestError) as ours:
        run(f"patients?select={column}")

    # The role anon may not see the table, so it is not told what it holds.
    assert isinstance(ours.value, plan_fields.TableDenied)
    told = plan_fields.UnknownColumn(
        "patients", column, known=setting.catalogue.tables[Name("api", "patients")].columns
    )
    assert told.sentence == by_server.value.diag.message_primary
    assert told.hint == by_server.value.diag.message_hint


def test_an_index_serves_a_filter_and_an_order(database, setting):
    with database.owner() as connection:
        connection.execute(
            "insert into api.doctors select n, 'doctor ' || n from generate_series(3, 20000) n; analyze api.doctors"
        )
    statement = written("doctors?id=gt.100&order=id&limit=3", setting)

    with database.owner() as connection, psycopg.RawCursor(connection) as cursor:
        rows = cursor.execute(f"explain {statement.text}", statement.values).fetchall()

    lines = "\n".join(line for (line,) in rows)
    assert "Index Scan using doctors_pkey" in lines
    assert "Sort" not in lines


def test_what_is_embedded_is_made_for_the_rows_of_the_page_only(database, setting):
    statement = written("cases?select=title,patients(name),doctors(name)&order=title&limit=2", setting)

    with database.owner() as connection, psycopg.RawCursor(connection) as cursor:
        found = cursor.execute(f"explain (analyze, format json) {statement.text}", statement.values).fetchone()

    assert found is not None
    subplans = [node for node in _nodes(found[0][0]["Plan"]) if node.get("Parent Relationship") == "SubPlan"]
    assert {node["Actual Loops"] for node in subplans} == {2}


def _nodes(node: dict[str, Any]) -> list[dict[str, Any]]:
    return [node, *(inner for child in node.get("Plans", ()) for inner in _nodes(child))]
