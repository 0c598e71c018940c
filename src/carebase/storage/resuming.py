"""Uploads that go on after they broke off: what has arrived of one is durable piece by piece and seen by nobody.

In charge of pieces and of the moment they become an object. A piece is received like any upload, under its own key
and intent; the transaction that makes it part of the upload moves the upload's offset, so of two requests that bring
the same bytes one is told that the other was first. The last piece counts only in the transaction in which the object
is made: an upload that tells of all its bytes is an object.
"""

from __future__ import annotations

import asyncio
import contextlib
import time
from collections.abc import AsyncIterator, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any, Final
from uuid import UUID

from carebase import errors
from carebase.database import queries
from carebase.database.session import Session
from carebase.storage import content_types, uploading
from carebase.storage.callers import Caller
from carebase.storage.objects import Received, Store
from carebase.storage.uploading import Wanted

SQL = queries.beside(__file__)

PIECE_BYTES: Final = 64 << 20
PIECE_SECONDS: Final = 20.0
"""What of a long request is durable before its end, whichever comes first: a broken server costs no more."""
SILENCE_SECONDS: Final = 60.0
"""After which a sender counts as gone; what has come of it is kept."""
MOST_OPEN: Final = 200
"""Uploads that one caller may have under way."""


class MovedOn(errors.Conflict):
    """The bytes do not begin where the upload has come to; whoever sends asks where that is."""

    code, message = "offset_moved", "The upload has come to another place than these bytes begin at."


@dataclass(frozen=True, slots=True, kw_only=True)
class Upload:
    """One upload as it is now; `received` of its `length` bytes are durable."""

    id: UUID
    bucket: str
    name: str
    length: int
    received: int
    content_type: str | None
    cache_control: str
    user_metadata: dict[str, Any]
    is_upsert: bool
    expires_at: datetime
    is_finished: bool

    @property
    def wanted(self) -> Wanted:
        """The object that it becomes."""
        return Wanted(
            bucket=self.bucket,
            name=self.name,
            declared_type=self.content_type,
            cache_control=self.cache_control,
            user_metadata=self.user_metadata,
            is_upsert=self.is_upsert,
            declared_bytes=self.length,
        )


@dataclass(frozen=True, slots=True)
class _Part:
    key: UUID
    size: int
    sha256: str


class Arriving:
    """The body of a request, cut into pieces; a sender that is gone is an end like any other."""

    def __init__(self, body: AsyncIterator[bytes], *, gone: type[Exception]) -> None:
        self._body = body
        self._gone = gone
        self._ahead = b""
        self.has_ended = False
        self.is_broken = False
        """Whether nobody waits for the answer any more."""

    async def piece(self) -> AsyncIterator[bytes]:
        """The chunks of the next piece."""
        size, until = 0, time.monotonic() + PIECE_SECONDS
        while size < PIECE_BYTES and time.monotonic() < until:
            chunk = await self._next()
            if not chunk:
                return
            size += len(chunk)
            yield chunk

    async def _next(self) -> bytes:
        while not self.has_ended:
            try:
                async with asyncio.timeout(SILENCE_SECONDS):
                    chunk = await anext(self._body)
            except StopAsyncIteration:
                self.has_ended = True
            except (self._gone, TimeoutError):
                self.has_ended = self.is_broken = True
            else:
                if chunk:
                    return chunk
        return b""


async def begin(session: Session, caller: Caller, wanted: Wanted) -> Upload:
    """Begin an upload of `declared_bytes`, when the caller might store the object now.

    Raises what `uploading.try_out` does; TooMany also where too many uploads are under way.
    """
    await uploading.try_out(session, caller, wanted)
    if await session.value(SQL["open_of_caller"]) >= MOST_OPEN:
        raise errors.TooMany(hint=f"{MOST_OPEN} uploads are under way; finish or end one.", retry_after_seconds=60)
    return await session.one(
        SQL["begin"],
        Upload,
        bucket=wanted.bucket,
        name=wanted.name,
        length=wanted.declared_bytes or 0,
        content_type=wanted.declared_type,
        cache_control=wanted.cache_control,
        user_metadata=wanted.user_metadata_json,
        is_upsert=wanted.is_upsert,
    )


async def find(session: Session, upload_id: UUID) -> Upload:
    """The caller's upload; NotFound where there is none, or its time is over."""
    return await session.one(SQL["by_id"], Upload, id=upload_id)


async def end(session: Session, upload_id: UUID) -> None:
    """Give an upload up; NotFound where there is none for the caller."""
    if not await session.run(SQL["end"], id=upload_id):
        raise errors.NotFound


@dataclass(frozen=True, slots=True)
class Taking:
    """Takes what arrives of uploads, for one caller."""

    caller: Caller
    store: Store

    async def go_on(self, upload: Upload, arriving: Arriving) -> int:
        """Take what arrives from where the upload has come to; the offset afterwards. All of it is durable then.

        Raises MovedOn when another request was faster, TooLarge when more comes than was announced, and what
        `uploading.settle` does when the object may not be made; the offset stays then where the last piece began.
        """
        received = upload.received
        while not upload.is_finished:
            piece = await self._piece(arriving, limit_bytes=upload.length - received)
            if received + piece.size == upload.length:
                # More than was announced has to be seen before anything is made of it.
                await self._refuse_rest(piece, arriving)
                await self._finish(upload, piece, received=received)
                return upload.length
            if piece.size == 0:
                await self.store.discard(piece)
                break
            await self._keep_part(upload, piece, starts_at=received)
            received += piece.size
            if arriving.has_ended:
                break
        return received

    async def _piece(self, arriving: Arriving, *, limit_bytes: int) -> Received:
        async with self.caller.begin() as session, session.together() as ask:
            begun = self.store.begin(ask)
        return await self.store.receive(
            arriving.piece(), identity=self.caller.identity, limit_bytes=limit_bytes, key=begun.brought
        )

    async def _refuse_rest(self, piece: Received, arriving: Arriving) -> None:
        async for _ in arriving.piece():
            await self.store.discard(piece)
            raise errors.TooLarge(hint="More bytes came than the upload was announced with.")

    async def _keep_part(self, upload: Upload, piece: Received, *, starts_at: int) -> None:
        try:
            async with self.caller.begin() as session:
                # Raised in the block, so that a half of it is rolled back.
                if not await session.value(
                    SQL["keep_part"],
                    id=upload.id,
                    key=piece.key,
                    starts_at=starts_at,
                    size=piece.size,
                    sha256=piece.sha256,
                ):
                    raise MovedOn
        except MovedOn:
            await self.store.discard(piece)
            raise

    async def _finish(self, upload: Upload, last: Received, *, received: int) -> None:
        """Make the object of the parts and the last piece; nothing of it is left where that fails."""
        whole = last
        try:
            if received:
                whole = await self._composed(upload, last)
            async with self.caller.begin() as session:
                # First, so that of two requests the second waits here and makes no object.
                if whole.size != upload.length or not await session.value(
                    SQL["finish"], id=upload.id, received=received
                ):
                    raise MovedOn
                await self._keep(session, upload, whole)
        except BaseException:
            # What was kept after all stays: its intent is gone.
            await self.store.discard(whole)
            raise
        finally:
            if whole is not last:
                await self.store.discard(last)

    async def _keep(self, session: Session, upload: Upload, whole: Received) -> None:
        """Make the object, under the policies and limits of this moment."""
        wanted = upload.wanted
        limits = await uploading.try_out(session, self.caller, wanted)
        media_type = content_types.decided(whole.head, wanted.media_type)
        limits.check_type(media_type)
        await uploading.keep(session, wanted, received=whole, media_type=media_type)

    async def _composed(self, upload: Upload, last: Received) -> Received:
        async with self.caller.begin(read_only=True) as session:
            parts = await session.all(SQL["parts"], _Part, id=upload.id)
        return await self.store.receive(
            _content(self.store, [*parts, last]), identity=self.caller.identity, limit_bytes=upload.length
        )


async def _content(store: Store, parts: Sequence[_Part | Received]) -> AsyncIterator[bytes]:
    for part in parts:
        async with contextlib.aclosing(store.stream(part)) as chunks:
            async for chunk in chunks:
                yield chunk
