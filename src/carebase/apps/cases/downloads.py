"""A file of a case as an answer."""

from __future__ import annotations

from starlette.requests import Request
from starlette.responses import Response

from carebase.records.files import CaseFile
from carebase.storage import downloading, names
from carebase.storage.objects import Store, StoredObject


async def response(request: Request, *, store: Store, stored: StoredObject, file: CaseFile) -> Response:
    """200, 206 or 304 with the file's bytes; RangeNotSatisfiable (416) when the range holds none of them."""
    return await downloading.answer(
        request,
        store=store,
        stored=stored,
        media_type=file.file_type,
        etag=stored.etag,
        modified_at=stored.created_at,
        also={"Content-Disposition": names.content_disposition(file.file_name, inline=False)},
        # The request's transaction is open until the answer begins.
        reads_ahead=False,
    )
