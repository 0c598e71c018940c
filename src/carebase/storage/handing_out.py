"""Hands an object out: found for its reader and on record first, then answered with."""

from __future__ import annotations

from fastapi import Request, Response

from carebase.storage import downloading, finding, protocol
from carebase.storage.callers import Caller
from carebase.storage.finding import Found

DOWNLOAD = "download"
LOOK = "info"
BY_LINK = {"by": "link"}


async def hand_out(request: Request, caller: Caller, *, bucket: str, name: str, is_by_link: bool = False) -> Response:
    """The object's bytes, or its headers alone; NoSuchKey when the caller has no such object."""
    action = LOOK if request.method == "HEAD" else DOWNLOAD
    async with caller.begin(read_only=True) as session:
        found = await finding.for_reader(
            session, bucket=bucket, name=name, action=action, details=BY_LINK if is_by_link else None
        )
    return await answer(request, found)


async def hand_out_public(request: Request, caller: Caller, *, bucket: str, name: str) -> Response:
    """The same of a bucket that is public at this moment."""
    async with caller.begin(read_only=True) as session:
        found = await finding.for_everybody(session, bucket=bucket, name=name)
    return await answer(request, found)


def saving(request: Request, media_type: str, *, name: str) -> dict[str, str]:
    """The header by which a browser saves the file instead of showing it, where it was asked for or has to be."""
    said = downloading.disposition(media_type, name=name, download=request.query_params.get("download"))
    return {} if said is None else {"Content-Disposition": said}


def keeping(found: Found) -> str:
    """How long the answer may be kept, and by whom."""
    return downloading.cache_control(
        found.cache_control, is_public=found.is_public, is_of_patients=found.is_of_patients
    )


async def answer(request: Request, found: Found) -> Response:
    """The bytes of an object that was found for its reader."""
    return await downloading.answer(
        request,
        store=protocol.store_of(request),
        stored=found,
        media_type=found.media_type,
        etag=found.etag,
        modified_at=found.modified_at,
        cache=keeping(found),
        also=saving(request, found.media_type, name=found.name),
    )
