"""Whom a request is not believed to be, and what ends a token before its time."""

import base64
import json
import time

import pytest
from joserfc import jwt
from joserfc.jwk import OctKey


def signed(claims, *, secret, alg="HS256"):
    return jwt.encode({"alg": alg}, claims, OctKey.import_key(secret), algorithms=[alg])


def unsigned(claims):
    def part(value):
        return base64.urlsafe_b64encode(json.dumps(value).encode()).rstrip(b"=").decode()

    return f"{part({'alg': 'none', 'typ': 'JWT'})}.{part(claims)}."


async def asked(client, token, path="/api/me"):
    return (await client.get(path, headers={"Authorization": f"Bearer {token}"})).status_code


async def test_a_forged_token_opens_nothing(client, service, steps):
    session = await steps.signed_up(client)
    claims = dict(service.app.state.tokens.verify(session["access_token"]).claims)
    secret = service.database.secret
    assert await asked(client, signed(claims, secret=secret)) == 200
    forged = [
        unsigned(claims),
        signed(claims, secret="another-secret-that-is-long-enough-0123456789"),
        signed(claims, secret=secret, alg="HS512"),
        signed({**claims, "exp": int(time.time()) - 1}, secret=secret),
        signed({**claims, "role": "postgres"}, secret=secret),
        signed({**claims, "role": "care_worker"}, secret=secret),
        signed({name: claims[name] for name in claims if name != "exp"}, secret=secret),
        signed({name: claims[name] for name in claims if name != "session_id"}, secret=secret),
    ]
    for token in forged:
        assert await asked(client, token) == 401
        assert await asked(client, token, "/auth/v1/user") == 403


async def test_the_session_of_another_person_carries_nobody(client, service, steps):
    amina, bruno = await steps.signed_up(client), await steps.signed_up(client, "bruno@example.org")
    tokens = service.app.state.tokens
    hers, his = (dict(tokens.verify(held["access_token"]).claims) for held in (amina, bruno))
    mixed = signed({**hers, "session_id": his["session_id"]}, secret=service.database.secret)
    assert await asked(client, mixed) == 401
    assert await asked(client, mixed, "/auth/v1/user") == 403


async def test_nobody_and_a_key_are_not_signed_in(client, service):
    tokens = service.app.state.tokens
    assert (await client.get("/api/me")).status_code == 401
    assert (await client.get("/api/me", headers={"apikey": tokens.anon_key()})).status_code == 401
    assert (await client.get("/api/me", headers={"apikey": tokens.service_key()})).status_code == 401
    assert await asked(client, tokens.anon_key()) == 401
    assert await asked(client, tokens.service_key()) == 401


async def test_the_bearer_decides_and_not_the_key_beside_it(client, service, steps):
    session = await steps.signed_up(client)
    headers = {**steps.bearer(session), "apikey": service.app.state.tokens.anon_key()}
    assert (await client.get("/api/me", headers=headers)).json() == {"id": session["user"]["id"]}
    bad = {"Authorization": "Bearer x.y.z", "apikey": session["access_token"]}
    assert (await client.get("/api/me", headers=bad)).status_code == 401


@pytest.mark.parametrize(
    "change",
    [
        "update auth.users set banned_until = now() + interval '1 hour'",
        "update auth.users set deleted_at = now()",
        """update auth.users set raw_app_meta_data = raw_app_meta_data || '{"role": "nurse"}'""",
        "delete from auth.users",
    ],
    ids=["disabled", "deleted", "another role", "erased"],
)
async def test_a_change_of_the_account_ends_its_tokens_at_the_next_request(client, service, steps, change):
    session = await steps.signed_up(client)
    assert await asked(client, session["access_token"]) == 200
    service.sql(change)
    assert await asked(client, session["access_token"]) == 401


async def test_a_disabled_person_neither_signs_in_nor_goes_on(client, service, steps):
    session = await steps.signed_up(client)
    service.sql("update auth.users set banned_until = now() + interval '1 hour'")
    answer = await steps.signed_in(client)
    assert (answer.status_code, answer.json()["error_code"]) == (400, "user_banned")
    wrong = await steps.signed_in(client, password="not the password")
    assert wrong.json()["error_code"] == "invalid_credentials"
    refreshed = await client.post(
        "/auth/v1/token?grant_type=refresh_token", json={"refresh_token": session["refresh_token"]}
    )
    assert refreshed.json()["error_code"] == "user_banned"
    assert await asked(client, session["access_token"], "/auth/v1/user") == 403


async def test_a_refresh_brings_the_role_that_was_granted_since(client, service, steps):
    session = await steps.signed_up(client)
    service.sql("""update auth.users set raw_app_meta_data = raw_app_meta_data || '{"role": "attending"}'""")
    answer = await client.post(
        "/auth/v1/token?grant_type=refresh_token", json={"refresh_token": session["refresh_token"]}
    )
    assert answer.json()["user"]["app_metadata"]["role"] == "attending"
    assert await asked(client, answer.json()["access_token"]) == 200
    assert await asked(client, session["access_token"]) == 401


async def test_an_unknown_address_is_answered_as_a_wrong_password(client, steps):
    await steps.signed_up(client)
    known = await steps.signed_in(client, password="not the password")
    unknown = await steps.signed_in(client, "nobody@example.org", password="not the password")
    assert (known.status_code, known.content) == (unknown.status_code, unknown.content)
    assert known.headers == unknown.headers


async def test_an_unknown_address_takes_as_long_as_a_wrong_password(client, service, steps):
    service.app.state.accounts.close()
    del service.app.state.accounts
    await steps.signed_up(client)

    async def seconds(email):
        begun = time.perf_counter()
        await steps.signed_in(client, email, password="not the password")
        return time.perf_counter() - begun

    await seconds("warm@example.org")
    pairs = [(await seconds("amina@example.org"), await seconds(f"nobody{n}@example.org")) for n in range(6)]
    known, unknown = (sorted(times)[len(times) // 2] for times in zip(*pairs, strict=True))
    # The hash takes most of it; leaving it out would be more than twice as fast.
    assert 0.5 < known / unknown < 2


async def test_every_byte_of_a_long_password_counts(client, steps):
    password = "0123 long " * 12
    body = {"email": "amina@example.org", "password": password + "x"}
    assert (await client.post("/auth/v1/signup", json=body)).status_code == 200
    assert (await steps.signed_in(client, password=password + "y")).status_code == 400
    assert (await steps.signed_in(client, password=password + "x ")).status_code == 400
    assert (await steps.signed_in(client, password=password + "x")).status_code == 200


async def test_a_hash_brought_from_elsewhere_is_replaced_at_the_first_sign_in(client, service, steps):
    from pwdlib.hashers.bcrypt import BcryptHasher

    await steps.signed_up(client)
    service.sql("update auth.users set encrypted_password = %s", BcryptHasher(rounds=4).hash("brought along"))
    assert (await steps.signed_in(client, password="brought alonG")).status_code == 400
    assert (await steps.signed_in(client, password="brought along" + "x" * 80)).status_code == 400
    assert (await steps.signed_in(client, password="brought along")).status_code == 200
    ((kept,),) = service.sql("select encrypted_password from auth.users")
    assert kept.startswith("$argon2id$")
    assert (await steps.signed_in(client, password="brought along")).status_code == 200
