"""Where a browser may be sent after a link."""

from __future__ import annotations

from urllib.parse import parse_qs, urlsplit

import pytest
from hypothesis import given
from hypothesis import strategies as st

from carebase.auth import links, redirects, refused
from carebase.auth.policy import Policy

SITE = "https://care.example.org"
POLICY = Policy(
    site_address=SITE,
    redirect_addresses=(
        "https://app.example.org/callback",
        "https://app.example.org/*/done",
        "https://*.example.org/star",
        "carebase://login",
        "javascript:alert(1)",
    ),
)


@pytest.mark.parametrize(
    "asked",
    [
        SITE,
        f"{SITE}/",
        f"{SITE}/account/reset?from=mail&x=%20",
        f"{SITE}?next=/cases",
        "https://app.example.org/callback",
        "https://app.example.org/fr/done",
        "carebase://login",
    ],
)
def test_an_address_of_the_site_or_on_the_list_is_followed(asked):
    assert redirects.allowed(POLICY, asked) == asked


@pytest.mark.parametrize(
    "asked",
    [
        None,
        "",
        "/account",
        "//evil.example",
        "https://evil.example/",
        f"{SITE}.evil.example/",
        f"{SITE}@evil.example/",
        f"{SITE}:443@evil.example/",
        f"{SITE}:8443/",
        "http://care.example.org/",
        f"{SITE}\\.evil.example/",
        f"{SITE}/\\evil.example",
        f"{SITE}/a\tb",
        f"{SITE}/a\r\nSet-Cookie: x=y",
        f"{SITE}/#access_token=stolen",
        f"{SITE}/é",
        "https://app.example.org/callback/",
        "https://app.example.org/callback?x=1",
        "https://app.example.org/fr/nl/done",
        "https://app.example.org/../done",
        "https://app.example.org/%2e%2e/done",
        "https://app.example.org//done",
        "https://app.example.org/fr/done#x",
        "https://evil.example.org/star",
        "https://x@app.example.org/callback",
        "javascript:alert(1)",
        "carebase://login/x",
        f"{SITE}/" + "a" * 2100,
    ],
)
def test_any_other_address_gives_way_to_the_sites(asked):
    assert redirects.allowed(POLICY, asked) == SITE
    assert links.end(POLICY, asked) == links.own_page(POLICY)


@given(
    st.text() | st.from_regex(rf"\A{SITE}.{{0,40}}\Z") | st.from_regex(r"\Ahttps://app\.example\.org/.{0,20}/done\Z")
)
def test_a_browser_never_ends_on_another_host(asked):
    followed = urlsplit(redirects.allowed(POLICY, asked))

    assert followed.hostname in {"care.example.org", "app.example.org", "login"}
    assert followed.username is None
    assert followed.fragment == ""


@given(st.text(st.characters(codec="utf-8")), st.text(st.characters(codec="utf-8")))
def test_what_a_link_carries_is_read_as_it_was_written(token, redirect_to):
    link = urlsplit(links.verify_link(POLICY, token, token_type="recovery", redirect_to=redirect_to))

    assert f"{link.scheme}://{link.netloc}{link.path}" == f"{SITE}/auth/v1/verify"
    assert parse_qs(link.query, keep_blank_values=True) == {
        "token": [token],
        "type": ["recovery"],
        "redirect_to": [redirect_to],
    }


def test_a_code_joins_a_query_that_is_there():
    assert redirects.with_code(f"{SITE}/?next=1", "abc") == f"{SITE}/?next=1&code=abc"


def test_a_refusal_is_told_in_the_query_and_behind_the_hash():
    told = urlsplit(redirects.with_error(SITE, refused.Banned()))

    expected = {"error": ["access_denied"], "error_code": ["user_banned"], "error_description": ["User is banned"]}
    assert parse_qs(told.query) == parse_qs(told.fragment) == expected
