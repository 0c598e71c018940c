"""Signing in at an outside provider, for the pages: away by a link, back with a code that only this browser can use."""

from __future__ import annotations

import base64
import hashlib
import secrets
from typing import Final
from urllib.parse import quote, urlencode

from fastapi import APIRouter
from starlette.requests import Request
from starlette.responses import RedirectResponse, Response

from carebase import errors
from carebase.apps.account import arriving, onward
from carebase.apps.account.arriving import Counted
from carebase.apps.account.views import Way
from carebase.auth import oauth, oauth_routes, proving
from carebase.errors import CareError
from carebase.web import cookies, failures
from carebase.web.messages import Reader

VERIFIER_COOKIE: Final = "carebase_verifier"
VERIFIER_BYTES: Final = 48
RETURN: Final = "/login/return"
LONGEST_CODE: Final = 256

router = APIRouter(include_in_schema=False)


def shown_name(name: str) -> str:
    """A provider's name for people.

    >>> shown_name("custom:hospital")
    'Hospital'
    """
    return name.removeprefix("custom:").capitalize()


def ways(request: Request, t: Reader, *, to: str) -> list[Way]:
    """A link for each provider of this deployment, which leads on to `to` in the end."""
    return [
        Way(
            address=f"/login/with/{quote(name, safe='')}?{urlencode({'next': to})}",
            text=t("sign-in-with", provider=shown_name(name)),
        )
        for name in oauth_routes.issuers_of(request)
    ]


@router.get("/login/with/{name}", dependencies=[Counted])
async def leave(request: Request, name: str) -> Response:
    """To the provider. The browser keeps what proves, on the way back, that it is the one that left."""
    issuer = oauth_routes.issuers_of(request).get(name)
    if issuer is None:
        raise errors.NotFound
    means, verifier = arriving.means_of(request), secrets.token_urlsafe(VERIFIER_BYTES)
    challenge = base64.urlsafe_b64encode(hashlib.sha256(verifier.encode()).digest()).rstrip(b"=").decode()
    begun = await oauth.begin(
        means,
        issuer,
        redirect_to=f"{means.policy.site_address}{RETURN}",
        challenge=challenge,
        browser=request.cookies.get(oauth_routes.cookie_name(request)),
        wishes={},
    )
    answer = RedirectResponse(begun.address, 303, headers={"Cache-Control": "no-store"})
    oauth_routes.keep_cookie(request, answer, begun.browser)
    seconds = oauth.FLOW_MINUTES * 60
    cookies.set_private(request, answer, name=VERIFIER_COOKIE, value=verifier, seconds=seconds)
    onward.keep(request, answer, failures.safe_next(request.query_params.get("next")))
    return answer


@router.get(RETURN, dependencies=[Counted])
async def come_back(request: Request) -> Response:
    """The session for the code that the provider's answer ended in."""
    code = request.query_params.get("code", "")
    verifier = request.cookies.get(cookies.name_on(request, VERIFIER_COOKIE), "")
    if not code or len(code) > LONGEST_CODE or not verifier:
        return arriving.gone(failures.SIGN_IN, said="provider")
    try:
        opened = await proving.by_flow(arriving.means_of(request), code, verifier, caller=arriving.caller_of(request))
    except CareError as error:
        if error.status >= 500:
            raise
        return arriving.gone(failures.SIGN_IN, said="provider")
    answer = await arriving.entered(request, opened, to=onward.kept(request))
    cookies.drop(request, answer, name=VERIFIER_COOKIE)
    onward.drop(request, answer)
    return answer
