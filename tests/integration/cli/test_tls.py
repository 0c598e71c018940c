"""`carebase serve --tls`: HTTPS with an own certificate authority, and nothing else on that port."""

from __future__ import annotations

import contextlib
import http.client
import json
import shutil
import socket
import ssl
import tempfile
import time
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pytest
from tests.faults.served import PASSWORD, Served

EMAIL = "amina@example.org"


@dataclass
class ServedOverTls(Served):
    """A deployment that speaks HTTPS with its own authority."""

    def trusting(self) -> ssl.SSLContext:
        """A client that has installed the authority."""
        kept = (self.data / "tls" / "authority.pem").read_text()
        return ssl.create_default_context(cadata=kept.partition("-----BEGIN PRIVATE KEY-----")[0])

    def ask(self, method: str, path: str, **given: Any) -> http.client.HTTPResponse:
        """One answer over a new connection, read whole."""
        connection = http.client.HTTPSConnection("127.0.0.1", self.port, timeout=10, context=self.trusting())
        connection.request(method, path, **given)
        answer = connection.getresponse()
        answer.body = answer.read()  # type: ignore[attr-defined]
        connection.close()
        return answer

    def wait_ready(self, *, within_seconds: float = 60.0) -> float:
        began = time.monotonic()
        while time.monotonic() - began < within_seconds:
            assert self.process is None or self.process.poll() is None, self.log()[-3000:]
            try:
                if self.ask("GET", "/readyz").status == 200:
                    return time.monotonic() - began
            except OSError:
                time.sleep(0.1)
        raise AssertionError(f"not ready: {self.log()[-3000:]}")


@pytest.fixture(scope="module")
def secure() -> Iterator[ServedOverTls]:
    directory = Path(tempfile.mkdtemp(prefix="carebase-tls-"))
    directory.chmod(0o755)
    running = ServedOverTls(directory / "data", options={"CAREBASE_TLS": "true", "CAREBASE_WORKERS": "0"})
    try:
        running.start()
        yield running
        assert running.stop() == 0
    finally:
        running.end()
        shutil.rmtree(directory, ignore_errors=True)


def handshake(secure: Served, context: ssl.SSLContext) -> str | None:
    with (
        socket.create_connection(("127.0.0.1", secure.port), timeout=5) as raw,
        context.wrap_socket(raw, server_hostname="localhost") as spoken,
    ):
        return spoken.version()


def test_browsers_are_told_to_come_by_https_alone(secure):
    for path in ("/healthz", "/nothing", "/rest/v1/", "/auth/v1/health", "/login"):
        answer = secure.ask("GET", path)
        assert answer.headers["Strict-Transport-Security"] == "max-age=63072000; includeSubDomains", path


def test_nothing_older_than_tls_1_2_is_spoken(secure):
    assert handshake(secure, secure.trusting()) == "TLSv1.3"
    old = secure.trusting()
    old.set_ciphers("ALL:@SECLEVEL=0")
    with pytest.warns(DeprecationWarning):
        old.minimum_version = ssl.TLSVersion.TLSv1
    with pytest.warns(DeprecationWarning):
        old.maximum_version = ssl.TLSVersion.TLSv1_1
    with pytest.raises(ssl.SSLError):
        handshake(secure, old)


def test_plain_http_gets_no_answer_there(secure):
    with socket.create_connection(("127.0.0.1", secure.port), timeout=5) as raw:
        raw.sendall(b"GET /healthz HTTP/1.1\r\nHost: localhost\r\n\r\n")
        received = b""
        with contextlib.suppress(ConnectionError):
            received = raw.recv(100)
    assert b"HTTP/" not in received


def test_a_browser_without_the_authority_is_warned(secure):
    with pytest.raises(ssl.SSLCertVerificationError):
        handshake(secure, ssl.create_default_context())


def test_tokens_name_the_https_address_and_sign_in_works(secure):
    secure.command("user", "create", EMAIL, "--role", "attending", "--password-stdin", stdin=PASSWORD)
    answer = secure.ask(
        "POST",
        "/auth/v1/token?grant_type=password",
        body=json.dumps({"email": EMAIL, "password": PASSWORD}),
        headers={"Content-Type": "application/json"},
    )
    assert answer.status == 200
    status = json.loads(secure.command("status", "--json"))
    assert status["address"] == f"https://localhost:{secure.port}"
    assert {one["name"]: one["days_left"] for one in status["certificates"]} == {"certificate": 89, "authority": 824}
    assert "good until" in secure.command("status")
