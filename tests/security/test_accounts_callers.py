"""Whom a request comes from is what the socket and configured proxies say, never what a client writes (ASVS 4.1.3)."""

from __future__ import annotations

from collections.abc import AsyncIterator, Iterator
from contextlib import asynccontextmanager
from pathlib import Path
from typing import Any

import httpx
import pytest
from fastapi import FastAPI
from tests.integration.conftest import Database, RunningCluster
from tests.security.conftest import a_database

from carebase import server, settings
from carebase.auth import attempts

PASSWORD = "correct horse battery staple"
FORGED = {
    "X-Forwarded-For": "198.51.100.1",
    "X-Forwarded-Proto": "https",
    "X-Forwarded-Host": "evil.example",
    "X-Real-IP": "198.51.100.1",
    "Forwarded": "for=198.51.100.1;proto=https;host=evil.example",
}


@pytest.fixture
def database(cluster: RunningCluster) -> Iterator[Database]:
    with a_database(cluster) as made:
        yield made


@asynccontextmanager
async def serving(database: Database, tmp_path: Path, **chosen: Any) -> AsyncIterator[FastAPI]:
    given = settings.Settings(data=tmp_path, secret=database.secret, workers=0, auto_confirm=True, **chosen)
    built = server.build(given, owner_dsn=database.owner_dsn)
    async with built.router.lifespan_context(built):
        yield built


def client_of(app: FastAPI, peer: str) -> httpx.AsyncClient:
    transport = httpx.ASGITransport(app, client=(peer, 4711), raise_app_exceptions=False)
    return httpx.AsyncClient(transport=transport, base_url="http://localhost:8000")


async def sign_up(client: httpx.AsyncClient, **headers: str) -> httpx.Response:
    body = {"email": "amina@example.org", "password": PASSWORD}
    return await client.post("/auth/v1/signup", json=body, headers=headers)


def addresses(database: Database) -> set[str]:
    """Every address that was kept of the callers: with the session, on record, with the tries."""
    with database.owner() as owner:
        kept = owner.execute(
            "select host(ip) from auth.sessions union select address from auth.attempts where address <> all(%s)",
            [[shared.name for shared in attempts.SHARED]],
        ).fetchall()
    recorded = {str((entry.get("details") or {}).get("address")) for entry in database.recorded()}
    return {str(address) for (address,) in kept} | (recorded - {"None"})


async def test_without_configured_proxies_the_socket_alone_says_who_is_there(database, tmp_path):
    async with serving(database, tmp_path) as app, client_of(app, "192.0.2.1") as client:
        answer = await sign_up(client, **FORGED)
        await client.post(
            "/auth/v1/token?grant_type=password",
            json={"email": "amina@example.org", "password": "not the password"},
            headers=FORGED,
        )
        page = await client.get("/login", headers={**FORGED, "Accept": "text/html"})

    assert answer.status_code == 200
    assert addresses(database) == {"192.0.2.1"}
    assert "Strict-Transport-Security" not in page.headers
    assert "__Host-" not in page.headers.get("set-cookie", "")
    assert "evil.example" not in page.text


async def test_a_configured_proxy_is_believed_about_the_last_before_it(database, tmp_path):
    async with serving(database, tmp_path, trusted_proxies="10.0.0.0/8") as app, client_of(app, "10.0.0.1") as client:
        came = {"X-Forwarded-For": "198.51.100.1, 192.0.2.1", "X-Forwarded-Proto": "https"}
        await sign_up(client, **came)
        page = await client.get("/login", headers={**came, "Accept": "text/html"})
        data = await client.get("/rest/v1/", headers=came)

    assert addresses(database) == {"192.0.2.1"}
    assert "Strict-Transport-Security" in page.headers
    assert "Strict-Transport-Security" in data.headers


async def test_others_are_not_believed_though_proxies_are_configured(database, tmp_path):
    async with serving(database, tmp_path, trusted_proxies="10.0.0.0/8") as app, client_of(app, "192.0.2.1") as client:
        await sign_up(client, **FORGED)

    assert addresses(database) == {"192.0.2.1"}


async def raw(app: FastAPI, path: str, host: bytes) -> tuple[int, str]:
    """Status and address to go to next, for a host that no client library would send."""
    sent: list[Any] = []

    async def receive() -> dict[str, Any]:
        return {"type": "http.request", "body": b"", "more_body": False}

    async def send(message: Any) -> None:
        sent.append(message)

    scope = {
        "type": "http", "asgi": {"version": "3.0"}, "http_version": "1.1", "method": "GET", "path": path,
        "raw_path": path.encode(), "query_string": b"", "root_path": "", "scheme": "http",
        "server": ("127.0.0.1", 8000), "client": ("192.0.2.1", 4711),
        "headers": [(b"host", host), (b"accept", b"text/html"), (b"cookie", b"carebase_access=x; carebase_refresh=y")],
    }  # fmt: skip
    await app(scope, receive, send)
    return sent[0]["status"], dict(sent[0]["headers"]).get(b"location", b"").decode()


@pytest.mark.parametrize("host", [b"a/b?c", b"[", b"evil.example", b"", b"a b", b"\xff", b"localhost/login?", b"x@y:z"])
async def test_no_host_that_is_written_changes_who_is_let_in_or_where_to(database, tmp_path, host):
    async with serving(database, tmp_path) as app:
        for path in ("/login", "/cases", "/auth/v1/user", "/api/cases", "/rest/v1/patients"):
            assert await raw(app, path, host) == await raw(app, path, b"localhost:8000"), path
