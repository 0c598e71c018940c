"""Keeps what the server knows of the database: its catalogue, what is tracked, settings of roles.

In charge of loading it at the start and again after every `NOTIFY pgrst`; requests take whatever is there.
"""

from __future__ import annotations

import asyncio
from collections.abc import Mapping, Sequence
from contextlib import AsyncExitStack, suppress
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Final, Self

from carebase import errors
from carebase.database import queries
from carebase.database import session as sessions
from carebase.database.listen import Listener
from carebase.database.session import Session
from carebase.observability import Log
from carebase.rest import loading, registry
from carebase.rest.catalogue import Catalogue
from carebase.rest.tracking import Tracking

if TYPE_CHECKING:
    from psycopg_pool import AsyncConnectionPool

SQL = queries.beside(__file__)
LOG = Log("rest")

CHANNEL: Final = "pgrst"
RELOADING: Final = ("reload schema", "reload config", "")
"""Payloads upon which everything is loaded again."""
PAUSE_AFTER_FAILURE_SECONDS: Final = 2.0
LISTENING_WITHIN_SECONDS: Final = 5.0


@dataclass(frozen=True, slots=True, kw_only=True)
class Known:
    """What requests are planned with."""

    catalogue: Catalogue
    tracked: Tracking = field(default_factory=Tracking)
    timezones: frozenset[str] = frozenset()
    role_settings: Mapping[str, Mapping[str, str]] = field(default_factory=dict)
    """What `alter role … set …` says, which `set role` by itself ignores."""


@dataclass(frozen=True, slots=True)
class RoleSetting:
    """One setting of a role."""

    role: str
    name: str
    value: str


@dataclass(frozen=True, slots=True)
class Timezone:
    """A time zone PostgreSQL knows."""

    name: str


async def timezones(session: Session) -> frozenset[str]:
    """The names of the time zones that may be asked for."""
    return frozenset(zone.name for zone in await session.all(SQL["timezones"], Timezone))


class Kept:
    """`async with Kept(pool, …) as kept:` holds what is known in `kept.known`, loaded before the block begins."""

    known: Known

    def __init__(
        self,
        pool: AsyncConnectionPool,
        *,
        conninfo: str,
        schemas: Sequence[str],
        roles: Sequence[str],
        audit_pool: AsyncConnectionPool | None,
    ) -> None:
        self._pool, self._audit_pool = pool, audit_pool
        self._schemas, self._roles = schemas, roles
        self._listener = Listener(conninfo, channel=CHANNEL)
        self._stack = AsyncExitStack()
        self._loading = asyncio.Lock()

    async def __aenter__(self) -> Self:
        """Listen first, so that nothing is missed, then load."""
        async with AsyncExitStack() as stack:
            heard = [await stack.enter_async_context(self._listener.subscribe(payload)) for payload in RELOADING]
            await stack.enter_async_context(self._listener)
            with suppress(TimeoutError):
                # Everybody is woken once the connection is there; without it there is still a first load.
                await asyncio.wait_for(heard[0].wait(), LISTENING_WITHIN_SECONDS)
            for event in heard:
                event.clear()
            await self.load()
            following = [asyncio.create_task(self._follow(event), name="catalogue") for event in heard]
            stack.push_async_callback(_end, following)
            self._stack = stack.pop_all()
        return self

    async def __aexit__(self, *exc: object) -> None:
        """Stop listening."""
        await self._stack.aclose()

    async def load(self) -> None:
        """Load everything; requests go on with what was known until it is all there."""
        async with self._loading:
            async with sessions.begin_as_login(self._pool) as session:
                zones = await timezones(session)
                settings = await session.all(SQL["role_settings"], RoleSetting, roles=list(self._roles))
                catalogue = await loading.load(session, schemas=self._schemas, roles=self._roles)
            tracking = Tracking()
            if self._audit_pool is not None:
                async with sessions.begin_as_login(self._audit_pool) as session:
                    found = await registry.load(session)
                catalogue, tracking = await asyncio.to_thread(registry.applied, found, catalogue)
            self.known = Known(catalogue=catalogue, tracked=tracking, timezones=zones, role_settings=_by_role(settings))

    async def _follow(self, heard: asyncio.Event) -> None:
        while True:
            await heard.wait()
            heard.clear()
            try:
                await self.load()
            except errors.CareError as error:
                LOG.error("catalogue_not_loaded", cause=error.__cause__ or error)
                await asyncio.sleep(PAUSE_AFTER_FAILURE_SECONDS)
                heard.set()


async def _end(tasks: Sequence[asyncio.Task[None]]) -> None:
    for task in tasks:
        task.cancel()
    await asyncio.gather(*tasks, return_exceptions=True)


def _by_role(settings: Sequence[RoleSetting]) -> dict[str, dict[str, str]]:
    found: dict[str, dict[str, str]] = {}
    for setting in settings:
        found.setdefault(setting.role, {})[setting.name] = setting.value
    return found
