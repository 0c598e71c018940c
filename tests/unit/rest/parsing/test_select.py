"""What is selected: columns, aggregates, embeds and spreads."""

from __future__ import annotations

import pytest

from carebase.rest import errors
from carebase.rest.parsing import scanner, select
from carebase.rest.syntax import Aggregate, Column, Embed, Field, Join, Step


def refusal(text: str) -> errors.Unreadable:
    with pytest.raises(errors.Unreadable) as caught:
        select.read(text)
    return caught.value


@pytest.mark.parametrize(
    ("text", "column"),
    [
        ("*", Column(Field("*"))),
        (" name ", Column(Field("name"))),
        ("full name", Column(Field("full name"))),
        ("on-call", Column(Field("on-call"))),
        ("prénom", Column(Field("prénom"))),
        ('"a.b,c"', Column(Field("a.b,c"))),
        (r'"say \"aah\""', Column(Field('say "aah"'))),
        ("born:birth_date", Column(Field("birth_date"), alias="born")),
        ("born::text", Column(Field("born"), cast="text")),
        ("age::double precision", Column(Field("age"), cast="double precision")),
        ("vitals->pulse->>rate", Column(Field("vitals", (Step("pulse", is_text=False), Step("rate", is_text=True))))),
        ("tags->-1", Column(Field("tags", (Step(-1, is_text=False),)))),
        ("data->first-name", Column(Field("data", (Step("first-name", is_text=False),)))),
        ('data->"a.b"', Column(Field("data", (Step("a.b", is_text=False),)))),
        ("data->1st::text", Column(Field("data", (Step("1st", is_text=False),)), cast="text")),
        ("count()", Column(None, aggregate=Aggregate.COUNT)),
        ("n:count()::text", Column(None, alias="n", aggregate=Aggregate.COUNT, aggregate_cast="text")),
        (
            "mean:dose::numeric.avg()::text",
            Column(Field("dose"), alias="mean", cast="numeric", aggregate=Aggregate.AVG, aggregate_cast="text"),
        ),
        ("dose.min()", Column(Field("dose"), aggregate=Aggregate.MIN)),
        ("count", Column(Field("count"))),
    ],
)
def test_a_column_is_read_with_all_that_is_said_of_it(text, column):
    assert select.read(text) == (column,)


@pytest.mark.parametrize(
    ("text", "embed"),
    [
        ("doctor(*)", Embed("doctor", (Column(Field("*")),))),
        ("doctor()", Embed("doctor", ())),
        ("by:doctor(id)", Embed("doctor", (Column(Field("id")),), alias="by")),
        ("doctor!treated_by(id)", Embed("doctor", (Column(Field("id")),), hint="treated_by")),
        ("doctor!inner()", Embed("doctor", (), join=Join.INNER)),
        ("doctor!left!treated_by()", Embed("doctor", (), hint="treated_by", join=Join.LEFT)),
        ("doctor!treated_by!inner()", Embed("doctor", (), hint="treated_by", join=Join.INNER)),
        ("...doctor(id)", Embed("doctor", (Column(Field("id")),), is_spread=True)),
        ("...count(id)", Embed("count", (Column(Field("id")),), is_spread=True)),
        ('"a(b"(id)', Embed("a(b", (Column(Field("id")),))),
    ],
)
def test_an_embed_is_read_with_its_hint_and_join(text, embed):
    assert select.read(text) == (embed,)


def test_items_stand_between_commas_and_embeds_hold_embeds():
    assert select.read("id , ward( name,beds(no)) , x") == (
        Column(Field("id")),
        Embed("ward", (Column(Field("name")), Embed("beds", (Column(Field("no")),)))),
        Column(Field("x")),
    )


def test_nothing_said_is_nothing_selected():
    assert select.read("") == ()


def test_what_follows_a_complete_list_is_not_read():
    assert select.read("id)name") == (Column(Field("id")),)


@pytest.mark.parametrize(
    ("text", "column", "details"),
    [
        (
            "dose[]",
            5,
            'unexpected \'[\' expecting letter, digit, "-", "->>", "->", "::", ".", ")", "," or end of input',
        ),
        ("dose::", 7, "unexpected end of input expecting letter or digit"),
        ("dose:", 6, 'unexpected end of input expecting ":" or field name (* or [a..z0..9_$])'),
        ("dose:!", 6, 'unexpected "!" expecting ":" or field name (* or [a..z0..9_$])'),
        ("id,", 4, 'unexpected end of input expecting "...", field name (* or [a..z0..9_$]), "*" or "count()"'),
        (
            "d->(x",
            4,
            'unexpected "(" expecting "-", digit or any non reserved character different from: .,>()',
        ),
        ("d->-a", 5, 'unexpected "a" expecting digit'),
        ('"open', 6, 'unexpected end of input expecting "\\\\" or "\\""'),
    ],
)
def test_what_is_no_selection_is_refused_with_its_place(text, column, details):
    refused = refusal(text)
    assert refused.sentence == f'"failed to parse select parameter ({text})" (line 1, column {column})'
    assert refused.details == details


@pytest.mark.parametrize(
    "text", ["doctor(id", "doctor(beds() )", "count(id)", "a b!c", "doctor!inner!x!y()", "x.sum", "id,::int"]
)
def test_half_an_item_is_refused(text):
    refusal(text)


def test_where_not_even_a_first_item_begins_nothing_is_selected():
    assert select.read("::int") == ()


def test_embeds_may_not_nest_without_end():
    deep = "a(" * scanner.MAX_DEPTH
    assert select.read(deep + "id" + ")" * scanner.MAX_DEPTH)
    with pytest.raises(errors.TooComplex):
        select.read(f"{deep}b(")


def test_not_more_is_selected_than_one_request_may_name():
    with pytest.raises(errors.TooComplex):
        select.read("a," * scanner.MAX_PARTS + "a")
