"""One thing that `carebase doctor` looked at: how it stands, and the sentences that say so.

In charge of the form alone; the sentences are in the table of the command line.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from enum import StrEnum


class State(StrEnum):
    """How something stands."""

    WELL = "well"
    NOTE = "note"
    """Nothing is wrong, and somebody should know."""
    MEND = "mend"
    UNKNOWN = "unknown"
    """It could not be looked at."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Finding:
    """How one thing stands."""

    check: str
    """What was looked at: the sentence `check-<check>` names it."""
    state: State
    said: str
    """The sentence that says how it is; with `-next` behind it, the one that says what to do."""
    values: Mapping[str, str | int] = field(default_factory=dict)
    hint: str | None = None
    """What to do next in words that come with an error; takes the place of the sentence."""


def well(check: str, said: str, **values: str | int) -> Finding:
    """It is as it should be."""
    return Finding(check=check, state=State.WELL, said=said, values=values)


def note(check: str, said: str, **values: str | int) -> Finding:
    """It may stay so, if somebody decided it."""
    return Finding(check=check, state=State.NOTE, said=said, values=values)


def mend(check: str, said: str, *, hint: str | None = None, **values: str | int) -> Finding:
    """It has to be mended."""
    return Finding(check=check, state=State.MEND, said=said, values=values, hint=hint)


def unknown(check: str, said: str, *, hint: str | None = None, **values: str | int) -> Finding:
    """It could not be looked at."""
    return Finding(check=check, state=State.UNKNOWN, said=said, values=values, hint=hint)
