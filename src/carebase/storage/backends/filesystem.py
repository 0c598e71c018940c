"""Keeps bytes in a directory: written aside, synced, renamed, and the directory synced.

`<root>/ab/abcd….` is a file that is whole; the same with `.part` is one being written.
"""

from __future__ import annotations

import contextlib
import os
import re
from collections.abc import Iterable, Iterator
from pathlib import Path
from typing import Final
from uuid import UUID

from carebase.storage import failures

PART: Final = ".part"
KEY_FILE: Final = re.compile(r"(?P<key>[0-9a-f]{8}(?:-[0-9a-f]{4}){3}-[0-9a-f]{12})(?:\.part)?")


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

    def create(self, key: UUID) -> Draft:
        """Begin to write under a fresh key."""
        return Draft(self.path_of(key))

    def open(self, key: UUID) -> Source:
        """The file of the key; Missing when it is not there."""
        try:
            descriptor = os.open(self.path_of(key), os.O_RDONLY | os.O_CLOEXEC | os.O_NOFOLLOW)
        except FileNotFoundError as error:
            raise failures.Missing(hint="Restore it from a backup.") from error
        return Source(descriptor)

    def remove(self, keys: Iterable[UUID]) -> None:
        """Remove files and leftovers of the keys durably; a key without any is no error."""
        paths = [self.path_of(key) for key in keys]
        for path in paths:
            path.unlink(missing_ok=True)
            path.with_name(path.name + PART).unlink(missing_ok=True)
        # Also where nothing was left: an abandoned draft was removed without syncing.
        for directory in {path.parent for path in paths}:
            if directory.is_dir():
                sync_directory(directory)

    def keys(self) -> Iterator[UUID]:
        """Every key under which something lies, finished or not."""
        for path in self._root.glob("[0-9a-f][0-9a-f]/*"):
            match = KEY_FILE.fullmatch(path.name)
            if match is not None:
                yield UUID(match["key"])

    def size_of(self, key: UUID) -> int | None:
        """The length of the key's file, None when there is no finished one."""
        try:
            return self.path_of(key).stat().st_size
        except FileNotFoundError:
            return None


class Draft:
    """A file being written beside its final name; used by one thread at a time."""

    def __init__(self, path: Path) -> None:
        self._path = path
        self._part = path.with_name(path.name + PART)
        self._descriptor: int | None = os.open(
            self._part, os.O_WRONLY | os.O_CREAT | os.O_EXCL | os.O_CLOEXEC | os.O_NOFOLLOW, 0o600
        )

    def write(self, piece: bytes | bytearray | memoryview) -> None:
        """Append the bytes."""
        if self._descriptor is None:
            raise ValueError("the draft is closed")
        written = os.write(self._descriptor, piece)
        if written < len(piece):
            # Nearly full, or interrupted: the next attempt takes the rest or says what is wrong.
            rest = memoryview(piece)[written:]
            while rest:
                rest = rest[os.write(self._descriptor, rest) :]

    def finish(self) -> None:
        """Sync the file, give it its name and sync the name."""
        if self._descriptor is None:
            raise ValueError("the draft is closed")
        os.fsync(self._descriptor)
        self._close()
        self._part.rename(self._path)
        sync_directory(self._path.parent)

    def abandon(self) -> None:
        """Remove the file under either name."""
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


class Source:
    """A file that is read from any place."""

    def __init__(self, descriptor: int) -> None:
        self._descriptor = descriptor
        self.size: int = os.fstat(descriptor).st_size

    def read(self, start: int, end: int) -> bytes:
        """The bytes from `start` up to and without `end`; fewer only at the file's end."""
        found = os.pread(self._descriptor, end - start, start)
        while start + len(found) < min(end, self.size):
            # A signal or a limit of the system may cut a read short.
            more = os.pread(self._descriptor, end - start - len(found), start + len(found))
            if not more:
                break
            found += more
        return found

    def close(self) -> None:
        """Close the file."""
        os.close(self._descriptor)


def sync_directory(path: Path) -> None:
    """Make the names in a directory durable."""
    descriptor = os.open(path, os.O_RDONLY | os.O_DIRECTORY | os.O_CLOEXEC)
    try:
        os.fsync(descriptor)
    finally:
        os.close(descriptor)
