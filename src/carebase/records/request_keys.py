"""Idempotency-Key: a request that is sent again gets the answer of the first, and no second work."""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, Final

from carebase import errors
from carebase.database import queries
from carebase.database.session import Session

SQL = queries.beside(__file__)
LONGEST_KEY: Final = 255


class KeyReused(errors.Conflict):
    """The same key came with another body."""

    code, message = "idempotency_key_reused", "This Idempotency-Key was used for another request."


@dataclass(frozen=True, slots=True)
class Remembered:
    """An answer as it was given, with the hash of the body it answered."""

    body_hash: str
    response: Any


async def answer_for(session: Session, key: str, *, body_hash: str) -> Any | None:
    """The answer given before, None for a new key; KeyReused when the body differs."""
    if not 0 < len(key) <= LONGEST_KEY:
        raise errors.Invalid(details=f"Idempotency-Key must have 1 to {LONGEST_KEY} characters.")
    found = await session.maybe(SQL["remembered"], Remembered, key=key)
    if found is None:
        return None
    if found.body_hash != body_hash:
        raise KeyReused(hint="Use a new key for a new request.")
    return found.response


async def remember(session: Session, key: str, *, body_hash: str, response: Mapping[str, Any]) -> None:
    """Keep the answer with the work of this transaction; Conflict when another request was faster."""
    await session.run(SQL["remember"], key=key, body_hash=body_hash, response=json.dumps(response))
