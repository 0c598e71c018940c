"""Carries what callers have used up of their requests over restarts and to the other processes.

In charge of writing down, every few seconds, who used up much of a minute's allowance. Nothing waits for it:
where the database does not answer, each process goes on counting for itself.
"""

from __future__ import annotations

import asyncio
from dataclasses import dataclass
from typing import TYPE_CHECKING, Final, Self

from carebase import errors, observability
from carebase.auth import allowances, limits
from carebase.auth.limits import Allowance
from carebase.database import queries
from carebase.database import session as sessions

if TYPE_CHECKING:
    from psycopg_pool import AsyncConnectionPool

SQL = queries.beside(__file__)
LOG = observability.Log("limits")

EVERY_SECONDS: Final = 10.0
WORTH_SHARING_SECONDS: Final = 15.0
"""Of a minute's allowance; who used up less is let through everywhere anyway."""


@dataclass(frozen=True, slots=True)
class Kept:
    """How long until the allowance of a caller is whole again, for all processes."""

    key: bytes
    seconds: float


class Carrying:
    """`async with Carrying(allowance, pools[Login.AUTH_SERVICE], kind="requests"):` keeps it shared meanwhile."""

    def __init__(self, allowance: Allowance, pool: AsyncConnectionPool, *, kind: str) -> None:
        self._allowance = allowance
        self._kind = kind
        self._pool = pool
        self._ends = asyncio.Event()
        self._task: asyncio.Task[None] | None = None

    async def __aenter__(self) -> Self:
        """Learn what was used up before, then begin to share."""
        try:
            async with sessions.begin_as_login(self._pool) as session:
                known = await session.all(SQL["known"], Kept, kind=self._kind, most=limits.MOST_CALLERS)
            self._allowance.expect({one.key: one.seconds for one in known})
        except errors.CareError as error:
            LOG.error("limits_not_read", cause=error)
        self._task = asyncio.create_task(self._share_again_and_again(), name="share limits")
        return self

    async def __aexit__(self, *exc: object) -> None:
        """Share a last time."""
        self._ends.set()
        if self._task is not None:
            await self._task
            await self.share()

    async def share(self) -> None:
        """Tell the other processes what was used up here and learn what was used up there."""
        uses = self._allowance.unshared(above_seconds=WORTH_SHARING_SECONDS)
        try:
            async with sessions.begin_as_login(self._pool) as session:
                await allowances.forget_full(session)
                if uses:
                    await session.run(
                        SQL["add"],
                        kind=self._kind,
                        keys=[use.key for use in uses],
                        seconds=[use.seconds for use in uses],
                    )
                known = await session.all(SQL["known"], Kept, kind=self._kind, most=limits.MOST_CALLERS)
        except errors.CareError as error:
            LOG.error("limits_not_shared", cause=error, count=len(uses))
            return
        self._allowance.learn(uses, {one.key: one.seconds for one in known})

    async def _share_again_and_again(self) -> None:
        while not self._ends.is_set():
            try:
                async with asyncio.timeout(EVERY_SECONDS):
                    await self._ends.wait()
            except TimeoutError:
                await self.share()
