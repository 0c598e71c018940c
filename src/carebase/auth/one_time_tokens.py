"""What is written to a person to prove who it is: the token of a link, and six digits to type in.

In charge of both being good once, for their purpose alone and for a while, and of keeping neither: of the
token a hash, of the digits one that is keyed with the deployment's secret. Every wrong code is counted
before it is compared, so that tries at the same moment are counted too.
"""

from __future__ import annotations

import hashlib
import hmac
import re
import secrets
import uuid
from collections.abc import Collection
from dataclasses import dataclass
from enum import StrEnum
from typing import Any, Final
from uuid import UUID

from carebase import sealing
from carebase.auth.accounts import Accounts
from carebase.auth.users import User
from carebase.database import queries
from carebase.database.session import Session

SQL = queries.beside(__file__)

CODE_DIGITS: Final = 6
CODE_FORM: Final = re.compile(r"[0-9]{6}")
CODE_PURPOSE: Final = "one-time code"
LONGEST_TOKEN: Final = 256
MOST_TRIES: Final = 5
"""Codes compared with one that was written; after them it is good for nothing, and the link beside it still is."""
TOKEN_BYTES: Final = 32
FLOW_PREFIX: Final = "pkce_"
"""Before a token whose link ends in a code for the client that began, as clients of GoTrue know it."""


class TokenType(StrEnum):
    """For what it is good."""

    CONFIRMATION = "confirmation_token"
    INVITE = "invite_token"
    MAGIC_LINK = "magiclink_token"
    RECOVERY = "recovery_token"
    REAUTHENTICATION = "reauthentication_token"
    EMAIL_CHANGE_NEW = "email_change_token_new"
    EMAIL_CHANGE_CURRENT = "email_change_token_current"
    PHONE_CHANGE = "phone_change_token"


@dataclass(frozen=True, slots=True)
class Made:
    """What goes into one mail and is kept nowhere else."""

    token: str
    code: str

    def __repr__(self) -> str:
        return "Made()"


@dataclass(frozen=True, slots=True)
class Redeemed:
    """A proof: somebody read what was written to `relates_to`."""

    user_id: UUID
    token_type: str
    relates_to: str
    flow_state_id: UUID | None


@dataclass(frozen=True, slots=True)
class Tried:
    """A code that may be compared, counted as tried."""

    id: UUID
    user_id: UUID
    token_type: str
    relates_to: str
    flow_state_id: UUID | None
    code_hmac: bytes


async def make(
    session: Session,
    means: Accounts,
    user: User | None,
    *,
    token_type: TokenType,
    relates_to: str,
    flow: UUID | None = None,
) -> Made:
    """A link's token and six digits, both written to `relates_to`; an earlier pair of the type is over.

    With `flow` the link ends in a code that the client exchanges which began it. With None for the account
    it takes as long, and what is made is good for nothing.
    """
    user_id = uuid.uuid4() if user is None else user.id
    code = f"{secrets.randbelow(10**CODE_DIGITS):0{CODE_DIGITS}d}"
    token = ("" if flow is None else FLOW_PREFIX) + secrets.token_urlsafe(TOKEN_BYTES)
    await session.run(
        SQL["put"],
        user_id=user_id,
        token_type=token_type.value,
        token_sha256=_sha256(token),
        code_hmac=_keyed(means, user_id, token_type=token_type.value, code=code),
        relates_to=relates_to,
        flow=flow,
        link_minutes=minutes_of(means, token_type),
        code_minutes=means.policy.code_minutes,
    )
    return Made(token=token, code=code)


def minutes_of(means: Accounts, token_type: TokenType) -> int:
    """How long a link of this type is good."""
    policy = means.policy
    return policy.invitation_hours * 60 if token_type is TokenType.INVITE else policy.link_minutes


async def redeem_token(session: Session, token: str, *, types: Collection[TokenType]) -> Redeemed | None:
    """What the token of a link proves; None when it is none of these types, used or over."""
    if not _may_be_one(token):
        return None
    return await session.maybe(SQL["take"], Redeemed, **_named(token, types))


async def look_at(session: Session, token: str, *, types: Collection[TokenType]) -> Redeemed | None:
    """The same without using the link up."""
    if not _may_be_one(token):
        return None
    return await session.maybe(SQL["look"], Redeemed, **_named(token, types))


async def redeem_code(
    session: Session, means: Accounts, user: User | None, *, types: Collection[TokenType], code: str
) -> Redeemed | None:
    """What six digits prove; None, and one try less, when they are wrong, used or over.

    Let the transaction commit in either case. With None for the account it takes as long and proves nothing.
    """
    if not CODE_FORM.fullmatch(code):
        return None
    user_id = uuid.uuid4() if user is None else user.id
    tried = await session.all(
        SQL["try"], Tried, user_id=user_id, types=[token_type.value for token_type in types], most_tries=MOST_TRIES
    )
    right = [kept for kept in tried if _is_right(means, kept, code=code)]
    if not right:
        return None
    found = right[0]
    # The row has been locked since it was counted, so whoever came at the same moment finds nothing.
    await session.run(SQL["drop"], token_id=found.id)
    return Redeemed(found.user_id, found.token_type, found.relates_to, found.flow_state_id)


async def withdraw(session: Session, user_id: UUID, *, types: Collection[TokenType]) -> None:
    """Nothing that was written before is good any longer for these."""
    await session.run(SQL["withdraw"], user_id=user_id, types=[token_type.value for token_type in types])


def _may_be_one(token: str) -> bool:
    return token.isascii() and len(token) <= LONGEST_TOKEN


def _named(token: str, types: Collection[TokenType]) -> dict[str, Any]:
    return {"token_sha256": _sha256(token), "types": [token_type.value for token_type in types]}


def _is_right(means: Accounts, kept: Tried, *, code: str) -> bool:
    given = _keyed(means, kept.user_id, token_type=kept.token_type, code=code)
    return hmac.compare_digest(given, kept.code_hmac)


def _keyed(means: Accounts, user_id: UUID, *, token_type: str, code: str) -> bytes:
    return sealing.keyed(means.secret, f"{user_id}:{token_type}:{code}", purpose=CODE_PURPOSE)


def _sha256(token: str) -> bytes:
    return hashlib.sha256(token.encode()).digest()
