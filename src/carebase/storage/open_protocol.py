"""Routes whose address says all: of public buckets, and of signed links. Who else is asking does not matter.

In charge of whose request it is counted as, and of errors in Storage's dialect.
"""

from __future__ import annotations

from collections.abc import Awaitable, Callable, Coroutine
from typing import Any, cast

from fastapi import Request, Response
from fastapi.routing import APIRoute

from carebase import errors
from carebase.auth import requests
from carebase.database.identity import ANONYMOUS, Identity
from carebase.storage import protocol
from carebase.storage.callers import Caller
from carebase.storage.links import Link, LinkRefused, Links, Scope


class OpenRoute(APIRoute):
    """Looks at no credential beside the address, so that a token which is over does not stand in a link's way."""

    def get_route_handler(self) -> Callable[[Request], Coroutine[Any, Any, Response]]:
        """The handler with its errors rendered."""
        answer = super().get_route_handler()

        async def answer_or_refuse(request: Request) -> Response:
            return await answered(request, lambda: answer(request))

        return answer_or_refuse


async def answered(request: Request, answer: Callable[[], Awaitable[Response]]) -> Response:
    """What `answer` brings, or its error as Storage says it; counted among what the caller may ask for."""
    try:
        requests.spend_request(request, ANONYMOUS)
        brought = await answer()
    except errors.NotSignedIn as error:
        # Of a link, that means its maker: the account or the key is not good any more.
        refusal = LinkRefused()
        refusal.__cause__ = error
        return protocol.refusal(request, refusal)
    except errors.CareError as error:
        return protocol.refusal(request, error)
    # Whoever has the address has all that it takes, so a page of any origin may show what it leads to.
    brought.headers["Cross-Origin-Resource-Policy"] = "cross-origin"
    return brought


def everybody(request: Request) -> Caller:
    """Whoever it is."""
    return _caller(request, ANONYMOUS)


def links_of(request: Request) -> Links:
    """The links of this deployment, made at the first use."""
    state = request.app.state
    if not hasattr(state, "storage_links"):
        state.storage_links = Links(state.settings.secret)
    return cast(Links, state.storage_links)


def link_of(request: Request, *, scope: Scope, bucket: str, name: str) -> Link:
    """The link that the request comes with; LinkRefused, LinkExpired."""
    token = request.query_params.get("token")
    if not token:
        raise LinkRefused(details="querystring must have required property 'token'")
    return links_of(request).read(token, scope=scope, bucket=bucket, name=name)


def maker(request: Request, link: Link) -> Caller:
    """Who made the link, as whom it is used."""
    return _caller(request, link.identity)


def _caller(request: Request, identity: Identity) -> Caller:
    request.state.storage_identity = identity
    return protocol.caller_of(request)
