"""What is recorded is sealed soon, by whichever server is there, and nothing that happens to one stops it."""

from __future__ import annotations

import asyncio
import contextlib
import os
import signal
import subprocess
import sys
import tempfile
import time
from collections.abc import AsyncIterator, Callable
from datetime import timedelta
from pathlib import Path

import psycopg
import pytest
from tests.faults.served import ROOT
from tests.integration.audit.recording import Recording

from carebase.audit import sealer
from carebase.audit.checkpoint_file import CheckpointFile
from carebase.audit.sealer import Sealer
from carebase.database.pool import Login

SEALER = frozenset({Login.AUDIT_SEALER})
HOUR = timedelta(hours=1)


async def until(is_so: Callable[[], bool], *, seconds: float = 15.0) -> None:
    limit = time.monotonic() + seconds
    while not is_so():
        assert time.monotonic() < limit, "it did not come about"
        await asyncio.sleep(0.05)


@contextlib.asynccontextmanager
async def sealing(record: Recording, *, every: timedelta = HOUR) -> AsyncIterator[Sealer]:
    async with record.database.pools(SEALER) as pools:
        pool = pools[Login.AUDIT_SEALER]
        async with Sealer(pool, checkpoints=record.checkpoints(pools), every=every) as running:
            yield running


async def test_what_is_recorded_is_sealed_within_two_seconds(record):
    async with sealing(record):
        record.write(5)
        await until(lambda: record.end().seq == 5, seconds=2)
    assert record.verify().faults == []


async def test_a_backlog_is_sealed_in_batches_one_upon_the_other(record, monkeypatch):
    monkeypatch.setattr(sealer, "BATCH_ROWS", 10)
    monkeypatch.setattr(sealer, "PAUSE_SECONDS", 60.0)
    record.write(105)
    async with sealing(record):
        await until(lambda: record.end().seq == 105, seconds=10)
    with record.database.owner() as owner:
        assert owner.execute("select count(distinct sealed_at) from audit.log").fetchone() == (11,)


async def test_the_first_rows_are_signed_at_the_start_and_the_last_at_the_end(record):
    record.write(5)
    async with sealing(record):
        await until(lambda: len(CheckpointFile(record.file).read()) == 1)
        record.write(3)
        await until(lambda: record.end().seq == 8)
        record.write(2)
    assert [signed.read().seq for signed in CheckpointFile(record.file).read()] == [5, 10]
    assert record.verify().trusted == 10


async def test_after_the_interval_it_is_signed_again(record):
    record.write(1)
    async with sealing(record, every=timedelta(seconds=0.5)):
        await until(lambda: len(CheckpointFile(record.file).read()) == 1)
        record.write(1)
        await until(lambda: len(CheckpointFile(record.file).read()) == 2)


async def test_a_recent_checkpoint_is_not_repeated_at_the_start(record):
    record.sealed(1)
    await record.checkpoint()
    async with sealing(record):
        record.write(1)
        await until(lambda: record.end().seq == 2)
        assert len(CheckpointFile(record.file).read()) == 1


async def test_two_sealers_seal_each_row_once(record):
    async with sealing(record), sealing(record):
        for _ in range(20):
            record.write(50)
            await asyncio.sleep(0.02)
        await until(lambda: record.end().seq == 1000)
    report = record.verify()
    assert (report.faults, report.rows) == ([], 1000)


async def test_while_another_holds_the_head_it_waits(record):
    record.write(5)
    with psycopg.connect(record.database.owner_dsn) as holding:
        holding.execute("select from audit.head for update")
        async with record.database.pools(SEALER) as pools:
            assert await sealer.seal(pools[Login.AUDIT_SEALER]) == -1
        async with sealing(record):
            await asyncio.sleep(0.3)
            assert record.end().seq == 0
            holding.rollback()
            await until(lambda: record.end().seq == 5)


async def test_it_goes_on_after_its_connections_were_cut(record):
    async with sealing(record):
        record.write(5)
        await until(lambda: record.end().seq == 5)
        with record.database.owner() as owner:
            owner.execute(
                "select pg_terminate_backend(pid) from pg_stat_activity "
                "where usename = 'audit_sealer' and datname = current_database()"
            )
        record.write(5)
        await until(lambda: record.end().seq == 10)


async def test_it_goes_on_after_the_database_took_no_connections(record):
    async with sealing(record):
        name = record.database.owner_dsn.rpartition("dbname=")[2].split()[0]
        cluster = psycopg.connect(record.database.owner_dsn, dbname="template1", autocommit=True)
        with cluster:
            cluster.execute(f"alter database {name} allow_connections false")
            cluster.execute("select pg_terminate_backend(pid) from pg_stat_activity where datname = %s", [name])
            await asyncio.sleep(2)
            cluster.execute(f"alter database {name} allow_connections true")
        record.write(5)
        await until(lambda: record.end().seq == 5, seconds=30)


async def test_a_file_that_cannot_be_written_stops_no_sealing(record):
    record.file.mkdir()
    async with sealing(record, every=timedelta(seconds=0.2)):
        for number in range(1, 4):
            record.write(1)
            await until(lambda number=number: record.end().seq == number)


async def test_a_log_that_was_written_anew_is_sealed_on_and_not_signed(record):
    record.sealed(5)
    await record.checkpoint()
    record.write_anew(2, with_head=True)
    async with sealing(record, every=timedelta(seconds=0.2)):
        record.write(1)
        await until(lambda: record.end().seq == 6)
        await asyncio.sleep(0.5)
    assert len(CheckpointFile(record.file).read()) == 1


PROCESS = """
import asyncio, sys
from datetime import timedelta
from pathlib import Path
from carebase.audit import sealer
from carebase.audit.checkpoints import Checkpoints
from carebase.database.pool import Login, Pools

async def main(dsn, secret, directory):
    async with Pools(owner_dsn=dsn, secret=secret, logins=frozenset({Login.AUDIT_SEALER})) as pools:
        pool = pools[Login.AUDIT_SEALER]
        sealer.BATCH_ROWS = 20
        made = Checkpoints(pool, file=Path(directory) / "checkpoints.jsonl", key=Path(directory) / "signing.key")
        async with sealer.Sealer(pool, checkpoints=made, every=timedelta(seconds=0.05)):
            await asyncio.sleep(3600)

asyncio.run(main(*sys.argv[1:]))
"""


@pytest.mark.parametrize("seed", range(2))
async def test_killed_at_any_moment_it_loses_and_doubles_nothing(record, seed):
    directory = Path(tempfile.mkdtemp(prefix="carebase-sealer-"))
    record.file, record.key = directory / "checkpoints.jsonl", directory / "signing.key"
    words = [sys.executable, "-c", PROCESS, record.database.owner_dsn, record.database.secret, str(directory)]
    environment = {**os.environ, "PYTHONPATH": str(ROOT / "src")}
    written = 0
    for round_ in range(4):
        with contextlib.ExitStack() as stack:
            processes = [
                stack.enter_context(subprocess.Popen(words, env=environment, stderr=subprocess.DEVNULL))
                for _ in range(2)
            ]
            begun = record.end().seq
            record.write(40)
            written += 40
            await until(lambda begun=begun: record.end().seq > begun)
            for _ in range(20):
                record.write(20)
                written += 20
            await asyncio.sleep(0.013 * (round_ + 4 * seed))
            for process in processes:
                process.send_signal(signal.SIGKILL)

    while record.seal() > 0:
        pass
    report = record.verify()
    assert (report.faults, report.rows) == ([], written)
    assert report.vouching.believed >= 1
    # What was signed is never ahead of what is durable.
    assert all(signed.read().seq <= written for signed in CheckpointFile(record.file).read())
