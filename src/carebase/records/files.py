"""The files of a case: rows here, bytes in storage, both decided by the same policies."""

from __future__ import annotations

import uuid
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any, Final, Literal, NewType
from uuid import UUID

from carebase import errors
from carebase.audit import log
from carebase.database import queries
from carebase.database.session import Coming, Session, Together
from carebase.documents.text import Kind
from carebase.records.cases import Case, CaseId
from carebase.storage import names
from carebase.storage.objects import Received, Store, StoredObject

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
    patient_id: UUID | None = None


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


@dataclass(frozen=True, slots=True)
class Adding:
    """Files on their way into a case: what their rows and their objects will be."""

    rows: tuple[Coming[CaseFile], ...]
    objects: tuple[Coming[StoredObject | None], ...]

    def added(self, store: Store) -> list[CaseFile]:
        """The files, once they were sent. Unavailable when an upload was swept meanwhile."""
        for stored in self.objects:
            store.kept(stored)
        return [row.brought for row in self.rows]


async def add(session: Session, store: Store, *, case: Case, new: Sequence[NewFile]) -> list[CaseFile]:
    """Keep files with a case that is there, in the caller's transaction. TooManyFiles over the limit of a case."""
    here = await session.all(SQL["files_of_case"], CaseFile, case_id=case.case_id)
    if len(here) + len(new) > MOST_FILES:
        raise TooManyFiles(hint=f"{len(here)} are there, {len(new)} came.")
    async with session.together() as ask:
        adding = add_with(ask, store, case_id=case.case_id, doctor_id=case.doctor_id, new=new)
    return adding.added(store)


def add_with(
    ask: Together,
    store: Store,
    *,
    case_id: CaseId,
    doctor_id: UUID,
    new: Sequence[NewFile],
) -> Adding:
    """Keep files with a case that has none, sent together with it; `Adding.added` has to be asked afterwards."""
    if len(new) > MOST_FILES:
        raise TooManyFiles(hint=f"{len(new)} came.")
    rows, objects = [], []
    for file in new:
        file_id = FileId(str(uuid.uuid4()))
        object_name = f"{doctor_id}/{case_id}/{file_id}{EXTENSIONS[file.kind]}"
        objects.append(store.keep_with(ask, file.received, bucket=BUCKET, name=object_name, media_type=file.kind.value))
        rows.append(
            ask.one(
                SQL["add_file"],
                CaseFile,
                file_id=file_id,
                case_id=case_id,
                file_name=names.display(file.name),
                file_type=file.kind.value,
                file_size=file.received.size,
                file_url=f"/api/cases/{case_id}/files/{file_id}",
                file_category=file.category,
                object_name=object_name,
                sha256=file.received.sha256,
            )
        )
    return Adding(tuple(rows), tuple(objects))


async def of_case(session: Session, case_id: CaseId) -> tuple[CaseFile, ...]:
    """The files of a case, in the order they came."""
    found = await session.all(SQL["files_of_case"], CaseFile, case_id=case_id)
    log.saw(
        session,
        "public.case_files",
        [file.file_id for file in found],
        patients=log.concerning(*(file.patient_id for file in found)),
    )
    return tuple(found)


async def read(session: Session, case_id: CaseId, file_id: FileId) -> CaseFile:
    """One file of a case, or NotFound when it does not exist for this reader."""
    concerned = log.saw(session, "public.case_files", [file_id])
    file = await session.one(SQL["file_by_id"], CaseFile, case_id=case_id, file_id=file_id)
    concerned += log.concerning(file.patient_id)
    return file


async def confirm(session: Session, case_id: CaseId, file_id: FileId) -> None:
    """The caller answers the wrong-patient warning: this file is of this patient. Starts a new analysis."""
    if await session.run(SQL["confirm_file"], case_id=case_id, file_id=file_id) == 0:
        raise errors.NotFound


def added_recently_with(ask: Together) -> Coming[int]:
    """How many files the caller added in the last hour."""
    return ask.value(SQL["count_recent"])
