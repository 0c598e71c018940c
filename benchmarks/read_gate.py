"""What the audit's gate costs reads: the same reads with and without it, in turns, at 32 tasks.

`python benchmarks/read_gate.py OWNER_DSN SECRET` against a migrated database; it leaves rows in audit.inbox.
"""

from __future__ import annotations

import asyncio
import os
import statistics
import sys
import time
from uuid import uuid4

from carebase.audit import log
from carebase.database import queries, session
from carebase.database.identity import Identity, Origin, Role
from carebase.database.pool import Login, Pools

TASKS = 32
READS_OF_A_TASK = 60
ROUNDS = 5
# Twenty rows come back without any table, so that the gate and not the policies are measured.
READ = queries.load("-- name: read\n-- Twenty keys.\nselect n as number from generate_series(1, 20) as n;\n")["read"]


async def read_once(pools: Pools, person: Identity, gate: log.ReadGate | None) -> None:
    # The role anon needs no account, which a benchmark against any database can count on.
    async with session.begin(pools[Login.AUTHENTICATOR], person, read_only=True) as reading:
        await reading.value(READ)
        log.saw(reading, "public.cases", [str(uuid4()) for _ in range(20)])
    if gate is not None:
        await gate.release(reading.reads, identity=person, origin=Origin(request_id="benchmark"))


async def reads_per_second(pools: Pools, gate: log.ReadGate | None) -> float:
    person = Identity(Role.ANON)

    async def task() -> None:
        for _ in range(READS_OF_A_TASK):
            await read_once(pools, person, gate)

    began = time.perf_counter()
    async with asyncio.TaskGroup() as group:
        for _ in range(TASKS):
            group.create_task(task())
    return TASKS * READS_OF_A_TASK / (time.perf_counter() - began)


def spread(figures: list[float]) -> str:
    return f"{statistics.median(figures):6.0f} reads/s ({min(figures):.0f} to {max(figures):.0f})"


async def main(owner_dsn: str, secret: str) -> None:
    logins = frozenset({Login.AUTHENTICATOR, Login.AUDIT_SEALER})
    async with (
        Pools(owner_dsn=owner_dsn, secret=secret, logins=logins) as pools,
        log.ReadGate(pools[Login.AUDIT_SEALER]) as gate,
    ):
        await reads_per_second(pools, gate)
        without, behind = [], []
        for _ in range(ROUNDS):
            without.append(await reads_per_second(pools, None))
            behind.append(await reads_per_second(pools, gate))
    print(f"{TASKS} tasks, {os.cpu_count()} processors, {ROUNDS} rounds in turns")
    print(f"without the gate  {spread(without)}")
    print(f"behind the gate   {spread(behind)}")
    print(f"ratio             {statistics.median(behind) / statistics.median(without):.2f}")


if __name__ == "__main__":
    asyncio.run(main(*sys.argv[1:]))
