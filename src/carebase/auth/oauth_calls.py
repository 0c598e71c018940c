"""Calls to an outside provider.

In charge of where they may go. The issuer's own host is the operator's word and may be anywhere. Every other
address comes from the issuer's documents: it has to be https on the public internet, so that nothing of this
network is asked on its behalf (ASVS 1.3.6). No redirect is followed, no proxy of the environment used, an answer is
small and comes in time.
"""

from __future__ import annotations

import asyncio
import ipaddress
import socket
import ssl
from collections.abc import Callable, Mapping
from functools import cached_property
from typing import Any, Final
from urllib.parse import SplitResult, urlsplit

import httpx
import orjson

from carebase.auth import oauth_refused
from carebase.settings import LOOPBACK

TIMEOUT_SECONDS: Final = 10.0
LARGEST_ANSWER_BYTES: Final = 1_048_576
PORTS: Final = {"https": 443, "http": 80}


class Calls:
    """Calls on behalf of one issuer.

    `trust` are the authorities whose certificates are believed, by default the machine's; `is_reachable` says of an
    IP address whether somebody else's word may lead there, by default `is_public`.
    """

    def __init__(
        self,
        issuer: str,
        *,
        trust: ssl.SSLContext | None = None,
        is_reachable: Callable[[str], bool] | None = None,
    ) -> None:
        self._own = _origin(urlsplit(issuer))
        self._trust = trust
        self._is_reachable = is_reachable or is_public

    async def get(self, address: str, *, bearer: str | None = None) -> Mapping[str, Any]:
        """The JSON object at the address; ProviderUnavailable without one."""
        headers = {} if bearer is None else {"Authorization": f"Bearer {bearer}"}
        return await self._call("GET", address, headers=headers)

    async def post(
        self, address: str, *, form: Mapping[str, str], basic: tuple[str, str] | None = None
    ) -> Mapping[str, Any]:
        """The JSON object that answers the form; ProviderUnavailable without one."""
        return await self._call("POST", address, form=form, basic=basic)

    def is_allowed(self, address: str) -> bool:
        """Whether an address may be asked, as far as its text says.

        >>> Calls("https://id.example.org").is_allowed("http://id.example.org/keys")
        False
        """
        try:
            parts = urlsplit(address)
            origin = _origin(parts)
        except ValueError:
            return False
        if not parts.hostname or "@" in parts.netloc or not address.isascii() or not address.isprintable():
            return False
        return parts.scheme == "https" or (
            parts.scheme == "http" and parts.hostname in LOOPBACK and origin == self._own
        )

    async def _call(
        self,
        method: str,
        address: str,
        *,
        headers: Mapping[str, str] | None = None,
        form: Mapping[str, str] | None = None,
        basic: tuple[str, str] | None = None,
    ) -> Mapping[str, Any]:
        if not self.is_allowed(address):
            raise oauth_refused.ProviderUnavailable(hint="The provider names an address that may not be asked.")
        try:
            async with asyncio.timeout(TIMEOUT_SECONDS):
                answered = await self._answer(method, address, headers=headers or {}, form=form, basic=basic)
            read = orjson.loads(answered)
        except (httpx.HTTPError, httpx.InvalidURL, OSError, TimeoutError, orjson.JSONDecodeError) as error:
            raise oauth_refused.ProviderUnavailable from error
        if not isinstance(read, dict):
            raise oauth_refused.ProviderUnavailable
        return read

    async def _answer(
        self,
        method: str,
        address: str,
        *,
        headers: Mapping[str, str],
        form: Mapping[str, str] | None,
        basic: tuple[str, str] | None,
    ) -> bytes:
        url = httpx.URL(address)
        parts = urlsplit(address)
        # Packed answers are not asked for, because a small one could unpack to a large one.
        sent = {**headers, "Accept": "application/json", "Accept-Encoding": "identity", "Host": url.netloc.decode()}
        extensions: dict[str, Any] = {}
        if _origin(parts) != self._own:
            # The name is looked up here and the connection goes to what was checked, whatever it means a moment later.
            extensions = {"sni_hostname": url.host}
            url = url.copy_with(host=await self._checked_address(url.host, _origin(parts)[2]))
        async with (
            httpx.AsyncClient(
                verify=self._context, trust_env=False, follow_redirects=False, timeout=TIMEOUT_SECONDS
            ) as client,
            client.stream(
                method,
                url,
                headers=sent,
                data=form,
                auth=httpx.USE_CLIENT_DEFAULT if basic is None else httpx.BasicAuth(*basic),
                extensions=extensions,
            ) as answer,
        ):
            received = bytearray()
            async for chunk in answer.aiter_raw():
                received += chunk
                if len(received) > LARGEST_ANSWER_BYTES:
                    raise oauth_refused.ProviderUnavailable(hint="The provider's answer is too large.")
            if answer.status_code != httpx.codes.OK:
                raise oauth_refused.ProviderUnavailable(hint=f"The provider answers {answer.status_code}.")
            return bytes(received)

    async def _checked_address(self, host: str, port: int) -> str:
        found = await asyncio.get_running_loop().getaddrinfo(host, port, type=socket.SOCK_STREAM)
        addresses = [str(entry[4][0]) for entry in found]
        if not addresses or not all(self._is_reachable(each) for each in addresses):
            raise oauth_refused.ProviderUnavailable(hint="The provider names an address inside a private network.")
        return addresses[0]

    @cached_property
    def _context(self) -> ssl.SSLContext:
        return self._trust or ssl.create_default_context()


def is_public(address: str) -> bool:
    """Whether an IP address is one of the public internet, and does not stand for one that is not.

    >>> [is_public(each) for each in ("8.8.8.8", "127.0.0.1", "169.254.169.254", "::ffff:10.0.0.1", "2002:a00:1::")]
    [True, False, False, False, False]
    """
    try:
        ip = ipaddress.ip_address(address.partition("%")[0])
    except ValueError:
        return False
    if isinstance(ip, ipaddress.IPv6Address) and (ip.ipv4_mapped or ip.sixtofour or ip.teredo or ip in NAT64):
        return False
    return ip.is_global and not ip.is_multicast


NAT64: Final = ipaddress.ip_network("64:ff9b::/96")


def _origin(parts: SplitResult) -> tuple[str, str, int]:
    return parts.scheme, parts.hostname or "", parts.port or PORTS.get(parts.scheme, 0)
