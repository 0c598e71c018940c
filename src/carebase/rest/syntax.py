"""What a request says, before anybody knows whether the tables it names exist.

Values only: parsing makes them, planning reads them. Words are PostgREST's.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from enum import StrEnum
from typing import TypeAlias

# --- columns and embeds --------------------------------------------------------------------------------------------


@dataclass(frozen=True, slots=True)
class Step:
    """One step of a JSON path: `->key`, `->>key`, `->0`."""

    key: str | int
    is_text: bool


@dataclass(frozen=True, slots=True)
class Field:
    """A column, and where in its JSON."""

    name: str
    path: tuple[Step, ...] = ()


class Aggregate(StrEnum):
    """What is made of the values of a column."""

    SUM = "sum"
    AVG = "avg"
    COUNT = "count"
    MAX = "max"
    MIN = "min"


@dataclass(frozen=True, slots=True)
class Column:
    """`alias:field::cast.aggregate()::aggregate_cast`; `field` is None for the bare `count()`, its name `*` for all."""

    field: Field | None
    alias: str | None = None
    cast: str | None = None
    aggregate: Aggregate | None = None
    aggregate_cast: str | None = None


class Join(StrEnum):
    """Whether rows without an embedded one stay."""

    INNER = "inner"
    LEFT = "left"


@dataclass(frozen=True, slots=True)
class Embed:
    """`alias:relation!hint!inner(items)`, with `...` in front when its columns are lifted to the parent."""

    relation: str
    items: tuple[SelectItem, ...]
    alias: str | None = None
    hint: str | None = None
    join: Join | None = None
    is_spread: bool = False

    @property
    def name(self) -> str:
        """Under which filters, order and range speak of it."""
        return self.alias or self.relation


SelectItem: TypeAlias = "Column | Embed"

# --- filters -------------------------------------------------------------------------------------------------------


class Operator(StrEnum):
    """The operators of a condition, as written."""

    EQ = "eq"
    NEQ = "neq"
    GT = "gt"
    GTE = "gte"
    LT = "lt"
    LTE = "lte"
    LIKE = "like"
    ILIKE = "ilike"
    MATCH = "match"
    IMATCH = "imatch"
    IN = "in"
    IS = "is"
    IS_DISTINCT = "isdistinct"
    FTS = "fts"
    PLFTS = "plfts"
    PHFTS = "phfts"
    WFTS = "wfts"
    CS = "cs"
    CD = "cd"
    OV = "ov"
    SL = "sl"
    SR = "sr"
    NXR = "nxr"
    NXL = "nxl"
    ADJ = "adj"


class Quantifier(StrEnum):
    """`eq(any).{…}`: of several values one has to fit, or all."""

    ANY = "any"
    ALL = "all"


class Is(StrEnum):
    """What `is.` may be followed by."""

    NULL = "null"
    NOT_NULL = "not_null"
    TRUE = "true"
    FALSE = "false"
    UNKNOWN = "unknown"


@dataclass(frozen=True, slots=True)
class Condition:
    """`field=not.op(any).value`. `value` is a tuple for `in` (empty for `in.()`), an Is for `is`, else the text."""

    field: Field
    operator: Operator
    value: str | tuple[str, ...] | Is
    is_negated: bool = False
    quantifier: Quantifier | None = None
    language: str | None = None
    """Of a text search: `fts(french)`."""


@dataclass(frozen=True, slots=True)
class Group:
    """`and(…)`, `or(…)`, with `not.` in front when negated."""

    members: tuple[Filter, ...]
    is_or: bool
    is_negated: bool = False


Filter: TypeAlias = "Condition | Group"
Path: TypeAlias = tuple[str, ...]
"""The names of the embeds that lead to where something belongs; empty for the target itself."""


class Nulls(StrEnum):
    """Where nulls stand."""

    FIRST = "first"
    LAST = "last"


@dataclass(frozen=True, slots=True)
class OrderTerm:
    """`field.desc.nullslast`, or `relation(field).asc` for a column of an embed that is one row."""

    field: Field
    relation: str | None = None
    is_descending: bool | None = None
    """None where neither was written."""
    nulls: Nulls | None = None


@dataclass(frozen=True, slots=True)
class Range:
    """Which rows: from `offset`, `limit` of them; None is without end.

    Below zero only for embeds, where PostgreSQL refuses it.
    """

    offset: int = 0
    limit: int | None = None


# --- preferences and media types -----------------------------------------------------------------------------------


class Return(StrEnum):
    """`Prefer: return=…`."""

    REPRESENTATION = "representation"
    HEADERS_ONLY = "headers-only"
    MINIMAL = "minimal"


class Count(StrEnum):
    """`Prefer: count=…`."""

    EXACT = "exact"
    PLANNED = "planned"
    ESTIMATED = "estimated"


class Resolution(StrEnum):
    """`Prefer: resolution=…`."""

    MERGE = "merge-duplicates"
    IGNORE = "ignore-duplicates"


@dataclass(frozen=True, slots=True, kw_only=True)
class Preferences:
    """`Prefer` headers; None where nothing was said. `invalid` are those that are no preference of ours, as written."""

    returns: Return | None = None
    count: Count | None = None
    resolution: Resolution | None = None
    is_missing_default: bool | None = None
    is_rollback: bool | None = None
    is_strict: bool | None = None
    timezone: str | None = None
    max_affected: int | None = None
    invalid: tuple[str, ...] = ()


class Media(StrEnum):
    """In which form the answer is wanted."""

    JSON = "application/json"
    OBJECT = "application/vnd.pgrst.object+json"
    OBJECT_STRIPPED = "application/vnd.pgrst.object+json;nulls=stripped"
    ARRAY_STRIPPED = "application/vnd.pgrst.array+json;nulls=stripped"
    CSV = "text/csv"
    TEXT = "text/plain"
    XML = "text/xml"
    OCTETS = "application/octet-stream"
    OPENAPI = "application/openapi+json"
    PLAN = "application/vnd.pgrst.plan"
    ANY = "*/*"


class PlanOption(StrEnum):
    """What a plan is to tell besides."""

    ANALYZE = "analyze"
    VERBOSE = "verbose"
    SETTINGS = "settings"
    BUFFERS = "buffers"
    WAL = "wal"


@dataclass(frozen=True, slots=True)
class MediaType:
    """A media type asked for; `text` is its name as answers spell it, `media` None for one that is none of ours."""

    text: str
    media: Media | None = None
    plan: Plan | None = None
    """Of which answer the plan is asked, and how, where `media` is PLAN."""


@dataclass(frozen=True, slots=True)
class Plan:
    """`application/vnd.pgrst.plan+json; for="text/csv"; options=analyze|verbose`."""

    is_json: bool
    of: MediaType
    options: tuple[PlanOption, ...] = ()


# --- the whole -----------------------------------------------------------------------------------------------------


class Action(StrEnum):
    """What is asked of the target."""

    READ = "read"
    INSERT = "insert"
    PUT = "put"
    UPDATE = "update"
    DELETE = "delete"
    CALL = "call"
    DESCRIBE = "describe"
    """The root: OpenAPI."""
    INSPECT = "inspect"
    """`OPTIONS`: what may be done with the target."""


class Payload(StrEnum):
    """In which form the body came."""

    JSON = "json"
    CSV = "csv"
    FORM = "form"
    TEXT = "text"
    XML = "xml"
    OCTETS = "octets"


@dataclass(frozen=True, slots=True, kw_only=True)
class Request:
    """One request, read. Maps are by the path of the embed they belong to."""

    action: Action
    method: str
    target: str
    """Table, view or function; empty for the root."""
    is_function: bool = False
    profile: str | None = None
    """`Accept-Profile` for reads, `Content-Profile` for writes."""
    select: tuple[SelectItem, ...] = ()
    """Empty where it was not said or is empty: all columns."""
    filters: Mapping[Path, tuple[Filter, ...]] = field(default_factory=dict)
    orders: Mapping[Path, tuple[OrderTerm, ...]] = field(default_factory=dict)
    ranges: Mapping[Path, Range] = field(default_factory=dict)
    """`ranges[()]` is what the parameters and the header `Range` allow together, and has rows or a limit of 0."""
    columns: tuple[str, ...] | None = None
    """The parameter `columns`, where a body is written."""
    on_conflict: tuple[str, ...] | None = None
    arguments: tuple[tuple[str, str], ...] = ()
    """Of a function called with GET: every parameter that reads as no condition, in order; names may recur."""
    preferences: Preferences = Preferences()
    accept: tuple[MediaType, ...] = (MediaType("*/*", Media.ANY),)
    """In order of preference."""
    payload: Payload | None = None
    body: bytes = b""
