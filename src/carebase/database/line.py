"""One connection to PostgreSQL on which several commands and their end make one round trip.

Over libpq itself: for the data API, where what psycopg's cursors do for a command costs more than the command. In
charge of sending, of collecting what comes back, and of the statements this connection has prepared.
"""

from __future__ import annotations

import asyncio
import select
from collections import OrderedDict
from collections.abc import Callable, Sequence
from typing import Any, Final, TypeAlias

import psycopg
from psycopg import pq

Connection = psycopg.AsyncConnection[Any]
Value: TypeAlias = "str | bytes | None"
Command: TypeAlias = "tuple[str, Sequence[Value]]"
"""SQL with `$1`, `$2` … and their values: texts whose type PostgreSQL finds out, or bytes."""

MOST_PREPARED: Final = 256
"""Statements kept prepared on a connection; beyond it the one unused for longest is closed."""
LONGEST_PREPARED: Final = 16_384
"""Characters; a longer statement is hardly asked twice."""
BYTEA: Final = 17
CANCEL_SECONDS: Final = 5.0
GOOD: Final = frozenset({pq.ExecStatus.TUPLES_OK, pq.ExecStatus.COMMAND_OK, pq.ExecStatus.EMPTY_QUERY})
IN_TRANSACTION: Final = frozenset({pq.TransactionStatus.INTRANS, pq.TransactionStatus.INERROR})


class Lost(psycopg.OperationalError):
    """The connection broke; whether what was sent has happened is not known."""


class Line:
    """An open connection; one exchange at a time. `on_lost` is called when it breaks while nobody waits for it."""

    def __init__(self, connection: Connection, *, on_lost: Callable[[Line], None]) -> None:
        self._connection = connection
        self._pg: Final = connection.pgconn
        self._on_lost = on_lost
        self._loop = asyncio.get_running_loop()
        self._prepared: OrderedDict[str, bytes] = OrderedDict()
        self._named = 0
        self._waiting: asyncio.Future[list[pq.abc.PGresult]] | None = None
        self._results: list[pq.abc.PGresult] = []
        self._is_writing = False
        self.is_lost = False
        self._pg.nonblocking = 1
        self._pg.enter_pipeline_mode()
        self._socket = self._pg.socket
        self._arrived = select.poll()
        self._arrived.register(self._socket, select.POLLIN)
        self._loop.add_reader(self._socket, self._read)

    @property
    def is_idle(self) -> bool:
        """Whether nothing is on its way and no transaction is open."""
        return self._waiting is None and self._pg.transaction_status == pq.TransactionStatus.IDLE

    def is_alive(self) -> bool:
        """Whether the server has not ended the connection, as far as it said so until now."""
        # First comes what the server said last, then the end.
        while not self.is_lost and self._arrived.poll(0):
            self._read()
        return not self.is_lost

    @property
    def is_in_transaction(self) -> bool:
        """Whether a transaction is open, failed ones included."""
        return self._pg.transaction_status in IN_TRANSACTION

    async def exchange(self, commands: Sequence[Command]) -> list[pq.abc.PGresult]:
        """The result of each command, all of them sent together; what follows a refused one is not done.

        Raises the psycopg.Error of the first refusal, or Lost. Cancelled, the line is to be given back all the same.
        """
        if self.is_lost or self._waiting is not None:
            raise Lost("the connection is not free")
        # Before anything is sent: a text that cannot be written must leave the line as it was.
        given = [[one.encode() if isinstance(one, str) else one for one in values] for _, values in commands]
        places: list[int] = []
        preparing: dict[int, str] = {}
        self._results = []
        self._waiting = waiting = self._loop.create_future()
        try:
            sent = 0
            for (text, values), encoded in zip(commands, given, strict=True):
                types = (
                    None if bytes not in map(type, values) else [BYTEA if type(one) is bytes else 0 for one in values]
                )
                sent = self._send(text, encoded, types, sent=sent, preparing=preparing)
                places.append(sent - 1)
            self._pg.pipeline_sync()
            self._flush()
        except psycopg.OperationalError as error:
            self._lose()
            raise Lost(str(error)) from error
        results = await waiting
        if len(results) < sent:
            self._lose()
            raise Lost("the answers do not fit what was asked")
        self._note_prepared(results, preparing)
        # One more than was sent tells that the end of the transaction was refused.
        for result in results:
            if result.status not in GOOD and result.status != pq.ExecStatus.PIPELINE_ABORTED:
                raise psycopg.errors.error_from_result(result, encoding="utf-8")
        return [results[place] for place in places]

    async def settle(self) -> None:
        """Make the line usable after a cancelled exchange: what still runs is stopped, what is open undone."""
        if self._waiting is not None:
            waiting = self._waiting = self._loop.create_future()
            await self._connection.cancel_safe(timeout=CANCEL_SECONDS)
            async with asyncio.timeout(CANCEL_SECONDS):
                await waiting
        if self.is_in_transaction:
            async with asyncio.timeout(CANCEL_SECONDS):
                await self.exchange((("rollback", ()),))

    async def close(self) -> None:
        """End the connection."""
        self._lose()
        await self._connection.close()

    # --- sending -------------------------------------------------------------------------------------------------

    def _send(
        self,
        text: str,
        values: Sequence[bytes | None],
        types: Sequence[int] | None,
        *,
        sent: int,
        preparing: dict[int, str],
    ) -> int:
        """Send one command; how many results are awaited from now on."""
        formats = types and [pq.Format.BINARY if kind == BYTEA else pq.Format.TEXT for kind in types]
        if len(text) > LONGEST_PREPARED:
            self._pg.send_query_params(text.encode(), values, types, formats)
            return sent + 1
        name = self._prepared.get(text)
        if name is not None:
            self._prepared.move_to_end(text)
        else:
            if len(self._prepared) >= MOST_PREPARED:
                _, oldest = self._prepared.popitem(last=False)
                self._pg.send_close_prepared(oldest)
                sent += 1
            self._named += 1
            name = self._prepared[text] = b"s%d" % self._named
            self._pg.send_prepare(name, text.encode(), types)
            preparing[sent] = text
            sent += 1
        self._pg.send_query_prepared(name, values, formats)
        return sent + 1

    def _note_prepared(self, results: Sequence[pq.abc.PGresult], preparing: dict[int, str]) -> None:
        for place, text in preparing.items():
            if results[place].status != pq.ExecStatus.COMMAND_OK:
                self._prepared.pop(text, None)

    def _flush(self) -> None:
        is_left = self._pg.flush()
        if is_left and not self._is_writing:
            self._loop.add_writer(self._socket, self._write)
        elif not is_left and self._is_writing:
            self._loop.remove_writer(self._socket)
        self._is_writing = bool(is_left)

    def _write(self) -> None:
        try:
            self._flush()
        except psycopg.OperationalError:
            self._lose()

    # --- what comes back -----------------------------------------------------------------------------------------

    def _read(self) -> None:
        connection = self._pg
        try:
            connection.consume_input()
            if self._is_writing:
                self._flush()
            while not connection.is_busy():
                result = connection.get_result()
                if result is None:
                    # The end of one command's results, or nothing more for now.
                    result = None if connection.is_busy() else connection.get_result()
                if result is None:
                    return
                if result.status == pq.ExecStatus.PIPELINE_SYNC:
                    self._answer()
                    return
                self._results.append(result)
                if connection.status == pq.ConnStatus.BAD:
                    self._lose()
                    return
        except psycopg.OperationalError:
            self._lose()

    def _answer(self) -> None:
        waiting, self._waiting = self._waiting, None
        if waiting is not None and not waiting.done():
            waiting.set_result(self._results)

    def _lose(self) -> None:
        if self.is_lost:
            return
        self.is_lost = True
        self._loop.remove_reader(self._socket)
        if self._is_writing:
            self._loop.remove_writer(self._socket)
        waiting, self._waiting = self._waiting, None
        if waiting is None:
            self._on_lost(self)
        elif not waiting.done():
            waiting.set_exception(Lost("the connection to PostgreSQL broke"))
