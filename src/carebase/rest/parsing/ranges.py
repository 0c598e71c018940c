"""Reads which rows are wanted: `limit`, `offset` and the header `Range`.

In charge of the numbers; how many rows there are is known later.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping
from dataclasses import dataclass

from carebase.rest import errors
from carebase.rest.parsing import fields, scanner
from carebase.rest.syntax import Path, Range

_NUMBER = re.compile(r"\s*(-?[0-9]{1,18})\s*")
_HEADER = re.compile(r"([0-9]{1,18})-([0-9]{0,18})")


@dataclass(slots=True)
class Window:
    """What the parameters of one embed say, before it is made sense of."""

    limit: int | None = None
    offset: int | None = None
    has_limit: bool = False
    has_offset: bool = False


def number(text: str) -> int | None:
    """The number a parameter gives; None where it gives none, and then it counts for nothing, as in PostgREST.

    >>> number("20"), number("many")
    (20, None)
    """
    found = _NUMBER.fullmatch(text)
    return int(found[1]) if found else None


def header(text: str) -> Range | None:
    """What the header `Range` asks for, no rows where it ends before it starts; None where it is no range of rows.

    >>> header("10-19"), header("10-"), header("bytes=0-1")
    (Range(offset=10, limit=10), Range(offset=10, limit=None), None)
    """
    found = _HEADER.fullmatch(text)
    if found is None:
        return None
    first = int(found[1])
    if not found[2]:
        return Range(first)
    return Range(first, max(int(found[2]) - first + 1, 0))


def window(said: Window) -> Range:
    """The range that `limit` and `offset` give together.

    A limit that is no number leaves no rows when there is an offset with it, as in PostgREST.
    """
    offset = said.offset or 0
    if said.has_limit and said.has_offset:
        return Range(offset, 0 if said.limit is None else said.limit)
    return Range(offset, said.limit)


def read(parameters: Iterable[tuple[str, str]], *, budget: scanner.Budget | None = None) -> dict[Path, Range]:
    """The ranges that parameters named `limit`, `offset` or `embed.limit` … give, by embed.

    >>> read([("limit", "5"), ("tasks.offset", "2")])
    {(): Range(offset=0, limit=5), ('tasks',): Range(offset=2, limit=None)}
    """
    windows: dict[str, Window] = {}
    for key, text in parameters:
        prefix, _, word = key.rpartition(".")
        said = windows.setdefault(prefix, Window())
        if word == "limit":
            said.limit, said.has_limit = number(text), True
        else:
            said.offset, said.has_offset = number(text), True
    found = {}
    for prefix, said in windows.items():
        path, _ = fields.address(f"{prefix}.limit" if prefix else "limit", budget=budget)
        found[path] = window(said)
    return found


def top(asked: Mapping[Path, Range], *, header_range: Range | None) -> Range | None:
    """The range of the target: what parameters and header both allow; None where neither speaks.

    `limit=0` asks for no rows and is fine; every other range without rows is refused.

    >>> top({(): Range(2, 10)}, header_range=Range(0, 5))
    Range(offset=2, limit=3)
    """
    said = asked.get(())
    if said is not None and said.limit is not None and said.offset + said.limit == 0:
        return Range(0, 0)
    if header_range is not None and header_range.limit == 0:
        raise errors.RangeRefused.crossed()
    if said is None:
        return header_range
    offset = max(said.offset, header_range.offset if header_range else 0)
    ends = [r.offset + r.limit for r in (said, header_range) if r is not None and r.limit is not None]
    if not ends:
        return Range(offset)
    if min(ends) <= offset:
        raise errors.RangeRefused.negative_limit()
    return Range(offset, min(ends) - offset)
