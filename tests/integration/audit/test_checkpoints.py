"""What was signed is kept outside the database, follows one another and continues one chain."""

from __future__ import annotations

import asyncio
import email
import hashlib
import json
import ssl
import stat

import pytest
from aiosmtpd.smtp import SMTP
from tests.integration.audit.recording import Recording

from carebase.audit import delivery, documents, signing
from carebase.audit.chain import Kind
from carebase.audit.checkpoint_file import CheckpointFile, FileLocked, FileUnusable
from carebase.audit.checkpoints import Checkpoints, RecordRewritten
from carebase.audit.delivery import Mail, Webhook
from carebase.audit.documents import NotACheckpoint
from carebase.database.pool import Login

SEALER = frozenset({Login.AUDIT_SEALER})


def copies(record: Recording) -> list[str]:
    with record.database.owner() as owner:
        return [text for (text,) in owner.execute("select document from audit.checkpoints order by id").fetchall()]


async def test_a_checkpoint_says_where_the_record_ends_and_is_signed(record):
    record.sealed(5)

    signed = await record.checkpoint()

    said = json.loads(signed.text)
    assert (said["version"], said["kind"], said["seq"]) == (1, "checkpoint", 5)
    assert said["hash"] == record.end().hash.hex()
    assert said["chain_id"] == str(record.chain_id())
    assert said["previous_sha256"] is None
    assert signed.is_genuine
    assert CheckpointFile(record.file).read() == [signed]
    assert copies(record) == [signed.text]
    assert record.verify().faults == []
    assert record.verify().trusted == 5


async def test_file_and_key_are_their_owners_alone(record):
    record.sealed(1)
    await record.checkpoint()
    assert stat.S_IMODE(record.file.stat().st_mode) == 0o600
    assert stat.S_IMODE(record.key.stat().st_mode) == 0o600


async def test_each_names_the_one_in_front(record):
    for _ in range(3):
        record.sealed(2)
        await record.checkpoint()

    found = CheckpointFile(record.file).read()
    named = [json.loads(signed.text)["previous_sha256"] for signed in found]
    assert named == [None, *(hashlib.sha256(signed.text.encode()).hexdigest() for signed in found[:2])]
    assert record.verify().faults == []


async def test_nothing_is_signed_twice(record):
    assert await record.checkpoint() is None
    record.sealed(2)
    assert await record.checkpoint() is not None
    assert await record.checkpoint() is None


async def test_a_copy_that_was_missed_is_made_up_for(record):
    record.sealed(2)
    await record.checkpoint()
    record.as_superuser("delete from audit.checkpoints")
    record.sealed(2)
    await record.checkpoint()
    assert copies(record) == [signed.text for signed in CheckpointFile(record.file).read()]


async def test_rows_written_anew_are_not_signed(record):
    record.sealed(5)
    await record.checkpoint()
    record.write_anew(2, with_head=True)
    record.sealed(1)
    with pytest.raises(RecordRewritten):
        await record.checkpoint()


async def test_an_edited_document_is_found(record):
    record.sealed(5)
    await record.checkpoint()
    record.file.write_text(record.file.read_text().replace('\\"seq\\":5', '\\"seq\\":4'))
    assert record.faults()[0] == (Kind.SIGNATURE, None, None)


async def test_a_document_taken_out_of_the_file_is_found(record):
    for _ in range(3):
        record.sealed(1)
        await record.checkpoint()
    first, _, third = record.file.read_text().splitlines(keepends=True)
    record.file.write_text(first + third)
    assert (Kind.CHECKPOINTS, None, None) in record.faults()


async def test_documents_by_another_key_are_not_believed(record, tmp_path):
    record.sealed(5)
    await record.checkpoint()
    stranger = signing.public_half(signing.key_at(tmp_path / "stranger.key"))
    assert [fault.kind for fault in record.verify(keys=[stranger]).faults] == [Kind.SIGNATURE]
    own = signing.public_half(signing.key_at(record.key))
    assert record.verify(keys=[own]).faults == []


async def test_without_the_file_the_copies_are_used_and_that_is_said(record):
    record.sealed(5)
    await record.checkpoint()
    record.file.unlink()
    report = record.verify()
    assert (report.faults, report.trusted) == ([], 5)
    assert any("copies in the database were used" in note for note in report.notes)


async def test_the_checkpoints_of_another_chain_are_told(record):
    record.sealed(5)
    await record.checkpoint()
    record.as_superuser(
        "truncate audit.log, audit.about, audit.checkpoints",
        "update audit.head set chain_id = gen_random_uuid(), seq = 0, sealed_at = '-infinity'",
        "update audit.head set hash = sha256(convert_to('carebase audit ' || chain_id, 'UTF8'))",
    )
    assert (Kind.CHECKPOINTS, None, None) in record.faults()
    record.sealed(5)
    with pytest.raises(RecordRewritten):
        await record.checkpoint()


async def test_after_a_restore_the_record_is_behind_until_that_is_signed(record):
    record.sealed(10)
    await record.checkpoint()
    backup = record.rows()
    record.sealed(10)
    await record.checkpoint()
    # A backup of the time of row 10 is put back.
    record.as_superuser(
        "delete from audit.log where seq > 10",
        "delete from audit.about where seq > 10",
        "delete from audit.checkpoints where seq > 10",
        "update audit.head h set seq = l.seq, hash = l.hash, sealed_at = l.sealed_at from audit.log l where l.seq = 10",
    )
    assert record.rows() == backup
    assert record.faults() == [(Kind.CUT_OFF, 11, 20)]
    with pytest.raises(RecordRewritten) as refused:
        await record.checkpoint()
    assert "--after-restore" in str(refused.value.hint)

    await record.checkpoint(after_restore="The disk of Monday was lost.")
    record.sealed(15)
    await record.checkpoint()

    report = record.verify()
    assert (report.faults, report.trusted, report.vouching.void) == ([], 25, 1)
    assert [restore.reason for restore in report.vouching.restores] == ["The disk of Monday was lost."]
    # What was signed before the backup still counts.
    record.write_anew(5, with_head=True)
    assert Kind.ANCHOR_DIFFERS in {kind for kind, _, _ in record.faults()}


async def test_two_processes_that_sign_at_once_make_one_chain_of_documents(record):
    async with record.database.pools(SEALER) as pools:
        makers = [record.checkpoints(pools) for _ in range(4)]
        made = 0
        for _ in range(5):
            record.sealed(1)
            for outcome in await asyncio.gather(*(maker.make() for maker in makers), return_exceptions=True):
                if isinstance(outcome, BaseException):
                    assert isinstance(outcome, FileLocked)
                elif outcome is not None:
                    made += 1

    assert made == 5
    assert len(CheckpointFile(record.file).read()) == 5
    assert record.verify().faults == []


async def test_a_line_that_a_crash_left_half_written_is_replaced(record):
    record.sealed(1)
    first = await record.checkpoint()
    with record.file.open("a") as file:
        file.write('{"document":"{\\"vers')
    assert CheckpointFile(record.file).read() == [first]
    record.sealed(1)
    second = await record.checkpoint()
    assert CheckpointFile(record.file).read() == [first, second]
    assert record.verify().faults == []


@pytest.mark.parametrize("content", [b"my notes", b"my\nnotes\n", b"x" * 200_000, b"\xff\xfe\n"])
async def test_a_file_of_something_else_is_left_alone(record, content):
    record.file.write_bytes(content)
    record.sealed(1)
    with pytest.raises(NotACheckpoint):
        await record.checkpoint()
    assert record.file.read_bytes() == content


async def test_a_link_in_the_place_of_the_file_is_not_followed(record, tmp_path):
    (tmp_path / "other").touch()
    record.file.symlink_to(tmp_path / "other")
    record.sealed(1)
    with pytest.raises(FileUnusable):
        await record.checkpoint()


async def test_a_key_that_others_can_read_is_not_used(record):
    record.sealed(1)
    signing.key_at(record.key)
    record.key.chmod(0o640)
    with pytest.raises(signing.KeyUnusable):
        await record.checkpoint()


class Receiver:
    """A webhook's other side."""

    def __init__(self, *answers: str) -> None:
        self.answers, self.requests = list(answers), []

    async def __aenter__(self) -> Receiver:
        self.server = await asyncio.start_server(self._serve, "127.0.0.1", 0)
        self.port = self.server.sockets[0].getsockname()[1]
        return self

    async def __aexit__(self, *exc: object) -> None:
        self.server.close()
        await self.server.wait_closed()

    @property
    def url(self) -> str:
        return f"http://127.0.0.1:{self.port}/checkpoints?from=carebase"

    async def _serve(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        head = (await reader.readuntil(b"\r\n\r\n")).decode()
        length = int(next(line for line in head.splitlines() if line.startswith("Content-Length")).split(": ")[1])
        self.requests.append((head, (await reader.readexactly(length)).decode()))
        answer = self.answers.pop(0) if self.answers else "HTTP/1.1 204 No Content\r\n\r\n"
        writer.write(answer.encode())
        await writer.drain()
        writer.close()


async def sent(record: Recording, *targets: delivery.Target) -> int:
    """A checkpoint made and sent; how many targets did not take it."""
    async with record.database.pools(SEALER) as pools:
        checkpoints = Checkpoints(pools[Login.AUDIT_SEALER], file=record.file, key=record.key, targets=targets)
        await checkpoints.make()
        return await checkpoints.send()


async def test_a_webhook_gets_each_signed_document_once_and_nothing_of_patients(record):
    async with Receiver() as receiver:
        for _ in range(2):
            record.sealed(1)
            assert await sent(record, Webhook(receiver.url)) == 0
        assert await sent(record, Webhook(receiver.url)) == 0

    assert [body for _, body in receiver.requests] == record.file.read_text().splitlines()
    assert receiver.requests[0][0].startswith("POST /checkpoints?from=carebase HTTP/1.1\r\n")
    assert set(json.loads(documents.from_line(receiver.requests[0][1]).text)) == {
        "version", "chain_id", "kind", "seq", "hash", "sealed_at", "made_at", "previous_sha256",
    }  # fmt: skip


@pytest.mark.parametrize(
    "answer",
    [
        "HTTP/1.1 500 Internal Server Error\r\n\r\n",
        "HTTP/1.1 302 Found\r\nLocation: http://127.0.0.1:9/\r\n\r\n",
        "",
        "hello\r\n",
        "x" * 5000,
    ],
)
async def test_what_a_webhook_did_not_take_is_sent_the_next_time(record, answer):
    async with Receiver(answer) as receiver:
        record.sealed(1)
        assert await sent(record, Webhook(receiver.url)) == 1
        assert len(CheckpointFile(record.file).read()) == 1
        record.sealed(1)
        assert await sent(record, Webhook(receiver.url)) == 0
    assert [body for _, body in receiver.requests[-2:]] in (
        record.file.read_text().splitlines(),
        # With nothing taken yet, the newest is what the other side begins with.
        [receiver.requests[0][1], record.file.read_text().splitlines()[1]],
    )


async def test_a_webhook_that_says_nothing_is_given_up(record, monkeypatch):
    monkeypatch.setattr(delivery, "SEND_TIMEOUT_SECONDS", 0.2)
    gone = asyncio.Event()

    async def say_nothing(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        await reader.read()
        writer.close()
        gone.set()

    async with await asyncio.start_server(say_nothing, "127.0.0.1", 0) as silent:
        record.sealed(1)
        port = silent.sockets[0].getsockname()[1]
        assert await sent(record, Webhook(f"http://127.0.0.1:{port}/")) == 1
        await asyncio.wait_for(gone.wait(), 5)


async def test_a_webhook_whose_certificate_is_not_known_gets_nothing(record):
    async with Receiver() as receiver:
        record.sealed(1)
        assert await sent(record, Webhook(f"https://127.0.0.1:{receiver.port}/")) == 1
    assert ssl.create_default_context().verify_mode is ssl.CERT_REQUIRED


class Box:
    """A mail server's mail box."""

    def __init__(self) -> None:
        self.mails = []

    async def handle_DATA(self, server, session, envelope) -> str:  # noqa: N802 (the server asks for that name)
        self.mails.append((envelope.mail_from, envelope.rcpt_tos, email.message_from_bytes(envelope.content)))
        return "250 taken"


async def test_a_mail_carries_the_signed_document(record):
    box = Box()
    loop = asyncio.get_running_loop()
    server = await loop.create_server(lambda: SMTP(box, hostname="mail.b.example", loop=loop), "127.0.0.1", 0)
    async with server:
        port = server.sockets[0].getsockname()[1]
        record.sealed(3)
        mail = Mail(host="127.0.0.1", port=port, sender="care@a.example", recipient="audit@b.example")
        assert await sent(record, mail) == 0

    ((sender, recipients, message),) = box.mails
    assert (sender, recipients) == ("care@a.example", ["audit@b.example"])
    assert message["Subject"] == "carebase: checkpoint 3"
    _, attached = message.get_payload()
    assert attached.get_payload(decode=True).decode() == record.file.read_text()


async def test_a_mail_server_that_is_away_loses_nothing(record):
    record.sealed(3)
    assert await sent(record, Mail(host="127.0.0.1", port=9, sender="care@a.example", recipient="b@b.example")) == 1
    assert len(CheckpointFile(record.file).read()) == 1
