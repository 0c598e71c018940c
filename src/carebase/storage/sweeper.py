"""Clears away bytes that belong to nothing, and compares rows with bytes."""

from __future__ import annotations

from collections.abc import Awaitable, Callable
from dataclasses import dataclass
from typing import TYPE_CHECKING, Final
from uuid import UUID

from carebase.database import queries, session
from carebase.database.session import Session
from carebase.storage import blocking, frames
from carebase.storage.backends.backend import Backend

if TYPE_CHECKING:
    from psycopg_pool import AsyncConnectionPool

SQL = queries.beside(__file__)

KEYS_AT_ONCE: Final = 500


@dataclass(frozen=True, slots=True)
class Swept:
    """What one sweep cleared."""

    uploads: int
    """Uploads that were never finished."""
    keys: int
    """Keys whose bytes were removed; those of the uploads are among them."""


@dataclass(frozen=True, slots=True)
class Comparison:
    """Where rows and bytes do not agree; all three are empty in a healthy store."""

    objects: int
    """Rows that were compared."""
    without_row: frozenset[UUID]
    """Bytes that no object, upload or trash knows."""
    without_bytes: frozenset[UUID]
    """Objects whose bytes are missing."""
    of_other_size: frozenset[UUID]
    """Objects whose bytes are more or fewer than their row tells."""

    @property
    def agrees(self) -> bool:
        """Whether nothing is amiss."""
        return not (self.without_row or self.without_bytes or self.of_other_size)


@dataclass(frozen=True, slots=True)
class _Due:
    key: UUID


@dataclass(frozen=True, slots=True)
class _Known:
    key: UUID
    size: int | None


async def sweep(pool: AsyncConnectionPool, backend: Backend) -> Swept:
    """Clear expired uploads and trash whose time is over; `pool` is that of the login care_queue.

    The loss of an intent is committed before its bytes go, so an upload that is finished at the same
    moment either keeps its bytes or is refused. The key stays in the trash until the bytes are gone,
    so a sweep that dies is finished by the next. Any number may run at once.
    """
    uploads = await _in_rounds(pool, lambda moving: moving.run(SQL["move_expired_uploads"], limit=KEYS_AT_ONCE))
    uploads += await _in_rounds(pool, lambda moving: moving.run(SQL["drop_expired_resumable"], limit=KEYS_AT_ONCE))
    cleared = 0
    while True:
        async with session.begin_as_login(pool) as reading:
            due = [row.key for row in await reading.all(SQL["due_trash"], _Due, limit=KEYS_AT_ONCE)]
        if not due:
            return Swept(uploads, cleared)
        await blocking.run(backend.remove, due)
        async with session.begin_as_login(pool) as forgetting:
            cleared += await forgetting.run(SQL["forget_trash"], keys=due)


async def _in_rounds(pool: AsyncConnectionPool, move: Callable[[Session], Awaitable[int]]) -> int:
    moved = 0
    while True:
        async with session.begin_as_login(pool) as moving:
            now = await move(moving)
        moved += now
        if now < KEYS_AT_ONCE:
            return moved


async def check(pool: AsyncConnectionPool, backend: Backend) -> Comparison:
    """Compare every row with the bytes while uploads go on; `pool` is that of the login care_queue.

    Changes nothing. Memory grows with the number of objects, about 200 bytes each.
    """
    # Bytes come after their intent, so what is listed first is known to the database afterwards.
    there = await blocking.run(_keys_in, backend)
    async with session.begin_as_login(pool) as reading:
        known = await reading.all(SQL["known_keys"], _Known)
    objects = {row.key: row.size for row in known if row.size is not None}
    # In between a key may have been swept or finished: what looks wrong is looked at again.
    strangers = there - {row.key for row in known}
    still_there = strangers and await blocking.run(_keys_in, backend)
    sizes = await blocking.run(lambda: {key: backend.size_of(key) for key in objects})
    return Comparison(
        objects=len(objects),
        without_row=frozenset(strangers & still_there),
        without_bytes=frozenset(key for key, size in sizes.items() if size is None),
        of_other_size=frozenset(
            key for key, size in sizes.items() if size is not None and not _fits(size, objects[key])
        ),
    )


def _keys_in(backend: Backend) -> frozenset[UUID]:
    return frozenset(backend.keys())


def _fits(stored: int, size: int) -> bool:
    # What versions before 1.1 wrote lies without frames.
    return stored in {frames.stored_size(size), size}
