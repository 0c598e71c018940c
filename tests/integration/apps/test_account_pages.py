"""The pages of accounts as a browser meets them, without a script: coming in, registering, guarding the account."""

from __future__ import annotations

import re
import time
from collections.abc import AsyncIterator, Callable
from contextlib import AbstractAsyncContextManager, asynccontextmanager
from html import unescape
from typing import Any

import httpx
import pytest
from tests.integration.conftest import SECRET

from carebase import sealing
from carebase.auth import administration, totp
from carebase.mail import outbox
from carebase.mail.messages import Kind, Message

PASSWORD = "un long mot de passe pour essayer"
OTHER = "sept girafes boivent du vinaigre"
HTML = {"accept": "text/html", "accept-language": "fr"}
DOCTOR = "dr@example.org"


class Browser:
    """A person with cookies who fills in the forms that the pages show."""

    def __init__(self, client: httpx.AsyncClient) -> None:
        self.client = client

    async def get(self, path: str) -> httpx.Response:
        return await self.client.get(path)

    async def send(self, path: str, *, seen_on: str = "/login", **fields: str) -> httpx.Response:
        page = await self.get(seen_on)
        assert page.status_code < 400, (seen_on, page.status_code, page.text[-800:])
        found = re.search(r'name="form_token" value="([^"]+)"', page.text)
        assert found is not None, (seen_on, page.status_code, page.headers.get("location"))
        return await self.client.post(path, data={"form_token": found[1], **fields})

    async def sign_in(self, email: str = DOCTOR, password: str = PASSWORD, **fields: str) -> httpx.Response:
        return await self.send("/login", email=email, password=password, **fields)

    async def add_app(self) -> tuple[bytes, str]:
        """Enroll an app and activate it: its secret, and the page with the recovery codes."""
        page = await self.send("/account/factors", seen_on="/account/factors/new", kind="totp", name="téléphone")
        assert page.status_code == 200, page.text
        uri = unescape(re.search(r'name="uri" value="([^"]+)"', page.text)[1])
        secret = secret_of(uri)
        factor = re.search(r"/account/factors/([0-9a-f-]+)/confirmation", page.text)[1]
        answer = await self.client.post(
            f"/account/factors/{factor}/confirmation",
            data={"form_token": token_of(page), "uri": uri, "code": code_now(secret, behind=1)},
        )
        assert answer.status_code == 200, answer.text
        return secret, answer.text


def token_of(page: httpx.Response) -> str:
    return re.search(r'name="form_token" value="([^"]+)"', page.text)[1]


def secret_of(uri: str) -> bytes:
    import base64

    text = re.search(r"secret=([A-Z2-7]+)", uri)[1]
    return base64.b32decode(text + "=" * (-len(text) % 8))


def code_now(secret: bytes, *, behind: int = 0) -> str:
    return totp.code_at(secret, int(time.time()) // 30 - behind)


def mail(application: Any, kind: Kind) -> Message:
    with application.database.owner() as connection:
        rows = connection.execute(
            "select id, message_sealed from auth.outbox where kind = %s order by created_at", [kind.value]
        ).fetchall()
    mail_id, sealed = rows[-1]
    return Message.of_bytes(sealing.unseal(SECRET, sealed, purpose=outbox.SEAL, bound_to=str(mail_id)))


@pytest.fixture
def visit(running: Any) -> Callable[..., AbstractAsyncContextManager[tuple[Any, Browser]]]:
    @asynccontextmanager
    async def begin(*, role: str | None = "attending", **chosen: object) -> AsyncIterator[tuple[Any, Browser]]:
        async with running(**chosen) as application:
            means = application.app.state.accounts
            if role is not None:
                await administration.create_with_role(means, DOCTOR, PASSWORD, role=role)
            async with application.client() as client:
                client.headers.update(HTML)
                yield application, Browser(client)

    return begin


async def test_a_patient_comes_in_by_the_password(visit: Any) -> None:
    async with visit(role="patient") as (_, browser):
        answer = await browser.sign_in()
        assert (answer.status_code, answer.headers["location"]) == (303, "/cases")
        assert (await browser.get("/account/profile")).status_code == 200


async def test_staff_without_a_second_factor_is_led_to_enroll_one(visit: Any) -> None:
    async with visit() as (_, browser):
        await browser.sign_in()
        away = await browser.get("/cases")
        assert (away.status_code, away.headers["location"]) == (303, "/account/factors/new?next=%2Fcases")
        page = await browser.get("/account/factors/new")
        assert "Votre rôle demande un second facteur" in page.text
        _, codes = await browser.add_app()
        assert len(re.findall(r"<li><code>[A-Z0-9-]{14}</code></li>", codes)) == 10
        assert (await browser.get("/cases")).status_code == 200


async def test_the_second_factor_is_asked_for_at_the_next_sign_in(visit: Any) -> None:
    async with visit() as (application, browser):
        await browser.sign_in()
        secret, _ = await browser.add_app()
        async with application.client() as client:
            client.headers.update(HTML)
            again = Browser(client)
            await again.sign_in()
            for path in ("/cases", "/account/profile", "/account/security"):
                away = await again.get(path)
                assert away.headers["location"].startswith("/login/mfa?next=")
            page = await again.get("/login/mfa")
            factor = re.search(r'name="factor" value="([^"]+)"', page.text)[1]
            wrong = await again.send("/login/mfa", seen_on="/login/mfa", factor=factor, code="000000")
            assert wrong.status_code == 400
            assert "Ce code n’est pas correct" in wrong.text
            right = await again.send(
                "/login/mfa", seen_on="/login/mfa", factor=factor, code=code_now(secret), next="/cases"
            )
            assert (right.status_code, right.headers["location"]) == (303, "/cases")
            assert (await again.get("/cases")).status_code == 200


async def test_an_account_is_made_on_the_page(visit: Any) -> None:
    async with visit(role=None, auto_confirm=True) as (_, browser):
        made = await browser.send(
            "/register", seen_on="/register", full_name="Amina", email="amina@example.org", password=OTHER, role="nurse"
        )
        assert (made.status_code, made.headers["location"]) == (303, "/")
        profile = (await browser.get("/account/profile")).text
        assert "amina@example.org" in profile
        assert "Aucun rôle accordé" in profile


async def test_an_account_is_confirmed_by_the_link_and_its_button(visit: Any) -> None:
    async with visit(role=None, auto_confirm=False) as (application, browser):
        sent = await browser.send("/register", seen_on="/register", email="amina@example.org", password=OTHER)
        assert sent.status_code == 200
        assert "Consultez vos messages" in sent.text
        link = mail(application, Kind.CONFIRMATION).link
        assert link.startswith("http://localhost:8000/confirm?token=")
        opened = await browser.get(link)
        assert (opened.status_code, opened.headers["location"]) == (303, "/confirm")
        assert "carebase_access" not in browser.client.cookies
        page = await browser.get("/confirm")
        assert "Confirmer et se connecter" in page.text
        assert link.split("token=")[1].split("&")[0] not in page.text
        arrived = await browser.send("/confirm", seen_on="/confirm")
        assert (arrived.status_code, arrived.headers["location"]) == (303, "/")
        assert (await browser.get("/account/profile")).status_code == 200


async def test_a_forgotten_password_is_set_anew_by_the_digits(visit: Any) -> None:
    async with visit(role="patient") as (application, browser):
        known = await browser.send("/forgot", seen_on="/forgot", email=DOCTOR)
        unknown = await browser.send("/forgot", seen_on="/forgot", email="no@example.org")
        assert known.status_code == unknown.status_code == 200
        assert known.text.replace(DOCTOR, "") == unknown.text.replace("no@example.org", "")
        code = mail(application, Kind.RECOVERY).code
        arrived = await browser.client.post(
            "/confirm/code", data={"form_token": token_of(known), "kind": "recovery", "email": DOCTOR, "code": code}
        )
        assert (arrived.status_code, arrived.headers["location"]) == (303, "/reset")
        short = await browser.send("/reset", seen_on="/reset", password="abc")
        assert short.status_code == 400
        assert "10 caractères ou plus" in short.text
        done = await browser.send("/reset", seen_on="/reset", password=OTHER)
        assert done.headers["location"] == "/account/security?said=password"
        async with application.client() as client:
            client.headers.update(HTML)
            assert (await Browser(client).sign_in(password=OTHER)).status_code == 303
