"""An account asks for another address.

In charge of both addresses being written to, the one it has and the one it wants; `confirming` counts their answers.
"""

from __future__ import annotations

from carebase.auth import accounts, mailing, refused
from carebase.auth.accounts import Accounts
from carebase.auth.callers import Caller
from carebase.auth.mailing import Return
from carebase.auth.users import User
from carebase.database import queries
from carebase.database.session import Session
from carebase.mail.messages import Kind

SQL = queries.beside(__file__)


async def begin(
    session: Session, means: Accounts, user: User, *, new: str, ends: Return, caller: Caller
) -> refused.TooManyMails | None:
    """Ask both addresses; whatever one of them answered before counts no longer. A refusal is for the caller
    to raise after its transaction.

    An address that another account has is not written to, and nobody is told that it has one.
    """
    too_many = await mailing.allow(session, means, to=new, kind=Kind.EMAIL_CHANGE_NEW, caller=caller)
    if too_many is None and user.email is not None:
        too_many = await mailing.allow(session, means, to=user.email, kind=Kind.EMAIL_CHANGE_CURRENT, caller=caller)
    if too_many is not None:
        return too_many
    await session.run(SQL["ask"], user_id=user.id, new=new)
    asked = await accounts.by_id(session, user.id)
    holder = await accounts.by_email(session, new)
    await mailing.write(
        session,
        means,
        asked if holder is None else None,
        to=new,
        kind=Kind.EMAIL_CHANGE_NEW,
        ends=ends,
        caller=caller,
    )
    if user.email is not None:
        await mailing.write(
            session, means, asked, to=user.email, kind=Kind.EMAIL_CHANGE_CURRENT, ends=ends, caller=caller
        )
    return None


async def begin_for_nobody(session: Session, means: Accounts, email: str, *, ends: Return, caller: Caller) -> None:
    """The same work for an address without an account, or without a change that is asked for."""
    for kind in (Kind.EMAIL_CHANGE_NEW, Kind.EMAIL_CHANGE_CURRENT):
        await mailing.write(session, means, None, to=email, kind=kind, ends=ends, caller=caller)
