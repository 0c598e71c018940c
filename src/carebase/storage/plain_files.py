"""The plain bytes of one object as a file of this process, for readers that take a path.

The file has no name: a small one lies in memory, a large one on disk already unlinked, so nothing of it is left when
this process dies at whatever moment.
"""

from __future__ import annotations

import os
import tempfile
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from pathlib import Path
from typing import Final

from carebase.storage import blocking, contents
from carebase.storage.backends.backend import Backend
from carebase.storage.contents import Lying
from carebase.storage.encryption import Keys

LARGEST_IN_MEMORY_BYTES: Final = 32 << 20


@asynccontextmanager
async def opened(backend: Backend, keys: Keys, lying: Lying, *, scratch: Path) -> AsyncIterator[Path]:
    """A path that this process can open while the block lasts.

    Raises Damaged, Missing, DiskFull or Unavailable before it begins.
    """
    descriptor, path = await blocking.opened(
        lambda: _made(backend, keys, lying, scratch=scratch), closing=lambda made: _gone(*made)
    )
    try:
        yield path
    finally:
        _gone(descriptor, path)


def _made(backend: Backend, keys: Keys, lying: Lying, *, scratch: Path) -> tuple[int, Path]:
    descriptor, path = _nameless(lying.size, scratch=scratch)
    try:
        for part in contents.parts(backend, keys, lying):
            rest = memoryview(part)
            while rest:
                rest = rest[os.write(descriptor, rest) :]
    except BaseException:
        _gone(descriptor, path)
        raise
    return descriptor, path


def _nameless(size: int, *, scratch: Path) -> tuple[int, Path]:
    if size <= LARGEST_IN_MEMORY_BYTES and hasattr(os, "memfd_create"):
        descriptor = os.memfd_create("carebase", os.MFD_CLOEXEC)
        os.fchmod(descriptor, 0o600)
        return descriptor, Path(f"/proc/self/fd/{descriptor}")
    if hasattr(os, "O_TMPFILE") and Path("/proc/self/fd").is_dir():
        descriptor = os.open(scratch, os.O_TMPFILE | os.O_RDWR | os.O_CLOEXEC, 0o600)
        return descriptor, Path(f"/proc/self/fd/{descriptor}")
    # Systems without either give it a name that goes with the block.
    descriptor, name = tempfile.mkstemp(prefix=".plain-", dir=scratch)
    return descriptor, Path(name)


def _gone(descriptor: int, path: Path) -> None:
    os.close(descriptor)
    if path.parent != Path("/proc/self/fd"):
        path.unlink(missing_ok=True)
