"""What is tried around runs, reviews, signatures and releases: patients read what was signed and released, no more."""

from __future__ import annotations

import psycopg
import pytest
from tests.security.attempts import outcome, reaches_a_row

SIGN = "insert into public.insight_signatures (run_id, signed_by) values (%({run})s, %({who})s)"
RELEASE = "insert into public.result_releases ({what}, released_by) values (%({key})s, %({who})s)"
REVIEW = (
    "insert into public.statement_reviews (run_id, statement_id, decision, reviewed_by)"
    " values (%({run})s, 'first', 'accept', %({who})s)"
)

ATTEMPTS = {
    ("signing in another's name", "attending"): SIGN.format(run="run_unsigned", who="nurse"),
    ("signing another team's run", "attending"): SIGN.format(run="other_run_unsigned", who="attending"),
    ("signing as a nurse of the team", "nurse"): SIGN.format(run="run_unsigned", who="nurse"),
    ("signing in an emergency", "emergency"): SIGN.format(run="run_unsigned", who="emergency"),
    ("signing as the patient", "patient"): SIGN.format(run="run_unsigned", who="patient"),
    ("signing as an administrator", "admin"): SIGN.format(run="run_unsigned", who="admin"),
    ("signing what is not published", "attending"): SIGN.format(run="run_unpublished", who="attending"),
    ("signing what is not the latest", "attending"): SIGN.format(run="run_signed", who="attending"),
    ("a signature over other words", "attending"): "insert into public.insight_signatures"
    " (run_id, signed_by, content_sha256) values (%(run_unsigned)s, %(attending)s, repeat('0', 64))",
    ("a signature of another time", "attending"): "insert into public.insight_signatures"
    " (run_id, signed_by, signed_at) values (%(run_unsigned)s, %(attending)s, '2000-01-01')",
    ("taking a signature back", "attending"): "delete from public.insight_signatures",
    ("moving a signature", "attending"): "update public.insight_signatures set run_id = %(run_unsigned)s",
    ("a review in another's name", "attending"): REVIEW.format(run="run_unsigned", who="nurse"),
    ("a review of another team's run", "attending"): REVIEW.format(run="other_run_unsigned", who="attending"),
    ("a review of what is signed", "attending"): REVIEW.format(run="run_signed", who="attending"),
    ("a review by the patient", "patient"): REVIEW.format(run="run_released", who="patient"),
    ("changing a review", "attending"): "update public.statement_reviews set decision = 'accept'",
    ("deleting a review", "attending"): "delete from public.statement_reviews",
    ("releasing in another's name", "attending"): RELEASE.format(what="run_id", key="run_signed", who="nurse"),
    ("releasing what is not signed", "attending"): RELEASE.format(what="run_id", key="run_unsigned", who="attending"),
    ("releasing another team's run", "attending"): RELEASE.format(
        what="run_id", key="other_run_signed", who="attending"
    ),
    ("releasing a run as a nurse", "nurse"): RELEASE.format(what="run_id", key="run_signed", who="nurse"),
    ("releasing as the patient", "patient"): RELEASE.format(what="run_id", key="run_signed", who="patient"),
    ("releasing another team's value", "attending"): RELEASE.format(
        what="observation_id", key="second_unreleased", who="attending"
    ),
    ("releasing in an emergency", "emergency"): RELEASE.format(
        what="observation_id", key="first_unreleased", who="emergency"
    ),
    (
        "releasing to another patient",
        "attending",
    ): "insert into public.result_releases (run_id, patient_id, released_by)"
    " values (%(run_signed)s, %(second_record)s, %(attending)s)",
    ("an earlier release by hand", "attending"): "update public.result_releases set release_at = now()",
    ("a release moved to another patient", "attending"): "update public.result_releases"
    " set patient_id = %(second_record)s",
    ("a delay lifted by the patient", "patient"): "update public.result_releases set withdrawn_at = null",
    ("a release deleted", "attending"): "delete from public.result_releases",
    ("the run itself, as the patient", "patient"): "select from public.insight_runs",
    ("a delayed run's statements", "patient"): "select from public.insight_statements where run_id = %(run_delayed)s",
    ("a withdrawn run's statements", "patient"): "select from public.insight_statements"
    " where run_id = %(run_withdrawn)s",
    (
        "an unsigned run's statements",
        "patient",
    ): "select from public.insight_statements where run_id = %(run_unsigned)s",
    ("a signed and unreleased run's", "patient"): "select from public.insight_texts where run_id = %(run_signed)s",
    ("what was rejected", "patient"): "select from public.insight_statements where statement_id = 'rejected'",
    ("the wording that was rejected", "patient"): "select from public.insight_texts where statement_id = 'rejected'",
    ("the wording before it was edited", "patient"): "select from public.insight_texts where statement_id = 'reworded'",
    ("another patient's run", "patient"): "select from public.insight_statements where run_id = %(other_run_released)s",
    ("a run after the proxy's time", "former proxy"): "select from public.insight_statements",
    ("an unreleased value", "patient"): "select from public.observations where id = %(first_unreleased)s",
    ("a delayed value", "patient"): "select from public.observations where id = %(first_delayed)s",
    ("a withdrawn value", "patient"): "select from public.observations where id = %(first_withdrawn)s",
    ("the case", "patient"): "select from public.cases",
    ("the case's files", "patient"): "select from public.case_files",
    ("the files' bytes", "patient"): "select from storage.objects where bucket_id <> 'patient-documents'",
    ("the insight before review", "patient"): "select from public.ai_insights",
    ("the steps", "patient"): "select from public.case_steps",
    ("clinical content, as an administrator", "admin"): "select from public.insight_runs"
    " where run_id = %(run_released)s",
    ("values, as an administrator", "admin"): "select from public.observations",
    ("allergies, as an administrator", "admin"): "select from public.allergies",
    ("files of a stranger", "specialist"): "select from storage.objects where owner = %(attending)s",
    ("moving a signed case to another team's patient", "attending"): "update public.cases"
    " set patient_id = %(second_record)s where case_id = %(attending_done)s",
    ("taking a signed case from its patient", "attending"): "update public.cases set patient_id = null"
    " where case_id = %(attending_done)s",
}


@pytest.mark.parametrize(("attempt", "who"), ATTEMPTS)
def test_it_fails(clinic, names, attempt, who):
    statement = ATTEMPTS[attempt, who]
    assert reaches_a_row(clinic, who, statement, names)
    with clinic.as_(who) as connection:
        assert outcome(connection, statement, names) in ("refused", "nothing")


@pytest.mark.parametrize(
    ("who", "statement"),
    [
        ("attending", SIGN.format(run="run_unsigned", who="attending")),
        ("nurse", REVIEW.format(run="run_unsigned", who="nurse")),
        ("attending", RELEASE.format(what="run_id", key="run_signed", who="attending")),
        ("nurse", RELEASE.format(what="observation_id", key="first_unreleased", who="nurse")),
        ("attending", "update public.result_releases set withdrawn_at = now()"),
        ("patient", "select from public.insight_texts where run_id = %(run_released)s"),
        ("proxy", "select from public.observations where id = %(first_released)s"),
        ("emergency", "select from storage.objects where owner = %(attending)s"),
        ("nurse", "select from storage.objects where owner = %(attending)s"),
    ],
)
def test_what_is_ones_right_is_done(clinic, names, who, statement):
    with clinic.as_(who) as connection:
        assert outcome(connection, statement, names) == "done"


def test_a_patient_reads_the_words_that_were_signed(clinic, names):
    """Of three statements: one as it was, one in its new words, and of the third that was rejected nothing."""
    with clinic.as_("patient") as connection:
        read = "select statement_id, text from public.{} where run_id = %(run_released)s order by 1"
        assert connection.execute(read.format("insight_texts"), names).fetchall() == [("first", "Normal.")]
        assert connection.execute(read.format("statement_reviews"), names).fetchall() == [("reworded", "Slightly low.")]


def test_a_signature_stands_for_the_results_and_the_reviews(clinic, names):
    sign = SIGN.format(run="run_unsigned", who="attending") + " returning content_sha256"
    hashes = []
    for decisions in ((), ("accept",), ("accept", "reject")):
        with clinic.as_("attending") as connection:
            for decision in decisions:
                review = REVIEW.format(run="run_unsigned", who="attending").replace("'accept'", f"'{decision}'")
                connection.execute(review, names)
            hashes.append(connection.execute(sign, names).fetchone())
    assert len(set(hashes)) == 3


def test_a_release_goes_to_the_patient_of_its_case_and_counts_from_its_time(clinic, names):
    release = RELEASE.format(what="run_id", key="run_signed", who="attending") + " returning patient_id, withdrawn_at"
    with clinic.as_("attending") as connection:
        assert connection.execute(release, names).fetchone() == (names["first_record"], None)
        connection.execute(
            "update public.result_releases set withdrawn_at = '2000-01-01' where run_id = %(run_signed)s", names
        )
        row = connection.execute(
            "select withdrawn_at = now() from public.result_releases where run_id = %(run_signed)s", names
        ).fetchone()
        assert row == (True,)


def test_a_delay_needs_a_reason(clinic, names):
    release = (
        "insert into public.result_releases (run_id, release_at, reason) values (%(run_signed)s, '2100-01-01', {})"
    )
    with clinic.as_("attending") as connection:
        with pytest.raises(psycopg.errors.CheckViolation), connection.transaction():
            connection.execute(release.format("null"), names)
        assert outcome(connection, release.format("'To be explained in person.'"), names) == "done"


@pytest.mark.parametrize(
    ("hidden", "nobodys"),
    [
        (SIGN.format(run="other_run_unpublished", who="attending"), SIGN.format(run="new", who="attending")),
        (SIGN.format(run="other_run_signed", who="attending"), SIGN.format(run="new", who="attending")),
    ],
)
def test_a_hidden_run_that_cannot_be_signed_looks_like_none(clinic, names, hidden, nobodys):
    """What stays: for a hidden run that could be signed the refusal is another one. Its key is a random uuid."""
    said = []
    with clinic.as_("attending") as connection:
        for statement in (hidden, nobodys):
            with pytest.raises(psycopg.Error) as caught, connection.transaction():
                connection.execute(statement, names)
            said.append((caught.value.sqlstate, caught.value.diag.message_primary))
    assert said[0] == said[1]
