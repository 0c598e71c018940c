"""Somebody is invited to have an account.

In charge of the account that waits for its holder and of the mail. The link proves the address and no more: it
opens a session at aal1, in which a password is set.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any
from uuid import UUID

from carebase.audit import log as audit
from carebase.auth import accounts, addresses, confirming, mailing, metadata, refused
from carebase.auth.accounts import Account, Accounts
from carebase.auth.callers import Caller
from carebase.auth.mailing import Return
from carebase.auth.users import User
from carebase.database import queries
from carebase.database.session import Session
from carebase.mail.messages import Kind

SQL = queries.beside(__file__)

NOWHERE = Caller(address=None)


async def invite(
    means: Accounts,
    email: str,
    *,
    data: Mapping[str, Any] | None,
    redirect_to: str | None,
    role: str | None = None,
    by: UUID | None,
    caller: Caller = NOWHERE,
) -> Account:
    """The account that waits for whoever opens the mail; one that was invited before is written to again.

    `role` is a clinical role that an administrator grants along with it; whoever may do that is the caller's
    business, as is who `by` is (None for a key or the operator). EmailExists for an account whose address is
    confirmed, TooManyMails when its address was written to too often.
    """
    email = addresses.normal(email)
    if role is not None:
        metadata.check_role(role)
    said = metadata.of_person(data) if data else None
    async with means.begin() as session:
        user = await accounts.by_email(session, email)
        if user is not None and user.confirmed_at is not None:
            raise refused.EmailExists
        too_many = await mailing.allow(session, means, to=email, kind=Kind.INVITE, caller=caller)
        if too_many is None:
            waiting = await _waiting(session, email, user=user)
            invited = await _marked(session, waiting.id, said=said, role=role)
            ends = Return(redirect_to=redirect_to)
            await mailing.write(session, means, invited, to=email, kind=Kind.INVITE, ends=ends, caller=caller)
            await audit.record(
                session,
                "invite",
                accounts.USERS,
                keys=[str(invited.id)],
                request_id=caller.request_id,
                details={"role": role, "by": None if by is None else str(by), "address": caller.address},
            )
            account = await accounts.with_ways(session, invited)
    if too_many is not None:
        raise too_many
    return account


async def _waiting(session: Session, email: str, *, user: User | None) -> User:
    """The account that waits, with nothing in it but what was said of it here."""
    if user is None:
        return await accounts.make(
            session, email, hashed=None, app_metadata=metadata.of_service(), user_metadata="{}", is_confirmed=False
        )
    if user.invited_at is None:
        # It was made by somebody who has not proven the address; the password may be a stranger's.
        await confirming.drop_what_was_left(session, user.id)
    return user


async def _marked(session: Session, user_id: UUID, *, said: str | None, role: str | None) -> User:
    marked = await session.value(SQL["mark"], user_id=user_id, said=said, role=role)
    invited = None if marked is None else await accounts.by_id(session, user_id)
    if invited is None:
        raise refused.EmailExists
    return invited
