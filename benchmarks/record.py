"""The record in PostgreSQL: what its policies, its pages, its read gate and its chain cost.

`make bench T=record`; `SCALE=small` measures less and takes about a minute. The last lines are `audited`
(reads behind the gate over reads without it), `seal` and `verify` (rows a second). Whatever is compared is
measured in turns.
"""

from __future__ import annotations

import asyncio
import os
import platform
import shutil
import tempfile
import time
from collections.abc import AsyncIterator, Mapping
from contextlib import AsyncExitStack, asynccontextmanager
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path

import psycopg
import uvloop
from psycopg import conninfo

from benchmarks import record_chain, record_gate, record_pages, record_rows
from benchmarks.record_pages import Asked
from carebase.database import migrate
from carebase.database.embedded import Embedded
from carebase.database.pool import Login, Pools

SECRET = "a-secret-of-the-benchmark-that-is-long-enough-0123456789"


@dataclass(frozen=True, slots=True, kw_only=True)
class Scale:
    """How much is measured."""

    sizes: tuple[tuple[int, int, int], ...]
    """Patients, cases and sealed entries of each database."""
    rounds: int
    naive_rounds: int
    gate_rounds: int
    reads: int
    sealed: int
    seal_rounds: int


SCALES: Mapping[str, Scale] = {
    "full": Scale(
        sizes=((10_000, 10_000, 100_000), (1_000_000, 1_000_000, 10_000_000)),
        rounds=40, naive_rounds=5, gate_rounds=7, reads=60, sealed=300_000, seal_rounds=3,
    ),
    "small": Scale(
        sizes=((10_000, 10_000, 20_000), (50_000, 50_000, 200_000)),
        rounds=10, naive_rounds=2, gate_rounds=3, reads=20, sealed=50_000, seal_rounds=2,
    ),
}  # fmt: skip


def main() -> None:
    scale = SCALES[os.environ.get("SCALE", "full")]
    with asyncio.Runner(loop_factory=uvloop.new_event_loop) as runner:
        runner.run(measure(scale))


async def measure(scale: Scale) -> None:
    """Everything, one after the other, on one server."""
    began = time.monotonic()
    print(f"{datetime.now(UTC):%Y-%m-%d %H:%M} UTC, {os.cpu_count()} processors, {platform.platform()}")
    print(f"load before: {load()}")
    async with AsyncExitStack() as stack:
        folder, dsn = await stack.enter_async_context(cluster())
        databases = []
        for number, (patients, cases, entries) in enumerate(scale.sizes):
            own_dsn = a_database(dsn, f"pages{number}")
            filled = await asyncio.to_thread(fill, own_dsn, patients=patients, cases=cases, entries=entries)
            pools = await stack.enter_async_context(
                Pools(owner_dsn=own_dsn, secret=SECRET, logins=frozenset({Login.AUTHENTICATOR}))
            )
            databases.append(Asked(f"{cases}", own_dsn, pools, filled))
        verdicts = await record_pages.latest_cases(databases, rounds=scale.rounds, naive_rounds=scale.naive_rounds)
        await record_pages.first_pages(databases, rounds=scale.rounds)
        largest = databases[-1]
        ratio, more = await record_gate.compare(
            largest.owner_dsn,
            largest.filled.clinicians["many own cases"],
            folder=folder,
            secret=SECRET,
            rounds=scale.gate_rounds,
            reads=scale.reads,
        )
        verdicts += more
        seal, verify, more = await record_chain.measure(
            a_database(dsn, "chain"), folder, secret=SECRET, rows=scale.sealed, rounds=scale.seal_rounds
        )
        verdicts += more
    print(f"\nload after: {load()}, {time.monotonic() - began:.0f} s in all\n")
    print("\n".join(verdicts))
    print(f"audited {ratio:.2f}")
    print(f"seal {seal:.0f}")
    print(f"verify {verify:.0f}")


@asynccontextmanager
async def cluster() -> AsyncIterator[tuple[Path, str]]:
    """An embedded PostgreSQL of its own, migrated; with its folder gone afterwards."""
    folder = await asyncio.to_thread(a_folder)
    embedded = Embedded(folder / "data")
    try:
        running = await embedded.start()
        await asyncio.to_thread(migrate.migrate, running.dsn(), secret=SECRET)
        yield folder, running.dsn()
    finally:
        await embedded.stop()
        shutil.rmtree(folder, ignore_errors=True)


def a_folder() -> Path:
    """A directory that the database's own user can pass through."""
    folder = Path(tempfile.mkdtemp(prefix="carebase-bench-"))
    folder.chmod(0o755)
    return folder


def a_database(owner_dsn: str, name: str) -> str:
    """A fresh copy of the migrated database; how its owner reaches it."""
    with psycopg.connect(conninfo.make_conninfo(owner_dsn, dbname="template1"), autocommit=True) as owner:
        owner.execute(f"create database {name} template postgres strategy wal_log")
    return conninfo.make_conninfo(owner_dsn, dbname=name)


def fill(owner_dsn: str, *, patients: int, cases: int, entries: int) -> record_rows.Filled:
    """Fill a database and say how large it became."""
    began = time.monotonic()
    with psycopg.connect(owner_dsn, autocommit=True) as owner:
        owner.execute("set synchronous_commit = off")
        filled = record_rows.fill(owner, patients=patients, cases=cases)
        rows_at = time.monotonic()
        record_rows.fill_log(owner_dsn, entries=entries, patients=patients)
        print(
            f"{patients} patients, {cases} cases, {entries} sealed entries: {record_rows.size(owner)} "
            f"({rows_at - began:.0f} + {time.monotonic() - rows_at:.0f} s)"
        )
    return filled


def load() -> str:
    """How much waits for a core, over one, five and fifteen minutes."""
    return " ".join(f"{value:.2f}" for value in os.getloadavg())


if __name__ == "__main__":
    main()
