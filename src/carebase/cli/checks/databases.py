"""Looks at PostgreSQL: version, durability, clock, logins, and whether what is in force is ours."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Final

from carebase import errors
from carebase.cli.checks import finding
from carebase.cli.checks.finding import Finding
from carebase.database import condition, migrate
from carebase.database.condition import Server
from carebase.settings import Settings

LARGEST_OFFSET_SECONDS: Final = 5.0
"""Between its clock and ours: tokens and second factors are good for some seconds more or less."""
CROWDED_SHARE: Final = 0.9
TOLD_AT_MOST: Final = 5


def look(chosen: Settings, dsn: str) -> Iterator[Finding]:
    """How the database behind `dsn` stands."""
    server = condition.server(dsn)
    yield _version(server, is_embedded=chosen.embedded)
    if server.is_too_old:
        return
    yield from _keeping(server)
    ahead = server.clock_ahead_seconds
    if abs(ahead) > LARGEST_OFFSET_SECONDS:
        yield finding.mend("clock", "clock-apart", seconds=round(abs(ahead)))
    else:
        yield finding.well("clock", "clock-well")
    yield from _definitions(dsn)
    yield from _logins(chosen, dsn)


def _version(server: Server, *, is_embedded: bool) -> Finding:
    if server.is_too_old:
        return finding.mend("database", "database-too-old", version=server.version)
    if (floor := server.floor) is not None:
        said = "database-floor-embedded" if is_embedded else "database-floor"
        return finding.mend("database", said, version=server.version, floor=floor)
    said = "database-embedded" if is_embedded else "database-external"
    return finding.well("database", said, version=server.version)


def _keeping(server: Server) -> Iterator[Finding]:
    if server.not_durable:
        yield finding.mend("durability", "durability-off", names=", ".join(server.not_durable))
    elif not server.has_checksums:
        yield finding.note("durability", "durability-unchecked")
    else:
        yield finding.well("durability", "durability-well")
    used, most = server.used_connections, server.most_connections
    if used > most * CROWDED_SHARE:
        yield finding.mend("connections", "connections-crowded", used=used, most=most)
    else:
        yield finding.well("connections", "connections-well", used=used, most=most)


def _definitions(dsn: str) -> Iterator[Finding]:
    try:
        plan = condition.in_force(dsn)
    except migrate.MigrationRefused as error:
        yield finding.mend("migrations", "migrations-refused", hint=error.hint, why=str(error.details))
        return
    except errors.Unavailable as error:
        yield finding.unknown("migrations", "migrations-unknown", hint=error.hint)
        return
    missing = len(plan.migrations) + (plan.queue is not None)
    if missing:
        yield finding.mend("migrations", "migrations-missing", count=missing)
    else:
        yield finding.well("migrations", "migrations-well")
    if plan.put_right:
        named = "; ".join(plan.put_right[:TOLD_AT_MOST])
        yield finding.mend("policies", "policies-changed", count=len(plan.put_right), names=named)
    elif plan.definitions:
        yield finding.mend("policies", "policies-older")
    else:
        yield finding.well("policies", "policies-well")


def _logins(chosen: Settings, dsn: str) -> Iterator[Finding]:
    if not chosen.secret:
        yield finding.unknown("logins", "logins-unknown")
        return
    found = condition.logins(dsn, secret=chosen.secret)
    if found.refused:
        yield finding.mend("logins", "logins-refused", names=", ".join(found.refused))
    if found.mighty:
        yield finding.mend("logins", "logins-mighty", names=", ".join(found.mighty))
    if not (found.refused or found.mighty):
        yield finding.well("logins", "logins-well")
