"""Describes the API of one schema in OpenAPI 2, as PostgREST does: what its clients' generators read.

Pure: made of the catalogue alone, and of that only what the role may use in some way. Comments of the database become
descriptions; the first line of one is its summary.
"""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping
from functools import lru_cache
from typing import Any, Final, TypeAlias
from urllib.parse import quote, urlsplit

from carebase.rest import openapi_types
from carebase.rest.catalogue import ByKey, Catalogue, Function, Name, Table, Visible, Volatility
from carebase.rest.syntax import Media

Json: TypeAlias = "dict[str, Any]"

TITLE: Final = "Data API"
DESCRIPTION: Final = "Tables, views and functions over HTTP, as PostgREST has them."
OF_ROWS: Final = [Media.JSON.value, Media.OBJECT_STRIPPED.value, Media.OBJECT.value]
MEDIA: Final = [*OF_ROWS, Media.CSV.value]
BODIES: Final = {"text": Media.TEXT, "xml": Media.XML, "bytea": Media.OCTETS}
"""What a function takes as a whole, where that is not JSON."""
RETURNS: Final = ["return=representation", "return=minimal", "return=headers-only"]
RESOLUTIONS: Final = ["resolution=ignore-duplicates", "resolution=merge-duplicates"]
COUNTS: Final = ["count=exact", "count=planned", "count=estimated"]
RESERVED: Final = frozenset({"select", "columns", "order", "limit", "offset", "on_conflict", "and", "or"})
"""Parameters with a meaning of their own: a column that is called so cannot be filtered by its name."""
IN_FRAGMENT: Final = "~!$&'()*+,;=:@"
DOCUMENTATION: Final = {
    "description": "PostgREST Documentation",
    "url": "https://postgrest.org/en/v14/references/api.html",
}


@lru_cache(maxsize=16)
def document(catalogue: Catalogue, *, schema: str, role: str, address: str, version: str) -> bytes:
    """The description as JSON, made once. `address` is where the API is found, `version` that of the server."""
    return json.dumps(
        described(catalogue, schema=schema, role=role, address=address, version=version),
        ensure_ascii=False,
        separators=(",", ":"),
    ).encode("utf-8", "replace")


def described(catalogue: Catalogue, *, schema: str, role: str, address: str, version: str) -> Json:
    """The description."""
    visible = catalogue.seen_by(role)
    tables = [catalogue.tables[name] for name in _named(catalogue.tables, visible.tables, schema)]
    functions = [catalogue.functions[name][-1] for name in _named(catalogue.functions, visible.functions, schema)]
    title, description = _split(catalogue.comments.get(schema))
    where = urlsplit(address)
    return {
        "swagger": "2.0",
        "info": {
            "title": title or TITLE,
            "description": (description or "") if title else DESCRIPTION,
            "version": version,
        },
        "host": where.netloc,
        "basePath": where.path or "/",
        "schemes": [where.scheme],
        "consumes": MEDIA,
        "produces": MEDIA,
        "paths": {
            "/": _root(),
            **{f"/{_in_path(table.name.name)}": _operations(table) for table in tables},
            **{f"/rpc/{_in_path(function.name.name)}": _calls(function) for function in functions},
        },
        "definitions": {table.name.name: _definition(table, catalogue, visible) for table in tables},
        "parameters": {**_common(), **dict(one for table in tables for one in _of_table(table))},
        "externalDocs": DOCUMENTATION,
    }


def _named(there: Mapping[Name, object], seen: frozenset[Name], schema: str) -> list[Name]:
    return sorted(name for name in there if name.schema == schema and name in seen)


# --- tables --------------------------------------------------------------------------------------------------------


def _root() -> Json:
    return {
        "get": {
            "tags": ["Introspection"],
            "summary": "OpenAPI description (this document)",
            "produces": [Media.OPENAPI.value, Media.JSON.value],
            "responses": {"200": {"description": "OK"}},
        }
    }


def _operations(table: Table) -> Json:
    name = table.name.name
    told = {"tags": [name], **_told(table.comment)}
    filters = [_parameter(f"rowFilter.{name}.{column}") for column in table.columns if column not in RESERVED]
    body = _parameter(f"body.{name}")
    shown = {"description": "OK", "schema": {"type": "array", "items": {"$ref": _pointer("definitions", name)}}}
    ranged = ("select", "order", "range", "rangeUnit", "offset", "limit", "preferCount")
    made: Json = {
        "get": {
            **told,
            "parameters": [*filters, *(_parameter(one) for one in ranged)],
            "responses": {"200": shown, "206": {"description": "Partial Content"}},
        }
    }
    if table.is_insertable:
        made["post"] = {
            **told,
            "parameters": [body, _parameter("select"), _parameter("preferPost")],
            "responses": {"201": {"description": "Created"}},
        }
    gone = {"204": {"description": "No Content"}}
    if table.is_deletable:
        made["delete"] = {**told, "parameters": [*filters, _parameter("preferReturn")], "responses": gone}
    if table.is_updatable:
        made["patch"] = {**told, "parameters": [*filters, body, _parameter("preferReturn")], "responses": gone}
    return made


def _definition(table: Table, catalogue: Catalogue, visible: Visible) -> Json:
    made: Json = {"type": "object"}
    if table.comment:
        made["description"] = table.comment
    if required := [column.name for column in table.columns.values() if not column.is_nullable]:
        made["required"] = required
    targets = _targets(table, catalogue, visible)
    if table.columns:
        made["properties"] = {
            name: openapi_types.column(column, note=_note(name, table, targets))
            for name, column in table.columns.items()
        }
    return made


def _note(name: str, table: Table, targets: Mapping[str, tuple[str, str]]) -> str:
    """What tools look for to know keys by."""
    said = ["This is a Primary Key.<pk/>"] if name in table.key else []
    if name in targets:
        target, column = targets[name]
        said.append(f"This is a Foreign Key to `{target}.{column}`.<fk table='{target}' column='{column}'/>")
    return "\n".join(["Note:", *said]) if said else ""


def _targets(table: Table, catalogue: Catalogue, visible: Visible) -> dict[str, tuple[str, str]]:
    """Columns that by themselves refer to another relation, and to what: a table rather than a view of it."""
    found: dict[str, tuple[str, str]] = {}
    keys = [
        one
        for one in catalogue.relationships.get(table.name, ())
        if isinstance(one, ByKey) and one.holds_key and len(one.columns) == 1
    ]
    for one in sorted(keys, key=lambda one: one.is_target_view):
        is_shown = one.target in catalogue.tables and one.target in visible.tables
        if is_shown and one.target.schema == table.name.schema:
            ((column, target),) = one.columns
            found.setdefault(column, (one.target.name, target))
    return found


def _of_table(table: Table) -> Iterator[tuple[str, Json]]:
    name = table.name.name
    schema = {"$ref": _pointer("definitions", name)}
    yield f"body.{name}", {"name": name, "description": name, "in": "body", "required": False, "schema": schema}
    for column in table.columns.values():
        if column.name in RESERVED:
            continue
        told = {"description": column.comment} if column.comment else {}
        written = {"name": column.name, **told, "in": "query", "required": False, "type": "string"}
        yield f"rowFilter.{name}.{column.name}", written


# --- functions -----------------------------------------------------------------------------------------------------


def _calls(function: Function) -> Json:
    schema = function.name.schema
    told = {"tags": [f"(rpc) {function.name.name}"], **_told(function.comment), "produces": OF_ROWS}
    responses = {"200": {"description": "OK"}}
    made: Json = {}
    # What takes a body as a whole cannot be called without one.
    if function.volatility is not Volatility.VOLATILE and function.unnamed is None:
        arguments = [openapi_types.parameter(one, schema=schema) for one in function.arguments]
        made["get"] = {**told, **({"parameters": arguments} if arguments else {}), "responses": responses}
    body = {"name": "args", "in": "body", "required": True, "schema": _body(function)}
    made["post"] = {**told, "parameters": [body, _parameter("preferParams")], "responses": responses}
    if function.unnamed is not None and (media := BODIES.get(function.unnamed.type)):
        made["post"]["consumes"] = [media.value]
    return made


def _body(function: Function) -> Json:
    schema = function.name.schema
    told = {"description": function.comment} if function.comment else {}
    if function.unnamed is not None:
        return {**openapi_types.argument(function.unnamed, schema=schema), **told}
    made: Json = {"type": "object", **told}
    if function.arguments:
        made["properties"] = {one.name: openapi_types.argument(one, schema=schema) for one in function.arguments}
    if required := [one.name for one in function.arguments if one.is_required]:
        made["required"] = required
    return made


# --- what all share ------------------------------------------------------------------------------------------------


def _common() -> Json:
    found = {
        "preferParams": _header("Prefer", "Preference"),
        "preferReturn": {**_header("Prefer", "Preference"), "enum": RETURNS},
        "preferCount": {**_header("Prefer", "Preference"), "enum": COUNTS},
        "preferPost": {**_header("Prefer", "Preference"), "enum": [*RETURNS, *RESOLUTIONS]},
        "range": _header("Range", "Limiting and Pagination"),
        "rangeUnit": {**_header("Range-Unit", "Limiting and Pagination"), "default": "items"},
    }
    asked = {
        "select": "Filtering Columns",
        "on_conflict": "On Conflict",
        "order": "Ordering",
        "offset": "Limiting and Pagination",
        "limit": "Limiting and Pagination",
    }
    found |= {
        name: {"name": name, "description": described, "in": "query", "required": False, "type": "string"}
        for name, described in asked.items()
    }
    return found


def _header(name: str, description: str) -> Json:
    return {"name": name, "description": description, "in": "header", "required": False, "type": "string"}


def _told(comment: str | None) -> Json:
    summary, description = _split(comment)
    return {
        **({"summary": summary} if summary else {}),
        **({"description": description} if description else {}),
    }


def _split(comment: str | None) -> tuple[str, str]:
    """The first line of a comment and, without the empty lines between, the rest.

    >>> _split("Cases\\n\\nOne for each\\nquestion")
    ('Cases', 'One for each\\nquestion')
    """
    first, _, rest = (comment or "").partition("\n")
    return first.strip(), rest.lstrip("\n")


def _parameter(name: str) -> Json:
    return {"$ref": _pointer("parameters", name)}


def _pointer(where: str, name: str) -> str:
    """Where something is in the description (RFC 6901), written as the end of an address."""
    escaped = name.replace("~", "~0").replace("/", "~1")
    return f"#/{where}/{quote(escaped, safe=IN_FRAGMENT)}"


def _in_path(name: str) -> str:
    # Braces would be a place for a parameter.
    return name.replace("{", "%7B").replace("}", "%7D")
