"""The cookies of a signed-in person."""

from starlette.requests import Request
from starlette.responses import Response

from carebase.web import cookies

TOKENS = cookies.SessionTokens(access="aaa", refresh="rrr")


def a_request(scheme: str = "https", cookie: str = "") -> Request:
    return Request(
        {
            "type": "http",
            "method": "GET",
            "scheme": scheme,
            "server": ("care.example", 443),
            "path": "/",
            "query_string": b"",
            "headers": [(b"cookie", cookie.encode())],
        }
    )


def kept(scheme: str) -> list[str]:
    response = Response()
    cookies.keep(a_request(scheme), response, TOKENS)
    return response.headers.getlist("set-cookie")


def test_on_https_they_belong_to_this_host_alone() -> None:
    for cookie in kept("https"):
        assert cookie.startswith("__Host-carebase_")
        assert {"Secure", "HttpOnly", "SameSite=lax", "Path=/"} <= set(cookie.split("; "))
        assert "Domain" not in cookie


def test_on_plain_http_they_have_no_prefix_that_a_browser_would_refuse() -> None:
    for cookie in kept("http"):
        assert cookie.startswith("carebase_")
        assert "Secure" not in cookie
        assert {"HttpOnly", "SameSite=lax"} <= set(cookie.split("; "))


def test_what_was_kept_is_read_back() -> None:
    assert cookies.read(a_request(cookie="__Host-carebase_access=aaa; __Host-carebase_refresh=rrr")) == TOKENS


def test_on_https_a_cookie_without_the_prefix_is_not_believed() -> None:
    assert cookies.read(a_request(cookie="carebase_access=aaa; carebase_refresh=rrr")) is None


def test_tokens_do_not_show_in_a_log() -> None:
    assert "aaa" not in repr(TOKENS)
    assert "rrr" not in str(TOKENS)


def test_forgetting_ends_both() -> None:
    response = Response()
    cookies.forget(a_request(), response)
    ended = response.headers.getlist("set-cookie")
    assert len(ended) == 2
    assert all("Max-Age=0" in cookie and "Secure" in cookie for cookie in ended)
