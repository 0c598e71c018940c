"""Uploads file after file until it is killed, printing each after its commit: `dsn secret claims root seed`."""

from __future__ import annotations

import asyncio
import json
import random
import sys
from collections.abc import Awaitable, Callable
from pathlib import Path
from uuid import UUID

import psycopg

from carebase import errors
from carebase.database import session
from carebase.database.identity import Identity, Role
from carebase.database.pool import Login, Pools
from carebase.settings import Settings
from carebase.storage.objects import Store


async def upload(
    store: Store, pools: Pools, person: Identity, *, content: bytes, expire: Callable[[UUID], Awaitable[None]]
) -> None:
    async def chunks():
        for at in range(0, len(content), 65_536):
            yield content[at : at + 65_536]
            await asyncio.sleep(0)

    received = await store.receive(chunks(), identity=person, limit_bytes=len(content))
    await expire(received.key)
    name = f"{person.user_id}/case/{received.key}"
    try:
        async with session.begin(pools[Login.AUTHENTICATOR], person) as writing:
            await store.keep(writing, received, bucket="labdocs", name=name, media_type="text/plain")
    except errors.Unavailable:
        await store.discard(received)
        return
    # One write each, so that a kill cannot cut a line in two.
    sys.stdout.write(f"{name} {received.sha256}\n")
    sys.stdout.flush()


async def main(owner_dsn: str, secret: str, claims: str, root: str, seed: str) -> None:
    chance = random.Random(seed)
    person = Identity(Role.AUTHENTICATED, json.loads(claims))

    async with (
        Pools(owner_dsn=owner_dsn, secret=secret, logins=frozenset({Login.AUTHENTICATOR})) as pools,
        await psycopg.AsyncConnection.connect(owner_dsn, autocommit=True) as owner,
    ):
        store = Store.of(Settings(data=Path(root)), pools)
        sys.stdout.write("ready\n")
        sys.stdout.flush()

        async def expire(key: UUID) -> None:
            # A third of the uploads has its hour over when its bytes are written, so that it meets the sweeper.
            if chance.random() < 0.3:
                await owner.execute("update storage.uploads set expires_at = now() where key = %s", [key])
                await asyncio.sleep(chance.uniform(0, 0.05))

        async def without_end() -> None:
            while True:
                content = chance.randbytes(chance.choice([1, 70_000, 2_000_000]))
                await upload(store, pools, person, content=content, expire=expire)

        async with asyncio.TaskGroup() as group:
            for _ in range(4):
                group.create_task(without_end())


if __name__ == "__main__":
    asyncio.run(main(*sys.argv[1:]))
