"""The accounts of one deployment: what every step on them shares.

In charge of the means (pool, tokens, passwords, rules), of finding and making an account, of who speaks in a
transaction, and of the record of a refused sign-in. The steps are modules of their own: `signing_up`,
`signing_in`, `continuing`, `own_account`, `signing_out`, `administration`. A password is compared while no
connection is held; what was decided is committed and on record before a refusal is raised. What an account
may see is not decided here but by row policies.
"""

from __future__ import annotations

import json
import math
from collections.abc import Mapping
from contextlib import AbstractAsyncContextManager
from dataclasses import dataclass, field
from datetime import UTC, datetime
from typing import Final
from uuid import UUID

from carebase.audit import log as audit
from carebase.auth import refused
from carebase.auth.callers import Caller
from carebase.auth.passwords import Passwords
from carebase.auth.policy import Policy
from carebase.auth.tokens import SignedIn, Tokens
from carebase.auth.users import AccountIdentity, Factor, User
from carebase.database import queries
from carebase.database import session as sessions
from carebase.database.identity import Identity
from carebase.database.pool import Login, Pools
from carebase.database.session import Session

SQL = queries.beside(__file__)

USERS: Final = "auth.users"


@dataclass(frozen=True, slots=True, kw_only=True)
class Account:
    """An account with its ways in."""

    user: User
    identities: list[AccountIdentity]
    factors: list[Factor] = field(default_factory=list)


class Accounts:
    """The means by which steps on accounts are done; `close` ends its threads."""

    def __init__(
        self,
        pools: Pools,
        *,
        tokens: Tokens,
        secret: str,
        policy: Policy | None = None,
        hashing: Passwords | None = None,
    ) -> None:
        self._pool = pools[Login.AUTH_SERVICE]
        self.tokens = tokens
        self.secret: Final = secret
        self.policy = policy or Policy()
        self.passwords = hashing or Passwords()

    def begin(self) -> AbstractAsyncContextManager[Session]:
        """A transaction of the accounts service."""
        return sessions.begin_as_login(self._pool)

    def close(self) -> None:
        """End the threads that hash."""
        self.passwords.close()


async def by_email(session: Session, email: str) -> User | None:
    """The account with this address."""
    return await session.maybe(SQL["by_email"], User, email=email)


async def by_phone(session: Session, phone: str) -> User | None:
    """The account with this number."""
    return await session.maybe(SQL["by_phone"], User, phone=phone)


async def by_id(session: Session, user_id: UUID) -> User | None:
    """The account of this id, as it is after what the transaction has done to it."""
    return await session.maybe(SQL["by_id"], User, user_id=user_id)


async def with_ways(session: Session, user: User) -> Account:
    """The account with its identities and second factors."""
    async with session.together() as ask:
        identities = ask.all(SQL["identities"], AccountIdentity, user_id=user.id)
        factors = ask.all(SQL["factors"], Factor, user_id=user.id)
    return Account(user=user, identities=identities.brought, factors=factors.brought)


async def signed_in(session: Session, identity: Identity, *, level: str | None = None) -> User:
    """The account of a verified token, while its session lasts and is at the level the token says, or at the one
    given; SessionNotFound or Banned otherwise."""
    found = await session.maybe(
        SQL["of_session"],
        User,
        user_id=identity.user_id,
        session_id=session_id_of(identity),
        aal=level or level_of(identity),
    )
    if found is None:
        raise refused.SessionNotFound
    if found.is_banned(datetime.now(UTC)):
        raise refused.Banned
    return found


def session_id_of(identity: Identity) -> UUID:
    """The session of a person's token; a verified one always names it."""
    return UUID(identity.claims["session_id"])


def level_of(identity: Identity) -> str:
    """The level of assurance a person's token says: `aal1` or `aal2`."""
    return str(identity.claims.get("aal", "aal1"))


def proofs_of(identity: Identity) -> list[SignedIn]:
    """By what means a person's token says it was proven; what a client could not have got from here is left out."""
    return [
        SignedIn(method=str(entry["method"]), timestamp=int(entry["timestamp"]))
        for entry in identity.claims.get("amr", ())
        if isinstance(entry, Mapping) and "method" in entry and _is_time(entry.get("timestamp"))
    ]


def _is_time(given: object) -> bool:
    return isinstance(given, int | float) and not isinstance(given, bool) and math.isfinite(given)


async def make(
    session: Session,
    email: str,
    *,
    hashed: str | None,
    app_metadata: str,
    user_metadata: str,
    is_confirmed: bool = True,
) -> User:
    """A new account with the address as its way in; UserExists when there is one."""
    user = await session.maybe(
        SQL["make"],
        User,
        email=email,
        hashed=hashed,
        is_confirmed=is_confirmed,
        app_metadata=app_metadata,
        user_metadata=user_metadata,
    )
    if user is None:
        raise refused.UserExists
    await _make_identity(session, user.id, provider="email", said={"email": email, "email_verified": is_confirmed})
    return user


async def make_by_phone(
    session: Session, phone: str, *, hashed: str | None, app_metadata: str, user_metadata: str
) -> User:
    """A new account with the number as its way in; UserExists when there is one."""
    user_id: UUID | None = await session.value(
        SQL["make_by_phone"], phone=phone, hashed=hashed, app_metadata=app_metadata, user_metadata=user_metadata
    )
    if user_id is None:
        raise refused.UserExists
    await _make_identity(session, user_id, provider="phone", said={"phone": phone, "phone_verified": True})
    return await _made(session, user_id)


async def make_anonymous(session: Session, *, user_metadata: str) -> User:
    """A new account of somebody who says nothing; a session is its only way in."""
    return await _made(session, await session.value(SQL["make_anonymous"], user_metadata=user_metadata))


async def _made(session: Session, user_id: UUID) -> User:
    return await session.one(SQL["by_id"], User, user_id=user_id)


async def _make_identity(session: Session, user_id: UUID, *, provider: str, said: dict[str, object]) -> None:
    identity = {"sub": str(user_id), "email_verified": False, "phone_verified": False, **said}
    await session.run(SQL["make_identity"], user_id=user_id, provider=provider, identity=json.dumps(identity))


async def speak_as(session: Session, user_id: UUID, session_id: UUID) -> None:
    """Say who acts in what this transaction puts on record."""
    await session.run(SQL["speak_as"], user_id=user_id, session_id=session_id)


async def record_refusal(session: Session, user: User | None, *, reason: str, caller: Caller) -> None:
    """Put a refused sign-in on record; None where nobody has the address."""
    # The address typed may be a password in the wrong field, so it is never kept.
    await audit.record(
        session,
        "sign_in_refused",
        USERS,
        keys=[] if user is None else [str(user.id)],
        request_id=caller.request_id,
        details={"reason": reason, "address": caller.address},
    )
