"""Signed-in devices: continued, ended, and never revived."""

import asyncio
import hashlib

import pytest

VERSION = {"X-Supabase-Api-Version": "2024-01-01"}


async def refreshed(client, token):
    return await client.post("/auth/v1/token?grant_type=refresh_token", json={"refresh_token": token}, headers=VERSION)


def pass_the_reuse_interval(service) -> None:
    service.sql("update auth.refresh_tokens set revoked_at = revoked_at - interval '11 seconds'")


async def test_a_refresh_token_gives_a_new_pair_for_the_same_session(client, service, steps):
    session = await steps.signed_up(client)
    answer = await refreshed(client, session["refresh_token"])
    assert answer.status_code == 200
    assert answer.json()["refresh_token"] != session["refresh_token"]
    assert answer.json()["user"]["id"] == session["user"]["id"]
    tokens = service.app.state.tokens
    first, second = tokens.verify(session["access_token"]), tokens.verify(answer.json()["access_token"])
    assert first.claims["session_id"] == second.claims["session_id"]
    assert first.claims["amr"] == second.claims["amr"]


async def test_a_used_refresh_token_ends_the_session_for_thief_and_owner(client, service, steps):
    session = await steps.signed_up(client)
    second = (await refreshed(client, session["refresh_token"])).json()
    pass_the_reuse_interval(service)
    reused = await refreshed(client, session["refresh_token"])
    assert (reused.status_code, reused.json()["code"]) == (400, "refresh_token_already_used")
    assert (await refreshed(client, second["refresh_token"])).json()["code"] == "refresh_token_not_found"
    for held in (session, second):
        assert (await client.get("/api/me", headers=steps.bearer(held))).status_code == 401
    (row,) = service.recorded("refresh_refused")
    assert row["actor"] == session["user"]["id"]


async def test_a_used_refresh_token_within_seconds_gets_the_very_same_successor(client, steps):
    session = await steps.signed_up(client)
    first = (await refreshed(client, session["refresh_token"])).json()["refresh_token"]
    assert (await refreshed(client, session["refresh_token"])).json()["refresh_token"] == first
    third = (await refreshed(client, first)).json()["refresh_token"]
    assert (await refreshed(client, session["refresh_token"])).json()["refresh_token"] == third


async def test_tabs_that_refresh_at_the_same_moment_all_go_on_with_one_token(client, service, steps):
    session = await steps.signed_up(client)
    answers = await asyncio.gather(*(refreshed(client, session["refresh_token"]) for _ in range(6)))
    assert {answer.status_code for answer in answers} == {200}
    assert len({answer.json()["refresh_token"] for answer in answers}) == 1
    ((active,),) = service.sql("select count(*) from auth.refresh_tokens where revoked_at is null")
    assert active == 1


async def test_reuse_that_meets_the_owners_refresh_leaves_no_session(client, service, steps):
    session = await steps.signed_up(client)
    second = (await refreshed(client, session["refresh_token"])).json()
    pass_the_reuse_interval(service)
    await asyncio.gather(refreshed(client, session["refresh_token"]), refreshed(client, second["refresh_token"]))
    assert service.sql("select count(*) from auth.sessions") == [(0,)]


NO_TOKENS = ["", "x", "é", "a" * 300, 7, None, {"a": 1}]


async def test_a_text_that_is_no_refresh_token_is_refused(client):
    for token in NO_TOKENS:
        assert (await refreshed(client, token)).status_code == 400


async def test_a_session_ends_at_its_longest_time_however_often_it_is_continued(client, service, steps):
    session = await steps.signed_up(client)
    service.sql("update auth.sessions set not_after = now()")
    assert (await client.get("/api/me", headers=steps.bearer(session))).status_code == 401
    assert (await refreshed(client, session["refresh_token"])).json()["code"] == "session_expired"
    assert service.sql("select count(*) from auth.sessions") == [(0,)]


@pytest.mark.parametrize(
    ("scope", "here_lasts", "there_lasts"),
    [
        ("", False, False),
        ("?scope=global", False, False),
        ("?scope=local", False, True),
        ("?scope=others", True, False),
    ],
)
async def test_signing_out_ends_the_devices_of_its_scope_at_once(client, steps, scope, here_lasts, there_lasts):
    here, there = await steps.signed_up(client), (await steps.signed_in(client)).json()
    answer = await client.post(f"/auth/v1/logout{scope}", headers=steps.bearer(here))
    assert (answer.status_code, answer.content) == (204, b"")
    for held, lasts in ((here, here_lasts), (there, there_lasts)):
        assert (await client.get("/api/me", headers=steps.bearer(held))).status_code == (200 if lasts else 401)
        assert (await client.get("/auth/v1/user", headers=steps.bearer(held))).status_code == (200 if lasts else 403)
        assert (await refreshed(client, held["refresh_token"])).status_code == (200 if lasts else 400)


async def test_an_unknown_scope_signs_nobody_out(client, steps):
    session = await steps.signed_up(client)
    answer = await client.post("/auth/v1/logout?scope=everybody", headers=steps.bearer(session))
    assert answer.status_code == 400
    assert (await client.get("/api/me", headers=steps.bearer(session))).status_code == 200


async def test_a_person_signs_nobody_else_out(client, steps):
    amina, bruno = await steps.signed_up(client), await steps.signed_up(client, "bruno@example.org")
    await client.post("/auth/v1/logout", headers=steps.bearer(amina))
    assert (await client.get("/api/me", headers=steps.bearer(bruno))).status_code == 200


async def test_the_database_keeps_no_refresh_token_in_clear(client, service, steps):
    session = await steps.signed_up(client)
    ((kept,),) = service.sql("select token_sha256 from auth.refresh_tokens")
    assert bytes(kept) == hashlib.sha256(session["refresh_token"].encode()).digest()


async def test_a_session_remembers_from_where_it_was_opened(client, service, steps):
    await client.post(
        "/auth/v1/signup",
        json={"email": "amina@example.org", "password": steps.PASSWORD},
        headers={"User-Agent": "Browser 1.0", "X-Forwarded-For": "9.9.9.9", "X-Real-IP": "9.9.9.9"},
    )
    assert service.sql("select user_agent, host(ip) from auth.sessions") == [("Browser 1.0", "127.0.0.1")]
