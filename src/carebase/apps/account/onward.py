"""Where somebody wanted to go before a sign-in that leads out of these pages: to a mail, or to an outside provider.

In charge of the cookie that keeps it in this browser until the person is back, and of the page that
leads out; anywhere else there is nothing to keep.
"""

from __future__ import annotations

from typing import Final
from urllib.parse import quote, unquote

from starlette.requests import Request
from starlette.responses import Response

from carebase.apps.account import arriving
from carebase.apps.account.views import SaidView
from carebase.web import cookies, failures

COOKIE: Final = "carebase_next"
KEPT_SECONDS: Final = 60 * 60


def keep(request: Request, answer: Response, to: str) -> None:
    """Keep the address in the browser; `to` has come from `failures.safe_next`."""
    cookies.set_private(request, answer, name=COOKIE, value=quote(to, safe="/"), seconds=KEPT_SECONDS)


def kept(request: Request) -> str:
    """Where the person wanted to go; the first page where nothing is kept, or nothing of ours."""
    held = request.cookies.get(cookies.name_on(request, COOKIE))
    return arriving.FIRST_PAGE if not held else failures.safe_next(unquote(held))


def drop(request: Request, answer: Response) -> None:
    """Keep it no longer."""
    if cookies.name_on(request, COOKIE) in request.cookies:
        cookies.drop(request, answer, name=COOKIE)


def leading_out(request: Request, address: str, *, title: str, explanation: str) -> Response:
    """A page that leads to another site: browsers let the answer to a form lead to none."""
    t = arriving.reader_of(request)
    view = SaidView(title=title, explanation=explanation, address=address, link=t("said-go-on"))
    answer = arriving.renderer_of(request).page(request, "account/said.html", view=view, is_signed_in=False)
    answer.headers["Refresh"] = f"0;url={address}"
    answer.headers["Referrer-Policy"] = "no-referrer"
    return answer
