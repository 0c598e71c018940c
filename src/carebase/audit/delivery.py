"""Sends signed checkpoints to where no server of ours can rewrite them: a webhook, a mail box.

What was sent last is noted beside the checkpoints' file, so that after a failure the next round sends
everything since. Nothing of patients is in them: numbers, times and hashes.
"""

from __future__ import annotations

import asyncio
import json
import os
import ssl
from collections.abc import Sequence
from dataclasses import dataclass
from email.message import EmailMessage
from pathlib import Path
from typing import Final, Protocol
from urllib.parse import urlsplit

import aiosmtplib

from carebase.audit.checkpoint_file import CheckpointFile
from carebase.audit.documents import Document, Signed
from carebase.observability import Log
from carebase.settings import LOOPBACK, VERSION, Settings

SEND_TIMEOUT_SECONDS: Final = 10.0
MOST_AT_ONCE: Final = 100
LONGEST_STATUS_LINE: Final = 1024
TLS_PORT: Final = 465
LOG = Log("audit")


class NotDelivered(Exception):
    """The other side did not take it; its own words are not passed on."""


class Target(Protocol):
    """Where checkpoints are sent to."""

    @property
    def name(self) -> str:
        """Which one, in the note of what was sent."""

    async def send(self, signed: Signed) -> None:
        """Send one; NotDelivered, OSError or TimeoutError when it was not taken."""


@dataclass(frozen=True, slots=True)
class Webhook:
    """A POST of the line, as the file has it. Redirects are not followed."""

    url: str
    name: str = "webhook"

    async def send(self, signed: Signed) -> None:
        """Send one; taken is what is answered with 2xx."""
        parts = urlsplit(self.url)
        is_tls = parts.scheme == "https"
        body = signed.line.encode()
        path = (parts.path or "/") + (f"?{parts.query}" if parts.query else "")
        head = (
            f"POST {path} HTTP/1.1\r\nHost: {parts.netloc}\r\nUser-Agent: carebase/{VERSION}\r\n"
            f"Content-Type: application/json\r\nContent-Length: {len(body)}\r\nConnection: close\r\n\r\n"
        )
        async with asyncio.timeout(SEND_TIMEOUT_SECONDS):
            reader, writer = await asyncio.open_connection(
                parts.hostname,
                parts.port or (443 if is_tls else 80),
                ssl=ssl.create_default_context() if is_tls else None,
                limit=LONGEST_STATUS_LINE,
            )
            try:
                writer.write(head.encode() + body)
                await writer.drain()
                status = (await reader.readuntil(b"\n")).split()
            except (asyncio.IncompleteReadError, asyncio.LimitOverrunError) as error:
                raise NotDelivered from error
            finally:
                writer.close()
        if len(status) < 2 or not status[0].startswith(b"HTTP/1.") or not status[1].startswith(b"2"):
            raise NotDelivered


@dataclass(frozen=True, slots=True, kw_only=True)
class Mail:
    """A mail with the line as its attachment; over TLS wherever it leaves this machine."""

    host: str
    port: int
    sender: str
    recipient: str
    user: str | None = None
    password: str | None = None
    name: str = "mail"

    async def send(self, signed: Signed) -> None:
        """Send one."""
        document = signed.read()
        try:
            await aiosmtplib.send(
                self.written(signed, document),
                hostname=self.host,
                port=self.port,
                username=self.user,
                password=self.password,
                use_tls=self.port == TLS_PORT,
                start_tls=False if self.port == TLS_PORT else None if self.host in LOOPBACK else True,
                timeout=SEND_TIMEOUT_SECONDS,
            )
        except aiosmtplib.SMTPException as error:
            raise NotDelivered from error

    def written(self, signed: Signed, document: Document) -> EmailMessage:
        """The mail."""
        mail = EmailMessage()
        mail["From"], mail["To"] = self.sender, self.recipient
        mail["Subject"] = f"carebase: {document.kind} {document.seq}"
        mail.set_content(
            f"{document.name[0].upper()}{document.name[1:]} on the record of access {document.chain_id}:\n"
            f"row {document.seq} has the hash\n{document.hash.hex()}\n\n"
            "Keep this mail: `carebase audit verify --checkpoints FILE` checks the record against the attached line.\n"
        )
        mail.add_attachment(signed.line.encode() + b"\n", "application", "jsonl", filename=f"{document.seq}.jsonl")
        return mail


def targets_of(settings: Settings) -> Sequence[Target]:
    """Where the operator wants checkpoints sent."""
    targets: list[Target] = []
    if settings.audit_webhook:
        targets.append(Webhook(settings.audit_webhook))
    if settings.audit_mail_to and settings.smtp_host and settings.mail_from:
        targets.append(
            Mail(
                host=settings.smtp_host,
                port=settings.smtp_port,
                sender=settings.mail_from,
                recipient=settings.audit_mail_to,
                user=settings.smtp_user,
                password=settings.smtp_password,
            )
        )
    return targets


async def send_new(file: CheckpointFile, targets: Sequence[Target]) -> int:
    """Send each target what it has not got yet, oldest first; how many targets could not be reached."""
    failed = 0
    for target in targets:
        note = _Note(file.path.with_name(f"{file.path.name}.{target.name}"))
        try:
            for signed in (await asyncio.to_thread(file.since, note.read()))[:MOST_AT_ONCE]:
                await target.send(signed)
                await asyncio.to_thread(note.write, signed.sha256)
        except (NotDelivered, OSError, TimeoutError) as error:
            failed += 1
            LOG.error("checkpoint_not_sent", cause=error, step=target.name)
    return failed


@dataclass(frozen=True, slots=True)
class _Note:
    """Which document a target has got last."""

    path: Path

    def read(self) -> bytes | None:
        try:
            return bytes.fromhex(json.loads(self.path.read_text(encoding="ascii"))["sent"])
        except FileNotFoundError:
            return None
        except (ValueError, KeyError, TypeError):
            # A note that cannot be read is one more mail at worst.
            return None

    def write(self, sha256: bytes) -> None:
        draft = self.path.with_name(f"{self.path.name}.{os.getpid()}")
        draft.write_text(json.dumps({"sent": sha256.hex()}), encoding="ascii")
        draft.replace(self.path)
