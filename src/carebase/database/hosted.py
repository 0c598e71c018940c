"""Puts the record's tables and policies into a hosted project, where accounts and files are somebody else's.

There `auth` and `storage` belong to another role, and what migrates is no superuser: it may refer to `auth.users`
but cannot pass that right on. So what our migrations run as an owner of ours runs as the role that migrates, and
the tables it made are handed to that owner afterwards. Functions are not: they call `auth`, where only the
migrating role may.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from typing import Any

import psycopg
from psycopg import sql

# Files of policies whose tables are the project's own.
NOT_OURS = frozenset({"auth.sql", "storage.sql", "storage_resumable.sql"})

_ROUTINES = ("auth.uid()", "auth.jwt()", "auth.email()", "storage.foldername(text)")
_API_ROLES = ("anon", "authenticated", "service_role")
# Grants of ours name them; in a hosted project nobody signs in as one.
_OUR_ROLES = ("care_owner", "audit_owner", "auth_service", "care_worker", "care_queue", "audit_sealer")
_OWNER_IN = {"public": "care_owner", "private": "care_owner", "audit": "audit_owner"}
_AS_OWNER = re.compile(r"\bset local role (?:care_owner|audit_owner)\b")

_MISSING = """
    select 'auth.users' where to_regclass('auth.users') is null
    union all select r from unnest(%s::text[]) r where to_regprocedure(r) is null
    union all select 'role ' || r from unnest(%s::text[]) r where to_regrole(r) is null
"""

_RELATIONS = """
    select c.oid, n.nspname, c.relname
      from pg_class c join pg_namespace n on n.oid = c.relnamespace
     where c.relkind in ('r', 'p', 'v') and c.relowner = current_user::regrole and n.nspname = any (%s)
"""

# What this role's new objects give to others by default. Without an entry of its own, a function answers everybody.
_DEFAULTS = """
    select n.nspname, d.defaclobjtype::text, case when a.grantee <> 0 then pg_get_userbyid(a.grantee) end,
           a.privilege_type, a.is_grantable
      from pg_default_acl d cross join aclexplode(d.defaclacl) a left join pg_namespace n on n.oid = d.defaclnamespace
     where d.defaclrole = current_user::regrole and a.grantee <> d.defaclrole and d.defaclobjtype in ('r', 'S', 'f')
       and (n.nspname is null or n.nspname = any (%s))
    union all
    select null, 'f', null, 'EXECUTE', false
     where not exists (select from pg_default_acl where defaclrole = current_user::regrole and defaclnamespace = 0
                          and defaclobjtype = 'f')
"""
_KINDS = {"r": "tables", "S": "sequences", "f": "functions"}


def missing(connection: psycopg.Connection[Any]) -> tuple[str, ...]:
    """What a hosted project has and this database has not."""
    return tuple(name for (name,) in connection.execute(_MISSING, [list(_ROUTINES), list(_API_ROLES)]))


def prepare(connection: psycopg.Connection[Any]) -> None:
    """Make what the migrations of the platform would have made: our roles, the schema of helpers; nothing in `auth`."""
    with connection.transaction():
        for role in _OUR_ROLES:
            if connection.execute("select to_regrole(%s)", [role]).fetchone() == (None,):
                connection.execute(sql.SQL("create role {} nologin noinherit").format(sql.Identifier(role)))
        connection.execute("""
            grant care_owner, audit_owner to current_user;
            create schema if not exists private;
            grant create, usage on schema private, public to care_owner;
            grant usage on schema private to anon, authenticated, service_role, care_worker, audit_owner;
        """)


def as_migrator(text: str) -> str:
    """The statements of a migration or definition, run as the role that migrates.

    >>> as_migrator("set local role care_owner;\\ncreate table public.t (n int);")
    'set local role none;\\ncreate table public.t (n int);'
    """
    return _AS_OWNER.sub("set local role none", text)


@contextmanager
def handing_over(connection: psycopg.Connection[Any]) -> Iterator[None]:
    """Within a transaction: what is made meanwhile is granted to nobody by default, and its tables get their owner.

    A hosted project grants everything on new tables in `public` to its API roles, where ours name single columns.
    """
    schemas = list(_OWNER_IN)
    before = set(connection.execute(_RELATIONS, [schemas]).fetchall())
    defaults = [_Default(*row) for row in connection.execute(_DEFAULTS, [schemas]).fetchall()]
    for default in defaults:
        connection.execute(default.statement("revoke"))
    yield
    connection.execute("reset role")
    for default in defaults:
        connection.execute(default.statement("grant"))
    for _, schema, name in set(connection.execute(_RELATIONS, [schemas]).fetchall()) - before:
        connection.execute(
            sql.SQL("alter table {} owner to {}").format(
                sql.Identifier(schema, name), sql.Identifier(_OWNER_IN[schema])
            )
        )


@dataclass(frozen=True, slots=True)
class _Default:
    """One line of `_DEFAULTS`; no schema is all of them, no grantee is everybody."""

    schema: str | None
    kind: str
    grantee: str | None
    privilege: str
    is_grantable: bool

    def statement(self, verb: str) -> sql.Composed:
        """What grants it or revokes it."""
        words = [
            sql.SQL("alter default privileges"),
            sql.SQL("" if self.schema is None else "in schema"),
            sql.SQL("") if self.schema is None else sql.Identifier(self.schema),
            sql.SQL(f"{verb} {self.privilege} on {_KINDS[self.kind]}"),
            sql.SQL("to" if verb == "grant" else "from"),
            sql.SQL("public") if self.grantee is None else sql.Identifier(self.grantee),
            sql.SQL("with grant option" if verb == "grant" and self.is_grantable else ""),
        ]
        return sql.SQL(" ").join(words)
