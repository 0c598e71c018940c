"""Runs what a request needs in one transaction under the caller's role, and has it on record before it leaves.

In charge of the settings that functions and policies may read, of how the transaction ends, and of holding an
answer, or an error, back until the reads it tells of are durable.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from functools import lru_cache
from typing import Any, Final, Protocol

import orjson

from carebase import errors
from carebase.database import exchange
from carebase.database.exchange import Asked, Ending, Refused, Rows
from carebase.database.identity import Identity, Origin
from carebase.database.lines import Lines
from carebase.database.pool import Login
from carebase.rest import reads
from carebase.rest.configuration import Configuration
from carebase.rest.credentials import Caller
from carebase.rest.respond import Answered
from carebase.rest.schema import Known
from carebase.rest.work import Work

OWN_COOKIES: Final = "carebase_"
"""In the names of cookies that nobody but this server reads."""


class Gate(Protocol):
    """Holds an answer back until what it shows is on record."""

    async def release(self, reads: Sequence[Mapping[str, Any]], *, identity: Identity | None, origin: Origin) -> None:
        """Return once the reads are durable."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Came:
    """How the request came, for the settings of its transaction."""

    method: str
    path: str
    headers: Sequence[tuple[str, str]]
    origin: Origin


@dataclass(frozen=True, slots=True, kw_only=True)
class Runner:
    """What is needed to run anything; `key` is that of hashes in the record."""

    lines: Mapping[Login, Lines]
    gate: Gate | None
    configuration: Configuration
    key: bytes

    async def run(self, work: Work, known: Known, *, caller: Caller, came: Came) -> Answered:
        """The answer, once it may leave. Raises Refused, and RestErrors that took the transaction back."""
        asked = self._asked(work, known, caller=caller, came=came)
        require = work.require
        seen: list[Answered] = []

        def accept(results: tuple[Rows, ...]) -> None:
            seen.append(work.answered(results))
            if require is not None:
                require(seen[0].page)

        try:
            results = await exchange.ask(self.lines[caller.login], asked, accept=accept if require else None)
        except errors.CareError as error:
            # A read that ended in an error may have shown something, and the error may tell of it.
            notes = self._notes(work, seen[0]) if seen else self._failed(work, error)
            await self._release(notes, caller, came)
            raise
        answered = seen[0] if seen else work.answered(results)
        await self._release(self._notes(work, answered), caller, came)
        return answered

    def _notes(self, work: Work, answered: Answered) -> list[Mapping[str, Any]]:
        return reads.of_rows(work.read, answered.seen, key=self.key) if work.is_recorded else []

    def _failed(self, work: Work, error: errors.CareError) -> list[Mapping[str, Any]]:
        return reads.of_failure(work.read, error.sqlstate) if isinstance(error, Refused) else []

    async def _release(self, notes: Sequence[Mapping[str, Any]], caller: Caller, came: Came) -> None:
        if notes and self.gate is not None:
            await self.gate.release(notes, identity=caller.identity, origin=came.origin)

    def _asked(self, work: Work, known: Known, *, caller: Caller, came: Came) -> Asked:
        configuration, wanted = self.configuration, work.request.preferences.is_rollback
        is_undone = configuration.is_rolled_back
        if configuration.may_choose_ending and wanted is not None:
            is_undone = wanted
        hook = configuration.pre_request
        return Asked(
            role=caller.role,
            claims=caller.claims,
            statements=work.statements,
            settings=self._settings(work, known, caller=caller, came=came),
            before=None if hook is None else (hook.schema, hook.name),
            is_read_only=work.is_read_only,
            isolation=work.isolation,
            ending=Ending.ROLLBACK if is_undone else Ending.COMMIT,
            with_sessions=configuration.has_sessions,
        )

    def _settings(self, work: Work, known: Known, *, caller: Caller, came: Came) -> dict[str, str]:
        schema = work.request.profile or self.configuration.schemas[0]
        seconds = self.configuration.timeouts.get(caller.role)
        settings = {
            **({} if seconds is None else {"statement_timeout": f"{seconds}s"}),
            **known.role_settings.get(caller.role, {}),
            "search_path": _path((schema, *self.configuration.extra_search_path)),
            "request.method": came.method,
            "request.path": came.path,
            "request.headers": _headers(came),
            "request.cookies": _cookies(came),
            "carebase.request": came.origin.json,
            **self.configuration.app_settings,
        }
        if work.request.preferences.timezone is not None:
            settings["timezone"] = work.request.preferences.timezone
        if work.function is not None and work.function.statement_timeout is not None:
            settings["statement_timeout"] = work.function.statement_timeout
        return settings


def _headers(came: Came) -> str:
    headers = dict(came.headers)
    headers.pop("cookie", None)
    return orjson.dumps(headers).decode()


def _cookies(came: Came) -> str:
    written = [value for name, value in came.headers if name == "cookie"]
    if not written:
        return "{}"
    pairs = (part.strip().partition("=") for part in written[0].split(";"))
    return orjson.dumps({name: value for name, _, value in pairs if name and OWN_COOKIES not in name}).decode()


@lru_cache(maxsize=64)
def _path(schemas: tuple[str, ...]) -> str:
    return ", ".join(_quoted(name) for name in dict.fromkeys(schemas))


def _quoted(name: str) -> str:
    escaped = name.replace('"', '""')
    return f'"{escaped}"'
