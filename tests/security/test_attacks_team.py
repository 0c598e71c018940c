"""What members of teams and strangers try beyond their right, in SQL: each attempt is refused or reaches nothing."""

from __future__ import annotations

import psycopg
import pytest
from psycopg import errors as refusals
from tests.security.attempts import outcome, reaches_a_row

JOIN = "insert into public.care_team (patient_id, provider_id, role) values (%({record})s, %({who})s, '{role}')"
SEND = "insert into public.care_messages (patient_id, sender_id, message) values (%({record})s, %({who})s, 'x')"
OPEN = (
    "insert into public.break_glass_grants (patient_id, granted_to, reason{more}) values"
    " (%({record})s, %({who})s, '{reason}'{values})"
)
WHY = "Unconscious and alone"
# Adds a row or, where that key is taken, makes it one's own.
UPSERT = JOIN + " on conflict (patient_id, provider_id) do update set role = excluded.role"

ATTEMPTS = {
    # Teams.
    ("a stranger joins a team", "specialist"): JOIN.format(record="first_record", who="specialist", role="specialist"),
    ("a stranger joins as its attending", "specialist"): JOIN.format(
        record="first_record", who="specialist", role="attending"
    ),
    ("a patient joins its own team", "patient"): JOIN.format(record="first_record", who="patient", role="attending"),
    ("a proxy joins the team", "proxy"): JOIN.format(record="first_record", who="proxy", role="attending"),
    ("a person without a role joins", "without a role"): JOIN.format(
        record="opened_record", who="without_a_role", role="attending"
    ),
    ("an administrator joins", "admin"): JOIN.format(record="first_record", who="admin", role="attending"),
    ("an administrator joins by the upsert", "admin"): UPSERT.format(record="first_record", who="admin", role="admin"),
    ("a nurse brings somebody in", "nurse"): JOIN.format(record="first_record", who="specialist", role="nurse"),
    ("emergency access brings somebody in", "emergency"): JOIN.format(
        record="first_record", who="specialist", role="nurse"
    ),
    ("emergency access makes itself a member", "emergency"): JOIN.format(
        record="first_record", who="emergency", role="attending"
    ),
    ("a nurse makes itself the attending", "nurse"): "update public.care_team set role = 'attending'"
    " where provider_id = %(nurse)s",
    ("a nurse does so by the upsert", "nurse"): UPSERT.format(record="first_record", who="nurse", role="attending"),
    ("a nurse demotes the attending", "nurse"): "update public.care_team set role = 'nurse'"
    " where provider_id = %(attending)s",
    ("a nurse sends the attending away", "nurse"): "delete from public.care_team where provider_id = %(attending)s",
    ("the last attending leaves", "attending"): "delete from public.care_team"
    " where patient_id = %(first_record)s and provider_id = %(attending)s",
    ("an administrator removes the last attending", "admin"): "delete from public.care_team"
    " where provider_id = %(attending)s",
    ("an administrator demotes the last attending", "admin"): "update public.care_team set role = 'nurse'"
    " where provider_id = %(attending)s",
    ("beginning the team of another's record", "attending"): JOIN.format(
        record="opened_by_another_record", who="attending", role="attending"
    ),
    ("beginning one's own team as a nurse", "attending"): JOIN.format(
        record="opened_record", who="attending", role="nurse"
    ),
    ("beginning one's own team with another", "attending"): JOIN.format(
        record="opened_record", who="nurse", role="attending"
    ),
    ("a second first member", "attending"): JOIN.format(record="second_record", who="attending", role="attending"),
    ("moving one's membership to another patient", "attending"): "update public.care_team"
    " set patient_id = %(second_record)s where provider_id = %(attending)s",
    ("giving one's membership away", "attending"): "update public.care_team set provider_id = %(specialist)s"
    " where provider_id = %(attending)s",
    # Records.
    ("reading another team's patient", "attending"): "select from public.patients where id = %(second_record)s",
    ("reading it by its number", "specialist"): "select from public.patients where mrn is not null",
    ("changing another team's patient", "attending"): "update public.patients set phone = '000'"
    " where id = %(second_record)s",
    ("changing it by a merge", "attending"): "merge into public.patients p using (values (1)) v (n)"
    " on p.id = %(second_record)s when matched then update set phone = '000'",
    ("opening a record in another's name", "attending"): "insert into public.patients"
    " (created_by, first_name, last_name) values (%(another_attending)s, 'x', 'x')",
    ("linking an account to a record", "attending"): "update public.patients set account_id = %(proxy)s",
    ("linking one at the opening", "attending"): "insert into public.patients"
    " (first_name, last_name, account_id) values ('x', 'x', %(proxy)s)",
    ("taking over who opened it", "attending"): "update public.patients set created_by = %(attending)s",
    ("deleting a record", "attending"): "delete from public.patients",
    ("an administrator deletes a record", "admin"): "delete from public.patients",
    ("a record that exists, by the upsert", "specialist"): "insert into public.patients (first_name, last_name, mrn)"
    " select 'x', 'x', 'M' from (values (1)) n where exists (select from public.patients)",
    # The team's messages.
    ("a message in another's name", "attending"): SEND.format(record="first_record", who="nurse"),
    ("a message to another team", "attending"): SEND.format(record="second_record", who="attending"),
    ("a message by an administrator", "admin"): SEND.format(record="first_record", who="admin"),
    ("a message by the patient", "patient"): SEND.format(record="first_record", who="patient"),
    ("a message after the emergency", "former emergency"): SEND.format(record="first_record", who="former_emergency"),
    ("rewriting one's own message", "attending"): "update public.care_messages set message = 'x'",
    ("moving a message to another patient", "attending"): "update public.care_messages"
    " set patient_id = %(second_record)s",
    ("taking a message back", "attending"): "delete from public.care_messages",
    ("an urgent message made low", "nurse"): "update public.care_messages set priority = 'low'",
    ("a message of another time", "attending"): "insert into public.care_messages (patient_id, message, created_at)"
    " values (%(first_record)s, 'x', '2000-01-01')",
    ("the team's messages, as the patient", "patient"): "select from public.care_messages",
    ("the team's messages, as an administrator", "admin"): "select from public.care_messages",
    ("a mark of reading for another", "attending"): "insert into public.care_message_reads (message_id, reader_id)"
    " values (%(first_message)s, %(nurse)s)",
    ("a mark on another team's message", "attending"): "insert into public.care_message_reads (message_id)"
    " values (%(second_message)s)",
    # Tasks.
    ("a task in another's name", "attending"): "insert into public.tasks (patient_id, requester_id, title)"
    " values (%(first_record)s, %(nurse)s, 'x')",
    ("a task for another team's patient", "attending"): "insert into public.tasks (patient_id, title)"
    " values (%(second_record)s, 'x')",
    ("moving a task to another patient", "attending"): "update public.tasks set patient_id = %(second_record)s",
    ("changing who asked", "attending"): "update public.tasks set requester_id = %(nurse)s",
    ("a time of completion by hand", "attending"): "update public.tasks set completed_at = '2000-01-01'",
    ("deleting a task", "attending"): "delete from public.tasks",
    # Emergency access.
    ("emergency access for another", "attending"): OPEN.format(
        record="second_record", who="nurse", reason=WHY, more="", values=""
    ),
    ("emergency access by a patient", "patient"): OPEN.format(
        record="second_record", who="patient", reason=WHY, more="", values=""
    ),
    ("emergency access without a role", "without a role"): OPEN.format(
        record="second_record", who="without_a_role", reason=WHY, more="", values=""
    ),
    ("emergency access that began earlier", "specialist"): OPEN.format(
        record="second_record", who="specialist", reason=WHY, more=", granted_at", values=", '2000-01-01'"
    ),
    ("prolonging emergency access", "emergency"): "update public.break_glass_grants set expires_at = 'infinity'",
    ("another reason afterwards", "emergency"): "update public.break_glass_grants set reason = 'a better reason'",
    ("taking another's emergency access", "nurse"): "update public.break_glass_grants set granted_to = %(nurse)s",
    ("ending another's emergency access", "nurse"): "update public.break_glass_grants set ended_at = now()",
    ("deleting the trace of it", "emergency"): "delete from public.break_glass_grants",
    ("an administrator deletes the trace", "admin"): "delete from public.break_glass_grants",
    ("reading after it ended", "former emergency"): "select from public.patients",
    ("values after it ended", "former emergency"): "select from public.observations",
    ("messages after it ended", "former emergency"): "select from public.care_messages",
    # Values.
    ("a value in another's name", "attending"): "insert into public.observations"
    " (patient_id, category, display, value_quantity, effective_at, entered_by)"
    " values (%(first_record)s, 'laboratory', 'x', 1, now(), %(nurse)s)",
    ("a value of another team's patient", "attending"): "insert into public.observations"
    " (patient_id, category, display, value_quantity, effective_at)"
    " values (%(second_record)s, 'laboratory', 'x', 1, now())",
    ("rewriting a value", "attending"): "update public.observations set value_quantity = 9",
    ("moving a value to another patient", "attending"): "update public.observations set patient_id = %(second_record)s",
    ("calling another's value an error", "nurse"): "update public.observations set status = 'entered-in-error'"
    " where entered_by = %(attending)s",
    ("a value taken for corrected", "attending"): "update public.observations set status = 'corrected'",
    ("deleting a value", "attending"): "delete from public.observations",
    ("replacing another patient's value", "attending"): "insert into public.observations"
    " (patient_id, category, display, value_quantity, effective_at, replaces)"
    " values (%(first_record)s, 'laboratory', 'x', 1, now(), %(second_unreleased)s)",
    ("a value for another patient's case", "attending"): "insert into public.observations"
    " (patient_id, case_id, category, display, value_quantity, effective_at)"
    " values (%(first_record)s, %(another_attending_case)s, 'laboratory', 'x', 1, now())",
    ("an allergy in another's name", "attending"): "insert into public.allergies (patient_id, substance, recorded_by)"
    " values (%(first_record)s, 'x', %(nurse)s)",
    ("an allergy renamed", "attending"): "update public.allergies set substance = 'x'",
    ("an allergy moved", "attending"): "update public.allergies set patient_id = %(second_record)s",
    ("an allergy deleted", "attending"): "delete from public.allergies",
    ("an allergy removed by the patient", "patient"): "update public.allergies set clinical_status = 'resolved'",
    ("a medicine of another team's patient", "attending"): "insert into public.medicines (patient_id, name)"
    " values (%(second_record)s, 'x')",
    ("a medicine changed by the patient", "patient"): "update public.medicines set dosage = 'x'",
    # Cases of patients.
    ("a case of another team's patient", "attending"): "insert into public.cases"
    " (patient_name, patient_age, patient_gender, patient_id) values ('x', 1, 'x', %(second_record)s)",
    ("a case moved to another team's patient", "attending"): "update public.cases set patient_id = %(second_record)s",
    ("a colleague's case changed", "nurse"): "update public.cases set doctor_notes = 'x'"
    " where doctor_id = %(attending)s",
    ("a file in a colleague's case", "nurse"): "insert into public.case_files"
    " (case_id, file_name, file_type, file_size, file_url, file_category, object_name, sha256)"
    " values (%(attending_case)s, 'x', 'x', 1, '/', 'lab', %(nurse)s || '/' || %(attending_case)s || '/x',"
    " repeat('0', 64))",
    ("a colleague's file confirmed", "nurse"): "update public.case_files set confirmed_by = %(nurse)s"
    " where case_id = %(attending_case)s",
    ("discarding a colleague's case", "nurse"): "select where private.discard_case(%(attending_case)s)",
}
NOT_IN_THE_OWNERS_HANDS = ("a record that exists", "discarding")


@pytest.mark.parametrize(("attempt", "who"), ATTEMPTS)
def test_it_fails(clinic, names, attempt, who):
    statement = ATTEMPTS[attempt, who]
    if not any(words in attempt for words in NOT_IN_THE_OWNERS_HANDS):
        assert reaches_a_row(clinic, who, statement, names)
    with clinic.as_(who) as connection:
        assert outcome(connection, statement, names) in ("refused", "nothing")


@pytest.mark.parametrize(
    ("who", "statement"),
    [
        ("attending", JOIN.format(record="opened_record", who="attending", role="attending")),
        ("attending", JOIN.format(record="first_record", who="specialist", role="specialist")),
        ("admin", JOIN.format(record="first_record", who="specialist", role="specialist")),
        ("nurse", "delete from public.care_team where provider_id = %(nurse)s"),
        ("nurse", SEND.format(record="first_record", who="nurse")),
        ("emergency", SEND.format(record="first_record", who="emergency")),
        ("emergency", "update public.break_glass_grants set ended_at = now()"),
        ("specialist", OPEN.format(record="second_record", who="specialist", reason=WHY, more="", values="")),
        ("attending", "update public.observations set status = 'entered-in-error'"),
    ],
)
def test_what_is_ones_right_is_done(clinic, names, who, statement):
    with clinic.as_(who) as connection:
        assert outcome(connection, statement, names) == "done"


@pytest.mark.parametrize(
    ("reason", "until"),
    [
        ("short", "now() + interval '1 hour'"),
        (" " * 20, "now() + interval '1 hour'"),
        (WHY, "now() + interval '5 hours'"),
    ],
)
def test_an_emergency_has_a_reason_and_an_end_within_hours(clinic, names, reason, until):
    opening = OPEN.format(
        record="second_record", who="specialist", reason=reason, more=", expires_at", values=f", {until}"
    )
    with clinic.as_("specialist") as connection, pytest.raises(refusals.CheckViolation):
        connection.execute(opening, names)


def test_an_emergency_opens_one_record_from_that_moment_until_it_is_ended(clinic, names):
    with clinic.as_("specialist") as connection:
        seen = "select array_agg(id) from public.patients"
        assert connection.execute(seen).fetchone() == (None,)
        connection.execute(OPEN.format(record="second_record", who="specialist", reason=WHY, more="", values=""), names)
        assert connection.execute(seen).fetchone() == ([names["second_record"]],)
        connection.execute("update public.break_glass_grants set ended_at = '2100-01-01'")
        assert connection.execute("select ended_at = now() from public.break_glass_grants").fetchone() == (True,)
        assert connection.execute(seen).fetchone() == (None,)
        connection.execute("update public.break_glass_grants set ended_at = null")
        assert connection.execute(seen).fetchone() == (None,)


def test_who_opens_a_record_sees_it_until_it_has_a_team(clinic, names):
    """Document 001's three calls: insert, read back, join as its attending; then only the team sees it."""
    with clinic.as_("attending") as connection:
        made = connection.execute(
            "insert into public.patients (first_name, last_name) values ('New', 'P') returning id, created_by"
        ).fetchone()
        assert made[1] == names["attending"]
        begins = "insert into public.care_team (patient_id, provider_id, role) values (%s, %s, %s)"
        connection.execute(begins, [made[0], names["attending"], "attending"])
        connection.execute(begins, [made[0], names["nurse"], "nurse"])
        again = (
            "insert into public.care_team (patient_id, provider_id, role) values (%(new)s, %(attending)s, 'attending')"
        )
        # No key is taken twice, and the last attending stays: the record cannot come back into its opener's hands.
        leaving = "delete from public.care_team where provider_id = %(attending)s and patient_id = %(new)s"
        for attempt in (again, leaving):
            assert outcome(connection, attempt, {**names, "new": made[0]}) == "refused"


def test_a_number_that_exists_tells_only_that_it_exists(clinic, names):
    """What stays: who may open records learns by the refusal that some record has that number, and not whose."""
    (mrn,) = clinic.owner.execute("select mrn from public.patients where id = %(second_record)s", names).fetchone()
    with clinic.as_("specialist") as connection, pytest.raises(psycopg.errors.UniqueViolation) as caught:
        connection.execute("insert into public.patients (first_name, last_name, mrn) values ('x', 'x', %s)", [mrn])
    said = f"{caught.value.diag.message_primary} {caught.value.diag.message_detail}"
    assert "Ada" not in said
    assert str(names["second_record"]) not in said
