"""What a session still owes before its person gets on: to show the second factor, or to have one.

In charge of leading people there. It guards nothing: what a session at the first level may see is decided by
`private.is_staff()` in every query, whoever asks by whatever way.
"""

from __future__ import annotations

from dataclasses import dataclass
from enum import StrEnum

from carebase.auth import accounts
from carebase.auth.accounts import Accounts
from carebase.database import queries
from carebase.database.identity import Identity

SQL = queries.beside(__file__)


class Owed(StrEnum):
    """What comes next."""

    NOTHING = "nothing"
    SHOW = "show"
    """The account has a second factor that this session has not shown."""
    ENROLL = "enroll"
    """The account is staff's, has no second factor, and the site asks for one."""


@dataclass(frozen=True, slots=True)
class Standing:
    """A session as far as second factors go."""

    aal: str
    has_factor: bool
    is_staff: bool


async def owed(means: Accounts, identity: Identity) -> Owed:
    """What the session of a verified token owes; NOTHING for one that has ended, which whoever asks next will say."""
    if accounts.level_of(identity) != "aal1":
        return Owed.NOTHING
    async with means.begin() as session:
        found = await session.maybe(
            SQL["of_session"],
            Standing,
            user_id=identity.user_id,
            session_id=accounts.session_id_of(identity),
        )
    if found is None:
        return Owed.NOTHING
    if found.has_factor:
        return Owed.SHOW
    return Owed.ENROLL if found.is_staff and means.policy.is_staff_mfa_required else Owed.NOTHING
