"""A patient reaches the own record by invitation, asks for times, writes to its team (rulings 13, 14 and 25)."""

from __future__ import annotations

import threading
from datetime import UTC, datetime, timedelta

import psycopg
import pytest
from psycopg import errors as refusals

TOMORROW = datetime.now(UTC).replace(hour=9, minute=0, second=0, microsecond=0) + timedelta(days=1)
REQUEST = (
    "insert into public.appointments (patient_id, provider_name, appointment_type, scheduled_at)"
    " values (%(me)s, %(name)s, 'follow-up', %(at)s) returning id, provider_no, record_id, status"
)
WRITE = (
    "insert into public.secure_messages (patient_id, sender_id, subject, body)"
    " values (%(patient)s, %(me)s, 'Results', 'When do they come?') returning id, thread_id, is_from_staff"
)
MOVE = "update public.appointments set status = %(to)s"


def invited(ward, relation="self", until=None):
    (offer,) = ward.amina.ask(
        "select private.invite(%(p)s, %(relation)s, null, %(until)s) as token",
        p=ward.patient,
        relation=relation,
        until=until,
    )
    return offer["token"]


def redeem(person, token, birth_date="1985-03-15"):
    (answer,) = person.ask(
        "select private.redeem_invitation(%(token)s, %(born)s) as said", token=token, born=birth_date
    )
    return answer["said"]


# --- reaching the record --------------------------------------------------------------------------------------------


def test_an_invitation_links_the_account_to_the_record_once(ward, a_person):
    bruno, thief = a_person(None), a_person(None)
    token = invited(ward)

    assert redeem(bruno, token) == "redeemed"
    assert redeem(thief, token) == "not_valid"

    (profile,) = bruno.ask("select mrn, first_name, dob::text from public.patient_profiles")
    assert profile == {"mrn": "MRN-1", "first_name": "Bruno", "dob": "1985-03-15"}
    assert bruno.ask("select id from public.patients") == [{"id": ward.patient}]
    assert not thief.ask("select id from public.patients")


def test_nobody_redeems_an_invitation_of_its_own(ward):
    assert redeem(ward.amina, invited(ward)) == "not_valid"


def test_a_proxy_whose_access_ended_reads_nothing_more_about_the_record(ward, a_person):
    mother = a_person(None)
    redeem(mother, invited(ward, "parent", datetime.now(UTC) + timedelta(days=30)))
    mother.ask(
        "insert into public.secure_messages (patient_id, record_id, subject, body)"
        " values (%(me)s, %(p)s, 'Fever', 'Again')",
        p=ward.patient,
    )
    assert mother.ask("select subject from public.secure_messages")

    ward.amina.ask("select private.end_access(%(who)s, %(p)s)", who=mother.id, p=ward.patient)

    assert not mother.ask("select subject from public.secure_messages")


def test_a_wrong_birth_date_is_counted_and_five_make_the_invitation_void(ward, a_person):
    bruno, token = a_person(None), invited(ward)
    for _ in range(5):
        assert redeem(bruno, token, "1999-01-01") == "wrong_birth_date"
    assert redeem(bruno, token) == "not_valid"


def test_fifty_who_redeem_one_invitation_at_once_link_one_account(ward, a_person):
    token, said = invited(ward), []
    people = [a_person(None) for _ in range(20)]
    asking = [threading.Thread(target=lambda who=who: said.append(redeem(who, token))) for who in people]
    for thread in asking:
        thread.start()
    for thread in asking:
        thread.join()
    assert sorted(said) == ["not_valid"] * 19 + ["redeemed"]


def test_a_record_without_a_number_or_birth_date_invites_nobody(ward):
    ward.amina.ask("update public.patients set mrn = null where id = %(p)s", p=ward.patient)
    with pytest.raises(psycopg.Error, match="needs a number"):
        invited(ward)


def test_a_stranger_invites_nobody_and_reads_no_tokens(ward, a_person):
    stranger = a_person("attending")
    assert stranger.ask("select private.invite(%(p)s, 'self', null, null) as token", p=ward.patient) == [
        {"token": None}
    ]
    with pytest.raises(refusals.InsufficientPrivilege):
        ward.amina.ask("select token_sha256 from public.invitations")


def test_a_proxys_access_ends(ward, a_person, database):
    mother = a_person(None)
    with pytest.raises(refusals.CheckViolation):
        invited(ward, "parent")
    assert redeem(mother, invited(ward, "parent", datetime.now(UTC) + timedelta(days=30))) == "redeemed"
    assert mother.ask("select id from public.patients")
    assert mother.ask("select relation from public.proxies") == [{"relation": "parent"}]

    with database.owner() as owner:
        owner.execute("update public.patient_accounts set valid_until = now() - interval '1 second'")

    assert not mother.ask("select id from public.patients")


def test_a_proxys_access_lasts_for_five_years_at_most(ward):
    for until in ("infinity", "2090-01-01"):
        with pytest.raises(psycopg.Error, match="five years at most"):
            invited(ward, "guardian", until)


def test_an_account_that_was_linked_by_mistake_keeps_nothing_of_the_record(ward, a_person):
    wrong, right = a_person(None), a_person(None)
    redeem(wrong, invited(ward))
    ward.amina.ask("select private.end_access(%(who)s, %(p)s)", who=wrong.id, p=ward.patient)

    assert not wrong.ask("select mrn from public.patient_profiles")
    assert redeem(right, invited(ward)) == "redeemed"


def test_the_person_ends_a_proxys_access(ward, a_patient, a_person):
    mother = a_person(None)
    redeem(mother, invited(ward, "parent", datetime.now(UTC) + timedelta(days=30)))

    a_patient.ask("select private.end_access(%(who)s, %(p)s)", who=mother.id, p=ward.patient)

    assert not mother.ask("select id from public.patients")
    assert a_patient.ask("select id from public.patients")


def test_nobody_links_an_account_by_writing_it(ward, a_person):
    somebody = a_person(None)
    for attempt in (
        "insert into public.patient_accounts (account_id, patient_id, relation) values (%(me)s, %(p)s, 'self')",
        "update public.patients set account_id = %(me)s where id = %(p)s",
        "insert into public.patient_profiles (id, mrn, first_name, last_name, dob)"
        " values (%(me)s, 'MRN-1', 'B', 'E', '1985-03-15')",
    ):
        with pytest.raises(refusals.InsufficientPrivilege):
            somebody.ask(attempt, p=ward.patient)


def test_a_patient_changes_phone_and_preferences_and_nothing_of_its_identity(ward, a_patient):
    a_patient.ask("update public.patient_profiles set phone = '+237 600 00 00 00'")
    assert ward.amina.ask("select phone from public.patients") == [{"phone": "+237 600 00 00 00"}]
    for column, value in (("mrn", "MRN-9"), ("dob", "2000-01-01"), ("first_name", "Bruna")):
        with pytest.raises(refusals.InsufficientPrivilege):
            a_patient.ask(f"update public.patient_profiles set {column} = %(value)s", value=value)


def test_staff_corrects_the_identity_and_the_profile_follows(ward, a_patient):
    ward.amina.ask("update public.patients set last_name = 'Essomba Ngono' where id = %(p)s", p=ward.patient)
    assert a_patient.ask("select last_name from public.patient_profiles") == [{"last_name": "Essomba Ngono"}]


# --- appointments ---------------------------------------------------------------------------------------------------


@pytest.fixture
def provider(ward, database):
    with database.owner() as owner:
        (number,) = owner.execute(
            "insert into public.providers (account_id, display_name)"
            " values (%s, 'Dr Amina Bello') returning provider_no",
            [ward.amina.id],
        ).fetchone()
    return number


def test_a_patient_asks_for_a_time_and_staff_confirms_and_completes_it(ward, a_patient, provider):
    (made,) = a_patient.ask(REQUEST, name="Dr Amina Bello", at=TOMORROW)
    assert made == {"id": made["id"], "provider_no": provider, "record_id": ward.patient, "status": "scheduled"}

    for to in ("confirmed", "completed"):
        with pytest.raises(refusals.InsufficientPrivilege):
            a_patient.ask(MOVE, to=to)
    with pytest.raises(psycopg.Error, match="does not go from scheduled to completed"):
        ward.amina.ask(MOVE, to="completed")
    assert ward.amina.changed(MOVE, to="confirmed") == 1
    assert ward.amina.changed(MOVE, to="completed") == 1
    with pytest.raises(psycopg.Error, match="does not go from completed"):
        a_patient.ask(MOVE, to="cancelled")


def test_a_patient_cancels_and_does_not_retime_rename_or_delete(a_patient, provider):
    a_patient.ask(REQUEST, name="Dr Amina Bello", at=TOMORROW)
    for change in ("scheduled_at = scheduled_at + interval '1 day'", "notes = 'x'", "minutes = 60"):
        with pytest.raises(refusals.InsufficientPrivilege):
            a_patient.ask(f"update public.appointments set {change}")
    with pytest.raises(refusals.InsufficientPrivilege):
        a_patient.ask("delete from public.appointments")
    assert a_patient.changed(MOVE, to="cancelled") == 1


def test_a_provider_is_never_booked_twice_at_once(ward, a_person, a_patient, provider, database):
    outcomes = []

    def book(person):
        try:
            person.ask(REQUEST, name="Dr Amina Bello", at=TOMORROW)
            outcomes.append("booked")
        except psycopg.Error as error:
            outcomes.append(error.sqlstate)

    people = [a_patient, *(a_person(None) for _ in range(11))]
    booking = [threading.Thread(target=book, args=[person]) for person in people]
    for thread in booking:
        thread.start()
    for thread in booking:
        thread.join()

    assert outcomes.count("booked") == 1
    assert set(outcomes) <= {"booked", "23P01", "40P01"}
    # A cancelled time is free again.
    with database.owner() as owner:
        owner.execute("update public.appointments set status = 'cancelled'")
    people[1].ask(REQUEST, name="Dr Amina Bello", at=TOMORROW)


def test_where_hours_are_open_only_these_are_booked(a_patient, ward, provider):
    ward.amina.ask(
        "insert into public.slots (provider_no, during) values (%(n)s, tstzrange(%(at)s, %(at)s + interval '1 hour'))",
        n=provider,
        at=TOMORROW,
    )
    with pytest.raises(psycopg.Error, match="cannot be booked at this time"):
        a_patient.ask(REQUEST, name="Dr Amina Bello", at=TOMORROW + timedelta(hours=3))
    a_patient.ask(REQUEST, name="Dr Amina Bello", at=TOMORROW + timedelta(minutes=30))


def test_an_appointment_lies_in_the_future(a_patient):
    with pytest.raises(psycopg.Error, match="lies in the future"):
        a_patient.ask(REQUEST, name="Somebody", at=datetime.now(UTC) - timedelta(minutes=1))


# --- messages -------------------------------------------------------------------------------------------------------


def test_a_patient_and_its_team_write_to_one_another(ward, a_patient, a_person):
    stranger = a_person("attending")
    (asked,) = a_patient.ask(WRITE, patient=a_patient.id)
    assert not asked["is_from_staff"]

    (answer,) = ward.amina.ask(WRITE, patient=a_patient.id)

    assert answer["is_from_staff"]
    assert len(a_patient.ask("select 1 from public.secure_messages")) == 2
    assert not stranger.ask("select 1 from public.secure_messages")
    with pytest.raises(refusals.InsufficientPrivilege):
        stranger.ask(WRITE, patient=a_patient.id)


def test_nobody_writes_in_anothers_name(ward, a_patient):
    forged = WRITE.replace("%(me)s", "%(other)s")
    with pytest.raises(refusals.InsufficientPrivilege):
        a_patient.ask(forged, patient=a_patient.id, other=ward.amina.id)
    with pytest.raises(refusals.InsufficientPrivilege):
        ward.amina.ask(forged, patient=a_patient.id, other=a_patient.id)


def test_only_the_other_side_marks_a_message_as_read(ward, a_patient):
    read = "update public.secure_messages set is_read = true"
    a_patient.ask(WRITE, patient=a_patient.id)
    assert a_patient.changed(read) == 0
    assert ward.amina.changed(read) == 1

    ward.amina.ask(WRITE, patient=a_patient.id)
    assert ward.amina.changed(read + " where is_from_staff") == 0
    assert a_patient.changed(read + " where is_from_staff") == 1


@pytest.mark.parametrize("change", ["body = 'x'", "subject = 'x'", "sender_id = %(me)s", "created_at = now()"])
def test_a_sent_message_stays_as_it_is(ward, a_patient, change):
    a_patient.ask(WRITE, patient=a_patient.id)
    for person in (a_patient, ward.amina):
        with pytest.raises(refusals.InsufficientPrivilege):
            person.ask(f"update public.secure_messages set {change}")
        with pytest.raises(refusals.InsufficientPrivilege):
            person.ask("delete from public.secure_messages")


def test_a_thread_stays_with_one_patient(ward, a_patient, a_person):
    (asked,) = a_patient.ask(WRITE, patient=a_patient.id)
    other = a_person(None)
    with pytest.raises(refusals.InsufficientPrivilege):
        other.ask(
            "insert into public.secure_messages (patient_id, thread_id, subject, body)"
            " values (%(me)s, %(t)s, 'x', 'x')",
            t=asked["thread_id"],
        )


# --- consent --------------------------------------------------------------------------------------------------------


def test_a_consent_is_given_and_withdrawn_and_both_stay_on_record(a_person):
    person = a_person(None)
    give = "insert into public.consents (purpose, policy_version) values ('assistant_storage', '2026-11')"
    person.ask(give)
    with pytest.raises(refusals.UniqueViolation):
        person.ask(give)
    assert person.ask("select private.has_consent('assistant_storage') as has") == [{"has": True}]

    person.ask("update public.consents set withdrawn_at = '1999-01-01'")

    assert person.ask("select private.has_consent('assistant_storage') as has") == [{"has": False}]
    (kept,) = person.ask("select withdrawn_at > now() - interval '1 minute' as is_now from public.consents")
    assert kept["is_now"]
    person.ask(give)
