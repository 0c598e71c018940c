"""Whom the program sees behind proxies."""

from __future__ import annotations

from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from carebase.web.proxies import TrustedProxies

TRUSTED = "10.0.0.0/8 127.0.0.1 fd00::/8"


async def seen(*headers: tuple[str, str], peer: str = "10.0.0.1", trusted: str = TRUSTED) -> tuple[str, str]:
    """Address and scheme that the application sees."""
    scopes: list[Any] = []

    async def application(scope: Any, _receive: Any, _send: Any) -> None:
        scopes.append(scope)

    given = [(name.lower().encode(), value.encode("latin-1")) for name, value in headers]
    scope = {"type": "http", "scheme": "http", "client": (peer, 4711), "headers": given}
    await TrustedProxies(application, trusted=trusted)(scope, None, None)  # type: ignore[arg-type]
    return scopes[0]["client"][0], scopes[0]["scheme"]


async def test_the_client_is_the_last_that_is_no_proxy_of_ours():
    assert await seen(("X-Forwarded-For", "198.51.100.9, 192.0.2.1, 10.0.0.7")) == ("192.0.2.1", "http")


async def test_several_lines_are_one_list():
    headers = (("X-Forwarded-For", "192.0.2.1"), ("X-Forwarded-For", "10.0.0.7"))
    assert (await seen(*headers))[0] == "192.0.2.1"


@pytest.mark.parametrize("peer", ["192.0.2.66", "2001:db8::66"])
async def test_nobody_else_is_believed(peer):
    headers = (("X-Forwarded-For", "198.51.100.9"), ("X-Forwarded-Proto", "https"))
    assert await seen(*headers, peer=peer) == (peer, "http")


@pytest.mark.parametrize("said", ["unknown", "", "192.0.2.1, <script>", "10.0.0.300", "192.0.2.1, "])
async def test_what_is_no_address_is_not_taken_for_one(said):
    assert (await seen(("X-Forwarded-For", said)))[0] == "10.0.0.1"


async def test_where_all_are_ours_the_farthest_is_the_client():
    assert (await seen(("X-Forwarded-For", "10.0.0.9, 10.0.0.7")))[0] == "10.0.0.9"


async def test_a_proxy_says_that_the_browser_spoke_https():
    assert (await seen(("X-Forwarded-Proto", "https")))[1] == "https"
    assert (await seen(("X-Forwarded-Proto", "https, HTTP")))[1] == "http"
    assert (await seen(("X-Forwarded-Proto", "javascript")))[1] == "http"


async def test_an_old_address_in_a_new_form_is_the_old_one():
    assert (await seen(("X-Forwarded-For", "192.0.2.1"), peer="::ffff:127.0.0.1"))[0] == "192.0.2.1"


@pytest.mark.parametrize("name", ["X-Real-IP", "Forwarded", "X-Client-IP", "True-Client-IP", "X-Forwarded-Host"])
async def test_other_headers_say_nothing(name):
    assert await seen((name, "198.51.100.9")) == ("10.0.0.1", "http")


@given(st.lists(st.text(st.characters(codec="latin-1"), max_size=20), max_size=5))
async def test_what_a_client_writes_never_gives_it_the_address_of_another(written: list[str]):
    """Our proxy adds whom it saw behind whatever came."""
    came = ", ".join([*written, "192.0.2.1"])
    assert (await seen(("X-Forwarded-For", came)))[0] == "192.0.2.1"
