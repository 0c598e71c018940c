"""Carries a person's sign-in from the cookies of the pages into the request.

In charge of handing the access token to `auth.requests` (which believes nothing unchecked), and of
exchanging the refresh token when the access token has run out, so that a page goes on working.
"""

from __future__ import annotations

from typing import cast

from starlette.datastructures import MutableHeaders
from starlette.requests import HTTPConnection
from starlette.responses import Response
from starlette.types import ASGIApp, Message, Receive, Scope, Send

from carebase.auth import continuing, requests
from carebase.auth.accounts import Accounts
from carebase.auth.callers import Caller
from carebase.auth.tokens import Tokens
from carebase.errors import CareError, Unavailable
from carebase.web import cookies, static

COOKIELESS = (f"{static.MOUNT}/", "/healthz", "/readyz", "/auth/", "/login", "/logout")
"""Addresses that need nobody, and those that handle the sign-in themselves."""


class CookieSessions:
    """ASGI middleware: puts `access_token` on the request's state for those who come with cookies."""

    def __init__(self, app: ASGIApp) -> None:
        self.app = app

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Pass the request on as the person of its cookies, and renew these when needed."""
        is_http = scope["type"] == "http"
        if (
            not is_http
            or scope["path"].startswith(COOKIELESS)
            or b"cookie" not in [name for name, _ in scope["headers"]]
        ):
            await self.app(scope, receive, send)
            return
        connection = HTTPConnection(scope)
        held = cookies.read(connection)
        if held is None or "authorization" in connection.headers:
            await self.app(scope, receive, send)
            return
        current = held if _is_current(connection, held.access) else await _renewed(connection, held)
        if current is not None:
            scope.setdefault("state", {})["access_token"] = current.access
        if current == held:
            await self.app(scope, receive, send)
            return
        changes = Response()
        if current is None:
            cookies.forget(connection, changes)
        else:
            cookies.keep(connection, changes, current)

        async def send_with_cookies(message: Message) -> None:
            if message["type"] == "http.response.start":
                headers = MutableHeaders(scope=message)
                for value in changes.headers.getlist("set-cookie"):
                    headers.append("set-cookie", value)
            await send(message)

        await self.app(scope, receive, send_with_cookies)


def caller_of(connection: HTTPConnection) -> Caller:
    """From where an account is used, for its record."""
    return Caller(
        address=requests.address_of(connection),
        user_agent=connection.headers.get("user-agent"),
        request_id=requests.request_id_of(connection),
    )


def _is_current(connection: HTTPConnection, access: str) -> bool:
    try:
        cast(Tokens, connection.app.state.tokens).verify(access)
    except CareError:
        return False
    return True


async def _renewed(connection: HTTPConnection, held: cookies.SessionTokens) -> cookies.SessionTokens | None:
    """Fresh tokens for a refresh token that still holds, None when the sign-in is over."""
    if not held.refresh:
        return None
    accounts = cast(Accounts, connection.app.state.accounts)
    try:
        opened = await continuing.by_refresh_token(accounts, held.refresh, caller=caller_of(connection))
    except Unavailable:
        # A database that is away for a moment must not sign people out: their cookies stay.
        return held
    except CareError:
        return None
    return cookies.SessionTokens(access=opened.access_token, refresh=opened.refresh_token)
