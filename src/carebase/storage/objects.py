"""Receives files, keeps them with the work they belong to, and hands them out.

An upload is an intent first, then bytes under a fresh key with no database connection held, then a
row in the caller's transaction. Whatever dies in between, the sweeper finds the intent.
"""

from __future__ import annotations

import asyncio
import contextlib
import hashlib
from collections.abc import AsyncIterator
from dataclasses import dataclass, field
from datetime import datetime
from pathlib import Path
from typing import Final, Protocol
from uuid import UUID

from carebase import errors, observability
from carebase.database import pool, queries, session
from carebase.database.identity import Identity
from carebase.database.session import Coming, Session, Together
from carebase.documents import kinds
from carebase.storage import failures
from carebase.storage.backends import filesystem

SQL = queries.beside(__file__)
EVENTS = observability.Log("storage")

READ_BYTES: Final = 1 << 18
# Half of an intent's life, so that no slow upload writes under a key that was swept.
RECEIVE_TIMEOUT_SECONDS: Final = 30 * 60


class Readable(Protocol):
    """An upload as web frameworks hand it over."""

    async def read(self, size: int, /) -> bytes:
        """At most `size` bytes, none at the end."""
        ...


@dataclass(frozen=True, slots=True)
class Received:
    """Bytes that are durable under `key` but belong to nothing yet; `head` is what kinds are told by."""

    key: UUID
    size: int
    sha256: str
    head: bytes = field(repr=False)
    identity: Identity = field(repr=False)


@dataclass(frozen=True, slots=True)
class StoredObject:
    """One row of storage.objects; its bytes lie under `key`. `etag` has its quotes."""

    id: UUID
    bucket: str
    name: str
    key: UUID
    size: int
    media_type: str
    sha256: str
    etag: str
    created_at: datetime


class Store:
    """The files of this deployment: rows under policy in the database, bytes below `root`."""

    def __init__(self, root: Path, pools: pool.Pools) -> None:
        self.backend = filesystem.Filesystem(root)
        self._pools = pools

    def begin(self, ask: Together) -> Coming[UUID]:
        """The key of an upload by the caller; its intent has to be committed before `receive` is given the key."""
        return ask.value(SQL["begin_upload"])

    async def receive(
        self, upload: AsyncIterator[bytes] | Readable, *, identity: Identity, limit_bytes: int, key: UUID | None = None
    ) -> Received:
        """Write an upload durably, under a `key` of `begin` or a fresh one; `keep` or `discard` has to follow.

        Raises TooLarge beyond `limit_bytes`, TooSlow, DiskFull, Unavailable; nothing is left then.
        """
        if key is None:
            async with (
                session.begin(self._pools[pool.Login.AUTHENTICATOR], identity) as beginning,
                beginning.together() as ask,
            ):
                begun = self.begin(ask)
            key = begun.brought
        watched = _Watched(upload, limit_bytes=limit_bytes)
        try:
            async with asyncio.timeout(RECEIVE_TIMEOUT_SECONDS):
                written = await self.backend.put(key, watched.chunks())
        except (errors.CareError, TimeoutError) as error:
            await self._discard(key, identity=identity)
            if isinstance(error, TimeoutError):
                raise failures.TooSlow from error
            raise
        return Received(key, written.size, written.sha256, bytes(watched.head), identity)

    async def keep(
        self, session: Session, received: Received, *, bucket: str, name: str, media_type: str
    ) -> StoredObject:
        """Make the bytes an object in the caller's transaction.

        Raises Unavailable when the upload took so long that it was swept, Conflict when the name is
        taken, NotAllowed when policies refuse it. The caller discards what it could not keep.
        """
        async with session.together() as ask:
            kept = self.keep_with(ask, received, bucket=bucket, name=name, media_type=media_type)
        return self.kept(kept)

    def keep_with(
        self, ask: Together, received: Received, *, bucket: str, name: str, media_type: str
    ) -> Coming[StoredObject | None]:
        """The same, sent together with the rows that refer to it; `kept` has to look at what it brings."""
        return ask.maybe(
            SQL["keep_object"],
            StoredObject,
            key=received.key,
            bucket=bucket,
            name=name,
            size=received.size,
            media_type=media_type,
            sha256=received.sha256,
        )

    def kept(self, coming: Coming[StoredObject | None]) -> StoredObject:
        """The object that was kept; Unavailable when its upload was swept."""
        if coming.brought is None:
            raise errors.Unavailable(hint="The upload took too long and was cleared away; send it again.")
        return coming.brought

    async def discard(self, received: Received) -> None:
        """Remove bytes that nothing belongs to; those that were kept after all stay."""
        await self._discard(received.key, identity=received.identity)

    async def open(self, session: Session, *, bucket: str, name: str) -> StoredObject:
        """The object, or NotFound when it does not exist for this reader. Noting the read is the caller's."""
        async with session.together() as ask:
            found = self.open_with(ask, bucket=bucket, name=name)
        return found.brought

    def open_with(self, ask: Together, *, bucket: str, name: str) -> Coming[StoredObject]:
        """The same, sent together with other queries."""
        return ask.one(SQL["object_by_name"], StoredObject, bucket=bucket, name=name)

    def path_of(self, stored: StoredObject) -> Path:
        """The local file with the object's bytes; for reading only."""
        return self.backend.path_of(stored.key)

    async def stream(self, stored: StoredObject, *, start: int = 0, end: int | None = None) -> AsyncIterator[bytes]:
        """The bytes from `start` up to and without `end` (None: the object's end).

        A whole object is compared with its hash before its last block leaves. Raises Damaged, so that
        a broken download is seen as broken.
        """
        last = stored.size if end is None else min(end, stored.size)
        is_whole = (start, last) == (0, stored.size)
        seen = hashlib.sha256()
        held = b""
        async with contextlib.aclosing(self.backend.stream(stored.key, start=start, end=last)) as parts:
            async for part in parts:
                seen.update(part)
                if held:
                    yield held
                held = part
        if is_whole and seen.hexdigest() != stored.sha256:
            EVENTS.error("object_damaged", code=failures.Damaged.code)
            raise failures.Damaged(hint="Its content changed on disk; restore it from a backup.")
        if held:
            yield held

    async def _discard(self, key: UUID, *, identity: Identity) -> None:
        try:
            async with session.begin(self._pools[pool.Login.AUTHENTICATOR], identity) as ending:
                # While the deleted intent is locked nobody can keep the object; without an intent it was
                # kept or swept already, and a commit whose answer was lost is not undone here.
                if await ending.run(SQL["end_upload"], key=key):
                    await self.backend.remove([key])
        except errors.CareError as error:
            # The intent stays then, and the sweeper removes what this could not.
            EVENTS.warning("upload_left_to_sweeper", code=error.code)


class _Watched:
    """Counts an upload on its way and keeps its head."""

    def __init__(self, upload: AsyncIterator[bytes] | Readable, *, limit_bytes: int) -> None:
        self._upload = upload
        self._limit_bytes = limit_bytes
        self.head = bytearray()

    async def chunks(self) -> AsyncIterator[bytes]:
        size = 0
        async for chunk in _chunks_of(self._upload):
            size += len(chunk)
            if size > self._limit_bytes:
                raise errors.TooLarge(hint=f"The limit is {self._limit_bytes} bytes a file.")
            if len(self.head) < kinds.HEAD_BYTES:
                self.head += chunk[: kinds.HEAD_BYTES - len(self.head)]
            yield chunk


async def _chunks_of(upload: AsyncIterator[bytes] | Readable) -> AsyncIterator[bytes]:
    if isinstance(upload, AsyncIterator):
        async for chunk in upload:
            yield chunk
        return
    while chunk := await upload.read(READ_BYTES):
        yield chunk
