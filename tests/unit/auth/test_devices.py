"""Refresh tokens that follow each other."""

import secrets
from uuid import uuid4

from carebase.auth import devices


def test_successors_do_not_repeat_and_hold_more_than_128_bits() -> None:
    token = secrets.token_urlsafe(32)
    seen = set()
    for _ in range(10_000):
        token = devices.successor(token, secret="a secret")
        seen.add(token)
    assert len(seen) == 10_000
    assert {len(kept) for kept in seen} == {43}


def test_a_successor_is_told_by_nobody_without_the_secret() -> None:
    assert devices.successor("token", secret="ours") != devices.successor("token", secret="theirs")


def test_no_text_of_a_session_shows_its_token() -> None:
    device = devices.Device(uuid4(), uuid4(), "aal1", [{"method": "password", "timestamp": 1}], False, False)
    assert "very secret" not in repr(devices.Continued(device, "very secret"))
