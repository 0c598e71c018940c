"""The work queue: names of work and who does them. Jobs come in through the database's triggers.

A handler is given the job's arguments and which try this is. It ends well, or raises `Later` to be
tried again after a while, or raises anything else to be tried again with a growing pause; after the
last try `exhausted` is told, so that whoever waits for the work learns why it will not come.
"""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable, Mapping
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from typing import Any, Final

import procrastinate
from procrastinate import jobs as procrastinate_jobs

from carebase import errors
from carebase.observability import Log

QUEUE: Final = "analysis"
MOST_TRIES: Final = 5
LONGEST_PAUSE_SECONDS: Final = 60
LOG = Log("jobs")


class Later(Exception):
    """The work cannot be done now; try again after some seconds, however often that was said already."""

    def __init__(self, seconds: int) -> None:
        super().__init__(f"again in {seconds} s")
        self.seconds = seconds


Handler = Callable[[Mapping[str, Any], int], Awaitable[None]]
Exhausted = Callable[[Mapping[str, Any], BaseException | None], Awaitable[None]]
SecondsUntilFree = Callable[[Mapping[str, Any]], Awaitable[int | None]]


@dataclass(frozen=True, slots=True, kw_only=True)
class Work:
    """One kind of work: who does it, who is told when it cannot be done, who knows when a dead worker's is free.

    `seconds_until_free` is 0 for work that nobody holds and None for work that is not wanted any more.
    """

    name: str
    handler: Handler
    exhausted: Exhausted
    seconds_until_free: SecondsUntilFree


@dataclass(frozen=True, slots=True, kw_only=True)
class Timing:
    """How soon a dead worker is noticed. Its jobs are free to be done again before its leases end."""

    stalled_after_seconds: float = 15.0
    poll_seconds: float = 5.0

    @property
    def heartbeat_seconds(self) -> float:
        """Several may be missed before a worker counts as dead."""
        return self.stalled_after_seconds / 4

    @property
    def rescue_every_seconds(self) -> float:
        """How often jobs of dead workers are looked for."""
        return self.stalled_after_seconds / 3


def pause_after(tries: int) -> int:
    """Seconds before the next try: 1, 4, 16, then a minute.

    >>> [pause_after(tries) for tries in range(1, 6)]
    [1, 4, 16, 60, 60]
    """
    return min(LONGEST_PAUSE_SECONDS, int(4 ** (tries - 1)))


class _Retry(procrastinate.BaseRetryStrategy):
    def get_retry_decision(
        self, *, exception: BaseException, job: procrastinate_jobs.Job
    ) -> procrastinate.RetryDecision | None:
        if isinstance(exception, Later):
            return procrastinate.RetryDecision(retry_in={"seconds": exception.seconds})
        if job.attempts + 1 >= MOST_TRIES:
            return None
        return procrastinate.RetryDecision(retry_in={"seconds": pause_after(job.attempts + 1)})


class Worker:
    """Takes jobs from the queue and does them, `concurrency` at once, until cancelled."""

    def __init__(
        self, conninfo: str, work: Mapping[str, Work], *, concurrency: int = 1, timing: Timing | None = None
    ) -> None:
        self._work = work
        self._concurrency = concurrency
        self._timing = timing or Timing()
        connector = procrastinate.PsycopgConnector(
            conninfo=conninfo, kwargs={"options": "-c search_path=jobs,pg_temp"}, min_size=2, max_size=concurrency + 4
        )
        self._app = procrastinate.App(connector=connector)
        for kind in work.values():
            self._register(kind)

    async def run(self) -> None:
        """Work until cancelled; jobs being done are finished first."""
        try:
            await self._open()
            async with asyncio.TaskGroup() as tasks:
                rescue = tasks.create_task(self._rescue())
                try:
                    await self._app.run_worker_async(
                        queues=[QUEUE],
                        concurrency=self._concurrency,
                        fetch_job_polling_interval=self._timing.poll_seconds,
                        update_heartbeat_interval=self._timing.heartbeat_seconds,
                        stalled_worker_timeout=self._timing.stalled_after_seconds,
                        shutdown_graceful_timeout=20,
                        install_signal_handlers=False,
                        delete_jobs="successful",
                    )
                finally:
                    rescue.cancel()
        finally:
            await self._app.close_async()

    async def _open(self) -> None:
        """Connect; when cancelled meanwhile, only once that has ended.

        Broken off, it would leave connections being made that nothing ends: the process would never end either.
        """
        opening = asyncio.ensure_future(self._opened())
        try:
            await asyncio.shield(opening)
        except asyncio.CancelledError:
            await asyncio.wait([opening])
            raise

    async def _opened(self) -> None:
        await self._app.open_async()

    def _register(self, kind: Work) -> None:
        @self._app.task(name=kind.name, queue=QUEUE, retry=_Retry(), pass_context=True)
        async def do(context: procrastinate.JobContext, /, **arguments: Any) -> None:
            tries = context.job.attempts + 1
            try:
                await kind.handler(arguments, tries)
            except Later:
                raise
            except Exception as error:
                LOG.error("work_failed", cause=error, job_id=context.job.id, attempt=tries)
                if tries >= MOST_TRIES:
                    await kind.exhausted(arguments, error)
                raise

    async def _rescue(self) -> None:
        """Jobs of workers that died are given to others; a job that keeps killing workers is given up."""
        manager = self._app.job_manager
        while True:
            await asyncio.sleep(self._timing.rescue_every_seconds)
            try:
                for job in await manager.get_stalled_jobs(seconds_since_heartbeat=self._timing.stalled_after_seconds):
                    await self._rescue_one(job)
            except (procrastinate.exceptions.ConnectorException, errors.CareError) as error:
                LOG.error("rescue_failed", cause=error)

    async def _rescue_one(self, job: procrastinate_jobs.Job) -> None:
        manager, kind = self._app.job_manager, self._work.get(job.task_name)
        wait = None if kind is None else await kind.seconds_until_free(job.task_kwargs)
        is_last = job.attempts + 1 >= MOST_TRIES
        if kind is not None and is_last:
            if wait:
                # What the dead worker held cannot be given up yet; a later round finds the job again.
                return
            await kind.exhausted(job.task_kwargs, None)
            await manager.finish_job(job, procrastinate_jobs.Status.FAILED, delete_job=False)
        else:
            # Coming back too early would use up a try without one.
            await manager.retry_job(job, retry_at=datetime.now(UTC) + timedelta(seconds=wait or 0))
        LOG.warning("work_rescued", job_id=job.id, attempt=job.attempts + 1)
