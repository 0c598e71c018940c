"""The headers that keep a browser careful, on every answer.

In charge of Content-Security-Policy and its companions, of the request's id, and of nothing being stored by a browser
or a proxy unless an answer says that it may be.
"""

from __future__ import annotations

import secrets
from collections.abc import Iterable, Mapping
from itertools import count
from typing import Final, TypeAlias

from starlette.types import ASGIApp, Message, Receive, Scope, Send

PROCESS: Final = secrets.token_hex(8)
NUMBERS: Final = count(secrets.randbits(32))
"""A request's id is this process's name and a number; it tells requests apart and guards nothing."""

Header: TypeAlias = "tuple[bytes, bytes]"

SELF: Final = "'self'"
POLICY = {
    "default-src": "'self'",
    "script-src": "'self'",
    "style-src": "'self'",
    "object-src": "'none'",
    "base-uri": "'none'",
    "form-action": "'self'",
    "frame-ancestors": "'none'",
}

# The two viewers of the API's description set style attributes and draw pictures from data addresses.
# Scripts stay ours alone, and nothing may be fetched from another host.
VIEWER_POLICY = POLICY | {
    "style-src": "'self' 'unsafe-inline'",
    "img-src": "'self' data:",
    "worker-src": "'self' blob:",
}
VIEWERS = ("/docs", "/redoc")

ALWAYS = {
    "X-Content-Type-Options": "nosniff",
    "Referrer-Policy": "same-origin",
    "Cross-Origin-Opener-Policy": "same-origin",
    "Cross-Origin-Resource-Policy": "same-origin",
    "X-Frame-Options": "DENY",
    "Permissions-Policy": "camera=(), geolocation=(), microphone=(), payment=(), usb=()",
}


def policy_text(path: str) -> str:
    """The Content-Security-Policy of the page at `path`."""
    return _text(VIEWER_POLICY if path.rstrip("/") in VIEWERS else POLICY)


def policy_with(origins: Mapping[str, str]) -> str:
    """The policy of a page that may load from these origins too, each for its directive.

    >>> policy_with({"frame-src": "https://example.org"}).split("; ")[-1]
    "frame-src 'self' https://example.org"
    """
    more = {directive: f"{POLICY.get(directive, SELF)} {sources}" for directive, sources in origins.items()}
    return _text(POLICY | more)


def _text(policy: Mapping[str, str]) -> str:
    return "; ".join(f"{directive} {sources}" for directive, sources in policy.items())


def _written(path: str) -> tuple[Header, ...]:
    every = {"Content-Security-Policy": policy_text(path), **ALWAYS, "Cache-Control": "no-store"}
    return tuple((name.lower().encode(), value.encode()) for name, value in every.items())


FOR_ALL = _written("/")
FOR_VIEWERS = _written(VIEWERS[0])
TLS_ONLY: Header = (b"strict-transport-security", b"max-age=63072000; includeSubDomains")


class CarefulHeaders:
    """ASGI middleware: gives each request an id of ours, for the record, the log and the answer, and completes this.

    A header that the answer sets itself is kept.
    """

    def __init__(self, app: ASGIApp) -> None:
        self.app = app

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Pass the request on with its id and complete the head of the answer."""
        if scope["type"] != "http":
            await self.app(scope, receive, send)
            return
        request_id = f"{PROCESS}{next(NUMBERS):016x}"
        scope.setdefault("state", {})["request_id"] = request_id

        async def send_completed(message: Message) -> None:
            if message["type"] == "http.response.start":
                found = completed(message.get("headers", ()), path=scope["path"], scheme=scope["scheme"])
                message["headers"] = [*found, (b"x-request-id", request_id.encode())]
            await send(message)

        await self.app(scope, receive, send_completed)


def completed(headers: Iterable[Header], *, path: str, scheme: str) -> list[Header]:
    """The headers of an answer with what was missing."""
    found = list(headers)
    there = {name.lower() for name, _ in found}
    always = FOR_VIEWERS if path.rstrip("/") in VIEWERS else FOR_ALL
    found += [header for header in always if header[0] not in there]
    if scheme == "https" and TLS_ONLY[0] not in there:
        found.append(TLS_ONLY)
    return found
