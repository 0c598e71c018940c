"""Nobody cleans up under the hands of a thread, and what the system refuses is said in our words."""

from __future__ import annotations

import asyncio
import errno
import threading

import pytest

from carebase import errors
from carebase.storage import blocking, failures


async def test_work_is_done_elsewhere_and_its_result_comes_back():
    assert await blocking.run(divmod, 17, 5) == (3, 2)
    assert await blocking.run(threading.get_ident) != threading.get_ident()


@pytest.mark.parametrize(
    ("number", "refusal"),
    [(errno.ENOSPC, failures.DiskFull), (errno.EDQUOT, failures.DiskFull), (errno.EIO, errors.Unavailable)],
)
async def test_a_disk_that_refuses_is_told(number, refusal):
    def refused():
        raise OSError(number, "no")

    for working in (blocking.run(refused), blocking.opened(refused, closing=print)):
        with pytest.raises(errors.Unavailable) as told:
            await working
        assert type(told.value) is refusal


async def test_a_cancellation_waits_until_the_thread_is_done():
    began, let, done = threading.Event(), threading.Event(), []

    def work():
        began.set()
        let.wait(5)
        done.append(True)

    task = asyncio.create_task(blocking.run(work))
    await asyncio.to_thread(began.wait, 5)
    task.cancel()
    await asyncio.sleep(0.05)
    assert not task.done()
    let.set()
    with pytest.raises(asyncio.CancelledError):
        await task
    assert done


async def test_what_was_opened_for_somebody_who_left_is_closed():
    began, let, closed = threading.Event(), threading.Event(), []

    def opening():
        began.set()
        let.wait(5)
        return "a file"

    task = asyncio.create_task(blocking.opened(opening, closing=closed.append))
    await asyncio.to_thread(began.wait, 5)
    task.cancel()
    await asyncio.sleep(0)
    let.set()
    with pytest.raises(asyncio.CancelledError):
        await task
    assert closed == ["a file"]
