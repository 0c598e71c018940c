"""Keeps bytes in a directory: written aside, synced, renamed, and the directory synced.

`<root>/ab/abcd….` is a file that is whole; the same with `.part` is one being written.
"""

from __future__ import annotations

import asyncio
import contextlib
import hashlib
import os
import re
from collections.abc import AsyncGenerator, AsyncIterator, Callable, Iterable, Sequence
from io import FileIO
from pathlib import Path
from typing import Final, ParamSpec, TypeVar
from uuid import UUID

from carebase.storage import failures
from carebase.storage.backends.backend import Written

BLOCK_BYTES: Final = 1 << 20
PART: Final = ".part"
KEY_FILE: Final = re.compile(r"(?P<key>[0-9a-f]{8}(?:-[0-9a-f]{4}){3}-[0-9a-f]{12})(?:\.part)?")

Arguments = ParamSpec("Arguments")
Result = TypeVar("Result")


class Filesystem:
    """A directory of files named by their keys; made when it is missing, for its owner alone."""

    def __init__(self, root: Path) -> None:
        self._root = root
        try:
            root.mkdir(mode=0o700, parents=True, exist_ok=True)
            # All at once and durable before the first file, so that no upload waits for a directory of its own.
            for part in range(256):
                (root / f"{part:02x}").mkdir(mode=0o700, exist_ok=True)
            sync_directory(root)
        except OSError as error:
            raise failures.of_disk(error) from error

    def path_of(self, key: UUID) -> Path:
        """Where the bytes of the key lie, whether they are there or not.

        >>> key = UUID("0b5f1d3e-0000-4000-8000-000000000000")
        >>> from tempfile import TemporaryDirectory
        >>> with TemporaryDirectory() as root:
        ...     Filesystem(Path(root)).path_of(key).relative_to(root).as_posix()
        '0b/0b5f1d3e-0000-4000-8000-000000000000'
        """
        name = str(key)
        return self._root / name[:2] / name

    async def put(self, key: UUID, chunks: AsyncIterator[bytes]) -> Written:
        """Write the chunks durably under a fresh key; whatever is raised, nothing is left under it."""
        draft = _Draft(self.path_of(key))
        try:
            waiting = bytearray()
            async for chunk in chunks:
                waiting += chunk
                if len(waiting) >= BLOCK_BYTES:
                    await _on_disk(draft.append, waiting)
                    waiting = bytearray()
            return await _on_disk(draft.finish, waiting)
        except BaseException:
            # Refused, cancelled or out of room: the caller will never learn of this key.
            draft.abandon()
            raise

    async def stream(self, key: UUID, *, start: int, end: int) -> AsyncGenerator[bytes, None]:
        """The bytes from `start` up to and without `end`; Damaged when they are not all there."""
        with await _on_disk(_opened, self.path_of(key)) as file:
            position = start
            while position < end:
                block = await _on_disk(os.pread, file.fileno(), min(BLOCK_BYTES, end - position), position)
                if not block:
                    raise failures.Damaged(hint="It is shorter than it was; restore it from a backup.")
                position += len(block)
                yield block

    async def remove(self, keys: Iterable[UUID]) -> None:
        """Remove bytes and leftovers under the keys durably; a key without any is no error."""
        await _on_disk(_remove, [self.path_of(key) for key in keys])

    async def keys(self) -> frozenset[UUID]:
        """Every key under which something lies, finished or not."""
        return await _on_disk(lambda: frozenset(_keys_in(self._root)))

    async def size_of(self, key: UUID) -> int | None:
        """The number of bytes under the key, None when nothing finished lies there."""
        return await _on_disk(_size, self.path_of(key))


class _Draft:
    """A file being written beside its final name; the methods run in threads, one at a time."""

    def __init__(self, path: Path) -> None:
        self._path = path
        self._part = path.with_name(path.name + PART)
        self._descriptor: int | None = None
        self._is_ours = False
        self._hash = hashlib.sha256()
        self._size = 0

    def append(self, block: bytearray) -> None:
        if self._descriptor is None:
            self._descriptor = os.open(
                self._part, os.O_WRONLY | os.O_CREAT | os.O_EXCL | os.O_CLOEXEC | os.O_NOFOLLOW, 0o600
            )
            self._is_ours = True
        rest = memoryview(block)
        while rest:
            rest = rest[os.write(self._descriptor, rest) :]
        self._hash.update(block)
        self._size += len(block)

    def finish(self, block: bytearray) -> Written:
        self.append(block)
        if self._descriptor is None:
            raise AssertionError
        os.fsync(self._descriptor)
        self._close()
        self._part.rename(self._path)
        sync_directory(self._path.parent)
        return Written(self._size, self._hash.hexdigest())

    def abandon(self) -> None:
        if not self._is_ours:
            return
        # What cannot be removed now is removed by the sweeper, which knows the key from its intent.
        with contextlib.suppress(OSError):
            self._close()
        for path in (self._part, self._path):
            with contextlib.suppress(OSError):
                path.unlink()

    def _close(self) -> None:
        if self._descriptor is not None:
            descriptor, self._descriptor = self._descriptor, None
            os.close(descriptor)


def sync_directory(path: Path) -> None:
    """Make the names in a directory durable."""
    descriptor = os.open(path, os.O_RDONLY | os.O_DIRECTORY | os.O_CLOEXEC)
    try:
        os.fsync(descriptor)
    finally:
        os.close(descriptor)


def _opened(path: Path) -> FileIO:
    try:
        return path.open("rb", buffering=0)
    except FileNotFoundError as error:
        raise failures.Damaged(hint="Its bytes are missing; restore them from a backup.") from error


def _size(path: Path) -> int | None:
    try:
        return path.stat().st_size
    except FileNotFoundError:
        return None


def _remove(paths: Sequence[Path]) -> None:
    for path in paths:
        path.unlink(missing_ok=True)
        path.with_name(path.name + PART).unlink(missing_ok=True)
    # Also where nothing was left: an abandoned draft was removed without syncing.
    for directory in {path.parent for path in paths}:
        if directory.is_dir():
            sync_directory(directory)


def _keys_in(root: Path) -> Iterable[UUID]:
    for path in root.glob("[0-9a-f][0-9a-f]/*"):
        match = KEY_FILE.fullmatch(path.name)
        if match is not None:
            yield UUID(match["key"])


async def _on_disk(work: Callable[Arguments, Result], *given: Arguments.args, **named: Arguments.kwargs) -> Result:
    running = asyncio.ensure_future(asyncio.to_thread(work, *given, **named))
    try:
        return await asyncio.shield(running)
    except asyncio.CancelledError:
        # The thread goes on; whoever cleans up must not do so under its hands.
        await asyncio.wait([running])
        raise
    except OSError as error:
        raise failures.of_disk(error) from error
