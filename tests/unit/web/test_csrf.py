"""Forms that other sites send are refused."""

import pytest
from starlette.requests import Request
from starlette.responses import Response

from carebase.web import csrf


def a_request(method: str = "POST", scheme: str = "http", **headers: str) -> Request:
    pairs = {"host": "care.example:8000"} | {name.replace("_", "-"): value for name, value in headers.items()}
    return Request(
        {
            "type": "http",
            "method": method,
            "scheme": scheme,
            "server": ("care.example", 8000),
            "path": "/cases/new",
            "query_string": b"",
            "headers": [(name.encode(), value.encode()) for name, value in pairs.items()],
        }
    )


@pytest.mark.parametrize(
    "headers",
    [
        {"sec_fetch_site": "cross-site"},
        {"sec_fetch_site": "same-site"},
        {"origin": "https://evil.example"},
        {"origin": "null"},
        {"origin": "http://care.example"},
        {"origin": "http://care.example:8000.evil.example"},
        {"origin": "http://care.example:8000", "sec_fetch_site": "cross-site"},
        {"origin": "http://care.example:8000", "host": ""},
    ],
)
def test_a_change_from_elsewhere_is_refused(headers: dict[str, str]) -> None:
    with pytest.raises(csrf.ForeignForm):
        csrf.check_origin(a_request(**headers))


@pytest.mark.parametrize(
    "headers",
    [
        {},
        {"sec_fetch_site": "same-origin", "origin": "http://care.example:8000"},
        {"origin": "https://CARE.example:8000"},
        {"sec_fetch_site": "none"},
    ],
)
def test_a_change_from_our_own_page_is_taken(headers: dict[str, str]) -> None:
    csrf.check_origin(a_request(**headers))


def test_reading_is_not_a_change() -> None:
    csrf.check_origin(a_request("GET", sec_fetch_site="cross-site"))


def test_the_token_of_the_form_has_to_be_the_cookies() -> None:
    request = a_request(cookie="carebase_form=secret")
    csrf.check_token(request, "secret")
    for sent in ("Secret", "", None, b"secret"):
        with pytest.raises(csrf.ForeignForm):
            csrf.check_token(request, sent)


def test_two_missing_tokens_are_not_equal() -> None:
    for cookie in ("", "carebase_form="):
        with pytest.raises(csrf.ForeignForm):
            csrf.check_token(a_request(cookie=cookie), "")


def test_a_new_visitor_gets_the_token_of_the_page_as_a_cookie() -> None:
    request, response = a_request("GET", "https"), Response()
    token = csrf.token(request)
    csrf.remember(request, response)
    assert token == csrf.token(request)
    assert len(token) >= 43
    assert response.headers["set-cookie"].startswith(f"__Host-carebase_form={token};")


def test_a_page_without_a_form_sets_no_cookie() -> None:
    response = Response()
    csrf.remember(a_request("GET"), response)
    assert "set-cookie" not in response.headers


def test_a_returning_visitor_keeps_the_token() -> None:
    request, response = a_request("GET", cookie="carebase_form=secret"), Response()
    assert csrf.token(request) == "secret"
    csrf.remember(request, response)
    assert "set-cookie" not in response.headers
