"""Storage's way to speak over HTTP, for every route of `/storage/v1`.

In charge of who is let in, of bodies that are JSON, of answers and of the dialect of errors. What happens is the
steps' business.
"""

from __future__ import annotations

from collections.abc import Callable, Coroutine, Mapping, Sequence
from typing import Any, Final, cast

import orjson
from fastapi import Request, Response
from fastapi.routing import APIRoute

from carebase import errors, observability
from carebase.auth import api_keys, requests
from carebase.auth.tokens import Tokens
from carebase.database import refusals
from carebase.database.identity import ANONYMOUS, Identity, Role
from carebase.storage import ranges, refused
from carebase.storage.callers import Caller
from carebase.storage.failures import RangeNotSatisfiable
from carebase.storage.objects import Store

LOG = observability.Log("storage")

LARGEST_JSON_BYTES: Final = 2 * 1024 * 1024
"""A thousand names of a kilobyte, as they are removed at once."""
# Storage answers 400 to nearly all it refuses and says the rest in the body; these are understood below it.
TOLD_BY_STATUS: Final = frozenset({408, 413, 416, 423, 429})


class StorageRoute(APIRoute):
    """Says errors as Storage's clients read them, and lets only keys and tokens of this deployment in."""

    def get_route_handler(self) -> Callable[[Request], Coroutine[Any, Any, Response]]:
        """The handler with its errors rendered."""
        answer = super().get_route_handler()

        async def answer_or_refuse(request: Request) -> Response:
            try:
                await _admit(request)
                return await answer(request)
            except errors.CareError as error:
                return refusal(request, error)

        return answer_or_refuse


def caller_of(request: Request) -> Caller:
    """Who is asking, as the route let it in."""
    state = request.app.state
    return Caller(
        identity=cast(Identity, request.state.storage_identity),
        origin=requests.origin_of(request),
        pools=state.pools,
        gate=state.gate,
        largest_bytes=state.settings.file_size_limit,
        uploads_per_hour=state.settings.uploads_per_hour,
    )


def refuse_nobody(request: Request) -> None:
    """AccessDenied, in the words that clients know, where no key came and no token; some objects are for everybody."""
    if request.state.storage_identity == ANONYMOUS:
        raise refused.AccessDenied(details="Invalid Compact JWS")


def store_of(request: Request) -> Store:
    """The files of this deployment."""
    return cast(Store, request.app.state.store)


async def body(request: Request) -> dict[str, Any]:
    """The JSON object that came with the request, an empty one where nothing came; InvalidRequest otherwise."""
    received = bytearray()
    async for chunk in request.stream():
        received += chunk
        if len(received) > LARGEST_JSON_BYTES:
            raise errors.TooLarge
    if not received:
        return {}
    try:
        parsed = orjson.loads(bytes(received))
    except orjson.JSONDecodeError as error:
        raise refused.InvalidRequest(details="The body is not valid JSON.") from error
    if not isinstance(parsed, dict):
        raise refused.InvalidRequest(details="body must be object")
    return parsed


def takes(*texts: str) -> dict[str, Any]:
    """The JSON body a route takes, for the API's description: the names of the texts that it must hold."""
    schema = {"type": "object", "properties": {name: {"type": "string"} for name in texts}, "required": list(texts[:1])}
    return {"requestBody": {"required": True, "content": {"application/json": {"schema": schema}}}}


def answer(given: Mapping[str, Any] | Sequence[Any], *, headers: Mapping[str, str] | None = None) -> Response:
    """An answer in JSON."""
    return Response(orjson.dumps(given), headers=dict(headers or {}), media_type="application/json")


def refusal(request: Request, error: errors.CareError) -> Response:
    """An error in Storage's dialect: `{statusCode, error, code, message}`, nearly always with status 400."""
    note(request, error)
    told = in_words_of_storage(error)
    # What Storage has no word for keeps its status and its own sentence; and its code where the caller is to act on it.
    is_ours = type(told) is refused.StorageError
    status = error.status if is_ours else told.status
    code = error.code if is_ours and status < 500 else told.code
    body = {
        "statusCode": str(status),
        "error": told.error or code,
        "code": code,
        "message": told.details or told.message,
    }
    headers = {}
    if error.retry_after_seconds is not None:
        headers["Retry-After"] = str(error.retry_after_seconds)
    if isinstance(error, RangeNotSatisfiable):
        headers["Content-Range"] = ranges.unsatisfied(size=error.size)
    said = status if status >= 500 or status in TOLD_BY_STATUS else 400
    return Response(orjson.dumps(body), said, headers, media_type="application/json")


def note(request: Request, error: errors.CareError) -> None:
    """Tell the operator of an error that is ours."""
    if error.status >= 500:
        cause = error.__cause__ or error
        LOG.error("storage_unavailable", cause=cause, code=error.code, request_id=requests.request_id_of(request))


def in_words_of_storage(error: errors.CareError) -> refused.StorageError:  # noqa: PLR0911 (a table)
    """The error as Storage says it."""
    match error:
        case refused.StorageError():
            return error
        case errors.NotSignedIn():
            return refused.AccessDenied(details=error.hint or error.message)
        case refusals.NotAllowed():
            return refused.AccessDenied(details="new row violates row-level security policy")
        case errors.NotFound():
            return refused.NoSuchKey()
        case errors.TooLarge():
            return refused.EntityTooLarge()
        case errors.UnsupportedType():
            return refused.InvalidMimeType(details=error.details)
        case errors.TooMany():
            return refused.SlowDown(details=error.hint)
        case errors.Conflict():
            return refused.ResourceLocked()
        case RangeNotSatisfiable():
            return refused.InvalidRange()
        case errors.Invalid():
            return refused.InvalidRequest(details=error.details or error.message)
        case _:
            return refused.StorageError(details=error.message)


async def _admit(request: Request) -> None:
    try:
        identity = _identity_of(request)
    except errors.NotSignedIn:
        # Tokens that are made up cost their maker as much as any request.
        requests.spend_request(request, ANONYMOUS)
        raise
    requests.spend_request(request, identity)
    requests.note_activity(request, identity)
    await _check_key(request, identity)
    request.state.storage_identity = identity


def _identity_of(request: Request) -> Identity:
    tokens = cast(Tokens, request.app.state.tokens)
    token, key = requests.bearer_token(request), request.headers.get("apikey")
    if token and not api_keys.is_key_twice(token, key):
        return tokens.verify(token)
    kept = getattr(request.state, "access_token", None)
    if kept:
        requests.refuse_foreign_origin(request)
        return tokens.verify(kept)
    return api_keys.identity_of(tokens, key) if key else ANONYMOUS


async def _check_key(request: Request, identity: Identity) -> None:
    key = request.headers.get("apikey")
    if key is None:
        return
    said = api_keys.identity_of(cast(Tokens, request.app.state.tokens), key)
    # A key that the request runs with is looked for where its transaction begins.
    if said.role is Role.AUTHENTICATED or said == identity:
        return
    async with requests.accounts_of(request).begin() as session:
        is_good = await api_keys.is_good(session, said)
    if not is_good:
        raise errors.NotSignedIn(hint="Invalid API key")
