"""What somebody with a right of their own tries beyond it, in SQL: each attempt is refused or reaches nothing."""

from __future__ import annotations

import uuid
from collections.abc import Iterator

import psycopg
import pytest
from psycopg import errors as refusals


@pytest.fixture
def amina(clinic) -> Iterator[psycopg.Connection]:
    """An attending's transaction."""
    with clinic.as_("attending") as connection:
        yield connection


A_FILE = (
    "insert into public.case_files"
    " (case_id, file_name, file_type, file_size, file_url, file_category, object_name, sha256)"
    " values (%({case})s, 'x', 'x', 1, '/', 'lab', {name}, repeat('0', 64))"
)
A_CASE = "insert into public.cases (patient_name, patient_age, patient_gender{more}) values ('x', 1, 'x'{values})"

REFUSED = {
    "giving a case away": "update public.cases set doctor_id = %(another_attending)s",
    "taking a case": "update public.cases set doctor_id = %(attending)s where case_id = %(another_attending_case)s",
    "opening a case for another": A_CASE.format(more=", doctor_id", values=", %(another_attending)s"),
    "opening a case with a lease": A_CASE.format(more=", lease_token", values=", %(new)s"),
    "taking the lease by hand": "update public.cases set lease_token = %(new)s, lease_until = 'infinity'",
    "raising the number of the analysis": "update public.cases set analysis_no = 100",
    "undoing a deletion": "update public.cases set deleted_at = null",
    "writing the count of alarms": "update public.cases set critical_count = 0",
    "deleting for ever": "delete from public.cases",
    "a file in another's case": A_FILE.format(
        case="another_attending_case", name="%(another_attending)s || '/' || %(another_attending_case)s || '/x'"
    ),
    "a file that is another's object": A_FILE.format(
        case="attending_case", name="%(another_attending)s || '/' || %(another_attending_case)s || '/x'"
    ),
    "a file of another case": A_FILE.format(
        case="attending_case", name="%(attending)s || '/' || %(another_attending_case)s || '/x'"
    ),
    "a file without a folder": A_FILE.format(case="attending_case", name="'x'"),
    "changing what a file is": "update public.case_files set object_name = 'x'",
    "an object in another's folder": "insert into storage.objects (bucket_id, name, owner, version)"
    " values ('labdocs', %(another_attending)s || '/x', %(attending)s, %(new)s)",
    "an object of another": "insert into storage.objects (bucket_id, name, owner, version)"
    " values ('labdocs', %(attending)s || '/x', %(another_attending)s, %(new)s)",
    "an object in another bucket": "insert into storage.objects (bucket_id, name, owner, version)"
    " values ('elsewhere', %(attending)s || '/x', %(attending)s, %(new)s)",
    "an upload with a key of one's choice": "insert into storage.uploads (key, owner) values (%(new)s, %(attending)s)",
    "an upload in another's name": "insert into storage.uploads (owner) values (%(another_attending)s)",
    "writing an analysis": "update public.insight_runs set results = '{}'",
    "writing an insight": "update public.ai_insights set lab_summary = 'normal'",
    "a request key of another": "insert into public.request_keys (actor, key, body_hash, response)"
    " values (%(another_attending)s, 'x', '', '{}')",
    "the lease function": "select private.take_lease(%(attending_case)s, 1, interval '1 hour')",
    "giving up a case": "select private.give_up(%(another_attending_case)s, 1, 'x')",
    "the worker's view": "select private.leased_case()",
    "the queue's door": "select jobs.enqueue('analyse_case', 'analysis', 'x', '{}')",
    "the queue's table": "select * from jobs.procrastinate_jobs",
    "the migrations": "select * from migrations.applied",
    "the record's table": "select * from audit.inbox",
    "forging the record": "insert into audit.inbox (body) values ('{}')",
    "the site's settings": "select * from private.site_settings",
    "the accounts": "select * from auth.users",
    "the sessions": "select * from auth.sessions",
    "a temporary table": "create temporary table mine (n int)",
    "a table": "create table public.mine (n int)",
    "a function": "create function public.mine() returns int language sql as 'select 1'",
    "a schema": "create schema mine",
    "another role": "set role care_owner",
    "the worker's role": "set role care_worker",
    "the service key's role": "set role service_role",
    "row policies off": "alter table public.cases disable row level security",
    "a policy of one's own": "create policy mine on public.cases using (true)",
    "a trigger": "create trigger mine before insert on public.cases for each row"
    " execute function private.note_case_opening()",
    "emptying a table": "truncate public.cases",
    "locking a table": "lock table public.cases in access exclusive mode",
    "a file of the server": "select pg_read_file('/etc/passwd')",
    "a program of the server": "copy (select 1) to program 'true'",
    "copying in": "copy public.case_steps from stdin",
    "the passwords of logins": "select * from pg_authid",
}


@pytest.mark.parametrize("attempt", REFUSED)
def test_it_is_refused(amina, names, attempt):
    with pytest.raises((refusals.InsufficientPrivilege, refusals.FeatureNotSupported)), amina.transaction():
        touched = amina.execute(REFUSED[attempt], names)
        # Rows that one does not see are not refused: they are not there.
        if attempt == "taking a case" and touched.rowcount == 0:
            raise refusals.InsufficientPrivilege


@pytest.mark.parametrize("status", ["completed", "failed"])
def test_a_status_without_a_result_is_a_conflict(amina, status):
    with pytest.raises(psycopg.Error) as caught:
        amina.execute("update public.cases set status = %s", [status])
    assert caught.value.sqlstate == "CA409"


def test_a_status_given_at_the_opening_is_not_taken(amina):
    row = amina.execute(A_CASE.format(more=", status", values=", 'completed'") + " returning status").fetchone()
    assert row == ("processing",)


@pytest.mark.parametrize(
    ("query", "whose"),
    [
        ("select doctor_id from public.cases", ["attending", "nurse"]),
        (
            "select c.doctor_id from public.case_files f join public.cases c using (case_id)",
            ["attending", "nurse"],
        ),
        ("select owner from storage.objects", ["attending", "nurse", "patient"]),
        ("select actor from public.request_keys", ["attending"]),
        ("select owner from storage.uploads", ["attending"]),
    ],
)
def test_nobody_elses_rows_are_among_those_one_sees(amina, names, query, whose):
    """The nurse is on the same patient's team; keys of requests and uploads are one's own alone."""
    assert set(amina.execute(query, names)) == {(names[name],) for name in whose}


def test_nobody_elses_cases_are_found_changed_or_discarded(amina, clinic, names):
    mine = clinic.owner.execute("select count(*) from public.cases where doctor_id = %(attending)s", names).fetchone()
    for words in ("patient", "%"):
        assert amina.execute("select count(*) from private.search_cases(%s)", [words]).fetchone() == mine
    assert amina.execute("select private.discard_case(%(another_attending_case)s)", names).fetchone() == (False,)
    assert amina.execute("select private.owns_case(%(another_attending_case)s)", names).fetchone() == (False,)
    changed = amina.execute(
        "update public.cases set patient_name = 'x' where case_id = %(another_attending_case)s", names
    )
    assert changed.rowcount == 0


def test_copying_a_table_gives_what_selecting_it_gives(amina, names):
    with amina.cursor().copy("copy (select doctor_id from public.cases) to stdout") as copied:
        assert {row[0] for row in copied.rows()} == {str(names["attending"]), str(names["nurse"])}
    with amina.cursor().copy("copy public.cases (doctor_id) to stdout") as copied:
        assert {row[0] for row in copied.rows()} == {str(names["attending"]), str(names["nurse"])}


def test_a_lease_that_a_person_names_opens_nothing(amina, names):
    amina.execute("select set_config('carebase.lease', %(lease)s, true)", names)
    assert set(amina.execute("select doctor_id from public.cases")) == {(names["attending"],), (names["nurse"],)}
    with pytest.raises(refusals.InsufficientPrivilege):
        amina.execute("update public.case_files set ai_summary = '{}'")


def test_an_error_does_not_tell_a_hidden_row_from_none(amina, names):
    """The identifier of another's case and one that nobody has are refused in the same words."""
    said = []
    adding = A_FILE.format(case="asked", name="%(attending)s || '/' || %(asked)s || '/x'")
    for case in (names["another_attending_case"], str(uuid.uuid4())):
        with pytest.raises(psycopg.Error) as caught, amina.transaction():
            amina.execute(adding, names | {"asked": case})
        said.append((caught.value.sqlstate, caught.value.diag.message_primary, caught.value.diag.message_detail))
    assert said[0] == said[1]


def test_a_confirmation_is_in_ones_own_name(amina, names):
    amina.execute("update public.case_files set confirmed_by = %(another_attending)s", names)
    confirmed = "select confirmed_by from public.case_files where confirmed_by is not null"
    assert set(amina.execute(confirmed)) == {(names["attending"],)}


def test_what_is_put_on_record_is_in_ones_own_name(amina, clinic, names):
    amina.execute("""select audit.record('read', 'public.cases', details => '{"actor": "somebody"}')""")
    amina.execute("reset role")
    assert clinic.owner.execute("select count(*) from audit.inbox where body like '%%somebody%%'").fetchone() == (0,)
