"""Every write to a tracked table is on record in its own transaction, by whom and from where, whatever its role."""

from __future__ import annotations

import json
from uuid import UUID

import psycopg
import pytest

from carebase.database import migrate

OPEN = (
    "insert into public.patients (created_by, first_name, last_name, mrn) values (%s, 'Amina', 'Diallo', %s)"
    " returning id"
)


@pytest.fixture
def owner(database):
    with database.owner() as connection:
        yield connection


@pytest.fixture
def doctor(database) -> UUID:
    return database.a_person().user_id


@pytest.fixture
def amina(owner, doctor) -> UUID:
    """A record, its opening not in the inbox."""
    patient = owner.execute(OPEN, [doctor, "MRN-1"]).fetchone()[0]
    owner.execute("delete from audit.inbox")
    return patient


def entries(owner) -> list[dict]:
    found = [json.loads(body) for (body,) in owner.execute("select body from audit.inbox order by n").fetchall()]
    owner.execute("delete from audit.inbox")
    return found


def test_an_insertion_holds_the_row(owner, doctor):
    patient = str(owner.execute(OPEN, [doctor, "MRN-1"]).fetchone()[0])
    (entry,) = entries(owner)
    assert (entry["action"], entry["relation"], entry["keys"], entry["patients"]) == (
        "INSERT", "public.patients", [patient], [patient],
    )  # fmt: skip
    assert entry["new"]["first_name"] == "Amina"
    assert (entry["old"], entry["details"]) == (None, {})
    assert "updated_at" not in entry["new"]


def test_an_update_holds_what_changed(owner, amina):
    owner.execute("update public.patients set phone = '0100', last_name = 'Diallo' where id = %s", [amina])
    (entry,) = entries(owner)
    assert (entry["action"], entry["old"], entry["new"]) == ("UPDATE", {"phone": None}, {"phone": "0100"})


def test_an_update_of_nothing_or_of_bookkeeping_is_no_entry(owner, amina):
    owner.execute("update public.patients set phone = phone, updated_at = now() + interval '1 day'")
    owner.execute("update public.patients set phone = '1' where false")
    assert entries(owner) == []


def test_a_deletion_holds_the_row(owner, amina, doctor):
    owner.execute(
        "insert into public.care_team (patient_id, provider_id, role) values (%s, %s, 'nurse')", [amina, doctor]
    )
    owner.execute("delete from public.care_team where patient_id = %s", [amina])
    inserted, deleted = entries(owner)
    assert (deleted["action"], deleted["old"]["role"], deleted["new"]) == ("DELETE", "nurse", None)
    assert deleted["keys"] == inserted["keys"] == [{"patient_id": str(amina), "provider_id": str(doctor)}]
    assert deleted["patients"] == [str(amina)]


def test_a_key_that_changes_is_two_states(owner, amina):
    other = UUID(int=9)
    owner.execute("update public.patients set id = %s where id = %s", [other, amina])
    found = entries(owner)
    assert sorted(entry["keys"][0] for entry in found) == sorted([str(amina), str(other)])


def test_an_upsert_is_one_entry(owner, doctor):
    for name in ("A", "B"):
        owner.execute(
            "insert into public.users (id, display_name) values (%s, %s) on conflict (id) do update set display_name"
            " = excluded.display_name",
            [doctor, name],
        )
    assert [(entry["action"], entry["new"].get("display_name")) for entry in entries(owner)] == [
        ("INSERT", "A"),
        ("UPDATE", "B"),
    ]


def test_one_statement_on_many_rows_is_one_entry_for_each(owner, doctor):
    owner.execute(
        "insert into public.patients (created_by, first_name, last_name) select %s, 'x', 'y' from generate_series(1,"
        " 500)",
        [doctor],
    )
    assert len(entries(owner)) == 500
    owner.execute("update public.patients set gender = 'other'")
    assert len(entries(owner)) == 500


def test_what_is_undone_is_not_on_record(owner, doctor):
    with pytest.raises(ZeroDivisionError), owner.transaction():
        owner.execute(OPEN, [doctor, "MRN-1"])
        raise ZeroDivisionError
    assert entries(owner) == []


def test_emptying_a_table_is_an_entry(owner, amina):
    owner.execute("truncate public.care_message_reads")
    assert [(entry["action"], entry["relation"]) for entry in entries(owner)] == [
        ("TRUNCATE", "public.care_message_reads")
    ]


def test_words_of_messages_are_not_kept_but_that_they_changed_is(owner, doctor):
    owner.execute("insert into public.users (id) values (%s)", [doctor])
    thread = owner.execute("insert into public.conversations (user_id) values (%s) returning id", [doctor]).fetchone()[
        0
    ]
    owner.execute("insert into public.messages (conversation_id, content) values (%s, 'a canary')", [thread])
    owner.execute("update public.messages set content = 'another canary'")
    found = entries(owner)
    assert "canary" not in json.dumps(found)
    assert (found[-1]["keys"], found[-1]["details"]) == (found[-2]["keys"], {"withheld": ["content"]})


def test_the_record_is_found_through_what_leads_to_it(owner, amina, doctor):
    message = owner.execute(
        "insert into public.care_messages (patient_id, sender_id, message) values (%s, %s, 'hello') returning id",
        [amina, doctor],
    ).fetchone()[0]
    owner.execute("insert into public.care_message_reads (message_id, reader_id) values (%s, %s)", [message, doctor])
    case = owner.execute(
        "insert into public.cases (doctor_id, patient_id, patient_name, patient_age, patient_gender) values (%s, %s,"
        " 'A', 3, 'f') returning case_id",
        [doctor, amina],
    ).fetchone()[0]
    run = owner.execute(
        "insert into public.insight_runs (case_id, analysis_no, lease_token, engine, version, inputs_sha256, results)"
        " values (%s, 1, gen_random_uuid(), 'e', '1', 'x', '{\"canary\": 1}') returning run_id",
        [case],
    ).fetchone()[0]
    owner.execute(
        "insert into public.insight_statements (run_id, statement_id, kind, code, params, severity, evidence)"
        " select %s, n, 'key_finding', 'c', '{}', 'low', '[]' from generate_series(1, 40) n",
        [run],
    )
    found = {entry["relation"]: entry for entry in entries(owner)}
    assert {entry["patients"][0] for entry in found.values() if entry["patients"]} == {str(amina)}
    assert set(found) >= {
        "public.care_messages",
        "public.care_message_reads",
        "public.cases",
        "public.insight_runs",
        "public.insight_statements",
    }
    assert len(found["public.insight_statements"]["keys"]) == 40
    assert found["public.insight_statements"].keys().isdisjoint({"old", "new"})
    assert "canary" not in json.dumps(list(found.values()))
    assert "lease_token" not in json.dumps(list(found.values()))


def test_a_lease_is_bookkeeping(owner, doctor):
    owner.execute(
        "insert into public.cases (doctor_id, patient_name, patient_age, patient_gender) values (%s, 'A', 3, 'f')",
        [doctor],
    )
    entries(owner)
    owner.execute("update public.cases set lease_token = gen_random_uuid(), lease_until = now()")
    assert entries(owner) == []


@pytest.mark.parametrize("role", ["authenticated", "service_role", "auth_service", "care_worker", "care_owner"])
def test_whoever_writes_is_recorded_by_the_server(owner, doctor, role):
    owner.execute("create table public.own (k bigint primary key, patient_id uuid)")
    owner.execute(f"grant all on public.own to {role}")
    owner.execute("alter table public.own owner to care_owner")
    owner.execute(
        "insert into audit.tracked (relation, key_columns, patient_path) values ('public.own', '{k}', 'patient_id')"
    )
    owner.execute(
        "create trigger t after insert on public.own referencing new table as new_rows for each statement execute"
        " function audit.note_write()"
    )
    with owner.transaction():
        owner.execute(
            "select set_config('role', %s, true), set_config('request.jwt.claims', %s, true),"
            " set_config('carebase.request', %s, true)",
            [
                role,
                json.dumps({"sub": str(doctor), "session_id": "s"}),
                json.dumps({"id": "r1", "ip": "192.0.2.7", "agent": "curl"}),
            ],
        )
        owner.execute("insert into public.own values (1)")
    (entry,) = entries(owner)
    asked = ("actor", "session", "request", "ip", "agent", "keys", "patients")
    assert [entry[name] for name in asked] == [str(doctor), "s", "r1", "192.0.2.7", "curl", ["1"], []]


def test_every_tracked_table_exists_with_its_columns_and_triggers(owner):
    listed = owner.execute(
        "select relation, key_columns, patient_path, unlogged || withheld from audit.tracked"
    ).fetchall()
    assert len(listed) >= 28
    for relation, keys, path, hidden in listed:
        columns = {
            row[0]
            for row in owner.execute(
                "select attname from pg_attribute where attrelid = %s::regclass and attnum > 0", [relation]
            )
        }
        # A file leads to its patient by two columns together.
        leading = {"bucket_id", "name"} if path == "object" else {path} - {None}
        assert columns >= {*keys, *hidden, *leading}
        triggers = owner.execute(
            "select count(*) from pg_trigger where tgrelid = %s::regclass and tgfoid ="
            " 'audit.note_write()'::regprocedure",
            [relation],
        )
        assert triggers.fetchone() == (4,)
        unique = owner.execute(
            "select exists (select from pg_index i where i.indrelid = %s::regclass and i.indisunique and i.indpred"
            " is null and"
            " (select array_agg(a.attname::text order by a.attname) from pg_attribute a where a.attrelid ="
            " i.indrelid and a.attnum = any (i.indkey))"
            " = (select array_agg(k order by k) from unnest(%s::text[]) k))",
            [relation, keys],
        )
        assert unique.fetchone() == (True,)


def test_what_is_not_tracked_has_no_person_in_it(owner):
    """A new table is either tracked or listed here with the reason."""
    untracked = owner.execute(
        "select c.relname from pg_class c where c.relnamespace = 'public'::regnamespace and c.relkind = 'r'"
        " and 'public.' || c.relname not in (select relation from audit.tracked) order by 1"
    ).fetchall()
    # Times and names of those who give care; how far an analysis is.
    assert {name for (name,) in untracked} <= {"providers", "slots", "case_steps"}


def test_a_client_that_breaks_its_context_breaks_its_own_request(owner, amina):
    with pytest.raises(psycopg.DataError), owner.transaction():
        owner.execute("set local carebase.request = 'x'")
        owner.execute("update public.patients set phone = '0100'")
    assert owner.execute("select phone from public.patients").fetchone() == (None,)


# --- what an operator registers ------------------------------------------------------------------------------------

REGISTER = "insert into audit.tracked_functions (signature, recording) values (%s, 'nothing') returning signature"


@pytest.mark.parametrize("spelt", ["public.asked(timestamptz, int4)", "public.asked(timestamp with time zone,integer)"])
def test_a_function_is_registered_under_one_spelling(owner, spelt):
    owner.execute("create function public.asked(a timestamptz, b int) returns int language sql return 1")
    assert owner.execute(REGISTER, [spelt]).fetchone() == ("public.asked(timestamp with time zone, integer)",)


@pytest.mark.parametrize("spelt", ["public.asked()", "nothing", "public.asked(", "nowhere.asked()"])
def test_a_function_that_is_not_there_is_not_registered(owner, spelt):
    with pytest.raises((psycopg.errors.UndefinedFunction, psycopg.errors.InvalidTextRepresentation)):
        owner.execute(REGISTER, [spelt])


@pytest.mark.parametrize(
    "columns",
    [
        {"recording": "rows", "key_columns": ["no"]},
        {"recording": "nothing", "records": "public.cases", "key_columns": ["no"]},
        {"recording": "question"},
        {"recording": "rows", "patient_path": "case_id"},
        {"recording": "whatever"},
    ],
)
def test_what_makes_no_sense_is_not_registered(owner, columns):
    names = ", ".join(columns)
    places = ", ".join(["%s"] * len(columns))
    with pytest.raises(psycopg.errors.CheckViolation):
        owner.execute(
            f"insert into audit.tracked_functions (signature, {names}) values ('public.is_me(uuid)', {places})",
            list(columns.values()),
        )


def test_every_registered_view_shows_the_columns_it_is_recorded_by(owner):
    listed = owner.execute(
        "select v.relation, v.records, v.key_columns, coalesce(v.patient_column, v.patient_path), t.key_columns"
        " from audit.tracked_views v left join audit.tracked t on t.relation = v.records"
    ).fetchall()
    assert len(listed) >= 3
    for view, records, keys, path, of_table in listed:
        columns = {
            row[0] for row in owner.execute("select attname from pg_attribute where attrelid = %s::regclass", [view])
        }
        assert columns >= {*keys} | ({path} if path else set())
        assert records == view or len(keys) == len(of_table)


def test_what_an_operator_registered_stays_when_definitions_are_applied_again(database, owner):
    owner.execute("create table public.own (k bigint primary key)")
    owner.execute("insert into audit.tracked (relation, key_columns) values ('public.own', '{k}')")
    owner.execute("create view public.owned as select k from public.own")
    owner.execute(
        "insert into audit.tracked_views (relation, records, key_columns) values ('public.owned', 'public.own', '{k}')"
    )
    owner.execute("delete from migrations.definitions")
    migrate.migrate(database.owner_dsn, secret=database.secret)
    assert owner.execute("select relation from audit.tracked where relation = 'public.own'").fetchone()
    assert owner.execute("select records from audit.tracked_views where relation = 'public.owned'").fetchone()
