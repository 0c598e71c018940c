"""Opens the body of a write or a call just far enough to know which names are in it.

Pure. The values stay where they are: PostgreSQL gets the body as one parameter and opens it there, so no value is ever
written into a statement. CSV and forms are written as JSON first.
"""

from __future__ import annotations

import csv
import io
from dataclasses import dataclass
from typing import Final, assert_never

import orjson

from carebase.rest import errors
from carebase.rest.parsing import parameters
from carebase.rest.syntax import Payload, Request

BLANK: Final = b" \t\r\n"
"""What JSON lets stand around a value."""
MEDIA_TYPES: Final = {
    Payload.TEXT: "text/plain",
    Payload.XML: "text/xml",
    Payload.OCTETS: "application/octet-stream",
}


@dataclass(frozen=True, slots=True, kw_only=True)
class Rows:
    """Objects as JSON: one, or an array of them, and the names that are taken out of them, in alphabetical order."""

    json: str
    names: tuple[str, ...]
    is_object: bool


NO_ROWS: Final = Rows(json="[]", names=(), is_object=False)
ONE_EMPTY_ROW: Final = Rows(json="{}", names=(), is_object=True)


def rows(request: Request) -> Rows:
    """The rows that a table, or a function by their names, is to take. Raises `errors.InvalidBody`.

    >>> rows(Request(action="insert", method="POST", target="t", body=b'[{"b": 1, "a": null}]')).names
    ('a', 'b')
    """
    match request.payload:
        case Payload.JSON | None if request.columns is not None:
            return _chosen(request.body, request.columns)
        case Payload.JSON | None if request.is_function and not request.body:
            return ONE_EMPTY_ROW
        case Payload.JSON | None:
            return _of_json(request.body)
        case Payload.CSV:
            return _of_csv(request.body)
        case Payload.FORM:
            # Of a name that is there twice the last one counts, as in an object of JSON.
            fields = dict(form(request.body))
            return Rows(json=orjson.dumps(fields).decode(), names=tuple(sorted(fields)), is_object=True)
        case Payload.TEXT | Payload.XML | Payload.OCTETS:
            raise errors.InvalidBody(f"Content-Type not acceptable: {MEDIA_TYPES[request.payload]}")
        case _:
            assert_never(request.payload)


def form(body: bytes) -> tuple[tuple[str, str], ...]:
    """The fields of a form, in their order.

    >>> form(b"a=1&b=two+words&a=%C3%A9")
    (('a', '1'), ('b', 'two words'), ('a', 'é'))
    """
    return tuple((name, value or "") for name, value in parameters.pairs(body) if name)


def text(body: bytes) -> str:
    """The body as text. Raises `errors.InvalidBody`, or `errors.ZeroByte` for the character no text can hold."""
    try:
        decoded = body.decode()
    except UnicodeDecodeError:
        raise errors.InvalidBody("The body is not written in UTF-8") from None
    if "\0" in decoded:
        raise errors.ZeroByte
    return decoded


def _chosen(body: bytes, columns: tuple[str, ...]) -> Rows:
    # Named columns are taken out whatever else is in there, so nothing has to be looked at before PostgreSQL does.
    is_object = body.lstrip(BLANK).startswith(b"{")
    return Rows(json=text(body), names=tuple(sorted(set(columns))), is_object=is_object)


def _of_json(body: bytes) -> Rows:
    try:
        value = orjson.loads(body)
    except orjson.JSONDecodeError:
        raise errors.InvalidBody from None
    match value:
        case dict():
            return Rows(json=body.decode(), names=tuple(sorted(value)), is_object=True)
        case [dict() as first, *others]:
            if any(not isinstance(other, dict) or other.keys() != first.keys() for other in others):
                raise errors.InvalidBody("All object keys must match")
            return Rows(json=body.decode(), names=tuple(sorted(first)), is_object=False)
        case [_, *_]:
            raise errors.InvalidBody("All object keys must match")
        case _:
            # A bare value has no rows, as an empty array has none.
            return NO_ROWS


def _of_csv(body: bytes) -> Rows:
    """Lines below a line of names; the word NULL stands for no value, nothing at all for the empty text."""
    try:
        lines = list(csv.reader(io.StringIO(text(body), newline=""), strict=True))
    except csv.Error:
        raise errors.InvalidBody("Empty or invalid csv") from None
    if not lines:
        raise errors.InvalidBody("Empty or invalid csv")
    # An empty line holds nothing, but as the first it names one column, by the empty name.
    names, values = lines[0] or [""], [line for line in lines[1:] if line]
    if any(len(line) != len(names) for line in values):
        raise errors.InvalidBody("All lines must have same number of fields")
    if not values:
        return NO_ROWS
    found = [
        {name: None if value == "NULL" else value for name, value in zip(names, line, strict=True)} for line in values
    ]
    return Rows(json=orjson.dumps(found).decode(), names=tuple(sorted(set(names))), is_object=False)
