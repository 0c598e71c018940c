"""Routes of what lies in public buckets: `/object/public/…`, for everybody, as long as the bucket is public."""

from __future__ import annotations

from fastapi import APIRouter, Request, Response

from carebase.storage import handing_out, open_protocol

router = APIRouter(route_class=open_protocol.OpenRoute)


@router.get("/object/public/{bucket}/{name:path}", response_class=Response)
@router.head("/object/public/{bucket}/{name:path}", include_in_schema=False)
async def download(request: Request, bucket: str, name: str) -> Response:
    """The object's bytes; one `Range` is honoured, `?download=<name>` has it saved under that name."""
    caller = open_protocol.everybody(request)
    return await handing_out.hand_out_public(request, caller, bucket=bucket, name=name)
