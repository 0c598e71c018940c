"""The chain of the record: what each row's hash is made of, and which row breaks it.

Pure: rows and the ends they are held against go in, faults come out. Where rows come from and what is
signed is other modules' business. All times are microseconds since 1970, UTC.
"""

from __future__ import annotations

import hashlib
import struct
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from enum import StrEnum
from typing import Final, NamedTuple
from uuid import UUID

MOST_FAULTS: Final = 100
"""So many are told one by one; the others are counted."""
NUMBERS: Final = struct.Struct(">qq")


class Link(NamedTuple):
    """One end of a stretch of rows: the number and the hash of its last row."""

    seq: int
    hash: bytes


class Row(NamedTuple):
    """One sealed row, as it is stored."""

    seq: int
    sealed_at: int
    body: bytes
    hash: bytes


class Kind(StrEnum):
    """What can be wrong."""

    MISSING = "missing"
    """Rows are not there."""
    OUT_OF_PLACE = "out_of_place"
    """A row stands behind one of a higher or the same number: inserted, doubled or moved."""
    MOVED = "moved"
    """A row is missing where it belongs and stands elsewhere: its time of sealing was changed."""
    EDITED = "edited"
    """The body or the time of a row is not what its hash was made of."""
    HASH_EDITED = "hash_edited"
    """The hash of a row was overwritten; the rows behind it still continue the true one."""
    TIME_BACKWARDS = "time_backwards"
    """A row was sealed before the one in front of it."""
    UNREADABLE = "unreadable"
    """A row lacks a column or its columns have other types."""
    CUT_OFF = "cut_off"
    """Rows at the end are not there."""
    BEYOND_HEAD = "beyond_head"
    """Rows stand behind the one that is noted as the last."""
    HEAD_DIFFERS = "head_differs"
    """The last row is not the one that is noted as the last: rows were written anew."""
    ANCHOR_DIFFERS = "anchor_differs"
    """A row is not the one that was signed: rows were written anew."""
    DERIVED_DIFFERS = "derived_differs"
    """A column that pages show, or the index of whom entries concern, is not what the entry says."""
    SIGNATURE = "signature"
    """A checkpoint is not signed by the key."""
    CHECKPOINTS = "checkpoints"
    """The checkpoints do not follow one another, or are of another chain."""
    STRUCTURE = "structure"
    """The tables are not as they were made."""


@dataclass(slots=True)
class Fault:
    """One thing that is wrong, and the rows it concerns; `first` None where it is no row's."""

    kind: Kind
    said: str
    first: int | None = None
    last: int | None = None


def genesis(chain_id: UUID) -> Link:
    """The end before the first row of a chain.

    >>> genesis(UUID(int=7)).hash.hex()[:16]
    '84d34c3127b998e0'
    """
    return Link(0, hashlib.sha256(f"carebase audit {chain_id}".encode()).digest())


def hash_of(previous: bytes, *, seq: int, sealed_at: int, body: bytes) -> bytes:
    """The hash of a row: over the one in front of it, its number, its time of sealing and its body.

    >>> hash_of(bytes(32), seq=1, sealed_at=1_763_700_000_000_000, body=b"{}").hex()[:16]
    '6a34c2130253cb4a'
    """
    return hashlib.sha256(previous + NUMBERS.pack(seq, sealed_at) + body).digest()


def sealed(previous: Link, bodies: Iterable[bytes], *, sealed_at: int) -> list[Row]:
    """The rows that one batch of bodies becomes.

    >>> [row.seq for row in sealed(genesis(UUID(int=7)), [b"{}", b"[]"], sealed_at=0)]
    [1, 2]
    """
    rows: list[Row] = []
    for body in bodies:
        hash_ = hash_of(previous.hash, seq=previous.seq + 1, sealed_at=sealed_at, body=body)
        previous = Link(previous.seq + 1, hash_)
        rows.append(Row(previous.seq, sealed_at, body, hash_))
    return rows


@dataclass(slots=True)
class Walk:
    """Goes along the rows in the order of time and number and keeps what is wrong with them.

    `begins` is the end in front of the first row. `anchors` are hashes that rows are known to have,
    by number, each with the words that name where this is known from.
    """

    begins: Link
    anchors: Mapping[int, Sequence[tuple[bytes, str]]] = field(default_factory=dict)
    faults: list[Fault] = field(default_factory=list)
    untold: int = 0
    """Faults beyond MOST_FAULTS."""
    rows: int = 0
    last: Link = field(init=False)
    """The last row that stood where it belongs."""
    trusted: int = field(init=False)
    """The last row that an anchor vouches for."""
    _sealed_at: int | None = None
    _suspect: tuple[Fault, bytes] | None = None
    """The row in front, when its hash was not the expected one, with the hash it should have."""

    def __post_init__(self) -> None:
        self.last = self.begins
        self.trusted = self.begins.seq
        self._hold(self.begins)

    def take(self, row: Row) -> None:
        """The next row."""
        seq, sealed_at, body, hash_ = row
        self.rows += 1
        expected = self.last.seq + 1
        if seq < expected:
            self.tell(Fault(Kind.OUT_OF_PLACE, f"Row {seq} stands behind row {self.last.seq}.", seq, seq))
            return
        if self._sealed_at is not None and sealed_at < self._sealed_at:
            self.tell(Fault(Kind.TIME_BACKWARDS, f"Row {seq} was sealed before the row in front of it.", seq, seq))
        self._sealed_at = sealed_at
        if seq > expected:
            self._suspect = None
            self.tell(Fault(Kind.MISSING, f"{rows_in_words(expected, seq - 1)} missing.", expected, seq - 1))
        else:
            # As hash_of() does; a call for each row would cost a tenth of the walk.
            computed = hashlib.sha256(self.last.hash + NUMBERS.pack(seq, sealed_at) + body).digest()
            if computed != hash_:
                self._differs(row, computed)
            elif self._suspect is not None:
                # The row behind continues the stored hash, so it is the body that is another.
                self._suspect = None
        self.last = Link(seq, hash_)
        if seq in self.anchors:
            self._hold(self.last)

    def _differs(self, row: Row, computed: bytes) -> None:
        if self._suspect is not None:
            fault, true_hash = self._suspect
            if hash_of(true_hash, seq=row.seq, sealed_at=row.sealed_at, body=row.body) == row.hash:
                _blame_hash(fault)
                self._suspect = None
                return
        fault = Fault(Kind.EDITED, f"Row {row.seq} is not what its hash was made of.", row.seq, row.seq)
        self._suspect = (fault, computed)
        self.tell(fault)

    def _hold(self, link: Link) -> None:
        for known, source in self.anchors.get(link.seq, ()):
            if known == link.hash:
                self.trusted = link.seq
                continue
            first = min(self._doubtful(), link.seq)
            said = f"Row {link.seq} is not the one of {source}; {rows_in_words(first, link.seq)} not to be trusted."
            self.tell(Fault(Kind.ANCHOR_DIFFERS, said, first, link.seq))

    def finish(self, head: Link) -> None:
        """No more rows; `head` is what is noted as the last one."""
        if self._suspect is not None and self._suspect[1] == head.hash and self.last.seq == head.seq:
            # Only its own hash is wrong: what is noted as the last continues the true one.
            _blame_hash(self._suspect[0])
        elif self.last.seq < head.seq:
            said = (
                f"{rows_in_words(self.last.seq + 1, head.seq)} missing: the log was cut off behind row {self.last.seq}."
            )
            self.tell(Fault(Kind.CUT_OFF, said, self.last.seq + 1, head.seq))
        elif self.last.seq > head.seq:
            said = (
                f"The head was moved back: it names row {head.seq} as the last, the log goes on to row {self.last.seq}."
            )
            self.tell(Fault(Kind.BEYOND_HEAD, said, head.seq + 1, self.last.seq))
        elif self.last.hash != head.hash:
            first = self._doubtful()
            said = f"The head is not row {head.seq}; {rows_in_words(first, head.seq)} not to be trusted."
            self.tell(Fault(Kind.HEAD_DIFFERS, said, first, head.seq))
        self._miss_anchors(max(head.seq, self.last.seq))
        self._match_moved()

    def _doubtful(self) -> int:
        """The first row that nothing vouches for: the first fault behind the last anchor, else what is behind it."""
        known = (fault.first for fault in self.faults if fault.first is not None and fault.first > self.trusted)
        return min(known, default=self.trusted + 1)

    def _miss_anchors(self, end: int) -> None:
        beyond = max((seq for seq in self.anchors if seq > end), default=None)
        if beyond is not None:
            _, source = self.anchors[beyond][0]
            said = f"{rows_in_words(end + 1, beyond)} missing: the log ends at row {end}, {source} has row {beyond}."
            self.tell(Fault(Kind.CUT_OFF, said, end + 1, beyond))

    def tell(self, fault: Fault) -> None:
        """Keep a fault, as far as there is room."""
        fault.said = fault.said[0].upper() + fault.said[1:]
        if len(self.faults) < MOST_FAULTS:
            self.faults.append(fault)
        else:
            self.untold += 1

    def _match_moved(self) -> None:
        """A row that is missing here and out of place there is one row that was moved."""
        strays = {fault.first: fault for fault in self.faults if fault.kind is Kind.OUT_OF_PLACE}
        for fault in [fault for fault in self.faults if fault.kind is Kind.MISSING]:
            stray = strays.get(fault.first)
            if stray is not None and fault.first == fault.last:
                fault.kind = Kind.MOVED
                fault.said = f"Row {fault.first} is not where it belongs; the time of its sealing was changed."
                self.faults.remove(stray)


def rows_in_words(first: int, last: int) -> str:
    """The rows and their verb, for a sentence.

    >>> rows_in_words(3, 3), rows_in_words(3, 9)
    ('row 3 is', 'rows 3 to 9 are')
    """
    return f"row {first} is" if first == last else f"rows {first} to {last} are"


def _blame_hash(fault: Fault) -> None:
    fault.kind = Kind.HASH_EDITED
    fault.said = f"The hash of row {fault.first} was overwritten."


def walk(rows: Iterable[Row], *, begins: Link, head: Link, anchors: Iterable[Link] = ()) -> list[Fault]:
    """What is wrong with the rows; nothing when they lead from `begins` to `head` past the `anchors`.

    >>> start = genesis(UUID(int=7))
    >>> rows = sealed(start, [b"{}", b"[]", b"3"], sealed_at=0)
    >>> head = Link(rows[-1].seq, rows[-1].hash)
    >>> walk(rows, begins=start, head=head)
    []
    >>> walk([rows[0], rows[2]], begins=start, head=head)[0].said
    'Row 2 is missing.'
    """
    walking = Walk(begins, {anchor.seq: [(anchor.hash, "a checkpoint")] for anchor in anchors})
    for row in rows:
        walking.take(row)
    walking.finish(head)
    return walking.faults


def first_of(faults: Iterable[Fault]) -> int | None:
    """The first row that anything is wrong with."""
    return min((fault.first for fault in faults if fault.first is not None), default=None)
