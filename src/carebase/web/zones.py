"""The time zone in which a reader is shown times.

In charge of the cookie that brings the account's zone to every page; a name that is no zone is UTC.
"""

from __future__ import annotations

from typing import Final

from starlette.requests import Request
from starlette.responses import Response

from carebase.auth import preferences
from carebase.web import cookies

COOKIE: Final = "carebase_zone"
KEPT_SECONDS: Final = 365 * 24 * 3600
DEFAULT: Final = "UTC"


def choose(request: Request) -> str:
    """The reader's zone, as the IANA names it."""
    kept = request.cookies.get(cookies.name_on(request, COOKIE), DEFAULT)
    return kept if kept in preferences.time_zones() else DEFAULT


def keep(request: Request, response: Response, *, zone: str | None) -> None:
    """Show times in this zone from now on; None forgets the one of whoever was here before."""
    if zone is not None:
        cookies.set_private(request, response, name=COOKIE, value=zone, seconds=KEPT_SECONDS)
    elif cookies.name_on(request, COOKIE) in request.cookies:
        cookies.drop(request, response, name=COOKIE)
