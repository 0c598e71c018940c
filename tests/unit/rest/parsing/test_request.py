"""A whole request, read."""

from __future__ import annotations

import pytest

from carebase.rest import errors
from carebase.rest.parsing import request
from carebase.rest.syntax import Action, Column, Condition, Field, Group, Operator, OrderTerm, Payload, Range


def read(method="GET", path="/cases", query="", *, headers=(), body=b"", **others):
    return request.read(method=method, path=path, query=query, headers=list(headers), body=body, **others)


@pytest.mark.parametrize(
    ("method", "path", "action"),
    [
        ("GET", "/cases", Action.READ),
        ("HEAD", "/cases", Action.READ),
        ("POST", "/cases", Action.INSERT),
        ("PUT", "/cases", Action.PUT),
        ("PATCH", "/cases", Action.UPDATE),
        ("DELETE", "/cases", Action.DELETE),
        ("OPTIONS", "/cases", Action.INSPECT),
        ("GET", "/rpc/open_case", Action.CALL),
        ("POST", "/rpc/open_case", Action.CALL),
        ("OPTIONS", "/rpc/open_case", Action.INSPECT),
        ("GET", "/", Action.DESCRIBE),
        ("HEAD", "", Action.DESCRIBE),
        ("OPTIONS", "/", Action.INSPECT),
    ],
)
def test_the_method_says_what_is_asked(method, path, action):
    found = read(method, path)
    assert (found.action, found.is_function) == (action, path.startswith("/rpc/"))


@pytest.mark.parametrize(
    ("method", "path", "code", "status"),
    [
        ("TRACE", "/cases", "PGRST117", 405),
        ("POST", "/", "PGRST117", 405),
        ("DELETE", "/rpc/open_case", "PGRST101", 405),
        ("GET", "/cases/1", "PGRST125", 404),
        ("GET", "/rpc/a/b", "PGRST125", 404),
    ],
)
def test_other_methods_and_addresses_are_refused(method, path, code, status):
    with pytest.raises(errors.RestError) as caught:
        read(method, path)
    assert (caught.value.code, caught.value.status) == (code, status)


def test_a_table_may_have_any_name():
    assert read(path="/lab%20r%C3%A9sults").target == "lab résults"


def test_what_belongs_to_an_embed_is_kept_by_its_path():
    found = read(query="select=id&ward.beds.no=gt.3&ward.order=name&ward.limit=2&ward.or=(a.eq.1)&open=is.true")
    assert found.select == (Column(Field("id")),)
    assert found.filters[("ward", "beds")] == (Condition(Field("no"), Operator.GT, "3"),)
    assert found.filters[("ward",)] == (Group((Condition(Field("a"), Operator.EQ, "1"),), is_or=True),)
    assert len(found.filters[()]) == 1
    assert found.orders == {("ward",): (OrderTerm(Field("name")),)}
    assert found.ranges == {("ward",): Range(0, 2)}


def test_a_function_that_is_read_takes_what_is_no_condition():
    found = read(path="/rpc/f", query="name=Ada&age=gt.3&name=Eve")
    assert found.arguments == (("name", "Ada"), ("name", "Eve"))
    assert found.filters == {(): (Condition(Field("age"), Operator.GT, "3"),)}
    with pytest.raises(errors.Unreadable):
        read("POST", "/rpc/f", "name=Ada")


def test_columns_are_named_where_a_body_is_written():
    assert read("POST", query='columns=id,"full name"').columns == ("id", "full name")
    assert read(query="columns=id").columns is None
    with pytest.raises(errors.Unreadable) as caught:
        read("POST", query="columns=")
    assert caught.value.as_json() == {
        "code": "PGRST100",
        "details": "unexpected end of input expecting field name (* or [a..z0..9_$])",
        "hint": None,
        "message": '"failed to parse columns parameter ()" (line 1, column 1)',
    }


def test_conflicts_are_looked_for_on_named_columns():
    assert read("POST", query="on_conflict=id,no").on_conflict == ("id", "no")


def test_reads_and_writes_name_their_schema_in_different_headers():
    headers = [("Accept-Profile", "a"), ("Content-Profile", "b")]
    assert [read(method, headers=headers).profile for method in ("GET", "HEAD", "POST", "DELETE")] == [*"aabb"]


def test_the_range_header_counts_for_get_alone():
    assert read(headers=[("range", "0-4")]).ranges == {(): Range(0, 5)}
    assert read("HEAD", headers=[("Range", "0-4")]).ranges == {}


def test_a_put_has_no_range():
    assert read("PUT", query="id=eq.1&offset=0").ranges == {(): Range()}
    with pytest.raises(errors.PutWithRange):
        read("PUT", query="id=eq.1&limit=1")


def test_a_body_is_kept_as_it_came():
    found = read("POST", headers=[("Content-Type", "text/csv")], body=b"a\n1")
    assert (found.payload, found.body) == (Payload.CSV, b"a\n1")
    assert read("DELETE", headers=[("Content-Type", "image/png")]).payload is None


def test_of_several_orders_for_one_place_the_first_counts():
    assert read(query="order=name&order=id").orders == {(): (OrderTerm(Field("name")),)}


def test_of_several_faults_the_order_is_told_before_the_selection():
    with pytest.raises(errors.Unreadable, match="PGRST100") as caught:
        read(query="select=a[&order=b.up")
    assert "failed to parse order" in caught.value.sentence


def test_an_error_does_not_carry_what_the_client_wrote_into_a_log():
    with pytest.raises(errors.Unreadable) as caught:
        read(query="name=Ada")
    assert "Ada" in caught.value.sentence
    assert "Ada" not in str(caught.value) + repr(caught.value)
