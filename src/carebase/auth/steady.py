"""Answers that take the same time whatever was found.

In charge of the moments at which an answer may leave: every fifth of a second after its request came, or what
longer step its route takes. So what an address without an account costs less than one that has one is no longer
to be measured, unless the server is so busy that the work itself takes steps.
"""

from __future__ import annotations

import asyncio
import math
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from typing import Final

STEP_SECONDS: Final = 0.2


@asynccontextmanager
async def answer(*, step_seconds: float = STEP_SECONDS) -> AsyncIterator[None]:
    """Let the block end, well or not, at the next moment; hold no connection around it."""
    loop = asyncio.get_running_loop()
    begun = loop.time()
    try:
        yield
    finally:
        taken = loop.time() - begun
        await asyncio.sleep(math.ceil(taken / step_seconds) * step_seconds - taken)
