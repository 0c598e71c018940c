"""Moves what was recorded into the sealed log, and has its end signed from time to time.

One task beside the server. It waits when the database is away and when another server's sealer is at
work; whatever happens to it, requests go on and their rows wait in the inbox.
"""

from __future__ import annotations

import asyncio
import time
from datetime import timedelta
from typing import TYPE_CHECKING, Final, Self

from carebase import errors
from carebase.audit.checkpoint_file import FileLocked
from carebase.audit.checkpoints import Checkpoints
from carebase.database import queries, session
from carebase.observability import Log

if TYPE_CHECKING:
    from psycopg_pool import AsyncConnectionPool

SQL = queries.beside(__file__)
LOG = Log("audit")

BATCH_ROWS: Final = 10_000
PAUSE_SECONDS: Final = 1.0
PAUSE_AFTER_ROWS_SECONDS: Final = 0.2
LONGEST_PAUSE_SECONDS: Final = 15.0
SEAL_TIMEOUT_SECONDS: Final = 60.0
STOP_SECONDS: Final = 10.0
RETRY_CHECKPOINT_SECONDS: Final = 60.0


class Sealer:
    """`async with Sealer(pools[Login.AUDIT_SEALER], checkpoints=…, every=timedelta(hours=1)):`.

    It ends after the batch it is at, with a last batch and a checkpoint.
    """

    def __init__(self, pool: AsyncConnectionPool, *, checkpoints: Checkpoints, every: timedelta) -> None:
        self._pool, self._checkpoints, self._every = pool, checkpoints, every.total_seconds()
        self._closing = asyncio.Event()
        self._task: asyncio.Task[None] | None = None
        self._failures = 0
        self._due = 0.0

    async def __aenter__(self) -> Self:
        """Start to seal."""
        self._task = asyncio.create_task(self._run(), name="audit sealer")
        self._task.add_done_callback(_tell_end)
        return self

    async def __aexit__(self, *exc: object) -> None:
        """Seal what is there, sign, and stop; within ten seconds, or the rows wait for the next start."""
        self._closing.set()
        if self._task is not None:
            # A batch that hangs is rolled back and waits: the server has its own time to stop in.
            await asyncio.wait({self._task}, timeout=STOP_SECONDS + 2)
            self._task.cancel()
            await asyncio.gather(self._task, return_exceptions=True)

    async def _run(self) -> None:
        self._due = await self._first_due()
        while not self._closing.is_set():
            count = await self._seal()
            if count == BATCH_ROWS:
                continue
            if self._failures == 0 and time.monotonic() >= self._due:
                await self._sign()
            await self._pause(count)
        try:
            async with asyncio.timeout(STOP_SECONDS):
                while self._failures == 0 and await self._seal() > 0:
                    pass
                if self._failures == 0:
                    await self._sign()
        except TimeoutError as error:
            LOG.error("record_not_sealed_at_end", cause=error)

    async def _seal(self) -> int:
        """Seal one batch; how many rows, 0 when there were none, another sealer has them or it was not possible."""
        try:
            async with asyncio.timeout(SEAL_TIMEOUT_SECONDS):
                count = await seal(self._pool)
        except (errors.CareError, TimeoutError) as error:
            self._failures += 1
            LOG.error("record_not_sealed", cause=error.__cause__ or error, count=self._failures)
            return 0
        if self._failures:
            LOG.info("record_sealed_again", count=self._failures)
            self._failures = 0
        return max(count, 0)

    async def _sign(self) -> None:
        """Make a checkpoint; what stands in its way is told and tried again later."""
        wait = self._every
        try:
            if await self._checkpoints.make() is None:
                # The first rows after a quiet time need not wait for a whole interval.
                wait = min(self._every, RETRY_CHECKPOINT_SECONDS)
            await self._checkpoints.send()
        except FileLocked:
            wait = PAUSE_SECONDS
        except (errors.CareError, TimeoutError, OSError) as error:
            LOG.error(
                "checkpoint_not_made",
                cause=error.__cause__ or error,
                code=error.code if isinstance(error, errors.CareError) else None,
            )
            wait = min(self._every, RETRY_CHECKPOINT_SECONDS)
        self._due = time.monotonic() + wait

    async def _first_due(self) -> float:
        try:
            age = await self._checkpoints.seconds_since_last()
        except (errors.CareError, OSError):
            # What is wrong with the file is told when it is to be written.
            age = None
        return time.monotonic() + (0 if age is None else max(0.0, self._every - age))

    async def _pause(self, count: int) -> None:
        if self._failures:
            seconds = min(PAUSE_SECONDS * 2 ** min(self._failures - 1, 10), LONGEST_PAUSE_SECONDS)
        else:
            # Small batches one upon the other would cost a commit each.
            seconds = PAUSE_AFTER_ROWS_SECONDS if count else PAUSE_SECONDS
        try:
            async with asyncio.timeout(seconds):
                await self._closing.wait()
        except TimeoutError:
            return


async def seal(pool: AsyncConnectionPool) -> int:
    """Seal one batch: how many rows, 0 when none wait, -1 while another sealer is at work."""
    async with session.begin_as_login(pool) as transaction:
        return int(await transaction.value(SQL["seal"], rows=BATCH_ROWS))


async def seal_all(pool: AsyncConnectionPool) -> None:
    """Seal what waits now; what another sealer is at is its own."""
    while await seal(pool) > 0:
        pass


def _tell_end(task: asyncio.Task[None]) -> None:
    if not task.cancelled() and (error := task.exception()) is not None:
        LOG.error("sealer_stopped", cause=error)
