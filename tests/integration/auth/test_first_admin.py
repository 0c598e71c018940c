"""The first administrator: made once, and on the machine itself."""

import asyncio

import pytest
from starlette.requests import Request

from carebase.auth import admin_refused, first_admin
from carebase.auth.callers import Caller
from carebase.settings import Settings

CALLER = Caller(address="127.0.0.1")
PASSWORD = "correct horse battery staple"


def request(*, peer="127.0.0.1", host="localhost:8000", **headers):
    named = {"host": host, **{name.replace("_", "-"): value for name, value in headers.items()}}
    head = [(name.encode(), value.encode()) for name, value in named.items()]
    return Request({"type": "http", "client": (peer, 4000) if peer else None, "headers": head})


@pytest.mark.parametrize(
    ("asked", "chosen", "is_here"),
    [
        (request(), {}, True),
        (request(peer="::1", host="[::1]:8000"), {}, True),
        (request(host="127.0.0.1:8000"), {"site_url": "https://localhost:8443"}, True),
        (request(peer="192.0.2.1"), {}, False),
        (request(peer=None), {}, False),
        (request(peer="unix"), {}, False),
        (request(host="care.example.org"), {}, False),
        (request(host="localhost.evil.example"), {}, False),
        (request(host="localhost@evil.example"), {}, False),
        (request(host="[::1"), {}, False),
        (request(host=""), {}, False),
        (request(x_forwarded_for="127.0.0.1"), {}, False),
        (request(forwarded="for=127.0.0.1"), {}, False),
        (request(via="1.1 proxy"), {}, False),
        (request(), {"site_url": "https://care.example.org"}, False),
        (request(), {"trusted_proxies": "127.0.0.1"}, False),
    ],
)
def test_only_a_browser_on_the_machine_itself_is_here(tmp_path, asked, chosen, is_here):
    assert first_admin.is_here(asked, Settings(data=tmp_path, secret="s" * 40, **chosen)) is is_here


async def test_of_two_who_come_at_once_one_is_the_administrator_and_nobody_after(service):
    means = service.app.state.accounts
    assert await first_admin.is_needed(means)
    outcomes = await asyncio.gather(
        *(first_admin.make(means, f"boss{n}@example.org", PASSWORD, caller=CALLER) for n in range(2)),
        return_exceptions=True,
    )
    (refusal,) = [one for one in outcomes if isinstance(one, Exception)]
    assert isinstance(refusal, admin_refused.NotOperator)
    assert service.sql("select raw_app_meta_data ->> 'role' from auth.users") == [("admin",)]
    assert not await first_admin.is_needed(means)
    (opened,) = [one for one in outcomes if not isinstance(one, Exception)]
    assert opened.account.user.app_metadata["role"] == "admin"
    (row,) = service.recorded("create_account")
    assert row["details"]["by"] == "first run"
