"""Signed links to files: what a token says and whether it is ours.

In charge of their form and signature alone. A link is signed with a key made for links only, so no link is an access
token and no access token a link. It carries who made it: whoever comes with it is, for this one file, its maker, under
the row policies of that moment; whether the maker's account and key are still good is asked in the round trip that
opens the transaction (`private.begin_request`).
"""

from __future__ import annotations

import math
import time
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from enum import StrEnum
from typing import Any, Final
from uuid import UUID

from joserfc import jwt
from joserfc.errors import JoseError
from joserfc.jwk import OctKey

from carebase import errors, sealing
from carebase.database.identity import Identity, Role
from carebase.storage import refused

PURPOSE: Final = "storage links"
ALGORITHM: Final = "HS256"
LONGEST_TOKEN: Final = 8_192
"""Characters. A longer text is refused before it is parsed."""
LONGEST_LIFE_SECONDS: Final = 10 * 365 * 24 * 3600
UPLOAD_LIFE_SECONDS: Final = 2 * 3600
"""How long an upload may wait for its file."""


class Scope(StrEnum):
    """What a link is for."""

    DOWNLOAD = "download"
    UPLOAD = "upload"


class LinkRefused(refused.StorageError):
    """The token is no link of this service, or one to something else, or of somebody who is nobody any more."""

    code, status, message = "InvalidJWT", 400, "The link is not valid"


class LinkExpired(LinkRefused):
    """The link was good once."""

    code, message = "InvalidJWT", "The link has expired"


@dataclass(frozen=True, slots=True, kw_only=True)
class Link:
    """A link that was read: to what, until when, and as whom it is used."""

    bucket: str
    name: str
    scope: Scope
    expires_at: int
    """Seconds since 1970."""
    identity: Identity = field(repr=False)
    transformations: str = ""
    """How a picture is shown, as `transforming` writes it; empty for the file as it is."""
    upsert: bool = False
    """Whether an upload may take the place of a file that is there."""


class Links:
    """Signs and reads the links of one deployment."""

    def __init__(self, secret: str, *, clock: Callable[[], float] = time.time) -> None:
        self._key: Final = OctKey.import_key(sealing.key_for(secret, PURPOSE))
        self._clock = clock

    def sign(
        self,
        scope: Scope,
        *,
        bucket: str,
        name: str,
        maker: Identity,
        life_seconds: int,
        transformations: str = "",
        upsert: bool = False,
    ) -> str:
        """The token of a link to one file, made by `maker`; Invalid for a life that is not 1 second to ten years."""
        if not 1 <= life_seconds <= LONGEST_LIFE_SECONDS:
            raise errors.Invalid(details=f"expiresIn is a number of seconds from 1 to {LONGEST_LIFE_SECONDS}.")
        now = int(self._clock())
        claims = {
            "url": f"{bucket}/{name}",
            "scope": scope.value,
            "iat": now,
            "exp": now + life_seconds,
            **_maker_in_claims(maker),
            **({"transformations": transformations} if transformations else {}),
            **({"upsert": True} if upsert else {}),
        }
        return jwt.encode({"alg": ALGORITHM, "typ": "JWT"}, claims, self._key, algorithms=[ALGORITHM])

    def read(self, token: str, *, scope: Scope, bucket: str, name: str) -> Link:
        """The link, whose maker may be nobody any more; LinkRefused unless it is ours, for this and to this file."""
        if len(token) > LONGEST_TOKEN or not token.isascii():
            raise LinkRefused
        try:
            claims = jwt.decode(token, self._key, algorithms=[ALGORITHM]).claims
        # A header is parsed before its signature is checked: text of any shape comes this far.
        except (JoseError, ValueError, TypeError, KeyError, AttributeError, RecursionError) as error:
            raise LinkRefused from error
        if claims.get("scope") != scope.value or claims.get("url") != f"{bucket}/{name}":
            raise LinkRefused
        expires_at = claims.get("exp")
        if not isinstance(expires_at, int) or isinstance(expires_at, bool) or not math.isfinite(expires_at):
            raise LinkRefused
        if expires_at <= self._clock():
            raise LinkExpired
        return Link(
            bucket=bucket,
            name=name,
            scope=scope,
            expires_at=expires_at,
            identity=_maker_of(claims),
            transformations=str(claims.get("transformations", "")),
            upsert=claims.get("upsert") is True,
        )


def address(token: str, *, scope: Scope, bucket: str, name: str, transformations: str = "") -> str:
    """Where the link leads, below `/storage/v1`, as clients expect it: they escape it themselves.

    >>> address("t", scope=Scope.DOWNLOAD, bucket="labdocs", name="a b/ü.pdf")
    '/object/sign/labdocs/a b/ü.pdf?token=t'
    """
    match scope:
        case Scope.UPLOAD:
            place = "object/upload/sign"
        case Scope.DOWNLOAD:
            place = "render/image/sign" if transformations else "object/sign"
    # What would end the path is escaped here, since no client does it.
    path = f"{bucket}/{name}".replace("?", "%3F").replace("#", "%23")
    return f"/{place}/{path}?token={token}"


def _maker_in_claims(maker: Identity) -> dict[str, Any]:
    """Who makes the link, as little of it as row policies need."""
    given = maker.claims
    if maker.role is Role.AUTHENTICATED:
        metadata = given.get("app_metadata") or {}
        return {
            "role": maker.role.value,
            "sub": str(maker.user_id),
            "aal": str(given.get("aal") or "aal1"),
            **({"app_role": metadata["role"]} if metadata.get("role") is not None else {}),
        }
    # A key is withdrawn by its hash, a signed one with its role.
    key = {"key_sha256": given["key_sha256"]} if "key_sha256" in given else {"signed": True} if given else {}
    return {"role": maker.role.value, **key}


def _maker_of(claims: Mapping[str, Any]) -> Identity:
    try:
        role = Role(str(claims.get("role")))
        if role is not Role.AUTHENTICATED:
            kept = {name: claims[name] for name in ("key_sha256", "signed") if name in claims}
            return Identity(role, {"link": True, **kept} if kept else {})
        sub = str(UUID(claims["sub"]))
    except (ValueError, TypeError, KeyError, AttributeError) as error:
        raise LinkRefused from error
    return Identity(
        role,
        {
            "link": True,
            "sub": sub,
            "aal": claims.get("aal", "aal1"),
            "app_metadata": {"role": claims["app_role"]} if "app_role" in claims else {},
        },
    )
