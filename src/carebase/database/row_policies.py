"""Knows which row policies stand on our tables, and whether they are those that were put there.

Policies add up: one more, however it came, shows what ours withhold. So after ours are applied their definitions
are noted, and whatever differs later (one added, changed or gone, row security switched off) is put right.
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
"""


def differing(connection: psycopg.Connection[Any], *, owners: Sequence[str]) -> tuple[str, ...]:
    """What is not as it was when policies were applied last, each in words; nothing before the first time."""
    if connection.execute("select to_regclass('migrations.policies')").fetchone() == (None,):
        return ()
    noted = set(connection.execute("select name, definition_md5 from migrations.policies").fetchall())
    return tuple(sorted({name for name, _ in noted ^ _in_force(connection, owners)}))


def clear(connection: psycopg.Connection[Any], *, owners: Sequence[str]) -> None:
    """Drop every policy of our tables, so that one whose file is gone, or that never had one, is gone as well."""
    for schema, table, policy in connection.execute(
        "select schemaname, tablename, policyname from pg_policies join pg_tables using (schemaname, tablename)"
        " where tableowner = any (%s)",
        [list(owners)],
    ).fetchall():
        connection.execute(
            sql.SQL("drop policy {} on {}").format(sql.Identifier(policy), sql.Identifier(schema, table))
        )


def switch_on(connection: psycopg.Connection[Any], *, owners: Sequence[str]) -> None:
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
    connection.execute("delete from migrations.policies")
    with connection.cursor() as cursor:
        cursor.executemany(
            "insert into migrations.policies (name, definition_md5) values (%s, %s)",
            sorted(_in_force(connection, owners)),
        )


def _in_force(connection: psycopg.Connection[Any], owners: Sequence[str]) -> set[tuple[str, str]]:
    with connection.transaction():
        # Conditions are worded by the search path: one that never differs gives words that never do.
        connection.execute("set local search_path = ''")
        rows = connection.execute(_IN_FORCE, {"owners": list(owners), "schemas": list(SCHEMAS)}).fetchall()
    return {(name, definition) for name, definition in rows}
