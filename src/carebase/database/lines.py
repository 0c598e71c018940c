"""The lines to PostgreSQL that the data API's requests take in turns: a pool with nothing between asker and libpq.

In charge of their number, of who comes next, and of replacing what broke. Opened at the start: opened lazily under load
they would be many at once.
"""

from __future__ import annotations

import asyncio
from collections import deque
from collections.abc import Coroutine
from typing import Any, Final, Self

import psycopg

from carebase import errors
from carebase.database.line import Line
from carebase.observability import Log

LOG = Log("database")

WAIT_SECONDS: Final = 5.0
"""How long a request waits for its turn."""


class Lines:
    """`size` lines. `async with Lines(…) as lines:` opens them; `take` lends one, `give_back` takes it back."""

    def __init__(self, conninfo: str, *, size: int) -> None:
        self._conninfo, self._size = conninfo, size
        self._free: deque[Line] = deque()
        self._waiting: deque[tuple[float, asyncio.Future[Line | None]]] = deque()
        """Who waits, and until when; the first waits longest."""
        self._alarm: asyncio.TimerHandle | None = None
        """One for all who wait: most get their turn before it."""
        self._open = 0
        """Lines that are there or on their way."""
        self._tasks: set[asyncio.Task[None]] = set()
        self._is_closed = False

    async def __aenter__(self) -> Self:
        """Open every line; Unavailable when the server is not there."""
        try:
            for _ in range(self._size):
                self._free.append(await self._opened())
        except psycopg.OperationalError as error:
            await self.__aexit__()
            raise errors.Unavailable(hint="PostgreSQL does not answer; `carebase status` tells more.") from error
        return self

    async def __aexit__(self, *exc: object) -> None:
        """Close every line that nobody uses, and each of the others when it comes back."""
        self._is_closed = True
        if self._alarm is not None and not self._waiting:
            self._alarm.cancel()
        if self._tasks:
            await asyncio.gather(*self._tasks, return_exceptions=True)
        while self._free:
            await self._free.popleft().close()

    async def take(self) -> Line:
        """A line, to be given back whatever happens. Raises Unavailable, psycopg.OperationalError."""
        while self._free:
            line = self._free.pop()
            if line.is_alive():
                return line
            self._forget()
            self._later(line.close())
        if self._open < self._size:
            return await self._opened()
        loop = asyncio.get_running_loop()
        waiting: asyncio.Future[Line | None] = loop.create_future()
        until = loop.time() + WAIT_SECONDS
        self._waiting.append((until, waiting))
        if self._alarm is None:
            self._alarm = loop.call_at(until, self._refuse_late)
        try:
            line_or_turn = await waiting
        except asyncio.CancelledError:
            if waiting.done() and not waiting.cancelled() and waiting.exception() is None:
                self._pass_on(waiting.result())
            raise
        return await self._opened() if line_or_turn is None else line_or_turn

    def _refuse_late(self) -> None:
        """Refuse who has waited too long, and look again when the next one will have."""
        self._alarm = None
        loop = asyncio.get_running_loop()
        while self._waiting:
            until, waiting = self._waiting[0]
            if waiting.done():
                self._waiting.popleft()
            elif until <= loop.time():
                self._waiting.popleft()
                waiting.set_exception(
                    errors.Unavailable(hint="No database connection is free; try again.", retry_after_seconds=1)
                )
            else:
                self._alarm = loop.call_at(until, self._refuse_late)
                return

    async def _opened(self) -> Line:
        self._open += 1
        try:
            connection = await psycopg.AsyncConnection.connect(self._conninfo, autocommit=True)
        except BaseException:
            self._forget()
            raise
        return Line(connection, on_lost=self._lost)

    def give_back(self, line: Line) -> None:
        """The line is the next one's; what it left open is undone first."""
        if line.is_lost or self._is_closed:
            self._forget()
            self._later(line.close())
        elif line.is_idle:
            self._pass_on(line)
        else:
            self._later(self._settled(line))

    async def _settled(self, line: Line) -> None:
        try:
            await line.settle()
        except (psycopg.Error, TimeoutError) as error:
            LOG.error("connection_given_up", cause=error)
        if line.is_lost or not line.is_idle:
            await line.close()
            self._forget()
        else:
            self._pass_on(line)

    def _pass_on(self, line: Line | None) -> None:
        """The line, or the right to open one, to whoever waits longest."""
        while self._waiting:
            _, waiting = self._waiting.popleft()
            if not waiting.done():
                waiting.set_result(line)
                return
        if line is not None:
            self._free.append(line)

    def _forget(self) -> None:
        self._open -= 1
        self._pass_on(None)

    def _lost(self, line: Line) -> None:
        """A line broke that nobody was using."""
        if line in self._free:
            self._free.remove(line)
            self._forget()
            self._later(line.close())

    def _later(self, work: Coroutine[Any, Any, None]) -> None:
        task = asyncio.create_task(work)
        self._tasks.add(task)
        task.add_done_callback(self._tasks.discard)
