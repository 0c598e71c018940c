"""`carebase audit`: the record of access checked, read out, signed, and what is past its time removed."""

from __future__ import annotations

import asyncio
import contextlib
import getpass
import gzip
import os
import sys
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from datetime import UTC, date, datetime, time
from pathlib import Path
from typing import IO, Any, Final, cast
from uuid import UUID

import click

from carebase import errors, observability, settings
from carebase.audit import export as exporting
from carebase.audit import purge as purging
from carebase.audit import sealer, signing
from carebase.audit import verify as verifying
from carebase.audit.checkpoint_file import CheckpointFile, FileLocked
from carebase.audit.checkpoints import Checkpoints
from carebase.audit.documents import Signed
from carebase.audit.verify import Report
from carebase.cli import runtime
from carebase.database.pool import Login, Pools
from carebase.settings import Settings

EXIT_BROKEN: Final = 3
LONGEST_REASON: Final = 500
LOCK_TRIES: Final = 50
LOCK_PAUSE_SECONDS: Final = 0.2

a_file = click.Path(path_type=Path, dir_okay=False)
a_day = click.DateTime(["%Y-%m-%d"])
a_time = click.DateTime(["%Y-%m-%d", "%Y-%m-%dT%H:%M", "%Y-%m-%dT%H:%M:%S"])


class NotWritten(errors.SetupError):
    """The file of an export cannot be made."""

    code, message = "not_written", "The export cannot be written there."
    exit_code = 73  # EX_CANTCREAT of sysexits.h


@click.group("audit")
def command() -> None:
    """The record of access."""


@command.command("verify")
@click.option("--offline", type=a_file, metavar="DUMP", help="Check what `audit export` wrote; no database is used.")
@click.option("--checkpoints", "checkpoints", type=a_file, metavar="FILE", help="The signed checkpoints.")
@click.option("--public-key", "given", multiple=True, metavar="KEY", help="Base64 or a file; may be repeated.")
@runtime.data_option
@runtime.json_option
@runtime.explained
def verify(
    *, offline: Path | None, checkpoints: Path | None, given: tuple[str, ...], data: Path | None, as_json: bool
) -> None:
    """Check the whole record and name the first row that is wrong.

    Exit codes: 0 intact, 3 not intact, 65 a file cannot be read as what it should be, 75 the database does not
    answer, 78 a setting or a key is wrong.
    """
    observability.start(quiet=True)
    keys = frozenset(signing.public_key(each) for each in given)
    with _progress("checked") as progress:
        if offline is not None:
            found = [] if checkpoints is None else _documents(checkpoints)
            report = verifying.of_dump(offline, found=found, keys=keys, progress=progress)
        else:
            chosen = runtime.read_settings(data=data)
            report = runtime.run_async(_verify(chosen, checkpoints=checkpoints, keys=keys, progress=progress))
    if as_json:
        runtime.print_json(verifying.as_json(report))
    else:
        click.echo("\n".join(_in_words(report)))
    if not report.is_intact:
        sys.exit(EXIT_BROKEN)


@command.command("export")
@click.option(
    "--output", type=a_file, metavar="FILE", help="Where to write, gzip when it ends in .gz; else standard output."
)
@click.option("--format", "form", type=click.Choice([form.value for form in exporting.Format]), default="jsonl")
@click.option("--since", type=a_time, help="From this time on (UTC).")
@click.option("--until", type=a_time, help="Before this time (UTC).")
@click.option("--patient", type=click.UUID, help="What concerns this record.")
@click.option("--actor", help="What this account did, or this login where it was no account.")
@runtime.data_option
@runtime.json_option
@runtime.explained
def export(
    *,
    output: Path | None,
    form: str,
    since: datetime | None,
    until: datetime | None,
    patient: UUID | None,
    actor: str | None,
    data: Path | None,
    as_json: bool,
) -> None:
    """Write the record, or a part of it, as JSON lines or CSV. That it was read out is recorded.

    Exit codes: 0 written, 73 the file cannot be made, 75 the database does not answer, 78 a setting is wrong.
    """
    observability.start(quiet=True)
    if as_json and output is None:
        raise click.UsageError("--json needs --output: standard output holds the entries.")
    part = exporting.Part(since=_utc(since), until=_utc(until), patient=patient, actor=actor)
    chosen = runtime.read_settings(data=data)
    with _progress("written") as progress, _output(output) as out:
        count = runtime.run_async(_export(chosen, out, part, form=exporting.Format(form), progress=progress))
    if as_json:
        runtime.print_json({"entries": count, "whole": part.is_whole, "output": str(output)})
    else:
        click.echo(f"{count} entries written.", err=True)


@command.command("checkpoint")
@click.option("--after-restore", "reason", metavar="REASON", help="A backup was put back; why.")
@runtime.data_option
@runtime.json_option
@runtime.explained
def checkpoint(*, reason: str | None, data: Path | None, as_json: bool) -> None:
    """Seal what waits and sign where the record ends now.

    Exit codes: 0 signed, or nothing new to sign, 65 the record does not continue what was signed, 75 the database or
    one of those that checkpoints are sent to does not answer, 78 a setting, the key or the file is wrong.
    """
    observability.start(quiet=True)
    if reason is not None and not 0 < len(reason.strip()) <= LONGEST_REASON:
        raise click.UsageError(f"REASON is a sentence of at most {LONGEST_REASON} characters.")
    signed, failed = runtime.run_async(_checkpoint(runtime.read_settings(data=data), reason=reason))
    if as_json:
        runtime.print_json({"signed": None if signed is None else _described(signed), "not_sent": failed})
    elif signed is None:
        click.echo("Nothing was sealed since the last checkpoint.")
    else:
        for name, value in _described(signed).items():
            click.echo(f"{name:<15} {value}")
    if failed:
        click.echo("carebase: A checkpoint could not be sent; the file has it, and it is sent again.", err=True)
        sys.exit(runtime.EXIT_TEMPORARY)


@command.command("purge")
@click.option("--before", type=a_day, required=True, help="Remove whole months that ended before this day (UTC).")
@runtime.data_option
@runtime.json_option
@runtime.explained
def purge(*, before: datetime, data: Path | None, as_json: bool) -> None:
    """Remove whole months that are older than six years, and sign what was removed.

    Exit codes: 0 removed, or nothing that old, 65 it must still be kept, 75 the database does not answer, 78 a
    setting, the key or the file is wrong.
    """
    observability.start(quiet=True)
    done = runtime.run_async(_purge(runtime.read_settings(data=data), before.date()))
    if as_json:
        removed = {"rows": 0} if done is None else {"rows": done[0].rows, **_described(done[1])}
        runtime.print_json(removed)
    elif done is None:
        click.echo("There is no month that old.")
    else:
        click.echo(f"{done[0].rows} entries removed, up to row {done[0].through_seq}; the removal is signed.")


async def _verify(
    chosen: Settings, *, checkpoints: Path | None, keys: frozenset[bytes], progress: verifying.Progress | None
) -> Report:
    # Read before the database is looked at: what was signed by then must be in it.
    found = _documents(checkpoints) if checkpoints is not None else CheckpointFile(chosen.checkpoint_file).read()
    if not keys and chosen.audit_key_file.exists():
        keys = frozenset({signing.public_half(signing.key_at(chosen.audit_key_file))})
    async with runtime.database(chosen) as dsn:
        return await asyncio.to_thread(verifying.of_database, dsn, found=found, keys=keys, progress=progress)


async def _export(
    chosen: Settings,
    out: IO[bytes],
    part: exporting.Part,
    *,
    form: exporting.Format,
    progress: verifying.Progress | None,
) -> int:
    async with runtime.database(chosen) as dsn:
        return await asyncio.to_thread(
            exporting.export, dsn, out, part=part, form=form, by=_operator(), progress=progress
        )


async def _checkpoint(chosen: Settings, *, reason: str | None) -> tuple[Signed | None, int]:
    login = frozenset({Login.AUDIT_SEALER})
    async with runtime.database(chosen) as dsn, Pools(owner_dsn=dsn, secret=chosen.secret, logins=login) as pools:
        pool = pools[Login.AUDIT_SEALER]
        checkpoints = Checkpoints.of(chosen, pool)
        await sealer.seal_all(pool)
        signed = await _unlocked(
            checkpoints.make if reason is None else lambda: checkpoints.make_after_restore(reason.strip())
        )
        return signed, await checkpoints.send()


async def _purge(chosen: Settings, before: date) -> tuple[purging.Removed, Signed] | None:
    login = frozenset({Login.AUDIT_SEALER})
    async with runtime.database(chosen) as dsn:
        done = await asyncio.to_thread(
            purging.purge,
            dsn,
            before=datetime.combine(before, time(), UTC),
            file=chosen.checkpoint_file,
            key=chosen.audit_key_file,
        )
        async with Pools(owner_dsn=dsn, secret=chosen.secret, logins=login) as pools:
            checkpoints = Checkpoints.of(chosen, pools[Login.AUDIT_SEALER])
            await checkpoints.copy()
            await checkpoints.send()
        return done


async def _unlocked(make: Callable[[], Any]) -> Signed | None:
    """What `make` brings, waiting for another process that is making a checkpoint."""
    for _ in range(LOCK_TRIES):
        with contextlib.suppress(FileLocked):
            return cast("Signed | None", await make())
        await asyncio.sleep(LOCK_PAUSE_SECONDS)
    return cast("Signed | None", await make())


def _documents(file: Path) -> list[Signed]:
    if not file.exists():
        raise settings.BadSetting(details=f"{file} is not there.")
    return CheckpointFile(file).read()


@contextmanager
def _output(file: Path | None) -> Iterator[IO[bytes]]:
    if file is None:
        yield sys.stdout.buffer
        return
    try:
        # It holds who saw whom: nobody else reads it, and nothing that is there is overwritten.
        opened = os.fdopen(os.open(file, os.O_WRONLY | os.O_CREAT | os.O_EXCL | os.O_CLOEXEC, 0o600), "wb")
    except OSError as error:
        raise NotWritten(details=f"{file}: {error.strerror}.") from error
    with opened:
        if file.suffix != ".gz":
            yield opened
            return
        with gzip.GzipFile(fileobj=opened, mode="wb", filename="") as packed:
            yield cast("IO[bytes]", packed)


@contextmanager
def _progress(done: str) -> Iterator[verifying.Progress | None]:
    """Says how far it is, on a terminal only."""
    if not sys.stderr.isatty():
        yield None
        return
    told = False

    def tell(rows: int) -> None:
        nonlocal told
        told = True
        click.echo(f"\r{rows:,} rows {done}", nl=False, err=True)

    try:
        yield tell
    finally:
        if told:
            click.echo(err=True)


def _in_words(report: Report) -> Iterator[str]:
    if report.is_intact:
        yield (
            f"The record is intact: rows {report.begins.seq + 1} to {report.head.seq}."
            if report.rows
            else ("The record is intact: it has no row.")
        )
    else:
        first = report.first_wrong_row
        yield "The record is NOT intact" + ("." if first is None else f"; the first row concerned is {first}.")
        for fault in report.faults:
            yield f"  {fault.said}"
        if report.untold:
            yield f"  and {report.untold} more."
        if any(report.last.seq < seq for seq in report.vouching.anchors):
            yield "  If a backup was put back: carebase audit checkpoint --after-restore REASON"
    yield f"chain        {report.chain_id}"
    yield f"head         row {report.head.seq}, {report.head.hash.hex()}"
    yield f"checked      {report.rows} rows in {report.seconds:.1f} s"
    yield f"checkpoints  {report.vouching.believed}; the last vouches for the rows up to {report.trusted}"
    for restore in report.vouching.restores:
        yield f"restored     {restore.name}: {restore.reason}"
    for note in report.notes:
        yield f"note         {note}"


def _described(signed: Signed) -> dict[str, object]:
    document = signed.read()
    return {
        "kind": document.kind.value,
        "seq": document.seq,
        "hash": document.hash.hex(),
        "chain_id": str(document.chain_id),
        "public_key": signing.in_base64(signed.public_key),
    }


def _operator() -> str:
    try:
        return f"operator {getpass.getuser()}"
    except (KeyError, OSError):
        return f"operator {os.getuid()}"


def _utc(given: datetime | None) -> datetime | None:
    return None if given is None else given.replace(tzinfo=UTC)
