"""Connections to PostgreSQL, one pool for each login, each with the least rights for its work."""

from __future__ import annotations

import asyncio
import hashlib
import hmac
from collections.abc import Mapping
from contextlib import AsyncExitStack
from enum import StrEnum
from typing import Self

import psycopg
import psycopg_pool
from psycopg import conninfo

from carebase import errors

CONNECT_TIMEOUT_SECONDS = 5
WAIT_FOR_CONNECTION_SECONDS = 5


class Login(StrEnum):
    """The logins; roles of the API are reached from the first two only."""

    AUTHENTICATOR = "authenticator"
    SERVICE_GATEWAY = "service_gateway"
    AUTH_SERVICE = "auth_service"
    CARE_WORKER = "care_worker"
    CARE_QUEUE = "care_queue"
    AUDIT_SEALER = "audit_sealer"


POOL_SIZES: Mapping[Login, int] = {
    Login.AUTHENTICATOR: 12,
    Login.SERVICE_GATEWAY: 2,
    Login.AUTH_SERVICE: 4,
    Login.CARE_WORKER: 4,
    Login.CARE_QUEUE: 4,
    Login.AUDIT_SEALER: 2,
}


def password_of(login: Login, secret: str) -> str:
    """The password of a login, derived from the deployment's secret so that it is kept nowhere."""
    return hmac.new(secret.encode(), f"login:{login}".encode(), hashlib.sha256).hexdigest()


def conninfo_for(login: Login, *, owner_dsn: str, secret: str) -> str:
    """The owner's connection string with another login; `owner_dsn` says where the server is."""
    return conninfo.make_conninfo(
        owner_dsn,
        user=login.value,
        password=password_of(login, secret),
        application_name=f"carebase {login}",
        connect_timeout=CONNECT_TIMEOUT_SECONDS,
    )


class Pools:
    """The open pools of this process.

    `async with Pools(…) as pools:` opens them all before the first request: opened lazily under load,
    they open hundreds of connections at once.
    """

    def __init__(self, *, owner_dsn: str, secret: str, logins: frozenset[Login] = frozenset(Login)) -> None:
        self._pools = {
            login: psycopg_pool.AsyncConnectionPool(
                conninfo_for(login, owner_dsn=owner_dsn, secret=secret),
                # Sessions begin their transactions themselves, in one round trip with what they ask.
                kwargs={"autocommit": True},
                min_size=min(2, POOL_SIZES[login]),
                max_size=POOL_SIZES[login],
                timeout=WAIT_FOR_CONNECTION_SECONDS,
                # Tries to reconnect grow apart until they are given up; this keeps them within two seconds.
                reconnect_timeout=WAIT_FOR_CONNECTION_SECONDS,
                name=login.value,
                open=False,
            )
            for login in sorted(logins)
        }
        self._stack = AsyncExitStack()

    async def __aenter__(self) -> Self:
        """Open every pool and wait until each has a connection; Unavailable when the server is not there."""
        try:
            for pool in self._pools.values():
                self._stack.push_async_callback(pool.close)
                await pool.open(wait=True, timeout=WAIT_FOR_CONNECTION_SECONDS * 2)
        except asyncio.CancelledError:
            # Left open, they would go on connecting, and the process would not end.
            await self._stack.aclose()
            raise
        except (psycopg_pool.PoolTimeout, psycopg.OperationalError) as error:
            await self._stack.aclose()
            raise errors.Unavailable(hint="PostgreSQL does not answer; `carebase status` tells more.") from error
        return self

    async def __aexit__(self, *exc: object) -> None:
        """Close every pool."""
        await self._stack.aclose()

    def __getitem__(self, login: Login) -> psycopg_pool.AsyncConnectionPool:
        """The pool of a login."""
        return self._pools[login]
