"""Does what blocks (disk, network, hashing, sealing) in threads that are the storage's own.

In charge of two promises: nobody cleans up under the hands of a thread, and what the system refuses is said in
our words.
"""

from __future__ import annotations

import asyncio
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from typing import Final, ParamSpec, TypeVar

from carebase.storage import failures

# A backend over a network waits most of its time, so more than there are cores.
AT_ONCE: Final = 16
# Threads begin with the first work and end with the process; there is nothing to configure and nothing to close.
_THREADS: Final = ThreadPoolExecutor(max_workers=AT_ONCE, thread_name_prefix="storage")

Arguments = ParamSpec("Arguments")
Result = TypeVar("Result")


async def run(work: Callable[Arguments, Result], *given: Arguments.args, **named: Arguments.kwargs) -> Result:
    """What the work returns; an OSError becomes DiskFull or Unavailable.

    When this is cancelled, the work is waited for before the cancellation goes on.
    """
    running = asyncio.get_running_loop().run_in_executor(_THREADS, lambda: work(*given, **named))
    try:
        return await asyncio.shield(running)
    except asyncio.CancelledError:
        await asyncio.wait([running])
        raise
    except OSError as error:
        raise failures.of_disk(error) from error


async def opened(opening: Callable[[], Result], *, closing: Callable[[Result], None]) -> Result:
    """What `opening` returns; when this is cancelled meanwhile, it is closed again."""
    running = asyncio.get_running_loop().run_in_executor(_THREADS, opening)
    try:
        return await asyncio.shield(running)
    except asyncio.CancelledError:
        await asyncio.wait([running])
        if running.exception() is None:
            closing(running.result())
        raise
    except OSError as error:
        raise failures.of_disk(error) from error
