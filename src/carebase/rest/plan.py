"""What a read means in this database: every name found, every embed joined, every filter with its column's type.

Values only: `planning` makes them of a request and the catalogue, `render` writes them as SQL.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from enum import StrEnum
from typing import TypeAlias, assert_never

from carebase.rest import syntax
from carebase.rest.catalogue import Name, Relationship
from carebase.rest.tracking import Reported

# --- where rows come from ------------------------------------------------------------------------------------------


@dataclass(frozen=True, slots=True)
class FromTable:
    """The rows of a table or view."""

    name: Name


@dataclass(frozen=True, slots=True)
class FromSource:
    """The rows of what stands before the select: `with <name> as (insert … returning …)`, or a function's."""

    name: str


Origin: TypeAlias = "FromTable | FromSource"

# --- columns -------------------------------------------------------------------------------------------------------


@dataclass(frozen=True, slots=True, kw_only=True)
class Field:
    """A column, or the step into its JSON. `type` is None where nobody knows it: a function's bare record."""

    column: str
    type: str | None
    path: tuple[syntax.Step, ...] = ()
    computed_by: Name | None = None
    """The function of the row that stands for a column."""
    shown_by: Name | None = None
    """The function that makes json of a domain's value."""
    read_by: Name | None = None
    """The function that makes a domain's value of text."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Column:
    """One value of a row in the answer. `field` is None for a bare `count()`."""

    name: str
    field: Field | None
    cast: str | None = None
    aggregate: syntax.Aggregate | None = None
    aggregate_cast: str | None = None
    is_grouping: bool = True
    """Whether the columns beside an aggregate make groups; beside `count` written as a column they do not."""


@dataclass(frozen=True, slots=True)
class AllColumns:
    """`*`: every column of the relation, in its order, computed ones not among them."""


Output: TypeAlias = "Column | AllColumns"

# --- filters -------------------------------------------------------------------------------------------------------


@dataclass(frozen=True, slots=True, kw_only=True)
class Condition:
    """A field against a value, as in `syntax.Condition`, with the field found."""

    field: Field
    operator: syntax.Operator
    value: str | tuple[str, ...] | syntax.Is
    is_negated: bool = False
    quantifier: syntax.Quantifier | None = None
    language: str | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Presence:
    """Whether an embed, by its place among the node's, has any row: `clients=not.is.null`."""

    embed: int
    is_present: bool


@dataclass(frozen=True, slots=True, kw_only=True)
class Group:
    """All of the members, or any."""

    members: tuple[Filter, ...]
    is_or: bool
    is_negated: bool = False


Filter: TypeAlias = "Condition | Presence | Group"
Filters: TypeAlias = tuple[Filter, ...]

# --- the tree ------------------------------------------------------------------------------------------------------


@dataclass(frozen=True, slots=True, kw_only=True)
class Order:
    """By a field of the node or, with `embed` its place, of an embed that is one row."""

    field: Field
    embed: int | None = None
    cast: str | None = None
    """Of an embed: as the column that is shown of it is cast."""
    is_descending: bool | None = None
    nulls: syntax.Nulls | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Node:
    """One relation's part of a read.

    `alias` is its name in SQL, unlike any other's in the read. `seen` is how its rows get on record; empty where they
    are not tracked.
    """

    origin: Origin
    alias: str
    outputs: tuple[Output, ...] = ()
    embeds: tuple[Embed, ...] = ()
    filters: tuple[Filter, ...] = ()
    order: tuple[Order, ...] = ()
    limit: int | None = None
    offset: int = 0
    table: Name | None = None
    """The relation whose rows these are; None of a function's own columns."""
    seen: tuple[Reported, ...] = ()
    columns: tuple[str, ...] = ()
    """What `*` means; empty where nobody knows."""

    @property
    def is_grouped(self) -> bool:
        """Whether its rows are groups: an aggregate is among its columns or comes to it by a spread."""
        return any(_aggregates(self))

    @property
    def is_whole(self) -> bool:
        """Whether its rows are one group, which is there though they are not: `notes(count())`."""
        own = all(isinstance(output, Column) and output.aggregate is not None for output in self.outputs)
        return bool(self.outputs) and own and all(embed.node.is_empty for embed in self.embeds)

    @property
    def is_empty(self) -> bool:
        """Whether nothing of it is shown: `clients()` is there for its filters alone."""
        return not self.outputs and all(embed.node.is_empty for embed in self.embeds)

    def names(self) -> Iterator[str]:
        """What its rows' values are called, in their order; of `*` what is known."""
        for output in self.outputs:
            match output:
                case Column(name=name):
                    yield name
                case AllColumns():
                    yield from self.columns
                case _:
                    assert_never(output)
        for embed in self.embeds:
            if embed.is_spread:
                yield from embed.node.names()
            elif not embed.node.is_empty:
                yield embed.name

    def fields(self) -> Iterator[Field]:
        """Every field of this relation that output, filters and order need; keys of embeds are not among them."""
        yield from (output.field for output in self.outputs if isinstance(output, Column) and output.field)
        yield from _filtered(self.filters)
        yield from (term.field for term in self.order if term.embed is None)


@dataclass(frozen=True, slots=True, kw_only=True)
class Embed:
    """A relation inside another's rows. `name` is its key in the answer; spread, its columns stand in its parent."""

    name: str
    relationship: Relationship
    node: Node
    is_inner: bool = False
    is_spread: bool = False
    junction_alias: str | None = None
    junction_seen: tuple[Reported, ...] = ()
    """How rows of the junction get on record: that two rows are related stands in them."""

    @property
    def is_to_one(self) -> bool:
        """Whether it is an object, not an array."""
        return self.relationship.is_to_one


def _aggregates(node: Node) -> Iterator[bool]:
    yield from (output.aggregate is not None for output in node.outputs if isinstance(output, Column))
    for embed in node.embeds:
        if embed.is_spread and embed.is_to_one:
            yield from _aggregates(embed.node)


def _filtered(filters: tuple[Filter, ...]) -> Iterator[Field]:
    for one in filters:
        match one:
            case Condition(field=field):
                yield field
            case Group(members=members):
                yield from _filtered(members)
            case Presence():
                pass


# --- the whole -----------------------------------------------------------------------------------------------------


class Form(StrEnum):
    """In which form the rows are written."""

    LIST = "list"
    LIST_STRIPPED = "list without nulls"
    OBJECT = "object"
    OBJECT_STRIPPED = "object without nulls"
    CSV = "csv"
    TEXT = "text"
    XML = "XML"
    OCTETS = "octets"
    """Two hexadecimal digits for each."""
    NOTHING = "nothing"
    """HEAD, `return=minimal`: rows are counted, not written."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Asking:
    """What a statement is told of tracked rows without being shown one: how many there are, whether one is there."""

    of: tuple[Reported, ...]
    filters: Filters = ()
    compared: tuple[str, ...] = ()
    """The columns by which written rows were told from those that were there already."""
    function: Name | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Read:
    """One read, ready to be written as SQL."""

    root: Node
    form: Form = Form.LIST
    is_total_wanted: bool = False
    """Whether all rows that fit are counted, whatever the range: `count=exact`."""
    is_total_guessed: bool = False
    """Whether their number is told by a statement of its own: `count=planned`, `count=estimated`."""
    asking: Asking | None = None
    written: tuple[Reported, ...] = ()
    """Of a write, how rows of its table are recorded: an error may tell of those that are there."""
