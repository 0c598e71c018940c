"""Holds the index of whom entries concern against what the entries themselves say."""

from __future__ import annotations

import json
import re
from collections.abc import Iterator, Sequence
from typing import Final
from uuid import UUID

import orjson

from carebase.audit.chain import MOST_FAULTS, Fault, Kind

NOBODY: Final = (b'"patients": []', b'"patients":[]')
RECORD: Final = re.compile(r"[0-9a-f]{8}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{12}")
Entry = tuple[bytes, bytes, bytes]


class IndexCheck:
    """Takes the entries in their order, beside the rows of the index in the same order.

    The columns are as PostgreSQL sends them: numbers of eight bytes, records of sixteen.
    """

    def __init__(self, rows: Iterator[Sequence[bytes | None]]) -> None:
        self._rows = rows
        self.faults: list[Fault] = []
        self.untold = 0
        self._next = self._read()

    def take(self, seq: bytes, body: bytes, times: bytes) -> None:
        """The next entry; `times` are its times of sealing and happening, one behind the other."""
        while self._next is not None and self._next[0] < seq:
            self._tell(self._next[0], "the index names it, the log does not have it")
            self._next = self._read()
        if (self._next is None or self._next[0] != seq) and any(form in body for form in NOBODY):
            return
        found = set()
        while self._next is not None and self._next[0] == seq:
            found.add(self._next[1])
            if self._next[2] != times:
                self._tell(seq, "the index has another time")
            self._next = self._read()
        if found != records_of(body):
            self._tell(seq, "the index names other records than the entry does")

    def finish(self) -> None:
        """No more entries."""
        while self._next is not None:
            self._tell(self._next[0], "the index names it, the log does not have it")
            self._next = self._read()

    def _read(self) -> Entry | None:
        for seq, record, sealed_at, at in self._rows:
            if seq is not None and record is not None and sealed_at is not None and at is not None:
                return seq, record, sealed_at + at
            self.faults.append(Fault(Kind.INDEX_DIFFERS, "A row of the index lacks a column."))
        return None

    def _tell(self, seq: bytes, why: str) -> None:
        number = int.from_bytes(seq, signed=True)
        if len(self.faults) < MOST_FAULTS:
            self.faults.append(Fault(Kind.INDEX_DIFFERS, f"Row {number}: {why}.", number, number))
        else:
            self.untold += 1


def records_of(body: bytes) -> set[bytes]:
    """The records that an entry concerns, sixteen bytes each.

    >>> records_of(b'{"patients":["00000000-0000-0000-0000-000000000007","p1"]}') == {UUID(int=7).bytes}
    True
    """
    try:
        entry = orjson.loads(body)
    except orjson.JSONDecodeError:
        try:
            # Numbers beyond what a double holds are JSON to PostgreSQL and to the standard library.
            entry = json.loads(body)
        except ValueError:
            return set()
    named = entry.get("patients") if isinstance(entry, dict) else None
    if not isinstance(named, list):
        return set()
    return {UUID(name).bytes for name in named if isinstance(name, str) and RECORD.fullmatch(name)}
