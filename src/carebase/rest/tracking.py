"""What is known of tracked rows: which relations and functions show them, and how that gets on record.

Values only: `schema` makes them of the registry in the database, plans carry them, `reads` writes entries by them.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from enum import StrEnum

from carebase.rest.catalogue import Name


@dataclass(frozen=True, slots=True, kw_only=True)
class Reported:
    """How rows that are shown are recorded: by which of their columns, as rows of which relation."""

    source: Name
    """What is read: a tracked table, a view over one, a function."""
    records: Name
    """What the entry names."""
    keys: tuple[str, ...]
    """Columns of what is read that name a row."""
    names: tuple[str, ...]
    """What the entry calls them."""
    patient_path: str | None = None
    """What leads to the record a row belongs to, as the database follows it."""
    patient_column: str | None = None
    """The column that holds it."""

    @property
    def label(self) -> str:
        """What a statement calls these rows, unlike all others."""
        return str(self.source) if self.source == self.records else f"{self.source} {self.records}"

    @property
    def columns(self) -> tuple[str, ...]:
        """What a statement reports of each row: the key and, last, the column that leads to the record."""
        if self.patient_column is None or self.patient_column in self.keys:
            return self.keys
        return (*self.keys, self.patient_column)


def of_table(name: Name, keys: tuple[str, ...], *, patient_path: str | None = None) -> tuple[Reported, ...]:
    """Of a tracked table, whose entries name it itself."""
    one = Reported(
        source=name, records=name, keys=keys, names=keys, patient_path=patient_path, patient_column=patient_path
    )
    return (one,)


class Way(StrEnum):
    """How it gets on record what a function tells of tracked rows."""

    ROWS = "rows"
    QUESTION = "question"
    ITSELF = "itself"
    NOTHING = "nothing"


@dataclass(frozen=True, slots=True, kw_only=True)
class Recording:
    """What is registered of one function.

    `reported` are the rows it returns, empty where they are recorded as what it is declared to return; of a question
    the relation that it asks about, without keys.
    """

    way: Way
    reported: tuple[Reported, ...] = ()


@dataclass(frozen=True, slots=True, kw_only=True)
class Tracking:
    """All of it; functions by their number in the catalogue."""

    relations: Mapping[Name, tuple[Reported, ...]] = field(default_factory=dict)
    functions: Mapping[int, Recording] = field(default_factory=dict)

    def of(self, relation: Name | None) -> tuple[Reported, ...]:
        """How the rows of a relation are recorded; empty where they are not tracked."""
        return () if relation is None else self.relations.get(relation, ())

    def returned_by(self, function: int, *, relation: Name | None) -> tuple[Reported, ...]:
        """How the rows that a function returns are recorded, which are those of `relation` where it says so."""
        found = self.functions.get(function)
        match found:
            case None:
                return self.of(relation)
            case Recording(way=Way.ROWS, reported=()):
                return self.of(relation)
            case Recording(way=Way.ROWS, reported=reported):
                return reported
            case _:
                return ()
