"""Remembers what requests of one shape come to, so that each shape is parsed, planned and written as SQL once.

Two requests are of one shape when they differ only in values that PostgreSQL gets as parameters: what a column is
compared with, what a function is given, the values of a body. Which values those are is not reasoned out but tried: a
shape is learned from a request in which each of them is a mark, and what comes of the marks says where values belong.
"""

from __future__ import annotations

import re
import secrets
from collections import OrderedDict
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from functools import lru_cache
from typing import Final, TypeAlias

import orjson

from carebase.database.exchange import Statement
from carebase.rest import bodies, reads
from carebase.rest.errors import RestError
from carebase.rest.parsing import media, parameters
from carebase.rest.render_text import array
from carebase.rest.schema import Known
from carebase.rest.syntax import Action, Operator, Payload, Request
from carebase.rest.work import Work

MOST_SHAPES: Final = 512
LONGEST_QUERY: Final = 4_096
"""Bytes; longer ones are not worth their place."""
DECISIVE: Final = frozenset(
    {"accept", "accept-profile", "content-profile", "content-type", "prefer", "range", "range-unit"}
)
"""Headers a request is read from."""
WRITTEN_OUT: Final = frozenset({"select", "columns", "on_conflict", "order", "and", "or", "limit", "offset"})
"""Parameters whose text is part of the shape."""

_COMPARED = re.compile(r"(?:eq|neq|gt|gte|lt|lte)\.")
_LISTED = re.compile(r"in\.\(([^\"()\\,%+\s]+(?:,[^\"()\\,%+\s]+){0,199})\)")
_ARGUMENT = re.compile(r"[A-Za-z0-9_-]+")
_OPERATOR = re.compile(rf"(?:not|{'|'.join(operator.value for operator in Operator)})(?![a-z])")

Prepare: TypeAlias = "Callable[[Raw], Prepared]"
Key: TypeAlias = "tuple[object, ...]"


@dataclass(frozen=True, slots=True, kw_only=True)
class Raw:
    """A request as it came; `path` is what follows the API's own address."""

    method: str
    path: str
    query: bytes
    headers: Sequence[tuple[str, str]]
    body: bytes


@dataclass(frozen=True, slots=True)
class Prepared:
    """What is to be done for a request, with what its errors have to know of it."""

    request: Request
    work: Work | None
    """None where only the methods of the address are asked for."""
    named: frozenset[str]
    """Relations and functions that the client named itself."""


@dataclass(frozen=True, slots=True)
class Hole:
    """A value of a request that its shape leaves open."""

    place: int
    """Among the parameters."""
    before: str
    values: tuple[str, ...]
    """Its text; the members of a list."""
    after: str = ""

    @property
    def parameter(self) -> str:
        """What PostgreSQL gets."""
        return array(self.values) if self.after else self.values[0]

    def marked(self, mark: str) -> Hole:
        """The same hole with a mark in it."""
        return Hole(self.place, self.before, (mark,), self.after)

    @property
    def written(self) -> str:
        """As it stands in the address."""
        return f"{self.before}{','.join(self.values)}{self.after}"


@dataclass(frozen=True, slots=True)
class Learned:
    """A shape: what it comes to, and where values belong: (statement, parameter, hole; -1 is the body)."""

    prepared: Prepared
    places: tuple[tuple[int, int, int], ...]

    def filled(self, holes: Sequence[Hole], body: bytes) -> Prepared:
        """The shape with the values of one request."""
        made = self.prepared.work
        if made is None or not self.places:
            return self.prepared
        values = [list(statement.values) for statement in made.statements]
        for statement, parameter, hole in self.places:
            values[statement][parameter] = bodies.text(body) if hole < 0 else holes[hole].parameter
        statements = tuple(
            Statement(statement.text, filled) for statement, filled in zip(made.statements, values, strict=True)
        )
        prepared = self.prepared
        return Prepared(prepared.request, made.with_statements(statements), prepared.named)


class Shapes:
    """The shapes seen lately; they belong to one state of the catalogue and of the configuration."""

    def __init__(self, *, most: int = MOST_SHAPES) -> None:
        self._most = most
        self._kept: OrderedDict[Key, Learned | None] = OrderedDict()
        """None for one that was seen once, or cannot be learned."""
        self._unfit: set[Key] = set()

    def __len__(self) -> int:
        return len(self._kept)

    def prepared(self, raw: Raw, *, role: str, prepare: Prepare) -> Prepared:
        """What the request comes to: by its shape, else by `prepare`, whose errors are the request's."""
        taken = _taken_apart(raw, role)
        if taken is None:
            return prepare(raw)
        key, holes = taken
        if key in self._kept:
            self._kept.move_to_end(key)
            learned = self._kept[key]
            if learned is None and key not in self._unfit:
                learned = self._kept[key] = _learned(raw, holes, prepare)
                if learned is None:
                    self._unfit.add(key)
            return prepare(raw) if learned is None else learned.filled(holes, raw.body)
        made = prepare(raw)
        self._kept[key] = None
        if len(self._kept) > self._most:
            oldest, _ = self._kept.popitem(last=False)
            self._unfit.discard(oldest)
        return made


class ShapesByState:
    """The shapes of the catalogue that requests are planned with just now."""

    def __init__(self) -> None:
        self._known: Known | None = None
        self._shapes = Shapes()

    def of(self, known: Known) -> Shapes:
        """The shapes that belong to it; none are left of an earlier one."""
        if known is not self._known:
            self._known, self._shapes = known, Shapes()
        return self._shapes


def prepared(request: Request, made: Work | None) -> Prepared:
    """What a request comes to that was read and planned."""
    return Prepared(request, made, reads.names_of(request))


# --- taking apart --------------------------------------------------------------------------------------------------


def _taken_apart(raw: Raw, role: str) -> tuple[Key, list[Hole]] | None:
    """The shape and what fills it; None where nothing is to be gained or much to be minded."""
    query = raw.query.decode("latin-1")
    if len(query) > LONGEST_QUERY or ";" in query or raw.method == "OPTIONS":
        return None
    body = _shape_of_body(raw, query)
    if body is None:
        return None
    is_reading_call = raw.path.startswith("/rpc/") and raw.method in {"GET", "HEAD"}
    parts: list[object] = []
    holes: list[Hole] = []
    for place, entry in enumerate(query.split("&") if query else ()):
        hole = _hole(entry, place, is_reading_call=is_reading_call)
        if hole is None:
            parts.append(entry)
        else:
            holes.append(hole)
            parts.append((hole.before, hole.after))
    headers = tuple([header for header in raw.headers if header[0] in DECISIVE])
    return (role, raw.method, raw.path, tuple(parts), headers, body), holes


@lru_cache(maxsize=2048)
def _hole(entry: str, place: int, *, is_reading_call: bool) -> Hole | None:
    name, equals, value = entry.partition("=")
    if not equals or not entry.isascii() or "%" in name or name.rpartition(".")[2] in WRITTEN_OUT:
        return None
    if found := _COMPARED.match(value):
        try:
            return Hole(place, f"{name}={found[0]}", (parameters.decoded(value[found.end() :]),))
        except RestError:
            return None  # Read as a whole, it is refused in its own words.
    if found := _LISTED.fullmatch(value):
        return Hole(place, f"{name}=in.(", tuple(found[1].split(",")), ")")
    is_argument = is_reading_call and _ARGUMENT.fullmatch(value) and not _OPERATOR.match(value)
    return Hole(place, f"{name}=", (value,)) if is_argument else None


def _shape_of_body(raw: Raw, query: str) -> Key | None:
    """What of a body is part of the shape: its names and whether it is an object; None where that is not simple."""
    if raw.method in {"GET", "HEAD", "DELETE"}:
        return () if not raw.body else None
    kind = next((text for name, text in raw.headers if name == "content-type"), None)
    try:
        is_json = media.payload(kind, is_function=raw.path.startswith("/rpc/")) in {Payload.JSON, None}
        value = orjson.loads(raw.body) if is_json and raw.body else None
    except (RestError, orjson.JSONDecodeError):
        return None
    if "columns=" in query:
        return ("chosen", isinstance(value, dict)) if isinstance(value, dict | list) else None
    match value:
        case dict():
            return ("object", *sorted(value))
        case [dict() as first, *others]:
            # Of different members nothing is inserted; that is told by reading it as a whole.
            return None if any(type(one) is not dict or one.keys() != first.keys() for one in others) else (
                "rows", *sorted(first)
            )  # fmt: skip
        case _:
            return None


# --- learning ------------------------------------------------------------------------------------------------------


def _learned(raw: Raw, holes: Sequence[Hole], prepare: Prepare) -> Learned | None:
    """The shape of a request; None where its values go elsewhere than into parameters of their own."""
    stem = f"Z{secrets.token_hex(6)}x"
    marks = [f"{stem}{at}y" for at in range(len(holes))]
    entries = raw.query.decode("latin-1").split("&")
    marked = [hole.marked(mark) for hole, mark in zip(holes, marks, strict=True)]
    for hole in marked:
        entries[hole.place] = hole.written
    query = "&".join(entries).encode("latin-1")
    try:
        prepared = prepare(Raw(method=raw.method, path=raw.path, query=query, headers=raw.headers, body=raw.body))
    except RestError:
        return None
    made = prepared.work
    if made is None or prepared.request.action is Action.DESCRIBE:
        return None
    if holes and reads.tells_values(made.read):
        return None
    places = _places(made, marked, marks, body=raw.body)
    return None if places is None else Learned(prepared, places)


def _places(
    made: Work, holes: Sequence[Hole], marks: Sequence[str], *, body: bytes
) -> tuple[tuple[int, int, int], ...] | None:
    expected = {hole.parameter: at for at, hole in enumerate(holes)}
    text = bodies.text(body) if body else None
    found: list[tuple[int, int, int]] = []
    for number, statement in enumerate(made.statements):
        if any(mark in statement.text for mark in marks):
            return None
        for place, value in enumerate(statement.values):
            if not isinstance(value, str):
                continue
            if value in expected:
                found.append((number, place, expected[value]))
            elif value == text:
                found.append((number, place, -1))
            elif any(mark in value for mark in marks):
                return None
    filled = [hole for _, _, hole in found]
    is_complete = set(range(len(holes))) <= set(filled) and (text is None or filled.count(-1) == 1)
    return tuple(found) if is_complete else None
