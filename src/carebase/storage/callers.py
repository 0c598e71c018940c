"""Who uses Storage, and the transactions it asks in.

In charge of the login that a caller's role is reached by, and of what was read being on record before it is told.
"""

from __future__ import annotations

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass

from carebase.audit.log import ReadGate
from carebase.database import pool, session
from carebase.database.identity import Identity, Origin, Role
from carebase.database.pool import Login, Pools
from carebase.database.session import Session


@dataclass(frozen=True, slots=True, kw_only=True)
class Caller:
    """Who is asking, from where, and by what it reaches the database."""

    identity: Identity
    origin: Origin
    pools: Pools
    gate: ReadGate
    largest_bytes: int
    """Bytes that any one object may have."""
    uploads_per_hour: int
    """Objects that a person may store in an hour."""

    @asynccontextmanager
    async def begin(self, *, read_only: bool = False) -> AsyncIterator[Session]:
        """A transaction as the caller: committed, and what it read on record, when the block ends."""
        login = login_of(self.identity)
        begun = session.begin(self.pools[login], self.identity, read_only=read_only, origin=self.origin)
        reads: Session | None = None
        try:
            async with begun as asked:
                reads = asked
                yield asked
        finally:
            # A read that ended in an error has still shown rows to our code, and an error may tell of them.
            if reads is not None and reads.reads:
                await self.gate.release(tuple(reads.reads), identity=self.identity, origin=self.origin)


def login_of(identity: Identity) -> pool.Login:
    """The login that may become the identity's role; the service key's has a pool of its own."""
    return Login.SERVICE_GATEWAY if identity.role is Role.SERVICE else Login.AUTHENTICATOR
