# ruff: noqa: S608 - SQL is this module's work; names are quoted and values are parameters.
"""Writes fields, the conditions on them and the order by them.

Pure. A value is a parameter whose type PostgreSQL finds by what it is compared with, as for a literal: indexes stay
usable and a value that is none of the type is refused by PostgreSQL's own words.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Final, assert_never

from carebase.rest import plan, syntax
from carebase.rest.render_text import Writer, array, cast_type, qualified, quoted
from carebase.rest.syntax import Operator

SYMBOLS: Final[Mapping[Operator, str]] = {
    Operator.EQ: "=",
    Operator.NEQ: "<>",
    Operator.GT: ">",
    Operator.GTE: ">=",
    Operator.LT: "<",
    Operator.LTE: "<=",
    Operator.LIKE: "like",
    Operator.ILIKE: "ilike",
    Operator.MATCH: "~",
    Operator.IMATCH: "~*",
    Operator.IS_DISTINCT: "is distinct from",
    Operator.CS: "@>",
    Operator.CD: "<@",
    Operator.OV: "&&",
    Operator.SL: "<<",
    Operator.SR: ">>",
    Operator.NXR: "&<",
    Operator.NXL: "&>",
    Operator.ADJ: "-|-",
}
SEARCHES: Final[Mapping[Operator, str]] = {
    Operator.FTS: "to_tsquery",
    Operator.PLFTS: "plainto_tsquery",
    Operator.PHFTS: "phraseto_tsquery",
    Operator.WFTS: "websearch_to_tsquery",
}
JSON: Final = frozenset({"json", "jsonb"})
ALIKE: Final = frozenset({Operator.LIKE, Operator.ILIKE})


@dataclass(frozen=True, slots=True)
class Row:
    """A row by its alias. Its computed columns are among its columns already, or take `whole`, the alias by default."""

    alias: str
    are_computed: bool = False
    whole: str | None = None


def field(found: plan.Field, row: Row, writer: Writer) -> str:
    """The value in the row."""
    if found.computed_by is not None and not row.are_computed:
        text = f"{qualified(found.computed_by)}({row.whole or row.alias})"
    else:
        text = f"{row.alias}.{quoted(found.column)}"
    if not found.path:
        return text
    if found.type not in JSON:
        text = f"to_jsonb({text})"
    return f"({text}{''.join(_step(step, writer) for step in found.path)})"


def _step(step: syntax.Step, writer: Writer) -> str:
    arrow = "->>" if step.is_text else "->"
    place = writer.value(str(step.key))
    return f" {arrow} {place}" if isinstance(step.key, str) else f" {arrow} {place}::int4"


def output(column: plan.Column, row: Row, writer: Writer) -> str:
    """The value of a column of the answer, before any aggregate; of a bare `count()` something that is never null."""
    if column.field is None:
        return "1"
    text = field(column.field, row, writer)
    if column.field.shown_by is not None:
        text = f"{qualified(column.field.shown_by)}({text})"
    return text if column.cast is None else f"cast({text} as {cast_type(column.cast)})"


def aggregated(column: plan.Column, text: str) -> str:
    """What is made of the values of `text`."""
    if column.aggregate is None:
        return text
    of = "*" if text == "1" else text
    made = f"{column.aggregate.value}({of})"
    return made if column.aggregate_cast is None else f"cast({made} as {cast_type(column.aggregate_cast)})"


def condition(wanted: plan.Condition, row: Row, writer: Writer) -> str:
    """One condition of a where clause."""
    text = field(wanted.field, row, writer)
    is_search = wanted.operator in SEARCHES
    made = _search(wanted, text, writer) if is_search else f"{text} {_compared(wanted, writer)}"
    return f"not ({made})" if wanted.is_negated else made


def _search(wanted: plan.Condition, text: str, writer: Writer) -> str:
    language = "" if wanted.language is None else f"{writer.value(wanted.language)}::regconfig, "
    if wanted.field.type != "tsvector" or wanted.field.path:
        text = f"to_tsvector({language}{text})"
        language = "" if wanted.language is None else f"{writer.value(wanted.language)}::regconfig, "
    return f"{text} @@ {SEARCHES[wanted.operator]}({language}{writer.value(_text(wanted.value))})"


def _compared(wanted: plan.Condition, writer: Writer) -> str:
    match wanted.value:
        case syntax.Is():
            return f"is {_is(wanted.value)}"
        case tuple():
            return f"= any({_members(wanted, writer)})"
        case str():
            pass
        case _:
            assert_never(wanted.value)
    value = wanted.value.replace("*", "%") if wanted.operator in ALIKE else wanted.value
    text = writer.value(value)
    if wanted.field.read_by is not None and wanted.operator not in ALIKE:
        text = f"{qualified(wanted.field.read_by)}({text})"
    if wanted.quantifier is not None:
        text = f"{wanted.quantifier.value}({text})"
    return f"{SYMBOLS[wanted.operator]} {text}"


def _members(wanted: plan.Condition, writer: Writer) -> str:
    values = wanted.value if isinstance(wanted.value, tuple) else ()
    text = writer.value(array(() if values == ("",) else values))
    if wanted.field.read_by is None:
        return text
    return f"select {qualified(wanted.field.read_by)}(v) from unnest({text}::text[]) v"


def _text(value: str | tuple[str, ...] | syntax.Is) -> str:
    return value if isinstance(value, str) else ",".join(value)


def _is(value: syntax.Is) -> str:
    match value:
        case syntax.Is.NULL:
            return "null"
        case syntax.Is.NOT_NULL:
            return "not null"
        case syntax.Is.TRUE:
            return "true"
        case syntax.Is.FALSE:
            return "false"
        case syntax.Is.UNKNOWN:
            return "unknown"
        case _:
            assert_never(value)


def direction(term: plan.Order) -> str:
    """What stands behind the term of an order."""
    text = "" if term.is_descending is None else " desc" if term.is_descending else " asc"
    return text if term.nulls is None else f"{text} nulls {term.nulls.value}"
