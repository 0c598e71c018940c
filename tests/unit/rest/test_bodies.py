"""A body is opened for its names only; what is in it goes on as it came."""

from __future__ import annotations

import json

import pytest
from hypothesis import given
from hypothesis import strategies as st
from tests.unit.rest import ward

from carebase.rest import bodies, errors

NAMES = st.text(st.characters(exclude_categories=["Cs", "Cc"]), min_size=1)


def opened(body: str | bytes, *, kind: str = "application/json", query: str = "") -> bodies.Rows:
    return bodies.rows(ward.a_request("POST", "/cases", query, body, headers={"Content-Type": kind}))


def message(body: str | bytes, **more: str) -> str:
    with pytest.raises(errors.InvalidBody) as refused:
        opened(body, **more)
    return refused.value.sentence


def test_json_goes_on_as_it_came():
    written = '  {"b": 1.10, "a": 12345678901234567890123}'
    assert opened(written) == bodies.Rows(json=written, names=("a", "b"), is_object=True)


def test_rows_have_the_same_names():
    assert opened('[{"a": 1, "b": 2}, {"b": 3, "a": 4}]').names == ("a", "b")
    assert message('[{"a": 1}, {"b": 2}]') == "All object keys must match"
    assert message('[{"a": 1}, 2]') == "All object keys must match"
    assert message("[1]") == "All object keys must match"


def test_named_columns_are_taken_out_of_whatever_came():
    rows = opened('[{"a": 1}, {"b": 2}]', query="columns=b,a,b")
    assert rows == bodies.Rows(json='[{"a": 1}, {"b": 2}]', names=("a", "b"), is_object=False)


@pytest.mark.parametrize("body", ["[]", "1", "null", '"a"', "[ ]"])
def test_what_holds_no_object_has_no_rows(body):
    assert opened(body) == bodies.NO_ROWS


@pytest.mark.parametrize("body", ["", "{", "{a: 1}", '{"a": NaN}', b'{"a": "\xff"}', b'{"a": "\x00"}'])
def test_what_is_no_json_is_refused(body):
    assert message(body) == "Empty or invalid json"


def test_a_zero_byte_is_refused_where_the_body_is_not_looked_at():
    with pytest.raises(errors.ZeroByte):
        opened(b'{"a": "\x00"}', query="columns=a")


def test_an_empty_body_of_a_call_is_an_object_without_members():
    assert bodies.rows(ward.a_request("POST", "/rpc/ping")) == bodies.ONE_EMPTY_ROW


def test_csv_has_a_line_of_names_and_null_is_a_word():
    rows = opened('b,a\r\nNULL,"x,\n""y"""\r\n\r\n,NULL\u2028\r\n', kind="text/csv")
    assert rows.names == ("a", "b")
    assert json.loads(rows.json) == [{"b": None, "a": 'x,\n"y"'}, {"b": "", "a": "NULL\u2028"}]


def test_lines_of_csv_are_equally_long():
    for body in ("a,b\n1", "a,b\n1,2,3"):
        assert message(body, kind="text/csv") == "All lines must have same number of fields"
    assert message("", kind="text/csv") == "Empty or invalid csv"
    assert opened("a,b\n", kind="text/csv") == bodies.NO_ROWS
    assert opened("\n\n", kind="text/csv") == bodies.NO_ROWS
    assert opened("\n1\n", kind="text/csv").names == ("",)


def test_a_form_is_one_row_and_its_last_word_counts():
    rows = opened("a=1&b=two+words&a=%C3%A9", kind="application/x-www-form-urlencoded")
    assert json.loads(rows.json) == {"a": "é", "b": "two words"}
    assert rows.is_object


@given(st.lists(st.dictionaries(NAMES, st.integers() | NAMES, min_size=1), max_size=3))
def test_rows_are_taken_or_refused_by_their_names_alone(rows):
    body = json.dumps(rows)
    if rows and any(row.keys() != rows[0].keys() for row in rows):
        assert message(body) == "All object keys must match"
    else:
        assert opened(body).names == (tuple(sorted(rows[0])) if rows else ())
