"""People who are not signed in ask for a mail: to sign in, to recover, to confirm.

In charge of the answer being the same, as slowly, for an address that has an account and for one that has none.
"""

from __future__ import annotations

from collections.abc import Mapping
from enum import StrEnum
from typing import Any, assert_never

from carebase.auth import accounts, addresses, email_changes, mailing, metadata, new_devices, refused, steady
from carebase.auth.accounts import Accounts
from carebase.auth.callers import Caller
from carebase.auth.mailing import Return
from carebase.auth.users import User
from carebase.database.session import Session
from carebase.mail.messages import Kind


class Again(StrEnum):
    """Which mail is asked for again."""

    SIGN_UP = "signup"
    EMAIL_CHANGE = "email_change"


async def recover(means: Accounts, email: str, *, ends: Return, caller: Caller) -> None:
    """Write a link and six digits to whoever forgot the password."""
    email = addresses.normal(email)
    async with steady.answer():
        async with means.begin() as session:
            user = await accounts.by_email(session, email)
            refusal = await mailing.send(session, means, user, to=email, kind=Kind.RECOVERY, ends=ends, caller=caller)
        if refusal is not None:
            raise refusal


async def sign_in(
    means: Accounts, email: str, *, data: Mapping[str, Any], may_make: bool, ends: Return, caller: Caller
) -> None:
    """Write a link and six digits to sign in with; an account without a password is made for an address that
    has none, where people may make accounts and `may_make` asks for it."""
    email = addresses.normal(email)
    kept = metadata.of_person(data)
    async with steady.answer():
        async with means.begin() as session:
            user, kind = await accounts.by_email(session, email), Kind.MAGIC_LINK
            refusal = await mailing.allow(session, means, to=email, kind=kind, caller=caller)
            if refusal is None:
                if user is None and may_make and means.policy.is_sign_up_open:
                    user = await _make(session, means, email, kept=kept)
                    await new_devices.keep_maker(session, user.id, caller=caller)
                    kind = Kind.MAGIC_LINK if user.email_confirmed_at else Kind.CONFIRMATION
                await mailing.write(session, means, user, to=email, kind=kind, ends=ends, caller=caller)
        if refusal is not None:
            raise refusal


async def resend(means: Accounts, email: str, *, which: Again, ends: Return, caller: Caller) -> None:
    """Write a mail again that somebody waits for; nobody is written to who waits for none."""
    email = addresses.normal(email)
    async with steady.answer():
        async with means.begin() as session:
            user = await accounts.by_email(session, email)
            match which:
                case Again.SIGN_UP:
                    waiting = user if user is not None and user.email_confirmed_at is None else None
                    refusal = await mailing.send(
                        session, means, waiting, to=email, kind=Kind.CONFIRMATION, ends=ends, caller=caller
                    )
                case Again.EMAIL_CHANGE:
                    refusal = await _change_again(session, means, user, email=email, ends=ends, caller=caller)
                case _:
                    assert_never(which)
        if refusal is not None:
            raise refusal


async def _change_again(
    session: Session, means: Accounts, user: User | None, *, email: str, ends: Return, caller: Caller
) -> refused.TooManyMails | None:
    refusal = await mailing.allow(session, means, to=email, kind=Kind.NONE, caller=caller)
    if refusal is not None:
        return refusal
    if user is None or not user.email_change:
        await email_changes.begin_for_nobody(session, means, email, ends=ends, caller=caller)
        return None
    # What keeps the two addresses from being written to again is not told: it would tell that they are waiting.
    await email_changes.begin(session, means, user, new=user.email_change, ends=ends, caller=caller)
    return None


async def _make(session: Session, means: Accounts, email: str, *, kept: str) -> User:
    return await accounts.make(
        session,
        email,
        hashed=None,
        app_metadata=metadata.of_service(),
        user_metadata=kept,
        is_confirmed=means.policy.is_confirmed_at_once,
    )
