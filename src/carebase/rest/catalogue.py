"""Knows what the exposed schemas hold: tables, columns, keys, functions, and what is related to what.

Values only, found by name in a dictionary: `loading` fills them from PostgreSQL's catalogues, `relationships`
derives and chooses relationships, planning reads them. Whatever is not in here cannot be reached by any request.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from enum import StrEnum
from functools import cached_property
from typing import Final, TypeAlias, assert_never

WIDE: Final[Mapping[str, str]] = {
    "bit": "bit varying",
    "bit[]": "bit varying[]",
    "character": "character varying",
    "character[]": "character varying[]",
}
"""What a value is cast to where the type by itself would cut it to one character."""


@dataclass(frozen=True, slots=True, order=True)
class Name:
    """A name with its schema."""

    schema: str
    name: str

    def __str__(self) -> str:
        return f"{self.schema}.{self.name}"


# --- tables --------------------------------------------------------------------------------------------------------


class Kind(StrEnum):
    """The kinds of relations that are exposed."""

    TABLE = "table"
    PARTITIONED = "partitioned table"
    VIEW = "view"
    MATERIALIZED = "materialized view"
    FOREIGN = "foreign table"

    @property
    def is_view(self) -> bool:
        """Whether its rows are those of other tables."""
        return self in {Kind.VIEW, Kind.MATERIALIZED}


class Generation(StrEnum):
    """How PostgreSQL itself makes a column's values."""

    IDENTITY_ALWAYS = "identity always"
    IDENTITY_BY_DEFAULT = "identity by default"
    STORED = "stored"
    VIRTUAL = "virtual"


@dataclass(frozen=True, slots=True, kw_only=True)
class Column:
    """One column. Types are written with their schema where it is not pg_catalog."""

    name: str
    type: str
    """Without its length; of a domain the type below it."""
    declared_type: str
    """As declared: `character varying(20)`, the domain's own name."""
    is_nullable: bool = True
    default: str | None = None
    """As an expression of SQL; of an identity by default its next value."""
    generation: Generation | None = None
    max_length: int | None = None
    enum: tuple[str, ...] = ()
    comment: str | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class ComputedColumn:
    """A function of one row of the table that can be asked for like a column."""

    function: Name
    type: str
    number: int = field(default=0, compare=False)


@dataclass(frozen=True, slots=True, kw_only=True)
class Table:
    """One relation. `key` is the primary key; of a view that of a table all of whose key columns it shows."""

    name: Name
    kind: Kind
    columns: Mapping[str, Column] = field(hash=False)
    """In their order."""
    key: tuple[str, ...] = ()
    is_insertable: bool = True
    is_updatable: bool = True
    is_deletable: bool = True
    computed: Mapping[str, ComputedColumn] = field(default_factory=dict, hash=False)
    comment: str | None = None


# --- relationships -------------------------------------------------------------------------------------------------


class Cardinality(StrEnum):
    """How many there are of each side, the origin first; in the order in which candidates are listed."""

    ONE_TO_MANY = "one-to-many"
    MANY_TO_ONE = "many-to-one"
    ONE_TO_ONE = "one-to-one"
    MANY_TO_MANY = "many-to-many"


Pairs: TypeAlias = tuple[tuple[str, str], ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class ByKey:
    """Two relations that a foreign key joins. `columns` are pairs of the origin's and the target's."""

    origin: Name
    target: Name
    cardinality: Cardinality
    constraint: str
    columns: Pairs
    holds_key: bool
    """Whether the foreign key is the origin's; the target's else."""
    is_target_view: bool = False

    @property
    def is_to_one(self) -> bool:
        """Whether an origin's row has at most one of the target."""
        return self.cardinality is not Cardinality.ONE_TO_MANY


@dataclass(frozen=True, slots=True, kw_only=True)
class ThroughJunction:
    """Many to many: the junction's key holds a foreign key to each side.

    `origin_columns` are pairs of the origin's and the junction's, `target_columns` of the target's and the junction's.
    """

    origin: Name
    target: Name
    junction: Name
    origin_constraint: str
    target_constraint: str
    origin_columns: Pairs
    target_columns: Pairs
    is_target_view: bool = False

    @property
    def cardinality(self) -> Cardinality:
        """Always many to many."""
        return Cardinality.MANY_TO_MANY

    @property
    def is_to_one(self) -> bool:
        """Never."""
        return False


@dataclass(frozen=True, slots=True, kw_only=True)
class Computed:
    """A function that takes a row of the origin and returns rows of the target."""

    origin: Name
    target: Name
    function: Name
    is_to_one: bool
    number: int = field(default=0, compare=False)
    """PostgreSQL's number of the function."""


Relationship: TypeAlias = "ByKey | ThroughJunction | Computed"

# --- functions -----------------------------------------------------------------------------------------------------


class Volatility(StrEnum):
    """What a function may change."""

    IMMUTABLE = "immutable"
    STABLE = "stable"
    VOLATILE = "volatile"


@dataclass(frozen=True, slots=True, kw_only=True)
class Argument:
    """One argument that is passed in; its name is empty where it has none."""

    name: str
    type: str
    is_required: bool = True
    is_variadic: bool = False

    @property
    def cast(self) -> str:
        """The type a value is cast to on its way in."""
        return WIDE.get(self.type, self.type)


@dataclass(frozen=True, slots=True, kw_only=True)
class Returned:
    """What a function returns."""

    type: Name
    """The type, of a domain the one below it; of a composite type its relation's name."""
    is_set: bool = False
    is_composite: bool = False
    """A row: of a table, of a composite type, or of OUT and TABLE arguments (then `type` is `pg_catalog.record`)."""
    is_domain: bool = False
    table: Name | None = None
    """The exposed relation whose rows these are."""
    columns: Mapping[str, str] = field(default_factory=dict, hash=False)
    """Names and types of OUT, INOUT and TABLE arguments."""

    @property
    def is_void(self) -> bool:
        """Nothing at all."""
        return not self.is_set and self.type == Name("pg_catalog", "void")

    @property
    def is_scalar(self) -> bool:
        """One value, or a set of single values."""
        return not self.is_composite


@dataclass(frozen=True, slots=True, kw_only=True)
class Function:
    """One function that can be called; overloads share a name."""

    name: Name
    arguments: tuple[Argument, ...]
    returns: Returned
    volatility: Volatility = Volatility.VOLATILE
    settings: Mapping[str, str] = field(default_factory=dict, hash=False)
    """What `set … to …` of its definition says."""
    comment: str | None = None
    number: int = field(default=0, compare=False)
    """As PostgreSQL counts functions: tells overloads apart."""

    @property
    def is_variadic(self) -> bool:
        """Whether its last argument takes any number of values."""
        return any(argument.is_variadic for argument in self.arguments)

    @property
    def unnamed(self) -> Argument | None:
        """Its one argument, where that has no name: it takes the whole body."""
        return self.arguments[0] if len(self.arguments) == 1 and not self.arguments[0].name else None

    @property
    def isolation(self) -> str | None:
        """The isolation level it asks for, such as `serializable`."""
        return self.settings.get("default_transaction_isolation")

    @property
    def statement_timeout(self) -> str | None:
        """The time-out it asks for, as written: `250ms`, `5s`."""
        return self.settings.get("statement_timeout")


# --- the whole -----------------------------------------------------------------------------------------------------


@dataclass(frozen=True, slots=True, kw_only=True)
class Visible:
    """What a role may use in some way: hints and descriptions name nothing else."""

    tables: frozenset[Name] = frozenset()
    functions: frozenset[Name] = frozenset()


@dataclass(frozen=True, kw_only=True, eq=False)
class Catalogue:
    """Everything that can be reached. Each load makes another: what is planned with one is kept by it."""

    schemas: tuple[str, ...]
    """Exposed; the first is meant where none is named."""
    tables: Mapping[Name, Table] = field(default_factory=dict)
    relationships: Mapping[Name, tuple[Relationship, ...]] = field(default_factory=dict)
    """By their origin, in the order in which they are listed to somebody who has to choose."""
    functions: Mapping[Name, tuple[Function, ...]] = field(default_factory=dict)
    """Those with the fewest arguments first."""
    representations: Mapping[tuple[str, str], Name] = field(default_factory=dict)
    """Functions that turn a domain into json or text and back, by the types they lead from and to."""
    comments: Mapping[str, str] = field(default_factory=dict)
    """Of the schemas."""
    visible: Mapping[str, Visible] = field(default_factory=dict)
    """By role."""

    def seen_by(self, role: str) -> Visible:
        """What the role may use; nothing where the role is unknown."""
        return self.visible.get(role, Visible())

    @cached_property
    def _candidates(self) -> dict[tuple[Name, str], tuple[Relationship, ...]]:
        """Relationships by origin and by each word that may stand for their target in an embed."""
        found: dict[tuple[Name, str], list[Relationship]] = {}
        for origin, relationships in self.relationships.items():
            for relationship in relationships:
                for word in _words(relationship):
                    found.setdefault((origin, word), []).append(relationship)
        return {key: tuple(relationships) for key, relationships in found.items()}

    def candidates(self, origin: Name, word: str) -> tuple[Relationship, ...]:
        """The relationships of an origin that `word` may mean: a table, a foreign key, its column, a function."""
        return self._candidates.get((origin, word), ())


def _words(relationship: Relationship) -> set[str]:
    match relationship:
        case ByKey(target=target, constraint=constraint, columns=((column, _),)):
            return {target.name, constraint, column}
        case ByKey(target=target, constraint=constraint):
            return {target.name, constraint}
        case ThroughJunction(target=target):
            return {target.name}
        case Computed(function=function):
            return {function.name}
        case _:
            assert_never(relationship)
