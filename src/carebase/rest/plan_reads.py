"""Turns what a request says into what it means in this database, or says what of it cannot be.

Pure. A tree is built from the root down: each embed's relationship is found before anything of its inside.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field, replace
from typing import TypeAlias, TypeVar, assert_never

from carebase.rest import errors, hints, plan, plan_fields, relationships, syntax
from carebase.rest.catalogue import ByKey, Catalogue, Computed, Name, Relationship, ThroughJunction
from carebase.rest.plan_fields import Relation
from carebase.rest.plan_names import Names
from carebase.rest.tracking import Tracking

Place: TypeAlias = tuple[int, ...]
"""Which embed of which embed, counted among the embeds alone; empty for the root."""
Given = TypeVar("Given")


@dataclass(frozen=True, slots=True, kw_only=True)
class Setting:
    """What a plan depends on beside the request. `tracked` says whose reads are recorded."""

    catalogue: Catalogue
    role: str
    max_rows: int | None = None
    are_aggregates_allowed: bool = False
    tracked: Tracking = field(default_factory=Tracking)
    takes_any_column: bool = False
    """Whether columns may be named that are not there: so the other faults of a request are found."""


def plan_read(request: syntax.Request, setting: Setting, *, form: plan.Form = plan.Form.LIST) -> plan.Read:
    """A read of a table or view."""
    relation = target(request, setting)
    root = plan_node(request, setting, relation=relation)
    counted = request.preferences.count
    return plan.Read(
        root=root,
        form=form,
        is_total_wanted=counted is syntax.Count.EXACT,
        is_total_guessed=counted in {syntax.Count.PLANNED, syntax.Count.ESTIMATED},
    )


def target(request: syntax.Request, setting: Setting) -> Relation:
    """The table or view of the address. Raises NoSuchTable with the name that was meant, if there is one."""
    catalogue = setting.catalogue
    name = Name(request.profile or catalogue.schemas[0], request.target)
    table = catalogue.tables.get(name)
    visible = catalogue.seen_by(setting.role).tables
    if table is None:
        raise errors.NoSuchTable(
            f"Could not find the table '{name}' in the schema cache", hint=hints.for_table(name, visible)
        )
    return Relation.of(table, is_visible=name in visible)


def plan_node(
    request: syntax.Request,
    setting: Setting,
    *,
    relation: Relation,
    source: str | None = None,
) -> plan.Node:
    """The tree of a request whose root's rows are those of `relation` or, with `source`, of what is called so.

    Of a write the root has no filters, order and range here: they chose the rows that were written.
    """
    is_written = request.action not in {syntax.Action.READ, syntax.Action.CALL}
    planner = _Planner(request, setting)
    return planner.node((), request.select, relation, source=source, is_bare=is_written)


def _by_place(select: Sequence[syntax.SelectItem], given: Mapping[syntax.Path, Given]) -> dict[Place, Given]:
    """The same by the places of embeds instead of their names. Raises NotEmbedded where there is no such embed."""
    return {_place(select, path): one for path, one in given.items()}


def _place(select: Sequence[syntax.SelectItem], path: syntax.Path) -> Place:
    """Where a path leads: an embed may be meant by its relation or by its alias."""
    items: Sequence[syntax.SelectItem] = select
    place: Place = ()
    for name in path:
        embeds = [item for item in items if isinstance(item, syntax.Embed)]
        at = next((at for at, embed in enumerate(embeds) if name in {embed.relation, embed.alias}), None)
        if at is None:
            raise errors.NotEmbedded(name)
        place, items = (*place, at), embeds[at].items
    return place


class _Planner:
    """One tree being planned."""

    def __init__(self, request: syntax.Request, setting: Setting) -> None:
        self.request = request
        self.setting = setting
        self.names = Names(are_read=any(accepted.plan is not None for accepted in request.accept))
        self.filters = _by_place(request.select, request.filters)
        self.orders = _by_place(request.select, request.orders)
        self.ranges = _by_place(request.select, request.ranges)

    def _range(self, place: Place) -> syntax.Range:
        found = self.ranges.get(place, syntax.Range())
        most = self.setting.max_rows
        if most is None:
            return found
        return syntax.Range(found.offset, most if found.limit is None else min(found.limit, most))

    # --- one relation and what is inside ---

    def node(
        self,
        place: Place,
        items: Sequence[syntax.SelectItem],
        relation: Relation,
        *,
        source: str | None = None,
        is_bare: bool = False,
        spread_in: bool = False,
    ) -> plan.Node:
        alias = self.names.of(None if relation.table is None else relation.table.name, relation.columns or ())
        written = [item for item in items if isinstance(item, syntax.Embed)]
        embeds = tuple(self._embed((*place, at), relation, embed) for at, embed in enumerate(written))
        columns = [item for item in items if isinstance(item, syntax.Column)]
        if not items and not place:
            columns = [syntax.Column(syntax.Field("*"))]
        outputs = tuple(self._outputs(relation, columns))
        self._check_aggregates(outputs)
        if spread_in or _is_expanded(outputs, embeds):
            outputs = tuple(self._expanded(relation, outputs))
        # Of two embeds with one name the first is meant, as it is where their filters are told apart.
        names = {embed.name: at for at, embed in reversed(list(enumerate(embeds)))}
        is_plain = place or not is_bare
        filters = tuple(self.filter(relation, names, one) for one in self.filters.get(place, ())) if is_plain else ()
        order = tuple(self._term(relation, embeds, one) for one in self.orders.get(place, ())) if is_plain else ()
        rows = self._range(place) if is_plain else syntax.Range()
        table = relation.table
        return plan.Node(
            origin=_origin(table, source),
            alias=alias,
            outputs=outputs,
            embeds=embeds,
            filters=filters,
            order=order,
            limit=rows.limit,
            offset=rows.offset,
            table=table,
            seen=self.setting.tracked.of(table),
            columns=tuple(relation.columns or ()),
        )

    def _embed(self, place: Place, parent: Relation, wanted: syntax.Embed) -> plan.Embed:
        relationship = self._relationship(parent, wanted)
        catalogue, role = self.setting.catalogue, self.setting.role
        table = catalogue.tables[relationship.target]
        label = f"{table.name.name}_{len(place)}"
        if isinstance(relationship, ThroughJunction):
            label = table.name.name
        relation = Relation.of(table, label=label, is_visible=table.name in catalogue.seen_by(role).tables)
        is_many = wanted.is_spread and not relationship.is_to_one
        node = self.node(place, wanted.items, relation, spread_in=wanted.is_spread)
        tracked = self.setting.tracked
        if isinstance(relationship, Computed):
            node = replace(node, seen=tracked.returned_by(relationship.number, relation=table.name))
        if is_many and node.is_grouped:
            raise errors.NotImplementedHere(
                details="Aggregates are not implemented for one-to-many or many-to-many spreads."
            )
        return plan.Embed(
            name=wanted.name,
            relationship=relationship,
            node=node,
            is_inner=wanted.join is syntax.Join.INNER,
            is_spread=wanted.is_spread,
            junction_alias=f"{node.alias}j" if isinstance(relationship, ThroughJunction) else None,
            junction_seen=tracked.of(relationship.junction) if isinstance(relationship, ThroughJunction) else (),
        )

    def _relationship(self, parent: Relation, wanted: syntax.Embed) -> Relationship:
        catalogue = self.setting.catalogue
        visible = catalogue.seen_by(self.setting.role).tables
        origin = parent.table or Name(self.request.profile or catalogue.schemas[0], parent.label)
        found = relationships.resolve(catalogue, origin, relation=wanted.relation, hint=wanted.hint, visible=visible)
        match found:
            case ByKey() | ThroughJunction() | Computed() if found.target in catalogue.tables:
                return found
            case ByKey() | ThroughJunction() | Computed():
                # A function may return rows of what is not exposed; its name says no more than the request did.
                raise errors.NoRelationship(
                    f"Could not find a relationship between '{origin.name}' and '{wanted.relation}' in the schema cache"
                )
            case relationships.Unrelated():
                raise errors.NoRelationship(found.message, details=found.details, hint=found.hint)
            case relationships.Ambiguous():
                raise errors.AmbiguousRelationship(found.message, listing=found.details, hint=found.hint)
            case _:
                assert_never(found)

    # --- columns ---

    def _outputs(self, relation: Relation, columns: Sequence[syntax.Column]) -> Iterator[plan.Output]:
        for column in columns:
            wanted = column.field
            if wanted is not None and wanted.name == "*" and column.aggregate is None:
                yield from self._all(relation)
            elif _is_old_count(relation, column):
                cast = column.cast or column.aggregate_cast
                name = plan_fields.output_name(column)
                count = syntax.Aggregate.COUNT
                yield plan.Column(name=name, field=None, aggregate=count, aggregate_cast=cast, is_grouping=False)
            elif wanted is None or wanted.name == "*":
                yield plan.Column(
                    name=plan_fields.output_name(column),
                    field=None,
                    aggregate=column.aggregate or syntax.Aggregate.COUNT,
                    aggregate_cast=column.aggregate_cast,
                )
            else:
                found = plan_fields.shown(self.setting.catalogue, relation.table, self._find(relation, wanted))
                yield plan.Column(
                    name=plan_fields.output_name(column),
                    field=found,
                    cast=column.cast,
                    aggregate=column.aggregate,
                    aggregate_cast=column.aggregate_cast,
                )

    def _all(self, relation: Relation) -> Iterator[plan.Output]:
        """`*`, written out where a column leaves by a function of its domain."""
        columns = tuple(self._each(relation))
        if any(column.field is not None and column.field.shown_by is not None for column in columns):
            yield from columns
        else:
            yield plan.AllColumns()

    def _each(self, relation: Relation) -> Iterator[plan.Column]:
        for name, kind in (relation.columns or {}).items():
            found = plan.Field(column=name, type=kind)
            yield plan.Column(name=name, field=plan_fields.shown(self.setting.catalogue, relation.table, found))

    def _expanded(self, relation: Relation, outputs: Sequence[plan.Output]) -> Iterator[plan.Output]:
        for output in outputs:
            if isinstance(output, plan.AllColumns):
                # What has columns that nobody knows is grouped by none of them, as in PostgREST.
                yield from self._each(relation)
            else:
                yield output

    def _check_aggregates(self, outputs: Sequence[plan.Output]) -> None:
        if not self.setting.are_aggregates_allowed and any(
            isinstance(output, plan.Column) and output.aggregate is not None and output.is_grouping
            for output in outputs
        ):
            raise errors.AggregatesRefused

    # --- filters and order ---

    def filter(self, relation: Relation, names: Mapping[str, int], wanted: syntax.Filter) -> plan.Filter:
        match wanted:
            case syntax.Group(members=members, is_or=is_or, is_negated=is_negated):
                inside = tuple(self.filter(relation, names, member) for member in members)
                return plan.Group(members=inside, is_or=is_or, is_negated=is_negated)
            case syntax.Condition(
                field=syntax.Field(name=name, path=()), operator=syntax.Operator.IS, value=syntax.Is.NULL
            ) if name in names:
                return plan.Presence(embed=names[name], is_present=wanted.is_negated)
            case syntax.Condition():
                return self._condition(relation, wanted)
            case _:
                assert_never(wanted)

    def _condition(self, relation: Relation, wanted: syntax.Condition) -> plan.Condition:
        found = self._find(relation, wanted.field)
        return plan.Condition(
            field=plan_fields.read_from_text(self.setting.catalogue, relation.table, found),
            operator=wanted.operator,
            value=wanted.value,
            is_negated=wanted.is_negated,
            quantifier=wanted.quantifier,
            language=wanted.language,
        )

    def _term(self, relation: Relation, embeds: Sequence[plan.Embed], wanted: syntax.OrderTerm) -> plan.Order:
        if wanted.relation is None:
            found = self._find(relation, wanted.field)
            return plan.Order(field=found, is_descending=wanted.is_descending, nulls=wanted.nulls)
        at = next((at for at, embed in enumerate(embeds) if embed.name == wanted.relation), None)
        if at is None:
            raise errors.NotEmbedded(wanted.relation)
        embed = embeds[at]
        if not embed.is_to_one:
            origin = relation.label if relation.table is None else relation.table.name
            raise errors.RelatedOrderRefused(origin, embed.name)
        found, cast = self._of_embed(embed, wanted.field)
        return plan.Order(
            field=found,
            embed=at,
            cast=cast,
            is_descending=wanted.is_descending,
            nulls=wanted.nulls,
        )

    def _of_embed(self, embed: plan.Embed, wanted: syntax.Field) -> tuple[plan.Field, str | None]:
        """A column of an embed by the name it has in the answer, cast as there, or else by that in its table."""
        for output in embed.node.outputs:
            if isinstance(output, plan.Column) and output.name == wanted.name and output.field is not None:
                found = plan.Field(
                    column=output.field.column,
                    type=output.field.type,
                    path=(*output.field.path, *wanted.path),
                    computed_by=output.field.computed_by,
                )
                return found, None if wanted.path else output.cast
        table = self.setting.catalogue.tables[embed.relationship.target]
        return self._find(Relation.of(table), wanted), None

    def _find(self, relation: Relation, wanted: syntax.Field) -> plan.Field:
        try:
            return plan_fields.find(relation, wanted)
        except (plan_fields.UnknownColumn, plan_fields.TableDenied):
            if not self.setting.takes_any_column:
                raise
            return plan.Field(column=wanted.name, type=None, path=wanted.path)


def conditions(request: syntax.Request, setting: Setting, *, relation: Relation) -> tuple[plan.Filter, ...]:
    """The filters of the root alone, for what writes rows: there no embed can be asked for."""
    planner = _Planner(request, setting)
    return tuple(planner.filter(relation, {}, one) for one in request.filters.get((), ()))


def _origin(table: Name | None, source: str | None) -> plan.Origin:
    if source is not None:
        return plan.FromSource(source)
    if table is None:
        raise ValueError("rows come from a table or from a source")
    return plan.FromTable(table)


def _is_old_count(relation: Relation, column: syntax.Column) -> bool:
    """Whether rows are counted as clients did before there were aggregates, which nothing switches off."""
    return (
        column.field == syntax.Field("count")
        and column.aggregate is None
        and relation.columns is not None
        and "count" not in relation.columns
        and "count" not in relation.computed
    )


def _is_expanded(outputs: Sequence[plan.Output], embeds: Sequence[plan.Embed]) -> bool:
    """Whether rows are grouped, so that `*` has to be written out."""
    own = any(isinstance(output, plan.Column) and output.aggregate for output in outputs)
    return own or any(embed.is_spread and embed.is_to_one and embed.node.is_grouped for embed in embeds)
