"""A stored file as an answer: whole or one range, never opened as a page in our origin.

In charge of the headers of a file and of what a client kept of it. Who may have the file, and that this is on
record, is settled before.
"""

from __future__ import annotations

import re
from collections.abc import AsyncIterator, Mapping
from contextlib import aclosing
from datetime import datetime
from typing import Final

from starlette.requests import Request
from starlette.responses import Response, StreamingResponse

from carebase.storage import freshness, names, ranges
from carebase.storage.contents import Lying
from carebase.storage.objects import Store

NO_STORE: Final = "no-store"
AT_ONCE_BYTES: Final = 1 << 20
"""A part up to here is read before the answer begins, and so a damaged one is an error instead of a broken answer."""

# Types that a browser shows without running anything in them; whatever else there is or will be is saved, not opened.
SHOWN: Final = re.compile(
    r"(?:image/(?:png|jpeg|gif|webp|avif|bmp|tiff|heic)|audio/[\w.+-]+|video/[\w.+-]+|text/(?:plain|csv)|application/json)"
    r"(?:\s*;.*)?",
    re.ASCII | re.IGNORECASE,
)
CACHE_CONTROL: Final = re.compile(r"[A-Za-z0-9 ,=-]{1,100}", re.ASCII)


def is_shown(media_type: str) -> bool:
    """Whether a browser may show it where it stands.

    >>> is_shown("image/png"), is_shown("text/plain; charset=utf-8"), is_shown("image/svg+xml"), is_shown("text/html")
    (True, True, False, False)
    """
    return SHOWN.fullmatch(media_type) is not None


def disposition(media_type: str, *, name: str, download: str | None) -> str | None:
    """The header Content-Disposition: `download` asks for saving, under a name unless it is empty.

    >>> disposition("image/png", name="a/b.png", download=None) is None
    True
    >>> disposition("image/png", name="a/b.png", download="")
    'attachment; filename="b.png"'
    >>> disposition("image/png", name="a/b.png", download="c.png")
    "attachment; filename=c.png; filename*=UTF-8''c.png"
    >>> disposition("text/html", name="a/b.html", download=None)
    'attachment; filename="b.html"'
    """
    if download is None and is_shown(media_type):
        return None
    return names.attachment(download) if download else names.content_disposition(name, inline=False)


def cache_control(chosen: str | None, *, is_public: bool, is_of_patients: bool) -> str:
    """The header Cache-Control: what the uploader chose, but nothing of patients is ever kept, and private by one only.

    >>> cache_control("max-age=3600", is_public=True, is_of_patients=False)
    'max-age=3600'
    >>> cache_control("max-age=3600", is_public=False, is_of_patients=False)
    'private, max-age=3600'
    >>> cache_control("max-age=3600", is_public=False, is_of_patients=True)
    'no-store'
    """
    if is_of_patients:
        return NO_STORE
    said = chosen if chosen and CACHE_CONTROL.fullmatch(chosen) else "no-cache"
    if is_public:
        return said
    without = ", ".join(part for part in map(str.strip, said.split(",")) if part.lower() != "public")
    return f"private, {without}" if without else "private"


def headers_of(media_type: str, *, etag: str, modified_at: datetime, cache: str) -> dict[str, str]:
    """The headers of every answer with bytes that somebody uploaded."""
    return {
        "ETag": etag,
        "Last-Modified": freshness.http_date(modified_at),
        "Cache-Control": cache,
        "Content-Type": media_type,
        # Uploaded bytes are never a page of ours.
        "Content-Security-Policy": "sandbox; default-src 'none'",
        "X-Content-Type-Options": "nosniff",
        "X-Robots-Tag": "none",
    }


def not_modified(request: Request, *, etag: str, modified_at: datetime) -> bool:
    """Whether the client has this already."""
    return freshness.is_kept(
        if_none_match=request.headers.get("if-none-match"),
        if_modified_since=request.headers.get("if-modified-since"),
        etag=etag,
        modified_at=modified_at,
    )


async def answer(
    request: Request,
    *,
    store: Store,
    stored: Lying,
    media_type: str,
    etag: str,
    modified_at: datetime,
    cache: str = NO_STORE,
    also: Mapping[str, str] | None = None,
    reads_ahead: bool = True,
) -> Response:
    """200, 206 or 304 with the file's bytes, and the headers in `also`.

    With `reads_ahead` nothing of the caller may be held any more, since the bytes may come from far away.
    Raises RangeNotSatisfiable (416) when the range holds none of them, Damaged when they are not what was stored.
    """
    headers = headers_of(media_type, etag=etag, modified_at=modified_at, cache=cache)
    headers |= {"Accept-Ranges": "bytes", **(also or {})}
    if not_modified(request, etag=etag, modified_at=modified_at):
        return Response(status_code=304, headers=headers)
    wanted = request.headers.get("range")
    if not ranges.still_holds(request.headers.get("if-range"), etag=etag):
        wanted = None
    part = ranges.read(wanted, size=stored.size)
    start, end = (part.start, part.end) if part else (0, stored.size)
    headers["Content-Length"] = str(end - start)
    if part:
        headers["Content-Range"] = part.content_range(size=stored.size)
    status = 206 if part else 200
    if request.method == "HEAD":
        return Response(status_code=status, headers=headers)
    blocks = store.stream(stored, start=start, end=end)
    if not reads_ahead:
        return StreamingResponse(blocks, status, headers)
    if end - start <= AT_ONCE_BYTES:
        async with aclosing(blocks):
            content = b"".join([block async for block in blocks])
        return Response(content, status, headers)
    return StreamingResponse(_begun(await anext(blocks), blocks), status, headers)


async def _begun(first: bytes, blocks: AsyncIterator[bytes]) -> AsyncIterator[bytes]:
    yield first
    async for block in blocks:
        yield block
