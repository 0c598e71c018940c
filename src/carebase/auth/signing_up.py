"""People make an account themselves."""

from __future__ import annotations

import json
import uuid
from collections.abc import Mapping
from datetime import UTC, datetime
from typing import Any, Final

from carebase.auth import (
    accounts,
    addresses,
    allowances,
    confirming,
    mailing,
    metadata,
    methods,
    new_devices,
    opening,
    refused,
    steady,
)
from carebase.auth.accounts import Account, Accounts
from carebase.auth.callers import Caller
from carebase.auth.mailing import Return
from carebase.auth.methods import Method
from carebase.auth.opening import Opened
from carebase.auth.users import AccountIdentity, User
from carebase.database.session import Session
from carebase.errors import CareError
from carebase.mail.messages import Kind

ACCOUNTS_FROM_ONE_PLACE_PER_HOUR: Final = 600
ACCOUNTS_FROM_ONE_PLACE_AT_ONCE: Final = 300
"""Made from one address; a hospital's people share one."""
STEP_SECONDS: Final = 0.5
"""Between the moments at which an answer may leave: a hash takes a good part of it."""


async def by_password(
    means: Accounts,
    email: str,
    password: str,
    *,
    data: Mapping[str, Any],
    ends: Return | None = None,
    caller: Caller,
) -> Opened | Account:
    """Make an account, and sign it in where addresses need no confirmation; elsewhere its address is written to.

    What `data` says about a role is a request that an administrator may grant; it gives no access. Where
    addresses are confirmed, one that has an account gets the same answer as one that has none, and the mail
    says it.
    """
    _check_is_open(means)
    email = addresses.normal(email)
    kept = metadata.of_person(data)
    await _count(means, caller)
    await means.passwords.check(password, email=email, shortest=means.policy.shortest_password)
    if means.policy.is_confirmed_at_once:
        return await _at_once(means, email, password, kept=kept, caller=caller)
    async with steady.answer(step_seconds=STEP_SECONDS):
        return await _to_be_confirmed(means, email, password, kept=kept, ends=ends or Return(), caller=caller)


async def by_phone(means: Accounts, phone: str, password: str, *, data: Mapping[str, Any], caller: Caller) -> Opened:
    """Make an account named by a number and sign it in. Nothing here writes to telephones, so where an address
    needs confirmation no account is made by a number alone: MessageNotSent."""
    _check_is_open(means)
    if not means.policy.is_phone_allowed:
        raise refused.PhoneDisabled
    phone = addresses.phone(phone)
    kept = metadata.of_person(data)
    await _count(means, caller)
    await means.passwords.check(password, email=phone, shortest=means.policy.shortest_password)
    if not means.policy.is_confirmed_at_once:
        raise refused.MessageNotSent
    hashed = await means.passwords.hash(password)
    said = metadata.of_service(providers=("phone",))
    async with means.begin() as session:
        user = await accounts.make_by_phone(session, phone, hashed=hashed, app_metadata=said, user_metadata=kept)
        return await _enter(session, means, user, method=Method.PASSWORD, caller=caller)


async def anonymously(means: Accounts, *, data: Mapping[str, Any], caller: Caller) -> Opened:
    """Make an account of somebody who says nothing and sign it in; it sees what such a one may see."""
    _check_is_open(means)
    if not means.policy.is_anonymous_allowed:
        raise refused.AnonymousDisabled
    kept = metadata.of_person(data)
    await _count(means, caller)
    async with means.begin() as session:
        user = await accounts.make_anonymous(session, user_metadata=kept)
        return await _enter(session, means, user, method=Method.ANONYMOUS, caller=caller)


def _check_is_open(means: Accounts) -> None:
    if not means.policy.is_sign_up_open:
        raise refused.SignUpDisabled


async def _count(means: Accounts, caller: Caller) -> None:
    async with means.begin() as session:
        too_many = await allowances.take(
            session,
            "sign_up_address",
            caller.address or "",
            per_hour=ACCOUNTS_FROM_ONE_PLACE_PER_HOUR,
            burst=ACCOUNTS_FROM_ONE_PLACE_AT_ONCE,
        )
    if too_many is not None:
        raise too_many


async def _at_once(means: Accounts, email: str, password: str, *, kept: str, caller: Caller) -> Opened:
    hashed = await means.passwords.hash(password)
    async with means.begin() as session:
        user = await accounts.make(
            session, email, hashed=hashed, app_metadata=metadata.of_service(), user_metadata=kept
        )
        return await _enter(session, means, user, method=Method.PASSWORD, caller=caller)


async def _enter(session: Session, means: Accounts, user: User, *, method: Method, caller: Caller) -> Opened:
    entered = await opening.mark_proven(session, user.id)
    if entered is None:
        raise refused.Banned
    proofs = [methods.proof(method)]
    return await opening.open_one(session, means, entered, proofs=proofs, action="sign_up", caller=caller)


async def _to_be_confirmed(
    means: Accounts, email: str, password: str, *, kept: str, ends: Return, caller: Caller
) -> Account:
    async with means.begin() as session:
        user = await accounts.by_email(session, email)
    # One hash in every case, so that its time tells nothing.
    hashed, is_same = None, False
    if user is None or user.email_confirmed_at is not None:
        hashed = await means.passwords.hash(password)
    else:
        is_same = await means.passwords.verify(password, user.encrypted_password)
    async with means.begin() as session:
        found: Account | None = None
        refusal: CareError | None = await mailing.allow(session, means, to=email, kind=Kind.CONFIRMATION, caller=caller)
        if refusal is None and user is None:
            found = await _made(session, means, email, hashed=hashed, kept=kept, ends=ends, caller=caller)
        elif refusal is None and user is not None:
            await _asked_again(session, means, user, is_same=is_same, ends=ends, caller=caller)
    if refusal is not None:
        raise refusal
    return found or _looks_new(email, kept=kept)


async def _made(
    session: Session, means: Accounts, email: str, *, hashed: str | None, kept: str, ends: Return, caller: Caller
) -> Account:
    user = await accounts.make(
        session,
        email,
        hashed=hashed,
        app_metadata=metadata.of_service(),
        user_metadata=kept,
        is_confirmed=False,
    )
    await new_devices.keep_maker(session, user.id, caller=caller)
    await mailing.write(session, means, user, to=email, kind=Kind.CONFIRMATION, ends=ends, caller=caller)
    return await accounts.with_ways(session, await accounts.by_id(session, user.id) or user)


async def _asked_again(
    session: Session, means: Accounts, user: User, *, is_same: bool, ends: Return, caller: Caller
) -> None:
    """Somebody signs up with an address that has an account."""
    kind = Kind.ACCOUNT_EXISTS
    if user.email_confirmed_at is None:
        kind = Kind.CONFIRMATION
        # Two passwords for one address that nobody has confirmed: at least one is a stranger's, so neither stays.
        # An invited account holds nothing but what an administrator wrote.
        if is_same:
            await new_devices.keep_maker(session, user.id, caller=caller)
        elif user.invited_at is None:
            await confirming.drop_what_was_left(session, user.id)
    await mailing.write(session, means, user, to=user.email or "", kind=kind, ends=ends, caller=caller)
    # What a new account is answered with is read for this one too: it takes as long.
    await accounts.with_ways(session, await accounts.by_id(session, user.id) or user)


def _looks_new(email: str, *, kept: str) -> Account:
    """What a new account looks like, for an address that has one."""
    now = datetime.now(UTC)
    user_id = uuid.uuid4()
    user = User(
        id=user_id,
        aud="authenticated",
        role="authenticated",
        email=email,
        phone=None,
        encrypted_password=None,
        email_confirmed_at=None,
        confirmed_at=None,
        last_sign_in_at=None,
        app_metadata=json.loads(metadata.of_service()),
        user_metadata=json.loads(kept),
        is_anonymous=False,
        banned_until=None,
        created_at=now,
        updated_at=now,
        confirmation_sent_at=now,
    )
    said = {"sub": str(user_id), "email": email, "email_verified": False, "phone_verified": False}
    identity = AccountIdentity(
        id=uuid.uuid4(),
        provider="email",
        provider_id=str(user_id),
        identity_data=said,
        email=email,
        last_sign_in_at=None,
        created_at=now,
        updated_at=now,
    )
    return Account(user=user, identities=[identity])
