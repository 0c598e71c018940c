"""Programs that an administrator registers to sign people in with their accounts here.

In charge of what is kept of them. Their secret is told once, when it is made; of it the hash is kept.
"""

from __future__ import annotations

import hashlib
import secrets
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any, Final
from urllib.parse import urlsplit
from uuid import UUID

from carebase.auth import admin_refused, refused, users
from carebase.auth.accounts import Accounts
from carebase.auth.operators import Operator
from carebase.database import queries
from carebase.settings import LOOPBACK

SQL = queries.beside(__file__)

CLIENTS: Final = "auth.oauth_clients"
SECRET_BYTES: Final = 32
MOST_REDIRECTS: Final = 10
LONGEST_NAME: Final = 1024
LONGEST_ADDRESS: Final = 2048
GRANTS: Final = ("authorization_code", "refresh_token")
NOT_FOR_BROWSERS: Final = frozenset({"javascript", "data", "file", "vbscript", "about", "blob"})
METHODS: Final[Mapping[str, tuple[str, ...]]] = {
    "public": ("none",),
    "confidential": ("client_secret_basic", "client_secret_post"),
}


@dataclass(frozen=True, slots=True)
class Client:
    """A registered program."""

    id: UUID
    client_name: str | None
    client_uri: str | None
    logo_uri: str | None
    redirect_uris: Sequence[str]
    grant_types: Sequence[str]
    client_type: str
    registration_type: str
    token_endpoint_auth_method: str
    created_at: datetime
    updated_at: datetime


@dataclass(frozen=True, slots=True, kw_only=True)
class Registered:
    """A program with its secret, told this once; None for one that can keep none."""

    client: Client
    secret: str | None

    def __repr__(self) -> str:
        return f"Registered({self.client.id})"


async def register(means: Accounts, body: Mapping[str, Any], *, by: Operator) -> Registered:
    """A new program; NotValid where it cannot be."""
    kind, method = _kind(body)
    secret = None if kind == "public" else secrets.token_urlsafe(SECRET_BYTES)
    async with means.begin() as session:
        client = await session.one(
            SQL["put"],
            Client,
            **_words(body),
            redirect_uris=_redirects(body.get("redirect_uris")),
            grant_types=_grants(body.get("grant_types") or list(GRANTS)),
            client_type=kind,
            method=method,
            secret_sha256=_sha256(secret),
        )
        await by.record_of(session, "register_client", CLIENTS, key=str(client.id))
    return Registered(client=client, secret=secret)


async def every(means: Accounts, *, number: int, size: int) -> tuple[list[Client], int]:
    """A page of the programs, the newest first, and how many there are."""
    async with means.begin() as session, session.together() as ask:
        found = ask.all(SQL["some"], Client, most=size, skipped=(number - 1) * size)
        total = ask.value(SQL["count"])
    return found.brought, total.brought


async def read(means: Accounts, client_id: UUID) -> Client:
    """A program; ClientNotFound without it."""
    async with means.begin() as session:
        return _there(await session.maybe(SQL["by_id"], Client, client_id=client_id))


async def change(means: Accounts, client_id: UUID, body: Mapping[str, Any], *, by: Operator) -> Client:
    """A program as it is from now on; ClientNotFound, NotValid."""
    named = {"redirect_uris", "grant_types", "client_name", "client_uri", "logo_uri", "token_endpoint_auth_method"}
    if not any(body.get(name) is not None for name in named):
        raise refused.NotValid(details="No fields provided for update")
    redirects, grants = body.get("redirect_uris"), body.get("grant_types")
    async with means.begin() as session:
        before = _there(await session.maybe(SQL["by_id"], Client, client_id=client_id))
        method = body.get("token_endpoint_auth_method")
        if method is not None and method not in METHODS[before.client_type]:
            raise refused.NotValid(details="token_endpoint_auth_method does not go with the client's type")
        client = await session.maybe(
            SQL["change"],
            Client,
            client_id=client_id,
            **_words(body),
            redirect_uris=None if redirects is None else _redirects(redirects),
            grant_types=None if grants is None else _grants(grants),
            method=method,
        )
        await by.record_of(session, "change_client", CLIENTS, key=str(client_id))
        return _there(client)


async def renew_secret(means: Accounts, client_id: UUID, *, by: Operator) -> Registered:
    """A new secret in place of the old one; ClientNotFound, NotValid for a program that has none."""
    secret = secrets.token_urlsafe(SECRET_BYTES)
    async with means.begin() as session:
        if _there(await session.maybe(SQL["by_id"], Client, client_id=client_id)).client_type == "public":
            raise refused.NotValid(details="Cannot regenerate secret for public client")
        client = await session.maybe(SQL["renew"], Client, client_id=client_id, secret_sha256=_sha256(secret))
        await by.record_of(session, "renew_client_secret", CLIENTS, key=str(client_id))
        return Registered(client=_there(client), secret=secret)


async def remove(means: Accounts, client_id: UUID, *, by: Operator) -> None:
    """Remove a program; ClientNotFound without it."""
    async with means.begin() as session:
        if await session.value(SQL["remove"], client_id=client_id) is None:
            raise admin_refused.ClientNotFound
        await by.record_of(session, "remove_client", CLIENTS, key=str(client_id))


def as_json(client: Client, *, secret: str | None = None) -> dict[str, Any]:
    """A program in GoTrue's shape."""
    optional = {"client_uri": client.client_uri, "logo_uri": client.logo_uri, "client_secret": secret}
    return {
        "client_id": str(client.id),
        "client_type": client.client_type,
        "client_name": client.client_name or "",
        **{name: value for name, value in optional.items() if value},
        "redirect_uris": list(client.redirect_uris),
        "token_endpoint_auth_method": client.token_endpoint_auth_method,
        "grant_types": list(client.grant_types),
        "response_types": ["code"],
        "registration_type": client.registration_type,
        "created_at": users.rfc3339(client.created_at),
        "updated_at": users.rfc3339(client.updated_at),
    }


def _there(client: Client | None) -> Client:
    if client is None:
        raise admin_refused.ClientNotFound
    return client


def _kind(body: Mapping[str, Any]) -> tuple[str, str]:
    method, kind = body.get("token_endpoint_auth_method"), body.get("client_type")
    kind = kind or ("public" if method == "none" else "confidential")
    if not isinstance(kind, str) or kind not in METHODS:
        raise refused.NotValid(details="client_type must be 'public' or 'confidential'")
    method = method or METHODS[kind][0]
    if method not in METHODS[kind]:
        raise refused.NotValid(details="token_endpoint_auth_method does not go with the client's type")
    return kind, method


def _words(body: Mapping[str, Any]) -> dict[str, str | None]:
    name = body.get("client_name")
    if name is not None and (not isinstance(name, str) or len(name) > LONGEST_NAME):
        raise refused.NotValid(details=f"client_name is a text of at most {LONGEST_NAME} characters")
    return {"client_name": name, "client_uri": _address(body, "client_uri"), "logo_uri": _address(body, "logo_uri")}


def _address(body: Mapping[str, Any], name: str) -> str | None:
    value = body.get(name)
    if value in (None, ""):
        return None
    if not isinstance(value, str) or not _is_address(value, schemes=frozenset({"http", "https"})):
        raise refused.NotValid(details=f"{name} must be a valid URL")
    return value


def _redirects(given: object) -> list[str]:
    if not isinstance(given, list) or not 0 < len(given) <= MOST_REDIRECTS:
        raise refused.NotValid(details=f"redirect_uris has 1 to {MOST_REDIRECTS} addresses")
    for address in given:
        if not isinstance(address, str) or not _is_address(address, schemes=None):
            raise refused.NotValid(details="redirect_uris holds an address that cannot be used")
    return given


def _grants(given: object) -> list[str]:
    if not isinstance(given, list) or not given or any(grant not in GRANTS for grant in given):
        raise refused.NotValid(details="grant_types holds authorization_code, refresh_token or both")
    return given


def _is_address(text: str, *, schemes: frozenset[str] | None) -> bool:
    """Whether it is an absolute address without a fragment; None for the schemes stands for every harmless one."""
    if len(text) > LONGEST_ADDRESS or not text.isascii() or not text.isprintable() or set(text) & set(' \\<>"#'):
        return False
    try:
        parts = urlsplit(text)
        host = parts.hostname
    except ValueError:
        return False
    if not parts.scheme or not host or "@" in parts.netloc:
        return False
    if schemes is not None:
        return parts.scheme in schemes
    return parts.scheme not in NOT_FOR_BROWSERS and (parts.scheme != "http" or host in LOOPBACK)


def _sha256(secret: str | None) -> bytes | None:
    return None if secret is None else hashlib.sha256(secret.encode()).digest()
