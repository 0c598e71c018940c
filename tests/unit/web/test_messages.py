"""Sentences: all of them in both languages, and the reader's language found."""

import re
from datetime import UTC, datetime
from pathlib import Path

import pytest
from starlette.requests import Request
from starlette.responses import Response

from carebase.web import messages, zones

SOURCE = Path(messages.__file__).parents[1]
LOCALES = [
    messages.KIT_LOCALES,
    SOURCE / "apps/account/locales",
    SOURCE / "apps/admin/locales",
    SOURCE / "apps/cases/locales",
]
USED = re.compile(r"""\bt\(\s*["']([a-z0-9-]+)["']""")


def a_request(*, query: str = "", cookie: str = "", accept: str = "", path: str = "/cases") -> Request:
    pairs = {"cookie": cookie, "accept-language": accept}
    return Request(
        {
            "type": "http",
            "method": "GET",
            "scheme": "http",
            "server": ("127.0.0.1", 8000),
            "path": path,
            "query_string": query.encode(),
            "headers": [(name.encode(), value.encode()) for name, value in pairs.items() if value],
        }
    )


@pytest.mark.parametrize("directory", LOCALES, ids=lambda path: path.parent.name)
def test_each_sentence_stands_in_both_languages(directory: Path) -> None:
    assert messages.ids(directory, "fr") == messages.ids(directory, "en")


def test_every_sentence_that_a_page_asks_for_exists() -> None:
    known = messages.Messages(*LOCALES)
    files = [*SOURCE.glob("web/**/*.html"), *SOURCE.glob("apps/**/*.html"), *SOURCE.glob("apps/*/*.py")]
    asked = {key for file in files for key in USED.findall(file.read_text("utf-8"))}
    assert len(asked) > 100
    assert sorted(key for key in asked if not known.has("fr", key)) == []


def test_every_sentence_is_asked_for_somewhere() -> None:
    files = [*SOURCE.glob("web/**/*.html"), *SOURCE.glob("apps/**/*.html"), *SOURCE.glob("**/*.py")]
    text = "\n".join(file.read_text("utf-8") for file in files)
    composed = (
        "failure-", "reason-", "status-", "gender-", "pregnant-", "step-", "soap-",
        "flag-", "category-", "account-nav-", "admin-checkpoint-", "admin-done-", "admin-fact-",
        "admin-format-", "admin-nav-", "certificate-", "codes-", "confirm-", "done-",
        "factor-kind-", "invitation-", "refusal-password-", "reset-", "role-", "sent-", "sheet-",
        "sign-in-said-",
    )  # fmt: skip
    ids = {key for directory in LOCALES for key in messages.ids(directory, "fr")}
    assert (
        sorted(key for key in ids if f'"{key}"' not in text and f"'{key}'" not in text and not key.startswith(composed))
        == []
    )


def test_a_missing_sentence_is_an_error() -> None:
    with pytest.raises(messages.MissingSentenceError, match="no-such-thing"):
        messages.Messages(*LOCALES).text("fr", "no-such-thing")


def test_a_missing_value_is_an_error() -> None:
    with pytest.raises(messages.MissingSentenceError, match="alerts-title"):
        messages.Messages(*LOCALES).text("fr", "alerts-title")


def test_an_id_that_stands_twice_is_refused() -> None:
    with pytest.raises(ValueError, match="stand twice"):
        messages.Messages(messages.KIT_LOCALES, messages.KIT_LOCALES)


def test_french_counts_zero_as_one() -> None:
    known = messages.Messages(*LOCALES)
    assert known.text("fr", "age-days", count=0) == "0 jour"
    assert known.text("en", "age-days", count=0) == "0 days"


def test_french_is_the_language_of_those_who_ask_for_none() -> None:
    assert messages.choose(a_request()) == "fr"
    assert messages.choose(a_request(accept="de-DE")) == "fr"


def test_the_browser_is_asked_before_the_default() -> None:
    assert messages.choose(a_request(accept="en-US,en;q=0.9,fr;q=0.8")) == "en"
    assert messages.choose(a_request(accept="fr;q=0.1, en;q=x")) == "fr"


def test_the_switch_wins_over_the_cookie_and_the_cookie_over_the_browser() -> None:
    assert messages.choose(a_request(query="lang=fr", cookie="carebase_language=en", accept="en")) == "fr"
    assert messages.choose(a_request(cookie="carebase_language=en", accept="fr")) == "en"


def test_an_unknown_language_is_not_kept() -> None:
    response = Response()
    messages.remember(a_request(query="lang=xx"), response)
    assert "set-cookie" not in response.headers


def test_the_switch_is_kept_in_a_cookie_that_scripts_cannot_read() -> None:
    response = Response()
    messages.remember(a_request(query="lang=en"), response)
    assert response.headers["set-cookie"].startswith("carebase_language=en; HttpOnly;")


def test_the_switch_leads_to_the_same_page_and_keeps_its_filter() -> None:
    switches = messages.switches(a_request(query="status=failed"), {"fr": "Français", "en": "English"})
    assert switches == [("en", "English", "/cases?status=failed&lang=en")]


def test_a_time_is_told_on_the_reader_s_clocks_with_the_zone_s_name() -> None:
    known, when = messages.Messages(messages.KIT_LOCALES), datetime(2026, 3, 29, 0, 30, tzinfo=UTC)
    told = {
        (language, zone): known.reader(language, zone=zone).moment(when)
        for language, zone in (("en", "UTC"), ("fr", "Europe/Paris"), ("en", "America/New_York"))
    }
    assert told == {
        ("en", "UTC"): "29 Mar 2026, 00:30 (UTC)",
        # Summer time begins half an hour later.
        ("fr", "Europe/Paris"): "29 mars 2026, 01:30 (Europe/Paris)",
        ("en", "America/New_York"): "28 Mar 2026, 20:30 (America/New York)",
    }
    assert known.reader("en").moment(when, zone="Africa/Douala") == "29 Mar 2026, 01:30 (Africa/Douala)"


@pytest.mark.parametrize("kept", ["", "Nowhere/Atlantis", "../../etc/passwd", "Africa"])
def test_a_zone_that_is_none_is_utc(kept: str) -> None:
    assert zones.choose(a_request(cookie=f"{zones.COOKIE}={kept}")) == "UTC"
    assert zones.choose(a_request(cookie=f"{zones.COOKIE}=Africa/Douala")) == "Africa/Douala"
