"""Nothing is done without a yes of the service that tells people from programs."""

from __future__ import annotations

import json
import threading
from collections.abc import Iterator
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from typing import Any
from urllib.parse import parse_qs

import pytest

from carebase import settings
from carebase.auth import captcha
from carebase.auth.callers import Caller

CALLER = Caller(address="192.0.2.7")
CHOSEN = settings.Settings(data=Path("/nowhere"), captcha_provider="turnstile", captcha_secret="our key")


def body(token: Any) -> dict[str, Any]:
    return {"email": "amina@example.org", "gotrue_meta_security": {"captcha_token": token}}


class Verifier(ThreadingHTTPServer):
    """A service that says what a test wants it to, and remembers what it was asked."""

    status = 200
    says: bytes = b'{"success": true}'

    def __init__(self) -> None:
        super().__init__(("127.0.0.1", 0), Asked)
        self.asked: list[dict[str, list[str]]] = []


class Asked(BaseHTTPRequestHandler):
    server: Verifier

    def do_POST(self) -> None:
        length = int(self.headers["Content-Length"])
        self.server.asked.append(parse_qs(self.rfile.read(length).decode()))
        self.send_response(self.server.status)
        if self.server.status == 302:
            self.send_header("Location", "/elsewhere")
        self.send_header("Content-Length", str(len(self.server.says)))
        self.end_headers()
        self.wfile.write(self.server.says)

    def log_message(self, *_: Any) -> None:
        """Say nothing."""


@pytest.fixture
def verifier(monkeypatch: pytest.MonkeyPatch) -> Iterator[Verifier]:
    server = Verifier()
    thread = threading.Thread(target=server.serve_forever)
    thread.start()
    monkeypatch.setitem(captcha.VERIFIERS, "turnstile", f"http://127.0.0.1:{server.server_port}/siteverify")
    yield server
    server.shutdown()
    thread.join()
    server.server_close()


async def test_a_yes_lets_the_person_pass_and_tells_the_service_who_asks(verifier):
    await captcha.check(CHOSEN, body("token"), caller=CALLER)

    assert verifier.asked == [{"secret": ["our key"], "response": ["token"], "remoteip": ["192.0.2.7"]}]


async def test_without_a_chosen_service_nobody_is_asked(verifier):
    await captcha.check(settings.Settings(data=Path("/nowhere")), {}, caller=CALLER)

    assert verifier.asked == []


@pytest.mark.parametrize(
    "given", [{}, body(""), body(None), body(7), body({}), {"gotrue_meta_security": "token"}, body("x" * 9000)]
)
async def test_without_a_token_nobody_is_asked_and_nothing_is_done(verifier, given):
    with pytest.raises(captcha.CaptchaFailed):
        await captcha.check(CHOSEN, given, caller=CALLER)
    assert verifier.asked == []


@pytest.mark.parametrize(
    "says",
    [{"success": False}, {}, {"success": "true"}, {"success": 1}, {"success": None, "error-codes": "x"}],
)
async def test_anything_but_a_yes_is_a_no(verifier, says):
    verifier.says = json.dumps(says).encode()

    with pytest.raises(captcha.CaptchaFailed):
        await captcha.check(CHOSEN, body("token"), caller=CALLER)


async def test_the_reason_is_told_without_anything_else_the_service_says(verifier):
    verifier.says = json.dumps({"success": False, "error-codes": ["timeout-or-duplicate", "<b>", 7]}).encode()

    with pytest.raises(captcha.CaptchaFailed) as refused:
        await captcha.check(CHOSEN, body("token"), caller=CALLER)

    assert refused.value.details == "captcha protection: request disallowed (timeout-or-duplicate)"


@pytest.mark.parametrize(
    ("status", "says"),
    [
        (200, b"not JSON"),
        (200, b"[]"),
        (302, b""),
        (500, b'{"success": true}'),
        (200, b'{"success": true, "x": "' + b"x" * 70_000),
    ],
)
async def test_a_service_that_cannot_be_understood_lets_nobody_pass(verifier, status, says):
    verifier.status, verifier.says = status, says

    with pytest.raises(captcha.CaptchaUnavailable):
        await captcha.check(CHOSEN, body("token"), caller=CALLER)


async def test_a_service_that_is_away_lets_nobody_pass(monkeypatch):
    monkeypatch.setitem(captcha.VERIFIERS, "turnstile", "http://127.0.0.1:9/siteverify")

    with pytest.raises(captcha.CaptchaUnavailable):
        await captcha.check(CHOSEN, body("token"), caller=CALLER)
