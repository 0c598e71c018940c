"""One process of a deployment that records what people see and change, until it is killed.

`seal DSN SECRET FOLDER` seals and signs as a server does. `act DSN SECRET ACKNOWLEDGED CLAIMS PATIENT` reads
through the gate and writes tracked rows, and notes in the file ACKNOWLEDGED what a person has been told.
"""

from __future__ import annotations

import asyncio
import json
import os
import sys
from datetime import timedelta
from pathlib import Path
from uuid import uuid4

from carebase import errors
from carebase.audit import log
from carebase.audit.checkpoints import Checkpoints
from carebase.audit.sealer import Sealer
from carebase.database import queries, session
from carebase.database.identity import Identity, Origin, Role
from carebase.database.pool import Login, Pools

PEOPLE = 6
READS_OF_AN_ANSWER = 50
EVERY = timedelta(seconds=0.3)
SQL = queries.load("""
-- name: team
-- Something that is read under policies.
select count(*) from public.care_team;

-- name: write_to_team
-- A tracked row, whose entry the database makes in the same transaction.
insert into public.care_messages (patient_id, message) values (%(patient)s::uuid, 'Potassium 5,9, ECG demandé.')
returning id::text;

-- name: open_record
-- Another tracked row, in the same transaction as the first.
insert into public.tasks (patient_id, title) values (%(patient)s::uuid, 'ECG') returning id::text;
""")


async def seal(dsn: str, secret: str, folder: Path) -> None:
    async with Pools(owner_dsn=dsn, secret=secret, logins=frozenset({Login.AUDIT_SEALER})) as pools:
        pool = pools[Login.AUDIT_SEALER]
        checkpoints = Checkpoints(pool, file=folder / "checkpoints.jsonl", key=folder / "signing.key")
        async with Sealer(pool, checkpoints=checkpoints, every=EVERY):
            await asyncio.Event().wait()


async def act(dsn: str, secret: str, acknowledged: Path, person: Identity, patient: str) -> None:
    """People ask and write without pause; one line for each answer that left."""
    told = os.open(acknowledged, os.O_WRONLY | os.O_APPEND | os.O_CREAT, 0o600)

    async def read(pools: Pools, gate: log.ReadGate) -> list[str]:
        keys = [f"read-{uuid4()}" for _ in range(READS_OF_AN_ANSWER)]
        async with session.begin(pools[Login.AUTHENTICATOR], person, read_only=True) as reading:
            await reading.value(SQL["team"])
            for key in keys:
                log.saw(reading, "public.cases", [key], patients=[patient])
        await gate.release(reading.reads, identity=person, origin=Origin(request_id="faults"))
        return keys

    async def write(pools: Pools) -> list[str]:
        async with session.begin(pools[Login.AUTHENTICATOR], person) as writing:
            return [
                await writing.value(SQL["write_to_team"], patient=patient),
                await writing.value(SQL["open_record"], patient=patient),
            ]

    async def one_person(pools: Pools, gate: log.ReadGate, *, writes: bool) -> None:
        while True:
            try:
                keys = await (write(pools) if writes else read(pools, gate))
            except errors.Unavailable:
                # Nobody was told anything, so nothing is promised.
                await asyncio.sleep(0.05)
                continue
            # One write each, so that a kill cannot cut a line in two.
            os.write(told, f"{' '.join(keys)}\n".encode())

    logins = frozenset({Login.AUTHENTICATOR, Login.AUDIT_SEALER})
    async with (
        Pools(owner_dsn=dsn, secret=secret, logins=logins) as pools,
        log.ReadGate(pools[Login.AUDIT_SEALER]) as gate,
        asyncio.TaskGroup() as group,
    ):
        for number in range(PEOPLE):
            group.create_task(one_person(pools, gate, writes=number % 2 == 0))


async def main(kind: str, *arguments: str) -> None:
    while True:
        try:
            if kind == "seal":
                dsn, secret, folder = arguments
                await seal(dsn, secret, Path(folder))
            else:
                dsn, secret, acknowledged, claims, patient = arguments
                person = Identity(Role.AUTHENTICATED, json.loads(claims))
                await act(dsn, secret, Path(acknowledged), person, patient)
        except errors.Unavailable:
            # Started while the database is away.
            await asyncio.sleep(0.1)


if __name__ == "__main__":
    asyncio.run(main(*sys.argv[1:]))
