"""Downloads by signed links, answered without the framework around other routes: it would cost them more than we do.

In charge of the way from an address to `link_routes.download` alone, which answers the same where it is routed.
"""

from __future__ import annotations

from typing import Final

from starlette.requests import Request
from starlette.types import Receive, Scope, Send

from carebase.storage import link_routes, open_protocol

PREFIX: Final = "/storage/v1/object/sign/"
METHODS: Final = frozenset({"GET", "HEAD"})


def is_for_link(scope: Scope) -> bool:
    """Whether the request is a download by a link."""
    if scope["type"] != "http" or scope["method"] not in METHODS or not scope["path"].startswith(PREFIX):
        return False
    bucket, _, name = scope["path"][len(PREFIX) :].partition("/")
    # What else lies below the address is the routes' to refuse.
    return bool(bucket and name)


class LinkDownloads:
    """ASGI application, inside of what gives requests their id and completes headers."""

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Answer with the object's bytes."""
        request = Request(scope, receive)
        bucket, _, name = scope["path"][len(PREFIX) :].partition("/")
        response = await open_protocol.answered(request, lambda: link_routes.download(request, bucket, name))
        await response(scope, receive, send)
