"""Signing in at an outside provider, for the pages: away by a link, back with a code that only this browser can use.

In charge of identities being linked only where the person at the browser has pressed a button for that account: a
link that somebody else began, and that is opened by accident, links nothing.
"""

from __future__ import annotations

import base64
import hashlib
import re
import secrets
from collections.abc import Collection
from typing import Final
from urllib.parse import quote, urlencode
from uuid import UUID

from fastapi import APIRouter, Depends
from starlette.requests import Request
from starlette.responses import RedirectResponse, Response

from carebase import errors
from carebase.apps.account import arriving, onward
from carebase.apps.account.arriving import Counted, Field, OwnForm
from carebase.apps.account.views import ConfirmView, Option, Way
from carebase.auth import oauth, oauth_routes, proving, requests
from carebase.auth.oauth import Waiting
from carebase.auth.requests import SignedInIdentity
from carebase.errors import CareError
from carebase.web import cookies, failures
from carebase.web.messages import Reader

VERIFIER_COOKIE: Final = "carebase_verifier"
VERIFIER_BYTES: Final = 48
RETURN: Final = "/login/return"
LONGEST_CODE: Final = 256
SECURITY: Final = "/account/security"
LINK: Final = "/account/security/identities"
LINKED: Final = "/account/security/linked"
TICKET_COOKIE: Final = "carebase_linking"
TICKET: Final = re.compile(r"([0-9a-f-]{36})\.([A-Za-z0-9_-]{43})")
TAKEN: Final = "identity_already_exists"

router = APIRouter(include_in_schema=False)


def shown_name(name: str) -> str:
    """A provider's name for people.

    >>> shown_name("custom:hospital")
    'Hospital'
    """
    return name.removeprefix("custom:").capitalize()


def offered(request: Request, *, linked: Collection[str]) -> tuple[Option, ...]:
    """The providers of this deployment that are no way into the account yet."""
    return tuple(
        Option(value=name, text=shown_name(name)) for name in oauth_routes.issuers_of(request) if name not in linked
    )


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
    begun = await oauth.begin(
        means,
        issuer,
        redirect_to=f"{means.policy.site_address}{RETURN}",
        challenge=_challenge(verifier),
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


@router.post(LINK, dependencies=[OwnForm])
async def link(request: Request, identity: SignedInIdentity, provider: Field = "") -> Response:
    """To the provider, to make the identity there a way into the own account."""
    issuer = oauth_routes.issuers_of(request).get(provider)
    if issuer is None:
        raise errors.NotFound
    means = arriving.means_of(request)
    try:
        begun = await oauth.begin(
            means,
            issuer,
            redirect_to=f"{means.policy.site_address}{LINKED}",
            # The browser is signed in already, so the code it comes back with is never exchanged.
            challenge=_challenge(secrets.token_urlsafe(VERIFIER_BYTES)),
            browser=request.cookies.get(oauth_routes.cookie_name(request)),
            wishes={},
            linking=identity,
        )
    except arriving.TOO_OLD:
        return await arriving.prove_again(request, identity, back=SECURITY)
    answer = _onward(request, begun.address, provider=provider)
    oauth_routes.keep_cookie(request, answer, begun.browser)
    return answer


@router.get(LINKED, dependencies=[Depends(requests.signed_in_identity_for_request)])
async def linked(request: Request) -> Response:
    """Back from the provider."""
    if request.query_params.get("code"):
        return arriving.gone(SECURITY, said="identity-added")
    is_taken = request.query_params.get("error_code") == TAKEN
    return arriving.gone(SECURITY, said="identity-taken" if is_taken else "identity-refused")


@router.get(oauth_routes.AGREEING, dependencies=[Counted])
async def agreeing_page(request: Request, ticket: str = "") -> Response:
    """Asks whether an identity becomes a way into the account that a page of another origin has named."""
    if ticket:
        answer = arriving.gone(oauth_routes.AGREEING)
        answer.headers["Referrer-Policy"] = "no-referrer"
        if TICKET.fullmatch(ticket):
            seconds = oauth.FLOW_MINUTES * 60
            cookies.set_private(request, answer, name=TICKET_COOKIE, value=ticket, seconds=seconds)
        return answer
    held = await _held(request)
    if held is None:
        return arriving.gone(failures.SIGN_IN, said="provider")
    t, found = arriving.reader_of(request), held[2]
    name = shown_name(found.provider_type)
    view = ConfirmView(
        title=t("agree-title", provider=name),
        explanation=t("agree-explanation", provider=name, holder=found.holder),
        button=t("agree-button"),
        action=oauth_routes.AGREEING,
    )
    return arriving.renderer_of(request).page(request, "account/confirm.html", view=view, is_signed_in=False)


@router.post(oauth_routes.AGREEING, dependencies=[Counted, OwnForm])
async def agree(request: Request) -> Response:
    """To the provider; only now has the browser the cookie without which nothing comes back."""
    held = await _held(request)
    issuer = None if held is None else oauth_routes.issuers_of(request).get(held[2].provider_type)
    if held is None or issuer is None:
        return arriving.gone(failures.SIGN_IN, said="provider")
    flow_id, browser, found = held
    address = await oauth.address_of(arriving.means_of(request), issuer, found, flow_id=flow_id)
    answer = _onward(request, address, provider=found.provider_type)
    oauth_routes.keep_cookie(request, answer, browser)
    cookies.drop(request, answer, name=TICKET_COOKIE)
    return answer


async def _held(request: Request) -> tuple[UUID, str, Waiting] | None:
    ticket = TICKET.fullmatch(request.cookies.get(cookies.name_on(request, TICKET_COOKIE), ""))
    if ticket is None:
        return None
    try:
        flow_id = UUID(ticket[1])
    except ValueError:
        return None
    found = await oauth.waiting(arriving.means_of(request), flow_id, browser=ticket[2])
    return None if found is None else (flow_id, ticket[2], found)


def _onward(request: Request, address: str, *, provider: str) -> Response:
    t = arriving.reader_of(request)
    title = t("onward-title", provider=shown_name(provider))
    return onward.leading_out(request, address, title=title, explanation=t("onward-explanation"))


def _challenge(verifier: str) -> str:
    return base64.urlsafe_b64encode(hashlib.sha256(verifier.encode()).digest()).rstrip(b"=").decode()
