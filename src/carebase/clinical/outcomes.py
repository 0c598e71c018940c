"""The answer to one criterion: its state, what speaks for and against it, and what would settle it."""

from __future__ import annotations

from dataclasses import dataclass
from enum import StrEnum
from typing import assert_never

from carebase.clinical.facts import Measure
from carebase.clinical.statements import Parameter, Statement


class State(StrEnum):
    """The three answers."""

    MET = "met"
    NOT_MET = "not_met"
    UNKNOWN = "unknown"


@dataclass(frozen=True, slots=True, kw_only=True)
class Outcome:
    """The answer, what speaks for it, what against, and what would settle it."""

    state: State
    supports: tuple[Statement, ...] = ()
    against: tuple[Statement, ...] = ()
    missing: tuple[Statement, ...] = ()


def answered(answer: bool | None, said: tuple[Statement, ...], *, missing: tuple[Statement, ...]) -> Outcome:  # noqa: FBT001  three-valued
    """The outcome of a yes, a no or an unknown."""
    match answer:
        case True:
            return Outcome(state=State.MET, supports=said)
        case False:
            return Outcome(state=State.NOT_MET, against=said)
        case None:
            return Outcome(state=State.UNKNOWN, missing=missing)
        case _:
            assert_never(answer)


def absent(names: tuple[str, ...]) -> tuple[Statement, ...]:
    """That the first of these measures is not in the documents."""
    code = "missing-vital" if names[0].startswith("vital:") else "missing-test"
    return (Statement(code=code, params={"measure": names[0]}),)


def shown(measure: Measure) -> dict[str, Parameter]:
    """The measure as the report prints it."""
    number = measure.printed if measure.printed is not None else measure.value
    return {
        "measure": measure.name,
        "comparator": measure.comparator or "",
        "value": measure.text if number is None else number,
        "unit": measure.unit,
    }
