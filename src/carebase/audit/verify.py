"""Checks the record: every row against the one in front of it, and its end against what was signed.

Reads a database, in one unchanging state of it, or the file that an export wrote. Names the first row that
is wrong, and says what cannot be known.
"""

from __future__ import annotations

import struct
import time
from collections.abc import Callable, Collection, Iterable, Iterator, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, Final
from uuid import UUID

from carebase import errors
from carebase.audit import chain, checkpoints, dump, vouching
from carebase.audit.chain import Fault, Kind, Link, Row, Walk
from carebase.audit.checkpoints import Head
from carebase.audit.derived import Column, Derived
from carebase.audit.documents import Signed
from carebase.audit.vouching import Vouching
from carebase.database import queries, streams

SQL = queries.beside(__file__)
OWNER: Final = "audit_owner"
TOLD_EVERY: Final = 65_536
POSTGRES_EPOCH: Final = 946_684_800_000_000
"""2000-01-01 in microseconds since 1970: PostgreSQL's binary times count from there."""
INT8: Final = struct.Struct(">q")

Progress = Callable[[int], None]


@dataclass(slots=True, kw_only=True)
class Report:
    """What was found."""

    chain_id: UUID
    begins: Link
    last: Link
    """The last row that stands where it belongs."""
    head: Link
    """What is noted as the last row."""
    rows: int
    trusted: int
    """The last row that a checkpoint vouches for."""
    faults: list[Fault]
    untold: int
    vouching: Vouching
    notes: list[str] = field(default_factory=list)
    """What is no fault and should be known."""
    seconds: float = 0.0

    @property
    def is_intact(self) -> bool:
        """Whether nothing is wrong."""
        return not self.faults

    @property
    def first_wrong_row(self) -> int | None:
        """The first row that anything is wrong with; None also where what is wrong is no row's."""
        return chain.first_of(self.faults)


@dataclass(frozen=True, slots=True)
class _Said:
    said: str


@dataclass(frozen=True, slots=True)
class _Seq:
    seq: int


@dataclass(frozen=True, slots=True)
class Purged:
    """The last row that was removed after its time."""

    through_seq: int
    hash: bytes


@dataclass(frozen=True, slots=True)
class _Copy:
    document: str
    signature: bytes
    public_key: bytes


def of_database(
    owner_dsn: str, *, found: Sequence[Signed], keys: Collection[bytes], progress: Progress | None = None
) -> Report:
    """Check the log of a database against `found`, the checkpoints of the file, read before this is called.

    `keys` are the public keys to be trusted; without any, the one of the first checkpoint is. Raises
    Unavailable when the database is not there, NotMigrated when it has no log.
    """
    began = time.monotonic()
    with streams.reading(owner_dsn, role=OWNER) as owner:
        head = owner.maybe(checkpoints.SQL["head"], Head)
        if head is None:
            raise streams.NotMigrated(details="audit.head is empty.", hint="Put a backup back.")
        purged = owner.maybe(SQL["purged"], Purged)
        begins = chain.genesis(head.chain_id) if purged is None else Link(purged.through_seq, purged.hash)
        copies = [Signed(c.document, c.signature, c.public_key) for c in owner.all(SQL["copies"], _Copy)]
        weighed = _weighed(found, head.chain_id, keys=keys, copies=copies)
        walk = Walk(begins, weighed.anchors)
        with owner.beside() as second:
            derived = Derived(second.stream(SQL["about"], 4))
            try:
                # PostgreSQL compares the columns while the chain is followed here.
                with owner.beside() as third, ThreadPoolExecutor(1) as beside:
                    comparing = beside.submit(lambda: third.all(SQL["altered_columns"], _Seq))
                    _follow(walk, owner.stream(SQL["rows"], 6), derived, progress=progress)
                    columns = [each.seq for each in comparing.result()]
            except errors.Invalid:
                # A body that is no JSON; the chain and the index have named its row.
                columns = []
            derived.finish()
        walk.finish(Link(head.seq, head.hash))
        altered = owner.all(SQL["altered_structure"], _Said)
        waiting = owner.value(SQL["waiting"])
    report = _report(walk, weighed, chain_id=head.chain_id, head=Link(head.seq, head.hash))
    report.faults += [
        Fault(Kind.DERIVED_DIFFERS, f"Row {seq}: a column that pages show is not what its body says.", seq, seq)
        for seq in columns
    ]
    report.faults += derived.faults
    report.untold += derived.untold
    report.faults += [Fault(Kind.STRUCTURE, each.said) for each in altered]
    if waiting:
        report.notes.append(f"{waiting} entries wait to be sealed and are not covered.")
    report.notes += _notes(found, keys, copies=copies)
    report.seconds = time.monotonic() - began
    return report


def of_dump(
    path: Path, *, found: Sequence[Signed], keys: Collection[bytes], progress: Progress | None = None
) -> Report:
    """Check what an export wrote, without any database; NotADump when it is no whole export."""
    began = time.monotonic()
    with dump.opened(path) as (head, rows):
        if not head.is_whole:
            raise dump.NotADump(details="It is a part of the record only; export without filters to check it.")
        genesis = chain.genesis(head.chain_id)
        weighed = _weighed(found, head.chain_id, keys=keys)
        walk = Walk(head.begins, weighed.anchors)
        if head.begins.seq == 0 and head.begins != genesis:
            walk.tell(Fault(Kind.HEAD_DIFFERS, "The file does not begin where the chain does.", 1, 1))
        for row in told(rows, progress):
            walk.take(row)
        walk.finish(head.ends)
    report = _report(walk, weighed, chain_id=head.chain_id, head=head.ends)
    report.notes += _notes(found, keys)
    report.seconds = time.monotonic() - began
    return report


def _weighed(
    found: Sequence[Signed], chain_id: UUID, *, keys: Collection[bytes], copies: Iterable[Signed] = ()
) -> Vouching:
    kept = list(copies)
    trusted = keys or vouching.keys_of([*found, *kept])
    return vouching.weigh(found, chain_id=chain_id, keys=trusted, copies=kept)


def _report(walk: Walk, weighed: Vouching, *, chain_id: UUID, head: Link) -> Report:
    beginning = vouching.faults_of_beginning(walk.begins, weighed)
    return Report(
        chain_id=chain_id,
        begins=walk.begins,
        last=walk.last,
        head=head,
        rows=walk.rows,
        trusted=walk.trusted,
        faults=[*beginning, *walk.faults, *weighed.faults],
        untold=walk.untold,
        vouching=weighed,
    )


def _notes(found: Sequence[Signed], keys: Collection[bytes], *, copies: Sequence[Signed] = ()) -> Iterator[str]:
    if not found and not copies:
        yield "There is no checkpoint: rows written anew from the first one on would not be found."
        return
    if not found:
        yield "No file of checkpoints: their copies in the database were used, which its owner can change."
    if not keys:
        yield "No public key was given: the one that the first checkpoint names was believed."
    elif strangers := {copy.public_key for copy in copies} - set(keys):
        yield f"Checkpoints by {len(strangers)} other keys in the database were left out."


def _follow(walk: Walk, rows: Iterator[Sequence[Column]], derived: Derived, *, progress: Progress | None) -> None:
    take, unpack, check = walk.take, INT8.unpack, derived.take
    for number, (seq, sealed_at, body, hash_, at, mark) in enumerate(rows, 1):
        if seq is None or sealed_at is None or body is None or hash_ is None or len(seq) != 8:
            walk.tell(Fault(Kind.UNREADABLE, f"The row behind row {walk.last.seq} lacks a column.", walk.last.seq + 1))
            continue
        row = Row(unpack(seq)[0], unpack(sealed_at)[0] + POSTGRES_EPOCH, body, hash_)
        is_next = row.seq > walk.last.seq
        take(row)
        if is_next:
            check(seq, body, (sealed_at, at, mark))
        if progress is not None and number % TOLD_EVERY == 0:
            progress(number)


def told(rows: Iterable[Row], progress: Progress | None) -> Iterator[Row]:
    """The rows, with their number told from time to time."""
    for number, row in enumerate(rows, 1):
        yield row
        if progress is not None and number % TOLD_EVERY == 0:
            progress(number)


def as_json(report: Report) -> dict[str, Any]:
    """The report for programs."""
    return {
        "intact": report.is_intact,
        "first_wrong_row": report.first_wrong_row,
        "faults": [
            {"kind": each.kind.value, "said": each.said, "first": each.first, "last": each.last}
            for each in report.faults
        ],
        "untold": report.untold,
        "chain_id": str(report.chain_id),
        "begins": report.begins.seq,
        "ends": report.last.seq,
        "head": report.head.seq,
        "hash": report.head.hash.hex(),
        "rows": report.rows,
        "vouched_through": report.trusted,
        "checkpoints": vouching.summary(report.vouching),
        "notes": report.notes,
        "seconds": round(report.seconds, 3),
    }
