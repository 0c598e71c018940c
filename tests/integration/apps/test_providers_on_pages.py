"""Outside providers on the pages, at a real OpenID Connect server: coming in, linking, agreeing, taking away."""

from __future__ import annotations

import re
from collections.abc import Iterator
from html import unescape
from pathlib import Path
from typing import Any

import httpx
import pytest
from tests.integration.apps.test_account_pages import (  # noqa: F401 (the fixture)
    DOCTOR,
    HTML,
    PASSWORD,
    Browser,
    token_of,
    visit,
)
from tests.integration.auth import oidc as issuers
from tests.integration.auth.oidc import Oidc

from carebase.auth import oauth_providers
from carebase.auth.oauth_issuers import Issuer

SITE, APP = "http://localhost:8000", "https://app.example.org"


@pytest.fixture
def oidc() -> Iterator[Oidc]:
    with issuers.serving() as serving:
        yield serving


def believe(application: Any, oidc: Oidc) -> None:
    said = f"""
        [hospital]
        issuer = "{oidc.issuer}"
        client_id = "{issuers.CLIENT_ID}"
        client_secret = "{issuers.CLIENT_SECRET}"
        is_email_trusted = true
    """
    found = oauth_providers.of_text(said, beside=Path())
    application.app.state.issuers = {name: Issuer(provider) for name, provider in found.items()}


async def back_from(address: str, client: httpx.AsyncClient) -> httpx.Response:
    """Over the provider, where the person agrees, to the end of the way at our own pages."""
    async with httpx.AsyncClient() as outside:
        left = await outside.get(address)
    assert left.status_code == 302, left.text
    ended = await client.get(left.headers["location"])
    assert ended.status_code == 302, ended.text
    return await client.get(ended.headers["location"])


def onward(page: httpx.Response) -> str:
    assert page.status_code == 200, page.text
    address = page.headers["refresh"].removeprefix("0;url=")
    assert address == unescape(re.search(r'<a href="(http://127[^"]+)"', page.text)[1])
    return address


async def test_a_provider_brings_people_to_the_page_they_wanted(visit: Any, oidc: Oidc) -> None:  # noqa: F811
    async with visit(role=None) as (application, browser):
        believe(application, oidc)
        page = await browser.get("/login?next=/account/sessions")
        way = unescape(re.search(r'href="(/login/with/[^"]+)"', page.text)[1])
        assert way == "/login/with/hospital?next=%2Faccount%2Fsessions"
        left = await browser.get(way)
        assert left.status_code == 303
        arrived = await back_from(left.headers["location"], browser.client)
        assert (arrived.status_code, arrived.headers["location"]) == (303, "/account/sessions")
        assert (await browser.get("/account/sessions")).status_code == 200
        assert not {"carebase_next", "carebase_verifier"} & set(browser.client.cookies)
        # Nobody comes in by a code without the browser that left, and nobody is led to another site.
        assert (await browser.get("/login/return?code=abc")).headers["location"] == "/login?said=provider"
        await browser.get("/login/with/hospital?next=https://evil.example")
        assert "evil" not in browser.client.cookies["carebase_next"]
        assert (await browser.get("/login/with/nobody")).status_code == 404


async def test_a_provider_is_added_and_removed_on_the_security_page(visit: Any, oidc: Oidc) -> None:  # noqa: F811
    async with visit(role="patient") as (application, browser):
        believe(application, oidc)
        await browser.sign_in()

        async def add() -> httpx.Response:
            page = await browser.send("/account/security/identities", seen_on="/account/security", provider="hospital")
            return await back_from(onward(page), browser.client)

        added = await add()
        assert added.headers["location"] == "/account/security?said=identity-added"
        page = await browser.get(added.headers["location"])
        assert "Fournisseur ajouté." in page.text
        assert "amina@example.org" in page.text
        assert 'value="hospital"' not in page.text
        # The session is the one that was there before.
        with application.database.owner() as connection:
            assert connection.execute("select count(*) from auth.sessions").fetchone() == (1,)
        # It brings the person into the same account, and into no second one.
        async with application.client() as client:
            client.headers.update(HTML)
            other = Browser(client)
            left = await other.get("/login/with/hospital")
            assert (await back_from(left.headers["location"], client)).headers["location"] == "/cases"
            assert DOCTOR in (await other.get("/account/profile")).text
        taken = await add()
        assert taken.headers["location"] == "/account/security?said=identity-taken"
        assert "ouvre déjà un compte ici" in (await browser.get(taken.headers["location"])).text
        removal = re.search(r'action="(/account/security/identities/[^"]+/removal)"', page.text)[1]
        gone = await browser.client.post(removal, data={"form_token": token_of(page)})
        assert gone.headers["location"] == "/account/security?said=identity-removed"
        assert 'value="hospital"' in (await browser.get("/account/security")).text
        unknown = await browser.send("/account/security/identities", seen_on="/account/security", provider="nobody")
        assert unknown.status_code == 404


async def test_a_page_of_another_origin_links_only_what_the_person_agrees_to(visit: Any, oidc: Oidc) -> None:  # noqa: F811
    async with visit(role="patient", redirect_addresses=f"{APP}/done") as (application, browser):
        believe(application, oidc)
        api = application.client()
        signed_in = await api.post("/auth/v1/token?grant_type=password", json={"email": DOCTOR, "password": PASSWORD})
        query = {"provider": "hospital", "redirect_to": f"{APP}/done", "skip_http_redirect": "true"}

        async def begun(origin: str) -> httpx.Response:
            return await api.get(
                "/auth/v1/user/identities/authorize",
                params=query,
                headers={"authorization": f"Bearer {signed_in.json()['access_token']}", "origin": origin},
            )

        assert (await begun("https://evil.example")).status_code == 400
        told = await begun(APP)
        assert "set-cookie" not in told.headers
        address = told.json()["url"]
        assert address.startswith(f"{SITE}/login/link?ticket=")
        opened = await browser.get(address)
        assert opened.headers["location"] == "/login/link"
        # Who only opened the address has nothing to come back with.
        assert "carebase_flow" not in browser.client.cookies
        page = await browser.get("/login/link")
        assert f"ouvrira désormais le compte {DOCTOR}" in page.text
        away = await browser.client.post("/login/link", data={"form_token": token_of(page)})
        ended = await back_from_elsewhere(onward(away), browser.client)
        assert ended.startswith(f"{APP}/done#access_token="), ended
        with application.database.owner() as connection:
            ways = connection.execute("select provider from auth.identities order by 1").fetchall()
        assert ways == [("email",), ("hospital",)]
        # The ticket was good once, and what is no ticket says nothing.
        await browser.get(address)
        assert (await browser.get("/login/link")).headers["location"] == "/login?said=provider"
        for ticket in ("x", "-" * 36 + "." + "x" * 43):
            await browser.get(f"/login/link?ticket={ticket}")
            assert (await browser.get("/login/link")).headers["location"] == "/login?said=provider"
        await api.aclose()


async def back_from_elsewhere(address: str, client: httpx.AsyncClient) -> str:
    async with httpx.AsyncClient() as outside:
        left = await outside.get(address)
    return (await client.get(left.headers["location"])).headers["location"]
