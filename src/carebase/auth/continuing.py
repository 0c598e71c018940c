"""A session goes on with its refresh token."""

from __future__ import annotations

from datetime import UTC, datetime

from carebase.audit import log as audit
from carebase.auth import accounts, devices, opening, refused
from carebase.auth.accounts import Accounts
from carebase.auth.callers import Caller
from carebase.auth.opening import Opened
from carebase.auth.users import User
from carebase.database.session import Session
from carebase.errors import CareError


async def by_refresh_token(means: Accounts, token: str, *, caller: Caller) -> Opened:
    """Continue a session; a refresh token that was used before ends it for everybody."""
    async with means.begin() as session:
        outcome = await devices.go_on(session, token, secret=means.secret)
        if isinstance(outcome, devices.Continued):
            user = await accounts.by_id(session, outcome.device.user_id)
            opened = await _continued(session, means, user, outcome=outcome)
            refusal: CareError = refused.Banned()
        else:
            opened, refusal = None, outcome.refusal
        if opened is None and outcome.device is not None:
            await accounts.speak_as(session, outcome.device.user_id, outcome.device.id)
            await audit.record(
                session,
                "refresh_refused",
                "auth.sessions",
                keys=[str(outcome.device.id)],
                request_id=caller.request_id,
                details={"reason": refusal.code, "address": caller.address},
            )
    if opened is None:
        raise refusal
    return opened


async def _continued(
    session: Session, means: Accounts, user: User | None, *, outcome: devices.Continued
) -> Opened | None:
    device = outcome.device
    if user is None or user.is_banned(datetime.now(UTC)):
        await devices.end(session, device.user_id, session_id=device.id, scope=devices.Scope.LOCAL)
        return None
    access = means.tokens.issue(user, session_id=device.id, aal=device.aal, amr=device.proofs)
    account = await accounts.with_ways(session, user)
    return opening.of(means, account, session_id=device.id, access_token=access, refresh_token=outcome.token)
