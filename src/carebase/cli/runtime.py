"""What commands share: settings from flags, a database that is there, errors a person understands."""

from __future__ import annotations

import asyncio
import functools
import json
import sys
from collections.abc import AsyncIterator, Callable, Coroutine, Mapping
from contextlib import asynccontextmanager
from pathlib import Path
from typing import Any, Final, ParamSpec, TypeVar

import click
import uvloop

from carebase import errors, settings_reading
from carebase.database import migrate
from carebase.database.embedded import Embedded
from carebase.settings import Settings

P = ParamSpec("P")
T = TypeVar("T")

EXIT_TEMPORARY: Final = 75  # EX_TEMPFAIL of sysexits.h


class NotRunning(errors.SetupError):
    """The command works beside a running carebase and there is none."""

    code, message = "not_running", "carebase is not running on this data directory."
    exit_code = 69  # EX_UNAVAILABLE of sysexits.h


def data_option(command: Callable[P, T]) -> Callable[P, T]:
    """The option that names the data directory."""
    return click.option(
        "--data", type=click.Path(path_type=Path, file_okay=False), help="Data directory (CAREBASE_DATA)."
    )(command)


def json_option(command: Callable[P, T]) -> Callable[P, T]:
    """The option that asks for JSON on standard output."""
    return click.option("--json", "as_json", is_flag=True, help="Print JSON.")(command)


def explained(command: Callable[P, T]) -> Callable[P, T]:
    """Errors of ours end the command with a sentence on standard error and their exit code."""

    @functools.wraps(command)
    def run(*args: P.args, **kwargs: P.kwargs) -> T:
        try:
            return command(*args, **kwargs)
        except errors.CareError as error:
            click.echo(f"carebase: {error}", err=True)
            if error.hint:
                click.echo(f"  {error.hint}", err=True)
            sys.exit(error.exit_code if isinstance(error, errors.SetupError) else EXIT_TEMPORARY)

    return run


def read_settings(*, defaults: Mapping[str, Any] | None = None, **flags: Any) -> Settings:
    """The settings in force with the secret, made at the first start."""
    return settings_reading.with_secret(settings_reading.read(flags, defaults=defaults))


def run_async(work: Coroutine[Any, Any, T]) -> T:
    """Run a command's work on the fast event loop."""
    with asyncio.Runner(loop_factory=uvloop.new_event_loop) as runner:
        return runner.run(work)


def print_json(value: object) -> None:
    """JSON on standard output, for programs."""
    click.echo(json.dumps(value, ensure_ascii=False, indent=2, default=str))


@asynccontextmanager
async def owned_database(chosen: Settings) -> AsyncIterator[str]:
    """The owner's connection string of a migrated database; the embedded server is started and kept alive."""
    if chosen.database_url is not None:
        dsn = chosen.database_direct_url or chosen.database_url
        await asyncio.to_thread(migrate.migrate, dsn, secret=chosen.secret, staff_mfa=chosen.staff_mfa)
        yield chosen.database_url
        return
    embedded = Embedded(chosen.data)
    cluster = await embedded.start()
    watch = asyncio.create_task(embedded.watch(), name="watch PostgreSQL")
    try:
        await asyncio.to_thread(migrate.migrate, cluster.dsn(), secret=chosen.secret, staff_mfa=chosen.staff_mfa)
        yield cluster.dsn()
    finally:
        watch.cancel()
        await asyncio.gather(watch, return_exceptions=True)
        await embedded.stop()


@asynccontextmanager
async def database(chosen: Settings) -> AsyncIterator[str]:
    """The owner's connection string; the embedded server is started for as long as this takes, where none runs."""
    if chosen.database_url is not None:
        yield chosen.database_direct_url or chosen.database_url
    elif running := await Embedded(chosen.data).reach():
        yield running.dsn()
    else:
        async with owned_database(chosen) as dsn:
            yield dsn


async def reached_database(chosen: Settings) -> str:
    """The owner's connection string of a database that serves already; NotRunning when none does."""
    if chosen.database_url is not None:
        return chosen.database_url
    cluster = await Embedded(chosen.data).reach()
    if cluster is None:
        raise NotRunning(details=str(chosen.data), hint="Start it first: carebase serve")
    return cluster.dsn()
