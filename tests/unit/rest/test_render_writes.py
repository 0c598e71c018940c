"""A write is one statement whose text knows the names of the catalogue and nothing of what was sent."""

from __future__ import annotations

import json

from hypothesis import given
from hypothesis import strategies as st
from tests.unit.rest import ward

from carebase.rest import plan_writes, render, render_writes

WORDS = st.text(st.characters(exclude_categories=["Cs", "Cc"]))
HOSTILE = st.one_of(WORDS, st.sampled_from(["'; drop table cases; --", '"', "$1", "%s", "\\", "E'\\''", "$$", "{}"]))


def written(method: str, path: str, query: str = "", body: str = "{}", *, prefer: str = "") -> render.Statement:
    request = ward.a_request(method, path, query, body, headers={"Prefer": prefer} if prefer else None)
    return render_writes.statement(plan_writes.plan_write(request, ward.SETTING))


def test_a_body_is_one_value_opened_by_the_types_of_the_columns():
    statement = written("POST", "/cases", body='{"title": "a", "code": "b"}')
    assert statement.values == ('{"title": "a", "code": "b"}',)
    assert 'json_to_record($1::json) as opened("code" json, "title" text)' in statement.text
    assert '"api"."code_of_json"(opened."code") as "code"' in statement.text
    assert 'insert into "api"."cases" as target ("code", "title")' in statement.text
    assert "returning 1)" in statement.text


def test_many_rows_are_opened_as_many():
    statement = written("POST", "/cases", body='[{"title": "a"}, {"title": "b"}]')
    assert 'json_to_recordset($1::json) as opened("title" text)' in statement.text


def test_rows_without_columns_are_all_defaults():
    assert "default values" in written("POST", "/cases", body="{}").text
    assert "select from json_array_elements($1::json)" in written("POST", "/cases", body="[{}, {}]").text


def test_an_update_without_columns_touches_nothing():
    statement = written("PATCH", "/cases", "id=eq.1", "{}", prefer="return=representation")
    assert "where false" in statement.text
    assert "update" not in statement.text


def test_what_is_there_already_gets_the_new_values_or_keeps_its_own():
    merged = written("POST", "/cases", body='{"id": 1}', prefer="resolution=merge-duplicates").text
    ignored = written("POST", "/cases", body='{"id": 1}', prefer="resolution=ignore-duplicates").text
    assert 'on conflict ("id") do update set "id" = excluded."id"' in merged
    assert 'on conflict ("id") do nothing' in ignored
    assert "as inserted" in merged
    assert "inserted" not in ignored


def test_a_put_writes_the_row_that_its_address_names():
    statement = written("PUT", "/cases", "id=eq.7", '{"id": 7}')
    assert 'from incoming where incoming."id" = $2' in statement.text
    assert statement.values == ('{"id": 7}', "7")


def test_conditions_may_be_grouped():
    statement = written("DELETE", "/cases", "or=(id.eq.1,not.and(title.eq.a,id.gt.2))")
    assert 'where (target."id" = $1 or not (target."title" = $2 and target."id" > $3))' in statement.text


def test_names_with_quotes_stay_names():
    assert render_writes._literal("a'b\\c") == r"E'a''b\\c'"


@given(HOSTILE, HOSTILE)
def test_no_value_changes_the_text(value, key):
    def of(value: str, key: str) -> str:
        query = "id=eq." + "".join(f"%{byte:02x}" for byte in key.encode())
        body = json.dumps({"id": key, "title": value})
        update = written("PATCH", "/cases", query, body, prefer="return=representation")
        put = written("PUT", "/cases", query, body)
        assert body in update.values
        return update.text + put.text

    assert of(value, key) == of("a", "1")


@given(st.lists(WORDS, min_size=1, max_size=4))
def test_equally_shaped_rows_have_one_text(titles):
    body = json.dumps([{"title": title} for title in titles])
    prefer = "return=representation, missing=default"
    assert written("POST", "/cases", body=body, prefer=prefer).text == (
        written("POST", "/cases", body='[{"title": ""}]', prefer=prefer).text
    )
