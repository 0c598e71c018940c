"""Routes of buckets: `/bucket`."""

from __future__ import annotations

from typing import Any

from fastapi import APIRouter, Depends, Request, Response

from carebase.storage import buckets, fields, protocol, removing

router = APIRouter(route_class=protocol.StorageRoute, dependencies=[Depends(protocol.refuse_nobody)])


@router.get("/bucket")
@router.get("/bucket/", include_in_schema=False)
async def read_buckets(request: Request) -> Response:
    """The buckets that the caller may see: `limit`, `offset`, `sortColumn`, `sortOrder`, `search`."""
    asked: dict[str, Any] = dict(request.query_params)
    shown = buckets.Shown(
        search=fields.text(asked, "search", default=""),
        column=fields.choice(asked, "sortColumn", of=buckets.COLUMNS, default="name"),
        is_ascending=fields.choice(asked, "sortOrder", of=("asc", "desc"), default="asc") == "asc",
        limit=fields.number(asked, "limit", default=buckets.MOST_BUCKETS, least=1, most=buckets.MOST_BUCKETS),
        offset=fields.number(asked, "offset", default=0, least=0, most=1 << 31),
    )
    async with protocol.caller_of(request).begin(read_only=True) as session:
        found = await buckets.every(session, shown)
    return protocol.answer([{**bucket.json, "type": "STANDARD"} for bucket in found])


@router.post("/bucket", openapi_extra=protocol.takes("name"))
@router.post("/bucket/", include_in_schema=False)
async def create_bucket(request: Request) -> Response:
    """Make a bucket: `name`, `public`, `file_size_limit`, `allowed_mime_types`."""
    given, caller = await protocol.body(request), protocol.caller_of(request)
    async with caller.begin() as session:
        name = await buckets.create(session, given, largest_bytes=caller.largest_bytes)
    return protocol.answer({"name": name})


@router.get("/bucket/{bucket}")
async def read_bucket(request: Request, bucket: str) -> Response:
    """One bucket."""
    async with protocol.caller_of(request).begin(read_only=True) as session:
        found = await buckets.find(session, bucket)
    return protocol.answer(found.json)


@router.put("/bucket/{bucket}", openapi_extra=protocol.takes())
async def change_bucket(request: Request, bucket: str) -> Response:
    """Change `public`, `file_size_limit`, `allowed_mime_types`; what is not named stays."""
    given, caller = await protocol.body(request), protocol.caller_of(request)
    async with caller.begin() as session:
        await buckets.change(session, bucket, given, largest_bytes=caller.largest_bytes)
    return protocol.answer({"message": "Successfully updated"})


@router.post("/bucket/{bucket}/empty")
async def empty_bucket(request: Request, bucket: str) -> Response:
    """Remove all objects of a bucket that the caller may remove; it has been done when the answer is there."""
    await removing.empty(protocol.caller_of(request), bucket)
    # The protocol's own sentence: clients compare it.
    return protocol.answer({"message": "Empty bucket has been queued. Completion may take up to an hour."})


@router.delete("/bucket/{bucket}")
async def delete_bucket(request: Request, bucket: str) -> Response:
    """Remove an empty bucket."""
    async with protocol.caller_of(request).begin() as session:
        await buckets.delete(session, bucket)
    return protocol.answer({"message": "Successfully deleted"})
