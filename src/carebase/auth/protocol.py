"""GoTrue's way to speak over HTTP, for every route of `/auth/v1`.

In charge of who is let in, of bodies, of answers and of the two dialects of errors. What happens is the
steps' business.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Coroutine, Mapping
from typing import Any, Final, cast

import orjson
from fastapi import Request, Response
from fastapi.routing import APIRoute

from carebase import errors, observability
from carebase.auth import api_keys, captcha, refused, requests, users
from carebase.auth.accounts import Account
from carebase.auth.opening import Opened
from carebase.auth.tokens import Tokens
from carebase.database.identity import Identity, Role

LOG = observability.Log("auth")

VERSION_HEADER: Final = "X-Supabase-Api-Version"
VERSION_WITH_CODES: Final = "2024-01-01"
VERSION_FORM: Final = re.compile(r"2\d{3}-[01]\d-[0-3]\d")
LARGEST_BODY_BYTES: Final = 65_536


class GoTrueRoute(APIRoute):
    """Says errors as GoTrue's clients read them, and lets only keys of this deployment in."""

    def get_route_handler(self) -> Callable[[Request], Coroutine[Any, Any, Response]]:
        """The handler with its errors rendered."""
        answer = super().get_route_handler()

        async def answer_or_refuse(request: Request) -> Response:
            try:
                requests.spend_of_bearer(request)
                await _check_key(request)
                return await answer(request)
            except errors.CareError as error:
                return refusal(request, error)

        return answer_or_refuse


def takes(*texts: str, objects: tuple[str, ...] = (), required: tuple[str, ...] = ()) -> dict[str, Any]:
    """The body a route takes, for the API's description: the names of its texts and of its objects."""
    kinds = {**dict.fromkeys(texts, "string"), **dict.fromkeys(objects, "object")}
    schema = {
        "type": "object",
        "properties": {name: {"type": kind} for name, kind in kinds.items()},
        "required": list(required),
    }
    return {"requestBody": {"required": True, "content": {"application/json": {"schema": schema}}}}


def refusal(request: Request, error: errors.CareError) -> Response:
    """An error in the dialect the client asked for by its version header.

    From 2024-01-01 on `{code, message}`, before it `{code: <status>, error_code, msg}`.
    """
    if error.status >= 500:
        LOG.error("accounts_unavailable", cause=error.__cause__ or error, code=error.code)
    code, status, message = code_of(error), error.status, error.details or error.message
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


def code_of(error: errors.CareError) -> str:
    """The error's code in GoTrue's words."""
    match error:
        case errors.TooMany():
            return refused.TooManyTries.code
        case errors.Invalid():
            return refused.NotValid.code
        case _:
            return "unexpected_failure" if error.status >= 500 else error.code


def person(request: Request) -> Identity:
    """The person whose token came with the request; NoAuthorization without one, BadToken with a wrong one."""
    given = requests.bearer_token(request)
    if given is None:
        raise refused.NoAuthorization
    try:
        identity = cast(Tokens, request.app.state.tokens).verify(given)
    except errors.NotSignedIn as error:
        raise refused.BadToken(details=error.hint) from error
    if identity.role is not Role.AUTHENTICATED:
        raise refused.BadToken(details="invalid claim: missing sub claim")
    requests.note_activity(request, identity)
    return identity


async def body(request: Request) -> dict[str, Any]:
    """The JSON object that came with the request; BadBody when it is none."""
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


async def asked_by_a_person(request: Request) -> dict[str, Any]:
    """The body of a request that people make before they are signed in; CaptchaFailed where the operator has
    chosen a service that tells people from programs, and it has not said yes."""
    given = await body(request)
    await captcha.check(request.app.state.settings, given, caller=requests.caller_of(request))
    return given


def text(given: Mapping[str, Any], name: str) -> str:
    """A text that has to be there; NotValid otherwise."""
    value = given.get(name)
    if not isinstance(value, str) or not value:
        raise refused.NotValid(details=f"{name} is missing or is no text")
    return value


def mapping(given: Mapping[str, Any], name: str) -> dict[str, Any]:
    """An object that may be absent; NotValid when it is anything else."""
    value = given.get(name)
    if value is None:
        return {}
    if not isinstance(value, dict):
        raise refused.NotValid(details=f"{name} is not an object.")
    return value


def account(found: Account) -> dict[str, Any]:
    """An account in GoTrue's shape."""
    return users.as_json(found.user, found.identities, found.factors)


def opened(session: Opened) -> dict[str, Any]:
    """A session in GoTrue's shape."""
    return {
        "access_token": session.access_token,
        "token_type": "bearer",
        "expires_in": session.expires_in_seconds,
        "expires_at": session.expires_at,
        "refresh_token": session.refresh_token,
        "user": account(session.account),
    }


def answer(given: Mapping[str, Any] | list[Any], *, headers: Mapping[str, str] | None = None) -> Response:
    """An answer in JSON."""
    return Response(orjson.dumps(given), headers=dict(headers or {}), media_type="application/json")


async def _check_key(request: Request) -> None:
    key = request.headers.get("apikey")
    if key is None:
        return
    try:
        identity = api_keys.identity_of(cast(Tokens, request.app.state.tokens), key)
    except errors.NotSignedIn as error:
        raise refused.BadKey from error
    if identity.role is Role.AUTHENTICATED:
        return
    async with requests.accounts_of(request).begin() as session:
        is_good = await api_keys.is_good(session, identity)
    if not is_good:
        raise refused.BadKey
