"""The short form of the record's fault campaign: a sealer, the people's server and PostgreSQL are killed."""

from __future__ import annotations

from tests.faults import record_campaign


async def test_two_servers_seal_one_record_and_nothing_told_is_lost_or_doubled_when_they_are_killed() -> None:
    outcome = await record_campaign.run(kills=4, seed=3, pauses=(0.1, 0.5))

    assert outcome.kills == {"sealer": 1, "sealers at work": 1, "people": 1, "postmaster": 1}
    assert outcome.told > 0
    assert (outcome.lost, outcome.doubled, outcome.unmatched_rows, outcome.waiting) == ([], [], 0, 0)
    assert outcome.faults == []
    assert outcome.vouched_through == outcome.sealed
