"""Makes checkpoints: reads where the chain ends, signs that, keeps it in the file and sends it on.

The file counts; the database has a copy. Nothing is signed that does not continue what was signed last:
whoever rewrites the log does not get our signature on it.
"""

from __future__ import annotations

import asyncio
import time
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Final
from uuid import UUID

from carebase import errors
from carebase.audit import delivery, documents, signing, vouching
from carebase.audit.checkpoint_file import CheckpointFile, Tail
from carebase.audit.delivery import Target
from carebase.audit.documents import Document, Kind, Signed
from carebase.database import queries, session
from carebase.database.session import Session
from carebase.settings import Settings

if TYPE_CHECKING:
    from psycopg_pool import AsyncConnectionPool

SQL = queries.beside(__file__)
COPIED_AGAIN: Final = 10
"""So many of the last documents are looked for in the database, in case one was made while it was away."""
AFTER_RESTORE: Final = "After a restore from a backup: carebase audit checkpoint --after-restore REASON"


class RecordRewritten(errors.SetupError):
    """The log does not contain the row that was signed last, so nothing further is signed."""

    code, message = "record_rewritten", "The record of access does not continue what was signed."
    exit_code = 65  # EX_DATAERR of sysexits.h


@dataclass(frozen=True, slots=True)
class Head:
    """Where the chain ends."""

    chain_id: UUID
    seq: int
    hash: bytes
    sealed_at: int


class Checkpoints:
    """The maker of checkpoints of one process; `pool` is the sealer's."""

    def __init__(self, pool: AsyncConnectionPool, *, file: Path, key: Path, targets: Sequence[Target] = ()) -> None:
        self.file = CheckpointFile(file)
        self._pool, self._key, self._targets = pool, key, targets

    @classmethod
    def of(cls, settings: Settings, pool: AsyncConnectionPool) -> Checkpoints:
        """As the operator wants them."""
        targets = delivery.targets_of(settings)
        return cls(pool, file=settings.checkpoint_file, key=settings.audit_key_file, targets=targets)

    async def make(self) -> Signed | None:
        """Sign where the chain ends now; None when nothing was sealed since the last.

        Raises RecordRewritten, FileLocked while another process makes one, and Unavailable.
        """
        return await self._make(Kind.CHECKPOINT)

    async def make_after_restore(self, reason: str) -> Signed:
        """Sign where the chain ends in a database that was put back; from here on it is continued."""
        signed = await self._make(Kind.RESTORE, reason=reason)
        if signed is None:
            raise AssertionError
        return signed

    async def seconds_since_last(self) -> float | None:
        """How old the newest document is; None when there is none."""
        with self.file.lock() as tail:
            last = tail.last
        return None if last is None else time.time() - last.read().made_at / 1e6

    async def copy(self) -> None:
        """Put the last documents of the file into the database, where they are not there."""
        with self.file.lock() as tail:
            found = tail.documents[-COPIED_AGAIN:]
        async with session.begin_as_login(self._pool) as transaction:
            for signed in found:
                await _copy(transaction, signed)

    async def send(self) -> int:
        """Send what was not sent yet; how many of the targets did not take it, which are asked again next time."""
        return await delivery.send_new(self.file, self._targets)

    async def _make(self, kind: Kind, *, reason: str | None = None) -> Signed | None:
        key = await asyncio.to_thread(signing.key_at, self._key)
        signed: Signed | None = None
        with self.file.lock() as tail:
            # Read behind the lock, so that of two processes the later one sees the later end.
            async with session.begin_as_login(self._pool) as transaction:
                head = await transaction.one(SQL["head"], Head)
                is_new = kind is Kind.RESTORE or await _continues(transaction, head, tail.end)
            if is_new:
                signed = documents.sign(following(tail, head, kind=kind, reason=reason), key)
                await asyncio.to_thread(tail.append, signed)
        await self.copy()
        return signed


def following(tail: Tail, head: Head, *, kind: Kind, reason: str | None = None) -> Document:
    """The document that comes next in the file."""
    return Document(
        chain_id=head.chain_id,
        kind=kind,
        seq=head.seq,
        hash=head.hash,
        sealed_at=head.sealed_at,
        made_at=time.time_ns() // 1000,
        previous_sha256=None if tail.last is None else tail.last.sha256,
        reason=reason,
    )


async def _continues(transaction: Session, head: Head, end: Document | None) -> bool:
    """Whether the chain has gone on since `end`; RecordRewritten when it is no continuation of it."""
    if end is None:
        return head.seq > 0
    if end.chain_id != head.chain_id:
        raise RecordRewritten(details="The database holds another chain than the file.", hint=AFTER_RESTORE)
    if head.seq < end.seq:
        raise RecordRewritten(details=f"It ends with row {head.seq}, {end.name} has row {end.seq}.", hint=AFTER_RESTORE)
    if head.seq == end.seq:
        known: object = head.hash
    else:
        known = await transaction.value(SQL["hash_at"], seq=end.seq, sealed_at=end.sealed_at)
    is_purged = known is None and end.sealed_at < head.sealed_at - vouching.KEPT_MICROSECONDS
    if known != end.hash and end.seq > 0 and not is_purged:
        raise RecordRewritten(details=f"Row {end.seq} is not the one of {end.name}.", hint=AFTER_RESTORE)
    return head.seq > end.seq


async def _copy(transaction: Session, signed: Signed) -> None:
    document = signed.read()
    await transaction.run(
        SQL["copy_checkpoint"],
        made_at=document.made_at,
        chain_id=document.chain_id,
        seq=document.seq,
        hash=document.hash,
        kind=document.kind.value,
        previous_sha256=document.previous_sha256,
        document=signed.text,
        signature=signed.signature,
        public_key=signed.public_key,
    )
