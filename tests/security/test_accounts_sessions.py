"""When a session or a key is over it is over on every surface, with the next request.

ASVS 7.3.1, 7.3.2, 7.4.1, 7.4.2, 8.3.2, 10.4.5, 10.4.8.
"""

from __future__ import annotations

import hashlib
import json
from collections.abc import AsyncIterator, Iterator
from pathlib import Path
from typing import Any
from uuid import uuid4

import httpx
import psycopg
import pytest
from fastapi import FastAPI
from tests.integration.conftest import Database, RunningCluster
from tests.security.conftest import a_database

from carebase import server, settings
from carebase.auth import api_keys
from carebase.database.identity import Identity
from carebase.database.pool import Login

PASSWORD = "correct horse battery staple"
EMAIL = "amina@example.org"


@pytest.fixture
def database(cluster: RunningCluster) -> Iterator[Database]:
    with a_database(cluster) as made:
        yield made


# --- in the database, where every transaction begins ----------------------------------------------------------------


def begins(database: Database, claims: dict[str, Any], login: Login = Login.AUTHENTICATOR) -> bool:
    """Whether a request with these claims is let in."""
    with psycopg.connect(database.login_dsn(login)) as connection:
        try:
            connection.execute("select private.begin_request(%s::jsonb)", [json.dumps(claims)])
        except psycopg.Error as error:
            assert error.sqlstate == "CA401", error
            return False
        return True


def claims_of(person: Identity, **changed: Any) -> dict[str, Any]:
    return {**person.claims, "role": "authenticated", **changed}


def changed(database: Database, statement: str, *values: Any) -> None:
    with database.owner() as owner:
        owner.execute(statement, values)


ENDINGS = {
    "nobody used it": "update auth.sessions set idle_after = now() - interval '1 second'",
    "its longest time is over": "update auth.sessions set not_after = now() - interval '1 second'",
    "it was signed out": "delete from auth.sessions",
    "the account is disabled": "update auth.users set banned_until = now() + interval '1 year'",
    "the account is deleted": "update auth.users set deleted_at = now()",
    "the account has another role": 'update auth.users set raw_app_meta_data = \'{"role": "nurse"}\'',
    "the account has no role any more": "update auth.users set raw_app_meta_data = '{}'",
}


@pytest.mark.parametrize("ending", ENDINGS)
def test_a_request_does_not_begin_when(database, ending):
    person = database.a_person("attending")
    assert begins(database, claims_of(person))

    changed(database, ENDINGS[ending])

    assert not begins(database, claims_of(person))


@pytest.mark.parametrize(
    ("session", "token", "is_let_in"),
    [
        ("aal1", "aal1", True),
        ("aal2", "aal2", True),
        ("aal2", "aal1", True),
        ("aal1", "aal2", False),
        ("aal1", "aal3", False),
        ("aal2", "aal3", False),
        ("aal1", "zzz", False),
    ],
)
def test_a_token_says_no_more_than_its_session_has_proven(database, session, token, is_let_in):
    person = database.a_person("attending", aal=session)

    assert begins(database, claims_of(person, aal=token)) is is_let_in


def test_a_session_that_was_lowered_takes_its_tokens_of_before_with_it(database):
    """As when the second factor is taken off the account: the token says aal2 for up to an hour more."""
    person = database.a_person("attending", aal="aal2")
    assert begins(database, claims_of(person))

    changed(database, "update auth.sessions set aal = 'aal1'")

    assert not begins(database, claims_of(person))
    assert begins(database, claims_of(person, aal="aal1"))


def test_a_session_of_somebody_else_lets_nobody_in(database):
    amina, bruno = database.a_person("attending"), database.a_person("attending")

    assert not begins(database, claims_of(amina, session_id=bruno.claims["session_id"]))
    assert not begins(database, claims_of(amina, session_id=str(uuid4())))
    assert not begins(database, claims_of(amina, session_id=None))


def a_key(database: Database, kind: str, role: str, **columns: Any) -> dict[str, Any]:
    """The claims of a new key."""
    key = uuid4().bytes
    names = ["kind", "role", "name", "key_sha256", "hint", *columns]
    values = [kind, role, str(uuid4()), hashlib.sha256(key).digest(), "sb_", *columns.values()]
    places = ", ".join(["%s"] * len(values))
    changed(database, f"insert into auth.api_keys ({', '.join(names)}) values ({places})", *values)
    return {"role": role, "key_sha256": hashlib.sha256(key).hexdigest()}


KEYS = [("publishable", "anon", Login.AUTHENTICATOR), ("secret", "service_role", Login.SERVICE_GATEWAY)]


@pytest.mark.parametrize(("kind", "role", "login"), KEYS)
def test_a_key_is_good_until_it_is_withdrawn_or_over(database, kind, role, login):
    claims = a_key(database, kind, role)
    assert begins(database, claims, login)
    assert begins(database, a_key(database, kind, role, expires_at="2999-01-01"), login)
    assert not begins(database, a_key(database, kind, role, expires_at="2020-01-01"), login)

    changed(database, "update auth.api_keys set revoked_at = now()")

    assert not begins(database, claims, login)


@pytest.mark.parametrize(("kind", "role", "login"), KEYS)
def test_a_key_that_was_made_up_lets_nobody_in(database, kind, role, login):
    identity = api_keys.identity_of_sb(api_keys.new(api_keys.Kind(kind)))

    assert not begins(database, dict(identity.claims), login)


def test_a_key_speaks_for_its_own_role_alone(database):
    publishable, secret = a_key(database, "publishable", "anon"), a_key(database, "secret", "service_role")

    assert not begins(database, {**publishable, "role": "service_role"}, Login.SERVICE_GATEWAY)
    assert not begins(database, {**secret, "role": "anon"})
    assert not begins(database, {**secret, "role": "authenticated"})
    person = database.a_person("attending")
    assert not begins(database, {**claims_of(person), "key_sha256": secret["key_sha256"]})


@pytest.mark.parametrize(("role", "login"), [(role, login) for _, role, login in KEYS])
def test_signed_keys_of_a_role_are_withdrawn_together(database, role, login):
    signed = {"role": role, "iss": "supabase", "iat": 1, "exp": 9_999_999_999}
    assert begins(database, signed, login)

    claims = a_key(database, "legacy", role, revoked_at="2020-01-01")

    assert not begins(database, signed, login)
    assert not begins(database, claims, login)


def test_whoever_brings_no_key_at_all_is_nobody_as_before(database):
    a_key(database, "legacy", "anon", revoked_at="2020-01-01")

    assert begins(database, {"role": "anon"})


# --- over HTTP, on each surface -------------------------------------------------------------------------------------


@pytest.fixture
async def app(database: Database, tmp_path: Path) -> AsyncIterator[FastAPI]:
    chosen = settings.Settings(
        data=tmp_path, secret=database.secret, workers=0, auto_confirm=True, staff_mfa="optional"
    )
    built = server.build(chosen, owner_dsn=database.owner_dsn)
    async with built.router.lifespan_context(built):
        yield built


@pytest.fixture
async def client(app: FastAPI) -> AsyncIterator[httpx.AsyncClient]:
    transport = httpx.ASGITransport(app, client=("192.0.2.1", 4711), raise_app_exceptions=False)
    async with httpx.AsyncClient(transport=transport, base_url="http://localhost:8000") as opened:
        yield opened


@pytest.fixture
async def account(client: httpx.AsyncClient, database: Database) -> None:
    """An attending, who has not signed in."""
    body = {"email": EMAIL, "password": PASSWORD}
    (await client.post("/auth/v1/signup", json=body)).raise_for_status()
    changed(database, 'update auth.users set raw_app_meta_data = raw_app_meta_data || \'{"role": "attending"}\'')
    changed(database, "delete from auth.sessions")


async def signed_in(client: httpx.AsyncClient) -> dict[str, Any]:
    body = {"email": EMAIL, "password": PASSWORD}
    answer = await client.post("/auth/v1/token?grant_type=password", json=body)
    return answer.raise_for_status().json()


def bearer(session: dict[str, Any]) -> dict[str, str]:
    return {"Authorization": f"Bearer {session['access_token']}"}


async def surfaces(client: httpx.AsyncClient, session: dict[str, Any]) -> dict[str, int]:
    """What each surface answers to the session's access token, and to a browser that holds it."""
    headers = bearer(session)
    cookie = {"Cookie": f"carebase_access={session['access_token']}"}
    return {
        "data API": (await client.get("/rest/v1/patients", headers=headers)).status_code,
        "data API with a cookie": (await client.get("/rest/v1/patients", headers=cookie)).status_code,
        "cases": (await client.get("/api/cases", headers=headers)).status_code,
        "accounts": (await client.get("/auth/v1/user", headers=headers)).status_code,
        "pages": (await client.get("/cases", headers={**cookie, "Accept": "text/html"})).status_code,
    }


OPEN = {"data API": 200, "data API with a cookie": 200, "cases": 200, "accounts": 200, "pages": 200}
SHUT = {"data API": 401, "data API with a cookie": 401, "cases": 401, "accounts": 403, "pages": 303}


@pytest.mark.parametrize(
    "ending", [*ENDINGS, "another device signed every one out", "it was ended from another device"]
)
async def test_every_surface_refuses_the_token_at_once_when(client, account, database, ending):
    session = await signed_in(client)
    assert await surfaces(client, session) == OPEN

    match ending:
        case "another device signed every one out":
            other = await signed_in(client)
            await client.post("/auth/v1/logout?scope=global", headers=bearer(other))
        case "it was ended from another device":
            other = await signed_in(client)
            listed = (await client.get("/auth/v1/sessions", headers=bearer(other))).json()
            (first,) = [one["id"] for one in listed if not one["is_current"]]
            await client.delete(f"/auth/v1/sessions/{first}", headers=bearer(other))
        case _:
            changed(database, ENDINGS[ending])

    found = await surfaces(client, session)
    if "role" in ending:
        # The account itself goes on: its next token says the new role. Until then it reaches nothing but itself.
        assert found.pop("accounts") in {200, 403}
        assert found == {name: status for name, status in SHUT.items() if name != "accounts"}
    elif ending == "the account is disabled":
        assert found == {**SHUT, "accounts": 400}
    else:
        assert found == SHUT


@pytest.mark.parametrize("ending", [ending for ending in ENDINGS if "role" not in ending])
async def test_no_refresh_token_brings_it_back_when(client, account, database, ending):
    session = await signed_in(client)
    changed(database, ENDINGS[ending])

    answer = await client.post(
        "/auth/v1/token?grant_type=refresh_token", json={"refresh_token": session["refresh_token"]}
    )

    assert answer.status_code == 400
    with database.owner() as owner:
        assert owner.execute("select count(*) from auth.sessions").fetchone() == (0,)


async def test_a_role_that_was_granted_holds_after_the_next_refresh_and_not_before(client, account, database):
    session = await signed_in(client)
    changed(database, 'update auth.users set raw_app_meta_data = \'{"role": "nurse"}\'')
    assert (await client.get("/rest/v1/patients", headers=bearer(session))).status_code == 401

    answer = await client.post(
        "/auth/v1/token?grant_type=refresh_token", json={"refresh_token": session["refresh_token"]}
    )

    assert (await client.get("/rest/v1/patients", headers=bearer(answer.json()))).status_code == 200


async def test_refreshing_again_and_again_outlasts_neither_limit(client, account, database):
    session = await signed_in(client)
    for column in ("idle_after", "not_after"):
        with database.owner() as owner:
            before = owner.execute(f"select {column} from auth.sessions").fetchone()
        for _ in range(3):
            answer = await client.post(
                "/auth/v1/token?grant_type=refresh_token", json={"refresh_token": session["refresh_token"]}
            )
            session = answer.raise_for_status().json()
        with database.owner() as owner:
            assert owner.execute(f"select {column} from auth.sessions").fetchone() == before
