"""Requests planned, written and run against a schema of a test, without a server in front."""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

import psycopg
from psycopg import pq

from carebase.database import session as sessions
from carebase.database.pool import Login
from carebase.rest import (
    catalogue,
    loading,
    plan,
    plan_calls,
    plan_reads,
    plan_writes,
    render_calls,
    render_writes,
    tracking,
)
from carebase.rest.parsing import request as requests


@dataclass(frozen=True)
class Answer:
    """The one row of a statement."""

    body: Any
    page: int
    total: int | None
    seen: Any
    headers: str | None
    status: str | None
    location: Any = None
    inserted: int | None = None


@dataclass
class Asked:
    """A schema `api` and the role that asks; each request is a transaction of its own that is kept."""

    connection: psycopg.Connection
    known: catalogue.Catalogue
    role: str = "authenticated"
    tracked: Mapping[catalogue.Name, tuple[str, ...]] = field(default_factory=dict)
    """Key columns of tracked tables."""

    def _planned(self, method: str, path: str, body: str | bytes, headers: dict[str, str], form: plan.Form) -> Any:
        address, _, query = path.partition("?")
        request = requests.read(
            method=method,
            path=address,
            query=query,
            headers=list(headers.items()),
            body=body.encode() if isinstance(body, str) else body,
        )
        seen = {name: tracking.of_table(name, keys) for name, keys in self.tracked.items()}
        setting = plan_reads.Setting(catalogue=self.known, role=self.role, tracked=tracking.Tracking(relations=seen))
        planned = plan_calls.plan_call if request.is_function else plan_writes.plan_write
        return planned(request, setting, form=form)

    def __call__(
        self,
        method: str,
        path: str,
        body: Any = "",
        *,
        prefer: str = "",
        kind: str = "application/json",
        form: plan.Form = plan.Form.LIST,
    ) -> Answer:
        """The answer; raises what a plan refuses and, after undoing it, what its number of rows does."""
        sent = body if isinstance(body, str | bytes) else json.dumps(body)
        planned = self._planned(method, path, sent, {"Prefer": prefer, "Content-Type": kind}, form)
        is_call = isinstance(planned, plan_calls.Call)
        statement = render_calls.statement(planned) if is_call else render_writes.statement(planned)
        with self.connection.transaction():
            self.connection.execute("select set_config('role', %s, true)", [self.role])
            self.connection.execute("select set_config('search_path', '', true)")
            if is_call and planned.is_read_only:
                self.connection.execute("set transaction read only")
            values = [None if value is None else value.encode() for value in statement.values]
            result = self.connection.pgconn.exec_params(statement.text.encode(), values)
            if result.status != pq.ExecStatus.TUPLES_OK:
                raise psycopg.errors.error_from_result(result)
            assert result.ntuples == 1
            row = [result.get_value(0, at) for at in range(result.nfields)]
            page = int(row[1] or b"0")
            planned.require(page)
        return Answer(
            _json(row[0]), page, _number(row[2]), _json(row[3]), _text(row[4]), _text(row[5]),
            *([_json(row[6]), _number(row[7])] if len(row) > 6 else []),
        )  # fmt: skip

    def rows(self, query: str) -> list[tuple[Any, ...]]:
        """What the owner finds."""
        return self.connection.execute(query).fetchall()


def _text(value: bytes | None) -> str | None:
    return None if value is None else value.decode()


def _number(value: bytes | None) -> int | None:
    return None if value is None else int(value)


def _json(value: bytes | None) -> Any:
    try:
        return None if not value else json.loads(value)
    except ValueError:
        return _text(value)


async def opened(database: Any, schema: str) -> Asked:
    """The schema made and read."""
    connection = database.owner()
    connection.execute(schema)
    async with (
        database.pools(frozenset({Login.AUTHENTICATOR})) as pools,
        sessions.begin_as_login(pools[Login.AUTHENTICATOR]) as session,
    ):
        known = await loading.load(session, schemas=["api"], roles=["anon", "authenticated"])
    return Asked(connection, known)
