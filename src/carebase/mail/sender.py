"""Sends the mails that wait in the outbox, beside the server.

In charge of when: at once, then after growing pauses, until the mail server took it, its link is over or a day has
passed. Several servers share the work; one that dies leaves its mail to the others, so a mail may come twice
(under the same Message-ID) and none is lost.
"""

from __future__ import annotations

import asyncio
import time
from email.errors import MessageError
from typing import TYPE_CHECKING, Final, Self

from carebase import errors, sealing
from carebase.database import session as sessions
from carebase.mail import outbox, sending, wording
from carebase.mail.messages import Kind, Message
from carebase.mail.outbox import Claimed
from carebase.mail.sending import Delivery, NotTaken
from carebase.mail.spool import Spool
from carebase.mail.wording import Wording
from carebase.observability import Log
from carebase.settings import Settings

if TYPE_CHECKING:
    from psycopg_pool import AsyncConnectionPool

LOG = Log("mail")

PAUSE_SECONDS: Final = 1.0
LONGEST_PAUSE_SECONDS: Final = 15.0
STOP_SECONDS: Final = 10.0
SWEEP_SECONDS: Final = 3600.0
PAUSES_SECONDS: Final = (60, 300, 900, 3600, 10_800, 21_600)
"""Before the second try, the third and so on; the last one is repeated."""
LONGEST_TRIED_SECONDS: Final = 86_400


class Sender:
    """`async with Sender(pools[Login.AUTH_SERVICE], …):`. It ends after the mail it is at."""

    def __init__(self, pool: AsyncConnectionPool, *, secret: str, words: Wording, delivery: Delivery) -> None:
        self._pool, self._secret, self._words, self._delivery = pool, secret, words, delivery
        self._closing = asyncio.Event()
        self._task: asyncio.Task[None] | None = None
        self._failures = 0
        self._swept = float("-inf")

    @classmethod
    def of(cls, settings: Settings, pool: AsyncConnectionPool) -> Self:
        """To the mail server of the settings; to the spool directory where there is none."""
        delivery = sending.MailServer.of(settings) or Spool.of(settings)
        return cls(pool, secret=settings.secret, words=Wording.of(settings), delivery=delivery)

    async def __aenter__(self) -> Self:
        """Start to send."""
        for template in await asyncio.to_thread(self._words.broken):
            LOG.error("mail_template_broken", step=template)
        self._start()
        return self

    async def __aexit__(self, *exc: object) -> None:
        """Stop, within ten seconds; what was not sent waits for the next start."""
        self._closing.set()
        if self._task is not None:
            await asyncio.wait({self._task}, timeout=STOP_SECONDS)
            self._task.cancel()
            await asyncio.gather(self._task, return_exceptions=True)

    async def send_one(self) -> bool:
        """Send the mail whose turn it is; False when none waits."""
        async with sessions.begin_as_login(self._pool) as session:
            claimed = await outbox.claim(session)
        if claimed is None:
            return False
        failure = await self._tried(claimed)
        async with sessions.begin_as_login(self._pool) as session:
            if failure is None:
                await outbox.forget(session, claimed)
            elif failure.is_final:
                await outbox.give_up(session, claimed, failure=failure.reason)
            else:
                after = pause_after(claimed.tries)
                await outbox.try_again(session, claimed, after_seconds=after, failure=failure.reason)
        return True

    async def _tried(self, claimed: Claimed) -> NotTaken | None:
        """None once it is done with."""
        if claimed.kind == Kind.NONE:
            return None
        try:
            message = claimed.opened(self._secret)
            if _is_over(message, claimed):
                raise NotTaken("it was over before a mail server took it", is_final=True)
            mail = self._words.word(message, mail_id=claimed.id)
            await self._delivery.deliver(mail, mail_id=claimed.id)
        except wording.Unwordable as error:
            failure = NotTaken(f"it cannot be written: {error}", is_final=True)
        except sealing.Unsealable:
            failure = NotTaken("it was sealed with another secret", is_final=True)
        except (ValueError, TypeError, LookupError, MessageError) as error:
            # People choose the addresses; one that no library can write must not stop everybody's mail.
            failure = NotTaken("it cannot be written", is_final=True)
            failure.__cause__ = error
        except NotTaken as error:
            failure = error
        else:
            return None
        if failure.is_final:
            LOG.error("mail_given_up", cause=failure.__cause__, step=claimed.kind, attempt=claimed.tries)
        else:
            LOG.warning("mail_not_sent", step=claimed.kind, attempt=claimed.tries)
        return failure

    def _start(self) -> None:
        if not self._closing.is_set():
            self._task = asyncio.create_task(self._run(), name="mail sender")
            self._task.add_done_callback(self._tell_end)

    def _tell_end(self, task: asyncio.Task[None]) -> None:
        if not task.cancelled() and (error := task.exception()) is not None:
            LOG.error("mail_sender_stopped", cause=error)
            # The mail it stopped at has its turn later, so the others go on.
            asyncio.get_running_loop().call_later(LONGEST_PAUSE_SECONDS, self._start)

    async def _run(self) -> None:
        while not self._closing.is_set():
            if await self._has_sent():
                continue
            await self._pause()

    async def _has_sent(self) -> bool:
        try:
            if time.monotonic() - self._swept > SWEEP_SECONDS:
                await self._sweep()
            has_sent = await self.send_one()
        except (errors.CareError, TimeoutError) as error:
            self._failures += 1
            LOG.error("outbox_unavailable", cause=error.__cause__ or error, count=self._failures)
            return False
        self._failures = 0
        return has_sent

    async def _sweep(self) -> None:
        async with sessions.begin_as_login(self._pool) as session:
            await outbox.forget_old(session)
        if isinstance(self._delivery, Spool):
            try:
                await asyncio.to_thread(self._delivery.forget_old)
            except OSError as error:
                LOG.error("spool_not_swept", cause=error)
        self._swept = time.monotonic()

    async def _pause(self) -> None:
        seconds = min(PAUSE_SECONDS * 2 ** min(self._failures, 10), LONGEST_PAUSE_SECONDS)
        try:
            async with asyncio.timeout(seconds):
                await self._closing.wait()
        except TimeoutError:
            return


def pause_after(tries: int) -> int:
    """Seconds until the next try, after that many.

    >>> pause_after(1), pause_after(2), pause_after(40)
    (60, 300, 21600)
    """
    return PAUSES_SECONDS[min(tries, len(PAUSES_SECONDS)) - 1]


def _is_over(message: Message, claimed: Claimed) -> bool:
    is_link_over = bool(message.good_minutes) and claimed.age_seconds > message.good_minutes * 60
    # The first try is never too late: an operator may ask for it after a mail was given up.
    return is_link_over or (claimed.tries > 1 and claimed.age_seconds > LONGEST_TRIED_SECONDS)
