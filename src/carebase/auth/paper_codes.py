"""Codes on paper: sheets of them are made, shown once, and each code is good once.

In charge of sheets and of single use. A code is for one purpose: to sign in without e-mail, as a second factor
without a telephone, or in place of a lost one; for another purpose it is nothing. Only keyed hashes are kept.
"""

from __future__ import annotations

import secrets
import uuid
from collections.abc import Sequence
from datetime import datetime
from enum import StrEnum
from typing import Final
from uuid import UUID

from carebase import sealing
from carebase.auth.accounts import Accounts
from carebase.database import queries
from carebase.database.session import Session

SQL = queries.beside(__file__)

ALPHABET: Final = "ACDEFGHJKMNPQRTVWXY34679"
"""Without signs that look like another in print or by hand: 0 O, 1 I L, 2 Z, 5 S, 8 B, U V."""
GROUPS: Final = 3
SIGNS_IN_A_GROUP: Final = 4
CODES_ON_A_SHEET: Final = 10
LONGEST_TYPED: Final = 64
SEAL: Final = "paper code"


class Purpose(StrEnum):
    """For what a code is good."""

    SIGN_IN = "sign_in"
    SECOND_FACTOR = "second_factor"
    RECOVERY = "recovery"


def new_code() -> str:
    """A code as it is printed; 24 ** 12 of them, which is 55 bits."""
    signs = [secrets.choice(ALPHABET) for _ in range(GROUPS * SIGNS_IN_A_GROUP)]
    return "-".join("".join(signs[at : at + SIGNS_IN_A_GROUP]) for at in range(0, len(signs), SIGNS_IN_A_GROUP))


def normal(typed: str) -> str | None:
    """The code as it is compared, however it was typed; None when it cannot be one.

    >>> normal(" acde fghj-kmnp ")
    'ACDEFGHJKMNP'
    >>> normal("123456") is None
    True
    """
    if len(typed) > LONGEST_TYPED:
        return None
    signs = "".join(typed.upper().replace("-", " ").split())
    return signs if len(signs) == GROUPS * SIGNS_IN_A_GROUP and set(signs) <= set(ALPHABET) else None


async def new_sheet(
    session: Session,
    means: Accounts,
    user_id: UUID,
    *,
    purpose: Purpose,
    issued_by: UUID | None,
    expires_at: datetime | None = None,
    factor_id: UUID | None = None,
    count: int = CODES_ON_A_SHEET,
) -> list[str]:
    """A new sheet in place of the account's old one of this purpose; its codes are told here and never again.

    `issued_by` is who printed it for somebody else. `factor_id` goes with SECOND_FACTOR and with nothing else.
    """
    codes = [new_code() for _ in range(count)]
    await session.run(SQL["lock_account"], user_id=user_id)
    await session.run(SQL["drop_sheet"], user_id=user_id, purpose=purpose.value, factor_id=factor_id)
    await session.run(
        SQL["keep_sheet"],
        user_id=user_id,
        purpose=purpose.value,
        factor_id=factor_id,
        code_hmacs=[_keyed(means, user_id, purpose=purpose, code=code) for code in codes],
        sheet_id=uuid.uuid4(),
        issued_by=issued_by,
        expires_at=expires_at,
    )
    return codes


async def use(
    session: Session, means: Accounts, user_id: UUID, *, purpose: Purpose, code: str, factor_id: UUID | None = None
) -> bool:
    """Whether this is an unused code of the account for this purpose; it is used from then on."""
    found = await use_of_one(session, means, [user_id], purpose=purpose, code=code, factor_id=factor_id)
    return found is not None


async def use_of_one(
    session: Session,
    means: Accounts,
    user_ids: Sequence[UUID],
    *,
    purpose: Purpose,
    code: str,
    factor_id: UUID | None = None,
) -> UUID | None:
    """The account among these whose unused code this is; the code is used from then on."""
    found: UUID | None = await session.value(
        SQL["use"],
        user_ids=list(user_ids),
        code_hmacs=[_keyed(means, user_id, purpose=purpose, code=code) for user_id in user_ids],
        purpose=purpose.value,
        factor_id=factor_id,
    )
    return found


async def drop(session: Session, user_id: UUID, *, purpose: Purpose) -> None:
    """The account's codes of this purpose are good for nothing from then on."""
    await session.run(SQL["drop"], user_id=user_id, purpose=purpose.value)


async def left(session: Session, user_id: UUID, *, purpose: Purpose) -> int:
    """How many codes of this purpose the account still has."""
    found: int = await session.value(SQL["left"], user_id=user_id, purpose=purpose.value)
    return found


def _keyed(means: Accounts, user_id: UUID, *, purpose: Purpose, code: str) -> bytes:
    # What cannot be a code is hashed all the same: the same work, and it is nobody's.
    return sealing.keyed(means.secret, f"{user_id}:{purpose.value}:{normal(code) or ''}", purpose=SEAL)
