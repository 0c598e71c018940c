"""The pages of cases: worklist, new case, case, page of a file.

In charge of HTTP only: what a page shows is made by the views, what a person may see by row policies.
"""

from __future__ import annotations

import uuid
from datetime import UTC, date, datetime
from pathlib import Path
from typing import Annotated, Final, cast

from fastapi import APIRouter, Form, Query
from starlette.requests import Request
from starlette.responses import RedirectResponse, Response

from carebase import errors
from carebase.apps.account import patient_codes
from carebase.apps.cases import case_view, draft_routes, file_view, intake, new_case_form, opening, views
from carebase.apps.cases.bodies import CaseIn
from carebase.apps.cases.pointing import Mark
from carebase.apps.cases.views import Mistake
from carebase.audit import log
from carebase.auth import printing, requests
from carebase.auth.requests import ReadSession, RequestSession, SignedInIdentity
from carebase.documents.reading import Reader as DocumentReader
from carebase.documents.text import Box, Kind
from carebase.records import cases, drafts, files, insights
from carebase.records.cases import Case, CaseFilter, CaseId, CaseStatus
from carebase.records.files import FileId
from carebase.web import csrf, rendering

HERE: Final = Path(__file__).parent
ROWS: Final = 30
PAGE_SCALE: Final = 1.6
"""Pixels a point: an A4 page is as wide as its column on a large screen."""

StatementQuery = Annotated[str | None, Query(alias="hl", max_length=100)]
LineQuery = Annotated[int | None, Query(ge=1, le=1_000_000)]
TokenField = Annotated[str, Form(max_length=200)]

router = APIRouter(include_in_schema=False)


@router.get("/cases")
async def worklist(
    request: Request,
    session: ReadSession,
    *,
    status: Annotated[str, Query(max_length=20)] = "",
    cursor: Annotated[str | None, Query(max_length=200)] = None,
) -> Response:
    """The cases of the reader, the latest first."""
    wanted = next((known for known in views.STATUSES if known == status), None)
    page = await cases.page(
        session,
        CaseFilter(status=None if wanted is None else CaseStatus(wanted)),
        limit=ROWS,
        cursor=cursor,
    )
    view = views.worklist_view(
        _renderer(request).reader(request),
        cases=page.items,
        status=wanted,
        cursor=cursor,
        next_cursor=page.next_cursor,
        today=_today(),
    )
    if rendering.wants_block(request):
        return _renderer(request).block(request, "cases/worklist.html", name="list", view=view)
    return _renderer(request).page(request, "cases/worklist.html", view=view)


@router.get("/cases/new")
async def new_case(
    request: Request, session: ReadSession, draft: Annotated[str, Query(max_length=20)] = ""
) -> Response:
    """The empty form, with the offer to go on with a draft; or the form with the draft in it."""
    kept = await drafts.read(session, draft_routes.NEW_CASE)
    is_wanted = kept is not None and draft == "kept"
    return _new_case_form(
        request,
        values=dict(kept.fields) if kept is not None and is_wanted else {},
        mistakes=[],
        key=str(uuid.uuid4()),
        kept_at=None if kept is None or is_wanted else kept.kept_at,
    )


@router.post("/cases/new")
async def open_case(request: Request, identity: SignedInIdentity) -> Response:
    """Open a case and go to it; the form again, with its mistakes, when it cannot be opened."""
    csrf.check_origin(request)
    store, t = request.app.state.store, _renderer(request).reader(request)
    try:
        arrived = await intake.take(request, store, identity=identity)
    except errors.CareError as error:
        if not rendering.wants_block(request):
            raise
        # The page keeps what was typed and chosen and only takes the sentence over.
        return _new_case_form(request, values={}, mistakes=[_of_files(request, error)], key="", status=error.status)
    values = dict(arrived.fields)
    try:
        csrf.check_token(request, values.pop(csrf.FIELD, None))
        key = values.pop("idempotency_key", "") or str(uuid.uuid4())
        body = new_case_form.read(t, values, today=_today())
        if isinstance(body, CaseIn):
            opened = await opening.open_case(request, identity, body=body, arrived=arrived, key=key)
            async with requests.open_session(request, identity) as session:
                await drafts.drop(session, draft_routes.NEW_CASE)
            return _gone_to(request, f"/cases/{opened.answer['case_id']}")
    except BaseException:
        await arrived.discard(store)
        raise
    await arrived.discard(store)
    return _new_case_form(request, values=values, mistakes=body, key=key, status=400)


@router.get("/cases/{case_id}")
async def case_page(request: Request, session: ReadSession, case_id: str) -> Response:
    """One case with its draft."""
    return _renderer(request).page(request, "cases/case.html", view=await _case_view(request, session, case_id))


@router.get("/cases/{case_id}/progress")
async def progress(request: Request, session: ReadSession, case_id: str) -> Response:
    """How far the analysis is: the block of the case page that changes while it runs."""
    view = await _case_view(request, session, case_id)
    return _renderer(request).block(request, "cases/case.html", name="progress", view=view)


@router.post("/cases/{case_id}/analysis")
async def analyse_again(
    request: Request, session: RequestSession, case_id: str, form_token: TokenField = ""
) -> Response:
    """Start the analysis again and go back to the case."""
    csrf.check_origin(request)
    csrf.check_token(request, form_token)
    await opening.check_running(request, session)
    case = await cases.analyse_again(session, CaseId(case_id))
    return _gone_to(request, f"/cases/{case.case_id}")


@router.post("/cases/{case_id}/files/{file_id}/confirmation")
async def confirm_file(
    request: Request, session: RequestSession, case_id: str, file_id: str, form_token: TokenField = ""
) -> Response:
    """Answer the wrong-patient warning: this file is of this patient. The case is analysed again."""
    csrf.check_origin(request)
    csrf.check_token(request, form_token)
    await files.confirm(session, CaseId(case_id), FileId(file_id))
    return _gone_to(request, f"/cases/{case_id}")


@router.get("/cases/{case_id}/files/{file_id}/pages/{page:int}.png")
async def page_picture(
    request: Request,
    identity: SignedInIdentity,
    case_id: str,
    file_id: str,
    page: int,
    hl: StatementQuery = None,
    line: LineQuery = None,
) -> Response:
    """One page of a file as a picture, with the line of a statement highlighted."""
    store, reader = request.app.state.store, cast(DocumentReader, request.app.state.reader)
    async with requests.open_session(request, identity, read_only=True) as session:
        file = await files.read(session, CaseId(case_id), FileId(file_id))
        # Places are the same in every language, so any will do.
        analysis = None if hl is None else await insights.current(session, CaseId(case_id), insights.DEFAULT_LANGUAGE)
        stored = await store.open(session, bucket=files.BUCKET, name=file.object_name)
        log.saw(
            session, "storage.objects", [file.object_name], action="download", patients=log.concerning(file.patient_id)
        )
    box = file_view.box_of(analysis, file_id=file_id, page=page, mark=_mark(hl, line))
    kind = Kind(file.file_type)
    async with store.plain_file(stored) as path:
        png = await reader.render_page(
            path,
            kind=kind,
            page=page,
            scale=1.0 if case_view.is_image(kind) else PAGE_SCALE,
            highlight=None if box is None else Box(*box),
        )
    return Response(png, media_type="image/png", headers={"Content-Disposition": "inline"})


@router.get("/cases/{case_id}/files/{file_id}/pages/{page:int}")
async def file_page(
    request: Request,
    session: ReadSession,
    case_id: str,
    file_id: str,
    page: int,
    hl: StatementQuery = None,
    line: LineQuery = None,
) -> Response:
    """The page of a file with the words that a statement was taken from."""
    t = _renderer(request).reader(request)
    every = await files.of_case(session, CaseId(case_id))
    file = next((one for one in every if one.file_id == file_id), None)
    if file is None or not 1 <= page <= (file.page_count or 1):
        raise errors.NotFound
    view = file_view.file_view(
        t,
        case_id=case_id,
        file=file,
        page=page,
        mark=_mark(hl, line),
        analysis=await insights.current(session, CaseId(case_id), t.language),
        files=every,
    )
    return _renderer(request).page(request, "cases/file_page.html", view=view)


async def _case_view(request: Request, session: ReadSession, case_id: str) -> case_view.CaseView:
    t = _renderer(request).reader(request)
    case = await cases.read(session, CaseId(case_id))
    return case_view.case_view(
        t,
        case=case,
        files=await files.of_case(session, case.case_id),
        steps=await insights.steps(session, case.case_id),
        analysis=await insights.current(session, case.case_id, t.language),
        today=_today(),
        codes_address=await _codes_address(session, case),
    )


async def _codes_address(session: ReadSession, case: Case) -> str | None:
    """Where the reader prints codes for the case's patient, None for whoever does not lead the patient's team."""
    if case.patient_id is None:
        return None
    try:
        await printing.account_for(session, case.patient_id)
    except errors.NotFound:
        return None
    return patient_codes.address_for(case.patient_id)


def _new_case_form(
    request: Request,
    *,
    values: dict[str, str],
    mistakes: list[Mistake],
    key: str,
    kept_at: datetime | None = None,
    status: int = 200,
) -> Response:
    page = _renderer(request)
    view = views.new_case_view(
        page.reader(request), values=values, mistakes=mistakes, idempotency_key=key, kept_at=kept_at
    )
    return page.page(request, "cases/new_case.html", view=view, status=status)


def _of_files(request: Request, error: errors.CareError) -> Mistake:
    """The sentence for files that were refused while they arrived."""
    t = _renderer(request).reader(request)
    match error.status:
        case 413:
            text = t("mistake-files-large", megabytes=views.FILE_LIMIT_MEGABYTES, count=files.MOST_FILES)
        case 415:
            text = t("mistake-files-type")
        case _:
            text = t("mistake-files")
    return Mistake(field="lab_files", text=text)


def _gone_to(request: Request, address: str) -> Response:
    """Send the browser on; a script that sent the form is told where to go instead."""
    if rendering.wants_block(request):
        return Response(status_code=204, headers={"HX-Redirect": address})
    return RedirectResponse(address, status_code=303)


def _mark(statement: str | None, line: int | None) -> Mark | None:
    return None if statement is None else Mark(statement, line)


def _renderer(request: Request) -> rendering.Renderer:
    return cast(rendering.Renderer, request.app.state.renderer)


def _today() -> date:
    return datetime.now(UTC).date()
