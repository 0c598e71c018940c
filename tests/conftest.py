"""What holds for every test: nothing is written to the home of whoever runs them, and servers live in memory."""

from __future__ import annotations

import os
import shutil
import tempfile
from pathlib import Path
from typing import Final

import pytest

MEMORY: Final = Path("/dev/shm")
ROOM_BYTES: Final = 8 << 30
"""What databases, files and browsers of a run may need at once."""


def pytest_configure(config: pytest.Config) -> None:
    """Choose the places once; workers inherit them."""
    if hasattr(config, "workerinput"):
        return
    if "TMPDIR" not in os.environ and has_room(MEMORY):
        os.environ["TMPDIR"] = _own_place(config, MEMORY)
        # What was found out before is kept by the module.
        tempfile.tempdir = None
    # Servers that tests start keep the keys of their files in a place of their own.
    os.environ["XDG_CONFIG_HOME"] = _own_place(config, Path(tempfile.gettempdir()))


def has_room(place: Path) -> bool:
    """Whether servers can be put into this directory and started from there.

    Thousands of small databases are made and dropped, which a disk takes four times as long for.
    """
    try:
        status = os.statvfs(place)
    except OSError:
        return False
    is_open = os.access(place, os.W_OK) and not status.f_flag & os.ST_NOEXEC
    return is_open and status.f_bavail * status.f_frsize >= ROOM_BYTES


def _own_place(config: pytest.Config, above: Path) -> str:
    place = Path(tempfile.mkdtemp(prefix="carebase-tests-", dir=above))
    # Servers started by root run as somebody else, who has to come through.
    place.chmod(0o755)
    config.add_cleanup(lambda: shutil.rmtree(place, ignore_errors=True))
    return str(place)
