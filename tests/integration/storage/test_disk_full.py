"""A full disk refuses a file and keeps nothing of it; with room again, it takes files again."""

from __future__ import annotations

import asyncio
import json
import os
import shutil
import subprocess
import sys
from pathlib import Path
from uuid import uuid4

import pytest

import carebase
from carebase.storage import failures
from carebase.storage.backends import filesystem

SMALL_DISK = ["unshare", "--user", "--map-root-user", "--mount", "sh", "-c"]
MOUNT = 'mount -t tmpfs -o size=2m carebase "$1" && '


def on_small_disk(place: Path, command: str, *given: object) -> subprocess.CompletedProcess:
    return subprocess.run(
        [*SMALL_DISK, MOUNT + command, "sh", place, *given],
        capture_output=True,
        check=False,
        timeout=60,
        env={**os.environ, "PYTHONPATH": str(Path(carebase.__file__).parents[1])},
    )


def test_a_file_that_does_not_fit_is_refused_and_the_next_that_fits_is_taken(tmp_path):
    if shutil.which("unshare") is None or on_small_disk(tmp_path, "true").returncode != 0:
        pytest.skip("this system lets nobody mount a small disk of their own")

    done = on_small_disk(tmp_path, 'exec "$2" "$3" "$1"', sys.executable, __file__)

    assert json.loads(done.stdout) == {"code": "disk_full", "status": 507, "left": [], "then": 100_000}, done.stderr


async def fill(root: Path) -> None:
    store = filesystem.Filesystem(root)

    async def content(blocks: int):
        for _ in range(blocks):
            yield b"x" * 100_000

    try:
        await store.put(uuid4(), content(30))
    except failures.DiskFull as error:
        refused = error
    left = [path.name for path in root.rglob("*") if path.is_file()]
    then = await store.put(uuid4(), content(1))
    told = {"code": refused.code, "status": refused.status, "left": left, "then": then.size}
    print(json.dumps(told))


if __name__ == "__main__":
    asyncio.run(fill(Path(sys.argv[1])))
