"""PKCE: a link ends in a code that only the client can exchange which began."""

from __future__ import annotations

import asyncio

import pytest

from carebase.mail.messages import Kind

ADDRESS = "amina@example.org"


async def begun(client, steps, service, *, verifier="v" * 43, route="recover", kind=Kind.RECOVERY):
    """The code at the end of a sign-in by mail, and the verifier it goes with."""
    verifier, challenge = steps.pkce(verifier)
    service.let_a_minute_pass()
    answer = await client.post(f"/auth/v1/{route}", json={"email": ADDRESS, **challenge})
    assert answer.status_code == 200
    link = service.mail(kind).link
    assert steps.brought(link)["token"].startswith("pkce_")
    opened = await steps.opened(client, link)
    return steps.brought(opened.headers["location"])["code"], verifier


async def exchanged(client, code, verifier):
    return await client.post("/auth/v1/token?grant_type=pkce", json={"auth_code": code, "code_verifier": verifier})


@pytest.mark.parametrize(("route", "kind"), [("recover", Kind.RECOVERY), ("otp", Kind.MAGIC_LINK)])
async def test_the_client_that_began_gets_the_session(client, steps, service, route, kind):
    await steps.signed_up(client)
    code, verifier = await begun(client, steps, service, route=route, kind=kind)

    answer = await exchanged(client, code, verifier)

    assert answer.status_code == 200
    assert steps.claims(answer.json())["aal"] == "aal1"
    assert (await client.get("/api/me", headers=steps.bearer(answer.json()))).status_code == 200


async def test_a_sign_up_ends_in_a_code_too(client, steps, service):
    service.govern(is_confirmed_at_once=False)
    verifier, challenge = steps.pkce()
    await client.post("/auth/v1/signup", json={"email": ADDRESS, "password": steps.PASSWORD, **challenge})

    opened = await steps.opened(client, service.mail(Kind.CONFIRMATION).link)

    answer = await exchanged(client, steps.brought(opened.headers["location"])["code"], verifier)
    assert answer.json()["user"]["email_confirmed_at"]


async def test_a_code_is_good_once(client, steps, service):
    await steps.signed_up(client)
    code, verifier = await begun(client, steps, service)

    answers = await asyncio.gather(*(exchanged(client, code, verifier) for _ in range(6)))

    assert sorted(answer.status_code for answer in answers) == [200] + [404] * 5
    again = await exchanged(client, code, verifier)
    assert (again.status_code, again.json()["error_code"]) == (404, "flow_state_not_found")


async def test_a_wrong_verifier_ends_the_code(client, steps, service):
    await steps.signed_up(client)
    code, verifier = await begun(client, steps, service)

    wrong = await exchanged(client, code, "w" * 43)

    assert (wrong.status_code, wrong.json()["error_code"]) == (400, "bad_code_verifier")
    assert (await exchanged(client, code, verifier)).status_code == 404


async def test_the_challenge_itself_is_no_verifier(client, steps, service):
    await steps.signed_up(client)
    code, verifier = await begun(client, steps, service)

    answer = await exchanged(client, code, steps.pkce(verifier)[1]["code_challenge"])

    assert answer.json()["error_code"] == "bad_code_verifier"


async def test_a_code_is_good_for_five_minutes(client, steps, service):
    await steps.signed_up(client)
    code, verifier = await begun(client, steps, service)
    [(minutes,)] = service.sql("select round(extract(epoch from expires_at - now()) / 60)::int from auth.flow_state")
    service.sql("update auth.flow_state set expires_at = now()")

    answer = await exchanged(client, code, verifier)

    assert minutes == 5
    assert (answer.status_code, answer.json()["error_code"]) == (422, "flow_state_expired")


async def test_the_verifier_of_another_sign_in_does_not_fit(client, steps, service):
    await steps.signed_up(client)
    _, verifier = await begun(client, steps, service)
    code, _ = await begun(client, steps, service, verifier="u" * 43)

    assert (await exchanged(client, code, verifier)).json()["error_code"] == "bad_code_verifier"


async def test_whoever_is_disabled_meanwhile_gets_no_session(client, steps, service):
    await steps.signed_up(client)
    code, verifier = await begun(client, steps, service)
    service.sql("update auth.users set banned_until = now() + interval '1 day'")

    assert (await exchanged(client, code, verifier)).json()["error_code"] == "user_banned"


async def test_the_code_is_kept_nowhere(client, steps, service):
    await steps.signed_up(client)
    code, _ = await begun(client, steps, service)

    [(kept,)] = service.sql("select f::text from auth.flow_state f")
    assert code not in kept


@pytest.mark.parametrize(
    "body", [{}, {"auth_code": "x"}, {"code_verifier": "v" * 43}, {"auth_code": 1, "code_verifier": 2}]
)
async def test_half_an_exchange_is_refused(client, body):
    answer = await client.post("/auth/v1/token?grant_type=pkce", json=body)

    assert (answer.status_code, answer.json()["error_code"]) == (400, "validation_failed")
