"""Where a client of the API waits for somebody whose sign-up is confirmed on our pages.

In charge of the cookie that keeps the address meanwhile, of no address being gone to that is not allowed when it is
used, and of the session ending there and not here.
"""

from __future__ import annotations

from typing import Final
from urllib.parse import quote, unquote

from starlette.requests import Request
from starlette.responses import Response

from carebase.apps.account import arriving, onward
from carebase.auth import continuing, links, redirects
from carebase.auth.opening import Opened
from carebase.auth.proving import VerifyType
from carebase.web import cookies

COOKIE: Final = "carebase_landing"
KEPT_SECONDS: Final = 15 * 60
LONGEST_KEPT: Final = 3072
"""Characters; browsers keep no cookie of more than 4096 with its name and marks."""


def keep(request: Request, answer: Response, asked: str) -> None:
    """Keep the address in the browser where it is allowed, and no other one."""
    address = _allowed(request, asked)
    value = quote(address or "", safe="/")
    if not value or len(value) > LONGEST_KEPT:
        drop(request, answer)
        return
    cookies.set_private(request, answer, name=COOKIE, value=value, seconds=KEPT_SECONDS)


def kept(request: Request) -> str | None:
    """Where a client waits; None where none does."""
    return _allowed(request, unquote(request.cookies.get(cookies.name_on(request, COOKIE), "")))


def drop(request: Request, answer: Response) -> None:
    """Keep it no longer."""
    if cookies.name_on(request, COOKIE) in request.cookies:
        cookies.drop(request, answer, name=COOKIE)


def landed(request: Request, opened: Opened, *, address: str) -> Response:
    """On to the client, with the session behind the `#`."""
    t = arriving.reader_of(request)
    to = redirects.with_tokens(address, opened, VerifyType.SIGN_UP.value)
    answer = onward.leading_out(request, to, title=t("landing-title"), explanation=t("landing-explanation"))
    arriving.mark(request, answer)
    drop(request, answer)
    return answer


async def handed_over(request: Request) -> Response | None:
    """On to the client with the session of this browser, which goes on there alone; None where no client waits."""
    address, held = kept(request), cookies.read(request)
    # A session that was renewed on the way here has its new tokens in the answer already, and stays.
    if address is None or held is None or held.access != getattr(request.state, "access_token", None):
        return None
    opened = await continuing.by_refresh_token(
        arriving.means_of(request), held.refresh, caller=arriving.caller_of(request)
    )
    answer = landed(request, opened, address=address)
    cookies.forget(request, answer)
    return answer


def _allowed(request: Request, asked: str) -> str | None:
    policy = arriving.means_of(request).policy
    address = links.end(policy, asked)
    return None if address == links.own_page(policy) else address
