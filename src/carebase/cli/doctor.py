"""`carebase doctor`: looks at a deployment and says what is well, what is not, and what to do next.

In charge of the order and the words. It changes nothing, starts nothing unless it is asked to, and prints no
secret: of what is kept, only where it is and how it stands.
"""

from __future__ import annotations

import asyncio
import os
import sys
from collections.abc import AsyncIterator, Iterator, Mapping, Sequence
from contextlib import asynccontextmanager
from datetime import UTC, datetime
from pathlib import Path
from typing import Any, Final

import click

from carebase import errors, observability, settings_reading
from carebase.cli import runtime
from carebase.cli.checks import certificates, contents, databases, finding, machine, outside, places
from carebase.cli.checks.finding import Finding, State
from carebase.database.embedded import Embedded
from carebase.settings import BadSetting, Settings
from carebase.web.messages import DEFAULT, LANGUAGES, Language, Messages

LOCALES: Final = Path(__file__).parent / "locales"
EXIT_MEND: Final = 1
EXIT_UNKNOWN: Final = 2
WIDTH: Final = 18


@click.command("doctor")
@click.option("--start", "is_started", is_flag=True, help="Start the embedded PostgreSQL for the look, if none runs.")
@click.option("--language", type=click.Choice(LANGUAGES), help="Of what is printed; else LC_ALL or LANG, else French.")
@runtime.data_option
@runtime.json_option
@runtime.explained
def command(*, is_started: bool, language: Language | None, data: Path | None, as_json: bool) -> None:
    """Say how this deployment stands: what is well, what is not, and what to do next.

    Works beside a running server and without one. It changes nothing and prints no secret.

    Exit codes: 0 well, 1 something is to be mended, 2 nothing is known to be wrong but something could not be
    looked at (such as a database that does not run).
    """
    observability.start(quiet=True)
    findings = runtime.run_async(_look(data, is_started=is_started))
    words = Messages(LOCALES)
    spoken = language or of_environment(os.environ)
    state = worst(findings)
    if as_json:
        runtime.print_json({"state": state, "findings": [_as_json(words, one, language=spoken) for one in findings]})
    else:
        for one in findings:
            for line in _lines(words, one, language=spoken):
                click.echo(line)
        click.echo()
        count = sum(one.state is State.MEND for one in findings)
        click.echo(words.text(spoken, f"doctor-{state}", count=count))
    sys.exit({State.MEND: EXIT_MEND, State.UNKNOWN: EXIT_UNKNOWN}.get(state, 0))


def worst(findings: Sequence[Finding]) -> State:
    """How the whole stands; what is only noted leaves it well."""
    found = {one.state for one in findings}
    return next((state for state in (State.MEND, State.UNKNOWN) if state in found), State.WELL)


def of_environment(environ: Mapping[str, str]) -> Language:
    """The language of a terminal.

    >>> of_environment({"LANG": "en_GB.UTF-8"}), of_environment({"LANG": "C.UTF-8"})
    ('en', 'fr')
    """
    said = environ.get("LC_ALL") or environ.get("LC_MESSAGES") or environ.get("LANG") or ""
    spoken = said.partition(".")[0].partition("_")[0].lower()
    return next((language for language in LANGUAGES if language == spoken), DEFAULT)


async def _look(data: Path | None, *, is_started: bool) -> list[Finding]:
    now = datetime.now(UTC)
    try:
        given = settings_reading.read({"data": data})
    except BadSetting as error:
        return [finding.mend("settings", "settings-wrong", hint=error.hint, why=str(error.details)), *machine.look()]
    chosen = _with_secret(given)
    found = [finding.well("settings", "settings-well"), *machine.look(), *places.look(given)]
    found += certificates.look(chosen, now=now)
    found += await _of_database(chosen, is_started=is_started, now=now)
    found += [one async for one in outside.look(chosen, now=now)]
    return found


def _with_secret(given: Settings) -> Settings:
    """The settings with the secret, where there is one that can be used; none is made."""
    if not (given.data / settings_reading.SECRET_FILE).exists():
        return given
    try:
        return settings_reading.with_secret(given)
    except BadSetting:
        # What is wrong with the file is said where the files are looked at.
        return given


async def _of_database(chosen: Settings, *, is_started: bool, now: datetime) -> list[Finding]:
    try:
        async with _database(chosen, is_started=is_started) as dsn:
            if dsn is None:
                return [finding.unknown("database", "database-not-running")]
            return await asyncio.to_thread(_of_running, chosen, dsn, now=now)
    except errors.SetupError as error:
        return [finding.mend("database", "database-refused", hint=error.hint, why=str(error))]


def _of_running(chosen: Settings, dsn: str, *, now: datetime) -> list[Finding]:
    found: list[Finding] = []
    try:
        found += databases.look(chosen, dsn)
    except errors.Unavailable as error:
        return [finding.mend("database", "database-silent", hint=error.hint)]
    try:
        found += contents.look(chosen, dsn, now=now)
    except errors.CareError as error:
        # A database that was never migrated has none of it; what is missing has been said.
        found.append(finding.unknown("contents", "contents-unknown", hint=error.hint, why=str(error)))
    return found


@asynccontextmanager
async def _database(chosen: Settings, *, is_started: bool) -> AsyncIterator[str | None]:
    """The owner's connection string; None where the embedded server does not run and is not to be started."""
    if chosen.database_url is not None:
        yield chosen.database_direct_url or chosen.database_url
        return
    embedded = Embedded(chosen.data)
    running = await embedded.reach() if chosen.data.is_dir() else None
    if running is not None:
        yield running.dsn()
    elif is_started:
        cluster = await embedded.start()
        try:
            yield cluster.dsn()
        finally:
            await embedded.stop()
    else:
        yield None


def _lines(words: Messages, one: Finding, *, language: Language) -> Iterator[str]:
    mark = words.text(language, f"state-{one.state}")
    name = words.text(language, f"check-{one.check}")
    yield f"{mark:<9} {name:<{WIDTH}} {words.text(language, one.said, **one.values)}"
    if (following := _next(words, one, language=language)) is not None:
        yield f"{'':<9} {'':<{WIDTH}} -> {following}"


def _next(words: Messages, one: Finding, *, language: Language) -> str | None:
    if one.hint is not None:
        return one.hint
    key = f"{one.said}-next"
    return words.text(language, key, **one.values) if words.has(language, key) else None


def _as_json(words: Messages, one: Finding, *, language: Language) -> dict[str, Any]:
    return {
        "check": one.check,
        "state": one.state,
        "code": one.said,
        "values": dict(one.values),
        "text": words.text(language, one.said, **one.values),
        "next": _next(words, one, language=language),
    }
