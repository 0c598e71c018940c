"""The embedded 18 comes without contrib: uuid-ossp is SQL of our own there, and answers as RFC 9562 has it."""

from __future__ import annotations

import logging
import os
import stat
import time
import uuid
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta

import psycopg
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from psycopg import conninfo
from tests.integration.conftest import Database

from carebase.database import placement, server_settings

CREATE = 'create extension if not exists "uuid-ossp"'
GREGORIAN = datetime(1582, 10, 15, tzinfo=UTC)
# PostgreSQL's text holds no zero, and a lone surrogate is no character.
NAMES = st.text(st.characters(min_codepoint=1, exclude_categories=["Cs"]), max_size=200)


@pytest.fixture
def asking(database: Database) -> Iterator[psycopg.Connection]:
    """The owner's connection to a database with the extension, whichever it is."""
    with database.owner() as connection:
        connection.execute(CREATE)
        yield connection


@pytest.fixture
def ours(asking: psycopg.Connection) -> psycopg.Connection:
    """As above, where the functions are those of this repository."""
    if asking.info.server_version < 180000:
        pytest.skip("PostgreSQL before 18 takes extensions from its own directory only")
    return asking


def one(connection: psycopg.Connection, query: str, *values: object) -> object:
    row = connection.execute(query, values or None).fetchone()
    assert row is not None
    return row[0]


def test_it_is_created_once_and_asking_again_is_no_error(asking):
    asking.execute(CREATE)
    assert one(asking, "select extversion from pg_extension where extname = 'uuid-ossp'") == "1.1"


def test_every_function_is_there_as_the_original_declares_it(asking):
    declared = asking.execute(
        "select p.proname, pg_get_function_identity_arguments(p.oid), p.provolatile, p.proisstrict, p.proparallel"
        "  from pg_depend d join pg_proc p on p.oid = d.objid and d.classid = 'pg_proc'::regclass"
        "  join pg_extension e on e.oid = d.refobjid and d.refclassid = 'pg_extension'::regclass"
        " where d.deptype = 'e' and e.extname = 'uuid-ossp' order by 1"
    ).fetchall()
    # What PostgreSQL 15's own uuid-ossp declares; only whether a function without arguments is strict says nothing.
    assert [(name, arguments, volatile, parallel) for name, arguments, volatile, _, parallel in declared] == [
        ("uuid_generate_v1", "", "v", "s"),
        ("uuid_generate_v1mc", "", "v", "s"),
        ("uuid_generate_v3", "namespace uuid, name text", "i", "s"),
        ("uuid_generate_v4", "", "v", "s"),
        ("uuid_generate_v5", "namespace uuid, name text", "i", "s"),
        ("uuid_nil", "", "i", "s"),
        ("uuid_ns_dns", "", "i", "s"),
        ("uuid_ns_oid", "", "i", "s"),
        ("uuid_ns_url", "", "i", "s"),
        ("uuid_ns_x500", "", "i", "s"),
    ]
    assert one(asking, "select uuid_generate_v5(uuid_ns_dns(), null)") is None
    assert one(asking, "select uuid_generate_v3(null, 'care.example')") is None


def test_the_name_spaces_are_those_of_the_rfc(asking):
    assert asking.execute(
        "select uuid_nil(), uuid_ns_dns(), uuid_ns_url(), uuid_ns_oid(), uuid_ns_x500()"
    ).fetchone() == (uuid.UUID(int=0), uuid.NAMESPACE_DNS, uuid.NAMESPACE_URL, uuid.NAMESPACE_OID, uuid.NAMESPACE_X500)


def test_names_give_the_uuids_that_the_rfc_prints(asking):
    # RFC 9562, appendices A.2 and A.4.
    assert asking.execute(
        "select uuid_generate_v3(uuid_ns_dns(), 'www.example.com')::text,"
        "       uuid_generate_v5(uuid_ns_dns(), 'www.example.com')::text"
    ).fetchone() == ("5df41881-3aed-3515-88a7-2f4a814cf09e", "2ed6657d-e927-568b-95e1-2665a8aea6a2")


@settings(max_examples=60, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(space=st.uuids(), name=NAMES)
def test_a_name_gives_the_same_uuid_as_elsewhere(asking, space, name):
    assert asking.execute(
        "select uuid_generate_v3(%(space)s, %(name)s), uuid_generate_v5(%(space)s, %(name)s)",
        {"space": space, "name": name},
    ).fetchone() == (uuid.uuid3(space, name), uuid.uuid5(space, name))


def test_names_of_every_length_around_a_block_of_the_hash_agree(asking):
    for length in (0, 38, 39, 40, 47, 48, 49, 102, 103, 104, 111, 112, 1000):
        name = "é" * (length // 2) + "x" * (length % 2)
        assert one(asking, "select uuid_generate_v5(uuid_ns_url(), %s)", name) == uuid.uuid5(uuid.NAMESPACE_URL, name)


def test_random_ones_are_random(asking):
    made = [row[0] for row in asking.execute("select uuid_generate_v4() from generate_series(1, 1000)")]
    assert len(set(made)) == 1000
    assert {(one.version, one.variant) for one in made} == {(4, uuid.RFC_4122)}


@pytest.mark.parametrize("function", ["uuid_generate_v1", "uuid_generate_v1mc"])
def test_those_of_a_time_carry_it_and_name_no_machine(ours, function):
    before = datetime.now(UTC)
    made = [row[0] for row in ours.execute(f"select {function}() from generate_series(1, 1000)")]
    after = datetime.now(UTC)

    assert len(set(made)) == 1000
    assert {(one.version, one.variant) for one in made} == {(1, uuid.RFC_4122)}
    times = [GREGORIAN + timedelta(microseconds=one.time / 10) for one in made]
    second = timedelta(seconds=1)
    assert before - second <= min(times) <= max(times) <= after + second
    assert all(one.node >> 40 & 1 for one in made), "the multicast bit, which no network card has"
    assert len({one.node for one in made}) > 990


def test_a_column_of_a_table_defaults_to_it(asking):
    asking.execute("create table public.notes (id uuid primary key default uuid_generate_v4(), text text)")
    asking.execute("grant insert, select on public.notes to authenticated")
    asking.execute("set role authenticated")
    assert one(asking, "insert into public.notes (text) values ('a') returning id").version == 4


def test_it_can_be_moved_to_another_schema_as_hosted_projects_have_it(database):
    with database.owner() as connection:
        connection.execute('create schema extensions; create extension "uuid-ossp" with schema extensions')
        connection.execute("set search_path = ''")
        assert one(
            connection, "select extensions.uuid_generate_v5(extensions.uuid_ns_dns(), 'www.example.com')::text"
        ) == ("2ed6657d-e927-568b-95e1-2665a8aea6a2")
        assert one(connection, "select extensions.uuid_generate_v1()").version == 1


def test_an_owner_who_is_no_superuser_may_create_it(database):
    with database.owner() as connection:
        connection.execute("create role builder login password 'of-the-builder'")
        name = conninfo.conninfo_to_dict(database.owner_dsn)["dbname"]
        connection.execute(f"grant create on database {name} to builder")
    try:
        dsn = conninfo.make_conninfo(database.owner_dsn, user="builder", password="of-the-builder")
        with psycopg.connect(dsn, autocommit=True) as connection:
            connection.execute(CREATE)
            assert one(connection, "select uuid_generate_v4()").version == 4
    finally:
        with database.owner() as connection:
            connection.execute("drop owned by builder; drop role builder")


def test_a_role_of_the_api_may_not_create_it(database):
    with database.owner() as connection:
        connection.execute("set role authenticated")
        with pytest.raises(psycopg.errors.InsufficientPrivilege):
            connection.execute(CREATE)


def test_sha_1_in_sql_takes_a_few_milliseconds(ours):
    began = time.monotonic()
    ours.execute("select uuid_generate_v5(uuid_ns_url(), n::text) from generate_series(1, 100) n")
    # 0.4 ms each on an idle machine; the limit leaves room for one that is busy with other tests.
    assert (time.monotonic() - began) / 100 < 0.02


# --- where the files lie ---------------------------------------------------------------------------------------------


async def test_the_servers_user_reads_the_files_and_cannot_change_them(place, ask):
    server, cluster = await place.start()
    ask(cluster.dsn(), CREATE)
    assert ask(cluster.dsn(), "show extension_control_path") == f"$system:{place.home.path}/share"
    written = [*(place.home.path / "share" / "extension").iterdir()]
    assert sorted(path.name for path in written) == ["uuid-ossp--1.1.sql", "uuid-ossp.control"]
    assert {stat.S_IMODE(path.stat().st_mode) for path in written} == {0o644}
    await server.stop()


@pytest.mark.skipif(os.geteuid() != 0, reason="only root's own directories are closed to the server's user")
async def test_below_a_closed_home_of_root_the_files_lie_where_the_server_can_reach(place, ask):
    place.root.chmod(0o700)
    server, cluster = await place.start()
    assert place.home.path.is_relative_to(placement.RELOCATED)
    ask(cluster.dsn(), CREATE)
    await server.stop()


async def test_a_database_directory_of_an_earlier_version_gets_it_at_the_next_start(place, ask, monkeypatch):
    with monkeypatch.context() as earlier:
        earlier.setattr(server_settings, "FIRST_WITH_EXTENSION_PATH", 99)
        server, cluster = await place.start()
        with pytest.raises(psycopg.errors.FeatureNotSupported):
            ask(cluster.dsn(), CREATE)
        ask(cluster.dsn(), "create table kept as select 42 as answer")
        await server.stop()

    again = await server.start()
    ask(again.dsn(), CREATE)
    assert ask(again.dsn(), "select answer from kept") == 42
    await server.stop()


async def test_a_directory_with_a_colon_starts_without_it_and_says_so(place, caplog, ask):
    caplog.set_level(logging.WARNING)
    place.data = place.root / "care:data"
    server, cluster = await place.start()
    assert "embedded_postgres_without_extensions" in caplog.text
    assert ask(cluster.dsn(), "show extension_control_path") == "$system"
    await server.stop()
