"""Routes by which people come in: `/signup`, `/token`."""

from __future__ import annotations

from typing import Final

from fastapi import APIRouter, Request, Response

from carebase.auth import continuing, protocol, refused, requests, signing_in, signing_up

LONGEST_REFRESH_TOKEN: Final = 256

router = APIRouter(route_class=protocol.GoTrueRoute)


@router.post(
    "/signup", openapi_extra=protocol.takes("email", "password", objects=("data",), required=("email", "password"))
)
async def sign_up(request: Request) -> Response:
    """Make an account and sign it in."""
    body = await protocol.body(request)
    if body.get("phone"):
        raise refused.PhoneDisabled
    if not body.get("email") and not body.get("password"):
        raise refused.AnonymousDisabled
    data = body.get("data") or {}
    if not isinstance(data, dict):
        raise refused.NotValid(details="data is not an object.")
    opened = await signing_up.by_password(
        requests.accounts_of(request),
        protocol.text(body, "email"),
        protocol.text(body, "password"),
        data=data,
        caller=requests.caller_of(request),
    )
    return protocol.answer(protocol.opened(opened))


@router.post("/token", openapi_extra=protocol.takes("email", "password", "refresh_token"))
async def token(request: Request, grant_type: str = "") -> Response:
    """A session for a password or for a refresh token."""
    means, caller = requests.accounts_of(request), requests.caller_of(request)
    match grant_type:
        case "password":
            body = await protocol.body(request)
            if body.get("phone"):
                raise refused.PhoneDisabled
            email, password = protocol.text(body, "email"), protocol.text(body, "password")
            opened = await signing_in.by_password(means, email, password, caller=caller)
        case "refresh_token":
            given = protocol.text(await protocol.body(request), "refresh_token")
            if len(given) > LONGEST_REFRESH_TOKEN:
                raise refused.TokenNotFound
            opened = await continuing.by_refresh_token(means, given, caller=caller)
        case _:
            raise refused.UnsupportedGrant
    return protocol.answer(protocol.opened(opened))
