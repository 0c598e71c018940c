"""A session for the ID token that a client got from an outside provider by itself (`grant_type=id_token`)."""

from __future__ import annotations

import hashlib
import hmac
from collections.abc import Mapping
from typing import Any

from carebase.auth import accounts, levels, methods, oauth_accounts, oauth_refused, opening, refused
from carebase.auth.accounts import Accounts
from carebase.auth.callers import Caller
from carebase.auth.methods import Method
from carebase.auth.oauth_accounts import Proven
from carebase.auth.oauth_issuers import Issuer
from carebase.auth.opening import Opened
from carebase.database.identity import Identity
from carebase.errors import CareError


async def by_id_token(
    means: Accounts,
    issuers: Mapping[str, Issuer],
    body: Mapping[str, Any],
    *,
    identity: Identity | None,
    caller: Caller,
) -> Opened:
    """A session for `id_token` of `provider`, with the `nonce` whose SHA-256 the token holds.

    With `link_identity` it becomes a way into the account of `identity`, the verified bearer of the request.
    """
    id_token, access_token, nonce = body.get("id_token"), body.get("access_token"), body.get("nonce")
    if not isinstance(id_token, str) or not id_token:
        raise refused.NotValid(details="id_token required")
    if not isinstance(access_token, str | None) or not isinstance(nonce, str | None):
        raise refused.NotValid(details="access_token and nonce are texts")
    is_linking = body.get("link_identity") is True
    if is_linking and identity is None:
        raise refused.NoAuthorization
    issuer = _issuer(issuers, body)
    if is_linking and identity is not None:
        async with means.begin() as session:
            _, held = await levels.hold(session, identity)
        levels.demand_fresh(held, identity)
    provider = issuer.provider
    try:
        claims = await issuer.verified(
            id_token, clients={provider.client_id, *provider.also_client_ids}, access_token=access_token, nonce=None
        )
        _check_nonce(claims.get("nonce"), nonce)
        proven = oauth_accounts.of_claims(provider, claims)
        return await _entered(means, proven, linking=identity if is_linking else None, caller=caller)
    except CareError as error:
        async with means.begin() as session:
            await accounts.record_refusal(session, None, reason=f"{provider.name}: {error.code}", caller=caller)
        raise


async def _entered(means: Accounts, proven: Proven, *, linking: Identity | None, caller: Caller) -> Opened:
    async with means.begin() as session:
        if linking is None:
            user = await oauth_accounts.enter(session, means, proven, caller=caller)
        else:
            target, held = await levels.hold(session, linking)
            levels.demand_fresh(held, linking)
            user = await oauth_accounts.link(session, means, proven, user_id=target.id, caller=caller)
        proofs = [methods.proof(Method.OAUTH)]
        return await opening.open_one(session, means, user, proofs=proofs, action="sign_in", caller=caller)


def _issuer(issuers: Mapping[str, Issuer], body: Mapping[str, Any]) -> Issuer:
    """By the provider's name or its issuer; only those of the operator's file."""
    name, said = body.get("provider"), body.get("issuer")
    for issuer in issuers.values():
        if name == issuer.provider.name or (not name and said == issuer.provider.issuer):
            return issuer
    raise refused.NotValid(details="Unsupported provider: provider is not enabled")


def _check_nonce(held: object, given: str | None) -> None:
    """BadIdToken unless both have one and it is the same, or neither has."""
    if not held and not given:
        return
    if not isinstance(held, str) or not given:
        raise oauth_refused.BadIdToken(details="Passed nonce and nonce in id_token should either both exist or not.")
    hashed = hashlib.sha256(given.encode()).hexdigest()
    if not hmac.compare_digest(hashed.encode(), held.encode()):
        raise oauth_refused.BadIdToken(details="Nonces mismatch")
