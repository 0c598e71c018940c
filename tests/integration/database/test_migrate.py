"""A database is brought forward by whole steps, by one process at a time, by a version that knows it."""

from __future__ import annotations

import asyncio
import hashlib
import itertools
import shutil
import tempfile
import threading
import time
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import psycopg
import pytest
from psycopg import conninfo, sql
from tests.integration.conftest import SECRET, Database, RunningCluster, programs_of_15, versions

from carebase import errors
from carebase.database import migrate, queries, queue_schema, session
from carebase.database.embedded import Embedded
from carebase.database.pool import Login, conninfo_for

NUMBERS = itertools.count(1)
ROLES = (*(login.value for login in Login), "anon", "authenticated", "service_role", *migrate.OWNERS)
OPEN_CASE = queries.load("""
-- name: open
-- A case of the caller.
insert into public.cases (patient_name, patient_age, patient_gender) values ('Amina', 40, 'female') returning case_id;
""")["open"]


@pytest.fixture(scope="module", params=versions())
def server(request: pytest.FixtureRequest) -> Iterator[RunningCluster]:
    """A server without any of our roles: they belong to the whole server and not to a database."""
    programs = programs_of_15() if request.param == "15" else None
    if request.param == "15" and programs is None:
        pytest.skip("PostgreSQL 15 is not installed here; Debian's package postgresql-15 brings it")
    data = Path(tempfile.mkdtemp(prefix=f"carebase-bare{request.param}-"))
    data.chmod(0o755)
    embedded = Embedded(data / "data", binaries=programs)
    with asyncio.Runner() as runner:
        running = runner.run(embedded.start())
        try:
            yield RunningCluster(request.param, running.dsn())
        finally:
            runner.run(embedded.stop())
            shutil.rmtree(data, ignore_errors=True)


@pytest.fixture
def fresh(server: RunningCluster) -> Iterator[str]:
    """The owner's connection string of a database in which nothing was ever done."""
    name = f"fresh_{next(NUMBERS)}"
    with psycopg.connect(server.owner_dsn, autocommit=True) as connection:
        connection.execute(f"create database {name} template template0")
        yield conninfo.make_conninfo(server.owner_dsn, dbname=name)
        connection.execute(f"drop database {name} with (force)")
        for role in ROLES:
            connection.execute(f"drop role if exists {role}")


@pytest.fixture
def files(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> Path:
    """A copy of the migrations, functions and policies that a test may change: a later version."""
    for part in ("migrations", "functions", "policies"):
        shutil.copytree(migrate.HERE / part, tmp_path / part)
    monkeypatch.setattr(migrate, "HERE", tmp_path)
    return tmp_path


def ask(dsn: str, query: str, *values: object) -> list[tuple]:
    with psycopg.connect(dsn, autocommit=True) as connection:
        cursor = connection.execute(query, values or None)
        return cursor.fetchall() if cursor.description else []


def add_care_migration(files: Path, text: str, *, name: str = "tests_are_here") -> Path:
    number = migrate.migrations_of("care")[-1].number + 1
    path = files / "migrations" / "care" / f"{number:04d}_{name}.sql"
    path.write_text(text)
    return path


SCHEMA = """
with ours as (select oid from pg_namespace where nspname in ('public', 'auth', 'storage', 'jobs', 'private', 'audit'))
select 'relation', oid::regclass::text, relkind::text, relowner::regrole::text, relacl::text, relrowsecurity::text
  from pg_class where relnamespace in (select oid from ours) and relkind in ('r', 'v', 'S', 'i')
union all
select 'column', attrelid::regclass::text, attname || ' ' || attnum, format_type(atttypid, atttypmod), attacl::text,
       attnotnull::text
  from pg_attribute join pg_class c on c.oid = attrelid
 where relnamespace in (select oid from ours) and attnum > 0 and not attisdropped
union all
select 'function', oid::regprocedure::text, md5(prosrc), proowner::regrole::text, proacl::text, proconfig::text
  from pg_proc where pronamespace in (select oid from ours)
union all
select 'policy', schemaname || '.' || tablename, policyname, cmd, roles::text, concat(qual, ' | ', with_check)
  from pg_policies
union all
select 'trigger', tgrelid::regclass::text, tgname, pg_get_triggerdef(oid), '', ''
  from pg_trigger where not tgisinternal
order by 1, 2, 3, 4
"""


def schema_of(dsn: str) -> str:
    return hashlib.sha256(repr(ask(dsn, SCHEMA)).encode()).hexdigest()


# --- forward, once -------------------------------------------------------------------------------------------------


def test_a_plan_changes_nothing(fresh):
    plan = migrate.plan(fresh)

    assert plan.lines[0] == "platform/0001 roles and schemas exist"
    assert plan.lines[-2:] == (f"work queue schema {queue_schema.version()}", "functions and policies")
    assert ask(fresh, "select nspname from pg_namespace where nspname !~ '^pg_'") == [
        ("public",),
        ("information_schema",),
    ]
    assert ask(fresh, "select rolname from pg_roles where rolname = any (%s)", list(ROLES)) == []


def test_what_was_planned_is_done_and_a_second_time_there_is_nothing_to_do(fresh):
    planned = migrate.plan(fresh)
    assert migrate.migrate(fresh, secret=SECRET) == planned
    before = schema_of(fresh)

    assert migrate.plan(fresh).is_empty
    assert migrate.migrate(fresh, secret=SECRET).is_empty
    assert schema_of(fresh) == before


def test_of_several_at_once_one_does_the_work(fresh):
    with ThreadPoolExecutor(4) as starters:
        done = list(starters.map(lambda _: migrate.migrate(fresh, secret=SECRET), range(4)))

    assert sorted(plan.is_empty for plan in done) == [False, True, True, True]
    assert migrate.plan(fresh).is_empty


def test_two_databases_of_one_server_share_the_roles(server, fresh):
    migrate.migrate(fresh, secret=SECRET)
    with psycopg.connect(server.owner_dsn, autocommit=True) as connection:
        connection.execute("create database second template template0")
        try:
            second = conninfo.make_conninfo(server.owner_dsn, dbname="second")
            migrate.migrate(second, secret=SECRET)
            assert schema_of(second) == schema_of(fresh)
        finally:
            connection.execute("drop database second with (force)")


# --- stopped in the middle -----------------------------------------------------------------------------------------


def test_a_migration_that_fails_leaves_nothing_of_itself_and_all_before_it(fresh, files):
    broken = add_care_migration(files, "create table public.half (n int); select 1 / 0;")
    with pytest.raises(migrate.MigrationRefused) as caught:
        migrate.migrate(fresh, secret=SECRET)
    assert "division by zero" in str(caught.value)
    assert ask(fresh, "select to_regclass('public.half'), to_regclass('public.cases')::text") == [(None, "cases")]

    broken.write_text("create table public.whole (n int);")
    assert migrate.migrate(fresh, secret=SECRET).lines == (
        f"care/{broken.name[:4]} tests are here",
        "functions and policies",
    )
    assert ask(fresh, "select to_regclass('public.whole')::text") == [("whole",)]


@pytest.mark.parametrize("place", ["migration", "functions", "policies"])
def test_after_a_kill_the_next_run_reaches_the_same_schema(server, fresh, files, place):
    migrate.migrate(fresh, secret=SECRET)
    whole = schema_of(fresh)
    ask(fresh, "drop schema jobs, audit, private, auth, storage, public, migrations cascade")
    ask(fresh, "create schema public authorization pg_database_owner; grant usage on schema public to public")
    pause = "select pg_sleep(30);"
    target = {
        "migration": files / "migrations" / "care" / "0002_cases_hold_files_and_insights.sql",
        "functions": files / "functions" / "care" / "search.sql",
        "policies": files / "policies" / "storage.sql",
    }[place]
    text = target.read_text()
    target.write_text(f"{text}\n{pause}")

    def migrate_until_killed() -> None:
        with pytest.raises(migrate.MigrationRefused):
            migrate.migrate(fresh, secret=SECRET)

    killed = threading.Thread(target=migrate_until_killed)
    killed.start()
    for _ in range(200):
        if ask(
            server.owner_dsn,
            "select pg_terminate_backend(pid) from pg_stat_activity"
            " where application_name = 'carebase migrate' and wait_event = 'PgSleep'",
        ):
            break
        time.sleep(0.05)
    killed.join(10)
    assert not killed.is_alive()
    target.write_text(text)

    assert not migrate.migrate(fresh, secret=SECRET).is_empty
    assert schema_of(fresh) == whole


# --- databases that are not ours to change --------------------------------------------------------------------------


def test_a_migration_that_was_changed_after_it_was_applied_is_refused(fresh, files):
    migrate.migrate(fresh, secret=SECRET)
    (first, *_) = sorted((files / "migrations" / "platform").iterdir())
    first.write_text(first.read_text() + "\n-- a second thought\n")

    for attempt in (migrate.plan, lambda dsn: migrate.migrate(dsn, secret=SECRET)):
        with pytest.raises(migrate.MigrationRefused, match="platform/0001 was changed after it was applied"):
            attempt(fresh)


def test_a_database_of_a_newer_version_is_refused(fresh, files):
    late = add_care_migration(files, "create table public.later (n int);")
    migrate.migrate(fresh, secret=SECRET)
    late.unlink()

    with pytest.raises(migrate.MigrationRefused, match="this version does not"):
        migrate.migrate(fresh, secret=SECRET)


def test_a_work_queue_of_a_newer_version_is_refused(fresh):
    migrate.migrate(fresh, secret=SECRET)
    ask(fresh, "comment on schema jobs is 'procrastinate 99.0.0'")
    with pytest.raises(migrate.MigrationRefused, match="queue"):
        migrate.migrate(fresh, secret=SECRET)


def test_an_old_postgresql_is_refused(fresh, monkeypatch):
    monkeypatch.setattr(migrate, "OLDEST_SERVER", 990000)
    with pytest.raises(migrate.MigrationRefused, match="is too old"):
        migrate.plan(fresh)


def test_a_server_that_is_not_there_is_named_so(tmp_path):
    with pytest.raises(errors.Unavailable, match="does not answer"):
        migrate.plan(f"host={tmp_path} dbname=postgres")


# --- the names of files ---------------------------------------------------------------------------------------------


def test_migrations_are_numbered_without_a_gap_and_say_what_is_true_afterwards():
    for name in migrate.SETS:
        found = migrate.migrations_of(name)
        hundreds = itertools.groupby((migration.number for migration in found), key=lambda number: number // 100)
        for hundred, numbers in hundreds:
            counted = list(numbers)
            assert counted == list(range(hundred * 100 + 1, hundred * 100 + 1 + len(counted)))
        assert all(" " in migration.name.replace("_", " ") for migration in found)


@pytest.mark.parametrize(
    "name",
    [
        "0999_too_far.sql",
        "0002_a_second_second.sql",
        "9998_not_the_first_of_its_hundred.sql",
        "3_short.sql",
        "9901-Dash.sql",
    ],
)
def test_a_file_that_is_named_otherwise_is_refused(files, name):
    (files / "migrations" / "care" / name).write_text("select 1;")
    with pytest.raises(migrate.MigrationRefused, match=r"is not NNNN_<what_is_true_afterwards>\.sql"):
        migrate.migrations_of("care")


# --- functions and policies -----------------------------------------------------------------------------------------


def test_a_changed_function_is_applied_again(fresh, files):
    migrate.migrate(fresh, secret=SECRET)
    access = files / "functions" / "care" / "access.sql"
    access.write_text(access.read_text().replace("'attending', 'nurse'", "'attending', 'midwife', 'nurse'"))

    assert migrate.migrate(fresh, secret=SECRET).lines == ("functions and policies",)
    assert "midwife" in ask(fresh, "select pg_get_functiondef('private.is_staff'::regproc)")[0][0]
    assert migrate.plan(fresh).is_empty


def test_a_policy_that_left_its_file_and_a_file_that_is_gone_leave_the_database(fresh, files):
    migrate.migrate(fresh, secret=SECRET)
    cases = files / "policies" / "cases.sql"
    cases.write_text(cases.read_text().replace("cases_worker_reads", "cases_worker_looks"))
    (files / "policies" / "auth.sql").unlink()
    migrate.migrate(fresh, secret=SECRET)

    names = {name for (name,) in ask(fresh, "select policyname from pg_policies")}
    assert "cases_worker_looks" in names
    assert not {"cases_worker_reads", "identities_service_keeps"} & names


def test_policies_of_tables_that_are_not_ours_stay(fresh, files):
    migrate.migrate(fresh, secret=SECRET)
    ask(fresh, "create table public.own (n int); create policy own_everybody on public.own using (true)")
    (files / "policies" / "audit.sql").write_text("-- Nothing.\n")
    migrate.migrate(fresh, secret=SECRET)

    assert ask(fresh, "select policyname from pg_policies where tablename in ('own', 'inbox')") == [("own_everybody",)]


# --- passwords and settings -----------------------------------------------------------------------------------------


def test_passwords_follow_the_secret(fresh):
    migrate.migrate(fresh, secret=SECRET)
    later = "another-secret-of-the-tests-0123456789"
    for login in Login:
        ask(conninfo_for(login, owner_dsn=fresh, secret=SECRET), "select 1")
        with pytest.raises(psycopg.OperationalError):
            ask(conninfo_for(login, owner_dsn=fresh, secret=later), "select 1")

    assert migrate.migrate(fresh, secret=later).is_empty
    for login in Login:
        ask(conninfo_for(login, owner_dsn=fresh, secret=later), "select 1")
        with pytest.raises(psycopg.OperationalError):
            ask(conninfo_for(login, owner_dsn=fresh, secret=SECRET), "select 1")


def test_the_second_factor_of_staff_follows_the_setting(fresh):
    def asked() -> str:
        return ask(fresh, "select value from private.site_settings where name = 'staff_mfa'")[0][0]

    migrate.migrate(fresh, secret=SECRET)
    assert asked() == "optional"
    migrate.migrate(fresh, secret=SECRET, staff_mfa="required")
    assert asked() == "required"
    migrate.migrate(fresh, secret=SECRET)
    assert asked() == "required"
    migrate.migrate(fresh, secret=SECRET, staff_mfa="optional")
    assert asked() == "optional"


# --- a server that somebody else runs -------------------------------------------------------------------------------


@pytest.fixture
def managed(server) -> Iterator[str]:
    """A database on a managed server: its owner may make roles and databases and is no superuser."""
    with psycopg.connect(server.owner_dsn, autocommit=True) as connection:
        connection.execute("create role manager login createrole createdb password 'of-the-manager'")
        manager = conninfo.make_conninfo(server.owner_dsn, user="manager", password="of-the-manager")
        ask(manager, "create database managed template template0")
        yield conninfo.make_conninfo(manager, dbname="managed")
        connection.execute("drop database managed with (force)")
        for role in (*ROLES, "manager"):
            if connection.execute("select from pg_roles where rolname = %s", [role]).fetchone():
                connection.execute(sql.SQL("drop owned by {}").format(sql.Identifier(role)))
        for role in (*ROLES, "manager"):
            connection.execute(sql.SQL("drop role if exists {}").format(sql.Identifier(role)))


async def test_an_owner_who_is_no_superuser_is_enough(managed, files):
    assert not migrate.migrate(managed, secret=SECRET, staff_mfa="optional").is_empty
    assert migrate.migrate(managed, secret=SECRET).is_empty
    search = files / "functions" / "care" / "search.sql"
    search.write_text(search.read_text() + "-- once more\n")
    add_care_migration(files, "set local role care_owner;\ncreate table public.more (n int);")
    assert len(migrate.migrate(managed, secret=SECRET).lines) == 2

    database = Database(managed)
    amina = database.a_person()
    async with database.pools() as pools, session.begin(pools[Login.AUTHENTICATOR], amina) as opening:
        case_id = await opening.value(OPEN_CASE)
    assert ask(managed, "select args ->> 'case_id' from jobs.procrastinate_jobs") == [(case_id,)]
    owners = {row[3] for row in ask(managed, SCHEMA) if row[0] == "relation"}
    assert owners == set(migrate.OWNERS)
