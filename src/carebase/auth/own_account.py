"""What a person reads and changes of the own account."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import UTC, datetime
from typing import Any, Final

from carebase.audit import log as audit
from carebase.auth import (
    accounts,
    addresses,
    confirming,
    devices,
    email_changes,
    mailing,
    metadata,
    methods,
    one_time_tokens,
    reauthenticating,
    refused,
    signing_in,
)
from carebase.auth.accounts import Account, Accounts
from carebase.auth.callers import Caller
from carebase.auth.mailing import Return
from carebase.auth.methods import Method
from carebase.auth.one_time_tokens import TokenType
from carebase.auth.users import User, rfc3339
from carebase.database import queries
from carebase.database.identity import Identity
from carebase.database.session import Session
from carebase.mail.messages import Kind

SQL = queries.beside(__file__)

# Who forgot the password, or never had one, cannot say it.
WITHOUT_PASSWORD: Final = frozenset({Method.RECOVERY, Method.INVITE})


async def read(means: Accounts, identity: Identity, *, may_be_lowered: bool = False) -> Account:
    """The account of a verified token, while its session lasts.

    With `may_be_lowered` also for a token of before the session lost its second factor: its client asks whose it
    is, and would sign out where it is told that there is no session, instead of getting a token of the lower level.
    """
    async with means.begin() as session:
        level = "aal1" if may_be_lowered else accounts.level_of(identity)
        return await accounts.with_ways(session, await accounts.signed_in(session, identity, level=level))


async def change(
    means: Accounts,
    identity: Identity,
    *,
    data: Mapping[str, Any] | None = None,
    password: str | None = None,
    current_password: str | None = None,
    nonce: str | None = None,
    caller: Caller,
) -> Account:
    """Change the own account: merge `data` into its metadata (None removes a key), set a password.

    A new password needs the current one, or the code of `reauthenticating.ask`, or a session that a recovery
    or an invitation opened a short while ago; with a second factor it needs that too. It signs every other
    device out and is told to the account's address.
    """
    account = await read(means, identity)
    user = account.user
    hashed = None
    if password is not None:
        await _check_may_set(means, account, identity, current_password=current_password, nonce=nonce, caller=caller)
        await means.passwords.check(
            password, email=user.email or user.phone or "", shortest=means.policy.shortest_password
        )
        if await means.passwords.verify(password, user.encrypted_password):
            raise refused.SamePassword
        hashed = await means.passwords.hash(password)
    kept = None if data is None else metadata.of_person({**user.user_metadata, **data})
    async with means.begin() as session:
        await accounts.signed_in(session, identity)
        changed = await session.value(
            SQL["change"], user_id=user.id, hashed=hashed, user_metadata=kept, compared=user.encrypted_password
        )
        if changed is None:
            raise refused.SessionNotFound
        action = "change_account"
        if hashed is not None:
            action = "change_password"
            await _end_what_the_old_one_opened(session, means, user, identity=identity)
        return await _recorded(session, identity, action=action, caller=caller)


async def change_email(
    means: Accounts,
    identity: Identity,
    email: str,
    *,
    current_password: str | None = None,
    nonce: str | None = None,
    ends: Return | None = None,
    caller: Caller,
) -> Account:
    """Ask for another address: both addresses are written to, and the account has it once both have answered.

    Needs a fresh proof, as `reauthenticating.check` says, unless the account is anonymous; such a one gets its
    first address at once where addresses need no confirmation.
    """
    new = addresses.normal(email)
    account = await read(means, identity)
    if new == account.user.email:
        return account
    if not account.user.is_anonymous:
        await reauthenticating.check(
            means, account, identity, current_password=current_password, nonce=nonce, caller=caller
        )
    async with means.begin() as session:
        user = await accounts.signed_in(session, identity)
        if user.email is None and means.policy.is_confirmed_at_once:
            await session.run(SQL["ask_email"], user_id=user.id, new=new)
            await confirming.finish_change(session, await accounts.signed_in(session, identity))
            refusal = None
        else:
            refusal = await email_changes.begin(session, means, user, new=new, ends=ends or Return(), caller=caller)
        changed = await _recorded(session, identity, action="ask_email_change", caller=caller)
    if refusal is not None:
        raise refusal
    return changed


async def change_phone(
    means: Accounts,
    identity: Identity,
    phone: str,
    *,
    current_password: str | None = None,
    nonce: str | None = None,
    caller: Caller,
) -> Account:
    """Give the account another number, where numbers need no confirmation; MessageNotSent elsewhere."""
    if not means.policy.is_phone_allowed:
        raise refused.PhoneDisabled
    new = addresses.phone(phone)
    account = await read(means, identity)
    if new == account.user.phone:
        return account
    if not account.user.is_anonymous:
        await reauthenticating.check(
            means, account, identity, current_password=current_password, nonce=nonce, caller=caller
        )
    if not means.policy.is_confirmed_at_once:
        raise refused.MessageNotSent
    async with means.begin() as session:
        user = await accounts.signed_in(session, identity)
        if await session.value(SQL["change_phone"], user_id=user.id, phone=new) is None:
            raise refused.PhoneExists
        return await _recorded(session, identity, action="change_phone", caller=caller)


async def _check_may_set(
    means: Accounts,
    account: Account,
    identity: Identity,
    *,
    current_password: str | None,
    nonce: str | None,
    caller: Caller,
) -> None:
    user = account.user
    if user.email is None and user.phone is None:
        raise refused.NotValid(details="An account without an email or a phone has no password")
    reauthenticating.check_level(account, identity)
    if nonce is not None:
        await reauthenticating.by_nonce(means, user, nonce, caller=caller)
    elif user.encrypted_password is None:
        if not methods.is_fresh(accounts.proofs_of(identity)):
            raise refused.NotFresh
    elif current_password is not None or not methods.is_fresh(accounts.proofs_of(identity), by=WITHOUT_PASSWORD):
        await signing_in.check_current(means, user, current_password, caller=caller)


async def _end_what_the_old_one_opened(session: Session, means: Accounts, user: User, *, identity: Identity) -> None:
    session_id = accounts.session_id_of(identity)
    await devices.end(session, user.id, session_id=session_id, scope=devices.Scope.OTHERS)
    await one_time_tokens.withdraw(
        session, user.id, types=[TokenType.RECOVERY, TokenType.MAGIC_LINK, TokenType.REAUTHENTICATION]
    )
    await mailing.tell(session, means, user, kind=Kind.PASSWORD_CHANGED, at=rfc3339(datetime.now(UTC)))


async def _recorded(session: Session, identity: Identity, *, action: str, caller: Caller) -> Account:
    user = await accounts.signed_in(session, identity)
    await accounts.speak_as(session, user.id, accounts.session_id_of(identity))
    await audit.record(
        session,
        action,
        accounts.USERS,
        keys=[str(user.id)],
        request_id=caller.request_id,
        details={"address": caller.address},
    )
    return await accounts.with_ways(session, user)
