"""No file that was answered for is lost, and rows and bytes agree, whatever is killed and whenever.

`make faults KILLS=30 UPLOADS=2000 SEED=7` decides how often, how much and where.
"""

from __future__ import annotations

import asyncio
import json
import os

import psycopg
import psycopg_pool
from tests.faults import storage_campaign
from tests.faults.served import Served, serving

from carebase.database.embedded import Embedded
from carebase.storage import sweeper
from carebase.storage.backends import filesystem

KILLS = int(os.environ.get("KILLS", "30"))
UPLOADS = int(os.environ.get("UPLOADS", "2000"))
SEED = int(os.environ.get("SEED", "1"))


def test_after_kills_at_random_points_every_stored_file_is_there_and_rows_and_bytes_agree() -> None:
    with serving() as served:
        outcome, _ = storage_campaign.run(served, kills=KILLS, seed=SEED, least_uploads=UPLOADS)

        print(f"\nseed {SEED}: {outcome}")
        assert sum(outcome.kills.values()) >= KILLS * 0.9
        assert outcome.uploads >= UPLOADS
        assert (outcome.lost, outcome.mismatched, outcome.left_over) == ([], [], [])
        cleared = asyncio.run(cleaned_up_once(served))
        found = json.loads(served.command("storage", "check", "--json"))
        print(f"cleared {cleared}; {found['objects']} objects, {found['read_bytes']} bytes read")
        assert (found["faults"], found["without_row"]) == ([], [])
        assert served.stop() == 0


async def cleaned_up_once(served: Served) -> sweeper.Swept:
    """The time of everything unfinished is over, and the sweeper goes round once."""
    cluster = await Embedded(served.data).reach()
    assert cluster is not None
    with psycopg.connect(cluster.dsn(), autocommit=True) as owner:
        owner.execute("update storage.uploads set expires_at = now() - interval '1 s'")
        owner.execute("update storage.resumable set expires_at = now() - interval '1 s'")
        owner.execute("update storage.trash set after = now() - interval '1 s'")
    pool = psycopg_pool.AsyncConnectionPool(cluster.dsn(), kwargs={"autocommit": True}, open=False)
    async with pool:
        swept = await sweeper.sweep(pool, filesystem.Filesystem(served.data / "objects"))
    with psycopg.connect(cluster.dsn(), autocommit=True) as owner:
        left = owner.execute(
            "select (select count(*) from storage.uploads) + (select count(*) from storage.resumable) "
            "+ (select count(*) from storage.resumable_parts) + (select count(*) from storage.trash)"
        ).fetchone()
    assert left == (0,)
    return swept
