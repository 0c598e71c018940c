"""Decides what may be exposed beside tracked tables: nothing leads to their rows that is not recorded.

Pure. What a view reads, PostgreSQL knows; what a function reads stands in its text alone, so every name in it counts,
and a function that puts statements together while it runs may read anything.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field, replace
from typing import Final, TypeAlias, assert_never

from carebase.rest.catalogue import (
    ByKey,
    Catalogue,
    Computed,
    ComputedColumn,
    Function,
    Name,
    Relationship,
    ThroughJunction,
    Visible,
)
from carebase.rest.tracking import Reported, Tracking, Way

Node: TypeAlias = tuple[str, int]
"""A relation (`r`) or a function (`f`) by PostgreSQL's number of it."""

WORD: Final = re.compile(
    r"""
    (?P<after>\.\s*)? (?:(?P<qualifier>"[^"]+"|[^\W\d][\w$]*)\s*\.\s*)? (?P<word>"[^"]+"|[^\W\d][\w$]*)
    (?P<call>\s*\()?
    """,
    re.VERBOSE,
)
RUNS_TEXT: Final = frozenset(
    {
        "execute", "query_to_xml", "query_to_xmlschema", "query_to_xml_and_xmlschema", "cursor_to_xml", "table_to_xml",
        "table_to_xmlschema", "table_to_xml_and_xmlschema", "schema_to_xml", "schema_to_xml_and_xmlschema",
        "database_to_xml", "database_to_xml_and_xmlschema", "ts_stat", "dblink", "pg_read_file",
    }
)  # fmt: skip
"""Words of SQL and PL/pgSQL that run or read what is only known at run time."""
COMPILED: Final = frozenset({"internal", "c"})
READABLE: Final = frozenset({"sql", "plpgsql"})


@dataclass(frozen=True, slots=True, kw_only=True)
class Part:
    """A relation, or a function with its text."""

    number: int
    name: Name
    is_function: bool = False
    language: str = "sql"
    text: str = ""

    @property
    def node(self) -> Node:
        """Its place in the graph."""
        return ("f" if self.is_function else "r", self.number)


@dataclass(frozen=True, slots=True)
class Reach:
    """Which tracked tables something leads to; `is_open` where that cannot be known."""

    tables: frozenset[Name] = frozenset()
    is_open: bool = False

    def __bool__(self) -> bool:
        """Whether it leads to any."""
        return self.is_open or bool(self.tables)

    def is_within(self, recorded: Sequence[Reported]) -> bool:
        """Whether rows recorded so are all that it leads to."""
        return not self.is_open and self.tables <= {one.records for one in recorded}


@dataclass(frozen=True, kw_only=True)
class Graph:
    """What reads what. `uses` are the dependencies that PostgreSQL knows, `parts` all relations and functions."""

    parts: Sequence[Part]
    uses: Mapping[Node, frozenset[Node]]
    schemas: frozenset[str]
    tracking: Tracking
    tracked: frozenset[Name]
    """The tracked tables."""
    _found: dict[Node, Reach] = field(default_factory=dict)
    _by_name: dict[str, list[Part]] = field(default_factory=dict)
    _by_node: dict[Node, Part] = field(default_factory=dict)

    def __post_init__(self) -> None:
        for part in self.parts:
            self._by_name.setdefault(part.name.name, []).append(part)
            self._by_node[part.node] = part

    def reach(self, start: Node) -> Reach:
        """Where it leads, through views and functions; what is registered to tell nothing leads nowhere."""
        if start in self._found:
            return self._found[start]
        tables: set[Name] = set()
        is_open = False
        waiting, passed = [start], {start}
        while waiting:
            node = waiting.pop()
            part = self._by_node.get(node)
            if part is not None and not part.is_function and part.name in self.tracked:
                tables.add(part.name)
                continue
            if part is not None and part.is_function:
                if node != start and self._is_silent(node):
                    continue
                is_open = is_open or _runs_text(part)
            following = {*self.uses.get(node, ()), *(() if part is None else self._named_in(part))} - passed
            passed |= following
            waiting += following
        return self._found.setdefault(start, Reach(frozenset(tables), is_open))

    def _is_silent(self, node: Node) -> bool:
        recording = self.tracking.functions.get(node[1])
        return recording is not None and recording.way in {Way.ITSELF, Way.NOTHING}

    def _named_in(self, part: Part) -> Iterator[Node]:
        """What the words of a function may mean: with a schema what is called so there, else all of that name."""
        if not part.is_function or part.language in COMPILED:
            return
        for match in WORD.finditer(part.text):
            qualifier = _folded(match["qualifier"] or "")
            is_of_row = bool(match["after"]) or (bool(qualifier) and qualifier not in self.schemas)
            for meant in self._by_name.get(_folded(match["word"]), ()):
                if meant.is_function:
                    # A function of a row can be written like its column.
                    is_meant = is_of_row or (bool(match["call"]) and qualifier in {"", meant.name.schema})
                else:
                    is_meant = qualifier in {"", meant.name.schema}
                if is_meant:
                    yield meant.node


def _folded(word: str) -> str:
    return word[1:-1] if word.startswith('"') else word.lower()


def _runs_text(part: Part) -> bool:
    if part.language in COMPILED:
        return False
    if part.language not in READABLE:
        return True
    return not RUNS_TEXT.isdisjoint(match["word"].lower() for match in WORD.finditer(part.text))


# --- what is hidden ------------------------------------------------------------------------------------------------


def hidden_relations(graph: Graph, catalogue: Catalogue) -> frozenset[Name]:
    """The exposed relations that lead to tracked tables and are not recorded."""
    return frozenset(
        part.name
        for part in graph.parts
        if not part.is_function
        and part.name in catalogue.tables
        and not graph.tracking.of(part.name)
        and graph.reach(part.node)
    )


def is_recorded(graph: Graph, function: Function) -> bool:
    """Whether all that a function tells of tracked rows gets on record when it is called."""
    if function.number in graph.tracking.functions:
        return True
    returned = graph.tracking.of(function.returns.table)
    return graph.reach(("f", function.number)).is_within(returned)


def hidden_functions(graph: Graph, catalogue: Catalogue) -> tuple[frozenset[Name], frozenset[Name]]:
    """The functions that must not be called, and those that no column or embed may be made of.

    All overloads of a name go where one has to. A question is put on record where it is called, so nowhere else.
    """
    everywhere = {
        name
        for name, overloads in catalogue.functions.items()
        if not all(is_recorded(graph, function) for function in overloads)
    }
    inside = {one.function for one in _columns(catalogue) if not _may_be_column(graph, one.number)}
    inside |= {one.function for one in _embeds(catalogue) if not _may_be_embed(graph, one)}
    return frozenset(everywhere), frozenset(inside | everywhere)


def _columns(catalogue: Catalogue) -> Iterator[ComputedColumn]:
    for table in catalogue.tables.values():
        yield from table.computed.values()


def _embeds(catalogue: Catalogue) -> Iterator[Computed]:
    for relationships in catalogue.relationships.values():
        yield from (one for one in relationships if isinstance(one, Computed))


def _may_be_column(graph: Graph, number: int) -> bool:
    recording = graph.tracking.functions.get(number)
    if recording is not None:
        return recording.way in {Way.ITSELF, Way.NOTHING}
    return not graph.reach(("f", number))


def _may_be_embed(graph: Graph, one: Computed) -> bool:
    recording = graph.tracking.functions.get(one.number)
    if recording is not None and recording.way is Way.ROWS:
        return bool(graph.tracking.returned_by(one.number, relation=one.target))
    if recording is not None:
        return recording.way is not Way.QUESTION
    return graph.reach(("f", one.number)).is_within(graph.tracking.of(one.target))


def without(
    catalogue: Catalogue,
    *,
    tables: frozenset[Name] = frozenset(),
    functions: frozenset[Name] = frozenset(),
    computing: frozenset[Name] = frozenset(),
) -> Catalogue:
    """The catalogue in which these relations and functions are not there: no route, embed or hint leads to them.

    Of `computing` no column or embed is made, `functions` cannot be called.
    """
    relationships = {
        origin: tuple(one for one in found if not _leads_to(one, tables, computing))
        for origin, found in catalogue.relationships.items()
        if origin not in tables
    }
    return replace(
        catalogue,
        tables={
            name: replace(
                table, computed={word: one for word, one in table.computed.items() if one.function not in computing}
            )
            for name, table in catalogue.tables.items()
            if name not in tables
        },
        relationships=relationships,
        functions={name: overloads for name, overloads in catalogue.functions.items() if name not in functions},
        visible={
            role: Visible(tables=seen.tables - tables, functions=seen.functions - functions)
            for role, seen in catalogue.visible.items()
        },
    )


def _leads_to(relationship: Relationship, tables: frozenset[Name], functions: frozenset[Name]) -> bool:
    match relationship:
        case ByKey(target=target):
            return target in tables
        case ThroughJunction(target=target, junction=junction):
            return target in tables or junction in tables
        case Computed(target=target, function=function):
            return target in tables or function in functions
        case _:
            assert_never(relationship)
