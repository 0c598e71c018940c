"""Where the documents' own policies are unsafe or cannot work: what is true here, and that it is not true of theirs.

Each case runs twice: on our schema, and on the same rows with the document's policies in the place of ours (retyped
here, with the grants its platform gives to every table and without our triggers).
"""

from __future__ import annotations

import json
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from typing import Any

import pytest
from psycopg import sql
from tests.security.attempts import outcome
from tests.security.clinic import Clinic

PATIENTS = """
    create policy a on public.patients for select
        using (id in (select patient_id from public.care_team where provider_id = auth.uid()));
    create policy b on public.patients for insert with check (created_by = auth.uid());
    create policy c on public.care_team for select using (provider_id = auth.uid());
"""
ADMINS = "create policy d on public.patients for all using ((auth.jwt() ->> 'role') = 'admin')"
ADMINS_BY_THE_RIGHT_CLAIM = (
    ADMINS.replace("'role'", "'app_metadata'")
    .replace("->> 'app", "-> 'app")
    .replace(") = 'admin'", " ->> 'role') = 'admin'")
)
CASES = """
    create policy a on public.cases for select using (auth.uid() = doctor_id);
    create policy b on public.cases for insert with check (auth.uid() = doctor_id);
    create policy c on public.cases for update using (auth.uid() = doctor_id);
    create policy d on public.case_files for select using (exists (
        select 1 from public.cases where cases.case_id = case_files.case_id and cases.doctor_id = auth.uid()));
"""
BUCKET = """
    create policy a on storage.objects for insert to authenticated with check (bucket_id = 'labdocs');
    create policy b on storage.objects for select to authenticated using (bucket_id = 'labdocs');
"""
PORTAL = """
    create policy a on public.patient_profiles for all using (id = auth.uid());
    create policy b on public.appointments for all using (patient_id = auth.uid());
    create policy c on public.secure_messages for all using (patient_id = auth.uid());
"""
FOR_DEVELOPMENT = """
    create policy a on public.conversations for select using (true);
    create policy b on public.conversations for insert with check (true);
"""
A_FILE = (
    "insert into public.case_files"
    " (case_id, file_name, file_type, file_size, file_url, file_category, object_name, sha256)"
    " values (%(attending_case)s, 'x', 'x', 1, '/', 'lab', %(attending)s || '/' || %(attending_case)s || '/x',"
    " repeat('0', 64))"
)


@dataclass(frozen=True, kw_only=True)
class Ruling:
    """What somebody does, what comes of it here, and what came of it in the document's version."""

    number: int
    document: str
    who: str
    does: str
    here: str
    there: str


RULINGS = {
    "nobody reads the files of another's case": Ruling(
        number=1,
        document=BUCKET,
        who="specialist",
        does="select from storage.objects where owner = %(attending)s",
        here="nothing",
        there="done",
    ),
    "nobody writes into another's folder": Ruling(
        number=1,
        document=BUCKET,
        who="specialist",
        does="insert into storage.objects (bucket_id, name, owner, version)"
        " values ('labdocs', %(attending)s || '/x', %(specialist)s, gen_random_uuid())",
        here="refused",
        there="done",
    ),
    "a clinician adds a file to the own case without the service key": Ruling(
        number=2, document=CASES, who="attending", does=A_FILE, here="done", there="refused"
    ),
    "a status is what a stored result supports": Ruling(
        number=5,
        document=CASES,
        who="attending",
        does="update public.cases set status = 'completed' where status = 'processing'",
        here="refused",
        there="done",
    ),
    "an administrator is told by the claim that only administrators write": Ruling(
        number=6,
        document=PATIENTS + ADMINS,
        who="admin",
        does="select from public.patients where id = %(second_record)s",
        here="done",
        there="nothing",
    ),
    "without a granted role nobody opens a record": Ruling(
        number=7,
        document=PATIENTS,
        who="without a role",
        does="insert into public.patients (created_by, first_name, last_name)"
        " values (%(without_a_role)s, 'Erik', 'Hansen')",
        here="refused",
        there="done",
    ),
    "a record is opened as the document's client does it": Ruling(
        number=8,
        document=PATIENTS + "alter table public.patients alter created_by drop default",
        who="attending",
        does="insert into public.patients (first_name, last_name, mrn)"
        " values ('Erik', 'Hansen', 'MRN-2026-001') returning id",
        here="done",
        there="refused",
    ),
    "who opened a record begins its team": Ruling(
        number=8,
        document=PATIENTS,
        who="attending",
        does="insert into public.care_team (patient_id, provider_id, role)"
        " values (%(opened_record)s, %(attending)s, 'attending')",
        here="done",
        there="refused",
    ),
    "a patient keeps its number": Ruling(
        number=13,
        document=PORTAL,
        who="patient",
        does="update public.patient_profiles set mrn = 'MINE'",
        here="refused",
        there="done",
    ),
    "a patient keeps its birth date": Ruling(
        number=13,
        document=PORTAL,
        who="patient",
        does="update public.patient_profiles set dob = '2000-01-01'",
        here="refused",
        there="done",
    ),
    "a patient does not complete a visit": Ruling(
        number=13,
        document=PORTAL,
        who="patient",
        does="update public.appointments set status = 'completed'",
        here="refused",
        there="done",
    ),
    "a patient does not move a visit": Ruling(
        number=13,
        document=PORTAL,
        who="patient",
        does="update public.appointments set scheduled_at = scheduled_at + interval '1 day'",
        here="refused",
        there="done",
    ),
    "a patient does not delete a visit": Ruling(
        number=13,
        document=PORTAL,
        who="patient",
        does="delete from public.appointments",
        here="refused",
        there="done",
    ),
    "a sender is who sends": Ruling(
        number=13,
        document=PORTAL,
        who="patient",
        does="insert into public.secure_messages (patient_id, sender_id, subject, body)"
        " values (%(patient)s, %(attending)s, 'x', 'x')",
        here="refused",
        there="done",
    ),
    "what was sent is not rewritten": Ruling(
        number=13,
        document=PORTAL,
        who="patient",
        does="update public.secure_messages set body = 'x'",
        here="refused",
        there="done",
    ),
    "what was sent is not deleted": Ruling(
        number=13,
        document=PORTAL,
        who="patient",
        does="delete from public.secure_messages",
        here="refused",
        there="done",
    ),
    "only its recipient marks a message as read": Ruling(
        number=13,
        document=PORTAL,
        who="patient",
        does="update public.secure_messages set is_read = true where sender_id = %(patient)s",
        here="nothing",
        there="done",
    ),
    "a team reads what its patient writes": Ruling(
        number=14,
        document=PORTAL,
        who="nurse",
        does="select from public.secure_messages where sender_id = %(patient)s",
        here="done",
        there="nothing",
    ),
    "a team sees its patient's visits": Ruling(
        number=14,
        document=PORTAL,
        who="attending",
        does="select from public.appointments where patient_id = %(patient)s",
        here="done",
        there="nothing",
    ),
    "nobody reads another's conversation": Ruling(
        number=19,
        document=FOR_DEVELOPMENT,
        who="patient",
        does="select from public.conversations where user_id = %(another_patient)s",
        here="nothing",
        there="done",
    ),
    "nobody writes into another's name": Ruling(
        number=19,
        document=FOR_DEVELOPMENT,
        who="patient",
        does="insert into public.conversations (user_id) values (%(another_patient)s)",
        here="refused",
        there="done",
    ),
    "nobody makes up a second identity": Ruling(
        number=25,
        document=PORTAL,
        who="proxy",
        does="insert into public.patient_profiles (id, mrn, first_name, last_name, dob)"
        " values (%(proxy)s, 'MRN-2026-001', 'Erik', 'Hansen', '1985-03-15')",
        here="refused",
        there="done",
    ),
    "an administrator deletes no record": Ruling(
        number=26,
        document=PATIENTS + ADMINS_BY_THE_RIGHT_CLAIM,
        who="admin",
        does="delete from public.patients where id = %(opened_record)s",
        here="refused",
        there="done",
    ),
}
REPLACED = ("public.patients", "public.care_team", "public.cases", "public.case_files", "storage.objects")
REPLACED_003_004 = ("public.patient_profiles", "public.appointments", "public.secure_messages", "public.conversations")


@contextmanager
def documents_version(clinic: Clinic, policies: str) -> Iterator[Callable[[str, str, dict[str, Any]], str]]:
    """The document's policies in the place of ours, for as long as the block lasts."""
    with clinic.owner.transaction(force_rollback=True):
        for table in (*REPLACED, *REPLACED_003_004):
            target = sql.Identifier(*table.split("."))
            for (name,) in clinic.owner.execute(
                "select policyname from pg_policies where format('%%s.%%s', schemaname, tablename) = %s", [table]
            ).fetchall():
                clinic.owner.execute(sql.SQL("drop policy {} on {}").format(sql.Identifier(name), target))
            clinic.owner.execute(sql.SQL("grant all on {} to authenticated").format(target))
            clinic.owner.execute(sql.SQL("alter table {} disable trigger user").format(target))
        clinic.owner.execute(policies)

        def attempt(who: str, statement: str, names: dict[str, Any]) -> str:
            with clinic.speaking_as(who):
                return outcome(clinic.owner, statement, names)

        yield attempt


@pytest.mark.parametrize("ruling", RULINGS)
def test_here(clinic, names, ruling):
    case = RULINGS[ruling]
    with clinic.as_(case.who) as connection:
        assert outcome(connection, case.does, names) == case.here


@pytest.mark.parametrize("ruling", RULINGS)
def test_and_not_in_the_documents_version(clinic, names, ruling):
    case = RULINGS[ruling]
    with documents_version(clinic, case.document) as attempt:
        assert attempt(case.who, case.does, names) == case.there != case.here


# --- rulings that no single statement shows ---------------------------------------------------------------------------


def test_3_every_run_is_kept_and_none_changes(clinic, names):
    kept = "select count(*) from public.insight_runs where case_id = %(attending_done)s"
    assert clinic.owner.execute(kept, names).fetchone() == (5,)
    for who in ("attending", "worker that holds a case", "service key"):
        with clinic.as_(who) as connection:
            for change in ("update public.insight_runs set results = '{}'", "delete from public.insight_runs"):
                assert outcome(connection, change, names) == "refused"


def test_6_and_7_what_a_user_wrote_about_itself_gives_no_role(clinic, names):
    account = clinic.people["without a role"].user_id
    written = "update auth.users set raw_user_meta_data = %s where id = %s"
    clinic.owner.execute(written, ['{"role": "attending", "full_name": "Dr. Smith"}', account])
    with clinic.as_("without a role") as connection:
        claims = {**clinic.people["without a role"].claims, "user_metadata": {"role": "admin"}, "role": "authenticated"}
        connection.execute("select set_config('request.jwt.claims', %s, true)", [json.dumps(claims)])
        connection.execute("select private.begin_request(%s)", [json.dumps(claims)])
        assert connection.execute("select private.is_staff(), private.is_admin()").fetchone() == (False, False)


def test_10_a_write_of_any_key_is_recorded(clinic, names):
    """The document's trigger takes `id` for the key of every table, and fails where there is none."""
    change = "update public.care_team set role = 'specialist' where provider_id = %(nurse)s"
    with clinic.owner.transaction(force_rollback=True):
        clinic.owner.execute("alter table public.care_team disable trigger user")
        clinic.owner.execute("""
            create function private.log_phi_access() returns trigger language plpgsql security definer as $$
            begin
                perform coalesce(new.id, old.id);
                return coalesce(new, old);
            end $$;
            create trigger logged after update on public.care_team
                for each row execute function private.log_phi_access();
        """)
        with pytest.raises(Exception, match='has no field "id"'), clinic.owner.transaction():
            clinic.owner.execute(change, names)
    with clinic.owner.transaction(force_rollback=True):
        clinic.owner.execute(change, names)
        keys = "select body::jsonb -> 'keys' from audit.inbox order by n desc limit 1"
        expected = [{"patient_id": str(names["first_record"]), "provider_id": str(names["nurse"])}]
        assert clinic.owner.execute(keys).fetchone() == (expected,)


@pytest.mark.parametrize("who", ["patient", "attending", "admin", "service key"])
@pytest.mark.parametrize("view", ["audit_log", "phi_audit_log"])
def test_12_the_record_is_only_added_to(clinic, names, who, view):
    with clinic.as_(who) as connection:
        for change in (f"update public.{view} set action = 'x'", f"delete from public.{view}"):
            assert outcome(connection, change, names) in ("refused", "nothing")


def test_12_what_a_client_adds_is_in_its_own_name_and_time(clinic, names):
    adding = (
        "insert into public.audit_log (user_id, action, table_name, record_id, ip_address, created_at)"
        " values (%(attending)s, 'VIEW', 'patients', %(first_record)s, '10.0.0.1', '2000-01-01')"
    )
    with clinic.owner.transaction(force_rollback=True):
        with clinic.speaking_as("patient"):
            clinic.owner.execute(adding, names)
        (entry,) = clinic.owner.execute("select body::jsonb from audit.inbox order by n desc limit 1").fetchone()
    assert entry["actor"] == str(names["patient"])
    assert (entry["action"], entry["ip"]) == ("client:VIEW", None)
    assert entry["at"] > 1.7e15


def test_20_what_the_assistant_may_read_is_the_callers_own(clinic, names):
    """Whatever it retrieves, it retrieves in the caller's session: no table shows a patient another's rows."""
    with clinic.as_("another patient") as connection:
        for table in ("observations", "allergies", "medicines", "insight_texts", "appointments", "patients"):
            column = {"insight_texts": "run_id", "patients": "id"}.get(table, "patient_id")
            of_first = {
                str(value) for name, value in names.items() if not name.startswith(("another", "second", "other"))
            }
            seen = {str(value) for (value,) in connection.execute(f"select {column} from public.{table}")}
            assert seen, table
            assert not seen & of_first, table


def test_9_the_documents_policy_for_files_of_a_patient_works_as_written(clinic, names):
    """Document 001's bucket: the first folder is the patient, and its team reads and writes."""
    with clinic.owner.transaction(force_rollback=True):
        clinic.owner.execute("""
            create policy providers_access_patient_files on storage.objects for all using (
                bucket_id = 'medical-files' and (storage.foldername(name))[1] in (
                    select patient_id::text from public.care_team where provider_id = auth.uid()));
        """)
        adding = (
            "insert into storage.objects (bucket_id, name, owner, version)"
            " values ('medical-files', %({record})s || '/x.pdf', auth.uid(), gen_random_uuid())"
        )
        for who, record, expected in (
            ("attending", "first_record", "done"),
            ("attending", "second_record", "refused"),
            ("specialist", "first_record", "refused"),
            ("patient", "first_record", "refused"),
        ):
            with clinic.speaking_as(who):
                assert outcome(clinic.owner, adding.format(record=record), names) == expected, (who, record)
