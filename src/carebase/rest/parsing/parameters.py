"""Takes a query string apart: decoded names and values, and which of them are of which kind.

In charge of percent signs and reserved words; what a value says is read elsewhere.
"""

from __future__ import annotations

import re
from dataclasses import dataclass, field
from typing import TypeAlias
from urllib.parse import unquote_to_bytes

from carebase.rest import errors

MAX_PARAMETERS = 1_000
_SEPARATOR = re.compile(r"[&;]")

Parameter: TypeAlias = tuple[str, str]


@dataclass(slots=True, kw_only=True)
class Parameters:
    """A query string, sorted by kind, in the order written. None is what was not said."""

    select: str | None = None
    columns: str | None = None
    on_conflict: str | None = None
    orders: list[Parameter] = field(default_factory=list)
    trees: list[Parameter] = field(default_factory=list)
    ranges: list[Parameter] = field(default_factory=list)
    others: list[Parameter] = field(default_factory=list)


def pairs(query: bytes | str) -> list[tuple[str, str | None]]:
    """Names and values, decoded; a name without `=` has None.

    >>> pairs("name=eq.Ada+L%26&x")
    [('name', 'eq.Ada L&'), ('x', None)]
    """
    if isinstance(query, bytes):
        try:
            query = query.decode()
        except UnicodeDecodeError:
            raise errors.Unreadable("failed to parse the query string", details="It is not UTF-8.") from None
    written = _SEPARATOR.split(query, MAX_PARAMETERS)
    if len(written) > MAX_PARAMETERS:
        raise errors.TooComplex("parameters", limit=MAX_PARAMETERS)
    found: list[tuple[str, str | None]] = []
    for entry in written:
        name, equals, value = entry.partition("=")
        found.append((decoded(name), decoded(value) if equals else None))
    return found


def decoded(text: str, *, is_plus_blank: bool = True) -> str:
    """The text behind percent signs; ZeroByte where it holds one."""
    if is_plus_blank:
        text = text.replace("+", " ")
    if "%" in text or not text.isascii():
        try:
            text = unquote_to_bytes(text).decode()
        except UnicodeError:
            raise errors.Unreadable("failed to parse the query string", details="It is not UTF-8.") from None
    if "\0" in text:
        raise errors.ZeroByte
    return text


def read(query: bytes | str) -> Parameters:
    """The parameters of a query string by kind; of `select`, `columns` and `on_conflict` the first counts."""
    found = Parameters()
    once: set[str] = set()
    for name, value in pairs(query):
        if name in {"select", "columns", "on_conflict"}:
            if name not in once:
                once.add(name)
                setattr(found, name, value)
            continue
        if value is None:
            continue
        match name.rpartition(".")[2]:
            case "order":
                found.orders.append((name, value))
            case "and" | "or":
                found.trees.append((name, value))
            case "limit" | "offset":
                found.ranges.append((name, value))
            case _:
                found.others.append((name, value))
    return found
