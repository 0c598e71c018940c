"""The data API of one deployment: what it needs while the server runs, and where it is mounted.

state.data_api = await stack.enter_async_context(deployment.opened(…))
app.mount(deployment.MOUNT, deployment.mounted())
"""

from __future__ import annotations

import hashlib
import hmac
from collections.abc import AsyncIterator
from contextlib import AsyncExitStack, asynccontextmanager
from dataclasses import dataclass
from typing import Final, cast

from starlette.requests import HTTPConnection
from starlette.types import ASGIApp

from carebase.audit.log import ReadGate
from carebase.database import pool
from carebase.database.lines import Lines
from carebase.database.pool import Login, Pools
from carebase.rest import routes
from carebase.rest.configuration import Configuration
from carebase.rest.credentials import OurDoor
from carebase.rest.run import Runner
from carebase.rest.schema import Kept

MOUNT: Final = "/rest/v1"
CONFIGURATION: Final = Configuration()
LINES: Final = {Login.AUTHENTICATOR: 10, Login.SERVICE_GATEWAY: 2}
"""Connections of this process for requests, by whose they are."""


@dataclass(frozen=True, slots=True)
class DataApi:
    """What is there once the server has started."""

    runner: Runner
    kept: Kept


@asynccontextmanager
async def opened(
    *, pools: Pools, gate: ReadGate, owner_dsn: str, direct_dsn: str, secret: str
) -> AsyncIterator[DataApi]:
    """Knows the database from here to the end of the block; `direct_dsn` is the address at which NOTIFY arrives."""
    kept = Kept(
        pools[Login.AUTHENTICATOR],
        conninfo=pool.conninfo_for(Login.AUTHENTICATOR, owner_dsn=direct_dsn, secret=secret),
        schemas=CONFIGURATION.schemas,
        roles=CONFIGURATION.roles,
        audit_pool=pools[Login.AUDIT_SEALER],
    )
    key = hmac.new(secret.encode(), b"values of filters on record", hashlib.sha256).digest()
    async with AsyncExitStack() as stack:
        await stack.enter_async_context(kept)
        lines = {
            login: await stack.enter_async_context(
                Lines(pool.conninfo_for(login, owner_dsn=owner_dsn, secret=secret), size=size)
            )
            for login, size in LINES.items()
        }
        yield DataApi(Runner(lines=lines, gate=gate, configuration=CONFIGURATION, key=key), kept)


def mounted() -> ASGIApp:
    """The application; its state is the server's `data_api`."""
    return routes.application(
        runner=lambda connection: _of(connection).runner,
        known=lambda connection: _of(connection).kept.known,
        doorkeeper=OurDoor(),
        configuration=CONFIGURATION,
    )


def _of(connection: HTTPConnection) -> DataApi:
    return cast(DataApi, connection.app.state.data_api)
