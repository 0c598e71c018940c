"""People come in by their password, under the address or the number that names their account."""

from __future__ import annotations

from datetime import UTC, datetime

from carebase.auth import accounts, addresses, attempts, methods, opening, refused
from carebase.auth.accounts import Accounts
from carebase.auth.callers import Caller
from carebase.auth.methods import Method
from carebase.auth.opening import Opened
from carebase.auth.users import User
from carebase.database.session import Session
from carebase.errors import CareError


async def by_password(means: Accounts, email: str, password: str, *, caller: Caller) -> Opened:
    """A session for the right password; for an address without an account the same answer as for a
    wrong password, as slowly. EmailNotConfirmed only for the right one."""
    email = addresses.normal(email)
    async with means.begin() as session:
        user = await accounts.by_email(session, email)
        too_many = await _count(session, user, name=email, caller=caller)
    if too_many is not None:
        raise too_many
    refusal = refused.EmailNotConfirmed() if user is not None and user.email_confirmed_at is None else None
    return await _compared(means, user, password, name=email, unconfirmed=refusal, caller=caller)


async def by_phone(means: Accounts, phone: str, password: str, *, caller: Caller) -> Opened:
    """The same for an account named by a number."""
    if not means.policy.is_phone_allowed:
        raise refused.PhoneDisabled
    phone = addresses.phone(phone)
    async with means.begin() as session:
        user = await accounts.by_phone(session, phone)
        too_many = await _count(session, user, name=phone, caller=caller)
    if too_many is not None:
        raise too_many
    refusal = refused.PhoneNotConfirmed() if user is not None and user.phone_confirmed_at is None else None
    return await _compared(means, user, password, name=phone, unconfirmed=refusal, caller=caller)


async def _count(session: Session, user: User | None, *, name: str, caller: Caller) -> refused.TooManyTries | None:
    too_many = await attempts.take_sign_in(session, user, name=name, caller=caller)
    if too_many is not None:
        await accounts.record_refusal(session, user, reason="too many tries", caller=caller)
    return too_many


async def _compared(
    means: Accounts, user: User | None, password: str, *, name: str, unconfirmed: CareError | None, caller: Caller
) -> Opened:
    kept = user.encrypted_password if user else None
    is_right = await means.passwords.verify(password, kept)
    rehashed = None
    if is_right and kept is not None and means.passwords.is_outdated(kept):
        rehashed = await means.passwords.hash(password)
    async with means.begin() as session:
        may_enter = user is not None and is_right and unconfirmed is None
        entered = (
            await opening.mark_signed_in(session, user, compared=kept, rehashed=rehashed)
            if user is not None and may_enter
            else None
        )
        if entered is not None:
            await attempts.forget_sign_in(session, entered, name=name, caller=caller)
            proofs = [methods.proof(Method.PASSWORD)]
            return await opening.open_one(session, means, entered, proofs=proofs, action="sign_in", caller=caller)
        is_disabled = is_right and user is not None and user.is_banned(datetime.now(UTC))
        refusal: CareError = refused.InvalidCredentials()
        reason = "credentials"
        if is_disabled:
            refusal, reason = refused.Banned(), "disabled"
        elif is_right and unconfirmed is not None:
            refusal, reason = unconfirmed, "not confirmed"
        await accounts.record_refusal(session, user, reason=reason, caller=caller)
    raise refusal


async def check_current(means: Accounts, user: User, current: str | None, *, caller: Caller) -> None:
    """Nothing when this is the account's password; CurrentPasswordNeeded, TooManyTries or InvalidCredentials
    otherwise, counted and on record like a sign-in."""
    if current is None:
        raise refused.CurrentPasswordNeeded
    email = user.email or user.phone or str(user.id)
    async with means.begin() as session:
        too_many = await attempts.take(session, email=email, address=caller.address)
    if too_many is not None:
        raise too_many
    is_right = await means.passwords.verify(current, user.encrypted_password)
    async with means.begin() as session:
        if is_right:
            await attempts.forget(session, email=email, address=caller.address)
        else:
            await accounts.record_refusal(session, user, reason="current password", caller=caller)
    if not is_right:
        raise refused.InvalidCredentials


async def check_signed_up(means: Accounts, user: User, password: str, *, caller: Caller) -> None:
    """Nothing when this is the password that an unconfirmed account was made with; TooManyTries or
    InvalidCredentials otherwise, counted and on record like a sign-in."""
    name = user.email or ""
    async with means.begin() as session:
        too_many = await _count(session, user, name=name, caller=caller)
    if too_many is not None:
        raise too_many
    is_right = await means.passwords.verify(password, user.encrypted_password)
    async with means.begin() as session:
        if is_right:
            await attempts.forget_sign_in(session, user, name=name, caller=caller)
        else:
            await accounts.record_refusal(session, user, reason="credentials", caller=caller)
    if not is_right:
        raise refused.InvalidCredentials
