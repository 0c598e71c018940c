"""By which columns rows are ordered."""

from __future__ import annotations

import pytest

from carebase.rest import errors
from carebase.rest.parsing import order
from carebase.rest.syntax import Field, Nulls, OrderTerm, Step


@pytest.mark.parametrize(
    ("text", "term"),
    [
        ("born", OrderTerm(Field("born"))),
        ("born.asc", OrderTerm(Field("born"), is_descending=False)),
        ("born.desc.nullsfirst", OrderTerm(Field("born"), is_descending=True, nulls=Nulls.FIRST)),
        ("born.nullslast", OrderTerm(Field("born"), nulls=Nulls.LAST)),
        ("data->>x.desc", OrderTerm(Field("data", (Step("x", is_text=True),)), is_descending=True)),
        ('"a.b".asc', OrderTerm(Field("a.b"), is_descending=False)),
        ("doctor(name).desc", OrderTerm(Field("name"), relation="doctor", is_descending=True)),
        (
            "doctor(data->0).asc",
            # A number before a parenthesis is a key, as in PostgREST.
            OrderTerm(Field("data", (Step("0", is_text=False),)), relation="doctor", is_descending=False),
        ),
    ],
)
def test_a_term_is_a_column_a_direction_and_where_nulls_stand(text, term):
    assert order.read(text) == (term,)


def test_terms_stand_between_commas():
    assert [term.field.name for term in order.read("a.asc, b ,doctor(c)")] == ["a", "b", "c"]


@pytest.mark.parametrize(
    ("text", "column", "details"),
    [
        ("", 1, "unexpected end of input expecting field name (* or [a..z0..9_$])"),
        ("born.up", 6, 'unexpected "u" expecting "asc", "desc", "nullsfirst" or "nullslast"'),
        ("born.desc.last", 11, 'unexpected "l" expecting "nullsfirst" or "nullslast"'),
        ("born.ascx", 9, "unexpected 'x' expecting delimiter (.), \",\" or end of input"),
        (
            "doctor(a,b)",
            7,
            'unexpected \'(\' expecting letter, digit, "-", "->>", "->", delimiter (.), "," or end of input',
        ),
    ],
)
def test_what_is_no_order_is_refused_with_its_place(text, column, details):
    with pytest.raises(errors.Unreadable) as caught:
        order.read(text)
    assert caught.value.sentence == f'"failed to parse order ({text})" (line 1, column {column})'
    assert caught.value.details == details
