"""Takes an object in: tried under policies, then an intent, then its bytes, then its row.

In charge of the order of these steps and of the limits of bucket, server and person; every way of uploading goes
through here. Who may store what is decided by row policies alone, first for a moment before any byte is taken, then
for good when all of them are there.
"""

from __future__ import annotations

from collections.abc import AsyncIterator, Mapping
from dataclasses import dataclass, field
from typing import Any, Final
from uuid import UUID

import orjson

from carebase import errors
from carebase.database import queries
from carebase.database.session import Session
from carebase.storage import content_types, object_names, refused
from carebase.storage.callers import Caller
from carebase.storage.objects import Received, Store, StoredObject

SQL = queries.beside(__file__)

NO_CACHE: Final = "no-cache"
LONGEST_CACHE_CONTROL: Final = 255
LARGEST_USER_METADATA: Final = 64 * 1024
"""Bytes of its JSON."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Wanted:
    """An object as its sender wants it to be.

    Raises, when it is made, InvalidBucketName, InvalidKey, InvalidRequest and EntityTooLarge (the metadata).
    """

    bucket: str
    name: str
    declared_type: str | None = None
    """The media type its sender declares; the content decides."""
    cache_control: str = NO_CACHE
    user_metadata: Mapping[str, Any] = field(default_factory=dict)
    is_upsert: bool = False
    """Whether it takes the place of an object of that name."""
    declared_bytes: int | None = None

    def __post_init__(self) -> None:
        """Refuse what no object can be."""
        object_names.check(self.bucket, self.name)
        if len(self.cache_control) > LONGEST_CACHE_CONTROL or not self.cache_control.isprintable():
            raise refused.InvalidRequest(details="Invalid Cache-Control")
        if len(self.user_metadata_json) > LARGEST_USER_METADATA:
            raise refused.EntityTooLarge(details="The user_metadata exceeded the maximum allowed size")

    @property
    def media_type(self) -> str:
        """What its sender declares; InvalidMimeType when that is no type."""
        return content_types.declared(self.declared_type)

    @property
    def key(self) -> str:
        """Bucket and name, as answers tell it."""
        return f"{self.bucket}/{self.name}"

    @property
    def user_metadata_json(self) -> str:
        """What its sender says of it, as the row keeps it."""
        try:
            return orjson.dumps(dict(self.user_metadata)).decode()
        except (TypeError, orjson.JSONEncodeError) as error:
            raise refused.InvalidRequest(details="Invalid metadata") from error


@dataclass(frozen=True, slots=True)
class Limits:
    """What the bucket takes."""

    file_size_limit: int | None
    allowed_mime_types: list[str] | None

    def largest(self, caller: Caller) -> int:
        """Bytes that one object may have."""
        return min(caller.largest_bytes, self.file_size_limit or caller.largest_bytes)

    def check(self, wanted: Wanted, *, caller: Caller) -> None:
        """EntityTooLarge or InvalidMimeType by what is said of an object before its bytes are there."""
        if (wanted.declared_bytes or 0) > self.largest(caller):
            raise refused.EntityTooLarge
        self.check_type(wanted.media_type)

    def check_type(self, media_type: str) -> None:
        """InvalidMimeType when the bucket does not take this type."""
        if not content_types.is_among(media_type, self.allowed_mime_types):
            raise refused.InvalidMimeType(details=f"mime type {media_type} is not supported")


async def try_out(session: Session, caller: Caller, wanted: Wanted) -> Limits:
    """The limits of the bucket, when the caller might store this object there now; nothing is stored.

    Raises NoSuchBucket, NotAllowed, KeyAlreadyExists, EntityTooLarge, InvalidMimeType, TooMany.
    """
    limits, _ = await _tried(session, caller, wanted, store=None)
    return limits


async def begin(store: Store, caller: Caller, wanted: Wanted) -> tuple[Limits, UUID]:
    """The same in a transaction of its own, with the intent of an upload: the key that its bytes are received under."""
    async with caller.begin() as session:
        limits, key = await _tried(session, caller, wanted, store=store)
    if key is None:
        raise AssertionError
    return limits, key


async def upload(store: Store, caller: Caller, wanted: Wanted, *, content: AsyncIterator[bytes]) -> StoredObject:
    """Store an object whose bytes are `content`; on any error none of it is left.

    Raises what `begin` does, before the first byte is asked for; EntityTooLarge, TooSlow, DiskFull, Unavailable while
    they arrive; InvalidMimeType when they are not what the bucket takes.
    """
    limits, key = await begin(store, caller, wanted)
    most = limits.largest(caller)
    received = await store.receive(content, identity=caller.identity, limit_bytes=most, key=key)
    return await settle(store, caller, wanted, received=received, limits=limits)


async def settle(store: Store, caller: Caller, wanted: Wanted, *, received: Received, limits: Limits) -> StoredObject:
    """Make received bytes the object, or discard them: InvalidMimeType, and what row policies say at this moment."""
    try:
        media_type = content_types.decided(received.head, wanted.media_type)
        limits.check_type(media_type)
        async with caller.begin() as session:
            return await keep(session, wanted, received=received, media_type=media_type)
    except BaseException:
        # Also when the caller went away: its bytes would lie here until they are swept.
        await store.discard(received)
        raise


async def keep(session: Session, wanted: Wanted, *, received: Received, media_type: str) -> StoredObject:
    """The object's row in the caller's transaction. The caller discards what could not be kept.

    Raises KeyAlreadyExists, NotAllowed, Unavailable when the upload took so long that it was swept.
    """
    given = {
        "key": received.key,
        "bucket": wanted.bucket,
        "name": wanted.name,
        "size": received.size,
        "media_type": media_type,
        "sha256": received.sha256,
        "cache_control": wanted.cache_control,
        "user_metadata": wanted.user_metadata_json,
    }
    try:
        if wanted.is_upsert:
            kept = await session.maybe(SQL["keep_or_replace"], StoredObject, **given)
        else:
            kept = await session.maybe(SQL["keep_new"], StoredObject, **given)
    except errors.Conflict as error:
        raise refused.KeyAlreadyExists from error
    if kept is None:
        raise errors.Unavailable(hint="The upload took too long and was cleared away; send it again.")
    return kept


async def _tried(
    session: Session, caller: Caller, wanted: Wanted, *, store: Store | None
) -> tuple[Limits, UUID | None]:
    described = orjson.dumps({"mimetype": wanted.media_type, "contentLength": wanted.declared_bytes}).decode()
    try:
        async with session.together() as ask:
            tried = ask.maybe(
                SQL["try_object"],
                Limits,
                bucket=wanted.bucket,
                name=wanted.name,
                is_upsert=wanted.is_upsert,
                described=described,
                user_metadata=wanted.user_metadata_json,
            )
            recent = ask.value(SQL["added_within_the_hour"], most=caller.uploads_per_hour)
            key = None if store is None else store.begin(ask)
    except errors.Conflict as error:
        raise refused.KeyAlreadyExists from error
    limits = tried.brought
    if limits is None:
        raise refused.NoSuchBucket
    limits.check(wanted, caller=caller)
    if caller.identity.user_id is not None and recent.brought >= caller.uploads_per_hour:
        raise errors.TooMany(hint=f"At most {caller.uploads_per_hour} files an hour.", retry_after_seconds=600)
    return limits, None if key is None else key.brought
