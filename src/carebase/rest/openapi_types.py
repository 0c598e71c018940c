"""Says in the words of OpenAPI 2 what types of PostgreSQL are in JSON.

Pure. In charge of single values: columns and arguments; `openapi` puts them together.
"""

from __future__ import annotations

import json
import re
from typing import Any, Final, TypeAlias

from carebase.rest.catalogue import Argument, Column

Json: TypeAlias = "dict[str, Any]"

TYPES: Final = {
    "boolean": "boolean",
    "smallint": "integer",
    "integer": "integer",
    "bigint": "integer",
    "numeric": "number",
    "real": "number",
    "double precision": "number",
}
"""Whatever is not among them is a string in JSON, but for json itself, which is anything."""
FORMATS: Final = {"smallint": "int32", "integer": "int32", "bigint": "int64"}
ANYTHING: Final = frozenset({"json", "jsonb"})
QUOTED: Final = re.compile(r"E?'((?:[^']|'')*)'(?:::[^']+)?")
"""A constant as PostgreSQL writes defaults: `'none'::text`."""
NUMBER: Final = re.compile(r"[(']?(-?(?:0|[1-9][0-9]*)(?:\.[0-9]+)?)[)']?(?:::[^']+)?")
"""A number, which stands in quotes or brackets where it is below zero."""


def value(kind: str) -> Json:
    """The schema of a value of a type.

    >>> value("integer"), value("jsonb")
    ({'type': 'integer', 'format': 'int32'}, {'format': 'jsonb'})
    >>> value("text[]")
    {'type': 'array', 'format': 'text[]', 'items': {'type': 'string'}}
    """
    if kind.endswith("[]"):
        return {"type": "array", "format": kind, "items": _item(kind.removesuffix("[]"))}
    if kind in ANYTHING:
        return {"format": kind}
    return {"type": TYPES.get(kind, "string"), "format": FORMATS.get(kind, kind)}


def _item(kind: str) -> Json:
    kind = kind.removesuffix("[]")
    return {} if kind in ANYTHING else {"type": TYPES.get(kind, "string")}


def column(given: Column, *, note: str) -> Json:
    """The schema of a column, with what is said of it and, behind that, `note`."""
    found = value(given.type)
    if described := "\n\n".join(part for part in (given.comment, note) if part):
        found["description"] = described
    if given.max_length is not None and found.get("type") == "string":
        found["maxLength"] = given.max_length
    if given.enum:
        found["enum"] = list(given.enum)
    default = _default(given.default, found.get("type")) if given.default else None
    if default is not None:
        found["default"] = default
    return found


def _default(expression: str, kind: str | None) -> Any:
    """What stands where nothing is written; None where only PostgreSQL can tell."""
    match kind:
        case "string":
            quoted = QUOTED.fullmatch(expression)
            return quoted[1].replace("''", "'") if quoted else expression
        case "boolean":
            return {"true": True, "false": False}.get(expression)
        case "integer" | "number":
            number = NUMBER.fullmatch(expression)
            return json.loads(number[1]) if number else None
        case _:
            return None


def argument(given: Argument, *, schema: str) -> Json:
    """The schema of an argument in a body."""
    return value(local(given.type, schema))


def parameter(given: Argument, *, schema: str) -> Json:
    """An argument as a parameter of the address, where all but plain values are written as text."""
    kind = local(given.type, schema)
    written: Json = {"name": given.name, "in": "query", "required": given.is_required}
    if given.is_variadic:
        item = kind.removesuffix("[]")
        format_of_item = FORMATS.get(item, item)
        items = {"type": TYPES.get(item, "string"), "format": format_of_item}
        return {**written, "type": "array", "collectionFormat": "multi", "items": items}
    return {**written, "type": TYPES.get(kind, "string"), "format": FORMATS.get(kind, kind)}


def local(kind: str, schema: str) -> str:
    """A type without the schema that is being described."""
    return kind.removeprefix(f"{schema}.")
