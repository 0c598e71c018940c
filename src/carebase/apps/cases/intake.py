"""Takes a form with files in: fields checked, bytes stored under fresh keys, kinds told by content.

Nothing here is part of the case yet; `routes` makes it so in one transaction, or discards it.
"""

from __future__ import annotations

import hashlib
import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any, Final, TypeVar
from uuid import UUID

from pydantic import BaseModel, ValidationError
from starlette.requests import Request

from carebase import errors
from carebase.auth import requests
from carebase.database.identity import Identity
from carebase.documents import kinds
from carebase.records import files
from carebase.records.files import LARGEST_FILE_BYTES, MOST_FILES, Category, NewFile, TooManyFiles
from carebase.storage.multipart import Form, Part
from carebase.storage.objects import Store

Body = TypeVar("Body", bound=BaseModel)

LARGEST_BODY_BYTES: Final = MOST_FILES * LARGEST_FILE_BYTES + 1024 * 1024
MOST_FIELDS: Final = 32
FILE_FIELDS: Final[Mapping[str, Category]] = {"lab_files": "lab", "radiology_files": "radiology"}


@dataclass(slots=True)
class Arrived:
    """What came: plain fields and files whose bytes are stored."""

    fields: dict[str, str] = field(default_factory=dict)
    files: list[NewFile] = field(default_factory=list)

    @property
    def sha256(self) -> str:
        """A hash over all of it, the same for the same request sent again."""
        files = [(file.name, file.category, file.received.sha256) for file in self.files]
        return hashlib.sha256(json.dumps([self.fields, files], sort_keys=True).encode()).hexdigest()

    async def discard(self, store: Store) -> None:
        """Remove the bytes; nothing will refer to them."""
        for file in self.files:
            await store.discard(file.received)


async def take(request: Request, store: Store, *, identity: Identity) -> Arrived:
    """Read the whole form. Whatever was stored is discarded again when a part is refused."""
    arrived = Arrived()
    if request.headers.get("content-type", "").startswith("application/x-www-form-urlencoded"):
        for name, value in (await request.form(max_fields=MOST_FIELDS)).multi_items():
            _take_field(arrived, name, str(value))
        return arrived
    try:
        async for part in Form(request, largest_body_bytes=LARGEST_BODY_BYTES).parts():
            if part.name in FILE_FIELDS:
                await _take_file(request, arrived, part, store=store, identity=identity)
            elif part.filename is not None:
                raise errors.Invalid(details=f"The field {part.name[:40]} takes no file.")
            else:
                _take_field(arrived, part.name, await part.text())
    except BaseException:
        await arrived.discard(store)
        raise
    return arrived


def _take_field(arrived: Arrived, name: str, value: str) -> None:
    if name in arrived.fields:
        raise errors.Invalid(details=f"The field {name[:40]} came twice.")
    if value := value.strip():
        arrived.fields[name] = value


async def _take_file(request: Request, arrived: Arrived, part: Part, *, store: Store, identity: Identity) -> None:
    if not part.filename:
        # A browser sends an unused file input as a part with an empty name.
        async for chunk in part.chunks():
            if chunk:
                raise errors.Invalid(details="A file came without a name.")
        return
    if len(arrived.files) >= MOST_FILES:
        raise TooManyFiles
    key = await _begin_upload(request, store, identity=identity)
    received = await store.receive(part.chunks(), identity=identity, limit_bytes=LARGEST_FILE_BYTES, key=key)
    try:
        kind = kinds.tell(received.head, part.filename)
    except errors.CareError:
        await store.discard(received)
        raise
    arrived.files.append(NewFile(name=part.filename, category=FILE_FIELDS[part.name], kind=kind, received=received))


async def _begin_upload(request: Request, store: Store, *, identity: Identity) -> UUID:
    """The key of an upload; TooMany when the person has added as many files as an hour allows."""
    most = request.app.state.settings.uploads_per_hour
    async with requests.open_session(request, identity) as session:
        async with session.together() as ask:
            recent = files.added_recently_with(ask)
            key = store.begin(ask)
        if recent.brought >= most:
            raise errors.TooMany(hint=f"At most {most} files an hour.", retry_after_seconds=600)
    return key.brought


def checked(shape: type[Body], values: Mapping[str, Any]) -> Body:
    """The values in the shape; Invalid naming the fields, never repeating what was sent."""
    try:
        return shape.model_validate(values)
    except ValidationError as error:
        raise errors.Invalid(details=fields_at_fault(error.errors())) from None


def fields_at_fault(found: Sequence[Mapping[str, Any]]) -> str:
    """The fields that were refused (pydantic's `errors()`), each with the reason, without their values.

    >>> fields_at_fault([{"loc": ("body", "patient_age"), "msg": "Input should be a valid integer", "input": "abc"}])
    'patient_age: Input should be a valid integer'
    """
    faults = []
    for fault in found:
        place = ".".join(str(part) for part in fault["loc"] if part not in {"body", "query", "path", "header"})
        faults.append(f"{place}: {fault['msg']}" if place else str(fault["msg"]))
    return "; ".join(faults)
