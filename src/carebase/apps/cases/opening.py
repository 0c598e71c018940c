"""Opens a case from what has arrived: one transaction for the case, its files and its work.

In charge of the limits of a person and of the same request sent twice giving one case.
"""

from __future__ import annotations

from datetime import UTC, datetime

from starlette.requests import Request

from carebase import errors
from carebase.apps.cases import bodies, intake
from carebase.auth import requests
from carebase.auth.requests import SignedInIdentity
from carebase.database.session import Session
from carebase.records import cases, files, request_keys
from carebase.records.cases import NewCase


async def check_uploads(request: Request, session: Session) -> None:
    """TooMany when the person has added as many files as an hour allows."""
    most = request.app.state.settings.uploads_per_hour
    if await files.added_recently(session) >= most:
        raise errors.TooMany(hint=f"At most {most} files an hour.", retry_after_seconds=600)


async def check_running(request: Request, session: Session) -> None:
    """TooMany when as many cases of the person are in work as may be at once."""
    most = request.app.state.settings.running_analyses
    if await cases.running(session) >= most:
        raise errors.TooMany(hint=f"At most {most} cases in work at once.", retry_after_seconds=10)


async def open_from_page(
    request: Request, identity: SignedInIdentity, *, body: bodies.CaseIn, arrived: intake.Arrived, key: str
) -> str:
    """The id of the case; that of the first time when the form with this `key` was sent before.

    The bytes of `arrived` are kept with a new case and are the caller's to discard otherwise.
    """
    body_hash = f"{arrived.sha256} {body.model_dump_json()}"
    request_id = requests.request_id_of(request)
    store = request.app.state.store
    try:
        async with requests.open_session(request, identity) as session:
            answer = await request_keys.answer_for(session, key, body_hash=body_hash)
            if answer is None:
                await check_running(request, session)
                new = NewCase(**body.model_dump(exclude={"birth_date"}), patient_birth_date=body.birth_date)
                case = await cases.open_case(session, new, today=datetime.now(UTC).date(), request_id=request_id)
                await files.add(session, store, case=case, new=arrived.files, request_id=request_id)
                await request_keys.remember(session, key, body_hash=body_hash, response={"case_id": case.case_id})
                return case.case_id
    except errors.Conflict:
        # The same form came twice at once and the other was faster; its case is this one's as well.
        async with requests.open_session(request, identity) as session:
            answer = await request_keys.answer_for(session, key, body_hash=body_hash)
        if answer is None:
            raise
    await arrived.discard(store)
    return str(answer["case_id"])
