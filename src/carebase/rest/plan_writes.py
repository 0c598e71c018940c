"""What a write means in this database: which columns it sets, of which types, on which rows, and what comes back.

Pure. The values of the body are not looked at; PostgreSQL opens it by the types named here.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, replace
from typing import Final, TypeAlias, assert_never

from carebase.rest import bodies, errors, plan, plan_fields, plan_reads, syntax
from carebase.rest.catalogue import ByKey, Catalogue, Column, Computed, Name, Table, ThroughJunction
from carebase.rest.plan_reads import Setting
from carebase.rest.tracking import Reported

SOURCE: Final = "written"
"""Under which name the rows that were written are read."""
# --- values --------------------------------------------------------------------------------------------------------


@dataclass(frozen=True, slots=True, kw_only=True)
class Assignment:
    """A column that is written. `made_by` makes its value of JSON, where its type is a domain with such a function."""

    column: str
    type: str
    made_by: Name | None = None
    default: str | None = None
    """As SQL: what stands for it in rows that do not speak of it. None where null does."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Conflict:
    """What happens to a row that is there already, told by `columns`: the new values are taken over, or nothing."""

    columns: tuple[str, ...]
    is_merge: bool


@dataclass(frozen=True, slots=True, kw_only=True)
class Insert:
    """New rows. `filters` are those of a PUT, on the incoming row: nothing is written where it is not the one named."""

    assignments: tuple[Assignment, ...]
    rows: bodies.Rows
    conflict: Conflict | None = None
    filters: tuple[plan.Filter, ...] = ()


@dataclass(frozen=True, slots=True, kw_only=True)
class Update:
    """New values in the rows that fit; without assignments nothing is written."""

    assignments: tuple[Assignment, ...]
    rows: bodies.Rows
    filters: tuple[plan.Filter, ...] = ()


@dataclass(frozen=True, slots=True, kw_only=True)
class Delete:
    """The rows that fit go."""

    filters: tuple[plan.Filter, ...] = ()


Change: TypeAlias = "Insert | Update | Delete"


@dataclass(frozen=True, slots=True, kw_only=True)
class Returned:
    """A column, or a function of the row, that the statement gives back of what it wrote."""

    column: str
    computed_by: Name | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Write:
    """One write, ready to be written as SQL. `read` is over the written rows, `SOURCE`."""

    table: Name
    change: Change
    read: plan.Read
    returned: tuple[Returned, ...] = ()
    """In the table's order; none where nobody asks for more than their number."""
    is_all_returned: bool = False
    """Every column, besides `returned`."""
    location: tuple[str, ...] = ()
    """The key columns that tell where the one new row is, where that was asked for."""
    is_single: bool = False
    """Whether it has to be exactly one row, because an object was asked for."""
    is_put: bool = False
    max_affected: int | None = None

    def require(self, rows: int) -> None:
        """Raise the refusal that takes the write back, where it did not write as many rows as it may."""
        if self.is_put:
            if rows != 1:
                raise errors.PutKeysDiffer
            return
        if self.is_single and rows != 1:
            raise errors.NotSingular(rows)
        if self.max_affected is not None and rows > self.max_affected:
            raise errors.TooManyAffected(rows)

    @property
    def counts_inserted(self) -> bool:
        """Whether the status tells if any row is new."""
        return isinstance(self.change, Insert) and self.change.conflict is not None and self.change.conflict.is_merge


# --- planning ------------------------------------------------------------------------------------------------------


def plan_write(request: syntax.Request, setting: Setting, *, form: plan.Form = plan.Form.LIST) -> Write:
    """The write that a request asks for; `form` is that of the media type chosen for the answer.

    Raises what a read of the written rows may, `errors.InvalidBody`, `errors.NoSuchColumn`, `errors.PutFilters`,
    `errors.PutKeysDiffer`.
    """
    rows = bodies.NO_ROWS if request.action is syntax.Action.DELETE else bodies.rows(request)
    relation = plan_reads.target(request, setting)
    table = setting.catalogue.tables[Name(request.profile or setting.catalogue.schemas[0], request.target)]
    is_shown = request.preferences.returns is syntax.Return.REPRESENTATION
    wanted = of_written(request)
    if not is_shown:
        wanted = unseen(wanted, is_root_read=request.preferences.returns is syntax.Return.HEADERS_ONLY)
    root = plan_reads.plan_node(wanted, replace(setting, max_rows=None), relation=relation, source=SOURCE)
    try:
        if request.action is syntax.Action.PUT:
            _require_key(request, table=table)
        filters = _filters(request, setting, relation=relation, rows=rows)
        change = _change(request, setting.catalogue, table=table, rows=rows, filters=filters)
    except (errors.NoSuchColumn, errors.PutFilters):
        if relation.is_visible:
            raise
        # These tell which columns there are, or which of them are the key.
        raise plan_fields.TableDenied(table.name) from None
    is_located = request.preferences.returns is syntax.Return.HEADERS_ONLY and request.action is syntax.Action.INSERT
    location = tuple(column for column in table.columns if column in table.key) if is_located else ()
    # The address of a row is its key, and the row may have been there before.
    keys = tuple(column for one in root.seen for column in one.columns) if location else ()
    is_all = is_shown and _needs_all(root)
    returned = (
        tuple(_needed(root, is_all=is_all))
        if is_shown
        else tuple(Returned(column=name) for name in dict.fromkeys((*location, *keys)))
    )
    is_limited = request.action in {syntax.Action.UPDATE, syntax.Action.DELETE} and request.preferences.is_strict
    return Write(
        table=table.name,
        change=change,
        read=replace(
            plan.Read(root=root, form=form) if is_shown else counted(root, seen=root.seen if location else ()),
            asking=_asking(change, root, is_shown=is_shown),
            written=root.seen,
        ),
        returned=returned,
        is_all_returned=is_all,
        location=location,
        is_single=form in {plan.Form.OBJECT, plan.Form.OBJECT_STRIPPED},
        is_put=request.action is syntax.Action.PUT,
        max_affected=request.preferences.max_affected if is_limited else None,
    )


def of_written(request: syntax.Request) -> syntax.Request:
    """What the request wants to see of the rows it wrote: its conditions chose them, and it gets them all."""
    return replace(
        request,
        action=syntax.Action.READ,
        filters={path: filters for path, filters in request.filters.items() if path},
        ranges={},
    )


def unseen(request: syntax.Request, *, is_root_read: bool) -> syntax.Request:
    """The request without columns: nobody looks at them, but embeds have to be there all the same.

    Those of the root are given back by the write where they are read, so they have to be there too.
    """
    embeds = _embeds_of(request.select)
    columns = tuple(item for item in request.select if isinstance(item, syntax.Column)) if is_root_read else ()
    if syntax.Column(syntax.Field("*")) in columns:
        # Beside all the others nothing is named.
        columns = ()
    return replace(
        request,
        select=(*columns, *embeds) or (syntax.Column(syntax.Field("*")),),
        filters=dict.fromkeys(request.filters, ()),
        orders={path: tuple(term for term in terms if term.relation) for path, terms in request.orders.items()},
    )


def _embeds_of(items: tuple[syntax.SelectItem, ...]) -> tuple[syntax.Embed, ...]:
    return tuple(replace(item, items=_embeds_of(item.items)) for item in items if isinstance(item, syntax.Embed))


def _change(
    request: syntax.Request,
    catalogue: Catalogue,
    *,
    table: Table,
    rows: bodies.Rows,
    filters: tuple[plan.Filter, ...],
) -> Change:
    fills = bool(request.preferences.is_missing_default)
    match request.action:
        case syntax.Action.INSERT:
            assignments = _assignments(rows, catalogue, table=table, fills=fills)
            return Insert(assignments=assignments, rows=rows, conflict=_conflict(request, table=table))
        case syntax.Action.PUT:
            assignments = _assignments(rows, catalogue, table=table)
            if not set(table.key) <= set(rows.names):
                raise errors.PutKeysDiffer
            conflict = Conflict(columns=table.key, is_merge=True)
            return Insert(assignments=assignments, rows=rows, conflict=conflict, filters=filters)
        case syntax.Action.UPDATE:
            return Update(
                assignments=_assignments(rows, catalogue, table=table, fills=fills), rows=rows, filters=filters
            )
        case syntax.Action.DELETE:
            return Delete(filters=filters)
        case syntax.Action.READ | syntax.Action.CALL | syntax.Action.DESCRIBE | syntax.Action.INSPECT:
            raise ValueError(request.action)
        case _:
            assert_never(request.action)


def _filters(
    request: syntax.Request, setting: Setting, *, relation: plan_fields.Relation, rows: bodies.Rows
) -> tuple[plan.Filter, ...]:
    """The conditions that choose rows. Nothing chooses new ones."""
    if request.action is syntax.Action.INSERT:
        return ()
    # An update without values takes no row, so PostgreSQL is told no condition; on record they are what was asked.
    is_told = request.action is not syntax.Action.UPDATE or bool(rows.names)
    return plan_reads.conditions(
        request, setting if is_told else replace(setting, takes_any_column=True), relation=relation
    )


def _assignments(
    rows: bodies.Rows, catalogue: Catalogue, *, table: Table, fills: bool = False
) -> tuple[Assignment, ...]:
    """The columns that are written, with their defaults where those fill gaps."""
    return tuple(
        Assignment(
            column=column.name,
            type=column.declared_type,
            made_by=catalogue.representations.get(("json", column.declared_type)),
            default=column.default if fills else None,
        )
        for column in (_column(name, table=table) for name in rows.names)
    )


def _column(name: str, *, table: Table) -> Column:
    if name not in table.columns:
        raise errors.NoSuchColumn(f"Could not find the '{name}' column of '{table.name.name}' in the schema cache")
    return table.columns[name]


def _conflict(request: syntax.Request, *, table: Table) -> Conflict | None:
    if request.preferences.resolution is None:
        return None
    columns = table.key if request.on_conflict is None else request.on_conflict
    columns = tuple(_column(column, table=table).name for column in columns)
    # Without a key nothing can be there already.
    is_merge = request.preferences.resolution is syntax.Resolution.MERGE
    return Conflict(columns=columns, is_merge=is_merge) if columns else None


def _require_key(request: syntax.Request, *, table: Table) -> None:
    """Refuse a PUT whose conditions, of embeds too, are not the whole key, each by `eq`."""
    if any(path and filters for path, filters in request.filters.items()):
        raise errors.PutFilters
    named = set()
    for one in request.filters.get((), ()):
        match one:
            case syntax.Condition(
                field=syntax.Field(name=name, path=()),
                operator=syntax.Operator.EQ,
                is_negated=False,
                quantifier=None,
            ):
                named.add(name)
            case _:
                raise errors.PutFilters
    if not table.key or named != set(table.key):
        raise errors.PutFilters


# --- what comes back -----------------------------------------------------------------------------------------------


def _needs_all(root: plan.Node) -> bool:
    # A function of the row takes the whole of it, whatever it looks at.
    return any(isinstance(output, plan.AllColumns) for output in root.outputs) or any(
        isinstance(embed.relationship, Computed) for embed in root.embeds
    )


def _needed(root: plan.Node, *, is_all: bool) -> Iterator[Returned]:
    """What output, order and embeds take of the written rows, each once."""
    done: set[str] = set()
    for field in root.fields():
        if field.column not in done and (field.computed_by is not None or not is_all):
            done.add(field.column)
            yield Returned(column=field.column, computed_by=field.computed_by)
    if not is_all:
        seen = (column for one in root.seen for column in one.columns)
        keys = (*seen, *(column for embed in root.embeds for column in _joined(embed)))
        yield from (Returned(column=column) for column in dict.fromkeys(keys) if column not in done)


def _joined(embed: plan.Embed) -> tuple[str, ...]:
    match embed.relationship:
        case ByKey(columns=pairs) | ThroughJunction(origin_columns=pairs):
            return tuple(column for column, _ in pairs)
        case Computed():
            return ()
        case _:
            assert_never(embed.relationship)


def _asking(change: Change, root: plan.Node, *, is_shown: bool) -> plan.Asking | None:
    """What is told of tracked rows by which or how many were written; rows that come back are recorded themselves."""
    if not root.seen:
        return None
    match change:
        case Insert(conflict=conflict):
            return None if conflict is None else plan.Asking(of=root.seen, compared=conflict.columns)
        case Update(filters=filters) | Delete(filters=filters):
            return None if is_shown else plan.Asking(of=root.seen, filters=filters)
        case _:
            assert_never(change)


def counted(root: plan.Node, *, seen: tuple[Reported, ...] = ()) -> plan.Read:
    """The read of which only the number of rows is wanted, and which they were where `seen` says how."""
    bare = replace(root, outputs=(), embeds=(), order=(), filters=(), limit=None, offset=0, seen=seen)
    return plan.Read(root=bare, form=plan.Form.NOTHING)
