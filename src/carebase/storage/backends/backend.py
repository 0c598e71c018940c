"""What every place for bytes promises.

Its methods block and are called in threads (`storage.blocking`), so that sealing, hashing and writing a block
take one hop. A place knows nothing of what lies in it: frames, keys and hashes are made above.

A key is written once and never again; `finish` returns only when the bytes would survive a loss of power.
Whatever goes wrong is raised as DiskFull, Unavailable or OSError (which `blocking` renders as one of them).
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from typing import Protocol
from uuid import UUID


class Draft(Protocol):
    """Bytes on their way to a key, in order; nothing lies under the key before `finish`."""

    def write(self, piece: bytes | bytearray | memoryview) -> None:
        """Take the next bytes; the caller may change the buffer afterwards."""
        ...

    def finish(self) -> None:
        """Make the bytes durable under their key."""
        ...

    def abandon(self) -> None:
        """Leave nothing behind, as far as that is possible now; allowed at any time, and never raises OSError."""
        ...


class Source(Protocol):
    """Bytes that lie under a key, open for reading."""

    @property
    def size(self) -> int:
        """How many there are."""
        ...

    def read(self, start: int, end: int) -> bytes:
        """The bytes from `start` up to and without `end`; fewer only where there are no more."""
        ...

    def close(self) -> None:
        """Read no more."""
        ...


class Backend(Protocol):
    """A place for bytes under immutable keys that the server made."""

    def create(self, key: UUID) -> Draft:
        """Begin to write under a fresh key."""
        ...

    def open(self, key: UUID) -> Source:
        """The bytes under the key; Missing when no finished ones lie there."""
        ...

    def remove(self, keys: Iterable[UUID]) -> None:
        """Remove bytes and leftovers under the keys durably; a key without any is no error."""
        ...

    def keys(self) -> Iterator[UUID]:
        """Every key under which something lies, finished or not, one after the other; a key may come twice."""
        ...

    def size_of(self, key: UUID) -> int | None:
        """The number of bytes as they lie under the key, None when nothing finished lies there."""
        ...
