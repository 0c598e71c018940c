"""Work that comes round: done every so often by whichever worker is free, harmless when done twice."""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable

from carebase import errors
from carebase.observability import Log

LOG = Log("rounds")


async def every(seconds: float, work: Callable[[], Awaitable[object]], *, name: str) -> None:
    """Do the work at once and then every `seconds`, until cancelled; a round that fails is logged."""
    while True:
        try:
            await work()
        except (errors.CareError, OSError) as error:
            LOG.error("round_failed", cause=error, step=name)
        await asyncio.sleep(seconds)
