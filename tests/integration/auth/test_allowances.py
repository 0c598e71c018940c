"""Limits that every process shares: how much passes, for whom, and when there is more."""

from __future__ import annotations

import asyncio
from typing import Any

import pytest

from carebase.auth import allowances
from carebase.auth.accounts import Accounts


@pytest.fixture
def means(service: Any) -> Accounts:
    return service.app.state.accounts


async def take(means: Accounts, key: str = "amina@example.org", *, kind: str = "mail_address", burst: int = 3) -> int:
    """The seconds to wait, 0 where it passed; ten an hour."""
    async with means.begin() as session:
        refusal = await allowances.take(session, kind, key, per_hour=10, burst=burst)
    return 0 if refusal is None else int(refusal.retry_after_seconds or 0)


def later(service: Any, minutes: int) -> None:
    service.sql("update auth.allowances set full_at = full_at - make_interval(mins => %s)", minutes)


async def test_a_burst_passes_and_then_one_in_its_part_of_the_hour(service, means):
    assert [await take(means) for _ in range(3)] == [0, 0, 0]

    assert 350 < await take(means) <= 360

    later(service, 6)
    assert await take(means) == 0
    assert await take(means) > 0


async def test_what_was_refused_does_not_lengthen_the_wait(means):
    for _ in range(3):
        await take(means)

    waits = [await take(means) for _ in range(5)]

    assert max(waits) <= 360


async def test_after_long_quiet_no_more_than_a_burst_passes(service, means):
    await take(means)
    later(service, 600)

    assert [bool(await take(means)) for _ in range(4)] == [False, False, False, True]


async def test_each_kind_and_key_has_its_own(means):
    for _ in range(3):
        await take(means)

    assert await take(means, "bruno@example.org") == 0
    assert await take(means, kind="code_account") == 0
    assert await take(means, "AMINA@example.org ") > 0


async def test_of_many_at_the_same_moment_no_more_than_a_burst_passes(means):
    waits = await asyncio.gather(*(take(means) for _ in range(20)))

    assert waits.count(0) == 3


async def test_who_it_limits_is_kept_as_a_hash(service, means):
    await take(means)

    assert service.sql("select octet_length(key_sha256) from auth.allowances") == [(32,)]


async def test_what_was_given_back_passes_again_once(means):
    for _ in range(4):
        await take(means)

    async with means.begin() as session:
        await allowances.give_back(session, "mail_address", "amina@example.org", per_hour=10)

    assert await take(means) == 0
    assert await take(means) > 0


async def test_what_limits_nobody_any_more_is_removed(service, means):
    await take(means)
    later(service, 600)
    await take(means, "bruno@example.org")

    async with means.begin() as session:
        assert await allowances.forget_full(session) == 1

    assert service.sql("select count(*) from auth.allowances") == [(1,)]
