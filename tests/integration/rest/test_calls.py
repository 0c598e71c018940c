"""Calls as PostgreSQL understands them: what a function gets, what it may do, what becomes of its answer."""

from __future__ import annotations

from collections.abc import AsyncIterator

import psycopg
import pytest
from tests.integration.rest import asked
from tests.integration.rest.asked import Asked

from carebase.rest import errors, plan
from carebase.rest.catalogue import Name

FORM = "application/x-www-form-urlencoded"
SCHEMA = """
create schema api;
grant usage on schema api to authenticated;
create type api.urgency as enum ('now', 'later');
create type api.pair as (x int, y text);
create domain api.positive as int check (value > 0);
create table api.doctors (id int primary key, name text);
insert into api.doctors values (1, 'Ada'), (2, 'Ben');
create table api.cases (id int primary key, title text, doctor_id int references api.doctors, place int);
insert into api.cases values (1, 'a', 1, 10), (2, 'b', 2, 20), (3, 'c', 1, 30), (4, 'd', null, 40);
create function api.headline(c api.cases) returns text stable language sql as 'select upper(c.title)';
create function api.doctor_of(c api.cases) returns setof api.doctors rows 1 stable language sql
    as 'select * from api.doctors where id = c.doctor_id';
create table api.told (said text);
grant all on all tables in schema api to authenticated;

create function api.add(a int, b int default 10) returns int immutable language sql as 'select a + b';
create function api.kinds(n numeric, d date, u api.urgency, p api.positive, w text[], j jsonb, b boolean, c char)
    returns json immutable language sql as 'select json_build_array(n, d, u, p, w, j, b, c)';
create function api.hello(name text) returns text immutable language sql as $$select 'Hello, ' || name$$;
create function api.nothing() returns int immutable language sql as 'select null::int';
create function api.numbers(variadic n int[] default '{}') returns setof int immutable language sql
    as 'select unnest(n)';
create function api.joined(sep text, variadic w text[]) returns text immutable language sql
    as 'select array_to_string(w, sep)';
create function api.all_cases() returns setof api.cases stable language sql as 'select * from api.cases order by id';
create function api.case_of(id int) returns api.cases stable language sql
    as 'select * from api.cases c where c.id = case_of.id';
create function api.two() returns api.pair immutable language sql as $$select 1, 'one'$$;
create function api.pairs(out x int, out y text) returns setof record immutable language sql
    as $$values (1, 'one'), (2, null)$$;
create function api.one_out(n int, out twice int) immutable language sql as 'select n * 2';
create function api.in_and_out(inout n int, out m int) immutable language sql as 'select n + 1, n + 2';
create function api.listed(n int) returns table (place int, "the name" text) immutable language sql
    as $$select g, 'n' || g from generate_series(1, n) g$$;
create function api.loose() returns record immutable language sql as $$select 1 as a, 'b'::text as b$$;
create function api.tell(said text) returns void language sql as 'insert into api.told values (said)';
create function api.refuse() returns void stable language plpgsql as $$begin raise exception 'no'; end$$;
create function api.whole(json) returns json immutable language sql as 'select $1';
create function api.whole(text) returns text immutable language sql as 'select $1';
create function api.whole(bytea) returns int immutable language sql as 'select length($1)';
create function api.marked(xml) returns text immutable language sql as 'select $1::text';
create function api."Shout Aloud"("What Else" text) returns text immutable language sql as 'select upper("What Else")';
create function api.answer_twice() returns int language plpgsql as $$
begin
    perform set_config('response.status', '202', true);
    perform set_config('response.headers', '[{"X-A": "b"}]', true);
    return 1;
end $$;
create sequence api.calls;
grant all on all sequences in schema api to authenticated;
create function api.count_calls() returns setof bigint language sql as $$select nextval('api.calls')$$;
grant execute on all functions in schema api to authenticated;
"""


@pytest.fixture
async def ask(database) -> AsyncIterator[Asked]:
    asking = await asked.opened(database, SCHEMA)
    yield asking
    asking.connection.close()


def test_arguments_come_from_the_address_a_body_or_a_form(ask: Asked) -> None:
    assert ask("GET", "/rpc/add?a=1&b=2").body == 3
    assert ask("GET", "/rpc/add?a=5&a=1").body == 11
    assert ask("POST", "/rpc/add", {"a": 1, "b": 2}).body == 3
    assert ask("POST", "/rpc/add", [{"a": 1}, {"a": 2}]).body == 11
    assert ask("POST", "/rpc/add?columns=a", {"a": "7", "other": []}).body == 17
    assert ask("POST", "/rpc/add", "a=1&b=4", kind=FORM).body == 5
    assert ask("POST", "/rpc/add", "b,a\n1,2\n", kind="text/csv").body == 3
    assert ask("POST", "/rpc/nothing", "").body is None
    assert ask("GET", "/rpc/Shout%20Aloud?What%20Else=a").body == "A"


def test_arguments_have_the_types_of_the_function(ask: Asked) -> None:
    body = {"n": 1.50, "d": "20260102", "u": "now", "p": 3, "w": ["a", 'b"'], "j": {"x": None}, "b": True, "c": "xyz"}
    expected = [1.5, "2026-01-02", "now", 3, ["a", 'b"'], {"x": None}, True]
    assert ask("POST", "/rpc/kinds", body).body[:7] == expected
    query = "n=1.50&d=20260102&u=now&p=3&w=%7Ba,%22b%5C%22%22%7D&j=%7B%22x%22:null%7D&b=t&c=xyz"
    assert ask("GET", f"/rpc/kinds?{query}").body[:7] == expected
    with pytest.raises(psycopg.errors.CheckViolation):
        ask("POST", "/rpc/kinds", {**body, "p": 0})
    with pytest.raises(psycopg.errors.InvalidTextRepresentation):
        ask("GET", "/rpc/add?a=x")


@pytest.mark.parametrize("word", ["'); drop table api.cases; --", '"', "\\", "$1", "%s", "{}", "héllo ✚", "a\nb"])
def test_a_text_arrives_as_it_was_sent(ask: Asked, word: str) -> None:
    written = "".join(f"%{byte:02x}" for byte in word.encode())
    assert ask("GET", f"/rpc/hello?name={written}").body == f"Hello, {word}"
    assert ask("POST", "/rpc/hello", {"name": word}).body == f"Hello, {word}"
    assert ask("GET", f"/rpc/joined?sep=,&w={written}&w={written}").body == f"{word},{word}"
    assert ask("POST", "/rpc/whole", word.encode(), kind="text/plain").body == word


def test_variadic_arguments_are_any_number(ask: Asked) -> None:
    assert ask("GET", "/rpc/numbers").body == []
    assert ask("GET", "/rpc/numbers?n=1&n=2").body == [1, 2]
    assert ask("POST", "/rpc/numbers", {"n": [3, 4]}).body == [3, 4]
    assert ask("POST", "/rpc/numbers", "n=5&n=6", kind=FORM).body == [5, 6]


def test_a_whole_body_is_one_argument(ask: Asked) -> None:
    assert ask("POST", "/rpc/whole", {"a": [1]}).body == {"a": [1]}
    assert ask("POST", "/rpc/whole", b"\x00\xff\\x", kind="application/octet-stream").body == 4


def test_a_whole_document_is_one_argument(ask: Asked) -> None:
    try:
        ask.rows("select '<a/>'::xml")
    except psycopg.errors.FeatureNotSupported:
        pytest.skip("this PostgreSQL was built without libxml")
    assert ask("POST", "/rpc/marked", "<a>b</a>", kind="text/xml").body == "<a>b</a>"
    with pytest.raises(psycopg.errors.InvalidXmlContent):
        ask("POST", "/rpc/marked", "<", kind="text/xml")


def test_an_answer_has_the_shape_that_the_function_returns(ask: Asked) -> None:
    assert ask("GET", "/rpc/two").body == {"x": 1, "y": "one"}
    assert ask("GET", "/rpc/two?select=y").body == {"y": "one"}
    assert ask("GET", "/rpc/pairs").body == [{"x": 1, "y": "one"}, {"x": 2, "y": None}]
    assert ask("GET", "/rpc/one_out?n=2").body == {"twice": 4}
    assert ask("GET", "/rpc/in_and_out?n=2").body == {"n": 3, "m": 4}
    assert ask("GET", "/rpc/loose").body == {"a": 1, "b": "b"}
    assert ask("GET", "/rpc/case_of?id=2").body["title"] == "b"
    assert ask("GET", "/rpc/case_of?id=9").body == {"id": None, "title": None, "doctor_id": None, "place": None}
    assert ask("GET", "/rpc/listed?n=2&place=gt.1").body == [{"place": 2, "the name": "n2"}]


def test_forms_are_those_of_a_read(ask: Asked) -> None:
    assert ask("GET", "/rpc/listed?n=2", form=plan.Form.CSV).body == "place,the name\n1,n1\n2,n2"
    assert ask("GET", "/rpc/pairs?x=eq.2", form=plan.Form.OBJECT_STRIPPED).body == {"x": 2}
    assert ask("GET", "/rpc/pairs", form=plan.Form.LIST_STRIPPED).body == [{"x": 1, "y": "one"}, {"x": 2}]
    assert ask("GET", "/rpc/add?a=1", form=plan.Form.OBJECT).body == 11
    assert ask("HEAD", "/rpc/pairs", form=plan.Form.NOTHING).page == 2


def test_rows_are_selected_filtered_ordered_and_embedded(ask: Asked) -> None:
    query = "select=title,headline,doctors(name),doctor_of(id)&doctor_id=not.is.null&order=id.desc&limit=2&offset=1"
    answer = ask("GET", f"/rpc/all_cases?{query}", prefer="count=exact")
    assert (answer.page, answer.total) == (2, 3)
    assert answer.body == [
        {"title": "b", "headline": "B", "doctors": {"name": "Ben"}, "doctor_of": {"id": 2}},
        {"title": "a", "headline": "A", "doctors": {"name": "Ada"}, "doctor_of": {"id": 1}},
    ]
    assert ask("POST", "/rpc/all_cases?select=id&headline=eq.C", {}).body == [{"id": 3}]
    assert ask("GET", "/rpc/all_cases?select=id,doctors!inner()&doctors.name=eq.Ben").body == [{"id": 2}]
    assert ask("GET", "/rpc/numbers?n=1&n=2&n=3&limit=1&offset=1", prefer="count=exact").body == [2]
    assert ask("GET", "/rpc/add?a=1", prefer="count=exact").total == 1
    query = "n=1&n=2&n=3&pgrst_scalar=gt.1&order=pgrst_scalar.desc"
    assert ask("GET", f"/rpc/numbers?{query}", prefer="count=exact").body == [3, 2]


def test_rows_of_tracked_tables_are_told(ask: Asked) -> None:
    ask.tracked = {Name("api", "cases"): ("id",), Name("api", "doctors"): ("id",)}
    answer = ask("GET", "/rpc/all_cases?select=title,doctors(name)&id=lt.3")
    assert answer.seen is not None
    assert {table: len(keys) for table, keys in answer.seen.items()} == {"api.cases": 2, "api.doctors": 2}


def test_only_a_post_may_change_anything(ask: Asked) -> None:
    ask("POST", "/rpc/tell", {"said": "a"})
    assert ask.rows("select said from api.told") == [("a",)]
    with pytest.raises(psycopg.errors.ReadOnlySqlTransaction):
        ask("GET", "/rpc/tell?said=b")


def test_a_function_runs_once_and_whatever_is_shown_of_it(ask: Asked) -> None:
    assert ask("POST", "/rpc/count_calls", {}, prefer="count=exact").body == [1]
    ask("POST", "/rpc/count_calls", {}, form=plan.Form.NOTHING)
    assert ask.rows("select last_value from api.calls") == [(2,)]
    for form in (plan.Form.LIST, plan.Form.NOTHING):
        with pytest.raises(psycopg.errors.RaiseException):
            ask("GET", "/rpc/refuse", form=form)


def test_status_and_headers_of_the_function_come_back(ask: Asked) -> None:
    answer = ask("POST", "/rpc/answer_twice", {})
    assert (answer.body, answer.status, answer.headers) == (1, "202", '[{"X-A": "b"}]')


def test_rows_beyond_what_is_allowed_undo_the_call(ask: Asked) -> None:
    with pytest.raises(errors.TooManyAffected):
        ask("POST", "/rpc/all_cases", {}, prefer="handling=strict, max-affected=3")
    with pytest.raises(errors.NotSingular):
        ask("POST", "/rpc/all_cases", {}, form=plan.Form.OBJECT)
