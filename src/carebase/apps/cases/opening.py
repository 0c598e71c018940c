"""Opens a case from what has arrived: one transaction for the case, its files and its work.

In charge of the limits of a person and of the same request sent twice giving one case.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any

from starlette.requests import Request

from carebase import errors
from carebase.apps.cases import bodies, intake
from carebase.auth import requests
from carebase.database.identity import Identity
from carebase.database.session import Session
from carebase.records import cases, files, request_keys
from carebase.records.cases import NewCase


async def check_running(request: Request, session: Session) -> None:
    """TooMany when as many cases of the person are in work as may be at once."""
    async with session.together() as ask:
        running = cases.running_with(ask)
    _check_running(request, running.brought)


def _check_running(request: Request, running: int) -> None:
    most = request.app.state.settings.running_analyses
    if running >= most:
        raise errors.TooMany(hint=f"At most {most} cases in work at once.", retry_after_seconds=10)


@dataclass(frozen=True, slots=True)
class Opened:
    """The answer to the opening of a case, as JSON; `is_repeat` when it was given before under the same key."""

    answer: dict[str, Any]
    is_repeat: bool


async def open_case(
    request: Request, identity: Identity, *, body: bodies.CaseIn, arrived: intake.Arrived, key: str | None
) -> Opened:
    """The case that was opened; that of the first time when a request with this `key` came before.

    The bytes of `arrived` are kept with a new case; on an error they are the caller's to discard.
    """
    body_hash = f"{arrived.sha256} {body.model_dump_json()}"
    try:
        async with requests.open_session(request, identity) as session:
            answer = await _answer_given(session, key, body_hash=body_hash)
            if answer is None:
                answer = await _open(request, session, identity=identity, body=body, arrived=arrived)
                if key is not None:
                    await request_keys.remember(session, key, body_hash=body_hash, response=answer)
                return Opened(answer, is_repeat=False)
    except errors.Conflict:
        # The same request came twice at once and the other was faster; its case is this one's as well.
        async with requests.open_session(request, identity) as session:
            answer = await _answer_given(session, key, body_hash=body_hash)
        if answer is None:
            raise
    # Only now, with no connection held: discarding takes one, and all of them may be waiting here.
    await arrived.discard(request.app.state.store)
    return Opened(answer, is_repeat=True)


async def _answer_given(session: Session, key: str | None, *, body_hash: str) -> dict[str, Any] | None:
    return None if key is None else await request_keys.answer_for(session, key, body_hash=body_hash)


async def _open(
    request: Request, session: Session, *, identity: Identity, body: bodies.CaseIn, arrived: intake.Arrived
) -> dict[str, Any]:
    store, doctor_id = request.app.state.store, identity.user_id
    if doctor_id is None:
        raise errors.NotSignedIn
    new = NewCase(**body.model_dump(exclude={"birth_date"}), patient_birth_date=body.birth_date)
    case_id = cases.fresh_id()
    async with session.together() as ask:
        # Asked before the new case is there; when it is one too many, the transaction takes the case back.
        running = cases.running_with(ask)
        case = cases.open_with(ask, new, case_id=case_id, today=datetime.now(UTC).date())
        adding = files.add_with(ask, store, case_id=case_id, doctor_id=doctor_id, new=arrived.files)
    _check_running(request, running.brought)
    added = [bodies.FileOut.of(file) for file in adding.added(store)]
    opened = bodies.CaseWithFiles(**bodies.CaseOut.fields_of(case.brought), files=added)
    return opened.model_dump(mode="json")
