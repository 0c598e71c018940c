"""The mails this service writes: which there are and what each holds.

In charge of the closed set and of its form while it waits; `outbox` keeps it, templates word it.
"""

from __future__ import annotations

import dataclasses
from dataclasses import dataclass
from enum import StrEnum
from typing import Self

import orjson


class Kind(StrEnum):
    """Which mail; each has a template in every language."""

    CONFIRMATION = "confirmation"
    INVITE = "invite"
    MAGIC_LINK = "magic_link"
    RECOVERY = "recovery"
    EMAIL_CHANGE_CURRENT = "email_change_current"
    EMAIL_CHANGE_NEW = "email_change_new"
    REAUTHENTICATION = "reauthentication"
    ACCOUNT_EXISTS = "account_exists"
    """To somebody who signs up with an address that has an account."""
    NEW_DEVICE = "new_device"
    PASSWORD_CHANGED = "password_changed"  # noqa: S105 (a name)
    FACTOR_ADDED = "factor_added"
    FACTOR_REMOVED = "factor_removed"
    IDENTITY_ADDED = "identity_added"
    """To somebody whose account an outside provider signs in to from now on."""
    IDENTITY_REMOVED = "identity_removed"
    TEST = "test"
    """To an operator who tries whether mail goes out."""
    NONE = "none"
    """Nobody is written to: an address without an account costs the same time as one that has one."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Message:
    """One mail before it is worded. What a kind does not use is empty."""

    kind: Kind
    to: str
    language: str
    """`fr` or `en`."""
    link: str = ""
    """The whole address, begun with the configured site address."""
    code: str = ""
    """Six digits."""
    good_minutes: int = 0
    """How long the link is good; the code is good no longer than the operator's setting for codes."""
    new_address: str = ""
    """The address an account changes to."""
    device: str = ""
    """What a new device calls itself."""
    at: str = ""
    """When it happened, in UTC as ISO 8601."""

    def __repr__(self) -> str:
        return f"Message({self.kind})"

    @property
    def as_bytes(self) -> bytes:
        """As it is sealed."""
        return orjson.dumps(dataclasses.asdict(self))

    @classmethod
    def of_bytes(cls, kept: bytes) -> Self:
        """What was sealed.

        >>> message = Message(kind=Kind.RECOVERY, to="amina@example.org", language="fr", code="123456")
        >>> Message.of_bytes(message.as_bytes) == message
        True
        """
        given = orjson.loads(kept)
        return cls(**{**given, "kind": Kind(given["kind"])})
