"""Routes that tell about the service itself: `/health`, `/settings`, and what checks its tokens."""

from __future__ import annotations

from typing import Any, Final, cast

from fastapi import APIRouter, Request, Response

from carebase.auth import oauth_refused, oauth_routes, protocol, requests, signing_keys
from carebase.auth.tokens import Tokens
from carebase.settings import VERSION

KEYS_KEPT_SECONDS: Final = 600
"""How long others may keep our public keys; a rotation announces the next one before it retires the last."""

router = APIRouter(route_class=protocol.GoTrueRoute)


@router.get("/health")
async def health() -> Response:
    """That the accounts service answers."""
    return protocol.answer(
        {
            "version": VERSION,
            "name": "carebase auth",
            "description": "Accounts and sign-in, as clients of GoTrue expect them",
        }
    )


@router.get("/settings")
async def settings(request: Request) -> Response:
    """Which ways to sign in there are."""
    policy = requests.accounts_of(request).policy
    providers = dict.fromkeys(oauth_routes.issuers_of(request), True)
    external = {
        **providers,
        "anonymous_users": policy.is_anonymous_allowed,
        "email": True,
        "phone": policy.is_phone_allowed,
    }
    return protocol.answer(
        {
            "external": external,
            "disable_signup": not policy.is_sign_up_open,
            "mailer_autoconfirm": policy.is_confirmed_at_once,
            "phone_autoconfirm": policy.is_phone_allowed and policy.is_confirmed_at_once,
            "sms_provider": "",
            "saml_enabled": False,
            "passkeys_enabled": False,
        }
    )


@router.post("/sso")
async def by_saml() -> Response:
    """Refused: sign-in by SAML is not offered."""
    raise oauth_refused.SamlDisabled


@router.get("/.well-known/jwks.json")
async def public_keys(request: Request) -> Response:
    """The public keys that check our tokens; none where the secret signs them."""
    keys = cast(Tokens, request.app.state.tokens).public_jwks
    return protocol.answer(keys, headers={"Cache-Control": f"public, max-age={KEYS_KEPT_SECONDS}"})


@router.get("/.well-known/openid-configuration")
async def issuer(request: Request) -> Response:
    """Whose tokens these are and where their keys are, for whoever checks them."""
    tokens = cast(Tokens, request.app.state.tokens)
    told: dict[str, Any] = {
        "issuer": tokens.issuer,
        "jwks_uri": f"{tokens.issuer}/.well-known/jwks.json",
        "userinfo_endpoint": f"{tokens.issuer}/user",
        "subject_types_supported": ["public"],
        "id_token_signing_alg_values_supported": [signing_keys.SECRET_ALGORITHM, *signing_keys.ALGORITHMS],
    }
    return protocol.answer(told, headers={"Cache-Control": f"public, max-age={KEYS_KEPT_SECONDS}"})
