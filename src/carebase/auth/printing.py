"""Sheets of codes are printed: by the person they are for, by who leads a patient's team, or by the operator.

In charge of who may have which sheet. The codes are in the answer and nowhere else; that they were printed, by whom
and for whom, is on record.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from typing import Final
from uuid import UUID

from carebase.audit import log as audit
from carebase.auth import accounts, factors_refused, levels, paper_codes, refused
from carebase.auth.accounts import Accounts
from carebase.auth.callers import Caller
from carebase.auth.paper_codes import Purpose
from carebase.database import queries
from carebase.database.identity import Identity
from carebase.database.session import Session
from carebase.errors import NotFound

SQL = queries.beside(__file__)

PAPER_CODES: Final = "auth.paper_codes"
SIGN_IN_DAYS: Final = 90
"""How long a sheet to sign in with is good; the others are good until they are used or replaced."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Sheet:
    """A sheet as it is printed, this once."""

    account_id: UUID
    purpose: Purpose
    codes: tuple[str, ...]
    expires_at: datetime | None

    def __repr__(self) -> str:
        return f"Sheet({self.account_id}, {self.purpose})"


async def own(
    means: Accounts, identity: Identity, *, purpose: Purpose, caller: Caller, factor_id: UUID | None = None
) -> Sheet:
    """A sheet for oneself, after a recent proof: SecondFactorNeeded or ProofTooOld without.

    `factor_id` names the paper factor of SECOND_FACTOR, FactorNotFound without it. NotValid for recovery codes of
    an account without a second factor, and for SIGN_IN of staff.
    """
    async with means.begin() as session:
        user, held = await levels.hold(session, identity)
        levels.demand_fresh(held, identity)
        if purpose is Purpose.RECOVERY and not held.has_factor:
            raise refused.NotValid(details="There is no second factor that a recovery code could stand for.")
        if purpose is Purpose.SECOND_FACTOR:
            if await session.value(SQL["paper_factor"], factor_id=factor_id, user_id=user.id) is None:
                raise factors_refused.FactorNotFound
        elif factor_id is not None:
            raise refused.NotValid(details="factor_id goes with second_factor alone.")
        await accounts.speak_as(session, user.id, held.id)
        return await _print(
            session, means, user.id, purpose=purpose, issued_by=None, caller=caller, factor_id=factor_id
        )


async def account_for(session: Session, patient_id: UUID) -> UUID:
    """The account of a patient for whom the caller of this transaction may print; NotFound otherwise."""
    found: UUID | None = await session.value(SQL["account_to_print_for"], patient_id=patient_id)
    if found is None:
        raise NotFound
    return found


async def for_patient(
    means: Accounts, identity: Identity, *, account_id: UUID, patient_id: UUID, caller: Caller
) -> Sheet:
    """A sheet to sign in with for a patient, by whoever `account_for` let."""
    async with means.begin() as session:
        issuer = await accounts.signed_in(session, identity)
        await accounts.speak_as(session, issuer.id, accounts.session_id_of(identity))
        return await _print(
            session,
            means,
            account_id,
            purpose=Purpose.SIGN_IN,
            issued_by=issuer.id,
            caller=caller,
            patients=(str(patient_id),),
        )


async def print_for(means: Accounts, email: str, *, purpose: Purpose, caller: Caller) -> Sheet:
    """A sheet for the account of this address, by the operator; NotFound when nobody has it.

    SIGN_IN, or RECOVERY for somebody who lost the second factor. NotValid otherwise.
    """
    async with means.begin() as session:
        user = await accounts.by_email(session, email)
        if user is None:
            raise NotFound
        has_factor = await session.value(SQL["has_factor"], user_id=user.id)
        if purpose is Purpose.SECOND_FACTOR or (purpose is Purpose.RECOVERY and not has_factor):
            raise refused.NotValid(details="There is no second factor that these codes could stand for.")
        return await _print(session, means, user.id, purpose=purpose, issued_by=None, caller=caller)


async def may_come_by_paper(session: Session, account_id: UUID) -> bool:
    """Whether the account may sign in by a printed code: patients and people without a clinical role."""
    return await session.value(SQL["may_come_by_paper"], user_id=account_id) is not None


async def _print(
    session: Session,
    means: Accounts,
    account_id: UUID,
    *,
    purpose: Purpose,
    issued_by: UUID | None,
    caller: Caller,
    factor_id: UUID | None = None,
    patients: tuple[str, ...] = (),
) -> Sheet:
    expires_at = None
    if purpose is Purpose.SIGN_IN:
        # Somebody who printed codes for a patient could otherwise come in as the colleague that the patient also is.
        if not await may_come_by_paper(session, account_id):
            raise refused.NotValid(details="Staff does not sign in by a printed code.")
        expires_at = datetime.now(UTC) + timedelta(days=SIGN_IN_DAYS)
    codes = await paper_codes.new_sheet(
        session,
        means,
        account_id,
        purpose=purpose,
        issued_by=issued_by,
        expires_at=expires_at,
        factor_id=factor_id,
    )
    await audit.record(
        session,
        "print_codes",
        PAPER_CODES,
        keys=[str(account_id)],
        patients=patients,
        request_id=caller.request_id,
        details={"purpose": purpose.value, "address": caller.address},
    )
    return Sheet(account_id=account_id, purpose=purpose, codes=tuple(codes), expires_at=expires_at)
