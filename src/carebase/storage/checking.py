"""Compares every row with its bytes, to the last of them, while files come and go.

In charge of finding what is wrong. Nothing is put right here but one thing, when it is asked for: bytes that no row
names are put into the trash, where they stay for a day.
"""

from __future__ import annotations

import asyncio
import hashlib
from collections.abc import Callable
from dataclasses import dataclass
from enum import StrEnum
from typing import TYPE_CHECKING, Final
from uuid import UUID

from carebase.database import queries, session
from carebase.storage import blocking, contents, failures, sweeper
from carebase.storage.backends.backend import Backend
from carebase.storage.encryption import Keys

if TYPE_CHECKING:
    from psycopg_pool import AsyncConnectionPool

SQL = queries.beside(__file__)

ROWS_AT_ONCE: Final = 1_000
READ_AT_ONCE: Final = 3


class Fault(StrEnum):
    """What can be wrong with the bytes of a row."""

    MISSING = "missing"
    """There are none."""
    OTHER_SIZE = "other size"
    """They are more or fewer than the row tells."""
    DAMAGED = "damaged"
    """They are not those that were stored."""
    KEY_NOT_HERE = "sealed with a key that is not here"
    """Nobody can tell without the key."""


@dataclass(frozen=True, slots=True)
class Report:
    """What a comparison found; keys are the `version` of the rows."""

    objects: int
    """Rows that were looked at, parts of unfinished uploads among them."""
    read_bytes: int
    """Of objects that were read to the end."""
    faults: dict[UUID, Fault]
    without_row: frozenset[UUID]
    """Bytes that no object, upload or trash names."""

    @property
    def agrees(self) -> bool:
        """Whether nothing is amiss."""
        return not (self.faults or self.without_row)


Progress = Callable[[int, int], None]
"""Told how many objects and bytes were read so far."""


@dataclass(frozen=True, slots=True)
class _Row:
    key: UUID
    size: int
    sha256: str


@dataclass(frozen=True, slots=True)
class _Key:
    key: UUID


@dataclass(slots=True)
class _Reading:
    backend: Backend
    keys: Keys
    progress: Progress | None
    objects: int = 0
    read_bytes: int = 0

    async def faults_of(self, rows: list[_Row]) -> dict[UUID, Fault]:
        room = asyncio.Semaphore(READ_AT_ONCE)

        async def look(row: _Row) -> tuple[UUID, Fault | None]:
            async with room:
                fault = await blocking.run(_fault_of, self.backend, self.keys, row)
            self.objects += 1
            self.read_bytes += row.size
            if self.progress is not None:
                self.progress(self.objects, self.read_bytes)
            return row.key, fault

        async with asyncio.TaskGroup() as group:
            looks = [group.create_task(look(row)) for row in rows]
        return {key: fault for key, fault in (look.result() for look in looks) if fault is not None}


async def check(
    pool: AsyncConnectionPool, backend: Backend, keys: Keys, *, reads: bool = True, progress: Progress | None = None
) -> Report:
    """Compare rows with bytes, and with `reads` each object's content with its hash; `pool` is care_queue's.

    Raises Unavailable when the place or the database does not answer.
    """
    compared = await sweeper.check(pool, backend)
    faults = {
        **dict.fromkeys(compared.of_other_size, Fault.OTHER_SIZE),
        **dict.fromkeys(compared.without_bytes, Fault.MISSING),
    }
    reading = _Reading(backend, keys, progress)
    if reads:
        for some in (_objects, _parts):
            after = ""
            while rows := await some(pool, after=after):
                for key, fault in (await reading.faults_of(rows)).items():
                    faults.setdefault(key, fault)
                after = str(rows[-1].key)
    # What was removed while we looked is nobody's fault.
    still = await _still_known(pool, list(faults))
    return Report(
        objects=reading.objects if reads else compared.objects,
        read_bytes=reading.read_bytes,
        faults={key: fault for key, fault in faults.items() if key in still},
        without_row=compared.without_row,
    )


async def put_aside(pool: AsyncConnectionPool, without_row: frozenset[UUID]) -> int:
    """Put bytes that no row names into the trash; how many. They are removed after a day."""
    async with session.begin_as_login(pool) as writing:
        return await writing.run(SQL["put_aside"], keys=sorted(without_row))


async def _objects(pool: AsyncConnectionPool, *, after: str) -> list[_Row]:
    async with session.begin_as_login(pool) as reading:
        return await reading.all(SQL["objects_after"], _Row, after=after, limit=ROWS_AT_ONCE)


async def _parts(pool: AsyncConnectionPool, *, after: str) -> list[_Row]:
    async with session.begin_as_login(pool) as reading:
        return await reading.all(SQL["parts_after"], _Row, after=after, limit=ROWS_AT_ONCE)


async def _still_known(pool: AsyncConnectionPool, keys: list[UUID]) -> set[UUID]:
    if not keys:
        return set()
    async with session.begin_as_login(pool) as reading:
        return {row.key for row in await reading.all(SQL["still_known"], _Key, keys=keys)}


def _fault_of(backend: Backend, keys: Keys, row: _Row) -> Fault | None:
    digest = hashlib.sha256()
    try:
        for part in contents.parts(backend, keys, row):
            digest.update(part)
    except failures.Missing:
        return Fault.MISSING
    except failures.KeyNotHere:
        return Fault.KEY_NOT_HERE
    except failures.Damaged:
        return Fault.DAMAGED
    return None if digest.hexdigest() == row.sha256 else Fault.DAMAGED
