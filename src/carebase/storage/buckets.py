"""Buckets: named places for objects, with the limits of what they take.

In charge of their rows. Who may make, see, change or remove one is decided by policies on storage.buckets; without
others than ours that is the service key.
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from datetime import datetime
from decimal import Decimal
from typing import Any, Final
from uuid import UUID

from carebase import errors
from carebase.database import queries
from carebase.database.session import Session
from carebase.storage import fields, object_names, refused

SQL = queries.beside(__file__)

COLUMNS: Final = ("id", "name", "created_at", "updated_at")
MOST_BUCKETS: Final = 1000
UNITS: Final = {"b": 1, "kb": 1000, "mb": 1000**2, "gb": 1000**3}
SIZE: Final = re.compile(r"(?P<amount>[0-9]{1,15}(?:\.[0-9]{1,6})?)(?P<unit>gb|mb|kb|b)", re.ASCII | re.IGNORECASE)
KIND: Final = re.compile(
    r"[a-z0-9+.-]{1,100}/(?:[a-z0-9+.-]{1,100}(?:;[ ]*charset=[a-z0-9-]{1,40})?|\*)|\*", re.ASCII | re.IGNORECASE
)
MOST_KINDS: Final = 100


@dataclass(frozen=True, slots=True)
class Bucket:
    """One bucket, as the caller may see it."""

    id: str
    name: str
    owner: UUID | None
    public: bool
    file_size_limit: int | None
    allowed_mime_types: list[str] | None
    created_at: datetime
    updated_at: datetime

    @property
    def json(self) -> dict[str, Any]:
        """In Storage's shape, in which nobody's bucket has an empty owner."""
        return {
            "id": self.id,
            "name": self.name,
            "owner": "" if self.owner is None else str(self.owner),
            "public": self.public,
            "file_size_limit": self.file_size_limit,
            "allowed_mime_types": self.allowed_mime_types,
            "created_at": fields.moment(self.created_at),
            "updated_at": fields.moment(self.updated_at),
        }


@dataclass(frozen=True, slots=True, kw_only=True)
class Shown:
    """Which buckets are listed, and how."""

    search: str = ""
    column: str = "name"
    is_ascending: bool = True
    limit: int = MOST_BUCKETS
    offset: int = 0


async def create(session: Session, given: dict[str, Any], *, largest_bytes: int) -> str:
    """A new bucket from the body of a request; its name. BucketAlreadyExists when there is one."""
    name = fields.text(given, "name")
    bucket_id = fields.text(given, "id", default=name) or name
    for each in (bucket_id, name):
        if not object_names.is_bucket(each):
            raise refused.InvalidBucketName
    fields.choice(given, "type", of=("STANDARD",), default="STANDARD")
    try:
        await session.run(
            SQL["create_bucket"],
            id=bucket_id,
            name=name,
            public=fields.flag(given, "public", default=False),
            file_size_limit=_size(given.get("file_size_limit"), largest_bytes=largest_bytes),
            allowed_mime_types=_kinds(given.get("allowed_mime_types")),
        )
    except errors.Conflict as error:
        raise refused.BucketAlreadyExists from error
    return name


async def find(session: Session, bucket_id: str) -> Bucket:
    """The bucket, or NoSuchBucket when there is none for the caller."""
    found = await session.maybe(SQL["bucket_by_id"], Bucket, id=bucket_id)
    if found is None:
        raise refused.NoSuchBucket
    return found


async def every(session: Session, shown: Shown) -> list[Bucket]:
    """The buckets that the caller may see."""
    return await session.all(
        SQL["buckets"],
        Bucket,
        search=shown.search,
        column=shown.column,
        is_ascending=shown.is_ascending,
        limit=shown.limit,
        offset=shown.offset,
    )


async def change(session: Session, bucket_id: str, given: dict[str, Any], *, largest_bytes: int) -> None:
    """Change what the body of a request names of a bucket; the rest stays."""
    if not given.keys() & {"public", "file_size_limit", "allowed_mime_types"}:
        raise refused.InvalidRequest(details="body must NOT have fewer than 1 properties")
    await find(session, bucket_id)
    changed = await session.run(
        SQL["change_bucket"],
        id=bucket_id,
        public=None if given.get("public") is None else fields.flag(given, "public", default=False),
        has_limit="file_size_limit" in given,
        file_size_limit=_size(given.get("file_size_limit"), largest_bytes=largest_bytes),
        has_types="allowed_mime_types" in given,
        allowed_mime_types=_kinds(given.get("allowed_mime_types")),
    )
    if not changed:
        raise refused.AccessDenied


async def delete(session: Session, bucket_id: str) -> None:
    """Remove a bucket; ResourceNotEmpty while anything lies in it, whoever may see that."""
    await find(session, bucket_id)
    try:
        removed = await session.run(SQL["delete_bucket"], id=bucket_id)
    except errors.Invalid as error:
        # Objects refer to it; nothing else does that would refuse.
        raise refused.ResourceNotEmpty from error
    if not removed:
        raise refused.AccessDenied


def _size(given: Any, *, largest_bytes: int) -> int | None:
    if given is None:
        return None
    if isinstance(given, str):
        found = SIZE.fullmatch(given.strip())
        if found is None:
            raise refused.InvalidRequest(details="Invalid file size format, hint: use 20GB / 20MB / 30KB / 3B")
        given = int(Decimal(found["amount"]) * UNITS[found["unit"].lower()])
    if isinstance(given, bool) or not isinstance(given, int) or given < 0:
        raise refused.InvalidRequest(details="body/file_size_limit must be integer")
    if given > largest_bytes:
        raise refused.EntityTooLarge
    # Zero is how some clients take a limit away.
    return given or None


def _kinds(given: Any) -> list[str] | None:
    if given is None:
        return None
    if not isinstance(given, list) or len(given) > MOST_KINDS:
        raise refused.InvalidRequest(details="body/allowed_mime_types must be array")
    kinds = [kind for kind in given if kind != ""]
    for kind in kinds:
        if not isinstance(kind, str) or KIND.fullmatch(kind) is None:
            raise refused.InvalidMimeType(details=f"mime type {str(kind)[:100]} is not supported")
    return kinds or None
