"""What recording a read costs it: the same reads with and without the gate, in turns.

Throughput is taken from clients that ask as fast as they are answered. How much later an answer leaves is taken at one
and the same rate for both, well below what either can do: where everything waits for a core, time is throughput again.
"""

from __future__ import annotations

import asyncio
import statistics
import time
from contextlib import AsyncExitStack
from dataclasses import dataclass, field
from pathlib import Path

import psycopg_pool

from benchmarks import figures, machine
from carebase.audit import log
from carebase.database import pool, session
from carebase.database.identity import Identity, Origin
from carebase.database.pool import Login, Pools
from carebase.records import cases

CONNECTIONS = 32
ROWS = 20
PACED_PART = 0.3
ORIGIN = Origin(
    request_id="0123456789abcdef0123456789abcdef", address="10.20.30.40", agent="Mozilla/5.0 (X11; Linux x86_64)"
)


@dataclass(slots=True)
class Reader:
    """One way of reading a page of twenty cases."""

    pool: psycopg_pool.AsyncConnectionPool
    person: Identity
    gate: log.ReadGate | None
    rates: list[float] = field(default_factory=list)
    waits: list[float] = field(default_factory=list)
    tails: list[float] = field(default_factory=list)
    """The 99th percentile of each round."""

    async def read(self) -> float:
        """One read, to the moment its answer may leave."""
        began = time.perf_counter()
        async with session.begin(self.pool, self.person, read_only=True, origin=ORIGIN) as reading:
            page = await cases.page(reading, cases.CaseFilter(), limit=ROWS)
        if len(page.items) != ROWS:
            raise RuntimeError("the page is not full")
        if self.gate is not None:
            await self.gate.release(reading.reads, identity=self.person, origin=ORIGIN)
        return time.perf_counter() - began

    async def at_full_speed(self, *, reads: int) -> None:
        """As many clients as connections, each `reads` times."""

        async def client() -> None:
            for _ in range(reads):
                await self.read()

        began = time.perf_counter()
        async with asyncio.TaskGroup() as group:
            for _ in range(CONNECTIONS):
                group.create_task(client())
        self.rates.append(CONNECTIONS * reads / (time.perf_counter() - began))

    async def at(self, rate: float, *, reads: int) -> None:
        """So many reads a second, whether or not the ones before have been answered."""
        began = time.perf_counter()
        async with asyncio.TaskGroup() as group:
            tasks = []
            for number in range(reads):
                await asyncio.sleep(began + number / rate - time.perf_counter())
                tasks.append(group.create_task(self.read()))
        waits = [task.result() for task in tasks]
        self.waits += waits
        self.tails.append(figures.percentile(waits, 0.99))


async def compare(
    owner_dsn: str, person: Identity, *, folder: Path, secret: str, rounds: int, reads: int
) -> tuple[float, list[str]]:
    """Reads behind the gate over reads without it, and the verdicts."""
    async with AsyncExitStack() as stack:
        pools = await stack.enter_async_context(
            Pools(owner_dsn=owner_dsn, secret=secret, logins=frozenset({Login.AUTHENTICATOR, Login.AUDIT_SEALER}))
        )
        wide = psycopg_pool.AsyncConnectionPool(
            pool.conninfo_for(Login.AUTHENTICATOR, owner_dsn=owner_dsn, secret=secret),
            kwargs={"autocommit": True}, min_size=CONNECTIONS, max_size=CONNECTIONS, open=False,
        )  # fmt: skip
        await wide.open(wait=True)
        stack.push_async_callback(wide.close)
        gate = await stack.enter_async_context(log.ReadGate(pools[Login.AUDIT_SEALER]))
        usual = pools[Login.AUTHENTICATOR]
        readers = {
            f"{CONNECTIONS} connections, unaudited": Reader(wide, person, None),
            f"{CONNECTIONS} connections, audited": Reader(wide, person, gate),
            "the server's pool of 12, unaudited": Reader(usual, person, None),
            "the server's pool of 12, audited": Reader(usual, person, gate),
        }
        for number in range(rounds + 1):
            for reader in readers.values():
                await reader.at_full_speed(reads=reads)
            if number == 0:
                for reader in readers.values():
                    reader.rates.clear()
        without, behind, *_ = readers.values()
        synced: list[float] = []
        rate = PACED_PART * statistics.median(without.rates)
        for _ in range(rounds):
            for reader in readers.values():
                synced.append(machine.seconds_to_sync(folder, bytes(8192)))
                await reader.at(rate, reads=max(200, reads * CONNECTIONS // 4))
    ratio = statistics.median(behind.rates) / statistics.median(without.rates)
    # Of each round by itself, so that one stall of the disk is one round's.
    laters = [1000 * (b - a) for a, b in zip(without.tails, behind.tails, strict=True)]
    later = statistics.median(laters)
    print(f"\nA page of {ROWS} cases under row policies, {CONNECTIONS} clients, {rounds} rounds in turns")
    for name, reader in readers.items():
        middle, least, most = statistics.median(reader.rates), min(reader.rates), max(reader.rates)
        print(f"{name:<50} {middle:6.0f} reads/s ({least:.0f} to {most:.0f})")
    print(f"The same at {rate:.0f} reads/s")
    for name, reader in readers.items():
        print(figures.line(name, reader.waits))
    print(figures.line("write and fsync 8 kB", synced))
    print(f"p99 later by {later:.1f} ms ({min(laters):.1f} to {max(laters):.1f}, by round)")
    return ratio, [
        figures.verdict("audited over unaudited reads", ratio, goal=0.45, at_least=True),
        figures.verdict(f"p99 milliseconds later at {rate:.0f} reads/s", later, goal=5),
    ]
