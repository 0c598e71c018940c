"""What has to be on record of a statement before its answer leaves: which rows of tracked tables it showed.

Pure. Statements report the keys of tracked rows themselves, at the root and in every embed, each with the column that
leads to the record it belongs to.
"""

from __future__ import annotations

import hashlib
import hmac
import json
from collections.abc import Iterator, Mapping, Sequence
from typing import Any, Final, assert_never

from carebase.audit import log
from carebase.rest import plan, syntax
from carebase.rest.catalogue import Name
from carebase.rest.schema import Tracked

DIRECT: Final = frozenset({"id", "patient_id", "record_id"})
"""Columns whose value is the record's own id; all others lead there by way of the database."""


def tracked_tables(read: plan.Read) -> tuple[Name, ...]:
    """The tracked tables that a read touches, the root's first, each once."""
    return tuple(dict.fromkeys(node.table for node in nodes(read.root) if node.seen and node.table is not None))


def nodes(node: plan.Node) -> Iterator[plan.Node]:
    """The node and all that is embedded in it."""
    yield node
    for embed in node.embeds:
        yield from nodes(embed.node)


def of_rows(
    read: plan.Read, seen: bytes | None, *, tracked: Mapping[Name, Tracked], key: bytes
) -> list[Mapping[str, Any]]:
    """The reads of an answered statement; one without keys where it found nothing.

    `key` is that of the hash under which values of filters are kept, for counts and aggregates.
    """
    touched = tracked_tables(read)
    if not touched:
        return []
    reported: Mapping[str, Sequence[Sequence[Any]]] = json.loads(seen) if seen else {}
    details = _question(read, key) if _tells_without_rows(read) else {}
    notes = []
    for table in touched:
        rows = reported.get(str(table)) or []
        if rows:
            notes.append(_note(table, tracked[table], rows, details=details))
    return notes or [log.read_of(str(touched[0]), (), details=details)]


def of_failure(read: plan.Read, state: str) -> list[Mapping[str, Any]]:
    """The reads of a statement that failed: an error may tell of rows too."""
    return [log.read_of(str(table), (), details={"failed": state}) for table in tracked_tables(read)]


def _note(
    table: Name, tracked: Tracked, rows: Sequence[Sequence[Any]], *, details: Mapping[str, object]
) -> Mapping[str, Any]:
    keys: list[object] = []
    led_by: dict[str, None] = {}
    path = tracked.patient_path
    place = None if path is None else tracked.columns.index(path)
    for row in rows:
        named = row[: len(tracked.keys)]
        keys.append(_text(named[0]) if len(named) == 1 else dict(zip(tracked.keys, named, strict=True)))
        if place is not None and row[place] is not None:
            led_by[_text(row[place])] = None
    if path is None or path in DIRECT:
        return log.read_of(str(table), keys, patients=tuple(led_by), details=details)
    return log.read_of(str(table), keys, leads={path: tuple(led_by)} if led_by else None, details=details)


def _text(value: Any) -> str:
    return value if isinstance(value, str) else json.dumps(value)


# --- what tells something without showing a row --------------------------------------------------------------------


def _tells_without_rows(read: plan.Read) -> bool:
    aggregates = (
        isinstance(output, plan.Column) and output.aggregate is not None
        for node in nodes(read.root)
        for output in node.outputs
    )
    return read.is_total_wanted or read.form is plan.Form.NOTHING or any(aggregates)


def _question(read: plan.Read, key: bytes) -> dict[str, object]:
    """What was asked: columns and operators, and the values so that equal questions can be told, not read."""
    asked = [one for node in nodes(read.root) for one in _conditions(node.filters)]
    values = json.dumps([one.value for one in asked], ensure_ascii=True)
    outputs = [output for node in nodes(read.root) for output in node.outputs if isinstance(output, plan.Column)]
    return {
        "counted": read.is_total_wanted,
        "aggregates": [
            f"{output.aggregate}({output.field.column if output.field else '*'})"
            for output in outputs
            if output.aggregate is not None
        ],
        "filters": [f"{'not.' if one.is_negated else ''}{one.field.column}.{one.operator}" for one in asked],
        "values": hmac.new(key, values.encode(), hashlib.sha256).hexdigest() if asked else None,
    }


def _conditions(filters: Sequence[plan.Filter]) -> Iterator[plan.Condition]:
    for one in filters:
        match one:
            case plan.Condition():
                yield one
            case plan.Group(members=members):
                yield from _conditions(members)
            case plan.Presence():
                pass
            case _:
                assert_never(one)


def names_of(request: syntax.Request) -> frozenset[str]:
    """The relations and functions that the client named itself, so that an error may name them too."""
    return frozenset({request.target, *_embedded(request.select)})


def _embedded(items: Sequence[syntax.SelectItem]) -> Iterator[str]:
    for item in items:
        if isinstance(item, syntax.Embed):
            yield item.relation
            yield from _embedded(item.items)
