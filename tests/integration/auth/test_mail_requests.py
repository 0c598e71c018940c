"""Links and digits to sign in with and to recover by, where addresses are confirmed."""

from __future__ import annotations

import asyncio

import pytest

from carebase.mail.messages import Kind

ADDRESS = "amina@example.org"
NEW_PASSWORD = "quite another long phrase"


async def asked(client, route, **more):
    return await client.post(f"/auth/v1/{route}", json={"email": ADDRESS, **more})


async def opened(client, steps, link):
    answer = await steps.opened(client, link)
    assert answer.status_code == 303
    return steps.brought(answer.headers["location"])


async def test_a_link_signs_in(client, steps, service):
    await steps.signed_up(client)

    answer = await asked(client, "otp")

    assert (answer.status_code, answer.json()) == (200, {})
    session = await opened(client, steps, service.mail(Kind.MAGIC_LINK).link)
    assert session["type"] == "magiclink"
    assert (await client.get("/api/me", headers=steps.bearer(session))).status_code == 200


@pytest.mark.parametrize("purpose", ["email", "magiclink"])
async def test_digits_sign_in(client, steps, service, purpose):
    await steps.signed_up(client)
    await asked(client, "magiclink")

    answer = await client.post(
        "/auth/v1/verify", json={"type": purpose, "email": ADDRESS, "token": service.mail(Kind.MAGIC_LINK).code}
    )

    assert answer.status_code == 200
    assert (await client.get("/api/me", headers=steps.bearer(answer.json()))).status_code == 200


async def test_whoever_asks_with_an_unknown_address_gets_an_account(client, steps, service):
    service.govern(is_confirmed_at_once=False)

    await asked(client, "otp", data={"name": "Amina"})

    [(email, confirmed, password)] = service.sql("select email, email_confirmed_at, encrypted_password from auth.users")
    assert (email, confirmed, password) == (ADDRESS, None, None)
    session = await opened(client, steps, service.mail(Kind.CONFIRMATION).link)
    assert (await client.get("/auth/v1/user", headers=steps.bearer(session))).json()["user_metadata"] == {
        "name": "Amina"
    }


async def test_no_account_is_made_where_the_client_wants_none(client, service):
    answer = await asked(client, "otp", create_user=False)

    assert (answer.status_code, answer.json()) == (200, {})
    assert service.sql("select count(*) from auth.users") == [(0,)]
    assert service.mails() == []


async def test_recovery_sets_a_password_without_the_old_one_and_ends_every_other_session(client, steps, service):
    elsewhere = await steps.signed_up(client)
    await asked(client, "recover")
    session = await opened(client, steps, service.mail(Kind.RECOVERY).link)

    answer = await client.put("/auth/v1/user", json={"password": NEW_PASSWORD}, headers=steps.bearer(session))

    assert answer.status_code == 200
    assert (await client.get("/api/me", headers=steps.bearer(elsewhere))).status_code == 401
    assert (await client.get("/api/me", headers=steps.bearer(session))).status_code == 200
    assert (await steps.signed_in(client)).status_code == 400
    assert (await steps.signed_in(client, password=NEW_PASSWORD)).status_code == 200
    assert service.mail(Kind.PASSWORD_CHANGED).to == ADDRESS


async def test_recovery_is_worth_one_factor_and_sets_no_password_without_the_second(client, steps, service):
    first = await steps.signed_up(client)
    [(user_id,)] = service.sql("select id from auth.users")
    service.sql("insert into auth.mfa_factors (user_id, factor_type, status) values (%s, 'codes', 'verified')", user_id)
    await asked(client, "recover")

    session = await opened(client, steps, service.mail(Kind.RECOVERY).link)

    assert steps.claims(session)["aal"] == "aal1"
    for body in ({"password": NEW_PASSWORD}, {"email": "new@example.org"}):
        answer = await client.put("/auth/v1/user", json=body, headers=steps.bearer(session))
        assert (answer.status_code, answer.json()["error_code"]) == (401, "insufficient_aal")
    # Nor does the password itself suffice.
    answer = await client.put(
        "/auth/v1/user",
        json={"password": NEW_PASSWORD, "current_password": steps.PASSWORD},
        headers=steps.bearer(first),
    )
    assert answer.status_code == 401
    assert (await steps.signed_in(client)).status_code == 200


async def test_a_recovery_of_long_ago_needs_the_current_password(client, steps, service):
    await steps.signed_up(client)
    await asked(client, "recover")
    session = await opened(client, steps, service.mail(Kind.RECOVERY).link)
    old = steps.claims(session) | {"amr": [{"method": "recovery", "timestamp": steps.claims(session)["iat"] - 901}]}
    signed = service.app.state.tokens._sign(old)

    answer = await client.put(
        "/auth/v1/user", json={"password": NEW_PASSWORD}, headers={"Authorization": f"Bearer {signed}"}
    )

    assert (answer.status_code, answer.json()["error_code"]) == (400, "reauthentication_needed")


async def test_a_link_that_was_sent_before_a_password_changed_is_over(client, steps, service):
    session = await steps.signed_up(client)
    await asked(client, "recover")
    await client.put(
        "/auth/v1/user",
        json={"password": NEW_PASSWORD, "current_password": steps.PASSWORD},
        headers=steps.bearer(session),
    )

    assert "error" in await opened(client, steps, service.mail(Kind.RECOVERY).link)


async def test_one_of_eight_browsers_that_open_a_link_at_once_gets_the_session(client, steps, service):
    await steps.signed_up(client)
    await asked(client, "recover")
    link = service.mail(Kind.RECOVERY).link

    answers = await asyncio.gather(*(opened(client, steps, link) for _ in range(8)))

    assert len([brought for brought in answers if "access_token" in brought]) == 1


async def test_five_wrong_codes_end_the_right_one(client, steps, service):
    await steps.signed_up(client)
    await asked(client, "recover")
    code = service.mail(Kind.RECOVERY).code
    body = {"type": "recovery", "email": ADDRESS}

    for guess in range(5):
        wrong = f"{(int(code) + 1 + guess) % 10**6:06d}"
        answer = await client.post("/auth/v1/verify", json={**body, "token": wrong})
        assert (answer.status_code, answer.json()["error_code"]) == (403, "otp_expired")

    assert (await client.post("/auth/v1/verify", json={**body, "token": code})).status_code == 403
    assert "access_token" in await opened(client, steps, service.mail(Kind.RECOVERY).link)


async def test_codes_are_tried_so_often_and_then_whoever_tries_has_to_wait(client, service):
    statuses = [
        (await client.post("/auth/v1/verify", json={"type": "recovery", "email": ADDRESS, "token": "123456"}))
        for _ in range(16)
    ]

    assert [answer.status_code for answer in statuses] == [403] * 15 + [429]


async def test_each_refused_link_and_code_is_on_record(client, service):
    await client.get("/auth/v1/verify", params={"token": "no-such-token", "type": "recovery"})
    await client.post("/auth/v1/verify", json={"type": "recovery", "email": ADDRESS, "token": "123456"})

    assert [entry["details"]["reason"] for entry in service.recorded("sign_in_refused")] == ["link", "code"]


async def test_every_mail_asked_for_is_on_record_without_the_address(client, service):
    await asked(client, "recover")

    [entry] = service.recorded("mail_requested")
    assert entry["details"]["kind"] == "recovery"
    assert ADDRESS not in str(entry)


@pytest.mark.parametrize(
    ("body", "code"),
    [
        ({}, "validation_failed"),
        ({"email": "no address"}, "validation_failed"),
        ({"email": ADDRESS, "create_user": "yes"}, "validation_failed"),
        ({"email": ADDRESS, "data": []}, "validation_failed"),
        ({"email": ADDRESS, "phone": "+33600000000"}, "validation_failed"),
        ({"email": ADDRESS, "code_challenge": "x" * 43}, "validation_failed"),
        ({"email": ADDRESS, "code_challenge": "x" * 43, "code_challenge_method": "plain"}, "validation_failed"),
        ({"email": ADDRESS, "code_challenge": "x" * 42, "code_challenge_method": "s256"}, "validation_failed"),
        ({"phone": "+33600000000"}, "phone_provider_disabled"),
    ],
)
async def test_a_request_that_cannot_be_met_is_refused(client, service, body, code):
    answer = await client.post("/auth/v1/otp", json=body)

    assert (answer.status_code, answer.json()["error_code"]) == (400, code)
    assert service.sql("select count(*) from auth.outbox") == [(0,)]


@pytest.mark.parametrize(
    "body",
    [
        {},
        {"type": "recovery"},
        {"type": "recovery", "token": "123456"},
        {"type": "recovery", "token": "123456", "token_hash": "x", "email": ADDRESS},
        {"type": "recovery", "token_hash": "x", "email": ADDRESS},
        {"type": "nothing", "token": "123456", "email": ADDRESS},
        {"token": "123456", "email": ADDRESS},
        {"type": "sms", "phone": "x", "token": "123456"},
    ],
)
async def test_what_proves_nothing_is_refused(client, body):
    answer = await client.post("/auth/v1/verify", json=body)

    assert (answer.status_code, answer.json()["error_code"]) == (400, "validation_failed")


async def test_codes_go_to_no_telephone(client, service):
    service.govern(is_phone_allowed=True)
    number = {"phone": "+33 6 00 00 00 00"}

    written = await client.post("/auth/v1/otp", json=number)
    again = await client.post("/auth/v1/resend", json={"type": "sms", **number})
    verified = await client.post("/auth/v1/verify", json={"type": "sms", "token": "123456", **number})

    assert (written.status_code, written.json()["error_code"]) == (422, "sms_send_failed")
    assert (again.status_code, again.json()) == (200, {})
    assert (verified.status_code, verified.json()["error_code"]) == (403, "otp_expired")
