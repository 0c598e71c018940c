"""Hears `NOTIFY` on one channel and wakes whoever waits for that payload.

One connection for the whole process, on the direct address: poolers in transaction mode lose
notifications. After a lost connection everybody is woken, since something may have been missed.
"""

from __future__ import annotations

import asyncio
from collections import defaultdict
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from typing import Any, Final, Self

import psycopg
from psycopg import sql

from carebase.observability import Log

PAUSE_AFTER_LOSS_SECONDS: Final = 1.0
LOG = Log("listen")


class Listener:
    """`async with Listener(conninfo, channel="case_progress") as listener:`."""

    def __init__(self, conninfo: str, *, channel: str) -> None:
        self._conninfo, self._channel = conninfo, channel
        self._waiting: dict[str, set[asyncio.Event]] = defaultdict(set)
        self._task: asyncio.Task[None] | None = None

    async def __aenter__(self) -> Self:
        """Start to listen."""
        self._task = asyncio.create_task(self._listen(), name=f"listen {self._channel}")
        return self

    async def __aexit__(self, *exc: object) -> None:
        """Stop, and wake everybody who waits."""
        if self._task is not None:
            self._task.cancel()
            await asyncio.gather(self._task, return_exceptions=True)
        self._wake_all()

    @asynccontextmanager
    async def subscribe(self, payload: str) -> AsyncIterator[asyncio.Event]:
        """An event that is set at each notification with this payload; the caller clears it."""
        event = asyncio.Event()
        self._waiting[payload].add(event)
        try:
            yield event
        finally:
            self._waiting[payload].discard(event)
            if not self._waiting[payload]:
                del self._waiting[payload]

    async def _listen(self) -> None:
        while True:
            try:
                connection: psycopg.AsyncConnection[Any] = await psycopg.AsyncConnection.connect(
                    self._conninfo, autocommit=True
                )
                async with connection:
                    await connection.execute(sql.SQL("listen {}").format(sql.Identifier(self._channel)))
                    self._wake_all()
                    async for notification in connection.notifies():
                        for event in self._waiting.get(notification.payload, ()):
                            event.set()
            except psycopg.Error as error:
                LOG.warning("listening_lost", error=type(error).__name__)
            await asyncio.sleep(PAUSE_AFTER_LOSS_SECONDS)

    def _wake_all(self) -> None:
        for events in self._waiting.values():
            for event in events:
                event.set()
