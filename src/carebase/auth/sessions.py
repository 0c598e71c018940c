"""A person sees where it is signed in and ends what it does not know."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from uuid import UUID

from carebase import errors
from carebase.audit import log as audit
from carebase.auth import accounts
from carebase.auth.accounts import Accounts
from carebase.auth.callers import Caller
from carebase.database import queries
from carebase.database.identity import Identity

SQL = queries.beside(__file__)


@dataclass(frozen=True, slots=True, kw_only=True)
class OwnSession:
    """A signed-in device as its person sees it."""

    id: UUID
    aal: str
    user_agent: str | None
    address: str | None
    created_at: datetime
    last_active_at: datetime
    idle_after: datetime
    """When it ends unless it is used before."""
    not_after: datetime
    """When it ends in any case."""
    is_this: bool
    """Whether it is the one that asks."""


async def list_own(means: Accounts, identity: Identity) -> list[OwnSession]:
    """The sessions of the person that are not over, the latest used first."""
    async with means.begin() as session:
        user = await accounts.signed_in(session, identity)
        session_id = accounts.session_id_of(identity)
        return await session.all(SQL["of_user"], OwnSession, user_id=user.id, session_id=session_id)


async def revoke_own(means: Accounts, identity: Identity, session_id: UUID, *, caller: Caller) -> None:
    """End one of the person's sessions; NotFound when it is nobody's or somebody else's.

    Its tokens are refused from the next request on.
    """
    async with means.begin() as session:
        user = await accounts.signed_in(session, identity)
        ended = await session.value(SQL["end"], session_id=session_id, user_id=user.id)
        if ended is None:
            raise errors.NotFound
        await accounts.speak_as(session, user.id, accounts.session_id_of(identity))
        await audit.record(
            session,
            "sign_out",
            accounts.USERS,
            keys=[str(user.id)],
            request_id=caller.request_id,
            details={"scope": "one", "session": str(session_id), "address": caller.address},
        )
