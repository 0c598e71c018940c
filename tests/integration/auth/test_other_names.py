"""Accounts without an address: anonymous ones, and those a telephone number names."""

from __future__ import annotations

import pytest

NUMBER = "+33 6 12 34 56 78"


@pytest.fixture
def service(service):
    service.govern(is_anonymous_allowed=True, is_phone_allowed=True)
    return service


async def anonymous(client, **body):
    answer = await client.post("/auth/v1/signup", json=body)
    assert answer.status_code == 200, answer.text
    return answer.json()


async def test_somebody_who_says_nothing_has_an_account_and_no_clinical_role(client, steps):
    session = await anonymous(client, data={"colour": "blue"})

    claims = steps.claims(session)
    assert (claims["is_anonymous"], claims["aal"], claims["app_metadata"]) == (True, "aal1", {})
    assert session["user"]["user_metadata"] == {"colour": "blue"}
    assert [entry["method"] for entry in claims["amr"]] == ["anonymous"]
    assert (await client.get("/api/me", headers=steps.bearer(session))).status_code == 200


async def test_an_anonymous_account_takes_an_address_and_a_password(client, steps):
    session = await anonymous(client)

    answer = await client.put(
        "/auth/v1/user",
        json={"email": "amina@example.org", "password": steps.PASSWORD},
        headers=steps.bearer(session),
    )

    assert answer.status_code == 200
    assert (answer.json()["is_anonymous"], answer.json()["email"]) == (False, "amina@example.org")
    assert (await steps.signed_in(client)).status_code == 200


async def test_an_anonymous_account_does_not_take_an_address_of_another(client, steps, service):
    await steps.signed_up(client)
    session = await anonymous(client)

    answer = await client.put("/auth/v1/user", json={"email": "amina@example.org"}, headers=steps.bearer(session))

    assert (answer.status_code, answer.json()["error_code"]) == (422, "email_exists")
    assert service.sql("select count(*) from auth.users where is_anonymous and email_change is null") == [(1,)]


async def test_an_anonymous_account_has_no_password_of_its_own(client, steps):
    session = await anonymous(client)

    answer = await client.put("/auth/v1/user", json={"password": steps.PASSWORD}, headers=steps.bearer(session))

    assert (answer.status_code, answer.json()["error_code"]) == (400, "validation_failed")


async def test_a_number_names_an_account(client, steps):
    body = {"phone": NUMBER, "password": steps.PASSWORD}

    made = await client.post("/auth/v1/signup", json=body)
    right = await client.post("/auth/v1/token?grant_type=password", json={**body, "phone": "33612345678"})
    wrong = await client.post("/auth/v1/token?grant_type=password", json={**body, "password": "not the password"})
    again = await client.post("/auth/v1/signup", json=body)

    assert made.json()["user"]["phone"] == "33612345678"
    assert made.json()["user"]["identities"][0]["provider"] == "phone"
    assert right.status_code == 200
    assert (wrong.status_code, wrong.json()["error_code"]) == (400, "invalid_credentials")
    assert (again.status_code, again.json()["error_code"]) == (422, "user_already_exists")


async def test_a_number_nobody_can_prove_makes_no_account(client, steps, service):
    service.govern(is_confirmed_at_once=False)

    answer = await client.post("/auth/v1/signup", json={"phone": NUMBER, "password": steps.PASSWORD})

    assert (answer.status_code, answer.json()["error_code"]) == (422, "sms_send_failed")
    assert service.sql("select count(*) from auth.users") == [(0,)]


async def test_an_account_takes_a_number_no_other_has(client, steps):
    amina = await steps.signed_up(client)
    bruno = await steps.signed_up(client, "bruno@example.org")

    first = await client.put("/auth/v1/user", json={"phone": NUMBER}, headers=steps.bearer(amina))
    second = await client.put("/auth/v1/user", json={"phone": NUMBER}, headers=steps.bearer(bruno))

    assert first.json()["phone"] == "33612345678"
    assert (second.status_code, second.json()["error_code"]) == (422, "phone_exists")


@pytest.mark.parametrize("phone", ["abc", "0612345678", "+", "1", "+33612345678901234", "+33-6-12"])
async def test_what_is_no_number_is_refused(client, steps, phone):
    answer = await client.post("/auth/v1/signup", json={"phone": phone, "password": steps.PASSWORD})

    assert (answer.status_code, answer.json()["error_code"]) == (400, "validation_failed")
