"""What the logins of services try beyond their work: each attempt is refused or reaches nothing."""

from __future__ import annotations

import pytest
from psycopg import errors as refusals


def test_a_file_of_anothers_object_is_not_read_by_the_worker(clinic, names):
    """Even where a row names it: the folder of an object and the doctor of its case are one."""
    named = "select object_name from public.case_files where case_id = %s"
    ours, theirs = (
        clinic.owner.execute(named, [names[case]]).fetchone()[0]
        for case in ("attending_case", "another_attending_case")
    )
    name = "update public.case_files set object_name = %s where object_name = %s"
    for change in ([theirs + " moved", theirs], [theirs, ours]):
        clinic.owner.execute(name, change)
    with clinic.as_("worker that holds a case") as worker:
        assert worker.execute("select object_name from public.case_files").fetchall() == [(theirs,)]
        assert worker.execute("select name from storage.objects").fetchall() == []
    for change in ([ours, theirs], [theirs, theirs + " moved"]):
        clinic.owner.execute(name, change)
    with clinic.as_("worker that holds a case") as worker:
        assert worker.execute("select name from storage.objects").fetchall() == [(ours,)]


WORKER_REFUSED = {
    "giving a case away": "update public.cases set doctor_id = %(another_attending)s",
    "changing what was written": "update public.cases set doctor_notes = 'x'",
    "asking for another number": "update public.cases set analysis_no = 9",
    "deleting": "delete from public.case_files",
    "a run for another case": "insert into public.insight_runs"
    " (case_id, analysis_no, lease_token, engine, version, inputs_sha256, results)"
    " values (%(another_attending_case)s, 1, %(new)s, 'x', 'x', 'x', '{}')",
    "changing a run": "update public.insight_runs set results = '{}'",
    "an insight for another case": "insert into public.ai_insights (case_id) values (%(another_attending_case)s)",
    "moving an insight": "update public.ai_insights set case_id = %(another_attending_case)s",
    "the accounts": "select * from auth.users",
    "the queue": "select jobs.enqueue('analyse_case', 'analysis', 'x', '{}')",
    "the record's table": "select * from audit.inbox",
    "request keys": "select * from public.request_keys",
    "an object": "insert into storage.objects (bucket_id, name, version) values ('labdocs', 'x', %(new)s)",
}


@pytest.mark.parametrize("attempt", WORKER_REFUSED)
def test_the_worker_is_refused(clinic, names, attempt):
    holding = clinic.as_("worker that holds a case")
    with holding as worker, pytest.raises(refusals.InsufficientPrivilege), worker.transaction():
        worker.execute(WORKER_REFUSED[attempt], names)


@pytest.mark.parametrize("lease", ["", "00000000-0000-0000-0000-000000000000"])
def test_a_worker_without_the_right_lease_sees_no_case(clinic, lease):
    with clinic.as_("worker without a case") as worker:
        worker.execute("select set_config('carebase.lease', %s, true)", [lease])
        assert worker.execute("select case_id from public.cases").fetchall() == []


def test_a_lease_ends_with_its_time(clinic):
    until = "update public.cases set lease_until = now() + %s::interval where lease_token = %s"
    for left, cases in (("0 s", 0), ("1 hour", 1)):
        clinic.owner.execute(until, [left, clinic.lease])
        with clinic.as_("worker that holds a case") as worker:
            assert worker.execute("select case_id from public.cases").rowcount == cases


def test_a_lease_that_runs_is_not_taken_by_another(clinic, names):
    with clinic.as_("worker without a case") as worker:
        number = clinic.owner.execute("select analysis_no from public.cases where case_id = %(attending_case)s", names)
        taken = worker.execute(
            "select private.take_lease(%s, %s, interval '1 hour')", [names["attending_case"], number.fetchone()[0]]
        )
        assert taken.fetchone() == (None,)


def test_the_sealer_adds_and_nothing_else(clinic):
    with clinic.as_("sealer") as sealer:
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
