"""Holds the index of whom entries concern against the entries themselves.

It was taken from the bodies when they were sealed and is no part of the chain, so whoever changes it
changes what people see without breaking it. The columns of the log that pages show are compared by
PostgreSQL: see `verify`.
"""

from __future__ import annotations

import json
import re
from collections.abc import Iterator, Sequence
from functools import lru_cache
from typing import Any, Final
from uuid import UUID

import orjson

from carebase.audit.chain import MOST_FAULTS, Fault, Kind

IDENTIFIER: Final = re.compile(r"[0-9a-f]{8}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{12}")
TRUE: Final = b"\x01"
FALSE: Final = b"\x00"
Column = bytes | None


class Derived:
    """Takes the entries in their order, beside the rows of the index in the same order.

    Columns are as PostgreSQL's binary form has them: numbers of eight bytes, identifiers of sixteen.
    """

    def __init__(self, index: Iterator[Sequence[Column]]) -> None:
        self._index = index
        self.faults: list[Fault] = []
        self.untold = 0
        self._next = self._read()

    def take(self, seq: bytes, body: bytes, columns: tuple[bytes, Column, Column]) -> None:
        """The next entry; `columns` are when it was sealed, when it happened, and whether it concerns a record."""
        sealed_at, at, has_patients = columns
        entry = entry_of(body)
        if entry is None:
            self._tell(seq, "its body is no entry")
            return
        following = self._next
        while following is not None and following[0] < seq:
            self._tell(following[0], "the index names it, the log does not have it")
            following = self._next = self._read()
        named: set[Column] = set()
        while following is not None and following[0] == seq:
            named.add(following[1])
            if following[2] != sealed_at or following[3] != at:
                self._tell(seq, "the index has another time")
            following = self._next = self._read()
        concerned = records_of(entry)
        if has_patients != (TRUE if concerned else FALSE):
            self._tell(seq, "its mark of concerning a record is not what its body says")
        if named != concerned:
            self._tell(seq, "the index names other records than the entry does")

    def finish(self) -> None:
        """No more entries."""
        while self._next is not None:
            self._tell(self._next[0], "the index names it, the log does not have it")
            self._next = self._read()

    def _read(self) -> Sequence[Any] | None:
        row = next(self._index, None)
        while row is not None and None in row:
            self._keep(Fault(Kind.DERIVED_DIFFERS, "A row of the index lacks a column."))
            row = next(self._index, None)
        return row

    def _tell(self, seq: bytes, why: str) -> None:
        number = int.from_bytes(seq, signed=True)
        self._keep(Fault(Kind.DERIVED_DIFFERS, f"Row {number}: {why}.", number, number))

    def _keep(self, fault: Fault) -> None:
        if len(self.faults) < MOST_FAULTS:
            self.faults.append(fault)
        else:
            self.untold += 1


def entry_of(body: bytes) -> dict[str, Any] | None:
    """The entry in a body; None when it is none.

    >>> entry_of(b'{"action":"read"}'), entry_of(b"[]")
    ({'action': 'read'}, None)
    """
    try:
        entry = orjson.loads(body)
    except orjson.JSONDecodeError:
        try:
            # Deep nesting and numbers beyond a double are JSON to PostgreSQL and to the standard library.
            entry = json.loads(body)
        except (ValueError, RecursionError):
            return None
    return entry if isinstance(entry, dict) else None


def records_of(entry: dict[str, Any]) -> set[bytes]:
    """The records that an entry concerns, sixteen bytes each.

    >>> records_of({"patients": ["00000000-0000-0000-0000-000000000007", "p1"]}) == {UUID(int=7).bytes}
    True
    """
    named = entry.get("patients")
    if not named or not isinstance(named, list):
        return set()
    return {found for name in named if isinstance(name, str) and (found := identifier(name)) is not None}


@lru_cache(maxsize=65_536)
def identifier(text: str) -> bytes | None:
    """The sixteen bytes of an identifier in its canonical form; None for any other text."""
    return UUID(text).bytes if IDENTIFIER.fullmatch(text) else None
