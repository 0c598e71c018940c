"""The tables of the work queue (procrastinate) in schema `jobs`, from the installed package.

In charge of installing and upgrading them; what goes into the queue is `jobs`' business.
"""

from __future__ import annotations

import re
from importlib import metadata, resources
from typing import Any

import psycopg

MIGRATION = re.compile(r"^(\d+)\.(\d+)\.(\d+)_(\d+)_")


def version() -> str:
    """The version of the installed queue package."""
    return metadata.version("procrastinate")


def missing(connection: psycopg.Connection[Any]) -> str | None:
    """The version whose schema has to be installed, None when it is there."""
    return None if _installed(connection) == version() else version()


def is_newer(connection: psycopg.Connection[Any]) -> bool:
    """Whether the schema was reached by a later version of the package than the installed one."""
    installed = _installed(connection)
    return installed is not None and _numbers(installed) > _numbers(version())


def install(connection: psycopg.Connection[Any]) -> None:
    """Install the schema, or apply the package's own migrations since the version that is there."""
    files = resources.files("procrastinate") / "sql"
    installed = _installed(connection)
    with connection.transaction():
        connection.execute("set local role platform_owner")
        connection.execute("set local search_path = jobs, pg_temp")
        if installed is None:
            connection.execute((files / "schema.sql").read_text(encoding="utf-8"))
        else:
            since = _numbers(installed)
            for path in sorted((files / "migrations").iterdir(), key=lambda found: found.name):
                match = MIGRATION.match(path.name)
                if match and tuple(int(part) for part in match.groups()[:3]) > since:
                    connection.execute(path.read_text(encoding="utf-8"))
        connection.execute("""
            grant select, insert, update, delete on all tables in schema jobs to care_queue;
            grant usage, select on all sequences in schema jobs to care_queue;
            grant execute on all functions in schema jobs to care_queue;
        """)
        connection.execute("reset role")
        connection.execute(f"comment on schema jobs is 'procrastinate {version()}'")


def _installed(connection: psycopg.Connection[Any]) -> str | None:
    row = connection.execute(
        "select obj_description(oid, 'pg_namespace') from pg_namespace where nspname = 'jobs'"
    ).fetchone()
    comment = row[0] if row else None
    return comment.removeprefix("procrastinate ") if comment else None


def _numbers(version: str) -> tuple[int, ...]:
    return tuple(int(part) for part in version.split("."))
