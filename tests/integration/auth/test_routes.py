"""Accounts over HTTP: GoTrue's shapes, its codes and both dialects of its errors."""

import re

from carebase.auth.policy import Policy

VERSION = {"X-Supabase-Api-Version": "2024-01-01"}


async def test_a_person_signs_up_signs_in_and_reads_the_own_account(client, steps):
    session = await steps.signed_up(client)
    assert session["token_type"] == "bearer"
    assert session["expires_in"] == 3600
    assert session["user"]["email"] == "amina@example.org"
    assert session["user"]["phone"] == ""
    assert session["user"]["role"] == "authenticated"
    assert session["user"]["aud"] == "authenticated"
    assert session["user"]["app_metadata"] == {"provider": "email", "providers": ["email"]}
    assert session["user"]["identities"][0]["identity_data"] == {
        "sub": session["user"]["id"],
        "email": "amina@example.org",
        "email_verified": True,
        "phone_verified": False,
    }
    assert re.fullmatch(r"20\d\d-\d\d-\d\dT\d\d:\d\d:\d\d\.\d{6}Z", session["user"]["last_sign_in_at"])

    answer = await steps.signed_in(client)
    assert answer.status_code == 200
    user = (await client.get("/auth/v1/user", headers=steps.bearer(answer.json()))).json()
    assert user["id"] == session["user"]["id"]
    me = await client.get("/api/me", headers=steps.bearer(answer.json()))
    assert me.json() == {"id": user["id"]}


async def test_no_answer_and_no_log_of_postgres_shows_a_hash(client, service, steps):
    answer = await client.post("/auth/v1/signup", json={"email": "amina@example.org", "password": steps.PASSWORD})
    assert "argon2" not in answer.text
    ((kept,),) = service.sql("select encrypted_password from auth.users")
    assert kept.startswith("$argon2id$")


async def test_an_address_is_one_account_whatever_its_capitals(client, steps):
    await steps.signed_up(client)
    again = await client.post(
        "/auth/v1/signup", json={"email": "AMINA@Example.org", "password": steps.PASSWORD}, headers=VERSION
    )
    assert again.status_code == 422
    assert again.json() == {"code": "user_already_exists", "message": "User already registered"}
    assert (await steps.signed_in(client, "AMINA@EXAMPLE.ORG ")).status_code == 200


async def test_a_role_named_at_sign_up_is_kept_as_a_request_and_gives_nothing(client, service):
    answer = await client.post(
        "/auth/v1/signup",
        json={
            "email": "eve@example.org",
            "password": "a long enough phrase",
            "data": {"role": "attending", "app_metadata": {"role": "admin"}},
            "role": "service_role",
            "app_metadata": {"role": "admin"},
            "email_confirmed_at": "2020-01-01",
        },
    )
    user = answer.json()["user"]
    assert user["user_metadata"]["role"] == "attending"
    assert user["app_metadata"] == {"provider": "email", "providers": ["email"]}
    assert user["role"] == "authenticated"
    ((role,),) = service.sql("select role from auth.users")
    assert role == "authenticated"


BODIES = [
    (b"{", 400, "bad_json"),
    (b"[]", 400, "bad_json"),
    (b'{"email": "\\ud800@x.org", "password": "a long enough phrase"}', 400, "bad_json"),
    (b"{}", 422, "anonymous_provider_disabled"),
    (b'{"phone": "+33600000000", "password": "a long enough phrase"}', 400, "phone_provider_disabled"),
    (b'{"email": "amina@example.org"}', 400, "validation_failed"),
    (b'{"email": 7, "password": "a long enough phrase"}', 400, "validation_failed"),
    (b'{"email": "amina", "password": "a long enough phrase"}', 400, "validation_failed"),
    (b'{"email": "a\\u0000@x.org", "password": "a long enough phrase"}', 400, "validation_failed"),
    (b'{"email": "a@x.org", "password": "a long enough phrase", "data": [1]}', 400, "validation_failed"),
    (
        b'{"email": "a@x.org", "password": "a long enough phrase", "data": {"n": "\\u0000"}}',
        400,
        "validation_failed",
    ),
    (
        b'{"email": "a@x.org", "password": "a long enough phrase", "data": {"n": "%s"}}' % (b"n" * 5000),
        400,
        "validation_failed",
    ),
    (b'{"email": "a@x.org", "password": "%s"}' % (b"p" * 70_000), 413, "too_large"),
    (b'{"email": "a@x.org", "password": "short"}', 422, "weak_password"),
]


async def test_a_body_that_makes_no_account_is_refused_with_its_code(client):
    for body, status, code in BODIES:
        answer = await client.post("/auth/v1/signup", content=body, headers=VERSION)
        assert (answer.status_code, answer.json().get("code")) == (status, code)


async def test_a_weak_password_says_why(client):
    answer = await client.post(
        "/auth/v1/signup", json={"email": "amina@example.org", "password": "amina"}, headers=VERSION
    )
    assert answer.status_code == 422
    assert answer.json()["weak_password"] == {"reasons": ["length", "personal"]}


async def test_errors_come_in_the_dialect_the_client_asked_for(client, steps):
    legacy = await steps.signed_in(client)
    assert legacy.status_code == 400
    assert legacy.json() == {
        "code": 400,
        "error_code": "invalid_credentials",
        "msg": "Invalid login credentials",
    }
    assert legacy.headers["x-sb-error-code"] == "invalid_credentials"
    assert "x-supabase-api-version" not in legacy.headers
    versioned = await client.post("/auth/v1/token?grant_type=guess", json={}, headers=VERSION)
    assert versioned.json() == {"code": "invalid_credentials", "message": "unsupported_grant_type"}
    assert versioned.headers["x-supabase-api-version"] == "2024-01-01"


async def test_a_key_that_is_not_ours_is_refused_and_none_is_needed(client, service, steps):
    refused = await client.get("/auth/v1/settings", headers={"apikey": "eyJhbGciOiJub25lIn0.e30."})
    assert refused.status_code == 401
    key = service.app.state.tokens.anon_key()
    answer = await client.get("/auth/v1/settings", headers={"apikey": key, "Authorization": f"Bearer {key}"})
    assert answer.json()["mailer_autoconfirm"] is True
    assert answer.json()["disable_signup"] is False
    assert (await client.get("/auth/v1/health")).json()["version"] == "1.0.0"


CREDENTIALS = [
    ({}, 401, "no_authorization"),
    ({"Authorization": "Basic eDp5"}, 401, "no_authorization"),
    ({"Authorization": "Bearer x.y.z"}, 403, "bad_jwt"),
]


async def test_the_own_account_needs_the_own_token(client):
    for headers, status, code in CREDENTIALS:
        for method, path in (("GET", "user"), ("PUT", "user"), ("POST", "logout")):
            answer = await client.request(method, f"/auth/v1/{path}", headers={**headers, **VERSION}, content=b"{}")
            assert (answer.status_code, answer.json()["code"]) == (status, code)


async def test_a_key_is_nobodys_account(client, service):
    key = service.app.state.tokens.service_key()
    answer = await client.get("/auth/v1/user", headers={"Authorization": f"Bearer {key}"})
    assert answer.status_code == 403


async def test_a_person_changes_the_own_metadata_key_by_key(client, steps):
    session = await steps.signed_up(client)
    for data in ({"full_name": "Amina", "colour": "blue"}, {"colour": None, "nested": {"a": None}}):
        answer = await client.put("/auth/v1/user", json={"data": data}, headers=steps.bearer(session))
        assert answer.status_code == 200
    assert answer.json()["user_metadata"] == {"full_name": "Amina", "nested": {"a": None}}


CHANGES = [
    ({"app_metadata": {"role": "admin"}}, 403, "not_admin"),
    ({"email": "not an address"}, 400, "validation_failed"),
    ({"phone": "+33600000000"}, 400, "phone_provider_disabled"),
    ({"data": "x"}, 400, "validation_failed"),
    ({"password": "another long phrase"}, 400, "reauthentication_needed"),
    ({"password": "another long phrase", "current_password": "wrong"}, 400, "invalid_credentials"),
    (
        {"password": "password1234", "current_password": "correct horse battery staple"},
        422,
        "weak_password",
    ),
    (
        {"password": "correct horse battery staple", "current_password": "correct horse battery staple"},
        422,
        "same_password",
    ),
]


async def test_what_a_person_may_not_change_about_the_account(client, steps):
    session = await steps.signed_up(client)
    for body, status, code in CHANGES:
        answer = await client.put("/auth/v1/user", json=body, headers={**steps.bearer(session), **VERSION})
        assert (answer.status_code, answer.json()["code"]) == (status, code)
        assert (await steps.signed_in(client)).status_code == 200


async def test_a_new_password_signs_every_other_device_out(client, steps):
    here, there = await steps.signed_up(client), (await steps.signed_in(client)).json()
    answer = await client.put(
        "/auth/v1/user",
        json={"password": "another long phrase", "current_password": steps.PASSWORD},
        headers=steps.bearer(here),
    )
    assert answer.status_code == 200
    assert (await client.get("/api/me", headers=steps.bearer(here))).status_code == 200
    assert (await client.get("/api/me", headers=steps.bearer(there))).status_code == 401
    assert (await steps.signed_in(client)).status_code == 400
    assert (await steps.signed_in(client, password="another long phrase")).status_code == 200


async def test_sign_up_can_be_switched_off(client, service, steps):
    await steps.signed_up(client)
    service.app.state.accounts.policy = Policy(is_sign_up_open=False)
    answer = await client.post(
        "/auth/v1/signup", json={"email": "b@example.org", "password": steps.PASSWORD}, headers=VERSION
    )
    assert (answer.status_code, answer.json()["code"]) == (422, "signup_disabled")


async def test_who_signs_in_and_who_is_refused_is_on_record_without_an_address_book(client, service, steps):
    session = await steps.signed_up(client)
    await steps.signed_in(client)
    await steps.signed_in(client, password="not the password")
    await steps.signed_in(client, "nobody@example.org")
    (row,) = service.recorded("sign_in")
    assert row["actor"] == session["user"]["id"]
    assert row["keys"] == [session["user"]["id"]]
    assert row["session"] is not None
    assert row["details"] == {"address": "127.0.0.1"}
    known, unknown = service.recorded("sign_in_refused")
    assert (known["keys"], unknown["keys"]) == ([session["user"]["id"]], [])
    assert known["details"] == unknown["details"] == {"reason": "credentials", "address": "127.0.0.1"}
    everything = str(service.database.recorded())
    assert "example.org" not in everything
    assert steps.PASSWORD not in everything
