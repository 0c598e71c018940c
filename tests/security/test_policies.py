"""Who may do what to which rows, as PostgreSQL decides it, against a list that a person can read.

`CAREBASE_RENEW_GOLDEN=1` writes the list again; every line of the difference is then a decision.
"""

from __future__ import annotations

import os
import re
from pathlib import Path
from typing import Any

import psycopg
import yaml
from psycopg import errors as refusals
from psycopg import sql
from tests.security.people import SCHEMAS, Actor, Clinic

GOLDEN = Path(__file__).with_name("policies.yaml")
HEAD = """\
# Who may do what, on the database itself. Who is not listed under a table may do nothing there.
# `own`: the rows of the person; `held`: those of the case whose lease the worker holds.
# One of six uploads is past its time.
# Written by tests/security/test_policies.py with CAREBASE_RENEW_GOLDEN=1; every difference is a decision.
"""
VERBS = {"select": "reads", "insert": "adds", "update": "changes", "delete": "removes"}
SUPERUSER = "carebase_superuser"
CLOSED_SCHEMAS = ("jobs", "migrations")
API_ROLES = ("anon", "authenticated", "service_role")


def tables(clinic: Clinic) -> list[str]:
    return [
        f"{schema}.{name}"
        for schema, name in clinic.owner.execute(
            "select schemaname, tablename from pg_tables where schemaname = any (%s) order by 1, 2", [list(SCHEMAS)]
        )
    ]


def schema_of(table: str) -> str:
    return table.partition(".")[0]


def columns(clinic: Clinic, role: str, *, table: str, verb: str) -> list[str]:
    """The columns in which the role may do that, of those that anybody may."""
    return [
        name
        for (name,) in clinic.owner.execute(
            "select attname from pg_attribute where attrelid = %(table)s::regclass and attnum > 0 and not attisdropped"
            " and (%(verb)s = 'select' or attidentity = '' and attgenerated = '')"
            " and has_schema_privilege(%(role)s, %(schema)s, 'usage')"
            " and has_column_privilege(%(role)s, %(table)s, attname, %(verb)s) order by attnum",
            {"table": table, "role": role, "schema": schema_of(table), "verb": verb},
        )
    ]


def touched(connection: psycopg.Connection, statement: sql.Composed) -> int | None:
    """How many rows it reaches; None where PostgreSQL lets it but a constraint does not."""
    try:
        with connection.transaction(force_rollback=True):
            return connection.execute(statement).rowcount
    except refusals.InsufficientPrivilege:
        return 0
    except psycopg.IntegrityError:
        return None


def scope(clinic: Clinic, actor: Actor, *, rows: int | None, table: str) -> str | None:
    if rows == 0:
        return None
    target = sql.Identifier(*table.split("."))
    (everything,) = clinic.owner.execute(sql.SQL("select count(*) from {}").format(target)).fetchone()
    if rows is None or rows == everything:
        return "all"
    if rows * len(clinic.people) == everything and (actor.identity is not None or actor.lease):
        return "held" if actor.lease else "own"
    return f"{rows} of {everything}"


def may_add(clinic: Clinic, connection: psycopg.Connection, *, table: str, whose: str, given: list[str]) -> bool:
    try:
        with connection.transaction(force_rollback=True):
            clinic.insert(connection, table, whose=whose, columns=set(given))
    except refusals.InsufficientPrivilege:
        return False
    except psycopg.IntegrityError:
        return True
    return True


def rights(clinic: Clinic, actor: Actor, connection: psycopg.Connection, *, table: str) -> str:
    """What the actor may do in the table, in words."""
    found = {}
    target = sql.Identifier(*table.split("."))
    readable = columns(clinic, actor.role, table=table, verb="select")
    if readable:
        statement = sql.SQL("select {} from {}").format(sql.Identifier(readable[0]), target)
        found["select"] = scope(clinic, actor, rows=touched(connection, statement), table=table)
    if given := columns(clinic, actor.role, table=table, verb="insert"):
        whose = clinic.person_of(actor)
        own, other = (
            may_add(clinic, connection, table=table, whose=name, given=given)
            for name in (whose, clinic.somebody_else(whose))
        )
        assert own or not other, f"{actor.name} adds rows of others to {table} and not of its own"
        found["insert"] = "all" if own and other else ("held" if actor.lease else "own") if own else None
    if changeable := columns(clinic, actor.role, table=table, verb="update"):
        name = sql.Identifier(changeable[0])
        value = name if changeable[0] in readable else sql.SQL("default")
        statement = sql.SQL("update {} set {} = {}").format(target, name, value)
        found["update"] = scope(clinic, actor, rows=touched(connection, statement), table=table)
        if found["update"] and len(changeable) < len(columns(clinic, SUPERUSER, table=table, verb="update")):
            found["update"] += f" ({' '.join(changeable)})"
    (deletes,) = clinic.owner.execute(
        "select has_schema_privilege(%(role)s, %(schema)s, 'usage')"
        " and has_table_privilege(%(role)s, %(table)s, 'delete')",
        {"role": actor.role, "schema": schema_of(table), "table": table},
    ).fetchone()
    if deletes:
        statement = sql.SQL("delete from {}").format(target)
        found["delete"] = scope(clinic, actor, rows=touched(connection, statement), table=table)
    return ", ".join(f"{VERBS[verb]} {what}" for verb, what in found.items() if what)


def observed(clinic: Clinic) -> dict[str, Any]:
    by_table: dict[str, dict[str, str]] = {table: {} for table in tables(clinic)}
    for actor in clinic.actors:
        try:
            with clinic.as_(actor) as connection:
                for table, rows in by_table.items():
                    if words := rights(clinic, actor, connection, table=table):
                        rows[actor.name] = words
        except psycopg.Error as error:
            assert (actor.name, error.sqlstate) == ("disabled", "CA401")
    functions: dict[str, list[str]] = {}
    for role, name in clinic.owner.execute(
        "select role, p.oid::regprocedure::text from pg_proc p join pg_namespace n on n.oid = pronamespace,"
        " unnest(array['anon', 'authenticated', 'service_role', 'auth_service', 'care_worker', 'audit_sealer'])"
        " with ordinality as roles (role, place)"
        " where nspname = any (%s) and prorettype <> 'trigger'::regtype"
        " and has_schema_privilege(role, n.oid, 'usage') and has_function_privilege(role, p.oid, 'execute')"
        " order by 2, place",
        [list(SCHEMAS)],
    ):
        functions.setdefault(name, []).append(role)
    return {"rows": by_table, "functions": {name: " ".join(roles) for name, roles in functions.items()}}


def test_who_may_do_what_is_as_decided(clinic):
    found = observed(clinic)
    if os.environ.get("CAREBASE_RENEW_GOLDEN"):
        GOLDEN.write_text(HEAD + yaml.safe_dump(found, sort_keys=False, allow_unicode=True, width=200))
    decided = yaml.safe_load(GOLDEN.read_text())

    for table, rows in found["rows"].items():
        assert {table: rows} == {table: decided["rows"].get(table)}
    assert found == decided


# --- the rules that hold for all of them ----------------------------------------------------------------------------


def test_every_table_that_the_api_could_reach_has_row_policies_on(clinic):
    for schema, name, is_on in clinic.owner.execute(
        "select nspname, relname, relrowsecurity from pg_class c join pg_namespace n on n.oid = relnamespace"
        " where nspname = any (%s) and relkind in ('r', 'p')",
        [list(SCHEMAS)],
    ):
        if schema in CLOSED_SCHEMAS:
            for role in API_ROLES:
                asked = "select has_schema_privilege(%s, %s, 'usage')"
                assert clinic.owner.execute(asked, [role, schema]).fetchone() == (False,), (role, schema)
        else:
            assert is_on, f"{schema}.{name}"


def test_no_view_shows_rows_past_their_policies(clinic):
    found = clinic.owner.execute(
        "select schemaname, viewname from pg_views where schemaname = any (%s)"
        " union all select schemaname, matviewname from pg_matviews where schemaname = any (%s)",
        [list(SCHEMAS), list(SCHEMAS)],
    ).fetchall()
    assert found == []


def test_functions_with_the_rights_of_their_owner_name_their_schemas(clinic):
    for name, setting in clinic.owner.execute(
        "select p.oid::regprocedure::text, array_to_string(proconfig, '; ')"
        "  from pg_proc p join pg_namespace n on n.oid = pronamespace where prosecdef and nspname = any (%s)",
        [list(SCHEMAS)],
    ):
        assert setting in {'search_path=""', "search_path=jobs, pg_temp"}, name


def test_functions_are_for_those_they_are_granted_to(clinic):
    public = {
        name
        for (name,) in clinic.owner.execute(
            "select p.oid::regprocedure::text from pg_proc p join pg_namespace n on n.oid = pronamespace,"
            " aclexplode(coalesce(proacl, acldefault('f', proowner))) as granted"
            " where nspname = any (%s) and grantee = 0 and privilege_type = 'EXECUTE'",
            [list(SCHEMAS)],
        )
    }
    assert public == {
        *(f"auth.{name}()" for name in ("email", "jwt", "role", "uid")),
        *(f"storage.{name}(text)" for name in ("extension", "filename", "foldername")),
    }


def test_policies_ask_who_it_is_once_and_not_for_each_row(clinic):
    once = re.compile(r"\( SELECT (?:auth\.uid|private\.is_staff|private\.leased_case)\(\) AS \w+\)")
    for name, words in clinic.owner.execute("select policyname, concat(qual, ' ', with_check) from pg_policies"):
        left = once.sub("", words)
        assert not re.search(r"auth\.|is_staff|leased_case\(", left), f"{name}: {left}"


def test_policies_are_named_for_their_table_and_name_their_roles(clinic):
    for table, name, roles in clinic.owner.execute("select tablename, policyname, roles::text[] from pg_policies"):
        assert name.startswith(f"{table}_"), name
        assert "public" not in roles, name


def test_nobody_but_owners_and_the_superuser_stands_above_policies(clinic):
    found = clinic.owner.execute("select rolname from pg_roles where rolbypassrls or rolsuper").fetchall()
    assert found == [(SUPERUSER,)]
