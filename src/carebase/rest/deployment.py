"""The data API of one deployment: what it needs while the server runs, and where it is mounted.

configuration = deployment.configured(settings)
state.data_api = await stack.enter_async_context(deployment.opened(configuration, …))
app.data_api = deployment.mounted(configuration)
"""

from __future__ import annotations

import hashlib
import hmac
from collections.abc import AsyncIterator
from contextlib import AsyncExitStack, asynccontextmanager
from dataclasses import dataclass
from typing import Final

from starlette.requests import HTTPConnection
from starlette.types import ASGIApp, Receive, Scope, Send

from carebase.audit.log import ReadGate
from carebase.database import pool
from carebase.database.lines import Lines
from carebase.database.pool import Login, Pools
from carebase.rest import routes
from carebase.rest.catalogue import Name
from carebase.rest.configuration import Configuration
from carebase.rest.credentials import OurDoor
from carebase.rest.run import Runner
from carebase.rest.schema import Kept
from carebase.settings import VERSION, Settings

MOUNT: Final = "/rest/v1"
LINES: Final = {Login.AUTHENTICATOR: 10, Login.SERVICE_GATEWAY: 2}
"""Connections of this process for requests, by whose they are."""


@dataclass(frozen=True, slots=True)
class DataApi:
    """What is there once the server has started."""

    runner: Runner
    kept: Kept


def configured(settings: Settings) -> Configuration:
    """What the operator decided about the data API."""
    return Configuration(
        pre_request=_function(settings.rest_pre_request),
        is_rolled_back=settings.rest_transaction_end.startswith("rollback"),
        may_choose_ending=settings.rest_transaction_end.endswith("-allow-override"),
        max_rows=settings.rest_max_rows,
        are_aggregates_allowed=settings.rest_aggregates,
        are_plans_allowed=settings.rest_plans,
        deepest_embed=settings.rest_embed_depth,
        timeouts={
            "anon": settings.rest_anon_seconds,
            "authenticated": settings.rest_authenticated_seconds,
            "service_role": settings.rest_service_role_seconds,
        },
        longest_address=settings.rest_max_address,
        largest_body=settings.rest_max_body,
        is_described=settings.api_docs,
        address=f"{settings.address}{MOUNT}",
        version=VERSION,
    )


def _function(written: str | None) -> Name | None:
    if not written:
        return None
    schema, _, name = written.rpartition(".")
    return Name(schema or "public", name)


@asynccontextmanager
async def opened(
    configuration: Configuration, *, pools: Pools, gate: ReadGate, owner_dsn: str, direct_dsn: str, secret: str
) -> AsyncIterator[DataApi]:
    """Knows the database from here to the end of the block; `direct_dsn` is the address at which NOTIFY arrives."""
    kept = Kept(
        pools[Login.AUTHENTICATOR],
        conninfo=pool.conninfo_for(Login.AUTHENTICATOR, owner_dsn=direct_dsn, secret=secret),
        schemas=configuration.schemas,
        roles=configuration.roles,
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
        yield DataApi(Runner(lines=lines, gate=gate, configuration=configuration, key=key), kept)


def mounted(configuration: Configuration) -> ASGIApp:
    """The application below MOUNT; its state is the server's `data_api`."""
    data_api = routes.application(
        runner=lambda connection: _of(connection).runner,
        known=lambda connection: _of(connection).kept.known,
        doorkeeper=OurDoor(),
        configuration=configuration,
    )

    async def serve(scope: Scope, receive: Receive, send: Send) -> None:
        await data_api({**scope, "root_path": scope.get("root_path", "") + MOUNT}, receive, send)

    return serve


def is_for_data_api(scope: Scope) -> bool:
    """Whether a request is one of the data API's."""
    return scope["type"] == "http" and f"{scope['path']}/".startswith(f"{MOUNT}/")


def _of(connection: HTTPConnection) -> DataApi:
    found: DataApi = connection.scope["app"].state.data_api
    return found
