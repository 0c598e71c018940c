"""Bytes move between a directory and a bucket while files are read and stored; a kill loses none of them."""

from __future__ import annotations

import asyncio
import hashlib
import os
import random
import subprocess
import sys
from pathlib import Path

import pytest
from tests.integration.cli.conftest import environment
from tests.integration.conftest import SECRET
from tests.integration.storage import buckets
from tests.integration.storage.conftest import Files

from carebase.database.pool import Login
from carebase.settings import Settings
from carebase.storage import checking, migrating
from carebase.storage.backends.moving import Moving
from carebase.storage.objects import Store, StoredObject

pytestmark = pytest.mark.parametrize("cluster", [os.environ.get("CAREBASE_TEST_POSTGRES", "18")], indirect=True)

OBJECTS = 40


def storing(database, data: Path, name: str, service: buckets.Service, pools, **places: str) -> Files:
    settings = Settings(
        data=data,
        s3_endpoint=service.address,
        s3_access_key=buckets.ACCESS["AWS_ACCESS_KEY_ID"],
        s3_secret_key=buckets.ACCESS["AWS_SECRET_ACCESS_KEY"],
        **{place: address.format(bucket=name) for place, address in places.items()},
    )
    return Files(database, pools, data / "objects", Store.of(settings, pools))


async def migrated(database, data: Path, service: buckets.Service, name: str, *, to: str, back: str, until=None) -> int:
    """The command's exit code; killed once `until` says so."""
    chosen = {
        **service.settings(name),
        "CAREBASE_DATA": data,
        "DATABASE_URL": database.owner_dsn,
        "JWT_SECRET": SECRET,
        "CAREBASE_STORAGE": to,
        "CAREBASE_STORAGE_PREVIOUS": back,
        "CAREBASE_STORAGE_KEY_FILE": data.with_name(f"{data.name}.storage-key"),
    }
    process = await asyncio.create_subprocess_exec(
        sys.executable, "-m", "carebase.cli.main", "storage", "migrate", env=environment(chosen),
        stdout=subprocess.PIPE, stderr=subprocess.PIPE,
    )  # fmt: skip
    ended = asyncio.create_task(process.communicate())
    while not ended.done():
        if until is not None and await asyncio.to_thread(until):
            until = None
            process.kill()
        await asyncio.wait([ended], timeout=0.02)
    print(*(said.decode() for said in await ended))
    return process.returncode


async def test_files_move_to_a_bucket_and_back_while_they_are_used_and_the_mover_is_killed(database, tmp_path):
    data, chance = tmp_path / "data", random.Random(7)
    data.mkdir()
    person = database.a_person()
    with buckets.serving() as service:
        async with database.pools(frozenset({Login.AUTHENTICATOR, Login.CARE_QUEUE})) as pools:
            name = service.a_bucket()
            before = storing(database, data, name, service, pools)
            kept = {}
            for _ in range(OBJECTS):
                content = chance.randbytes(chance.choice([0, 100, 300_000, 1_500_000]))
                kept[await before.keep(person, await before.receive(person, content, limit_bytes=1 << 24))] = content
            # Servers are started with both places first; from then on what is new goes to the bucket.
            serving = storing(
                database, data, name, service, pools, storage="s3://{bucket}/files", storage_previous="file"
            )
            places = serving.store.backend
            assert isinstance(places, Moving)

            async def used() -> None:
                while True:
                    stored, content = chance.choice(list(kept.items()))
                    read = await serving.content(stored)
                    assert hashlib.sha256(read).digest() == hashlib.sha256(content).digest()
                    if len(kept) < OBJECTS + 10:
                        new = chance.randbytes(1000)
                        kept[await serving.keep(person, await serving.receive(person, new))] = new
                    await asyncio.sleep(0.01)

            using = asyncio.create_task(used())
            to = f"s3://{name}/files"
            exits = []
            for share in (0.2, 0.6):

                def so_far(share=share) -> bool:
                    return len(list(places.previous.keys())) < OBJECTS * (1 - share)

                exits.append(await migrated(database, data, service, name, to=to, back="file", until=so_far))
            exits.append(await migrated(database, data, service, name, to=to, back="file"))
            assert exits == [-9, -9, 0]
            assert not using.done()
            using.cancel()
            await asyncio.wait([using])
            assert list(places.previous.keys()) == []
            alone = storing(database, data, name, service, pools, storage="s3://{bucket}/files")
            for stored, content in kept.items():
                assert await alone.content(stored) == content
            report = await checking.check(pools[Login.CARE_QUEUE], alone.store.backend, alone.store.keys)
            assert (report.agrees, report.objects) == (True, len(kept))

            back = storing(database, data, name, service, pools, storage_previous="s3://{bucket}/files")
            await moves_back(alone, back, removing=next(iter(kept)), objects=len(kept))


async def moves_back(alone: Files, back: Files, *, removing: StoredObject, objects: int) -> None:
    """What is under way or about to go waits, the rest moves."""
    under_way = await alone.receive(alone.database.a_person(), b"under way")
    with alone.database.owner() as owner:
        owner.execute("delete from storage.objects where id = %s", [removing.id])
        owner.execute("update storage.trash set after = now()")
    moved = await migrating.migrate(back.queue, back.store.backend)
    assert (moved.keys, moved.waiting, moved.unknown, moved.is_done) == (objects - 1, 2, 0, False)
    await back.store.discard(under_way)
    await back.sweep()
    assert (await migrating.migrate(back.queue, back.store.backend)).is_done
    assert list(back.store.backend.previous.keys()) == []
    report = await checking.check(back.queue, back.store.backend, back.store.keys)
    assert (report.agrees, report.objects) == (True, objects - 1)


async def test_a_copy_that_differs_removes_nothing_and_only_one_moves(files, tmp_path):
    person = files.database.a_person()
    stored = await files.keep(person, await files.receive(person))
    with buckets.serving() as service:
        places = Moving(service.backend(service.a_bucket()), previous=files.store.backend)
        draft = places.current.create(stored.key)
        draft.write(bytes(places.previous.size_of(stored.key)))
        draft.finish()

        with pytest.raises(migrating.NotTheSame):
            await migrating.migrate(files.queue, places)

        assert await files.content(stored) == b"report"
        with files.database.owner() as other:
            other.execute("select pg_advisory_lock(%s)", [migrating.LOCK])
            with pytest.raises(migrating.AlreadyMoving):
                await migrating.migrate(files.queue, places)
            other.execute("select pg_advisory_unlock(%s)", [migrating.LOCK])
        assert (await migrating.migrate(files.queue, places)).keys == 1
        assert files.on_disk == []
