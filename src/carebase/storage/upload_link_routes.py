"""Routes of signed uploads, `/object/upload/sign`: a link to store one object, for whoever its maker gives it to."""

from __future__ import annotations

from fastapi import APIRouter, Depends, Request, Response

from carebase.storage import arriving, finding, link_routes, links, open_protocol, protocol, uploading
from carebase.storage.links import Scope
from carebase.storage.uploading import Wanted

router = APIRouter(route_class=protocol.StorageRoute, dependencies=[Depends(protocol.refuse_nobody)])
open_router = APIRouter(route_class=open_protocol.OpenRoute)


@router.post("/object/upload/sign/{bucket}/{name:path}")
async def make_link(request: Request, bucket: str, name: str) -> Response:
    """A link for two hours, if the caller might store this object now; with `x-upsert: true` in place of another."""
    caller = protocol.caller_of(request)
    is_upsert = request.headers.get("x-upsert", "").lower() == "true"
    wanted = Wanted(bucket=bucket, name=name, is_upsert=is_upsert)
    async with caller.begin() as session:
        await uploading.try_out(session, caller, wanted)
        details = {"seconds": links.UPLOAD_LIFE_SECONDS, "for": Scope.UPLOAD.value}
        finding.note(session, bucket, [name], action=link_routes.SIGN, details=details)
    token = open_protocol.links_of(request).sign(
        Scope.UPLOAD,
        bucket=bucket,
        name=name,
        maker=caller.identity,
        life_seconds=links.UPLOAD_LIFE_SECONDS,
        upsert=is_upsert,
    )
    return protocol.answer({"url": links.address(token, scope=Scope.UPLOAD, bucket=bucket, name=name), "token": token})


@open_router.put("/object/upload/sign/{bucket}/{name:path}")
async def upload(request: Request, bucket: str, name: str) -> Response:
    """Store the object of a link, as its maker: row policies decide at this moment."""
    link = open_protocol.link_of(request, scope=Scope.UPLOAD, bucket=bucket, name=name)
    maker = open_protocol.maker(request, link)
    came = await arriving.read(
        request, bucket=bucket, name=name, is_upsert=link.upsert, largest_bytes=maker.largest_bytes
    )
    stored = await uploading.upload(protocol.store_of(request), maker, came.wanted, content=came.content)
    return protocol.answer({"Id": str(stored.id), "Key": came.wanted.key})
