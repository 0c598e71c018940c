"""A stored file as an answer: whole or one range, never opened by a browser in our origin."""

from __future__ import annotations

from starlette.requests import Request
from starlette.responses import Response, StreamingResponse

from carebase.records.files import CaseFile
from carebase.storage import names, ranges
from carebase.storage.objects import Store, StoredObject


def response(request: Request, *, store: Store, stored: StoredObject, file: CaseFile) -> Response:
    """200, 206 or 304 with the file's bytes; RangeNotSatisfiable (416) when the range holds none of them."""
    headers = {
        "ETag": stored.etag,
        "Accept-Ranges": "bytes",
        "Content-Disposition": names.content_disposition(file.file_name, inline=False),
        # Uploaded bytes are never a page of ours.
        "Content-Security-Policy": "sandbox; default-src 'none'",
        "Cache-Control": "no-store",
    }
    if request.headers.get("if-none-match") == stored.etag:
        return Response(status_code=304, headers=headers)
    wanted = request.headers.get("range")
    if "if-range" in request.headers and not ranges.still_holds(request.headers["if-range"], etag=stored.etag):
        wanted = None
    part = ranges.read(wanted, size=stored.size)
    start, end = (part.start, part.end) if part else (0, stored.size)
    headers["Content-Length"] = str(end - start)
    if part:
        headers["Content-Range"] = part.content_range(size=stored.size)
    if request.method == "HEAD":
        return Response(status_code=206 if part else 200, headers=headers, media_type=file.file_type)
    return StreamingResponse(
        store.stream(stored, start=start, end=end),
        status_code=206 if part else 200,
        headers=headers,
        media_type=file.file_type,
    )
