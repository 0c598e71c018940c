"""An account changes its address when both addresses say so, and its password when the person proves itself."""

from __future__ import annotations

import asyncio

import pytest

from carebase.mail.messages import Kind

OLD, NEW = "amina@example.org", "amina.ba@example.org"
NEW_PASSWORD = "quite another long phrase"


async def asked(client, steps, session, **body):
    return await client.put("/auth/v1/user", json={"email": NEW, **body}, headers=steps.bearer(session))


async def opened(client, steps, link):
    return steps.brought((await steps.opened(client, link)).headers["location"])


def aged(service, steps, session, *, seconds=901):
    """The same session, proven longer ago."""
    claims = steps.claims(session)
    claims["amr"] = [{"method": "password", "timestamp": claims["iat"] - seconds}]
    return {"access_token": service.app.state.tokens._sign(claims)}


@pytest.mark.parametrize("first", [Kind.EMAIL_CHANGE_CURRENT, Kind.EMAIL_CHANGE_NEW])
async def test_the_address_changes_once_both_have_answered(client, steps, service, first):
    session = await steps.signed_up(client)
    answer = await asked(client, steps, session)
    assert (answer.status_code, answer.json()["email"], answer.json()["new_email"]) == (200, OLD, NEW)
    second = Kind.EMAIL_CHANGE_NEW if first is Kind.EMAIL_CHANGE_CURRENT else Kind.EMAIL_CHANGE_CURRENT

    half = await opened(client, steps, service.mail(first).link)
    assert "message" in half
    assert (await steps.signed_in(client)).status_code == 200
    whole = await opened(client, steps, service.mail(second).link)

    user = (await client.get("/auth/v1/user", headers=steps.bearer(whole))).json()
    assert (user["email"], user["identities"][0]["email"]) == (NEW, NEW)
    assert "new_email" not in user
    assert (await steps.signed_in(client)).status_code == 400
    assert (await steps.signed_in(client, NEW)).status_code == 200


async def test_one_address_answering_twice_is_not_both(client, steps, service):
    session = await steps.signed_up(client)
    await asked(client, steps, session)
    await opened(client, steps, service.mail(Kind.EMAIL_CHANGE_NEW).link)
    service.let_a_minute_pass()
    await client.post("/auth/v1/resend", json={"type": "email_change", "email": OLD})

    again = await opened(client, steps, service.mail(Kind.EMAIL_CHANGE_NEW).link)

    assert "message" in again
    assert service.sql("select email from auth.users") == [(OLD,)]


async def test_both_answering_at_the_same_moment_change_the_address(client, steps, service):
    session = await steps.signed_up(client)
    await asked(client, steps, session)
    links = [service.mail(kind).link for kind in (Kind.EMAIL_CHANGE_NEW, Kind.EMAIL_CHANGE_CURRENT)]

    await asyncio.gather(*(steps.opened(client, link) for link in links))

    assert service.sql("select email, email_change from auth.users") == [(NEW, None)]


async def test_the_digits_of_both_mails_change_the_address(client, steps, service):
    session = await steps.signed_up(client)
    await asked(client, steps, session)

    half = await client.post(
        "/auth/v1/verify",
        json={"type": "email_change", "email": NEW, "token": service.mail(Kind.EMAIL_CHANGE_NEW).code},
    )
    whole = await client.post(
        "/auth/v1/verify",
        json={"type": "email_change", "email": OLD, "token": service.mail(Kind.EMAIL_CHANGE_CURRENT).code},
    )

    assert (half.status_code, half.json()["code"]) == (200, "200")
    assert whole.json()["user"]["email"] == NEW


async def test_a_mail_of_an_earlier_change_counts_for_no_later_one(client, steps, service):
    session = await steps.signed_up(client)
    await asked(client, steps, session)
    earlier = service.mail(Kind.EMAIL_CHANGE_NEW).link
    service.let_a_minute_pass()
    await asked(client, steps, session, email="third@example.org")

    assert "error" in await opened(client, steps, earlier)


async def test_nobody_learns_that_the_new_address_is_taken(client, steps, service):
    await steps.signed_up(client, NEW)
    session = await steps.signed_up(client)

    answer = await asked(client, steps, session)

    assert (answer.status_code, answer.json()["new_email"]) == (200, NEW)
    assert [mail.to for mail in service.mails() if mail.kind is Kind.EMAIL_CHANGE_CURRENT] == [OLD]
    assert [mail for mail in service.mails() if mail.kind is Kind.EMAIL_CHANGE_NEW] == []


async def test_an_address_taken_meanwhile_is_not_taken_from_its_holder(client, steps, service):
    session = await steps.signed_up(client)
    await asked(client, steps, session)
    await steps.signed_up(client, NEW)
    await opened(client, steps, service.mail(Kind.EMAIL_CHANGE_CURRENT).link)

    brought = await opened(client, steps, service.mail(Kind.EMAIL_CHANGE_NEW).link)

    assert brought["error_code"] == "email_exists"
    assert sorted(service.sql("select email from auth.users")) == [(NEW,), (OLD,)]


@pytest.mark.parametrize("body", [{"email": NEW}, {"phone": "+33600000000"}])
async def test_a_sign_in_of_long_ago_changes_no_name(client, steps, service, body):
    service.govern(is_phone_allowed=True)
    session = aged(service, steps, await steps.signed_up(client))

    answer = await client.put("/auth/v1/user", json=body, headers=steps.bearer(session))

    assert (answer.status_code, answer.json()["error_code"]) == (403, "reauthentication_needed")
    with_password = await client.put(
        "/auth/v1/user", json={**body, "current_password": steps.PASSWORD}, headers=steps.bearer(session)
    )
    assert with_password.status_code == 200


async def test_a_code_from_the_mailbox_stands_for_the_current_password(client, steps, service):
    session = aged(service, steps, await steps.signed_up(client))
    assert (await client.get("/auth/v1/reauthenticate", headers=steps.bearer(session))).status_code == 200
    code = service.mail(Kind.REAUTHENTICATION).code
    body = {"password": NEW_PASSWORD, "nonce": code}

    answer = await client.put("/auth/v1/user", json=body, headers=steps.bearer(session))

    assert answer.status_code == 200
    assert (await steps.signed_in(client, password=NEW_PASSWORD)).status_code == 200
    again = await client.put(
        "/auth/v1/user", json={"password": "a third long phrase", "nonce": code}, headers=steps.bearer(session)
    )
    assert (again.status_code, again.json()["error_code"]) == (422, "reauthentication_not_valid")


async def test_a_wrong_nonce_is_counted_and_changes_nothing(client, steps, service):
    session = await steps.signed_up(client)
    await client.get("/auth/v1/reauthenticate", headers=steps.bearer(session))
    code = service.mail(Kind.REAUTHENTICATION).code

    for guess in range(5):
        wrong = f"{(int(code) + 1 + guess) % 10**6:06d}"
        answer = await client.put(
            "/auth/v1/user", json={"password": NEW_PASSWORD, "nonce": wrong}, headers=steps.bearer(session)
        )
        assert answer.json()["error_code"] == "reauthentication_not_valid"

    right = await client.put(
        "/auth/v1/user", json={"password": NEW_PASSWORD, "nonce": code}, headers=steps.bearer(session)
    )
    assert right.status_code == 422
    assert (await steps.signed_in(client)).status_code == 200


async def test_a_reauthentication_code_signs_nobody_in(client, steps, service):
    session = await steps.signed_up(client)
    await client.get("/auth/v1/reauthenticate", headers=steps.bearer(session))
    code = service.mail(Kind.REAUTHENTICATION).code

    for purpose in ("email", "magiclink", "recovery", "signup", "email_change"):
        answer = await client.post("/auth/v1/verify", json={"type": purpose, "email": OLD, "token": code})
        assert answer.status_code == 403, purpose


async def test_nobody_without_a_session_is_reauthenticated(client):
    assert (await client.get("/auth/v1/reauthenticate")).status_code == 401


@pytest.mark.parametrize(
    ("ended", "read"), [("idle_after = now()", 403), ("not_after = now()", 403), ("aal = 'aal1'", 200)]
)
async def test_a_session_that_is_over_or_was_lowered_changes_nothing(client, steps, service, ended, read):
    session = await steps.signed_up(client)
    service.sql("update auth.sessions set aal = 'aal2'")
    claims = steps.claims(session) | {"aal": "aal2"}
    raised = {"access_token": service.app.state.tokens._sign(claims)}
    assert (await client.get("/auth/v1/user", headers=steps.bearer(raised))).status_code == 200
    service.sql(f"update auth.sessions set {ended}")

    # Whoever removed a factor still learns whose account it is; clients would take anything else for a sign-out.
    assert (await client.get("/auth/v1/user", headers=steps.bearer(raised))).status_code == read
    answers = [
        await client.put("/auth/v1/user", json={"data": {"a": 1}}, headers=steps.bearer(raised)),
        await client.get("/auth/v1/reauthenticate", headers=steps.bearer(raised)),
    ]

    assert [(each.status_code, each.json()["error_code"]) for each in answers] == [(403, "session_not_found")] * 2
    assert service.mails() == []


async def test_with_a_second_factor_it_is_that_one_which_was_shown_lately(client, steps, service):
    session = await steps.signed_up(client)
    service.sql("update auth.sessions set aal = 'aal2'")
    service.sql(
        "insert into auth.mfa_factors (user_id, factor_type, status) select id, 'codes', 'verified' from auth.users"
    )
    now = steps.claims(session)["iat"]
    old = [{"method": "password", "timestamp": now}, {"method": "totp", "timestamp": now - 901}]
    new = [{"method": "password", "timestamp": now - 901}, {"method": "totp", "timestamp": now}]

    statuses = []
    for amr in (old, new):
        claims = steps.claims(session) | {"aal": "aal2", "amr": amr}
        signed = {"access_token": service.app.state.tokens._sign(claims)}
        statuses.append((await asked(client, steps, signed)).status_code)

    assert statuses == [403, 200]
