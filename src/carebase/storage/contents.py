"""What is between an object's bytes and the frames that lie in a place; all of it blocks and runs in threads.

In charge of two ways: blocks that are hashed, framed and written in one go, and frames that are read and checked
before any byte of theirs is given away.
"""

from __future__ import annotations

import hashlib
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Final, Protocol
from uuid import UUID

from carebase.storage import failures, frames
from carebase.storage.backends.backend import Backend, Draft, Source
from carebase.storage.encryption import Keys

BLOCK_BYTES: Final = frames.BLOCK_BYTES


class Lying(Protocol):
    """What is known of an object whose bytes lie in a place: its row, or what was just received."""

    @property
    def key(self) -> UUID:
        """Where they lie."""
        ...

    @property
    def size(self) -> int:
        """How many they are."""
        ...

    @property
    def sha256(self) -> str:
        """Their hash, in hex."""
        ...


@dataclass(frozen=True, slots=True)
class Written:
    """What was written: bytes counted and hashed (SHA-256, hex) on their way."""

    size: int
    sha256: str


class Writing:
    """An object being written; whatever was raised, `abandon` has to follow."""

    def __init__(self, backend: Backend, keys: Keys, key: UUID) -> None:
        self._backend = backend
        self._key = key
        self._header, self._vouching = keys.fresh(key)
        self._draft: Draft | None = None
        self._hash = hashlib.sha256()
        self._number = 0
        self._size = 0

    def append(self, block: bytearray) -> None:
        """Take a block of BLOCK_BYTES that is not the last."""
        self._append(block, is_last=False)

    def finish(self, block: bytearray) -> Written:
        """Take the last block, empty for an empty object only, and make all durable."""
        self._append(block, is_last=True).finish()
        return Written(self._size, self._hash.hexdigest())

    def abandon(self) -> None:
        """Leave nothing behind."""
        if self._draft is not None:
            self._draft.abandon()

    def _append(self, block: bytearray, *, is_last: bool) -> Draft:
        if self._draft is None:
            self._draft = self._backend.create(self._key)
            self._draft.write(self._header.packed)
        self._hash.update(block)
        self._draft.write(self._vouching.framed(block, number=self._number, is_last=is_last))
        self._number += 1
        self._size += len(block)
        return self._draft


class Reading:
    """A part of an object being read, block by block; closed with its last block or by `close`.

    Raises Damaged, or KeyNotHere, before anything is given away of a block that is not what was written.
    """

    def __init__(self, backend: Backend, keys: Keys, lying: Lying, *, start: int, end: int) -> None:
        self._source: Source | None = backend.open(lying.key)
        self._at, self._end = start, end
        try:
            self._blocks = _blocks_of(self._source, keys, lying)
        except BaseException:
            self.close()
            raise

    @property
    def has_more(self) -> bool:
        """Whether `part` brings anything yet."""
        return self._at < self._end

    def part(self) -> bytes:
        """The next bytes, at most a block of them; empty after the last."""
        if not self.has_more:
            self.close()
            return b""
        number, offset = divmod(self._at, BLOCK_BYTES)
        block = self._blocks.block(number)
        until = min(self._end - number * BLOCK_BYTES, len(block))
        self._at = number * BLOCK_BYTES + until
        if self._at >= self._end:
            self.close()
        return block if (offset, until) == (0, len(block)) else block[offset:until]

    def close(self) -> None:
        """Read no more; may be repeated."""
        if self._source is not None:
            source, self._source = self._source, None
            source.close()


def begun(backend: Backend, keys: Keys, lying: Lying, *, start: int, end: int) -> tuple[Reading, bytes]:
    """A part of an object being read, and its first bytes."""
    reading = Reading(backend, keys, lying, start=start, end=end)
    try:
        return reading, reading.part()
    except BaseException:
        reading.close()
        raise


def parts(backend: Backend, keys: Keys, lying: Lying) -> Iterator[bytes]:
    """The whole object, each block checked."""
    reading = Reading(backend, keys, lying, start=0, end=lying.size)
    try:
        while reading.has_more:
            yield reading.part()
    finally:
        reading.close()


class _Blocks(Protocol):
    def block(self, number: int) -> bytes: ...


def _blocks_of(source: Source, keys: Keys, lying: Lying) -> _Blocks:
    header = frames.header_of(source.read(0, frames.HEADER_BYTES))
    size = source.size if header is None else frames.plain_size(source.size)
    if size != lying.size:
        raise failures.Damaged(hint="It is shorter or longer than it was; restore it from a backup.")
    if header is None:
        # As versions before 1.1 left it: only its hash can vouch for it.
        return _check_whole(_Plain(source), lying)
    framed = _Framed(source, keys.vouching(header, lying.key), lying.size)
    if header.mode is frames.Mode.DIGESTED and keys.sealing is not None:
        # Written while encryption was off, or put there by somebody who has the disk and no key.
        return _check_whole(framed, lying)
    return framed


def _check_whole(blocks: _Blocks, lying: Lying) -> _Blocks:
    digest = hashlib.sha256()
    for number in range(-(-lying.size // BLOCK_BYTES)):
        digest.update(blocks.block(number))
    if digest.hexdigest() != lying.sha256:
        raise failures.Damaged(hint="Its content changed on disk; restore it from a backup.")
    return blocks


class _Plain:
    def __init__(self, source: Source) -> None:
        self._source = source

    def block(self, number: int) -> bytes:
        start = number * BLOCK_BYTES
        return self._source.read(start, min(start + BLOCK_BYTES, self._source.size))


class _Framed:
    def __init__(self, source: Source, vouching: frames.Vouching, size: int) -> None:
        self._source = source
        self._vouching = vouching
        self._last = max(0, -(-size // BLOCK_BYTES) - 1)

    def block(self, number: int) -> bytes:
        start, end = frames.frame_span(number, stored=self._source.size)
        return self._vouching.block(self._source.read(start, end), number=number, is_last=number == self._last)
