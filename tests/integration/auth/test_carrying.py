"""What callers used up of their requests outlasts a restart and is known to every process."""

from __future__ import annotations

from typing import Any

import pytest

from carebase import errors
from carebase.auth.carrying import Carrying
from carebase.auth.limits import Allowance
from carebase.database.pool import Login


@pytest.fixture
def pool(service: Any) -> Any:
    return service.app.state.pools[Login.AUTH_SERVICE]


def left(allowance: Allowance, caller: str = "address 192.0.2.1") -> int:
    passed = 0
    while True:
        try:
            allowance.take(caller)
        except errors.TooMany:
            return passed
        passed += 1


def spend(allowance: Allowance, times: int, caller: str = "address 192.0.2.1") -> None:
    for _ in range(times):
        allowance.take(caller)


async def test_a_restart_gives_nothing_back(pool):
    async with Carrying(before := Allowance(60), pool, kind="requests"):
        spend(before, 60)
    async with Carrying(after := Allowance(60), pool, kind="requests"):
        assert left(after) <= 2
        assert left(after, "address 192.0.2.2") == 60


async def test_two_processes_count_together(pool):
    first, second = Allowance(60), Allowance(60)
    async with Carrying(first, pool, kind="requests") as one, Carrying(second, pool, kind="requests") as two:
        spend(first, 30)
        spend(second, 30)
        await one.share()
        await two.share()
        await one.share()
        assert (left(first), left(second)) <= (3, 3)


async def test_sharing_often_costs_a_caller_nothing(pool):
    allowance = Allowance(60)
    async with Carrying(allowance, pool, kind="requests") as carrying:
        spend(allowance, 20)
        for _ in range(5):
            await carrying.share()
        assert 40 <= left(allowance) <= 42


async def test_who_asks_rarely_is_not_written_down(service, pool):
    allowance = Allowance(60)
    async with Carrying(allowance, pool, kind="requests"):
        spend(allowance, 10)
    assert service.sql("select count(*) from auth.allowances") == [(0,)]


async def test_a_database_that_is_away_leaves_each_process_to_itself(service, pool):
    service.sql("revoke all on auth.allowances from auth_service")
    async with Carrying(allowance := Allowance(60), pool, kind="requests") as carrying:
        spend(allowance, 50)
        await carrying.share()
        assert 10 <= left(allowance) <= 12
