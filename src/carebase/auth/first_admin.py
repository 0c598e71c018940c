"""The first administrator is made on the machine itself, by whoever sits in front of a new deployment.

In charge of that being possible there alone, and once: as soon as there is an administrator, others are made by one
or at the command line (`carebase user create --role admin`), which is always there.
"""

from __future__ import annotations

import ipaddress
from typing import Final
from urllib.parse import urlsplit

from starlette.requests import HTTPConnection

from carebase.audit import log as audit
from carebase.auth import accounts, addresses, admin_refused, metadata, methods, opening, refused
from carebase.auth.accounts import Accounts
from carebase.auth.callers import Caller
from carebase.auth.methods import Method
from carebase.auth.opening import Opened
from carebase.database import queries
from carebase.settings import LOOPBACK, Settings

SQL = queries.beside(__file__)

OF_PROXIES: Final = ("forwarded", "x-forwarded-for", "x-forwarded-host", "x-forwarded-proto", "x-real-ip", "via")
"""Headers that say that somebody stands between: then the peer's address is not the person's."""


def is_here(connection: HTTPConnection, settings: Settings) -> bool:
    """Whether the request comes from a browser on this machine.

    The peer and the name it asks for are of loopback, no proxy has touched the request, none is configured, and
    the deployment has not been given an address for others yet.
    """
    if settings.trusted_proxies or any(name in connection.headers for name in OF_PROXIES):
        return False
    names = [connection.headers.get("host", ""), urlsplit(settings.address).netloc]
    return _is_loopback(connection) and all(_host(name) in LOOPBACK for name in names)


async def is_needed(means: Accounts) -> bool:
    """Whether nobody administers yet."""
    async with means.begin() as session:
        found: bool = await session.value(SQL["is_needed"])
        return found


async def make(means: Accounts, email: str, password: str, *, caller: Caller) -> Opened:
    """The first administrator, signed in; NotOperator when there is one, UserExists, WeakPassword, NotValid.

    Whoever calls has asked `is_here` before.
    """
    email = addresses.normal(email)
    await means.passwords.check(password, email=email, shortest=means.policy.shortest_password)
    hashed = await means.passwords.hash(password)
    async with means.begin() as session:
        # Two who come at the same moment come one after the other.
        await session.run(SQL["lock"])
        if not await session.value(SQL["is_needed"]):
            raise admin_refused.NotOperator
        made = await accounts.make(
            session, email, hashed=hashed, app_metadata=metadata.of_service("admin"), user_metadata="{}"
        )
        await audit.record(
            session,
            "create_account",
            accounts.USERS,
            keys=[str(made.id)],
            request_id=caller.request_id,
            details={"role": "admin", "by": "first run", "address": caller.address},
        )
        user = await opening.mark_proven(session, made.id)
        if user is None:
            raise refused.Banned
        proofs = [methods.proof(Method.PASSWORD)]
        return await opening.open_one(session, means, user, proofs=proofs, action="sign_in", caller=caller)


def _is_loopback(connection: HTTPConnection) -> bool:
    if connection.client is None:
        return False
    try:
        return ipaddress.ip_address(connection.client.host).is_loopback
    except ValueError:
        return False


def _host(named: str) -> str | None:
    try:
        return urlsplit(f"//{named}").hostname
    except ValueError:
        return None
