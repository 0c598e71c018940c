"""The headers on every answer."""

from starlette.datastructures import MutableHeaders

from carebase.web import headers


def completed(path: str = "/cases", scheme: str = "http", **own: str) -> MutableHeaders:
    answer = MutableHeaders({name.replace("_", "-"): value for name, value in own.items()})
    return MutableHeaders(raw=headers.completed(answer.raw, path=path, scheme=scheme))


def test_a_page_runs_only_our_own_scripts_and_styles() -> None:
    assert completed()["content-security-policy"] == (
        "default-src 'self'; script-src 'self'; style-src 'self'; object-src 'none'; base-uri 'none'; "
        "form-action 'self'; frame-ancestors 'none'"
    )


def test_the_viewers_of_the_api_may_set_styles_but_run_no_foreign_script() -> None:
    policy = completed("/docs")["content-security-policy"]
    assert "style-src 'self' 'unsafe-inline'" in policy
    assert "script-src 'self';" in policy
    assert "http" not in policy


def test_only_the_viewers_are_let_off() -> None:
    assert "unsafe-inline" not in headers.policy_text("/docs/../cases")
    assert "unsafe-inline" not in headers.policy_text("/docsx")


def test_no_answer_is_stored_unless_it_says_so() -> None:
    assert completed()["cache-control"] == "no-store"
    assert completed(Cache_Control="public, max-age=60")["cache-control"] == "public, max-age=60"


def test_https_is_remembered_and_plain_http_is_not_told_to() -> None:
    assert "includeSubDomains" in completed(scheme="https")["strict-transport-security"]
    assert "strict-transport-security" not in completed()


def test_types_are_not_guessed_and_addresses_not_passed_on() -> None:
    answer = completed()
    assert answer["x-content-type-options"] == "nosniff"
    assert answer["referrer-policy"] == "same-origin"
    assert answer["cross-origin-opener-policy"] == "same-origin"
