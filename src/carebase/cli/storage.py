"""`carebase storage`: rows compared with bytes, and bytes moved from one place to another."""

from __future__ import annotations

import sys
from collections.abc import AsyncIterator, Callable, Iterator
from contextlib import asynccontextmanager, contextmanager
from pathlib import Path
from typing import Final
from uuid import UUID

import click

from carebase import observability
from carebase.cli import runtime
from carebase.database.pool import Login, Pools
from carebase.settings import BadSetting, Settings
from carebase.storage import blocking, checking, encryption, migrating
from carebase.storage.backends import choosing
from carebase.storage.backends.moving import Moving
from carebase.storage.checking import Report
from carebase.storage.migrating import Moved

EXIT_NOT_WELL: Final = 3
MOST_SHOWN: Final = 20
MEGABYTE: Final = 1_000_000

Progress = Callable[[int, int], None]


@click.group("storage")
def command() -> None:
    """The files and their bytes."""


@command.command("check")
@click.option("--quick", is_flag=True, help="Compare sizes only; do not read what is stored.")
@click.option(
    "--trash-unknown", is_flag=True, help="Put bytes that no row names into the trash; they are removed after a day."
)
@runtime.data_option
@runtime.json_option
@runtime.explained
def check(*, quick: bool, trash_unknown: bool, data: Path | None, as_json: bool) -> None:
    """Compare every row with its bytes; also beside a server that is running.

    Finds rows without bytes, bytes without rows, other sizes and content that is not what was stored.
    Exit codes: 0 all is well, 3 it is not, 75 the database or the bucket does not answer, 78 a setting or the key of
    the files is wrong.
    """
    observability.start(quiet=True)
    with _progress("read") as progress:
        report, put_aside = runtime.run_async(
            _check(runtime.read_settings(data=data), reads=not quick, trash=trash_unknown, progress=progress)
        )
    if as_json:
        runtime.print_json(_as_json(report, put_aside=put_aside))
    else:
        click.echo("\n".join(_in_words(report, put_aside=put_aside)))
    if report.faults or len(report.without_row) > put_aside:
        sys.exit(EXIT_NOT_WELL)


@command.command("migrate")
@runtime.data_option
@runtime.json_option
@runtime.explained
def migrate(*, data: Path | None, as_json: bool) -> None:
    """Move the bytes from CAREBASE_STORAGE_PREVIOUS to CAREBASE_STORAGE while files are served.

    Start the servers with both settings first. It may be stopped at any moment and run again.
    Exit codes: 0 all is moved, 3 some still wait (run it again later), 75 the database or a place does not answer,
    78 a setting is wrong.
    """
    observability.start(quiet=True)
    with _progress("copied") as progress:
        moved = runtime.run_async(_migrate(runtime.read_settings(data=data), progress=progress))
    if as_json:
        runtime.print_json(
            {
                "moved": moved.keys,
                "copied_bytes": moved.copied_bytes,
                "waiting": moved.waiting,
                "unknown": moved.unknown,
                "done": moved.is_done,
            }
        )
    else:
        click.echo(f"{moved.keys} moved, {moved.copied_bytes / MEGABYTE:,.1f} MB copied.")
        if moved.waiting:
            click.echo(f"{moved.waiting} still wait: uploads under way, or about to be removed. Run this again later.")
        if moved.unknown:
            click.echo(f"{moved.unknown} stay where they are: no row names them. `carebase storage check` lists them.")
        if moved.is_done:
            click.echo("Servers can be started without CAREBASE_STORAGE_PREVIOUS now.")
    if not moved.is_done:
        sys.exit(EXIT_NOT_WELL)


@command.command("add-key")
@runtime.data_option
@runtime.json_option
@runtime.explained
def add_key(*, data: Path | None, as_json: bool) -> None:
    """Put a new key above those that files are sealed with; servers seal with it from their next start on.

    What is there stays sealed as it is, so the older keys stay in the file. Copy the file to where its backup is kept.
    Exit codes: 0 added, 78 the file of the keys cannot be used.
    """
    observability.start(quiet=True)
    path = runtime.read_settings(data=data).storage_key_file
    key = encryption.add(path).id.hex()
    if as_json:
        runtime.print_json({"key": key, "file": str(path)})
    else:
        click.echo(f"Key {key} was put into {path}. Copy the file to its backup, then start the servers again.")


async def _check(chosen: Settings, *, reads: bool, trash: bool, progress: Progress | None) -> tuple[Report, int]:
    async with _queue(chosen) as pools:
        pool = pools[Login.CARE_QUEUE]
        backend = await blocking.run(choosing.backend_of, chosen)
        keys = await blocking.run(encryption.keys_of, chosen, backend)
        report = await checking.check(pool, backend, keys, reads=reads, progress=progress)
        put_aside = await checking.put_aside(pool, report.without_row) if trash and report.without_row else 0
        return report, put_aside


async def _migrate(chosen: Settings, *, progress: Progress | None) -> Moved:
    if not chosen.storage_previous:
        raise BadSetting(
            details="CAREBASE_STORAGE_PREVIOUS does not say where the bytes lie now.",
            hint="Set it to where they are, and CAREBASE_STORAGE to where they shall be.",
        )
    async with _queue(chosen) as pools:
        places = await blocking.run(choosing.backend_of, chosen)
        if not isinstance(places, Moving):
            raise TypeError("two places are one")
        return await migrating.migrate(pools[Login.CARE_QUEUE], places, progress=progress)


@asynccontextmanager
async def _queue(chosen: Settings) -> AsyncIterator[Pools]:
    logins = frozenset({Login.CARE_QUEUE})
    async with runtime.database(chosen) as dsn, Pools(owner_dsn=dsn, secret=chosen.secret, logins=logins) as pools:
        yield pools


@contextmanager
def _progress(done: str) -> Iterator[Progress | None]:
    """Says how far it is, on a terminal only."""
    if not sys.stderr.isatty():
        yield None
        return

    def tell(count: int, size: int) -> None:
        click.echo(f"\r{count:,} objects, {size / MEGABYTE:,.1f} MB {done}", nl=False, err=True)

    try:
        yield tell
    finally:
        click.echo(err=True)


def _as_json(report: Report, *, put_aside: int) -> dict[str, object]:
    return {
        "agrees": report.agrees,
        "objects": report.objects,
        "read_bytes": report.read_bytes,
        "faults": [{"version": key, "fault": fault.value} for key, fault in sorted(report.faults.items())],
        "without_row": sorted(report.without_row),
        "put_into_trash": put_aside,
    }


def _in_words(report: Report, *, put_aside: int) -> Iterator[str]:
    yield f"{report.objects:,} objects compared, {report.read_bytes / MEGABYTE:,.1f} MB read."
    yield from _listed([(key, fault.value) for key, fault in sorted(report.faults.items())])
    yield from _listed([(key, "no row names it") for key in sorted(report.without_row)])
    if put_aside:
        yield f"{put_aside} put into the trash; they are removed after a day."
    if report.faults:
        yield "Restore these from a backup; `version` of storage.objects tells which files they are."
    elif report.agrees:
        yield "Every row has its bytes, and all bytes have a row."


def _listed(found: list[tuple[UUID, str]]) -> Iterator[str]:
    for key, said in found[:MOST_SHOWN]:
        yield f"{key}  {said}"
    if len(found) > MOST_SHOWN:
        yield f"… and {len(found) - MOST_SHOWN:,} more; --json lists all."
