"""Mails that were decided on, kept until the mail server has taken them.

In charge of putting one beside the work it belongs to: both become durable or neither. Its link signs in, so it
lies here under seal.
"""

from __future__ import annotations

import uuid

from carebase import sealing
from carebase.database import queries
from carebase.database.session import Session
from carebase.mail.messages import Message

SQL = queries.beside(__file__)

SEAL = "mail"


async def put(session: Session, message: Message, *, secret: str) -> None:
    """Keep a mail for sending; the answer to whoever caused it never waits for the mail server."""
    mail_id = uuid.uuid4()
    sealed = sealing.seal(secret, message.as_bytes, purpose=SEAL, bound_to=str(mail_id))
    await session.run(SQL["put"], mail_id=mail_id, kind=message.kind.value, sealed=sealed)
