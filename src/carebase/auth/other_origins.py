"""Lets pages of other origins use `/auth/v1` and `/storage/v1`, as clients in browsers do (CORS).

In charge of what a browser asks before it sends a request across origins, and of which answers such a page may read.
Any origin may, and none with cookies: whoever asks there is known by the headers that its own code sets.
"""

from __future__ import annotations

from typing import Final

from starlette.requests import HTTPConnection
from starlette.responses import Response
from starlette.types import ASGIApp, Message, Receive, Scope, Send

PREFIXES: Final = ("/auth/v1/", "/storage/v1/")
METHODS: Final = "GET, HEAD, POST, PUT, PATCH, DELETE, OPTIONS"
ALLOWED: Final = ("Authorization", "Apikey", "Content-Type", "X-Client-Info", "X-Supabase-Api-Version", "X-Upsert")
EXPOSED: Final = (
    "X-Total-Count, Link, X-Supabase-Api-Version, X-Sb-Error-Code, Retry-After, ETag, Content-Length, Content-Range, "
    "Content-Disposition, Accept-Ranges, Last-Modified, Location, Tus-Resumable, Tus-Version, Tus-Extension, "
    "Tus-Max-Size, Upload-Offset, Upload-Length, Upload-Metadata, Upload-Expires"
)
PREFLIGHT_SECONDS: Final = 86_400
ORIGIN: Final = b"access-control-allow-origin"
EXPOSE: Final = b"access-control-expose-headers"


class OtherOrigins:
    """ASGI middleware, outside of whatever may refuse a request: a page has to be able to read refusals too."""

    def __init__(self, app: ASGIApp) -> None:
        self.app = app

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Answer what a browser asks beforehand; let pages of other origins read every other answer."""
        if scope["type"] != "http" or not scope["path"].startswith(PREFIXES):
            await self.app(scope, receive, send)
            return
        headers = HTTPConnection(scope).headers
        if "origin" not in headers:
            await self.app(scope, receive, send)
            return
        if scope["method"] == "OPTIONS" and "access-control-request-method" in headers:
            await _preflight(headers.get("access-control-request-headers", ""))(scope, receive, send)
            return

        async def send_readable(message: Message) -> None:
            if message["type"] == "http.response.start":
                told = [pair for pair in message["headers"] if pair[0].lower() not in {ORIGIN, EXPOSE}]
                message = {**message, "headers": [*told, (ORIGIN, b"*"), (EXPOSE, EXPOSED.encode())]}
            await send(message)

        await self.app(scope, receive, send_readable)


def _preflight(asked: str) -> Response:
    # Headers of the page's own, such as those that follow a request through a system, do no harm.
    names = dict.fromkeys((*ALLOWED, *(name for part in asked.split(",") if (name := part.strip()))))
    headers = {
        "Access-Control-Allow-Origin": "*",
        "Access-Control-Allow-Methods": METHODS,
        "Access-Control-Allow-Headers": ", ".join(names),
        "Access-Control-Max-Age": str(PREFLIGHT_SECONDS),
    }
    return Response(status_code=204, headers=headers)
