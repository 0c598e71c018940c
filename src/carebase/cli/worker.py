"""`carebase worker`: analyses cases from the queue, and clears away what uploads left behind."""

from __future__ import annotations

import asyncio
import ctypes
import functools
import os
import signal
import sys
from pathlib import Path
from typing import Final

import click

from carebase import observability
from carebase.cli import runtime
from carebase.database import pool
from carebase.database.pool import Login, Pools
from carebase.documents.reading import Reader
from carebase.jobs import queue, rounds
from carebase.records.work import Analyst, LeaseTiming
from carebase.settings import Settings
from carebase.storage import sweeper
from carebase.storage.objects import Store

PR_SET_PDEATHSIG: Final = 1
LOGINS: Final = frozenset({Login.CARE_WORKER, Login.CARE_QUEUE})
SWEEP_EVERY_SECONDS: Final = 60.0
LOOK_FOR_FORGOTTEN_EVERY_SECONDS: Final = 15.0
LOG = observability.Log("worker")


async def work(chosen: Settings) -> None:
    """Work until SIGINT or SIGTERM; the jobs being done are finished first."""
    stop = asyncio.Event()
    loop = asyncio.get_running_loop()
    for number in (signal.SIGINT, signal.SIGTERM):
        loop.add_signal_handler(number, stop.set)
    dsn = await runtime.reached_database(chosen)
    reader = Reader(at_once=max(2, chosen.workers))
    try:
        await reader.start()
        async with Pools(owner_dsn=dsn, secret=chosen.secret, logins=LOGINS) as pools:
            store = Store.of(chosen, pools)
            analyst = Analyst(
                pools=pools, store=store, reader=reader, timing=LeaseTiming(hold_seconds=chosen.lease_seconds)
            )
            sweep = functools.partial(sweeper.sweep, pools[Login.CARE_QUEUE], store.backend)
            worker = queue.Worker(
                pool.conninfo_for(Login.CARE_QUEUE, owner_dsn=chosen.database_direct_url or dsn, secret=chosen.secret),
                analyst.work,
                concurrency=max(1, chosen.workers),
                timing=queue.Timing(stalled_after_seconds=chosen.lease_seconds * 0.75),
            )
            tasks = [
                asyncio.create_task(worker.run(), name="jobs"),
                asyncio.create_task(rounds.every(SWEEP_EVERY_SECONDS, sweep, name="sweep"), name="sweep"),
                asyncio.create_task(
                    rounds.every(LOOK_FOR_FORGOTTEN_EVERY_SECONDS, analyst.requeue_forgotten, name="forgotten"),
                    name="forgotten",
                ),
                asyncio.create_task(stop.wait(), name="stop"),
            ]
            LOG.info("working", pid=os.getpid())
            done, _ = await asyncio.wait(tasks, return_when=asyncio.FIRST_COMPLETED)
            for task in tasks:
                task.cancel()
            await asyncio.gather(*tasks, return_exceptions=True)
            for task in done:
                task.result()
    finally:
        await reader.close()


@click.command("worker")
@runtime.data_option
@click.option("--attached", is_flag=True, hidden=True, help="End with the process that started this one.")
@click.option("--quiet", is_flag=True, help="Log warnings only.")
@runtime.explained
def command(data: Path | None, *, attached: bool, quiet: bool) -> None:
    """Analyse cases from the queue until Ctrl-C.

    Needs a database that serves: DATABASE_URL, or a `carebase serve` on the same data directory.
    Exit codes: 0 ended by a signal, 69 no database serves, 75 something did not answer, 78 a setting is wrong.
    """
    if attached and sys.platform == "linux":
        ctypes.CDLL(None).prctl(PR_SET_PDEATHSIG, signal.SIGTERM)
    observability.start(quiet=quiet)
    runtime.run_async(work(runtime.read_settings(data=data)))
