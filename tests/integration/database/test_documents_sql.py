"""The source documents' own SQL, as they print it: statement by statement on the platform alone, then on our tables.

Where they make what exists, PostgreSQL says so and nothing else changes. Where they make a policy, it adds to ours
until the next start, which puts ours right.
"""

from __future__ import annotations

import logging
from collections.abc import Iterator

import psycopg
import pytest
from psycopg import conninfo
from tests.integration.conftest import SECRET, RunningCluster
from tests.integration.database.documents_sql import DOCUMENTS, Session, head, run, statements

from carebase.database import migrate, queue_schema

# --- an empty database of ours: accounts and files, and no tables of the record --------------------------------------


@pytest.fixture
def platform_alone(cluster: RunningCluster) -> Iterator[str]:
    """The owner's connection string of a database with the platform and nothing else."""
    with psycopg.connect(conninfo.make_conninfo(cluster.owner_dsn, dbname="template1"), autocommit=True) as connection:
        connection.execute("create database platform_alone template template0")
        dsn = conninfo.make_conninfo(cluster.owner_dsn, dbname="platform_alone")
        with psycopg.connect(dsn, autocommit=True) as inside:
            migrate._bookkeeping(inside)
            for migration in migrate.migrations_of("platform"):
                migrate._apply(inside, migration, attached=False)
            queue_schema.install(inside)
            migrate._define(inside, migrate.definitions_of("platform"))
        yield dsn
        connection.execute("drop database platform_alone with (force)")


def test_every_statement_runs_where_the_record_has_no_tables(platform_alone):
    with psycopg.connect(platform_alone, autocommit=True) as owner:
        for document in DOCUMENTS:
            for statement in statements(document):
                owner.execute(statement)
        made = {row[0] for row in owner.execute("select tablename from pg_tables where schemaname = 'public'")}
        assert made == {
            *("cases", "case_files", "ai_insights"),
            *("patients", "care_team", "audit_log"),
            *("patient_profiles", "appointments", "secure_messages", "phi_audit_log"),
            *("users", "conversations", "messages"),
        }
        # What they print works: the trigger writes the log they made.
        owner.execute("insert into patients (first_name, last_name) values ('Erik', 'Hansen')")
        assert owner.execute("select action, table_name from audit_log").fetchall() == [("INSERT", "patients")]


# --- our tables ------------------------------------------------------------------------------------------------------

CATALOGUE = """
with ours as (select oid from pg_namespace where nspname in ('public', 'auth', 'storage', 'jobs', 'private', 'audit'))
select 'relation', oid::regclass::text, relkind::text, relowner::regrole::text, relacl::text, relrowsecurity::text
  from pg_class where relnamespace in (select oid from ours) and relkind in ('r', 'p', 'v', 'S', 'i')
union all
select 'column', attrelid::regclass::text, attname || ' ' || attnum, format_type(atttypid, atttypmod), attacl::text,
       attnotnull::text
  from pg_attribute join pg_class c on c.oid = attrelid
 where relnamespace in (select oid from ours) and attnum > 0 and not attisdropped
union all
select 'default', adrelid::regclass::text, adnum::text, pg_get_expr(adbin, adrelid), '', '' from pg_attrdef
union all
select 'constraint', conrelid::regclass::text, conname, pg_get_constraintdef(oid), '', ''
  from pg_constraint where conrelid <> 0 and connamespace in (select oid from ours)
union all
select 'function', oid::regprocedure::text, md5(concat(prosrc, prosecdef, provolatile)), proowner::regrole::text,
       proacl::text, proconfig::text
  from pg_proc where pronamespace in (select oid from ours)
union all
select 'policy', schemaname || '.' || tablename, policyname, cmd, roles::text, concat(qual, ' | ', with_check)
  from pg_policies
union all
select 'trigger', tgrelid::regclass::text, tgname, pg_get_triggerdef(oid), '', '' from pg_trigger where not tgisinternal
"""
NOTHING = "changes nothing"
EXISTS = "refused: 42P07 it exists"
POLICY = "adds a policy"

WHAT_HAPPENS = {
    "000": {
        "create table cases": EXISTS,
        "alter table cases": NOTHING,
        'create policy "users can view own cases" on cases': POLICY,
        'create policy "users can insert own cases" on cases': POLICY,
        'create policy "users can update own cases" on cases': POLICY,
        "create table case_files": EXISTS,
        "alter table case_files": NOTHING,
        'create policy "users can view files for their cases" on case_files': POLICY,
        "create table ai_insights": EXISTS,
        "alter table ai_insights": NOTHING,
        'create policy "users can view insights for their cases" on ai_insights': POLICY,
        'create policy "authenticated users can upload files" on storage.objects': POLICY,
        'create policy "users can view their own files" on storage.objects': POLICY,
    },
    "001": {
        "create table patients": EXISTS,
        "create table care_team": EXISTS,
        "alter table patients": NOTHING,
        "alter table care_team": NOTHING,
        'create policy "providers_see_their_patients" on patients': POLICY,
        'create policy "providers_insert_patients" on patients': POLICY,
        'create policy "care_team_select" on care_team': POLICY,
        'create policy "admins_see_all" on patients': POLICY,
        'create policy "providers_access_patient_files" on storage.objects': POLICY,
        "create table audit_log": EXISTS,
        "create or replace function log_phi_access": "replaces a function",
        "create trigger audit_patients": "adds a trigger",
    },
    "003": {
        "create table patient_profiles": EXISTS,
        "create table appointments": EXISTS,
        "create table secure_messages": EXISTS,
        "create table phi_audit_log": EXISTS,
        "alter table patient_profiles": NOTHING,
        "alter table appointments": NOTHING,
        "alter table secure_messages": NOTHING,
        'create policy "patients_own_profile" on patient_profiles': POLICY,
        'create policy "patients_own_appts" on appointments': POLICY,
        'create policy "patients_own_messages" on secure_messages': POLICY,
    },
    "004": {
        'create extension if not exists "uuid-ossp"': "adds a function",
        "create table if not exists public.users": NOTHING,
        "create table if not exists public.conversations": NOTHING,
        "create table if not exists public.messages": NOTHING,
        "create index if not exists idx_messages_conversation_id": NOTHING,
        "alter table public.users": NOTHING,
        "alter table public.conversations": NOTHING,
        "alter table public.messages": NOTHING,
        "create or replace function public.is_me": "replaces a function",
        'create policy "users_select_own" on public.users': POLICY,
        'create policy "users_insert_self" on public.users': POLICY,
        'create policy "users_update_own" on public.users': POLICY,
        'create policy "conversations_owner_select" on public.conversations': POLICY,
        'create policy "conversations_owner_insert" on public.conversations': POLICY,
        'create policy "conversations_owner_update" on public.conversations': POLICY,
        'create policy "conversations_owner_delete" on public.conversations': POLICY,
        'create policy "messages_owner_select" on public.messages': POLICY,
        'create policy "messages_owner_insert" on public.messages': POLICY,
        'create policy "messages_owner_update" on public.messages': POLICY,
        'create policy "messages_owner_delete" on public.messages': POLICY,
        'create policy "allow all users read" on public.users': POLICY,
        'create policy "allow all users read" on public.conversations': POLICY,
        'create policy "allow all users read" on public.messages': POLICY,
        'create policy "allow all users insert" on public.users': POLICY,
        'create policy "allow all users insert" on public.conversations': POLICY,
        'create policy "allow all users insert" on public.messages': POLICY,
    },
}


def catalogue(connection: Session) -> set[tuple]:
    return set(connection.execute(CATALOGUE).fetchall())


@pytest.mark.parametrize("document", DOCUMENTS)
def test_on_our_tables_each_statement_does_this_and_nothing_else(database, document):
    happened = {}
    with database.owner() as owner:
        before = catalogue(owner)
        for statement in statements(document):
            try:
                owner.execute(statement)
            except psycopg.Error as refusal:
                happened[head(statement)] = f"refused: {refusal.sqlstate} it exists"
                assert f'relation "{head(statement).split()[-1]}" already exists' in str(refusal)
                assert catalogue(owner) == before
                continue
            after = catalogue(owner)
            gone, added = before - after, after - before
            kinds = {row[0] for row in gone | added}
            what = f"{'replaces' if gone else 'adds'} a {'/'.join(kinds)}" if kinds else NOTHING
            # The second time a document enables row security, or the like, counts as the first did.
            assert happened.setdefault(head(statement), what) == what
            before = after
    assert happened == WHAT_HAPPENS[document]


def test_afterwards_a_start_notices_their_policies_and_puts_ours_right(database, caplog):
    caplog.set_level(logging.WARNING)
    with database.owner() as owner:
        before = catalogue(owner)
        for document in DOCUMENTS:
            run(owner, document)
        added = catalogue(owner) - before
    strangers = {row[1:3] for row in added if row[0] == "policy"}
    assert len(strangers) == sum(what == POLICY for each in WHAT_HAPPENS.values() for what in each.values())

    planned = migrate.plan(database.owner_dsn)
    assert len(planned.put_right) == len(strangers) + 2
    assert {
        'ours over policy "Users can view own cases" on public.cases',
        "ours over function public.is_me(uuid)",
        "ours over function public.log_phi_access()",
    } <= {*planned.lines}
    assert migrate.migrate(database.owner_dsn, secret=SECRET) == planned
    assert caplog.text.count("database_put_right") == len(strangers) + 2
    assert migrate.plan(database.owner_dsn).is_empty

    with database.owner() as owner:
        after = catalogue(owner)
    assert before - after == set(), "all that was ours is as it was"
    # Their trigger, which does nothing now, and the extension are theirs to drop.
    assert {row[:3] for row in after - before if not row[1].startswith("uuid_")} == {
        ("trigger", "patients", "audit_patients")
    }


@pytest.mark.parametrize(
    "undone",
    [
        "drop policy cases_clinician_opens on public.cases",
        "alter policy cases_clinician_or_team_reads on public.cases using (true)",
        "alter policy cases_clinician_opens on public.cases rename to cases_anybody_opens",
        "alter table public.cases disable row level security",
        "create policy everybody on auth.users for select using (true)",
        "create policy everybody on audit.log for select using (true)",
        "create or replace function private.is_staff() returns boolean language sql stable as 'select true'",
        "alter function private.my_patients() security invoker",
    ],
)
def test_whatever_was_done_to_our_policies_is_undone(database, undone):
    with database.owner() as owner:
        before = catalogue(owner)
        owner.execute(undone)
        assert catalogue(owner) != before
        assert migrate.plan(database.owner_dsn).put_right
        migrate.migrate(database.owner_dsn, secret=SECRET)
        assert catalogue(owner) == before
    assert migrate.plan(database.owner_dsn).is_empty
