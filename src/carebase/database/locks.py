"""Locks on files that end with the process holding them, also after kill -9.

In charge of two kinds: `Ownership`, held by the one carebase process that owns a data directory, and the
"alive" lock, inherited by every PostgreSQL process so that its freedom proves that none of them is left.
Both are `flock` locks: they belong to an open file, so a copy inherited by a child keeps the lock.
"""

from __future__ import annotations

import fcntl
import os
from pathlib import Path
from types import TracebackType

from carebase.database import embedded_errors

# Without O_NOFOLLOW, root could be led by a link to write a file of somebody else's choosing.
_OPEN_FLAGS = os.O_RDWR | os.O_CREAT | os.O_NOFOLLOW | os.O_CLOEXEC


class Ownership:
    """The right of one process to a data directory; raises `DataDirectoryInUse` when another has it."""

    def __init__(self, path: Path, *, data: Path) -> None:
        self._descriptor = os.open(path, _OPEN_FLAGS, 0o600)
        try:
            fcntl.flock(self._descriptor, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError:
            pid = _recorded_pid(self._descriptor)
            os.close(self._descriptor)
            raise embedded_errors.DataDirectoryInUse(data, pid=pid) from None
        os.ftruncate(self._descriptor, 0)
        os.pwrite(self._descriptor, f"{os.getpid()}\n".encode(), 0)

    def release(self) -> None:
        """Gives the right up. The file stays: removing it would let two processes lock two files."""
        os.close(self._descriptor)


class Alive:
    """An open "alive" lock, to be inherited by a child through `descriptor` and closed here afterwards."""

    def __init__(self, descriptor: int) -> None:
        self.descriptor = descriptor

    def __enter__(self) -> Alive:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        os.close(self.descriptor)


def take_alive(path: Path) -> Alive | None:
    """The lock at `path`, or None while some process of the server holds it."""
    descriptor = os.open(path, _OPEN_FLAGS, 0o600)
    try:
        fcntl.flock(descriptor, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except BlockingIOError:
        os.close(descriptor)
        return None
    return Alive(descriptor)


def is_anyone_alive(path: Path) -> bool:
    """Whether a process of the server holds the lock at `path`."""
    lock = take_alive(path)
    if lock is None:
        return True
    with lock:
        return False


def _recorded_pid(descriptor: int) -> int | None:
    text = os.pread(descriptor, 32, 0).decode("ascii", "replace").strip()
    return int(text) if text.isdecimal() else None
