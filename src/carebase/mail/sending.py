"""Hands a mail to the mail server, over TLS wherever it leaves this machine."""

from __future__ import annotations

import asyncio
from dataclasses import dataclass, field
from email.message import EmailMessage
from typing import Final, Protocol
from uuid import UUID

import aiosmtplib

from carebase.settings import LOOPBACK, Settings

SEND_TIMEOUT_SECONDS: Final = 30.0
TLS_PORT: Final = 465


class NotTaken(Exception):
    """The mail was not taken. Its words are ours: a server's own may quote the address."""

    def __init__(self, reason: str, *, is_final: bool = False) -> None:
        super().__init__(reason)
        self.reason = reason
        self.is_final = is_final
        """Whether another try would be answered the same."""


class Delivery(Protocol):
    """Where mails go."""

    async def deliver(self, mail: EmailMessage, *, mail_id: UUID) -> None:
        """Hand it over; NotTaken when it was not taken."""


@dataclass(frozen=True, slots=True, kw_only=True)
class MailServer:
    """The operator's mail server."""

    host: str
    port: int
    user: str | None = None
    password: str | None = field(default=None, repr=False)

    @classmethod
    def of(cls, settings: Settings) -> MailServer | None:
        """The mail server of the settings, None where there is none."""
        if settings.smtp_host is None:
            return None
        return cls(
            host=settings.smtp_host,
            port=settings.smtp_port,
            user=settings.smtp_user,
            password=settings.smtp_password,
        )

    async def deliver(self, mail: EmailMessage, *, mail_id: UUID) -> None:  # noqa: ARG002  Delivery's signature
        """Hand it over."""
        try:
            async with asyncio.timeout(SEND_TIMEOUT_SECONDS):
                await aiosmtplib.send(
                    mail,
                    hostname=self.host,
                    port=self.port,
                    username=self.user,
                    password=self.password,
                    use_tls=self.port == TLS_PORT,
                    # On loopback nobody listens between; everywhere else a server without TLS gets no mail.
                    start_tls=False if self.port == TLS_PORT else None if self.host in LOOPBACK else True,
                    timeout=SEND_TIMEOUT_SECONDS,
                )
        except aiosmtplib.SMTPRecipientsRefused as error:
            codes = [refusal.code for refusal in error.recipients]
            raise NotTaken(
                f"the mail server refuses the address ({max(codes)})", is_final=all(code >= 500 for code in codes)
            ) from error
        except aiosmtplib.SMTPDataError as error:
            raise NotTaken(f"the mail server refuses the mail ({error.code})", is_final=error.code >= 500) from error
        except aiosmtplib.SMTPResponseException as error:
            raise NotTaken(f"the mail server refuses us ({error.code})") from error
        except (aiosmtplib.SMTPException, OSError, TimeoutError) as error:
            raise NotTaken("the mail server does not answer") from error
