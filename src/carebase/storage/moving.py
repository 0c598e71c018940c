"""Moves and copies objects, within a bucket and from one to another.

In charge of what the other place takes. A move changes the name of a row and leaves its bytes alone; a copy is an
upload of bytes that the caller reads here.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any
from uuid import UUID

from carebase import errors
from carebase.database import queries
from carebase.database.session import Session
from carebase.storage import describing, object_names, refused, uploading
from carebase.storage.callers import Caller
from carebase.storage.objects import Store, StoredObject
from carebase.storage.uploading import Limits, Wanted

SQL = queries.beside(__file__)


@dataclass(frozen=True, slots=True, kw_only=True)
class Way:
    """From where to where. Making one checks the names: InvalidBucketName, InvalidKey."""

    bucket: str
    name: str
    to_bucket: str
    to_name: str

    def __post_init__(self) -> None:
        """Refuse what no object can be called."""
        object_names.check(self.bucket, self.name)
        object_names.check(self.to_bucket, self.to_name)


@dataclass(frozen=True, slots=True, kw_only=True)
class Instead:
    """What a copy says of itself where it does not say what its source says."""

    cache_control: str | None = None
    media_type: str | None = None
    user_metadata: Mapping[str, Any] | None = None


@dataclass(frozen=True, slots=True)
class _Source:
    size: int
    media_type: str


async def move(session: Session, caller: Caller, way: Way) -> UUID:
    """Give an object another name; its id.

    Raises NoSuchKey when there is none for the caller, AccessDenied or NotAllowed when it may not move it there,
    KeyAlreadyExists, NoSuchBucket, EntityTooLarge, InvalidMimeType.
    """
    async with session.together() as ask:
        found = ask.maybe(SQL["source"], _Source, bucket=way.bucket, name=way.name)
        there = ask.maybe(SQL["limits_of"], Limits, bucket=way.to_bucket)
    source, limits = found.brought, there.brought
    if source is None:
        raise refused.NoSuchKey
    if limits is None:
        raise refused.NoSuchBucket
    if way.to_bucket != way.bucket:
        if source.size > limits.largest(caller):
            raise refused.EntityTooLarge
        limits.check_type(source.media_type)
    try:
        moved: UUID | None = await session.value(
            SQL["move_object"], bucket=way.bucket, name=way.name, to_bucket=way.to_bucket, to_name=way.to_name
        )
    except errors.Conflict as error:
        raise refused.KeyAlreadyExists from error
    if moved is None:
        raise refused.AccessDenied
    return moved


async def copy(
    store: Store, caller: Caller, way: Way, *, is_upsert: bool, instead: Instead | None = None
) -> StoredObject:
    """Store the bytes of an object a second time under another name; NoSuchKey, and whatever an upload raises.

    `instead` None keeps what the source says of itself; its content decides the type here as there.
    """
    async with caller.begin(read_only=True) as session:
        source = await describing.describe(session, bucket=way.bucket, name=way.name, action="copy")
    if instead is None:
        said: Mapping[str, Any] = source.user_metadata or {}
        cache_control, media_type = source.cache_control, source.media_type
    else:
        said = instead.user_metadata or {}
        cache_control = instead.cache_control or source.cache_control
        media_type = instead.media_type or source.media_type
    wanted = Wanted(
        bucket=way.to_bucket,
        name=way.to_name,
        declared_type=media_type,
        cache_control=cache_control or uploading.NO_CACHE,
        user_metadata=said,
        is_upsert=is_upsert,
        declared_bytes=source.size,
    )
    return await uploading.upload(store, caller, wanted, content=store.stream(source))
