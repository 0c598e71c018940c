"""The whole application in this process, over its ASGI door, on a database of its own."""

from __future__ import annotations

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass
from pathlib import Path

import httpx
import pytest
from tests.integration.conftest import SECRET, Database

from carebase import server
from carebase.database.identity import Identity
from carebase.settings import Settings


@dataclass
class Application:
    """The application and who may talk to it."""

    app: object
    database: Database

    def token(self, person: Identity) -> str:
        return self.app.state.tokens._sign(  # the token of a session that exists, without its password
            dict(person.claims)
            | {"iss": "test", "aud": "authenticated", "role": "authenticated", "exp": 4102444800, "iat": 1}
        )

    def client(self, person: Identity | None = None) -> httpx.AsyncClient:
        headers = {} if person is None else {"Authorization": f"Bearer {self.token(person)}"}
        return httpx.AsyncClient(
            transport=httpx.ASGITransport(app=self.app, raise_app_exceptions=False),
            base_url="http://localhost:8000",
            headers=headers,
        )


@pytest.fixture
def running(database: Database, tmp_path: Path):
    @asynccontextmanager
    async def run(**chosen: object) -> AsyncIterator[Application]:
        given = {"staff_mfa": "optional", **chosen}
        settings = Settings(data=tmp_path, secret=SECRET, database_url=database.owner_dsn, **given)
        app = server.build(settings, owner_dsn=database.owner_dsn)
        async with app.router.lifespan_context(app):
            yield Application(app, database)

    return run
