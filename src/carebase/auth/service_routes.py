"""Routes that tell about the service itself: `/health`, `/settings`."""

from __future__ import annotations

from fastapi import APIRouter, Request, Response

from carebase.auth import protocol, requests
from carebase.settings import VERSION

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
    return protocol.answer(
        {
            "external": {"email": True, "phone": False, "anonymous_users": False},
            "disable_signup": not policy.is_sign_up_open,
            "mailer_autoconfirm": True,
            "phone_autoconfirm": False,
            "sms_provider": "",
            "saml_enabled": False,
        }
    )
