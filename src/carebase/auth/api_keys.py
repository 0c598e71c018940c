"""The keys that programs send before anybody has signed in: `sb_publishable_…`, `sb_secret_…`, and signed ones.

In charge of their form, of what a key says of its bearer, and of making and withdrawing them. A key is read
without asking the database: whether it was withdrawn is asked in the round trip that opens the transaction
(`private.begin_request`), and by `is_good` where the accounts service works under its own name.
"""

from __future__ import annotations

import base64
import hashlib
import hmac
import re
import secrets
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum
from functools import lru_cache
from typing import Final
from uuid import UUID

from carebase import errors
from carebase.audit import log as audit
from carebase.auth import refused
from carebase.auth.tokens import Tokens
from carebase.database import queries
from carebase.database.identity import Identity, Role
from carebase.database.session import Session

SQL = queries.beside(__file__)

API_KEYS: Final = "auth.api_keys"
PREFIX: Final = "sb_"
RANDOM_BYTES: Final = 16
"""22 characters."""
CHECKSUM_BYTES: Final = 6
"""8 characters: they tell a mistyped key from another's, and find a lost one in a text. They prove nothing."""
FORM: Final = re.compile(r"(sb_(publishable|secret)_[A-Za-z0-9_-]{22})_([A-Za-z0-9_-]{8})")
HINT_CHARACTERS: Final = 6
LONGEST_NAME: Final = 100
READ_KEYS: Final = 256
"""Keys whose meaning is remembered; it never changes, and whether one is withdrawn is not part of it."""


class Kind(StrEnum):
    """What a key is."""

    PUBLISHABLE = "publishable"
    """Everybody may know it: the role `anon`."""
    SECRET = "secret"  # noqa: S105 (a word of the protocol)
    """It passes by row policies: the role `service_role`."""
    LEGACY = "legacy"
    """Signed with the deployment's secret; known here once it is withdrawn."""


ROLES: Final[Mapping[Kind, Role]] = {Kind.PUBLISHABLE: Role.ANON, Kind.SECRET: Role.SERVICE}


@dataclass(frozen=True, slots=True)
class ApiKey:
    """A key as it is kept: by its hash, which nobody comes in with."""

    id: UUID
    kind: str
    role: str
    name: str
    hint: str
    """Its first characters, to know it by."""
    expires_at: datetime | None
    revoked_at: datetime | None
    created_at: datetime


@dataclass(frozen=True, slots=True)
class Minted:
    """A new key, told this once."""

    row: ApiKey
    key: str

    def __repr__(self) -> str:
        return f"Minted({self.row.id})"


def new(kind: Kind) -> str:
    """A key of 128 random bits.

    >>> identity_of_sb(new(Kind.PUBLISHABLE)).role.value
    'anon'
    """
    body = f"{PREFIX}{kind.value}_{secrets.token_urlsafe(RANDOM_BYTES)}"
    return f"{body}_{_checksum(body)}"


def identity_of(tokens: Tokens, key: str) -> Identity:
    """Whom the header `apikey` speaks for, without asking the database; NotSignedIn when it is no key."""
    return identity_of_sb(key) if key.startswith(PREFIX) else tokens.verify(key)


@lru_cache(maxsize=READ_KEYS)
def identity_of_sb(key: str) -> Identity:
    """Whom an `sb_` key speaks for, by its own form; NotSignedIn when it is none."""
    found = FORM.fullmatch(key)
    if found is None or not hmac.compare_digest(found[3], _checksum(found[1])):
        raise errors.NotSignedIn(hint="This is no key of this service; it may be cut off.")
    role = ROLES[Kind(found[2])]
    return Identity(role, {"role": role.value, "key_sha256": hashlib.sha256(key.encode()).hexdigest()})


def is_key_twice(bearer: str, key: str | None) -> bool:
    """Whether the bearer's token is the `sb_` key again, as supabase-js sends it while nobody is signed in.

    A key proves no person, so it is no bearer's token; sent twice it says no more than once.

    >>> is_key_twice("sb_publishable_x", "sb_publishable_x"), is_key_twice("sb_secret_x", None)
    (True, False)
    """
    return key is not None and bearer == key and key.startswith(PREFIX)


async def is_good(session: Session, identity: Identity) -> bool:
    """Whether the key that this identity comes from was not withdrawn and is not over."""
    found: bool = await session.value(
        SQL["is_good"], key_sha256=identity.claims.get("key_sha256"), role=identity.role.value
    )
    return found


async def mint(session: Session, *, kind: Kind, name: str, expires_at: datetime | None = None) -> Minted:
    """A new key under a name that no other good key has; NotValid otherwise. It is shown here and kept nowhere."""
    if kind is Kind.LEGACY:
        raise refused.NotValid(details="Signed keys are made of the secret; mint a publishable or a secret one.")
    key = new(kind)
    row = await session.maybe(
        SQL["keep"],
        ApiKey,
        kind=kind.value,
        role=ROLES[kind].value,
        name=_name(name),
        key_sha256=hashlib.sha256(key.encode()).digest(),
        hint=key[: len(PREFIX + kind.value) + 1 + HINT_CHARACTERS],
        expires_at=expires_at,
    )
    if row is None:
        raise refused.NotValid(details=f"There is a key named {name!r}; revoke it first or choose another name.")
    await audit.record(session, "mint_key", API_KEYS, keys=[str(row.id)], details={"kind": kind.value})
    return Minted(row, key)


async def revoke(session: Session, name: str) -> ApiKey:
    """Withdraw the good key of this name from the next request on; NotFound when there is none."""
    row = await session.one(SQL["revoke"], ApiKey, name=_name(name))
    await audit.record(session, "revoke_key", API_KEYS, keys=[str(row.id)], details={"kind": row.kind})
    return row


async def revoke_legacy(session: Session, role: Role, *, key: str) -> ApiKey:
    """Withdraw every signed key of a role, of which `key` is the one that `carebase keys show` prints."""
    row = await session.one(
        SQL["revoke_legacy"],
        ApiKey,
        role=role.value,
        name=f"legacy {role.value}",
        key_sha256=hashlib.sha256(key.encode()).digest(),
        hint="signed",
    )
    await audit.record(session, "revoke_key", API_KEYS, keys=[str(row.id)], details={"kind": row.kind})
    return row


async def restore_legacy(session: Session, role: Role) -> ApiKey:
    """Let the signed keys of a role in again; NotFound when they were not withdrawn."""
    row = await session.one(SQL["restore_legacy"], ApiKey, role=role.value)
    await audit.record(session, "restore_key", API_KEYS, keys=[str(row.id)], details={"kind": row.kind})
    return row


async def every(session: Session) -> list[ApiKey]:
    """Every key that was made, the withdrawn ones too, the newest first."""
    return await session.all(SQL["every"], ApiKey)


def _checksum(body: str) -> str:
    return base64.urlsafe_b64encode(hashlib.sha256(body.encode()).digest()[:CHECKSUM_BYTES]).decode()


def _name(given: str) -> str:
    name = given.strip()
    if not name or len(name) > LONGEST_NAME or not name.isprintable():
        raise refused.NotValid(details=f"A key's name has 1 to {LONGEST_NAME} characters that can be printed.")
    return name
