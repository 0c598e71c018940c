"""Writes `docs/reference/data-dictionary.md` from the comments of a migrated database.

Run after a migration or a comment was added: `python scripts/make_dictionary.py`. It starts an embedded server of
its own and removes it; with a connection string as its argument it reads that database instead. A test reads that
the page is current and that every table, view and column says what it is.
"""

from __future__ import annotations

import asyncio
import secrets
import shutil
import sys
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import psycopg
from psycopg import rows

from carebase.database import migrate
from carebase.database.embedded import Embedded

PAGE = Path(__file__).resolve().parent.parent / "docs" / "reference" / "data-dictionary.md"
SCHEMAS = {
    "public": "What clients speak to: the record, the team, the portal, the assistant and the insights.",
    "private": "What policies need to know and no client reads.",
    "auth": "Accounts and sessions, in the names of GoTrue.",
    "storage": "Files, in the names of Supabase's storage.",
    "audit": "Who did and saw what.",
}
HEAD = """\
# Data dictionary

Every table and view with its columns, from the comments in the database. Left out are the work queue (schema `jobs`),
which is procrastinate's own, the list of applied migrations, and the monthly partitions of a table.

Written by `scripts/make_dictionary.py`.
"""

RELATIONS = """
select c.oid::bigint as oid, n.nspname as schema, c.relname as name, c.relkind in ('v', 'm') as is_view,
       obj_description(c.oid, 'pg_class') as comment
  from pg_class c join pg_namespace n on n.oid = c.relnamespace
 where n.nspname = any (%(schemas)s) and c.relkind in ('r', 'p', 'v', 'm') and not c.relispartition
 order by array_position(%(schemas)s, n.nspname::text), c.relname collate "C"
"""
COLUMNS = """
select a.attrelid::bigint as oid, a.attname as name, format_type(a.atttypid, a.atttypmod) as type,
       a.attnotnull as is_required,
       case when a.attidentity <> '' then 'counted by the database'
            when a.attgenerated <> '' then 'always ' || pg_get_expr(d.adbin, d.adrelid)
            else pg_get_expr(d.adbin, d.adrelid) end as value,
       a.attidentity <> '' as is_identity,
       col_description(a.attrelid, a.attnum) as comment,
       array(select k.contype::text || case when cardinality(k.conkey) > 1 then '+' else '' end from pg_constraint k
              where k.conrelid = a.attrelid and a.attnum = any (k.conkey) and k.contype in ('p', 'u')
              order by 1) as keys,
       array(select distinct k.confrelid::regclass::text || '.' || f.attname from pg_constraint k
               cross join unnest(k.conkey, k.confkey) as pair (here, there)
               join pg_attribute f on f.attrelid = k.confrelid and f.attnum = pair.there
              where k.conrelid = a.attrelid and k.contype = 'f' and pair.here = a.attnum and k.conparentid = 0
              order by 1) as refers
  from pg_attribute a left join pg_attrdef d on d.adrelid = a.attrelid and d.adnum = a.attnum
 where a.attrelid::bigint = any (%(oids)s) and a.attnum > 0 and not a.attisdropped
 order by a.attrelid, a.attnum
"""
KEYS = {"p": "primary key", "p+": "part of the primary key", "u": "unique", "u+": "unique with others"}


@dataclass(frozen=True, slots=True)
class Relation:
    """A table or a view."""

    oid: int
    schema: str
    name: str
    is_view: bool
    comment: str | None


@dataclass(frozen=True, slots=True)
class Column:
    """A column of one; `refers` are the columns that its foreign keys name."""

    oid: int
    name: str
    type: str
    is_required: bool
    value: str | None
    is_identity: bool
    comment: str | None
    keys: list[str]
    refers: list[str]


def read(connection: psycopg.Connection[Any]) -> list[tuple[Relation, list[Column]]]:
    """Every table and view of our schemas with its columns, in the order of the page."""
    with connection.transaction():
        # With nothing on the path every name is written with its schema.
        connection.execute("set local search_path = ''")
        with connection.cursor(row_factory=rows.class_row(Relation)) as cursor:
            relations = cursor.execute(RELATIONS, {"schemas": list(SCHEMAS)}).fetchall()
        with connection.cursor(row_factory=rows.class_row(Column)) as cursor:
            columns = cursor.execute(COLUMNS, {"oids": [one.oid for one in relations]}).fetchall()
    return [(relation, [one for one in columns if one.oid == relation.oid]) for relation in relations]


def page(connection: psycopg.Connection[Any]) -> str:
    """The page, for this database."""
    found = read(connection)
    lines = [HEAD]
    for schema, what in SCHEMAS.items():
        here = [(relation, columns) for relation, columns in found if relation.schema == schema]
        names = ", ".join(f"[{one.name}](#{schema}{one.name})" for one, _ in here)
        lines += [f"## {schema}", "", what, "", f"{names}.", ""]
        for relation, columns in here:
            lines += _section(relation, columns)
    return "\n".join(lines)


def _section(relation: Relation, columns: list[Column]) -> Iterator[str]:
    yield f"### {relation.schema}.{relation.name}"
    yield ""
    yield f"{'A view. ' if relation.is_view else ''}{_cell(relation.comment or '')}"
    yield ""
    # A view's columns may be null as far as PostgreSQL knows, and have no defaults and keys of their own.
    yield "| Column | Type | What it is |" if relation.is_view else "| Column | Type | Default | Key | What it is |"
    yield "|---|---|---|" if relation.is_view else "|---|---|---|---|---|"
    for column in columns:
        comment = _cell(column.comment or "")
        if relation.is_view:
            yield f"| `{column.name}` | {_cell(column.type)} | {comment} |"
            continue
        kind = _cell(column.type) + ("" if column.is_required else ", or null")
        keys = [*dict.fromkeys(KEYS[key] for key in column.keys), *(f"→ `{other}`" for other in column.refers)]
        yield f"| `{column.name}` | {kind} | {_default(column)} | {', '.join(keys)} | {comment} |"
    yield ""


def _default(column: Column) -> str:
    if column.value is None or column.is_identity:
        return column.value or ""
    return f"`{_cell(column.value)}`"


def _cell(text: str) -> str:
    return " ".join(text.split()).replace("|", "\\|")


@contextmanager
def migrated() -> Iterator[psycopg.Connection[Any]]:
    """A connection to a migrated database that is gone afterwards."""
    place = Path(tempfile.mkdtemp(prefix="carebase-reference-"))
    # The server's own user has to pass through it.
    place.chmod(0o755)
    embedded = Embedded(place / "data")
    with asyncio.Runner() as runner:
        cluster = runner.run(embedded.start())
        try:
            migrate.migrate(cluster.dsn(), secret=secrets.token_hex(32))
            with psycopg.connect(cluster.dsn(), autocommit=True) as connection:
                yield connection
        finally:
            runner.run(embedded.stop())
            shutil.rmtree(place, ignore_errors=True)


@contextmanager
def database(arguments: list[str]) -> Iterator[psycopg.Connection[Any]]:
    """The database of that connection string, or one of its own."""
    if not arguments:
        with migrated() as connection:
            yield connection
        return
    with psycopg.connect(arguments[0], autocommit=True) as connection:
        yield connection


if __name__ == "__main__":
    with database(sys.argv[1:]) as opened:
        PAGE.write_text(page(opened), encoding="utf-8")
