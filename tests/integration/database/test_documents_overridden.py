"""Where a ruling overrides a document's policy, ours is in force: each is tried on what it alone would show.

A deed is refused under ours, goes through once the document's policy is added, and is refused again after a start.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator

import psycopg
import pytest
from psycopg import errors
from tests.integration.conftest import SECRET, Database
from tests.integration.database.documents_sql import (
    Session,
    a_case,
    a_patient,
    a_portal_account,
    as_,
    count,
    insert,
    is_refused,
    run,
    send,
)

from carebase.database import migrate
from carebase.database.identity import Identity, Role


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
