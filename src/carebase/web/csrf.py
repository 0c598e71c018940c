"""Keeps other sites from sending forms in a signed-in person's name.

In charge of two independent checks, neither of which needs JavaScript: where the browser says the
request comes from, and a token that stands in the form and in a cookie that only this host can set.
"""

from __future__ import annotations

import hmac
import secrets
from urllib.parse import urlsplit

from starlette.requests import Request
from starlette.responses import Response

from carebase.errors import CareError
from carebase.web import cookies

COOKIE = "carebase_form"
FIELD = "form_token"
SAFE_METHODS = frozenset({"GET", "HEAD", "OPTIONS"})
_STATE = "form_token"


class ForeignForm(CareError):
    """The form was not sent from one of our pages, or the page was too old."""

    code, status, message = "foreign_form", 403, "This form was not sent from this site's own page."


def token(request: Request) -> str:
    """The token for the forms of the page being rendered."""
    kept: str | None = getattr(request.state, _STATE, None)
    if kept is None:
        kept = request.cookies.get(cookies.name_on(request, COOKIE)) or secrets.token_urlsafe(32)
        setattr(request.state, _STATE, kept)
    return kept


def remember(request: Request, response: Response) -> None:
    """Set the cookie if the rendered page used a token that the browser does not have yet."""
    used: str | None = getattr(request.state, _STATE, None)
    if used is not None and request.cookies.get(cookies.name_on(request, COOKIE)) != used:
        cookies.set_private(request, response, name=COOKIE, value=used)


def check_origin(request: Request) -> None:
    """Refuse a change that a browser sends from another site; to be called before the body is read.

    Browsers of the last years send Sec-Fetch-Site; older ones at least Origin on a form.
    """
    if request.method in SAFE_METHODS:
        return
    site = request.headers.get("sec-fetch-site")
    if site is not None and site not in {"same-origin", "none"}:
        raise ForeignForm
    origin = request.headers.get("origin")
    if origin is not None and not _is_own(origin, request):
        raise ForeignForm


def _is_own(origin: str, request: Request) -> bool:
    # The scheme is left out: behind a proxy that ends TLS the server may only know plain HTTP.
    return urlsplit(origin).netloc.lower() == request.headers.get("host", "").lower() != ""


def check_token(request: Request, sent: object) -> None:
    """Refuse a form whose token is not the cookie's."""
    kept = request.cookies.get(cookies.name_on(request, COOKIE), "")
    if not isinstance(sent, str) or not kept or not hmac.compare_digest(kept.encode(), sent.encode()):
        raise ForeignForm(hint="Load the page again and send the form once more.")
