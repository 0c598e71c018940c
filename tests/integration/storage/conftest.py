"""A store with its pools, and what a test needs to look behind it."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator
from dataclasses import dataclass
from pathlib import Path

import pytest

from carebase.database import session
from carebase.database.identity import Identity
from carebase.database.pool import Login, Pools
from carebase.settings import Settings
from carebase.storage import sweeper
from carebase.storage.objects import Received, Store, StoredObject

BUCKET = "labdocs"


async def chunks(*parts: bytes) -> AsyncIterator[bytes]:
    for part in parts:
        yield part


@dataclass
class Files:
    """Uploads, sweeps and comparisons in one database and one directory."""

    database: object
    pools: Pools
    root: Path
    store: Store

    @property
    def queue(self):
        return self.pools[Login.CARE_QUEUE]

    async def receive(self, person: Identity, content: bytes = b"report", *, limit_bytes: int = 1 << 20) -> Received:
        return await self.store.receive(chunks(content), identity=person, limit_bytes=limit_bytes)

    def as_(self, person: Identity, **options: object):
        return session.begin(self.pools[Login.AUTHENTICATOR], person, **options)

    async def keep(self, person: Identity, received: Received, *, name: str | None = None) -> StoredObject:
        async with self.as_(person) as writing:
            return await self.store.keep(
                writing,
                received,
                bucket=BUCKET,
                name=name or f"{person.user_id}/case/{received.key}.txt",
                media_type="text/plain",
            )

    async def content(self, stored: StoredObject, **part: int) -> bytes:
        return b"".join([block async for block in self.store.stream(stored, **part)])

    def path_of(self, stored: StoredObject | Received) -> Path:
        """Where the sealed bytes lie."""
        return self.root / str(stored.key)[:2] / str(stored.key)

    async def sweep(self) -> sweeper.Swept:
        return await sweeper.sweep(self.queue, self.store.backend)

    async def check(self) -> sweeper.Comparison:
        return await sweeper.check(self.queue, self.store.backend)

    async def expire(self) -> None:
        """An hour passes for every unfinished upload."""
        await asyncio.to_thread(
            self.ask, "update storage.uploads set expires_at = now() - interval '1 second' returning 1"
        )

    def ask(self, query: str, *values: object) -> object:
        """The first value of the superuser's query, None without a row."""
        with self.database.owner() as connection:
            row = connection.execute(query, values or None).fetchone()
            return row and row[0]

    @property
    def on_disk(self) -> list[str]:
        return sorted(path.name for path in self.root.rglob("*") if path.is_file())


@pytest.fixture
async def files(database, tmp_path) -> AsyncIterator[Files]:
    async with database.pools(frozenset({Login.AUTHENTICATOR, Login.SERVICE_GATEWAY, Login.CARE_QUEUE})) as pools:
        root = tmp_path / "objects"
        yield Files(database, pools, root, Store.of(Settings(data=tmp_path), pools))
