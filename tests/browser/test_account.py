"""The pages of accounts in Chromium: what happens to a session that nobody uses, and forms without a script."""

from __future__ import annotations

import re
from urllib.parse import parse_qs

import pytest
from playwright.sync_api import Page, Request, expect
from tests.browser.conftest import Watched

WORDS = {
    "fr": {
        "still": "Toujours là ?",
        "stay": "Rester connecté",
        "two": "Encore deux minutes.",
        "one": "Encore une minute.",
    },
    "en": {"still": "Still there?", "stay": "Stay signed in", "two": "Two more minutes.", "one": "One more minute."},
}
MINUTE = 60


def asked(page: Page, path: str) -> list[Request]:
    """The requests to an address, from now on."""
    found: list[Request] = []
    page.on("request", lambda request: found.append(request) if request.url.endswith(path) else None)
    return found


def pass_minutes(page: Page, minutes: float) -> None:
    page.clock.run_for(int(minutes * MINUTE * 1000))


@pytest.fixture
def timed(watched: Watched) -> Watched:
    """A page whose clock stands in the test's hand."""
    watched.page.clock.install()
    return watched


@pytest.mark.parametrize("language", ["fr", "en"])
def test_the_warning_comes_two_minutes_before_the_end_and_is_answered_by_the_keyboard(
    timed: Watched, language: str
) -> None:
    words, page = WORDS[language], timed.open(f"/account/profile?lang={language}")
    stays = asked(page, "/account/stay")
    dialog = page.get_by_role("alertdialog", name=words["still"])
    pass_minutes(page, 17.9)
    expect(dialog).to_be_hidden()
    pass_minutes(page, 0.2)
    expect(dialog).to_be_visible()
    expect(dialog.locator("[data-left]")).to_have_text(words["two"])
    assert timed.violations() == []
    pass_minutes(page, 1)
    expect(dialog.locator("[data-left]")).to_have_text(words["one"])
    expect(page.get_by_role("button", name=words["stay"])).to_be_focused()
    page.keyboard.press("Enter")
    expect(dialog).to_be_hidden()
    assert [request.method for request in stays] == ["POST"]
    pass_minutes(page, 17)
    expect(dialog).to_be_hidden()
    assert timed.complaints == []


def test_a_page_that_nobody_answers_for_is_emptied_and_signed_out(timed: Watched) -> None:
    page = timed.open("/account/profile")
    outs = asked(page, "/logout")
    pass_minutes(page, 20.1)
    page.wait_for_url("**/login?next=%2Faccount%2Fprofile&said=idle")
    assert [request.method for request in outs] == ["POST"]
    assert page.get_by_text("personne ne l’utilisait plus").is_visible()


def test_who_writes_for_long_is_not_disturbed(timed: Watched) -> None:
    page = timed.open("/account/profile")
    stays = asked(page, "/account/stay")
    for _ in range(5):
        page.locator("#full_name").press("a")
        pass_minutes(page, 5)
    expect(page.get_by_role("alertdialog")).to_be_hidden()
    assert len(stays) == 5


def test_what_is_being_written_is_kept_on_the_server_before_the_end(timed: Watched) -> None:
    page = timed.open("/cases/new")
    keeps = asked(page, "/drafts/new_case")
    pass_minutes(page, 18.1)
    # An empty form is nobody's work.
    expect(page.get_by_role("alertdialog")).to_be_visible()
    assert keeps == []
    page.keyboard.press("Enter")
    page.locator("#patient_name").fill("Thérèse")
    page.locator("#case_summary").fill("Fatigue")
    pass_minutes(page, 18.1)
    expect(page.get_by_role("alertdialog")).to_be_visible()
    (kept,) = keeps
    assert kept.headers["x-carebase-poll"] == "1"
    fields = parse_qs(kept.post_data)
    assert (fields["patient_name"], fields["case_summary"]) == (["Thérèse"], ["Fatigue"])
    assert "idempotency_key" not in fields
    pass_minutes(page, 2)
    page.wait_for_url("**/login?next=%2Fcases%2Fnew&said=idle")
    assert len(keeps) == 1
    assert page.evaluate("[localStorage.length, sessionStorage.length]") == [0, 0]


def test_a_tab_in_use_keeps_the_others_open(timed: Watched) -> None:
    page, other = timed.open("/account/profile"), timed.page.context.new_page()
    pass_minutes(page, 18.1)
    expect(page.get_by_role("alertdialog")).to_be_visible()
    other.goto(f"{timed.address}/account/security")
    expect(page.get_by_role("alertdialog")).to_be_hidden()


def test_signing_out_in_one_tab_empties_the_others(watched: Watched) -> None:
    page, other = watched.open("/account/profile"), watched.page.context.new_page()
    other.goto(f"{watched.address}/account/security")
    other.get_by_role("button", name="Se déconnecter").click()
    page.wait_for_url("**/login?next=*&said=out")


def test_nobody_is_warned_who_is_not_signed_in(timed: Watched) -> None:
    page = timed.open("/login")
    pass_minutes(page, 30)
    assert page.get_by_role("alertdialog").count() == 0
    assert page.url.endswith("/login")


def test_removing_a_factor_asks_twice_without_a_script(without_script: Watched) -> None:
    page = without_script.open("/account/security")
    button = page.get_by_role("button", name="Retirer ce second facteur").first
    expect(button).to_be_hidden()
    page.locator(".cb-sure summary").first.click()
    expect(button).to_be_visible()


def test_the_square_code_is_drawn_under_the_page_s_own_policy(watched: Watched) -> None:
    page = watched.open("/account/factors/app")
    box = page.locator(".cb-qr svg").bounding_box()
    assert box is not None
    assert box["width"] > 150
    assert watched.complaints == []
    assert watched.foreign == []


def test_a_sheet_is_printed_alone(watched: Watched) -> None:
    for path in ("/account/sheet", "/patients/1/sheet"):
        page = watched.open(path)
        page.emulate_media(media="print")
        expect(page.get_by_text("ACDE-FGHJ-KMNP")).to_be_visible()
        for hidden in (".cb-settings__nav", "text=Je les ai gardés", ".cb-header", ".cb-footer"):
            assert page.locator(hidden).first.is_hidden()
        printed = page.pdf(prefer_css_page_size=True)
        pages = re.findall(rb"/MediaBox ?\[ ?0 0 ([0-9.]+) ([0-9.]+) ?\]", printed)
        # One page of A5, in points.
        assert [(round(float(width)), round(float(height))) for width, height in pages] == [(420, 595)]


@pytest.mark.parametrize("path", ["/login", "/register", "/account/profile", "/account/security"])
def test_fields_say_what_a_password_manager_may_fill_in(path: str, watched: Watched) -> None:
    page = watched.open(path)
    kinds = page.locator("main input[type=password]").evaluate_all("all => all.map(one => one.autocomplete)")
    assert set(kinds) <= {"current-password", "new-password"}
    assert kinds
