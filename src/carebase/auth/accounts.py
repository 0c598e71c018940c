"""Accounts: made, signed in to, continued, changed and signed out of.

In charge of the steps and of their order in transactions. A password is compared while no connection is
held; what was decided is committed and on record before a refusal is raised. What an account may see
is not decided here but by row policies.
"""

from __future__ import annotations

import json
import time
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any, Final
from uuid import UUID

from carebase.audit import log as audit
from carebase.auth import addresses, attempts, devices, passwords, refused
from carebase.auth.passwords import Passwords
from carebase.auth.tokens import SignedIn, Tokens
from carebase.auth.users import AccountIdentity, User
from carebase.database import queries
from carebase.database import session as sessions
from carebase.database.identity import Identity
from carebase.database.pool import Login, Pools
from carebase.database.session import Session
from carebase.errors import CareError

SQL = queries.beside(__file__)

USERS: Final = "auth.users"
GRANTED_ROLES: Final = frozenset({"attending", "nurse", "specialist", "admin", "patient"})
"""Clinical roles that an administrator may give an account."""
LONGEST_METADATA_BYTES: Final = 4096
"""It travels in every token."""
LONGEST_USER_AGENT: Final = 300


@dataclass(frozen=True, slots=True, kw_only=True)
class Caller:
    """From where an account is used."""

    address: str | None
    user_agent: str | None = None
    request_id: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class Account:
    """An account with its ways in."""

    user: User
    identities: list[AccountIdentity]


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

    def __repr__(self) -> str:
        return f"Opened({self.session_id})"


class Accounts:
    """The accounts of one deployment; `close` ends its threads."""

    def __init__(
        self,
        pools: Pools,
        *,
        tokens: Tokens,
        secret: str,
        sign_up: bool = True,
        hashing: Passwords | None = None,
    ) -> None:
        self._pool = pools[Login.AUTH_SERVICE]
        self._tokens = tokens
        self._secret = secret
        self._passwords = hashing or Passwords()
        self._sign_up = sign_up

    def close(self) -> None:
        """End the threads that hash."""
        self._passwords.close()

    async def sign_up(self, email: str, password: str, *, data: Mapping[str, Any], caller: Caller) -> Opened:
        """Make an account and sign it in. What `data` says about a role is a request that an
        administrator may grant; it gives no access."""
        if not self._sign_up:
            raise refused.SignUpDisabled
        email = addresses.normal(email)
        passwords.check(password, email=email)
        metadata = _metadata(data)
        hashed = await self._passwords.hash(password)
        async with sessions.begin_as_login(self._pool) as session:
            user = await self._make(
                session, email, hashed=hashed, app_metadata=_app_metadata(None), user_metadata=metadata
            )
            entered = await session.one(SQL["mark_signed_in"], User, user_id=user.id, compared=hashed, rehashed=None)
            return await self._open(session, entered, action="sign_up", caller=caller)

    async def create_with_role(self, email: str, password: str, *, role: str) -> Account:
        """Make an account with a clinical role, for an administrator at the command line."""
        _check_role(role)
        email = addresses.normal(email)
        passwords.check(password, email=email)
        hashed = await self._passwords.hash(password)
        async with sessions.begin_as_login(self._pool) as session:
            user = await self._make(session, email, hashed=hashed, app_metadata=_app_metadata(role), user_metadata="{}")
            await audit.record(session, "create_account", USERS, keys=[str(user.id)], details={"role": role})
            return await _account(session, user)

    async def grant(self, email: str, *, role: str) -> User:
        """Give an account a clinical role; NotFound when nobody has this address.

        Whoever is signed in with it gets the role with the next refresh.
        """
        _check_role(role)
        async with sessions.begin_as_login(self._pool) as session:
            user = await session.one(SQL["grant_role"], User, email=addresses.normal(email), role=role)
            await audit.record(session, "grant_role", USERS, keys=[str(user.id)], details={"role": role})
            return user

    async def everybody(self) -> list[User]:
        """Every account, the oldest first."""
        async with sessions.begin_as_login(self._pool) as session:
            return await session.all(SQL["everybody"], User)

    async def sign_in(self, email: str, password: str, *, caller: Caller) -> Opened:
        """A session for the right password; for an address without an account the same answer as for a
        wrong password, as slowly."""
        email = addresses.normal(email)
        async with sessions.begin_as_login(self._pool) as session:
            too_many = await attempts.take(session, email=email, address=caller.address)
            user = await session.maybe(SQL["by_email"], User, email=email)
            if too_many is not None:
                await _record_refusal(session, user, reason="too many tries", caller=caller)
        if too_many is not None:
            raise too_many
        kept = user.encrypted_password if user else None
        is_right = await self._passwords.verify(password, kept)
        rehashed = None
        if is_right and kept is not None and self._passwords.is_outdated(kept):
            rehashed = await self._passwords.hash(password)
        async with sessions.begin_as_login(self._pool) as session:
            entered = (
                await session.maybe(SQL["mark_signed_in"], User, user_id=user.id, compared=kept, rehashed=rehashed)
                if user and is_right
                else None
            )
            if entered is not None:
                await attempts.forget(session, email=email, address=caller.address)
                return await self._open(session, entered, action="sign_in", caller=caller)
            is_disabled = is_right and user is not None and user.is_banned(datetime.now(UTC))
            reason = "disabled" if is_disabled else "credentials"
            await _record_refusal(session, user, reason=reason, caller=caller)
        raise refused.Banned if is_disabled else refused.InvalidCredentials

    async def refresh(self, token: str, *, caller: Caller) -> Opened:
        """Continue a session; a refresh token that was used before ends it for everybody."""
        async with sessions.begin_as_login(self._pool) as session:
            outcome = await devices.go_on(session, token, secret=self._secret)
            if isinstance(outcome, devices.Continued):
                user = await session.maybe(SQL["by_id"], User, user_id=outcome.device.user_id)
                opened = await self._continued(session, user, outcome=outcome)
                refusal: CareError = refused.Banned()
            else:
                opened, refusal = None, outcome.refusal
            if opened is None and outcome.device is not None:
                await _speak_as(session, outcome.device.user_id, outcome.device.id)
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

    async def read(self, identity: Identity) -> Account:
        """The account of a verified token, while its session lasts."""
        async with sessions.begin_as_login(self._pool) as session:
            return await _account(session, await _signed_in(session, identity))

    async def change(
        self,
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
        async with sessions.begin_as_login(self._pool) as session:
            user = await _signed_in(session, identity)
        hashed = None
        if password is not None:
            await self._check_current(user, current_password, caller=caller)
            passwords.check(password, email=user.email or "")
            if await self._passwords.verify(password, user.encrypted_password):
                raise refused.SamePassword
            hashed = await self._passwords.hash(password)
        metadata = None if data is None else _metadata({**user.user_metadata, **data})
        async with sessions.begin_as_login(self._pool) as session:
            await _signed_in(session, identity)
            changed = await session.maybe(
                SQL["change"],
                User,
                user_id=user.id,
                hashed=hashed,
                user_metadata=metadata,
                compared=user.encrypted_password,
            )
            if changed is None:
                raise refused.SessionNotFound
            session_id = _session_id(identity)
            await _speak_as(session, user.id, session_id)
            if hashed is not None:
                await devices.end(session, user.id, session_id=session_id, scope=devices.Scope.OTHERS)
            await audit.record(
                session,
                "change_account" if hashed is None else "change_password",
                USERS,
                keys=[str(user.id)],
                request_id=caller.request_id,
                details={"address": caller.address},
            )
            return await _account(session, changed)

    async def sign_out(self, identity: Identity, *, scope: devices.Scope, caller: Caller) -> None:
        """Sign devices out; their tokens are refused from the next request on."""
        async with sessions.begin_as_login(self._pool) as session:
            user = await _signed_in(session, identity)
            session_id = _session_id(identity)
            await devices.end(session, user.id, session_id=session_id, scope=scope)
            await _speak_as(session, user.id, session_id)
            await audit.record(
                session,
                "sign_out",
                USERS,
                keys=[str(user.id)],
                request_id=caller.request_id,
                details={"scope": scope.value, "address": caller.address},
            )

    async def _make(self, session: Session, email: str, *, hashed: str, app_metadata: str, user_metadata: str) -> User:
        user = await session.maybe(
            SQL["make"],
            User,
            email=email,
            hashed=hashed,
            app_metadata=app_metadata,
            user_metadata=user_metadata,
        )
        if user is None:
            raise refused.UserExists
        identity = {"sub": str(user.id), "email": email, "email_verified": True, "phone_verified": False}
        await session.run(SQL["make_identity"], user_id=user.id, identity=json.dumps(identity))
        return user

    async def _check_current(self, user: User, current: str | None, *, caller: Caller) -> None:
        if current is None:
            raise refused.CurrentPasswordNeeded
        email = user.email or ""
        async with sessions.begin_as_login(self._pool) as session:
            too_many = await attempts.take(session, email=email, address=caller.address)
        if too_many is not None:
            raise too_many
        is_right = await self._passwords.verify(current, user.encrypted_password)
        async with sessions.begin_as_login(self._pool) as session:
            if is_right:
                await attempts.forget(session, email=email, address=caller.address)
            else:
                await _record_refusal(session, user, reason="current password", caller=caller)
        if not is_right:
            raise refused.InvalidCredentials

    async def _open(self, session: Session, user: User, *, action: str, caller: Caller) -> Opened:
        proofs = [SignedIn(method="password", timestamp=int(time.time()))]
        # A browser may call itself anything; what cannot be printed is not kept.
        agent = "".join(filter(str.isprintable, caller.user_agent or ""))[:LONGEST_USER_AGENT] or None
        session_id, refresh_token = await devices.open_one(
            session, user.id, proofs=proofs, user_agent=agent, address=caller.address
        )
        await session.run(SQL["mark_identity"], user_id=user.id)
        await _speak_as(session, user.id, session_id)
        await audit.record(
            session,
            action,
            USERS,
            keys=[str(user.id)],
            request_id=caller.request_id,
            details={"address": caller.address},
        )
        access = self._tokens.issue(user, session_id=session_id, aal="aal1", amr=proofs)
        account = await _account(session, user)
        return self._opened(account, session_id, access_token=access, refresh_token=refresh_token)

    async def _continued(self, session: Session, user: User | None, *, outcome: devices.Continued) -> Opened | None:
        device = outcome.device
        if user is None or user.is_banned(datetime.now(UTC)):
            await devices.end(session, device.user_id, session_id=device.id, scope=devices.Scope.LOCAL)
            return None
        access = self._tokens.issue(user, session_id=device.id, aal=device.aal, amr=device.proofs)
        account = await _account(session, user)
        return self._opened(account, device.id, access_token=access, refresh_token=outcome.token)

    def _opened(self, account: Account, session_id: UUID, *, access_token: str, refresh_token: str) -> Opened:
        life = self._tokens.life_seconds
        return Opened(
            account=account,
            session_id=session_id,
            access_token=access_token,
            refresh_token=refresh_token,
            expires_in_seconds=life,
            expires_at=int(time.time()) + life,
        )


async def _account(session: Session, user: User) -> Account:
    identities = await session.all(SQL["identities"], AccountIdentity, user_id=user.id)
    return Account(user=user, identities=identities)


async def _signed_in(session: Session, identity: Identity) -> User:
    found = await session.maybe(SQL["of_session"], User, user_id=identity.user_id, session_id=_session_id(identity))
    if found is None:
        raise refused.SessionNotFound
    if found.is_banned(datetime.now(UTC)):
        raise refused.Banned
    return found


def _session_id(identity: Identity) -> UUID:
    # A verified token of a person always names its session.
    return UUID(identity.claims["session_id"])


async def _speak_as(session: Session, user_id: UUID, session_id: UUID) -> None:
    await session.run(SQL["speak_as"], user_id=user_id, session_id=session_id)


async def _record_refusal(session: Session, user: User | None, *, reason: str, caller: Caller) -> None:
    # The address typed may be a password in the wrong field, so it is never kept.
    await audit.record(
        session,
        "sign_in_refused",
        USERS,
        keys=[] if user is None else [str(user.id)],
        request_id=caller.request_id,
        details={"reason": reason, "address": caller.address},
    )


def _check_role(role: str) -> None:
    if role not in GRANTED_ROLES:
        raise refused.NotValid(details=f"{role} is no role; there are {', '.join(sorted(GRANTED_ROLES))}.")


def _app_metadata(role: str | None) -> str:
    provider: dict[str, object] = {"provider": "email", "providers": ["email"]}
    return json.dumps(provider if role is None else {**provider, "role": role})


def _metadata(given: Mapping[str, Any]) -> str:
    text = json.dumps({key: value for key, value in given.items() if value is not None})
    if len(text) > LONGEST_METADATA_BYTES:
        raise refused.NotValid(details=f"data is larger than {LONGEST_METADATA_BYTES} bytes.")
    return text
