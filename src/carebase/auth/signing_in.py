"""People come in by their password."""

from __future__ import annotations

from datetime import UTC, datetime

from carebase.auth import accounts, addresses, attempts, methods, opening, refused
from carebase.auth.accounts import Accounts
from carebase.auth.callers import Caller
from carebase.auth.methods import Method
from carebase.auth.opening import Opened
from carebase.auth.users import User


async def by_password(means: Accounts, email: str, password: str, *, caller: Caller) -> Opened:
    """A session for the right password; for an address without an account the same answer as for a
    wrong password, as slowly."""
    email = addresses.normal(email)
    async with means.begin() as session:
        too_many = await attempts.take(session, email=email, address=caller.address)
        user = await accounts.by_email(session, email)
        if too_many is not None:
            await accounts.record_refusal(session, user, reason="too many tries", caller=caller)
    if too_many is not None:
        raise too_many
    kept = user.encrypted_password if user else None
    is_right = await means.passwords.verify(password, kept)
    rehashed = None
    if is_right and kept is not None and means.passwords.is_outdated(kept):
        rehashed = await means.passwords.hash(password)
    async with means.begin() as session:
        entered = (
            await opening.mark_signed_in(session, user, compared=kept, rehashed=rehashed) if user and is_right else None
        )
        if entered is not None:
            await attempts.forget(session, email=email, address=caller.address)
            proofs = [methods.proof(Method.PASSWORD)]
            return await opening.open_one(session, means, entered, proofs=proofs, action="sign_in", caller=caller)
        is_disabled = is_right and user is not None and user.is_banned(datetime.now(UTC))
        reason = "disabled" if is_disabled else "credentials"
        await accounts.record_refusal(session, user, reason=reason, caller=caller)
    raise refused.Banned if is_disabled else refused.InvalidCredentials


async def check_current(means: Accounts, user: User, current: str | None, *, caller: Caller) -> None:
    """Nothing when this is the account's password; CurrentPasswordNeeded, TooManyTries or InvalidCredentials
    otherwise, counted and on record like a sign-in."""
    if current is None:
        raise refused.CurrentPasswordNeeded
    email = user.email or ""
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
