"""Who may do what to which rows, as PostgreSQL decides it, against a list that a person can read.

`CAREBASE_RENEW_GOLDEN=1` writes the list again; every line of the difference is then a decision.
"""

from __future__ import annotations

import os
import re
from pathlib import Path
from typing import Any

import psycopg
import pytest
import yaml
from tests.security import rights
from tests.security.clinic import SCHEMAS

GOLDEN = Path(__file__).with_name("policies.yaml")
HEAD = """\
# Who may do what, on the database itself. Who is not listed under a table may do nothing there.
#
# own                     rows of the account: what it wrote, holds, or opened
# own record              rows about the person, of its record, that others wrote
# proxied record          the same, for a proxy whose access is valid; "formerly proxied": it is over
# team's patients         rows about patients on whose team the account is
# emergency               rows about the patient whose record it opened in an emergency; "former": that is over
# opened record           a record it opened that has no team yet
# written to oneself, booked with oneself    by or for others, but with the account on one side
# held                    rows of the case whose lease the worker holds
# others                  everybody else's;  all: every row there is
# for another             in somebody else's name (as the author, the member, the holder)
# [columns]               only these are changed;  (words): only rows of that kind
#
# `changes` and `removes` say which rows a statement reaches; triggers refuse more, see the tests of attacks.
# Written by tests/security/test_policies.py with CAREBASE_RENEW_GOLDEN=1; every difference is a decision.
"""
SUPERUSER = "carebase_superuser"
CLOSED_SCHEMAS = ("jobs", "migrations")
API_ROLES = ("anon", "authenticated", "service_role")
ROLES = (*API_ROLES, "auth_service", "care_worker", "care_queue", "audit_sealer")


def observed(clinic) -> dict[str, Any]:
    watch = rights.Watch(clinic)
    by_table: dict[str, dict[str, str]] = {relation.name: {} for relation in watch.relations}
    for actor in clinic.actors:
        try:
            seen = rights.observe(watch, actor)
        except psycopg.Error as error:
            assert (actor.name, error.sqlstate) == ("disabled", "CA401"), error
            continue
        for relation in watch.relations:
            if words := rights.in_words(watch, actor, relation, seen[relation.name]):
                by_table[relation.name][actor.name] = words
    functions: dict[str, list[str]] = {}
    for role, name in clinic.owner.execute(
        "select role, p.oid::regprocedure::text from pg_proc p join pg_namespace n on n.oid = pronamespace,"
        " unnest(%s::text[]) with ordinality as roles (role, place)"
        " where nspname = any (%s) and nspname <> 'jobs' and prorettype <> 'trigger'::regtype"
        " and has_schema_privilege(role, n.oid, 'usage') and has_function_privilege(role, p.oid, 'execute')"
        " order by 2, place",
        [list(ROLES), list(SCHEMAS)],
    ):
        functions.setdefault(name, []).append(role)
    return {"rows": by_table, "functions": {name: " ".join(roles) for name, roles in functions.items()}}


@pytest.fixture(scope="module")
def found(clinic) -> dict[str, Any]:
    seen = observed(clinic)
    if os.environ.get("CAREBASE_RENEW_GOLDEN"):
        GOLDEN.write_text(HEAD + yaml.safe_dump(seen, sort_keys=False, allow_unicode=True, width=1000))
    return seen


DECIDED = yaml.safe_load(GOLDEN.read_text())


@pytest.mark.parametrize("table", DECIDED["rows"])
def test_who_may_do_what_is_as_decided(found, table):
    assert found["rows"].get(table) == DECIDED["rows"][table]


def test_nothing_is_undecided(found):
    decided = yaml.safe_load(GOLDEN.read_text())
    assert found == decided


def test_who_may_call_what_is_as_decided(found):
    assert found["functions"] == DECIDED["functions"]


def test_access_that_is_over_opens_nothing(found):
    """Former proxies and former emergencies are never words of the list."""
    for table, rows in found["rows"].items():
        for actor, words in rows.items():
            # Asking again for an emergency is not a use of the one before.
            if table != "public.break_glass_grants":
                assert "formerly" not in words, (table, actor)
                assert "former emergency" not in words, (table, actor)


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


def test_functions_with_the_rights_of_their_owner_name_their_schemas(clinic):
    for name, setting in clinic.owner.execute(
        "select p.oid::regprocedure::text, array_to_string(proconfig, '; ')"
        "  from pg_proc p join pg_namespace n on n.oid = pronamespace where prosecdef and nspname = any (%s)",
        [list(SCHEMAS)],
    ):
        assert re.match(r'search_path=(""|jobs, pg_temp)(;|$)', setting), name


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


def test_policies_are_named_for_their_table_and_name_their_roles(clinic):
    for table, name, roles in clinic.owner.execute("select tablename, policyname, roles::text[] from pg_policies"):
        assert name.startswith(f"{table}_"), name
        assert "public" not in roles, name


def test_nobody_but_owners_and_the_superuser_stands_above_policies(clinic):
    found = clinic.owner.execute("select rolname from pg_roles where rolbypassrls or rolsuper").fetchall()
    assert found == [(SUPERUSER,)]


def test_numbers_are_counted_by_the_server_alone(clinic):
    """No role of the API may move or read a sequence; identity columns need no right on theirs."""
    found = clinic.owner.execute(
        "select c.oid::regclass::text, role from pg_class c join pg_namespace n on n.oid = c.relnamespace,"
        " unnest(%s::text[]) role where c.relkind = 'S' and nspname = any (%s)"
        " and has_schema_privilege(role, n.oid, 'usage')"
        " and has_sequence_privilege(role, c.oid, 'usage, select, update') and role <> 'care_queue'",
        [list(ROLES), list(SCHEMAS)],
    ).fetchall()
    assert found == []


def test_nobody_makes_things_in_our_schemas(clinic):
    found = clinic.owner.execute(
        "select nspname, role from pg_namespace n, unnest(%s::text[]) role"
        " where nspname !~ '^pg_' and has_schema_privilege(role, n.oid, 'create')",
        [[*ROLES, "authenticator", "service_gateway"]],
    ).fetchall()
    assert found == []
