"""Devices are signed out by the person they belong to."""

from __future__ import annotations

from carebase.audit import log as audit
from carebase.auth import accounts, devices
from carebase.auth.accounts import Accounts
from carebase.auth.callers import Caller
from carebase.database.identity import Identity


async def sign_out(means: Accounts, identity: Identity, *, scope: devices.Scope, caller: Caller) -> None:
    """Sign devices out; their tokens are refused from the next request on."""
    async with means.begin() as session:
        user = await accounts.signed_in(session, identity)
        session_id = accounts.session_id_of(identity)
        await devices.end(session, user.id, session_id=session_id, scope=scope)
        await accounts.speak_as(session, user.id, session_id)
        await audit.record(
            session,
            "sign_out",
            accounts.USERS,
            keys=[str(user.id)],
            request_id=caller.request_id,
            details={"scope": scope.value, "address": caller.address},
        )
