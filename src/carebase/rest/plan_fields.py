"""Finds the columns that a request names, and refuses those that are not there before a connection is taken.

Pure. The answers are PostgreSQL's own, as a client of PostgREST gets them.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from typing import Final

from carebase.rest import hints, plan, syntax
from carebase.rest.catalogue import Catalogue, ComputedColumn, Name, Table
from carebase.rest.errors import RestError

MOST_CHANGES: Final = 3
"""PostgreSQL suggests no column whose name differs in more characters."""
WIDEST_COMPARED: Final = 200
"""Of a wider table no column is suggested."""


class UnknownColumn(RestError):
    """A column that is read is not there."""

    code, status = "42703", 400

    def __init__(self, label: str, column: str, *, known: Iterable[str] = ()) -> None:
        near = _nearest(column, known)
        hint = None if near is None else f'Perhaps you meant to reference the column "{label}.{near}".'
        super().__init__(f"column {label}.{column} does not exist", hint=hint)


class TableDenied(RestError):
    """The table is none of the reader's; whether it has the column is not said."""

    code, status = "42501", 403

    def __init__(self, table: Name) -> None:
        super().__init__(f"permission denied for table {table.name}")


@dataclass(frozen=True, slots=True, kw_only=True)
class Relation:
    """Something with columns, as a request sees it.

    `label` is what errors call it. `columns` are types by name, in their order; None where nobody knows them, then
    any is taken. `table` is the relation whose relationships it has.
    """

    label: str
    table: Name | None
    columns: Mapping[str, str] | None
    computed: Mapping[str, ComputedColumn] = field(default_factory=dict)
    is_visible: bool = True

    @classmethod
    def of(cls, table: Table, *, label: str | None = None, is_visible: bool = True) -> Relation:
        """A table or view of the catalogue."""
        return cls(
            label=label or table.name.name,
            table=table.name,
            columns={name: column.type for name, column in table.columns.items()},
            computed=table.computed,
            is_visible=is_visible,
        )


def find(relation: Relation, wanted: syntax.Field) -> plan.Field:
    """The field, with its column's type. Raises UnknownColumn where the relation has no such column."""
    if relation.columns is None:
        return plan.Field(column=wanted.name, type=None, path=wanted.path)
    kind = relation.columns.get(wanted.name)
    if kind is not None:
        return plan.Field(column=wanted.name, type=kind, path=wanted.path)
    computed = relation.computed.get(wanted.name)
    if computed is None:
        raise refusal(relation, wanted.name)
    return plan.Field(column=wanted.name, type=computed.type, path=wanted.path, computed_by=computed.function)


def refusal(relation: Relation, column: str) -> RestError:
    """What to say of a column that is not there."""
    if relation.table is not None and not relation.is_visible:
        return TableDenied(relation.table)
    return UnknownColumn(relation.label, column, known=relation.columns or ())


def shown(catalogue: Catalogue, table: Name | None, found: plan.Field) -> plan.Field:
    """The field as it leaves: a domain that has a function for it becomes JSON by that."""
    domain = _declared(catalogue, table, found)
    function = None if domain is None or found.path else catalogue.representations.get((domain, "json"))
    return found if function is None else _with(found, shown_by=function)


def read_from_text(catalogue: Catalogue, table: Name | None, found: plan.Field) -> plan.Field:
    """The field as values meet it: a domain that has a function for it reads text by that."""
    domain = _declared(catalogue, table, found)
    function = None if domain is None or found.path else catalogue.representations.get(("text", domain))
    return found if function is None else _with(found, read_by=function)


def _declared(catalogue: Catalogue, table: Name | None, found: plan.Field) -> str | None:
    if table is None or not catalogue.representations or found.computed_by is not None:
        return None
    known = catalogue.tables.get(table)
    column = None if known is None else known.columns.get(found.column)
    return None if column is None else column.declared_type


def _with(found: plan.Field, *, shown_by: Name | None = None, read_by: Name | None = None) -> plan.Field:
    return plan.Field(
        column=found.column,
        type=found.type,
        path=found.path,
        computed_by=found.computed_by,
        shown_by=shown_by or found.shown_by,
        read_by=read_by or found.read_by,
    )


def output_name(wanted: syntax.Column) -> str:
    """The key under which a column stands in the answer.

    >>> output_name(syntax.Column(syntax.Field("data", (syntax.Step("name", is_text=True),))))
    'name'
    """
    if wanted.alias is not None:
        return wanted.alias
    if wanted.aggregate is not None:
        return wanted.aggregate.value
    if wanted.field is None:
        return "count"
    words = [step.key for step in wanted.field.path if isinstance(step.key, str)]
    return words[-1] if words else wanted.field.name


def _nearest(word: str, names: Iterable[str]) -> str | None:
    """The one name closest to `word`, as PostgreSQL chooses: at most half of it differs, and no two are as close."""
    names = list(names)
    if len(names) > WIDEST_COMPARED or len(word) > hints.LONGEST_COMPARED:
        return None
    bound = min(MOST_CHANGES, len(word) // 2)
    scored = sorted((hints.changes(name, word), name) for name in names if abs(len(name) - len(word)) <= bound)
    fitting = [(score, name) for score, name in scored if score <= bound]
    best = [name for score, name in fitting if score == fitting[0][0]]
    return best[0] if len(best) == 1 else None
