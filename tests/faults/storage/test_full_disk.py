"""A full disk under /storage/v1: 507, nothing half is kept, what is there is read, and with room it goes on."""

from __future__ import annotations

import asyncio
import json
import os
import shutil
import subprocess
import sys
from pathlib import Path

import pytest
from tests.integration.conftest import Database
from tests.integration.storage import reading, test_resumable
from tests.integration.storage.reading import BASE, Site

from carebase.database.pool import Login
from carebase.storage import sweeper

ROOT = Path(__file__).parents[3]
# Root stays itself: as the root of a namespace of its own it would not reach the database's socket.
ALONE = ["unshare", "--mount"] if os.geteuid() == 0 else ["unshare", "--user", "--map-root-user", "--mount"]
MOUNT = 'mount -t tmpfs -o size=6m carebase "$0" && exec "$@"'
BLOCK = 1_000_000


def on_small_disk(place: Path, *command: str) -> subprocess.CompletedProcess[str]:
    path = os.pathsep.join((str(ROOT / "src"), str(ROOT)))
    return subprocess.run(
        [*ALONE, "sh", "-c", MOUNT, str(place), *command],
        capture_output=True,
        text=True,
        check=False,
        timeout=120,
        env={**os.environ, "PYTHONPATH": path},
    )


@pytest.mark.parametrize("cluster", [os.environ.get("CAREBASE_TEST_POSTGRES", "18")], indirect=True)
def test_what_does_not_fit_is_refused_whole_and_a_resumed_upload_keeps_what_it_had(database, tmp_path):
    small = tmp_path / "small"
    small.mkdir()
    if shutil.which("unshare") is None or on_small_disk(small, "true").returncode != 0:
        pytest.skip("this system lets nobody mount a small disk of their own")

    done = on_small_disk(small, sys.executable, __file__, str(small), database.owner_dsn)

    assert done.returncode == 0, done.stderr
    assert json.loads(done.stdout.splitlines()[-1]) == {
        "fits": 200,
        "too large": [507, "InternalError"],
        "read": BLOCK,
        "begun": 204,
        "goes on": 507,
        "offset": "3000000",
        "objects": 1,
        "files": 2,
        "then": 200,
        "agrees": True,
        "left": 2,
    }


async def fill(site: Site) -> dict[str, object]:
    headers = {**site.bearer(site.nadia), "Content-Type": "application/octet-stream"}
    places = site.app.state.pools[Login.CARE_QUEUE], site.app.state.store.backend

    async def stored(name: str, blocks: int) -> tuple[int, str]:
        address = f"{BASE}/object/medical-files/{site.patient}/{name}"
        answer = await site.client.post(address, content=os.urandom(blocks * BLOCK), headers=headers)
        return answer.status_code, answer.json().get("code", "")

    fits, _ = await stored("first", 1)
    too_large = await stored("second", 8)
    read = await site.get(f"object/authenticated/medical-files/{site.patient}/first", by=site.nadia)
    begun = await test_resumable.begun(site, site.nadia, name=f"{site.patient}/third", length=8 * BLOCK)
    upload = begun.headers["location"]
    first = await test_resumable.sent(site, upload, os.urandom(3 * BLOCK), at=0, by=site.nadia)
    second = await test_resumable.sent(site, upload, os.urandom(4 * BLOCK), at=3 * BLOCK, by=site.nadia)
    told = await test_resumable.asked(site, "HEAD", upload, by=site.nadia)
    ((objects,),) = site.sql("select count(*) from storage.objects")
    files = len(list(places[1].keys()))
    await test_resumable.asked(site, "DELETE", upload, by=site.nadia)
    await sweeper.sweep(*places)
    then, _ = await stored("fourth", 4)
    return {
        "fits": fits,
        "too large": list(too_large),
        "read": len(read.content),
        "begun": first.status_code,
        "goes on": second.status_code,
        "offset": told.headers["upload-offset"],
        "objects": objects,
        "files": files,
        "then": then,
        "agrees": (await sweeper.check(*places)).agrees,
        "left": len(list(places[1].keys())),
    }


async def main(root: str, dsn: str) -> None:
    async with reading.opened(Database(dsn), Path(root)) as site:
        print(json.dumps(await fill(site)))


if __name__ == "__main__":
    asyncio.run(main(*sys.argv[1:]))
