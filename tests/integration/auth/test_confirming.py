"""Addresses are confirmed by mail: sign-up, the link, the digits, and what a stranger left in an account."""

from __future__ import annotations

import pytest

from carebase.auth import proving
from carebase.auth.callers import Caller
from carebase.auth.proving import VerifyType
from carebase.mail.messages import Kind

ADDRESS = "amina@example.org"
OTHER_PASSWORD = "quite another long phrase"


@pytest.fixture
def service(service):
    service.govern(is_confirmed_at_once=False)
    return service


async def signed_up(client, steps, *, password=None, **more):
    body = {"email": ADDRESS, "password": password or steps.PASSWORD, **more}
    return await client.post("/auth/v1/signup", json=body)


async def verified(client, **body):
    return await client.post("/auth/v1/verify", json=body)


async def test_who_signs_up_is_written_to_and_not_signed_in(client, steps, service):
    answer = await signed_up(client, steps, data={"name": "Amina"})

    assert answer.status_code == 200
    assert "access_token" not in answer.json()
    assert (answer.json()["email"], answer.json()["user_metadata"]) == (ADDRESS, {"name": "Amina"})
    assert "email_confirmed_at" not in answer.json()
    mail = service.mail(Kind.CONFIRMATION)
    assert (mail.to, mail.good_minutes, len(mail.code)) == (ADDRESS, 60, 6)


async def test_the_link_confirms_and_signs_in(client, steps, service):
    client.cookies.set("carebase_device", "a" * 43)
    await signed_up(client, steps)

    answer = await steps.opened(client, service.mail(Kind.CONFIRMATION).link)

    assert answer.status_code == 303
    assert answer.headers["cache-control"] == "no-store"
    brought = steps.brought(answer.headers["location"])
    user = (await client.get("/auth/v1/user", headers=steps.bearer(brought))).json()
    assert user["email_confirmed_at"]
    assert user["identities"][0]["identity_data"]["email_verified"] is True
    assert steps.claims(brought)["aal"] == "aal1"


async def test_a_link_from_a_sign_up_elsewhere_asks_first_and_stays_good(client, steps, service):
    await signed_up(client, steps)
    link = service.mail(Kind.CONFIRMATION).link

    for _ in range(2):
        answer = await steps.opened(client, link)
        assert (answer.status_code, answer.headers["cache-control"]) == (303, "no-store")
        page, _, query = answer.headers["location"].partition("?")
        assert page == "http://localhost:8000/confirm"
        assert steps.brought(f"?{query}") == {
            "token": steps.brought(link)["token"], "type": "signup", "redirect_to": "http://localhost:8000"
        }  # fmt: skip
    assert service.sql("select email_confirmed_at from auth.users") == [(None,)]


async def test_what_a_stranger_signed_up_with_is_gone_where_the_owner_cannot_give_it(client, steps, service):
    stranger = {"Cookie": f"carebase_device={'s' * 43}"}
    body = {"email": ADDRESS, "password": OTHER_PASSWORD, "data": {"full_name": "A Stranger", "role": "attending"}}
    await client.post("/auth/v1/signup", json=body, headers=stranger)
    link = service.mail(Kind.CONFIRMATION).link
    means, owner = service.app.state.accounts, Caller(address=None, device="o" * 43)

    # Our own page brings the token, from a browser of its own.
    opened = await proving.by_page(
        means, steps.brought(link)["token"], type=VerifyType.SIGN_UP, password=None, caller=owner
    )

    brought = {"access_token": opened.access_token}
    assert opened.is_password_dropped
    assert (opened.account.user.user_metadata, opened.account.user.email) == ({}, ADDRESS)
    for headers in ({}, stranger):
        body = {"email": ADDRESS, "password": OTHER_PASSWORD}
        tried = await client.post("/auth/v1/token?grant_type=password", json=body, headers=headers)
        assert (tried.status_code, tried.json()["error_code"]) == (400, "invalid_credentials")
    assert service.sql("select count(*) from auth.known_devices") == [(1,)]
    chosen = await client.put("/auth/v1/user", json={"password": steps.PASSWORD}, headers=steps.bearer(brought))
    assert chosen.status_code == 200
    assert (await steps.signed_in(client)).status_code == 200


@pytest.mark.parametrize(("is_strangers", "kept"), [(False, {"name": "Amina"}), (True, {})])
async def test_words_of_a_sign_up_by_mail_alone_stay_where_nobody_else_has_a_way_in(
    client, steps, service, is_strangers, kept
):
    await client.post("/auth/v1/otp", json={"email": ADDRESS, "data": {"name": "Amina"}})
    if is_strangers:
        service.sql(
            "insert into auth.identities (user_id, provider, provider_id, identity_data)"
            " select id, 'google', '1', '{}' from auth.users"
        )

    answer = await steps.opened(client, service.mail(Kind.CONFIRMATION).link)

    session = steps.brought(answer.headers["location"])
    user = (await client.get("/auth/v1/user", headers=steps.bearer(session))).json()
    assert user["user_metadata"] == kept
    assert [identity["provider"] for identity in user["identities"]] == ["email"]


async def test_what_was_signed_up_with_stays_where_the_same_person_confirms(client, steps, service):
    said = {"data": {"full_name": "Amina"}}
    browser = {"Cookie": f"carebase_device={'a' * 43}"}
    verifier, challenge = steps.pkce()

    async def by_the_browser(mail):
        token = {"type": "signup", "token_hash": steps.brought(mail.link)["token"]}
        return await client.post("/auth/v1/verify", json=token, headers=browser)

    async def by_the_client(mail):
        landed = steps.brought((await steps.opened(client, mail.link)).headers["location"])
        # Whoever opened the link may be another than the one who waits for it: nothing is confirmed yet.
        assert (await steps.signed_in(client)).json()["error_code"] == "email_not_confirmed"
        body = {"auth_code": landed["code"], "code_verifier": verifier}
        return await client.post("/auth/v1/token?grant_type=pkce", json=body)

    async def by_a_program(mail):
        return await verified(client, type="signup", token_hash=steps.brought(mail.link)["token"])

    async def by_digits(mail):
        return await verified(client, type="signup", email=ADDRESS, token=mail.code)

    for confirmed, headers, more in (
        (by_the_browser, browser, {}), (by_the_client, {}, challenge),
        (by_a_program, {}, {}), (by_digits, {}, {}),
    ):  # fmt: skip
        service.sql("delete from auth.users")
        service.let_a_minute_pass()
        body = {"email": ADDRESS, "password": steps.PASSWORD, **said, **more}
        await client.post("/auth/v1/signup", json=body, headers=headers)
        answer = await confirmed(service.mail(Kind.CONFIRMATION))
        assert answer.status_code == 200, confirmed
        assert answer.json()["user"]["user_metadata"]["full_name"] == "Amina"
        assert answer.json()["user"]["email_confirmed_at"]
        assert (await steps.signed_in(client)).status_code == 200, confirmed


async def test_the_link_is_good_once(client, steps, service):
    await signed_up(client, steps)
    link = service.mail(Kind.CONFIRMATION).link

    await verified(client, type="signup", token_hash=steps.brought(link)["token"])
    again = await steps.opened(client, link)

    assert steps.brought(again.headers["location"])["error_code"] == "otp_expired"


@pytest.mark.parametrize("purpose", ["signup", "email"])
async def test_the_digits_confirm_and_sign_in(client, steps, service, purpose):
    await signed_up(client, steps)
    code = service.mail(Kind.CONFIRMATION).code

    answer = await verified(client, type=purpose, email=ADDRESS.upper(), token=code)

    assert answer.status_code == 200
    assert answer.json()["user"]["email_confirmed_at"]
    again = await verified(client, type=purpose, email=ADDRESS, token=code)
    assert (again.status_code, again.json()["error_code"]) == (403, "otp_expired")


async def test_digits_for_one_purpose_serve_no_other(client, steps, service):
    await signed_up(client, steps)
    code = service.mail(Kind.CONFIRMATION).code

    for purpose in ("magiclink", "recovery", "invite", "email_change"):
        answer = await verified(client, type=purpose, email=ADDRESS, token=code)
        assert (answer.status_code, answer.json()["error_code"]) == (403, "otp_expired"), purpose
    assert (await verified(client, type="signup", email=ADDRESS, token=code)).status_code == 200


async def test_a_program_brings_the_links_token_itself(client, steps, service):
    await signed_up(client, steps)
    token = steps.brought(service.mail(Kind.CONFIRMATION).link)["token"]

    assert (await verified(client, type="recovery", token_hash=token)).status_code == 403
    assert (await verified(client, type="signup", token_hash=token)).status_code == 200


async def test_an_unconfirmed_address_is_told_to_nobody_but_who_knows_the_password(client, steps):
    await signed_up(client, steps)

    wrong = await steps.signed_in(client, password="not the password")
    right = await steps.signed_in(client)

    assert (wrong.status_code, wrong.json()["error_code"]) == (400, "invalid_credentials")
    assert (right.status_code, right.json()["error_code"]) == (400, "email_not_confirmed")


async def test_signing_up_with_a_known_address_looks_the_same_and_tells_its_owner(client, steps, service):
    first = await signed_up(client, steps)
    await verified(client, type="signup", email=ADDRESS, token=service.mail(Kind.CONFIRMATION).code)
    service.let_a_minute_pass()

    second = await signed_up(client, steps, password=OTHER_PASSWORD)

    assert second.status_code == 200
    assert len(second.content) == len(first.content)
    assert list(second.json()) == list(first.json())
    assert second.json()["id"] != first.json()["id"]
    assert service.mail(Kind.ACCOUNT_EXISTS).to == ADDRESS
    assert (await steps.signed_in(client)).status_code == 200
    assert (await steps.signed_in(client, password=OTHER_PASSWORD)).status_code == 400


async def test_neither_of_two_passwords_for_an_unconfirmed_address_stays(client, steps, service):
    await signed_up(client, steps, data={"name": "somebody else"})
    service.let_a_minute_pass()
    await signed_up(client, steps, password=OTHER_PASSWORD)

    answer = await steps.opened(client, service.mail(Kind.CONFIRMATION).link)

    session = steps.brought(answer.headers["location"])
    user = (await client.get("/auth/v1/user", headers=steps.bearer(session))).json()
    assert user["user_metadata"] == {}
    assert (await steps.signed_in(client)).status_code == 400
    assert (await steps.signed_in(client, password=OTHER_PASSWORD)).status_code == 400


async def test_the_same_person_may_sign_up_twice(client, steps, service):
    await signed_up(client, steps)
    first = service.mail(Kind.CONFIRMATION).link
    service.let_a_minute_pass()
    await signed_up(client, steps)

    assert "error" in steps.brought((await steps.opened(client, first)).headers["location"])
    code = service.mail(Kind.CONFIRMATION).code
    assert (await verified(client, type="signup", email=ADDRESS, token=code)).status_code == 200
    assert (await steps.signed_in(client)).status_code == 200


@pytest.mark.parametrize(("route", "kind"), [("recover", Kind.RECOVERY), ("otp", Kind.MAGIC_LINK)])
async def test_what_a_stranger_left_is_gone_once_the_owner_comes_by_mail(client, steps, service, route, kind):
    await signed_up(client, steps, data={"name": "a stranger"})
    [(user_id,)] = service.sql("select id from auth.users")
    service.sql("insert into auth.mfa_factors (user_id, factor_type) values (%s, 'codes')", user_id)
    service.sql(
        "insert into auth.identities (user_id, provider, provider_id, identity_data) values (%s, 'google', '1', '{}')",
        user_id,
    )
    await client.post(f"/auth/v1/{route}", json={"email": ADDRESS})

    answer = await steps.opened(client, service.mail(kind).link)

    session = steps.brought(answer.headers["location"])
    user = (await client.get("/auth/v1/user", headers=steps.bearer(session))).json()
    assert user["user_metadata"] == {}
    assert [identity["provider"] for identity in user["identities"]] == ["email"]
    assert "factors" not in user
    assert (await steps.signed_in(client)).status_code == 400


async def test_a_disabled_account_is_not_let_in_by_its_link(client, steps, service):
    await signed_up(client, steps)
    service.sql("update auth.users set banned_until = now() + interval '1 day'")

    answer = await steps.opened(client, service.mail(Kind.CONFIRMATION).link)

    assert steps.brought(answer.headers["location"])["error_code"] == "user_banned"
    assert service.sql("select count(*) from auth.sessions") == [(0,)]


async def test_a_link_begins_with_the_configured_address_whatever_the_host(client, steps, service):
    service.govern(site_address="https://care.example.org")

    await client.post(
        "/auth/v1/signup?redirect_to=https://evil.example/",
        json={"email": ADDRESS, "password": steps.PASSWORD},
        headers={"Host": "evil.example", "X-Forwarded-Host": "evil.example", "Referer": "https://evil.example/"},
    )

    link = service.mail(Kind.CONFIRMATION).link
    assert "evil" not in link
    assert link.startswith("https://care.example.org/confirm?token=")


async def test_a_changed_destination_in_a_link_is_not_followed(client, steps, service):
    client.cookies.set("carebase_device", "a" * 43)
    await signed_up(client, steps)
    token = steps.brought(service.mail(Kind.CONFIRMATION).link)["token"]

    answer = await client.get(
        "/auth/v1/verify", params={"token": token, "type": "signup", "redirect_to": "https://evil.example/"}
    )

    assert answer.headers["location"].startswith("http://localhost:8000#access_token=")


async def test_a_second_mail_within_a_minute_is_refused_and_sends_nothing(client, steps, service):
    await signed_up(client, steps)

    answer = await client.post("/auth/v1/resend", json={"type": "signup", "email": ADDRESS})

    assert (answer.status_code, answer.json()["error_code"]) == (429, "over_email_send_rate_limit")
    assert 1 <= int(answer.headers["retry-after"]) <= 60
    assert len(service.mails()) == 1


async def test_an_address_is_written_to_ten_times_an_hour(client, service):
    statuses = []
    for _ in range(11):
        service.let_a_minute_pass()
        statuses.append((await client.post("/auth/v1/recover", json={"email": ADDRESS})).status_code)

    assert statuses == [200] * 10 + [429]


async def test_a_confirmation_comes_again_on_request(client, steps, service):
    await signed_up(client, steps)
    service.let_a_minute_pass()

    assert (await client.post("/auth/v1/resend", json={"type": "signup", "email": ADDRESS})).status_code == 200

    await verified(client, type="signup", email=ADDRESS, token=service.mail(Kind.CONFIRMATION).code)
    assert (await steps.signed_in(client)).status_code == 200


async def test_a_closed_sign_up_makes_no_account_by_any_way(client, steps, service):
    service.govern(is_sign_up_open=False, is_anonymous_allowed=True, is_phone_allowed=True)

    by_password = await signed_up(client, steps)
    by_phone = await client.post("/auth/v1/signup", json={"phone": "+33600000000", "password": steps.PASSWORD})
    anonymous = await client.post("/auth/v1/signup", json={})
    by_code = await client.post("/auth/v1/otp", json={"email": ADDRESS})

    refusals = [(answer.status_code, answer.json().get("error_code")) for answer in (by_password, by_phone, anonymous)]
    assert refusals == [(422, "signup_disabled")] * 3
    assert (by_code.status_code, by_code.json()) == (200, {})
    assert service.sql("select count(*) from auth.users") == [(0,)]
    assert service.mails() == []
