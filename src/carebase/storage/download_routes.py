"""Routes of downloads as whoever asks: `/object/{bucket}/…`, and `/object/authenticated/…`, which is the same."""

from __future__ import annotations

from fastapi import APIRouter, Request, Response

from carebase.storage import handing_out, protocol

router = APIRouter(route_class=protocol.StorageRoute)


# The last is added first, and an address is for the first that it fits.
@router.get("/object/{bucket}/{name:path}", response_class=Response)
@router.head("/object/{bucket}/{name:path}", include_in_schema=False)
@router.get("/object/authenticated/{bucket}/{name:path}", response_class=Response)
@router.head("/object/authenticated/{bucket}/{name:path}", include_in_schema=False)
async def download(request: Request, bucket: str, name: str) -> Response:
    """The object's bytes; one `Range` is honoured, `?download=<name>` has it saved under that name."""
    return await handing_out.hand_out(request, protocol.caller_of(request), bucket=bucket, name=name)
