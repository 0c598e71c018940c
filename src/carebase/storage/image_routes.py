"""Routes of pictures shown otherwise than they are: `/render/image`."""

from __future__ import annotations

import hashlib
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from typing import Final

from fastapi import APIRouter, Request, Response

from carebase.documents import reading
from carebase.documents.reading import Reader
from carebase.documents.unreadable import Reason, UnreadableFile
from carebase.storage import (
    content_types,
    downloading,
    finding,
    handing_out,
    open_protocol,
    protocol,
    refused,
    transforming,
)
from carebase.storage.finding import Found
from carebase.storage.links import Scope
from carebase.storage.transforming import NotAPicture, Transformation

DRAWING: Final = "image/svg+xml"
MOST_WAITING: Final = 32
"""Pictures asked for at once; each is work of a tenth of a second to some seconds, two are made at a time."""

router = APIRouter(route_class=protocol.StorageRoute)
open_router = APIRouter(route_class=open_protocol.OpenRoute)


class PictureTooLarge(refused.StorageError):
    """The picture has too many dots or bytes to be shown otherwise than it is, or takes too long."""

    code, status, message = "InvalidRequest", 400, "The source image resolution is too large to process"


@router.get("/render/image/authenticated/{bucket}/{name:path}", response_class=Response)
async def show(request: Request, bucket: str, name: str) -> Response:
    """The picture with `width`, `height` (1 to 2500), `resize`, `quality` (20 to 100) and `format`."""
    wanted = transforming.of_query(request.query_params)
    async with protocol.caller_of(request).begin(read_only=True) as session:
        found = await finding.for_reader(
            session, bucket=bucket, name=name, action=handing_out.DOWNLOAD, details={"picture": wanted.text}
        )
    return await _shown(request, found, wanted)


@open_router.get("/render/image/public/{bucket}/{name:path}", response_class=Response)
async def show_public(request: Request, bucket: str, name: str) -> Response:
    """The same of a public bucket."""
    wanted = transforming.of_query(request.query_params)
    async with open_protocol.everybody(request).begin(read_only=True) as session:
        found = await finding.for_everybody(session, bucket=bucket, name=name)
    return await _shown(request, found, wanted)


@open_router.get("/render/image/sign/{bucket}/{name:path}", response_class=Response)
async def show_signed(request: Request, bucket: str, name: str) -> Response:
    """The same for whoever has a link to it, which says how it is shown."""
    link = open_protocol.link_of(request, scope=Scope.DOWNLOAD, bucket=bucket, name=name)
    wanted = transforming.of_text(link.transformations)
    details = {**handing_out.BY_LINK, "picture": wanted.text}
    async with open_protocol.maker(request, link).begin(read_only=True) as session:
        found = await finding.for_reader(
            session, bucket=bucket, name=name, action=handing_out.DOWNLOAD, details=details
        )
    return await _shown(request, found, wanted)


async def _shown(request: Request, found: Found, wanted: Transformation) -> Response:
    if content_types.bare(found.media_type) == DRAWING:
        # It fits any size as it is, and nothing here draws it: it may hold a program.
        return await handing_out.answer(request, found)
    picture = wanted.picture(found.media_type, accept=request.headers.get("accept", ""))
    if found.size > reading.PICTURE_LIMITS.file_bytes:
        raise PictureTooLarge(details="The source image file is too large to process")
    # Another picture of the same bytes is another thing to keep.
    etag = f'"{hashlib.sha256(f"{found.etag} {picture}".encode()).hexdigest()[:32]}"'
    media_type = picture.target.media_type
    headers = downloading.headers_of(
        media_type, etag=etag, modified_at=found.modified_at, cache=handing_out.keeping(found)
    )
    headers |= {"Vary": "Accept", **handing_out.saving(request, media_type, name=found.name)}
    if wanted.told:
        headers["X-Transformations"] = wanted.told
    if downloading.not_modified(request, etag=etag, modified_at=found.modified_at):
        return Response(status_code=304, headers=headers)
    reader: Reader = request.app.state.reader
    try:
        async with _turn(request), protocol.store_of(request).plain_file(found) as path:
            made = await reader.reshape(path, picture)
    except UnreadableFile as error:
        raise _refusal(error) from error
    return Response(made, headers=headers)


@asynccontextmanager
async def _turn(request: Request) -> AsyncIterator[None]:
    state = request.app.state
    state.pictures_waiting = getattr(state, "pictures_waiting", 0) + 1
    try:
        if state.pictures_waiting > MOST_WAITING:
            raise refused.SlowDown
        yield
    finally:
        state.pictures_waiting -= 1


def _refusal(error: UnreadableFile) -> refused.StorageError:
    is_much = error.reason in {Reason.TOO_LARGE, Reason.TIMED_OUT}
    return PictureTooLarge() if is_much else NotAPicture()
