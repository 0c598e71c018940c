"""The cases API: open, list, search, read, change, discard; files; analysis; insights; progress."""

from __future__ import annotations

from collections.abc import AsyncIterator
from datetime import UTC, datetime
from typing import Annotated, Any, Literal

from fastapi import APIRouter, Header, Query, Request, Response, Security
from fastapi.responses import JSONResponse, StreamingResponse
from fastapi.security import HTTPBearer

from carebase import errors
from carebase.apps.cases import bodies, downloads, events, intake, opening, progress_view
from carebase.audit import log
from carebase.auth import requests
from carebase.auth.requests import ReadSession, RequestSession, SignedInIdentity
from carebase.database.session import Session
from carebase.records import cases, files, insights
from carebase.records.cases import Case, CaseFilter, CaseId, CaseStatus, Order
from carebase.records.files import FileId

Language = Literal["fr", "en"]
LanguageQuery = Annotated[Language, Query(description="Language of the texts; both say the same.")]
KeyHeader = Annotated[str | None, Header(alias="Idempotency-Key", description="The same key, the same answer.")]

FORM_FIELDS: dict[str, Any] = {
    "patient_name": {"type": "string", "maxLength": 200},
    "patient_age": {"type": "integer", "minimum": 0, "maximum": 130},
    "birth_date": {"type": "string", "format": "date"},
    "patient_gender": {"type": "string"},
    "pregnant": {"type": "boolean"},
    "gestation_weeks": {"type": "integer"},
    "case_summary": {"type": "string"},
    "doctor_notes": {"type": "string"},
}
FILE_FIELDS: dict[str, Any] = {
    name: {"type": "array", "items": {"type": "string", "format": "binary"}} for name in intake.FILE_FIELDS
}
CREATE_BODY = {
    "requestBody": {
        "required": True,
        "content": {
            "multipart/form-data": {
                "schema": {
                    "type": "object",
                    "required": ["patient_name", "patient_gender"],
                    "properties": FORM_FIELDS | FILE_FIELDS,
                }
            },
            "application/json": {"schema": bodies.CaseIn.model_json_schema()},
        },
    }
}
FILES_BODY = {
    "requestBody": {
        "required": True,
        "content": {"multipart/form-data": {"schema": {"type": "object", "properties": FILE_FIELDS}}},
    }
}
REFUSALS: dict[int | str, dict[str, Any]] = {
    status: {"model": bodies.ErrorOut} for status in (400, 401, 403, 404, 409, 413, 415, 429, 500, 503)
}

# For the description only: who is asking is decided by `auth.requests`.
BEARER = Security(HTTPBearer(auto_error=False, description="The access_token of POST /auth/v1/token."))

router = APIRouter(prefix="/api/cases", tags=["cases"], responses=REFUSALS, dependencies=[BEARER])
original = APIRouter(
    prefix="/cases", tags=["original service"], deprecated=True, responses=REFUSALS, dependencies=[BEARER]
)


@router.post("", status_code=201, response_model=bodies.CaseWithFiles, openapi_extra=CREATE_BODY)
async def open_case(request: Request, identity: SignedInIdentity, key: KeyHeader = None) -> Response:
    """Open a case, with or without files; it is in work from now on."""
    return await _open(request, identity, key=key, ignored=frozenset())


@original.post("/create_case", status_code=201, response_model=bodies.CaseWithFiles, openapi_extra=CREATE_BODY)
async def create_case(request: Request, identity: SignedInIdentity, key: KeyHeader = None) -> Response:
    """Open a case; use `POST /api/cases`. `user_id` is not read: the token says who is asking."""
    return await _open(request, identity, key=key, ignored=frozenset({"user_id", "case_id"}))


async def _open(request: Request, identity: SignedInIdentity, *, key: str | None, ignored: frozenset[str]) -> Response:
    store = request.app.state.store
    if request.headers.get("content-type", "").startswith("application/json"):
        arrived = intake.Arrived()
        values = await _json_object(request)
    else:
        arrived = await intake.take(request, store, identity=identity)
        values = dict(arrived.fields)
    try:
        body = intake.checked(bodies.CaseIn, {name: value for name, value in values.items() if name not in ignored})
        opened = await opening.open_case(request, identity, body=body, arrived=arrived, key=key)
    except BaseException:
        await arrived.discard(store)
        raise
    headers = {"Location": f"/api/cases/{opened.answer['case_id']}"}
    if opened.is_repeat:
        headers["Idempotent-Replay"] = "true"
    return JSONResponse(opened.answer, 201, headers=headers)


@router.get("", response_model=bodies.CaseList)
async def list_cases(
    session: ReadSession,
    *,
    status: CaseStatus | None = None,
    gender: Annotated[str | None, Query(max_length=30)] = None,
    created_from: datetime | None = None,
    created_to: datetime | None = None,
    sort: Order = Order.LATEST,
    limit: Annotated[int, Query(ge=1, le=200)] = 50,
    cursor: Annotated[str | None, Query(max_length=200)] = None,
    total: bool = False,
) -> bodies.CaseList:
    """Your cases, the latest first. Names are searched with `POST /api/cases/search`."""
    wanted = CaseFilter(status=status, gender=gender, since=_aware(created_from), until=_aware(created_to))
    page = await cases.page(session, wanted, order=sort, limit=limit, cursor=cursor, with_total=total)
    return _list_of(page)


@original.get("/all_cases", response_model=bodies.CaseList)
async def all_cases(session: ReadSession, cursor: Annotated[str | None, Query(max_length=200)] = None) -> Any:
    """Your cases; use `GET /api/cases`."""
    return _list_of(await cases.page(session, CaseFilter(), limit=200, cursor=cursor))


@router.post("/search", response_model=bodies.CaseList)
async def search_cases(session: ReadSession, body: bodies.CaseSearch) -> bodies.CaseList:
    """Your cases whose patient's name holds the words, accents and case apart."""
    wanted = CaseFilter(
        status=CaseStatus(body.status) if body.status else None,
        gender=body.gender,
        since=_aware(body.created_from),
        until=_aware(body.created_to),
        words=body.query,
    )
    page = await cases.page(
        session, wanted, order=Order(body.sort), limit=body.limit, cursor=body.cursor, with_total=body.total
    )
    return _list_of(page)


@router.get("/{case_id}", response_model=bodies.CaseWhole)
async def read_case(
    request: Request, session: ReadSession, case_id: str, language: LanguageQuery = "fr"
) -> bodies.CaseWhole:
    """A case with its files, its latest insights and how far its analysis is."""
    case = await cases.read(session, CaseId(case_id))
    return bodies.CaseWhole(
        **bodies.CaseOut.fields_of(case),
        failure_message=_failure_in_words(request, case, language),
        files=[bodies.FileOut.of(file) for file in await files.of_case(session, case.case_id)],
        insights=await _insights(session, case.case_id, language),
        steps=[bodies.StepOut.of(step) for step in await insights.steps(session, case.case_id)],
    )


@original.get("/cases/{case_id}", response_model=bodies.CaseWhole)
async def original_read_case(request: Request, session: ReadSession, case_id: str) -> bodies.CaseWhole:
    """A case; use `GET /api/cases/{case_id}`."""
    return await read_case(request, session, case_id)


@router.patch("/{case_id}", response_model=bodies.CaseOut)
async def change_case(session: RequestSession, case_id: str, body: bodies.CaseChange) -> bodies.CaseOut:
    """Change fields of a case; a change of an input starts a new analysis."""
    changes = body.model_dump(exclude_unset=True)
    if "birth_date" in changes:
        changes["patient_birth_date"] = changes.pop("birth_date")
    for needed in ("patient_name", "patient_gender", "patient_age"):
        if needed in changes and changes[needed] is None:
            raise errors.Invalid(details=f"{needed} cannot be empty.")
    case = await cases.change(session, CaseId(case_id), changes, today=_today())
    return bodies.CaseOut.of(case)


@router.delete("/{case_id}", status_code=204)
async def discard_case(session: RequestSession, case_id: str) -> None:
    """Take a case out of every view. Its record is kept for its retention."""
    await cases.discard(session, CaseId(case_id))


@router.post("/{case_id}/files", status_code=201, response_model=bodies.FilesAdded, openapi_extra=FILES_BODY)
async def add_files(request: Request, identity: SignedInIdentity, case_id: str) -> bodies.FilesAdded:
    """Add files to a case; it is analysed again with them."""
    store = request.app.state.store
    async with requests.open_session(request, identity) as session:
        await cases.read(session, CaseId(case_id))
    arrived = await intake.take(request, store, identity=identity)
    try:
        if not arrived.files:
            raise errors.Invalid(details="No file came.", hint="Send lab_files or radiology_files.")
        async with requests.open_session(request, identity) as session:
            case = await cases.lock(session, CaseId(case_id))
            added = await files.add(session, store, case=case, new=arrived.files)
            case = await cases.read(session, case.case_id)
    except BaseException:
        await arrived.discard(store)
        raise
    return bodies.FilesAdded(
        case_id=case.case_id, status=case.status, files=[bodies.FileOut.of(file) for file in added]
    )


@router.get("/{case_id}/files/{file_id}", response_class=Response)
@router.head("/{case_id}/files/{file_id}", include_in_schema=False)
async def download_file(request: Request, session: ReadSession, case_id: str, file_id: str) -> Response:
    """The file's bytes; one `Range` is honoured."""
    file = await files.read(session, CaseId(case_id), FileId(file_id))
    stored = await request.app.state.store.open(session, bucket=files.BUCKET, name=file.object_name)
    log.saw(session, "storage.objects", [file.object_name], action="download", patients=log.concerning(file.patient_id))
    return await downloads.response(request, store=request.app.state.store, stored=stored, file=file)


@router.post("/{case_id}/files/{file_id}/confirmation", status_code=202, response_model=bodies.CaseOut)
async def confirm_file(session: RequestSession, case_id: str, file_id: str) -> bodies.CaseOut:
    """Answer the wrong-patient warning: this file is of this patient. The case is analysed again."""
    await files.confirm(session, CaseId(case_id), FileId(file_id))
    return bodies.CaseOut.of(await cases.read(session, CaseId(case_id)))


@router.post("/{case_id}/analysis", status_code=202, response_model=bodies.CaseOut)
async def analyse_again(request: Request, session: RequestSession, case_id: str) -> bodies.CaseOut:
    """Analyse a case again; 409 while it is in work."""
    await opening.check_running(request, session)
    case = await cases.analyse_again(session, CaseId(case_id))
    return bodies.CaseOut.of(case)


@router.get("/{case_id}/insights", response_model=bodies.InsightsOut)
async def read_insights(session: ReadSession, case_id: str, language: LanguageQuery = "fr") -> bodies.InsightsOut:
    """The latest published result in a language; `insights` is null before the first."""
    case = await cases.read(session, CaseId(case_id))
    run = await insights.current_run(session, case.case_id)
    return bodies.InsightsOut(
        case_id=case.case_id,
        status=case.status,
        run_id=run.run_id if run else None,
        engine=run.engine if run else None,
        generated_at=run.published_at if run else None,
        insights=run.results[language] if run else None,
    )


@router.get("/{case_id}/events", response_class=StreamingResponse)
async def watch_case(request: Request, identity: SignedInIdentity, case_id: str) -> StreamingResponse:
    """Progress as server-sent events: `step` for each change, `end` with the status."""
    async with requests.open_session(request, identity, read_only=True) as session:
        await cases.read(session, CaseId(case_id))
    stream: AsyncIterator[str] = events.of_case(request, identity, CaseId(case_id))
    return StreamingResponse(
        stream, media_type="text/event-stream", headers={"X-Accel-Buffering": "no", "Cache-Control": "no-store"}
    )


def _failure_in_words(request: Request, case: Case, language: Language) -> str | None:
    if case.failure_reason is None:
        return None
    return progress_view.reason_in_words(request.app.state.renderer.messages.reader(language), case.failure_reason)


async def _insights(session: Session, case_id: CaseId, language: Language) -> dict[str, Any] | None:
    found = await insights.current(session, case_id, language)
    return None if found is None else dict(found)


async def _json_object(request: Request) -> dict[str, Any]:
    try:
        value = await request.json()
    except (ValueError, RecursionError) as error:
        raise errors.Invalid(details="The body is not JSON, or is nested too deeply.") from error
    if not isinstance(value, dict):
        raise errors.Invalid(details="The body is not a JSON object.")
    return value


def _list_of(page: cases.CasePage) -> bodies.CaseList:
    return bodies.CaseList(
        cases=[bodies.CaseOut.of(case) for case in page.items], next_cursor=page.next_cursor, total=page.total
    )


def _today() -> Any:
    return datetime.now(UTC).date()


def _aware(moment: datetime | None) -> datetime | None:
    return moment.replace(tzinfo=UTC) if moment is not None and moment.tzinfo is None else moment
