"""What a session that may write SQL of its own tries on the server around our tables.

Clients never get that far: the data API makes every statement itself. These tests say what would still hold if one did,
and, under `what stays`, what would not.
"""

from __future__ import annotations

import itertools
import json
from collections.abc import Iterator
from typing import Any

import psycopg
import pytest
from psycopg import errors as refusals
from psycopg import sql
from tests.security.attempts import outcome

REFUSED = {
    # Becoming somebody else.
    "the service key's role": "set local role service_role",
    "the service key's role, as a setting": "select set_config('role', 'service_role', true)",
    "an owner": "select set_config('role', 'care_owner', true)",
    "the record's owner": "set local role audit_owner",
    "the superuser": "set local session authorization carebase_superuser",
    "triggers off": "set local session_replication_role = replica",
    "a grant of the role": "grant service_role to authenticated",
    "a right for oneself": "grant select on audit.inbox to authenticated",
    "a role": "create role mine",
    "another's password": "alter role care_worker password 'x'",
    "a setting for another": "alter role service_gateway set row_security = off",
    "what is logged": "set local log_statement = 'none'",
    "the database's settings": "do $$ begin execute format('alter database %I set row_security = off',"
    " current_database()); end $$",
    # Sequences.
    "the next number of cases": "select nextval('public.cases_id_seq')",
    "another number of cases": "select setval('public.cases_id_seq', 1)",
    "the number reached": "select last_value from public.cases_id_seq",
    "the next number of conversations": "select nextval('public.conversations_id_seq')",
    "the next number of the record": "select nextval('audit.inbox_n_seq')",
    # Making things whose names hide ours.
    "an extension": "create extension pgcrypto",
    "an operator": "create operator public.=== (leftarg = text, rightarg = text, function = texteq)",
    "a cast": "create cast (text as uuid) with inout",
    "a type": "create type public.uuid as (n int)",
    "a view": "create view public.mine as select 1",
    "a rule": "create rule mine as on insert to public.cases do instead nothing",
    "a publication": "create publication mine for all tables",
    "a subscription": "create subscription mine connection '' publication x with (connect = false)",
    "an event trigger": "create event trigger mine on ddl_command_end execute function private.note_update()",
    "a foreign data wrapper": "create foreign data wrapper mine",
    "an index": "create index mine on public.cases (patient_name)",
    "a policy changed": "alter policy cases_clinician_or_team_reads on public.cases using (true)",
    "a policy dropped": "drop policy cases_clinician_or_team_reads on public.cases",
    "a function replaced": "create or replace function private.is_staff() returns boolean"
    " language sql as 'select true'",
    "a function of another owner": "alter function private.is_staff() security invoker",
    "a comment": "comment on table public.cases is 'x'",
    "another search path for a function": "alter function private.is_staff() reset search_path",
    # Files, programs, other servers.
    "the server's directory": "select pg_ls_dir('.')",
    "a binary file": "select pg_read_binary_file('PG_VERSION')",
    "a file's size": "select pg_stat_file('PG_VERSION')",
    "the log directory": "select pg_ls_logdir()",
    "a file from the server": "copy public.slots (provider_no) from '/etc/passwd'",
    "a file on the server": "copy (select 1) to '/tmp/mine'",
    "a large object from a file": "select lo_import('/etc/passwd')",
    "a large object into a file": "select lo_export(1, '/tmp/mine')",
    "a program's output": "copy public.slots (provider_no) from program 'id'",
    # What others do, and the server itself.
    "hashes of passwords": "select * from pg_shadow",
    "statistics of values": "select * from pg_statistic",
    "another session's end": "select pg_terminate_backend(pid) from pg_stat_activity where usename <> current_user"
    " and usename is not null limit 1",
    "the settings of the server's files": "select * from pg_hba_file_rules",
    "reading the configuration again": "select pg_reload_conf()",
    "a slot of the log": "select pg_create_logical_replication_slot('mine', 'pgoutput')",
    "a backup": "select pg_backup_start('mine')",
    "a new log file": "select pg_switch_wal()",
    "rebuilding an index": "reindex table public.cases",
    "locking the record": "lock table audit.inbox in access exclusive mode",
    "locking accounts": "lock table auth.users in share mode",
    "locking patients": "lock table public.patients in share mode",
    # The record.
    "its log's bodies": "select body from audit.log",
    "its log's links": "select hash from audit.log",
    "its head": "select * from audit.head",
    "its checkpoints": "select * from audit.checkpoints",
    "what is tracked": "select * from audit.tracked",
    "tracking nothing": "delete from audit.tracked",
    "sealing": "select audit.seal()",
    "purging": "select audit.purge(now())",
    "a partition past its parent": "do $$ begin execute (select 'select seq from audit.' || quote_ident(relname) from"
    " pg_class where relname like 'log\\_20%' and relkind = 'r' limit 1); end $$",
    "changing an entry through the view": "update public.audit_log set action = 'x'",
    "deleting entries through the view": "delete from public.phi_audit_log",
    "the trigger's function": "select audit.note_write()",
}


@pytest.fixture(params=["attending", "patient", "admin"])
def session(clinic, request) -> Iterator[psycopg.Connection]:
    with clinic.as_(request.param) as connection:
        yield connection


def test_there_is_a_month_of_the_record(clinic):
    found = clinic.owner.execute("select from pg_class where relname like 'log\\_20%' and relkind = 'r'")
    assert found.rowcount > 0


@pytest.mark.parametrize("attempt", REFUSED)
def test_it_is_refused(session, names, attempt):
    with pytest.raises((refusals.InsufficientPrivilege, refusals.FeatureNotSupported)), session.transaction():
        session.execute(REFUSED[attempt])


@pytest.mark.parametrize("role", ["service_role", "care_owner", "audit_owner", "care_worker", "carebase_superuser"])
def test_the_login_behind_a_session_reaches_no_more_than_the_session(session, role):
    session.execute("reset role")
    assert session.execute("select current_user").fetchone() == ("authenticator",)
    for statement in (f"set local role {role}", "select from public.cases", "select from auth.users"):
        assert outcome(session, statement, {}) == "refused"


def test_row_policies_switched_off_refuse_instead_of_showing(session):
    session.execute("set local row_security = off")
    with pytest.raises(refusals.InsufficientPrivilege):
        session.execute("select from public.cases")


@pytest.mark.parametrize("path", ["pg_temp, public", "public, pg_catalog", "auth, storage, private", "''"])
def test_a_search_path_changes_nothing_of_who_one_is(clinic, names, path):
    with clinic.as_("attending") as connection:
        connection.execute(sql.SQL("set local search_path = {}").format(sql.SQL(path)))
        seen = connection.execute("select id from public.patients order by id").fetchall()
        assert seen == sorted([(names["first_record"],), (names["opened_record"],)])
        assert connection.execute("select private.is_staff(), private.is_admin()").fetchone() == (True, False)


def test_what_others_ask_at_this_moment_is_not_shown(clinic, session):
    told = "select count(*) from pg_stat_activity where query not like %s and query <> '' and pid <> pg_backend_pid()"
    with clinic.as_("another attending") as other:
        other.execute("select 'a secret of another'")
        assert session.execute(told, ["<insufficient privilege>"]).fetchone() == (0,)


def test_statistics_do_not_show_values_of_protected_tables(clinic, session):
    clinic.owner.execute("analyze public.patients")
    assert session.execute("select from pg_stats where schemaname = 'public'").rowcount == 0


@pytest.mark.parametrize(
    "condition",
    ["first_name::int = 1", "1 / (length(first_name) - 3) = 1", "first_name ~ '['", "first_name::json is null"],
)
def test_a_condition_that_fails_on_a_hidden_row_does_not_fail(clinic, condition):
    """Such a condition is asked of a row only after the policy let it through, so its error tells nothing."""
    assert clinic.owner.execute("select from public.patients where length(first_name) = 3").rowcount > 0
    with clinic.as_("specialist") as connection:
        if condition.endswith("'['"):  # wrong for any row: refused while it is planned
            with pytest.raises(psycopg.DataError):
                connection.execute(f"select from public.patients where {condition}")
        else:
            assert connection.execute(f"select from public.patients where {condition}").rowcount == 0


# --- functions with their owner's rights, called with whatever there is ----------------------------------------------

TOLD_TO_ANYBODY = {
    "private.has_team(uuid)": "whether a record has a team is what may_begin_team turns on; its key is a random uuid",
    "private.content_sha256(uuid)": "a hash of what is behind a random uuid",
    "private.is_rejected(uuid,text)": "whether a statement of a run, behind a random uuid, was rejected",
    "private.is_reworded(uuid,text)": "the same",
    "private.is_last_wording(uuid,text,text,bigint)": "the same",
    "private.is_staff()": "who one is",
    "private.added_within_the_hour(bigint)": "how many files one has stored oneself",
    "audit.record(text,text,jsonb,jsonb,text,jsonb)": "adds to the record, in one's own name",
    "audit.chain()": "the number of this record's chain",
}


def callable_functions(connection: psycopg.Connection, role: str) -> list[tuple[str, str, list[str]]]:
    return connection.execute(
        "select p.oid::regprocedure::text, n.nspname || '.' || p.proname,"
        " array(select t::regtype::text from unnest(p.proargtypes::oid[]) t)"
        " from pg_proc p join pg_namespace n on n.oid = p.pronamespace"
        " where nspname in ('private', 'audit', 'public') and prosecdef and prorettype <> 'trigger'::regtype"
        " and has_function_privilege(%s, p.oid, 'execute') order by 1",
        [role],
    ).fetchall()


@pytest.mark.parametrize("who", ["without a role", "specialist", "anon"])
def test_functions_tell_a_stranger_nothing(clinic, names, who):
    """Every function that answers with its owner's rights, with everybody's keys and with nothing at all."""
    keys = [value for name, value in names.items() if name != "new"]
    values: dict[str, list[Any]] = {
        "uuid": [*{str(key) for key in keys if "case" not in str(key)}, None],
        "text": [*{str(names[name]) for name in names if name.endswith(("_case", "_done"))}, "' or true --", "%", None],
        "bigint": [*clinic.makings.providers.values(), None],
        "date": ["1980-01-01", None],
        "jsonb": ["{}", None],
        "timestamp with time zone": ["2100-01-01", None],
    }
    values["uuid"] = [value for value in values["uuid"] if value is None or len(value) == 36]
    answers: dict[str, set[Any]] = {}
    mine = {str(names["without_a_role_case"]), str(names["without_a_role_done"])}
    mine |= {str(names["specialist_case"]), str(names["specialist_done"])}
    with clinic.as_(who) as connection:
        role = connection.execute("select current_user").fetchone()[0]
        for signature, name, types in callable_functions(clinic.owner, role):
            if signature in TOLD_TO_ANYBODY or name in ("private.begin_request", "private.patient_by_mrn"):
                continue
            for arguments in itertools.islice(itertools.product(*(values[kind] for kind in types)), 400):
                if mine & set(arguments):
                    continue
                asked = ", ".join(f"%s::{kind}" for kind in types)
                rows = connection.execute(f"select {name}({asked})", arguments).fetchall()
                answers.setdefault(signature, set()).update(json.dumps(row, default=str) for row in rows)
    told = {signature: seen - {"[null]", "[false]", '["not_valid"]'} for signature, seen in answers.items()}
    # Candidates among one's own cases; the policy has the last word.
    told.pop("private.search_cases(text)", None)
    if who == "specialist":
        # Its own number as a provider, its own cases and their files, and that it is a clinician.
        own = {"private.my_provider_numbers()", "private.sees_file(text)"}
        own |= {"private.is_clinician()", "private.may_sign(uuid)", "private.sees_run(uuid)"}
        own |= {"private.is_staff_side(uuid,bigint)"}
        told = {signature: seen for signature, seen in told.items() if signature not in own}
    assert {signature: seen for signature, seen in told.items() if seen} == {}


# --- what stays ------------------------------------------------------------------------------------------------------


def test_what_stays_a_session_that_writes_sql_could_name_other_claims(clinic, names):
    """The claims are a setting, as in every system of this kind: only who makes the statements keeps them true."""
    with clinic.as_("patient") as connection:
        claims = clinic.people["attending"].claims_json
        connection.execute("select set_config('request.jwt.claims', %s, true)", [claims])
        assert connection.execute("select from public.patients where id = %(first_record)s", names).rowcount == 1


def test_what_stays_claims_that_were_not_true_do_not_begin_a_request(clinic):
    """Every request begins with this function, so made-up claims fail there."""
    forged = {**clinic.people["patient"].claims, "role": "authenticated", "app_metadata": {"role": "admin"}}
    with clinic.as_("patient") as connection, pytest.raises(psycopg.Error) as caught:
        connection.execute("select private.begin_request(%s)", [json.dumps(forged)])
    assert caught.value.sqlstate == "CA401"


def test_what_stays_explain_counts_the_rows_that_policies_hide(clinic):
    """So the data API never explains a statement to its client."""
    with clinic.as_("specialist") as connection:
        connection.execute("set local enable_indexscan = off; set local enable_bitmapscan = off")
        lines = [line for (line,) in connection.execute("explain (analyze, costs off) select from public.patients")]
    assert any("Rows Removed by Filter: 4" in line for line in lines)


def test_what_stays_a_key_that_exists_is_refused_as_such(clinic, names):
    """A case's key may be chosen (document 002), so that it is taken shows; nothing else of that case does."""
    adding = "insert into public.cases (case_id, patient_name, patient_age, patient_gender) values (%s, 'x', 1, 'x')"
    with clinic.as_("specialist") as connection, pytest.raises(refusals.UniqueViolation) as caught:
        connection.execute(adding, [names["attending_case"]])
    assert "Patient of" not in f"{caught.value.diag.message_primary} {caught.value.diag.message_detail}"


@pytest.mark.parametrize(
    "statement",
    [
        "select lo_from_bytea(0, 'x')",
        "select pg_notify('case_progress', 'x')",
        "select pg_logical_emit_message(false, 'x', 'y')",
        "select set_config('statement_timeout', '0', true)",
        "lock table public.care_team in access exclusive mode",
        "select reltuples from pg_class where relname = 'patients'",
    ],
)
def test_what_stays_a_session_that_writes_sql_can_use_up_and_disturb(clinic, statement):
    """PostgreSQL gives these to everybody: they take room and time or make noise, and show nobody's rows."""
    with clinic.as_("patient") as connection:
        assert outcome(connection, statement, {}) == "done"


def test_what_stays_a_session_that_writes_sql_names_what_it_likes_in_an_entry_but_not_who_it_is(clinic, names):
    """The entry's subject, address and request are its word; the account and the time are not."""
    with clinic.owner.transaction(force_rollback=True):
        with clinic.speaking_as("specialist"):
            clinic.owner.execute("""select set_config('carebase.request', '{"ip": "10.0.0.1"}', true)""")
            named = [json.dumps([str(names["first_record"])])]
            clinic.owner.execute("select audit.record('read', 'public.patients', patients => %s::jsonb)", named)
        (entry,) = clinic.owner.execute("select body::jsonb from audit.inbox order by n desc limit 1").fetchone()
    assert (entry["ip"], entry["patients"]) == ("10.0.0.1", [str(names["first_record"])])
    assert entry["actor"] == str(names["specialist"])
    assert entry["at"] > 1.7e15


@pytest.mark.parametrize(
    ("who", "counts"), [("specialist", False), ("former proxy", False), ("nurse", True), ("proxy", True)]
)
def test_a_client_puts_an_entry_on_the_record_of_nobody_it_does_not_see(clinic, names, who, counts):
    adding = (
        "insert into public.phi_audit_log (user_id, patient_id, action, resource)"
        " values (%(attending)s, %(first_record)s, 'VIEW', 'chart')"
    )
    with clinic.owner.transaction(force_rollback=True):
        with clinic.speaking_as(who):
            clinic.owner.execute(adding, names)
        (entry,) = clinic.owner.execute("select body::jsonb from audit.inbox order by n desc limit 1").fetchone()
    assert entry["actor"] == str(clinic.people[who].user_id)
    assert entry["patients"] == ([str(names["first_record"])] if counts else [])
