"""A full disk refuses a file and keeps nothing of it; with room again, it takes files again."""

from __future__ import annotations

import json
import os
import shutil
import subprocess
import sys
from pathlib import Path
from uuid import uuid4

import pytest

import carebase
from carebase.storage import contents, encryption, failures
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


def fill(root: Path) -> None:
    store = filesystem.Filesystem(root)
    keys = encryption.Keys.of([encryption.Key.fresh()])

    def put(blocks: int) -> int:
        writing = contents.Writing(store, keys, uuid4())
        try:
            for _ in range(blocks - 1):
                writing.append(bytearray(contents.BLOCK_BYTES))
            return writing.finish(bytearray(100_000)).size
        except OSError:
            writing.abandon()
            raise

    try:
        put(3)
    except OSError as error:
        refused = failures.of_disk(error)
    left = [path.name for path in root.rglob("*") if path.is_file()]
    told = {"code": refused.code, "status": refused.status, "left": left, "then": put(1)}
    print(json.dumps(told))


if __name__ == "__main__":
    fill(Path(sys.argv[1]))
