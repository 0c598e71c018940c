"""The source documents' own SQL, as they print it: statement by statement on the platform alone, then on our tables.

Where they make what exists, PostgreSQL says so and nothing else changes. Where they make a policy that a ruling of ours
overrides, it adds to ours until the next start, which puts ours right; each such policy is tried on what it would show.
The files under `documents/` are copied from the documents: the contract, not our work.
"""

from __future__ import annotations

import json
import logging
import re
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from uuid import UUID

import psycopg
import pytest
from psycopg import conninfo, errors, sql
from tests.integration.conftest import SECRET, Database, RunningCluster

from carebase.database import migrate, queue_schema
from carebase.database.identity import Identity, Role
from carebase.database.pool import Login

DOCUMENTS = ("000", "001", "003", "004")
Session = psycopg.Connection


def statements(document: str) -> list[str]:
    """The statements of a document in their order; a function's body is one piece."""
    found: list[str] = []
    lines: list[str] = []
    is_in_body = False
    for line in (Path(__file__).parent / "documents" / f"{document}.sql").read_text().splitlines():
        code = line.partition("--")[0].rstrip()
        if not code:
            continue
        lines.append(code)
        is_in_body ^= code.count("$$") % 2 == 1
        if code.endswith(";") and not is_in_body:
            found.append("\n".join(lines))
            lines = []
    assert not lines, lines
    return found


def head(statement: str) -> str:
    """What it makes or changes, in the document's words."""
    words = " ".join(statement.split()).removesuffix(";")
    named = re.match(
        r"(create (?:or replace )?(?:table|policy|index|function|trigger|extension)(?: if not exists)?"
        r' (?:"[^"]+"|[\w.]+)|alter table [\w.]+)(?:.*? on ([\w.]+))?',
        words,
        re.IGNORECASE,
    )
    assert named, words
    table = named[2] if "policy" in named[1].lower() else None
    return named[1].lower() + (f" on {table.lower()}" if table else "")


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


def run(owner: Session, document: str, named: str = "") -> None:
    """The document's statements as its reader would run them, one by one; those whose first words hold `named`."""
    for statement in statements(document):
        if named in head(statement):
            try:
                owner.execute(statement)
            except errors.DuplicateTable:
                continue


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
        'put right: policy "Users can view own cases" on public.cases',
        "put right: function public.is_me(uuid)",
        "put right: function public.log_phi_access()",
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


# --- people ----------------------------------------------------------------------------------------------------------


@contextmanager
def as_(database: Database, person: Identity, **claims: object) -> Iterator[Session]:
    """A transaction of this person, as the gateway opens it."""
    login = Login.SERVICE_GATEWAY if person.role is Role.SERVICE else Login.AUTHENTICATOR
    words = {**json.loads(person.claims_json), **claims}
    with psycopg.connect(database.login_dsn(login)) as session:
        session.execute(
            "select set_config('role', %s, true), set_config('request.jwt.claims', %s, true)",
            [person.role.value, json.dumps(words)],
        )
        yield session


def insert(session: Session, table: str, **row: object) -> dict[str, object]:
    """As PostgREST writes what a client inserts and wants back (`.insert(…).select().single()`)."""
    columns = sql.SQL(", ").join(map(sql.Identifier, row))
    cursor = session.execute(
        sql.SQL(
            "with source as (insert into public.{table} ({columns}) select {columns}"
            " from json_populate_recordset(null::public.{table}, %s) returning *) select to_jsonb(source) from source"
        ).format(table=sql.Identifier(table), columns=columns),
        [json.dumps([row], default=str)],
    )
    found = cursor.fetchone()
    assert found is not None
    return found[0]


def send(session: Session, table: str, **row: object) -> int:
    """As PostgREST writes what a client inserts and does not want back."""
    columns = sql.SQL(", ").join(map(sql.Identifier, row))
    return session.execute(
        sql.SQL(
            "insert into public.{table} ({columns})"
            " select {columns} from json_populate_recordset(null::public.{table}, %s)"
        ).format(table=sql.Identifier(table), columns=columns),
        [json.dumps([row], default=str)],
    ).rowcount


def count(session: Session, query: str, *values: object) -> int:
    row = session.execute(query, values or None).fetchone()
    assert row is not None
    return row[0]


def is_refused(deed: Callable[[], object]) -> bool:
    """Whether a policy refuses it; a missing grant would be another matter."""
    try:
        deed()
    except errors.InsufficientPrivilege as refusal:
        assert "row-level security" in str(refusal), refusal
        return True
    return False


def a_case(database: Database, clinician: Identity) -> str:
    with as_(database, clinician) as session:
        return str(insert(session, "cases", patient_name="Amina", patient_age=40, patient_gender="female")["case_id"])


def a_patient(database: Database, clinician: Identity) -> UUID:
    """A record as document 001 makes one: the patient, then the team."""
    with as_(database, clinician) as session:
        patient = insert(
            session, "patients", first_name="Erik", last_name="Hansen", date_of_birth="1985-03-15", mrn="MRN-2026-001"
        )
        insert(session, "care_team", patient_id=patient["id"], provider_id=clinician.user_id, role="attending")
    return UUID(str(patient["id"]))


def a_portal_account(database: Database, clinician: Identity, patient: UUID) -> Identity:
    """The person whose record it is, signed in."""
    person = database.a_person(None)
    with as_(database, clinician) as session:
        token = session.execute("select private.invite(%s, 'self', null, null)", [patient]).fetchone()
    with as_(database, person) as session:
        answer = session.execute("select private.redeem_invitation(%s, '1985-03-15')", [token[0]]).fetchone()
    assert answer == ("redeemed",)
    return person


# --- the documents' own calls ----------------------------------------------------------------------------------------


@pytest.fixture(params=["clean", "after the documents' SQL and a start"])
def in_use(request: pytest.FixtureRequest, database: Database) -> Database:
    """A database of ours, untouched and after somebody ran all of the documents' SQL in it."""
    if request.param != "clean":
        with database.owner() as owner:
            for document in DOCUMENTS:
                run(owner, document)
        migrate.migrate(database.owner_dsn, secret=SECRET)
    return database


def test_001_until_the_next_start_its_trigger_stands_in_the_way_of_redeeming_an_invitation(database):
    doctor = database.a_person()
    with database.owner() as owner:
        run(owner, "001")
    patient = a_patient(database, doctor)
    # It names its table without a schema, and the function that links a record searches none. Nothing is lost.
    with pytest.raises(errors.UndefinedTable):
        a_portal_account(database, doctor, patient)
    migrate.migrate(database.owner_dsn, secret=SECRET)
    a_portal_account(database, doctor, patient)


def test_000_the_services_client_opens_reads_and_may_not_invent_a_result(in_use):
    doctor = in_use.a_person()
    service = Identity(Role.SERVICE)
    with as_(in_use, service) as session:
        made = insert(
            session, "cases", case_id="case_123", doctor_id=doctor.user_id, patient_name="John Doe", patient_age=45,
            patient_gender="Male", case_summary="Initial consultation",
        )  # fmt: skip
        assert made["status"] == "processing"
        assert count(session, "select count(*) from cases where doctor_id = %s", doctor.user_id) == 1
        assert count(session, "select id from cases where case_id = 'case_123'") == made["id"]
    with as_(in_use, service) as session, pytest.raises(psycopg.Error) as refusal:
        session.execute("update cases set status = 'completed' where case_id = 'case_123'")
    assert refusal.value.sqlstate == "CA409"
    with as_(in_use, doctor) as session:
        assert count(session, "select count(*) from cases") == 1


def test_001_a_patient_is_opened_read_back_and_put_in_the_creators_care(in_use):
    doctor, other = in_use.a_person(), in_use.a_person()
    patient = a_patient(in_use, doctor)
    with as_(in_use, doctor) as session:
        assert session.execute(
            "select id, first_name, last_name, mrn, date_of_birth::text from patients order by last_name"
        ).fetchall() == [(patient, "Erik", "Hansen", "MRN-2026-001", "1985-03-15")]
        insert(
            session, "care_messages", patient_id=patient, sender_id=doctor.user_id, priority="normal",
            message="Patient vitals reviewed. Continue current medication.",
        )  # fmt: skip
    with as_(in_use, other) as session:
        assert count(session, "select count(*) from patients") == 0
        assert count(session, "select count(*) from care_messages") == 0
    with as_(in_use, other) as session, pytest.raises(errors.InsufficientPrivilege):
        insert(session, "care_messages", patient_id=patient, sender_id=other.user_id, message="Me too.")


def test_003_a_person_reads_profile_and_visits_and_logs_what_it_opened(in_use):
    doctor = in_use.a_person()
    patient = a_patient(in_use, doctor)
    person = a_portal_account(in_use, doctor, patient)
    with as_(in_use, person) as session:
        assert session.execute("select first_name, last_name, mrn from patient_profiles").fetchall() == [
            ("Erik", "Hansen", "MRN-2026-001")
        ]
        visit = insert(
            session, "appointments", patient_id=person.user_id, provider_name="Dr. Smith", appointment_type="Check-up",
            scheduled_at="2999-01-01T09:00:00Z",
        )  # fmt: skip
        assert session.execute(
            "select to_jsonb(appointments) ->> 'id' from appointments where status = 'scheduled'"
            " and scheduled_at >= now() order by scheduled_at limit 3"
        ).fetchall() == [(visit["id"],)]
        insert(
            session, "secure_messages", patient_id=person.user_id, sender_id=person.user_id, subject="Question",
            body="May I take it in the morning?",
        )  # fmt: skip
        send(
            session, "phi_audit_log", user_id=person.user_id, patient_id=person.user_id, action="READ",
            resource="dashboard", ip_address="unknown", user_agent="unknown",
        )  # fmt: skip
    with as_(in_use, doctor) as session:
        assert count(session, "select count(*) from appointments") == 1
        assert count(session, "select count(*) from secure_messages") == 1


def test_004_a_conversation_is_opened_and_its_last_messages_are_read(in_use):
    person, other = in_use.a_person(None), in_use.a_person(None)
    with as_(in_use, person, email="p@example.org") as session:
        insert(session, "users", id=person.user_id, email="p@example.org", preferred_language="fr")
        conversation = insert(session, "conversations", user_id=person.user_id, context="")["id"]
        insert(session, "messages", conversation_id=conversation, content="Bonjour", role="user", message_type="text")
        assert session.execute(
            "select role, content from messages where conversation_id = %s order by timestamp desc limit 10",
            [conversation],
        ).fetchall() == [("user", "Bonjour")]
        assert session.execute("select is_me(%s), is_me(%s)", [person.user_id, other.user_id]).fetchone() == (
            True,
            False,
        )


# --- where a ruling overrides their policy ---------------------------------------------------------------------------


@pytest.fixture
def overridden(database: Database) -> Iterator[Callable[..., None]]:
    """Tries a deed that only the document's policy allows: before it, with it, and after the next start."""

    def tried(document: str, named: str, shows: Callable[[], bool]) -> None:
        assert not shows(), "ours alone must withhold it"
        with database.owner() as owner:
            run(owner, document, named)
        assert shows(), "with the document's policy it is shown: otherwise this tries nothing"
        assert migrate.migrate(database.owner_dsn, secret=SECRET).put_right
        assert not shows(), "ours are in force again"

    yield tried


def undone(database: Database, person: Identity, deed: Callable[[Session], bool], **claims: object) -> bool:
    """What a deed shows; nothing of it stays."""
    with as_(database, person, **claims) as session:
        shown = deed(session)
        session.rollback()
    return shown


def seen(database: Database, person: Identity, query: str, *values: object, **claims: object) -> bool:
    return undone(database, person, lambda session: count(session, query, *values) > 0, **claims)


def test_ruling_1_a_clinicians_files_are_not_everybodys_to_read(database, overridden):
    amina, bruno = database.a_person(), database.a_person()
    with database.owner() as owner:
        owner.execute(
            "insert into storage.objects (bucket_id, name, owner, version)"
            " values ('labdocs', %s, %s, gen_random_uuid())",
            [f"{amina.user_id}/c/f.pdf", amina.user_id],
        )
    query = "select count(*) from storage.objects"
    overridden("000", '"users can view their own files"', lambda: seen(database, bruno, query))
    assert seen(database, amina, query)


def test_ruling_1_nobody_writes_into_another_clinicians_folder(database, overridden):
    amina, bruno = database.a_person(), database.a_person()

    def writes(session: Session) -> bool:
        return not is_refused(
            lambda: session.execute(
                "insert into storage.objects (bucket_id, name, owner, version)"
                " values ('labdocs', %s, %s, gen_random_uuid())",
                [f"{amina.user_id}/c/f.pdf", bruno.user_id],
            )
        )

    overridden("000", '"authenticated users can upload files"', lambda: undone(database, bruno, writes))


def test_ruling_2_a_file_is_added_by_its_clinician_without_a_service_key(database):
    amina, bruno = database.a_person(), database.a_person()
    case_id = a_case(database, amina)
    with database.owner() as owner:
        run(owner, "000", "on case_files")
    for _ in range(2):

        def adds(session: Session) -> bool:
            return not is_refused(
                lambda: insert(
                    session,
                    "case_files",
                    case_id=case_id,
                    file_name="f.pdf",
                    file_type="application/pdf",
                    file_size=1,
                    file_url="/f",
                    file_category="lab",
                    sha256="0" * 64,
                    object_name=f"{amina.user_id}/{case_id}/f",
                )
            )

        assert undone(database, amina, adds)
        assert not undone(database, bruno, adds)
        migrate.migrate(database.owner_dsn, secret=SECRET)


def test_ruling_7_without_a_clinical_role_nobody_opens_a_case(database, overridden):
    nobody = database.a_person(None)

    def opens(session: Session) -> bool:
        return not is_refused(
            lambda: send(
                session, "cases", doctor_id=nobody.user_id, patient_name="X", patient_age=1, patient_gender="male"
            )
        )

    overridden("000", '"users can insert own cases"', lambda: undone(database, nobody, opens))


def test_a_deleted_case_stays_out_of_sight(database, overridden):
    amina = database.a_person()
    case_id = a_case(database, amina)
    with as_(database, amina) as session:
        session.execute("select private.discard_case(%s)", [case_id])
    overridden("000", '"users can view own cases"', lambda: seen(database, amina, "select count(*) from public.cases"))


def test_a_removed_case_is_not_changed(database, overridden):
    amina = database.a_person()
    case_id = a_case(database, amina)
    with as_(database, amina) as session:
        session.execute("select private.discard_case(%s)", [case_id])

    def changes(session: Session) -> bool:
        return session.execute("update public.cases set case_summary = 'x'").rowcount > 0

    overridden("000", "own cases", lambda: undone(database, amina, changes))


def test_its_results_stay_out_of_sight_as_well(database, overridden):
    amina = database.a_person()
    case_id = a_case(database, amina)
    with database.owner() as owner:
        owner.execute(
            "insert into public.ai_insights (case_id, case_summary_confidence_score) values (%s, 1)", [case_id]
        )
    required = "update private.site_settings set value = 'required' where name = 'staff_mfa'"
    with database.owner() as owner:
        owner.execute(required)
    # The document asks for no second factor, neither for the case nor for what was found in it.
    with database.owner() as owner:
        run(owner, "000", '"users can view own cases"')
    assert seen(database, amina, "select count(*) from public.cases")
    migrate.migrate(database.owner_dsn, secret=SECRET)

    def shows() -> bool:
        return seen(database, amina, "select count(*) from public.ai_insights")

    assert not shows()
    with database.owner() as owner:
        run(owner, "000", "create policy")
    assert shows()
    migrate.migrate(database.owner_dsn, secret=SECRET)
    assert not shows()


def test_ruling_6_the_claim_role_is_no_clinical_role(database, overridden):
    amina, bruno = database.a_person(), database.a_person()
    a_patient(database, amina)
    overridden(
        "001",
        "admins_see_all",
        lambda: seen(database, bruno, "select count(*) from public.patients", role="admin"),
    )


def test_ruling_8_a_record_is_opened_by_staff_alone(database, overridden):
    nobody = database.a_person(None)

    def opens(session: Session) -> bool:
        return not is_refused(
            lambda: send(session, "patients", first_name="E", last_name="H", created_by=nobody.user_id)
        )

    overridden("001", "providers_insert_patients", lambda: undone(database, nobody, opens))


def test_ruling_8_a_name_in_a_team_shows_nothing_once_the_role_is_gone(database, overridden):
    amina, former = database.a_person(), database.a_person("nurse")
    patient = a_patient(database, amina)
    with as_(database, amina) as session:
        insert(session, "care_team", patient_id=patient, provider_id=former.user_id, role="nurse")
    query = "select count(*) from public.patients"
    assert seen(database, former, query)
    overridden(
        "001",
        "create policy",
        lambda: seen(database, former, query, app_metadata={}),
    )


def test_ruling_9_files_of_patients_are_for_staff_of_the_team(database, overridden):
    amina, former, bruno = database.a_person(), database.a_person("nurse"), database.a_person()
    patient = a_patient(database, amina)
    with as_(database, amina) as session:
        insert(session, "care_team", patient_id=patient, provider_id=former.user_id, role="nurse")
    with database.owner() as owner:
        owner.execute("insert into storage.buckets (id, name) values ('medical-files', 'medical-files')")
        owner.execute(
            "insert into storage.objects (bucket_id, name, version) values ('medical-files', %s, gen_random_uuid())",
            [f"{patient}/lab-results-2026-04-17.pdf"],
        )
        run(owner, "001", "providers_access_patient_files")
    query = "select count(*) from storage.objects"
    # On our tables it means what the document means by it: the team, and nobody else.
    assert seen(database, amina, query)
    assert not seen(database, bruno, query)
    assert not seen(database, former, query, app_metadata={})
    migrate.migrate(database.owner_dsn, secret=SECRET)
    # All of the document's policies together also let in whoever's name stayed in the team without a clinical role.
    overridden("001", "create policy", lambda: seen(database, former, query, app_metadata={}))


def test_ruling_12_nobody_edits_the_record_or_writes_it_in_anothers_name(database):
    person, other = database.a_person(None), database.a_person(None)
    with database.owner() as owner:
        run(owner, "001", "audit_log")
        run(owner, "003", "phi_audit_log")
    with as_(database, person) as session:
        send(
            session, "audit_log", user_id=other.user_id, action="READ", table_name="patients", ip_address="10.0.0.1",
            created_at="2001-01-01T00:00:00Z",
        )  # fmt: skip
    with database.owner() as owner:
        ((body,),) = owner.execute("select body::jsonb from audit.inbox where body::jsonb ->> 'action' = 'client:READ'")
    assert body["actor"] == str(person.user_id)
    assert body["at"] > 1.7e15
    for deed in ("update public.audit_log set action = 'x'", "delete from public.audit_log"):
        with as_(database, person) as session, pytest.raises(errors.InsufficientPrivilege):
            session.execute(deed)


def test_ruling_13_a_message_has_the_sender_who_sent_it(database, overridden):
    doctor = database.a_person()
    person = a_portal_account(database, doctor, a_patient(database, doctor))

    def forges(session: Session) -> bool:
        return not is_refused(
            lambda: send(
                session, "secure_messages", patient_id=person.user_id, sender_id=doctor.user_id, subject="s", body="b"
            )
        )

    overridden("003", "patients_own_messages", lambda: undone(database, person, forges))


def test_ruling_13_only_the_other_side_marks_a_message_as_read(database, overridden):
    doctor = database.a_person()
    person = a_portal_account(database, doctor, a_patient(database, doctor))
    with as_(database, person) as session:
        insert(session, "secure_messages", patient_id=person.user_id, sender_id=person.user_id, subject="s", body="b")

    def marks(session: Session) -> bool:
        return session.execute("update public.secure_messages set is_read = true").rowcount > 0

    overridden("003", "patients_own_messages", lambda: undone(database, person, marks))


@pytest.mark.parametrize(
    "deed",
    [
        "update public.patient_profiles set mrn = 'MRN-1'",
        "update public.patient_profiles set dob = '2000-01-01'",
        "delete from public.patient_profiles",
        "delete from public.appointments",
        "update public.appointments set status = 'completed'",
        "update public.appointments set scheduled_at = '2998-01-01'",
        "update public.secure_messages set body = 'x'",
        "update public.secure_messages set sender_id = patient_id",
        "delete from public.secure_messages",
    ],
)
def test_ruling_13_what_no_policy_gives_a_patient(database, deed):
    doctor = database.a_person()
    person = a_portal_account(database, doctor, a_patient(database, doctor))
    with as_(database, person) as session:
        insert(
            session, "appointments", patient_id=person.user_id, provider_name="Dr. Smith", appointment_type="Check-up",
            scheduled_at="2999-01-01T09:00:00Z",
        )  # fmt: skip
        insert(session, "secure_messages", patient_id=person.user_id, sender_id=person.user_id, subject="s", body="b")
    # Rights to columns and triggers say no, so their `for all` changes nothing here, not even for a while.
    with database.owner() as owner:
        run(owner, "003", "create policy")
    with as_(database, person) as session, pytest.raises(psycopg.Error) as refusal:
        session.execute(deed)
    assert refusal.value.sqlstate in ("42501", "CA409")


CONVERSATIONS = {
    "users": "select count(*) from public.users",
    "conversations": "select count(*) from public.conversations",
    "messages": "select count(*) from public.messages",
}


@pytest.mark.parametrize("table", CONVERSATIONS)
def test_ruling_19_nobody_reads_what_others_asked(database, overridden, table):
    amina, bruno = database.a_person(None), database.a_person(None)
    with as_(database, amina) as session:
        conversation = insert(session, "conversations", user_id=amina.user_id, context="")["id"]
        insert(session, "messages", conversation_id=conversation, content="Bonjour")
    # What is allowed for messages is asked of their conversations first, so the whole block is run.
    overridden("004", '"allow all users', lambda: seen(database, bruno, CONVERSATIONS[table]))
    assert seen(database, amina, CONVERSATIONS[table])


def test_ruling_19_nobody_writes_into_what_others_asked(database, overridden):
    amina, bruno = database.a_person(None), database.a_person(None)
    with as_(database, amina) as session:
        conversation = insert(session, "conversations", user_id=amina.user_id, context="")["id"]

    def writes(session: Session) -> bool:
        return not is_refused(
            lambda: send(session, "messages", conversation_id=conversation, content="x", role="assistant")
        )

    overridden("004", '"allow all users', lambda: undone(database, bruno, writes))


def test_ruling_19_without_signing_in_nothing_is_read_even_then(database):
    with database.owner() as owner:
        run(owner, "004")
    for query in CONVERSATIONS.values():
        with as_(database, Identity(Role.ANON)) as session, pytest.raises(errors.InsufficientPrivilege):
            session.execute(query)
