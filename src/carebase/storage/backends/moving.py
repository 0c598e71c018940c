"""Two places for bytes while they move from one to the other: what is new goes to the first, reads look at both.

In charge of what moves under a reader's hands: bytes are in the new place before they leave the old one, so whoever
does not find them there any more finds them here.
"""

from __future__ import annotations

import itertools
from collections.abc import Iterable, Iterator
from uuid import UUID

from carebase.storage import failures
from carebase.storage.backends.backend import Backend, Draft, Source


class Moving:
    """The place that bytes move to, and the `previous` one that they come from."""

    def __init__(self, current: Backend, *, previous: Backend) -> None:
        self.current = current
        self.previous = previous

    def create(self, key: UUID) -> Draft:
        """Begin to write in the new place."""
        return self.current.create(key)

    def open(self, key: UUID) -> Source:
        """The bytes from where they are; Missing when they are in neither place."""
        try:
            return self.current.open(key)
        except failures.Missing:
            pass
        try:
            return _Followed(self.previous.open(key), self.current, key)
        except failures.Missing:
            # They may have moved between the two looks.
            return self.current.open(key)

    def remove(self, keys: Iterable[UUID]) -> None:
        """Remove bytes from both places."""
        both = list(keys)
        self.previous.remove(both)
        self.current.remove(both)

    def keys(self) -> Iterator[UUID]:
        """Every key of both places; one that is just moving comes twice."""
        # The old place first: what moves from there meanwhile is listed in the new one afterwards.
        return itertools.chain(self.previous.keys(), self.current.keys())

    def size_of(self, key: UUID) -> int | None:
        """The number of bytes as they lie, wherever they do."""
        for place in (self.current, self.previous, self.current):
            if (size := place.size_of(key)) is not None:
                return size
        return None


class _Followed:
    """Bytes that are read in the old place, and in the new one from where they are gone."""

    def __init__(self, source: Source, moved_to: Backend, key: UUID) -> None:
        self._source = source
        self._moved_to = moved_to
        self._key = key

    @property
    def size(self) -> int:
        return self._source.size

    def read(self, start: int, end: int) -> bytes:
        try:
            return self._source.read(start, end)
        except failures.Missing:
            self._source.close()
            self._source = self._moved_to.open(self._key)
            return self._source.read(start, end)

    def close(self) -> None:
        self._source.close()
