"""Receives files, keeps them with the work they belong to, and hands them out.

An upload is an intent first, then bytes under a fresh key with no database connection held, then a
row in the caller's transaction. Whatever dies in between, the sweeper finds the intent.
"""

from __future__ import annotations

import asyncio
from collections.abc import AsyncGenerator, AsyncIterator
from contextlib import aclosing, asynccontextmanager
from dataclasses import dataclass, field
from datetime import datetime
from pathlib import Path
from typing import Final, Protocol, Self, assert_never
from uuid import UUID

from carebase import errors, observability
from carebase.database import pool, queries, session
from carebase.database.identity import Identity, Role
from carebase.database.session import Coming, Session, Together
from carebase.documents import kinds
from carebase.settings import Settings
from carebase.storage import blocking, contents, encryption, failures, plain_files
from carebase.storage.backends import choosing
from carebase.storage.backends.backend import Backend
from carebase.storage.contents import Lying, Writing, Written
from carebase.storage.encryption import Keys
from carebase.storage.scanning import Scanner

SQL = queries.beside(__file__)
EVENTS = observability.Log("storage")

READ_BYTES: Final = 1 << 18
# Each may take memory, and whoever reads them reads few at a time.
PLAIN_FILES_AT_ONCE: Final = 4
# Half of an intent's life, so that no slow upload writes under a key that was swept.
RECEIVE_TIMEOUT_SECONDS: Final = 30 * 60


def check(settings: Settings) -> None:
    """Make the key of the files where there is none yet; SetupError or Unavailable where they could not be served."""
    encryption.keys_of(settings, choosing.backend_of(settings))
    Scanner.of(settings)


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
    """The files of this deployment: rows under policy in the database, bytes in a backend, sealed or digested.

    `scratch` is a directory where plain bytes of a large file may lie for a moment, without a name.
    """

    def __init__(
        self, backend: Backend, pools: pool.Pools, *, keys: Keys, scratch: Path, scanner: Scanner | None = None
    ) -> None:
        self.backend = backend
        self.keys = keys
        self._pools = pools
        self._scratch = scratch
        self._scanner = scanner
        self._plain_room = asyncio.Semaphore(PLAIN_FILES_AT_ONCE)

    @classmethod
    def of(cls, settings: Settings, pools: pool.Pools) -> Self:
        """The files that the settings name; their key is made where nothing is sealed yet.

        Raises SetupError when the operator has to change something, Unavailable.
        """
        backend = choosing.backend_of(settings)
        keys = encryption.keys_of(settings, backend)
        return cls(backend, pools, keys=keys, scratch=settings.data, scanner=Scanner.of(settings))

    def begin(self, ask: Together) -> Coming[UUID]:
        """The key of an upload by the caller; its intent has to be committed before `receive` is given the key."""
        return ask.value(SQL["begin_upload"])

    async def receive(
        self,
        upload: AsyncIterator[bytes] | Readable,
        *,
        identity: Identity,
        limit_bytes: int,
        key: UUID | None = None,
        declared_bytes: int | None = None,
    ) -> Received:
        """Write an upload durably, under a `key` of `begin` or a fresh one; `keep` or `discard` has to follow.

        `declared_bytes` is what the sender says it will be: it refuses and never allows.
        Raises TooLarge beyond `limit_bytes`, TooSlow, DiskFull, Unavailable, Infected, NotScanned; nothing is left
        then.
        """
        watched = _Watched(upload, limit_bytes=limit_bytes)
        watched.check(declared_bytes or 0)
        if key is None:
            async with (
                session.begin(self._pools[_login_of(identity)], identity) as beginning,
                beginning.together() as ask,
            ):
                begun = self.begin(ask)
            key = begun.brought
        try:
            async with asyncio.timeout(RECEIVE_TIMEOUT_SECONDS):
                async with aclosing(self._seen(watched.chunks())) as chunks:
                    written = await _written(Writing(self.backend, self.keys, key), chunks)
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

    @asynccontextmanager
    async def plain_file(self, stored: Lying) -> AsyncIterator[Path]:
        """`async with store.plain_file(stored) as path:` — the object's bytes as a file of this process, for reading
        inside of the block only. Raises Damaged, DiskFull, Unavailable.
        """
        async with (
            self._plain_room,
            plain_files.opened(self.backend, self.keys, stored, scratch=self._scratch) as path,
        ):
            yield path

    async def stream(self, stored: Lying, *, start: int = 0, end: int | None = None) -> AsyncGenerator[bytes, None]:
        """The bytes from `start` up to and without `end` (None: the object's end), a block of 1 MiB at a time.

        Every block is checked before any of its bytes leaves. Raises Damaged, so that a broken download is seen as
        broken.
        """
        last = stored.size if end is None else min(end, stored.size)
        if start >= last:
            return
        try:
            reading, part = await blocking.opened(
                lambda: contents.begun(self.backend, self.keys, stored, start=start, end=last),
                closing=lambda begun: begun[0].close(),
            )
            coming: asyncio.Task[bytes] | None = None
            try:
                while part:
                    # The next block is read and opened while this one is on its way.
                    coming = asyncio.create_task(blocking.run(reading.part)) if reading.has_more else None
                    yield part
                    part = b"" if coming is None else await coming
            finally:
                if coming is not None:
                    await asyncio.gather(coming, return_exceptions=True)
                reading.close()
        except failures.Damaged as error:
            EVENTS.error("object_damaged", code=error.code)
            raise

    def _seen(self, chunks: AsyncGenerator[bytes, None]) -> AsyncGenerator[bytes, None]:
        return chunks if self._scanner is None else self._scanner.passed(chunks)

    async def _discard(self, key: UUID, *, identity: Identity) -> None:
        try:
            async with session.begin(self._pools[_login_of(identity)], identity) as ending:
                # While the deleted intent is locked nobody can keep the object; without an intent it was
                # kept or swept already, and a commit whose answer was lost is not undone here.
                if await ending.run(SQL["end_upload"], key=key):
                    await blocking.run(self.backend.remove, [key])
        except errors.CareError as error:
            # The intent stays then, and the sweeper removes what this could not.
            EVENTS.warning("upload_left_to_sweeper", code=error.code)


class _Watched:
    """Counts an upload on its way and keeps its head."""

    def __init__(self, upload: AsyncIterator[bytes] | Readable, *, limit_bytes: int) -> None:
        self._upload = upload
        self._limit_bytes = limit_bytes
        self.head = bytearray()

    def check(self, size: int) -> None:
        if size > self._limit_bytes:
            raise errors.TooLarge(hint=f"The limit is {self._limit_bytes} bytes a file.")

    async def chunks(self) -> AsyncGenerator[bytes, None]:
        size = 0
        async for chunk in _chunks_of(self._upload):
            size += len(chunk)
            self.check(size)
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


async def _written(writing: Writing, chunks: AsyncIterator[bytes]) -> Written:
    """Write the chunks in blocks, one in a thread while the next one fills."""
    going: asyncio.Task[None] | None = None
    try:
        block = bytearray()
        async for chunk in chunks:
            rest = memoryview(chunk)
            while rest:
                # A full block waits for what comes after it: whether it is the last is part of its seal.
                if len(block) == contents.BLOCK_BYTES:
                    if going is not None:
                        await going
                    going = asyncio.create_task(blocking.run(writing.append, block))
                    block = bytearray()
                room = contents.BLOCK_BYTES - len(block)
                block += rest[:room]
                rest = rest[room:]
        if going is not None:
            await going
        return await blocking.run(writing.finish, block)
    except BaseException:
        # Refused, cancelled or out of room: the caller will never learn of this key.
        if going is not None:
            await asyncio.gather(going, return_exceptions=True)
        await blocking.run(writing.abandon)
        raise


def _login_of(identity: Identity) -> pool.Login:
    match identity.role:
        case Role.SERVICE:
            return pool.Login.SERVICE_GATEWAY
        case Role.ANON | Role.AUTHENTICATED:
            return pool.Login.AUTHENTICATOR
        case _:
            assert_never(identity.role)
