"""A mail waits beside the work that caused it, and nobody reads it in the database."""

from __future__ import annotations

import pytest

from carebase import sealing
from carebase.database import session as sessions
from carebase.database.pool import Login
from carebase.mail import outbox
from carebase.mail.messages import Kind, Message

MESSAGE = Message(
    kind=Kind.RECOVERY, to="amina@example.org", language="fr", link="https://care.example.org/x", code="123456"
)


async def test_a_mail_is_kept_under_seal(database):
    async with database.pools() as pools, sessions.begin_as_login(pools[Login.AUTH_SERVICE]) as session:
        await outbox.put(session, MESSAGE, secret=database.secret)
    with database.owner() as connection:
        [(mail_id, kind, sealed)] = connection.execute("select id, kind, message_sealed from auth.outbox").fetchall()
    assert kind == "recovery"
    assert b"amina" not in sealed
    opened = sealing.unseal(database.secret, sealed, purpose=outbox.SEAL, bound_to=str(mail_id))
    assert Message.of_bytes(opened) == MESSAGE


async def test_a_mail_goes_with_the_work_that_is_taken_back(database):
    async with database.pools() as pools:
        with pytest.raises(RuntimeError):
            async with sessions.begin_as_login(pools[Login.AUTH_SERVICE]) as session:
                await outbox.put(session, MESSAGE, secret=database.secret)
                raise RuntimeError
    with database.owner() as connection:
        assert connection.execute("select count(*) from auth.outbox").fetchone() == (0,)
