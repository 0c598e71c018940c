"""Upload and sweeper may meet in any order, and either may die: no lost object, no ghost."""

from __future__ import annotations

import asyncio
import os
import subprocess
import sys
from pathlib import Path
from uuid import UUID, uuid4

import pytest

import carebase
from carebase import errors
from carebase.storage import sweeper
from carebase.storage.backends import filesystem

UPLOADING = Path(__file__).with_name("uploading_process.py")


async def test_an_upload_that_is_finished_first_keeps_its_bytes(files):
    person = files.database.a_person()
    received = await files.receive(person)
    await files.expire()

    async with files.as_(person) as session:
        stored = await files.store.keep(
            session, received, bucket="labdocs", name=f"{person.user_id}/7/x", media_type="text/plain"
        )
        async with asyncio.timeout(5):  # it passes by what is locked and does not wait for it
            swept = await files.sweep()

    assert (swept.uploads, swept.keys) == (0, 0)
    assert await files.content(stored) == b"report"
    assert (await files.check()).agrees


async def test_an_upload_that_is_swept_first_is_refused(files):
    person = files.database.a_person()
    received = await files.receive(person)
    await files.expire()

    assert await files.sweep() == sweeper.Swept(uploads=1, keys=1)
    with pytest.raises(errors.Unavailable):
        await files.keep(person, received)

    await files.store.discard(received)
    assert files.on_disk == []
    assert files.ask("select count(*) from storage.objects") == 0
    assert (await files.check()).agrees


async def test_an_upload_waits_for_a_sweep_that_has_begun_and_is_refused(files):
    person = files.database.a_person()
    received = await files.receive(person)

    with files.database.owner() as sweeping, sweeping.transaction():
        sweeping.execute("delete from storage.uploads where key = %s", [received.key])
        keeping = asyncio.create_task(files.keep(person, received))
        await asyncio.sleep(0.2)
        assert not keeping.done()

    with pytest.raises(errors.Unavailable):
        await keeping


async def test_an_upload_that_is_under_way_is_left_alone(files):
    await files.receive(files.database.a_person())

    assert await files.sweep() == sweeper.Swept(uploads=0, keys=0)
    assert len(files.on_disk) == 1
    assert (await files.check()).agrees


async def test_many_sweepers_at_once_clear_each_upload_once(files):
    person = files.database.a_person()
    for _ in range(20):
        await files.receive(person)
    kept = await files.keep(person, await files.receive(person))
    await files.expire()

    swept = await asyncio.gather(*(files.sweep() for _ in range(4)))

    assert sum(each.uploads for each in swept) == 20
    assert files.on_disk == [str(kept.key)]
    assert (await files.check()).agrees


async def test_bytes_of_a_removed_object_outlive_a_backup(files):
    person = files.database.a_person()
    stored = await files.keep(person, await files.receive(person))
    files.ask("delete from storage.objects returning 1")

    assert await files.sweep() == sweeper.Swept(uploads=0, keys=0)
    assert files.path_of(stored).exists()
    assert (await files.check()).agrees

    files.ask("update storage.trash set after = after - interval '25 hours' returning 1")
    assert await files.sweep() == sweeper.Swept(uploads=0, keys=1)
    assert files.on_disk == []
    assert (await files.check()).agrees


async def test_a_sweep_that_died_before_the_bytes_went_is_finished_by_the_next(files):
    class BrokenDisk(filesystem.Filesystem):
        def remove(self, keys):
            raise errors.Unavailable

    await files.receive(files.database.a_person())
    await files.expire()

    with pytest.raises(errors.Unavailable):
        await sweeper.sweep(files.queue, BrokenDisk(files.root))
    assert len(files.on_disk) == 1

    assert await files.sweep() == sweeper.Swept(uploads=0, keys=1)
    assert files.on_disk == []
    assert (await files.check()).agrees


@pytest.mark.parametrize("moment", ["intended", "half_written", "written", "row_not_committed"])
async def test_a_process_killed_during_an_upload_leaves_nothing_after_a_sweep(files, moment):
    person = files.database.a_person()
    process = await asyncio.create_subprocess_exec(
        sys.executable,
        UPLOADING,
        files.database.owner_dsn,
        files.database.secret,
        person.claims_json,
        files.root.parent,
        moment,
        stdout=subprocess.PIPE,
        env={**os.environ, "PYTHONPATH": str(Path(carebase.__file__).parents[1])},
    )
    assert (await asyncio.wait_for(process.stdout.readline(), 30)).decode().strip() == moment
    process.kill()
    await process.wait()
    left = files.on_disk
    assert bool(left) == (moment != "intended")
    assert all(name.endswith(".part") for name in left) == (moment in {"intended", "half_written"})
    # PostgreSQL notices the death of its client after a moment; until then the intent may be locked.
    while files.ask(
        "select count(*) from pg_stat_activity where datname = current_database() and state like 'idle in%'"
    ):
        await asyncio.sleep(0.05)
    await files.expire()

    assert await files.sweep() == sweeper.Swept(uploads=1, keys=1)

    assert files.on_disk == []
    assert files.ask("select count(*) from storage.uploads") == 0
    assert files.ask("select count(*) from storage.trash") == 0
    assert files.ask("select count(*) from storage.objects") == 0


async def test_a_process_killed_after_its_commit_leaves_the_object(files):
    person = files.database.a_person()
    process = await asyncio.create_subprocess_exec(
        sys.executable,
        UPLOADING,
        files.database.owner_dsn,
        files.database.secret,
        person.claims_json,
        files.root.parent,
        "committed",
        stdout=subprocess.PIPE,
        env={**os.environ, "PYTHONPATH": str(Path(carebase.__file__).parents[1])},
    )
    await asyncio.wait_for(process.stdout.readline(), 30)
    process.kill()
    await process.wait()

    await files.expire()
    await files.sweep()

    async with files.as_(person) as session:
        stored = await files.store.open(session, bucket="labdocs", name=f"{person.user_id}/case/report.txt")
    assert len(await files.content(stored)) == 3_000_000
    assert (await files.check()).agrees


async def test_the_comparison_finds_what_does_not_belong_together(files):
    person = files.database.a_person()
    whole = await files.keep(person, await files.receive(person))
    missing = await files.keep(person, await files.receive(person))
    shortened = await files.keep(person, await files.receive(person))
    stranger: UUID = uuid4()
    files.path_of(missing).unlink()
    files.path_of(shortened).write_bytes(b"r")
    path = files.root / str(stranger)[:2] / str(stranger)
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_bytes(b"nobody's")

    found = await files.check()

    assert not found.agrees
    assert found.without_row == {stranger}
    assert found.without_bytes == {missing.key}
    assert found.of_other_size == {shortened.key}
    assert whole.key not in found.without_row | found.without_bytes | found.of_other_size
