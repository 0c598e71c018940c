"""What a call means in this database: which function of the name, what it is passed and what becomes of its answer.

Pure. Functions share a name; the names of what is passed choose between them, never its values.
"""

from __future__ import annotations

from collections.abc import Collection, Iterator, Sequence
from dataclasses import dataclass, replace
from enum import StrEnum
from typing import Final, TypeAlias

from carebase.rest import bodies, errors, hints, plan, plan_reads, syntax
from carebase.rest.catalogue import Argument, Function, Name, Returned, Volatility
from carebase.rest.plan_fields import Relation
from carebase.rest.plan_reads import Setting
from carebase.rest.tracking import Way

SOURCE: Final = "called"
"""Under which name the rows that the function returned are read."""
VALUE: Final = "pgrst_scalar"
"""The column of a function's bare values; clients of PostgREST know it from CSV."""
WHOLE: Final = {
    syntax.Payload.JSON: frozenset({"json", "jsonb"}),
    syntax.Payload.TEXT: frozenset({"text"}),
    syntax.Payload.XML: frozenset({"xml"}),
    syntax.Payload.OCTETS: frozenset({"bytea"}),
}
"""Types of the one argument without a name that takes a whole body of this form."""

# --- values --------------------------------------------------------------------------------------------------------


@dataclass(frozen=True, slots=True)
class FromJson:
    """Arguments that are taken out of an object by their names."""

    arguments: tuple[Argument, ...]
    rows: bodies.Rows


@dataclass(frozen=True, slots=True)
class FromTexts:
    """Arguments each of which was written as text; as several texts where it is variadic."""

    values: tuple[tuple[Argument, str | tuple[str, ...]], ...]


@dataclass(frozen=True, slots=True)
class FromBody:
    """The one argument without a name. Bytes are written as PostgreSQL reads them: `\\x` and two digits for each."""

    argument: Argument
    value: str


Passed: TypeAlias = "FromJson | FromTexts | FromBody"


class Shape(StrEnum):
    """What a function's answer is."""

    NOTHING = "nothing"
    VALUE = "one value"
    VALUES = "a list of values"
    ROW = "one row"
    ROWS = "a list of rows"


@dataclass(frozen=True, slots=True, kw_only=True)
class Call:
    """One call, ready to be written as SQL. `read` is over what it returned, `SOURCE`.

    `function` knows the time-out and the isolation it asks for.
    """

    function: Function
    passed: Passed
    shape: Shape
    read: plan.Read
    computed: tuple[plan.Field, ...] = ()
    """Columns that functions make of the returned rows."""
    is_read_only: bool
    is_single: bool = False
    """Whether it has to be exactly one row, because an object was asked for."""
    max_affected: int | None = None

    def require(self, rows: int) -> None:
        """Raise the refusal that takes the call back, where it did not return as many rows as it may."""
        if self.is_single and rows != 1:
            raise errors.NotSingular(rows)
        if self.max_affected is not None and rows > self.max_affected:
            raise errors.TooManyAffected(rows)


# --- planning ------------------------------------------------------------------------------------------------------


def plan_call(request: syntax.Request, setting: Setting, *, form: plan.Form = plan.Form.LIST) -> Call:
    """The call that a request asks for; `form` is that of the media type chosen for the answer.

    Raises what a read may, `errors.InvalidBody`, `errors.NoSuchFunction`, `errors.AmbiguousFunction`,
    `errors.NotCountable`.
    """
    given = _given(request)
    function = choose(request, setting, names=_names(given))
    preferences = request.preferences
    max_affected = preferences.max_affected if preferences.is_strict else None
    relation = _relation(function, setting)
    root = plan_reads.plan_node(request, setting, relation=relation, source=SOURCE)
    root = replace(root, seen=setting.tracked.returned_by(function.number, relation=relation.table))
    if max_affected is not None and not function.returns.is_set:
        raise errors.NotCountable
    is_asked = request.method in {"GET", "HEAD"}
    shape = shape_of(function.returns)
    return Call(
        function=function,
        passed=_passed(request, function, given),
        shape=shape,
        read=plan.Read(
            root=root,
            form=plan.Form.NOTHING if request.method == "HEAD" else _form(form, shape),
            is_total_wanted=preferences.count in {syntax.Count.EXACT, syntax.Count.ESTIMATED},
            is_total_guessed=preferences.count is syntax.Count.PLANNED,
            asking=_asking(function, setting),
        ),
        computed=tuple({field.column: field for field in root.fields() if field.computed_by is not None}.values()),
        is_read_only=is_asked or function.volatility is not Volatility.VOLATILE,
        is_single=form in {plan.Form.OBJECT, plan.Form.OBJECT_STRIPPED},
        max_affected=max_affected,
    )


def _asking(function: Function, setting: Setting) -> plan.Asking | None:
    recording = setting.tracked.functions.get(function.number)
    if recording is None or recording.way is not Way.QUESTION:
        return None
    return plan.Asking(of=recording.reported, function=function.name)


def shape_of(returned: Returned) -> Shape:
    """What the answer of a function that returns this is."""
    if returned.is_void:
        return Shape.NOTHING
    if returned.is_composite:
        return Shape.ROWS if returned.is_set else Shape.ROW
    return Shape.VALUES if returned.is_set else Shape.VALUE


def _form(form: plan.Form, shape: Shape) -> plan.Form:
    """One row is written as an object without being asked for as one."""
    if shape is Shape.NOTHING:
        return plan.Form.NOTHING
    if shape is Shape.ROW:
        return {plan.Form.LIST: plan.Form.OBJECT, plan.Form.LIST_STRIPPED: plan.Form.OBJECT_STRIPPED}.get(form, form)
    return form


def _relation(function: Function, setting: Setting) -> Relation:
    """The function's rows, as what is selected, filtered and embedded sees them."""
    returned, catalogue = function.returns, setting.catalogue
    if returned.table is not None and returned.table in catalogue.tables:
        # The rows are the function's: whoever may call it may know their columns.
        return Relation.of(catalogue.tables[returned.table])
    if returned.is_scalar:
        kind = returned.type.name if returned.type.schema == "pg_catalog" else str(returned.type)
        return Relation(label=function.name.name, table=None, columns={VALUE: kind})
    is_named = returned.type != Name("pg_catalog", "record")
    label = returned.type.name if is_named else function.name.name
    return Relation(label=label, table=None, columns=returned.columns or None)


# --- what is passed ------------------------------------------------------------------------------------------------

Given: TypeAlias = "bodies.Rows | tuple[tuple[str, str], ...] | None"
"""An object's members, texts with their names, or a body that has neither."""


def _given(request: syntax.Request) -> Given:
    if request.method != "POST":
        return request.arguments
    match request.payload:
        case syntax.Payload.FORM:
            return bodies.form(request.body)
        case syntax.Payload.TEXT | syntax.Payload.XML | syntax.Payload.OCTETS:
            return None
        case _:
            return bodies.rows(request)


def _names(given: Given) -> tuple[str, ...]:
    match given:
        case None:
            return ()
        case bodies.Rows(names=names):
            return names
        case _:
            return tuple(sorted({name for name, _ in given}))


def _passed(request: syntax.Request, function: Function, given: Given) -> Passed:
    unnamed = function.unnamed
    if unnamed is not None:
        if isinstance(given, bodies.Rows):
            return FromBody(unnamed, given.json if request.body else "")
        is_binary = request.payload is syntax.Payload.OCTETS
        return FromBody(unnamed, f"\\x{request.body.hex()}" if is_binary else bodies.text(request.body))
    if isinstance(given, bodies.Rows):
        return FromJson(tuple(argument for argument in function.arguments if argument.name in given.names), given)
    return FromTexts(tuple(_texts(function, given or ())))


def _texts(function: Function, given: Sequence[tuple[str, str]]) -> Iterator[tuple[Argument, str | tuple[str, ...]]]:
    """Of a name that is there several times the last counts, but of a variadic argument's all do."""
    for argument in function.arguments:
        values = tuple(value for name, value in given if name == argument.name)
        if values:
            yield argument, values if argument.is_variadic else values[-1]


# --- which function ------------------------------------------------------------------------------------------------


def choose(request: syntax.Request, setting: Setting, *, names: Collection[str]) -> Function:
    """The function that takes arguments of these names, or else the body as a whole."""
    name = Name(request.profile or setting.catalogue.schemas[0], request.target)
    overloads = setting.catalogue.functions.get(name, ())
    fitting = [function for function in overloads if _takes(function, names, request=request)]
    if not fitting:
        fitting = [function for function in overloads if _takes_whole(function, request=request)]
    if len(fitting) == 1:
        return fitting[0]
    # What cannot be called by anybody is no help.
    visible = setting.catalogue.seen_by(setting.role).functions & setting.catalogue.functions.keys()
    if fitting and name in visible:
        raise _ambiguous(fitting)
    raise _unknown(request, name, sorted(names), overloads=overloads, visible=visible)


def _takes(function: Function, names: Collection[str], *, request: syntax.Request) -> bool:
    """Whether all that is required is named and nothing else than what is optional besides."""
    if not function.arguments:
        return not names and not _is_whole(request)
    required = {argument.name for argument in function.arguments if argument.is_required}
    optional = {argument.name for argument in function.arguments if not argument.is_required}
    return set(names) - optional == required


def _is_whole(request: syntax.Request) -> bool:
    return request.method == "POST" and request.payload in {
        syntax.Payload.TEXT,
        syntax.Payload.XML,
        syntax.Payload.OCTETS,
    }


def _takes_whole(function: Function, *, request: syntax.Request) -> bool:
    unnamed = function.unnamed
    if unnamed is None or request.method != "POST":
        return False
    return unnamed.type in WHOLE.get(request.payload or syntax.Payload.JSON, frozenset())


def _ambiguous(functions: Sequence[Function]) -> errors.AmbiguousFunction:
    signatures = (
        f"{function.name}({', '.join(f'{argument.name} => {argument.type}' for argument in function.arguments)})"
        for function in functions
    )
    return errors.AmbiguousFunction(
        f"Could not choose the best candidate function between: {', '.join(signatures)}",
        hint="Try renaming the parameters or the function itself in the database so function overloading can be "
        "resolved",
    )


def _unknown(
    request: syntax.Request,
    name: Name,
    names: Sequence[str],
    *,
    overloads: Sequence[Function],
    visible: Collection[Name],
) -> errors.NoSuchFunction:
    payload = request.payload or syntax.Payload.JSON
    listed = ", ".join(names)
    if _is_whole(request):
        (kind,) = WHOLE[payload]
        said, searched, hint = "", f" with a single unnamed {kind} parameter", None
    else:
        said = f"({listed})" if names else " without parameters"
        searched = f" with parameter{'s' if len(names) > 1 else ''} {listed}" if names else " without parameters"
        if request.method == "POST" and payload is syntax.Payload.JSON:
            searched += " or with a single unnamed json/jsonb parameter"
        hint = hints.for_function(name, names, overloads=overloads, visible=visible)
    return errors.NoSuchFunction(
        f"Could not find the function {name}{said} in the schema cache",
        details=f"Searched for the function {name}{searched}, but no matches were found in the schema cache.",
        hint=hint,
    )
