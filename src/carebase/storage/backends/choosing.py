"""Which place the settings name for bytes, and where they may still lie."""

from __future__ import annotations

import re
from pathlib import Path
from typing import Final
from urllib.parse import urlsplit

from carebase.settings import BadSetting, Settings
from carebase.storage.backends import filesystem, s3
from carebase.storage.backends.backend import Backend
from carebase.storage.backends.moving import Moving

BESIDE_DATA: Final = "file"
FILE: Final = re.compile(r"file://(?P<path>/.+)")
BUCKET: Final = re.compile(r"s3://(?P<name>[a-z0-9][a-z0-9.-]{1,61}[a-z0-9])(?:/(?P<prefix>[A-Za-z0-9._/-]*))?")


def backend_of(settings: Settings) -> Backend:
    """The place for new bytes, made where it is missing, with the previous one behind it where there is one.

    Raises SetupError when the operator has to change something, Unavailable when the place cannot be used.
    """
    current = place(settings.storage or BESIDE_DATA, settings)
    if not settings.storage_previous:
        return current
    if settings.storage_previous == (settings.storage or BESIDE_DATA):
        raise BadSetting(details="CAREBASE_STORAGE_PREVIOUS is the same place as CAREBASE_STORAGE.")
    return Moving(current, previous=place(settings.storage_previous, settings))


def place(address: str, settings: Settings) -> Backend:
    """The place of an address, looked at once; BadSetting for what is none."""
    if address == BESIDE_DATA:
        return filesystem.Filesystem(settings.data / "objects")
    if match := FILE.fullmatch(address):
        return filesystem.Filesystem(Path(match["path"]))
    if match := BUCKET.fullmatch(address):
        bucket = s3.S3(_bucket(match["name"], (match["prefix"] or "").strip("/"), settings))
        bucket.check()
        return bucket
    raise BadSetting(
        details="CAREBASE_STORAGE is `file`, `file:///a/directory` or `s3://bucket/prefix`.",
        hint="Names of buckets have 3 to 63 small letters, digits, hyphens and dots.",
    )


def _bucket(name: str, prefix: str, settings: Settings) -> s3.Bucket:
    if not settings.s3_access_key or not settings.s3_secret_key:
        raise s3.BucketUnusable(
            details="There is no key for it.", hint="Set AWS_ACCESS_KEY_ID and AWS_SECRET_ACCESS_KEY."
        )
    if settings.s3_endpoint is not None:
        given = urlsplit(settings.s3_endpoint)
        if given.scheme not in {"http", "https"} or not given.hostname or given.username or given.query:
            raise BadSetting(details="CAREBASE_S3_ENDPOINT is an address such as https://s3.example.org.")
    return s3.Bucket(
        name=name,
        prefix=prefix,
        endpoint=settings.s3_endpoint,
        region=settings.s3_region,
        access_key=settings.s3_access_key,
        secret_key=settings.s3_secret_key,
    )
