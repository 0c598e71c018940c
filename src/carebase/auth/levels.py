"""How strongly a session is proven: read under lock, raised by a second factor, lowered when that goes.

In charge of the level itself and of what the most sensitive changes ask of it. Which factor was shown and whether
its code was right is `factors`' business. The token's word never counts alone: the row of the session decides, so
that an old token does not outlive a factor.
"""

from __future__ import annotations

import hashlib
import json
import secrets
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Final
from uuid import UUID

from carebase.auth import accounts, factors_refused, methods, refused
from carebase.auth.tokens import SignedIn
from carebase.auth.users import User
from carebase.database import queries
from carebase.database.identity import Identity
from carebase.database.session import Session

SQL = queries.beside(__file__)

TOKEN_BYTES: Final = 32


@dataclass(frozen=True, slots=True)
class Held:
    """A session, locked for the rest of the transaction."""

    id: UUID
    user_id: UUID
    aal: str
    amr: Sequence[Mapping[str, Any]]
    has_factor: bool
    """Whether the account has a verified second factor."""

    @property
    def proofs(self) -> list[SignedIn]:
        """By what means it was proven, as tokens say it."""
        return [SignedIn(method=str(entry["method"]), timestamp=int(entry["timestamp"])) for entry in self.amr]


async def hold(session: Session, identity: Identity) -> tuple[User, Held]:
    """The account and the session of a verified token, both locked; SessionNotFound or Banned otherwise."""
    # Always the account first and its session after it, so that two changes wait for each other and never both.
    await session.run(SQL["lock_account"], user_id=identity.user_id)
    user = await accounts.signed_in(session, identity)
    held = await session.maybe(SQL["lock"], Held, session_id=accounts.session_id_of(identity), user_id=user.id)
    if held is None:
        raise refused.SessionNotFound
    return user, held


def is_raised(held: Held, identity: Identity) -> bool:
    """Whether the second factor was shown: the session says so and the token was made since."""
    return held.aal == "aal2" and identity.claims.get("aal") == "aal2"


def demand_raised(held: Held, identity: Identity) -> None:
    """Nothing unless the account has a second factor that this session has not shown; SecondFactorNeeded then."""
    if held.has_factor and not is_raised(held, identity):
        raise factors_refused.SecondFactorNeeded


def demand_fresh(held: Held, identity: Identity) -> None:
    """Nothing where the strongest proof the account has was given in the last minutes; SecondFactorNeeded or
    ProofTooOld otherwise. Asked before every change that decides over the account (ASVS 7.5.1)."""
    demand_raised(held, identity)
    if not methods.is_fresh(held.proofs, by=methods.SECOND_FACTORS if held.has_factor else None):
        raise factors_refused.ProofTooOld


async def raise_one(
    session: Session, held: Held, *, proof: SignedIn, factor_id: UUID, idle_minutes: int
) -> tuple[list[SignedIn], str]:
    """Raise a session to aal2 by a factor that was just shown: its proofs now, and its new refresh token.

    The refresh tokens of before are good for nothing any more: whoever holds a copy stays below.
    """
    proofs = [entry for entry in held.proofs if entry.method != proof.method] + [proof]
    await session.run(
        SQL["raise_one"],
        session_id=held.id,
        aal=methods.level(proofs),
        amr=json.dumps([entry.as_claim for entry in proofs]),
        factor_id=factor_id,
        idle_minutes=idle_minutes,
    )
    token = secrets.token_urlsafe(TOKEN_BYTES)
    await session.run(SQL["drop_tokens"], session_id=held.id)
    await session.run(SQL["keep_token"], session_id=held.id, token_sha256=hashlib.sha256(token.encode()).digest())
    return proofs, token


async def lower(session: Session, user_id: UUID, *, factor_id: UUID) -> None:
    """Lower what a factor raised, before the factor goes: its sessions, and every session where it is the last one."""
    await session.run(
        SQL["lower"],
        user_id=user_id,
        factor_id=factor_id,
        second_factors=sorted(method.value for method in methods.SECOND_FACTORS),
    )
