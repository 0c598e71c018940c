"""Compares a measure with a decision limit, also when the report prints only `< 5` or `> 200`.

In charge of which limit applies to a person and of what a bounded value still answers.
"""

from __future__ import annotations

from decimal import Decimal
from typing import assert_never

from carebase.clinical.criteria import Limit, Relation
from carebase.clinical.facts import Measure
from carebase.clinical.person import Person, Sex

_MIRRORED: dict[Relation, Relation] = {"<": ">", "<=": ">=", ">": "<", ">=": "<="}


def holds(measure: Measure, relation: Relation, limit: Decimal) -> bool | None:
    """Whether the comparison holds; None when a printed `<` or `>` leaves it open.

    >>> holds(Measure(name="lab:tsh", value=Decimal("0.1"), comparator="<"), "<", Decimal("0.5"))
    True
    >>> holds(Measure(name="lab:tsh", value=Decimal("5"), comparator="<"), "<", Decimal("0.5")) is None
    True
    """
    value = measure.value
    if value is None:
        return None
    match measure.comparator:
        case None:
            return relate(value, relation, limit)
        case "<" | "<=":
            return _bounded_above(value, relation, limit=limit, strict=measure.comparator == "<")
        case _:
            # "> 200" against ">= 126" is "< -200" against "<= -126".
            strict = measure.comparator == ">"
            return _bounded_above(-value, _MIRRORED[relation], limit=-limit, strict=strict)


def relate(value: Decimal, relation: Relation, limit: Decimal) -> bool:
    """The plain comparison."""
    match relation:
        case "<":
            return value < limit
        case "<=":
            return value <= limit
        case ">":
            return value > limit
        case ">=":
            return value >= limit
        case _:
            assert_never(relation)


def _bounded_above(bound: Decimal, relation: Relation, *, limit: Decimal, strict: bool) -> bool | None:
    """The relation for a quantity known only to lie below `bound`."""
    is_under = bound < limit
    is_at = bound == limit
    match relation:
        case "<":
            return True if is_under or (strict and is_at) else None
        case "<=":
            return True if is_under or is_at else None
        case ">":
            return False if is_under or is_at else None
        case ">=":
            return False if is_under or (strict and is_at) else None
        case _:
            assert_never(relation)


def limit_for(limit: Limit, person: Person) -> Decimal | None:
    """The limit that applies to this person; None when it depends on what is not known."""
    if limit.every is not None:
        return limit.every
    if person.pregnant and limit.trimesters is not None:
        if person.gestation_weeks is None:
            # Below the lowest of the three is below in every trimester, so nothing is over-called.
            return min(limit.trimesters)
        # WHO 2024 counts trimesters from weeks 1, 13 and 28.
        return limit.trimesters[0 if person.gestation_weeks < 13 else 1 if person.gestation_weeks < 28 else 2]
    match person.sex:
        case Sex.MALE:
            return limit.male
        case Sex.FEMALE:
            return limit.female
        case None:
            return None
        case _:
            assert_never(person.sex)
