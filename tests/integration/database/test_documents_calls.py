"""What the source documents' clients send works as they print it, also where somebody ran the documents' SQL before."""

from __future__ import annotations

import psycopg
import pytest
from psycopg import errors
from tests.integration.conftest import SECRET, Database
from tests.integration.database.documents_sql import (
    DOCUMENTS,
    a_patient,
    a_portal_account,
    as_,
    count,
    insert,
    run,
    send,
)

from carebase.database import migrate
from carebase.database.identity import Identity, Role


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
