"""The short form of the fault campaign: app, worker and PostgreSQL are each killed once while cases arrive."""

from __future__ import annotations

from tests.faults import campaign
from tests.faults.served import a_doctor, serving


def test_killing_app_worker_and_postgresql_loses_nothing_that_was_accepted() -> None:
    with serving() as served:
        doctor = a_doctor(served)

        outcome = campaign.run(served, doctor, kills=3, seed=7)

        assert outcome.kills == {"app": 1, "worker": 1, "postmaster": 1}
        assert outcome.accepted
        assert (outcome.lost, outcome.mismatched, outcome.stuck, outcome.without_insight) == ([], [], [], [])
        assert campaign.published_more_than_once(served) == 0
        assert served.stop() == 0
