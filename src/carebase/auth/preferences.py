"""The language and the time zone that a person chooses for the own account."""

from __future__ import annotations

import zoneinfo
from functools import cache
from typing import Final

from carebase.audit import log as audit
from carebase.auth import accounts, refused
from carebase.auth.accounts import Account, Accounts
from carebase.auth.callers import Caller
from carebase.database import queries
from carebase.database.identity import Identity

SQL = queries.beside(__file__)

LANGUAGES: Final = ("fr", "en")


@cache
def time_zones() -> tuple[str, ...]:
    """The zones a person may choose, as the IANA names places; `UTC` is one of them."""
    places = (
        name for name in zoneinfo.available_timezones() if "/" in name and not name.startswith(("Etc/", "SystemV/"))
    )
    return ("UTC", *sorted(places))


async def choose(
    means: Accounts, identity: Identity, *, language: str | None = None, time_zone: str | None = None, caller: Caller
) -> Account:
    """Keep what is not None. NotValid for a language without sentences and for a zone that is none."""
    if language is not None and language not in LANGUAGES:
        raise refused.NotValid(details="There are no sentences in this language.")
    if time_zone is not None and time_zone not in time_zones():
        raise refused.NotValid(details="There is no such time zone.")
    async with means.begin() as session:
        user = await accounts.signed_in(session, identity)
        await accounts.speak_as(session, user.id, accounts.session_id_of(identity))
        if await session.value(SQL["choose"], user_id=user.id, language=language, time_zone=time_zone) is None:
            raise refused.SessionNotFound
        await audit.record(
            session,
            "change_account",
            accounts.USERS,
            keys=[str(user.id)],
            request_id=caller.request_id,
            details={"address": caller.address},
        )
        return await accounts.with_ways(session, await accounts.signed_in(session, identity))
