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
from typing import Any, Final, Self
from uuid import UUID

from joserfc import jwt
from joserfc.errors import JoseError
from joserfc.jwk import GuestProtocol

from carebase import errors
from carebase.auth import signing_keys
from carebase.auth.signing_keys import Key, KeySet, SigningKeys
from carebase.auth.users import User
from carebase.database.identity import Identity, Role
from carebase.settings import Settings

ALGORITHMS: Final = (signing_keys.SECRET_ALGORITHM, *signing_keys.ALGORITHMS)
LONGEST_TOKEN: Final = 16_384
"""Characters. A longer text is refused before it is parsed."""
MOST_VERIFIED: Final = 2_048
"""Tokens whose signature is remembered."""
AUDIENCE: Final = "authenticated"
OPERATORS: Final = frozenset({Role.SERVICE.value, "supabase_admin"})
NEVER: Final = 2**53
"""Seconds since 1970."""

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


class _NoKey(JoseError):
    """The header names a key that is none of ours, or another algorithm than its own."""


class Tokens:
    """Signs and reads the tokens of one deployment with its keys."""

    def __init__(
        self,
        secret: str,
        *,
        issuer: str,
        access_token_minutes: int,
        clock: Callable[[], float] = time.time,
        keys: SigningKeys | None = None,
    ) -> None:
        self.life_seconds: Final = access_token_minutes * 60
        """How long an access token is good for."""
        self.issuer: Final = issuer
        self._following = keys or SigningKeys(secret, life_seconds=self.life_seconds)
        self._keys = self._following.at(clock())
        self._clock = clock
        self._verified: OrderedDict[str, Identity] = OrderedDict()

    @classmethod
    def of(cls, settings: Settings) -> Self:
        """The tokens of the deployment with these settings; BadSetting where its keys cannot be used."""
        return cls(
            settings.secret,
            issuer=f"{settings.address}/auth/v1",
            access_token_minutes=settings.access_token_minutes,
            keys=SigningKeys.read(settings),
        )

    @property
    def public_jwks(self) -> dict[str, Any]:
        """The public keys that check the tokens signed here; none where the secret signs."""
        return self._current().public_jwks

    def issue(self, user: User, *, session_id: UUID, aal: str, amr: Sequence[SignedIn]) -> str:
        """An access token for a session of the account; `aal` is `aal1` or `aal2`."""
        now = int(self._clock())
        return self._sign({
            "iss": self.issuer,
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

        A key id in its header chooses among the keys of this deployment; an address, a key or an algorithm named
        there decides nothing.
        """
        keys = self._current()
        known = self._verified.get(token)
        claims = self._read(token, keys.verifier_for) if known is None else known.claims
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

    def verify_operator(self, token: str) -> Identity:
        """Who administers accounts with a key of the deployment, for the routes of administration alone.

        Clients of GoTrue sign such keys themselves with the secret, with the role `service_role` or
        `supabase_admin` and mostly without an end. NotSignedIn for anything else; a person's token is read by
        `verify`.
        """
        claims = self._read(token, self._current().secret_for)
        if str(claims.get("role")) not in OPERATORS or not self._is_current({"exp": NEVER, **claims}):
            raise errors.NotSignedIn(hint="This is no key of the operator.")
        return Identity(Role.SERVICE, {**claims, "role": Role.SERVICE.value})

    def anon_key(self) -> str:
        """The public key that clients send before anybody has signed in."""
        return self._key_for(Role.ANON)

    def service_key(self) -> str:
        """The key that passes by row policies; for administration only, never in a browser."""
        return self._key_for(Role.SERVICE)

    def _key_for(self, role: Role) -> str:
        # By the secret whatever else signs, so that keys that are out in the world outlast every rotation.
        claims = {"iss": KEY_ISSUER, "role": role.value, "iat": KEYS_ISSUED_AT, "exp": KEYS_EXPIRE_AT}
        return self._sign(claims, by_secret=True)

    def _sign(self, claims: dict[str, Any], *, by_secret: bool = False) -> str:
        keys = self._current()
        header, key, algorithm = keys.secret_header() if by_secret else keys.sign_with()
        return jwt.encode(header, claims, key, algorithms=[algorithm])

    def _current(self) -> KeySet:
        """The keys in force; what was verified with others is forgotten."""
        keys = self._following.at(self._clock())
        if keys is not self._keys:
            self._keys = keys
            self._verified.clear()
        return keys

    def _read(self, token: str, key_for: Callable[[Mapping[str, Any]], Key | None]) -> Mapping[str, Any]:
        if len(token) > LONGEST_TOKEN or not token.isascii():
            raise errors.NotSignedIn(hint="The token cannot be read.")

        def chosen(guest: GuestProtocol) -> Key:
            found = key_for(guest.headers())
            if found is None:
                raise _NoKey
            return found

        try:
            return jwt.decode(token, chosen, algorithms=ALGORITHMS).claims
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
