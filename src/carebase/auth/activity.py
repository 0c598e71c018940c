"""Notes that people use their sessions, so that only those nobody uses end.

In charge of writing it down in groups, at most once a minute for each session and never in the way of a request.
What a program does by itself (renewing tokens, looking for news) is not noted: `requests` decides that.
"""

from __future__ import annotations

import asyncio
import time
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import TYPE_CHECKING, Final, Self
from uuid import UUID

from carebase import errors, observability
from carebase.database import queries
from carebase.database import session as sessions

if TYPE_CHECKING:
    from psycopg_pool import AsyncConnectionPool

SQL = queries.beside(__file__)
LOG = observability.Log("activity")

ROUND_SECONDS: Final = 2.0
QUIET_SECONDS: Final = 60.0
"""How long a session that was written down is not written down again."""
GIVEN_UP_SECONDS: Final = 120.0
"""After which the use of a session that could not be written is forgotten: most have ended."""
MOST_AT_ONCE: Final = 5_000


@dataclass(frozen=True, slots=True)
class Written:
    """A session whose use was written down."""

    id: UUID


class Activity:
    """`async with Activity(pools[Login.AUTH_SERVICE], idle_minutes=20) as activity:` writes meanwhile."""

    def __init__(
        self, pool: AsyncConnectionPool, *, idle_minutes: int, clock: Callable[[], float] = time.monotonic
    ) -> None:
        self._pool = pool
        self._idle_minutes = idle_minutes
        self._clock = clock
        self._noted: dict[str, float] = {}
        self._written: dict[str, float] = {}
        self._ends = asyncio.Event()
        self._task: asyncio.Task[None] | None = None

    def note(self, session_id: str) -> None:
        """Somebody uses the session now; asks nothing and waits for nothing."""
        self._noted[session_id] = self._clock()

    async def __aenter__(self) -> Self:
        """Begin to write."""
        self._task = asyncio.create_task(self._write_again_and_again(), name="note activity")
        return self

    async def __aexit__(self, *exc: object) -> None:
        """Write what is left."""
        self._ends.set()
        if self._task is not None:
            await self._task
            await self.write(is_last=True)

    async def write(self, *, is_last: bool = False) -> None:
        """Write down what is due; all of it when it is the last time."""
        now = self._clock()
        due = self._noted
        if not is_last:
            quiet = self._written = {one: at for one, at in self._written.items() if now - at < QUIET_SECONDS}
            due = {one: at for one, at in self._noted.items() if one not in quiet}
        due = dict(list(due.items())[:MOST_AT_ONCE])
        if not due:
            return
        try:
            async with sessions.begin_as_login(self._pool) as session:
                written = await session.all(
                    SQL["write"],
                    Written,
                    session_ids=list(due),
                    seconds_ago=[now - at for at in due.values()],
                    idle_minutes=self._idle_minutes,
                )
        except errors.CareError as error:
            LOG.error("activity_not_written", cause=error, count=len(due))
            return
        self._settle(due, {str(one.id) for one in written}, now=now)

    def _settle(self, due: Mapping[str, float], written: set[str], *, now: float) -> None:
        for one, at in due.items():
            if one in written:
                self._written[one] = now
            elif now - at < GIVEN_UP_SECONDS:
                continue
            # Used again while this was written: that use is still to be written.
            if self._noted.get(one) == at:
                del self._noted[one]

    async def _write_again_and_again(self) -> None:
        while not self._ends.is_set():
            try:
                async with asyncio.timeout(ROUND_SECONDS):
                    await self._ends.wait()
            except TimeoutError:
                await self.write()
