"""Two copies of the whole on one database: every case is analysed once, whichever worker takes it."""

from __future__ import annotations

import shutil
import tempfile
import threading
import time
from collections.abc import Iterator
from pathlib import Path

import pytest
from tests.faults import reports
from tests.faults.served import Doctor, Served, a_doctor
from tests.integration.conftest import SECRET, Database

CASES_OF_EACH = 15


@pytest.fixture
def copies(database: Database) -> Iterator[tuple[Served, Served]]:
    place = Path(tempfile.mkdtemp(prefix="carebase-copies-"))
    options = {"DATABASE_URL": database.owner_dsn, "JWT_SECRET": SECRET}
    first, second = (Served(place / "data", options=options) for _ in range(2))
    try:
        first.start()
        second.start()
        yield first, second
    finally:
        first.end()
        second.end()
        shutil.rmtree(place, ignore_errors=True)


@pytest.mark.parametrize("cluster", ["18"], indirect=True)
def test_two_copies_share_the_work_and_a_killed_worker_is_made_up_for(copies, database):
    first, second = copies
    amy = a_doctor(first)
    # The same person, signed in at the other copy.
    amy_there = Doctor(second, amy._email)
    amy_there.sign_in()

    def open_cases(doctor: Doctor) -> None:
        for number in range(CASES_OF_EACH):
            doctor.open_case(number, {"labs.pdf": reports.lab_report(number)})

    openers = [threading.Thread(target=open_cases, args=(doctor,)) for doctor in (amy, amy_there)]
    for opener in openers:
        opener.start()
    worker = first.process_of("worker")
    assert worker is not None
    worker.kill()
    for opener in openers:
        opener.join()

    with database.owner() as owner:
        until = time.monotonic() + 60
        waiting = "select count(*) from public.cases where status = 'processing'"
        while owner.execute(waiting).fetchone() != (0,) and time.monotonic() < until:
            time.sleep(0.1)
        ended = owner.execute("select status, count(*) from public.cases group by status").fetchall()
        published = owner.execute(
            "select count(*), count(distinct (case_id, analysis_no)) from public.insight_runs "
            "where published_at is not null"
        ).fetchone()
    assert ended == [("completed", 2 * CASES_OF_EACH)]
    assert published == (2 * CASES_OF_EACH, 2 * CASES_OF_EACH)
    assert (first.stop(), second.stop()) == (0, 0)
