"""The kinds of criteria a pattern may name, and how the table spells them.

In charge of reading `tables/patterns.json` into types that cannot be wrong; `weighing` decides
whether a criterion is met.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from decimal import Decimal
from typing import Any, Literal, cast

Relation = Literal["<", "<=", ">", ">="]
RELATIONS: tuple[Relation, ...] = ("<", "<=", ">", ">=")
Who = Literal["adult", "child", "female", "male", "pregnant", "not_pregnant", "pregnant_20_weeks"]
WHO: tuple[Who, ...] = ("adult", "child", "female", "male", "pregnant", "not_pregnant", "pregnant_20_weeks")


@dataclass(frozen=True, slots=True, kw_only=True)
class Limit:
    """A decision limit; by sex and trimester where the source says so."""

    every: Decimal | None = None
    male: Decimal | None = None
    female: Decimal | None = None
    trimesters: tuple[Decimal, Decimal, Decimal] | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Compared:
    """The first of these measures that is known, compared with a limit in its own unit."""

    of: tuple[str, ...]
    relation: Relation
    limit: Limit
    unit: str
    unreliable_with: tuple[str, ...] = ()
    """Conditions that make the measure mean nothing (HbA1c in sickle-cell disease)."""


@dataclass(frozen=True, slots=True, kw_only=True)
class TimesUpper:
    """A measure against a multiple of its upper limit: the printed one, else the table's."""

    of: tuple[str, ...]
    relation: Relation
    times: Decimal
    upper: Limit
    unit: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Flagged:
    """A measure that its own range calls low or high."""

    of: tuple[str, ...]
    flag: Literal["L", "H"]


@dataclass(frozen=True, slots=True, kw_only=True)
class Ratio:
    """Two measures of one sample divided by each other, both in their own units."""

    over: str
    under: str
    relation: Relation
    limit: Decimal


@dataclass(frozen=True, slots=True, kw_only=True)
class Qualitative:
    """A test that is read in words."""

    of: tuple[str, ...]
    polarity: Literal["positive", "negative"]
    containing: str | None = None
    """A word that the row has to print as well, such as the species."""
    least: int | None = None
    """The lowest grade of a strip (2 for "2+") that counts; an ungraded answer then leaves it open."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Mentioned:
    """Any of these concepts, affirmed in the clinician's text; `days` is the least duration."""

    concepts: tuple[str, ...]
    days: int | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Imaged:
    """Any of these findings, affirmed in a radiology report."""

    concepts: tuple[str, ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class Someone:
    """What the person has to be."""

    who: Who


@dataclass(frozen=True, slots=True, kw_only=True)
class Repeated:
    """The comparison holds now and held at least `days` before."""

    of: tuple[str, ...]
    relation: Relation
    limit: Decimal
    unit: str
    days: int


@dataclass(frozen=True, slots=True, kw_only=True)
class Risen:
    """A rise by `step` within `step_days`, or by `factor` within `factor_days`."""

    of: tuple[str, ...]
    unit: str
    step: Decimal
    step_days: int
    factor: Decimal
    factor_days: int


@dataclass(frozen=True, slots=True, kw_only=True)
class Also:
    """The required criteria of another pattern."""

    pattern: str


@dataclass(frozen=True, slots=True, kw_only=True)
class AtLeast:
    """At least `count` of these; all of them when `count` is their number, any of them when 1."""

    count: int
    of: tuple[Criterion, ...]


Criterion = (
    Compared
    | TimesUpper
    | Flagged
    | Ratio
    | Qualitative
    | Mentioned
    | Imaged
    | Someone
    | Repeated
    | Risen
    | Also
    | AtLeast
)


class TableError(ValueError):
    """The pattern table does not follow its own form."""


Row = Mapping[str, Any]


def read(row: Row) -> Criterion:  # noqa: PLR0911  one line for each kind
    """One criterion of the table; its first key names the kind.

    >>> read({"measure": "lab:tsh", "is": ">", "limit": "4.0", "unit": "mIU/L"}).relation
    '>'
    """
    if "measure" in row:
        return Compared(
            of=_names(row["measure"]),
            relation=_relation(row["is"]),
            limit=_limit(row["limit"]),
            unit=str(row["unit"]),
            unreliable_with=_names(row.get("unreliable_with", ())),
        )
    if "times_upper" in row:
        return TimesUpper(
            of=_names(row["times_upper"]),
            relation=_relation(row["is"]),
            times=Decimal(row["times"]),
            upper=_limit(row["upper"]),
            unit=str(row["unit"]),
        )
    if "flagged" in row:
        return Flagged(of=_names(row["flagged"]), flag=cast("Literal['L', 'H']", _one(row["is"], of=("L", "H"))))
    if "ratio" in row:
        over, under = _names(row["ratio"])
        return Ratio(over=over, under=under, relation=_relation(row["is"]), limit=Decimal(row["limit"]))
    if "words" in row:
        wanted = _one(row["is"], of=("positive", "negative"))
        return Qualitative(
            of=_names(row["words"]),
            polarity=cast("Literal['positive', 'negative']", wanted),
            containing=row.get("containing"),
            least=row.get("least"),
        )
    if "said" in row:
        return Mentioned(concepts=_names(row["said"]), days=row.get("days"))
    if "imaging" in row:
        return Imaged(concepts=_names(row["imaging"]))
    if "person" in row:
        return Someone(who=cast("Who", _one(row["person"], of=WHO)))
    if "repeated" in row:
        return Repeated(
            of=_names(row["repeated"]),
            relation=_relation(row["is"]),
            limit=Decimal(row["limit"]),
            unit=str(row["unit"]),
            days=int(row["days"]),
        )
    if "risen" in row:
        return Risen(
            of=_names(row["risen"]),
            unit=str(row["unit"]),
            step=Decimal(row["step"]),
            step_days=int(row["step_days"]),
            factor=Decimal(row["factor"]),
            factor_days=int(row["factor_days"]),
        )
    if "pattern" in row:
        return Also(pattern=str(row["pattern"]))
    return _group(row)


def _group(row: Row) -> AtLeast:
    for key in ("any", "all", "at_least"):
        if key in row:
            parts = tuple(read(part) for part in row["of" if key == "at_least" else key])
            count = {"any": 1, "all": len(parts)}.get(key) or int(row["at_least"])
            return AtLeast(count=count, of=parts)
    raise TableError(f"no kind of criterion in {sorted(row)}")


def _names(given: object) -> tuple[str, ...]:
    if isinstance(given, str):
        return (given,)
    if isinstance(given, list | tuple):
        return tuple(str(name) for name in given)
    raise TableError(f"names expected, not {given!r}")


def _relation(given: object) -> Relation:
    return cast("Relation", _one(given, of=RELATIONS))


def _one(given: object, *, of: tuple[str, ...]) -> str:
    if given not in of:
        raise TableError(f"{given!r} is none of {of}")
    return str(given)


def _limit(given: object) -> Limit:
    if isinstance(given, str):
        return Limit(every=Decimal(given))
    if not isinstance(given, Mapping):
        raise TableError(f"a limit is a text or an object, not {given!r}")
    by_trimester = [Decimal(limit) for limit in given.get("trimesters", ())]
    return Limit(
        male=Decimal(given["male"]),
        female=Decimal(given["female"]),
        trimesters=(by_trimester[0], by_trimester[1], by_trimester[2]) if by_trimester else None,
    )
