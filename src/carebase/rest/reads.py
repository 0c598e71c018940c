"""What has to be on record of a statement before its answer leaves: which rows of tracked tables it showed.

Pure. Statements report the keys of tracked rows themselves, at the root and in every embed, each with the column that
leads to the record it belongs to.
"""

from __future__ import annotations

import hashlib
import hmac
import json
from collections.abc import Iterator, Mapping, Sequence
from typing import Any, Final, TypeVar

from carebase.audit import log
from carebase.rest import plan, syntax
from carebase.rest.catalogue import Name
from carebase.rest.tracking import Reported

DIRECT: Final = frozenset({"id", "patient_id", "record_id"})
"""What leads to the record by being its own id; all else leads there by way of the database."""


def tracked(read: plan.Read) -> tuple[Reported, ...]:
    """All tracked rows that a statement may show or tell of, those of the root first, each once."""
    asked = () if read.asking is None else read.asking.of
    return tuple(dict.fromkeys((*_shown(read.root), *asked, *read.written)))


def tells_values(read: plan.Read) -> bool:
    """Whether values that are compared go on record with the answer, hashed."""
    return bool(_told(read))


def of_rows(read: plan.Read, seen: bytes | None, *, key: bytes) -> list[Mapping[str, Any]]:
    """The reads of an answered statement; one without keys where it found nothing.

    `key` is that of the hash under which values of filters are kept, for what is told without a row.
    """
    shown = tuple(dict.fromkeys(_shown(read.root)))
    told = _told(read)
    if not shown and not told:
        return []
    reported: Mapping[str, Sequence[Sequence[Any]]] = json.loads(seen) if seen else {}
    details = _question(read, key) if told else {}
    notes: list[Mapping[str, Any]] = []
    on_record: set[Name] = set()
    for one in shown:
        # What is outside of an outer join has no key.
        width = len(one.keys)
        rows = [
            row
            for row in reported.get(one.label) or ()
            if row[0] is not None or any(value is not None for value in row[1:width])
        ]
        if rows:
            notes.append(_note(one, rows, details=details))
            on_record.add(one.records)
    for one in told:
        if one.records not in on_record:
            notes.append(log.read_of(str(one.records), (), details=_through(one, details)))
            on_record.add(one.records)
    return notes or [log.read_of(str(shown[0].records), (), details=_through(shown[0], details))]


def of_failure(read: plan.Read, state: str) -> list[Mapping[str, Any]]:
    """The reads of a statement that failed: an error may tell of rows too."""
    relations = dict.fromkeys(one.records for one in tracked(read))
    return [log.read_of(str(relation), (), details={"failed": state}) for relation in relations]


def _note(reported: Reported, rows: Sequence[Sequence[Any]], *, details: Mapping[str, object]) -> Mapping[str, Any]:
    keys: list[object] = []
    led_by: dict[str, None] = {}
    path, column = reported.patient_path, reported.patient_column
    place = None if column is None else reported.columns.index(column)
    width = len(reported.keys)
    for row in rows:
        keys.append(_text(row[0]) if width == 1 else dict(zip(reported.names, row[:width], strict=True)))
        if place is not None and row[place] is not None:
            led_by[_text(row[place])] = None
    relation, details = str(reported.records), _through(reported, details)
    if path is None or path in DIRECT:
        return log.read_of(relation, keys, patients=tuple(led_by), details=details)
    return log.read_of(relation, keys, leads={path: tuple(led_by)} if led_by else None, details=details)


def _through(reported: Reported, details: Mapping[str, object]) -> Mapping[str, object]:
    """The details with what was read, where the entry names something else."""
    return details if reported.source == reported.records else {**details, "through": str(reported.source)}


def _text(value: Any) -> str:
    return value if isinstance(value, str) else json.dumps(value)


# --- the tree of a read --------------------------------------------------------------------------------------------


def _nodes(node: plan.Node) -> Iterator[plan.Node]:
    """The node and all that is embedded in it."""
    yield node
    for embed in node.embeds:
        yield from _nodes(embed.node)


def _shown(node: plan.Node) -> Iterator[Reported]:
    """What is tracked of a node, of junctions to what is embedded in it, and of all that."""
    yield from node.seen
    for embed in node.embeds:
        yield from embed.junction_seen
        yield from _shown(embed.node)


# --- what tells something without showing a row --------------------------------------------------------------------


def _told(read: plan.Read) -> tuple[Reported, ...]:
    """The tracked rows of which something is told that their keys do not say: how many, whether there are any."""
    found: list[Reported] = []
    if read.asking is not None:
        found += read.asking.of
    if read.is_total_wanted or read.is_total_guessed or (read.form is plan.Form.NOTHING and not read.written):
        found += read.root.seen
    for node in _nodes(read.root):
        if node.is_grouped:
            found += _shown(node)
        for embed in _deciding(node):
            found += (*embed.junction_seen, *_shown(embed.node))
    return tuple(dict.fromkeys(found))


def _deciding(node: plan.Node) -> Iterator[plan.Embed]:
    """The embeds that have a say in which rows are shown, or in which order."""
    named = {term.embed for term in node.order} | {one.embed for one in _each(node.filters, plan.Presence)}
    for at, embed in enumerate(node.embeds):
        if embed.is_inner or at in named:
            yield embed


def _question(read: plan.Read, key: bytes) -> dict[str, object]:
    """What was asked: columns and operators, and the values so that equal questions can be told, not read."""
    asking = read.asking
    asked = [(name, one) for name, node in _named(read.root) for one in _each(node.filters, plan.Condition)]
    if asking is not None:
        asked += [("", one) for one in _each(asking.filters, plan.Condition)]
    values = json.dumps([one.value for _, one in asked], ensure_ascii=True)
    outputs = [output for node in _nodes(read.root) for output in node.outputs if isinstance(output, plan.Column)]
    details: dict[str, object] = {
        "counted": read.is_total_wanted or read.is_total_guessed,
        "aggregates": [
            f"{output.aggregate}({output.field.column if output.field else '*'})"
            for output in outputs
            if output.aggregate is not None
        ],
        "filters": [
            f"{'not.' if one.is_negated else ''}{name}{one.field.column}.{one.operator}" for name, one in asked
        ],
        "values": hmac.new(key, values.encode(), hashlib.sha256).hexdigest() if asked else None,
    }
    if asking is not None and asking.function is not None:
        details["function"] = str(asking.function)
    if asking is not None and asking.compared:
        details["compared"] = list(asking.compared)
    return details


def _named(node: plan.Node, name: str = "") -> Iterator[tuple[str, plan.Node]]:
    """Every node with what stands in front of its columns: nothing at the root, the names of tables below."""
    yield name, node
    for embed in node.embeds:
        yield from _named(embed.node, f"{name}{embed.relationship.target.name}.")


Kind = TypeVar("Kind", plan.Condition, plan.Presence)


def _each(filters: Sequence[plan.Filter], kind: type[Kind]) -> Iterator[Kind]:
    for one in filters:
        if isinstance(one, plan.Group):
            yield from _each(one.members, kind)
        elif isinstance(one, kind):
            yield one


def names_of(request: syntax.Request) -> frozenset[str]:
    """The relations and functions that the client named itself, so that an error may name them too."""
    return frozenset({request.target, *_embedded(request.select)})


def _embedded(items: Sequence[syntax.SelectItem]) -> Iterator[str]:
    for item in items:
        if isinstance(item, syntax.Embed):
            yield item.relation
            yield from _embedded(item.items)
