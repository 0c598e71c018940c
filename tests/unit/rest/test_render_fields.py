from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from carebase.rest import plan, render_fields, syntax
from carebase.rest.catalogue import Name
from carebase.rest.render_fields import Row
from carebase.rest.render_text import Writer
from carebase.rest.syntax import Operator, Step

NAME = plan.Field(column="name", type="text")
WITH_TEXT = sorted(set(Operator) - {Operator.IN, Operator.IS})


def written(field: plan.Field) -> tuple[str, list[str | None]]:
    writer = Writer()
    return render_fields.field(field, Row("t0"), writer), writer.values


def compared(operator: Operator, value: str | tuple[str, ...] | syntax.Is, **said) -> tuple[str, list[str | None]]:
    writer = Writer()
    condition = plan.Condition(field=said.pop("field", NAME), operator=operator, value=value, **said)
    return render_fields.condition(condition, Row("t0"), writer), writer.values


@given(st.sampled_from(WITH_TEXT), st.text(), st.booleans())
def test_no_value_changes_the_text(operator, value, is_negated):
    text, values = compared(operator, value, is_negated=is_negated)

    assert text == compared(operator, "x", is_negated=is_negated)[0]
    assert len(values) == 1


@given(st.lists(st.text(), max_size=5))
def test_no_list_changes_the_text_however_long(members):
    assert compared(Operator.IN, tuple(members))[0] == 't0."name" = any($1)'


@given(st.text())
def test_no_key_of_json_changes_the_text(key):
    path = (Step(key, is_text=False), Step(3, is_text=True))

    assert written(plan.Field(column="data", type="jsonb", path=path))[0] == '(t0."data" -> $1 ->> $2::int4)'


def test_what_is_no_json_becomes_it_where_a_path_leads_inside():
    field = plan.Field(column="tags", type="text[]", path=(Step(0, is_text=True),))

    assert written(field) == ('(to_jsonb(t0."tags") ->> $1::int4)', ["0"])


def test_a_computed_column_is_asked_of_its_function():
    field = plan.Field(column="age", type="integer", computed_by=Name("api", "age"))

    assert written(field)[0] == '"api"."age"(t0)'


def test_a_domain_reads_text_by_its_function():
    field = plan.Field(column="color", type="integer", read_by=Name("api", "color"))

    assert compared(Operator.EQ, "#fff", field=field)[0] == 't0."color" = "api"."color"($1)'
    assert (
        compared(Operator.IN, ("#fff",), field=field)[0]
        == 't0."color" = any(select "api"."color"(v) from unnest($1::text[]) v)'
    )


@pytest.mark.parametrize(
    ("operator", "value", "said", "text", "values"),
    [
        (Operator.EQ, "x", {}, 't0."name" = $1', ["x"]),
        (Operator.NEQ, "x", {"is_negated": True}, 'not (t0."name" <> $1)', ["x"]),
        (Operator.LIKE, "a*b", {}, 't0."name" like $1', ["a%b"]),
        (Operator.EQ, "{a,b}", {"quantifier": syntax.Quantifier.ANY}, 't0."name" = any($1)', ["{a,b}"]),
        (Operator.ILIKE, "{a*}", {"quantifier": syntax.Quantifier.ALL}, 't0."name" ilike all($1)', ["{a%}"]),
        (Operator.IS, syntax.Is.NOT_NULL, {}, 't0."name" is not null', []),
        (Operator.IN, ("",), {}, 't0."name" = any($1)', ["{}"]),
        (Operator.FTS, "fat", {}, 'to_tsvector(t0."name") @@ to_tsquery($1)', ["fat"]),
        (
            Operator.WFTS,
            "fat",
            {"language": "french"},
            'to_tsvector($1::regconfig, t0."name") @@ websearch_to_tsquery($2::regconfig, $3)',
            ["french", "french", "fat"],
        ),
        (
            Operator.PLFTS,
            "fat",
            {"field": plan.Field(column="search", type="tsvector")},
            't0."search" @@ plainto_tsquery($1)',
            ["fat"],
        ),
    ],
)
def test_conditions_are_those_of_postgresql(operator, value, said, text, values):
    assert compared(operator, value, **said) == (text, values)
