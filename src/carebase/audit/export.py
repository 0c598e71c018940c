"""Writes the record, or a part of it, to a file: JSON lines that can be checked again, or CSV for people.

That it was read out is itself an entry, durable before the first row leaves.
"""

from __future__ import annotations

import csv
import io
import json
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum
from typing import IO, Any, Final
from uuid import UUID

from carebase.audit import chain, checkpoints, documents, dump, verify
from carebase.audit.chain import Link, Row
from carebase.audit.checkpoints import Head
from carebase.audit.verify import INT8, OWNER, POSTGRES_EPOCH, Progress, Purged
from carebase.database import queries, streams
from carebase.database.streams import Owner

SQL = queries.beside(__file__)
COLUMNS: Final = (
    "seq", "sealed_at", "at", "actor", "session", "action", "relation", "keys", "patients", "request", "ip", "agent",
    "details", "old", "new", "hash",
)  # fmt: skip
FORMULA_BEGINS: Final = ("=", "+", "-", "@", "\t", "\r")


class Format(StrEnum):
    """How the entries are written."""

    JSONL = "jsonl"
    """As they were sealed, with their hashes; see `dump`."""
    CSV = "csv"
    """A table for a spreadsheet; it cannot be checked again."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Part:
    """Which entries are wanted; all of them without any limit."""

    since: datetime | None = None
    until: datetime | None = None
    """Not itself included."""
    patient: UUID | None = None
    actor: str | None = None
    """An account's id, or the login that entries without an account name."""

    @property
    def is_whole(self) -> bool:
        """Whether nothing is left out."""
        return self == Part()

    @property
    def account(self) -> UUID | None:
        """The actor where it is an account."""
        try:
            return None if self.actor is None else UUID(self.actor)
        except ValueError:
            return None


def export(
    owner_dsn: str,
    out: IO[bytes],
    *,
    part: Part,
    form: Format = Format.JSONL,
    by: str,
    progress: Progress | None = None,
) -> int:
    """Write the entries; how many. `by` is who asked for them, as the entry on it says."""
    with streams.writing(owner_dsn, role=OWNER) as owner:
        owner.run(
            SQL["note_export"],
            patients=json.dumps([] if part.patient is None else [str(part.patient)]),
            details=json.dumps(_described(part, form, by=by)),
        )
    with streams.reading(owner_dsn, role=OWNER) as owner:
        rows = verify.told(_rows(_asked(owner, part)), progress)
        if form is Format.CSV:
            return _write_csv(out, rows)
        out.write(_head(owner, part).line)
        count = 0
        for row in rows:
            out.write(dump.line_of(row))
            count += 1
        out.write(dump.end_line(count))
        return count


def safe_cell(text: str) -> str:
    """A cell that no spreadsheet takes for a formula.

    >>> safe_cell("=1+1"), safe_cell("7")
    ("'=1+1", '7')
    """
    return f"'{text}" if text.startswith(FORMULA_BEGINS) else text


def cells_of(row: Row) -> list[str]:
    """One entry as a line of the table."""
    try:
        entry = json.loads(row.body)
    except ValueError:
        entry = {}
    found: dict[str, Any] = entry if isinstance(entry, dict) else {}
    at = found.get("at")
    known = {
        "seq": row.seq,
        "sealed_at": documents.in_words(row.sealed_at),
        "at": documents.in_words(at) if isinstance(at, int) and 0 <= at < 10**17 else None,
        "hash": row.hash.hex(),
    }
    return [safe_cell(_cell(known.get(name, found.get(name)))) for name in COLUMNS]


def _cell(value: object) -> str:
    match value:
        case None:
            return ""
        case str():
            return value
        case _:
            return json.dumps(value, ensure_ascii=False)


def _write_csv(out: IO[bytes], rows: Iterable[Row]) -> int:
    text = io.TextIOWrapper(out, encoding="utf-8", newline="", write_through=True)
    table = csv.writer(text)
    table.writerow(COLUMNS)
    count = 0
    for row in rows:
        table.writerow(cells_of(row))
        count += 1
    # The stream is the caller's to close.
    text.detach()
    return count


def _asked(owner: Owner, part: Part) -> Iterator[Sequence[bytes | None]]:
    if part.is_whole:
        return owner.stream(SQL["every_entry"], 4)
    login = part.actor if part.account is None else None
    if part.patient is None:
        return owner.stream(
            SQL["some_entries"], 4, since=part.since, until=part.until, account=part.account, login=login
        )
    return owner.stream(
        SQL["entries_about"],
        4,
        patient=part.patient,
        since=part.since,
        until=part.until,
        account=part.account,
        login=login,
    )


def _head(owner: Owner, part: Part) -> dump.Head:
    head = owner.maybe(checkpoints.SQL["head"], Head)
    if head is None:
        raise streams.NotMigrated(details="audit.head is empty.", hint="Put a backup back.")
    purged = owner.maybe(verify.SQL["purged"], Purged)
    begins = chain.genesis(head.chain_id) if purged is None else Link(purged.through_seq, purged.hash)
    return dump.Head(chain_id=head.chain_id, begins=begins, ends=Link(head.seq, head.hash), is_whole=part.is_whole)


def _rows(found: Iterable[Sequence[bytes | None]]) -> Iterator[Row]:
    for seq, sealed_at, body, hash_ in found:
        yield Row(
            INT8.unpack(seq or bytes(8))[0],
            INT8.unpack(sealed_at or bytes(8))[0] + POSTGRES_EPOCH,
            body or b"",
            hash_ or b"",
        )


def _described(part: Part, form: Format, *, by: str) -> dict[str, str | None]:
    return {
        "by": by,
        "format": form.value,
        "since": None if part.since is None else part.since.isoformat(),
        "until": None if part.until is None else part.until.isoformat(),
        "actor": part.actor,
    }
