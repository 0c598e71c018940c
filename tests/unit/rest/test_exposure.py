from __future__ import annotations

import pytest

from carebase.rest import exposure, tracking
from carebase.rest.catalogue import (
    Catalogue,
    Computed,
    ComputedColumn,
    Function,
    Kind,
    Name,
    Returned,
    Table,
    Visible,
)
from carebase.rest.exposure import Graph, Part, Reach
from carebase.rest.tracking import Recording, Tracking, Way

CASES, PATIENTS, SLOTS, NAMES, AGAIN = (
    Name("public", name) for name in ("cases", "patients", "slots", "names", "names_again")
)
VOID = Returned(type=Name("pg_catalog", "text"))


def relation(number: int, name: Name) -> Part:
    return Part(number=number, name=name)


def function(number: int, text: str, *, name: str = "asked", schema: str = "public", language: str = "sql") -> Part:
    return Part(number=number, name=Name(schema, name), is_function=True, language=language, text=text)


RELATIONS = (
    relation(1, CASES),
    relation(2, PATIENTS),
    relation(3, SLOTS),
    relation(4, NAMES),
    relation(5, AGAIN),
    relation(6, Name("auth", "cases")),
)


def graph(*functions: Part, uses=(), recordings=(), views=()) -> Graph:
    seen = {name: tracking.of_table(name, ("id",)) for name in (CASES, PATIENTS, *views)}
    return Graph(
        parts=[*RELATIONS, *functions],
        uses={origin: frozenset(targets) for origin, *targets in uses},
        schemas=frozenset({"public", "auth", "private"}),
        tracking=Tracking(relations=seen, functions=dict(recordings)),
        tracked=frozenset({CASES, PATIENTS}),
    )


@pytest.mark.parametrize(
    ("text", "tables"),
    [
        ("select title from public.cases", {CASES}),
        ("select title from Cases", {CASES}),
        ('select title from "cases"', {CASES}),
        ('select title from "Cases"', set()),
        ('select title from public . "cases" c', {CASES}),
        ("select 1 from auth.cases", set()),
        ("select c.cases from public.slots c", set()),
        ("select 1 from public.casesx", set()),
        ("select 1 from public.cases, patients", {CASES, PATIENTS}),
        ("select 1", set()),
    ],
)
def test_a_function_leads_to_the_tables_its_text_names(text, tables):
    assert graph(function(10, text)).reach(("f", 10)) == Reach(frozenset(tables))


@pytest.mark.parametrize(
    ("text", "is_reached"),
    [
        ("select private.inner_one()", True),
        ("select inner_one ()", True),
        ("select $1.inner_one", True),
        ("select c.inner_one from slots c", True),
        ("select auth.inner_one()", False),
        ("select inner_one from slots", False),
    ],
)
def test_a_function_leads_where_those_it_calls_lead(text, is_reached):
    made = graph(function(10, text), function(11, "select 1 from cases", name="inner_one", schema="private"))
    assert bool(made.reach(("f", 10))) is is_reached


@pytest.mark.parametrize(
    ("text", "language", "is_open"),
    [
        ("begin execute words; end", "plpgsql", True),
        ("select query_to_xml($1, true, true, '')", "sql", True),
        ("select 1", "sql", False),
        ("return 1", "plpython3u", True),
        ("", "c", False),
    ],
)
def test_what_runs_texts_or_cannot_be_read_may_lead_anywhere(text, language, is_open):
    assert graph(function(10, text, language=language)).reach(("f", 10)).is_open is is_open


def test_what_postgresql_knows_is_followed_through_views_and_functions():
    uses = [(("r", 5), ("r", 4)), (("r", 4), ("f", 10)), (("f", 10), ("r", 2))]
    assert graph(function(10, ""), uses=uses).reach(("r", 5)) == Reach(frozenset({PATIENTS}))


def test_what_refers_to_itself_comes_to_an_end():
    uses = [(("r", 4), ("r", 5)), (("r", 5), ("r", 4), ("r", 1))]
    assert graph(uses=uses).reach(("r", 4)) == Reach(frozenset({CASES}))


@pytest.mark.parametrize(("way", "is_reached"), [(Way.NOTHING, False), (Way.ITSELF, False), (Way.ROWS, True)])
def test_nothing_is_reached_through_what_is_registered_to_tell_nothing(way, is_reached):
    inner = function(11, "select 1 from cases", name="inner_one", schema="private")
    made = graph(function(10, "select private.inner_one()"), inner, recordings=[(11, Recording(way=way))])
    assert bool(made.reach(("f", 10))) is is_reached


# --- what is hidden ------------------------------------------------------------------------------------------------


def a_function(number: int, *, name: str = "asked", returns: Returned = VOID) -> Function:
    return Function(name=Name("public", name), arguments=(), returns=returns, number=number)


def rows_of(table: Name) -> Returned:
    return Returned(type=table, is_set=True, is_composite=True, table=table)


def catalogue(
    *functions: Function, computed: Computed | None = None, column: ComputedColumn | None = None
) -> Catalogue:
    by_name: dict[Name, tuple[Function, ...]] = {}
    for one in functions:
        by_name[one.name] = (*by_name.get(one.name, ()), one)
    kinds = {CASES: Kind.TABLE, PATIENTS: Kind.TABLE, SLOTS: Kind.TABLE, NAMES: Kind.VIEW, AGAIN: Kind.VIEW}
    return Catalogue(
        schemas=("public",),
        tables={
            name: Table(name=name, kind=kind, columns={}, computed={"word": column} if column else {})
            for name, kind in kinds.items()
        },
        relationships={} if computed is None else {computed.origin: (computed,)},
        functions=by_name,
        visible={"anon": Visible(tables=frozenset(kinds), functions=frozenset(by_name))},
    )


def test_a_view_over_tracked_rows_is_hidden_until_it_is_registered():
    uses = [(("r", 4), ("r", 1)), (("r", 5), ("r", 4))]
    assert exposure.hidden_relations(graph(uses=uses), catalogue()) == {NAMES, AGAIN}
    assert exposure.hidden_relations(graph(uses=uses, views=(NAMES,)), catalogue()) == {AGAIN}


@pytest.mark.parametrize(
    ("text", "returns", "is_hidden"),
    [
        ("select title from cases", VOID, True),
        ("select * from cases", rows_of(CASES), False),
        ("select c.* from cases c join patients p using (id)", rows_of(CASES), True),
        ("select * from cases", rows_of(SLOTS), True),
        ("select * from slots", rows_of(SLOTS), False),
    ],
)
def test_a_function_is_there_without_registration_where_its_rows_tell_all_it_read(text, returns, is_hidden):
    everywhere, _ = exposure.hidden_functions(graph(function(10, text)), catalogue(a_function(10, returns=returns)))
    assert bool(everywhere) is is_hidden


@pytest.mark.parametrize("way", list(Way))
def test_a_registered_function_can_be_called(way):
    made = graph(function(10, "select title from cases"), recordings=[(10, Recording(way=way))])
    assert exposure.hidden_functions(made, catalogue(a_function(10)))[0] == frozenset()


def test_all_overloads_go_where_one_has_to():
    made = graph(function(10, "select 1"), function(11, "select title from cases"))
    assert exposure.hidden_functions(made, catalogue(a_function(10), a_function(11)))[0] == {Name("public", "asked")}


@pytest.mark.parametrize(
    ("way", "is_column", "is_embed"),
    [
        (None, False, False),
        (Way.NOTHING, True, True),
        (Way.ITSELF, True, True),
        (Way.ROWS, False, True),
        (Way.QUESTION, False, False),
    ],
)
def test_a_question_and_rows_are_not_put_on_record_by_columns(way, is_column, is_embed):
    name = Name("public", "asked")
    made = graph(function(10, "select 1 from cases, patients"), recordings=[(10, Recording(way=way))] if way else [])
    column = ComputedColumn(function=name, type="text", number=10)
    _, of_column = exposure.hidden_functions(made, catalogue(column=column))
    embed = Computed(origin=SLOTS, target=CASES, function=name, is_to_one=False, number=10)
    _, of_embed = exposure.hidden_functions(made, catalogue(computed=embed))
    assert (name not in of_column, name not in of_embed) == (is_column, is_embed)


def test_nothing_leads_to_what_is_taken_out():
    embed = Computed(origin=CASES, target=NAMES, function=Name("public", "asked"), is_to_one=False, number=10)
    left = exposure.without(
        catalogue(a_function(10), computed=embed), tables=frozenset({NAMES}), functions=frozenset({embed.function})
    )
    assert NAMES not in left.tables
    assert left.relationships[CASES] == ()
    assert left.functions == {}
    assert left.seen_by("anon") == Visible(tables=frozenset({CASES, PATIENTS, SLOTS, AGAIN}))
