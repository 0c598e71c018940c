"""Nobody learns from an answer, its length or its time whether an address has an account."""

from __future__ import annotations

import asyncio
import math
import statistics
import time
from collections import Counter

import pytest

SAMPLES = 200
AT_ONCE = 8
PASSWORD = "correct horse battery staple"
REQUESTS = {
    "recover": ("/auth/v1/recover", {}),
    "otp": ("/auth/v1/otp", {}),
    "otp without an account": ("/auth/v1/otp", {"create_user": False}),
    "resend": ("/auth/v1/resend", {"type": "signup"}),
    "resend a change": ("/auth/v1/resend", {"type": "email_change"}),
    "verify": ("/auth/v1/verify", {"type": "recovery", "token": "123456"}),
    "signup": ("/auth/v1/signup", {"password": PASSWORD}),
    "password": ("/auth/v1/token?grant_type=password", {"password": "not the password"}),
}


def likelihood(one: list[float], other: list[float]) -> float:
    """Of two samples of one distribution differing as much as these do (Mann-Whitney, normal approximation)."""
    ranked = sorted([(value, 0) for value in one] + [(value, 1) for value in other])
    ranks = sum(rank for rank, (_, which) in enumerate(ranked, 1) if which == 0)
    n, m = len(one), len(other)
    deviation = abs(ranks - n * (n + m + 1) / 2) / math.sqrt(n * m * (n + m + 1) / 12)
    return math.erfc(deviation / math.sqrt(2))


@pytest.mark.parametrize("name", REQUESTS)
async def test_known_and_unknown_addresses_are_answered_alike(service, name):
    service.govern(is_confirmed_at_once=False)
    route, body = REQUESTS[name]
    service.sql(
        "insert into auth.users (email, encrypted_password, email_confirmed_at)"
        " select 'known' || n || '@example.org', %s, now() from generate_series(100, %s) n",
        await service.app.state.accounts.passwords.hash(PASSWORD),
        99 + SAMPLES,
    )
    asked = [f"{which}{n}@example.org" for n in range(100, 100 + SAMPLES) for which in ("known", "other")]
    clients = [service.from_address(f"10.0.0.{number + 1}") for number in range(AT_ONCE)]
    times: dict[str, list[float]] = {"known": [], "other": []}
    answers: dict[str, Counter] = {"known": Counter(), "other": Counter()}

    async def ask(client, addresses):
        for address in addresses:
            began = time.perf_counter()
            answer = await client.post(route, json={**body, "email": address})
            times[address[:5]].append(time.perf_counter() - began)
            answers[address[:5]][answer.status_code, len(answer.content), tuple(sorted(answer.json()))] += 1

    await asyncio.gather(*(ask(client, asked[at::AT_ONCE]) for at, client in enumerate(clients)))
    for client in clients:
        await client.aclose()

    assert answers["known"] == answers["other"]
    known, other = statistics.median(times["known"]), statistics.median(times["other"])
    assert abs(known - other) < 0.1 * max(known, other)
    assert likelihood(times["known"], times["other"]) > 0.001
