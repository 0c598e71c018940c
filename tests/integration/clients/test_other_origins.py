"""A browser on a page of another origin, such as document 003's portal, uses the accounts service."""

from __future__ import annotations

import httpx
import pytest

PORTAL = "http://portal.example:3000"
# What supabase-js 2.109 sends with a sign-in.
SENT = "apikey,authorization,content-type,x-client-info,x-supabase-api-version"


def test_a_browser_is_told_before_that_it_may_sign_in_from_another_page(deployment):
    asked = {"Origin": PORTAL, "Access-Control-Request-Method": "POST", "Access-Control-Request-Headers": SENT}
    answer = httpx.options(f"{deployment.address}/auth/v1/token?grant_type=password", headers=asked)
    allowed = {name.strip().lower() for name in answer.headers["Access-Control-Allow-Headers"].split(",")}
    assert answer.status_code == 204
    assert answer.headers["Access-Control-Allow-Origin"] == "*"
    assert "POST" in answer.headers["Access-Control-Allow-Methods"]
    assert allowed >= set(SENT.split(","))


@pytest.mark.parametrize(
    ("method", "path", "status"),
    [
        ("GET", "/auth/v1/health", 200),
        ("POST", "/auth/v1/token?grant_type=password", 400),
        ("GET", "/auth/v1/user", 401),
        ("GET", "/auth/v1/nothing", 404),
    ],
)
def test_a_page_of_another_origin_reads_answers_and_refusals_but_sends_no_cookies(deployment, method, path, status):
    headers = {"Origin": PORTAL, "apikey": deployment.anon_key}
    answer = httpx.request(method, deployment.address + path, headers=headers)
    assert answer.status_code == status
    assert answer.headers.get_list("Access-Control-Allow-Origin") == ["*"]
    assert "Access-Control-Allow-Credentials" not in answer.headers
    assert "X-Total-Count" in answer.headers["Access-Control-Expose-Headers"]


def test_a_page_of_another_origin_reads_none_of_our_pages(deployment):
    answer = httpx.get(f"{deployment.address}/cases", headers={"Origin": PORTAL})
    assert "Access-Control-Allow-Origin" not in answer.headers
