"""Checks the whole record of access for an administrator, beside the requests, and keeps what was found.

One check at a time in a process, within a quarter of an hour. It runs in a thread that ends with the process, since
a check that is broken off has harmed nothing.
"""

from __future__ import annotations

import threading
import time
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Final, cast

from starlette.requests import Request

from carebase.audit import signing, verify
from carebase.audit.checkpoint_file import CheckpointFile
from carebase.audit.verify import Report
from carebase.errors import CareError, Unavailable
from carebase.observability import Log
from carebase.settings import Settings

LONGEST_SECONDS: Final = 900.0
LOG = Log("audit")


@dataclass(slots=True)
class Running:
    """A check: how far it is, or what it found."""

    began_at: datetime
    rows: int = 0
    report: Report | None = None
    failure: str | None = None
    """The code of what kept it from its end."""

    @property
    def is_over(self) -> bool:
        """Whether there is nothing more to wait for."""
        return self.report is not None or self.failure is not None


def last(request: Request) -> Running | None:
    """The check that runs or ran last in this process."""
    return cast("Running | None", getattr(request.app.state, "record_check", None))


def start(request: Request) -> Running:
    """Begin a check, unless one runs already."""
    current = last(request)
    if current is not None and not current.is_over:
        return current
    state = request.app.state
    running = state.record_check = Running(datetime.now(UTC))
    arguments = (running, cast(Settings, state.settings), cast(str, state.owner_dsn))
    threading.Thread(target=_check, args=arguments, name="record check", daemon=True).start()
    return running


def _check(running: Running, chosen: Settings, owner_dsn: str) -> None:
    until = time.monotonic() + LONGEST_SECONDS

    def tell(rows: int) -> None:
        running.rows = rows
        if time.monotonic() > until:
            raise Unavailable(hint="It takes too long beside the requests; run: carebase audit verify")

    try:
        # Read before the database is looked at: what was signed by then must be in it.
        found = CheckpointFile(chosen.checkpoint_file).read()
        path = chosen.audit_key_file
        keys = frozenset({signing.public_half(signing.key_at(path))}) if path.exists() else frozenset()
        report = verify.of_database(owner_dsn, found=found, keys=keys, progress=tell)
    except CareError as error:
        LOG.error("record_not_checked", cause=error, code=error.code)
        running.failure = error.code
    else:
        running.rows, running.report = report.rows, report
    finally:
        if not running.is_over:
            # Whatever ended it, nobody is left waiting.
            running.failure = "internal"
