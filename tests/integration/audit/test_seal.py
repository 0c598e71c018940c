"""What is committed is sealed once, in order and without gaps; each entry is bound to the one in front of it."""

from __future__ import annotations

import hashlib
import json
import struct
from datetime import UTC, datetime

import psycopg
import pytest
from tests.integration.audit.recording import AMINA, BRUNO, Recording, body

from carebase.database.pool import Login


def recomputed(record: Recording) -> list[bytes]:
    """The hashes as the comment on audit.log tells to make them."""
    previous = hashlib.sha256(f"carebase audit {record.chain_id()}".encode()).digest()
    hashes = []
    for row in record.rows():
        previous = hashlib.sha256(previous + struct.pack(">qq", row.seq, row.sealed_at) + row.body).digest()
        hashes.append(previous)
    return hashes


def test_hashes_are_those_that_the_comment_describes(record):
    record.sealed(7, batch=3)

    assert [row.seq for row in record.rows()] == [1, 2, 3, 4, 5, 6, 7]
    assert [row.hash for row in record.rows()] == recomputed(record)
    assert record.end() == (7, recomputed(record)[-1])


def test_bodies_are_kept_byte_for_byte(record):
    odd = ['{ "at" : 1,\n"at":2, "x": "\\u00e9é\\\\u0000" }', "{}", '{"details":{"b":1,"a":1.10}}']
    with record.database.owner() as owner:
        for text in odd:
            owner.execute("insert into audit.inbox (body) values (%s)", [text])
    record.seal()
    assert [row.body.decode() for row in record.rows()] == odd


def test_a_rollback_leaves_no_gap_and_a_late_commit_comes_later(record):
    with psycopg.connect(record.database.owner_dsn) as undone, psycopg.connect(record.database.owner_dsn) as late:
        undone.execute('insert into audit.inbox (body) values (\'{"n":"undone"}\')')
        late.execute('insert into audit.inbox (body) values (\'{"n":"late"}\')')
        record.write(2)
        undone.rollback()
        assert (record.seal(), record.seal()) == (2, 0)
        late.commit()
    assert record.seal() == 1
    assert [row.seq for row in record.rows()] == [1, 2, 3]
    assert json.loads(record.rows()[-1].body) == {"n": "late"}


def test_while_one_seals_another_turns_away(record):
    record.write(3)
    dsn = record.database.login_dsn(Login.AUDIT_SEALER)
    with psycopg.connect(dsn) as first, psycopg.connect(dsn, autocommit=True) as second:
        assert first.execute("select audit.seal()").fetchone() == (3,)
        assert second.execute("select audit.seal()").fetchone() == (-1,)
        first.commit()
        assert second.execute("select audit.seal()").fetchone() == (0,)


def test_a_sealing_that_is_undone_loses_nothing(record):
    record.write(3)
    with psycopg.connect(record.database.login_dsn(Login.AUDIT_SEALER)) as sealer:
        sealer.execute("select audit.seal()")
        sealer.rollback()
    assert record.rows() == []
    assert record.seal() == 3


def test_an_entry_says_whose_records_it_concerns(record):
    with record.database.owner() as owner:
        for patients in (
            [AMINA],
            [AMINA, BRUNO, AMINA],
            [],
            ["p1", 7, None, "-" * 36, "0-000000-0000-0000-0000-000000000000"],
        ):
            text = json.dumps(
                {"at": 1, "patients": [p if p is None or isinstance(p, int) else str(p) for p in patients]}
            )
            owner.execute("insert into audit.inbox (body) values (%s)", [text])
        record.seal()
        found = owner.execute("select seq, patient_id from audit.about order by 1, 2").fetchall()
        marked = owner.execute("select has_patients from audit.log order by seq").fetchall()
    assert found == [(1, AMINA), (2, AMINA), (2, BRUNO)]
    assert marked == [(True,), (True,), (False,), (False,)]


ODD = {
    "no time": {},
    "a time that is a word": {"at": "yesterday"},
    "a time beyond all": {"at": 10**400},
    "a time before all": {"at": -1},
    "an actor that is no text": {"actor": {"sub": 1}, "action": [1], "relation": 7, "ip": False, "agent": {}},
    "an actor of dashes": {"actor": "-" * 36},
    "an actor in capitals": {"actor": "ABCDEFAB-0000-0000-0000-000000000000"},
    "keys that are no list": {"keys": "k"},
    "patients that are no list": {"patients": {"a": 1}},
    "text of half a megabyte": {"action": "x" * 500_000},
}


@pytest.mark.parametrize("entry", ODD.values(), ids=ODD.keys())
def test_no_entry_stops_the_sealer(record, entry):
    with record.database.owner() as owner:
        owner.execute("insert into audit.inbox (body) values (%s)", [json.dumps(entry)])
        assert record.seal() == 1
        at, sealed_at, actor = owner.execute("select at, sealed_at, actor from audit.log").fetchone()
    assert at == sealed_at
    assert actor is None
    assert [row.hash for row in record.rows()] == recomputed(record)


@pytest.mark.parametrize("text", ["", "x", "[]", "null", "1", '{"a":', '{"a":"\\u0000"}', '{"a":1e1000000}'])
def test_what_could_not_be_sealed_is_not_taken(record, text):
    login = record.database.login_dsn(Login.AUDIT_SEALER)
    refusals = (psycopg.DataError, psycopg.IntegrityError)
    with psycopg.connect(login, autocommit=True) as sealer, pytest.raises(refusals):
        sealer.execute("insert into audit.inbox (body) values (%s)", [text])


def test_columns_say_what_the_body_says(record):
    record.sealed(1)
    with record.database.owner() as owner:
        row = owner.execute("select at, actor::text, action, relation, keys, ip, agent from audit.log").fetchone()
    said = json.loads(body(0, AMINA))
    at = datetime.fromtimestamp(said["at"] // 1_000_000, UTC)
    assert row == (at, said["actor"], "read", "public.cases", ["c0"], None, None)


def test_a_clock_that_goes_back_does_not_take_the_seals_back(record):
    with record.database.owner() as owner:
        owner.execute("update audit.head set sealed_at = date_trunc('month', now()) + interval '1 month 10 days'")
    record.sealed(2)
    with record.database.owner() as owner:
        ahead = owner.execute(
            "select bool_and(l.sealed_at = h.sealed_at and l.sealed_at > now()) from audit.log l, audit.head h"
        ).fetchone()
    assert ahead == (True,)
