"""Whatever a superuser does to the record, its verification finds and names the row."""

from __future__ import annotations

import re
from datetime import UTC, datetime, timedelta
from uuid import UUID

import pytest
from tests.integration.audit.recording import AMINA, BRUNO, body

from carebase import errors
from carebase.audit import verify
from carebase.audit.chain import Kind
from carebase.database import streams

LAST_MONTH = datetime.now(UTC).replace(day=1, hour=0, minute=0, second=0, microsecond=0) - timedelta(days=10)


def test_a_record_that_nobody_touched_is_intact(record):
    record.sealed(25, batch=7, patients=[AMINA, BRUNO])
    record.write(3)

    report = record.verify()

    assert report.faults == []
    assert (report.rows, report.last, report.begins.seq) == (25, record.end(), 0)
    assert report.notes == [
        "3 entries wait to be sealed and are not covered.",
        "There is no checkpoint: rows written anew from the first one on would not be found.",
    ]


def test_a_record_without_any_row_is_intact(record):
    assert record.verify().faults == []


def test_a_record_over_several_months_is_intact(record):
    record.history([body(1, AMINA), body(2)], sealed_at=LAST_MONTH)
    record.sealed(3)
    assert record.faults() == []


ROW_12 = "(select sealed_at from audit.log where seq = 12)"
TAMPERINGS = {
    "an edited body": (
        "update audit.log set body = replace(body, 'read', 'list') where seq = 12",
        (Kind.EDITED, 12, 12),
    ),
    "an overwritten hash": ("update audit.log set hash = sha256('x') where seq = 12", (Kind.HASH_EDITED, 12, 12)),
    "a later time of sealing": (
        "update audit.log set sealed_at = sealed_at + interval '1 second' where seq = 12",
        (Kind.MOVED, 12, 12),
    ),
    "another number": ("update audit.log set seq = 99 where seq = 12", (Kind.MISSING, 12, 12)),
    "a removed row": ("delete from audit.log where seq = 12", (Kind.MISSING, 12, 12)),
    "removed rows": ("delete from audit.log where seq between 12 and 15", (Kind.MISSING, 12, 15)),
    "a row put in": (
        "insert into audit.log (seq, sealed_at, body, hash, at, has_patients) "
        f"select 12, {ROW_12} + interval '1 microsecond', body, hash, at, true from audit.log where seq = 13",
        (Kind.OUT_OF_PLACE, 12, 12),
    ),
    "a row appended": (
        "insert into audit.log (seq, sealed_at, body, hash, at, has_patients) "
        "select 26, sealed_at, body, hash, at, true from audit.log where seq = 25",
        (Kind.EDITED, 26, 26),
    ),
    "two bodies exchanged": (
        "update audit.log l set body = o.body from audit.log o "
        "where (l.seq = 12 and o.seq = 14) or (l.seq = 14 and o.seq = 12)",
        (Kind.EDITED, 12, 12),
    ),
    "the end cut off": ("delete from audit.log where seq > 20", (Kind.CUT_OFF, 21, 25)),
    "a head moved back": (
        "update audit.head h set seq = l.seq, hash = l.hash from audit.log l where l.seq = 20",
        (Kind.BEYOND_HEAD, 21, 25),
    ),
    "a head of its own": ("update audit.head set hash = sha256('x')", (Kind.HEAD_DIFFERS, 1, 25)),
    "an entry taken from a patient's list": ("delete from audit.about where seq = 12", (Kind.DERIVED_DIFFERS, 12, 12)),
    "an entry put on another patient's list": (
        f"insert into audit.about select '{UUID(int=0xC)}', at, sealed_at, seq from audit.about where seq = 12",
        (Kind.DERIVED_DIFFERS, 12, 12),
    ),
    "an entry moved to another patient's list": (
        f"update audit.about set patient_id = '{UUID(int=0xC)}' where seq = 12",
        (Kind.DERIVED_DIFFERS, 12, 12),
    ),
    "another time on a patient's list": (
        "update audit.about set at = at - interval '1 day' where seq = 12",
        (Kind.DERIVED_DIFFERS, 12, 12),
    ),
    "an entry on a list that is not in the log": (
        f"insert into audit.about values ('{AMINA}', now(), now(), 77)",
        (Kind.DERIVED_DIFFERS, 77, 77),
    ),
}


@pytest.mark.parametrize("name", TAMPERINGS)
def test_what_a_superuser_did_to_a_row_is_found_and_the_row_is_named(record, name):
    statement, expected = TAMPERINGS[name]
    record.sealed(25)
    assert record.faults() == []

    record.as_superuser(statement)

    report = record.verify()
    first = report.faults[0]
    assert (first.kind, first.first, first.last) == expected
    assert report.first_wrong_row == expected[1]
    # A head that was moved back is named by where it stands: the row in front of the first uncovered one.
    assert {expected[1], expected[1] - 1} & {int(number) for number in re.findall(r"\d+", first.said)}


@pytest.mark.parametrize(
    ("column", "value"),
    [
        ("at", "at - interval '1 day'"),
        ("actor", "gen_random_uuid()"),
        ("actor", "null"),
        ("action", "'list'"),
        ("relation", "'public.tasks'"),
        ("keys", "'[\"other\"]'"),
        ("keys", "null"),
        ("ip", "'192.0.2.7'"),
        ("agent", "'another'"),
        ("has_patients", "true"),
    ],
)
def test_a_column_that_pages_show_and_that_is_not_what_the_body_says_is_found(record, column, value):
    record.sealed(25, patients=[])
    record.as_superuser(f"update audit.log set {column} = {value} where seq = 12")
    assert record.faults() == [(Kind.DERIVED_DIFFERS, 12, 12)]


def test_a_body_that_is_no_json_any_more_is_named(record):
    record.sealed(25)
    record.as_superuser("update audit.log set body = 'gone' where seq = 12")
    found = record.faults()
    assert found[0] == (Kind.EDITED, 12, 12)
    assert {first for _, first, _ in found} == {12}


def test_what_goes_wrong_in_the_middle_of_a_long_log_is_told_at_once(record, monkeypatch):
    record.sealed(3000)
    monkeypatch.setattr(verify, "TOLD_EVERY", 100)

    def breaking(rows: int) -> None:
        raise InterruptedError

    with pytest.raises(InterruptedError):
        verify.of_database(record.database.owner_dsn, found=[], keys=(), progress=breaking)


def test_what_is_no_text_where_a_text_belongs_is_no_fault(record):
    with record.database.owner() as owner:
        for odd in (
            '{"at": "now", "actor": 7, "action": {"a": 1.50}, "relation": [1], "keys": {"k": 1e3}, "ip": false}',
            '{"at": 1.5, "actor": "x", "action": 12345678901234567890123, "keys": null, "patients": "all"}',
            '{"at": -1, "patients": ["A0000000-0000-0000-0000-00000000000B", 7, null, {}]}',
            '{"at": 99999999999999999999}',
            '{"agent": "\\u00e9\\ud83d\\ude00", "ip": ""}',
            "{}",
        ):
            owner.execute("insert into audit.inbox (body) values (%s)", [odd])
    assert record.seal() == 6
    assert record.faults() == []


def test_rows_written_anew_from_one_on_are_found_by_the_head(record):
    record.sealed(25)
    record.write_anew(12, with_head=False)
    ((kind, first, last),) = record.faults()
    assert (kind, first <= 12 <= last) == (Kind.HEAD_DIFFERS, True)


async def test_rows_and_head_written_anew_are_found_by_the_checkpoints_and_bracketed_by_them(record):
    record.sealed(10)
    await record.checkpoint()
    record.sealed(10)
    await record.checkpoint()
    record.sealed(5)
    record.write_anew(12, with_head=True)

    report = record.verify()

    ((kind, first, last),) = record.faults()
    assert (kind, first, last) == (Kind.ANCHOR_DIFFERS, 11, 20)
    assert report.trusted == 10
    assert "rows 11 to 20 are not to be trusted" in report.faults[0].said


async def test_a_log_cut_off_with_its_head_is_found_by_a_checkpoint(record):
    record.sealed(25)
    await record.checkpoint()
    record.as_superuser(
        "delete from audit.log where seq > 20",
        "delete from audit.about where seq > 20",
        "update audit.head h set seq = l.seq, hash = l.hash, sealed_at = l.sealed_at from audit.log l where l.seq = 20",
    )
    assert record.faults() == [(Kind.CUT_OFF, 21, 25)]


def test_a_month_that_was_detached_is_named(record):
    record.history([body(1, AMINA), body(2)], sealed_at=LAST_MONTH)
    record.sealed(3)
    month = f"log_{LAST_MONTH:%Y_%m}"
    record.as_superuser(f"alter table audit.log detach partition audit.{month}")

    report = record.verify()

    assert (report.faults[0].kind, report.faults[0].first, report.faults[0].last) == (Kind.MISSING, 1, 2)
    assert f"The table audit.{month} is detached from the log." in [fault.said for fault in report.faults]


def test_triggers_that_were_switched_off_are_named(record):
    record.as_superuser("alter table public.patients disable trigger all")
    assert any(
        fault.kind is Kind.STRUCTURE and "patients does not fire" in fault.said for fault in record.verify().faults
    )


def test_triggers_that_were_dropped_are_named(record):
    with record.database.owner() as owner:
        (names,) = owner.execute(
            "select array_agg(tgname::text) from pg_trigger where tgrelid = 'public.patients'::regclass "
            "and tgfoid = 'audit.note_write'::regproc"
        ).fetchone()
    record.as_superuser(*(f"drop trigger {name} on public.patients" for name in names))
    assert any("No trigger is on public.patients" in fault.said for fault in record.verify().faults)


def test_what_is_sealed_while_the_record_is_checked_is_no_fault(record, monkeypatch):
    record.sealed(300)
    grown = []

    def sealing(rows: int) -> None:
        grown.append(rows)
        record.sealed(10)

    monkeypatch.setattr(verify, "TOLD_EVERY", 100)
    report = verify.of_database(record.database.owner_dsn, found=[], keys=(), progress=sealing)

    assert grown == [100, 200, 300]
    assert (report.faults, report.rows) == ([], 300)
    assert record.verify().rows == 330


def test_a_database_that_is_away_is_said():
    with pytest.raises(errors.Unavailable):
        verify.of_database("postgresql://nobody@127.0.0.1:9/none", found=[], keys=())


def test_a_database_without_a_record_is_said(cluster):
    from psycopg import conninfo

    empty = conninfo.make_conninfo(cluster.owner_dsn, dbname="template1")
    with pytest.raises(streams.NotMigrated):
        verify.of_database(empty, found=[], keys=())
