"""Routes of the own sessions: `/logout`, and `/sessions`, which only this service has."""

from __future__ import annotations

from typing import Any
from uuid import UUID

from fastapi import APIRouter, Request, Response

from carebase import errors
from carebase.auth import protocol, refused, requests, sessions, signing_out, users
from carebase.auth.devices import Scope
from carebase.auth.sessions import OwnSession

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


@router.get("/sessions")
async def list_sessions(request: Request) -> Response:
    """Where the person is signed in, the latest used first."""
    found = await sessions.list_own(requests.accounts_of(request), protocol.person(request))
    return protocol.answer([_as_json(one) for one in found])


@router.delete("/sessions/{session_id}", status_code=204)
async def end_session(request: Request, session_id: str) -> Response:
    """Sign one of the person's devices out."""
    identity = protocol.person(request)
    try:
        which = UUID(session_id)
    except ValueError as error:
        raise errors.NotFound from error
    means, caller = requests.accounts_of(request), requests.caller_of(request)
    await sessions.revoke_own(means, identity, which, caller=caller)
    return Response(status_code=204)


def _as_json(one: OwnSession) -> dict[str, Any]:
    return {
        "id": str(one.id),
        "aal": one.aal,
        "user_agent": one.user_agent,
        "ip": one.address,
        "created_at": users.rfc3339(one.created_at),
        "last_active_at": users.rfc3339(one.last_active_at),
        "idle_after": users.rfc3339(one.idle_after),
        "not_after": users.rfc3339(one.not_after),
        "is_current": one.is_this,
    }
