"""Routes of the own account: `/user`."""

from __future__ import annotations

from fastapi import APIRouter, Request, Response

from carebase.auth import own_account, protocol, refused, requests

router = APIRouter(route_class=protocol.GoTrueRoute)


@router.get("/user")
async def read_user(request: Request) -> Response:
    """The account that is signed in."""
    read = await own_account.read(requests.accounts_of(request), protocol.person(request))
    return protocol.answer(protocol.account(read))


@router.put("/user", openapi_extra=protocol.takes("password", "current_password", "email", objects=("data",)))
async def change_user(request: Request) -> Response:
    """Change the own metadata or password; a password needs `current_password`."""
    identity, body = protocol.person(request), await protocol.body(request)
    if "app_metadata" in body:
        raise refused.NotAdmin
    means = requests.accounts_of(request)
    if body.get("email") or body.get("phone"):
        account = await own_account.read(means, identity)
        if body.get("phone") or str(body["email"]).strip().lower() != account.user.email:
            raise refused.NotValid(details="The address of an account cannot be changed on this server.")
    data = body.get("data")
    if data is not None and not isinstance(data, dict):
        raise refused.NotValid(details="data is not an object.")
    changed = await own_account.change(
        means,
        identity,
        data=data,
        password=protocol.text(body, "password") if body.get("password") is not None else None,
        current_password=protocol.text(body, "current_password") if body.get("current_password") else None,
        caller=requests.caller_of(request),
    )
    return protocol.answer(protocol.account(changed))
