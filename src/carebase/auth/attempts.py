"""Makes guessing a password slower with every try.

In charge of counting for each account and address together: whoever guesses waits, and the person,
who signs in from another address, does not. Beside that each address has its own number of wrong ones, so
that nobody tries one password with every account. The counts are in the database and survive a restart.
"""

from __future__ import annotations

import hashlib
from dataclasses import dataclass
from typing import Final

from carebase.auth import allowances, limits, refused
from carebase.database import queries
from carebase.database.session import Session

SQL = queries.beside(__file__)

FREE_TRIES: Final = 10
LONGEST_WAIT_SECONDS: Final = 900
FORGOTTEN_AFTER_SECONDS: Final = 3600
BY_ADDRESS: Final = "sign_in_address"
WRONG_AT_ONCE_BY_ADDRESS: Final = 100
WRONG_AN_HOUR_BY_ADDRESS: Final = 300
"""More than a hospital behind one address mistypes, less than somebody who tries every account needs."""


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
    key = {"account_sha256": _key(email), "address": _place(address)}
    steps = {"free": FREE_TRIES, "longest_seconds": LONGEST_WAIT_SECONDS}
    taken = await session.maybe(SQL["take"], Tried, forgotten_seconds=FORGOTTEN_AFTER_SECONDS, **steps, **key)
    if taken is None:
        wait = await session.maybe(SQL["seconds_to_wait"], Wait, **steps, **key)
        return refused.TooManyTries(retry_after_seconds=max(1, wait.seconds if wait else 1))
    if address is None:
        return None
    return await allowances.take(
        session, BY_ADDRESS, _place(address), per_hour=WRONG_AN_HOUR_BY_ADDRESS, burst=WRONG_AT_ONCE_BY_ADDRESS
    )


async def forget(session: Session, *, email: str, address: str | None) -> None:
    """Begin the count again, after the right password."""
    await session.run(SQL["forget"], account_sha256=_key(email), address=_place(address))
    if address is not None:
        # Only this one: whoever has an account could otherwise try those of others without end.
        await allowances.give_back(session, BY_ADDRESS, _place(address), per_hour=WRONG_AN_HOUR_BY_ADDRESS)


def _key(email: str) -> bytes:
    return hashlib.sha256(email.lower().encode()).digest()


def _place(address: str | None) -> str:
    return "" if address is None else limits.caller_at(address)
