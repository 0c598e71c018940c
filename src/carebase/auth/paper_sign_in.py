"""People come in by a printed code, with the number on their papers, of their telephone, or their address.

In charge of finding the account by such a name, telling nobody whether there is one, and of who may come in so:
patients and people without a clinical role. Staff is not let in by paper alone, whoever printed it.
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from typing import Final
from uuid import UUID

from carebase.auth import accounts, attempts, methods, opening, paper_codes, refused
from carebase.auth.accounts import Accounts
from carebase.auth.callers import Caller
from carebase.auth.methods import Method
from carebase.auth.opening import Opened
from carebase.auth.paper_codes import Purpose
from carebase.database import queries

SQL = queries.beside(__file__)

LONGEST_NAME: Final = 254
NOBODY: Final = UUID(int=0)
NUMBER: Final = re.compile(r"(?:\+|00)?([1-9][0-9]{6,14})")


@dataclass(frozen=True, slots=True)
class Named:
    """An account that a name may stand for."""

    user_id: UUID


def number_of(name: str) -> str:
    """The telephone number as accounts hold it, empty when the name cannot be one.

    >>> number_of("+221 77 123-45-67")
    '221771234567'
    >>> number_of("MRN-17")
    ''
    """
    found = NUMBER.fullmatch(re.sub(r"[\s().-]", "", name))
    return found[1] if found else ""


async def by_code(means: Accounts, name: str, code: str, *, caller: Caller) -> Opened:
    """A session at aal1 for an unused code; for a name without an account the same answer as for a wrong code.

    `name` is a record number, a telephone number or an e-mail address. InvalidCredentials, TooManyTries.
    """
    name = name.strip()
    if not name or len(name) > LONGEST_NAME or not name.isprintable():
        raise refused.InvalidCredentials
    counted_as = f"paper {name}"
    async with means.begin() as session:
        too_many = await attempts.take(session, email=counted_as, address=caller.address)
        named = await session.all(SQL["named"], Named, name=name, number=number_of(name))
        # A number may be one person's telephone and another one's record: the code tells whose it is.
        candidates = [each.user_id for each in named] or [NOBODY]
        first = await accounts.by_id(session, candidates[0])
        owner = None
        if too_many is None:
            owner = await paper_codes.use_of_one(session, means, candidates, purpose=Purpose.SIGN_IN, code=code)
        entered = None
        if owner is not None and await session.value(SQL["enter"], user_id=owner) is not None:
            entered = await accounts.by_id(session, owner)
        if entered is not None:
            await attempts.forget(session, email=counted_as, address=caller.address)
            proofs = [methods.proof(Method.PAPER_CODE)]
            return await opening.open_one(session, means, entered, proofs=proofs, action="sign_in", caller=caller)
        reason = "paper code" if too_many is None else "too many tries"
        await accounts.record_refusal(session, first, reason=reason, caller=caller)
    raise too_many or refused.InvalidCredentials()
