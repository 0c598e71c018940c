"""Turns a request into what runs: the media type chosen, the plan made, the statements written.

Pure. In charge of putting the steps together; each of them is a module of its own.
"""

from __future__ import annotations

import json
from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace
from typing import Any, Final, assert_never

from carebase.database.exchange import Isolation, Row, Rows, Statement
from carebase.rest import (
    errors,
    forms,
    openapi,
    plan,
    plan_calls,
    plan_fields,
    plan_reads,
    plan_writes,
    reads,
    render,
    render_calls,
    render_counts,
    render_plans,
    render_writes,
)
from carebase.rest.catalogue import Function, Name, Table, Volatility
from carebase.rest.configuration import Configuration
from carebase.rest.parsing import preferences
from carebase.rest.plan_reads import Setting
from carebase.rest.respond import Answered, Shape
from carebase.rest.schema import Known
from carebase.rest.syntax import Action, Count, Embed, Media, MediaType, Plan, Request, SelectItem

DESCRIBED: Final = {Media.OPENAPI: Media.OPENAPI, Media.JSON: Media.JSON, Media.ANY: Media.OPENAPI}
NOTHING: Final = plan.Read(root=plan.Node(origin=plan.FromSource("nothing"), alias="t0"), form=plan.Form.NOTHING)
"""Of what reads no rows."""
SETTINGS: Final = Statement(f"select {render.SETTINGS}")


@dataclass(frozen=True, slots=True, kw_only=True)
class Work:
    """What runs for a request, and how its answer is read and shaped."""

    request: Request
    read: plan.Read
    statements: tuple[Statement, ...]
    shape: Shape
    is_read_only: bool
    require: Callable[[int], None] | None = None
    """Raises, with the number of rows, what undoes the transaction."""
    function: Function | None = None
    isolation: Isolation | None = None
    is_recorded: bool = False
    """Whether it may show or tell of rows whose reads go on record."""
    reader: Callable[[tuple[Rows, ...]], Answered] | None = None
    """Reads what the statements brought, where the first is not answered by one row of an answer."""

    def with_statements(self, statements: tuple[Statement, ...]) -> Work:
        """The same with other values."""
        return Work(
            request=self.request,
            read=self.read,
            statements=statements,
            shape=self.shape,
            is_read_only=self.is_read_only,
            require=self.require,
            function=self.function,
            isolation=self.isolation,
            is_recorded=self.is_recorded,
            reader=self.reader,
        )

    def answered(self, results: tuple[Rows, ...]) -> Answered:
        """What the statements brought."""
        if self.reader is not None:
            return self.reader(results)
        first = results[0]
        found = _answered(first[0]) if first else Answered()
        if self.read.form is plan.Form.OCTETS:
            found = replace(found, body=bytes.fromhex(found.body.decode("ascii")))
        if self.function is not None and not self.function.returns.is_set:
            # A function that returns one thing has returned it, whatever the filters left of it.
            found = replace(found, page=1)
        if len(results) == 1:
            return found
        return replace(found, total=_estimated(results[1:]))


def prepare(request: Request, known: Known, configuration: Configuration, *, role: str) -> Work:
    """What has to be run. Raises a RestError for all that can be seen without asking the database."""
    schemas = configuration.schemas
    _require_exposed(request, configuration)
    if depth_of(request.select) > configuration.deepest_embed:
        raise errors.TooComplex("levels of embeds", limit=configuration.deepest_embed)
    setting = Setting(
        catalogue=known.catalogue,
        role=role,
        max_rows=configuration.max_rows,
        are_aggregates_allowed=configuration.are_aggregates_allowed,
        tracked=known.tracked,
    )
    try:
        made = _made(request, setting, configuration)
    except (plan_fields.UnknownColumn, plan_fields.TableDenied):
        # PostgreSQL would say so, and is only asked where nothing else is wrong.
        _made(request, replace(setting, takes_any_column=True), configuration)
        raise
    if made.shape.media.plan is not None:
        made = _planned(made, made.shape.media.plan, known)
    profile = (request.profile or schemas[0]) if request.profile is not None or len(schemas) > 1 else None
    may = configuration.may_choose_ending
    shape = replace(made.shape, profile=profile, may_end_otherwise=may)
    return replace(made, shape=shape, is_recorded=bool(reads.tracked(made.read)))


def _made(request: Request, setting: Setting, configuration: Configuration) -> Work:
    match request.action:
        case Action.READ:
            made = _read(request, setting, configuration)
        case Action.INSERT | Action.PUT | Action.UPDATE | Action.DELETE:
            made = _write(request, setting, configuration)
        case Action.CALL:
            made = _call(request, setting, configuration)
        case Action.DESCRIBE:
            made = _description(request, setting, configuration)
        case Action.INSPECT:
            raise ValueError(request.action)
        case _:
            assert_never(request.action)
    preferences.refuse_unknown(request.preferences)
    return made


def _require_exposed(request: Request, configuration: Configuration) -> None:
    if request.profile is not None and request.profile not in configuration.schemas:
        raise errors.SchemaRefused(request.profile, exposed=configuration.schemas)


def depth_of(select: Sequence[SelectItem]) -> int:
    """How many levels of embeds there are."""
    return max((1 + depth_of(item.items) for item in select if isinstance(item, Embed)), default=0)


def _read(request: Request, setting: Setting, configuration: Configuration) -> Work:
    media = forms.chosen(
        request,
        configuration,
        bare=lambda: forms.bare_of_rows(plan_reads.plan_read(request, setting).root),
        otherwise=lambda: plan_reads.plan_read(request, setting),
    )
    form = forms.form(media)
    read = plan_reads.plan_read(request, setting, form=plan.Form.NOTHING if request.method == "HEAD" else form)
    return Work(
        request=request,
        read=read,
        statements=(_plain(render.statement(read)), *_estimates(request, read, setting.max_rows)),
        shape=Shape(media=media, offset=read.root.offset),
        is_read_only=True,
        require=_one if form in forms.SINGLE else None,
    )


def _write(request: Request, setting: Setting, configuration: Configuration) -> Work:
    media = forms.chosen(
        request,
        configuration,
        bare=lambda: forms.bare_of_rows(plan_writes.plan_write(request, setting).read.root),
        otherwise=lambda: plan_writes.plan_write(request, setting),
    )
    write = plan_writes.plan_write(request, setting, form=forms.form(media))
    key = setting.catalogue.tables[write.table].key
    return Work(
        request=request,
        read=write.read,
        statements=(_plain(render_writes.statement(write)),),
        shape=Shape(media=media, takes_resolution=bool(key) or request.on_conflict is not None),
        is_read_only=False,
        require=write.require if write.is_single or write.is_put or write.max_affected is not None else None,
    )


def _call(request: Request, setting: Setting, configuration: Configuration) -> Work:
    media = forms.chosen(
        request,
        configuration,
        bare=lambda: forms.bare_of_call(plan_calls.plan_call(request, setting)),
        otherwise=lambda: plan_calls.plan_call(request, setting),
    )
    call = plan_calls.plan_call(request, setting, form=forms.form(media))
    function = call.function
    isolation = next((one for one in Isolation if one == function.isolation), None)
    return Work(
        request=request,
        read=call.read,
        statements=(_plain(render_calls.statement(call)),),
        shape=Shape(
            media=media,
            offset=call.read.root.offset,
            is_void=call.shape is plan_calls.Shape.NOTHING,
        ),
        is_read_only=call.is_read_only,
        require=call.require if call.is_single or call.max_affected is not None else None,
        function=function,
        isolation=isolation,
    )


def _description(request: Request, setting: Setting, configuration: Configuration) -> Work:
    """The root. The database is asked nothing, but may refuse: the session has ended, the pre-request objects."""
    if not configuration.is_described:
        raise errors.RootDisabled
    media = next((DESCRIBED[one.media] for one in request.accept if one.media in DESCRIBED), None)
    if media is None:
        raise errors.NotAcceptable([wanted.text for wanted in request.accept])
    document = openapi.document(
        setting.catalogue,
        schema=request.profile or configuration.schemas[0],
        role=setting.role,
        address=configuration.address,
        version=configuration.version,
    )

    def told(results: tuple[Rows, ...]) -> Answered:
        headers, status = results[0][0]
        return Answered(body=document, chosen_headers=headers, chosen_status=status)

    return Work(
        request=request,
        read=NOTHING,
        statements=(SETTINGS,),
        shape=Shape(media=MediaType(media.value, media)),
        is_read_only=True,
        reader=told,
    )


def _planned(work: Work, wanted: Plan, known: Known) -> Work:
    """The plan of the first statement instead of its answer; of tracked tables there is none."""
    refusal = errors.NotAcceptable([one.text for one in work.request.accept])
    if reads.tracked(work.read):
        raise refusal

    def told(results: tuple[Rows, ...]) -> Answered:
        body = b"\n".join(line or b"" for (line,) in results[0])
        if render_plans.names_any(body, known.tracked.relations):
            raise refusal
        headers, status = results[1][0]
        return Answered(body=body, chosen_headers=headers, chosen_status=status)

    first = work.statements[0]
    return replace(
        work,
        statements=(Statement(render_plans.explained(first.text, wanted), first.values), SETTINGS),
        reader=told,
        # With it the plan is seen before anything is kept.
        require=_any,
    )


def _any(rows: int) -> None:
    """Any number of rows is right."""


def _one(rows: int) -> None:
    if rows != 1:
        raise errors.NotSingular(rows)


def _plain(statement: render.Statement) -> Statement:
    return Statement(statement.text, statement.values)


# --- counts that are guessed ---------------------------------------------------------------------------------------


def _estimates(request: Request, read: plan.Read, max_rows: int | None) -> tuple[Statement, ...]:
    """What the planner expects and, for an estimate, the true number as far as it is not beyond a page."""
    if request.preferences.count not in {Count.PLANNED, Count.ESTIMATED}:
        return ()
    total = render.total_statement(read)
    planned = Statement(f"explain (format json) {total.text}", total.values)
    if request.preferences.count is Count.PLANNED:
        return (planned,)
    return planned, _plain(render_counts.bounded(total, most=max_rows))


def _estimated(results: tuple[Rows, ...]) -> int | None:
    planned = _planned_rows(results[0])
    if len(results) == 1:
        return planned
    counted, page = (_number(value) for value in results[1][0])
    if page is not None and (counted or 0) <= page:
        return counted
    return max(counted or 0, planned or 0)


def _planned_rows(rows: Rows) -> int | None:
    found: Any = json.loads(rows[0][0] or b"null") if rows else None
    return int(found[0]["Plan"]["Plan Rows"]) if found else None


# --- the row of a statement ----------------------------------------------------------------------------------------


def _answered(row: Row) -> Answered:
    body, page, total, seen, headers, status, *written = row
    location, inserted = written if written else (None, None)
    return Answered(
        body=body or b"",
        page=int(page or b"0"),
        total=_number(total),
        seen=seen,
        chosen_headers=headers,
        chosen_status=status,
        location=tuple((name, value) for name, value in json.loads(location)) if location else (),
        inserted=_number(inserted),
    )


def _number(text: bytes | None) -> int | None:
    return None if text is None else int(text)


# --- what may be done ----------------------------------------------------------------------------------------------


def allowed(request: Request, known: Known, configuration: Configuration, *, role: str) -> str:
    """The methods of a target, as the header Allow lists them.

    Raises NoSuchTable, NoSuchFunction, AmbiguousFunction: of a function it is asked as if it were called with nothing.
    """
    _require_exposed(request, configuration)
    if not request.target:
        return "OPTIONS,GET,HEAD"
    setting = Setting(catalogue=known.catalogue, role=role)
    if request.is_function:
        function = plan_calls.choose(request, setting, names=())
        return "OPTIONS,POST" if function.volatility is Volatility.VOLATILE else "OPTIONS,GET,HEAD,POST"
    plan_reads.target(request, setting)
    table = known.catalogue.tables[Name(request.profile or configuration.schemas[0], request.target)]
    return ",".join(["OPTIONS,GET,HEAD", *_methods_of_table(table)])


def _methods_of_table(table: Table) -> list[str]:
    found = ["POST"] if table.is_insertable else []
    found += ["PUT"] if table.is_insertable and table.is_updatable and table.key else []
    found += ["PATCH"] if table.is_updatable else []
    return found + (["DELETE"] if table.is_deletable else [])
