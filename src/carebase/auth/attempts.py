"""Makes guessing a password slower with every try.

In charge of counting for each account and address together: whoever guesses waits, and the person,
who signs in from another address, does not. The count is in the database and survives a restart.
"""

from __future__ import annotations

import hashlib
from dataclasses import dataclass
from typing import Final

from carebase.auth import refused
from carebase.database import queries
from carebase.database.session import Session

SQL = queries.beside(__file__)

FREE_TRIES: Final = 10
LONGEST_WAIT_SECONDS: Final = 900
FORGOTTEN_AFTER_SECONDS: Final = 3600


@dataclass(frozen=True, slots=True)
class Tried:
    """A counted try."""

    tries: int


@dataclass(frozen=True, slots=True)
class Wait:
    """The time that is left to wait."""

    seconds: int


async def take(session: Session, *, email: str, address: str | None) -> refused.TooManyTries | None:
    """Count a try; the refusal, when its turn has not come yet, is returned for the caller to raise
    after its transaction."""
    key = {"account_sha256": _key(email), "address": address or ""}
    limits = {"free": FREE_TRIES, "longest_seconds": LONGEST_WAIT_SECONDS}
    taken = await session.maybe(SQL["take"], Tried, forgotten_seconds=FORGOTTEN_AFTER_SECONDS, **limits, **key)
    if taken is not None:
        return None
    wait = await session.maybe(SQL["seconds_to_wait"], Wait, **limits, **key)
    return refused.TooManyTries(retry_after_seconds=max(1, wait.seconds if wait else 1))


async def forget(session: Session, *, email: str, address: str | None) -> None:
    """Begin the count again, after the right password."""
    await session.run(SQL["forget"], account_sha256=_key(email), address=address or "")


def _key(email: str) -> bytes:
    return hashlib.sha256(email.lower().encode()).digest()
