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
from carebase.rest.render_text import Writer, qualified, quoted


@dataclass(frozen=True, slots=True)
class Item:
    """One column of a select. `aggregate` is what is still to be made of its values."""

    text: str
    name: str | None
    """None where the text brings names of its own."""
    aggregate: plan.Column | None = None
    field: plan.Field | None = None
    is_json: bool = False


def page(root: plan.Node, writer: Writer) -> str:
    """The select of the rows of the root, in their order and range."""
    return rows(root, _origin(root), "", writer)


def fitting(root: plan.Node, writer: Writer) -> str:
    """What follows `from` for all rows that fit the root's filters, whatever its range."""
    return _origin(root) + _where(_conditions(root, writer))


def rows(node: plan.Node, source: str, join: str, writer: Writer) -> str:
    """The rows of a node out of `source`, where `join` holds."""
    laterals: list[str] = []
    items = list(_items(node, laterals, writer))
    is_grouped = any(item.aggregate is not None for item in items)
    columns = ", ".join(_column(item, is_grouped=is_grouped) for item in items)
    text = f"select {columns} from {source}{''.join(laterals)}"
    text += _where([join, *_conditions(node, writer)] if join else _conditions(node, writer))
    if is_grouped:
        places = [str(at) for at, item in enumerate(items, 1) if item.aggregate is None]
        text += f" group by {', '.join(places)}" if places else ""
    return text + _ordered(node, items if is_grouped else (), writer) + _ranged(node, writer)


def _column(item: Item, *, is_grouped: bool) -> str:
    if item.name is None:
        return item.text
    text = item.text if item.aggregate is None else render_fields.aggregated(item.aggregate, item.text)
    if is_grouped and item.is_json:
        # Only the binary form can be compared, which is what grouping does.
        text = f"{text}::jsonb"
    return f"{text} as {quoted(item.name)}"


def _origin(node: plan.Node) -> str:
    match node.origin:
        case plan.FromTable(name=name):
            return f"{qualified(name)} {node.alias}"
        case plan.FromSource(name=name):
            return f"{quoted(name)} {node.alias}"
        case _:
            assert_never(node.origin)


def _row(node: plan.Node) -> Row:
    return Row(node.alias, are_computed=isinstance(node.origin, plan.FromSource))


def _items(node: plan.Node, laterals: list[str], writer: Writer) -> Iterator[Item]:
    row = _row(node)
    for output in node.outputs:
        match output:
            case plan.AllColumns():
                yield Item(f"{node.alias}.*", None)
            case plan.Column():
                made = render_fields.output(output, row, writer)
                aggregate = output if output.aggregate is not None else None
                yield Item(made, output.name, aggregate, output.field)
            case _:
                assert_never(output)
    for embed in node.embeds:
        if embed.is_spread:
            yield from _spread(node, embed, laterals, writer)
        elif not _is_empty(embed.node):
            yield Item(_embedded(node, embed, writer), embed.name, is_json=True)


def _is_empty(node: plan.Node) -> bool:
    """Whether nothing of it is shown: `clients()` is there for its filters alone."""
    return not node.outputs and all(_is_empty(embed.node) for embed in node.embeds)


# --- embeds --------------------------------------------------------------------------------------------------------


def _embedded(parent: plan.Node, embed: plan.Embed, writer: Writer) -> str:
    source, join = _joined(parent, embed)
    inside = rows(embed.node, source, join, writer)
    row = f"{embed.node.alias}r"
    if embed.is_to_one:
        # A view or a function may keep less than what its keys promise, and one row is all there is room for.
        return f"(select row_to_json({row}) from ({inside}) {row} limit 1)"
    return f"(select coalesce(json_agg({row}), '[]') from ({inside}) {row})"


def _spread(parent: plan.Node, embed: plan.Embed, laterals: list[str], writer: Writer) -> Iterator[Item]:
    """The columns of an embed among those of its parent; of a row each, or arrays of all rows."""
    source, join = _joined(parent, embed)
    inner: list[str] = []
    items = [item for item in _items(embed.node, inner, writer) if item.name is not None]
    columns = ", ".join(f"{item.text} as c{at}" for at, item in enumerate(items))
    text = f"select {columns} from {source}{''.join(inner)}" + _where([join, *_conditions(embed.node, writer)])
    text += _ordered(embed.node, (), writer) + _ranged(embed.node, writer, is_bounded=not embed.is_to_one)
    lifted = f"{embed.node.alias}s"
    if not embed.is_to_one:
        arrays = ", ".join(f"coalesce(json_agg(c{at}), '[]') as c{at}" for at in range(len(items)))
        text = f"select {arrays} from ({text}) {lifted}"
    laterals.append(f" left join lateral ({text}) {lifted} on true")
    for at, item in enumerate(items):
        is_json = item.is_json or not embed.is_to_one
        yield Item(f"{lifted}.c{at}", item.name, item.aggregate, item.field, is_json=is_json)


def _joined(parent: plan.Node, embed: plan.Embed) -> tuple[str, str]:
    """What stands behind `from` and how it belongs to the parent's row."""
    node, relationship = embed.node, embed.relationship
    match relationship:
        case ByKey(columns=columns):
            return _origin(node), _equal(columns, parent.alias, node.alias)
        case ThroughJunction():
            junction = embed.junction_alias or f"{node.alias}j"
            to_parent = _equal(relationship.origin_columns, parent.alias, junction)
            to_target = _equal(relationship.target_columns, node.alias, junction)
            return f"{qualified(relationship.junction)} {junction}, {_origin(node)}", f"{to_parent} and {to_target}"
        case Computed(function=function, origin=origin):
            whole = parent.alias
            if isinstance(parent.origin, plan.FromSource):
                columns_of = ", ".join(f"{parent.alias}.{quoted(name)}" for name in parent.columns)
                whole = f"row({columns_of})::{qualified(origin)}"
            return f"{qualified(function)}({whole}) {node.alias}", ""
        case _:
            assert_never(relationship)


def _equal(pairs: Sequence[tuple[str, str]], left: str, right: str) -> str:
    return " and ".join(f"{left}.{quoted(one)} = {right}.{quoted(other)}" for one, other in pairs)


def _exists(parent: plan.Node, embed: plan.Embed, writer: Writer) -> str:
    """Whether a row of the parent has any of the embed's."""
    if embed.node.limit == 0:
        return "false"
    source, join = _joined(parent, embed)
    text = f"select from {source}" + _where([join, *_conditions(embed.node, writer)])
    if embed.node.offset:
        text += f" offset {writer.value(str(embed.node.offset))}"
    return f"exists ({text})"


# --- which rows, in which order ------------------------------------------------------------------------------------


def _where(conditions: Sequence[str]) -> str:
    kept = [one for one in conditions if one]
    return f" where {' and '.join(kept)}" if kept else ""


def _conditions(node: plan.Node, writer: Writer) -> list[str]:
    """The filters of a node, and that its inner embeds are there."""
    filters = [_condition(node, one, writer) for one in node.filters]
    return filters + [_exists(node, embed, writer) for embed in node.embeds if embed.is_inner]


def _condition(node: plan.Node, wanted: plan.Filter, writer: Writer) -> str:
    match wanted:
        case plan.Condition():
            return render_fields.condition(wanted, _row(node), writer)
        case plan.Presence(embed=at, is_present=is_present):
            found = _exists(node, node.embeds[at], writer)
            return found if is_present else f"not {found}"
        case plan.Group(members=members, is_or=is_or, is_negated=is_negated):
            word = " or " if is_or else " and "
            inside = word.join(_condition(node, one, writer) for one in members)
            return f"not ({inside})" if is_negated else f"({inside})"
        case _:
            assert_never(wanted)


def _ordered(node: plan.Node, grouped: Sequence[Item], writer: Writer) -> str:
    """The order; of grouped rows by the place of a column, as its parameters would make it another expression."""
    terms: list[str] = []
    for term in node.order:
        text = ""
        if term.embed is not None:
            text = _of_embed(node, node.embeds[term.embed], term.field, writer)
        else:
            shown = replace(term.field, shown_by=None)
            for at, item in enumerate(grouped, 1):
                if item.aggregate is None and item.field is not None and replace(item.field, shown_by=None) == shown:
                    text = str(at)
                    break
        terms.append((text or render_fields.field(term.field, _row(node), writer)) + render_fields.direction(term))
    return f" order by {', '.join(terms)}" if terms else ""


def _of_embed(parent: plan.Node, embed: plan.Embed, field: plan.Field, writer: Writer) -> str:
    source, join = _joined(parent, embed)
    value = render_fields.field(field, _row(embed.node), writer)
    return f"(select {value} from {source}{_where([join, *_conditions(embed.node, writer)])} limit 1)"


def _ranged(node: plan.Node, writer: Writer, *, is_bounded: bool = True) -> str:
    text = ""
    if is_bounded and node.limit is not None:
        text += f" limit {writer.value(str(node.limit))}"
    if node.offset:
        text += f" offset {writer.value(str(node.offset))}"
    return text
