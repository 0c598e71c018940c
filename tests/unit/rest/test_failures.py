"""What PostgreSQL refuses, as a client is told."""

from __future__ import annotations

import json

import pytest

from carebase import errors
from carebase.database.exchange import Refused
from carebase.rest import failures
from carebase.rest.errors import NoSuchPath


def refused(state: str, primary: str = "", *, detail: str | None = None, advice: str | None = None) -> Refused:
    made = Refused.__new__(Refused)
    errors.CareError.__init__(made)
    made.sqlstate, made.primary, made.detail, made.advice = state, primary, detail, advice
    return made


@pytest.mark.parametrize(
    ("state", "status"),
    [
        ("08006", 503), ("0L000", 403), ("0P000", 403), ("21000", 500), ("22P02", 400), ("23502", 400), ("23503", 409),
        ("23505", 409), ("25006", 405), ("28000", 403), ("40001", 500), ("42883", 404), ("42P01", 404), ("42P17", 500),
        ("53400", 500), ("53300", 503), ("54001", 500), ("57014", 500), ("57P01", 503), ("P0001", 400), ("P0002", 500),
        ("XX000", 500), ("PT418", 418), ("PTabc", 500), ("PT40A", 500), ("PT999", 500),
    ],
)  # fmt: skip
def test_a_state_has_its_status(state, status):
    assert failures.status_of(state, message="", is_anonymous=False) == status


def test_a_missing_right_asks_the_anonymous_to_sign_in():
    error = refused("42501", "permission denied for table letters")
    anonymous = failures.of(error, is_anonymous=True, named={"letters"})
    assert (anonymous.status, anonymous.headers) == (401, (("WWW-Authenticate", "Bearer"),))
    assert anonymous.body["message"] == "permission denied for table letters"
    assert failures.of(error, is_anonymous=False, named={"letters"}).status == 403


def test_a_relation_that_the_client_did_not_name_is_not_named():
    error = refused("42501", "permission denied for table site_settings", advice="grant")
    failure = failures.of(error, is_anonymous=False, named={"letters"})
    assert failure.body == {"code": "42501", "details": None, "hint": None, "message": "permission denied for a table"}


def test_a_value_of_a_tracked_table_is_not_told():
    error = refused("22P02", 'invalid input syntax for type integer: "Chest pain"', detail="Chest pain")
    assert "Chest" in json.dumps(failures.of(error, is_anonymous=False).body)
    assert "Chest" not in json.dumps(failures.of(error, is_anonymous=False, is_tracked=True).body)


def test_the_database_may_answer_as_it_likes():
    said = json.dumps({"code": "quota", "message": "Used up", "hint": "Pay"})
    chosen = json.dumps({"status": 402, "headers": {"X-Left": "0"}})
    failure = failures.of(refused("PGRST", said, detail=chosen), is_anonymous=False)
    assert (failure.status, failure.headers) == (402, (("X-Left", "0"),))
    assert failure.body == {"code": "quota", "details": None, "hint": "Pay", "message": "Used up"}


@pytest.mark.parametrize(
    ("message", "detail"),
    [
        ("no json", "{}"),
        ('{"code": "1"}', '{"status": 402, "headers": {}}'),
        ('{"code": "1", "message": "m"}', None),
        ('{"code": "1", "message": "m"}', "{}"),
        ('{"code": "1", "message": "m"}', '{"status": 402, "headers": {"X": "a\\r\\nY: b"}}'),
    ],
)
def test_what_the_database_raises_has_to_be_json(message, detail):
    failure = failures.of(refused("PGRST", message, detail=detail), is_anonymous=False)
    assert (failure.status, failure.code) == (500, "PGRST121")


def test_our_own_errors_keep_their_words():
    assert failures.of(NoSuchPath(), is_anonymous=True).body["code"] == "PGRST125"
    ended = failures.of(errors.NotSignedIn(), is_anonymous=False)
    assert (ended.status, ended.code, ended.headers) == (401, "PGRST301", (("WWW-Authenticate", "Bearer"),))
    waiting = failures.of(errors.TooMany(retry_after_seconds=3), is_anonymous=False)
    assert (waiting.status, waiting.headers) == (429, (("Retry-After", "3"),))
    assert failures.of(errors.CareError(), is_anonymous=False).code == "PGRSTX00"
