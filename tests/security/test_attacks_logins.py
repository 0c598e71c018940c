"""What the logins of services try beyond their work: each attempt is refused or reaches nothing."""

from __future__ import annotations

import pytest
from psycopg import errors as refusals
from tests.security.attempts import outcome


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


SERVICE_REFUSED = {
    "rewriting a message of the team": "update public.care_messages set message = 'x'",
    "deleting one": "delete from public.care_messages",
    "rewriting a message of a patient": "update public.secure_messages set body = 'x'",
    "deleting one of a patient": "delete from public.secure_messages",
    "rewriting a value": "update public.observations set value_quantity = 9",
    "deleting a value": "delete from public.observations",
    "rewriting a run": "update public.insight_runs set results = '{}'",
    "rewriting a review": "update public.statement_reviews set decision = 'accept'",
    "signing": "insert into public.insight_signatures (run_id, signed_by) values (%(run_unsigned)s, %(attending)s)",
    "taking a signature away": "delete from public.insight_signatures",
    "releasing": "insert into public.result_releases (run_id, released_by) values (%(run_signed)s, %(attending)s)",
    "prolonging emergency access": "update public.break_glass_grants set expires_at = 'infinity'",
    "linking an account": "insert into public.patient_accounts (account_id, patient_id, relation)"
    " values (%(proxy)s, %(second_record)s, 'self')",
    "an invitation": "insert into public.invitations (patient_id, invited_by, token_sha256)"
    " values (%(first_record)s, %(attending)s, sha256('x'))",
    "a consent in somebody's name": "insert into public.consents (account_id, purpose, policy_version)"
    " values (%(patient)s, 'remote_model', '1')",
    "an appointment that goes back": "update public.appointments set status = 'completed'",
    "the record": "select * from audit.inbox",
    "forging the record": "insert into audit.inbox (body) values ('{}')",
    "the record's log": "select body from audit.log",
    "the accounts": "select * from auth.users",
    "the queue": "select * from jobs.procrastinate_jobs",
    "the site's settings": "update private.site_settings set value = 'optional'",
    "remembered answers": "select * from public.request_keys",
    "deleting a case for ever": "delete from public.cases",
    "another role": "set local role authenticated",
}


@pytest.mark.parametrize("attempt", SERVICE_REFUSED)
def test_the_service_key_is_refused(clinic, names, attempt):
    """It stands above rows, and not above what is never changed once it was said."""
    with clinic.as_("service key") as connection:
        assert outcome(connection, SERVICE_REFUSED[attempt], names) == "refused"


@pytest.mark.parametrize("login", ["worker that holds a case", "worker without a case", "queue", "accounts", "sealer"])
@pytest.mark.parametrize("table", ["patients", "care_messages", "observations", "secure_messages", "conversations"])
def test_services_do_not_reach_the_record_of_a_patient(clinic, login, table):
    with clinic.as_(login) as connection:
        assert outcome(connection, f"select from public.{table}", {}) == "refused"


def test_a_worker_does_not_take_a_role_of_the_api(clinic):
    with clinic.as_("worker that holds a case") as worker:
        for role in ("authenticated", "service_role", "care_owner", "audit_owner", "audit_sealer"):
            assert outcome(worker, f"set local role {role}", {}) == "refused"
