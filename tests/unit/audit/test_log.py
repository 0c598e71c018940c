"""What goes into the audit's rows can be sealed and says who."""

from __future__ import annotations

import json
from uuid import uuid4

from hypothesis import given
from hypothesis import strategies as st

from carebase.audit import log
from carebase.database.identity import Identity, Origin, Role

NOTE = {"action": "read", "relation": "public.cases", "keys": ["7"], "patients": [], "details": {}}


def row(note, identity=None):
    return log.body_of(note, identity=identity, origin=Origin(request_id="r1", address="10.0.0.9"), at_microseconds=5)


def test_a_row_says_who_saw_what_from_where():
    user, session = uuid4(), uuid4()
    identity = Identity(Role.AUTHENTICATED, {"sub": str(user), "session_id": str(session)})

    assert json.loads(row(NOTE, identity)) == {
        "at": 5,
        "actor": str(user),
        "session": str(session),
        "action": "read",
        "relation": "public.cases",
        "keys": ["7"],
        "patients": [],
        "details": {},
        "request": "r1",
        "ip": "10.0.0.9",
        "agent": None,
    }


def test_a_key_without_an_account_is_named_by_its_role():
    assert json.loads(row(NOTE, Identity(Role.SERVICE)))["actor"] == "service_role"


@given(st.lists(st.one_of(st.text(alphabet=st.characters()), st.text(alphabet="\\\0u0\ud800"))))
def test_any_key_becomes_text_that_postgresql_takes_as_json(keys):
    body = row({**NOTE, "keys": keys})

    assert "\0" not in body
    body.encode("utf-8", "strict")
    assert json.loads(body)["keys"] == [key.replace("\0", "\ufffd").encode("utf-8", "replace").decode() for key in keys]
