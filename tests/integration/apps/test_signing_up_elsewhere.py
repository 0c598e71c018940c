"""A person signs up by a client of the API and opens the mail's link in a browser that nobody knows."""

from __future__ import annotations

from typing import Any
from urllib.parse import parse_qsl, urlsplit

import httpx
import pytest
from tests.integration.apps.test_account_pages import HTML, OTHER, PASSWORD, Browser, mail, visit  # noqa: F401

from carebase.mail.messages import Kind

APP = "https://app.example.org/welcome"
AMINA = "amina@example.org"
NAMED = {"full_name": "Amina"}
ASKED = "Le mot de passe que vous avez choisi à l’inscription"


@pytest.fixture
def portal(visit: Any) -> Any:  # noqa: F811
    return lambda **chosen: visit(role=None, **{"auto_confirm": False, "redirect_addresses": APP, **chosen})


async def signed_up(application: Any, *, redirect_to: str | None = APP, password: str = OTHER) -> str:
    """The link that is written to who signs up by a program."""
    body = {"email": AMINA, "password": password, "data": NAMED}
    query = {} if redirect_to is None else {"redirect_to": redirect_to}
    async with application.client() as program:
        assert (await program.post("/auth/v1/signup", params=query, json=body)).status_code == 200
    return mail(application, Kind.CONFIRMATION).link


async def asked(browser: Browser, link: str) -> httpx.Response:
    """The page that a browser ends at which opens the link."""
    answer = await browser.get(link)
    for _ in range(3):
        if answer.status_code != 303:
            break
        answer = await browser.get(answer.headers["location"])
    return answer


async def sign_in(application: Any, password: str) -> httpx.Response:
    body = {"email": AMINA, "password": password}
    async with application.client() as program:
        return await program.post("/auth/v1/token?grant_type=password", json=body)


def landed(answer: httpx.Response) -> dict[str, str]:
    """What a browser brings to the app that waits for the person."""
    assert answer.status_code == 200, answer.headers.get("location")
    assert (answer.headers["cache-control"], answer.headers["referrer-policy"]) == ("no-store", "no-referrer")
    address = answer.headers["refresh"].removeprefix("0;url=")
    assert address.replace("&", "&amp;") in answer.text
    assert address.startswith(f"{APP}#")
    return dict(parse_qsl(urlsplit(address).fragment))


async def user_of(application: Any, session: dict[str, str]) -> dict[str, Any]:
    async with application.client() as program:
        headers = {"Authorization": f"Bearer {session['access_token']}"}
        answer = await program.get("/auth/v1/user", headers=headers)
        assert answer.status_code == 200
        return answer.json()


async def test_who_gives_the_chosen_password_keeps_it_and_lands_where_the_sign_up_began(portal: Any) -> None:
    async with portal() as (application, browser):
        link = await signed_up(application)
        assert urlsplit(link).path == "/auth/v1/verify"
        away = await browser.get(link)
        assert (away.status_code, away.headers["referrer-policy"]) == (303, "no-referrer")
        page = await asked(browser, link)
        assert page.url.path == "/confirm"
        assert page.url.query == b""
        assert ASKED in page.text
        assert AMINA in page.text

        session = landed(await browser.send("/confirm", seen_on="/confirm", password=OTHER))

        assert session["type"] == "signup"
        user = await user_of(application, session)
        assert user["email_confirmed_at"]
        assert user["user_metadata"]["full_name"] == "Amina"
        assert (await sign_in(application, OTHER)).status_code == 200
        # The session is the app's: the pages have none of it, and nothing of the link is left.
        assert {"carebase_access", "carebase_link", "carebase_landing"}.isdisjoint(browser.client.cookies)
        async with application.client() as program:
            again = await program.post(
                "/auth/v1/token?grant_type=refresh_token", json={"refresh_token": session["refresh_token"]}
            )
        assert again.status_code == 200


async def test_a_strangers_password_does_not_come_in_where_the_owner_did_not_sign_up(portal: Any) -> None:
    async with portal() as (application, browser):
        page = await asked(browser, await signed_up(application, password=OTHER))
        assert "L’inscription n’est pas de moi" in page.text

        dropped = await browser.send("/confirm", seen_on="/confirm", anew="1")

        assert (dropped.status_code, dropped.headers["location"]) == (303, "/invitation")
        assert (await sign_in(application, OTHER)).status_code == 400
        session = landed(await browser.send("/invitation", seen_on="/invitation", password=PASSWORD))
        assert (await user_of(application, session))["user_metadata"] == {}
        assert [(await sign_in(application, each)).status_code for each in (PASSWORD, OTHER)] == [200, 400]
        assert {"carebase_access", "carebase_refresh", "carebase_landing"}.isdisjoint(browser.client.cookies)


async def test_a_wrong_password_uses_nothing_up(portal: Any) -> None:
    async with portal() as (application, browser):
        await asked(browser, await signed_up(application))
        for password in ("pas le bon", ""):
            wrong = await browser.send("/confirm", seen_on="/confirm", password=password)
            assert wrong.status_code == 400
            assert "Ce n’est pas le mot de passe choisi à l’inscription" in wrong.text
            assert ASKED in wrong.text
        assert landed(await browser.send("/confirm", seen_on="/confirm", password=OTHER))["access_token"]


async def test_tries_are_few_and_the_other_way_stays_open(portal: Any) -> None:
    async with portal() as (application, browser):
        await asked(browser, await signed_up(application))
        codes = [
            (await browser.send("/confirm", seen_on="/confirm", password="pas le bon")).status_code for _ in range(12)
        ]
        assert codes[0] == 400
        assert codes[-1] == 429
        # Whoever has to wait is not told whether it was right.
        assert (await browser.send("/confirm", seen_on="/confirm", password=OTHER)).status_code == 429
        assert (await browser.send("/confirm", seen_on="/confirm", anew="1")).headers["location"] == "/invitation"


@pytest.mark.parametrize("redirect_to", [None, "https://evil.example/"])
async def test_without_an_allowed_address_the_pages_go_on_themselves(portal: Any, redirect_to: str | None) -> None:
    async with portal() as (application, browser):
        link = await signed_up(application)
        if redirect_to is None:
            link = link.split("&redirect_to=")[0]
        else:
            link = link.replace(urlsplit(APP).netloc, "evil.example")
        assert ASKED in (await asked(browser, link)).text
        arrived = await browser.send("/confirm", seen_on="/confirm", password=OTHER)
        assert (arrived.status_code, arrived.headers["location"]) == (303, "/")
        assert (await browser.get("/account/profile")).status_code == 200


async def test_the_page_asks_in_english_too(portal: Any) -> None:
    async with portal() as (application, browser):
        browser.client.headers["accept-language"] = "en"
        page = await asked(browser, await signed_up(application, redirect_to=None))
        assert "The password you chose when you signed up" in page.text
        assert "I did not sign up here, or I no longer know it" in page.text
        wrong = await browser.send("/confirm", seen_on="/confirm", password="not this one")
        assert "This is not the password that was chosen at the sign-up." in wrong.text


async def test_a_link_that_is_used_up_says_so_to_the_app(portal: Any) -> None:
    async with portal() as (application, browser):
        link = await signed_up(application)
        await asked(browser, link)
        landed(await browser.send("/confirm", seen_on="/confirm", password=OTHER))
        again = await browser.get(link)
        assert again.headers["location"].startswith(f"{APP}?error=access_denied&error_code=otp_expired")
