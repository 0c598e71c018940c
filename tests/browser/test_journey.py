"""One clinician's way through the product, in each language, on the real server with its worker."""

from __future__ import annotations

import os
import re
import shutil
import signal
import socket
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator
from pathlib import Path

import pytest
from playwright.sync_api import Browser, Page, expect
from tests.browser.conftest import ROOT, Watched

SAMPLES = ROOT / "src/carebase/cli/samples"
START_SECONDS = 120
ANALYSIS_MILLISECONDS = 30_000

WORDS = {
    "fr": {
        "cases": "Dossiers",
        "new": "Nouveau dossier",
        "female": "Féminin",
        "open": "Ouvrir le dossier",
        "marked": "Passage surligné",
        "draft": "Brouillon généré automatiquement, non relu",
        "stranger": "Document d’un autre patient ?",
        "confirm": "Après vérification",
        "confirmed": "un clinicien a confirmé",
        "out": "Se déconnecter",
        "lab": "fr/bilan-biologique.pdf",
        "picture": "fr/radiographie-thoracique.png",
    },
    "en": {
        "cases": "Cases",
        "new": "New case",
        "female": "Female",
        "open": "Open the case",
        "marked": "Highlighted passage",
        "draft": "AI draft – not reviewed",
        "stranger": "Document of another patient?",
        "confirm": "I have checked",
        "confirmed": "a clinician (has )?confirmed",
        "out": "Sign out",
        "lab": "en/laboratory-report.pdf",
        "picture": "en/chest-radiograph.png",
    },
}


@pytest.fixture(scope="module")
def demo() -> Iterator[tuple[str, str, str]]:
    """A demo server of its own: address, e-mail address and password."""
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        port = free.getsockname()[1]
    # pytest's own folders are closed to others, and then root's database would live outside of them.
    folder = Path(tempfile.mkdtemp(prefix="carebase-demo-"))
    folder.chmod(0o755)
    environment = os.environ | {"CAREBASE_DATA": str(folder / "data"), "PORT": str(port), "PYTHONUNBUFFERED": "1"}
    environment.pop("DATABASE_URL", None)
    told = folder / "told"
    with told.open("wb") as output:
        server = subprocess.Popen(
            [sys.executable, "-m", "carebase.cli.main", "demo"],
            env=environment,
            stdout=output,
            stderr=subprocess.STDOUT,
        )
        try:
            found = _signed_in_by(told, server)
            yield f"http://localhost:{port}", found[1], found[2]
        finally:
            server.send_signal(signal.SIGINT)
            server.wait(timeout=60)
            shutil.rmtree(folder, ignore_errors=True)


def _signed_in_by(told: Path, server: subprocess.Popen[bytes]) -> re.Match[str]:
    until = time.monotonic() + START_SECONDS
    while time.monotonic() < until and server.poll() is None:
        found = re.search(r"^Sign in\s+(\S+)\s+(\S+)", told.read_text("utf-8", "replace"), re.MULTILINE)
        if found:
            return found
        time.sleep(0.2)
    raise AssertionError(f"the demo did not start:\n{told.read_text('utf-8', 'replace')[-2000:]}")


@pytest.fixture
def person(chromium: Browser, demo: tuple[str, str, str], request: pytest.FixtureRequest) -> Iterator[Watched]:
    context = chromium.new_context(viewport={"width": 1280, "height": 900}, locale=request.param)
    yield Watched(context, demo[0])
    context.close()


def sign_in(page: Page, demo: tuple[str, str, str]) -> None:
    page.fill("#email", demo[1])
    page.fill("#password", demo[2])
    page.locator("main button").click()
    page.wait_for_url("**/cases")


@pytest.mark.parametrize(("person", "language"), [("fr-FR", "fr"), ("en-GB", "en")], indirect=["person"])
def test_a_clinician_opens_a_case_and_follows_a_finding_to_its_line(
    person: Watched, language: str, demo: tuple[str, str, str]
) -> None:
    words = WORDS[language]
    page = person.open("/")
    sign_in(page, demo)
    assert page.locator("h1").inner_text() == words["cases"]
    assert person.violations() == []

    page.get_by_role("link", name=words["new"]).last.click()
    page.fill("#patient_name", "Essai Journée")
    page.fill("#birth_date", "1990-03-02")
    page.get_by_label(words["female"], exact=True).check()
    page.set_input_files("#lab_files", SAMPLES / words["lab"])
    page.set_input_files("#radiology_files", SAMPLES / words["picture"])
    page.get_by_role("button", name=words["open"]).click()
    page.wait_for_url(re.compile(r"/cases/(?!new)[^/]+$"))

    # The page comes up to date by itself, and says that the report carries another name.
    page.wait_for_selector("case-progress[data-status=completed]", state="attached", timeout=ANALYSIS_MILLISECONDS)
    assert page.get_by_text(words["draft"]).is_visible()
    assert page.get_by_text(words["stranger"]).is_visible()
    assert person.violations() == []
    page.get_by_role("button", name=re.compile(words["confirm"])).click()
    # The old draft stays readable while the new one is made, and the page reloads when it is there: both say it.
    said = page.get_by_text(re.compile(words["confirmed"], re.IGNORECASE)).first
    expect(said).to_be_visible(timeout=ANALYSIS_MILLISECONDS)
    page.wait_for_selector("case-progress[data-status=completed]", state="attached", timeout=ANALYSIS_MILLISECONDS)
    expect(said).to_be_visible(timeout=ANALYSIS_MILLISECONDS)

    chip = page.locator("#alerts a").first
    place = re.search(r"l\. (\d+)$", chip.locator(".cb-evidence__place").inner_text())
    chip.click()
    page.wait_for_url("**/pages/1?hl=*")
    assert place is not None
    assert page.url.endswith(f"&line={place[1]}")
    assert page.get_by_text(words["marked"]).is_visible()
    assert page.locator("main img").evaluate("image => image.complete && image.naturalWidth") > 800
    assert person.violations() == []

    page.get_by_role("button", name=words["out"]).click()
    page.wait_for_url("**/login")
    page.goto(f"{demo[0]}/cases")
    assert "/login" in page.url
    assert person.complaints == []
    assert person.foreign == []


@pytest.mark.parametrize("person", ["fr-FR"], indirect=True)
@pytest.mark.parametrize("viewer", ["/docs", "/redoc"])
def test_the_api_is_described_without_asking_another_host(viewer: str, person: Watched) -> None:
    page = person.open(viewer)
    page.get_by_text("/api/cases").first.wait_for(state="attached", timeout=20_000)
    page.wait_for_load_state("networkidle")
    assert person.foreign == []
    assert person.complaints == []
