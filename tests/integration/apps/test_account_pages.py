"""The pages of accounts as a browser meets them, without a script: coming in, registering, guarding the account."""

from __future__ import annotations

import base64
import dataclasses
import re
import time
from collections.abc import AsyncIterator, Callable
from contextlib import AbstractAsyncContextManager, asynccontextmanager
from html import unescape
from typing import Any

import httpx
import pytest
from tests.integration.auth.test_captcha import Verifier, verifier  # noqa: F401 (the fixture)
from tests.integration.conftest import SECRET

from carebase import authority, sealing
from carebase.auth import administration, invitations, totp
from carebase.mail import outbox
from carebase.mail.messages import Kind, Message
from carebase.web import headers

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
        # A mail server that is not there: mails stay where the test reads them.
        async with running(
            **{"staff_mfa": "required", "smtp_host": "127.0.0.1", "smtp_port": 1, **chosen}
        ) as application:
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
        # Opened in another browser than the one that signed up, it asks for that password, or for another one.
        body = {"email": "owner@example.org", "password": OTHER}
        async with application.client() as elsewhere:
            assert (await elsewhere.post("/auth/v1/signup", json=body)).status_code == 200
        await browser.get(mail(application, Kind.CONFIRMATION).link)
        assert (await browser.send("/confirm", seen_on="/confirm")).status_code == 400
        arrived = await browser.send("/confirm", seen_on="/confirm", anew="1")
        assert arrived.headers["location"] == "/invitation"
        refused = await browser.client.post("/auth/v1/token?grant_type=password", json=body)
        assert refused.status_code == 400


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


async def test_a_wrong_code_shows_the_same_square_again(visit: Any) -> None:
    async with visit() as (_, browser):
        await browser.sign_in()
        page = await browser.send("/account/factors", seen_on="/account/factors/new", kind="totp")
        uri = unescape(re.search(r'name="uri" value="([^"]+)"', page.text)[1])
        factor = re.search(r"/account/factors/([0-9a-f-]+)/confirmation", page.text)[1]
        fields = {"form_token": token_of(page), "uri": uri}
        again = await browser.client.post(f"/account/factors/{factor}/confirmation", data={**fields, "code": "000000"})
        assert again.status_code == 400
        picture = re.search(r"<svg xmlns.*?</svg>", page.text, re.DOTALL)[0]
        assert picture in again.text
        forged = {**fields, "uri": 'javascript:alert("1")', "codes": "<b>", "code": "000000"}
        shown = await browser.client.post(f"/account/factors/{factor}/confirmation", data=forged)
        assert "javascript:" not in shown.text
        assert "&lt;b&gt;" not in shown.text
        code = code_now(secret_of(uri))
        done = await browser.client.post(f"/account/factors/{factor}/confirmation", data={**fields, "code": code})
        assert done.status_code == 200


async def test_a_sheet_of_paper_serves_as_a_second_factor(visit: Any) -> None:
    async with visit() as (application, browser):
        await browser.sign_in()
        page = await browser.send("/account/factors", seen_on="/account/factors/new", kind="codes")
        codes = re.findall(r"<li><code>([A-Z0-9-]{14})</code></li>", page.text)
        factor = re.search(r"/account/factors/([0-9a-f-]+)/confirmation", page.text)[1]
        data = {"form_token": token_of(page), "codes": " ".join(codes), "code": codes[0].lower()}
        done = await browser.client.post(f"/account/factors/{factor}/confirmation", data=data)
        assert done.status_code == 200
        async with application.client() as client:
            client.headers.update(HTML)
            again = Browser(client)
            await again.sign_in()
            used = await again.send("/login/mfa", seen_on="/login/mfa", factor=factor, code=codes[0])
            assert used.status_code == 400
            good = await again.send("/login/mfa", seen_on="/login/mfa", factor=factor, code=codes[1])
            assert good.status_code == 303


async def test_a_removed_factor_leaves_nobody_raised(visit: Any) -> None:
    async with visit() as (_, browser):
        await browser.sign_in()
        await browser.add_app()
        security = await browser.get("/account/security")
        path = re.search(r'action="(/account/security/factors/[^"]+/removal)"', security.text)[1]
        gone = await browser.client.post(path, data={"form_token": token_of(security)})
        assert gone.headers["location"] == "/login?said=factor-removed&next=%2Faccount%2Fsecurity"
        assert "Second facteur retiré." in (await browser.get(gone.headers["location"])).text
        # The token that says it was shown is believed no longer.
        assert "carebase_access" not in browser.client.cookies
        again = await browser.sign_in(next="/account/security")
        assert again.headers["location"] == "/account/security"
        assert "Votre rôle demande un second facteur" in (await browser.get("/account/security")).text


async def test_recovery_by_mail_does_not_go_around_the_second_factor(visit: Any) -> None:
    async with visit() as (application, browser):
        await browser.sign_in()
        secret, _ = await browser.add_app()
        async with application.client() as client:
            client.headers.update(HTML)
            forgetful = Browser(client)
            sent = await forgetful.send("/forgot", seen_on="/forgot", email=DOCTOR)
            code = mail(application, Kind.RECOVERY).code
            fields = {"form_token": token_of(sent), "kind": "recovery", "email": DOCTOR, "code": code}
            assert (await client.post("/confirm/code", data=fields)).headers["location"] == "/reset"
            assert (await forgetful.get("/reset")).headers["location"] == "/login/mfa?next=%2Freset"
            tried = await client.post("/reset", data={"form_token": token_of(sent), "password": OTHER})
            assert tried.headers["location"].startswith("/login/mfa")
            factor = re.search(r'name="factor" value="([^"]+)"', (await forgetful.get("/login/mfa")).text)[1]
            shown = await forgetful.send(
                "/login/mfa", seen_on="/login/mfa", factor=factor, code=code_now(secret), next="/reset"
            )
            assert shown.headers["location"] == "/reset"
            done = await forgetful.send("/reset", seen_on="/reset", password=OTHER)
            assert done.headers["location"] == "/account/security?said=password"
        # Whoever had the old password is out.
        assert (await browser.get("/account/profile")).headers["location"].startswith("/login")


async def test_the_password_is_changed_by_who_knows_it(visit: Any) -> None:
    async with visit(role="patient") as (_, browser):
        await browser.sign_in()

        async def change(current: str, new: str) -> httpx.Response:
            return await browser.send(
                "/account/security/password", seen_on="/account/security", current_password=current, password=new
            )

        for current in ("", "pas le bon mot de passe"):
            refused = await change(current, OTHER)
            assert refused.status_code == 400
            assert "Le mot de passe actuel n’est pas correct." in refused.text
        weak = await change(PASSWORD, "azertyuiop")
        assert "trop facile à deviner" in weak.text
        done = await change(PASSWORD, OTHER)
        assert done.headers["location"] == "/account/security?said=password"
        assert "Mot de passe changé" in (await browser.get(done.headers["location"])).text


async def test_devices_are_listed_and_signed_out(visit: Any) -> None:
    async with visit(role="patient") as (application, browser):
        await browser.sign_in()
        async with application.client() as client:
            client.headers.update(HTML | {"user-agent": "Mozilla/5.0 (Android) Chrome/1"})
            other = Browser(client)
            await other.sign_in()
            page = await browser.get("/account/sessions")
            assert "Chrome sur Android" in page.text
            path = re.search(r'action="(/account/sessions/[0-9a-f-]+/end)"', page.text)[1]
            ended = await browser.client.post(path, data={"form_token": token_of(page)})
            assert ended.headers["location"] == "/account/sessions?said=session-ended"
            assert (await other.get("/account/profile")).headers["location"].startswith("/login")
            assert (await browser.get("/account/profile")).status_code == 200
            await other.sign_in()
            await browser.send("/account/sessions/end-others", seen_on="/account/sessions")
            assert (await other.get("/account/profile")).headers["location"].startswith("/login")


async def test_a_patient_prints_a_sheet_and_comes_in_by_it(visit: Any) -> None:
    async with visit(role="patient") as (application, browser):
        await browser.sign_in()
        page = await browser.send("/account/codes", seen_on="/account/codes", purpose="sign_in")
        code = re.search(r"<li><code>([A-Z0-9-]{14})</code></li>", page.text)[1]
        async with application.client() as client:
            client.headers.update(HTML)
            other = Browser(client)
            unknown = await other.send("/login/code", seen_on="/login/code", name="no@example.org", code=code)
            assert unknown.status_code == 400
            arrived = await other.send("/login/code", seen_on="/login/code", name=DOCTOR, code=code)
            assert arrived.status_code == 303
            assert (await other.get("/account/profile")).status_code == 200
            again = await other.send("/login/code", seen_on="/login/code", name=DOCTOR, code=code)
            assert again.status_code == 400
            assert unknown.text.replace("no@example.org", "") == again.text.replace(DOCTOR, "")


async def test_language_time_zone_and_name_are_kept(visit: Any) -> None:
    async with visit(staff_mfa="optional") as (application, browser):
        await browser.sign_in()
        await browser.send("/account/profile", seen_on="/account/profile", full_name="Amina Njoya")
        assert "Amina Njoya" in (await browser.get("/account/profile")).text
        await browser.send("/account/timezone", seen_on="/account/timezone", time_zone="Africa/Douala")
        assert "(Africa/Douala)" in (await browser.get("/account/sessions")).text
        await browser.send("/account/language", seen_on="/account/language", language="en")
        assert '<html lang="en">' in (await browser.get("/account/profile")).text
        for path, field in (("/account/timezone", "time_zone"), ("/account/language", "language")):
            assert (await browser.send(path, seen_on=path, **{field: "nowhere"})).status_code == 400
        with application.database.owner() as connection:
            connection.execute(
                "insert into public.cases"
                " (case_id, doctor_id, patient_name, patient_age, patient_gender, status, created_at)"
                " select 'c-1', id, 'Amina', 41, 'female', 'completed', '2026-03-12 23:30Z' from auth.users"
            )
        # Another browser shows the account's language and zone from the sign-in on, and no other person's.
        async with application.client() as client:
            client.headers.update(HTML)
            other = Browser(client)
            await other.get("/login?lang=fr")
            await other.sign_in()
            for path in ("/cases", "/cases/c-1"):
                page = (await other.get(path)).text
                assert '<html lang="en">' in page
                assert "13 Mar 2026, 00:30 (Africa/Douala)" in page
            await administration.create_with_role(
                application.app.state.accounts, "next@example.org", OTHER, role="attending"
            )
            await other.sign_in("next@example.org", OTHER)
            assert "(UTC)" in (await other.get("/account/timezone")).text
            assert "carebase_zone" not in client.cookies


async def test_an_address_changes_once_both_have_confirmed(visit: Any) -> None:
    async with visit(role="patient") as (application, browser):
        await browser.sign_in()
        asked = await browser.send(
            "/account/profile/email", seen_on="/account/profile", email="new@example.org", current_password=PASSWORD
        )
        assert asked.headers["location"] == "/account/profile?said=email-asked"
        for kind in (Kind.EMAIL_CHANGE_CURRENT, Kind.EMAIL_CHANGE_NEW):
            link = mail(application, kind).link
            assert link.startswith("http://localhost:8000/confirm?")
            await browser.get(link)
            answer = await browser.send("/confirm", seen_on="/confirm")
        assert answer.headers["location"] == "/account/profile?said=email"
        assert "new@example.org" in (await browser.get("/account/profile")).text


async def test_somebody_invited_sets_a_password_and_owes_a_second_factor(visit: Any) -> None:
    async with visit(role=None) as (application, browser):
        means = application.app.state.accounts
        await invitations.invite(means, "new@example.org", data=None, redirect_to=None, role="nurse", by=None)
        await browser.get(mail(application, Kind.INVITE).link)
        arrived = await browser.send("/confirm", seen_on="/confirm")
        assert arrived.headers["location"] == "/invitation"
        done = await browser.send("/invitation", seen_on="/invitation", full_name="Nadège", password=OTHER)
        assert done.headers["location"] == "/"
        assert (await browser.get("/")).headers["location"].startswith("/account/factors/new")
        # The link was good once.
        await browser.get(mail(application, Kind.INVITE).link)
        assert (await browser.send("/confirm", seen_on="/confirm")).status_code == 400
        # What a program asks for without saying where it waits ends at pages that go on, too.
        for route, kind, to in (("recover", Kind.RECOVERY, "/reset"), ("otp", Kind.MAGIC_LINK, "/")):
            asked = await browser.client.post(f"/auth/v1/{route}", json={"email": "new@example.org"})
            assert asked.status_code == 200, asked.text
            await browser.get(mail(application, kind).link)
            assert (await browser.send("/confirm", seen_on="/confirm")).headers["location"] == to


async def test_the_first_administrator_is_made_here_and_once(visit: Any) -> None:
    async with visit(role=None) as (application, browser):
        assert "/first-run" in (await browser.get("/login")).text
        far = httpx.ASGITransport(application.app, client=("192.0.2.1", 4000))
        async with httpx.AsyncClient(transport=far, base_url="http://localhost:8000", headers=HTML) as stranger:
            assert (await stranger.get("/first-run")).status_code == 404
            assert "/first-run" not in (await stranger.get("/login")).text
        assert (await browser.client.get("/first-run", headers={"x-forwarded-for": "10.0.0.1"})).status_code == 404
        fields = {"email": "admin@example.org", "password": OTHER}
        made = await browser.send("/first-run", seen_on="/first-run", **fields)
        assert made.status_code == 303
        assert "Administration" in (await browser.get("/account/profile")).text
        assert (await browser.get("/first-run")).status_code == 404
        assert (await browser.send("/first-run", seen_on="/login", **fields)).status_code == 404


async def test_the_certificate_is_offered_where_there_is_one(visit: Any) -> None:
    async with visit(role=None) as (application, browser):
        assert (await browser.get("/install-certificate")).status_code == 404
        settings = dataclasses.replace(application.app.state.settings, tls=True)
        application.app.state.settings = settings
        authority.files(settings)
        offered = authority.offered(settings)
        page = await browser.get("/install-certificate")
        assert offered.sha256 in page.text
        assert (await browser.get("/install-certificate/carebase.crt")).content == offered.der
        assert (await browser.get("/install-certificate/carebase.pem")).content == offered.pem


async def test_forms_are_taken_from_people_alone_where_a_service_tells_them(
    visit: Any,
    verifier: Verifier,  # noqa: F811
) -> None:
    chosen = {"captcha_provider": "turnstile", "captcha_secret": "x", "captcha_site_key": "0x4AAA-site_key"}
    async with visit(role="patient", **chosen) as (_, browser):
        for path, fields in (
            ("/login", {"email": DOCTOR, "password": PASSWORD}),
            ("/login/code", {"name": DOCTOR, "code": "ACDE-FGHJ-KMNP"}),
            ("/login/mail", {"email": DOCTOR}),
            ("/register", {"email": "a@example.org", "password": OTHER}),
            ("/forgot", {"email": DOCTOR}),
        ):
            page = await browser.get(path)
            assert 'class="cf-turnstile" data-sitekey="0x4AAA-site_key" data-language="fr"' in page.text
            assert "n’appelle aucun autre site" not in page.text
            # Its own origins, each where the service's documentation asks for it, and nothing else.
            policy = dict(part.split(" ", 1) for part in page.headers["content-security-policy"].split("; "))
            own = {directive: sources for directive, sources in headers.POLICY.items() if directive != "script-src"}
            allowed = "'self' https://challenges.cloudflare.com"
            assert policy == {**own, "script-src": allowed, "frame-src": allowed}
            for word in ({}, {"cf-turnstile-response": ""}):
                refused = await browser.send(path, seen_on=path, **fields, **word)
                assert refused.status_code == 400
                assert "Confirmez que vous êtes une personne" in refused.text
                assert 'class="cf-turnstile"' in refused.text
            assert "carebase_access" not in browser.client.cookies
        assert verifier.asked == []
        again = await browser.send("/confirm/again", seen_on="/login", email=DOCTOR, kind="recovery")
        assert again.status_code == 400
        assert "cf-turnstile" in again.text
        assert "cloudflare" not in (await browser.get("/install-certificate")).headers["content-security-policy"]

        verifier.says = b'{"success": false}'
        fields = {"email": DOCTOR, "password": PASSWORD, "cf-turnstile-response": "word"}
        assert (await browser.send("/login", **fields)).status_code == 400
        verifier.says = b'{"success": true}'
        assert (await browser.send("/login", **fields)).status_code == 303
        assert [one["response"] for one in verifier.asked] == [["word"], ["word"]]
        assert "cloudflare" not in (await browser.get("/account/profile")).headers["content-security-policy"]


async def test_a_page_that_a_form_made_can_be_opened_in_the_other_language(visit: Any) -> None:
    async with visit(role="patient") as (_, browser):
        assert (await browser.get("/confirm/code?lang=en")).headers["location"] == "/confirm?lang=en"
        assert (await browser.get("/account/security/password")).headers["location"].startswith("/login")
        await browser.sign_in()
        there = await browser.get("/account/security/password?lang=xx")
        assert there.headers["location"] == "/account/security"
        there = await browser.get("/account/factors?lang=en")
        assert there.headers["location"] == "/account/factors/new?lang=en"
        assert '<html lang="en">' in (await browser.get(there.headers["location"])).text


async def test_a_closed_site_registers_nobody(visit: Any) -> None:
    async with visit(role=None, sign_up=False) as (_, browser):
        page = await browser.get("/register")
        assert "que sur invitation" in page.text
        assert "/register" not in (await browser.get("/login")).text
        refused = await browser.send("/register", seen_on="/login", email="a@example.org", password=OTHER)
        assert refused.status_code == 400
