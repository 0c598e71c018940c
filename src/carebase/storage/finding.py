"""Finds objects for whoever asks, and has it on record that they were found: nothing of them leaves before.

In charge of the way from an address to a row, under the caller's policies, and of what is written down about it. What
is in a public bucket belongs to everybody and is not written down.
"""

from __future__ import annotations

from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Final
from uuid import UUID

from carebase.audit import log
from carebase.database import queries
from carebase.database.session import Session
from carebase.storage import object_names, refused

SQL = queries.beside(__file__)

OBJECTS: Final = "storage.objects"
OF_PATIENTS: Final = frozenset({"labdocs", "medical-files", "patient-documents"})
"""The buckets whose files are of one patient each, by their names."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Found:
    """An object that its reader may have; its bytes lie under `key`. `etag` has its quotes."""

    id: UUID
    bucket: str
    name: str
    key: UUID
    size: int
    media_type: str
    sha256: str
    etag: str
    cache_control: str | None
    """What its uploader said of keeping it."""
    modified_at: datetime
    is_public: bool

    @property
    def is_of_patients(self) -> bool:
        """Whether the bucket is one of those for patients' files, and nobody made it public."""
        return self.bucket in OF_PATIENTS and not self.is_public


@dataclass(frozen=True, slots=True)
class _Name:
    name: str
    is_public: bool


async def for_reader(
    session: Session, *, bucket: str, name: str, action: str, details: Mapping[str, object] | None = None
) -> Found:
    """The object, noted as read; NoSuchKey when it does not exist for this reader, which is noted of persons."""
    object_names.check(bucket, name)
    found = await session.maybe(SQL["for_reader"], Found, bucket=bucket, name=name)
    if found is None:
        if session.identity is not None and session.identity.user_id is not None:
            note(session, bucket, (), action=action, details={"asked": f"{bucket}/{name}", **(details or {})})
        raise refused.NoSuchKey
    if not found.is_public:
        note(session, bucket, [name], action=action, details=details)
    return found


async def for_everybody(session: Session, *, bucket: str, name: str) -> Found:
    """The object of a public bucket; NoSuchKey when there is none, or the bucket is not public any more."""
    object_names.check(bucket, name)
    found = await session.maybe(SQL["for_everybody"], Found, bucket=bucket, name=name)
    if found is None:
        raise refused.NoSuchKey
    return found


async def names_for_reader(
    session: Session, *, bucket: str, names: Sequence[str], action: str, details: Mapping[str, object] | None = None
) -> Collection[str]:
    """Those of the names that are objects for the caller, all of them noted in one entry."""
    asked = [name for name in dict.fromkeys(names) if object_names.is_object(name)]
    if not object_names.is_bucket(bucket):
        raise refused.InvalidBucketName
    rows = await session.all(SQL["names_for_reader"], _Name, bucket=bucket, names=asked)
    private = [row.name for row in rows if not row.is_public]
    if private or (not rows and session.identity is not None and session.identity.user_id is not None):
        note(session, bucket, sorted(private), action=action, details=details)
    return {row.name for row in rows}


def note(
    session: Session, bucket: str, names: Sequence[str], *, action: str, details: Mapping[str, object] | None
) -> None:
    """Note on the session what was done with objects, and so whose they are; without names, that none was found."""
    keys = [f"{bucket}/{name}" for name in names]
    log.saw(session, OBJECTS, keys, action=action, leads={"object": keys} if keys else None, details=details)
