"""No route answers without end: every one counts its caller."""

from __future__ import annotations

from collections.abc import AsyncIterator
from pathlib import Path
from typing import Any

import httpx
import pytest
from fastapi import FastAPI
from starlette.routing import Route

from carebase import server, settings
from carebase.auth import allowances
from carebase.auth.limits import Allowance

FREE = {"/healthz", "/readyz", "/health"}
"""Signs of life, which a watchman asks for."""


def spent(caller: str) -> Allowance:
    allowance = Allowance(1, clock=lambda: 1.0)
    allowance.take(caller)
    return allowance


@pytest.fixture
async def app(database: Any, tmp_path: Path) -> AsyncIterator[FastAPI]:
    chosen = settings.Settings(data=tmp_path, secret=database.secret, workers=0)
    built = server.build(chosen, owner_dsn=database.owner_dsn)
    async with built.router.lifespan_context(built):
        yield built


def client_of(app: FastAPI) -> httpx.AsyncClient:
    transport = httpx.ASGITransport(app, client=("192.0.2.1", 4711), raise_app_exceptions=False)
    return httpx.AsyncClient(transport=transport, base_url="http://localhost:8000")


def routes_of(routes: list[Any], prefix: str = "") -> list[tuple[str, str]]:
    """Method and path of every route, with something in place of its parameters."""
    found = []
    for route in routes:
        if (inner := getattr(route, "original_router", None)) is not None:
            found += routes_of(inner.routes, prefix + route.include_context.prefix)
        elif isinstance(route, Route):
            path = prefix + route.path.replace("{", "").replace("}", "").replace(":path", "")
            found += [(method, path) for method in route.methods or ()]
    return found


async def test_every_route_refuses_an_address_that_asked_too_often(app):
    app.state.allowance = spent("192.0.2.1")
    app.state.address_allowance.expect({allowances.key_of("192.0.2.1"): 1000.0})

    async with client_of(app) as client:
        asked = [*routes_of(app.routes), ("GET", "/rest/v1/patients"), ("POST", "/rest/v1/rpc/anything")]
        assert len(asked) > 40
        for method, path in asked:
            answer = await client.request(method, path)
            if path in FREE:
                assert answer.status_code == 200
                continue
            assert answer.status_code == 429, (method, path)
            assert int(answer.headers["Retry-After"]) >= 1, (method, path)


async def test_addresses_that_a_client_writes_itself_change_nothing(app):
    app.state.allowance = spent("192.0.2.1")
    forged = {"X-Forwarded-For": "198.51.100.1", "X-Real-IP": "198.51.100.1", "Forwarded": "for=198.51.100.1"}
    async with client_of(app) as client:
        for path in ("/rest/v1/patients", "/auth/v1/settings", "/api/cases"):
            assert (await client.get(path, headers=forged)).status_code == 429


async def test_tokens_that_are_made_up_are_counted_by_address(app):
    app.state.allowance = spent("192.0.2.1")
    async with client_of(app) as client:
        for path in ("/auth/v1/user", "/api/cases"):
            made_up = {"Authorization": "Bearer a.b.c"}
            assert (await client.get(path, headers=made_up)).status_code == 429, path
