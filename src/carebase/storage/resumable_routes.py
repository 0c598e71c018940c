"""Routes of uploads that go on after they broke off: `/upload/resumable`, as TUS 1.0 speaks.

In charge of who may go on with which upload, and of answers; statuses are TUS's own and not those of the rest of
Storage. `/upload/resumable/sign` is the same for whoever has a link to upload, as the person who made the link.
"""

from __future__ import annotations

import dataclasses
from collections.abc import Awaitable, Callable
from typing import Final, cast
from uuid import UUID

from fastapi import APIRouter, Request, Response
from starlette.requests import ClientDisconnect

from carebase import errors
from carebase.settings import Settings
from carebase.storage import open_protocol, protocol, refused, resuming, tus
from carebase.storage.callers import Caller
from carebase.storage.links import Link, LinkRefused, Scope
from carebase.storage.resuming import Arriving, Taking, Upload

PATH: Final = "/upload/resumable"
SIGNED: Final = f"{PATH}/sign"
ALLOWED_METHODS: Final = "POST, HEAD, PATCH, DELETE, OPTIONS"

router = APIRouter(route_class=protocol.StorageRoute)
"""For callers with a token or a key."""
open_router = APIRouter(route_class=open_protocol.OpenRoute)
"""For whoever has a link; and what is told to everybody."""

Answer = Callable[[Request, Caller], Awaitable[Response]]


@open_router.options(PATH, status_code=204)
@open_router.options(f"{PATH}/{{upload_id:path}}", status_code=204, include_in_schema=False)
async def tell_protocol(request: Request) -> Response:
    """Which version of TUS is spoken here, with which extensions, and how large an upload may be."""
    headers = {
        "Tus-Version": tus.VERSION,
        "Tus-Extension": tus.EXTENSIONS,
        "Tus-Max-Size": str(_settings_of(request).file_size_limit),
        "Allow": ALLOWED_METHODS,
    }
    return _answer(204, headers)


@router.post(PATH, status_code=201)
@router.post(f"{PATH}/", status_code=201, include_in_schema=False)
async def begin_upload(request: Request) -> Response:
    """Begin an upload, perhaps with its first bytes; its address is in `Location`."""
    return await _said(request, _begin)


@router.head(f"{PATH}/{{upload_id}}")
async def find_offset(request: Request) -> Response:
    """How far an upload has come."""
    return await _said(request, _tell)


@router.patch(f"{PATH}/{{upload_id}}", status_code=204)
async def go_on(request: Request) -> Response:
    """Bring the next bytes of an upload; with its last ones it becomes an object."""
    return await _said(request, _go_on)


@router.delete(f"{PATH}/{{upload_id}}", status_code=204)
async def end_upload(request: Request) -> Response:
    """Give an upload up."""
    return await _said(request, _end)


@router.post(f"{PATH}/{{upload_id}}", include_in_schema=False)
async def go_on_by_post(request: Request) -> Response:
    """The same for clients that can send neither PATCH nor DELETE."""
    return await _said(request, _by_post)


@open_router.post(SIGNED, status_code=201)
@open_router.post(f"{SIGNED}/", status_code=201, include_in_schema=False)
async def begin_signed_upload(request: Request) -> Response:
    """Begin an upload with a link in `x-signature`, as the person who made the link."""
    return await _said(request, _begin, by_link=True)


@open_router.head(f"{SIGNED}/{{upload_id}}")
async def find_signed_offset(request: Request) -> Response:
    """How far an upload by link has come."""
    return await _said(request, _tell, by_link=True)


@open_router.patch(f"{SIGNED}/{{upload_id}}", status_code=204)
async def go_on_signed(request: Request) -> Response:
    """Bring the next bytes of an upload by link."""
    return await _said(request, _go_on, by_link=True)


@open_router.delete(f"{SIGNED}/{{upload_id}}", status_code=204)
async def end_signed_upload(request: Request) -> Response:
    """Give an upload by link up."""
    return await _said(request, _end, by_link=True)


@open_router.post(f"{SIGNED}/{{upload_id}}", include_in_schema=False)
async def go_on_signed_by_post(request: Request) -> Response:
    """The same for clients that can send neither PATCH nor DELETE."""
    return await _said(request, _by_post, by_link=True)


async def _begin(request: Request, caller: Caller) -> Response:
    wanted = tus.wanted(request.headers)
    link = _link_of(request)
    if link is not None:
        if (link.bucket, link.name) != (wanted.bucket, wanted.name):
            raise LinkRefused
        wanted = dataclasses.replace(wanted, is_upsert=link.upsert)
    has_body = tus.brings_bytes(request.headers)
    async with caller.begin() as session:
        upload = await resuming.begin(session, caller, wanted)
    offset = 0
    if has_body or upload.length == 0:
        offset = await _take(request, caller, upload)
    headers = {"Location": _location(request, upload.id), **tus.moved(upload, offset=offset)}
    return _answer(201, headers)


async def _tell(request: Request, caller: Caller) -> Response:
    return _answer(200, tus.told(await _upload(request, caller)))


async def _go_on(request: Request, caller: Caller) -> Response:
    if not tus.brings_bytes(request.headers):
        raise tus.NotBytes
    offset = tus.number(request.headers, "Upload-Offset")
    upload = await _upload(request, caller)
    if offset != upload.received:
        raise tus.OffsetMoved
    announced = request.headers.get("content-length", "")
    if announced.isdecimal() and int(announced) > upload.length - offset:
        raise errors.TooLarge
    return _answer(204, tus.moved(upload, offset=await _take(request, caller, upload)))


async def _end(request: Request, caller: Caller) -> Response:
    upload = await _upload(request, caller)
    async with caller.begin() as session:
        await resuming.end(session, upload.id)
    return _answer(204, {})


async def _by_post(request: Request, caller: Caller) -> Response:
    match request.headers.get("x-http-method-override", "").upper():
        case "PATCH":
            return await _go_on(request, caller)
        case "DELETE":
            return await _end(request, caller)
        case "HEAD":
            return await _tell(request, caller)
        case _:
            raise tus.NoSuchUpload


async def _upload(request: Request, caller: Caller) -> Upload:
    upload_id = tus.upload_id(request.path_params["upload_id"])
    async with caller.begin(read_only=True) as session:
        upload = await resuming.find(session, upload_id)
    link = _link_of(request)
    if link is not None and (link.bucket, link.name) != (upload.bucket, upload.name):
        raise LinkRefused
    return upload


async def _take(request: Request, caller: Caller, upload: Upload) -> int:
    taking = Taking(caller, protocol.store_of(request))
    return await taking.go_on(upload, Arriving(request.stream(), gone=ClientDisconnect))


async def _said(request: Request, answer: Answer, *, by_link: bool = False) -> Response:
    try:
        tus.check_version(request.headers)
        if not by_link:
            return await answer(request, protocol.caller_of(request))
        request.state.upload_link = link = _signature(request)
        return await answer(request, open_protocol.maker(request, link))
    except errors.CareError as error:
        return _refusal(request, error)


def _signature(request: Request) -> Link:
    """The link that the request comes with, to whatever it is for; LinkRefused, LinkExpired."""
    token = request.headers.get("x-signature")
    if not token:
        raise LinkRefused(details="Missing x-signature header")
    bucket, _, name = tus.claimed_place(token).partition("/")
    return open_protocol.links_of(request).read(token, scope=Scope.UPLOAD, bucket=bucket, name=name)


def _link_of(request: Request) -> Link | None:
    return getattr(request.state, "upload_link", None)


def _refusal(request: Request, error: errors.CareError) -> Response:
    """An error in the protocol's way: its own status, and a sentence."""
    match error:
        case resuming.MovedOn():
            told: errors.CareError = tus.OffsetMoved()
        case errors.NotFound():
            told = tus.NoSuchUpload()
        case LinkRefused():
            told = error
        case _:
            told = protocol.in_words_of_storage(error)
            # What Storage has no word for keeps its status.
            if type(told) is refused.StorageError:
                told = error
    protocol.note(request, error)
    headers = {"Tus-Version": tus.VERSION} if isinstance(told, tus.OtherVersion) else {}
    if error.retry_after_seconds is not None:
        headers["Retry-After"] = str(error.retry_after_seconds)
    # What was sent and not read would be taken for the next request.
    headers["Connection"] = "close"
    return _answer(told.status, headers, said=told.details or told.message)


def _answer(status: int, headers: dict[str, str], *, said: str = "") -> Response:
    kind = "text/plain" if said else None
    return Response(said, status, headers={"Tus-Resumable": tus.VERSION, **headers}, media_type=kind)


def _location(request: Request, upload_id: UUID) -> str:
    # Absolute only where the operator said what the site is called: a request says of its Host what it likes.
    return f"{_settings_of(request).site_url.rstrip('/')}{request.url.path.rstrip('/')}/{upload_id}"


def _settings_of(request: Request) -> Settings:
    return cast(Settings, request.app.state.settings)
