"""The record loses nothing and doubles nothing, whoever is killed while two servers seal it.

`make faults KILLS=30 SEED=7` decides how often and where.
"""

from __future__ import annotations

import os

from tests.faults import record_campaign

KILLS = int(os.environ.get("KILLS", "30"))
SEED = int(os.environ.get("SEED", "1"))


async def test_after_kills_at_random_points_everything_told_is_sealed_once_and_the_chain_holds() -> None:
    outcome = await record_campaign.run(kills=KILLS, seed=SEED)

    print(f"\nseed {SEED}: {outcome}")
    assert outcome.kills.total() == KILLS
    assert outcome.told > 1000
    assert (outcome.lost, outcome.doubled, outcome.unmatched_rows, outcome.waiting) == ([], [], 0, 0)
    assert outcome.faults == []
    assert outcome.checkpoints > 0
    assert outcome.vouched_through == outcome.sealed
