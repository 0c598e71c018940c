"""Makes the pictures of the README: one for each application, of the demo's invented patients.

Serves `carebase demo` on a free port from a directory of its own, signs in with Chromium as the demo's
clinician, and ends all it started. Run it after a change of the pages: `make screenshots`. Chromium is
looked for on the PATH, or named in CAREBASE_CHROMIUM.
"""

from __future__ import annotations

import json
import os
import shutil
import signal
import socket
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

from PIL import Image
from playwright.sync_api import Page, sync_playwright

ROOT = Path(__file__).resolve().parents[1]
OUT = ROOT / "docs" / "images"
LARGEST_BYTES = 400_000
LONGEST_START_SECONDS = 120
LONGEST_END_SECONDS = 60
WIDTH, HEIGHT = 1280, 1600
FRENCH_PATIENT = "Aïcha NGONO"
COLOURS = 256
ARGUMENTS = [
    "--no-sandbox",
    "--disable-gpu",
    "--disable-background-networking",
    "--disable-quic",
    "--no-first-run",
    "--disable-component-update",
    "--disable-sync",
]


@dataclass(frozen=True)
class Demo:
    """A demo that serves, with its sign-in."""

    address: str
    email: str
    password: str


def free_port() -> int:
    """A port that nobody listens on at this moment."""
    with socket.socket() as listening:
        listening.bind(("127.0.0.1", 0))
        return int(listening.getsockname()[1])


@contextmanager
def served(data: Path) -> Iterator[Demo]:
    """`carebase demo` on a free port, ended with everything it started."""
    port, said = free_port(), data.with_name("demo.out")
    environment = {**os.environ, "CAREBASE_DATA": str(data), "PORT": str(port), "PYTHONPATH": str(ROOT / "src")}
    environment["CAREBASE_STORAGE_KEY_FILE"] = str(data.with_name("storage-key"))
    for name in ("DATABASE_URL", "DATABASE_DIRECT_URL", "SITE_URL", "CAREBASE_CONFIG"):
        environment.pop(name, None)
    with said.open("w", encoding="utf-8") as out:
        demo = subprocess.Popen(
            [sys.executable, "-m", "carebase.cli.main", "demo"],
            env=environment,
            cwd=data.parent,
            stdout=out,
            stderr=out,
        )
    try:
        yield _ready(demo, data, port=port, said=said)
    finally:
        demo.send_signal(signal.SIGINT)
        try:
            demo.wait(LONGEST_END_SECONDS)
        except subprocess.TimeoutExpired:
            demo.kill()
            demo.wait()


def _ready(demo: subprocess.Popen[bytes], data: Path, *, port: int, said: Path) -> Demo:
    # The sign-in is written when the last sample case has been analysed.
    until = time.monotonic() + LONGEST_START_SECONDS
    while time.monotonic() < until and demo.poll() is None:
        try:
            known = json.loads((data / "demo.json").read_text(encoding="utf-8"))
            return Demo(f"http://localhost:{port}", known["email"], known["password"])
        except (FileNotFoundError, json.JSONDecodeError):
            time.sleep(0.2)
    raise SystemExit(f"The demo does not serve:\n{said.read_text(encoding='utf-8')}")


def sign_in(page: Page, demo: Demo) -> None:
    """Open the worklist as the demo's clinician."""
    page.goto(f"{demo.address}/login")
    page.fill("#email", demo.email)
    page.fill("#password", demo.password)
    page.click("form[action='/login'] button[type='submit']")
    page.wait_for_url("**/cases")


def picture(page: Page, name: str) -> Path:
    """What the page shows, as a PNG small enough for a README."""
    path = OUT / f"{name}.png"
    path.parent.mkdir(parents=True, exist_ok=True)
    page.screenshot(path=path)
    with Image.open(path) as shown:
        # A page has few colours, so a palette keeps its letters sharp at a third of the size.
        shown.convert("RGB").quantize(COLOURS).save(path, optimize=True)
    if path.stat().st_size > LARGEST_BYTES:
        raise SystemExit(f"{path.name} has {path.stat().st_size} bytes, more than {LARGEST_BYTES}.")
    return path


def main() -> None:
    """Make every picture again."""
    chromium = os.environ.get("CAREBASE_CHROMIUM") or shutil.which("chromium")
    if chromium is None:
        raise SystemExit("Chromium is missing: apt-get install chromium, or name it in CAREBASE_CHROMIUM.")
    with tempfile.TemporaryDirectory(prefix="carebase-screenshots-") as made:
        # As root PostgreSQL runs as another user, who has to pass through here to its files.
        Path(made).chmod(0o711)
        with served(Path(made) / "data") as demo, sync_playwright() as playwright:
            browser = playwright.chromium.launch(executable_path=chromium, args=ARGUMENTS)
            try:
                context = browser.new_context(
                    viewport={"width": WIDTH, "height": HEIGHT}, locale="fr-FR", reduced_motion="reduce"
                )
                page = context.new_page()
                sign_in(page, demo)
                page.get_by_role("link", name=FRENCH_PATIENT).first.click()
                page.wait_for_load_state("networkidle")
                path = picture(page, "cases")
            finally:
                browser.close()
    sys.stdout.write(f"{path.relative_to(ROOT)}  {path.stat().st_size} bytes\n")


if __name__ == "__main__":
    main()
