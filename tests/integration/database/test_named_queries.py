"""Every named query is one that PostgreSQL accepts, and every call of it agrees with it.

Reads the call sites from the source, so that a query, its row class and its parameters cannot drift apart.
"""

from __future__ import annotations

import ast
import dataclasses
import importlib
import os
import types
import typing
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import date, datetime
from decimal import Decimal
from functools import cache
from pathlib import Path
from uuid import UUID

import psycopg
import pytest

import carebase
from carebase.database import queries
from carebase.database.queries import Query

# What PostgreSQL prepares does not differ between versions, and `make check` runs this file.
on_one_version = pytest.mark.parametrize("cluster", [os.environ.get("CAREBASE_TEST_POSTGRES", "18")], indirect=True)

ROOT = Path(carebase.__file__).parent
WITH_ROWS = {"one", "maybe", "all"}
WITHOUT_ROWS = {"value", "run", "stream"}
PYTHON_TYPES: Mapping[str, tuple[object, ...]] = {
    "bool": (bool,),
    "bytea": (bytes,),
    "date": (date,),
    "float8": (float,),
    "int2": (int,),
    "int4": (int,),
    "int8": (int,),
    "jsonb": (dict, list, Mapping, Sequence, object),
    "numeric": (Decimal,),
    "_text": (list, Sequence),
    "text": (str,),
    "timestamptz": (datetime,),
    "uuid": (UUID,),
}


@dataclass(frozen=True)
class Call:
    """One call of a session's method with a named query."""

    module: str
    line: int
    home: str
    name: str
    method: str
    row: str | None
    given: frozenset[str]
    is_open: bool
    """Whether `**values` or a list adds parameters that the source does not spell out."""

    def __str__(self) -> str:
        return f"{self.module}:{self.line} {self.method} {self.name}"


def dotted(path: Path) -> str:
    return ".".join(["carebase", *path.relative_to(ROOT).with_suffix("").parts])


@cache
def stored() -> dict[tuple[str, str], Query]:
    """Every query by the module it belongs to and its name."""
    return {
        (dotted(path), name): query
        for path in sorted(ROOT.rglob("*.sql"))
        if not path.is_relative_to(ROOT / "database")
        for name, query in queries.load(path.read_text(encoding="utf-8")).items()
    }


def modules() -> Iterator[tuple[str, ast.Module]]:
    for path in sorted(ROOT.rglob("*.py")):
        yield dotted(path), ast.parse(path.read_text(encoding="utf-8"))


def imported(tree: ast.Module) -> dict[str, str]:
    """Modules of ours by the name they have in this one."""
    return {
        alias.asname or alias.name: f"{node.module}.{alias.name}"
        for node in ast.walk(tree)
        if isinstance(node, ast.ImportFrom) and node.module and node.module.startswith("carebase")
        for alias in node.names
    }


def home_of(node: ast.expr, *, module: str, known: Mapping[str, str]) -> str | None:
    """The module whose queries an expression names: `SQL` or `files.SQL`."""
    match node:
        case ast.Name(id="SQL"):
            return module
        case ast.Attribute(value=ast.Name(id=name), attr="SQL"):
            return known[name]
    return None


@cache
def calls() -> tuple[Call, ...]:
    found = []
    for module, tree in modules():
        known = imported(tree)
        taken = set()
        for node in ast.walk(tree):
            if not (isinstance(node, ast.Call) and isinstance(node.func, ast.Attribute) and node.args):
                continue
            query = node.args[0]
            if not isinstance(query, ast.Subscript) or not (home := home_of(query.value, module=module, known=known)):
                continue
            assert isinstance(query.slice, ast.Constant), f"{module}:{node.lineno} names its query by a literal"
            taken.add(query)
            row = ast.unparse(node.args[1]) if node.func.attr in WITH_ROWS and len(node.args) > 1 else None
            found.append(
                Call(
                    module,
                    node.lineno,
                    home,
                    query.slice.value,
                    node.func.attr,
                    row,
                    frozenset(keyword.arg for keyword in node.keywords if keyword.arg),
                    any(keyword.arg is None for keyword in node.keywords),
                )
            )
        for node in ast.walk(tree):
            if isinstance(node, ast.Subscript) and node not in taken:
                home = home_of(node.value, module=module, known=known)
                assert home is None, f"{module}:{node.lineno} takes a query elsewhere than in a session's call"
    return tuple(found)


@pytest.fixture(scope="module")
def connection(cluster) -> Iterator[psycopg.Connection]:
    with psycopg.connect(cluster.owner_dsn, autocommit=True) as opened:
        yield opened


def columns_of(connection: psycopg.Connection, query: Query) -> list[tuple[str, str]]:
    """The names and types of the columns, as PostgreSQL prepares the statement."""
    pgconn = connection.pgconn
    prepared = pgconn.prepare(b"", query.numbered.encode())
    assert prepared.status == psycopg.pq.ExecStatus.COMMAND_OK, prepared.get_error_message()
    described = pgconn.describe_prepared(b"")
    names = dict(connection.execute("select oid, typname from pg_type").fetchall())
    return [
        ((described.fname(column) or b"").decode(), names[described.ftype(column)])
        for column in range(described.nfields)
    ]


def row_class(call: Call) -> type:
    assert call.row is not None, f"{call} names no row class"
    found: object = importlib.import_module(call.module)
    for part in call.row.split("."):
        found = getattr(found, part)
    assert isinstance(found, type)
    assert dataclasses.is_dataclass(found), f"{call}: {call.row} is no dataclass"
    assert found.__dataclass_params__.frozen, f"{call}: {call.row} is not frozen"
    return found


def plain(annotation: object) -> object:
    """The type behind `X | None`, a NewType and the arguments of a generic; `object` for Any."""
    if isinstance(annotation, typing.NewType):
        return plain(annotation.__supertype__)
    if isinstance(annotation, types.UnionType) or typing.get_origin(annotation) is typing.Union:
        (inner,) = [part for part in typing.get_args(annotation) if part is not type(None)]
        return plain(inner)
    if annotation is typing.Any:
        return object
    return typing.get_origin(annotation) or annotation


def test_every_sql_file_stands_beside_the_module_that_loads_it():
    for module in {module for module, _ in stored()}:
        source = ROOT.parent.joinpath(*module.split(".")).with_suffix(".py")
        assert source.exists(), f"{module}.sql has no module"
        assert "SQL = queries.beside(__file__)" in source.read_text(encoding="utf-8"), source


def test_every_head_of_a_query_is_read():
    for path in ROOT.rglob("*.sql"):
        if not path.is_relative_to(ROOT / "database"):
            text = path.read_text(encoding="utf-8")
            heads = [line for line in text.splitlines() if line.lower().startswith("-- name")]
            assert len(heads) == len(queries.load(text)), path


@on_one_version
@pytest.mark.parametrize("key", stored(), ids=lambda key: f"{key[0].removeprefix('carebase.')}.{key[1]}")
def test_postgresql_prepares(connection, key):
    columns_of(connection, stored()[key])


def test_every_query_is_called_and_every_called_query_exists():
    called = {(call.home, call.name) for call in calls()}

    assert called - set(stored()) == set()
    assert set(stored()) - called == set()


@on_one_version
def test_the_columns_are_the_fields_of_the_row_class(connection):
    for call in calls():
        if call.method not in WITH_ROWS:
            continue
        columns = columns_of(connection, stored()[call.home, call.name])
        row = row_class(call)
        fields = [field.name for field in dataclasses.fields(row) if field.init]
        assert [name for name, _ in columns] == fields, call


@on_one_version
def test_the_fields_have_the_types_that_postgresql_sends(connection):
    for call in calls():
        if call.method not in WITH_ROWS:
            continue
        hints = typing.get_type_hints(row_class(call), vars(importlib.import_module(row_class(call).__module__)))
        for name, sent in columns_of(connection, stored()[call.home, call.name]):
            annotation = plain(hints[name])
            # The origin of `Mapping[…]` is the class in collections.abc.
            assert annotation in PYTHON_TYPES[sent], f"{call}: {name} is {sent} and not {annotation}"


@on_one_version
def test_queries_without_a_row_class_are_read_as_one_value_or_not_at_all(connection):
    for call in calls():
        assert call.method in WITH_ROWS | WITHOUT_ROWS, call
        if call.method == "value":
            assert len(columns_of(connection, stored()[call.home, call.name])) == 1, call


def test_calls_give_the_parameters_of_their_query():
    for call in calls():
        wanted = set(stored()[call.home, call.name].parameters)
        assert call.given <= wanted, f"{call} gives what the query does not take: {call.given - wanted}"
        if not call.is_open:
            assert call.given == wanted, f"{call} does not give {wanted - call.given}"
