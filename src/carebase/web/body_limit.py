"""Bounds what a request may send: forms with files, and all that Storage takes, are counted by who takes them, all else
here.

In charge of bodies that are held in memory; a body over the limit is refused before it is read whole.
"""

from __future__ import annotations

from typing import Final

from starlette.requests import HTTPConnection
from starlette.types import ASGIApp, Message, Receive, Scope, Send

from carebase import errors

LARGEST_BODY_BYTES: Final = 1024 * 1024
COUNTED_THERE: Final = "/storage/v1/"
"""Where files come as bodies of any kind, by streams that nobody holds in memory."""


class BodyLimit:
    """ASGI middleware, inside of what renders errors."""

    def __init__(self, app: ASGIApp) -> None:
        self.app = app

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Pass the request on; TooLarge when its body turns out to be over the limit."""
        if scope["type"] != "http":
            await self.app(scope, receive, send)
            return
        headers = HTTPConnection(scope).headers
        is_form = headers.get("content-type", "").startswith("multipart/form-data")
        if is_form or scope["path"].startswith(COUNTED_THERE):
            await self.app(scope, receive, send)
            return
        left = LARGEST_BODY_BYTES

        async def receive_bounded() -> Message:
            nonlocal left
            message = await receive()
            if message["type"] == "http.request":
                left -= len(message.get("body", b""))
                if left < 0:
                    raise errors.TooLarge(hint=f"At most {LARGEST_BODY_BYTES} bytes.")
            return message

        await self.app(scope, receive_bounded, send)
