"""Progress of a case as server-sent events (HTML standard, `text/event-stream`)."""

from __future__ import annotations

import asyncio
import json
from collections.abc import AsyncIterator
from typing import Any, Final

from starlette.requests import Request

from carebase import errors
from carebase.auth import requests
from carebase.database import session as sessions
from carebase.database.identity import Identity
from carebase.database.pool import Login
from carebase.records import cases, insights
from carebase.records.cases import CaseId

LOOK_AGAIN_SECONDS: Final = 3.0
"""Without news too: a session that has ended must not see on for longer than five seconds."""
LONGEST_WATCH_SECONDS: Final = 600.0


async def of_case(request: Request, identity: Identity, case_id: CaseId) -> AsyncIterator[str]:
    """`step` events for each change until the case leaves `processing`, then one `end`.

    Each look is a transaction of its own under the reader's identity, so signing out ends the stream.
    """
    shown: dict[str, Any] = {}
    loop = asyncio.get_running_loop()
    until = loop.time() + LONGEST_WATCH_SECONDS
    async with request.app.state.progress.subscribe(case_id) as changed:
        while loop.time() < until and not await request.is_disconnected():
            changed.clear()
            try:
                async with sessions.begin(
                    request.app.state.pools[Login.AUTHENTICATOR], identity, read_only=True
                ) as session:
                    case = await cases.read(session, case_id)
                    steps = await insights.steps(session, case_id)
            except errors.CareError as error:
                yield _event(
                    "error",
                    {"code": error.code, "message": error.message, "request_id": requests.request_id_of(request)},
                )
                return
            for step in steps:
                told = {"step": step.step, "state": step.state, "reason": step.reason, "at": step.at.isoformat()}
                if shown.get(step.step) != told:
                    shown[step.step] = told
                    yield _event("step", told)
            if case.status != "processing":
                yield _event("end", {"status": case.status, "reason": case.failure_reason})
                return
            try:
                async with asyncio.timeout(LOOK_AGAIN_SECONDS):
                    await changed.wait()
            except TimeoutError:
                yield ": still here\n\n"


def _event(name: str, content: dict[str, Any]) -> str:
    return f"event: {name}\ndata: {json.dumps(content)}\n\n"
