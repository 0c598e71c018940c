"""Structured log lines: an event's name and safe fields, never a patient's name, text or value."""

from __future__ import annotations

import json
import logging
import sys
from typing import Final, TextIO

SAFE_FIELDS: Final = frozenset({
    "address", "analysis_no", "attempt", "bytes", "case_id", "code", "count", "directory", "error", "file_id", "job_id",
    "method", "migration", "path", "pid", "port", "reason", "request_id", "route", "seconds", "status", "step", "uid",
    "user_id", "version", "worker",
})  # fmt: skip

LONGEST_LIBRARY_LINE: Final = 200


class Log:
    """Writes events of one part of the program."""

    def __init__(self, part: str) -> None:
        self._logger = logging.getLogger(f"carebase.{part}")

    def info(self, event: str, **fields: str | int | float | None) -> None:
        """Something worth knowing happened."""
        self._write(logging.INFO, event, fields)

    def warning(self, event: str, **fields: str | int | float | None) -> None:
        """Something an operator should look at when it repeats."""
        self._write(logging.WARNING, event, fields)

    def error(self, event: str, *, cause: BaseException | None = None, **fields: str | int | float | None) -> None:
        """Something failed; of `cause` only the class and the place are written, its words may hold data."""
        if cause is not None:
            fields["error"] = _where(cause)
        self._write(logging.ERROR, event, fields)

    def _write(self, level: int, event: str, fields: dict[str, str | int | float | None]) -> None:
        if unsafe := set(fields) - SAFE_FIELDS:
            raise ValueError(f"log field {min(unsafe)!r} is not on the list of safe fields")
        self._logger.log(level, "%s", json.dumps({"event": event, **fields}, ensure_ascii=True))


def _where(cause: BaseException) -> str:
    trace = cause.__traceback__
    while trace is not None and trace.tb_next is not None:
        trace = trace.tb_next
    place = f" at {trace.tb_frame.f_globals.get('__name__')}:{trace.tb_lineno}" if trace else ""
    return f"{type(cause).__module__}.{type(cause).__qualname__}{place}"


class _Bounded(logging.Formatter):
    """What libraries say: the first line of their own words and the place of an error, without any value.

    A trace ends with the error's words, and these may quote a file; so may what is filled into a message.
    """

    def format(self, record: logging.LogRecord) -> str:
        """One line, like ours."""
        said: dict[str, str] = {"event": "library", "said": str(record.msg).partition("\n")[0][:LONGEST_LIBRARY_LINE]}
        if record.exc_info and record.exc_info[1] is not None:
            said["error"] = _where(record.exc_info[1])
        text = json.dumps(said, ensure_ascii=True)
        return f"{self.formatTime(record)} {record.levelname} {record.name} {text}"


def start(*, quiet: bool = False, stream: TextIO | None = None) -> None:
    """Send our events, and warnings of libraries, to standard error; `quiet` leaves the everyday ones out."""
    stream = stream or sys.stderr
    ours, theirs = logging.StreamHandler(stream), logging.StreamHandler(stream)
    ours.setFormatter(logging.Formatter("%(asctime)s %(levelname)s %(name)s %(message)s"))
    theirs.setFormatter(_Bounded())
    theirs.setLevel(logging.WARNING)
    logging.getLogger().handlers[:] = [theirs]
    root = logging.getLogger("carebase")
    root.handlers[:] = [ours]
    root.setLevel(logging.WARNING if quiet else logging.INFO)
    root.propagate = False


def is_quiet() -> bool:
    """Whether everyday events are left out."""
    return not logging.getLogger("carebase").isEnabledFor(logging.INFO)
