"""What every place for bytes promises.

A key is written once and never again; `put` returns only when the bytes would survive a loss of power.
"""

from __future__ import annotations

from collections.abc import AsyncGenerator, AsyncIterator, Iterable
from dataclasses import dataclass
from typing import Protocol
from uuid import UUID


@dataclass(frozen=True, slots=True)
class Written:
    """What was written: bytes counted and hashed (SHA-256, hex) on their way."""

    size: int
    sha256: str


class Backend(Protocol):
    """A place for bytes under immutable keys that the server made."""

    async def put(self, key: UUID, chunks: AsyncIterator[bytes]) -> Written:
        """Write the chunks durably under a fresh key; whatever is raised, nothing is left under it.

        Raises DiskFull or Unavailable, and passes on what `chunks` raises.
        """
        ...

    def stream(self, key: UUID, *, start: int, end: int) -> AsyncGenerator[bytes, None]:
        """The bytes from `start` up to and without `end`; Damaged when they are not all there."""
        ...

    async def remove(self, keys: Iterable[UUID]) -> None:
        """Remove bytes and leftovers under the keys durably; a key without any is no error."""
        ...

    async def keys(self) -> frozenset[UUID]:
        """Every key under which something lies, finished or not."""
        ...

    async def size_of(self, key: UUID) -> int | None:
        """The number of bytes under the key, None when nothing finished lies there."""
        ...
