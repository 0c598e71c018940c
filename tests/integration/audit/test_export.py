"""The record can be read out, that it was is recorded, and what was read out can be checked without a database."""

from __future__ import annotations

import csv
import gzip
import io
import json
from datetime import UTC, datetime, timedelta
from uuid import UUID

import pytest
from tests.integration.audit.recording import AMINA, BRUNO, Recording, body

from carebase.audit import dump, export, verify
from carebase.audit.chain import Kind
from carebase.audit.checkpoint_file import CheckpointFile
from carebase.audit.dump import NotADump
from carebase.audit.export import Format, Part


def exported(record: Recording, part: Part | None = None, *, form: Format = Format.JSONL) -> bytes:
    out = io.BytesIO()
    export.export(record.database.owner_dsn, out, part=part or Part(), form=form, by="operator kim")
    return out.getvalue()


def checked(content: bytes, record: Recording, tmp_path):
    (tmp_path / "dump").write_bytes(content)
    return verify.of_dump(tmp_path / "dump", found=CheckpointFile(record.file).read(), keys=())


def bodies(content: bytes) -> list[dict]:
    return [json.loads(json.loads(line)["body"]) for line in content.splitlines()[1:-1]]


async def test_a_whole_export_is_checked_without_a_database(record, tmp_path):
    record.sealed(20, patients=[AMINA])
    await record.checkpoint()

    content = exported(record)

    report = checked(content, record, tmp_path)
    assert (report.faults, report.rows, report.trusted, report.head) == ([], 20, 20, record.end())
    assert checked(gzip.compress(content), record, tmp_path).faults == []
    head, *lines = [json.loads(line) for line in content.splitlines()]
    assert (head["format"], head["whole"], lines[-1]) == ("carebase audit 1", True, {"rows": 20})
    assert [line["body"].encode() for line in lines[:-1]] == [row.body for row in record.rows()]


async def test_an_edited_export_is_found_and_the_row_is_named(record, tmp_path):
    record.sealed(20)
    await record.checkpoint()
    lines = exported(record).splitlines(keepends=True)

    edited = b"".join([*lines[:7], lines[7].replace(b"read", b"list"), *lines[8:]])
    assert checked(edited, record, tmp_path).first_wrong_row == 7
    removed = b"".join([*lines[:7], *lines[8:-1], b'{"rows":19}\n'])
    assert [(each.kind, each.first) for each in checked(removed, record, tmp_path).faults] == [(Kind.MISSING, 7)]
    exchanged = b"".join([*lines[:7], lines[8], lines[7], *lines[9:]])
    assert checked(exchanged, record, tmp_path).first_wrong_row == 7
    # The end and what the first line says of it cut off together: the checkpoint knows better.
    head = json.loads(lines[0])
    row = json.loads(lines[15])
    head["ends"] = {"seq": row["seq"], "hash": row["hash"]}
    cut = b"".join([json.dumps(head).encode() + b"\n", *lines[1:16], b'{"rows":15}\n'])
    assert [(each.kind, each.first) for each in checked(cut, record, tmp_path).faults] == [(Kind.CUT_OFF, 16)]


@pytest.mark.parametrize(
    "spoil",
    [
        lambda lines: lines[:-1],
        lambda lines: [*lines[:-2], lines[-1]],
        lambda lines: [*lines, b"{}\n"],
        lambda lines: [*lines[:3], b"nonsense\n", *lines[4:]],
        lambda lines: [*lines[:3], b'{"seq":"3","sealed_at":1,"hash":"","body":""}\n', *lines[4:]],
        lambda lines: lines[1:],
        lambda lines: [],
        lambda lines: [gzip.compress(b"".join(lines))[:-20]],
    ],
)
def test_what_is_no_whole_export_is_said(record, tmp_path, spoil):
    record.sealed(5)
    with pytest.raises(NotADump):
        checked(b"".join(spoil(exported(record).splitlines(keepends=True))), record, tmp_path)


def test_that_the_record_was_read_out_is_recorded_before_the_first_row_leaves(record):
    record.sealed(1)
    exported(record, Part(patient=AMINA, actor=str(UUID(int=1))))
    record.seal()
    entry = json.loads(record.rows()[-1].body)
    assert (entry["action"], entry["relation"], entry["patients"]) == ("export", "audit.log", [str(AMINA)])
    assert entry["details"]["by"] == "operator kim"
    assert entry["details"]["actor"] == str(UUID(int=1))


def test_a_part_is_chosen_by_patient_actor_and_time(record, tmp_path):
    record.write(3, patients=[AMINA])
    record.write(2, patients=[AMINA, BRUNO])
    with record.database.owner() as owner:
        owner.execute(
            "insert into audit.inbox (body) values (%s)",
            [json.dumps({"at": 1_500_000_000_000_000, "actor": "care_worker", "action": "read", "patients": []})],
        )
    record.seal()

    assert len(bodies(exported(record, Part(patient=AMINA)))) == 5
    assert len(bodies(exported(record, Part(patient=BRUNO)))) == 2
    assert len(bodies(exported(record, Part(actor="care_worker")))) == 1
    assert len(bodies(exported(record, Part(actor=str(UUID(int=1)))))) == 5
    assert len(bodies(exported(record, Part(patient=BRUNO, actor="care_worker")))) == 0
    long_ago = datetime(2018, 1, 1, tzinfo=UTC)
    assert len(bodies(exported(record, Part(until=long_ago)))) == 1
    found = exported(record, Part(since=long_ago, until=datetime.now(UTC) - timedelta(days=1)))
    assert len(bodies(found)) == 5

    with pytest.raises(NotADump, match="part of the record"):
        checked(found, record, tmp_path)


def test_a_table_for_a_spreadsheet_holds_no_formulas(record):
    with record.database.owner() as owner:
        entry = json.loads(body(1, AMINA)) | {"request": "=1+1", "ip": "+1", "action": "-1", "relation": "@SUM(A1)"}
        owner.execute("insert into audit.inbox (body) values (%s)", [json.dumps(entry | {"session": "\t=1"})])
    record.seal()

    (row,) = csv.DictReader(io.StringIO(exported(record, form=Format.CSV).decode()))

    assert [row[name] for name in ("request", "ip", "action", "relation", "session")] == [
        "'=1+1", "'+1", "'-1", "'@SUM(A1)", "'\t=1",
    ]  # fmt: skip
    assert (row["seq"], row["at"], row["patients"]) == ("1", "2025-11-21T04:40:00.000001Z", f'["{AMINA}"]')
    assert "Zürich" in row["details"]


def test_a_dump_begins_with_what_it_is(record):
    record.sealed(1)
    with io.BytesIO(exported(record)) as file:
        assert json.loads(file.readline())["format"] == dump.FORMAT
