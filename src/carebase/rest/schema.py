"""Keeps what the server knows of the database: its catalogue, what is tracked, settings of roles.

In charge of loading it at the start and again after every `NOTIFY pgrst`; requests take whatever is there.
"""

from __future__ import annotations

import asyncio
from collections.abc import Mapping, Sequence
from contextlib import AsyncExitStack, suppress
from dataclasses import dataclass, field, replace
from typing import TYPE_CHECKING, Final, Self, assert_never

from carebase import errors
from carebase.database import queries
from carebase.database import session as sessions
from carebase.database.listen import Listener
from carebase.observability import Log
from carebase.rest import loading
from carebase.rest.catalogue import (
    ByKey,
    Catalogue,
    Computed,
    Name,
    Relationship,
    ThroughJunction,
    Visible,
)

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


@dataclass(frozen=True, slots=True)
class Unrecorded:
    """A view or function that shows tracked rows without saying which."""

    schema: str
    name: str
    is_function: bool


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
                zones = await loading.timezones(session)
                settings = await session.all(SQL["role_settings"], RoleSetting, roles=list(self._roles))
                catalogue = await loading.load(session, schemas=self._schemas, roles=self._roles)
            tracked: list[TrackedRow] = []
            if self._audit_pool is not None:
                async with sessions.begin_as_login(self._audit_pool) as session:
                    tracked = await session.all(SQL["tracked"], TrackedRow)
                    hidden = await session.all(SQL["unrecorded"], Unrecorded, schemas=list(self._schemas))
                catalogue = without(
                    catalogue,
                    tables=frozenset(Name(one.schema, one.name) for one in hidden if not one.is_function),
                    functions=frozenset(Name(one.schema, one.name) for one in hidden if one.is_function),
                )
            self.known = Known(
                catalogue=catalogue,
                tracked={_name(row.relation): _tracked(row) for row in tracked},
                timezones=zones,
                role_settings=_by_role(settings),
            )

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


def without(catalogue: Catalogue, *, tables: frozenset[Name], functions: frozenset[Name]) -> Catalogue:
    """The catalogue in which these relations and functions are not there: no route, embed or hint leads to them."""
    relationships = {
        origin: tuple(one for one in found if not _leads_to(one, tables, functions))
        for origin, found in catalogue.relationships.items()
        if origin not in tables
    }
    return replace(
        catalogue,
        tables={
            name: replace(
                table, computed={word: one for word, one in table.computed.items() if one.function not in functions}
            )
            for name, table in catalogue.tables.items()
            if name not in tables
        },
        relationships=relationships,
        functions={name: overloads for name, overloads in catalogue.functions.items() if name not in functions},
        visible={
            role: Visible(tables=seen.tables - tables, functions=seen.functions - functions)
            for role, seen in catalogue.visible.items()
        },
    )


def _leads_to(relationship: Relationship, tables: frozenset[Name], functions: frozenset[Name]) -> bool:
    match relationship:
        case ByKey(target=target):
            return target in tables
        case ThroughJunction(target=target, junction=junction):
            return target in tables or junction in tables
        case Computed(target=target, function=function):
            return target in tables or function in functions
        case _:
            assert_never(relationship)


async def _end(tasks: Sequence[asyncio.Task[None]]) -> None:
    for task in tasks:
        task.cancel()
    await asyncio.gather(*tasks, return_exceptions=True)


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
