"""Every page: accessible, in its window, silent, and asking nobody else."""

from __future__ import annotations

import pytest
from tests.browser import account_gallery, admin_gallery
from tests.browser.conftest import Watched

PAGES = {
    **{path: path for path in (*account_gallery.PAGES, *admin_gallery.PAGES)},
    **{
        f"{path} with mistakes": f"{path}?wrong=1"
        for path in (*account_gallery.WITH_MISTAKES, *admin_gallery.WITH_MISTAKES)
    },
    "worklist": "/cases",
    "worklist empty": "/cases?empty=1",
    "worklist filtered": "/cases?status=failed",
    "new case": "/cases/new",
    "new case with mistakes": "/cases/new?mistakes=1",
    "new case with a draft": "/cases/new?kept=1",
    "case": "/cases/c-7Qm2",
    "case in work": "/cases/c-2",
    "case failed": "/cases/c-3",
    "page of a report": "/cases/c-7Qm2/files/f-lab/pages/1?hl=s4&line=10",
    "image": "/cases/c-7Qm2/files/f-xray/pages/1",
    "not found": "/failure/404",
    "changed meanwhile": "/failure/409",
    "too large": "/failure/413",
    "too many": "/failure/429",
    "broken": "/failure/500",
}
FIRST_LOAD_BYTES = 100_000


def in_language(path: str, language: str) -> str:
    return f"{path}{'&' if '?' in path else '?'}lang={language}"


@pytest.mark.parametrize("language", ["fr", "en"])
@pytest.mark.parametrize("name", PAGES)
def test_axe_finds_nothing(name: str, language: str, watched: Watched) -> None:
    for width in (1280, 320):
        watched.page.set_viewport_size({"width": width, "height": 900})
        watched.open(in_language(PAGES[name], language))
        assert watched.violations() == []
    assert watched.complaints == []
    assert watched.foreign == []


@pytest.mark.parametrize("name", PAGES)
def test_nothing_is_cut_off_on_a_phone_or_at_twice_the_size(name: str, watched: Watched) -> None:
    for width in (320, 640):
        watched.page.set_viewport_size({"width": width, "height": 900})
        page = watched.open(PAGES[name])
        assert page.evaluate("document.documentElement.scrollWidth") <= width


@pytest.mark.parametrize("name", ["worklist", "new case", "case"])
def test_a_page_is_light_enough_for_a_slow_line(name: str, watched: Watched) -> None:
    sizes: list[int] = []
    watched.page.on(
        "requestfinished",
        lambda request: sizes.append(request.sizes()["responseBodySize"] + request.sizes()["responseHeadersSize"]),
    )
    watched.open(PAGES[name]).wait_for_load_state("networkidle")
    assert sum(sizes) < FIRST_LOAD_BYTES


def test_a_keyboard_reaches_the_content_first(watched: Watched) -> None:
    page = watched.open("/cases")
    page.keyboard.press("Tab")
    assert page.evaluate("document.activeElement.textContent.trim()") == "Aller au contenu"
    page.keyboard.press("Enter")
    page.keyboard.press("Tab")
    assert page.evaluate("document.activeElement.textContent.trim()") == "Nouveau dossier"
    assert page.evaluate("document.activeElement.closest('main') !== null")


def test_a_finding_is_followed_to_its_line_with_the_keyboard(watched: Watched) -> None:
    page = watched.open("/cases/c-7Qm2")
    page.locator("#alerts a").first.focus()
    page.keyboard.press("Enter")
    page.wait_for_url("**/files/f-lab/pages/1?hl=s1&line=*")
    assert page.locator("blockquote").inner_text() == "Hemoglobine 6,4 g/dL 12,0 - 15,5"
    picture = page.locator("main img")
    assert picture.evaluate("image => image.complete && image.naturalWidth") > 800
    assert picture.get_attribute("alt") == "Page 1 de NFS_ferritine_2026-03-11.pdf, en image"


def test_the_highlight_is_drawn_on_the_picture(watched: Watched) -> None:
    def yellow() -> int:
        return int(
            watched.page.locator("main img").evaluate(
                """image => {
                    const canvas = document.createElement("canvas");
                    canvas.width = image.naturalWidth; canvas.height = image.naturalHeight;
                    const context = canvas.getContext("2d");
                    context.drawImage(image, 0, 0);
                    const pixels = context.getImageData(0, 0, canvas.width, canvas.height).data;
                    let count = 0;
                    for (let at = 0; at < pixels.length; at += 4)
                        if (pixels[at] > 240 && pixels[at + 1] > 200 && pixels[at + 2] < 60) count += 1;
                    return count;
                }"""
            )
        )

    watched.open("/cases/c-7Qm2/files/f-lab/pages/1?hl=s4&line=10")
    assert yellow() > 1000
    watched.open("/cases/c-7Qm2/files/f-lab/pages/1")
    assert yellow() == 0


def test_the_list_is_filtered_in_place_and_the_address_follows(watched: Watched) -> None:
    page = watched.open("/cases")
    page.select_option("#status", "failed")
    with page.expect_response("**/cases?status=failed") as answered:
        page.get_by_role("button", name="Filtrer").click()
    assert answered.value.request.headers["hx-request"] == "true"
    page.wait_for_url("**/cases?status=failed")
    assert page.locator("tbody tr").count() == 1
    assert page.locator("h1").count() == 1
    assert watched.complaints == []


def test_the_list_is_filtered_without_scripts(without_script: Watched) -> None:
    page = without_script.open("/cases")
    page.select_option("#status", "failed")
    page.get_by_role("button", name="Filtrer").click()
    page.wait_for_url("**/cases?status=failed")
    assert page.locator("tbody tr").count() == 1


def test_every_section_of_a_case_is_there_without_scripts(without_script: Watched) -> None:
    page = without_script.open("/cases/c-7Qm2")
    for section in ("summary", "soap", "diagnosis", "labs", "imaging", "files", "own"):
        assert page.locator(f"section#{section}").is_visible()
    page.locator("#alerts a").first.click()
    page.wait_for_url("**/files/f-lab/pages/1?hl=s1&line=*")


def test_a_case_in_work_can_be_reloaded_without_scripts(without_script: Watched) -> None:
    page = without_script.open("/cases/c-2")
    page.get_by_role("link", name="Recharger").click()
    assert page.locator("#progress-title").inner_text() == "Analyse en cours"


def test_a_file_that_is_too_large_is_named_before_it_is_sent(watched: Watched) -> None:
    page = watched.open("/cases/new")
    files = [
        {"name": "grand.pdf", "mimeType": "application/pdf", "buffer": b"x" * (25 * 1024 * 1024 + 1)},
        {"name": "petit.pdf", "mimeType": "application/pdf", "buffer": b"x" * 2_000_000},
    ]
    page.set_input_files("#lab_files", files)
    assert page.locator("[data-chosen=lab_files] li").all_inner_texts() == [
        "grand.pdf\nCe fichier est trop volumineux.",
        "petit.pdf\n2,0 Mo",
    ]
    assert page.locator("#lab_files").evaluate("input => input.validationMessage") == "Ce fichier est trop volumineux."


def test_mistakes_take_the_focus(watched: Watched) -> None:
    page = watched.open("/cases/new?mistakes=1")
    assert page.evaluate("document.activeElement.className") == "nhsuk-error-summary"
    page.get_by_role("link", name="Indiquez le nom du patient.").click()
    assert page.evaluate("document.activeElement.id") == "patient_name"


def test_a_person_without_a_choice_is_met_in_french(watched: Watched, chromium: object) -> None:
    context = chromium.new_context(locale="de-DE")  # type: ignore[attr-defined]
    page = Watched(context, watched.address).open("/cases")
    assert page.locator("html").get_attribute("lang") == "fr"
    page.get_by_role("link", name="English").click()
    assert page.locator("h1").inner_text() == "Cases"
    page.get_by_role("link", name="New case").first.click()
    assert page.locator("html").get_attribute("lang") == "en"
    context.close()
