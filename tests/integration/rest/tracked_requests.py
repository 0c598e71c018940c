"""Requests over tracked tables, made at random from what the server knows, and which rows their answers show.

Every relation of a request brings its key under names of its own, so the rows that a body holds can be told without
looking at how the server tells them.
"""

from __future__ import annotations

import json
import random
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any
from urllib.parse import quote

from carebase.rest.catalogue import ByKey, Cardinality, Computed, Name, Relationship, ThroughJunction
from carebase.rest.schema import Known
from carebase.rest.tracking import Reported

DEEPEST = 3
FILTERS = ("{0}=not.is.null", "{0}=is.null", "or=({0}.is.null,{0}.not.is.null)", "not.and=({0}.is.null,{0}.is.null)")
Shown = set[tuple[str, str]]
"""Relations as entries name them, with the key as an entry has it."""


@dataclass
class Wanted:
    """One relation of a request: what it is, and what stands in it."""

    name: Name
    seen: Sequence[Reported]
    prefix: str
    columns: list[str] = field(default_factory=list)
    embeds: list[tuple[Embedding, Wanted]] = field(default_factory=list)

    def select(self) -> str:
        """What stands in `select=` or in the brackets of an embed."""
        keys = [
            f"{self.prefix}_{at}_{place}:{key}"
            for at, one in enumerate(self.seen)
            for place, key in enumerate(one.keys)
        ]
        return ",".join([*keys, *self.columns, *(how.written(inside) for how, inside in self.embeds)]) or "*"

    def shown(self, row: Mapping[str, Any]) -> Iterator[tuple[str, str]]:
        """The tracked rows that one row of the answer holds."""
        for at, one in enumerate(self.seen):
            values = [row.get(f"{self.prefix}_{at}_{place}") for place in range(len(one.keys))]
            if any(value is not None for value in values):
                yield str(one.records), key_of(one.names, values)
        for how, inside in self.embeds:
            yield from how.shown(inside, row)


@dataclass(frozen=True)
class Embedding:
    """How a relation is embedded."""

    hint: str
    alias: str
    join: str
    is_spread: bool
    is_to_one: bool
    is_counted: bool

    def written(self, inside: Wanted) -> str:
        """The item of a select."""
        if self.is_counted:
            return f"{self.alias}:{self.hint}{self.join}(count)"
        name = f"...{self.hint}" if self.is_spread else f"{self.alias}:{self.hint}"
        return f"{name}{self.join}({inside.select()})"

    def shown(self, inside: Wanted, row: Mapping[str, Any]) -> Iterator[tuple[str, str]]:
        """The tracked rows that it brings."""
        if self.is_counted:
            return
        if not self.is_spread:
            found = row[self.alias]
            for one in [found] if self.is_to_one else found:
                if one is not None:
                    yield from inside.shown(one)
        elif self.is_to_one:
            yield from inside.shown(row)
        else:
            columns = {name: value for name, value in row.items() if name.startswith(f"{inside.prefix}_")}
            for values in zip(*columns.values(), strict=True):
                yield from inside.shown(dict(zip(columns, values, strict=True)))


def key_of(names: Sequence[str], values: Sequence[Any]) -> str:
    """A key as entries are compared here."""
    if len(names) == 1:
        (value,) = values
        return value if isinstance(value, str) else json.dumps(value)
    return json.dumps(dict(zip(names, values, strict=True)), sort_keys=True)


@dataclass
class Requests:
    """Makes requests; the same seed makes the same."""

    known: Known
    seed: int

    def __post_init__(self) -> None:
        self.chance = random.Random(self.seed)
        self.names = sorted(name for name in self.known.catalogue.tables if self.known.tracked.of(name))
        self.count = 0

    def a_read(self) -> tuple[str, Wanted, Mapping[str, str]]:
        """An address below the API's own, what it wants, and its headers."""
        wanted = self._wanted(self.chance.choice(self.names), depth=0)
        parts = [f"select={wanted.select()}", *self._conditions(wanted, path="")]
        count = self.chance.choice(["", "", "exact", "planned", "estimated"])
        headers = {"Prefer": f"count={count}"} if count else {}
        query = "&".join(quote(part, safe="=&,:!().*_-") for part in parts)
        return f"/{wanted.name.name}?{query}", wanted, headers

    def _wanted(self, name: Name, *, depth: int, is_leaf: bool = False) -> Wanted:
        self.count += 1
        table = self.known.catalogue.tables[name]
        wanted = Wanted(name=name, seen=self.known.tracked.of(name), prefix=f"w{self.count}")
        names = [column for column in table.columns if column.isidentifier()]
        for column in self.chance.sample(names, k=min(len(names), self.chance.randint(0, 2))):
            wanted.columns.append(f"{wanted.prefix}x{column}:{column}")
        if not depth and self.chance.random() < 0.1:
            wanted.columns.append("*")
        relationships = self.known.catalogue.relationships.get(name, ())
        for _ in range(self.chance.choice([0, 1, 1, 2]) if depth < DEEPEST and not is_leaf else 0):
            if relationships:
                one = self.chance.choice(relationships)
                how = self._embedding(one)
                inside = self._wanted(one.target, depth=depth + 1, is_leaf=how.is_spread or how.is_counted)
                wanted.embeds.append((how, inside))
        return wanted

    def _embedding(self, one: Relationship) -> Embedding:
        self.count += 1
        match one:
            case ByKey():
                hint = f"{one.target.name}!{one.constraint}"
            case ThroughJunction():
                hint = f"{one.target.name}!{one.junction.name}"
            case Computed():
                hint = one.function.name
        is_to_one = one.is_to_one and getattr(one, "cardinality", None) is not Cardinality.MANY_TO_MANY
        way = self.chance.random()
        is_spread, is_counted = way < 0.2, 0.2 <= way < 0.3 and not is_to_one
        join = self.chance.choice(["", "", "!inner", "!left"])
        return Embedding(hint, f"e{self.count}", join, is_spread, is_to_one, is_counted)

    def _conditions(self, wanted: Wanted, *, path: str) -> Iterator[str]:
        columns = [name for name in self.known.catalogue.tables[wanted.name].columns if name.isidentifier()]
        if self.chance.random() < 0.4:
            condition = self.chance.choice(FILTERS).format(self.chance.choice(columns))
            if path and condition.startswith("not."):
                condition = f"{path}{condition}"
            yield condition if condition.startswith(path) and path else f"{path}{condition}"
        if self.chance.random() < 0.3:
            yield f"{path}order={self.chance.choice(wanted.seen[0].keys if wanted.seen else columns)}.desc"
        if self.chance.random() < 0.3:
            yield f"{path}limit={self.chance.randint(0, 3)}"
        if self.chance.random() < 0.15:
            yield f"{path}offset={self.chance.randint(0, 2)}"
        for how, inside in wanted.embeds:
            if not how.is_spread and not how.is_counted:
                yield from self._conditions(inside, path=f"{path}{how.alias}.")
                if self.chance.random() < 0.1:
                    yield f"{path}{how.alias}=not.is.null"


def recorded(entries: Sequence[Mapping[str, Any]]) -> Shown:
    """The rows that entries name."""
    found: Shown = set()
    for entry in entries:
        for key in entry["keys"]:
            found.add((entry["relation"], key if isinstance(key, str) else json.dumps(key, sort_keys=True)))
    return found
