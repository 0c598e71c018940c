"""Second factors: enrolled, asked for, shown and removed by the person they belong to, or removed for it.

In charge of what a factor needs to count: a first right code before it is one, one use of each code, few wrong
ones, and a recent proof before any of them changes. Codes of an app are `totp`'s business, codes on paper
`paper_codes`', the level of a session `levels`'. Nothing here looks at a clinical role: whoever has a second factor
is asked for it, and what is open without one is decided by `private.is_staff()`.
"""

from __future__ import annotations

import time
import uuid
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import UTC, datetime
from enum import StrEnum
from typing import Final, assert_never
from urllib.parse import urlsplit
from uuid import UUID

from carebase import sealing
from carebase.audit import log as audit
from carebase.auth import accounts, attempts, factors_refused, levels, methods, opening, paper_codes, qr, refused, totp
from carebase.auth.accounts import Accounts
from carebase.auth.callers import Caller
from carebase.auth.levels import Held
from carebase.auth.methods import Method
from carebase.auth.opening import Opened
from carebase.auth.paper_codes import Purpose
from carebase.auth.users import Factor, User
from carebase.database import queries
from carebase.database.identity import Identity
from carebase.database.session import Session
from carebase.errors import NotFound
from carebase.mail import messages, outbox
from carebase.mail.messages import Message

SQL = queries.beside(__file__)

FACTORS: Final = "auth.mfa_factors"
SEAL: Final = "totp"
MOST_FACTORS: Final = 10
LONGEST_NAME: Final = 100
"""Characters, of a factor's name and of an issuer's."""
CHALLENGE_SECONDS: Final = 300
TRIES: Final = 5
"""Codes looked at for one challenge."""
UNVERIFIED_MINUTES: Final = 60
"""How long a factor may wait for its first code."""


class FactorType(StrEnum):
    """What a factor is."""

    TOTP = "totp"
    """An app that counts time."""
    CODES = "codes"
    """A sheet of paper."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Enrolled:
    """A factor that waits for its first code, with what is shown this once."""

    factor: Factor
    secret: str | None = None
    """To be typed into the app; None for paper."""
    uri: str | None = None
    qr: str | None = None
    """The same as a picture, in SVG."""
    codes: tuple[str, ...] = ()
    """The sheet; empty for an app."""

    def __repr__(self) -> str:
        return f"Enrolled({self.factor.id})"


@dataclass(frozen=True, slots=True)
class Challenge:
    """A question to one session for one factor."""

    id: UUID
    factor_type: str
    expires_at: datetime


@dataclass(frozen=True, slots=True)
class KeptFactor:
    """A factor with what its codes are compared with, locked for the rest of the transaction."""

    id: UUID
    factor_type: str
    status: str
    secret_sealed: bytes | None
    last_used_step: int | None

    def __repr__(self) -> str:
        return f"KeptFactor({self.id})"


async def enroll(
    means: Accounts,
    identity: Identity,
    *,
    name: str | None,
    factor_type: FactorType,
    caller: Caller,
    issuer: str | None = None,
) -> Enrolled:
    """A new factor, which proves nothing until `verify` has seen a first code of it.

    SecondFactorNeeded or ProofTooOld without a recent proof, FactorNameTaken, TooManyFactors, NotValid.
    """
    name = _short(name, "friendly_name")
    issuer = _short(issuer, "issuer") or urlsplit(means.policy.site_address).hostname or "carebase"
    async with means.begin() as session:
        user, held = await levels.hold(session, identity)
        levels.demand_fresh(held, identity)
        await session.run(SQL["drop_stale"], user_id=user.id, minutes=UNVERIFIED_MINUTES)
        kept = await of_user(session, user.id)
        if name is not None and any(factor.friendly_name == name for factor in kept):
            raise factors_refused.FactorNameTaken
        if len(kept) >= MOST_FACTORS:
            raise factors_refused.TooManyFactors
        factor_id = uuid.uuid4()
        secret = totp.new_secret() if factor_type is FactorType.TOTP else None
        factor = await session.one(
            SQL["keep"],
            Factor,
            factor_id=factor_id,
            user_id=user.id,
            name=name,
            factor_type=factor_type.value,
            sealed=None if secret is None else _sealed(means, secret, factor_id=factor_id),
        )
        await _record(session, user, held.id, action="enroll_factor", factor_id=factor_id, caller=caller)
        if secret is None:
            codes = await paper_codes.new_sheet(
                session, means, user.id, purpose=Purpose.SECOND_FACTOR, issued_by=None, factor_id=factor_id
            )
            return Enrolled(factor=factor, codes=tuple(codes))
        address = totp.uri(secret, issuer=issuer, account=user.email or user.phone or str(user.id))
        return Enrolled(factor=factor, secret=totp.written(secret), uri=address, qr=qr.svg(address))


async def challenge(means: Accounts, identity: Identity, *, factor_id: UUID, caller: Caller) -> Challenge:
    """Ask the session for a factor of its account; only this session may answer. FactorNotFound without one."""
    async with means.begin() as session:
        user = await accounts.signed_in(session, identity)
        asked = await session.maybe(
            SQL["ask"],
            Challenge,
            factor_id=factor_id,
            user_id=user.id,
            session_id=accounts.session_id_of(identity),
            address=caller.address,
            seconds=CHALLENGE_SECONDS,
        )
        if asked is None:
            raise factors_refused.FactorNotFound
        await session.run(SQL["drop_old_challenges"], factor_id=factor_id)
        return asked


async def verify(
    means: Accounts, identity: Identity, *, factor_id: UUID, challenge_id: UUID, code: str, caller: Caller
) -> Opened:
    """The session raised to aal2 by a right code, with new tokens; the first right code makes a factor one.

    Six digits are an app's; anything else is a code on paper: of the factor itself, or a recovery code in place of
    a lost one. FactorNotFound, ChallengeOver, WrongFactorCode, TooManyTries; all but the first are counted.
    """
    opened, refusal = None, None
    async with means.begin() as session:
        user, held = await levels.hold(session, identity)
        factor = await session.maybe(SQL["lock"], KeptFactor, factor_id=factor_id, user_id=user.id)
        if factor is None:
            raise factors_refused.FactorNotFound
        if factor.status != "verified":
            # Somebody with the password alone may have begun this before the person had a factor: it is asked again
            # here, where the factor would begin to count.
            levels.demand_fresh(held, identity)
        counted = await session.value(
            SQL["count_try"], challenge_id=challenge_id, factor_id=factor_id, session_id=held.id, tries=TRIES
        )
        if counted is None:
            raise factors_refused.ChallengeOver
        # Counted for the factor too, from wherever: a new challenge gives no new tries. Only somebody who has the
        # first proof comes this far, so nobody else can make the person wait.
        refusal = await attempts.take(session, email=_counted_as(factor_id), address=None)
        method = None if refusal else await _method_shown(session, means, user, factor=factor, code=code)
        if method is not None:
            opened = await _raised(session, means, user, held=held, factor=factor, method=method, caller=caller)
            await session.run(SQL["answer"], challenge_id=challenge_id)
        else:
            reason = "too many tries" if refusal else "code"
            await _record(
                session, user, held.id, action="factor_refused", factor_id=factor_id, caller=caller, of=reason
            )
    if opened is None:
        raise refusal or factors_refused.WrongFactorCode()
    return opened


async def challenge_and_verify(
    means: Accounts, identity: Identity, *, factor_id: UUID, code: str, caller: Caller
) -> Opened:
    """Both in one step, for pages."""
    asked = await challenge(means, identity, factor_id=factor_id, caller=caller)
    return await verify(means, identity, factor_id=factor_id, challenge_id=asked.id, code=code, caller=caller)


async def unenroll(means: Accounts, identity: Identity, *, factor_id: UUID, caller: Caller) -> None:
    """Remove an own factor; the sessions it raised fall to aal1 at once.

    A verified one needs a recent second factor: SecondFactorNeeded or ProofTooOld. FactorNotFound.
    """
    async with means.begin() as session:
        user, held = await levels.hold(session, identity)
        factor = await session.maybe(SQL["lock"], KeptFactor, factor_id=factor_id, user_id=user.id)
        if factor is None:
            raise factors_refused.FactorNotFound
        if factor.status == "verified":
            levels.demand_fresh(held, identity)
        await accounts.speak_as(session, user.id, held.id)
        await remove(session, means, user, factor_id=factor_id, caller=caller)


async def of_user(session: Session, user_id: UUID) -> list[Factor]:
    """The second factors of an account, verified or not."""
    return await session.all(SQL["of_user"], Factor, user_id=user_id)


async def remove(
    session: Session, means: Accounts, user: User, *, factor_id: UUID, caller: Caller, by: str | None = None
) -> Factor:
    """Remove a factor, by whoever speaks in this transaction; FactorNotFound when the account has none of this id.

    Who may is the caller's business; `by` goes on record where it is not the account's holder. Sessions fall, a mail
    tells the person, recovery codes go with the last one.
    """
    # A session that is just being raised by it is not yet seen as raised: it has to be over before any is lowered.
    await session.run(SQL["lock_account"], user_id=user.id)
    await levels.lower(session, user.id, factor_id=factor_id)
    removed = await session.maybe(SQL["remove"], Factor, factor_id=factor_id, user_id=user.id)
    if removed is None:
        raise factors_refused.FactorNotFound
    if removed.status == "verified":
        if all(factor.status != "verified" for factor in await of_user(session, user.id)):
            await paper_codes.drop(session, user.id, purpose=Purpose.RECOVERY)
        await _tell(session, means, user, kind=messages.Kind.FACTOR_REMOVED)
    await audit.record(
        session,
        "remove_factor",
        FACTORS,
        keys=[str(factor_id)],
        request_id=caller.request_id,
        details={"account": str(user.id), "address": caller.address, **({} if by is None else {"by": by})},
    )
    return removed


async def reset(means: Accounts, email: str, *, caller: Caller) -> int:
    """Remove every factor of an account for somebody who lost them, by the operator; how many there were.

    NotFound when nobody has the address.
    """
    async with means.begin() as session:
        user = await accounts.by_email(session, email)
        if user is None:
            raise NotFound
        await session.run(SQL["lock_account"], user_id=user.id)
        kept = await of_user(session, user.id)
        for factor in kept:
            await remove(session, means, user, factor_id=factor.id, caller=caller)
        return len(kept)


async def _method_shown(
    session: Session, means: Accounts, user: User, *, factor: KeptFactor, code: str
) -> Method | None:
    """By what a right code proves; the code is used up. None for a wrong one."""
    digits = "".join(code.split())
    match FactorType(factor.factor_type):
        case FactorType.TOTP if len(digits) == totp.DIGITS and digits.isascii() and digits.isdigit():
            secret = sealing.unseal(
                means.secret, bytes(factor.secret_sealed or b""), purpose=SEAL, bound_to=str(factor.id)
            )
            step = totp.step_of(secret, digits, now=time.time(), last_used=factor.last_used_step)
            used = step is not None and await session.run(SQL["use_step"], factor_id=factor.id, step=step)
            return Method.TOTP if used else None
        case FactorType.TOTP:
            # A recovery code stands for a factor that is one already; it makes none of one that never was.
            is_right = factor.status == "verified" and await paper_codes.use(
                session, means, user.id, purpose=Purpose.RECOVERY, code=code
            )
        case FactorType.CODES:
            is_right = await paper_codes.use(
                session, means, user.id, purpose=Purpose.SECOND_FACTOR, code=code, factor_id=factor.id
            ) or (
                factor.status == "verified"
                and await paper_codes.use(session, means, user.id, purpose=Purpose.RECOVERY, code=code)
            )
        case kind:
            assert_never(kind)
    return Method.PAPER_FACTOR if is_right else None


async def _raised(
    session: Session, means: Accounts, user: User, *, held: Held, factor: KeptFactor, method: Method, caller: Caller
) -> Opened:
    await attempts.forget(session, email=_counted_as(factor.id), address=None)
    if factor.status != "verified":
        await session.run(SQL["mark_verified"], factor_id=factor.id)
        await _tell(session, means, user, kind=messages.Kind.FACTOR_ADDED)
    proofs, refresh = await levels.raise_one(
        session,
        held,
        proof=methods.proof(method),
        factor_id=factor.id,
        idle_minutes=means.policy.idle_minutes,
    )
    action = "verify_factor" if factor.status == "verified" else "add_factor"
    await _record(session, user, held.id, action=action, factor_id=factor.id, caller=caller, of=method.value)
    access = means.tokens.issue(user, session_id=held.id, aal=methods.level(proofs), amr=proofs)
    account = await accounts.with_ways(session, user)
    return opening.of(means, account, session_id=held.id, access_token=access, refresh_token=refresh)


async def _tell(session: Session, means: Accounts, user: User, *, kind: messages.Kind) -> None:
    if not user.email or user.email_confirmed_at is None:
        return
    language = user.language or means.policy.language
    at = datetime.now(UTC).isoformat(timespec="seconds")
    await outbox.put(session, Message(kind=kind, to=user.email, language=language, at=at), secret=means.secret)


async def _record(
    session: Session, user: User, session_id: UUID, *, action: str, factor_id: UUID, caller: Caller, of: str = ""
) -> None:
    await accounts.speak_as(session, user.id, session_id)
    details: Mapping[str, object] = {"address": caller.address, **({"by": of} if of else {})}
    await audit.record(session, action, FACTORS, keys=[str(factor_id)], request_id=caller.request_id, details=details)


def _sealed(means: Accounts, secret: bytes, *, factor_id: UUID) -> bytes:
    return sealing.seal(means.secret, secret, purpose=SEAL, bound_to=str(factor_id))


def _counted_as(factor_id: UUID) -> str:
    return f"factor {factor_id}"


def _short(text: str | None, field: str) -> str | None:
    told = (text or "").strip()
    if len(told) > LONGEST_NAME or not told.isprintable():
        raise refused.NotValid(details=f"{field} is too long or cannot be printed.")
    return told or None
