"""Serves the data API in this process over a database that is no deployment, as the comparisons with PostgREST need it.

The door is PostgREST's own: who comes with a token is the role it claims, who comes without is anonymous.
"""

from __future__ import annotations

import asyncio
import json
import socket
import threading
import time
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from typing import Any, Literal

import psycopg_pool
import uvicorn
from joserfc import jws
from joserfc.errors import JoseError
from joserfc.jwk import OctKey
from starlette.requests import HTTPConnection

from carebase.database.identity import Identity, Role
from carebase.database.lines import Lines
from carebase.database.pool import Login
from carebase.rest import credentials, routes, schema
from carebase.rest.configuration import Configuration
from carebase.rest.credentials import Caller, ClaimsRefused
from carebase.rest.run import Runner

SECRET = "reallyreallyreallyreallyverysafe"


class Door:
    """PostgREST's way of choosing the role: the claim `role`, else the anonymous role."""

    def __init__(self, anonymous: str) -> None:
        self._anonymous = anonymous
        self._key = OctKey.import_key(SECRET.encode())

    def admit(self, connection: HTTPConnection) -> Caller:
        token = credentials.bearer_token(connection)
        claims: Mapping[str, Any] = {} if token is None else self._claims(token)
        role = claims.get("role", self._anonymous)
        return Caller(
            role=role,
            claims=json.dumps({**claims, "role": role}),
            login=Login.AUTHENTICATOR,
            identity=Identity(Role.ANON),
            is_anonymous=role == self._anonymous,
        )

    def _claims(self, token: str) -> Mapping[str, Any]:
        try:
            claims = json.loads(jws.deserialize_compact(token, self._key, algorithms=["HS256"]).payload)
        except (JoseError, ValueError, TypeError, KeyError, AttributeError) as error:
            raise credentials.refusal_of(token, now=time.time()) from error
        if not isinstance(claims, dict):
            raise ClaimsRefused
        if fault := credentials.fault_of(claims, now=time.time()):
            raise ClaimsRefused(fault)
        return claims


def free_port() -> int:
    """A port of loopback that nobody listens on."""
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        port: int = probe.getsockname()[1]
        return port


@contextmanager
def served(dsn: str, chosen: Configuration, *, parser: Literal["auto", "h11"] = "auto") -> Iterator[str]:
    """The data API over a database, on a free port of loopback; `parser` of HTTP is what a deployment has."""
    port = free_port()
    running: dict[str, Any] = {}
    app = routes.application(
        runner=lambda _: running["runner"],
        known=lambda _: running["kept"].known,
        doorkeeper=Door(chosen.anonymous_role),
        configuration=chosen,
    )
    config = uvicorn.Config(
        app, host="127.0.0.1", port=port, http=parser, lifespan="off", log_level="error", server_header=False
    )
    server = uvicorn.Server(config)

    async def serve() -> None:
        pool = psycopg_pool.AsyncConnectionPool(dsn, kwargs={"autocommit": True}, min_size=2, max_size=4, open=False)
        async with pool:
            roles = await _roles(pool)
            kept = schema.Kept(pool, conninfo=dsn, schemas=chosen.schemas, roles=roles, audit_pool=None)
            async with kept, Lines(dsn, size=4) as lines:
                running["kept"] = kept
                running["runner"] = Runner(
                    lines={Login.AUTHENTICATOR: lines}, gate=None, configuration=chosen, key=b"none"
                )
                await server.serve()

    thread = threading.Thread(target=lambda: asyncio.run(serve()), name="data API")
    thread.start()
    try:
        while not server.started:
            if not thread.is_alive():
                raise SystemExit("the data API did not start")
            time.sleep(0.05)
        yield f"http://127.0.0.1:{port}"
    finally:
        server.should_exit = True
        thread.join()


async def _roles(pool: psycopg_pool.AsyncConnectionPool) -> list[str]:
    async with pool.connection() as connection:
        cursor = await connection.execute("select rolname from pg_roles where rolname !~ '^pg_'")
        return [name for (name,) in await cursor.fetchall()]
