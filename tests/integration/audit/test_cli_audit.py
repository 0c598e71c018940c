"""`carebase audit` as an operator types it: what it says and with which code it ends."""

from __future__ import annotations

import gzip
import json
import subprocess
from datetime import UTC, datetime

import psycopg
import pytest
from tests.integration.audit.recording import AMINA, Recording, body
from tests.integration.cli.conftest import carebase

from carebase.audit.checkpoint_file import CheckpointFile
from carebase.database.embedded import Embedded


@pytest.fixture
def audit(record: Recording, tmp_path):
    """A command beside the record's database."""
    data = tmp_path / "data"
    record.file, record.key = data / "audit" / "checkpoints.jsonl", data / "audit" / "signing.key"

    def run(*words: object, **chosen: object) -> subprocess.CompletedProcess[str]:
        return carebase(
            "audit",
            *map(str, words),
            DATABASE_URL=record.database.owner_dsn,
            JWT_SECRET=record.database.secret,
            CAREBASE_DATA=data,
            **chosen,
        )

    return run


def test_an_intact_record_ends_with_0(record, audit):
    record.write(20)
    done = audit("checkpoint")
    assert (done.returncode, done.stderr) == (0, "")
    assert "seq             20" in done.stdout

    done = audit("verify")

    assert (done.returncode, done.stderr) == (0, "")
    assert done.stdout.startswith("The record is intact: rows 1 to 20.\n")
    assert "the last vouches for the rows up to 20" in done.stdout
    found = json.loads(audit("verify", "--json").stdout)
    assert (found["intact"], found["rows"], found["first_wrong_row"], found["faults"]) == (True, 20, None, [])


def test_a_broken_record_ends_with_3_and_names_the_row(record, audit):
    record.sealed(20)
    record.as_superuser("update audit.log set body = replace(body, 'read', 'list') where seq = 12")

    done = audit("verify")

    assert done.returncode == 3
    assert done.stdout.startswith("The record is NOT intact; the first row concerned is 12.\n")
    assert "Row 12 is not what its hash was made of." in done.stdout
    done = audit("verify", "--json")
    assert done.returncode == 3
    assert json.loads(done.stdout)["first_wrong_row"] == 12


def test_an_export_is_checked_anywhere_with_file_and_key(record, audit, tmp_path):
    record.write(20)
    key = json.loads(audit("checkpoint", "--json").stdout)["signed"]["public_key"]
    dump = tmp_path / "record.jsonl.gz"
    done = audit("export", "--output", dump, "--json")
    assert (done.returncode, json.loads(done.stdout)["entries"]) == (0, 20)
    assert dump.stat().st_mode & 0o777 == 0o600
    words = ("audit", "verify", "--offline", dump, "--checkpoints", record.file, "--public-key", key)

    done = carebase(*words, HOME="/nonexistent")
    assert (done.returncode, done.stderr) == (0, "")
    assert "note" not in done.stdout

    dump.write_bytes(gzip.compress(gzip.decompress(dump.read_bytes()).replace(b'\\"c7', b'\\"c8')))
    done = carebase(*words)
    assert done.returncode == 3
    assert "the first row concerned is 8." in done.stdout


def test_an_export_overwrites_nothing(record, audit, tmp_path):
    (tmp_path / "there").write_text("mine")
    done = audit("export", "--output", tmp_path / "there")
    assert done.returncode == 73
    assert (tmp_path / "there").read_text() == "mine"


def test_a_part_goes_to_standard_output(record, audit):
    record.sealed(3, patients=[AMINA])
    record.sealed(2, patients=[])
    done = audit("export", "--patient", AMINA, "--format", "csv", "--since", "2025-11-21")
    assert done.returncode == 0
    assert len(done.stdout.splitlines()) == 4
    assert done.stderr == "3 entries written.\n"
    record.seal()
    assert json.loads(record.rows()[-1].body)["details"]["by"].startswith("operator ")


def test_after_a_restore_it_says_what_to_do(record, audit):
    record.sealed(5)
    assert audit("checkpoint").returncode == 0
    record.as_superuser(
        "delete from audit.log where seq > 3",
        "delete from audit.about where seq > 3",
        "update audit.head h set seq = l.seq, hash = l.hash from audit.log l where l.seq = 3",
    )

    done = audit("verify")
    assert done.returncode == 3
    assert "carebase audit checkpoint --after-restore REASON" in done.stdout
    done = audit("checkpoint")
    assert done.returncode == 65
    assert "--after-restore" in done.stderr

    assert audit("checkpoint", "--after-restore", " ").returncode == 2
    assert audit("checkpoint", "--after-restore", "the disk was lost").returncode == 0
    done = audit("verify")
    assert done.returncode == 0
    assert "the disk was lost" in done.stdout


def test_a_purge_is_refused_within_six_years(record, audit):
    record.history([body(1)], sealed_at=datetime(2015, 3, 15, tzinfo=UTC))
    done = audit("purge", "--before", datetime.now(UTC).date())
    assert done.returncode == 65
    assert "six years, 2,192 days" in done.stderr
    done = audit("purge", "--before", "2016-01-01")
    assert (done.returncode, done.stdout) == (0, "1 entries removed, up to row 1; the removal is signed.\n")
    assert audit("purge", "--before", "2016-01-01").stdout == "There is no month that old.\n"
    assert audit("verify").returncode == 0


@pytest.mark.parametrize("words", [["verify"], ["checkpoint"], ["export"], ["purge", "--before", "2016-01-01"]])
def test_a_database_that_is_away_ends_with_75(tmp_path, words):
    done = carebase(
        "audit", *words, DATABASE_URL="postgresql://nobody@127.0.0.1:9/none", CAREBASE_DATA=tmp_path / "data"
    )
    assert done.returncode == 75
    assert "Traceback" not in done.stderr


@pytest.mark.parametrize(
    ("words", "code"),
    [
        (["verify", "--public-key", "nonsense"], 78),
        (["verify", "--checkpoints", "/nowhere"], 78),
        (["verify", "--offline", "/nowhere"], 65),
        (["verify", "--offline", __file__], 65),
        (["purge"], 2),
        (["purge", "--before", "soon"], 2),
        (["export", "--json"], 2),
        (["export", "--format", "xml"], 2),
    ],
)
def test_what_cannot_be_used_is_said(audit, words, code):
    done = audit(*words)
    assert done.returncode == code
    assert "Traceback" not in done.stderr


@pytest.mark.parametrize(
    ("name", "value"),
    [
        ("CAREBASE_AUDIT_WEBHOOK", "http://example.org/"),
        ("CAREBASE_AUDIT_WEBHOOK", "https://user:word@example.org/"),
        ("CAREBASE_AUDIT_MAIL_TO", "audit@b.example"),
        ("CAREBASE_AUDIT_CHECKPOINT_MINUTES", "0"),
    ],
)
def test_a_setting_that_cannot_be_used_is_named(audit, name, value):
    done = audit("checkpoint", **{name: value})
    assert done.returncode == 78
    assert name in done.stderr


def test_a_checkpoint_that_could_not_be_sent_ends_with_75_and_is_kept(record, audit):
    record.write(1)
    done = audit("checkpoint", CAREBASE_AUDIT_WEBHOOK="http://127.0.0.1:9/")
    assert done.returncode == 75
    assert "it is sent again" in done.stderr
    assert len(CheckpointFile(record.file).read()) == 1


async def test_a_server_seals_and_signs_what_its_users_do(served, sign_in):
    client = sign_in("auditor@carebase.example")
    assert client.get("/api/cases").status_code == 200
    reached = await Embedded(served.data).reach()
    assert reached is not None
    served.command("audit", "checkpoint")

    found = json.loads(served.command("audit", "verify", "--json"))

    assert found["intact"]
    assert found["rows"] >= 1
    assert found["vouched_through"] >= 1
    with psycopg.connect(reached.dsn()) as owner:
        (relations,) = owner.execute("select array_agg(distinct relation) from audit.log").fetchone()
    assert "public.cases" in relations
    assert (served.data / "audit" / "checkpoints.jsonl").exists()
