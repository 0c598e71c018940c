"""Mails that were decided on, kept until the mail server has taken them.

In charge of putting one beside the work it belongs to: both become durable or neither. Its link signs in, so it
lies here under seal. And of whose turn it is: whoever claims a mail has it for some minutes, after which another
process may try, so that none is lost with the process that had it.
"""

from __future__ import annotations

import uuid
from dataclasses import dataclass
from datetime import datetime
from typing import Final
from uuid import UUID

from carebase import sealing
from carebase.database import queries
from carebase.database.session import Session
from carebase.mail.messages import Message

SQL = queries.beside(__file__)

SEAL = "mail"
LEASE_SECONDS: Final = 120
"""Longer than one try may take, so that a mail is not sent by two at once."""
KEPT_DAYS: Final = 7
"""A mail that was given up is kept this long, for the operator."""


@dataclass(frozen=True, slots=True)
class Claimed:
    """A mail whose turn it is, for whoever claimed it."""

    id: UUID
    kind: str
    message_sealed: bytes
    tries: int
    """This one included."""
    age_seconds: float

    def __repr__(self) -> str:
        return f"Claimed({self.id})"

    def opened(self, secret: str) -> Message:
        """The mail; Unsealable when the deployment's secret is another one now."""
        return _opened(secret, self.message_sealed, mail_id=self.id)


@dataclass(frozen=True, slots=True)
class Waiting:
    """A mail in the outbox, as an operator reads of it."""

    id: UUID
    kind: str
    message_sealed: bytes
    tries: int
    next_try_at: datetime
    failed_at: datetime | None
    failure: str | None
    created_at: datetime

    def __repr__(self) -> str:
        return f"Waiting({self.id})"

    def opened(self, secret: str) -> Message:
        """The mail; Unsealable when the deployment's secret is another one now."""
        return _opened(secret, self.message_sealed, mail_id=self.id)


async def put(session: Session, message: Message, *, secret: str) -> None:
    """Keep a mail for sending; the answer to whoever caused it never waits for the mail server."""
    mail_id = uuid.uuid4()
    sealed = sealing.seal(secret, message.as_bytes, purpose=SEAL, bound_to=str(mail_id))
    await session.run(SQL["put"], mail_id=mail_id, kind=message.kind.value, sealed=sealed)


async def claim(session: Session) -> Claimed | None:
    """The mail whose turn it is, for LEASE_SECONDS; None when none waits."""
    return await session.maybe(SQL["claim"], Claimed, lease_seconds=LEASE_SECONDS)


async def forget(session: Session, claimed: Claimed) -> None:
    """It was taken by the mail server."""
    await session.run(SQL["forget"], mail_id=claimed.id, tries=claimed.tries)


async def try_again(session: Session, claimed: Claimed, *, after_seconds: int, failure: str) -> None:
    """It was not taken; once more later."""
    await session.run(
        SQL["try_again"], mail_id=claimed.id, tries=claimed.tries, after_seconds=after_seconds, failure=failure
    )


async def give_up(session: Session, claimed: Claimed, *, failure: str) -> None:
    """It was not taken and will not be."""
    await session.run(SQL["give_up"], mail_id=claimed.id, tries=claimed.tries, failure=failure)


async def forget_old(session: Session) -> int:
    """Drop what was given up KEPT_DAYS ago; how many."""
    return await session.run(SQL["forget_old"], kept_days=KEPT_DAYS)


async def waiting(session: Session) -> list[Waiting]:
    """Every mail that was not taken yet, the oldest first; those to nobody left out."""
    return await session.all(SQL["waiting"], Waiting)


async def retry(session: Session, mail_id: UUID | None = None) -> int:
    """Try one now, or every one that is not to nobody; how many there are."""
    return await session.run(SQL["retry"], mail_id=mail_id)


def _opened(secret: str, sealed: bytes, *, mail_id: UUID) -> Message:
    return Message.of_bytes(sealing.unseal(secret, sealed, purpose=SEAL, bound_to=str(mail_id)))
