"""A person sees where it is signed in and ends what it does not know."""

from __future__ import annotations

from uuid import uuid4

SESSIONS = "/auth/v1/sessions"


async def test_the_own_sessions_are_told_and_nobody_elses(client, steps):
    phone = await steps.signed_up(client)
    laptop = (await steps.signed_in(client)).json()
    await steps.signed_up(client, "bruno@example.org")

    answer = await client.get(SESSIONS, headers=steps.bearer(laptop))

    assert answer.status_code == 200
    found = answer.json()
    assert [one["is_current"] for one in found].count(True) == 1
    assert len(found) == 2
    assert {one["aal"] for one in found} == {"aal1"}
    assert found[0]["ip"] == "127.0.0.1"
    assert phone["access_token"] not in answer.text


async def test_a_session_that_is_over_is_not_told(client, service, steps):
    await steps.signed_up(client)
    laptop = (await steps.signed_in(client)).json()
    service.sql(
        "update auth.sessions set idle_after = now()"
        " where id = (select id from auth.sessions order by created_at limit 1)"
    )

    assert len((await client.get(SESSIONS, headers=steps.bearer(laptop))).json()) == 1


async def test_another_device_is_signed_out_at_once(client, service, steps):
    phone = await steps.signed_up(client)
    laptop = (await steps.signed_in(client)).json()
    found = (await client.get(SESSIONS, headers=steps.bearer(laptop))).json()
    (other,) = [one["id"] for one in found if not one["is_current"]]

    ended = await client.delete(f"{SESSIONS}/{other}", headers=steps.bearer(laptop))

    assert ended.status_code == 204
    assert (await client.get("/api/me", headers=steps.bearer(phone))).status_code == 401
    refreshed = await client.post(
        "/auth/v1/token?grant_type=refresh_token", json={"refresh_token": phone["refresh_token"]}
    )
    assert refreshed.json()["error_code"] == "refresh_token_not_found"
    assert (await client.get("/api/me", headers=steps.bearer(laptop))).status_code == 200
    assert service.recorded("sign_out")[-1]["details"]["session"] == other


async def test_somebody_elses_session_does_not_exist(client, steps):
    amina, bruno = await steps.signed_up(client), await steps.signed_up(client, "bruno@example.org")
    (of_amina,) = (await client.get(SESSIONS, headers=steps.bearer(amina))).json()

    for which in (of_amina["id"], str(uuid4()), "not-an-id"):
        answer = await client.delete(f"{SESSIONS}/{which}", headers=steps.bearer(bruno))
        assert (answer.status_code, answer.json()["error_code"]) == (404, "not_found")

    assert (await client.get("/api/me", headers=steps.bearer(amina))).status_code == 200


async def test_nobody_sees_sessions_without_a_session(client, steps):
    session = await steps.signed_up(client)
    await client.post("/auth/v1/logout", headers=steps.bearer(session))

    assert (await client.get(SESSIONS)).status_code == 401
    assert (await client.get(SESSIONS, headers=steps.bearer(session))).status_code == 403
