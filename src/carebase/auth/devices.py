"""Signed-in devices: sessions and the refresh tokens that continue them.

In charge of rotation: a refresh token is good once, and one that comes again ends its session for
whoever holds a token of it, thief or owner. A token that comes again within a few seconds (two tabs, an
answer lost on the way) gets the very successor that was handed out before. For that a successor is
derived from the token before it with the deployment's secret; only hashes are kept. A session that nobody used
for a while, or that has reached its longest time, does not go on; renewing its tokens is no use of it.
"""

from __future__ import annotations

import base64
import hashlib
import hmac
import json
import secrets
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from enum import StrEnum
from typing import Any, Final, assert_never
from uuid import UUID

from carebase.auth import methods, refused
from carebase.auth.policy import Policy
from carebase.auth.tokens import SignedIn
from carebase.database import queries
from carebase.database.session import Session
from carebase.errors import CareError

SQL = queries.beside(__file__)

REUSE_SECONDS: Final = 10
TOKEN_BYTES: Final = 32
LONGEST_CHAIN: Final = 100
"""Successors looked through for the current one; a client that refreshes more often in ten seconds is broken."""


class Scope(StrEnum):
    """Which of an account's devices are signed out."""

    GLOBAL = "global"
    LOCAL = "local"
    OTHERS = "others"


@dataclass(frozen=True, slots=True)
class Device:
    """A session, locked for the rest of the transaction."""

    id: UUID
    user_id: UUID
    aal: str
    amr: Sequence[Mapping[str, Any]]
    is_over: bool
    """It has reached its longest time."""
    is_idle: bool
    """Nobody has used it for as long as the operator allows."""

    @property
    def proofs(self) -> list[SignedIn]:
        """By what means it was proven, as tokens say it."""
        return [SignedIn(method=str(entry["method"]), timestamp=int(entry["timestamp"])) for entry in self.amr]


@dataclass(frozen=True, slots=True)
class KeptToken:
    """What is known of a refresh token."""

    id: int
    is_used: bool
    is_just_used: bool
    """Used within the last seconds, so that it may come again without harm."""


@dataclass(frozen=True, slots=True)
class Continued:
    """A session that goes on, with the refresh token to use next."""

    device: Device
    token: str

    def __repr__(self) -> str:
        return f"Continued({self.device.id})"


@dataclass(frozen=True, slots=True)
class Ended:
    """A session that does not go on; `refusal` is raised once the transaction is durable."""

    refusal: CareError
    device: Device | None


def successor(token: str, *, secret: str) -> str:
    """The token that replaces this one; nobody without the secret can tell it.

    >>> successor("a", secret="s") == successor("a", secret="s") != successor("a", secret="t")
    True
    """
    key = hmac.digest(secret.encode(), b"refresh tokens", hashlib.sha256)
    return base64.urlsafe_b64encode(hmac.digest(key, token.encode(), hashlib.sha256)).rstrip(b"=").decode()


async def open_one(
    session: Session,
    user_id: UUID,
    *,
    proofs: Sequence[SignedIn],
    policy: Policy,
    user_agent: str | None,
    address: str | None,
) -> tuple[UUID, str]:
    """A new session at the level its proofs give; its id and its first refresh token."""
    await session.run(SQL["clear_ended"], user_id=user_id)
    session_id: UUID = await session.value(
        SQL["open"],
        user_id=user_id,
        aal=methods.level(proofs),
        amr=json.dumps([proof.as_claim for proof in proofs]),
        longest_hours=policy.longest_session_hours,
        idle_minutes=policy.idle_minutes,
        user_agent=user_agent,
        address=address,
    )
    token = secrets.token_urlsafe(TOKEN_BYTES)
    await session.run(SQL["keep_token"], token_sha256=_sha256(token), session_id=session_id, parent_id=None)
    return session_id, token


async def go_on(session: Session, token: str, *, secret: str) -> Continued | Ended:
    """Exchange a refresh token for its successor; a used one ends the session.

    Returns what was decided instead of raising it, because the end of a session has to be committed.
    """
    device = await session.maybe(SQL["lock_of_token"], Device, token_sha256=_sha256(token))
    kept = await _kept(session, token)
    if device is None or kept is None:
        return Ended(refused.TokenNotFound(), None)
    if device.is_over or device.is_idle:
        await session.run(SQL["end_one"], session_id=device.id, user_id=device.user_id)
        why = None if device.is_over else "Invalid Refresh Token: Session Expired (Inactivity)"
        return Ended(refused.SessionExpired(details=why), device)
    await session.run(SQL["mark_refreshed"], session_id=device.id)
    if not kept.is_used:
        following = successor(token, secret=secret)
        await session.run(SQL["use_token"], token_id=kept.id)
        await session.run(SQL["keep_token"], token_sha256=_sha256(following), session_id=device.id, parent_id=kept.id)
        return Continued(device, following)
    if kept.is_just_used and (current := await _current(session, token, secret=secret)):
        return Continued(device, current)
    await session.run(SQL["end_one"], session_id=device.id, user_id=device.user_id)
    return Ended(refused.TokenReused(), device)


async def end(session: Session, user_id: UUID, *, session_id: UUID, scope: Scope) -> None:
    """Sign devices of the account out; `session_id` is the one that asks."""
    match scope:
        case Scope.GLOBAL:
            await session.run(SQL["end_all"], user_id=user_id)
        case Scope.LOCAL:
            await session.run(SQL["end_one"], session_id=session_id, user_id=user_id)
        case Scope.OTHERS:
            await session.run(SQL["end_others"], session_id=session_id, user_id=user_id)
        case _:
            assert_never(scope)


async def _current(session: Session, token: str, *, secret: str) -> str | None:
    for _ in range(LONGEST_CHAIN):
        token = successor(token, secret=secret)
        kept = await _kept(session, token)
        if kept is None:
            return None
        if not kept.is_used:
            return token
    return None


async def _kept(session: Session, token: str) -> KeptToken | None:
    return await session.maybe(SQL["token"], KeptToken, token_sha256=_sha256(token), reuse_seconds=REUSE_SECONDS)


def _sha256(token: str) -> bytes:
    return hashlib.sha256(token.encode()).digest()
