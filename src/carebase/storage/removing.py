"""Removes objects: their rows at once, their bytes after a time that outlasts a backup.

In charge of removing one, several and all that a bucket holds. Which of them the caller may remove is decided by row
policies; what it may not stays, and of several that is no error.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any, Final
from uuid import UUID

from carebase.database import queries
from carebase.database.session import Session
from carebase.storage import buckets, fields, refused
from carebase.storage.callers import Caller

SQL = queries.beside(__file__)

MOST_AT_ONCE: Final = 1000


@dataclass(frozen=True, slots=True)
class Removed:
    """The row of an object that is gone."""

    id: UUID
    bucket_id: str
    name: str
    owner: UUID | None
    version: UUID
    metadata: dict[str, Any]
    user_metadata: dict[str, Any] | None
    created_at: datetime
    updated_at: datetime
    last_accessed_at: datetime

    @property
    def json(self) -> dict[str, Any]:
        """In Storage's shape."""
        owner = "" if self.owner is None else str(self.owner)
        return {
            "name": self.name,
            "bucket_id": self.bucket_id,
            "owner": owner,
            "owner_id": owner,
            "version": str(self.version),
            "id": str(self.id),
            "updated_at": fields.moment(self.updated_at),
            "created_at": fields.moment(self.created_at),
            "last_accessed_at": fields.moment(self.last_accessed_at),
            "metadata": self.metadata,
            "user_metadata": self.user_metadata,
        }


@dataclass(frozen=True, slots=True)
class _Name:
    name: str


async def remove(session: Session, *, bucket: str, names: Sequence[str]) -> list[Removed]:
    """Remove those of the names that the caller may; what was removed."""
    # PostgreSQL keeps no text with the character NUL, so no object is called so.
    asked = [name for name in dict.fromkeys(names) if "\0" not in name]
    return await session.all(SQL["remove_objects"], Removed, bucket=bucket, names=asked)


async def remove_one(session: Session, *, bucket: str, name: str) -> None:
    """Remove an object; NoSuchKey when there is none for the caller, AccessDenied when it may not remove it."""
    if await remove(session, bucket=bucket, names=[name]):
        return
    if "\0" not in name and await session.value(SQL["is_there"], bucket=bucket, name=name):
        raise refused.AccessDenied
    raise refused.NoSuchKey


async def empty(caller: Caller, bucket: str) -> None:
    """Remove all objects of a bucket that the caller sees and may remove, as they are now, some at a time.

    NoSuchBucket when there is none for the caller.
    """
    async with caller.begin(read_only=True) as session:
        await buckets.find(session, bucket)
        until = await session.value(SQL["time_now"])
    after = ""
    while True:
        async with caller.begin() as session:
            found = await session.all(
                SQL["names_after"], _Name, bucket=bucket, after=after, until=until, most=MOST_AT_ONCE
            )
            if not found:
                return
            await remove(session, bucket=bucket, names=[each.name for each in found])
        after = found[-1].name
