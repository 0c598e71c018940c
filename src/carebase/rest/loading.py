"""Reads the catalogue from PostgreSQL: a handful of queries in one round trip, then made into values.

Any login can do it, as the system catalogues are open to all; what may be used is decided when it is used.
"""

from __future__ import annotations

import asyncio
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Final

from carebase.database import queries
from carebase.database.session import Session
from carebase.rest import relationships, view_columns
from carebase.rest.catalogue import (
    Argument,
    Catalogue,
    Column,
    Computed,
    ComputedColumn,
    Function,
    Generation,
    Kind,
    Name,
    Returned,
    Table,
    Visible,
    Volatility,
)
from carebase.rest.relationships import Appearance, ForeignKey, Key

SQL = queries.beside(__file__)

KINDS: Final = {
    "r": Kind.TABLE,
    "p": Kind.PARTITIONED,
    "v": Kind.VIEW,
    "m": Kind.MATERIALIZED,
    "f": Kind.FOREIGN,
}
IDENTITIES: Final = {"a": Generation.IDENTITY_ALWAYS, "d": Generation.IDENTITY_BY_DEFAULT}
GENERATIONS: Final = {"s": Generation.STORED, "v": Generation.VIRTUAL}
VOLATILITIES: Final = {"i": Volatility.IMMUTABLE, "s": Volatility.STABLE, "v": Volatility.VOLATILE}
UPDATE, INSERT, DELETE = 4, 8, 16
"""Bits of `pg_relation_is_updatable`."""
WHOLE_BODY_TYPES: Final = {"json", "jsonb", "text", "bytea", "xml"}
"""What an argument without a name may be."""


@dataclass(frozen=True, slots=True)
class RelationRow:
    """One relation; `columns` are objects of JSON."""

    oid: int
    schema: str
    name: str
    kind: str
    events: int
    columns: Sequence[Mapping[str, Any]]
    comment: str | None

    @property
    def qualified(self) -> Name:
        """Its name with its schema."""
        return Name(self.schema, self.name)


@dataclass(frozen=True, slots=True)
class ConstraintRow:
    """One primary key (p), unique constraint (u) or foreign key (f)."""

    name: str
    kind: str
    relation: int
    columns: Sequence[int]
    target: int
    target_columns: Sequence[int]


@dataclass(frozen=True, slots=True)
class ViewRow:
    """What a view was made of."""

    relation: int
    tree: str


@dataclass(frozen=True, slots=True)
class FunctionRow:
    """One function; `arguments` are objects of JSON, in and out, in their order."""

    schema: str
    name: str
    volatility: str
    is_set: bool
    is_one_row: bool
    return_schema: str
    return_name: str
    return_type: str
    is_composite: bool
    is_domain: bool
    return_relation: int | None
    row_of: int | None
    required: int
    arguments: Sequence[Mapping[str, str]]
    settings: Sequence[str]
    comment: str | None
    number: int = 0

    @property
    def qualified(self) -> Name:
        """Its name with its schema."""
        return Name(self.schema, self.name)


@dataclass(frozen=True, slots=True)
class RepresentationRow:
    """One cast that is made without being asked for."""

    source: str
    target: str
    schema: str
    name: str


@dataclass(frozen=True, slots=True)
class CommentRow:
    """What is said of a schema."""

    schema: str
    comment: str


@dataclass(frozen=True, slots=True)
class VisibleRow:
    """One relation or function that a role may use."""

    role: str
    is_function: bool
    schema: str
    name: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Found:
    """Everything that was read."""

    schemas: tuple[str, ...]
    relations: Sequence[RelationRow]
    constraints: Sequence[ConstraintRow]
    views: Sequence[ViewRow]
    functions: Sequence[FunctionRow]
    representations: Sequence[RepresentationRow]
    comments: Sequence[CommentRow]
    visible: Sequence[VisibleRow]


async def load(session: Session, *, schemas: Sequence[str] = ("public",), roles: Sequence[str] = ()) -> Catalogue:
    """The catalogue of the exposed schemas, with what each of the roles may use.

    The session's search path is empty from here to its end.
    """
    exposed, asked_roles = list(schemas), list(roles)
    async with session.together() as ask:
        ask.value(SQL["write_schemas_out"])
        relations = ask.all(SQL["relations"], RelationRow, schemas=exposed)
        constraints = ask.all(SQL["constraints"], ConstraintRow)
        views = ask.all(SQL["views"], ViewRow, schemas=exposed)
        functions = ask.all(SQL["functions"], FunctionRow, schemas=exposed)
        representations = ask.all(SQL["representations"], RepresentationRow)
        comments = ask.all(SQL["comments"], CommentRow, schemas=exposed)
        visible = ask.all(SQL["visible"], VisibleRow, schemas=exposed, roles=asked_roles)
    found = Found(
        schemas=tuple(exposed),
        relations=relations.brought,
        constraints=constraints.brought,
        views=views.brought,
        functions=functions.brought,
        representations=representations.brought,
        comments=comments.brought,
        visible=visible.brought,
    )
    # A thousand tables take some hundredths of a second, in which other requests should be answered.
    return await asyncio.to_thread(made_of, found)


def made_of(found: Found) -> Catalogue:
    """The catalogue that the rows describe."""
    shown = view_columns.followed({view.relation: view_columns.shown(view.tree) for view in found.views})
    appearing = appearances(found.relations, shown)
    keys, foreign_keys = constraints_of(found.constraints)
    primary = relationships.primary_keys(keys, appearing)
    by_oid = {row.oid: row.qualified for row in found.relations}
    of_rows = computed_columns(found.functions)
    return Catalogue(
        schemas=found.schemas,
        tables={
            row.qualified: table(row, key=primary.get(row.qualified, ()), computed_columns=of_rows.get(row.oid, {}))
            for row in found.relations
        },
        relationships={
            **dict.fromkeys(joined_elsewhere(foreign_keys, keys, appearing), ()),
            **relationships.by_origin(
                list(relationships.by_keys(foreign_keys, keys, appearing)),
                primary=primary,
                computed=computed(found.functions, by_oid),
                views={row.qualified for row in found.relations if KINDS[row.kind].is_view},
            ),
        },
        functions=callable_functions(found.functions, by_oid),
        representations={(row.source, row.target): Name(row.schema, row.name) for row in found.representations},
        comments={row.schema: row.comment for row in found.comments},
        visible=seen(found.visible),
    )


# --- tables --------------------------------------------------------------------------------------------------------


def column(given: Mapping[str, Any]) -> Column:
    """One column from its JSON."""
    return Column(
        name=given["name"],
        type=given["type"],
        declared_type=given["declared_type"],
        is_nullable=given["is_nullable"],
        default=given["default"],
        generation=IDENTITIES.get(given["identity"]) or GENERATIONS.get(given["generated"]),
        max_length=given["max_length"],
        enum=tuple(given["enum"] or ()),
        comment=given["comment"],
    )


def table(row: RelationRow, *, key: tuple[str, ...], computed_columns: Mapping[str, ComputedColumn]) -> Table:
    """One relation from its row."""
    return Table(
        name=row.qualified,
        kind=KINDS[row.kind],
        columns={given["name"]: column(given) for given in row.columns},
        key=key,
        is_insertable=bool(row.events & INSERT),
        is_updatable=bool(row.events & UPDATE),
        is_deletable=bool(row.events & DELETE),
        computed=computed_columns,
        comment=row.comment,
    )


def appearances(
    relations: Iterable[RelationRow], shown: Mapping[int, Mapping[int, view_columns.Source]]
) -> dict[int, list[Appearance]]:
    """The exposed relations by the tables whose columns they show: a table its own, a view those it takes."""
    found: dict[int, list[Appearance]] = {}
    for row in relations:
        names = {given["number"]: given["name"] for given in row.columns}
        is_view = KINDS[row.kind].is_view
        taken: dict[int, dict[int, tuple[str, ...]]] = {}
        for number, name in names.items():
            # Columns that were added after the view was read are computed, as far as can be said.
            source = shown.get(row.oid, {}).get(number) if is_view else (row.oid, number)
            if source is not None:
                below = taken.setdefault(source[0], {})
                below[source[1]] = (*below.get(source[1], ()), name)
        for relation, columns in taken.items():
            appearance = Appearance(relation=row.qualified, columns=columns, is_view=is_view)
            found.setdefault(relation, []).append(appearance)
    return found


def constraints_of(rows: Iterable[ConstraintRow]) -> tuple[list[Key], list[ForeignKey]]:
    """Primary and unique keys, and foreign keys."""
    keys: list[Key] = []
    foreign_keys: list[ForeignKey] = []
    for row in rows:
        columns = tuple(row.columns)
        if row.kind == "f":
            others = tuple(row.target_columns)
            foreign_keys.append(
                ForeignKey(
                    name=row.name, relation=row.relation, columns=columns, target=row.target, target_columns=others
                )
            )
        else:
            keys.append(Key(relation=row.relation, columns=columns, is_primary=row.kind == "p"))
    return keys, foreign_keys


def joined_elsewhere(
    foreign_keys: Iterable[ForeignKey], keys: Iterable[Key], appearing: Mapping[int, Sequence[Appearance]]
) -> Iterator[Name]:
    """The relations that are related through tables which are not exposed: nobody who asks for that meant another."""
    primary = {key.relation: set(key.columns) for key in keys if key.is_primary}
    leading: dict[int, list[ForeignKey]] = {}
    for key in foreign_keys:
        is_part = set(key.columns) <= primary.get(key.relation, set())
        if is_part and key.relation not in appearing and key.target in appearing:
            leading.setdefault(key.relation, []).append(key)
    for found in leading.values():
        if len(found) > 1:
            yield from (appearance.relation for key in found for appearance in appearing[key.target])


# --- functions -----------------------------------------------------------------------------------------------------


def callable_functions(rows: Iterable[FunctionRow], relations: Mapping[int, Name]) -> dict[Name, tuple[Function, ...]]:
    """The functions that can be called by name, or by a whole body where their one argument has none."""
    found: dict[Name, list[Function]] = {}
    for row in rows:
        made = function(row, relations)
        unnamed = made.unnamed
        if unnamed.type in WHOLE_BODY_TYPES if unnamed else all(each.name for each in made.arguments):
            found.setdefault(made.name, []).append(made)
    return {name: tuple(overloads) for name, overloads in found.items()}


def function(row: FunctionRow, relations: Mapping[int, Name]) -> Function:
    """One function from its row."""
    passed = [each for each in row.arguments if each["mode"] in {"i", "b", "v"}]
    return Function(
        name=row.qualified,
        arguments=tuple(
            Argument(
                name=each["name"],
                type=each["type"],
                is_required=place < row.required,
                is_variadic=each["mode"] == "v",
            )
            for place, each in enumerate(passed)
        ),
        returns=Returned(
            type=Name(row.return_schema, row.return_name),
            is_set=row.is_set,
            is_composite=row.is_composite,
            is_domain=row.is_domain,
            table=None if row.return_relation is None else relations.get(row.return_relation),
            columns={each["name"]: each["type"] for each in row.arguments if each["mode"] in {"o", "b", "t"}},
        ),
        volatility=VOLATILITIES[row.volatility],
        settings=dict(_setting(each) for each in row.settings),
        comment=row.comment,
        number=row.number,
    )


def _setting(written: str) -> tuple[str, str]:
    name, _, value = written.partition("=")
    return name, value


def computed(rows: Iterable[FunctionRow], relations: Mapping[int, Name]) -> list[Computed]:
    """Relationships that functions make: from one row of an exposed relation to rows of another."""
    found = []
    for row in rows:
        origin = None if row.row_of is None else relations.get(row.row_of)
        target = None if row.return_relation is None else relations.get(row.return_relation)
        if origin and target and not row.is_domain:
            is_to_one = not row.is_set or row.is_one_row
            found.append(
                Computed(origin=origin, target=target, function=row.qualified, is_to_one=is_to_one, number=row.number)
            )
    return found


def computed_columns(rows: Iterable[FunctionRow]) -> dict[int, dict[str, ComputedColumn]]:
    """Columns that functions make of one row, by relation and name."""
    found: dict[int, dict[str, ComputedColumn]] = {}
    for row in rows:
        if row.row_of is not None and row.return_relation is None:
            made = ComputedColumn(function=row.qualified, type=row.return_type, number=row.number)
            found.setdefault(row.row_of, {})[row.name] = made
    return found


# --- roles ---------------------------------------------------------------------------------------------------------


def seen(rows: Iterable[VisibleRow]) -> dict[str, Visible]:
    """What each role may use."""
    tables: dict[str, set[Name]] = {}
    functions: dict[str, set[Name]] = {}
    for row in rows:
        kind = functions if row.is_function else tables
        kind.setdefault(row.role, set()).add(Name(row.schema, row.name))
    return {
        role: Visible(tables=frozenset(tables.get(role, ())), functions=frozenset(functions.get(role, ())))
        for role in tables.keys() | functions.keys()
    }
