"""A deployment of its own for a measurement: server, worker when asked, clients that keep their connection."""

from __future__ import annotations

import asyncio
import http.client
import json
import subprocess
import sys
import time
import uuid
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import psycopg
from tests.faults.served import PASSWORD, ROOT, Served

from carebase.database.embedded import Embedded

# The limits of a person are lifted, the lease is the one people get.
OPTIONS: Mapping[str, str] = {"CAREBASE_WORKERS": "0", "CAREBASE_LEASE_SECONDS": "20"}
END_SECONDS = 40
SILENT_SECONDS = 2.0


@dataclass
class Deployment:
    """`carebase serve` without a worker, and its database as the owner sees it."""

    served: Served
    dsn: str

    def doctor(self, name: str) -> Client:
        """A client of a new clinician, signed in."""
        email = f"{name}@carebase.example"
        self.served.command("user", "create", email, "--role", "attending", "--password-stdin", stdin=PASSWORD)
        return Client(self.served.port, email)

    def owner(self) -> psycopg.Connection[Any]:
        """A connection as the owner of the database."""
        return psycopg.connect(self.dsn, autocommit=True)

    @contextmanager
    def worker(self) -> Iterator[None]:
        """One worker process, as `carebase serve` starts it."""
        log = (self.served.data.parent / f"{self.served.data.name}.worker.log").open("ab")
        command = [sys.executable, "-m", "carebase.cli.main", "worker"]
        environment = {**self.served.environment, "CAREBASE_WORKERS": "1"}
        process = subprocess.Popen(command, env=environment, stdout=log, stderr=log, cwd=ROOT)
        try:
            yield
        finally:
            process.terminate()
            process.wait(END_SECONDS)


@contextmanager
def deployed(folder: Path, name: str) -> Iterator[Deployment]:
    """A deployment on a data directory in `folder`; it is ended with the block."""
    served = Served(folder / name, options=OPTIONS)
    try:
        served.start()
        cluster = asyncio.run(Embedded(served.data).reach())
        if cluster is None:
            raise RuntimeError("the database of the deployment is not there")
        yield Deployment(served, cluster.dsn())
    finally:
        served.end()


class Client:
    """One person's client over one connection that stays open."""

    def __init__(self, port: int, email: str) -> None:
        self._port = port
        self.email = email
        self.connect()
        self._headers: dict[str, str] = {}
        answer = self.send(
            "POST", "/auth/v1/token?grant_type=password", {"email": email, "password": PASSWORD}, expected=200
        )
        self.user_id = str(answer["user"]["id"])
        self.token = str(answer["access_token"])
        self._headers["Authorization"] = f"Bearer {self.token}"

    def connect(self) -> None:
        """A fresh connection, open already."""
        self._connection = http.client.HTTPConnection("127.0.0.1", self._port, timeout=60)
        self._connection.connect()
        self._used = time.monotonic()

    def _keep_connected(self) -> None:
        # The server closes a connection that was silent for five seconds.
        if time.monotonic() - self._used > SILENT_SECONDS:
            self.connect()

    def send(self, method: str, path: str, value: Mapping[str, Any] | None = None, *, expected: int = 200) -> Any:
        """The JSON answer; RuntimeError for another status."""
        body = None if value is None else json.dumps(value).encode()
        self._keep_connected()
        return json.loads(self._answer(method, path, body, kind="application/json", expected=expected))

    def seconds(self, method: str, path: str, value: Mapping[str, Any] | None = None) -> float:
        """How long the answer takes, to its last byte."""
        body = None if value is None else json.dumps(value).encode()
        self._keep_connected()
        began = time.perf_counter()
        self._answer(method, path, body, kind="application/json", expected=200)
        return time.perf_counter() - began

    def open_case(self, number: int, report: bytes) -> tuple[str, float]:
        """The new case's id and how long its answer took."""
        boundary = uuid.uuid4().hex
        fields = {"patient_name": f"Patient {number}", "patient_age": "40", "patient_gender": "female"}
        head = "".join(
            f'--{boundary}\r\nContent-Disposition: form-data; name="{name}"\r\n\r\n{value}\r\n'
            for name, value in fields.items()
        )
        head += f'--{boundary}\r\nContent-Disposition: form-data; name="lab_files"; filename="report.pdf"\r\n\r\n'
        body = head.encode() + report + f"\r\n--{boundary}--\r\n".encode()
        self._keep_connected()
        began = time.perf_counter()
        answer = self._answer(
            "POST", "/api/cases", body, kind=f"multipart/form-data; boundary={boundary}", expected=201
        )
        taken = time.perf_counter() - began
        return str(json.loads(answer)["case_id"]), taken

    def wait_until_completed(self, case_id: str) -> None:
        """Return with the last event of the case's progress; RuntimeError when it failed."""
        watching = http.client.HTTPConnection("127.0.0.1", self._port, timeout=120)
        try:
            watching.request("GET", f"/api/cases/{case_id}/events", headers=self._headers)
            told = watching.getresponse().read().decode()
        finally:
            watching.close()
        if '"completed"' not in told:
            raise RuntimeError(f"the case did not complete: {told[-300:]}")

    def _answer(self, method: str, path: str, body: bytes | None, *, kind: str, expected: int) -> bytes:
        headers = {**self._headers, "Content-Type": kind} if body is not None else self._headers
        self._connection.request(method, path, body=body, headers=headers)
        answer = self._connection.getresponse()
        content = answer.read()
        self._used = time.monotonic()
        if answer.status != expected:
            raise RuntimeError(f"{method} {path} answered {answer.status}: {content[:300]!r}")
        return content
