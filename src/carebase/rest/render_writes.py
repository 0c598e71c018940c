# ruff: noqa: S608 - SQL is this module's work; names are quoted and values are parameters.
"""Writes a write as one statement of SQL that answers with one row.

Pure. The body is one parameter, opened by PostgreSQL with the types of the catalogue; what was written stands in a
`with`, and the read of it behind.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Final, assert_never

from carebase.rest import plan, plan_writes, render, render_fields
from carebase.rest.plan_writes import Assignment, Delete, Insert, Returned, Update, Write
from carebase.rest.render import Statement
from carebase.rest.render_fields import Row
from carebase.rest.render_text import Writer, qualified, quoted

TARGET: Final = "target"
"""What the table is called in its own statement: conditions and returned columns speak of it."""
INCOMING: Final = "incoming"
"""What the rows of the body are called."""
SOURCE: Final = quoted(plan_writes.SOURCE)
REPLACED: Final = "nullif(current_setting('carebase.replaced', true), '')::int8"
"""How many rows were there already and got new values. Counted by a setting, which needs no right on any column."""
COUNT_REPLACED: Final = f"set_config('carebase.replaced', (coalesce({REPLACED}, 0) + 1)::text, true) is not null"


def statement(write: Write) -> Statement:
    """A write.

    One row: body, page (rows written), total (null), seen, response_headers, response_status as of a read; then, only
    where the address of a new row is wanted or new rows are told from old ones, location (JSON: `[["id", "eq.1"]]`;
    null unless one row was written) and inserted (how many rows are new; null where nobody asks).
    """
    writer = Writer()
    steps = _steps(write, writer)
    answer = render.answer(write.read, writer, total="null::int8")
    if write.location or write.counts_inserted:
        steps.append(f"answer as ({answer})")
        answer = f"select answer.*, {_location(write)}, {_inserted(write)} from answer"
    return Statement(f"with {', '.join(steps)} {answer}", tuple(writer.values))


def _steps(write: Write, writer: Writer) -> list[str]:
    """The parts of the `with` that end in the written rows."""
    change = write.change
    returned = _returned(write)
    table = f"{qualified(write.table)} as {TARGET}"
    match change:
        case Insert(assignments=()):
            source = "default values" if change.rows.is_object else f"select {_elements(change.rows.json, writer)}"
            return [f"{SOURCE} as (insert into {table} {source}{_on_conflict(change)} returning {returned})"]
        case Insert(assignments=assignments):
            incoming = f"{INCOMING} as ({_incoming(change, writer)})"
            columns = ", ".join(quoted(one.column) for one in assignments)
            values = ", ".join(f"{INCOMING}.{quoted(one.column)}" for one in assignments)
            where = _where(change.filters, INCOMING, writer)
            insert = f"insert into {table} ({columns}) select {values} from {INCOMING}{where}{_on_conflict(change)}"
            return [incoming, f"{SOURCE} as ({insert} returning {returned})"]
        case Update(assignments=()):
            # Nothing is set, so nothing is touched; the columns are there for what reads them.
            return [f"{SOURCE} as (select {returned} from {table} where false)"]
        case Update(assignments=assignments):
            incoming = f"{INCOMING} as ({_incoming(change, writer)})"
            values = ", ".join(f"{quoted(one.column)} = {INCOMING}.{quoted(one.column)}" for one in assignments)
            where = _where(change.filters, TARGET, writer)
            return [incoming, f"{SOURCE} as (update {table} set {values} from {INCOMING}{where} returning {returned})"]
        case Delete():
            where = _where(change.filters, TARGET, writer)
            return [f"{SOURCE} as (delete from {table}{where} returning {returned})"]
        case _:
            assert_never(change)


# --- the body ------------------------------------------------------------------------------------------------------


def _elements(json: str, writer: Writer) -> str:
    """One row without columns for each element."""
    return f"from json_array_elements({writer.value(json)}::json)"


def _incoming(change: Insert | Update, writer: Writer) -> str:
    """The rows of the body, their values of the types of the table's columns; of an update only the first."""
    rows, assignments = change.rows, change.assignments
    columns = ", ".join(f"{quoted(one.column)} {'json' if one.made_by else one.type}" for one in assignments)
    body = f"{writer.value(rows.json)}::json"
    fills = any(one.default is not None for one in assignments)
    if fills:
        # Row by row, for each has its own gaps, and a default is only made where there is one.
        one_by_one = f"(values ({body}))" if rows.is_object else f"json_array_elements({body})"
        source = f"{one_by_one} as given(value), json_to_record(given.value) as opened({columns})"
    else:
        source = f"json_to_record{'' if rows.is_object else 'set'}({body}) as opened({columns})"
    values = ", ".join(f"{_value(one, writer)} as {quoted(one.column)}" for one in assignments)
    first = " limit 1" if isinstance(change, Update) and not rows.is_object else ""
    return f"select {values} from {source}{first}"


def _value(assignment: Assignment, writer: Writer) -> str:
    text = f"opened.{quoted(assignment.column)}"
    if assignment.made_by is not None:
        text = f"{qualified(assignment.made_by)}({text})"
    if assignment.default is None:
        return text
    key = f"{writer.value(assignment.column)}::text"
    default = f"cast({assignment.default} as {assignment.type})"
    return f"case when given.value -> {key} is null then {default} else {text} end"


# --- which rows, and what is there already -------------------------------------------------------------------------


def _where(filters: Sequence[plan.Filter], alias: str, writer: Writer) -> str:
    conditions = [_condition(one, Row(alias), writer) for one in filters]
    return f" where {' and '.join(conditions)}" if conditions else ""


def _condition(wanted: plan.Filter, row: Row, writer: Writer) -> str:
    match wanted:
        case plan.Condition():
            return render_fields.condition(wanted, row, writer)
        case plan.Group(members=members, is_or=is_or, is_negated=is_negated):
            inside = (" or " if is_or else " and ").join(_condition(one, row, writer) for one in members)
            return f"{'not ' if is_negated else ''}({inside})"
        case plan.Presence():
            raise ValueError("rows that are written have no embeds")
        case _:
            assert_never(wanted)


def _on_conflict(change: Insert) -> str:
    conflict = change.conflict
    if conflict is None:
        return ""
    text = f" on conflict ({', '.join(quoted(column) for column in conflict.columns)}) do "
    if not conflict.is_merge or not change.assignments:
        return f"{text}nothing"
    values = ", ".join(f"{quoted(one.column)} = excluded.{quoted(one.column)}" for one in change.assignments)
    return f"{text}update set {values} where {COUNT_REPLACED}"


# --- what comes back -----------------------------------------------------------------------------------------------


def _returned(write: Write) -> str:
    columns = [f"{TARGET}.*"] if write.is_all_returned else []
    columns += [_column(one) for one in write.returned]
    # A constant needs no right to read the table.
    return ", ".join(columns) or "1"


def _column(returned: Returned) -> str:
    if returned.computed_by is None:
        return f"{TARGET}.{quoted(returned.column)}"
    return f"{qualified(returned.computed_by)}({TARGET}.*) as {quoted(returned.column)}"


def _location(write: Write) -> str:
    if not write.location:
        return "null::json as location"
    pairs = (f"json_build_array({_literal(column)}, {_as_filter(column)})" for column in write.location)
    pair = f"json_build_array({', '.join(pairs)})"
    return f"case when answer.page = 1 then (select {pair} from {SOURCE}) end as location"


def _as_filter(column: str) -> str:
    # As in the JSON of the row, so that a time reads the same in both.
    return f"coalesce('eq.' || (to_json({SOURCE}.{quoted(column)}) #>> '{{}}'), 'is.null')"


def _literal(text: str) -> str:
    escaped = text.replace("\\", "\\\\").replace("'", "''")
    return f"E'{escaped}'"


def _inserted(write: Write) -> str:
    if not write.counts_inserted:
        return "null::int8 as inserted"
    # Rows that a trigger kept out count as new; those that are not the one a PUT names do not.
    has_incoming = isinstance(write.change, Insert) and write.change.assignments and not write.is_put
    total = f"(select count(*) from {INCOMING})" if has_incoming else "answer.page"
    return f"{total} - coalesce({REPLACED}, 0) as inserted"
