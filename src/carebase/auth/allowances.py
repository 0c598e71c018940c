"""How often something may be done for one account or address, for every process alike and over restarts.

In charge of one rule, the generic cell rate algorithm: each use fills a vessel by one part, and it drains
evenly. So a burst passes, then one use every hour ÷ `per_hour`; what is kept is one time for each vessel.
A use counts when the caller's transaction commits: whoever refuses raises after it.
"""

from __future__ import annotations

import hashlib
from typing import Final

from carebase.auth import refused
from carebase.database import queries
from carebase.database.session import Session

SQL = queries.beside(__file__)

SECONDS_PER_HOUR: Final = 3600.0


async def take(session: Session, kind: str, key: str, *, per_hour: int, burst: int) -> refused.TooManyTries | None:
    """Count one use of `kind` by `key`; the refusal, where none is left, for the caller to raise after
    its transaction.

    `burst` uses pass at once, then `per_hour` in an hour. Of `key` (an account, an address) the hash is
    kept; letters of either case are the same key. A refused use is not counted.
    """
    seconds: float = await session.value(
        SQL["take"],
        kind=kind,
        key_sha256=key_of(key),
        part_seconds=SECONDS_PER_HOUR / per_hour,
        most_parts=burst,
    )
    return refused.TooManyTries(retry_after_seconds=int(seconds)) if seconds else None


async def give_back(session: Session, kind: str, key: str, *, per_hour: int) -> None:
    """Take the last use back, because it turned out to be none of those that are limited."""
    part_seconds = SECONDS_PER_HOUR / per_hour
    await session.run(SQL["give_back"], kind=kind, key_sha256=key_of(key), part_seconds=part_seconds)


async def forget_full(session: Session) -> int:
    """Remove what limits nobody any more; how much it was."""
    return await session.run(SQL["forget_full"])


def key_of(key: str) -> bytes:
    """Of whom a limit is kept: the hash of the key.

    >>> key_of("Amina@example.org") == key_of("amina@example.org ")
    True
    """
    return hashlib.sha256(key.strip().lower().encode()).digest()
