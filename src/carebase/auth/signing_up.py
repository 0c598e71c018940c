"""People make an account themselves."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from carebase.auth import accounts, addresses, metadata, methods, opening, passwords, refused
from carebase.auth.accounts import Accounts
from carebase.auth.callers import Caller
from carebase.auth.methods import Method
from carebase.auth.opening import Opened


async def by_password(means: Accounts, email: str, password: str, *, data: Mapping[str, Any], caller: Caller) -> Opened:
    """Make an account and sign it in. What `data` says about a role is a request that an
    administrator may grant; it gives no access."""
    if not means.policy.is_sign_up_open:
        raise refused.SignUpDisabled
    email = addresses.normal(email)
    passwords.check(password, email=email)
    kept = metadata.of_person(data)
    hashed = await means.passwords.hash(password)
    async with means.begin() as session:
        user = await accounts.make(
            session, email, hashed=hashed, app_metadata=metadata.of_service(), user_metadata=kept
        )
        entered = await opening.mark_signed_in(session, user, compared=hashed)
        if entered is None:
            raise refused.Banned
        proofs = [methods.proof(Method.PASSWORD)]
        return await opening.open_one(session, means, entered, proofs=proofs, action="sign_up", caller=caller)
