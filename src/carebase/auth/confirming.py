"""An address is proven: the account's own, or the one it changes to.

In charge of what becomes of an account that somebody made with an address before it was proven: what else that
somebody left in it (a password, ways in, second factors, sessions) is gone once the address's owner comes. And of
a change of address needing both: the old one and the new one.
"""

from __future__ import annotations

import json
from uuid import UUID

from carebase.auth import accounts, devices, one_time_tokens, refused
from carebase.auth.one_time_tokens import TokenType
from carebase.auth.users import User
from carebase.database import queries
from carebase.database.session import Session

SQL = queries.beside(__file__)

BY_MAIL = (TokenType.CONFIRMATION, TokenType.INVITE, TokenType.MAGIC_LINK, TokenType.RECOVERY)
OF_CHANGE = (TokenType.EMAIL_CHANGE_NEW, TokenType.EMAIL_CHANGE_CURRENT)


async def confirm(session: Session, user: User, *, is_own: bool) -> User:
    """The account with its address confirmed.

    Unless the proof `is_own`, given by whoever made the account (its sign-up, its invitation), everything
    that was left in an account whose address was not confirmed is dropped.
    """
    if user.email_confirmed_at is not None:
        return user
    if not is_own:
        await drop_what_was_left(session, user.id)
    async with session.together() as ask:
        ask.run(SQL["confirm"], user_id=user.id)
        ask.run(SQL["confirm_identity"], user_id=user.id)
    await one_time_tokens.withdraw(session, user.id, types=BY_MAIL)
    return await _again(session, user.id)


async def has_no_way_in(session: Session, user: User) -> bool:
    """Whether nothing but mails opens the account: nobody else comes in by what was left in it, which are words."""
    account = await accounts.with_ways(session, user)
    is_mail_alone = all(identity.provider == "email" for identity in account.identities)
    return user.encrypted_password is None and is_mail_alone and not account.factors


async def drop_what_was_left(session: Session, user_id: UUID) -> None:
    """Take out of an account whose address is not confirmed whatever a stranger may have put there."""
    async with session.together() as ask:
        ask.run(SQL["drop_password_and_words"], user_id=user_id)
        ask.run(SQL["drop_other_identities"], user_id=user_id)
        ask.run(SQL["drop_factors"], user_id=user_id)
        ask.run(SQL["drop_paper_codes"], user_id=user_id)
        ask.run(SQL["drop_known_devices"], user_id=user_id)
    await devices.end(session, user_id, session_id=user_id, scope=devices.Scope.GLOBAL)


async def change_email(session: Session, user: User, *, token_type: TokenType, address: str) -> User | None:
    """The account with its new address once both have confirmed; None after the first of the two.

    LinkExpired when the mail that was answered belongs to another change.
    """
    expected = user.email_change if token_type is TokenType.EMAIL_CHANGE_NEW else user.email
    if not user.email_change or expected != address:
        raise refused.LinkExpired
    if user.email is not None and await session.run(SQL["confirm_first"], user_id=user.id):
        return None
    return await finish_change(session, user)


async def finish_change(session: Session, user: User) -> User:
    """The account under the address it asked to change to; EmailExists when somebody else has it by now."""
    new = user.email_change
    changed = await session.value(SQL["finish_change"], user_id=user.id, new=new)
    if changed is None:
        raise refused.EmailExists
    said = json.dumps({"sub": str(user.id), "email": new, "email_verified": True, "phone_verified": False})
    await session.run(SQL["change_identity"], user_id=user.id, said=said)
    await one_time_tokens.withdraw(session, user.id, types=(*BY_MAIL, *OF_CHANGE, TokenType.REAUTHENTICATION))
    return await _again(session, user.id)


async def _again(session: Session, user_id: UUID) -> User:
    found = await accounts.by_id(session, user_id)
    if found is None:
        raise refused.LinkExpired
    return found
