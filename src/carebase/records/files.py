"""The files of a case: rows here, bytes in storage, both decided by the same policies."""

from __future__ import annotations

import uuid
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any, Final, Literal, NewType

from carebase import errors
from carebase.audit import log
from carebase.database import queries
from carebase.database.session import Session
from carebase.documents.text import Kind
from carebase.records.cases import Case, CaseId
from carebase.storage import names
from carebase.storage.objects import Received, Store

SQL = queries.beside(__file__)

FileId = NewType("FileId", str)
Category = Literal["lab", "radiology"]

BUCKET: Final = "labdocs"
LARGEST_FILE_BYTES: Final = 25 * 1024 * 1024
MOST_FILES: Final = 20
EXTENSIONS: Final[Mapping[Kind, str]] = {
    Kind.PDF: ".pdf",
    Kind.JPEG: ".jpg",
    Kind.PNG: ".png",
    Kind.DICOM: ".dcm",
    Kind.TEXT: ".txt",
    Kind.CSV: ".csv",
}


@dataclass(frozen=True, slots=True)
class CaseFile:
    """One file, as stored. `file_name` is the name as given: data, never a path."""

    file_id: FileId
    case_id: CaseId
    file_name: str
    file_type: str
    file_size: int
    file_url: str
    file_category: str
    object_name: str
    sha256: str
    page_count: int | None
    ai_summary: Any
    is_confirmed: bool
    upload_date: datetime


@dataclass(frozen=True, slots=True, kw_only=True)
class NewFile:
    """A file whose bytes have arrived and whose kind was told by its content."""

    name: str
    category: Category
    kind: Kind
    received: Received


class TooManyFiles(errors.CareError):
    """A case holds a limited number of files."""

    code, status, message = "too_many_files", 413, f"A case holds at most {MOST_FILES} files."


async def add(
    session: Session, store: Store, *, case: Case, new: Sequence[NewFile], request_id: str | None = None
) -> list[CaseFile]:
    """Keep files with their case, in the caller's transaction. TooManyFiles over the limit of a case."""
    here = await session.all(SQL["files_of_case"], CaseFile, case_id=case.case_id)
    if len(here) + len(new) > MOST_FILES:
        raise TooManyFiles(hint=f"{len(here)} are there, {len(new)} came.")
    added = []
    for file in new:
        file_id = FileId(str(uuid.uuid4()))
        object_name = f"{case.doctor_id}/{case.case_id}/{file_id}{EXTENSIONS[file.kind]}"
        await store.keep(session, file.received, bucket=BUCKET, name=object_name, media_type=file.kind.value)
        added.append(
            await session.one(
                SQL["add_file"],
                CaseFile,
                file_id=file_id,
                case_id=case.case_id,
                file_name=names.display(file.name),
                file_type=file.kind.value,
                file_size=file.received.size,
                file_url=f"/api/cases/{case.case_id}/files/{file_id}",
                file_category=file.category,
                object_name=object_name,
                sha256=file.received.sha256,
            )
        )
    if added:
        await log.record(session, "add", "case_files", keys=[file.file_id for file in added], request_id=request_id)
    return added


async def of_case(session: Session, case_id: CaseId) -> tuple[CaseFile, ...]:
    """The files of a case, in the order they came."""
    found = await session.all(SQL["files_of_case"], CaseFile, case_id=case_id)
    log.saw(session, "case_files", [file.file_id for file in found])
    return tuple(found)


async def read(session: Session, case_id: CaseId, file_id: FileId) -> CaseFile:
    """One file of a case, or NotFound when it does not exist for this reader."""
    log.saw(session, "case_files", [file_id])
    return await session.one(SQL["file_by_id"], CaseFile, case_id=case_id, file_id=file_id)


async def confirm(session: Session, case_id: CaseId, file_id: FileId, *, request_id: str | None = None) -> None:
    """The caller answers the wrong-patient warning: this file is of this patient. Starts a new analysis."""
    if await session.run(SQL["confirm_file"], case_id=case_id, file_id=file_id) == 0:
        raise errors.NotFound
    await log.record(session, "confirm_identity", "case_files", keys=[file_id], request_id=request_id)


async def added_recently(session: Session) -> int:
    """How many files the caller added in the last hour."""
    return int(await session.value(SQL["count_recent"]))
