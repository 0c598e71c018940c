"""Tells a person by mail that its account was used from a device that was not seen before.

In charge of knowing devices again: a browser by the cookie it keeps, a program by what it calls itself. The first
device of an account is no news, and of a device nothing but a hash is kept.
"""

from __future__ import annotations

import hashlib
from datetime import UTC, datetime
from typing import TYPE_CHECKING, Final

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


def _device(user: User, caller: Caller) -> bytes:
    known_by = f"cookie {caller.device}" if caller.device else f"agent {caller.printable_agent or ''}"
    # With the account in it, so that rows do not tell who shares a device.
    return hashlib.sha256(f"{user.id} {known_by}".encode()).digest()
