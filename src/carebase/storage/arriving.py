"""Reads an upload as it arrives, by form or as it is: what is said of it first, then its bytes as they come.

In charge of the two shapes in which clients send a file. Nothing of it is held: a form's fields are small and come
before the file, what comes after it is left.
"""

from __future__ import annotations

import base64
import re
from collections.abc import AsyncIterator
from dataclasses import dataclass, field
from typing import Any, Final

import orjson
from fastapi import Request
from starlette.requests import ClientDisconnect

from carebase.storage import refused, uploading
from carebase.storage.multipart import Form
from carebase.storage.uploading import Wanted

AROUND_A_FILE_BYTES: Final = 1 << 20
"""What a form holds beside its file at most."""
MAX_AGE: Final = re.compile(r"[A-Za-z0-9 ,=-]{1,100}", re.ASCII)


@dataclass(frozen=True, slots=True)
class Arriving:
    """An upload that has begun to arrive."""

    wanted: Wanted
    content: AsyncIterator[bytes] = field(repr=False)


async def read(request: Request, *, bucket: str, name: str, is_upsert: bool, largest_bytes: int) -> Arriving:
    """What is said of an upload, and its bytes still to come. InvalidRequest when it holds no file."""
    if request.headers.get("content-type", "").startswith("multipart/form-data"):
        return await _form(request, bucket=bucket, name=name, is_upsert=is_upsert, largest_bytes=largest_bytes)
    length = request.headers.get("content-length", "")
    wanted = Wanted(
        bucket=bucket,
        name=name,
        declared_type=request.headers.get("content-type"),
        cache_control=request.headers.get("cache-control") or uploading.NO_CACHE,
        user_metadata=metadata_of_header(request.headers.get("x-metadata")),
        is_upsert=is_upsert,
        declared_bytes=int(length) if length.isascii() and length.isdecimal() and len(length) < 20 else None,
    )
    return Arriving(wanted, _whole(request.stream()))


def metadata_of_header(said: str | None) -> dict[str, Any]:
    """What the header x-metadata says (JSON in base64); nothing where it cannot be read, as the real server has it."""
    if said is None:
        return {}
    try:
        return metadata(base64.b64decode(said, validate=False).decode())
    except ValueError:
        return {}


def metadata(said: str) -> dict[str, Any]:
    """An object in JSON; nothing where it is none.

    >>> metadata('{"ward": "4B"}'), metadata("4B"), metadata("[]")
    ({'ward': '4B'}, {}, {})
    """
    try:
        parsed = orjson.loads(said)
    except orjson.JSONDecodeError:
        return {}
    return parsed if isinstance(parsed, dict) else {}


async def _form(request: Request, *, bucket: str, name: str, is_upsert: bool, largest_bytes: int) -> Arriving:
    form = Form(request, largest_body_bytes=largest_bytes + AROUND_A_FILE_BYTES)
    said: dict[str, str] = {}
    try:
        async for part in form.parts():
            if part.filename is None:
                said[part.name] = await part.text()
                continue
            wanted = Wanted(
                bucket=bucket,
                name=name,
                declared_type=said.get("contentType") or part.media_type,
                cache_control=_max_age(said.get("cacheControl")),
                user_metadata=metadata(said.get("metadata") or said.get("userMetadata") or ""),
                is_upsert=is_upsert,
            )
            return Arriving(wanted, _whole(part.chunks()))
    except ClientDisconnect as gone:
        raise _broken_off() from gone
    raise refused.InvalidRequest(details="No content provided")


def _max_age(said: str | None) -> str:
    return f"max-age={said}" if said and MAX_AGE.fullmatch(said) else uploading.NO_CACHE


async def _whole(chunks: AsyncIterator[bytes]) -> AsyncIterator[bytes]:
    try:
        async for chunk in chunks:
            yield chunk
    except ClientDisconnect as gone:
        raise _broken_off() from gone


def _broken_off() -> refused.InvalidRequest:
    return refused.InvalidRequest(details="The request ended before its body did.")
