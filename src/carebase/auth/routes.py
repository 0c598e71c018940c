"""`/auth/v1`: accounts over HTTP, as clients of GoTrue speak.

In charge of bodies, of answers and of the two dialects of errors. What happens is `accounts`' business.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Coroutine
from typing import Any, Final, cast

import orjson
from fastapi import APIRouter, Request, Response
from fastapi.routing import APIRoute

from carebase import errors, observability
from carebase.auth import refused, requests, users
from carebase.auth.accounts import Account, Opened
from carebase.auth.devices import Scope
from carebase.auth.tokens import Tokens
from carebase.database.identity import ANONYMOUS, Identity, Role
from carebase.settings import VERSION

LOG = observability.Log("auth")

VERSION_HEADER: Final = "X-Supabase-Api-Version"
VERSION_WITH_CODES: Final = "2024-01-01"
VERSION_FORM: Final = re.compile(r"2\d{3}-[01]\d-[0-3]\d")
LARGEST_BODY_BYTES: Final = 65_536
LONGEST_REFRESH_TOKEN: Final = 256


def _takes(*texts: str, objects: tuple[str, ...] = (), required: tuple[str, ...] = ()) -> dict[str, Any]:
    """The body a route takes, for the API's description: the names of its texts and of its objects."""
    kinds = {**dict.fromkeys(texts, "string"), **dict.fromkeys(objects, "object")}
    schema = {
        "type": "object",
        "properties": {name: {"type": kind} for name, kind in kinds.items()},
        "required": list(required),
    }
    return {"requestBody": {"required": True, "content": {"application/json": {"schema": schema}}}}


class GoTrueRoute(APIRoute):
    """Says errors as GoTrue's clients read them, and lets only keys of this deployment in."""

    def get_route_handler(self) -> Callable[[Request], Coroutine[Any, Any, Response]]:
        """The handler with its errors rendered."""
        answer = super().get_route_handler()

        async def answer_or_refuse(request: Request) -> Response:
            try:
                _check_key(request)
                requests.spend_request(request, ANONYMOUS)
                return await answer(request)
            except errors.CareError as error:
                return refusal(request, error)

        return answer_or_refuse


router = APIRouter(prefix="/auth/v1", tags=["auth"], route_class=GoTrueRoute)


@router.post("/signup", openapi_extra=_takes("email", "password", objects=("data",), required=("email", "password")))
async def sign_up(request: Request) -> Response:
    """Make an account and sign it in."""
    body = await _body(request)
    if body.get("phone"):
        raise refused.PhoneDisabled
    if not body.get("email") and not body.get("password"):
        raise refused.AnonymousDisabled
    data = body.get("data") or {}
    if not isinstance(data, dict):
        raise refused.NotValid(details="data is not an object.")
    opened = await requests.accounts_of(request).sign_up(
        _text(body, "email"), _text(body, "password"), data=data, caller=requests.caller_of(request)
    )
    return _json(_opened(opened))


@router.post("/token", openapi_extra=_takes("email", "password", "refresh_token"))
async def token(request: Request, grant_type: str = "") -> Response:
    """A session for a password or for a refresh token."""
    accounts, caller = requests.accounts_of(request), requests.caller_of(request)
    match grant_type:
        case "password":
            body = await _body(request)
            if body.get("phone"):
                raise refused.PhoneDisabled
            opened = await accounts.sign_in(_text(body, "email"), _text(body, "password"), caller=caller)
        case "refresh_token":
            given = _text(await _body(request), "refresh_token")
            if len(given) > LONGEST_REFRESH_TOKEN:
                raise refused.TokenNotFound
            opened = await accounts.refresh(given, caller=caller)
        case _:
            raise refused.UnsupportedGrant
    return _json(_opened(opened))


@router.get("/user")
async def read_user(request: Request) -> Response:
    """The account that is signed in."""
    return _json(_account(await requests.accounts_of(request).read(_person(request))))


@router.put("/user", openapi_extra=_takes("password", "current_password", "email", objects=("data",)))
async def change_user(request: Request) -> Response:
    """Change the own metadata or password; a password needs `current_password`."""
    identity, body = _person(request), await _body(request)
    if "app_metadata" in body:
        raise refused.NotAdmin
    accounts = requests.accounts_of(request)
    if body.get("email") or body.get("phone"):
        account = await accounts.read(identity)
        if body.get("phone") or str(body["email"]).strip().lower() != account.user.email:
            raise refused.NotValid(details="The address of an account cannot be changed on this server.")
    data = body.get("data")
    if data is not None and not isinstance(data, dict):
        raise refused.NotValid(details="data is not an object.")
    changed = await accounts.change(
        identity,
        data=data,
        password=_text(body, "password") if body.get("password") is not None else None,
        current_password=_text(body, "current_password") if body.get("current_password") else None,
        caller=requests.caller_of(request),
    )
    return _json(_account(changed))


@router.post("/logout", status_code=204)
async def sign_out(request: Request, scope: str = Scope.GLOBAL.value) -> Response:
    """Sign devices out: every one, this one (`local`) or every other one (`others`)."""
    identity = _person(request)
    try:
        which = Scope(scope)
    except ValueError as error:
        raise refused.NotValid(details="Unsupported logout scope") from error
    await requests.accounts_of(request).sign_out(identity, scope=which, caller=requests.caller_of(request))
    return Response(status_code=204)


@router.get("/health")
async def health() -> Response:
    """That the accounts service answers."""
    return _json(
        {
            "version": VERSION,
            "name": "carebase auth",
            "description": "Accounts and sign-in, as clients of GoTrue expect them",
        }
    )


@router.get("/settings")
async def settings(request: Request) -> Response:
    """Which ways to sign in there are."""
    return _json(
        {
            "external": {"email": True, "phone": False, "anonymous_users": False},
            "disable_signup": not request.app.state.settings.sign_up,
            "mailer_autoconfirm": True,
            "phone_autoconfirm": False,
            "sms_provider": "",
            "saml_enabled": False,
        }
    )


def refusal(request: Request, error: errors.CareError) -> Response:
    """An error in the dialect the client asked for by its version header.

    From 2024-01-01 on `{code, message}`, before it `{code: <status>, error_code, msg}`.
    """
    if error.status >= 500:
        LOG.error("accounts_unavailable", cause=error.__cause__ or error, code=error.code)
    code, status, message = _code(error), error.status, error.details or error.message
    headers = {"X-Sb-Error-Code": code}
    body: dict[str, Any]
    # Versions are dates, so their texts are in the order of time.
    asked = request.headers.get(VERSION_HEADER, "")
    if VERSION_FORM.fullmatch(asked) and asked >= VERSION_WITH_CODES:
        headers[VERSION_HEADER] = VERSION_WITH_CODES
        body = {"code": code, "message": message}
    else:
        body = {"code": status, "error_code": code, "msg": message}
    if isinstance(error, refused.WeakPassword):
        body["weak_password"] = {"reasons": list(error.reasons)}
    if error.retry_after_seconds is not None:
        headers["Retry-After"] = str(error.retry_after_seconds)
    return Response(orjson.dumps(body), status, headers, media_type="application/json")


def _code(error: errors.CareError) -> str:
    match error:
        case errors.TooMany():
            return refused.TooManyTries.code
        case errors.Invalid():
            return refused.NotValid.code
        case _:
            return "unexpected_failure" if error.status >= 500 else error.code


def _check_key(request: Request) -> None:
    key = request.headers.get("apikey")
    if key is None:
        return
    try:
        cast(Tokens, request.app.state.tokens).verify(key)
    except errors.NotSignedIn as error:
        raise refused.BadKey from error


def _person(request: Request) -> Identity:
    given = requests.bearer_token(request)
    if given is None:
        raise refused.NoAuthorization
    try:
        identity = cast(Tokens, request.app.state.tokens).verify(given)
    except errors.NotSignedIn as error:
        raise refused.BadToken(details=error.hint) from error
    if identity.role is not Role.AUTHENTICATED:
        raise refused.BadToken(details="invalid claim: missing sub claim")
    return identity


async def _body(request: Request) -> dict[str, Any]:
    received = bytearray()
    async for chunk in request.stream():
        received += chunk
        if len(received) > LARGEST_BODY_BYTES:
            raise errors.TooLarge
    try:
        parsed = orjson.loads(bytes(received))
    except orjson.JSONDecodeError as error:
        raise refused.BadBody from error
    if not isinstance(parsed, dict):
        raise refused.BadBody
    return parsed


def _text(body: dict[str, Any], name: str) -> str:
    value = body.get(name)
    if not isinstance(value, str) or not value:
        raise refused.NotValid(details=f"{name} is missing or is no text")
    return value


def _account(account: Account) -> dict[str, Any]:
    return users.as_json(account.user, account.identities)


def _opened(opened: Opened) -> dict[str, Any]:
    return {
        "access_token": opened.access_token,
        "token_type": "bearer",
        "expires_in": opened.expires_in_seconds,
        "expires_at": opened.expires_at,
        "refresh_token": opened.refresh_token,
        "user": _account(opened.account),
    }


def _json(body: dict[str, Any]) -> Response:
    return Response(orjson.dumps(body), media_type="application/json")
