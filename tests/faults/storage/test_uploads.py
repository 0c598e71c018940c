"""Uploading processes are killed at random moments while a sweeper runs.

Nothing acknowledged is lost, and no bytes stay that belong to nothing.
"""

from __future__ import annotations

import asyncio
import hashlib
import os
import random
import subprocess
import sys
from pathlib import Path

import carebase
from carebase.database import session
from carebase.database.pool import Login
from carebase.settings import Settings
from carebase.storage import sweeper
from carebase.storage.objects import Store

KILLS = int(os.environ.get("KILLS", "30"))
SEED = int(os.environ.get("SEED", "20260101"))
UPLOADING = Path(__file__).with_name("uploading_process.py")


async def killed_upload(database, person, root: Path, *, seed: int, after_seconds: float) -> list[str]:
    """What the process acknowledged before it was killed."""
    process = await asyncio.create_subprocess_exec(
        sys.executable,
        UPLOADING,
        database.owner_dsn,
        database.secret,
        person.claims_json,
        root,
        str(seed),
        stdout=subprocess.PIPE,
        env={**os.environ, "PYTHONPATH": str(Path(carebase.__file__).parents[1])},
    )
    assert await asyncio.wait_for(process.stdout.readline(), 30) == b"ready\n"
    await asyncio.sleep(after_seconds)
    process.kill()
    said = await process.stdout.read()
    await process.wait()
    return said.decode().splitlines()


async def test_no_acknowledged_file_is_lost_and_no_bytes_stay_without_a_row(database, tmp_path):
    chance = random.Random(SEED)
    person = database.a_person()
    async with database.pools(frozenset({Login.AUTHENTICATOR, Login.CARE_QUEUE})) as pools:
        store = Store.of(Settings(data=tmp_path), pools)
        queue = pools[Login.CARE_QUEUE]

        swept = 0

        async def sweep_without_end() -> None:
            nonlocal swept
            while True:
                swept += (await sweeper.sweep(queue, store.backend)).uploads
                await asyncio.sleep(0.02)

        sweeping = asyncio.create_task(sweep_without_end())
        acknowledged: list[str] = []
        for kill in range(KILLS):
            acknowledged += await killed_upload(
                database, person, tmp_path, seed=SEED + kill, after_seconds=chance.uniform(0.02, 0.4)
            )
            assert not sweeping.done()
        sweeping.cancel()
        await asyncio.wait([sweeping])
        await asyncio.sleep(0.5)  # the last killed one's transactions end

        with database.owner() as owner:
            owner.execute("update storage.uploads set expires_at = now() - interval '1 s'")
        unfinished = (await sweeper.sweep(queue, store.backend)).uploads
        print(f"{len(acknowledged)} acknowledged, {KILLS} kills, {swept} swept meanwhile, {unfinished} afterwards")

        assert (await sweeper.check(queue, store.backend)).agrees
        with database.owner() as owner:
            objects = owner.execute("select count(*) from storage.objects").fetchone()[0]
            assert owner.execute("select count(*) from storage.uploads").fetchone()[0] == 0
        on_disk = [path for path in tmp_path.rglob("*") if path.is_file()]
        assert len(on_disk) == objects
        # Otherwise uploads and sweeps never met, and nothing was shown.
        assert len(acknowledged) >= KILLS
        assert swept >= KILLS / 10
        async with session.begin(pools[Login.AUTHENTICATOR], person) as reading:
            for line in acknowledged:
                name, sha256 = line.split()
                stored = await store.open(reading, bucket="labdocs", name=name)
                content = b"".join([part async for part in store.stream(stored)])
                assert hashlib.sha256(content).hexdigest() == sha256 == stored.sha256
