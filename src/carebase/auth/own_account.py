"""What a person reads and changes of the own account."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from carebase.audit import log as audit
from carebase.auth import accounts, devices, metadata, passwords, refused, signing_in
from carebase.auth.accounts import Account, Accounts
from carebase.auth.callers import Caller
from carebase.auth.users import User
from carebase.database import queries
from carebase.database.identity import Identity

SQL = queries.beside(__file__)


async def read(means: Accounts, identity: Identity) -> Account:
    """The account of a verified token, while its session lasts."""
    async with means.begin() as session:
        return await accounts.with_ways(session, await accounts.signed_in(session, identity))


async def change(
    means: Accounts,
    identity: Identity,
    *,
    data: Mapping[str, Any] | None,
    password: str | None,
    current_password: str | None,
    caller: Caller,
) -> Account:
    """Change the own account: merge `data` into its metadata (None removes a key), set a password.

    A new password needs the current one and signs every other device out.
    """
    async with means.begin() as session:
        user = await accounts.signed_in(session, identity)
    hashed = None
    if password is not None:
        await signing_in.check_current(means, user, current_password, caller=caller)
        passwords.check(password, email=user.email or "")
        if await means.passwords.verify(password, user.encrypted_password):
            raise refused.SamePassword
        hashed = await means.passwords.hash(password)
    kept = None if data is None else metadata.of_person({**user.user_metadata, **data})
    async with means.begin() as session:
        await accounts.signed_in(session, identity)
        changed = await session.maybe(
            SQL["change"],
            User,
            user_id=user.id,
            hashed=hashed,
            user_metadata=kept,
            compared=user.encrypted_password,
        )
        if changed is None:
            raise refused.SessionNotFound
        session_id = accounts.session_id_of(identity)
        await accounts.speak_as(session, user.id, session_id)
        if hashed is not None:
            await devices.end(session, user.id, session_id=session_id, scope=devices.Scope.OTHERS)
        await audit.record(
            session,
            "change_account" if hashed is None else "change_password",
            accounts.USERS,
            keys=[str(user.id)],
            request_id=caller.request_id,
            details={"address": caller.address},
        )
        return await accounts.with_ways(session, changed)
