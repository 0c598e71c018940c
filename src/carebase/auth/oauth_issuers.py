"""Speaks OpenID Connect with one issuer and believes what it has signed for us.

In charge of its documents and keys, kept for some minutes; of the address a browser is sent to; of the exchange of
a code; and of what an ID token must hold: this issuer, this client, this sign-in, a signature by a key of the
issuer with an algorithm that needs one (OpenID Connect Core 3.1.3.7; ASVS 6.8.1, 6.8.2).
"""

from __future__ import annotations

import asyncio
import base64
import hmac
import time
from collections.abc import Collection, Mapping
from dataclasses import dataclass
from typing import Any, Final
from urllib.parse import quote

from authlib.oauth2.rfc6749.parameters import prepare_grant_uri  # type: ignore[import-untyped]
from authlib.oauth2.rfc7636 import create_s256_code_challenge  # type: ignore[import-untyped]
from authlib.oidc.core import CodeIDToken  # type: ignore[import-untyped]
from joserfc import jws, jwt
from joserfc.errors import JoseError
from joserfc.jwk import ECKey, KeySet, OKPKey, RSAKey

from carebase.auth import oauth_refused
from carebase.auth.oauth_calls import Calls
from carebase.auth.oauth_providers import Provider

ALGORITHMS: Final = (
    "RS256", "RS384", "RS512", "PS256", "PS384", "PS512", "ES256", "ES384", "ES512", "Ed25519", "EdDSA",
)  # fmt: skip
"""Signed with a private key. With a shared secret, or unsigned, anybody who knows the client could be the issuer."""
DOCUMENT_SECONDS: Final = 600
"""How long the issuer's documents are kept."""
REFETCH_SECONDS: Final = 60
"""An unknown key asks for the keys again, no more often than that."""
LEEWAY_SECONDS: Final = 60
LONGEST_TOKEN: Final = 16_384
SHORTEST_RSA_BITS: Final = 2048


@dataclass(frozen=True, slots=True, kw_only=True)
class Metadata:
    """What of the issuer's discovery document is used."""

    authorization_endpoint: str
    token_endpoint: str
    jwks_uri: str
    userinfo_endpoint: str | None
    is_secret_sent_in_form: bool
    says_issuer: bool
    """Whether its answers to a browser name it (RFC 9207)."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Granted:
    """What the issuer gave for a code; used once and kept nowhere."""

    id_token: str
    access_token: str | None

    def __repr__(self) -> str:
        return "Granted()"


class Issuer:
    """One provider, with its documents."""

    def __init__(self, provider: Provider) -> None:
        self.provider: Final = provider
        self._calls = Calls(provider.issuer)
        self._lock = asyncio.Lock()
        self._metadata: tuple[float, Metadata] | None = None
        self._keys: tuple[float, KeySet] | None = None

    async def metadata(self) -> Metadata:
        """Its discovery document; ProviderUnavailable when there is none that is its own."""
        async with self._lock:
            return await self._read_metadata()

    async def sign_in_address(
        self, *, redirect_uri: str, state: str, nonce: str, verifier: str, wishes: Mapping[str, str]
    ) -> str:
        """Where the browser goes to sign in. `wishes` are the client's, such as `login_hint`."""
        metadata = await self.metadata()
        address = prepare_grant_uri(
            metadata.authorization_endpoint,
            self.provider.client_id,
            "code",
            redirect_uri=redirect_uri,
            scope=self.provider.scopes,
            state=state,
            nonce=nonce,
            code_challenge=create_s256_code_challenge(verifier),
            code_challenge_method="S256",
            **wishes,
        )
        return str(address)

    async def exchange(self, code: str, *, redirect_uri: str, verifier: str) -> Granted:
        """What the issuer gives for the code of this sign-in."""
        metadata = await self.metadata()
        form = {
            "grant_type": "authorization_code",
            "code": code,
            "redirect_uri": redirect_uri,
            "code_verifier": verifier,
        }
        secret, basic = self.provider.client_secret, None
        if secret is None:
            form["client_id"] = self.provider.client_id
        elif metadata.is_secret_sent_in_form:
            form |= {"client_id": self.provider.client_id, "client_secret": secret}
        else:
            # Both are encoded as in a form first (RFC 6749, 2.3.1).
            basic = (quote(self.provider.client_id, safe=""), quote(secret, safe=""))
        granted = await self._calls.post(metadata.token_endpoint, form=form, basic=basic)
        id_token, access_token = granted.get("id_token"), granted.get("access_token")
        if not isinstance(id_token, str):
            raise oauth_refused.BadIdToken
        return Granted(id_token=id_token, access_token=access_token if isinstance(access_token, str) else None)

    async def verified(
        self, id_token: str, *, clients: Collection[str], access_token: str | None, nonce: str | None
    ) -> Mapping[str, Any]:
        """The claims of an ID token that is this issuer's, for one of `clients`, and repeats the nonce where there
        is one; BadIdToken otherwise."""
        if len(id_token) > LONGEST_TOKEN or not id_token.isascii():
            raise oauth_refused.BadIdToken
        try:
            key = await self._key_of(id_token)
            token = jwt.decode(id_token, key, algorithms=ALGORITHMS)
            claims = CodeIDToken(
                token.claims,
                token.header,
                options={"iss": {"essential": True, "value": self.provider.issuer}},
                params={"nonce": nonce, "access_token": access_token},
            )
            claims.validate(leeway=LEEWAY_SECONDS)
        # A header is parsed before its signature is checked: text of any shape comes this far.
        except (JoseError, ValueError, TypeError, KeyError, AttributeError, RecursionError) as error:
            raise oauth_refused.BadIdToken from error
        subject = claims.get("sub")
        if not isinstance(subject, str) or not 0 < len(subject) <= 255 or not is_for(claims, clients):
            raise oauth_refused.BadIdToken
        return dict(claims)

    async def with_profile(self, claims: Mapping[str, Any], *, access_token: str | None) -> Mapping[str, Any]:
        """The claims with what the issuer says of the same person elsewhere, where they have no address."""
        if claims.get("email") or access_token is None:
            return claims
        address = (await self.metadata()).userinfo_endpoint
        if address is None:
            return claims
        told = await self._calls.get(address, bearer=access_token)
        subject = told.get("sub")
        # Without the comparison another person's profile could be put in place of this one's (Core 5.3.2).
        if not isinstance(subject, str) or not hmac.compare_digest(subject.encode(), str(claims["sub"]).encode()):
            raise oauth_refused.BadIdToken
        return {**told, **claims}

    async def _key_of(self, id_token: str) -> RSAKey | ECKey | OKPKey:
        header = jws.extract_compact(id_token.encode()).headers()
        kid = header.get("kid")
        async with self._lock:
            keys = await self._read_keys(older_than=DOCUMENT_SECONDS)
            found = _chosen(keys, kid)
            if found is None:
                found = _chosen(await self._read_keys(older_than=REFETCH_SECONDS), kid)
        if found is None:
            raise oauth_refused.BadIdToken
        return found

    async def _read_metadata(self) -> Metadata:
        now = time.monotonic()
        if self._metadata is None or now - self._metadata[0] > DOCUMENT_SECONDS:
            address = f"{self.provider.issuer.rstrip('/')}/.well-known/openid-configuration"
            self._metadata = (now, self._metadata_of(await self._calls.get(address)))
        return self._metadata[1]

    async def _read_keys(self, *, older_than: int) -> KeySet:
        now = time.monotonic()
        if self._keys is None or now - self._keys[0] > older_than:
            document = await self._calls.get((await self._read_metadata()).jwks_uri)
            listed = document.get("keys")
            if not isinstance(listed, list):
                raise oauth_refused.ProviderUnavailable
            self._keys = (now, KeySet([key for entry in listed if (key := _key(entry)) is not None]))
        return self._keys[1]

    def _metadata_of(self, document: Mapping[str, Any]) -> Metadata:
        # Who answers under another name could have its tokens believed under this one (Discovery 4.3).
        if document.get("issuer") != self.provider.issuer:
            raise oauth_refused.ProviderUnavailable(hint="The issuer's document names another issuer.")
        methods = document.get("token_endpoint_auth_methods_supported")
        return Metadata(
            authorization_endpoint=self._address(document, "authorization_endpoint"),
            token_endpoint=self._address(document, "token_endpoint"),
            jwks_uri=self._address(document, "jwks_uri"),
            userinfo_endpoint=(
                self._address(document, "userinfo_endpoint") if document.get("userinfo_endpoint") else None
            ),
            is_secret_sent_in_form=isinstance(methods, list) and "client_secret_post" in methods,
            says_issuer=document.get("authorization_response_iss_parameter_supported") is True,
        )

    def _address(self, document: Mapping[str, Any], name: str) -> str:
        address = document.get(name)
        if not isinstance(address, str) or not self._calls.is_allowed(address) or "#" in address:
            raise oauth_refused.ProviderUnavailable(hint=f"The issuer's document has no usable {name}.")
        return address


def is_for(claims: Mapping[str, Any], clients: Collection[str]) -> bool:
    """Whether a token was made for one of these clients, and asked for by one of them.

    >>> is_for({"aud": "us"}, {"us"}), is_for({"aud": ["us", "them"]}, {"us"})
    (True, False)
    >>> is_for({"aud": ["us", "them"], "azp": "us"}, {"us"}), is_for({"aud": "us", "azp": "them"}, {"us"})
    (True, False)
    """
    said = claims.get("aud")
    audience = [said] if isinstance(said, str) else said
    if not isinstance(audience, list) or not all(isinstance(each, str) for each in audience):
        return False
    party = claims.get("azp")
    is_party_ours = party in clients if isinstance(party, str) else party is None and len(audience) == 1
    return is_party_ours and any(each in clients for each in audience)


def _chosen(keys: KeySet, kid: object) -> RSAKey | ECKey | OKPKey | None:
    # Without a name a key can only be the one there is.
    found = [key for key in keys.keys if kid in {key.kid, None}]
    if kid is None and len(found) != 1:
        return None
    return found[0] if found and isinstance(found[0], RSAKey | ECKey | OKPKey) else None


def _bits(number: object) -> int:
    """The length of a number as a key's document writes it."""
    text = str(number)
    return int.from_bytes(base64.urlsafe_b64decode(text + "=" * (-len(text) % 4)), "big").bit_length()


def _key(entry: object) -> RSAKey | ECKey | OKPKey | None:
    """A key that signs; None for what is none, is too short or is of a kind that is not used here."""
    if not isinstance(entry, dict) or entry.get("use", "sig") != "sig":
        return None
    public = {name: entry[name] for name in ("kty", "kid", "n", "e", "crv", "x", "y") if name in entry}
    try:
        match entry.get("kty"):
            case "RSA":
                return RSAKey.import_key(public) if _bits(public["n"]) >= SHORTEST_RSA_BITS else None
            case "EC":
                return ECKey.import_key(public)
            case "OKP":
                return OKPKey.import_key(public)
            case _:
                return None
    except (JoseError, ValueError, TypeError, KeyError):
        return None
