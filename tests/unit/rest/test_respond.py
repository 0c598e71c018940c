"""What leaves for an answered request."""

from __future__ import annotations

import pytest

from carebase.rest import errors, failures, respond
from carebase.rest.respond import Answered, Shape
from carebase.rest.syntax import Action, Count, Media, MediaType, Preferences, Request, Resolution, Return

JSON = MediaType(Media.JSON.value, Media.JSON)


def sent(action: Action, *, method="GET", said: Preferences | None = None, shape=None, query: bytes = b"", **row):
    request = Request(action=action, method=method, target="cases", preferences=said or Preferences())
    response = respond.respond(request, Answered(**row), shape or Shape(media=JSON), query=query)
    return response, dict(response.headers)


@pytest.mark.parametrize(
    ("offset", "page", "total", "status", "said"),
    [
        (0, 2, None, 200, "0-1/*"),
        (0, 0, None, 200, "*/*"),
        (0, 2, 2, 200, "0-1/2"),
        (2, 2, 12, 206, "2-3/12"),
        (0, 0, 0, 200, "*/0"),
        (0, 0, 12, 206, "*/12"),
        (20, 0, 12, 416, "*/12"),
    ],
)
def test_rows_come_with_their_range(offset, page, total, status, said):
    response, headers = sent(Action.READ, body=b"[]", page=page, total=total, shape=Shape(media=JSON, offset=offset))
    assert (response.status, headers["Content-Range"]) == (status, said)


def test_a_range_behind_the_last_row_is_an_error():
    response, headers = sent(Action.READ, body=b"[]", total=1, shape=Shape(media=JSON, offset=5))
    assert b"PGRST103" in response.body
    assert headers["Content-Length"] == str(len(response.body))


def test_the_address_of_the_rows_has_its_parameters_in_order():
    _, headers = sent(Action.READ, query=b"b=eq.1&a=eq.x%20y", body=b"[]")
    assert headers["Content-Location"] == "/cases?a=eq.x%20y&b=eq.1"


def test_a_parameter_that_is_there_twice_is_told_once():
    _, headers = sent(Action.READ, query=b"b=eq.1&a=gt.1&b=lt,2", body=b"[]")
    assert headers["Content-Location"] == "/cases?a=gt.1&b=eq.1,lt%2C2"


def test_headers_chosen_by_the_database_are_a_list():
    with pytest.raises(errors.BadResponseHeaders):
        sent(Action.READ, body=b"[]", chosen_headers=b"{}")


def test_without_a_key_an_upsert_is_new_where_it_wrote_anything():
    said = Preferences(resolution=Resolution.MERGE)
    assert [sent(Action.INSERT, said=said, page=page)[0].status for page in (0, 2)] == [200, 201]


def test_nobody_asks_the_planner_what_was_written():
    for count, told in ((Count.PLANNED, "*"), (Count.ESTIMATED, "2"), (Count.EXACT, "2")):
        _, headers = sent(Action.DELETE, said=Preferences(count=count), page=2)
        assert headers["Content-Range"] == f"*/{told}"


def test_head_has_no_body_and_no_length():
    response, headers = sent(Action.READ, method="HEAD", page=3)
    assert (response.body, headers["Content-Range"]) == (b"", "0-2/*")
    assert "Content-Length" not in headers


def test_a_profile_and_a_type_are_told():
    media = MediaType(Media.OBJECT.value, Media.OBJECT)
    _, headers = sent(Action.READ, body=b"{}", page=1, shape=Shape(media=media, profile="care"))
    assert headers["Content-Type"] == "application/vnd.pgrst.object+json; charset=utf-8"
    assert headers["Content-Profile"] == "care"


def test_a_new_row_has_an_address():
    response, headers = sent(
        Action.INSERT,
        said=Preferences(returns=Return.HEADERS_ONLY),
        page=1,
        location=(("id", "eq.1"), ("name", "eq.Rock & Roll")),
    )
    assert (response.status, response.body) == (201, b"")
    assert headers["Location"] == "/cases?id=eq.1&name=eq.Rock%20%26%20Roll"
    assert headers["Preference-Applied"] == "return=headers-only"


@pytest.mark.parametrize(("inserted", "status"), [(0, 200), (1, 201), (None, 201)])
def test_an_upsert_tells_whether_any_row_is_new(inserted, status):
    said = Preferences(resolution=Resolution.MERGE, returns=Return.REPRESENTATION, count=Count.EXACT)
    response, headers = sent(Action.INSERT, said=said, body=b"[{}]", page=1, inserted=inserted)
    assert response.status == status
    assert headers["Content-Range"] == "*/1"
    assert headers["Preference-Applied"] == "resolution=merge-duplicates, return=representation, count=exact"


def test_changes_answer_with_nothing_unless_asked():
    response, headers = sent(Action.UPDATE, page=2)
    assert (response.status, headers["Content-Range"], "Content-Type" in headers) == (204, "0-1/*", False)
    response, headers = sent(Action.DELETE, page=2, said=Preferences(count=Count.EXACT))
    assert (response.status, headers["Content-Range"]) == (204, "*/2")
    response, headers = sent(
        Action.PUT, page=1, inserted=1, said=Preferences(returns=Return.REPRESENTATION), body=b"[]"
    )
    assert (response.status, headers["Content-Length"]) == (201, "2")


def test_a_function_without_an_answer_has_no_body():
    response, headers = sent(Action.CALL, page=1, shape=Shape(media=JSON, is_void=True))
    assert (response.status, response.body, "Content-Type" in headers) == (204, b"", False)


def test_the_database_may_choose_status_and_headers():
    response, headers = sent(
        Action.READ, body=b"[]", chosen_status=b"418", chosen_headers=b'[{"Content-Type": "text/x"}, {"X-A": "b"}]'
    )
    assert (response.status, headers["Content-Type"], headers["X-A"]) == (418, "text/x", "b")


@pytest.mark.parametrize(
    "chosen", [b"{}x", b"[1]", b'[{"A": 1}]', b'[{"A": "b", "C": "d"}]', b'[{"A b": "c"}]', b'[{"A": "b\\r\\nC: d"}]']
)
def test_headers_that_cannot_be_sent_are_refused(chosen):
    with pytest.raises(errors.BadResponseHeaders):
        sent(Action.READ, chosen_headers=chosen)


@pytest.mark.parametrize("chosen", [b"abc", b"99", b"1000", b"600"])
def test_a_status_that_is_none_is_refused(chosen):
    with pytest.raises(errors.BadResponseStatus):
        sent(Action.READ, chosen_status=chosen)


def test_an_error_leaves_in_postgrests_shape():
    failure = failures.of(errors.NoSuchPath(), is_anonymous=True)
    response = respond.of_failure(failure)
    assert response.body.startswith(b'{"code":"PGRST125","details":null,"hint":null,"message":')
    assert dict(response.headers)["Proxy-Status"] == "PostgREST; error=PGRST125"
    assert respond.of_failure(failure, is_head=True).body == b""
