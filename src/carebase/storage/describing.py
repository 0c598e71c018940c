"""Tells what is known of an object, without its bytes.

In charge of the words of the protocol for it; that somebody looked is on record before they leave.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Any
from uuid import UUID

from carebase.database import queries
from carebase.database.session import Session
from carebase.storage import fields, finding, refused

SQL = queries.beside(__file__)


@dataclass(frozen=True, slots=True)
class Described:
    """An object with all that is known of it; its bytes lie under `key`."""

    id: UUID
    bucket: str
    name: str
    key: UUID
    metadata: Mapping[str, Any]
    user_metadata: Mapping[str, Any] | None
    created_at: datetime
    updated_at: datetime

    @property
    def size(self) -> int:
        """Bytes."""
        return int(self.metadata["size"])

    @property
    def media_type(self) -> str:
        """What its content was told to be."""
        return str(self.metadata["mimetype"])

    @property
    def sha256(self) -> str:
        """Of its bytes, in hex."""
        return str(self.metadata["sha256"])

    @property
    def cache_control(self) -> str | None:
        """What its sender said of keeping it."""
        said = self.metadata.get("cacheControl")
        return None if said is None else str(said)

    @property
    def json(self) -> dict[str, Any]:
        """As `info` tells it."""
        return {
            "id": str(self.id),
            "name": self.name,
            "version": str(self.key),
            "bucket_id": self.bucket,
            "size": self.size,
            "content_type": self.media_type,
            "cache_control": self.cache_control,
            "etag": self.metadata.get("eTag"),
            "metadata": self.user_metadata or {},
            "last_modified": fields.moment(self.updated_at),
            "created_at": fields.moment(self.created_at),
        }


async def describe(session: Session, *, bucket: str, name: str, action: str) -> Described:
    """The object, noted as read by the verb `action`; NoSuchKey when it does not exist for this reader."""
    await finding.for_reader(session, bucket=bucket, name=name, action=action)
    described = await session.maybe(SQL["described"], Described, bucket=bucket, name=name)
    if described is None:
        raise refused.NoSuchKey
    return described
