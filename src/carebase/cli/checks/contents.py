"""Looks at what the database holds of the platform: work, mails, accounts, and the record of access."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import datetime
from typing import Final

from carebase import errors
from carebase.audit import checkpoints, vouching
from carebase.audit.checkpoint_file import CheckpointFile
from carebase.audit.checkpoints import Head
from carebase.audit.documents import Document, Kind
from carebase.cli.checks import finding
from carebase.cli.checks.finding import Finding
from carebase.database import queries, streams
from carebase.settings import LOOPBACK, Settings

SQL = queries.beside(__file__)
LONGEST_WAIT_SECONDS: Final = 600.0
LONGEST_UNSEALED_SECONDS: Final = 60.0


@dataclass(frozen=True, slots=True)
class Queue:
    """Jobs by state, and since when the first of those that could be done has waited."""

    waiting: int
    doing: int
    failed: int
    stuck: int
    oldest_seconds: float


@dataclass(frozen=True, slots=True)
class Outbox:
    """Mails that were not taken."""

    waiting: int
    given_up: int
    oldest_seconds: float


@dataclass(frozen=True, slots=True)
class People:
    """Accounts that are in use."""

    admins: int
    staff_by_one_proof: int
    invented: int


@dataclass(frozen=True, slots=True)
class Unsealed:
    """Entries of the record that wait."""

    waiting: int
    oldest_seconds: float


def look(chosen: Settings, dsn: str, *, now: datetime) -> Iterator[Finding]:
    """How the platform's own contents stand; NotMigrated where there are none."""
    with streams.reading(dsn, role="platform_owner") as owner:
        queue = owner.maybe(SQL["queue"], Queue)
        outbox = owner.maybe(SQL["outbox"], Outbox)
        people = owner.maybe(SQL["accounts"], People)
    with streams.reading(dsn, role="care_owner") as owner:
        staff_mfa = owner.value(SQL["second_factor"])
    if queue is None or outbox is None or people is None:
        raise AssertionError
    yield from _queue(queue)
    yield _outbox(outbox)
    yield from _people(chosen, people)
    yield _second_factor(chosen, people, in_force=staff_mfa)
    yield from _record(chosen, dsn, now=now)


def _queue(found: Queue) -> Iterator[Finding]:
    if found.stuck:
        yield finding.mend("queue", "queue-stuck", count=found.stuck)
    if found.oldest_seconds > LONGEST_WAIT_SECONDS:
        minutes = round(found.oldest_seconds / 60)
        yield finding.mend("queue", "queue-slow", count=found.waiting, minutes=minutes)
    elif not found.stuck:
        yield finding.well("queue", "queue-well", waiting=found.waiting, doing=found.doing)
    if found.failed:
        yield finding.note("queue", "queue-failed", count=found.failed)


def _outbox(found: Outbox) -> Finding:
    if found.given_up:
        return finding.mend("outbox", "outbox-given-up", count=found.given_up)
    if found.oldest_seconds > LONGEST_WAIT_SECONDS:
        return finding.mend("outbox", "outbox-slow", count=found.waiting, minutes=round(found.oldest_seconds / 60))
    return finding.well("outbox", "outbox-well", count=found.waiting)


def _people(chosen: Settings, found: People) -> Iterator[Finding]:
    if not found.admins:
        yield finding.note("accounts", "accounts-no-admin")
    else:
        yield finding.well("accounts", "accounts-admins", count=found.admins)
    if found.invented:
        is_open = chosen.host not in LOOPBACK or bool(chosen.site_url)
        make = finding.mend if is_open else finding.note
        yield make("demo", "demo-accounts-open" if is_open else "demo-accounts", count=found.invented)


def _second_factor(chosen: Settings, people: People, *, in_force: object) -> Finding:
    optional = "optional"
    if in_force == optional:
        return finding.note("second-factor", "second-factor-optional", count=people.staff_by_one_proof)
    if chosen.staff_mfa == optional:
        return finding.note("second-factor", "second-factor-next-start")
    return finding.well("second-factor", "second-factor-required", count=people.staff_by_one_proof)


def _record(chosen: Settings, dsn: str, *, now: datetime) -> Iterator[Finding]:
    try:
        documents = [signed.read() for signed in CheckpointFile(chosen.checkpoint_file).read()]
    except errors.CareError as error:
        yield finding.mend("checkpoints", "checkpoints-unreadable", hint=error.hint, why=str(error))
        return
    last = documents[-1] if documents else None
    end = next((one for one in reversed(documents) if one.kind is not Kind.PURGE), None)
    with streams.reading(dsn, role="audit_owner") as owner:
        head = owner.maybe(checkpoints.SQL["head"], Head)
        unsealed = owner.maybe(SQL["waiting"], Unsealed)
        first = owner.value(SQL["first_sealed"])
        known = None if end is None else owner.value(checkpoints.SQL["hash_at"], seq=end.seq, sealed_at=end.sealed_at)
    if head is None or unsealed is None:
        yield finding.mend("record", "record-headless")
        return
    if unsealed.oldest_seconds > LONGEST_UNSEALED_SECONDS:
        seconds = round(unsealed.oldest_seconds)
        yield finding.mend("record", "record-unsealed", count=unsealed.waiting, seconds=seconds)
    else:
        yield finding.well("record", "record-well", seq=head.seq, count=unsealed.waiting)
    if end is not None and not _is_continued(head, end, known=known):
        yield finding.mend("checkpoints", "checkpoints-rewritten", name=end.name)
    else:
        made = last.made_at / 1e6 if last is not None else None
        yield _age(chosen, head, made=made, first=first, signed_to=0 if end is None else end.seq, now=now)


def _is_continued(head: Head, end: Document, *, known: object) -> bool:
    if head.chain_id != end.chain_id or head.seq < end.seq:
        return False
    if head.seq == end.seq:
        return head.hash == end.hash
    is_purged = known is None and end.sealed_at < head.sealed_at - vouching.KEPT_MICROSECONDS
    return end.seq == 0 or is_purged or known == end.hash


def _age(
    chosen: Settings, head: Head, *, made: float | None, first: float | None, signed_to: int, now: datetime
) -> Finding:
    """`made` is when the last checkpoint was made, `first` when the first entry was sealed."""
    begun = first if made is None else made
    if begun is None:
        return finding.well("checkpoints", "checkpoints-none-needed")
    minutes = max(0, round((now.timestamp() - begun) / 60))
    # One is made of what was sealed since the last; without anything new there is none, however long.
    is_late = head.seq > signed_to and minutes > 2 * chosen.audit_checkpoint_minutes + 1
    if made is None:
        make = finding.mend if is_late else finding.note
        return make("checkpoints", "checkpoints-absent", path=str(chosen.checkpoint_file))
    if is_late:
        return finding.mend("checkpoints", "checkpoints-old", minutes=minutes, behind=head.seq - signed_to)
    said = "checkpoints-well" if chosen.audit_checkpoints is not None else "checkpoints-beside"
    return finding.well("checkpoints", said, minutes=minutes, seq=signed_to)
