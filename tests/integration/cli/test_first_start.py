"""The first minutes of a new user: the plan, the demo, its end and its second start."""

from __future__ import annotations

import json
import re
import signal
import ssl
import subprocess
import sys
import time
from pathlib import Path

import httpx
import psutil
from tests.faults.served import free_port
from tests.integration.cli.conftest import carebase, environment

PLACE = re.compile(r"\[[^\]]+\.pdf p\. \d+ l\. \d+")
SECOND_START_SECONDS = 5.0


class Demo:
    """`carebase demo` over HTTPS with its own authority, read until it says how to stop it."""

    def __init__(self, data: Path, port: int) -> None:
        self.data, self.address = data, f"https://localhost:{port}"
        began = time.monotonic()
        self.process = subprocess.Popen(
            [sys.executable, "-m", "carebase.cli.main", "demo"],
            env=environment({"CAREBASE_DATA": data, "PORT": port, "CAREBASE_TLS": "true"}),
            stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True,
        )  # fmt: skip
        self.shown = ""
        assert self.process.stdout is not None
        for line in self.process.stdout:
            self.shown += line
            if line.startswith("Stop"):
                break
        self.seconds = time.monotonic() - began
        self.tree = [psutil.Process(self.process.pid), *psutil.Process(self.process.pid).children(recursive=True)]

    def client(self) -> httpx.Client:
        """A browser that has installed the authority."""
        kept = (self.data / "tls" / "authority.pem").read_text().partition("-----BEGIN PRIVATE KEY-----")[0]
        return httpx.Client(base_url=self.address, verify=ssl.create_default_context(cadata=kept))

    def interrupt(self) -> tuple[int, str]:
        """Ctrl-C; the exit code and what was said on standard error."""
        self.process.send_signal(signal.SIGINT)
        _, said = self.process.communicate(timeout=60)
        return self.process.returncode, said

    def end(self) -> None:
        if self.process.poll() is None:
            self.process.terminate()
            self.process.communicate(timeout=60)


def left_of(demo: Demo, data: Path) -> list[str]:
    """Command lines of processes that are still there."""
    own = [one for one in demo.tree if one.is_running() and one.status() != psutil.STATUS_ZOMBIE]
    named = [one for one in psutil.process_iter(["cmdline"]) if str(data) in " ".join(one.info["cmdline"] or ())]
    return [" ".join(one.cmdline()) for one in {*own, *named}]


def test_the_demo_shows_findings_with_their_places_ends_cleanly_and_starts_again_at_once(place):
    data, port = place / "demo", free_port()
    first = Demo(data, port)
    try:
        french, english = first.shown.split("Kwame OSEI: completed")
        assert "Aïcha NGONO: completed" in french
        for told in (french, english):
            findings = [line for line in told.splitlines() if line.startswith(("  !!", "  - "))]
            assert findings
            assert all(PLACE.search(line) for line in findings)
            assert re.search(r"=> .+ \([A-Z]\d\d", told)
        assert first.address in first.shown
        signed_in = re.search(r"Sign in +(\S+) +(\S+)", first.shown)
        assert signed_in is not None
        email, password = signed_in.groups()
        with first.client() as client:
            body = {"email": email, "password": password}
            token = client.post("/auth/v1/token?grant_type=password", json=body).json()["access_token"]
            reader = {"Authorization": f"Bearer {token}"}
            assert client.get("/api/cases?total=true", headers=reader).json()["total"] == 2
        assert first.interrupt()[0] == 0
        assert left_of(first, data) == []
    finally:
        first.end()

    again = Demo(data, port)
    try:
        assert again.seconds < SECOND_START_SECONDS
        assert "completed" not in again.shown
        assert password in again.shown
        with again.client() as client:
            assert client.get("/api/cases?total=true", headers=reader).json()["total"] == 2
        code, said = again.interrupt()
        assert (code, said) == (0, "")
        assert left_of(again, data) == []
    finally:
        again.end()


def test_the_plan_changes_nothing_and_the_migration_does_what_it_said(place):
    data = place / "planned"
    planned = carebase("migrate", "--plan", "--json", CAREBASE_DATA=data)
    assert planned.returncode == 0, planned.stderr
    steps = json.loads(planned.stdout)["steps"]
    assert steps

    done = carebase("migrate", "--json", CAREBASE_DATA=data)
    assert done.returncode == 0, done.stderr
    assert json.loads(done.stdout) == {"planned": False, "steps": steps}

    after = carebase("migrate", "--plan", CAREBASE_DATA=data)
    assert (after.returncode, after.stdout) == (0, "Nothing to do.\n")
