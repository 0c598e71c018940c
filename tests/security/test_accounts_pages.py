"""The pages of accounts against other sites and thieves (ASVS 3.3, 3.5.1, 6.3.8, 14.2.1, 14.3.2)."""

from __future__ import annotations

import re
from collections.abc import AsyncIterator, Iterator
from contextlib import asynccontextmanager
from pathlib import Path
from typing import Any

import httpx
import pytest
from tests.integration.conftest import SECRET, Database
from tests.security.conftest import a_database

from carebase import server
from carebase.apps import site
from carebase.auth import administration
from carebase.settings import Settings

PASSWORD = "un long mot de passe pour essayer"
OTHER = "sept girafes boivent du vinaigre"
PATIENT = "amina@example.org"
ADDRESS = "https://care.example.org"
HTML = {"accept": "text/html", "accept-language": "fr"}


def page_doors() -> list[tuple[str, str]]:
    """Method and path of every page of accounts."""
    found = []
    for part in site.router.routes:
        inner = getattr(part, "original_router", None)
        for route in [part] if inner is None else inner.routes:
            path = getattr(route, "path", "")
            if not path.startswith("/cases"):
                found += [(method, path) for method in getattr(route, "methods", set()) - {"HEAD"}]
    return sorted(found)


def filled(path: str) -> str:
    return re.sub(r"\{[^}]+\}", "00000000-0000-0000-0000-000000000001", path)


@pytest.fixture
def database(cluster: Any) -> Iterator[Database]:
    with a_database(cluster) as made:
        yield made


@pytest.fixture
def served(database: Any, tmp_path: Path) -> Any:
    @asynccontextmanager
    async def run(**chosen: object) -> AsyncIterator[httpx.AsyncClient]:
        settings = Settings(
            data=tmp_path,
            secret=SECRET,
            database_url=database.owner_dsn,
            site_url=ADDRESS,
            **chosen,  # type: ignore[arg-type]
        )
        app = server.build(settings, owner_dsn=database.owner_dsn)
        async with app.router.lifespan_context(app):
            await administration.create_with_role(app.state.accounts, PATIENT, PASSWORD, role="patient")
            transport = httpx.ASGITransport(app, raise_app_exceptions=False)
            async with httpx.AsyncClient(transport=transport, base_url=ADDRESS, headers=HTML) as client:
                yield client

    return run


async def token_on(client: httpx.AsyncClient, path: str) -> str:
    found = re.search(r'name="form_token" value="([^"]+)"', (await client.get(path)).text)
    assert found is not None
    return found[1]


async def signed_in(client: httpx.AsyncClient, email: str = PATIENT) -> httpx.Response:
    fields = {"form_token": await token_on(client, "/login"), "email": email, "password": PASSWORD}
    return await client.post("/login", data=fields)


async def test_every_cookie_is_bound_to_this_host_and_hidden_from_scripts(served: Any) -> None:
    async with served() as client:
        answers = [await client.get("/login"), await signed_in(client)]
        answers.append(await client.get("/confirm?token=abc&type=recovery"))
        answers.append(await client.post("/logout", data={"form_token": await token_on(client, "/account/profile")}))
        set_by = [value for answer in answers for value in answer.headers.get_list("set-cookie")]
        assert {value.split("=")[0] for value in set_by} == {
            f"__Host-carebase_{name}" for name in ("form", "access", "refresh", "device", "link")
        }
        for value in set_by:
            assert {"Secure", "HttpOnly", "SameSite=lax", "Path=/"} <= set(value.split("; ")), value
            assert "Domain" not in value


async def test_no_form_is_taken_from_another_site(served: Any) -> None:
    async with served() as client:
        await signed_in(client)
        right = await token_on(client, "/account/profile")
        posts = [path for method, path in page_doors() if method == "POST"]
        assert len(posts) > 20
        for path in posts:
            for headers, token in (
                ({"origin": "https://evil.example"}, right),
                ({"origin": "null"}, right),
                ({"sec-fetch-site": "cross-site"}, right),
                ({"sec-fetch-site": "same-site"}, right),
                ({}, ""),
                ({}, "x" * 43),
            ):
                answer = await client.post(filled(path), data={"form_token": token}, headers=headers)
                assert answer.status_code == 403, (path, headers, answer.status_code)
            plain = await client.post(
                filled(path), content=b"form_token=" + right.encode(), headers={"content-type": "text/plain"}
            )
            assert plain.status_code == 403, path
        # Nothing of it has signed the person out or changed anything.
        assert (await client.get("/account/profile")).status_code == 200


async def test_nothing_of_an_account_is_stored_on_the_way(served: Any) -> None:
    async with served() as client:
        await signed_in(client)
        for method, path in page_doors():
            if method == "GET":
                answer = await client.get(filled(path))
                assert answer.status_code < 500, path
                assert answer.headers["cache-control"] == "no-store", path
                assert "unsafe" not in answer.headers["content-security-policy"], path


async def test_no_token_stays_in_an_address(served: Any) -> None:
    async with served() as client:
        tokens = ["a-token-of-a-mail-that-nobody-may-keep"]
        answers = [await signed_in(client)]
        tokens += [value.split("=", 1)[1].split(";")[0] for value in answers[0].headers.get_list("set-cookie")]
        answers.append(await client.get(f"/confirm?token={tokens[0]}&type=magiclink"))
        assert answers[-1].headers["referrer-policy"] == "no-referrer"
        answers.append(await client.post("/confirm", data={"form_token": await token_on(client, "/confirm")}))
        for answer in answers:
            assert not any(token in answer.headers.get("location", "") for token in tokens if token)
        assert tokens[0] not in (await client.get("/confirm")).text


async def test_who_opens_a_mail_s_link_by_program_uses_nothing_up(served: Any, database: Any) -> None:
    async with served() as client:
        await client.post("/forgot", data={"form_token": await token_on(client, "/forgot"), "email": PATIENT})
        with database.owner() as connection:
            before = connection.execute("select count(*) from auth.one_time_tokens").fetchone()
            for _ in range(3):
                await client.get("/confirm?token=whatever&type=recovery")
                await client.head("/confirm?token=whatever&type=recovery")
            assert connection.execute("select count(*) from auth.one_time_tokens").fetchone() == before == (1,)


async def test_the_pages_tell_nobody_who_has_an_account(served: Any) -> None:
    async with served(auto_confirm=False) as client:
        for path, fields in (
            ("/register", {"password": OTHER}),
            ("/forgot", {}),
            ("/login/mail", {}),
            ("/login", {"password": "pas le bon mot de passe"}),
            ("/login/code", {"code": "ACDE-FGHJ-KMNP"}),
            ("/confirm/code", {"kind": "recovery", "code": "000000"}),
            ("/confirm/again", {"kind": "signup"}),
        ):
            told = []
            for email in (PATIENT, "nobody@example.org"):
                shown = path if path in {"/register", "/forgot", "/login", "/login/mail"} else "/login"
                name = "name" if path == "/login/code" else "email"
                data = {"form_token": await token_on(client, shown), name: email, **fields}
                answer = await client.post(path, data=data)
                told.append((answer.status_code, answer.text.replace(email, "")))
            assert told[0] == told[1], path


async def test_another_person_s_session_is_left_when_somebody_signs_in(served: Any, database: Any) -> None:
    async with served() as client:
        await signed_in(client)
        first = {name: value for name, value in client.cookies.items() if "access" in name or "refresh" in name}
        await signed_in(client)
        async with httpx.AsyncClient(transport=client._transport, base_url=ADDRESS, headers=HTML) as thief:
            thief.cookies.update(first)
            assert (await thief.get("/account/profile")).headers["location"].startswith("/login")
        with database.owner() as connection:
            assert connection.execute("select count(*) from auth.sessions").fetchone() == (1,)


async def test_a_page_s_own_polling_keeps_no_session_open(served: Any, database: Any) -> None:
    async with served() as client:
        await signed_in(client)
        with database.owner() as connection:
            connection.execute("update auth.sessions set idle_after = now() - interval '1 second'")
        answer = await client.post("/account/stay", data={"form_token": await token_on(client, "/login")})
        assert (answer.status_code, answer.headers["location"][:6]) == (303, "/login")


async def test_sign_ins_on_the_page_are_limited_like_any_others(served: Any) -> None:
    async with served() as client:
        token = await token_on(client, "/login")
        fields = {"form_token": token, "email": PATIENT, "password": "pas le bon mot de passe"}
        statuses = [(await client.post("/login", data=fields)).status_code for _ in range(14)]
        assert statuses[0] == 400
        assert statuses[-1] == 429


async def test_where_a_sign_in_leads_is_never_another_site(served: Any) -> None:
    async with served() as client:
        for bad in (
            "https://evil.example",
            "//evil.example",
            "/\\evil.example",
            "javascript:alert(1)",
            "/login?next=x",
        ):
            data = {
                "form_token": await token_on(client, "/login"),
                "email": PATIENT,
                "password": PASSWORD,
                "next": bad,
            }
            assert (await client.post("/login", data=data)).headers["location"] == "/cases"
            page = await client.get("/account/factors/new", params={"next": bad})
            assert 'name="next" value="/cases"' in page.text
