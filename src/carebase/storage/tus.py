"""The words of TUS 1.0, by which uploads go on after they broke off: headers read and written, nothing else.

https://tus.io/protocols/resumable-upload
"""

from __future__ import annotations

import base64
import binascii
import json
import re
from collections.abc import Mapping
from typing import Any, Final
from uuid import UUID

from carebase.storage import freshness, refused
from carebase.storage.resuming import Upload
from carebase.storage.uploading import NO_CACHE, Wanted

VERSION: Final = "1.0.0"
EXTENSIONS: Final = "creation,creation-with-upload,expiration,termination"
BYTES_TYPE: Final = "application/offset+octet-stream"
LONGEST_METADATA: Final = 65_536
"""Characters of Upload-Metadata."""
NUMBER: Final = re.compile(r"[0-9]{1,18}", re.ASCII)
SECONDS: Final = re.compile(r"-?[0-9]{1,12}", re.ASCII)
NAME: Final = re.compile(r"[\x21-\x2b\x2d-\x7e]+")


class OtherVersion(refused.StorageError):
    """The client speaks no version of TUS that is known here."""

    code, status, message = "InvalidRequest", 412, "Tus-Resumable Required"


class NotBytes(refused.StorageError):
    """The body of a request that brings bytes is said to be something else."""

    code, status, message = "InvalidRequest", 415, "Content-Type must be application/offset+octet-stream"


class NoSuchUpload(refused.StorageError):
    """There is no upload under that address for this caller, or its time is over."""

    code, status, message = "NoSuchUpload", 404, "The file for this url was not found"


class OffsetMoved(refused.StorageError):
    """The bytes do not begin where the upload has come to."""

    code, status, message = "InvalidRequest", 409, "Upload-Offset conflict"


def check_version(headers: Mapping[str, str]) -> None:
    """OtherVersion unless the request says that it is of ours."""
    if headers.get("tus-resumable") != VERSION:
        raise OtherVersion


def brings_bytes(headers: Mapping[str, str]) -> bool:
    """Whether the body of a creation is the upload's beginning; NotBytes where it is something else."""
    said = headers.get("content-type")
    if said is None:
        return False
    if said.partition(";")[0].strip().lower() != BYTES_TYPE:
        raise NotBytes
    return True


def number(headers: Mapping[str, str], name: str) -> int:
    """A header that counts bytes; InvalidRequest where it is missing or no number.

    >>> number({"upload-offset": "70"}, "Upload-Offset")
    70
    """
    said = headers.get(name.lower(), "").strip()
    if not NUMBER.fullmatch(said):
        raise refused.InvalidRequest(details=f"{name} missing or invalid")
    return int(said)


def upload_id(written: str) -> UUID:
    """The upload an address names; NoSuchUpload where that is no name of ours."""
    try:
        found = UUID(written)
    except ValueError as error:
        raise NoSuchUpload from error
    # Other ways to write the same number would be other addresses of it.
    if str(found) != written:
        raise NoSuchUpload
    return found


def metadata(header: str | None) -> dict[str, str]:
    """What Upload-Metadata says, by name; InvalidRequest where it cannot be read.

    >>> metadata("bucketName bGFiZG9jcw==, isDraft")
    {'bucketName': 'labdocs', 'isDraft': ''}
    """
    found: dict[str, str] = {}
    for pair in (header or "").split(","):
        name, _, encoded = pair.strip().partition(" ")
        if not name and not encoded:
            continue
        try:
            value = base64.b64decode(encoded.strip(), validate=True).decode()
        except (binascii.Error, UnicodeDecodeError, ValueError) as error:
            raise _unreadable() from error
        if name in found or not NAME.fullmatch(name) or "\0" in value:
            raise _unreadable()
        found[name] = value
    return found


def claimed_place(token: str) -> str:
    """Bucket and name that a link says it leads to, before anybody knows whether it is one; empty without."""
    payload = token.split(".")[1:2] or [""]
    try:
        claims = json.loads(base64.urlsafe_b64decode(payload[0] + "=" * (-len(payload[0]) % 4)))
    except (ValueError, RecursionError):
        return ""
    return str(claims.get("url", "")) if isinstance(claims, dict) else ""


def wanted(headers: Mapping[str, str]) -> Wanted:
    """What a creation asks for, its length in `declared_bytes`; InvalidRequest where it cannot be understood."""
    if "upload-defer-length" in headers:
        raise refused.InvalidRequest(details="Upload-Defer-Length is not supported: Upload-Length missing")
    length = number(headers, "Upload-Length")
    header = headers.get("upload-metadata")
    if header is None or len(header) > LONGEST_METADATA:
        raise _unreadable()
    said = metadata(header)
    return Wanted(
        bucket=said.get("bucketName", ""),
        name=said.get("objectName", ""),
        declared_type=said.get("contentType") or None,
        cache_control=_cache_control(said.get("cacheControl", "")),
        user_metadata=_user_metadata(said.get("metadata", "")),
        is_upsert=headers.get("x-upsert", "").lower() == "true",
        declared_bytes=length,
    )


def told(upload: Upload) -> dict[str, str]:
    """Headers that tell where an upload is, for HEAD."""
    said = {
        "bucketName": upload.bucket,
        "objectName": upload.name,
        "contentType": upload.content_type or "",
        "cacheControl": upload.cache_control,
        "metadata": json.dumps(upload.user_metadata) if upload.user_metadata else "",
    }
    pairs = (f"{name} {base64.b64encode(value.encode()).decode()}" for name, value in said.items() if value)
    return {
        **moved(upload, offset=upload.received),
        "Upload-Length": str(upload.length),
        "Upload-Metadata": ",".join(pairs),
        "Cache-Control": "no-store",
    }


def moved(upload: Upload, *, offset: int) -> dict[str, str]:
    """Headers that tell how far an upload has come."""
    return {
        "Upload-Offset": str(offset),
        "Upload-Expires": freshness.http_date(upload.expires_at),
    }


def _cache_control(said: str) -> str:
    return f"max-age={said}" if SECONDS.fullmatch(said) else NO_CACHE


def _user_metadata(said: str) -> dict[str, Any]:
    if not said:
        return {}
    try:
        parsed = json.loads(said)
    except (ValueError, RecursionError) as error:
        raise _unreadable() from error
    if not isinstance(parsed, dict):
        raise _unreadable()
    return parsed


def _unreadable() -> refused.InvalidRequest:
    return refused.InvalidRequest(details="Invalid Upload-Metadata header")
