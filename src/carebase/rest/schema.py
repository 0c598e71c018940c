"""Keeps what the server knows of the database: its catalogue, what is tracked, settings of roles.

In charge of loading it at the start and again after every `NOTIFY pgrst`; requests take whatever is there.
"""

from __future__ import annotations

import asyncio
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Final, Self

from carebase import errors
from carebase.database import queries
from carebase.database import session as sessions
from carebase.database.listen import Listener
from carebase.observability import Log
from carebase.rest import loading
from carebase.rest.catalogue import Catalogue, Name

if TYPE_CHECKING:
    from psycopg_pool import AsyncConnectionPool

SQL = queries.beside(__file__)
LOG = Log("rest")

CHANNEL: Final = "pgrst"
RELOADING: Final = ("reload schema", "reload config", "")
"""Payloads upon which everything is loaded again."""
PAUSE_AFTER_FAILURE_SECONDS: Final = 2.0


@dataclass(frozen=True, slots=True, kw_only=True)
class Tracked:
    """A table whose reads are recorded: what names a row, and which column leads to the record it belongs to."""

    keys: tuple[str, ...]
    patient_path: str | None = None

    @property
    def columns(self) -> tuple[str, ...]:
        """What a statement reports of each row: the key and, last, the column that leads to the record."""
        if self.patient_path is None or self.patient_path in self.keys:
            return self.keys
        return (*self.keys, self.patient_path)


@dataclass(frozen=True, slots=True, kw_only=True)
class Known:
    """What requests are planned with."""

    catalogue: Catalogue
    tracked: Mapping[Name, Tracked] = field(default_factory=dict)
    timezones: frozenset[str] = frozenset()
    role_settings: Mapping[str, Mapping[str, str]] = field(default_factory=dict)
    """What `alter role … set …` says, which `set role` by itself ignores."""

    def reported(self) -> dict[Name, tuple[str, ...]]:
        """The columns that statements report of tracked tables."""
        return {name: tracked.columns for name, tracked in self.tracked.items()}


@dataclass(frozen=True, slots=True)
class TrackedRow:
    """One row of `audit.tracked`."""

    relation: str
    key_columns: Sequence[str]
    patient_path: str | None


@dataclass(frozen=True, slots=True)
class RoleSetting:
    """One setting of a role."""

    role: str
    name: str
    value: str


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
        self._tasks: list[asyncio.Task[None]] = []
        self._loading = asyncio.Lock()

    async def __aenter__(self) -> Self:
        """Load, and listen from now on."""
        await self.load()
        await self._listener.__aenter__()
        self._tasks = [asyncio.create_task(self._follow(payload), name=f"catalogue {payload}") for payload in RELOADING]
        return self

    async def __aexit__(self, *exc: object) -> None:
        """Stop listening."""
        for task in self._tasks:
            task.cancel()
        await asyncio.gather(*self._tasks, return_exceptions=True)
        await self._listener.__aexit__(*exc)

    async def load(self) -> None:
        """Load everything; requests go on with what was known until it is all there."""
        async with self._loading:
            async with sessions.begin_as_login(self._pool) as session:
                zones = await loading.timezones(session)
                settings = await session.all(SQL["role_settings"], RoleSetting, roles=list(self._roles))
                catalogue = await loading.load(session, schemas=self._schemas, roles=self._roles)
            tracked: list[TrackedRow] = []
            if self._audit_pool is not None:
                async with sessions.begin_as_login(self._audit_pool) as session:
                    tracked = await session.all(SQL["tracked"], TrackedRow)
            self.known = Known(
                catalogue=catalogue,
                tracked={_name(row.relation): _tracked(row) for row in tracked},
                timezones=zones,
                role_settings=_by_role(settings),
            )

    async def _follow(self, payload: str) -> None:
        async with self._listener.subscribe(payload) as event:
            while True:
                await event.wait()
                event.clear()
                try:
                    await self.load()
                except errors.CareError as error:
                    LOG.error("catalogue_not_loaded", cause=error.__cause__ or error)
                    await asyncio.sleep(PAUSE_AFTER_FAILURE_SECONDS)
                    event.set()


def _name(relation: str) -> Name:
    schema, _, name = relation.partition(".")
    return Name(schema, name)


def _tracked(row: TrackedRow) -> Tracked:
    return Tracked(keys=tuple(row.key_columns), patient_path=row.patient_path)


def _by_role(settings: Sequence[RoleSetting]) -> dict[str, dict[str, str]]:
    found: dict[str, dict[str, str]] = {}
    for setting in settings:
        found.setdefault(setting.role, {})[setting.name] = setting.value
    return found
