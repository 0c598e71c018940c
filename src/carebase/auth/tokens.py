"""Access tokens and keys: signed claims that say who is asking.

In charge of signatures and of what a token must hold to be believed. Whether its session still exists,
the account is enabled and the role unchanged is the database's business, asked in the round trip that
opens every transaction (`private.begin_request`). So of a token that was verified no more is remembered here
than that its signature holds and who it speaks for; its times are looked at again.
"""

from __future__ import annotations

import math
import time
from collections import OrderedDict
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Final
from uuid import UUID

from joserfc import jwt
from joserfc.errors import JoseError
from joserfc.jwk import OctKey

from carebase import errors
from carebase.auth.users import User
from carebase.database.identity import Identity, Role

ALGORITHM: Final = "HS256"
LONGEST_TOKEN: Final = 16_384
"""Characters. A longer text is refused before it is parsed."""
MOST_VERIFIED: Final = 2_048
"""Tokens whose signature is remembered."""
AUDIENCE: Final = "authenticated"

# Keys carry fixed times so that the same secret always gives the same keys.
KEY_ISSUER: Final = "supabase"
KEYS_ISSUED_AT: Final = 1_767_225_600  # 2026-01-01
KEYS_EXPIRE_AT: Final = 2_398_377_600  # 2046-01-01


@dataclass(frozen=True, slots=True, kw_only=True)
class SignedIn:
    """By what means a session was proven: one entry of the claim `amr`."""

    method: str
    timestamp: int
    """Seconds since 1970."""

    @property
    def as_claim(self) -> dict[str, Any]:
        """The entry as the token carries it."""
        return {"method": self.method, "timestamp": self.timestamp}


class Tokens:
    """Signs and reads the tokens of one deployment with its secret."""

    def __init__(
        self,
        secret: str,
        *,
        issuer: str,
        access_token_minutes: int,
        clock: Callable[[], float] = time.time,
    ) -> None:
        self._key = OctKey.import_key(secret.encode())
        self._issuer = issuer
        self._clock = clock
        self._verified: OrderedDict[str, Identity] = OrderedDict()
        self.life_seconds: Final = access_token_minutes * 60
        """How long an access token is good for."""

    def issue(self, user: User, *, session_id: UUID, aal: str, amr: Sequence[SignedIn]) -> str:
        """An access token for a session of the account; `aal` is `aal1` or `aal2`."""
        now = int(self._clock())
        return self._sign({
            "iss": self._issuer,
            "sub": str(user.id),
            "aud": user.aud,
            "exp": now + self.life_seconds,
            "iat": now,
            "email": user.email or "",
            "phone": user.phone or "",
            "app_metadata": dict(user.app_metadata),
            "user_metadata": dict(user.user_metadata),
            "role": Role.AUTHENTICATED.value,
            "aal": aal,
            "amr": [entry.as_claim for entry in amr],
            "session_id": str(session_id),
            "is_anonymous": user.is_anonymous,
        })  # fmt: skip

    def verify(self, token: str) -> Identity:
        """Who the token speaks for; NotSignedIn unless it is ours, complete and not expired.

        Only HS256 with this deployment's secret is believed; a key id, address or algorithm named in the
        token's own header decides nothing.
        """
        known = self._verified.get(token)
        claims = self._read(token) if known is None else known.claims
        if not self._is_current(claims):
            self._verified.pop(token, None)
            raise errors.NotSignedIn(hint="The token has expired; refresh it or sign in again.")
        if known is not None:
            self._verified.move_to_end(token)
            return known
        try:
            role = Role(str(claims.get("role")))
        except ValueError as error:
            raise errors.NotSignedIn(hint="The token names no role of this service.") from error
        if role is Role.AUTHENTICATED:
            _check_person(claims)
        identity = self._verified[token] = Identity(role, claims)
        if len(self._verified) > MOST_VERIFIED:
            self._verified.popitem(last=False)
        return identity

    def anon_key(self) -> str:
        """The public key that clients send before anybody has signed in."""
        return self._key_for(Role.ANON)

    def service_key(self) -> str:
        """The key that passes by row policies; for administration only, never in a browser."""
        return self._key_for(Role.SERVICE)

    def _key_for(self, role: Role) -> str:
        return self._sign({
            "iss": KEY_ISSUER,
            "role": role.value,
            "iat": KEYS_ISSUED_AT,
            "exp": KEYS_EXPIRE_AT,
        })  # fmt: skip

    def _sign(self, claims: dict[str, Any]) -> str:
        return jwt.encode({"alg": ALGORITHM, "typ": "JWT"}, claims, self._key, algorithms=[ALGORITHM])

    def _read(self, token: str) -> Mapping[str, Any]:
        if len(token) > LONGEST_TOKEN or not token.isascii():
            raise errors.NotSignedIn(hint="The token cannot be read.")
        try:
            return jwt.decode(token, self._key, algorithms=[ALGORITHM]).claims
        # A header is parsed before its signature is checked: text of any shape comes this far.
        except (JoseError, ValueError, TypeError, KeyError, AttributeError, RecursionError) as error:
            raise errors.NotSignedIn(hint="The token is not one of this service.") from error

    def _is_current(self, claims: Mapping[str, Any]) -> bool:
        begins, ends = _time(claims.get("nbf", 0)), _time(claims.get("exp"))
        return begins is not None and ends is not None and begins <= self._clock() < ends


def _time(value: object) -> float | None:
    """A claim that is seconds since 1970, None when it is anything else."""
    if isinstance(value, bool) or not isinstance(value, int | float) or not math.isfinite(value):
        return None
    return value


def _check_person(claims: Mapping[str, Any]) -> None:
    if claims.get("aud") not in (AUDIENCE, [AUDIENCE]):
        raise errors.NotSignedIn(hint="The token was made for somebody else.")
    for name in ("sub", "session_id"):
        try:
            UUID(claims.get(name))
        except (ValueError, TypeError, AttributeError) as error:
            raise errors.NotSignedIn(hint="The token belongs to no session.") from error
