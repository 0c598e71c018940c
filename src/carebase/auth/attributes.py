"""What an administrator says an account is to be: read from the protocol's words into values that can be kept.

In charge of their form; pure. What is not named stays as it is.
"""

from __future__ import annotations

import json
import re
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import timedelta
from typing import Any, Final
from uuid import UUID

from carebase.auth import addresses, metadata, refused

PART: Final = re.compile(r"([0-9]+(?:\.[0-9]*)?|\.[0-9]+)(ns|us|µs|μs|ms|s|m|h)")
DURATION: Final = re.compile(rf"\+?(?:{PART.pattern})+")
SECONDS: Final[Mapping[str, float]] = {
    "ns": 1e-9, "us": 1e-6, "µs": 1e-6, "μs": 1e-6, "ms": 1e-3, "s": 1, "m": 60, "h": 3600,
}  # fmt: skip
LONGEST_BAN: Final = timedelta(days=365 * 200)
LONGEST_TEXT: Final = 1024
BCRYPT: Final = re.compile(r"\$2[aby]\$([0-9]{2})\$[./A-Za-z0-9]{53}")
BCRYPT_COSTS: Final = range(4, 15)
ARGON2: Final = re.compile(
    r"\$argon2id\$v=19\$m=([0-9]{1,7}),t=([0-9]{1,2}),p=([0-9]{1,2})\$[A-Za-z0-9+/]{11,86}\$[A-Za-z0-9+/]{22,171}"
)
MOST_KIBIBYTES: Final = 262_144
MOST_PASSES: Final = 10
MOST_LANES: Final = 8
"""Every sign-in computes the hash again, so a hash brought along must not cost what it likes."""
NOT_SAID: Final = "{}"


@dataclass(frozen=True, slots=True, kw_only=True)
class Wanted:
    """What an account is to be; None stands for what was not said."""

    user_id: UUID | None = None
    email: str | None = None
    phone: str | None = None
    password: str | None = None
    password_hash: str | None = None
    is_email_confirmed: bool = False
    is_phone_confirmed: bool = False
    app_metadata: str = NOT_SAID
    """JSON; what is null in it is taken away."""
    user_metadata: str = NOT_SAID
    ban: timedelta | None = None
    """Nothing long ends a ban."""

    def __repr__(self) -> str:
        return "Wanted()"

    @property
    def is_proven(self) -> bool:
        """Whether it says by what the holder comes in, in place of the holder."""
        return bool(self.password or self.password_hash) or self.is_email_confirmed or self.is_phone_confirmed

    @property
    def opens_account(self) -> bool:
        """Whether it would let whoever says it come in as the account's holder."""
        return self.is_proven or bool(self.email or self.phone)


def read(body: Mapping[str, Any]) -> Wanted:
    """What the body of a request says; NotValid where it cannot be."""
    # `authenticated` is what people are; another role of the database would be a way around every policy.
    for name in ("role", "aud"):
        if body.get(name) not in (None, "", "authenticated"):
            raise refused.NotValid(details=f"{name} is always authenticated; clinical roles are app_metadata.role")
    email, phone = _text(body, "email"), _text(body, "phone")
    password, password_hash = _text(body, "password"), _text(body, "password_hash")
    if password is not None and password_hash is not None:
        raise refused.NotValid(details="Only a password or a password hash should be provided")
    return Wanted(
        user_id=_id(_text(body, "id")),
        email=None if email is None else addresses.normal(email),
        phone=None if phone is None else addresses.phone(phone),
        password=password,
        password_hash=None if password_hash is None else hash_brought(password_hash),
        is_email_confirmed=_flag(body, "email_confirm"),
        is_phone_confirmed=_flag(body, "phone_confirm"),
        app_metadata=_granted(_object(body, "app_metadata")),
        user_metadata=_said(_object(body, "user_metadata")),
        ban=_ban(_text(body, "ban_duration")),
    )


def duration(text: str) -> timedelta:
    """A length of time as GoTrue's clients write it; NotValid when it is none.

    >>> duration("1h30m") == timedelta(minutes=90)
    True
    """
    if len(text) > LONGEST_TEXT or not DURATION.fullmatch(text):
        raise refused.NotValid(details="invalid format for ban duration: write it as 300ms, 2h45m or none")
    seconds = sum(float(number) * SECONDS[unit] for number, unit in PART.findall(text))
    return timedelta(seconds=min(seconds, LONGEST_BAN.total_seconds()))


def hash_brought(text: str) -> str:
    """A hash of a password that was made elsewhere; NotValid unless it is bcrypt or argon2id of a bearable cost.

    >>> hash_brought("$2y$10$" + "a" * 53)[:7]
    '$2b$10$'
    """
    if (found := BCRYPT.fullmatch(text)) and int(found[1]) in BCRYPT_COSTS:
        # The same algorithm under the name that our library knows.
        return f"$2b${text[4:]}" if text.startswith("$2y") else text
    if found := ARGON2.fullmatch(text):
        kibibytes, passes, lanes = (int(found[n]) for n in (1, 2, 3))
        if 8 * lanes <= kibibytes <= MOST_KIBIBYTES and 1 <= passes <= MOST_PASSES and 1 <= lanes <= MOST_LANES:
            return text
    raise refused.NotValid(details="password_hash is no bcrypt or argon2id hash that can be used here")


def _ban(text: str | None) -> timedelta | None:
    return None if text is None else timedelta() if text == "none" else duration(text)


def _granted(given: Mapping[str, Any]) -> str:
    role = given.get("role")
    if role is not None:
        if not isinstance(role, str):
            raise refused.NotValid(details="app_metadata.role is a text")
        metadata.check_role(role)
    return _said(given)


def _said(given: Mapping[str, Any]) -> str:
    metadata.check_form(given)
    text = json.dumps(given)
    if len(text) > metadata.LONGEST_BYTES:
        raise refused.NotValid(details=f"metadata is larger than {metadata.LONGEST_BYTES} bytes.")
    return text


def _text(body: Mapping[str, Any], name: str) -> str | None:
    value = body.get(name)
    if value is None or value == "":
        return None
    if not isinstance(value, str) or len(value) > LONGEST_TEXT:
        raise refused.NotValid(details=f"{name} is no text or too long")
    return value


def _flag(body: Mapping[str, Any], name: str) -> bool:
    value = body.get(name)
    if value is not None and not isinstance(value, bool):
        raise refused.NotValid(details=f"{name} is neither true nor false")
    return bool(value)


def _object(body: Mapping[str, Any], name: str) -> Mapping[str, Any]:
    value = body.get(name)
    if value is None:
        return {}
    if not isinstance(value, dict):
        raise refused.NotValid(details=f"{name} is not an object.")
    return value


def _id(text: str | None) -> UUID | None:
    if text is None:
        return None
    try:
        found = UUID(text)
    except ValueError as error:
        raise refused.NotValid(details="ID must conform to the uuid v4 format") from error
    if found.int == 0:
        raise refused.NotValid(details="ID cannot be a nil uuid")
    return found
