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
OWN_FILES: Final = Path("/proc/self/fd")
"""Where Linux gives an open file a path that its own process can open."""


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
    has_paths = OWN_FILES.is_dir()
    if has_paths and size <= LARGEST_IN_MEMORY_BYTES and hasattr(os, "memfd_create"):
        descriptor = os.memfd_create("carebase", os.MFD_CLOEXEC)
        os.fchmod(descriptor, 0o600)
        return descriptor, OWN_FILES / str(descriptor)
    descriptor, name = tempfile.mkstemp(prefix=".plain-", dir=scratch)
    if not has_paths:
        # Where a file is reached by its name alone, it keeps that for as long as the block lasts.
        return descriptor, Path(name)
    # Before anything is in it. (`O_TMPFILE` would never name it, and is not everywhere.)
    Path(name).unlink()
    return descriptor, OWN_FILES / str(descriptor)


def _gone(descriptor: int, path: Path) -> None:
    os.close(descriptor)
    if path.parent != OWN_FILES:
        path.unlink(missing_ok=True)
