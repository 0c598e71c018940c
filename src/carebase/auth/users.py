"""Accounts as the accounts service keeps them and as clients of GoTrue expect to read them.

In charge of the two shapes and of turning one into the other; nothing here reads or writes.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any
from uuid import UUID


@dataclass(frozen=True, slots=True)
class User:
    """One account. Fields in the order of the columns that every query of accounts selects."""

    id: UUID
    aud: str
    role: str
    """The database role; always `authenticated` for people."""
    email: str | None
    phone: str | None
    encrypted_password: str | None
    email_confirmed_at: datetime | None
    confirmed_at: datetime | None
    last_sign_in_at: datetime | None
    app_metadata: Mapping[str, Any]
    """Written by administrators; `role` in it is the clinical role."""
    user_metadata: Mapping[str, Any]
    """Written by the person; never trusted for access."""
    is_anonymous: bool
    banned_until: datetime | None
    created_at: datetime
    updated_at: datetime

    def __repr__(self) -> str:
        return f"User({self.id})"

    def is_banned(self, now: datetime) -> bool:
        """Whether an administrator has disabled the account for the moment."""
        return self.banned_until is not None and self.banned_until > now


@dataclass(frozen=True, slots=True)
class AccountIdentity:
    """One way in which an account proves who it is."""

    id: UUID
    provider: str
    provider_id: str
    identity_data: Mapping[str, Any]
    email: str | None
    last_sign_in_at: datetime | None
    created_at: datetime
    updated_at: datetime

    def __repr__(self) -> str:
        return f"AccountIdentity({self.id})"


def as_json(user: User, identities: list[AccountIdentity]) -> dict[str, Any]:
    """The account in GoTrue's shape: times in RFC 3339, an absent phone as an empty string."""
    return {
        "id": str(user.id),
        "aud": user.aud,
        "role": user.role,
        "email": user.email or "",
        **_times(user, "email_confirmed_at"),
        "phone": user.phone or "",
        **_times(user, "confirmed_at", "last_sign_in_at"),
        "app_metadata": dict(user.app_metadata),
        "user_metadata": dict(user.user_metadata),
        "identities": [_identity_json(user, identity) for identity in identities],
        **_times(user, "created_at", "updated_at"),
        "is_anonymous": user.is_anonymous,
    }


def _identity_json(user: User, identity: AccountIdentity) -> dict[str, Any]:
    return {
        "identity_id": str(identity.id),
        "id": identity.provider_id,
        "user_id": str(user.id),
        "identity_data": dict(identity.identity_data),
        "provider": identity.provider,
        **_times(identity, "last_sign_in_at", "created_at", "updated_at"),
        "email": identity.email or "",
    }


def _times(row: User | AccountIdentity, *names: str) -> dict[str, str]:
    # GoTrue leaves out a time that never came, and clients take null for a parsing failure.
    found = ((name, getattr(row, name)) for name in names)
    return {name: rfc3339(time) for name, time in found if time is not None}


def rfc3339(time: datetime) -> str:
    """A time in UTC to the microsecond.

    >>> rfc3339(datetime(2026, 1, 2, 3, 4, 5, tzinfo=UTC))
    '2026-01-02T03:04:05.000000Z'
    """
    return time.astimezone(UTC).strftime("%Y-%m-%dT%H:%M:%S.%fZ")
