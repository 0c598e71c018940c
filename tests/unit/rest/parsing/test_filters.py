"""Conditions on columns, and trees of them."""

from __future__ import annotations

import pytest

from carebase.rest import errors
from carebase.rest.parsing import filters, scanner
from carebase.rest.syntax import Condition, Field, Group, Is, Operator, Quantifier, Step

AGE = Field("age")


@pytest.mark.parametrize(
    ("text", "operator", "value"),
    [
        ("eq.18", Operator.EQ, "18"),
        ("neq.", Operator.NEQ, ""),
        ("like.*a.b,c*", Operator.LIKE, "*a.b,c*"),
        ("isdistinct.null", Operator.IS_DISTINCT, "null"),
        ("is.NULL", Operator.IS, Is.NULL),
        ("is.not_null", Operator.IS, Is.NOT_NULL),
        ("is.True", Operator.IS, Is.TRUE),
        ("in.(1,2)", Operator.IN, ("1", "2")),
        ("in. ( a , b ) ", Operator.IN, ("a ", " b ")),
        ("in.()", Operator.IN, ()),
        ('in.("a,b","c\\"d",e"f,"g"h)', Operator.IN, ("a,b", 'c"d', 'e"f', '"g"h')),
        ('in.("a)b")', Operator.IN, ("a)b",)),
        ("cs.{a,b}", Operator.CS, "{a,b}"),
        ("ov.[1,5)", Operator.OV, "[1,5)"),
        ("adj.(1,2)", Operator.ADJ, "(1,2)"),
        ("wfts.heart -attack", Operator.WFTS, "heart -attack"),
    ],
)
def test_an_operator_takes_the_rest_as_its_value(text, operator, value):
    assert filters.read(AGE, text) == Condition(AGE, operator, value)


@pytest.mark.parametrize("operator", filters.IN_ORDER)
def test_every_operator_can_be_negated(operator):
    text = {Operator.IN: "(1)", Operator.IS: "null"}.get(operator, "1")
    assert filters.read(AGE, f"not.{operator}.{text}").is_negated


def test_every_operator_is_looked_for():
    assert set(filters.IN_ORDER) == set(Operator)


@pytest.mark.parametrize("operator", filters.QUANTIFIABLE)
@pytest.mark.parametrize("quantifier", Quantifier)
def test_comparisons_may_be_with_any_or_all_of_several_values(operator, quantifier):
    found = filters.read(AGE, f"{operator}({quantifier}).{{1,2}}")
    assert (found.quantifier, found.value) == (quantifier, "{1,2}")


@pytest.mark.parametrize("operator", filters.TEXT_SEARCH)
def test_text_is_searched_in_a_language(operator):
    assert filters.read(AGE, f"{operator}(french).chat").language == "french"


@pytest.mark.parametrize(
    ("text", "column", "details"),
    [
        ("18", 1, 'unexpected "1" expecting "not" or operator (eq, gt, ...)'),
        ("", 1, 'unexpected end of input expecting "not" or operator (eq, gt, ...)'),
        ("eq", 3, "unexpected end of input expecting operator (eq, gt, ...)"),
        ("neq(any).1", 4, 'unexpected "(" expecting operator (eq, gt, ...)'),
        ("lt(some).1", 4, 'unexpected "s" expecting operator (eq, gt, ...)'),
        ("nota.eq.1", 4, 'unexpected "a" expecting delimiter (.)'),
        ("is.nope", 6, 'unexpected "p" expecting isVal: (null, not_null, true, false, unknown)'),
        ("in.1", 4, 'unexpected "1" expecting "("'),
        ("in.(1", 6, 'unexpected end of input expecting "," or ")"'),
    ],
)
def test_what_is_no_condition_is_refused_with_its_place(text, column, details):
    with pytest.raises(errors.Unreadable) as caught:
        filters.read(AGE, text)
    assert caught.value.sentence == f'"failed to parse filter ({text})" (line 1, column {column})'
    assert caught.value.details == details


def test_an_argument_is_what_begins_no_condition():
    assert filters.read_argument(AGE, "eq") is None
    assert filters.read_argument(AGE, "eq.1") == Condition(AGE, Operator.EQ, "1")
    with pytest.raises(errors.Unreadable):
        filters.read_argument(AGE, "not.today")


def test_groups_hold_conditions_and_groups():
    assert filters.read_tree("not.or", "( age.lt.18 , not.and(name.eq.a,data->x.is.null) )") == Group(
        (
            Condition(AGE, Operator.LT, "18 "),
            Group(
                (
                    Condition(Field("name"), Operator.EQ, "a"),
                    Condition(Field("data", (Step("x", is_text=False),)), Operator.IS, Is.NULL),
                ),
                is_or=False,
                is_negated=True,
            ),
        ),
        is_or=True,
        is_negated=True,
    )


@pytest.mark.parametrize(
    ("text", "value"),
    [
        ("a", "a"),
        ('"a,b)"', "a,b)"),
        ('"a"b', '"a"b'),
        ("{a,b}", "{a,b}"),
        ("{a", "{a"),
        ("", ""),
        (r'"\\"', "\\"),
    ],
)
def test_in_a_tree_a_value_ends_with_a_comma_unless_it_is_quoted_or_braced(text, value):
    found = filters.read_tree("and", f"(x.eq.{text},y.eq.1)")
    assert found.members[0].value == value


def test_in_a_tree_a_list_is_a_list():
    found = filters.read_tree("and", "(x.in.(1,2),y.eq.1)")
    assert [member.value for member in found.members] == [("1", "2"), "1"]


@pytest.mark.parametrize(
    ("operator", "text", "column", "details"),
    [
        (
            "or",
            "()",
            4,
            'unexpected ")" expecting field name (* or [a..z0..9_$]), negation operator (not) '
            "or logic operator (and, or)",
        ),
        ("and", "(age.in.1,2)", 12, 'unexpected "1" expecting "("'),
        ("or", "(a.eq.1,not.xor(b.eq.1))", 15, 'unexpected "x" expecting logic operator (and, or)'),
        ("and", "(orx(a.eq.1))", 7, 'unexpected "x" expecting "("'),
        ("and", "(a.eq.1", 11, 'unexpected end of input expecting "," or ")"'),
    ],
)
def test_what_is_no_tree_is_refused_with_its_place(operator, text, column, details):
    with pytest.raises(errors.Unreadable) as caught:
        filters.read_tree(operator, text)
    assert caught.value.sentence == f'"failed to parse logic tree ({text})" (line 1, column {column})'
    assert caught.value.details == details


def test_groups_may_not_nest_without_end():
    with pytest.raises(errors.TooComplex):
        filters.read_tree("or", "(or" * 40_000)
    assert filters.read_tree("or", "(or" * (scanner.MAX_DEPTH - 1) + "(a.eq.1)" + ")" * (scanner.MAX_DEPTH - 1))
