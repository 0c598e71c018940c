"""Routes of outside providers: `/authorize`, `/callback`, `/user/identities`."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Final, cast
from urllib.parse import parse_qsl, urlencode, urlsplit
from uuid import UUID

from fastapi import APIRouter, Request, Response
from fastapi.responses import RedirectResponse
from starlette.requests import HTTPConnection

from carebase import errors
from carebase.auth import (
    flows,
    identities,
    oauth,
    oauth_providers,
    oauth_refused,
    oauth_tokens,
    protocol,
    refused,
    requests,
)
from carebase.auth.oauth import Answer, Begun
from carebase.auth.oauth_issuers import Issuer
from carebase.auth.opening import Opened
from carebase.database.identity import Identity
from carebase.settings import Settings

COOKIE: Final = "carebase_flow"
LARGEST_FORM_BYTES: Final = 16_384
ANSWER_FIELDS: Final = ("state", "code", "error", "iss")
AGREEING: Final = "/login/link"
"""Our own page on which a person agrees to a link that a page of another origin has begun."""
NOT_KEPT: Final = {"Cache-Control": "no-store"}

router = APIRouter(route_class=protocol.GoTrueRoute)


def issuers_of(connection: HTTPConnection) -> Mapping[str, Issuer]:
    """The issuers of this deployment by name."""
    state = connection.app.state
    if not hasattr(state, "issuers"):
        state.issuers = read_issuers(state.settings)
    return cast(Mapping[str, Issuer], state.issuers)


def read_issuers(settings: Settings) -> Mapping[str, Issuer]:
    """The issuers that the operator's file names; BadSetting where it cannot be used."""
    return {name: Issuer(provider) for name, provider in oauth_providers.read(settings).items()}


async def by_id_token(request: Request) -> Opened:
    """The session for `grant_type=id_token`."""
    body = await protocol.body(request)
    identity = protocol.person(request) if body.get("link_identity") is True else None
    return await oauth_tokens.by_id_token(
        requests.accounts_of(request),
        issuers_of(request),
        body,
        identity=identity,
        caller=requests.caller_of(request),
    )


@router.get("/authorize", status_code=302)
async def authorize(request: Request) -> Response:
    """Send the browser to an outside provider (`provider`), to come back to `redirect_to`."""
    return _leaving(request, await _begun(request, linking=None))


@router.get("/callback", status_code=302)
async def callback(request: Request) -> Response:
    """Where the provider sends the browser back to."""
    query = request.query_params
    answer = Answer(
        state=query.get("state", ""), code=query.get("code", ""), error=query.get("error", ""), issuer=query.get("iss")
    )
    address = await oauth.end(
        requests.accounts_of(request),
        issuers_of(request),
        answer,
        browser=request.cookies.get(cookie_name(request)),
        caller=requests.caller_of(request),
    )
    return RedirectResponse(address, 302, headers=NOT_KEPT)


@router.post("/callback", status_code=303)
async def callback_by_form(request: Request) -> Response:
    """The same for a provider that answers by a form."""
    received = bytearray()
    async for chunk in request.stream():
        received += chunk
        if len(received) > LARGEST_FORM_BYTES:
            raise errors.TooLarge
    try:
        form = dict(parse_qsl(received.decode("ascii"), max_num_fields=20))
    except ValueError as error:
        raise oauth_refused.BadCallback from error
    # The browser leaves its cookie out when another site posts; it brings it along to an address of ours.
    query = urlencode([(name, form[name]) for name in ANSWER_FIELDS if name in form])
    means = requests.accounts_of(request)
    return RedirectResponse(f"{oauth.callback_address(means)}?{query}", 303, headers=NOT_KEPT)


@router.get("/user/identities/authorize", status_code=302)
async def link(request: Request) -> Response:
    """Begin to make an outside identity a way into the own account.

    With `skip_http_redirect=true` the address comes in the answer. A browser keeps no cookie that a page of another
    origin was answered with, so such a page, of an allowed origin, is told an address of ours: there the person agrees
    to the link, and only then has the cookie.
    """
    is_elsewhere = _is_from_elsewhere(request)
    begun = await _begun(request, linking=protocol.person(request))
    if request.query_params.get("skip_http_redirect") != "true":
        return _leaving(request, begun)
    if is_elsewhere:
        ticket = urlencode({"ticket": f"{begun.flow_id}.{begun.browser}"})
        site = requests.accounts_of(request).policy.site_address
        return protocol.answer({"url": f"{site}{AGREEING}?{ticket}"}, headers=NOT_KEPT)
    answer = protocol.answer({"url": begun.address}, headers=NOT_KEPT)
    keep_cookie(request, answer, begun.browser)
    return answer


@router.delete("/user/identities/{identity_id}")
async def unlink(request: Request, identity_id: str) -> Response:
    """Take an outside identity off the own account."""
    person = protocol.person(request)
    try:
        wanted = UUID(identity_id)
    except ValueError as error:
        raise refused.NotValid(details="identity_id must be an UUID") from error
    await identities.unlink(
        requests.accounts_of(request), person, identity_id=wanted, caller=requests.caller_of(request)
    )
    return protocol.answer({})


async def _begun(request: Request, *, linking: Identity | None) -> Begun:
    query = request.query_params
    issuer = issuers_of(request).get(query.get("provider", ""))
    if issuer is None:
        raise refused.NotValid(details="Unsupported provider: provider is not enabled")
    return await oauth.begin(
        requests.accounts_of(request),
        issuer,
        redirect_to=query.get("redirect_to"),
        challenge=flows.challenge_of(query),
        browser=request.cookies.get(cookie_name(request)),
        wishes=query,
        linking=linking,
    )


def _is_from_elsewhere(request: Request) -> bool:
    """Whether a page of another origin asks; NotValid when no sign-in may end there."""
    origin, policy = request.headers.get("origin"), requests.accounts_of(request).policy
    if origin is None or _origin(origin) == _origin(policy.site_address):
        return False
    if not any(_origin(listed) == _origin(origin) for listed in policy.redirect_addresses):
        raise refused.NotValid(details="Identities are linked from the site and from addresses it allows")
    return True


def _origin(address: str) -> tuple[str, str]:
    parts = urlsplit(address)
    return parts.scheme.lower(), parts.netloc.lower()


def _leaving(request: Request, begun: Begun) -> Response:
    answer = RedirectResponse(begun.address, 302, headers=NOT_KEPT)
    keep_cookie(request, answer, begun.browser)
    return answer


def _is_https(request: Request) -> bool:
    # By the configured address: behind a proxy the connection itself is plain.
    return requests.accounts_of(request).policy.site_address.startswith("https://")


def cookie_name(request: Request) -> str:
    """Under what the browser keeps what it has to come back with."""
    return f"__Host-{COOKIE}" if _is_https(request) else COOKIE


def keep_cookie(request: Request, answer: Response, browser: str) -> None:
    """Give the browser what it has to come back with."""
    answer.set_cookie(
        cookie_name(request),
        browser,
        max_age=oauth.FLOW_MINUTES * 60,
        path="/",
        secure=_is_https(request),
        httponly=True,
        samesite="lax",
    )
