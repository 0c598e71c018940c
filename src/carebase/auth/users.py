"""Accounts as the accounts service keeps them and as clients of GoTrue expect to read them.

In charge of the two shapes and of turning one into the other; nothing here reads or writes.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
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
    invited_at: datetime | None = None
    phone_confirmed_at: datetime | None = None
    confirmation_sent_at: datetime | None = None
    recovery_sent_at: datetime | None = None
    email_change: str | None = None
    """The address it asked to change to."""
    email_change_sent_at: datetime | None = None
    email_change_confirm_status: int = 0
    """1 once one of the two addresses has confirmed the change."""
    phone_change: str | None = None
    phone_change_sent_at: datetime | None = None
    reauthentication_sent_at: datetime | None = None
    language: str | None = None
    """`fr`, `en`, or None for the site's."""
    time_zone: str | None = None
    """As the IANA names it; None for the site's."""

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


@dataclass(frozen=True, slots=True)
class Factor:
    """A second factor of an account, without its secret."""

    id: UUID
    friendly_name: str | None
    factor_type: str
    """`totp`, or `codes` for codes on paper."""
    status: str
    """`verified` or `unverified`."""
    last_challenged_at: datetime | None
    created_at: datetime
    updated_at: datetime

    def __repr__(self) -> str:
        return f"Factor({self.id})"


def as_json(user: User, identities: Sequence[AccountIdentity], factors: Sequence[Factor] = ()) -> dict[str, Any]:
    """The account in GoTrue's shape: times in RFC 3339, an absent phone as an empty string."""
    return {
        "id": str(user.id),
        "aud": user.aud,
        "role": user.role,
        "email": user.email or "",
        **_times(user, "email_confirmed_at", "invited_at"),
        "phone": user.phone or "",
        **_times(user, "phone_confirmed_at", "confirmation_sent_at", "confirmed_at", "recovery_sent_at"),
        **({"new_email": user.email_change} if user.email_change else {}),
        **_times(user, "email_change_sent_at"),
        **({"new_phone": user.phone_change} if user.phone_change else {}),
        **_times(user, "phone_change_sent_at", "reauthentication_sent_at", "last_sign_in_at"),
        "app_metadata": dict(user.app_metadata),
        "user_metadata": dict(user.user_metadata),
        **({"factors": [factor_json(factor) for factor in factors]} if factors else {}),
        "identities": [_identity_json(user, identity) for identity in identities],
        **_times(user, "banned_until", "created_at", "updated_at"),
        "is_anonymous": user.is_anonymous,
    }


def factor_json(factor: Factor) -> dict[str, Any]:
    """A second factor in GoTrue's shape."""
    return {
        "id": str(factor.id),
        **_times(factor, "created_at", "updated_at"),
        "status": factor.status,
        **({"friendly_name": factor.friendly_name} if factor.friendly_name else {}),
        "factor_type": factor_type_on_the_wire(factor.factor_type),
        **({"is_on_paper": True} if factor.factor_type == "codes" else {}),
        **_times(factor, "last_challenged_at"),
    }


def factor_type_on_the_wire(factor_type: str) -> str:
    """A second factor's type in GoTrue's words.

    >>> factor_type_on_the_wire("codes")
    'totp'
    """
    # supabase-js sorts factors by type and breaks at one it does not know; a code on paper is asked for and sent like
    # an app's.
    return "totp" if factor_type == "codes" else factor_type


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


def _times(row: User | AccountIdentity | Factor, *names: str) -> dict[str, str]:
    # GoTrue leaves out a time that never came, and clients take null for a parsing failure.
    found = ((name, getattr(row, name)) for name in names)
    return {name: rfc3339(time) for name, time in found if time is not None}


def rfc3339(time: datetime) -> str:
    """A time in UTC to the microsecond.

    >>> rfc3339(datetime(2026, 1, 2, 3, 4, 5, tzinfo=UTC))
    '2026-01-02T03:04:05.000000Z'
    """
    return time.astimezone(UTC).strftime("%Y-%m-%dT%H:%M:%S.%fZ")
