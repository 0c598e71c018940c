"""Routes of the own account: `/user`."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from fastapi import APIRouter, Request, Response

from carebase.auth import flows, own_account, protocol, refused, requests
from carebase.auth.mailing import Return

router = APIRouter(route_class=protocol.GoTrueRoute)


@router.get("/user")
async def read_user(request: Request) -> Response:
    """The account that is signed in."""
    read = await own_account.read(requests.accounts_of(request), protocol.person(request), may_be_lowered=True)
    return protocol.answer(protocol.account(read))


@router.put(
    "/user",
    openapi_extra=protocol.takes(
        "password",
        "current_password",
        "nonce",
        "email",
        "phone",
        "code_challenge",
        "code_challenge_method",
        objects=("data",),
    ),
)
async def change_user(request: Request, redirect_to: str | None = None) -> Response:
    """Change the own metadata, password, address or number; the last three need a proof that it is the person:
    `current_password`, or the `nonce` that was written to its address, or a fresh sign-in."""
    identity, body = protocol.person(request), await protocol.body(request)
    if "app_metadata" in body:
        raise refused.NotAdmin
    means, caller = requests.accounts_of(request), requests.caller_of(request)
    ends = Return(redirect_to=redirect_to, challenge=flows.challenge_of(body))
    proof = {"current_password": _given(body, "current_password"), "nonce": _given(body, "nonce")}
    email, phone = _given(body, "email"), _given(body, "phone")
    if proof["nonce"] is not None and sum(bool(body.get(name)) for name in ("email", "phone", "password")) > 1:
        raise refused.NotValid(details="A nonce is good for one change: of the email, the phone or the password.")
    changed = None
    if email is not None:
        changed = await own_account.change_email(means, identity, email, ends=ends, caller=caller, **proof)
    if phone is not None:
        changed = await own_account.change_phone(means, identity, phone, caller=caller, **proof)
    if body.get("data") is not None or body.get("password") is not None or changed is None:
        changed = await own_account.change(
            means,
            identity,
            data=protocol.mapping(body, "data") if body.get("data") is not None else None,
            password=protocol.text(body, "password") if body.get("password") is not None else None,
            caller=caller,
            **proof,
        )
    return protocol.answer(protocol.account(changed))


def _given(body: Mapping[str, Any], name: str) -> str | None:
    return protocol.text(body, name) if body.get(name) else None
