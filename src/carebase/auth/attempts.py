"""Makes guessing a password slower with every try.

In charge of counting for each account and address together: whoever guesses waits, and the person,
who signs in from another address, does not. Beside that each address has its own number of wrong ones, so
that nobody tries one password with every account, and each account one of all addresses together, so that nobody
guesses from many. What is shared with a guesser must not keep the person out: a browser that the account signed in
from is counted by itself, and the addresses it signed in from apart from all others. The counts are in the database
and survive a restart.
"""

from __future__ import annotations

import hashlib
from dataclasses import dataclass
from typing import Final
from uuid import UUID

from carebase.auth import allowances, limits, new_devices, refused
from carebase.auth.callers import Caller
from carebase.auth.users import User
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
NOBODY: Final = UUID(int=0)
NO_END: Final = 2**31 - 1


@dataclass(frozen=True, slots=True)
class Shared:
    """A count of an account that more than one address shares."""

    name: str
    """In the place of an address."""
    free_tries: int
    most_tries: int
    """Wrong ones in a row, after which none is looked at until the person has come in."""


# Together a hundred in a row for one account (NIST SP 800-63B, 5.2.2), with one browser of its own.
ELSEWHERE: Final = Shared("elsewhere", free_tries=15, most_tries=50)
KNOWN_ADDRESSES: Final = Shared("known addresses", free_tries=15, most_tries=30)
MOST_TRIES_BY_DEVICE: Final = 20
DIGITS: Final = Shared("digits", free_tries=15, most_tries=50)
"""The link beside the digits goes on to be good, so whoever guesses them keeps nobody out."""
SHARED: Final = (ELSEWHERE, KNOWN_ADDRESSES, DIGITS)
LONGEST_SHARED_WAIT_SECONDS: Final = 3600
SHARED_FORGOTTEN_AFTER_SECONDS: Final = 24 * 3600
ADDRESS_KNOWN_DAYS: Final = 30
"""After the last sign-in from it; later somebody else may have it."""


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
    too_many = await _take(session, email, place=_place(address), free=FREE_TRIES, most=NO_END)
    return too_many or await _take_of_address(session, address)


async def take_sign_in(
    session: Session, user: User | None, *, name: str, caller: Caller
) -> refused.TooManyTries | None:
    """Count a try to sign in by password under a name, from anywhere; the refusal is for the caller to raise.

    A browser that the account has signed in from waits for its own wrong ones alone. Nobody else's keep it out.
    """
    user_id = NOBODY if user is None else user.id
    if caller.device is not None and await new_devices.is_known(session, user_id, caller=caller):
        return await _take(
            session, name, place=_place_of_device(caller.device), free=FREE_TRIES, most=MOST_TRIES_BY_DEVICE
        )
    too_many = await take(session, email=name, address=caller.address)
    if too_many is not None:
        return too_many
    return await _take_shared(session, name, shared=await _shared_at(session, user_id, caller=caller))


async def take_digits(session: Session, *, email: str) -> refused.TooManyTries | None:
    """Count a try at the six digits that were written to an address, from anywhere."""
    return await _take_shared(session, email, shared=DIGITS)


async def forget(session: Session, *, email: str, address: str | None) -> None:
    """Begin the count again, after the right password."""
    most = min(shared.most_tries for shared in SHARED)
    names = [shared.name for shared in SHARED]
    await session.run(SQL["forget"], account_sha256=_key(email), address=_place(address), shared=names, most=most)
    if address is not None:
        # Only this one: whoever has an account could otherwise try those of others without end.
        await allowances.give_back(session, BY_ADDRESS, _place(address), per_hour=WRONG_AN_HOUR_BY_ADDRESS)


async def forget_sign_in(session: Session, user: User, *, name: str, caller: Caller) -> None:
    """Begin the count of this address again, after the right password; a browser's own ends as it comes in."""
    if caller.device is None or not await new_devices.is_known(session, user.id, caller=caller):
        await forget(session, email=name, address=caller.address)
        shared = await _shared_at(session, user.id, caller=caller)
        await session.run(SQL["give_back"], account_sha256=_key(name), address=shared.name)


async def give_digits_back(session: Session, *, email: str) -> None:
    """The digits were right, which is no try."""
    await session.run(SQL["give_back"], account_sha256=_key(email), address=DIGITS.name)


async def came_in(session: Session, user: User, *, caller: Caller) -> None:
    """The person has come in, by whatever means: the tries in a row of all addresses are over, and this address is
    known. What they made others wait stays, or each coming in would be a gift to who guesses meanwhile."""
    if caller.address is not None:
        await new_devices.keep_address(session, user.id, place=_place(caller.address))
    counts = {shared.name: shared.free_tries for shared in SHARED}
    if caller.device is not None:
        counts[_place_of_device(caller.device)] = 0
    async with session.together() as ask:
        for name in filter(None, (user.email, user.phone)):
            for place, free in counts.items():
                ask.run(SQL["ease"], account_sha256=_key(name), address=place, free=free)


async def _shared_at(session: Session, user_id: UUID, *, caller: Caller) -> Shared:
    """Which count of the account a caller has a part in that is no browser of its own."""
    is_known = await new_devices.is_known_address(
        session, user_id, place=_place(caller.address), within_days=ADDRESS_KNOWN_DAYS
    )
    return KNOWN_ADDRESSES if is_known else ELSEWHERE


async def _take(session: Session, name: str, *, place: str, free: int, most: int) -> refused.TooManyTries | None:
    return await _counted(
        session,
        name,
        place=place,
        free=free,
        most=most,
        longest_seconds=LONGEST_WAIT_SECONDS,
        forgotten_seconds=FORGOTTEN_AFTER_SECONDS,
    )


async def _take_shared(session: Session, name: str, *, shared: Shared) -> refused.TooManyTries | None:
    return await _counted(
        session,
        name,
        place=shared.name,
        free=shared.free_tries,
        most=shared.most_tries,
        longest_seconds=LONGEST_SHARED_WAIT_SECONDS,
        forgotten_seconds=SHARED_FORGOTTEN_AFTER_SECONDS,
    )


async def _counted(
    session: Session, name: str, *, place: str, free: int, most: int, longest_seconds: int, forgotten_seconds: int
) -> refused.TooManyTries | None:
    key = {"account_sha256": _key(name), "address": place}
    steps = {"free": free, "most": most, "longest_seconds": longest_seconds}
    if await session.maybe(SQL["take"], Tried, forgotten_seconds=forgotten_seconds, **steps, **key) is not None:
        return None
    wait = await session.maybe(SQL["seconds_to_wait"], Wait, **steps, **key)
    return refused.TooManyTries(retry_after_seconds=max(1, wait.seconds if wait else 1))


async def _take_of_address(session: Session, address: str | None) -> refused.TooManyTries | None:
    if address is None:
        return None
    return await allowances.take(
        session, BY_ADDRESS, _place(address), per_hour=WRONG_AN_HOUR_BY_ADDRESS, burst=WRONG_AT_ONCE_BY_ADDRESS
    )


def _key(email: str) -> bytes:
    return hashlib.sha256(email.lower().encode()).digest()


def _place(address: str | None) -> str:
    return "" if address is None else limits.caller_at(address)


def _place_of_device(device: str) -> str:
    return f"device {hashlib.sha256(device.encode()).hexdigest()}"
