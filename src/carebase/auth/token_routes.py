"""Routes by which people come in: `/signup`, `/token`."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, Final

from fastapi import APIRouter, Request, Response

from carebase.auth import (
    continuing,
    flows,
    oauth_routes,
    paper_sign_in,
    protocol,
    proving,
    refused,
    requests,
    signing_in,
    signing_up,
)
from carebase.auth.mailing import Return
from carebase.auth.opening import Opened

LONGEST_REFRESH_TOKEN: Final = 256

router = APIRouter(route_class=protocol.GoTrueRoute)


@router.post(
    "/signup",
    openapi_extra=protocol.takes(
        "email", "phone", "password", "code_challenge", "code_challenge_method", objects=("data",)
    ),
)
async def sign_up(request: Request, redirect_to: str | None = None) -> Response:
    """Make an account: signed in at once, or written to where addresses have to be confirmed. Without address
    and number it is anonymous, where that is allowed."""
    body = await protocol.asked_by_a_person(request)
    means, caller = requests.accounts_of(request), requests.caller_of(request)
    data = protocol.mapping(body, "data")
    if body.get("email") and body.get("phone"):
        raise refused.NotValid(details="Only an email address or phone number should be provided on signup.")
    if body.get("phone"):
        phone, password = protocol.text(body, "phone"), protocol.text(body, "password")
        return _entered(await signing_up.by_phone(means, phone, password, data=data, caller=caller))
    if not body.get("email") and not body.get("password"):
        return _entered(await signing_up.anonymously(means, data=data, caller=caller))
    made = await signing_up.by_password(
        means,
        protocol.text(body, "email"),
        protocol.text(body, "password"),
        data=data,
        ends=Return(redirect_to=redirect_to, challenge=flows.challenge_of(body)),
        caller=caller,
    )
    return _entered(made) if isinstance(made, Opened) else protocol.answer(protocol.account(made))


@router.post(
    "/token",
    openapi_extra=protocol.takes(
        "email",
        "phone",
        "password",
        "refresh_token",
        "auth_code",
        "code_verifier",
        "id_token",
        "access_token",
        "nonce",
        "name",
        "code",
        "provider",
    ),
)
async def token(request: Request, grant_type: str = "") -> Response:
    """A session for a password, for a refresh token, for the code at the end of a sign-in (PKCE), for a printed
    code, or for an ID token of an outside provider."""
    means, caller = requests.accounts_of(request), requests.caller_of(request)
    match grant_type:
        case "password":
            opened = await _by_password(request, await protocol.asked_by_a_person(request))
        case "refresh_token":
            given = protocol.text(await protocol.body(request), "refresh_token")
            if len(given) > LONGEST_REFRESH_TOKEN:
                raise refused.TokenNotFound
            opened = await continuing.by_refresh_token(means, given, caller=caller)
        case "pkce":
            body = await protocol.body(request)
            code, verifier = protocol.text(body, "auth_code"), protocol.text(body, "code_verifier")
            opened = await proving.by_flow(means, code, verifier, caller=caller)
        case "paper_code":
            body = await protocol.asked_by_a_person(request)
            name, code = protocol.text(body, "name"), protocol.text(body, "code")
            opened = await paper_sign_in.by_code(means, name, code, caller=caller)
        case "id_token":
            opened = await oauth_routes.by_id_token(request)
        case _:
            raise refused.UnsupportedGrant
    return _entered(opened)


async def _by_password(request: Request, body: Mapping[str, Any]) -> Opened:
    means, caller = requests.accounts_of(request), requests.caller_of(request)
    if body.get("email") and body.get("phone"):
        raise refused.NotValid(details="Only an email address or phone number should be provided on login.")
    if body.get("phone"):
        phone, password = protocol.text(body, "phone"), protocol.text(body, "password")
        return await signing_in.by_phone(means, phone, password, caller=caller)
    email, password = protocol.text(body, "email"), protocol.text(body, "password")
    return await signing_in.by_password(means, email, password, caller=caller)


def _entered(opened: Opened) -> Response:
    return protocol.answer(protocol.opened(opened))
