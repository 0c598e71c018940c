"""Removes what is older than it must be kept, and signs what was removed.

The signed document is on the disk before the removal is durable: when the process dies in between, the
document vouches for a row that is still there, which is no fault.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from pathlib import Path

from carebase import errors
from carebase.audit import checkpoints, documents, signing
from carebase.audit.checkpoint_file import CheckpointFile
from carebase.audit.checkpoints import Head
from carebase.audit.documents import Kind, Signed
from carebase.audit.verify import OWNER
from carebase.database import queries, streams

SQL = queries.beside(__file__)


class PurgeRefused(errors.SetupError):
    """What should be removed must still be kept."""

    code, message = "purge_refused", "That must be kept: six years, 2,192 days, from the day it was recorded."
    exit_code = 65  # EX_DATAERR of sysexits.h


@dataclass(frozen=True, slots=True)
class Removed:
    """How many entries were removed, and the last of them."""

    rows: int
    through_seq: int | None


@dataclass(frozen=True, slots=True)
class _Link:
    through_seq: int
    hash: bytes
    sealed_at: int


def purge(owner_dsn: str, *, before: datetime, file: Path, key: Path) -> tuple[Removed, Signed] | None:
    """Remove whole months sealed before a time; None when there are none. PurgeRefused for what is too young."""
    signer = signing.key_at(key)
    try:
        with CheckpointFile(file).lock() as tail, streams.writing(owner_dsn, role=OWNER) as owner:
            head = owner.maybe(checkpoints.SQL["head"], Head)
            removed = owner.maybe(SQL["purge"], Removed, before=before)
            if head is None or removed is None or removed.through_seq is None:
                return None
            link = owner.maybe(SQL["purged"], _Link, through_seq=removed.through_seq)
            if link is None:
                raise streams.NotMigrated(details="audit.purged lacks what was just removed.")
            end = Head(head.chain_id, link.through_seq, link.hash, link.sealed_at)
            signed = documents.sign(checkpoints.following(tail, end, kind=Kind.PURGE), signer)
            tail.append(signed)
            return removed, signed
    except errors.Conflict as error:
        raise PurgeRefused(details=error.details) from error
