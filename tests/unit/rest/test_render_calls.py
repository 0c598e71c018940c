"""A call is one statement; what is passed stands in its values."""

from __future__ import annotations

import json

from hypothesis import given
from hypothesis import strategies as st
from tests.unit.rest import ward

from carebase.rest import plan, plan_calls, render, render_calls

HOSTILE = st.text(st.characters(exclude_categories=["Cs", "Cc"])) | st.sampled_from(["'); drop --", '"', "$1", "\\"])


def called(
    method: str, path: str, query: str = "", body: str = "", *, form: plan.Form = plan.Form.LIST
) -> render.Statement:
    request = ward.a_request(method, path, query, body)
    return render_calls.statement(plan_calls.plan_call(request, ward.SETTING, form=form))


def test_arguments_are_named_and_cast():
    statement = called("GET", "/rpc/cut", "word=abc")
    assert 'select "api"."cut"("word" := $1::character varying) as "pgrst_scalar"' in statement.text
    assert statement.values == ("abc",)


def test_arguments_are_taken_out_of_one_value():
    statement = called("POST", "/rpc/add", body='{"a": 1, "b": 2, "c": 3}')
    assert '"api"."add"("a" := opened."a", "b" := opened."b", "c" := opened."c")' in statement.text
    assert 'from json_to_record($1::json) as opened("a" integer, "b" integer, "c" integer)' in statement.text
    assert len(statement.values) == 1


def test_of_several_objects_the_first_is_taken():
    assert "limit 1) as opened" in called("POST", "/rpc/cut", body='[{"word": "a"}, {"word": "b"}]').text


def test_variadic_arguments_are_one_array():
    statement = called("GET", "/rpc/listed", 'names=a&names="b')
    assert 'variadic "names" := $1::text[]' in statement.text
    assert statement.values == (r'{"a","\"b"}',)


def test_what_nobody_looks_at_is_called_all_the_same():
    assert "as materialized (select" in called("GET", "/rpc/ping").text
    assert "as materialized (select" in called("HEAD", "/rpc/cut", "word=a", form=plan.Form.NOTHING).text


def test_rows_get_their_computed_columns_where_they_are_made():
    statement = called("GET", "/rpc/open_cases", "select=size")
    assert '"api"."size"("called".*) as "size" from "api"."open_cases"() as "called"' in statement.text


def test_one_value_stands_alone():
    assert "-> 0)" in called("GET", "/rpc/cut", "word=a").text
    assert "'[]'" in called("GET", "/rpc/listed").text


@given(HOSTILE, HOSTILE)
def test_no_value_changes_the_text(value, other):
    def of(value: str, other: str) -> str:
        encoded = "".join(f"%{byte:02x}" for byte in value.encode())
        texts = called("GET", "/rpc/listed", f"names=x{encoded}&names=y{encoded}")
        posted = called("POST", "/rpc/cut", body=json.dumps({"word": other}))
        return texts.text + posted.text

    assert of(value, other) == of("a", "b")
