"""Sessions end when nobody uses them; what programs do by themselves is no use."""

from __future__ import annotations

from collections.abc import AsyncIterator
from typing import Any

import pytest

from carebase.auth.activity import Activity
from carebase.database.pool import Login

ME = "/api/me"


class Clock:
    now = 1000.0

    def __call__(self) -> float:
        return self.now


@pytest.fixture
def clock() -> Clock:
    return Clock()


@pytest.fixture
async def activity(service: Any, clock: Clock) -> AsyncIterator[Activity]:
    """Written when a test says so."""
    noting = Activity(service.app.state.pools[Login.AUTH_SERVICE], idle_minutes=20, clock=clock)
    service.app.state.activity = noting
    yield noting


def pass_minutes(service: Any, minutes: float) -> None:
    """What lies ahead of sessions comes nearer, what lies behind them goes away."""
    service.sql(
        "update auth.sessions set idle_after = idle_after - %(by)s, not_after = not_after - %(by)s,"
        " last_active_at = last_active_at - %(by)s".replace("%(by)s", f"interval '{minutes} minutes'")
    )


def minutes_left(service: Any) -> float:
    ((left,),) = service.sql("select extract(epoch from idle_after - now()) / 60 from auth.sessions")
    return float(left)


async def test_a_session_that_nobody_used_for_twenty_minutes_is_over(service, client, steps):
    session = await steps.signed_up(client)
    pass_minutes(service, 19.9)
    assert (await client.get(ME, headers=steps.bearer(session))).status_code == 200

    pass_minutes(service, 0.2)

    assert (await client.get(ME, headers=steps.bearer(session))).status_code == 401
    refused = await client.post(
        "/auth/v1/token?grant_type=refresh_token", json={"refresh_token": session["refresh_token"]}
    )
    assert (refused.status_code, refused.json()["error_code"]) == (400, "session_expired")
    assert refused.json()["msg"] == "Invalid Refresh Token: Session Expired (Inactivity)"
    assert service.sql("select count(*) from auth.sessions") == [(0,)]


async def test_whoever_uses_it_keeps_it_up_to_its_longest_time(service, client, steps, activity, clock):
    session = await steps.signed_up(client)
    hours = 0.0
    while (await client.get(ME, headers=steps.bearer(session))).status_code == 200:
        await activity.write()
        pass_minutes(service, 15)
        clock.now += 900
        hours += 0.25
        assert hours <= 12
    assert hours == 12


async def test_renewing_tokens_is_no_use(service, client, steps, activity):
    session = await steps.signed_up(client)
    pass_minutes(service, 15)

    renewed = await client.post(
        "/auth/v1/token?grant_type=refresh_token", json={"refresh_token": session["refresh_token"]}
    )
    await activity.write()

    assert renewed.status_code == 200
    assert 4.5 < minutes_left(service) < 5.1
    ((was_active, was_refreshed),) = service.sql(
        "select last_active_at < now() - interval '14 minutes', refreshed_at > now() - interval '1 minute'"
        " from auth.sessions"
    )
    assert (was_active, was_refreshed) == (True, True)


@pytest.mark.parametrize("headers", [{"X-Carebase-Poll": "1"}, {"Accept": "text/event-stream"}])
async def test_looking_for_news_is_no_use(service, client, steps, activity, headers):
    session = await steps.signed_up(client)
    pass_minutes(service, 15)

    assert (await client.get(ME, headers={**steps.bearer(session), **headers})).status_code == 200
    await activity.write()

    assert minutes_left(service) < 5.1


async def test_a_request_is_use_and_counts_from_its_own_moment(service, client, steps, activity, clock):
    session = await steps.signed_up(client)
    pass_minutes(service, 15)

    await client.get(ME, headers=steps.bearer(session))
    clock.now += 60
    await activity.write()

    assert 18.9 < minutes_left(service) < 19.1


async def test_it_is_written_once_a_minute_with_the_latest_use(service, client, steps, activity, clock):
    session = await steps.signed_up(client)
    await client.get(ME, headers=steps.bearer(session))
    await activity.write()
    pass_minutes(service, 10)

    clock.now += 30
    await client.get(ME, headers=steps.bearer(session))
    await activity.write()
    assert minutes_left(service) < 10.1

    clock.now += 40
    await activity.write()
    assert 19.2 < minutes_left(service) < 19.5


async def test_a_session_that_had_ended_is_not_brought_back(service, client, steps, activity, clock):
    session = await steps.signed_up(client)
    pass_minutes(service, 21)

    assert (await client.get(ME, headers=steps.bearer(session))).status_code == 401
    await activity.write()

    assert minutes_left(service) < 0


async def test_use_a_moment_before_the_end_counts_though_it_is_written_after_it(
    service, client, steps, activity, clock
):
    session = await steps.signed_up(client)
    pass_minutes(service, 19.99)
    await client.get(ME, headers=steps.bearer(session))
    pass_minutes(service, 0.1)
    clock.now += 6
    await activity.write()

    assert minutes_left(service) > 19


async def test_use_never_outlasts_the_longest_time(service, client, steps, activity):
    session = await steps.signed_up(client)
    service.sql("update auth.sessions set not_after = now() + interval '5 minutes'")

    await client.get(ME, headers=steps.bearer(session))
    service.sql("update auth.sessions set idle_after = now() + interval '1 minute'")
    await activity.write()

    assert minutes_left(service) < 5.1


async def test_what_is_left_is_written_at_the_end(service, client, steps):
    session = await steps.signed_up(client)
    pass_minutes(service, 15)
    async with Activity(service.app.state.pools[Login.AUTH_SERVICE], idle_minutes=20) as noting:
        service.app.state.activity = noting
        await client.get(ME, headers=steps.bearer(session))

    assert minutes_left(service) > 19


async def test_a_session_somebody_holds_is_written_later(service, client, steps, activity):
    session = await steps.signed_up(client)
    pass_minutes(service, 15)
    await client.get(ME, headers=steps.bearer(session))
    with service.database.owner() as holder, holder.transaction():
        holder.execute("select from auth.sessions for update")
        await activity.write()
    assert minutes_left(service) < 5.1

    await activity.write()

    assert minutes_left(service) > 19


async def test_without_the_database_nothing_is_lost_and_nobody_waits(service, client, steps, activity):
    session = await steps.signed_up(client)
    pass_minutes(service, 15)
    await client.get(ME, headers=steps.bearer(session))
    service.sql("revoke update on auth.sessions from auth_service")
    await activity.write()
    service.sql("grant update on auth.sessions to auth_service")

    await activity.write()

    assert minutes_left(service) > 19
