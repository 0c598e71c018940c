# ruff: noqa: S608 - SQL is this module's work; names are quoted and values are parameters.
"""Writes a read that also tells which rows of tracked tables it showed: the keys of its root and of every embed.

Pure. The page is taken first, whole; what is embedded is joined to its rows laterally, body and keys together, so each
row is read once. Keys are gathered level by level, so they cost what the rows cost.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, replace
from typing import Final, assert_never

from carebase.rest import errors, plan, render_fields, render_rows
from carebase.rest.render_fields import Row
from carebase.rest.render_text import Writer, literal, quoted
from carebase.rest.syntax import Aggregate
from carebase.rest.tracking import Reported

SMALL_GROUP: Final = 10
"""Up to so many rows a group tells of its members; CMS lets no cell of 1 to 10 persons be published."""


@dataclass(frozen=True, slots=True)
class Keys:
    """The keys of tracked rows: a row's own, or those gathered from within it."""

    label: str
    """Which rows, as `Reported.label` has it."""
    text: str
    is_own: bool

    def gathered(self) -> str:
        """Those of all rows in one array."""
        if self.is_own:
            return f"coalesce(jsonb_agg({self.text}), '[]')"
        kept = f"jsonb_agg({self.text}) filter (where {self.text} is not null)"
        return f"coalesce(jsonb_path_query_array({kept}, '$[*][*]'), '[]')"


@dataclass(frozen=True, slots=True)
class Seen:
    """What follows `from`, the alias of the rows as they leave, and their keys."""

    text: str
    row: str
    keys: tuple[Keys, ...]


def is_wanted(node: plan.Node) -> bool:
    """Whether anything in the tree is tracked."""
    return bool(node.seen) or any(embed.junction_seen or is_wanted(embed.node) for embed in node.embeds)


def page(root: plan.Node, writer: Writer) -> Seen:
    """The rows of the root."""
    return _rows(root, writer, source=render_rows.origin(root))


def object_of(keys: tuple[Keys, ...]) -> str:
    """The keys of all rows by their label, as one object of JSON."""
    by_label: dict[str, list[str]] = {}
    for one in keys:
        by_label.setdefault(one.label, []).append(one.gathered())
    parts = (f"{literal(label)}, {' || '.join(arrays)}" for label, arrays in by_label.items())
    return f"jsonb_build_object({', '.join(parts)})"


def _rows(
    node: plan.Node,
    writer: Writer,
    *,
    source: str,
    join: str = "",
    is_spread: bool = False,
    beside: Mapping[str, str] | None = None,
) -> Seen:
    """The rows of a node; `beside` are keys, by label, that stand in its source and not in its rows."""
    leaving = f"{node.alias}r"
    if node.is_grouped:
        return _groups(node, writer, source=source, join=join)
    beside = beside or {}
    brought = [_beside(at, node) for at in range(len(beside))]
    columns = [f"{node.alias}.*", *(f"{text} as {name}" for text, name in zip(beside.values(), brought, strict=True))]
    inner = f"select {', '.join(columns)} from {source}"
    inner += render_rows.where([join, *render_rows.conditions(node, writer)])
    inner += render_rows.ordered(node, (), writer) + render_rows.ranged(node, writer)
    laterals: list[str] = []
    keys: list[Keys] = []
    keys.extend(Keys(one.label, key_of(one, node.alias), is_own=True) for one in node.seen)
    keys.extend(Keys(label, f"{node.alias}.{name}", is_own=True) for label, name in zip(beside, brought, strict=True))
    shown = replace(node, outputs=tuple(_written_out(node))) if beside else node
    items = list(_items(shown, writer, laterals=laterals, keys=keys))
    named = (
        text if name is None else f"{text} as {f'c{at}' if is_spread else quoted(name)}"
        for at, (text, name) in enumerate(items)
    )
    text = f"({inner}) {node.alias}{''.join(laterals)} cross join lateral (select {', '.join(named)}) {leaving}"
    return Seen(text, leaving, tuple(keys))


def key_of(reported: Reported, alias: str) -> str:
    """The key of a row and what leads to its record, as an array of JSON."""
    return f"jsonb_build_array({', '.join(f'{alias}.{quoted(name)}' for name in reported.columns)})"


def _beside(at: int, node: plan.Node) -> str:
    """A name that no column of the node has."""
    name = f"{node.alias}k{at}"
    while name in node.columns:
        name += "_"
    return quoted(name)


def _written_out(node: plan.Node) -> Iterator[plan.Output]:
    """The outputs without `*`, which would bring what stands beside the columns."""
    for output in node.outputs:
        if isinstance(output, plan.AllColumns):
            yield from (plan.Column(name=name, field=plan.Field(column=name, type=None)) for name in node.columns)
        else:
            yield output


def _groups(node: plan.Node, writer: Writer, *, source: str, join: str) -> Seen:
    """Groups, each with the keys of its rows where it is so small that it tells of them; a bare count tells of none."""
    leaving = f"{node.alias}r"
    if any(is_wanted(embed.node) or embed.junction_seen for embed in node.embeds):
        raise errors.NotImplementedHere(details="Tracked rows cannot be embedded beside aggregates.")
    if not node.seen or all(_is_count(output) for output in node.outputs):
        return Seen(f"({render_rows.rows(node, writer, source=source, join=join)}) {leaving}", leaving, ())
    names, grouped = list(node.names()), f"{node.alias}g"
    keys = [f"case when count(*) <= {SMALL_GROUP} then jsonb_agg({key_of(one, node.alias)}) end" for one in node.seen]
    columns = [*(f"c{at}" for at in range(len(names))), *(f"k{at}" for at in range(len(keys)))]
    inner = (
        f"({render_rows.rows(node, writer, source=source, join=join, besides=keys)}) {grouped}({', '.join(columns)})"
    )
    named = ", ".join(f"{grouped}.c{at} as {quoted(name)}" for at, name in enumerate(names))
    gathered = (Keys(one.label, f"{grouped}.k{at}", is_own=False) for at, one in enumerate(node.seen))
    return Seen(f"{inner} cross join lateral (select {named}) {leaving}", leaving, tuple(gathered))


def _is_count(output: plan.Output) -> bool:
    return isinstance(output, plan.Column) and output.aggregate is Aggregate.COUNT


def _items(
    node: plan.Node, writer: Writer, *, laterals: list[str], keys: list[Keys]
) -> Iterator[tuple[str, str | None]]:
    """The columns of a row with their names, and on the way what has to be joined for them."""
    are_computed = isinstance(node.origin, plan.FromSource)
    row = Row(node.alias, are_computed=are_computed, whole=render_rows.whole(node))
    for output in node.outputs:
        match output:
            case plan.AllColumns():
                yield f"{node.alias}.*", None
            case plan.Column():
                yield render_fields.output(output, row, writer), output.name
            case _:
                assert_never(output)
    for embed in node.embeds:
        if embed.node.is_empty:
            continue
        made = f"{embed.node.alias}s"
        lateral, names, inside = _lateral(node, embed, writer)
        laterals.append(f" left join lateral ({lateral}) {made} on true")
        keys.extend(Keys(one.label, f"{made}.k{at}", is_own=False) for at, one in enumerate(inside))
        if embed.is_spread:
            yield from ((f"{made}.c{at}", name) for at, name in enumerate(names))
        else:
            yield f"{made}.body", embed.name


def _lateral(parent: plan.Node, embed: plan.Embed, writer: Writer) -> tuple[str, list[str], tuple[Keys, ...]]:
    source, join = render_rows.joined(parent, embed, parent_row=render_rows.whole(parent))
    junction = {one.label: key_of(one, embed.junction_alias or "") for one in embed.junction_seen}
    seen = _rows(embed.node, writer, source=source, join=join, is_spread=embed.is_spread, beside=junction)
    names = list(embed.node.names()) if embed.is_spread else []
    columns = [f"{seen.row}.c{at}" for at in range(len(names))]
    if embed.is_to_one:
        shown = [f"{column} as c{at}" for at, column in enumerate(columns)] or [f"row_to_json({seen.row}) as body"]
        gathered = [f"jsonb_build_array({one.text})" if one.is_own else one.text for one in seen.keys]
        end = " limit 1"
    else:
        shown = [f"coalesce(json_agg({column}), '[]') as c{at}" for at, column in enumerate(columns)]
        shown = shown or [f"coalesce(json_agg({seen.row}), '[]') as body"]
        gathered = [one.gathered() for one in seen.keys]
        end = ""
    keys = [f"{text} as k{at}" for at, text in enumerate(gathered)]
    return f"select {', '.join([*shown, *keys])} from {seen.text}{end}", names, seen.keys
