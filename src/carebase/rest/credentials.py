"""Who asks the data API: a bearer's token, the person signed in on the pages, a key, or nobody.

In charge of the words in which PostgREST refuses a token. Unlike the routes of the apps it takes the service key,
on a pool of its own.
"""

from __future__ import annotations

import base64
import binascii
import json
import time
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, Final, Protocol

from starlette.requests import HTTPConnection

from carebase import errors
from carebase.auth import api_keys, requests
from carebase.auth.tokens import Tokens
from carebase.database.identity import ANONYMOUS, Identity, Role
from carebase.database.pool import Login
from carebase.rest.errors import RestError

SKEW_SECONDS: Final = 30


class TokenRefused(RestError):
    """The token cannot be read, or is not one of ours."""

    code, status, message = "PGRST301", 401, "JWT cryptographic operation failed"

    @property
    def headers(self) -> tuple[tuple[str, str], ...]:
        """What tells a client which kind of credential is asked for."""
        said = self.sentence.replace("\\", "\\\\").replace('"', '\\"')
        return (("WWW-Authenticate", f'Bearer error="invalid_token", error_description="{said}"'),)


class ClaimsRefused(TokenRefused):
    """The token is ours and does not hold, now or at all."""

    code, status, message = "PGRST303", 401, "Parsing claims failed"


@dataclass(frozen=True, slots=True, kw_only=True)
class Caller:
    """Under which role and on which pool a request runs; `identity` is for the record."""

    role: str
    claims: str
    login: Login
    identity: Identity
    is_anonymous: bool


class Doorkeeper(Protocol):
    """Lets a request in."""

    def admit(self, connection: HTTPConnection) -> Caller:
        """Who is asking. Raises TokenRefused, ClaimsRefused, NotSignedIn, TooMany."""


class OurDoor:
    """The doorkeeper of a deployment: its tokens and keys, its cookies, its allowance."""

    def admit(self, connection: HTTPConnection) -> Caller:
        """Who is asking; what was spent of its allowance is counted."""
        try:
            identity = self._identity(connection)
        except TokenRefused:
            # Made-up tokens cost their address something, or they could be tried for nothing.
            requests.spend_request(connection, ANONYMOUS)
            raise
        requests.spend_request(connection, identity)
        requests.note_activity(connection, identity)
        role = identity.role
        return Caller(
            role=role.value,
            claims=identity.claims_json,
            login=Login.SERVICE_GATEWAY if role is Role.SERVICE else Login.AUTHENTICATOR,
            identity=identity,
            is_anonymous=role is Role.ANON,
        )

    def _identity(self, connection: HTTPConnection) -> Identity:
        tokens: Tokens = connection.scope["app"].state.tokens
        token, is_key = bearer_token(connection), False
        if token is None or token.startswith(api_keys.PREFIX):
            key = connection.headers.get("apikey")
            if token is None or api_keys.is_key_twice(token, key):
                kept = getattr(connection.state, "access_token", None)
                if kept:
                    requests.refuse_foreign_origin(connection)
                token, is_key = kept or key, not kept
        if token is None:
            return ANONYMOUS
        try:
            return api_keys.identity_of(tokens, token) if is_key else tokens.verify(token)
        except errors.NotSignedIn as error:
            raise refusal_of(token, now=time.time()) from error


def bearer_token(connection: HTTPConnection) -> str | None:
    """The token of the header Authorization, empty where the scheme stands alone; None without a bearer's."""
    for name, value in connection.scope["headers"]:
        if name == b"authorization":
            scheme, _, token = value.decode("latin-1").partition(" ")
            return token.strip() if scheme.lower() == "bearer" else None
    return None


def refusal_of(token: str, *, now: float) -> TokenRefused:
    """Why a token that was not believed was not, as far as it tells by itself.

    >>> refusal_of("", now=0).sentence, refusal_of("a.b", now=0).sentence
    ('Empty JWT is sent in Authorization header', 'Expected 3 parts in JWT; got 2')
    """
    if not token:
        return TokenRefused("Empty JWT is sent in Authorization header")
    parts = token.split(".")
    if len(parts) != 3:
        return TokenRefused(f"Expected 3 parts in JWT; got {len(parts)}")
    claims = _claims(parts[1])
    found = None if claims is None else fault_of(claims, now=now)
    return TokenRefused() if found is None else ClaimsRefused(found)


def _claims(part: str) -> Mapping[str, Any] | None:
    try:
        claims = json.loads(base64.urlsafe_b64decode(part + "=" * (-len(part) % 4)))
    except (binascii.Error, ValueError, RecursionError):
        return None
    return claims if isinstance(claims, dict) else None


def fault_of(claims: Mapping[str, Any], *, now: float) -> str | None:
    """What is wrong with the times and the audience of claims, None where they hold."""
    for name in ("exp", "nbf", "iat"):
        value = claims.get(name)
        if value is not None and (isinstance(value, bool) or not isinstance(value, int | float)):
            return f"The JWT '{name}' claim must be a number"
    audience = claims.get("aud")
    is_listed = isinstance(audience, list) and all(isinstance(one, str) for one in audience)
    if audience is not None and not isinstance(audience, str) and not is_listed:
        return "The JWT 'aud' claim must be a string or an array of strings"
    ends, begins, issued = (claims.get(name) for name in ("exp", "nbf", "iat"))
    if ends is not None and ends < now - SKEW_SECONDS:
        return "JWT expired"
    if begins is not None and begins > now + SKEW_SECONDS:
        return "JWT not yet valid"
    if issued is not None and issued > now + SKEW_SECONDS:
        return "JWT issued at future"
    return None
