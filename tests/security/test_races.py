"""What must be true of one row, or of one more or less, when many ask for it at the same moment."""

from __future__ import annotations

import threading
from collections import Counter
from collections.abc import Callable, Sequence
from concurrent.futures import ThreadPoolExecutor
from typing import Any

import psycopg
import pytest
from tests.security.actors import become
from tests.security.clinic import Clinic


def at_once(clinic: Clinic, people: Sequence[str], do: Callable[[psycopg.Connection, int], Any]) -> Counter[str]:
    """What came of everybody's transaction, begun together and committed: what it returned, or the SQLSTATE."""
    ready = threading.Barrier(len(people))

    def one(place: int) -> str:
        actor = clinic.actor(people[place])
        with psycopg.connect(clinic.database.login_dsn(actor.login)) as connection:
            become(connection, actor)
            ready.wait(timeout=60)
            try:
                found = do(connection, place)
                connection.commit()
            except psycopg.Error as error:
                connection.rollback()
                return str(error.sqlstate)
            return str(found)

    with ThreadPoolExecutor(len(people)) as threads:
        return Counter(threads.map(one, range(len(people))))


def test_of_fifty_who_book_the_same_hour_one_gets_it(clinic, names):
    hour = "select lower(during) from public.slots join public.providers p using (provider_no) where p.account_id = %s"
    (begins,) = clinic.owner.execute(hour, [names["attending"]]).fetchone()

    def book(connection: psycopg.Connection, _place: int) -> int:
        return connection.execute(
            "insert into public.appointments (provider_name, provider_no, appointment_type, scheduled_at)"
            " select display_name, provider_no, 'visit', %s from public.providers where account_id = %s",
            [begins, names["attending"]],
        ).rowcount

    outcomes = at_once(clinic, ["patient", "another patient"] * 25, book)
    assert outcomes == {"1": 1, "23P01": 49}
    held = "select count(*) from public.appointments where scheduled_at = %s"
    assert clinic.owner.execute(held, [begins]).fetchone() == (1,)


def test_of_many_who_open_the_same_hours_one_does(clinic, names):
    def open_hours(connection: psycopg.Connection, _place: int) -> int:
        return connection.execute(
            "insert into public.slots (provider_no, during)"
            " select provider_no, tstzrange('2090-01-01', '2090-01-02') from public.providers where account_id = %s",
            [names["attending"]],
        ).rowcount

    assert at_once(clinic, ["attending"] * 10, open_hours) == {"1": 1, "23P01": 9}


def test_of_two_attendings_who_leave_at_once_one_stays(clinic, names):
    leave = "delete from public.care_team where patient_id = %s and provider_id = auth.uid()"
    for _ in range(5):
        clinic.owner.execute(
            "insert into public.care_team (patient_id, provider_id, role) values"
            " (%(first_record)s, %(attending)s, 'attending'), (%(first_record)s, %(another_attending)s, 'attending')"
            " on conflict (patient_id, provider_id) do update set role = 'attending'",
            names,
        )
        outcomes = at_once(
            clinic,
            ["attending", "another attending"],
            lambda connection, _place: connection.execute(leave, [names["first_record"]]).rowcount,
        )
        assert outcomes == {"1": 1, "CA409": 1}


def test_a_team_is_begun_once(clinic, names):
    """Also where its opener asks many times at the same moment."""
    begin = "insert into public.care_team (patient_id, provider_id, role) values (%s, auth.uid(), 'attending')"
    outcomes = at_once(
        clinic,
        ["attending"] * 10,
        lambda connection, _place: connection.execute(begin, [names["opened_record"]]).rowcount,
    )
    assert outcomes["1"] == 1
    assert set(outcomes) <= {"1", "23505", "42501"}


def test_an_invitation_that_many_redeem_at_once_opens_one_way(clinic, names):
    clinic.owner.execute(
        "insert into public.invitations (patient_id, relation, invited_by, token_sha256, access_until)"
        " values (%(second_record)s, 'parent', %(another_attending)s, sha256('at once'), '2100-01-01')",
        names,
    )
    redeem = "select private.redeem_invitation('at once', '1980-01-01')"
    outcomes = at_once(
        clinic,
        ["without a role", "former proxy", "specialist", "nurse"] * 3,
        lambda connection, _place: connection.execute(redeem).fetchone()[0],
    )
    assert outcomes == {"redeemed": 1, "not_valid": 11}


def test_wrong_birth_dates_are_counted_one_by_one(clinic, names):
    clinic.owner.execute(
        "insert into public.invitations (patient_id, relation, invited_by, token_sha256, access_until)"
        " values (%(second_record)s, 'parent', %(another_attending)s, sha256('guessed'), '2100-01-01')",
        names,
    )
    guess = "select private.redeem_invitation('guessed', '1999-09-09')"
    outcomes = at_once(
        clinic, ["without a role"] * 12, lambda connection, _place: connection.execute(guess).fetchone()[0]
    )
    assert outcomes == {"wrong_birth_date": 5, "not_valid": 7}


@pytest.mark.parametrize("statement", ["accept", "reject"])
def test_nothing_is_said_of_a_run_after_its_signature(clinic, names, statement):
    """A review and a signature at the same moment: what was signed holds exactly the reviews that there are."""
    run = clinic.makings.runs["attending" if statement == "accept" else "another attending", "unsigned"]
    who = "attending" if statement == "accept" else "another attending"

    def either(connection: psycopg.Connection, place: int) -> str:
        if place == 0:
            connection.execute("insert into public.insight_signatures (run_id) values (%s)", [run])
            return "signed"
        connection.execute(
            "insert into public.statement_reviews (run_id, statement_id, decision) values (%s, 'first', %s)",
            [run, statement],
        )
        return "reviewed"

    outcomes = at_once(clinic, [who] * 6, either)
    assert outcomes["signed"] == 1
    assert set(outcomes) <= {"signed", "reviewed", "CA409"}
    asked = "select content_sha256 = private.content_sha256(run_id) from public.insight_signatures where run_id = %s"
    assert clinic.owner.execute(asked, [run]).fetchone() == (True,)
