"""Carries a person's sign-in from the cookies of the pages into the request.

In charge of handing the access token to `auth.requests` (which believes nothing unchecked), and of
exchanging the refresh token when the access token has run out, so that a page goes on working.
"""

from __future__ import annotations

from typing import assert_never, cast
from urllib.parse import urlencode

from starlette.datastructures import MutableHeaders
from starlette.requests import HTTPConnection
from starlette.responses import RedirectResponse, Response
from starlette.types import ASGIApp, Message, Receive, Scope, Send

from carebase.auth import continuing, requests, standing
from carebase.auth.accounts import Accounts
from carebase.auth.callers import Caller
from carebase.auth.standing import Owed
from carebase.auth.tokens import Tokens
from carebase.database.identity import Role
from carebase.errors import CareError, Unavailable
from carebase.web import cookies, static

COOKIELESS = (f"{static.MOUNT}/", "/healthz", "/readyz", "/auth/")
"""Addresses that need nobody, by how they begin."""
SECOND_FACTOR = "/login/mfa"
NEW_FACTOR = "/account/factors/new"
OF_SIGNING_IN = ("/login", "/logout", "/register", "/forgot", "/confirm", "/install-certificate", "/first-run")
"""Pages that handle the sign-in themselves, with what stands below them; the second factor needs somebody."""
OF_ACCOUNT = ("/account", "/reset", "/invitation")
"""Pages for somebody who has still to enroll a second factor."""


class CookieSessions:
    """ASGI middleware: puts `access_token` on the request's state for those who come with cookies."""

    def __init__(self, app: ASGIApp) -> None:
        self.app = app

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Pass the request on as the person of its cookies, and renew these when needed."""
        is_http = scope["type"] == "http"
        if (
            not is_http
            or b"cookie" not in [name for name, _ in scope["headers"]]
            or scope["path"].startswith(COOKIELESS)
            or (_is_below(scope["path"], OF_SIGNING_IN) and scope["path"] != SECOND_FACTOR)
        ):
            await self.app(scope, receive, send)
            return
        connection = HTTPConnection(scope)
        held = cookies.read(connection)
        if held is None or "authorization" in connection.headers:
            await self.app(scope, receive, send)
            return
        current = held if _is_current(connection, held.access) else await _renewed(connection, held)
        app = self.app
        if current is not None:
            scope.setdefault("state", {})["access_token"] = current.access
            app = await _owed(connection, current.access) or app
        if current == held:
            await app(scope, receive, send)
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

        await app(scope, receive, send_with_cookies)


def caller_of(connection: HTTPConnection) -> Caller:
    """From where an account is used, for its record."""
    return Caller(
        address=requests.address_of(connection),
        user_agent=connection.headers.get("user-agent"),
        request_id=requests.request_id_of(connection),
    )


async def _owed(connection: HTTPConnection, access: str) -> ASGIApp | None:
    """The way to the page on which a person shows or enrolls a second factor, where that is what comes next.

    It leads and guards nothing: what a session below the second level may see, row policies decide.
    """
    path = connection.scope["path"]
    if path == SECOND_FACTOR or "text/html" not in connection.headers.get("accept", ""):
        return None
    match await _what_is_owed(connection, access):
        case Owed.NOTHING:
            page = None
        case Owed.SHOW:
            page = SECOND_FACTOR
        case Owed.ENROLL:
            page = None if _is_below(path, OF_ACCOUNT) else NEW_FACTOR
        case unknown:
            assert_never(unknown)
    back = path if connection.scope["method"] == "GET" else "/"
    return None if page is None else RedirectResponse(f"{page}?{urlencode({'next': back})}", status_code=303)


async def _what_is_owed(connection: HTTPConnection, access: str) -> Owed:
    try:
        identity = cast(Tokens, connection.app.state.tokens).verify(access)
        if identity.role is not Role.AUTHENTICATED:
            return Owed.NOTHING
        return await standing.owed(requests.accounts_of(connection), identity)
    except CareError:
        # Whoever renders errors meets it again, and says it.
        return Owed.NOTHING


def _is_below(path: str, places: tuple[str, ...]) -> bool:
    return any(path == place or path.startswith(f"{place}/") for place in places)


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
