"""Who the administrator's pages are for, and the fresh proof that their changes ask for.

In charge of asking; who administers is decided by the database. For everybody else there is nothing here.
"""

from __future__ import annotations

from typing import Annotated

from fastapi import Depends
from starlette.requests import Request

from carebase import errors
from carebase.apps.account import arriving
from carebase.auth import levels, operators
from carebase.auth.operators import Operator
from carebase.auth.requests import ReadSession, SignedInIdentity
from carebase.database.identity import Identity
from carebase.database.session import Session


async def _session(_: SignedInIdentity, session: ReadSession) -> Session:
    if not await session.value(operators.SQL["is_admin"]):
        raise errors.NotFound
    return session


AdminSession = Annotated[Session, Depends(_session, scope="function")]
"""The transaction of an administrator's request; NotFound for everybody else."""


async def demand_fresh(request: Request, identity: Identity) -> None:
    """Nothing where the person has just shown the strongest proof it has; one of `arriving.TOO_OLD` otherwise."""
    async with arriving.means_of(request).begin() as session:
        _, held = await levels.hold(session, identity)
        levels.demand_fresh(held, identity)


def operator_of(request: Request, identity: Identity) -> Operator:
    """Under whose name it is put on record."""
    return Operator(identity=identity, caller=arriving.caller_of(request))
