"""Knows which row policies stand on our tables and which functions they ask, and whether those are ours.

Policies add up: one more, however it came, shows what ours withhold. So after ours are applied their definitions
are noted, and whatever differs later (one added, changed or gone, a function replaced, row security switched off)
is put right.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import psycopg
from psycopg import sql

# Our schemas whose tables hold something of people; the work queue's are reached by its own login alone.
SCHEMAS = ("public", "private", "audit", "auth", "storage")

_IN_FORCE = """
    select format('policy %%I on %%I.%%I', policyname, schemaname, tablename),
           md5(concat_ws('|', permissive, roles::text, cmd, coalesce(qual, '-'), coalesce(with_check, '-')))
      from pg_catalog.pg_policies join pg_catalog.pg_tables using (schemaname, tablename)
     where tableowner = any (%(owners)s)
    union all
    select format('row security of %%I.%%I', n.nspname, c.relname), 'off'
      from pg_catalog.pg_class c join pg_catalog.pg_namespace n on n.oid = c.relnamespace
     where c.relkind in ('r', 'p') and not c.relrowsecurity and pg_get_userbyid(c.relowner) = any (%(owners)s)
       and n.nspname = any (%(schemas)s)
    union all
    select format('function %%s', p.oid::regprocedure),
           md5(concat_ws('|', p.prosrc, p.prolang, p.prosecdef, p.provolatile, p.proconfig::text))
      from pg_catalog.pg_proc p join pg_catalog.pg_namespace n on n.oid = p.pronamespace
     where n.nspname in ('private', 'audit')
        or (pg_get_userbyid(p.proowner) = any (%(owners)s) and n.nspname = any (%(schemas)s))
"""


def differing(connection: psycopg.Connection[Any], *, owners: Sequence[str]) -> tuple[str, ...]:
    """What is not as it was when ours were applied last, each in words; nothing before the first time."""
    if connection.execute("select to_regclass('migrations.in_force')").fetchone() == (None,):
        return ()
    noted = set(connection.execute("select name, definition_md5 from migrations.in_force").fetchall())
    return tuple(sorted({name for name, _ in noted ^ _found(connection, owners)})) if noted else ()


def clear_policies(connection: psycopg.Connection[Any], *, owners: Sequence[str]) -> None:
    """Drop every policy of our tables, so that one whose file is gone, or that never had one, is gone as well."""
    for schema, table, policy in connection.execute(
        "select schemaname, tablename, policyname from pg_policies join pg_tables using (schemaname, tablename)"
        " where tableowner = any (%s)",
        [list(owners)],
    ).fetchall():
        connection.execute(
            sql.SQL("drop policy {} on {}").format(sql.Identifier(policy), sql.Identifier(schema, table))
        )


def switch_row_security_on(connection: psycopg.Connection[Any], *, owners: Sequence[str]) -> None:
    """Put every table of ours under row security; each is from its migration on, unless somebody undid it."""
    for schema, table in connection.execute(
        "select n.nspname, c.relname from pg_class c join pg_namespace n on n.oid = c.relnamespace"
        " where c.relkind in ('r', 'p') and not c.relrowsecurity and pg_get_userbyid(c.relowner) = any (%s)"
        "   and n.nspname = any (%s)",
        [list(owners), list(SCHEMAS)],
    ).fetchall():
        connection.execute(sql.SQL("alter table {} enable row level security").format(sql.Identifier(schema, table)))


def note(connection: psycopg.Connection[Any], *, owners: Sequence[str]) -> None:
    """Keep what stands now as what should stand."""
    connection.execute("delete from migrations.in_force")
    with connection.cursor() as cursor:
        cursor.executemany(
            "insert into migrations.in_force (name, definition_md5) values (%s, %s)",
            sorted(_found(connection, owners)),
        )


def _found(connection: psycopg.Connection[Any], owners: Sequence[str]) -> set[tuple[str, str]]:
    with connection.transaction():
        # Conditions are worded by the search path: one that never differs gives words that never do.
        connection.execute("set local search_path = ''")
        rows = connection.execute(_IN_FORCE, {"owners": list(owners), "schemas": list(SCHEMAS)}).fetchall()
    return {(name, definition) for name, definition in rows}
