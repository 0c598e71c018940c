"""Opens a session for somebody who was proven, by whatever means.

In charge of the one way in: every sign-in ends here, so that the level of assurance, the record and the
answer are the same for a password, a link, a code, an invitation or an outside provider.
"""

from __future__ import annotations

import time
from collections.abc import Sequence
from dataclasses import dataclass
from uuid import UUID

from carebase.audit import log as audit
from carebase.auth import accounts, attempts, devices, methods, new_devices
from carebase.auth.accounts import Account, Accounts
from carebase.auth.callers import Caller
from carebase.auth.tokens import SignedIn
from carebase.auth.users import User
from carebase.database import queries
from carebase.database.session import Session

SQL = queries.beside(__file__)


@dataclass(frozen=True, slots=True, kw_only=True)
class Opened:
    """A session as its holder gets it."""

    account: Account
    session_id: UUID
    access_token: str
    refresh_token: str
    expires_in_seconds: int
    expires_at: int
    """Seconds since 1970."""
    is_password_dropped: bool = False
    """Whether the account had a password that nobody knows to be the holder's, so that another is to be chosen."""

    def __repr__(self) -> str:
        return f"Opened({self.session_id})"


async def mark_signed_in(
    session: Session, user: User, *, compared: str | None, rehashed: str | None = None
) -> User | None:
    """Note the time of a sign-in by password and keep a stronger hash where there is one; None when the
    account changed, or was disabled, while its password was compared."""
    return await session.maybe(SQL["mark_signed_in"], User, user_id=user.id, compared=compared, rehashed=rehashed)


async def mark_proven(session: Session, user_id: UUID) -> User | None:
    """Note the time of a sign-in by anything but a password; None when the account is gone or disabled."""
    found = await session.value(SQL["mark_proven"], user_id=user_id)
    return None if found is None else await accounts.by_id(session, user_id)


async def open_one(
    session: Session, means: Accounts, user: User, *, proofs: Sequence[SignedIn], action: str, caller: Caller
) -> Opened:
    """A new session for the account, on record as `action`; its level follows from the proofs."""
    session_id, refresh_token = await devices.open_one(
        session,
        user.id,
        proofs=proofs,
        policy=means.policy,
        user_agent=caller.printable_agent,
        address=caller.address,
    )
    await session.run(SQL["mark_identity"], user_id=user.id)
    await new_devices.note(session, means, user, caller=caller)
    await attempts.came_in(session, user, caller=caller)
    await accounts.speak_as(session, user.id, session_id)
    await audit.record(
        session,
        action,
        accounts.USERS,
        keys=[str(user.id)],
        request_id=caller.request_id,
        details={"address": caller.address},
    )
    access = means.tokens.issue(user, session_id=session_id, aal=methods.level(proofs), amr=proofs)
    account = await accounts.with_ways(session, user)
    return of(means, account, session_id=session_id, access_token=access, refresh_token=refresh_token)


def of(means: Accounts, account: Account, *, session_id: UUID, access_token: str, refresh_token: str) -> Opened:
    """The session as its holder gets it, with the time its access token is good for."""
    life = means.tokens.life_seconds
    return Opened(
        account=account,
        session_id=session_id,
        access_token=access_token,
        refresh_token=refresh_token,
        expires_in_seconds=life,
        expires_at=int(time.time()) + life,
    )
