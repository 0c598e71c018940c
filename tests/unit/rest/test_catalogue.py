from __future__ import annotations

import pytest

from carebase.rest.catalogue import (
    Argument,
    ByKey,
    Cardinality,
    Catalogue,
    Computed,
    Function,
    Kind,
    Name,
    Returned,
    Visible,
)

CASES, PATIENTS = Name("public", "cases"), Name("public", "patients")
OF_PATIENT = ByKey(
    origin=CASES,
    target=PATIENTS,
    cardinality=Cardinality.MANY_TO_ONE,
    constraint="cases_patient_id_fkey",
    columns=(("patient_id", "id"),),
    holds_key=True,
)
LATEST = Computed(origin=CASES, target=CASES, function=Name("public", "latest"), is_to_one=True)
CATALOGUE = Catalogue(schemas=("public",), relationships={CASES: (OF_PATIENT, LATEST)})


@pytest.mark.parametrize("word", ["patients", "cases_patient_id_fkey", "patient_id"])
def test_a_relationship_is_found_by_table_foreign_key_and_column(word):
    assert CATALOGUE.candidates(CASES, word) == (OF_PATIENT,)


def test_a_computed_relationship_is_found_by_its_function_only():
    assert CATALOGUE.candidates(CASES, "latest") == (LATEST,)
    assert CATALOGUE.candidates(CASES, "cases") == ()


def test_nothing_is_found_from_a_table_of_the_same_name_elsewhere():
    assert CATALOGUE.candidates(Name("auth", "cases"), "patients") == ()


def test_an_unknown_role_sees_nothing():
    assert CATALOGUE.seen_by("nobody") == Visible()


@pytest.mark.parametrize(("kind", "is_view"), [(Kind.VIEW, True), (Kind.MATERIALIZED, True), (Kind.FOREIGN, False)])
def test_views_are_those_whose_rows_are_elsewhere(kind, is_view):
    assert kind.is_view is is_view


def test_a_value_is_not_cut_by_the_cast_of_its_argument():
    assert Argument(name="letter", type="character").cast == "character varying"
    assert Argument(name="count", type="integer").cast == "integer"


def test_a_function_says_what_its_definition_set():
    function = Function(
        name=Name("public", "slow"),
        arguments=(Argument(name="", type="json"),),
        returns=Returned(type=Name("pg_catalog", "void")),
        settings={"statement_timeout": "5s", "default_transaction_isolation": "serializable"},
    )
    assert (function.statement_timeout, function.isolation) == ("5s", "serializable")
    assert function.unnamed == Argument(name="", type="json")
    assert function.returns.is_void
    assert not function.is_variadic


def test_a_function_with_named_arguments_takes_no_whole_body():
    arguments = (Argument(name="a", type="json"),)
    assert Function(name=CASES, arguments=arguments, returns=Returned(type=CASES)).unnamed is None
