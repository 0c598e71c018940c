"""Routes of the own sessions: `/logout`."""

from __future__ import annotations

from fastapi import APIRouter, Request, Response

from carebase.auth import protocol, refused, requests, signing_out
from carebase.auth.devices import Scope

router = APIRouter(route_class=protocol.GoTrueRoute)


@router.post("/logout", status_code=204)
async def sign_out(request: Request, scope: str = Scope.GLOBAL.value) -> Response:
    """Sign devices out: every one, this one (`local`) or every other one (`others`)."""
    identity = protocol.person(request)
    try:
        which = Scope(scope)
    except ValueError as error:
        raise refused.NotValid(details="Unsupported logout scope") from error
    means, caller = requests.accounts_of(request), requests.caller_of(request)
    await signing_out.sign_out(means, identity, scope=which, caller=caller)
    return Response(status_code=204)
