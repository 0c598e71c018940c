"""Debian's Chromium, and the gallery of pages on a port of its own."""

from __future__ import annotations

import os
import shutil
import socket
import threading
import time
from collections.abc import Iterator
from pathlib import Path

import pytest
import uvicorn
from playwright.sync_api import Browser, BrowserContext, Page, Playwright, sync_playwright
from tests.browser import gallery

ROOT = Path(__file__).parents[2]
AXE = ROOT / "frontend/node_modules/axe-core/axe.min.js"
ARGUMENTS = [
    "--no-sandbox",
    "--disable-gpu",
    "--disable-background-networking",
    "--disable-component-update",
    "--no-first-run",
]


@pytest.fixture(scope="session")
def playwright() -> Iterator[Playwright]:
    with sync_playwright() as started:
        yield started


@pytest.fixture(scope="session")
def chromium(playwright: Playwright) -> Iterator[Browser]:
    found = os.environ.get("CAREBASE_CHROMIUM") or shutil.which("chromium")
    if found is None:
        pytest.fail("Chromium is missing: apt-get install chromium, or name it in CAREBASE_CHROMIUM")
    browser = playwright.chromium.launch(executable_path=found, args=ARGUMENTS)
    yield browser
    browser.close()


@pytest.fixture(scope="session")
def address() -> Iterator[str]:
    """Where the gallery is served."""
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        port = free.getsockname()[1]
    server = uvicorn.Server(uvicorn.Config(gallery.application(), port=port, log_config=None, ws="none"))
    thread = threading.Thread(target=server.run, daemon=True)
    thread.start()
    while not server.started:
        time.sleep(0.02)
    yield f"http://127.0.0.1:{port}"
    server.should_exit = True
    thread.join(timeout=10)


class Watched:
    """A page whose complaints and requests are kept."""

    def __init__(self, context: BrowserContext, address: str) -> None:
        self.page: Page = context.new_page()
        self.address = address
        self.complaints: list[str] = []
        self.foreign: list[str] = []
        self.page.on("pageerror", lambda error: self.complaints.append(str(error)))
        self.page.on("console", lambda line: self._heard(line.type, line.text))
        self.page.on("request", lambda request: self._asked(request.url))

    def open(self, path: str) -> Page:
        self.page.goto(self.address + path)
        return self.page

    def _heard(self, kind: str, text: str) -> None:
        # Chromium also reports each answer of 400 and above, which the pages of errors are on purpose.
        if kind == "error" and "Failed to load resource" not in text:
            self.complaints.append(text)

    def _asked(self, url: str) -> None:
        if not url.startswith((self.address, "data:", "blob:")):
            self.foreign.append(url)

    def violations(self) -> list[str]:
        """What axe-core finds, as `rule: markup`; it is run beside the page's own policy."""
        self.page.evaluate(AXE.read_text("utf-8"))
        found = self.page.evaluate(
            "axe.run(document, {runOnly: {type: 'tag', values:"
            " ['wcag2a', 'wcag2aa', 'wcag21a', 'wcag21aa', 'wcag22aa', 'best-practice']}})"
        )
        return [
            f"{violation['id']}: {node['html'][:160]}"
            for violation in found["violations"]
            for node in violation["nodes"]
        ]


@pytest.fixture
def watched(chromium: Browser, address: str) -> Iterator[Watched]:
    context = chromium.new_context(viewport={"width": 1280, "height": 900}, locale="fr-FR")
    yield Watched(context, address)
    context.close()


@pytest.fixture
def without_script(chromium: Browser, address: str) -> Iterator[Watched]:
    context = chromium.new_context(java_script_enabled=False, locale="fr-FR")
    yield Watched(context, address)
    context.close()
