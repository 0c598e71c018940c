"""Errors as pages."""

import pytest
from starlette.requests import Request

from carebase import errors
from carebase.web import csrf, failures, rendering, static

NAMES = static.Names({"app.css": "app.css", "favicon.svg": "favicon.svg"})
RENDERER = rendering.Renderer(names=NAMES)


def a_request(
    path: str = "/cases/c-1", *, method: str = "GET", accept: str = "text/html", language: str = "fr"
) -> Request:
    return Request(
        {
            "type": "http",
            "method": method,
            "scheme": "http",
            "server": ("127.0.0.1", 8000),
            "path": path,
            "query_string": b"",
            "headers": [(b"accept", accept.encode()), (b"accept-language", language.encode())],
            "state": {"request_id": "r-77"},
        }
    )


@pytest.mark.parametrize(
    ("error", "french", "english"),
    [
        (errors.NotFound(), "Page introuvable", "Page not found"),
        (errors.Conflict(), "Le dossier a changé entre-temps", "The case has changed in the meantime"),
        (errors.TooLarge(), "Envoi trop volumineux", "Too large"),
        (errors.TooMany(retry_after_seconds=20), "Trop de demandes", "Too many requests"),
        (errors.CareError(), "Une erreur s’est produite de notre côté", "Something went wrong on our side"),
        (csrf.ForeignForm(), "Envoi refusé", "Refused"),
    ],
)
def test_each_error_has_its_words_in_both_languages(error: errors.CareError, french: str, english: str) -> None:
    for language, title in (("fr", french), ("en", english)):
        answer = failures.page(RENDERER, a_request(language=language), error)
        assert answer.status_code == error.status
        assert f'<h1 class="cb-heading">{title}</h1>' in bytes(answer.body).decode()


def test_an_error_of_ours_shows_the_request_and_nothing_of_its_cause() -> None:
    answer = failures.page(RENDERER, a_request(), errors.CareError(details="relation cases", hint="ask the operator"))
    page = bytes(answer.body).decode()
    assert "r-77" in page
    assert "relation cases" not in page


def test_who_asks_too_often_is_told_when_to_come_back() -> None:
    answer = failures.page(RENDERER, a_request(), errors.TooMany(retry_after_seconds=20))
    assert answer.headers["retry-after"] == "20"
    assert "dans 20 secondes" in bytes(answer.body).decode()


def test_who_is_not_signed_in_goes_to_sign_in_and_comes_back() -> None:
    answer = failures.page(RENDERER, a_request("/cases/c-1"), errors.NotSignedIn())
    assert answer.status_code == 303
    assert answer.headers["location"] == "/login?next=%2Fcases%2Fc-1"


def test_a_form_is_not_repeated_after_signing_in() -> None:
    answer = failures.page(RENDERER, a_request("/cases/c-1/analysis", method="POST"), errors.NotSignedIn())
    assert answer.headers["location"] == "/login"


def test_programs_get_no_page() -> None:
    assert failures.wants_page(a_request("/cases/c-1"))
    assert not failures.wants_page(a_request("/api/cases/c-1"))
    assert not failures.wants_page(a_request("/cases/c-1", accept="application/json"))


@pytest.mark.parametrize(
    "given",
    [None, "", "cases", "//evil.example", "/\\evil.example", "https://evil.example", "/a\r\nb", "/login?next=/login"],
)
def test_signing_in_never_leads_to_another_site(given: str | None) -> None:
    assert failures.safe_next(given) == "/cases"
