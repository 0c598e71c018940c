"""Believes what configured proxies say of the client before them, and nobody else.

In charge of the address and the scheme that the rest of the program sees. `X-Forwarded-For` is read from its end:
each proxy adds whom it saw, so the first that is not a proxy of ours is the client, and what stands before that is
the client's own word. Without configured proxies this is not in the way at all.
"""

from __future__ import annotations

import ipaddress
from collections.abc import Iterable
from functools import lru_cache
from typing import Final, TypeAlias

from starlette.types import ASGIApp, Receive, Scope, Send

Network: TypeAlias = "ipaddress.IPv4Network | ipaddress.IPv6Network"

FORWARDED_FOR: Final = b"x-forwarded-for"
FORWARDED_PROTO: Final = b"x-forwarded-proto"
SCHEMES: Final = frozenset({"http", "https"})
MOST_HOPS: Final = 20


class TrustedProxies:
    """ASGI middleware, the outermost one: sets `client` and `scheme` of requests that come through a proxy."""

    def __init__(self, app: ASGIApp, *, trusted: str) -> None:
        """`trusted` are addresses or networks with spaces between."""
        self.app = app
        self._trusted = tuple(ipaddress.ip_network(text) for text in trusted.split())
        self._is_trusted = lru_cache(maxsize=1024)(self._is_one_of_ours)

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Pass the request on as the client's, where a proxy of ours brought it."""
        client = scope.get("client")
        if scope["type"] in {"http", "websocket"} and client is not None and self._is_trusted(client[0]):
            headers = scope["headers"]
            scope = {**scope, "client": (self._client_of(_values(headers, FORWARDED_FOR), client[0]), client[1])}
            said = _values(headers, FORWARDED_PROTO)
            if said and said[-1].lower() in SCHEMES:
                scope["scheme"] = _scheme(said[-1].lower(), kind=scope["type"])
        await self.app(scope, receive, send)

    def _client_of(self, said: list[str], peer: str) -> str:
        for text in reversed(said[-MOST_HOPS:]):
            address = _address(text)
            if address is None:
                # Neither the client's address nor a proxy's: whoever brought it is the last one known.
                return peer
            peer = address
            if not self._is_trusted(address):
                break
        return peer

    def _is_one_of_ours(self, text: str) -> bool:
        address = _address(text)
        return address is not None and any(ipaddress.ip_address(address) in network for network in self._trusted)


def _values(headers: Iterable[tuple[bytes, bytes]], name: bytes) -> list[str]:
    """The parts of a header that is a list, those of several lines in their order."""
    lines = [value.decode("latin-1") for key, value in headers if key == name]
    return [part.strip() for line in lines for part in line.split(",")]


def _address(text: str) -> str | None:
    """The address in one part, which may have brackets and a port.

    >>> _address("192.0.2.1:8080"), _address("[2001:db8::1]:443"), _address("::ffff:192.0.2.1"), _address("unknown")
    ('192.0.2.1', '2001:db8::1', '192.0.2.1', None)
    """
    if text.startswith("["):
        text = text[1:].partition("]")[0]
    elif text.count(":") == 1:
        text = text.partition(":")[0]
    try:
        parsed = ipaddress.ip_address(text.partition("%")[0])
    except ValueError:
        return None
    if isinstance(parsed, ipaddress.IPv6Address) and parsed.ipv4_mapped is not None:
        return str(parsed.ipv4_mapped)
    return str(parsed)


def _scheme(said: str, *, kind: str) -> str:
    if kind == "http":
        return said
    return "wss" if said == "https" else "ws"
