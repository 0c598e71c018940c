"""A whole `carebase serve` in processes of its own, to be used and to be killed."""

from __future__ import annotations

import hashlib
import json
import os
import shutil
import signal
import socket
import subprocess
import sys
import tempfile
import time
import urllib.error
import urllib.request
import uuid
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import psutil

from carebase.database import placement

ROOT = Path(__file__).parents[2]
PASSWORD = "correct-horse-battery-staple-7"


def free_port() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return probe.getsockname()[1]


@dataclass
class Served:
    """The process tree of one deployment on its own data directory and port."""

    data: Path
    port: int = field(default_factory=free_port)
    options: Mapping[str, str] = field(default_factory=dict)
    process: subprocess.Popen[bytes] | None = None

    @property
    def address(self) -> str:
        return f"http://127.0.0.1:{self.port}"

    @property
    def environment(self) -> dict[str, str]:
        own = {"CAREBASE_DATA": str(self.data), "PORT": str(self.port), "PYTHONPATH": str(ROOT / "src")}
        key_file = self.data.with_name(f"{self.data.name}.storage-key")
        return {**os.environ, "CAREBASE_LEASE_SECONDS": "3", "CAREBASE_RUNNING_ANALYSES": "100000",
                "CAREBASE_UPLOADS_PER_HOUR": "100000", "CAREBASE_REQUESTS_PER_MINUTE": "1000000",
                # Its clinicians come in by their password alone, as in the demo.
                "CAREBASE_STAFF_MFA": "optional",
                "CAREBASE_STORAGE_KEY_FILE": str(key_file),
                **self.options, **own}  # fmt: skip

    def start(self, *, within_seconds: float = 60.0) -> None:
        """Start the tree and wait until it is ready."""
        self.data.mkdir(parents=True, exist_ok=True)
        with (self.data.parent / f"{self.data.name}.log").open("ab") as log:
            self.process = subprocess.Popen(
                [sys.executable, "-m", "carebase.cli.main", "serve"], env=self.environment, stdout=log, stderr=log
            )
        self.wait_ready(within_seconds=within_seconds)

    def wait_ready(self, *, within_seconds: float = 60.0) -> float:
        """Seconds until /readyz answers."""
        began = time.monotonic()
        while time.monotonic() - began < within_seconds:
            if self.process is not None and self.process.poll() is not None:
                raise AssertionError(f"serve ended with {self.process.returncode}: {self.log()[-3000:]}")
            try:
                with urllib.request.urlopen(f"{self.address}/readyz", timeout=2):
                    return time.monotonic() - began
            except OSError:
                time.sleep(0.05)
        raise AssertionError(f"not ready within {within_seconds} s: {self.log()[-3000:]}")

    def log(self) -> str:
        return (self.data.parent / f"{self.data.name}.log").read_text(errors="replace")

    def command(self, *arguments: str, stdin: str | None = None) -> str:
        """The output of a command beside the running server."""
        done = subprocess.run(
            [sys.executable, "-m", "carebase.cli.main", *arguments],
            env=self.environment, input=stdin, capture_output=True, text=True, timeout=120, check=False,
        )  # fmt: skip
        assert done.returncode == 0, done.stderr
        return done.stdout

    def process_of(self, part: str) -> psutil.Process | None:
        """The process of the `app`, the `worker` or the `postmaster`; None when it is just not there."""
        assert self.process is not None
        try:
            app = psutil.Process(self.process.pid)
            if part == "app":
                return app
            if part == "worker":
                return next((child for child in app.children() if "worker" in child.cmdline()), None)
            pid_file = placement.existing(self.data.resolve()).cluster / "postmaster.pid"
            return psutil.Process(int(pid_file.read_text().split()[0]))
        except (psutil.Error, OSError, IndexError, ValueError):
            return None

    def stop(self) -> int:
        """End it as Ctrl-C does; its exit code."""
        assert self.process is not None
        self.process.send_signal(signal.SIGINT)
        return self.process.wait(60)

    def end(self) -> None:
        """End whatever is left of it."""
        if self.process is not None and self.process.poll() is None:
            self.process.terminate()
            try:
                self.process.wait(40)
            except subprocess.TimeoutExpired:
                self.process.kill()
                self.process.wait()


@contextmanager
def serving(**options: str) -> Iterator[Served]:
    """A deployment that serves, in a directory that any user may pass through, gone afterwards."""
    place = Path(tempfile.mkdtemp(prefix="carebase-served-"))
    place.chmod(0o755)
    served = Served(place / "data", options=options)
    try:
        served.start()
        yield served
    finally:
        served.end()
        shutil.rmtree(place, ignore_errors=True)


class Doctor:
    """A client of the API, with urllib only; waits and repeats as a careful client does."""

    def __init__(self, served: Served, email: str) -> None:
        self._served, self._email = served, email
        self._token = ""

    def sign_in(self) -> None:
        body = json.dumps({"email": self._email, "password": PASSWORD}).encode()
        answer = self._once("/auth/v1/token?grant_type=password", body, "application/json")
        self._token = json.loads(answer)["access_token"]

    def open_case(self, number: int, files: Mapping[str, bytes]) -> dict[str, Any]:
        """A case with lab files; sent once, without repeating."""
        boundary = uuid.uuid4().hex
        fields = {"patient_name": f"Patient {number}", "patient_age": "40", "patient_gender": "female"}
        body = b"".join(
            f'--{boundary}\r\nContent-Disposition: form-data; name="{name}"\r\n\r\n{value}\r\n'.encode()
            for name, value in fields.items()
        )
        for name, content in files.items():
            head = f'--{boundary}\r\nContent-Disposition: form-data; name="lab_files"; filename="{name}"\r\n\r\n'
            body += head.encode() + content + b"\r\n"
        body += f"--{boundary}--\r\n".encode()
        return json.loads(self._once("/api/cases", body, f"multipart/form-data; boundary={boundary}"))

    def get(self, path: str, *, within_seconds: float = 30.0) -> bytes:
        """The answer, asked again while the server is away."""
        until = time.monotonic() + within_seconds
        while True:
            try:
                return self._once(path, None, None)
            except urllib.error.HTTPError as error:
                if error.code < 500 or time.monotonic() > until:
                    raise
            except OSError:
                if time.monotonic() > until:
                    raise
            time.sleep(0.1)

    def _once(self, path: str, body: bytes | None, kind: str | None) -> bytes:
        headers = {"Authorization": f"Bearer {self._token}"} if self._token else {}
        if kind:
            headers["Content-Type"] = kind
        asked = urllib.request.Request(self._served.address + path, data=body, headers=headers)
        with urllib.request.urlopen(asked, timeout=15) as answer:
            return answer.read()


def a_doctor(served: Served) -> Doctor:
    """A signed-in attending."""
    email = f"{uuid.uuid4().hex}@carebase.example"
    served.command("user", "create", email, "--role", "attending", "--password-stdin", stdin=PASSWORD)
    doctor = Doctor(served, email)
    doctor.sign_in()
    return doctor


def sha256(content: bytes) -> str:
    return hashlib.sha256(content).hexdigest()
