"""Which account somebody has whom an outside provider has proven, and the ways into an account.

In charge of the rules of linking. Known by the provider's own name for the person, never by an address alone: an
address links only where the provider has verified it, is believed, and it was proven here too. An account that
nobody has proven yet goes to whoever proves its address, without what somebody else may have put into it.
"""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any, Final
from uuid import UUID

from carebase.audit import log as audit
from carebase.auth import accounts, addresses, confirming, mailing, metadata, oauth_refused, opening, refused, users
from carebase.auth.accounts import Accounts
from carebase.auth.callers import Caller
from carebase.auth.oauth_providers import Provider
from carebase.auth.users import User
from carebase.database import queries
from carebase.database.session import Session
from carebase.mail.messages import Kind

SQL = queries.beside(__file__)

SAID: Final = ("name", "given_name", "family_name", "preferred_username", "locale", "picture")
"""What a provider says of a person that is kept."""
LONGEST_SAID: Final = 500
"""Characters of each."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Proven:
    """A person as an outside provider has proven it."""

    provider: str
    subject: str
    """The provider's own name for the person, which never changes."""
    email: str | None
    is_email_verified: bool
    """By the provider, where it is believed."""
    said: Mapping[str, Any]
    """As clients of GoTrue read it."""

    def __repr__(self) -> str:
        return f"Proven({self.provider})"


def of_claims(provider: Provider, claims: Mapping[str, Any]) -> Proven:
    """The person of a verified token."""
    email = _address(claims.get("email"))
    is_verified = email is not None and provider.is_email_trusted and claims.get("email_verified") in {True, "true"}
    kept = {
        name: value[:LONGEST_SAID]
        for name in SAID
        if isinstance(value := claims.get(name), str) and value.isprintable()
    }
    said = {
        "iss": provider.issuer,
        "sub": claims["sub"],
        "provider_id": claims["sub"],
        "email": email,
        "email_verified": is_verified,
        "phone_verified": False,
        "full_name": kept.get("name"),
        "avatar_url": kept.get("picture"),
        **kept,
    }
    return Proven(
        provider=provider.name,
        subject=claims["sub"],
        email=email,
        is_email_verified=is_verified,
        said={name: value for name, value in said.items() if value is not None},
    )


async def enter(session: Session, means: Accounts, proven: Proven, *, caller: Caller) -> User:
    """The account of a proven person, marked as signed in: the one of this identity, one that it links to, or a new
    one.

    Banned, AddressNotProvided, AddressNotVerified, AccountNotLinked, SignUpDisabled.
    """
    await session.run(SQL["free_identity"], provider=proven.provider, subject=proven.subject)
    user_id = await session.value(
        SQL["use_identity"], provider=proven.provider, subject=proven.subject, said=json.dumps(proven.said)
    )
    if user_id is None:
        user_id = await _found_or_made(session, means, proven, caller=caller)
    entered = await opening.mark_proven(session, user_id)
    if entered is None:
        raise refused.Banned
    return entered


async def link(session: Session, means: Accounts, proven: Proven, *, user_id: UUID, caller: Caller) -> User:
    """Make the identity a way into an account whose holder asked for it, and tell the account's address.

    IdentityExists when it is one already, of this account or another.
    """
    await session.run(SQL["free_identity"], provider=proven.provider, subject=proven.subject)
    user = await accounts.by_id(session, user_id)
    if user is None or user.is_banned(datetime.now(UTC)):
        raise refused.Banned
    if user.email is None:
        await _adopt_address(session, proven, user_id=user_id)
    await _keep_identity(session, proven, user_id=user_id)
    await _record(session, "link_identity", user_id, provider=proven.provider, caller=caller)
    linked = await opening.mark_proven(session, user_id)
    if linked is None:
        raise refused.Banned
    await mailing.tell(session, means, linked, kind=Kind.IDENTITY_ADDED, at=users.rfc3339(datetime.now(UTC)))
    return linked


async def name_providers(session: Session, user_id: UUID) -> None:
    """Say in the account's metadata by what it signs in, as it is now."""
    await session.run(SQL["name_providers"], user_id=user_id)


async def _found_or_made(session: Session, means: Accounts, proven: Proven, *, caller: Caller) -> UUID:
    if proven.email is None:
        raise oauth_refused.AddressNotProvided
    existing = await accounts.by_email(session, proven.email)
    if existing is None:
        return await _made(session, means, proven, email=proven.email, caller=caller)
    if not proven.is_email_verified:
        # Where addresses count as confirmed at once, signing up tells as much; elsewhere every address is answered so.
        is_told = means.policy.is_confirmed_at_once
        raise oauth_refused.AccountNotLinked if is_told else oauth_refused.AddressNotVerified
    if existing.confirmed_at is None:
        # What somebody may have put into it who never proved the address is dropped.
        await confirming.confirm(session, existing, is_own=False)
    elif existing.email_confirmed_at is None or means.policy.is_confirmed_at_once:
        # Nobody has proven here that the address is the account's: whoever made it may be waiting for its owner.
        raise oauth_refused.AccountNotLinked
    await _keep_identity(session, proven, user_id=existing.id)
    await _record(session, "link_identity", existing.id, provider=proven.provider, caller=caller)
    await mailing.tell(session, means, existing, kind=Kind.IDENTITY_ADDED, at=users.rfc3339(datetime.now(UTC)))
    return existing.id


async def _made(session: Session, means: Accounts, proven: Proven, *, email: str, caller: Caller) -> UUID:
    if not proven.is_email_verified and not means.policy.is_confirmed_at_once:
        raise oauth_refused.AddressNotVerified
    if not means.policy.is_sign_up_open:
        raise refused.SignUpDisabled
    user_id: UUID | None = await session.value(
        SQL["make"],
        email=email,
        app_metadata=metadata.of_service(providers=[proven.provider]),
        user_metadata=_person(proven),
    )
    if user_id is None:
        raise oauth_refused.AccountNotLinked
    await _keep_identity(session, proven, user_id=user_id)
    await _record(session, "sign_up", user_id, provider=proven.provider, caller=caller)
    return user_id


async def _adopt_address(session: Session, proven: Proven, *, user_id: UUID) -> None:
    """An account without an address gets the identity's."""
    if proven.email is None or not proven.is_email_verified:
        raise oauth_refused.AddressNotVerified
    if await session.value(SQL["adopt_address"], user_id=user_id, email=proven.email) is None:
        raise refused.EmailExists


async def _keep_identity(session: Session, proven: Proven, *, user_id: UUID) -> None:
    kept = await session.value(
        SQL["keep_identity"],
        user_id=user_id,
        provider=proven.provider,
        subject=proven.subject,
        said=json.dumps(proven.said),
    )
    if kept is None:
        raise oauth_refused.IdentityExists
    await name_providers(session, user_id)


async def _record(session: Session, action: str, user_id: UUID, *, provider: str, caller: Caller) -> None:
    await audit.record(
        session,
        action,
        accounts.USERS,
        keys=[str(user_id)],
        request_id=caller.request_id,
        details={"provider": provider, "address": caller.address},
    )


def _person(proven: Proven) -> str:
    """What a new account says of its person; of a provider's words only those that fit."""
    return metadata.of_person({name: proven.said.get(name) for name in ("name", "full_name", "email", "picture")})


def _address(given: object) -> str | None:
    if not isinstance(given, str):
        return None
    try:
        return addresses.normal(given)
    except refused.NotValid:
        return None
