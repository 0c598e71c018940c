"""Uploads a file and stops at a named moment to be killed there: `dsn secret claims root moment`."""

from __future__ import annotations

import asyncio
import json
import sys
from pathlib import Path

from carebase.database import session
from carebase.database.identity import Identity, Role
from carebase.database.pool import Login, Pools
from carebase.settings import Settings
from carebase.storage.objects import Store


async def main(owner_dsn: str, secret: str, claims: str, root: str, moment: str) -> None:
    person = Identity(Role.AUTHENTICATED, json.loads(claims))

    async def reached(here: str) -> None:
        if here == moment:
            print(here, flush=True)
            await asyncio.Event().wait()

    async def content():
        await reached("intended")
        yield b"x" * 1_500_000
        # The block that is full is written while the next one fills.
        while not any(Path(root).rglob("*.part")):
            await asyncio.sleep(0.01)
        await reached("half_written")
        yield b"x" * 1_500_000

    async with Pools(owner_dsn=owner_dsn, secret=secret, logins=frozenset({Login.AUTHENTICATOR})) as pools:
        store = Store.of(Settings(data=Path(root)), pools)
        received = await store.receive(content(), identity=person, limit_bytes=3_000_000)
        await reached("written")
        async with session.begin(pools[Login.AUTHENTICATOR], person) as writing:
            await store.keep(
                writing,
                received,
                bucket="labdocs",
                name=f"{person.user_id}/case/report.txt",
                media_type="text/plain",
            )
            await reached("row_not_committed")
        await reached("committed")


if __name__ == "__main__":
    asyncio.run(main(*sys.argv[1:]))
