"""Lists objects and folders, in the two ways that clients ask for.

In charge of what is asked for and of the page that comes next; which objects are among them is decided by row
policies. Lists of patients' files are on record with the names they tell.
"""

from __future__ import annotations

import base64
import binascii
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import datetime
from typing import Any, Final, Self
from uuid import UUID

import orjson

from carebase.audit import log
from carebase.database import queries
from carebase.database.session import Session
from carebase.storage import fields, finding, object_names, refused

SQL = queries.beside(__file__)

DEFAULT_LIMIT: Final = 100
MOST_ENTRIES: Final = 1000
LONGEST_CURSOR: Final = 4096
FOLDER_COLUMNS: Final = ("name", "updated_at", "created_at", "last_accessed_at")
PAGE_COLUMNS: Final = ("name", "updated_at", "created_at")
ORDERS: Final = ("asc", "desc")


@dataclass(frozen=True, slots=True)
class Entry:
    """An object, or a folder where `id` is None."""

    name: str
    id: UUID | None
    updated_at: datetime | None
    created_at: datetime | None
    last_accessed_at: datetime | None
    metadata: Mapping[str, Any] | None

    @property
    def json(self) -> dict[str, Any]:
        """In Storage's shape."""
        return {
            "name": self.name,
            "id": None if self.id is None else str(self.id),
            "updated_at": _moment(self.updated_at),
            "created_at": _moment(self.created_at),
            "last_accessed_at": _moment(self.last_accessed_at),
            "metadata": self.metadata,
        }


@dataclass(frozen=True, slots=True, kw_only=True)
class Folder:
    """What is asked of one folder."""

    folder: str
    """Empty, or with a slash at its end."""
    within: str
    """The part of it that names in the answer begin with."""
    search: str
    """What the rest of a name begins with."""
    column: str
    is_ascending: bool
    limit: int
    offset: int

    @classmethod
    def of(cls, given: Mapping[str, Any]) -> Self:
        """From the body of a request."""
        prefix = fields.text(given, "prefix", default="")
        if prefix and not prefix.endswith("/"):
            prefix += "/"
        # What is searched for may name folders as well.
        head, slash, search = fields.text(given, "search", default="").rpartition("/")
        column, is_ascending = _order(given, FOLDER_COLUMNS)
        return cls(
            folder=prefix + head + slash,
            within=head + slash,
            search=search,
            column=column,
            is_ascending=is_ascending,
            limit=fields.number(given, "limit", default=DEFAULT_LIMIT, least=1, most=MOST_ENTRIES),
            offset=fields.number(given, "offset", default=0, least=0, most=1 << 31),
        )


@dataclass(frozen=True, slots=True, kw_only=True)
class Page:
    """What is asked of a list that comes in pages."""

    prefix: str
    is_cut: bool
    """Whether names are cut at the next slash, so that folders are told instead of what is in them."""
    limit: int
    column: str
    is_ascending: bool
    after_name: str | None = None
    """The last name of the page before."""
    after_at: str = "-infinity"
    """Its time, where the list goes by one."""

    @classmethod
    def of(cls, given: Mapping[str, Any]) -> Self:
        """From the body of a request; a cursor says again how the list goes."""
        column, is_ascending = _order(given, PAGE_COLUMNS)
        page = cls(
            prefix=fields.text(given, "prefix", default=""),
            is_cut=fields.flag(given, "with_delimiter", default=False),
            limit=fields.number(given, "limit", default=MOST_ENTRIES, least=1, most=MOST_ENTRIES),
            column=column,
            is_ascending=is_ascending,
        )
        cursor = fields.text(given, "cursor", default="")
        return replace(page, **_read(cursor)) if cursor else page

    def cursor_after(self, last: Entry) -> str:
        """What the next page is asked for with. It says nothing that its reader was not told."""
        at = {"created_at": last.created_at, "updated_at": last.updated_at}.get(self.column)
        said = {
            "column": self.column,
            "is_ascending": self.is_ascending,
            "after_name": last.name,
            "after_at": "-infinity" if at is None else at.isoformat(),
        }
        return base64.urlsafe_b64encode(orjson.dumps(said)).decode()


async def folder(session: Session, bucket: str, asked: Folder) -> list[dict[str, Any]]:
    """The objects and folders in a folder, as `list` tells them."""
    _check(bucket)
    found = await session.all(
        SQL["folder"],
        Entry,
        bucket=bucket,
        folder=asked.folder,
        beyond=_beyond(asked.folder),
        search=asked.search,
        column=asked.column,
        is_ascending=asked.is_ascending,
        limit=asked.limit,
        offset=asked.offset,
    )
    names = [asked.folder + entry.name + ("" if entry.id else "/") for entry in found]
    _note(session, bucket, names, prefix=asked.folder)
    return [replace(entry, name=asked.within + entry.name).json for entry in found]


async def page(session: Session, bucket: str, asked: Page) -> dict[str, Any]:
    """The next objects and folders, as `list-v2` tells them."""
    _check(bucket)
    found = await session.all(
        SQL["page"],
        Entry,
        bucket=bucket,
        prefix=asked.prefix,
        beyond=_beyond(asked.prefix),
        is_cut=asked.is_cut,
        column=asked.column,
        is_ascending=asked.is_ascending,
        after_name=asked.after_name,
        after_at=asked.after_at,
        limit=asked.limit + 1,
    )
    told, has_next = found[: asked.limit], len(found) > asked.limit
    _note(session, bucket, [entry.name for entry in told], prefix=asked.prefix)
    answer: dict[str, Any] = {
        "hasNext": has_next,
        "folders": [_keyed(entry) for entry in told if entry.id is None],
        "objects": [_keyed(entry) for entry in told if entry.id is not None],
    }
    if has_next:
        answer["nextCursor"] = asked.cursor_after(told[-1])
        answer["nextCursorKey"] = told[-1].name
    return answer


def _keyed(entry: Entry) -> dict[str, Any]:
    """With the last part of the name beside it."""
    return {**entry.json, "key": entry.name.rstrip("/").rpartition("/")[2]}


def _check(bucket: str) -> None:
    if not object_names.is_bucket(bucket):
        raise refused.InvalidBucketName


def _beyond(prefix: str) -> str | None:
    """The first text that comes behind all that begin with the prefix, in the order of bytes; None without an end.

    >>> _beyond("a/"), _beyond("")
    ('a0', None)
    """
    # The characters at the end of Unicode, and half ones in front of a whole one, have none right behind them.
    if not prefix or ord(prefix[-1]) >= 0xD7FF:
        return None
    return prefix[:-1] + chr(ord(prefix[-1]) + 1)


def _order(given: Mapping[str, Any], columns: tuple[str, ...]) -> tuple[str, bool]:
    order = fields.mapping(given, "sortBy")
    column = fields.choice(order, "column", of=columns, default="name")
    return column, fields.choice(order, "order", of=ORDERS, default="asc") == "asc"


def _read(cursor: str) -> dict[str, Any]:
    try:
        said = orjson.loads(base64.urlsafe_b64decode(cursor.encode())) if len(cursor) <= LONGEST_CURSOR else None
        if not isinstance(said, dict):
            raise refused.InvalidRequest(details="Invalid Parameter continuation token")
        after_at = fields.text(said, "after_at")
        if after_at != "-infinity":
            datetime.fromisoformat(after_at)
        return {
            "column": fields.choice(said, "column", of=PAGE_COLUMNS, default="name"),
            "is_ascending": fields.flag(said, "is_ascending", default=True),
            "after_name": fields.text(said, "after_name"),
            "after_at": after_at,
        }
    except (binascii.Error, orjson.JSONDecodeError, UnicodeEncodeError, ValueError) as error:
        raise refused.InvalidRequest(details="Invalid Parameter continuation token") from error


def _note(session: Session, bucket: str, names: Sequence[str], *, prefix: str) -> None:
    if bucket not in finding.OF_PATIENTS:
        return
    keys = [f"{bucket}/{name}" for name in names]
    leads = {"object": keys} if keys else None
    log.saw(session, finding.OBJECTS, keys, action="list", leads=leads, details={"asked": f"{bucket}/{prefix}"})


def _moment(at: datetime | None) -> str | None:
    return None if at is None else fields.moment(at)
