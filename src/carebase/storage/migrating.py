"""Moves bytes from one place to another while files are served.

In charge of the order: copied, read back and compared, then removed where they were, key by key. Whoever is killed in
between leaves a key in both places and no key in neither; the next run goes on from there. Bytes move as they lie, so
nothing is opened and no key for sealed files is needed.
"""

from __future__ import annotations

import asyncio
import hashlib
from collections.abc import Callable
from dataclasses import dataclass
from itertools import islice
from typing import TYPE_CHECKING, Final
from uuid import UUID

from carebase import errors
from carebase.database import queries, session
from carebase.storage import blocking, failures
from carebase.storage.backends.backend import Backend
from carebase.storage.backends.moving import Moving

if TYPE_CHECKING:
    from psycopg_pool import AsyncConnectionPool

SQL = queries.beside(__file__)

KEYS_AT_ONCE: Final = 200
COPIED_AT_ONCE: Final = 3
PIECE_BYTES: Final = 1 << 20
LOCK: Final = 0x6D6F7665  # "move"


class AlreadyMoving(errors.Conflict):
    """Another process moves bytes of this deployment."""

    code, message = "already_moving", "Another process is moving the files already."


class NotTheSame(errors.Unavailable):
    """What was read back is not what was written; nothing was removed."""

    code, message = "copy_differs", "A copy differs from what was copied."


@dataclass(frozen=True, slots=True)
class Moved:
    """What was done, and what is still where it was."""

    keys: int
    copied_bytes: int
    """As they lie; keys that an earlier run had copied are not among them."""
    waiting: int
    """Uploads under way, and trash that is removed within the hour; another run later finds nothing of them."""
    unknown: int
    """Bytes that no row names, which stay."""

    @property
    def is_done(self) -> bool:
        """Whether the old place holds nothing any more that a row names."""
        return self.waiting == 0


Progress = Callable[[int, int], None]
"""Told how many keys and bytes were moved so far."""


@dataclass(frozen=True, slots=True)
class _Key:
    key: UUID


async def migrate(pool: AsyncConnectionPool, places: Moving, *, progress: Progress | None = None) -> Moved:
    """Move what rows name from the previous place to the new one; `pool` is care_queue's.

    Raises AlreadyMoving, NotTheSame, DiskFull, Unavailable; whatever was moved by then is moved.
    """
    async with session.begin_as_login(pool) as holding:
        if not await holding.value(SQL["only_one_moves"], lock=LOCK):
            raise AlreadyMoving
        keys = iter(await blocking.run(lambda: sorted(set(places.previous.keys()))))
        moved = copied = waiting = unknown = 0
        while some := list(islice(keys, KEYS_AT_ONCE)):
            named = await _named(pool, some)
            for size in await _move(places, [key for key in some if key in named]):
                moved += size is not None
                copied += size or 0
            # What lost its row while it was copied may have been swept already: nobody else would remove the copy.
            gone = named - await _named(pool, list(named)) if named else set()
            await blocking.run(places.remove, gone)
            others = [key for key in some if key not in named]
            async with session.begin_as_login(pool) as reading:
                later = int(await reading.value(SQL["to_wait_for"], keys=others))
            waiting += later
            unknown += len(others) - later
            if progress is not None:
                progress(moved, copied)
        return Moved(moved, copied, waiting, unknown)


async def _named(pool: AsyncConnectionPool, keys: list[UUID]) -> set[UUID]:
    async with session.begin_as_login(pool) as reading:
        return {row.key for row in await reading.all(SQL["to_move"], _Key, keys=keys)}


async def _move(places: Moving, keys: list[UUID]) -> list[int | None]:
    room = asyncio.Semaphore(COPIED_AT_ONCE)

    async def one(key: UUID) -> int | None:
        async with room:
            return await blocking.run(_moved, places, key)

    try:
        async with asyncio.TaskGroup() as group:
            going = [group.create_task(one(key)) for key in keys]
    except* errors.CareError as several:
        raise several.exceptions[0] from None
    return [each.result() for each in going]


def _moved(places: Moving, key: UUID) -> int | None:
    """How many bytes were copied for a key, None where it was gone."""
    try:
        copied = 0
        if places.current.size_of(key) != places.previous.size_of(key):
            copied = _copy(places, key)
        if _digest(places.current, key) != _digest(places.previous, key):
            places.current.remove([key])
            raise NotTheSame(details=f"Key {key}.", hint="Nothing was removed; look at both places, then try again.")
    except failures.Missing:
        # Removed meanwhile, and then from both places.
        return None
    places.previous.remove([key])
    return copied


def _copy(places: Moving, key: UUID) -> int:
    source = places.previous.open(key)
    try:
        # What a killed run left half-way would be in the way.
        places.current.remove([key])
        draft = places.current.create(key)
        try:
            for start in range(0, source.size, PIECE_BYTES):
                draft.write(source.read(start, start + PIECE_BYTES))
            draft.finish()
        except BaseException:
            draft.abandon()
            raise
        return source.size
    finally:
        source.close()


def _digest(place: Backend, key: UUID) -> bytes:
    digest, source = hashlib.sha256(), place.open(key)
    try:
        for start in range(0, source.size, PIECE_BYTES):
            digest.update(source.read(start, start + PIECE_BYTES))
    finally:
        source.close()
    return digest.digest()
