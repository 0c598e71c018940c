"""Bounds how many requests come from one address, whoever they are of and wherever they go.

In charge of what comes before anybody is known: sign-in forms, renewed cookies, pages without a person. Several
people share an address behind a router, so it holds several times what one person may ask for; people are counted
by `auth.requests`, callers of `/auth/v1`, `/storage/v1` and of the data API there too, in their own words.
"""

from __future__ import annotations

from typing import Final

from starlette.requests import HTTPConnection
from starlette.types import ASGIApp, Receive, Scope, Send

from carebase.auth import limits, requests
from carebase.auth.limits import Allowance
from carebase.web import static

PEOPLE_BEHIND_AN_ADDRESS: Final = 10
"""Who ask without a pause at the same time; all the others come in between."""
UNCOUNTED: Final = (f"{static.MOUNT}/", "/healthz", "/readyz", "/health", "/auth/v1/", "/storage/v1/")
"""Files that never change, signs of life, and what counts for itself."""


class RequestLimit:
    """ASGI middleware, inside of what renders errors."""

    def __init__(self, app: ASGIApp, *, allowance: Allowance) -> None:
        self.app = app
        self._allowance = allowance

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Pass the request on; TooMany when its address has used up what it may ask for."""
        if scope["type"] == "http" and not scope["path"].startswith(UNCOUNTED):
            self._allowance.take(limits.caller_at(requests.address_of(HTTPConnection(scope))))
        await self.app(scope, receive, send)
