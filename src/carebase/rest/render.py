# ruff: noqa: S608 - SQL is this module's work; names are quoted and values are parameters.
"""Writes a read as one statement of SQL that answers with one row.

Pure, and the only place of the package, with its siblings, where SQL is made. Identifiers come from the catalogue and
are quoted, every value is a parameter, so equally shaped requests have one text.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Final, assert_never

from carebase.rest import plan, render_rows, render_seen
from carebase.rest.render_text import Writer, quoted

SETTINGS: Final = (
    "nullif(current_setting('response.headers', true), '') as response_headers, "
    "nullif(current_setting('response.status', true), '') as response_status"
)


@dataclass(frozen=True, slots=True)
class Statement:
    """Text with `$1`, `$2` … and their values as text; the types are left to PostgreSQL."""

    text: str
    values: tuple[str | None, ...]


def statement(read: plan.Read) -> Statement:
    """A read of a table.

    One row: body, page (rows in it), total (null unless wanted), seen (null unless something is tracked: key values by
    table), response_headers, response_status.
    """
    writer = Writer()
    text = answer(read, writer)
    return Statement(text, tuple(writer.values))


def answer(read: plan.Read, writer: Writer, *, total: str | None = None) -> str:
    """The select that answers; what it reads from is a table, or stands in a `with` that the caller puts in front.

    `total` is the expression for the number of all rows where the caller knows it better.
    """
    row, seen = "r", "null::jsonb"
    if render_seen.is_wanted(read.root):
        found = render_seen.page(read.root, writer)
        rows, row, seen = found.text, found.row, render_seen.object_of(found.keys)
    else:
        rows = f"({render_rows.page(read.root, writer)}) {row}"
    if total is None:
        total = _total(read, writer)
    body = _body(read, row, writer)
    return f"select {body} as body, count(*) as page, {total} as total, {seen} as seen, {SETTINGS} from {rows}"


def total_statement(read: plan.Read) -> Statement:
    """All rows that the root's filters leave, one by one and without their columns: to be counted or estimated."""
    writer = Writer()
    return Statement(f"select 1 from {render_rows.fitting(read.root, writer)}", tuple(writer.values))


def _total(read: plan.Read, writer: Writer) -> str:
    if not read.is_total_wanted:
        return "null::int8"
    root = read.root
    if root.limit is None and not root.offset and not root.is_grouped and not _is_spread(root):
        return "count(*)"
    counted = f"(select count(*) from {render_rows.fitting(root, writer)})"
    if root.limit is None or root.is_grouped or _is_spread(root):
        return counted
    # A page that is not full is the last one, and then nothing has to be counted again.
    is_last = f"count(*) < {writer.value(str(root.limit))}::int8"
    if not root.offset:
        return f"case when {is_last} then count(*) else {counted} end"
    last = f"count(*) + {writer.value(str(root.offset))}::int8"
    return f"case when count(*) > 0 and {is_last} then {last} else {counted} end"


def _is_spread(node: plan.Node) -> bool:
    return any(embed.is_spread for embed in node.embeds)


def _body(read: plan.Read, row: str, writer: Writer) -> str:  # noqa: PLR0911 - one for each form
    # With `.*` it is the row, also where a column is named like it.
    alias, row = row, f"{row}.*"
    match read.form:
        case plan.Form.LIST:
            return f"coalesce(json_agg({row}), '[]')::text"
        case plan.Form.LIST_STRIPPED:
            return f"coalesce(json_strip_nulls(json_agg({row})), '[]')::text"
        case plan.Form.OBJECT:
            return f"coalesce(json_agg({row}) -> 0, 'null')::text"
        case plan.Form.OBJECT_STRIPPED:
            return f"coalesce(json_strip_nulls(json_agg({row}) -> 0), 'null')::text"
        case plan.Form.CSV:
            head = f"case when count(*) = 0 then '' else {_head(read.root, row, writer)} end"
            lines = f"coalesce(string_agg(substring(({row})::text, 2, length(({row})::text) - 2), E'\\n'), '')"
            return f"{head} || E'\\n' || {lines}"
        case plan.Form.TEXT:
            return f"coalesce(string_agg({_bare(read.root, alias)}::text, ''), '')"
        case plan.Form.XML:
            return f"coalesce(xmlagg({_bare(read.root, alias)})::text, '')"
        case plan.Form.OCTETS:
            return f"encode(coalesce(string_agg({_bare(read.root, alias)}, ''::bytea), ''::bytea), 'hex')"
        case plan.Form.NOTHING:
            return "''::text"
        case _:
            assert_never(read.form)


def _bare(root: plan.Node, alias: str) -> str:
    """The one column of the rows."""
    (name,) = root.names()
    return f"{alias}.{quoted(name)}"


def _head(root: plan.Node, row: str, writer: Writer) -> str:
    """The names of the columns; asked of the first row where only PostgreSQL knows them."""
    if plan.AllColumns() in root.outputs and not root.columns:
        return f"(array_agg((select string_agg(k, ',') from json_object_keys(row_to_json({row})) k)))[1]"
    return f"{writer.value(','.join(root.names()))}::text"
