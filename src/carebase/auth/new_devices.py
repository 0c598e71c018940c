"""Tells a person by mail that its account was used from a device that was not seen before.

In charge of knowing devices again: a browser by the cookie it keeps, a program by what it calls itself. The first
device of an account is no news, and of a device nothing but a hash is kept. A browser is known from its sign-up on,
and so is the service key for an account that its holder has made: whoever confirms the address from there has put
into the account what is in it.
"""

from __future__ import annotations

import hashlib
from datetime import UTC, datetime
from typing import TYPE_CHECKING, Final
from uuid import UUID

from carebase.auth.callers import Caller
from carebase.auth.users import User
from carebase.database import queries
from carebase.database.session import Session
from carebase.mail import outbox
from carebase.mail.messages import Kind, Message

if TYPE_CHECKING:
    from carebase.auth.accounts import Accounts

SQL = queries.beside(__file__)

FORGOTTEN_AFTER_DAYS: Final = 400
"""Without a sign-in from it."""
SERVICE_KEY: Final = "service key"


async def note(session: Session, means: Accounts, user: User, *, caller: Caller) -> None:
    """Note from where the account signs in; the mail is put beside it where that is news."""
    is_news: bool = await session.value(
        SQL["see"], user_id=user.id, device_sha256=_device(user, caller), forgotten_days=FORGOTTEN_AFTER_DAYS
    )
    if not is_news or user.email is None or not means.policy.is_new_device_told:
        return
    message = Message(
        kind=Kind.NEW_DEVICE,
        to=user.email,
        language=user.language or means.policy.language,
        link=means.policy.site_address,
        device=caller.printable_agent or "",
        at=datetime.now(UTC).isoformat(timespec="seconds"),
    )
    await outbox.put(session, message, secret=means.secret)


async def keep_maker(session: Session, user_id: UUID, *, caller: Caller) -> None:
    """Know the browser again in which somebody signs up; a program that keeps no cookie is not known again."""
    if caller.device is not None:
        await session.run(SQL["keep"], user_id=user_id, device_sha256=_hashed(user_id, _cookie(caller.device)))


async def keep_key(session: Session, user_id: UUID) -> None:
    """The service key's holder has made the account, or put into it what is in it by now."""
    await session.run(SQL["keep"], user_id=user_id, device_sha256=_hashed(user_id, SERVICE_KEY))


async def is_maker(session: Session, user_id: UUID, *, caller: Caller) -> bool:
    """Whether the account was made in this browser, or by the service key's holder, who answers for it once."""
    if await session.run(SQL["forget"], user_id=user_id, device_sha256=_hashed(user_id, SERVICE_KEY)):
        return True
    return await is_known(session, user_id, caller=caller)


async def may_be_maker(session: Session, user_id: UUID, *, caller: Caller) -> bool:
    """The same before the account is confirmed; the service key's holder goes on to answer for it."""
    is_keys = await _is_kept(session, user_id, known_by=SERVICE_KEY, within_days=FORGOTTEN_AFTER_DAYS)
    return is_keys or await is_known(session, user_id, caller=caller)


async def is_known(session: Session, user_id: UUID, *, caller: Caller) -> bool:
    """Whether the account was made in this browser or has signed in from it; never of a program without cookies."""
    if caller.device is None:
        return False
    return await _is_kept(session, user_id, known_by=_cookie(caller.device), within_days=FORGOTTEN_AFTER_DAYS)


async def keep_address(session: Session, user_id: UUID, *, place: str) -> None:
    """The account has signed in from this address."""
    await session.run(SQL["keep"], user_id=user_id, device_sha256=_hashed(user_id, _address(place)))


async def is_known_address(session: Session, user_id: UUID, *, place: str, within_days: int) -> bool:
    """Whether the account has signed in from this address lately."""
    return bool(place) and await _is_kept(session, user_id, known_by=_address(place), within_days=within_days)


async def _is_kept(session: Session, user_id: UUID, *, known_by: str, within_days: int) -> bool:
    kept: bool = await session.value(
        SQL["is_known"], user_id=user_id, device_sha256=_hashed(user_id, known_by), within_days=within_days
    )
    return kept


def _device(user: User, caller: Caller) -> bytes:
    known_by = _cookie(caller.device) if caller.device else f"agent {caller.printable_agent or ''}"
    return _hashed(user.id, known_by)


def _address(place: str) -> str:
    return f"address {place}"


def _cookie(device: str) -> str:
    return f"cookie {device}"


def _hashed(user_id: UUID, known_by: str) -> bytes:
    # With the account in it, so that rows do not tell who shares a device.
    return hashlib.sha256(f"{user_id} {known_by}".encode()).digest()
