"""Keeps mails as files where there is no mail server, for the operator to read or to hand on.

In charge of the directory: its files hold links that sign in, so they are for the server's user alone and go
after some days.
"""

from __future__ import annotations

import asyncio
import os
import re
import time
from dataclasses import dataclass
from datetime import UTC, datetime
from email import message_from_bytes, policy
from email.message import EmailMessage
from pathlib import Path
from typing import Final, Self
from uuid import UUID

from carebase.mail.sending import NotTaken
from carebase.settings import Settings

KEPT_DAYS: Final = 30
NAME: Final = re.compile(r"(\d{8}T\d{6}Z)-([0-9a-f]{8}(?:-[0-9a-f]{4}){3}-[0-9a-f]{12})\.eml")


@dataclass(frozen=True, slots=True)
class Spooled:
    """One mail that lies there."""

    id: UUID
    at: datetime
    path: Path


@dataclass(frozen=True, slots=True)
class Spool:
    """The directory of one deployment."""

    directory: Path

    @classmethod
    def of(cls, settings: Settings) -> Self:
        """The one below the data directory."""
        return cls(settings.data / "mail")

    async def deliver(self, mail: EmailMessage, *, mail_id: UUID) -> None:
        """Keep it; NotTaken when the disk refuses."""
        try:
            await asyncio.to_thread(self._keep, mail.as_bytes(), mail_id)
        except OSError as error:
            raise NotTaken("the spool directory cannot be written") from error

    def mails(self) -> list[Spooled]:
        """What lies there, the oldest first."""
        if not self.directory.is_dir():
            return []
        found = []
        for path in sorted(self.directory.iterdir()):
            if named := NAME.fullmatch(path.name):
                at = datetime.strptime(named[1], "%Y%m%dT%H%M%SZ").replace(tzinfo=UTC)
                found.append(Spooled(UUID(named[2]), at, path))
        return found

    def find(self, mail_id: UUID) -> Spooled | None:
        """The mail of this id."""
        return next((each for each in self.mails() if each.id == mail_id), None)

    def forget_old(self) -> int:
        """Remove what has lain here for KEPT_DAYS; how many."""
        oldest = time.time() - KEPT_DAYS * 86_400
        old = [each for each in self.mails() if each.at.timestamp() < oldest]
        for each in old:
            each.path.unlink(missing_ok=True)
        return len(old)

    def _keep(self, written: bytes, mail_id: UUID) -> None:
        self.directory.mkdir(mode=0o700, parents=True, exist_ok=True)
        if self.find(mail_id):
            # It was kept by a try that did not live to say so.
            return
        name = f"{datetime.now(UTC).strftime('%Y%m%dT%H%M%SZ')}-{mail_id}.eml"
        draft = self.directory / f".{name}.{os.getpid()}"
        descriptor = os.open(draft, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600)
        try:
            with os.fdopen(descriptor, "wb") as file:
                file.write(written)
                file.flush()
                os.fsync(file.fileno())
            draft.replace(self.directory / name)
        finally:
            draft.unlink(missing_ok=True)


def read(spooled: Spooled) -> EmailMessage:
    """The mail as it was written."""
    return message_from_bytes(spooled.path.read_bytes(), policy=policy.default)
