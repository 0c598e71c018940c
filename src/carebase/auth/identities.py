"""The ways into the own account, taken away again by the person."""

from __future__ import annotations

from datetime import UTC, datetime
from uuid import UUID

from carebase.audit import log as audit
from carebase.auth import accounts, devices, levels, mailing, oauth_accounts, oauth_refused, users
from carebase.auth.accounts import Accounts
from carebase.auth.callers import Caller
from carebase.database import queries
from carebase.database.identity import Identity
from carebase.mail.messages import Kind

SQL = queries.beside(__file__)


async def unlink(means: Accounts, identity: Identity, *, identity_id: UUID, caller: Caller) -> None:
    """Take an outside identity off the own account and sign every other device out.

    It needs a recent proof. IdentityNotFound, SingleIdentity for the last one, AddressNotDeletable for the account's
    own address.
    """
    async with means.begin() as session:
        user, held = await levels.hold(session, identity)
        levels.demand_fresh(held, identity)
        ways = (await accounts.with_ways(session, user)).identities
        way = next((each for each in ways if each.id == identity_id), None)
        if len(ways) <= 1:
            raise oauth_refused.SingleIdentity
        if way is None:
            raise oauth_refused.IdentityNotFound
        if way.provider in {"email", "phone"}:
            raise oauth_refused.AddressNotDeletable
        await session.run(SQL["drop"], identity_id=identity_id, user_id=user.id)
        await oauth_accounts.name_providers(session, user.id)
        # Whoever came in by it may be the reason why it goes.
        await devices.end(session, user.id, session_id=held.id, scope=devices.Scope.OTHERS)
        await accounts.speak_as(session, user.id, held.id)
        await audit.record(
            session,
            "unlink_identity",
            accounts.USERS,
            keys=[str(user.id)],
            request_id=caller.request_id,
            details={"provider": way.provider, "address": caller.address},
        )
        await mailing.tell(session, means, user, kind=Kind.IDENTITY_REMOVED, at=users.rfc3339(datetime.now(UTC)))
