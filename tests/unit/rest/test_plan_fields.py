from __future__ import annotations

import pytest

from carebase.rest import plan_fields, syntax
from carebase.rest.catalogue import Catalogue, Name
from carebase.rest.plan_fields import Relation


@pytest.fixture
def patients(clinic: Catalogue) -> Relation:
    return Relation.of(clinic.tables[Name("api", "patients")])


def test_a_column_is_found_with_its_type(patients):
    found = plan_fields.find(patients, syntax.Field("born_on"))

    assert (found.column, found.type, found.computed_by) == ("born_on", "date", None)


def test_a_computed_column_is_found_with_its_function(patients):
    assert plan_fields.find(patients, syntax.Field("age")).computed_by == Name("api", "age")


def test_a_column_that_is_not_there_is_refused_in_the_words_of_postgresql(patients):
    with pytest.raises(plan_fields.UnknownColumn) as refused:
        plan_fields.find(patients, syntax.Field("weight"))

    assert refused.value.status == 400
    assert refused.value.as_json() == {
        "code": "42703",
        "details": None,
        "hint": None,
        "message": "column patients.weight does not exist",
    }


def test_a_slip_of_the_hand_is_told_the_name_that_was_meant(patients):
    with pytest.raises(plan_fields.UnknownColumn) as refused:
        plan_fields.find(patients, syntax.Field("born_an"))

    assert refused.value.hint == 'Perhaps you meant to reference the column "patients.born_on".'


def test_nothing_is_said_of_the_columns_of_a_table_that_the_role_may_not_see(clinic):
    secrets = Relation.of(clinic.tables[Name("api", "secrets")], is_visible=False)

    with pytest.raises(plan_fields.TableDenied) as refused:
        plan_fields.find(secrets, syntax.Field("wort"))

    assert refused.value.as_json()["message"] == "permission denied for table secrets"
    assert refused.value.hint is None


def test_where_columns_are_unknown_any_is_taken():
    anything = Relation(label="f", table=None, columns=None)

    assert plan_fields.find(anything, syntax.Field("x")).type is None


@pytest.mark.parametrize(
    ("written", "name"),
    [
        (syntax.Column(syntax.Field("name")), "name"),
        (syntax.Column(syntax.Field("name"), alias="who"), "who"),
        (syntax.Column(None, aggregate=syntax.Aggregate.COUNT), "count"),
        (syntax.Column(syntax.Field("id"), aggregate=syntax.Aggregate.MAX), "max"),
        (syntax.Column(syntax.Field("data", (syntax.Step(1, is_text=False),))), "data"),
        (
            syntax.Column(syntax.Field("data", (syntax.Step("eye", is_text=False), syntax.Step(1, is_text=True)))),
            "eye",
        ),
    ],
)
def test_a_value_stands_under_its_alias_or_the_last_name_on_the_way_to_it(written, name):
    assert plan_fields.output_name(written) == name
