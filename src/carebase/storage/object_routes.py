"""Routes of objects: `/object`."""

from __future__ import annotations

from typing import Any

from fastapi import APIRouter, Depends, Request, Response

from carebase.storage import arriving, describing, fields, listing, moving, object_names, protocol, removing, uploading
from carebase.storage.listing import Folder, Page
from carebase.storage.moving import Instead, Way
from carebase.storage.objects import StoredObject

router = APIRouter(route_class=protocol.StorageRoute, dependencies=[Depends(protocol.refuse_nobody)])


@router.post("/object/list/{bucket}", openapi_extra=protocol.takes("prefix"))
async def list_folder(request: Request, bucket: str) -> Response:
    """The objects and folders in a folder: `prefix`, `search`, `limit`, `offset`, `sortBy`. A folder's id is null."""
    asked = Folder.of(await protocol.body(request))
    async with protocol.caller_of(request).begin(read_only=True) as session:
        found = await listing.folder(session, bucket, asked)
    return protocol.answer(found)


@router.post("/object/list-v2/{bucket}", openapi_extra=protocol.takes())
async def list_page(request: Request, bucket: str) -> Response:
    """Objects and folders in pages: `prefix`, `with_delimiter`, `limit`, `cursor`, `sortBy`."""
    asked = Page.of(await protocol.body(request))
    async with protocol.caller_of(request).begin(read_only=True) as session:
        found = await listing.page(session, bucket, asked)
    return protocol.answer(found)


@router.post("/object/move", openapi_extra=protocol.takes("bucketId", "sourceKey", "destinationKey"))
async def move_object(request: Request) -> Response:
    """Give an object another name, in its bucket or in `destinationBucket`."""
    given, caller = await protocol.body(request), protocol.caller_of(request)
    way = _way(given)
    async with caller.begin() as session:
        moved = await moving.move(session, caller, way)
    return protocol.answer({"message": "Successfully moved", "Id": str(moved), "Key": way.to_name})


@router.post("/object/copy", openapi_extra=protocol.takes("bucketId", "sourceKey", "destinationKey"))
async def copy_object(request: Request) -> Response:
    """Store an object a second time under another name, in its bucket or in `destinationBucket`."""
    given, caller = await protocol.body(request), protocol.caller_of(request)
    stored = await moving.copy(
        protocol.store_of(request), caller, _way(given), is_upsert=_is_upsert(request), instead=_instead(request, given)
    )
    told = {"id": str(stored.id), "name": stored.name, "bucket_id": stored.bucket, "version": str(stored.key)}
    return protocol.answer({**_told(stored), **told, "created_at": fields.moment(stored.created_at)})


@router.get("/object/info/authenticated/{bucket}/{name:path}")
@router.get("/object/info/{bucket}/{name:path}")
async def describe_object(request: Request, bucket: str, name: str) -> Response:
    """What is known of an object, without its bytes."""
    async with protocol.caller_of(request).begin(read_only=True) as session:
        described = await describing.describe(session, bucket=bucket, name=name, action="info")
    return protocol.answer(described.json)


@router.delete("/object/{bucket}", openapi_extra=protocol.takes())
async def remove_objects(request: Request, bucket: str) -> Response:
    """Remove the objects called `prefixes`, those of them that the caller may; the answer tells which."""
    names = fields.texts(await protocol.body(request), "prefixes", most=removing.MOST_AT_ONCE)
    async with protocol.caller_of(request).begin() as session:
        removed = await removing.remove(session, bucket=bucket, names=names)
    return protocol.answer([row.json for row in removed])


@router.delete("/object/{bucket}/{name:path}")
async def remove_object(request: Request, bucket: str, name: str) -> Response:
    """Remove one object."""
    object_names.check(bucket, name)
    async with protocol.caller_of(request).begin() as session:
        await removing.remove_one(session, bucket=bucket, name=name)
    return protocol.answer({"message": "Successfully deleted"})


@router.post("/object/{bucket}/{name:path}")
async def upload_object(request: Request, bucket: str, name: str) -> Response:
    """Store an object: a form with a file, or the bytes themselves. `x-upsert: true` takes the place of another."""
    return await _upload(request, bucket=bucket, name=name, is_upsert=_is_upsert(request))


@router.put("/object/{bucket}/{name:path}")
async def replace_object(request: Request, bucket: str, name: str) -> Response:
    """The same in the place of the object of that name, where there is one."""
    return await _upload(request, bucket=bucket, name=name, is_upsert=True)


async def _upload(request: Request, *, bucket: str, name: str, is_upsert: bool) -> Response:
    caller = protocol.caller_of(request)
    came = await arriving.read(
        request, bucket=bucket, name=name, is_upsert=is_upsert, largest_bytes=caller.largest_bytes
    )
    stored = await uploading.upload(protocol.store_of(request), caller, came.wanted, content=came.content)
    return protocol.answer(_told(stored))


def _told(stored: StoredObject) -> dict[str, Any]:
    return {"Id": str(stored.id), "Key": f"{stored.bucket}/{stored.name}"}


def _is_upsert(request: Request) -> bool:
    return request.headers.get("x-upsert", "").lower() == "true"


def _way(given: dict[str, Any]) -> Way:
    bucket = fields.text(given, "bucketId")
    return Way(
        bucket=bucket,
        name=fields.text(given, "sourceKey"),
        to_bucket=fields.text(given, "destinationBucket", default=bucket) or bucket,
        to_name=fields.text(given, "destinationKey"),
    )


def _instead(request: Request, given: dict[str, Any]) -> Instead | None:
    if fields.flag(given, "copyMetadata", default=True):
        return None
    said = fields.mapping(given, "metadata")
    return Instead(
        cache_control=fields.optional_text(said, "cacheControl"),
        media_type=fields.optional_text(said, "mimetype"),
        user_metadata=arriving.metadata_of_header(request.headers.get("x-metadata")),
    )
