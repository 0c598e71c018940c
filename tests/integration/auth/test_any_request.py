"""Whatever is sent to the routes that people come in by, the answer is a refusal and never a failure."""

from __future__ import annotations

import asyncio

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

TEXTS = st.one_of(
    st.text(max_size=80),
    st.sampled_from(
        ["", "amina@example.org", "signup", "recovery", "email", "email_change", "123456", "s256", "\x00", "pkce_x"]
    ),
)
NAMES = ("email", "phone", "password", "type", "token", "token_hash", "code_challenge", "code_challenge_method",
         "auth_code", "code_verifier", "refresh_token", "nonce", "name", "code", "create_user", "data")  # fmt: skip
VALUES = st.one_of(
    TEXTS,
    st.none(),
    st.booleans(),
    st.integers(),
    st.lists(TEXTS, max_size=2),
    st.dictionaries(TEXTS, TEXTS, max_size=2),
)
BODIES = st.dictionaries(st.sampled_from(NAMES), VALUES, max_size=5)
ROUTES = ("signup", "otp", "magiclink", "recover", "resend", "verify", "token?grant_type=password",
          "token?grant_type=pkce", "token?grant_type=paper_code", "token?grant_type=refresh_token")  # fmt: skip


def some(strategy):
    """A few values, drawn before the loop is in use."""
    drawn = []

    @settings(max_examples=25, deadline=None, database=None)
    @given(strategy)
    def draw(value):
        drawn.append(value)

    draw()
    return drawn


@pytest.mark.parametrize("route", ROUTES)
async def test_any_body_is_answered(client, service, route):
    service.govern(is_confirmed_at_once=False, is_phone_allowed=True)
    statuses: set[int] = set()

    async def ask(body):
        answer = await client.post(f"/auth/v1/{route}", json=body)
        statuses.add(answer.status_code)
        assert answer.status_code < 500, (route, body, answer.text)

    await asyncio.gather(*(ask(body) for body in some(BODIES)))

    assert statuses


async def test_any_link_is_answered_with_a_way_to_the_site(client):
    for link in some(st.fixed_dictionaries({"token": TEXTS, "type": TEXTS, "redirect_to": TEXTS})):
        answer = await client.get("/auth/v1/verify", params=link)
        assert answer.status_code == 303
        assert answer.headers["location"].startswith("http://localhost:8000?error=access_denied&")


@pytest.mark.parametrize("route", ["signup", "otp", "magiclink"])
@pytest.mark.parametrize(
    "data",
    [
        {"a": "\x00"},
        {"\x00": 1},
        {"a": {"b": ["\x00"]}},
        {"a": 1e300},
        {"a": [-(2**63)]},
        {"a": 2**64},
        {"a": "x" * 5000},
        {"a": [[[[[[[[[[[[[[[[[[[[[[[[[1]]]]]]]]]]]]]]]]]]]]]]]]]},
    ],
)
async def test_what_somebody_says_of_itself_is_kept_or_refused(client, steps, service, route, data):
    service.govern(is_confirmed_at_once=False)

    answer = await client.post(
        f"/auth/v1/{route}", json={"email": "amina@example.org", "password": steps.PASSWORD, "data": data}
    )

    assert answer.status_code in {200, 400}, answer.text
