"""Finds out which relations are related, and which relationship the embed of a request means.

Pure. A view is related wherever it shows all columns of a key of the table below it: `Appearance` is the one notion
for a table that shows its own columns and a view that shows another's.
"""

from __future__ import annotations

import itertools
from collections.abc import Collection, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Final, TypeAlias, assert_never

from carebase.rest import hints
from carebase.rest.catalogue import (
    ByKey,
    Cardinality,
    Catalogue,
    Computed,
    Name,
    Pairs,
    Relationship,
    ThroughJunction,
)

# --- which there are -----------------------------------------------------------------------------------------------


@dataclass(frozen=True, slots=True, kw_only=True)
class Key:
    """A primary key or, with `is_primary` off, another unique constraint: the numbers of its columns."""

    relation: int
    columns: tuple[int, ...]
    is_primary: bool = True


@dataclass(frozen=True, slots=True, kw_only=True)
class ForeignKey:
    """A foreign key: numbers of relations and columns as PostgreSQL counts them."""

    name: str
    relation: int
    columns: tuple[int, ...]
    target: int
    target_columns: tuple[int, ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class Appearance:
    """An exposed relation and under which names it shows the columns of some table."""

    relation: Name
    columns: Mapping[int, tuple[str, ...]]
    is_view: bool = False

    def choices(self, numbers: Sequence[int]) -> Iterator[tuple[str, ...]]:
        """Each way to name these columns here; none where one of them is not shown."""
        return itertools.product(*(self.columns.get(number, ()) for number in numbers))


Appearances: TypeAlias = Mapping[int, Sequence[Appearance]]
"""By the table whose columns are shown."""


def primary_keys(keys: Iterable[Key], appearances: Appearances) -> dict[Name, tuple[str, ...]]:
    """The key columns of every relation that shows a whole primary key.

    A table's are sorted by name; a view of several tables has the keys of all of them.
    """
    found: dict[Name, tuple[str, ...]] = {}
    for key in keys:
        if not key.is_primary:
            continue
        for appearance in appearances.get(key.relation, ()):
            chosen = next(appearance.choices(key.columns), ())
            if not appearance.is_view:
                chosen = tuple(sorted(chosen))
            found[appearance.relation] = tuple(dict.fromkeys((*found.get(appearance.relation, ()), *chosen)))
    return {name: columns for name, columns in found.items() if columns}


def by_keys(foreign_keys: Iterable[ForeignKey], keys: Iterable[Key], appearances: Appearances) -> Iterator[ByKey]:
    """Every relationship of a foreign key, seen from the side that holds it."""
    unique = {(key.relation, frozenset(key.columns)) for key in keys}
    for key in foreign_keys:
        is_single = (key.relation, frozenset(key.columns)) in unique
        sides = itertools.product(appearances.get(key.relation, ()), appearances.get(key.target, ()))
        for origin, target in sides:
            pairs = itertools.product(origin.choices(key.columns), target.choices(key.target_columns))
            for own, others in pairs:
                yield ByKey(
                    origin=origin.relation,
                    target=target.relation,
                    cardinality=Cardinality.ONE_TO_ONE if is_single else Cardinality.MANY_TO_ONE,
                    constraint=key.name,
                    columns=tuple(zip(own, others, strict=True)),
                    holds_key=True,
                    is_target_view=target.is_view,
                )


def through_junctions(holders: Iterable[ByKey], primary: Mapping[Name, tuple[str, ...]]) -> Iterator[ThroughJunction]:
    """Many to many: both foreign keys of a junction are part of its primary key."""
    of_junction: dict[Name, list[ByKey]] = {}
    for holder in holders:
        columns = {own for own, _ in holder.columns}
        if holder.cardinality is Cardinality.MANY_TO_ONE and columns.issubset(primary.get(holder.origin, ())):
            of_junction.setdefault(holder.origin, []).append(holder)
    for junction, members in of_junction.items():
        for one, other in itertools.permutations(members, 2):
            if one.constraint != other.constraint:
                yield ThroughJunction(
                    origin=one.target,
                    target=other.target,
                    junction=junction,
                    origin_constraint=one.constraint,
                    target_constraint=other.constraint,
                    origin_columns=_turned(one.columns),
                    target_columns=_turned(other.columns),
                    is_target_view=other.is_target_view,
                )


def turned(holder: ByKey, *, is_view: bool) -> ByKey:
    """The same relationship seen from the side that is referred to; `is_view` says whether the holder is one."""
    is_single = holder.cardinality is Cardinality.ONE_TO_ONE
    return ByKey(
        origin=holder.target,
        target=holder.origin,
        cardinality=Cardinality.ONE_TO_ONE if is_single else Cardinality.ONE_TO_MANY,
        constraint=holder.constraint,
        columns=_turned(holder.columns),
        holds_key=False,
        is_target_view=is_view,
    )


def _turned(pairs: Pairs) -> Pairs:
    return tuple((other, own) for own, other in pairs)


def by_origin(
    holders: Sequence[ByKey],
    *,
    primary: Mapping[Name, tuple[str, ...]],
    computed: Iterable[Computed] = (),
    views: Collection[Name] = (),
) -> dict[Name, tuple[Relationship, ...]]:
    """Every relationship inside a schema by its origin, in the order of listing.

    A computed relationship stands in for those to the table whose name its function bears.
    """
    detected: list[Relationship] = [
        *holders,
        *(turned(holder, is_view=holder.origin in views) for holder in holders),
        *through_junctions(holders, primary),
    ]
    chosen: dict[tuple[Name, Name], list[Relationship]] = {}
    for relationship in detected:
        if relationship.origin.schema == relationship.target.schema:
            chosen.setdefault((relationship.origin, relationship.target), []).append(relationship)
    for relationship in computed:
        if relationship.origin.schema == relationship.function.schema:
            chosen[relationship.origin, relationship.function] = [relationship]
    found: dict[Name, list[Relationship]] = {}
    for (origin, _), relationships in chosen.items():
        found.setdefault(origin, []).extend(relationships)
    return {origin: tuple(sorted(relationships, key=_rank)) for origin, relationships in found.items()}


ORDER: Final = tuple(Cardinality)


def _rank(relationship: Relationship) -> tuple[object, ...]:
    match relationship:
        case ByKey(origin=origin, target=target, cardinality=cardinality):
            rest: tuple[object, ...] = (relationship.constraint, relationship.columns, not relationship.holds_key)
            return (0, target, origin == target, ORDER.index(cardinality), *rest)
        case ThroughJunction(origin=origin, target=target, cardinality=cardinality):
            constraints = (relationship.origin_constraint, relationship.target_constraint)
            rest = (relationship.junction, constraints, relationship.origin_columns, relationship.target_columns)
            return (0, target, origin == target, ORDER.index(cardinality), *rest)
        case Computed(function=function, target=target):
            return (1, function, target)
        case _:
            assert_never(relationship)


# --- which is meant ------------------------------------------------------------------------------------------------


@dataclass(frozen=True, slots=True, kw_only=True)
class Unrelated:
    """No relationship fits: PGRST200."""

    message: str
    details: str
    hint: str | None


@dataclass(frozen=True, slots=True, kw_only=True)
class Ambiguous:
    """Several relationships fit: PGRST201. `details` are objects of JSON, one for each that may be told."""

    message: str
    details: tuple[Mapping[str, str], ...]
    hint: str | None


def resolve(
    catalogue: Catalogue,
    origin: Name,
    *,
    relation: str,
    hint: str | None = None,
    visible: Collection[Name] | None = None,
) -> Relationship | Unrelated | Ambiguous:
    """The relationship that `relation!hint` means inside `origin`.

    What is said of candidates names only relations of `visible`; None is all of them.
    """
    fitting = [each for each in catalogue.candidates(origin, relation) if _fits(each, relation, hint=hint)]
    computed = [each for each in fitting if isinstance(each, Computed)]
    match computed or fitting:
        case [only]:
            return only
        case []:
            return _unrelated(catalogue, origin, relation=relation, hint=hint, visible=visible)
        case several:
            return _ambiguous(origin, relation, [each for each in several if _is_seen(each, visible)])


def _fits(candidate: Relationship, word: str, *, hint: str | None) -> bool:
    match candidate:
        case Computed():
            return True
        case ThroughJunction(origin=origin, target=target, junction=junction):
            # From a table to itself there are two ways through a junction, and no word to tell them apart.
            return origin != target and target.name == word and hint in {None, junction.name}
        case ByKey(origin=origin, target=target) if origin == target:
            return _fits_itself(candidate, word, hint=hint)
        case ByKey(target=target) if hint is None:
            # A view has no foreign key and no column of it, so it is meant by its own name only.
            return target.name == word or not candidate.is_target_view
        case ByKey(target=target, constraint=constraint, columns=columns):
            single = columns[0] if len(columns) == 1 else ()
            return target.name == word and (hint == constraint or hint in single)
        case _:
            assert_never(candidate)


def _fits_itself(candidate: ByKey, word: str, *, hint: str | None) -> bool:
    """Inside itself a table's name means those that refer to the row, the column the one referred to."""
    own, other = candidate.columns[0] if len(candidate.columns) == 1 else (None, None)
    match candidate.cardinality:
        case Cardinality.ONE_TO_MANY:
            return word == candidate.target.name and hint in {None, other}
        case Cardinality.MANY_TO_ONE:
            return hint is None and word == own
        case _:
            return False


def _is_seen(candidate: Relationship, visible: Collection[Name] | None) -> bool:
    if visible is None:
        return True
    return candidate.target in visible and not (
        isinstance(candidate, ThroughJunction) and candidate.junction not in visible
    )


def _unrelated(
    catalogue: Catalogue, origin: Name, *, relation: str, hint: str | None, visible: Collection[Name] | None
) -> Unrelated:
    searched = f"'{origin.name}' and '{relation}'"
    using = "" if hint is None else f" using the hint '{hint}'"
    origins = {name.name for name in catalogue.relationships if name.schema == origin.schema}
    targets = {each.target.name for each in catalogue.relationships.get(origin, ())}
    if visible is not None:
        seen = {name.name for name in visible if name.schema == origin.schema}
        origins, targets = origins & (seen | {origin.name}), targets & (seen | {relation})
    return Unrelated(
        message=f"Could not find a relationship between {searched} in the schema cache",
        details=f"Searched for a foreign key relationship between {searched}{using} in the schema '{origin.schema}', "
        "but no matches were found.",
        hint=hints.for_relationship(origin.name, relation, origins=origins, targets=targets),
    )


def _ambiguous(origin: Name, relation: str, candidates: Sequence[Relationship]) -> Ambiguous:
    choices = ", ".join(f"'{each.target.name}!{_mark(each)}'" for each in candidates)
    return Ambiguous(
        message=f"Could not embed because more than one relationship was found for '{origin.name}' and '{relation}'",
        details=tuple(_told(each) for each in candidates),
        hint=f"Try changing '{relation}' to one of the following: {choices}. "
        "Find the desired relationship in the 'details' key."
        if candidates
        else None,
    )


def _mark(candidate: Relationship) -> str:
    """By what it is told from the others."""
    match candidate:
        case ByKey(constraint=constraint):
            return constraint
        case ThroughJunction(junction=junction):
            return junction.name
        case Computed(function=function):
            return function.name
        case _:
            assert_never(candidate)


def _told(candidate: Relationship) -> dict[str, str]:
    told = {"embedding": f"{candidate.origin.name} with {candidate.target.name}"}
    match candidate:
        case ByKey(origin=origin, target=target, constraint=constraint, columns=columns):
            own, others = _listed(one for one, _ in columns), _listed(other for _, other in columns)
            told["cardinality"] = candidate.cardinality.value
            told["relationship"] = f"{constraint} using {origin.name}{own} and {target.name}{others}"
        case ThroughJunction(junction=junction):
            own = candidate.origin_constraint + _listed(mine for _, mine in candidate.origin_columns)
            others = candidate.target_constraint + _listed(mine for _, mine in candidate.target_columns)
            told["cardinality"] = candidate.cardinality.value
            told["relationship"] = f"{junction.name} using {own} and {others}"
        case Computed():
            pass
        case _:
            assert_never(candidate)
    return told


def _listed(names: Iterable[str]) -> str:
    return f"({', '.join(names)})"
