"""The cookies that keep a person signed in to the pages.

In charge of names and flags; what the tokens say is `auth`'s business. Scripts cannot read them,
other sites cannot send them along with a form, and on HTTPS their `__Host-` names bind them to this
host alone. Plain HTTP is for loopback, where that prefix does not exist.
"""

from __future__ import annotations

from dataclasses import dataclass

from starlette.requests import HTTPConnection
from starlette.responses import Response

ACCESS = "carebase_access"
REFRESH = "carebase_refresh"
KEPT_SECONDS = 12 * 3600
"""The longest a sign-in may last; the server ends it earlier when nobody is there."""


@dataclass(frozen=True, slots=True, kw_only=True)
class SessionTokens:
    """What the browser holds for the server; opaque here."""

    access: str
    refresh: str

    def __repr__(self) -> str:
        return "SessionTokens(…)"


def is_secure(connection: HTTPConnection) -> bool:
    """Whether the browser spoke HTTPS, as far as the server (and its configured proxies) know."""
    return connection.url.scheme in {"https", "wss"}


def name_on(connection: HTTPConnection, name: str) -> str:
    """The cookie's name on this kind of connection.

    Only the prefixed name is read on HTTPS: one without it could have been set from elsewhere.
    """
    return f"__Host-{name}" if is_secure(connection) else name


def read(connection: HTTPConnection) -> SessionTokens | None:
    """The tokens that came with the request, unchecked; None without them."""
    access = connection.cookies.get(name_on(connection, ACCESS))
    refresh = connection.cookies.get(name_on(connection, REFRESH))
    if not access and not refresh:
        return None
    return SessionTokens(access=access or "", refresh=refresh or "")


def keep(connection: HTTPConnection, response: Response, tokens: SessionTokens) -> None:
    """Give the tokens to the browser."""
    for name, value in ((ACCESS, tokens.access), (REFRESH, tokens.refresh)):
        set_private(connection, response, name=name, value=value)


def forget(connection: HTTPConnection, response: Response) -> None:
    """Take the tokens out of the browser."""
    for name in (ACCESS, REFRESH):
        drop(connection, response, name=name)


def drop(connection: HTTPConnection, response: Response, *, name: str) -> None:
    """Take a cookie of ours out of the browser."""
    response.delete_cookie(
        name_on(connection, name), path="/", secure=is_secure(connection), httponly=True, samesite="lax"
    )


def set_private(
    connection: HTTPConnection, response: Response, *, name: str, value: str, seconds: int = KEPT_SECONDS
) -> None:
    """Set a cookie that only this server reads."""
    response.set_cookie(
        name_on(connection, name),
        value,
        max_age=seconds,
        path="/",
        secure=is_secure(connection),
        httponly=True,
        samesite="lax",
    )
