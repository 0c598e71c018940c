"""Whoever opens a record begins its team; from then on the team decides who sees it (rulings 8 and 26)."""

from __future__ import annotations

import threading

import psycopg
import pytest
from psycopg import errors as refusals

ADD = "insert into public.care_team (patient_id, provider_id, role) values (%(p)s, %(who)s, %(role)s)"
BREAK = "insert into public.break_glass_grants (patient_id, reason) values (%(p)s, 'Unconscious in the emergency room')"
CASE = (
    "insert into public.cases (patient_id, patient_name, patient_age, patient_gender)"
    " values (%(p)s, 'Bruno Essomba', 41, 'male') returning case_id"
)
SEEN = "select id from public.patients where id = %(p)s"


def open_record(person):
    (made,) = person.ask("insert into public.patients (first_name, last_name) values ('Erik', 'Hansen') returning *")
    return made["id"]


def test_a_record_is_opened_and_read_back_in_one_statement_and_then_given_a_team(a_person):
    erik_for = a_person("attending")

    patient = open_record(erik_for)
    erik_for.ask(ADD, p=patient, who=erik_for.id, role="attending")

    assert erik_for.ask(SEEN, p=patient)


def test_who_opened_a_record_sees_it_until_it_has_a_team(a_person):
    clerk, amina = a_person("admin"), a_person("attending")
    nurse = a_person("nurse")
    patient = open_record(nurse)
    assert nurse.ask(SEEN, p=patient)

    clerk.ask(ADD, p=patient, who=amina.id, role="attending")

    assert amina.ask(SEEN, p=patient)
    assert not nurse.ask(SEEN, p=patient)


def test_an_attending_adds_a_nurse_who_then_sees_the_patient(ward, a_person):
    nurse = a_person("nurse")
    assert not nurse.ask(SEEN, p=ward.patient)

    ward.amina.ask(ADD, p=ward.patient, who=nurse.id, role="nurse")

    assert nurse.ask(SEEN, p=ward.patient)


def test_a_member_without_a_clinical_role_sees_nothing(ward, a_person):
    somebody = a_person(None)
    ward.amina.ask(ADD, p=ward.patient, who=somebody.id, role="nurse")
    assert not somebody.ask(SEEN, p=ward.patient)


@pytest.mark.parametrize("role", ["attending", "nurse", "admin"])
def test_nobody_adds_itself_to_a_team_that_exists(ward, a_person, role):
    intruder = a_person(role)
    with pytest.raises(refusals.InsufficientPrivilege):
        intruder.ask(ADD, p=ward.patient, who=intruder.id, role="attending")


def test_a_nurse_of_the_team_adds_nobody(ward, a_person):
    nurse, friend = a_person("nurse"), a_person("nurse")
    ward.amina.ask(ADD, p=ward.patient, who=nurse.id, role="nurse")
    with pytest.raises(refusals.InsufficientPrivilege):
        nurse.ask(ADD, p=ward.patient, who=friend.id, role="nurse")


def test_a_team_keeps_an_attending(ward, a_person):
    second = a_person("attending")
    with pytest.raises(psycopg.Error, match="keeps an attending"):
        ward.amina.ask("delete from public.care_team where patient_id = %(p)s and provider_id = %(me)s", p=ward.patient)

    ward.amina.ask(ADD, p=ward.patient, who=second.id, role="attending")
    ward.amina.ask("delete from public.care_team where patient_id = %(p)s and provider_id = %(me)s", p=ward.patient)

    assert not ward.amina.ask(SEEN, p=ward.patient)


def test_two_attendings_who_leave_at_once_do_not_both_leave(ward, a_person):
    second = a_person("attending")
    ward.amina.ask(ADD, p=ward.patient, who=second.id, role="attending")
    refused = []

    def leave(person):
        try:
            person.ask("delete from public.care_team where patient_id = %(p)s and provider_id = %(me)s", p=ward.patient)
        except psycopg.Error as error:
            refused.append(error.sqlstate)

    leaving = [threading.Thread(target=leave, args=[person]) for person in (ward.amina, second)]
    for thread in leaving:
        thread.start()
    for thread in leaving:
        thread.join()

    assert len(refused) == 1
    assert refused[0] in {"CA409", "40P01"}


def test_the_team_writes_to_one_another_and_nobody_else_reads_it(ward, a_person):
    nurse, stranger = a_person("nurse"), a_person("nurse")
    ward.amina.ask(ADD, p=ward.patient, who=nurse.id, role="nurse")
    ward.amina.ask(
        "insert into public.care_messages (patient_id, sender_id, message, priority)"
        " values (%(p)s, %(me)s, 'Patient vitals reviewed.', 'normal')",
        p=ward.patient,
    )

    (read,) = nurse.ask("select id, message from public.care_messages")
    nurse.ask("insert into public.care_message_reads (message_id) values (%(m)s)", m=read["id"])

    assert [row["reader_id"] for row in ward.amina.ask("select reader_id from public.care_message_reads")] == [nurse.id]
    assert not stranger.ask("select id from public.care_messages")
    with pytest.raises(refusals.InsufficientPrivilege):
        stranger.ask("insert into public.care_message_reads (message_id) values (%(m)s)", m=read["id"])


def test_a_task_is_done_once(ward):
    ward.amina.ask("insert into public.tasks (patient_id, title) values (%(p)s, 'Repeat potassium')", p=ward.patient)
    (done,) = ward.amina.ask("update public.tasks set status = 'completed' returning completed_at")
    assert done["completed_at"]
    with pytest.raises(psycopg.Error, match="finished"):
        ward.amina.ask("update public.tasks set status = 'requested'")


def test_an_admin_sees_who_is_cared_for_by_whom_and_nothing_clinical(ward, a_person):
    admin = a_person("admin")
    ward.amina.ask("insert into public.care_messages (patient_id, message) values (%(p)s, 'x')", p=ward.patient)
    ward.amina.ask(CASE, p=ward.patient)
    assert admin.ask(SEEN, p=ward.patient)
    assert admin.ask("select 1 from public.care_team")
    assert not admin.ask("select 1 from public.care_messages")
    assert not admin.ask("select 1 from public.cases")


@pytest.mark.parametrize("role", ["admin", "specialist"])
def test_emergency_access_opens_a_record_with_a_reason_and_ends(ward, a_person, role):
    breaker = a_person(role)
    ward.amina.ask("insert into public.care_messages (patient_id, message) values (%(p)s, 'x')", p=ward.patient)
    with pytest.raises(psycopg.errors.CheckViolation):
        breaker.ask(
            "insert into public.break_glass_grants (patient_id, reason) values (%(p)s, 'because')", p=ward.patient
        )
    with pytest.raises(psycopg.errors.CheckViolation):
        breaker.ask(
            "insert into public.break_glass_grants (patient_id, reason, expires_at)"
            " values (%(p)s, 'Unconscious in the emergency room', now() + interval '1 day')",
            p=ward.patient,
        )

    breaker.ask(BREAK, p=ward.patient)

    assert breaker.ask("select 1 from public.care_messages")
    assert ward.amina.ask("select reason from public.break_glass_grants")
    breaker.ask("update public.break_glass_grants set ended_at = null")
    assert not breaker.ask("select 1 from public.care_messages")


def test_emergency_access_adds_nobody_to_the_team(ward, a_person):
    breaker, friend = a_person("attending"), a_person("attending")
    breaker.ask(BREAK, p=ward.patient)
    for who in (breaker, friend):
        with pytest.raises(refusals.InsufficientPrivilege):
            breaker.ask(ADD, p=ward.patient, who=who.id, role="attending")


def test_what_outlasts_an_emergency_is_not_done_in_one(ward, a_person):
    breaker = a_person("attending")
    breaker.ask(BREAK, p=ward.patient)

    assert breaker.changed("update public.patients set mrn = 'MRN-9' where id = %(p)s", p=ward.patient) == 0
    assert breaker.ask("select private.invite(%(p)s, 'self', null, null) as token", p=ward.patient) == [{"token": None}]
    with pytest.raises(refusals.InsufficientPrivilege):
        breaker.ask(CASE, p=ward.patient)


def test_a_record_is_found_by_its_number_by_staff_only(ward, a_person):
    stranger, patient = a_person("nurse"), a_person("patient")
    assert stranger.ask("select private.patient_by_mrn('MRN-1') as id") == [{"id": ward.patient}]
    assert patient.ask("select private.patient_by_mrn('MRN-1') as id") == [{"id": None}]


def test_a_case_names_a_patient_only_if_its_author_is_on_that_team(ward, a_person):
    stranger = a_person("attending")
    with pytest.raises(refusals.InsufficientPrivilege):
        stranger.ask(CASE, p=ward.patient)
    (own,) = stranger.ask(CASE, p=None)
    with pytest.raises(refusals.InsufficientPrivilege):
        stranger.ask(
            "update public.cases set patient_id = %(p)s where case_id = %(c)s", p=ward.patient, c=own["case_id"]
        )

    ward.amina.ask(CASE, p=ward.patient)


def test_the_team_reads_a_case_and_only_its_author_changes_it(ward, a_person):
    nurse, stranger = a_person("nurse"), a_person("nurse")
    ward.amina.ask(ADD, p=ward.patient, who=nurse.id, role="nurse")
    ward.amina.ask(CASE, p=ward.patient)
    assert nurse.ask("select 1 from public.cases")
    assert nurse.changed("update public.cases set doctor_notes = 'x'") == 0
    assert not stranger.ask("select 1 from public.cases")
