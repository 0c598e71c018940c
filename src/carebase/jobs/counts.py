"""How much work waits, for people who look after the server."""

from __future__ import annotations

from dataclasses import dataclass

from carebase.database import queries
from carebase.database import session as sessions
from carebase.database.pool import Login, Pools

SQL = queries.beside(__file__)


@dataclass(frozen=True, slots=True)
class Counts:
    """Jobs by state; those that ended well are not kept."""

    waiting: int
    doing: int
    failed: int
    server_version: str


async def read(pools: Pools) -> Counts:
    """The counts of this moment."""
    async with sessions.begin_as_login(pools[Login.CARE_QUEUE]) as session:
        return await session.one(SQL["counts"], Counts)
