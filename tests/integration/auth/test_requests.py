"""The transaction of a request: whose it is, when it is durable, what may leave."""

import pytest

from carebase.auth import limits


async def test_what_a_request_made_is_there_when_its_answer_is(client, service, steps):
    session = await steps.signed_up(client)
    answer = await client.post("/api/things", headers=steps.bearer(session))
    assert answer.status_code == 201
    assert service.sql("select count(*) from notes") == [(1,)]


async def test_a_commit_that_fails_is_not_answered_with_created(client, steps):
    session = await steps.signed_up(client)
    answer = await client.post("/api/uncommittable", headers=steps.bearer(session))
    assert answer.status_code == 400
    assert "made" not in answer.text


async def test_a_database_that_dies_before_the_commit_is_not_answered_with_created(client, service, steps):
    session = await steps.signed_up(client)
    with service.database.owner() as owner:
        owner.execute("""
            create function public.die() returns trigger language plpgsql security definer as $$
            begin perform pg_terminate_backend(pg_backend_pid()); return null; end $$;
            create constraint trigger dies after insert on public.notes deferrable initially deferred
            for each row execute function public.die()
        """)
    answer = await client.post("/api/things", headers=steps.bearer(session))
    assert answer.status_code == 503
    assert "made" not in answer.text
    assert service.sql("select count(*) from notes") == [(0,)]


async def test_a_reading_request_changes_nothing(client, service, steps):
    session = await steps.signed_up(client)
    answer = await client.get("/api/changing-read", headers=steps.bearer(session))
    assert answer.status_code >= 400
    assert service.sql("select count(*) from notes") == [(0,)]


async def test_what_was_read_is_on_record_before_it_is_shown(client, service, steps):
    session = await steps.signed_up(client)
    answer = await client.get("/api/seen", headers=steps.bearer(session))
    assert answer.status_code == 200
    (row,) = service.recorded("read")
    assert (row["actor"], row["keys"], row["ip"]) == (session["user"]["id"], ["case-1"], "127.0.0.1")


async def test_what_cannot_be_recorded_is_not_shown(client, service, steps):
    session = await steps.signed_up(client)
    service.sql("revoke insert on audit.inbox from audit_sealer")
    answer = await client.get("/api/seen", headers=steps.bearer(session))
    assert answer.status_code == 503
    assert session["user"]["id"] not in answer.text
    assert (await client.get("/api/me", headers=steps.bearer(session))).status_code == 200


async def test_a_caller_who_asks_too_often_waits_and_others_do_not(client, service, steps):
    amina, bruno = await steps.signed_up(client), await steps.signed_up(client, "bruno@example.org")
    service.app.state.allowance = limits.Allowance(3, clock=lambda: 0.0)
    statuses = [(await client.get("/api/me", headers=steps.bearer(amina))).status_code for _ in range(5)]
    assert statuses == [200, 200, 200, 429, 429]
    refused = await client.get("/api/me", headers=steps.bearer(amina))
    assert refused.headers["Retry-After"] == "20"
    assert (await client.get("/api/me", headers=steps.bearer(bruno))).status_code == 200


async def test_a_forged_address_does_not_buy_more_sign_ins(client, service, steps):
    service.app.state.allowance = limits.Allowance(2, clock=lambda: 0.0)
    answers = [await client.get("/auth/v1/health", headers={"X-Forwarded-For": f"10.0.0.{n}"}) for n in range(3)]
    assert [answer.status_code for answer in answers] == [200, 200, 429]


@pytest.fixture
def kept_in_cookie(service):
    """The web kit puts the cookie's token on the request's state; so does this, from a plain header."""

    @service.app.middleware("http")
    async def from_cookie(request, answer):
        if token := request.cookies.get("token"):
            request.state.access_token = token
        return await answer(request)


async def test_a_page_is_asked_for_as_the_person_of_the_cookie(kept_in_cookie, client, steps):
    session = await steps.signed_up(client)
    client.cookies.set("token", session["access_token"])
    assert (await client.get("/api/me")).json() == {"id": session["user"]["id"]}


SENDERS = [
    ({}, 201),
    ({"Origin": "http://localhost:8000", "Sec-Fetch-Site": "same-origin"}, 201),
    ({"Origin": "https://evil.example"}, 403),
    ({"Origin": "null"}, 403),
    ({"Origin": "http://localhost:8000.evil.example"}, 403),
    ({"Sec-Fetch-Site": "cross-site"}, 403),
    ({"Sec-Fetch-Site": "same-site"}, 403),
]


async def test_another_site_changes_nothing_with_the_cookie_alone(kept_in_cookie, client, steps):
    session = await steps.signed_up(client)
    client.cookies.set("token", session["access_token"])
    for headers, status in SENDERS:
        answer = await client.post("/api/things", headers={"Content-Type": "text/plain", **headers})
        assert answer.status_code == status
