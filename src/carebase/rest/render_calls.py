# ruff: noqa: S608 - SQL is this module's work; names are quoted and values are parameters.
"""Writes a call as one statement of SQL that answers with one row.

Pure. What is passed is one parameter for the whole body, or one for each text; the answer stands in a `with`, and the
read of it behind.
"""

from __future__ import annotations

from typing import Final, assert_never

from carebase.rest import plan, plan_calls, render, render_rows
from carebase.rest.catalogue import Argument
from carebase.rest.plan_calls import Call, FromBody, FromJson, FromTexts, Shape
from carebase.rest.render import Statement
from carebase.rest.render_text import Writer, array, qualified, quoted

SOURCE: Final = quoted(plan_calls.SOURCE)
VALUE: Final = quoted(plan_calls.VALUE)
ALONE: Final = frozenset({plan.Form.CSV, plan.Form.TEXT, plan.Form.XML, plan.Form.OCTETS, plan.Form.NOTHING})
"""Forms in which a bare value stands as a row's would."""


def statement(call: Call) -> Statement:
    """A call.

    One row: body, page, total, seen, response_headers, response_status, as of a read.
    """
    writer = Writer()
    # Of a call whose answer is not written PostgreSQL would leave out what nobody looks at.
    kept = "materialized " if call.read.form is plan.Form.NOTHING else ""
    text = f"with {SOURCE} as {kept}({_called(call, writer)}) {_answer(call, writer)}"
    return Statement(text, tuple(writer.values))


# --- the call ------------------------------------------------------------------------------------------------------


def _called(call: Call, writer: Writer) -> str:
    before, arguments = _arguments(call, writer)
    function = f"{qualified(call.function.name)}({arguments})"
    if call.function.returns.is_scalar:
        return f"select {function} as {VALUE}" + (f" from {before}" if before else "")
    computed = "".join(
        f", {qualified(field.computed_by)}({SOURCE}.*) as {quoted(field.column)}"
        for field in call.computed
        if field.computed_by is not None
    )
    lateral = f"{before}, lateral " if before else ""
    return f"select {SOURCE}.*{computed} from {lateral}{function} as {SOURCE}"


def _arguments(call: Call, writer: Writer) -> tuple[str, str]:
    """What they are taken out of, where that has to be opened first, and the arguments themselves."""
    match call.passed:
        case FromJson(arguments=()):
            return "", ""
        case FromJson(arguments=arguments, rows=rows):
            columns = ", ".join(f"{quoted(argument.name)} {argument.cast}" for argument in arguments)
            opener = "json_to_record" if rows.is_object else "json_to_recordset"
            opened = f"{opener}({writer.value(rows.json)}::json) as opened({columns})"
            if not rows.is_object:
                opened = f"(select * from {opened} limit 1) as opened"
            return opened, ", ".join(_named(one, f"opened.{quoted(one.name)}") for one in arguments)
        case FromTexts(values=values):
            return "", ", ".join(_named(argument, _text(argument, value, writer)) for argument, value in values)
        case FromBody(argument=argument, value=value):
            return "", _text(argument, value, writer)
        case _:
            assert_never(call.passed)


def _named(argument: Argument, value: str) -> str:
    variadic = "variadic " if argument.is_variadic else ""
    return f"{variadic}{quoted(argument.name)} := {value}"


def _text(argument: Argument, value: str | tuple[str, ...], writer: Writer) -> str:
    text = value if isinstance(value, str) else array(value)
    return f"{writer.value(text)}::{argument.cast}"


# --- the answer ----------------------------------------------------------------------------------------------------


def _answer(call: Call, writer: Writer) -> str:
    match call.shape:
        case Shape.ROWS | Shape.ROW | Shape.NOTHING:
            return render.answer(call.read, writer)
        case Shape.VALUE | Shape.VALUES:
            return _values(call, writer)
        case _:
            assert_never(call.shape)


def _values(call: Call, writer: Writer) -> str:
    """The answer of a function that returns bare values, which stand in JSON without their column."""
    read = call.read
    if read.form in ALONE or (call.shape is Shape.VALUES and _is_object(read.form)):
        return render.answer(read, writer)
    values = f"json_agg(r.{VALUE})"
    if call.shape is Shape.VALUE:
        values, nothing = f"({values} -> 0)", "null"
    else:
        nothing = "[]"
    if read.form in {plan.Form.LIST_STRIPPED, plan.Form.OBJECT_STRIPPED}:
        values = f"json_strip_nulls({values})"
    rows = render_rows.page(read.root, writer)
    total = "null::int8"
    if read.is_total_wanted:
        total = f"(select count(*) from {render_rows.fitting(read.root, writer)})"
    return (
        f"select coalesce({values}, '{nothing}')::text as body, count(*) as page, {total} as total, "
        f"null::jsonb as seen, {render.SETTINGS} from ({rows}) r"
    )


def _is_object(form: plan.Form) -> bool:
    return form in {plan.Form.OBJECT, plan.Form.OBJECT_STRIPPED}
