# ruff: noqa: S608 - SQL is this module's work; names are quoted and values are parameters.
"""Writes the rows of a read: the page of its root, what is embedded in each row, and which rows count.

Pure. What is embedded stands as a subquery among the columns, so PostgreSQL makes it for the rows of the page only.
Columns of a spread come by a lateral join, as there are several of them.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace
from typing import assert_never

from carebase.rest import plan, render_fields
from carebase.rest.catalogue import ByKey, Computed, ThroughJunction
from carebase.rest.render_fields import Row
from carebase.rest.render_text import Writer, cast_type, qualified, quoted


@dataclass(frozen=True, slots=True)
class Item:
    """One column of a select. `aggregate` is what is still to be made of its values."""

    text: str
    name: str | None
    """None where the text brings names of its own."""
    aggregate: plan.Column | None = None
    field: plan.Field | None = None
    embed: int | None = None
    """Which embed of the node brings it, where one is spread."""
    group: str | None = None
    """What rows are grouped by where this is one of the columns; its place among them by default."""
    is_json: bool = False


def page(root: plan.Node, writer: Writer) -> str:
    """The select of the rows of the root, in their order and range."""
    return rows(root, writer, source=origin(root))


def fitting(root: plan.Node, writer: Writer) -> str:
    """What follows `from` for all rows that fit the root's filters, whatever its range."""
    return origin(root) + where(conditions(root, writer))


def rows(node: plan.Node, writer: Writer, *, source: str, join: str = "", besides: Sequence[str] = ()) -> str:
    """The rows of a node out of `source`, where `join` holds; `besides` are expressions that stand last in each."""
    laterals: list[str] = []
    items = list(_items(node, laterals, writer))
    is_grouped = any(item.aggregate is not None for item in items)
    columns = ", ".join([*(_column(item, is_grouped=is_grouped) for item in items), *besides])
    text = f"select {columns} from {source}{''.join(laterals)}"
    text += where([join, *conditions(node, writer)])
    if any(item.aggregate is not None and item.aggregate.is_grouping for item in items):
        places = [item.group or str(at) for at, item in enumerate(items, 1) if item.aggregate is None]
        text += f" group by {', '.join(places)}" if places else ""
    return text + ordered(node, items if is_grouped else (), writer) + ranged(node, writer)


def _column(item: Item, *, is_grouped: bool) -> str:
    if item.name is None:
        return item.text
    text = item.text if item.aggregate is None else render_fields.aggregated(item.aggregate, item.text)
    if is_grouped and item.is_json:
        # Only the binary form can be compared, which is what grouping does.
        text = f"{text}::jsonb"
    return f"{text} as {quoted(item.name)}"


def origin(node: plan.Node) -> str:
    """The relation of a node under its alias."""
    match node.origin:
        case plan.FromTable(name=name):
            return f"{qualified(name)} {node.alias}"
        case plan.FromSource(name=name):
            return f"{quoted(name)} {node.alias}"
        case _:
            assert_never(node.origin)


def row_of(node: plan.Node) -> Row:
    """A row of a node where its relation stands itself."""
    return Row(node.alias, are_computed=isinstance(node.origin, plan.FromSource))


def whole(node: plan.Node) -> str:
    """A row as a function takes it, where columns of that table are there but not the table itself."""
    columns = ", ".join(f"{node.alias}.{quoted(name)}" for name in node.columns)
    return f"row({columns})::{qualified(node.table)}" if node.table is not None else f"row({columns})"


def _items(node: plan.Node, laterals: list[str], writer: Writer) -> Iterator[Item]:
    of = row_of(node)
    for output in node.outputs:
        match output:
            case plan.AllColumns():
                yield Item(f"{node.alias}.*", None)
            case plan.Column():
                made = render_fields.output(output, of, writer)
                aggregate = output if output.aggregate is not None else None
                yield Item(made, output.name, aggregate, output.field, group=_group(output, of, writer))
            case _:
                assert_never(output)
    for at, embed in enumerate(node.embeds):
        if embed.is_spread:
            items, lateral = _spread(node, embed, writer)
            laterals.append(lateral)
            yield from (replace(item, embed=at) for item in items)
        elif not embed.node.is_empty:
            yield Item(_embedded(node, embed, writer), embed.name, is_json=True)


def _group(column: plan.Column, row: Row, writer: Writer) -> str | None:
    """The value below a cast; the parameters of a path would make another expression of it."""
    if column.field is None or column.field.path:
        return None
    return render_fields.field(column.field, row, writer)


# --- embeds --------------------------------------------------------------------------------------------------------


def _embedded(parent: plan.Node, embed: plan.Embed, writer: Writer) -> str:
    source, join = joined(parent, embed)
    inside = rows(embed.node, writer, source=source, join=join)
    row = f"{embed.node.alias}r"
    if embed.is_to_one:
        # A view or a function may keep less than what its keys promise, and one row is all there is room for.
        return f"(select row_to_json({row}) from ({inside}) {row} limit 1)"
    return f"(select coalesce(json_agg({row}), '[]') from ({inside}) {row})"


def _spread(parent: plan.Node, embed: plan.Embed, writer: Writer) -> tuple[list[Item], str]:
    """The columns of an embed among those of its parent, of a row each or arrays of all rows, and how they come."""
    source, join = joined(parent, embed)
    inner: list[str] = []
    items = [item for item in _items(embed.node, inner, writer) if item.name is not None]
    if not items:
        return [], ""
    columns = ", ".join(f"{item.text} as c{at}" for at, item in enumerate(items))
    text = f"select {columns} from {source}{''.join(inner)}" + where([join, *conditions(embed.node, writer)])
    text += ordered(embed.node, (), writer) + ranged(
        embed.node, writer, is_bounded=not embed.is_to_one or (embed.node.limit is not None and embed.node.limit <= 0)
    )
    lifted = f"{embed.node.alias}s"
    if not embed.is_to_one:
        arrays = ", ".join(f"coalesce(json_agg(c{at}), '[]') as c{at}" for at in range(len(items)))
        text = f"select {arrays} from ({text}) {lifted}"
    is_array = not embed.is_to_one
    brought = [
        Item(f"{lifted}.c{at}", item.name, item.aggregate, item.field, is_json=item.is_json or is_array)
        for at, item in enumerate(items)
    ]
    return brought, f" left join lateral ({text}) {lifted} on true"


def joined(parent: plan.Node, embed: plan.Embed, *, parent_row: str | None = None) -> tuple[str, str]:
    """What stands behind `from` and how it belongs to the parent's row, which `parent_row` is as a whole."""
    node, relationship = embed.node, embed.relationship
    match relationship:
        case ByKey(columns=columns):
            return origin(node), _equal([(there, here) for here, there in columns], node.alias, parent.alias)
        case ThroughJunction():
            junction = embed.junction_alias or f"{node.alias}j"
            to_parent = _equal(relationship.origin_columns, parent.alias, junction)
            to_target = _equal(relationship.target_columns, node.alias, junction)
            return f"{origin(node)}, {qualified(relationship.junction)} {junction}", f"{to_target} and {to_parent}"
        case Computed(function=function):
            if parent_row is None:
                parent_row = whole(parent) if isinstance(parent.origin, plan.FromSource) else parent.alias
            return f"{qualified(function)}({parent_row}) {node.alias}", ""
        case _:
            assert_never(relationship)


def _equal(pairs: Sequence[tuple[str, str]], left: str, right: str) -> str:
    return " and ".join(f"{left}.{quoted(one)} = {right}.{quoted(other)}" for one, other in pairs)


def _exists(parent: plan.Node, embed: plan.Embed, writer: Writer) -> str:
    """Whether a row of the parent has any of the embed's."""
    if embed.node.limit == 0:
        return "false"
    is_lifted = embed.is_spread and embed.is_to_one
    # Of one row the aggregates are the parent's: there is no group without it.
    if embed.node.is_whole and not embed.node.offset and not is_lifted:
        return "true"
    source, join = joined(parent, embed)
    text = f"select from {source}" + where([join, *conditions(embed.node, writer)])
    if embed.node.offset:
        text += f" offset {writer.value(str(embed.node.offset))}"
    return f"exists ({text})"


# --- which rows, in which order ------------------------------------------------------------------------------------


def where(parts: Sequence[str]) -> str:
    """The where clause of those that say anything."""
    kept = [one for one in parts if one]
    return f" where {' and '.join(kept)}" if kept else ""


def conditions(node: plan.Node, writer: Writer) -> list[str]:
    """The filters of a node, and that its inner embeds are there."""
    filters = [_condition(node, one, writer) for one in node.filters]
    return filters + [_exists(node, embed, writer) for embed in node.embeds if embed.is_inner]


def _condition(node: plan.Node, wanted: plan.Filter, writer: Writer) -> str:
    match wanted:
        case plan.Condition():
            return render_fields.condition(wanted, row_of(node), writer)
        case plan.Presence(embed=at, is_present=is_present):
            found = _exists(node, node.embeds[at], writer)
            return found if is_present else f"not {found}"
        case plan.Group(members=members, is_or=is_or, is_negated=is_negated):
            word = " or " if is_or else " and "
            inside = word.join(_condition(node, one, writer) for one in members)
            return f"not ({inside})" if is_negated else f"({inside})"
        case _:
            assert_never(wanted)


def ordered(node: plan.Node, grouped: Sequence[Item], writer: Writer) -> str:
    """The order; of grouped rows by the place of a column, as its parameters would make it another expression."""
    terms: list[str] = []
    for term in node.order:
        text = next((item.group or str(at) for at, item in enumerate(grouped, 1) if _is_by(term, item)), "")
        if not text and term.embed is None:
            text = render_fields.field(term.field, row_of(node), writer)
        elif not text and term.embed is not None:
            text = _of_embed(term, node.embeds[term.embed], parent=node, writer=writer)
        terms.append(text + render_fields.direction(term))
    return f" order by {', '.join(terms)}" if terms else ""


def _is_by(term: plan.Order, item: Item) -> bool:
    if item.aggregate is not None or item.field is None or item.embed != term.embed:
        return False
    return replace(item.field, shown_by=None) == replace(term.field, shown_by=None)


def _of_embed(term: plan.Order, embed: plan.Embed, *, parent: plan.Node, writer: Writer) -> str:
    source, join = joined(parent, embed)
    value = render_fields.field(term.field, row_of(embed.node), writer)
    if term.cast is not None:
        value = f"cast({value} as {cast_type(term.cast)})"
    text = f"select {value} from {source}{where([join, *conditions(embed.node, writer)])}"
    is_cut = embed.node.limit is not None and embed.node.limit <= 0
    return f"({text}{'' if is_cut else ' limit 1'}{ranged(embed.node, writer, is_bounded=is_cut)})"


def ranged(node: plan.Node, writer: Writer, *, is_bounded: bool = True) -> str:
    """The range; without its limit where there is one row anyway."""
    text = ""
    if is_bounded and node.limit is not None:
        text += f" limit {writer.value(str(node.limit))}"
    if node.offset:
        text += f" offset {writer.value(str(node.offset))}"
    return text
