"""Reads the registry of what is tracked, and takes out of the catalogue what would show such rows unrecorded.

In charge of what is registered wrongly: that is told in the log, and hidden.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass

from carebase.database import queries
from carebase.database.session import Session
from carebase.observability import Log
from carebase.rest import exposure, tracking
from carebase.rest.catalogue import Catalogue, Function, Name
from carebase.rest.exposure import Graph, Node, Part
from carebase.rest.tracking import Recording, Reported, Tracking, Way

SQL = queries.beside(__file__)
LOG = Log("rest")


@dataclass(frozen=True, slots=True)
class TrackedRow:
    """One row of `audit.tracked`."""

    relation: str
    key_columns: Sequence[str]
    patient_path: str | None


@dataclass(frozen=True, slots=True)
class ViewRow:
    """One row of `audit.tracked_views`."""

    relation: str
    records: str
    key_columns: Sequence[str]
    patient_path: str | None
    patient_column: str | None


@dataclass(frozen=True, slots=True)
class FunctionRow:
    """One row of `audit.tracked_functions`."""

    signature: str
    recording: str
    records: str | None
    key_columns: Sequence[str]
    patient_path: str | None
    patient_column: str | None


@dataclass(frozen=True, slots=True)
class PartRow:
    """A relation or a function; `signature` is as the registry spells it."""

    number: int
    schema: str
    name: str
    is_function: bool
    signature: str
    language: str
    text: str


@dataclass(frozen=True, slots=True)
class UseRow:
    """One thing that refers to another."""

    origin: int
    is_function: bool
    target: int
    is_target_function: bool


@dataclass(frozen=True, slots=True, kw_only=True)
class Found:
    """Everything that was read."""

    tables: Sequence[TrackedRow]
    views: Sequence[ViewRow]
    functions: Sequence[FunctionRow]
    parts: Sequence[PartRow]
    uses: Sequence[UseRow]


async def load(session: Session) -> Found:
    """The registry, and what reads what. The session's search path is empty from here to its end."""
    async with session.together() as ask:
        ask.value(SQL["write_schemas_out"])
        tables = ask.all(SQL["tracked"], TrackedRow)
        views = ask.all(SQL["tracked_views"], ViewRow)
        functions = ask.all(SQL["tracked_functions"], FunctionRow)
        parts = ask.all(SQL["parts"], PartRow)
        uses = ask.all(SQL["uses"], UseRow)
    return Found(
        tables=tables.brought,
        views=views.brought,
        functions=functions.brought,
        parts=parts.brought,
        uses=uses.brought,
    )


def applied(found: Found, catalogue: Catalogue) -> tuple[Catalogue, Tracking]:
    """The catalogue of what may be asked for, and how it is recorded."""
    tables = {
        _name(row.relation): tracking.of_table(
            _name(row.relation), tuple(row.key_columns), patient_path=row.patient_path
        )
        for row in found.tables
    }
    views = _views(found.views, tables, catalogue)
    relations = {**views, **tables}
    tracked = Tracking(relations=relations, functions=_functions(found, relations, catalogue))
    graph = Graph(
        parts=[_part(row) for row in found.parts],
        uses=_uses(found.uses),
        schemas=frozenset(row.schema for row in found.parts),
        tracking=tracked,
        tracked=frozenset(tables),
    )
    functions, computing = exposure.hidden_functions(graph, catalogue)
    hidden = exposure.hidden_relations(graph, catalogue)
    return exposure.without(catalogue, tables=hidden, functions=functions, computing=computing), tracked


def _views(
    rows: Sequence[ViewRow], tables: Mapping[Name, tuple[Reported, ...]], catalogue: Catalogue
) -> dict[Name, tuple[Reported, ...]]:
    found: dict[Name, tuple[Reported, ...]] = {}
    unfit: set[Name] = set()
    for row in rows:
        view = _name(row.relation)
        made = _reported(view, row, tables=tables)
        known = catalogue.tables.get(view)
        if made is None or (known is not None and not set(known.columns).issuperset(made.columns)):
            LOG.warning("view_registered_wrongly", reason=row.relation)
            unfit.add(view)
        else:
            found[view] = (*found.get(view, ()), made)
    return {view: made for view, made in found.items() if view not in unfit}


def _functions(
    found: Found, relations: Mapping[Name, tuple[Reported, ...]], catalogue: Catalogue
) -> dict[int, Recording]:
    tables = {_name(row.relation): relations[_name(row.relation)] for row in found.tables}
    numbers = {row.signature: row.number for row in found.parts if row.is_function}
    callable_ones = {one.number: one for overloads in catalogue.functions.values() for one in overloads}
    registered: dict[int, Recording] = {}
    for row in found.functions:
        number = numbers.get(row.signature)
        recording = _recording(row, tables)
        function = None if number is None else callable_ones.get(number)
        if number is None or recording is None or not _fits(recording, function, catalogue, relations=relations):
            LOG.warning("function_registered_wrongly", reason=row.signature)
        else:
            registered[number] = recording
    return registered


def _fits(
    recording: Recording,
    function: Function | None,
    catalogue: Catalogue,
    *,
    relations: Mapping[Name, tuple[Reported, ...]],
) -> bool:
    """Whether it returns the columns that its rows are recorded by, or rows that are recorded by themselves."""
    if function is None or recording.way is not Way.ROWS:
        return True
    returned = function.returns
    if not recording.reported:
        return returned.table in relations
    table = None if returned.table is None else catalogue.tables.get(returned.table)
    columns = set(returned.columns) if table is None else set(table.columns)
    return all(columns.issuperset(one.columns) for one in recording.reported)


def _recording(row: FunctionRow, tables: Mapping[Name, tuple[Reported, ...]]) -> Recording | None:
    way = Way(row.recording)
    name = _name(row.signature.partition("(")[0])
    match way:
        case Way.ROWS if row.records is not None and row.key_columns:
            made = _reported(name, row, tables=tables)
            return None if made is None else Recording(way=way, reported=(made,))
        case Way.QUESTION if row.records is not None:
            records = _name(row.records)
            return Recording(way=way, reported=(Reported(source=records, records=records, keys=(), names=()),))
        case _:
            return Recording(way=way)


def _reported(
    source: Name, row: ViewRow | FunctionRow, *, tables: Mapping[Name, tuple[Reported, ...]]
) -> Reported | None:
    """How rows are recorded; None where they are no rows of a tracked table, nor named by themselves."""
    named = _name(row.records or "")
    keys = tuple(row.key_columns)
    if named == source:
        names = keys
    elif named in tables and len(tables[named][0].keys) == len(keys):
        names = tables[named][0].keys
    else:
        return None
    column = row.patient_column or row.patient_path
    return Reported(
        source=source,
        records=named,
        keys=keys,
        names=names,
        patient_path=row.patient_path,
        patient_column=column,
    )


def _part(row: PartRow) -> Part:
    return Part(
        number=row.number,
        name=Name(row.schema, row.name),
        is_function=row.is_function,
        language=row.language,
        text=row.text,
    )


def _uses(rows: Sequence[UseRow]) -> dict[Node, frozenset[Node]]:
    found: dict[Node, set[Node]] = {}
    for origin, target in _edges(rows):
        found.setdefault(origin, set()).add(target)
    return {origin: frozenset(targets) for origin, targets in found.items()}


def _edges(rows: Sequence[UseRow]) -> Iterator[tuple[Node, Node]]:
    for row in rows:
        yield (
            ("f" if row.is_function else "r", row.origin),
            ("f" if row.is_target_function else "r", row.target),
        )


def _name(relation: str) -> Name:
    schema, _, name = relation.partition(".")
    return Name(schema, name)
