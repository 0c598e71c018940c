"""What a checkpoint says, and its signed form: one line of JSON that needs nothing else to be checked.

Pure. The signature is over the exact bytes of the document's text; each document names the hash of the
one before it, so that none can be taken out of a file unseen.
"""

from __future__ import annotations

import base64
import hashlib
import json
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from enum import StrEnum
from typing import Any, Final
from uuid import UUID

from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey

from carebase import errors
from carebase.audit import signing
from carebase.audit.chain import Link

VERSION: Final = 1
EPOCH: Final = datetime(1970, 1, 1, tzinfo=UTC)


class NotACheckpoint(errors.SetupError):
    """A line of the checkpoints' file is none."""

    code, message = "not_a_checkpoint", "The checkpoints cannot be read."
    exit_code = 65  # EX_DATAERR of sysexits.h


class Kind(StrEnum):
    """What the document vouches for."""

    CHECKPOINT = "checkpoint"
    """The log ended with this row."""
    RESTORE = "restore"
    """The log ended with this row when a backup had been put back; what was signed beyond it is lost."""
    PURGE = "purge"
    """Everything up to this row was older than the time it is kept, and was removed."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Document:
    """One checkpoint. Times are microseconds since 1970, UTC."""

    chain_id: UUID
    kind: Kind
    seq: int
    hash: bytes
    sealed_at: int
    made_at: int
    previous_sha256: bytes | None
    reason: str | None = None

    @property
    def link(self) -> Link:
        """The row it vouches for."""
        return Link(self.seq, self.hash)

    @property
    def name(self) -> str:
        """The words by which a report names it."""
        return f"the {self.kind} of {in_words(self.made_at)}"

    @property
    def text(self) -> str:
        """The text that is signed."""
        fields: dict[str, Any] = {
            "version": VERSION,
            "chain_id": str(self.chain_id),
            "kind": self.kind.value,
            "seq": self.seq,
            "hash": self.hash.hex(),
            "sealed_at": in_words(self.sealed_at),
            "made_at": in_words(self.made_at),
            "previous_sha256": None if self.previous_sha256 is None else self.previous_sha256.hex(),
        }
        if self.reason is not None:
            fields["reason"] = self.reason
        return json.dumps(fields, ensure_ascii=False, separators=(",", ":"))


@dataclass(frozen=True, slots=True)
class Signed:
    """The text of a document with its signature."""

    text: str
    signature: bytes
    public_key: bytes

    @property
    def sha256(self) -> bytes:
        """What the next document names as the one before it."""
        return hashlib.sha256(self.text.encode()).digest()

    @property
    def line(self) -> str:
        """The line of the file, without its end."""
        return json.dumps(
            {
                "document": self.text,
                "signature": base64.b64encode(self.signature).decode(),
                "public_key": base64.b64encode(self.public_key).decode(),
            },
            ensure_ascii=False,
            separators=(",", ":"),
        )

    @property
    def is_genuine(self) -> bool:
        """Whether the key it names signed it; whose key that is, is another question."""
        return signing.is_signed(self.text.encode(), signature=self.signature, public_key=self.public_key)

    def read(self) -> Document:
        """What it says; NotACheckpoint when its text is none of ours."""
        try:
            fields = json.loads(self.text)
            if fields["version"] != VERSION:
                raise NotACheckpoint(details=f"A document has the version {fields['version']}.")
            previous = fields["previous_sha256"]
            return Document(
                chain_id=UUID(fields["chain_id"]),
                kind=Kind(fields["kind"]),
                seq=int(fields["seq"]),
                hash=bytes.fromhex(fields["hash"]),
                sealed_at=from_words(fields["sealed_at"]),
                made_at=from_words(fields["made_at"]),
                previous_sha256=None if previous is None else bytes.fromhex(previous),
                reason=fields.get("reason"),
            )
        except (ValueError, KeyError, TypeError, AttributeError) as error:
            raise NotACheckpoint(details="A document is not one of ours.") from error


def sign(document: Document, key: Ed25519PrivateKey) -> Signed:
    """The document with the key's signature."""
    return Signed(document.text, key.sign(document.text.encode()), signing.public_half(key))


def from_line(line: str) -> Signed:
    """A line of the file; NotACheckpoint when it is none."""
    try:
        fields = json.loads(line)
        return Signed(
            str(fields["document"]),
            base64.b64decode(fields["signature"], validate=True),
            base64.b64decode(fields["public_key"], validate=True),
        )
    except (ValueError, KeyError, TypeError) as error:
        raise NotACheckpoint(details="A line is not one of ours.") from error


def in_words(microseconds: int) -> str:
    """A time as documents write it.

    >>> in_words(1_763_700_000_000_001)
    '2025-11-21T04:40:00.000001Z'
    """
    return (EPOCH + timedelta(microseconds=microseconds)).strftime("%Y-%m-%dT%H:%M:%S.%fZ")


def from_words(written: str) -> int:
    """The microseconds of a time that `in_words` wrote.

    >>> from_words("2025-11-21T04:40:00.000001Z")
    1763700000000001
    """
    return (datetime.strptime(written, "%Y-%m-%dT%H:%M:%S.%fZ").replace(tzinfo=UTC) - EPOCH) // timedelta(
        microseconds=1
    )
