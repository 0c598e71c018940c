"""Routes of signed links to objects: made under `/object/sign` by whoever may, used there by whoever has one."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any, Final

from fastapi import APIRouter, Depends, Request, Response

from carebase.storage import finding, handing_out, links, object_names, open_protocol, protocol, refused, transforming
from carebase.storage.callers import Caller
from carebase.storage.links import LinkRefused, Scope

MOST_PATHS: Final = 1_000
SIGN: Final = "sign"
NOT_THERE: Final = "Either the object does not exist or you do not have access to it"


def _takes(**properties: dict[str, Any]) -> dict[str, Any]:
    """The body of a route that makes links, for the API's description."""
    schema = {"type": "object", "properties": properties, "required": ["expiresIn"]}
    return {"requestBody": {"required": True, "content": {"application/json": {"schema": schema}}}}


router = APIRouter(route_class=protocol.StorageRoute, dependencies=[Depends(protocol.refuse_nobody)])
open_router = APIRouter(route_class=open_protocol.OpenRoute)


@router.post(
    "/object/sign/{bucket}/{name:path}",
    openapi_extra=_takes(expiresIn={"type": "integer"}, transform={"type": "object"}),
)
async def make_link(request: Request, bucket: str, name: str) -> Response:
    """A link for `expiresIn` seconds, of a picture with `transform`: whoever has it downloads as its maker."""
    given = await protocol.body(request)
    wanted = transforming.of_body(given.get("transform")).text
    life, caller = _life(given), protocol.caller_of(request)
    async with caller.begin(read_only=True) as session:
        await finding.for_reader(
            session, bucket=bucket, name=name, action=SIGN, details={"seconds": life, "picture": wanted}
        )
    sign = _signing(request, caller, bucket=bucket, life=life, transformations=wanted)
    return protocol.answer({"signedURL": sign(name)})


@router.post("/object/sign/{bucket}", openapi_extra=_takes(expiresIn={"type": "integer"}, paths={"type": "array"}))
async def make_links(request: Request, bucket: str) -> Response:
    """The same for several objects of a bucket at once; of one that is not there, the answer says so."""
    given = await protocol.body(request)
    life, paths, caller = _life(given), _paths(given), protocol.caller_of(request)
    async with caller.begin(read_only=True) as session:
        found = await finding.names_for_reader(
            session, bucket=bucket, names=paths, action=SIGN, details={"seconds": life}
        )
    sign = _signing(request, caller, bucket=bucket, life=life)
    return protocol.answer(
        [
            {
                "error": None if path in found else NOT_THERE,
                "path": path,
                "signedURL": sign(path) if path in found else None,
            }
            for path in paths
        ]
    )


@open_router.get("/object/sign/{bucket}/{name:path}", response_class=Response)
@open_router.head("/object/sign/{bucket}/{name:path}", include_in_schema=False)
async def download(request: Request, bucket: str, name: str) -> Response:
    """The object of a link, as its maker sees it at this moment."""
    link = open_protocol.link_of(request, scope=Scope.DOWNLOAD, bucket=bucket, name=name)
    if link.transformations:
        # Whoever was given a small picture was not given the large one.
        raise LinkRefused
    maker = open_protocol.maker(request, link)
    return await handing_out.hand_out(request, maker, bucket=bucket, name=name, is_by_link=True)


def _signing(
    request: Request, caller: Caller, *, bucket: str, life: int, transformations: str = ""
) -> Callable[[str], str]:
    """Gives the address of a link to an object of the bucket, by its name."""
    scope, signer = Scope.DOWNLOAD, open_protocol.links_of(request)

    def sign(name: str) -> str:
        token = signer.sign(
            scope, bucket=bucket, name=name, maker=caller.identity, life_seconds=life, transformations=transformations
        )
        return links.address(token, scope=scope, bucket=bucket, name=name, transformations=transformations)

    return sign


def _life(given: dict[str, Any]) -> int:
    life = given.get("expiresIn")
    # Some clients send a text.
    if isinstance(life, str) and life.isdecimal() and len(life) <= 12:
        life = int(life)
    if isinstance(life, bool) or not isinstance(life, int):
        raise refused.InvalidRequest(details="body/expiresIn must be integer")
    if not 1 <= life <= links.LONGEST_LIFE_SECONDS:
        raise refused.InvalidRequest(details="body/expiresIn must be >= 1 and at most ten years")
    return life


def _paths(given: dict[str, Any]) -> list[str]:
    paths = given.get("paths")
    if not isinstance(paths, list) or not 1 <= len(paths) <= MOST_PATHS:
        raise refused.InvalidRequest(details=f"body/paths must be 1 to {MOST_PATHS} names")
    if not all(isinstance(path, str) and len(path) <= object_names.LONGEST_OBJECT_NAME for path in paths):
        raise refused.InvalidRequest(details="body/paths must be names of objects")
    return paths
