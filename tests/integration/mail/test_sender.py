"""A mail that was decided on reaches the mail server once, or again, and is never lost."""

from __future__ import annotations

import asyncio
import socket
from collections.abc import AsyncIterator, Iterator
from email import message_from_bytes, policy
from email.message import EmailMessage
from pathlib import Path
from typing import Any
from uuid import UUID

import pytest
from aiosmtpd.controller import Controller
from aiosmtpd.smtp import SMTP, Envelope, Session

from carebase.database import session as sessions
from carebase.database.pool import Login
from carebase.mail import outbox
from carebase.mail.messages import Kind, Message
from carebase.mail.sender import Sender
from carebase.mail.sending import MailServer, NotTaken
from carebase.mail.spool import Spool
from carebase.mail.wording import Wording

WORDS = Wording(site="https://care.example.org", sender="carebase@example.org")
MESSAGE = Message(
    kind=Kind.RECOVERY, to="amina@example.org", language="fr", link="https://care.example.org/x", good_minutes=60
)


class Box:
    """What a mail server took, and what it answers to a recipient."""

    def __init__(self) -> None:
        self.mails: list[EmailMessage] = []
        self.answer = "250 OK"

    async def handle_RCPT(  # noqa: N802  aiosmtpd's name
        self, server: SMTP, session: Session, envelope: Envelope, address: str, options: list[str]
    ) -> str:
        envelope.rcpt_tos.append(address)
        return self.answer

    async def handle_DATA(  # noqa: N802  aiosmtpd's name
        self, server: SMTP, session: Session, envelope: Envelope
    ) -> str:
        self.mails.append(message_from_bytes(envelope.content, policy=policy.default))
        return "250 taken"


def a_free_port() -> int:
    with socket.socket() as listening:
        listening.bind(("127.0.0.1", 0))
        return listening.getsockname()[1]


@pytest.fixture
def box() -> Iterator[tuple[Box, MailServer]]:
    kept = Box()
    controller = Controller(kept, hostname="127.0.0.1", port=a_free_port(), enable_SMTPUTF8=True)
    controller.start()
    try:
        yield kept, MailServer(host="127.0.0.1", port=controller.port)
    finally:
        controller.stop()


@pytest.fixture
async def pool(database: Any) -> AsyncIterator[Any]:
    async with database.pools(frozenset({Login.AUTH_SERVICE})) as pools:
        yield pools[Login.AUTH_SERVICE]


def a_sender(database: Any, pool: Any, delivery: Any) -> Sender:
    return Sender(pool, secret=database.secret, words=WORDS, delivery=delivery)


async def put(database: Any, pool: Any, message: Message = MESSAGE) -> None:
    async with sessions.begin_as_login(pool) as session:
        await outbox.put(session, message, secret=database.secret)


def kept(database: Any) -> list[tuple[Any, ...]]:
    with database.owner() as connection:
        return connection.execute("select kind, tries, failed_at is not null, failure from auth.outbox").fetchall()


def set_rows(database: Any, text: str) -> None:
    with database.owner() as connection:
        connection.execute(f"update auth.outbox set {text}")


async def test_a_mail_is_sent_and_leaves_the_outbox(database, pool, box):
    mailbox, server = box
    await put(database, pool)
    assert await a_sender(database, pool, server).send_one()
    [mail] = mailbox.mails
    assert mail["To"] == "amina@example.org"
    assert "https://care.example.org/x" in mail.get_body(("plain",)).get_content()
    assert kept(database) == []
    assert not await a_sender(database, pool, server).send_one()


async def test_a_mail_to_nobody_only_takes_its_time(database, pool, box):
    mailbox, server = box
    await put(database, pool, Message(kind=Kind.NONE, to="", language="fr"))
    assert await a_sender(database, pool, server).send_one()
    assert mailbox.mails == []
    assert kept(database) == []


class Dying:
    """A process that ends between taking a mail and saying so."""

    def __init__(self, delivery: MailServer, *, is_sent: bool) -> None:
        self.delivery, self.is_sent = delivery, is_sent

    async def deliver(self, mail: EmailMessage, *, mail_id: UUID) -> None:
        if self.is_sent:
            await self.delivery.deliver(mail, mail_id=mail_id)
        raise asyncio.CancelledError


@pytest.mark.parametrize("is_sent", [False, True])
async def test_a_mail_whose_sender_died_is_sent_by_another(database, pool, box, is_sent):
    mailbox, server = box
    await put(database, pool)
    with pytest.raises(asyncio.CancelledError):
        await a_sender(database, pool, Dying(server, is_sent=is_sent)).send_one()
    assert not await a_sender(database, pool, server).send_one()  # it may still be at work
    set_rows(database, "next_try_at = now()")
    assert await a_sender(database, pool, server).send_one()
    assert len(mailbox.mails) == 1 + is_sent
    assert len({mail["Message-ID"] for mail in mailbox.mails}) == 1
    assert kept(database) == []


async def test_two_servers_send_each_mail_once(database, pool, box):
    mailbox, server = box
    for number in range(12):
        await put(database, pool, Message(kind=Kind.TEST, to=f"p{number}@example.org", language="en"))

    async def work() -> None:
        sender = a_sender(database, pool, server)
        while await sender.send_one():
            pass

    await asyncio.gather(work(), work(), work())
    assert sorted(mail["To"] for mail in mailbox.mails) == sorted(f"p{number}@example.org" for number in range(12))


async def test_a_mail_server_that_is_away_is_asked_again_later(database, pool, box):
    mailbox, server = box
    await put(database, pool)
    assert await a_sender(database, pool, MailServer(host="127.0.0.1", port=1)).send_one()
    assert kept(database) == [("recovery", 1, False, "the mail server does not answer")]
    assert not await a_sender(database, pool, server).send_one()
    set_rows(database, "next_try_at = now()")
    assert await a_sender(database, pool, server).send_one()
    assert len(mailbox.mails) == 1


async def test_an_address_that_is_refused_is_not_asked_again(database, pool, box):
    mailbox, server = box
    mailbox.answer = "550 no such user amina@example.org"
    await put(database, pool)
    assert await a_sender(database, pool, server).send_one()
    assert kept(database) == [("recovery", 1, True, "the mail server refuses the address (550)")]


async def test_a_mail_server_that_is_busy_is_asked_again(database, pool, box):
    mailbox, server = box
    mailbox.answer = "451 greylisted"
    await put(database, pool)
    await a_sender(database, pool, server).send_one()
    assert kept(database) == [("recovery", 1, False, "the mail server refuses the address (451)")]


async def test_a_link_that_is_over_is_not_sent(database, pool, box):
    mailbox, server = box
    await put(database, pool)
    set_rows(database, "created_at = now() - interval '61 minutes'")
    await a_sender(database, pool, server).send_one()
    assert mailbox.mails == []
    assert [row[2] for row in kept(database)] == [True]


async def test_after_a_day_a_mail_is_given_up_and_an_operator_may_ask_for_it_again(database, pool, box):
    mailbox, server = box
    await put(database, pool, Message(kind=Kind.PASSWORD_CHANGED, to="amina@example.org", language="fr"))
    set_rows(database, "created_at = now() - interval '25 hours', tries = 6")
    await a_sender(database, pool, server).send_one()
    assert [row[2] for row in kept(database)] == [True]
    async with sessions.begin_as_login(pool) as session:
        assert await outbox.retry(session) == 1
    await a_sender(database, pool, server).send_one()
    assert len(mailbox.mails) == 1


async def test_a_mail_of_another_secret_is_given_up_and_the_next_goes_out(database, pool, box):
    mailbox, server = box
    async with sessions.begin_as_login(pool) as session:
        await outbox.put(session, MESSAGE, secret="another secret")
    await put(database, pool)
    sender = a_sender(database, pool, server)
    assert [await sender.send_one(), await sender.send_one()] == [True, True]
    assert len(mailbox.mails) == 1
    assert [row[3] for row in kept(database)] == ["it was sealed with another secret"]


async def test_a_mail_server_elsewhere_has_to_speak_tls(box):
    mailbox, server = box
    elsewhere = MailServer(host="localhost.localdomain", port=server.port)
    with pytest.raises(NotTaken):
        await elsewhere.deliver(WORDS.word(MESSAGE, mail_id=UUID(int=1)), mail_id=UUID(int=1))
    assert mailbox.mails == []


async def test_the_sender_beside_a_server_sends_and_stops(database, pool, box):
    mailbox, server = box
    async with a_sender(database, pool, server):
        await put(database, pool)
        async with asyncio.timeout(10):
            while not mailbox.mails:
                await asyncio.sleep(0.05)
    assert kept(database) == []


async def test_without_a_mail_server_mails_lie_in_the_spool(database, pool, tmp_path: Path):
    spool = Spool(tmp_path / "mail")
    await put(database, pool)
    assert await a_sender(database, pool, spool).send_one()
    assert len(spool.mails()) == 1
    assert kept(database) == []


@pytest.mark.parametrize("address", ["é@example.org", "a@éxample.org", "a..b@example.org", ".@a", "=?utf-8?q?x?=@a"])
async def test_no_address_stops_the_mail_of_others(database, pool, box, address):
    mailbox, server = box
    await put(database, pool, Message(kind=Kind.TEST, to=address, language="fr"))
    await put(database, pool)
    sender = a_sender(database, pool, server)
    assert [await sender.send_one(), await sender.send_one()] == [True, True]
    assert "amina@example.org" in {mail["To"] for mail in mailbox.mails}
