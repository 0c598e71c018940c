"""What is cancelled while it connects leaves nothing behind: a process that is told to end while it starts ends."""

from __future__ import annotations

import asyncio
import contextlib
import os

import pytest

from carebase.database import pool
from carebase.database.pool import Login
from carebase.jobs import queue

on_one_version = pytest.mark.parametrize("cluster", [os.environ.get("CAREBASE_TEST_POSTGRES", "18")], indirect=True)
MOMENTS = [0.0, 0.001, 0.002, 0.004, 0.006, 0.01, 0.02, 0.05]


async def broken_off(work, *, after: float) -> set[str]:
    """The tasks that are left when the work is cancelled so many seconds after its start."""
    before = asyncio.all_tasks()
    task = asyncio.create_task(work())
    await asyncio.sleep(after)
    task.cancel()
    with contextlib.suppress(asyncio.CancelledError):
        await task
    return {str(left) for left in asyncio.all_tasks() - before}


@on_one_version
async def test_pools_and_the_queue_may_be_cancelled_at_any_moment_of_their_start(database, caplog):
    async def open_pools() -> None:
        async with database.pools(frozenset({Login.AUTH_SERVICE, Login.CARE_QUEUE})):
            await asyncio.sleep(10)

    dsn = pool.conninfo_for(Login.CARE_QUEUE, owner_dsn=database.owner_dsn, secret=database.secret)
    for moment in MOMENTS:
        assert await broken_off(open_pools, after=moment) == set()
        assert await broken_off(queue.Worker(dsn, {}).run, after=moment) == set()
    assert [record.name for record in caplog.records if record.name.startswith("psycopg")] == []
