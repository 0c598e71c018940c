"""Routes of mails and of what is brought back: `/otp`, `/recover`, `/resend`, `/verify`, `/reauthenticate`."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from fastapi import APIRouter, Request, Response
from starlette.responses import RedirectResponse

from carebase import errors
from carebase.auth import (
    addresses,
    flows,
    links,
    mail_requests,
    protocol,
    proving,
    reauthenticating,
    redirects,
    refused,
    requests,
)
from carebase.auth.mail_requests import Again
from carebase.auth.mailing import Return
from carebase.auth.opening import Opened
from carebase.auth.proving import Coded, HalfConfirmed, Proven, VerifyType, Way

BY_TELEPHONE = frozenset({"sms", "phone_change"})

router = APIRouter(route_class=protocol.GoTrueRoute)


@router.post(
    "/otp",
    openapi_extra=protocol.takes("email", "phone", "code_challenge", "code_challenge_method", objects=("data",)),
)
async def write_code(request: Request, redirect_to: str | None = None) -> Response:
    """Write a link and six digits to sign in with; the answer is the same for every address."""
    body = await protocol.asked_by_a_person(request)
    if body.get("email") and body.get("phone"):
        raise refused.NotValid(details="Only an email address or phone number should be provided")
    if body.get("phone"):
        _refuse_telephone(request, protocol.text(body, "phone"))
    may_make = body.get("create_user", True)
    if not isinstance(may_make, bool):
        raise refused.NotValid(details="create_user is neither true nor false.")
    return await _write_link(request, body, may_make=may_make, redirect_to=redirect_to)


@router.post(
    "/magiclink",
    openapi_extra=protocol.takes(
        "email", "code_challenge", "code_challenge_method", objects=("data",), required=("email",)
    ),
)
async def write_link(request: Request, redirect_to: str | None = None) -> Response:
    """The same under its older name."""
    return await _write_link(request, await protocol.asked_by_a_person(request), may_make=True, redirect_to=redirect_to)


@router.post(
    "/recover", openapi_extra=protocol.takes("email", "code_challenge", "code_challenge_method", required=("email",))
)
async def recover(request: Request, redirect_to: str | None = None) -> Response:
    """Write a link and six digits to whoever forgot the password; the answer is the same for every address."""
    body = await protocol.asked_by_a_person(request)
    await mail_requests.recover(
        requests.accounts_of(request),
        protocol.text(body, "email"),
        ends=_ends(body, redirect_to=redirect_to),
        caller=requests.caller_of(request),
    )
    return protocol.answer({})


@router.post(
    "/resend",
    openapi_extra=protocol.takes(
        "type", "email", "phone", "code_challenge", "code_challenge_method", required=("type",)
    ),
)
async def resend(request: Request, redirect_to: str | None = None) -> Response:
    """Write a mail again that somebody waits for; the answer is the same for every address."""
    body = await protocol.asked_by_a_person(request)
    kind = protocol.text(body, "type")
    if kind in BY_TELEPHONE:
        _check_telephone(request, protocol.text(body, "phone"))
        # A number is confirmed with its account or not at all, so no code is ever waited for.
        return protocol.answer({})
    try:
        which = Again(kind)
    except ValueError as error:
        raise refused.NotValid(details="Missing one of these types: signup, email_change, sms, phone_change") from error
    await mail_requests.resend(
        requests.accounts_of(request),
        protocol.text(body, "email"),
        which=which,
        ends=_ends(body, redirect_to=redirect_to),
        caller=requests.caller_of(request),
    )
    return protocol.answer({})


@router.get("/verify", status_code=303)
async def open_link(request: Request, *, token: str = "", type: str = "", redirect_to: str | None = None) -> Response:  # noqa: A002
    """Open a link: a browser goes on to the site, with a session behind the `#`, a code for the client that
    began, or the reason why there is neither. What confirms a sign-up from elsewhere goes on at our own page, which
    asks for the password of that sign-up and uses the link up."""
    means, caller = requests.accounts_of(request), requests.caller_of(request)
    address = redirects.allowed(means.policy, redirect_to)
    try:
        verify_type = proving.verify_type(type)
        if await proving.unknown_maker(means, token, type=verify_type, way=Way.OPENED, caller=caller) is not None:
            end = links.end(means.policy, redirect_to)
            kind = VerifyType.SIGN_UP.value
            return _go(links.page_link(means.policy, token, token_type=kind, redirect_to=end))
        proven = await proving.by_link(means, token, type=verify_type, caller=caller)
    except errors.CareError as error:
        if error.status >= 500:
            raise
        return _go(redirects.with_error(address, error))
    return _go(_address(proven, address=address, type=verify_type))


@router.post("/verify", openapi_extra=protocol.takes("type", "token", "token_hash", "email", "phone"))
async def verify(request: Request) -> Response:
    """A session for six digits and the address they were written to, or for the token of a link."""
    body = await protocol.body(request)
    means, caller = requests.accounts_of(request), requests.caller_of(request)
    code, token = body.get("token") or None, body.get("token_hash") or None
    if (code is None) == (token is None):
        raise refused.NotValid(details="Verify requires either a token or a token hash")
    kind = protocol.text(body, "type")
    if kind in BY_TELEPHONE:
        _check_number(protocol.text(body, "phone"))
        raise refused.CodeExpired
    verify_type = proving.verify_type(kind)
    if token is not None:
        if body.get("email") or body.get("phone"):
            raise refused.NotValid(details="Only the token_hash and type should be provided")
        return _answer(
            await proving.by_token(means, protocol.text(body, "token_hash"), type=verify_type, caller=caller)
        )
    if body.get("phone") or not body.get("email"):
        raise refused.NotValid(details="Only an email address or phone number should be provided on verify")
    email, given = protocol.text(body, "email"), protocol.text(body, "token")
    return _answer(await proving.by_code(means, email, given, type=verify_type, caller=caller))


@router.get("/reauthenticate")
async def reauthenticate(request: Request) -> Response:
    """Write a code to the address of the account that is signed in; it is the `nonce` of a change."""
    identity = protocol.person(request)
    await reauthenticating.ask(requests.accounts_of(request), identity, caller=requests.caller_of(request))
    return protocol.answer({})


async def _write_link(
    request: Request, body: Mapping[str, Any], *, may_make: bool, redirect_to: str | None
) -> Response:
    await mail_requests.sign_in(
        requests.accounts_of(request),
        protocol.text(body, "email"),
        data=protocol.mapping(body, "data"),
        may_make=may_make,
        ends=_ends(body, redirect_to=redirect_to),
        caller=requests.caller_of(request),
    )
    return protocol.answer({})


def _ends(body: Mapping[str, Any], *, redirect_to: str | None) -> Return:
    return Return(redirect_to=redirect_to, challenge=flows.challenge_of(body))


def _answer(proven: Opened | HalfConfirmed) -> Response:
    if isinstance(proven, HalfConfirmed):
        return protocol.answer({"msg": proving.FIRST_OF_TWO, "code": "200"})
    return protocol.answer(protocol.opened(proven))


def _address(proven: Proven, *, address: str, type: VerifyType) -> str:  # noqa: A002
    match proven:
        case Opened():
            # Clients ask a person who recovers for a password, which is owed here too.
            said = VerifyType.RECOVERY if proven.is_password_dropped else type
            return redirects.with_tokens(address, proven, said.value)
        case Coded():
            return redirects.with_code(address, proven.code)
        case HalfConfirmed():
            return redirects.with_message(address, proving.FIRST_OF_TWO)


def _go(address: str) -> Response:
    # The address that was opened holds a token, and the one gone to may: neither is kept or told on.
    return RedirectResponse(address, 303, {"Cache-Control": "no-store", "Referrer-Policy": "no-referrer"})


def _check_number(phone: str) -> None:
    addresses.phone(phone)


def _check_telephone(request: Request, phone: str) -> None:
    if not requests.accounts_of(request).policy.is_phone_allowed:
        raise refused.PhoneDisabled
    _check_number(phone)


def _refuse_telephone(request: Request, phone: str) -> None:
    _check_telephone(request, phone)
    raise refused.MessageNotSent
