"""What somebody with a right of their own tries beyond it, in SQL: each attempt is refused or reaches nothing."""

from __future__ import annotations

import uuid
from collections.abc import Iterator

import psycopg
import pytest
from psycopg import errors as refusals
from tests.security.people import Actor, Clinic


def actor(clinic: Clinic, name: str) -> Actor:
    return next(each for each in clinic.actors if each.name == name)


@pytest.fixture
def amina(clinic) -> Iterator[psycopg.Connection]:
    """An attending's transaction."""
    with clinic.as_(actor(clinic, "attending")) as connection:
        yield connection


@pytest.fixture
def names(clinic) -> dict[str, object]:
    other = "another attending"
    return {
        "me": clinic.people["attending"].user_id,
        "other": clinic.people[other].user_id,
        "my_case": clinic.cases["attending"],
        "other_case": clinic.cases[other],
        "lease": clinic.lease,
        "new": str(uuid.uuid4()),
    }


A_FILE = (
    "insert into public.case_files"
    " (case_id, file_name, file_type, file_size, file_url, file_category, object_name, sha256)"
    " values (%({case})s, 'x', 'x', 1, '/', 'lab', {name}, repeat('0', 64))"
)
A_CASE = "insert into public.cases (patient_name, patient_age, patient_gender{more}) values ('x', 1, 'x'{values})"

REFUSED = {
    "giving a case away": "update public.cases set doctor_id = %(other)s",
    "taking a case": "update public.cases set doctor_id = %(me)s where case_id = %(other_case)s",
    "opening a case for another": A_CASE.format(more=", doctor_id", values=", %(other)s"),
    "opening a case with a lease": A_CASE.format(more=", lease_token", values=", %(new)s"),
    "taking the lease by hand": "update public.cases set lease_token = %(new)s, lease_until = 'infinity'",
    "raising the number of the analysis": "update public.cases set analysis_no = 100",
    "undoing a deletion": "update public.cases set deleted_at = null",
    "writing the count of alarms": "update public.cases set critical_count = 0",
    "deleting for ever": "delete from public.cases",
    "a file in another's case": A_FILE.format(case="other_case", name="%(other)s || '/' || %(other_case)s || '/x'"),
    "a file that is another's object": A_FILE.format(case="my_case", name="%(other)s || '/' || %(other_case)s || '/x'"),
    "a file of another case": A_FILE.format(case="my_case", name="%(me)s || '/' || %(other_case)s || '/x'"),
    "a file without a folder": A_FILE.format(case="my_case", name="'x'"),
    "changing what a file is": "update public.case_files set object_name = 'x'",
    "an object in another's folder": "insert into storage.objects (bucket_id, name, owner, version)"
    " values ('labdocs', %(other)s || '/x', %(me)s, %(new)s)",
    "an object of another": "insert into storage.objects (bucket_id, name, owner, version)"
    " values ('labdocs', %(me)s || '/x', %(other)s, %(new)s)",
    "an object in another bucket": "insert into storage.objects (bucket_id, name, owner, version)"
    " values ('elsewhere', %(me)s || '/x', %(me)s, %(new)s)",
    "an upload with a key of one's choice": "insert into storage.uploads (key, owner) values (%(new)s, %(me)s)",
    "an upload in another's name": "insert into storage.uploads (owner) values (%(other)s)",
    "writing an analysis": "update public.insight_runs set results = '{}'",
    "writing an insight": "update public.ai_insights set lab_summary = 'normal'",
    "a request key of another": "insert into public.request_keys (actor, key, body_hash, response)"
    " values (%(other)s, 'x', '', '{}')",
    "the lease function": "select private.take_lease(%(my_case)s, 1, interval '1 hour')",
    "giving up a case": "select private.give_up(%(other_case)s, 1, 'x')",
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
    "query",
    [
        "select doctor_id from public.cases",
        "select c.doctor_id from public.case_files f join public.cases c using (case_id)",
        "select owner from storage.objects",
        "select actor from public.request_keys",
        "select owner from storage.uploads",
    ],
)
def test_nobody_elses_rows_are_among_those_one_sees(amina, names, query):
    assert amina.execute(query).fetchall() == [(names["me"],)]


def test_nobody_elses_cases_are_found_changed_or_discarded(amina, clinic, names):
    assert amina.execute("select private.search_cases('patient')").rowcount == 1
    assert amina.execute("select private.search_cases('%')").rowcount == 1
    assert amina.execute("select private.discard_case(%(other_case)s)", names).fetchone() == (False,)
    assert amina.execute("select private.owns_case(%(other_case)s)", names).fetchone() == (False,)
    changed = amina.execute("update public.cases set patient_name = 'x' where case_id = %(other_case)s", names)
    assert changed.rowcount == 0


def test_copying_a_table_gives_what_selecting_it_gives(amina, names):
    with amina.cursor().copy("copy (select doctor_id from public.cases) to stdout") as copied:
        assert [row[0] for row in copied.rows()] == [str(names["me"])]
    with amina.cursor().copy("copy public.cases (doctor_id) to stdout") as copied:
        assert [row[0] for row in copied.rows()] == [str(names["me"])]


def test_a_lease_that_a_person_names_opens_nothing(amina, names):
    amina.execute("select set_config('carebase.lease', %(lease)s, true)", names)
    assert amina.execute("select doctor_id from public.cases").fetchall() == [(names["me"],)]
    with pytest.raises(refusals.InsufficientPrivilege):
        amina.execute("update public.case_files set ai_summary = '{}'")


def test_an_error_does_not_tell_a_hidden_row_from_none(amina, names):
    """The identifier of another's case and one that nobody has are refused in the same words."""
    said = []
    adding = A_FILE.format(case="asked", name="%(me)s || '/' || %(asked)s || '/x'")
    for case in (names["other_case"], str(uuid.uuid4())):
        with pytest.raises(psycopg.Error) as caught, amina.transaction():
            amina.execute(adding, names | {"asked": case})
        said.append((caught.value.sqlstate, caught.value.diag.message_primary, caught.value.diag.message_detail))
    assert said[0] == said[1]


def test_a_confirmation_is_in_ones_own_name(amina, names):
    amina.execute("update public.case_files set confirmed_by = %(other)s", names)
    assert amina.execute("select confirmed_by from public.case_files").fetchall() == [(names["me"],)]


def test_what_is_put_on_record_is_in_ones_own_name(amina, clinic, names):
    amina.execute("""select audit.record('read', 'public.cases', details => '{"actor": "somebody"}')""")
    amina.execute("reset role")
    assert clinic.owner.execute("select count(*) from audit.inbox where body like '%%somebody%%'").fetchone() == (0,)


def test_a_file_of_anothers_object_is_not_read_by_the_worker(clinic, names):
    """Even where a row names it: the folder of an object and the doctor of its case are one."""
    ours, theirs = (f"{names[who]}/{names[case]}/first" for who, case in (("me", "my_case"), ("other", "other_case")))
    name = "update public.case_files set object_name = %s where object_name = %s"
    for change in ([theirs + " moved", theirs], [theirs, ours]):
        clinic.owner.execute(name, change)
    with clinic.as_(actor(clinic, "worker that holds a case")) as worker:
        assert worker.execute("select object_name from public.case_files").fetchall() == [(theirs,)]
        assert worker.execute("select name from storage.objects").fetchall() == []
    for change in ([ours, theirs], [theirs, theirs + " moved"]):
        clinic.owner.execute(name, change)
    with clinic.as_(actor(clinic, "worker that holds a case")) as worker:
        assert worker.execute("select name from storage.objects").fetchall() == [(ours,)]


WORKER_REFUSED = {
    "giving a case away": "update public.cases set doctor_id = %(other)s",
    "changing what was written": "update public.cases set doctor_notes = 'x'",
    "asking for another number": "update public.cases set analysis_no = 9",
    "deleting": "delete from public.case_files",
    "a run for another case": "insert into public.insight_runs"
    " (case_id, analysis_no, lease_token, engine, version, inputs_sha256, results)"
    " values (%(other_case)s, 1, %(new)s, 'x', 'x', 'x', '{}')",
    "changing a run": "update public.insight_runs set results = '{}'",
    "an insight for another case": "insert into public.ai_insights (case_id) values (%(other_case)s)",
    "moving an insight": "update public.ai_insights set case_id = %(other_case)s",
    "the accounts": "select * from auth.users",
    "the queue": "select jobs.enqueue('analyse_case', 'analysis', 'x', '{}')",
    "the record's table": "select * from audit.inbox",
    "request keys": "select * from public.request_keys",
    "an object": "insert into storage.objects (bucket_id, name, version) values ('labdocs', 'x', %(new)s)",
}


@pytest.mark.parametrize("attempt", WORKER_REFUSED)
def test_the_worker_is_refused(clinic, names, attempt):
    holding = clinic.as_(actor(clinic, "worker that holds a case"))
    with holding as worker, pytest.raises(refusals.InsufficientPrivilege), worker.transaction():
        worker.execute(WORKER_REFUSED[attempt], names)


@pytest.mark.parametrize("lease", ["", "00000000-0000-0000-0000-000000000000"])
def test_a_worker_without_the_right_lease_sees_no_case(clinic, lease):
    with clinic.as_(actor(clinic, "worker without a case")) as worker:
        worker.execute("select set_config('carebase.lease', %s, true)", [lease])
        assert worker.execute("select case_id from public.cases").fetchall() == []


def test_a_lease_ends_with_its_time(clinic):
    until = "update public.cases set lease_until = now() + %s::interval where lease_token = %s"
    for left, cases in (("0 s", 0), ("1 hour", 1)):
        clinic.owner.execute(until, [left, clinic.lease])
        with clinic.as_(actor(clinic, "worker that holds a case")) as worker:
            assert worker.execute("select case_id from public.cases").rowcount == cases


def test_a_lease_that_runs_is_not_taken_by_another(clinic, names):
    with clinic.as_(actor(clinic, "worker without a case")) as worker:
        number = clinic.owner.execute("select analysis_no from public.cases where case_id = %(my_case)s", names)
        taken = worker.execute(
            "select private.take_lease(%s, %s, interval '1 hour')", [names["my_case"], number.fetchone()[0]]
        )
        assert taken.fetchone() == (None,)


def test_the_sealer_adds_and_nothing_else(clinic):
    with clinic.as_(actor(clinic, "sealer")) as sealer:
        sealer.execute("insert into audit.inbox (body) values ('{}')")
        for statement in ("select * from audit.inbox", "update audit.inbox set body = ''", "delete from audit.inbox"):
            with pytest.raises(refusals.InsufficientPrivilege), sealer.transaction():
                sealer.execute(statement)


@pytest.mark.parametrize("role", ["anon", "authenticated", "service_role", "care_owner", "platform_owner"])
def test_roles_without_a_password_cannot_log_in(clinic, role):
    (may,) = clinic.owner.execute("select rolcanlogin from pg_roles where rolname = %s", [role]).fetchone()
    assert not may


def test_logins_reach_only_the_roles_of_their_work(clinic):
    reached = clinic.owner.execute(
        "select l.rolname, r.rolname from pg_auth_members m join pg_roles l on l.oid = member"
        " join pg_roles r on r.oid = roleid where l.rolcanlogin and not l.rolsuper order by 1, 2"
    ).fetchall()
    assert reached == [
        ("authenticator", "anon"),
        ("authenticator", "authenticated"),
        ("service_gateway", "service_role"),
    ]
