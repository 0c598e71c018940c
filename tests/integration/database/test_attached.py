"""The record's tables and policies in a hosted project, where `auth` and `storage` are another role's.

What a project gives its owner is as Supabase's own schema dumps print it, and less where less is enough: on
`auth.users` it may refer to an account and cannot pass that on.
"""

from __future__ import annotations

import asyncio
import itertools
import json
import shutil
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from uuid import UUID

import psycopg
import pytest
from psycopg import conninfo, errors
from tests.integration.cli.conftest import carebase
from tests.integration.conftest import SECRET, RunningCluster, programs_of_15, versions

from carebase.database import migrate
from carebase.database.embedded import Embedded

NUMBERS = itertools.count(1)

ROLES = """
create role supabase_auth_admin nologin noinherit;
create role supabase_storage_admin nologin noinherit;
create role anon nologin noinherit;
create role authenticated nologin noinherit;
create role service_role nologin noinherit bypassrls;
create role authenticator login noinherit password 'of-the-api';
grant anon, authenticated, service_role to authenticator;
create role project login createrole createdb password 'of-the-project';
grant anon, authenticated, service_role to project;
"""

PROJECT = """
create schema auth authorization supabase_auth_admin;
create schema storage authorization supabase_storage_admin;
grant usage on schema auth, storage, public to anon, authenticated, service_role, project;

set role supabase_auth_admin;
create table auth.users (
    id uuid primary key default gen_random_uuid(), aud text, role text, email text unique, encrypted_password text,
    raw_app_meta_data jsonb, raw_user_meta_data jsonb, created_at timestamptz, updated_at timestamptz);
alter table auth.users enable row level security;
create function auth.uid() returns uuid language sql stable as $$
    select coalesce(nullif(current_setting('request.jwt.claim.sub', true), ''),
                    (nullif(current_setting('request.jwt.claims', true), '')::jsonb ->> 'sub'))::uuid $$;
create function auth.role() returns text language sql stable as $$
    select coalesce(nullif(current_setting('request.jwt.claim.role', true), ''),
                    (nullif(current_setting('request.jwt.claims', true), '')::jsonb ->> 'role'))::text $$;
create function auth.email() returns text language sql stable as $$
    select coalesce(nullif(current_setting('request.jwt.claim.email', true), ''),
                    (nullif(current_setting('request.jwt.claims', true), '')::jsonb ->> 'email'))::text $$;
create function auth.jwt() returns jsonb language sql stable as $$
    select coalesce(nullif(current_setting('request.jwt.claim', true), ''),
                    nullif(current_setting('request.jwt.claims', true), ''))::jsonb $$;
grant references on auth.users to project;

set role supabase_storage_admin;
create table storage.buckets (id text primary key, name text not null unique, public boolean default false);
create table storage.objects (id uuid primary key default gen_random_uuid(), bucket_id text references storage.buckets,
    name text, owner uuid, created_at timestamptz default now(), unique (bucket_id, name));
alter table storage.objects enable row level security;
create function storage.foldername(name text) returns text[] language plpgsql as $$
    declare parts text[];
    begin
        parts := string_to_array(name, '/');
        return parts[1 : array_length(parts, 1) - 1];
    end $$;
grant all on storage.objects, storage.buckets to anon, authenticated, service_role, project;
reset role;

alter default privileges for role project in schema public grant all on tables to anon, authenticated, service_role;
alter default privileges for role project in schema public grant all on functions to anon, authenticated, service_role;
alter default privileges for role project in schema public grant all on sequences to anon, authenticated, service_role;
"""


@dataclass(frozen=True)
class Project:
    """A hosted project: its owner's connection string, and one that its operator has and nobody else."""

    owner_dsn: str
    operator_dsn: str

    def asked(self, query: str, *values: object) -> list[tuple]:
        with psycopg.connect(self.operator_dsn, autocommit=True) as connection:
            cursor = connection.execute(query, values or None)
            return cursor.fetchall() if cursor.description else []

    def an_account(self, role: str | None, email: str | None = None) -> dict[str, object]:
        """A new account: the claims of its token."""
        email = email or f"p{next(NUMBERS)}@example.org"
        metadata = {} if role is None else {"role": role}
        ((user,),) = self.asked(
            "insert into auth.users (email, raw_app_meta_data) values (%s, %s) returning id",
            email,
            json.dumps(metadata),
        )
        return {"sub": str(user), "role": "authenticated", "email": email, "aal": "aal1", "app_metadata": metadata}

    @contextmanager
    def as_person(self, claims: dict[str, object], role: str = "authenticated") -> Iterator[psycopg.Connection]:
        """A transaction as PostgREST opens it."""
        api = conninfo.make_conninfo(self.operator_dsn, user="authenticator", password="of-the-api")
        with psycopg.connect(api) as connection:
            connection.execute(
                "select set_config('role', %s, true), set_config('request.jwt.claims', %s, true)",
                [role, json.dumps(claims)],
            )
            yield connection


@pytest.fixture(scope="module", params=versions())
def server(request: pytest.FixtureRequest) -> Iterator[RunningCluster]:
    programs = programs_of_15() if request.param == "15" else None
    if request.param == "15" and programs is None:
        pytest.skip("PostgreSQL 15 is not installed here; Debian's package postgresql-15 brings it")
    data = Path(tempfile.mkdtemp(prefix=f"carebase-hosted{request.param}-"))
    data.chmod(0o755)
    embedded = Embedded(data / "data", binaries=programs)
    with asyncio.Runner() as runner:
        running = runner.run(embedded.start())
        try:
            with psycopg.connect(running.dsn(), autocommit=True) as connection:
                connection.execute(ROLES)
            yield RunningCluster(request.param, running.dsn())
        finally:
            runner.run(embedded.stop())
            shutil.rmtree(data, ignore_errors=True)


@pytest.fixture
def project(server: RunningCluster) -> Iterator[Project]:
    """A hosted project with nothing in it."""
    name = f"project_{next(NUMBERS)}"
    with psycopg.connect(server.owner_dsn, autocommit=True) as connection:
        connection.execute(f"create database {name} owner project template template0")
        operator = conninfo.make_conninfo(server.owner_dsn, dbname=name)
        with psycopg.connect(operator, autocommit=True) as inside:
            inside.execute(PROJECT)
        yield Project(conninfo.make_conninfo(operator, user="project", password="of-the-project"), operator)
        connection.execute(f"drop database {name} with (force)")


@pytest.fixture
def attached(project: Project) -> Project:
    """The same with the record in it."""
    migrate.attach(project.owner_dsn)
    return project


@pytest.fixture
def files(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> Path:
    """A copy of the migrations, functions and policies that a test may change: a later version."""
    for part in ("migrations", "functions", "policies"):
        shutil.copytree(migrate.HERE / part, tmp_path / part)
    monkeypatch.setattr(migrate, "HERE", tmp_path)
    return tmp_path


# --- what it does to a project --------------------------------------------------------------------------------------


def test_the_records_migrations_alone_are_applied_and_a_second_time_there_is_nothing_to_do(project):
    planned = migrate.plan(project.owner_dsn, attached=True)
    assert {line.partition("/")[0] for line in planned.lines} == {"care", "functions and policies"}
    assert migrate.attach(project.owner_dsn) == planned

    assert migrate.plan(project.owner_dsn, attached=True).is_empty
    assert migrate.attach(project.owner_dsn).is_empty


THEIRS = """
select 'relation', c.oid::regclass::text, c.relacl::text, c.relowner::regrole::text from pg_class c
 where relnamespace in ('auth'::regnamespace, 'storage'::regnamespace) and relkind in ('r', 'v', 'S')
union all
select 'column', attrelid::regclass::text, attname, attacl::text from pg_attribute join pg_class c on c.oid = attrelid
 where relnamespace in ('auth'::regnamespace, 'storage'::regnamespace) and attnum > 0
union all
select 'function', oid::regprocedure::text, proacl::text, md5(prosrc) from pg_proc
 where pronamespace in ('auth'::regnamespace, 'storage'::regnamespace)
union all
select 'policy', schemaname || '.' || tablename, policyname, '' from pg_policies where schemaname in ('auth', 'storage')
union all
select 'trigger', tgrelid::regclass::text, tgname, '' from pg_trigger join pg_class c on c.oid = tgrelid
 where not tgisinternal and relnamespace in ('auth'::regnamespace, 'storage'::regnamespace)
union all
select 'schema', nspname, nspacl::text, nspowner::regrole::text from pg_namespace where nspname in ('auth', 'storage')
union all
select 'login', rolname, '', '' from pg_roles where rolcanlogin or rolsuper or rolbypassrls or rolcreaterole
union all
select 'default', defaclrole::regrole::text, coalesce(n.nspname, '-') || d.defaclobjtype::text,
       (select string_agg(a::text, ' ' order by a::text) from unnest(defaclacl) a)
  from pg_default_acl d left join pg_namespace n on n.oid = d.defaclnamespace
order by 1, 2, 3, 4
"""


def test_accounts_files_logins_and_default_rights_of_the_project_stay_as_they_were(project):
    before = project.asked(THEIRS)
    migrate.attach(project.owner_dsn)
    assert project.asked(THEIRS) == before


OURS = """
with ours as (select oid from pg_namespace where nspname in ('public', 'private', 'audit'))
select 'relation', oid::regclass::text, relkind::text, relowner::regrole::text, relrowsecurity::text,
       (select string_agg(a::text, ' ' order by a::text) from unnest(relacl) a)
  from pg_class where relnamespace in (select oid from ours) and relkind in ('r', 'p', 'v')
union all
select 'column', attrelid::regclass::text, attname, format_type(atttypid, atttypmod), attnotnull::text,
       (select string_agg(a::text, ' ' order by a::text) from unnest(attacl) a)
  from pg_attribute join pg_class c on c.oid = attrelid
 where relnamespace in (select oid from ours) and relkind in ('r', 'p', 'v') and attnum > 0 and not attisdropped
union all
select 'constraint', conrelid::regclass::text, conname, pg_get_constraintdef(oid), '', ''
  from pg_constraint where connamespace in (select oid from ours) and conrelid <> 0
union all
select 'policy', schemaname || '.' || tablename, policyname, cmd, roles::text, concat(qual, ' | ', with_check)
  from pg_policies where schemaname in ('public', 'private', 'audit')
union all
select 'trigger', tgrelid::regclass::text, tgname, pg_get_triggerdef(t.oid), '', ''
  from pg_trigger t join pg_class c on c.oid = tgrelid where not tgisinternal and relnamespace in (select oid from ours)
union all
-- Functions belong to whoever migrates: only there may they call auth.
select 'function', p.oid::regprocedure::text, md5(prosrc), prosecdef::text, proconfig::text,
       (select string_agg(pg_get_userbyid(a.grantee) || '=' || a.privilege_type, ' ' order by a.grantee)
          from aclexplode(proacl) a where a.grantee <> proowner and pg_get_userbyid(a.grantee) not like '%_owner')
  from pg_proc p where pronamespace in (select oid from ours)
   and oid not in (select objid from pg_depend where classid = 'pg_proc'::regclass and deptype = 'e')
order by 1, 2, 3, 4
"""


def of_platform(connection: psycopg.Connection) -> set[str]:
    """Functions that accounts and files need, which are the project's own there."""
    owned = "select oid::regprocedure::text from pg_proc where proowner = 'platform_owner'::regrole"
    return {name for (name,) in connection.execute(owned)}


def test_the_record_is_the_same_as_in_a_database_of_ours(server, attached):
    with psycopg.connect(server.owner_dsn, autocommit=True) as connection:
        connection.execute("create database whole template template0")
        try:
            whole = conninfo.make_conninfo(server.owner_dsn, dbname="whole")
            migrate.migrate(whole, secret=SECRET)
            with psycopg.connect(whole) as reading:
                theirs = of_platform(reading)
                expected = [row for row in reading.execute(OURS) if row[1] not in theirs]
        finally:
            connection.execute("drop database whole with (force)")
            for login in ("auth_service", "care_worker", "care_queue", "audit_sealer"):
                connection.execute(f"alter role {login} nologin password null")
            connection.execute("alter role authenticator password 'of-the-api'")
    found = attached.asked(OURS)
    assert {row[0] for row in expected} == {"relation", "column", "constraint", "policy", "trigger", "function"}
    assert [row for row in found if row not in expected] == []
    assert [row for row in expected if row not in found] == []


def test_a_table_that_the_project_makes_afterwards_is_granted_as_before(attached):
    with psycopg.connect(attached.owner_dsn, autocommit=True) as owner:
        owner.execute("create table public.notes (n int)")
        owner.execute("create function public.hello() returns text language sql as 'select 1::text'")
    assert attached.asked(
        "select has_table_privilege('anon', 'public.notes', 'select'),"
        "       has_function_privilege('anon', 'hello()', 'execute')"
    ) == [(True, True)]


def test_rights_that_the_project_gives_by_default_everywhere_reach_nothing_of_ours(project):
    with psycopg.connect(project.owner_dsn, autocommit=True) as owner:
        owner.execute("alter default privileges grant select on tables to anon with grant option")
        owner.execute("alter default privileges grant execute on functions to anon")
        owner.execute("alter default privileges revoke execute on functions from public")
        owner.execute("alter default privileges grant usage on sequences to public")
    before = project.asked(THEIRS)
    migrate.attach(project.owner_dsn)
    assert project.asked(THEIRS) == before
    assert (
        project.asked(
            "select oid::regclass::text from pg_class where relkind in ('r', 'p', 'v', 'S') and"
            " relnamespace in ('public'::regnamespace, 'private'::regnamespace, 'audit'::regnamespace)"
            " and case relkind when 'S' then has_sequence_privilege('anon', oid, 'usage')"
            "                  else has_table_privilege('anon', oid, 'select') end"
        )
        == []
    )
    assert (
        project.asked(
            "select oid::regprocedure::text from pg_proc where pronamespace = 'audit'::regnamespace"
            " and has_function_privilege('anon', oid, 'execute')"
        )
        == []
    )


# --- what people see -----------------------------------------------------------------------------------------------

NEW_CASE = """
insert into public.cases (patient_name, patient_age, patient_gender) values ('Amina', 40, 'female') returning case_id
"""


def one(connection: psycopg.Connection, query: str, *values: object) -> object:
    row = connection.execute(query, values or None).fetchone()
    return row and row[0]


def test_a_case_is_seen_by_its_clinician_and_nobody_else(attached):
    amina, bruno, nobody = attached.an_account("attending"), attached.an_account("attending"), attached.an_account(None)
    with attached.as_person(amina) as session:
        case_id = one(session, NEW_CASE)
        assert one(session, "select status from public.cases where case_id = %s", case_id) == "processing"
    with attached.as_person(amina) as session:
        assert one(session, "select count(*) from public.cases") == 1
    for other in (bruno, nobody):
        with attached.as_person(other) as session:
            assert one(session, "select count(*) from public.cases") == 0
            assert session.execute("update public.cases set case_summary = 'x'").rowcount == 0
    with attached.as_person(nobody) as session, pytest.raises(errors.InsufficientPrivilege):
        session.execute(NEW_CASE)
    with attached.as_person({}, role="anon") as session, pytest.raises(errors.InsufficientPrivilege):
        session.execute("select from public.cases")


def test_a_patient_belongs_to_its_team_and_a_column_that_is_not_granted_stays_closed(attached):
    amina, bruno = attached.an_account("attending"), attached.an_account("nurse")
    with attached.as_person(amina) as session:
        patient: UUID = one(
            session, "insert into public.patients (first_name, last_name) values ('E', 'H') returning id"
        )
        session.execute(
            "insert into public.care_team (patient_id, provider_id, role) values (%s, %s, 'attending')",
            [patient, amina["sub"]],
        )
    with attached.as_person(bruno) as session:
        assert one(session, "select count(*) from public.patients") == 0
    with attached.as_person(bruno) as session, pytest.raises(errors.InsufficientPrivilege):
        session.execute(
            "insert into public.care_team (patient_id, provider_id, role) values (%s, %s, 'attending')",
            [patient, bruno["sub"]],
        )
    with attached.as_person(amina) as session:
        session.execute(
            "insert into public.care_team (patient_id, provider_id, role) values (%s, %s, 'nurse')",
            [patient, bruno["sub"]],
        )
    with attached.as_person(bruno) as session:
        assert one(session, "select last_name from public.patients") == "H"
        session.execute("insert into public.care_messages (patient_id, message) values (%s, 'Seen.')", [patient])
    with attached.as_person(amina) as session:
        assert one(session, "select sender_id::text from public.care_messages") == bruno["sub"]
    with attached.as_person(amina) as session, pytest.raises(errors.InsufficientPrivilege):
        session.execute("update public.patients set account_id = %s", [amina["sub"]])
    assert attached.asked("select count(*) > 0 from audit.inbox where body::jsonb ->> 'actor' = %s", amina["sub"]) == [
        (True,)
    ]


def test_staff_needs_the_second_factor_where_the_site_asks_for_it(project):
    migrate.attach(project.owner_dsn, staff_mfa="required")
    amina = project.an_account("attending")
    with project.as_person(amina) as session, pytest.raises(errors.InsufficientPrivilege):
        session.execute(NEW_CASE)
    with project.as_person({**amina, "aal": "aal2"}) as session:
        session.execute(NEW_CASE)


def test_the_assistants_tables_serve_the_documents_client(attached):
    amina, bruno = attached.an_account(None), attached.an_account(None)
    with attached.as_person(amina) as session:
        conversation = one(
            session, "insert into public.conversations (user_id, context) values (%s, '') returning id", amina["sub"]
        )
        session.execute(
            "insert into public.messages (conversation_id, content, role, message_type)"
            " values (%s, 'Bonjour', 'user', 'text')",
            [conversation],
        )
    with attached.as_person(bruno) as session:
        assert one(session, "select count(*) from public.messages") == 0


# --- a later version ------------------------------------------------------------------------------------------------


def test_a_later_version_brings_its_tables_and_functions(attached, files):
    number = migrate.migrations_of("care")[-1].number + 1
    (files / "migrations" / "care" / f"{number:04d}_wards_are_named.sql").write_text(
        "set local role care_owner;\n"
        "create table public.wards (id uuid primary key, opened_by uuid references auth.users (id));\n"
        "alter table public.wards enable row level security;\n"
        "grant select on public.wards to authenticated;\n"
        "alter table public.patients add column ward_id uuid references public.wards (id);"
    )
    search = files / "functions" / "care" / "search.sql"
    search.write_text(search.read_text() + "-- once more\n")
    assert migrate.attach(attached.owner_dsn).lines == (f"care/{number:04d} wards are named", "functions and policies")
    assert attached.asked(
        "select tableowner, has_table_privilege('anon', 'public.wards', 'select'),"
        "       has_table_privilege('authenticated', 'public.wards', 'select'),"
        "       has_table_privilege('authenticated', 'public.wards', 'insert') from pg_tables where tablename = 'wards'"
    ) == [("care_owner", False, True, False)]
    assert [name for (name,) in attached.asked("select policyname from pg_policies where tablename = 'wards'")] == [
        "wards_service_keeps"
    ]


def test_a_policy_of_somebody_else_leaves_our_tables_and_stays_on_the_projects_own(attached):
    with psycopg.connect(attached.owner_dsn, autocommit=True) as owner:
        owner.execute("create table public.notes (n int); create policy everybody on public.notes using (true)")
        owner.execute('create policy "Anyone" on public.cases for select using (true)')
        owner.execute("alter table public.patients disable row level security")
    assert migrate.plan(attached.owner_dsn, attached=True).lines == (
        "functions and policies",
        'ours over policy "Anyone" on public.cases',
        "ours over row security of public.patients",
    )
    migrate.attach(attached.owner_dsn)
    assert migrate.plan(attached.owner_dsn, attached=True).is_empty
    assert attached.asked("select tablename from pg_policies where policyname in ('everybody', 'Anyone')") == [
        ("notes",)
    ]
    assert attached.asked("select relrowsecurity from pg_class where oid = 'public.patients'::regclass") == [(True,)]


# --- databases it is not for -----------------------------------------------------------------------------------------


def test_a_database_without_accounts_is_no_hosted_project(server):
    with psycopg.connect(server.owner_dsn, autocommit=True) as connection:
        connection.execute("create database bare template template0")
        try:
            dsn = conninfo.make_conninfo(server.owner_dsn, dbname="bare")
            with pytest.raises(migrate.MigrationRefused, match=r"no hosted project: auth\.users"):
                migrate.attach(dsn)
        finally:
            connection.execute("drop database bare with (force)")


def test_a_hosted_project_gets_no_accounts_of_ours(project, attached):
    for dsn in (project.owner_dsn, attached.owner_dsn):
        with pytest.raises(migrate.MigrationRefused, match=r"auth\.users exists") as refusal:
            migrate.migrate(dsn, secret=SECRET)
        assert "--attached" in refusal.value.hint


def test_a_table_of_the_projects_own_with_a_name_of_ours_is_said_and_left(project):
    with psycopg.connect(project.owner_dsn, autocommit=True) as owner:
        owner.execute("create table public.patients (mine text)")
    with pytest.raises(migrate.MigrationRefused, match='relation "patients" already exists'):
        migrate.attach(project.owner_dsn)
    assert project.asked(
        "select attname::text from pg_attribute where attrelid = 'public.patients'::regclass and attnum > 0"
    ) == [("mine",)]


# --- the command ------------------------------------------------------------------------------------------------------


def test_the_command_attaches_and_says_what_it_did(project, tmp_path):
    place = {"DATABASE_URL": project.owner_dsn, "CAREBASE_DATA": tmp_path, "CAREBASE_STAFF_MFA": "required"}
    planned = carebase("migrate", "--attached", "--plan", **place)
    assert planned.returncode == 0, planned.stderr
    assert planned.stdout.splitlines()[0] == "would apply care/0001 audit takes rows"

    done = carebase("migrate", "--attached", **place)
    assert done.stdout == planned.stdout.replace("would apply", "applied")
    assert carebase("migrate", "--attached", **place).stdout == "Nothing to do.\n"
    assert project.asked("select value from private.site_settings where name = 'staff_mfa'") == [("required",)]


def test_the_command_needs_the_projects_address(tmp_path):
    refused = carebase("migrate", "--attached", CAREBASE_DATA=tmp_path)
    assert refused.returncode == 2
    assert "--attached needs DATABASE_URL" in refused.stderr
