"""What is older than six years can be removed, that is signed, and nothing younger can."""

from __future__ import annotations

import dataclasses
from datetime import UTC, datetime, timedelta

import pytest
from tests.integration.audit.recording import AMINA, Recording, body

from carebase.audit import purge
from carebase.audit.chain import Kind
from carebase.audit.checkpoint_file import CheckpointFile
from carebase.audit.documents import Kind as DocumentKind
from carebase.audit.purge import PurgeRefused

LONG_AGO = datetime(2015, 3, 15, 12, tzinfo=UTC)


@pytest.fixture
def old(record) -> Recording:
    """Six entries of 2015 in two months, three of now."""
    record.history([body(number, AMINA) for number in range(4)], sealed_at=LONG_AGO)
    record.history([body(number, AMINA) for number in range(2)], sealed_at=LONG_AGO + timedelta(days=30))
    record.sealed(3)
    return record


def purged(record: Recording, before: datetime):
    return purge.purge(record.database.owner_dsn, before=before, file=record.file, key=record.key)


async def test_whole_months_are_removed_and_that_is_signed(old):
    await old.checkpoint()

    removed, signed = purged(old, datetime(2016, 1, 1, tzinfo=UTC))

    assert (removed.rows, removed.through_seq) == (6, 6)
    document = signed.read()
    assert (document.kind, document.seq) == (DocumentKind.PURGE, 6)
    report = old.verify()
    assert (report.faults, report.begins.seq, report.rows) == ([], 6, 3)
    assert [row.seq for row in old.rows()] == [7, 8, 9]
    with old.database.owner() as owner:
        assert owner.execute("select min(seq) from audit.about").fetchone() == (7,)
    # The removal is an entry too, and the next checkpoint goes on behind it.
    old.seal()
    assert await old.checkpoint() is not None
    assert old.verify().faults == []


def test_half_a_month_is_kept(old):
    removed, _ = purged(old, datetime(2015, 4, 10, tzinfo=UTC))
    assert (removed.rows, removed.through_seq) == (4, 4)
    assert old.faults() == []


def test_nothing_that_old_is_no_purge(old):
    assert purged(old, datetime(2015, 1, 1, tzinfo=UTC)) is None
    assert not CheckpointFile(old.file).read()


@pytest.mark.parametrize("days", [0, 30, 2191])
def test_what_is_younger_than_six_years_is_kept(old, days):
    with pytest.raises(PurgeRefused) as refused:
        purged(old, datetime.now(UTC) - timedelta(days=days))
    assert "2,192 days" in str(refused.value)
    assert old.faults() == []
    assert not CheckpointFile(old.file).read()


def test_rows_that_went_without_a_signed_purge_are_found(old):
    old.as_superuser(
        "insert into audit.purged (through_seq, hash, sealed_at, rows) "
        "select seq, hash, sealed_at, 6 from audit.log where seq = 6",
        "drop table audit.log_2015_03, audit.log_2015_04",
        "delete from audit.about where seq <= 6",
    )
    ((kind, first, last),) = old.faults()
    assert (kind, first, last) == (Kind.MISSING, 1, 6)


async def test_a_purge_that_was_signed_and_then_not_made_is_no_fault(old):
    class Died(Exception):
        pass

    from carebase.audit import checkpoint_file

    append = checkpoint_file.Tail.append

    def dying(self, signed):
        append(self, signed)
        raise Died

    with pytest.MonkeyPatch.context() as patched:
        patched.setattr(checkpoint_file.Tail, "append", dying)
        with pytest.raises(Died):
            purged(old, datetime(2016, 1, 1, tzinfo=UTC))

    assert len(CheckpointFile(old.file).read()) == 1
    assert old.faults() == []
    assert purged(old, datetime(2016, 1, 1, tzinfo=UTC)) is not None
    assert old.faults() == []


async def test_a_purge_document_on_rows_that_were_too_young_is_not_believed(old):
    purged(old, datetime(2016, 1, 1, tzinfo=UTC))
    (signed,) = CheckpointFile(old.file).read()
    from carebase.audit import documents, signing

    young = dataclasses.replace(signed.read(), sealed_at=signed.read().made_at - 86_400_000_000)
    old.file.write_text(documents.sign(young, signing.key_at(old.key)).line + "\n")
    old.as_superuser("delete from audit.checkpoints")
    assert "before they were six years old" in old.verify().faults[0].said
