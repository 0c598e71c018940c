"""The description of the API: whole, valid, and of nothing that the role may not use."""

from __future__ import annotations

import json
from collections.abc import Iterator
from dataclasses import replace
from typing import Any
from urllib.parse import unquote

import pytest
from hypothesis import given
from hypothesis import strategies as st
from schemathesis.specs.openapi.definitions import SWAGGER_20_VALIDATOR
from tests.unit.rest.ward import CATALOGUE, a_function, a_table, api, column

from carebase.rest import openapi
from carebase.rest.catalogue import (
    Argument,
    ByKey,
    Cardinality,
    Catalogue,
    Column,
    Name,
    Returned,
    Visible,
    Volatility,
)

VOID = Returned(type=Name("pg_catalog", "void"))


def described(catalogue: Catalogue = CATALOGUE, role: str = "authenticated", schema: str = "api") -> dict[str, Any]:
    document = openapi.document(
        catalogue, schema=schema, role=role, address="https://care.example.org:8443/rest/v1", version="1.2.3"
    )
    return json.loads(document)


def of(*tables: Any, functions: tuple[Any, ...] = (), relationships: dict[Any, Any] | None = None) -> Catalogue:
    """A catalogue of these alone, all of which may be used."""
    return Catalogue(
        schemas=("api",),
        tables={table.name: table for table in tables},
        functions={function.name: (function,) for function in functions},
        relationships=relationships or {},
        visible={
            "authenticated": Visible(
                tables=frozenset(table.name for table in tables),
                functions=frozenset(function.name for function in functions),
            )
        },
    )


# --- validity ------------------------------------------------------------------------------------------------------


def parts(value: Any) -> Iterator[dict[str, Any]]:
    if isinstance(value, dict):
        yield value
        for one in value.values():
            yield from parts(one)
    elif isinstance(value, list):
        for one in value:
            yield from parts(one)


def led_to(document: dict[str, Any], reference: str) -> Any:
    """What a JSON pointer in a fragment points at."""
    assert reference.startswith("#/")
    found: Any = document
    for step in unquote(reference.removeprefix("#/")).split("/"):
        found = found[step.replace("~1", "/").replace("~0", "~")]
    return found


def check(document: dict[str, Any]) -> None:
    """Hold a document to the schema of OpenAPI 2, and to those of its rules that a schema cannot say."""
    assert list(SWAGGER_20_VALIDATOR.iter_errors(document)) == []
    for part in parts(document):
        if "$ref" in part and isinstance(part["$ref"], str):
            led_to(document, part["$ref"])
    for path, operations in document["paths"].items():
        assert "{" not in path
        for operation in operations.values():
            check_operation(document, operation)
    for definition in document["definitions"].values():
        assert definition["type"] == "object"
        assert set(definition.get("required", ())) <= definition.get("properties", {}).keys()


def check_operation(document: dict[str, Any], operation: dict[str, Any]) -> None:
    found = [led_to(document, one["$ref"]) if "$ref" in one else one for one in operation.get("parameters", ())]
    places = [(one["name"], one["in"]) for one in found]
    assert len(places) == len(set(places))
    assert sum(place == "body" for _, place in places) <= 1


def test_the_description_keeps_to_the_rules_of_openapi():
    check(described())


NAMES = st.text(st.characters(exclude_characters="\0", exclude_categories=("Cs",)), min_size=1, max_size=12)


@given(tables=st.dictionaries(NAMES, st.lists(NAMES, unique=True, max_size=4), max_size=4), called=st.sets(NAMES))
def test_it_keeps_to_them_whatever_things_are_called(tables, called):
    made = [a_table(name, *(column(one) for one in columns)) for name, columns in tables.items()]
    functions = tuple(a_function(name, Argument(name=name, type="text"), returns=VOID) for name in called)
    check(described(of(*made, functions=functions)))


def test_a_column_called_like_a_parameter_has_no_filter():
    found = described(of(a_table("notes", column("select"), column("said"))))
    check(found)
    assert "rowFilter.notes.select" not in found["parameters"]
    assert "select" in found["definitions"]["notes"]["properties"]


# --- who is shown what ---------------------------------------------------------------------------------------------


def test_only_what_the_role_may_use_is_described():
    assert "secret_twin" not in json.dumps(described())
    stranger = described(role="anon")
    assert stranger["paths"].keys() == {"/"}
    assert stranger["definitions"] == {}
    assert not any(name.startswith(("rowFilter.", "body.")) for name in stranger["parameters"])


def test_only_one_schema_is_described():
    hidden = replace(a_table("cases", column("secret")), name=Name("inside", "cases"))
    catalogue = of(a_table("notes", column("said")), hidden)
    assert described(catalogue)["definitions"].keys() == {"notes"}
    assert described(catalogue, schema="inside")["definitions"].keys() == {"cases"}


def test_a_key_to_a_table_that_the_role_may_not_use_is_not_told():
    cases, doctors = CATALOGUE.tables[api("cases")], CATALOGUE.tables[api("doctors")]
    there = {api("cases"): CATALOGUE.relationships[api("cases")]}
    catalogue = of(cases, doctors, relationships=there)
    assert "description" in described(catalogue)["definitions"]["cases"]["properties"]["doctor_id"]
    catalogue = replace(catalogue, visible={"authenticated": Visible(tables=frozenset({api("cases")}))})
    assert "description" not in described(catalogue)["definitions"]["cases"]["properties"]["doctor_id"]


def test_what_the_catalogue_hides_is_not_told_of_whatever_the_role_may_use():
    cases, doctors = CATALOGUE.tables[api("cases")], CATALOGUE.tables[api("doctors")]
    catalogue = of(cases, doctors, relationships={api("cases"): CATALOGUE.relationships[api("cases")]})
    catalogue = replace(catalogue, tables={api("cases"): cases})
    found = described(catalogue)
    assert "doctors" not in json.dumps(found)
    check(found)


# --- tables --------------------------------------------------------------------------------------------------------


def test_a_table_is_described_as_postgrest_does():
    id_column = Column(name="id", type="integer", declared_type="integer", is_nullable=False, comment="Its number")
    children = a_table(
        "children", id_column, column("name"), column("parent_id", "integer"), key=("id",), comment="Children"
    )
    parents = a_table("parents", id_column, key=("id",))
    to_parent = ByKey(
        origin=api("children"),
        target=api("parents"),
        cardinality=Cardinality.MANY_TO_ONE,
        constraint="children_parent_id_fkey",
        columns=(("parent_id", "id"),),
        holds_key=True,
    )
    found = described(of(children, parents, relationships={api("children"): (to_parent,)}))
    assert found["definitions"]["children"] == {
        "type": "object",
        "description": "Children",
        "required": ["id"],
        "properties": {
            "id": {
                "type": "integer",
                "format": "int32",
                "description": "Its number\n\nNote:\nThis is a Primary Key.<pk/>",
            },
            "name": {"type": "string", "format": "text"},
            "parent_id": {
                "type": "integer",
                "format": "int32",
                "description": "Note:\nThis is a Foreign Key to `parents.id`.<fk table='parents' column='id'/>",
            },
        },
    }
    path = found["paths"]["/children"]
    filters = [{"$ref": f"#/parameters/rowFilter.children.{name}"} for name in ("id", "name", "parent_id")]
    shared = ("select", "order", "range", "rangeUnit", "offset", "limit", "preferCount")
    assert path["get"] == {
        "tags": ["children"],
        "summary": "Children",
        "parameters": [*filters, *({"$ref": f"#/parameters/{name}"} for name in shared)],
        "responses": {
            "200": {
                "description": "OK",
                "schema": {"type": "array", "items": {"$ref": "#/definitions/children"}},
            },
            "206": {"description": "Partial Content"},
        },
    }
    assert path["post"]["parameters"] == [
        {"$ref": "#/parameters/body.children"},
        {"$ref": "#/parameters/select"},
        {"$ref": "#/parameters/preferPost"},
    ]
    assert path["patch"]["parameters"] == [
        *filters,
        {"$ref": "#/parameters/body.children"},
        {"$ref": "#/parameters/preferReturn"},
    ]
    assert path["delete"]["parameters"] == [*filters, {"$ref": "#/parameters/preferReturn"}]
    assert found["parameters"]["body.children"] == {
        "name": "children",
        "description": "children",
        "in": "body",
        "required": False,
        "schema": {"$ref": "#/definitions/children"},
    }
    assert found["parameters"]["rowFilter.children.id"] == {
        "name": "id",
        "description": "Its number",
        "in": "query",
        "required": False,
        "type": "string",
    }


def test_a_key_leads_to_the_table_and_not_to_a_view_of_it():
    cases = a_table("cases", column("doctor_id", "bigint"))
    keys = tuple(
        ByKey(
            origin=api("cases"),
            target=api(target),
            cardinality=Cardinality.MANY_TO_ONE,
            constraint="cases_doctor_id_fkey",
            columns=(("doctor_id", "id"),),
            holds_key=True,
            is_target_view=target == "all_doctors",
        )
        for target in ("all_doctors", "doctors")
    )
    tables = (cases, a_table("doctors", column("id")), a_table("all_doctors", column("id")))
    found = described(of(*tables, relationships={api("cases"): keys}))
    assert "`doctors.id`" in found["definitions"]["cases"]["properties"]["doctor_id"]["description"]


def test_a_view_that_takes_no_rows_is_only_read():
    view = a_table("totals", column("n"), is_insertable=False, is_updatable=False, is_deletable=False)
    assert described(of(view))["paths"]["/totals"].keys() == {"get"}


# --- functions -----------------------------------------------------------------------------------------------------


def test_a_function_that_changes_something_is_only_posted():
    functions = (
        a_function("change", returns=VOID, volatility=Volatility.VOLATILE),
        a_function("look", returns=VOID, volatility=Volatility.STABLE),
    )
    paths = described(of(functions=functions))["paths"]
    assert paths["/rpc/change"].keys() == {"post"}
    assert paths["/rpc/look"].keys() == {"get", "post"}
    assert paths["/rpc/look"]["get"]["tags"] == ["(rpc) look"]


def test_arguments_stand_in_the_address_and_in_the_body():
    function = a_function(
        "add",
        Argument(name="a", type="integer"),
        Argument(name="b", type="integer", is_required=False),
        returns=VOID,
        volatility=Volatility.IMMUTABLE,
        comment="Adds\n\nTwo numbers",
    )
    path = described(of(functions=(function,)))["paths"]["/rpc/add"]
    assert [(one["name"], one["required"]) for one in path["get"]["parameters"]] == [("a", True), ("b", False)]
    assert (path["get"]["summary"], path["get"]["description"]) == ("Adds", "Two numbers")
    assert path["post"]["parameters"] == [
        {
            "name": "args",
            "in": "body",
            "required": True,
            "schema": {
                "type": "object",
                "description": "Adds\n\nTwo numbers",
                "required": ["a"],
                "properties": {
                    "a": {"type": "integer", "format": "int32"},
                    "b": {"type": "integer", "format": "int32"},
                },
            },
        },
        {"$ref": "#/parameters/preferParams"},
    ]


@pytest.mark.parametrize(
    ("kind", "media"), [("text", ["text/plain"]), ("bytea", ["application/octet-stream"]), ("jsonb", None)]
)
def test_a_function_of_the_whole_body_says_what_that_is(kind, media):
    function = a_function("whole", Argument(name="", type=kind), returns=VOID, volatility=Volatility.STABLE)
    path = described(of(functions=(function,)))["paths"]["/rpc/whole"]
    assert path.keys() == {"post"}
    assert path["post"].get("consumes") == media
    assert path["post"]["parameters"][0]["schema"]["format"] == kind


# --- the whole -----------------------------------------------------------------------------------------------------


def test_the_description_says_where_the_api_is():
    found = described()
    assert (found["schemes"], found["host"], found["basePath"]) == (["https"], "care.example.org:8443", "/rest/v1")
    assert found["info"]["version"] == "1.2.3"


@pytest.mark.parametrize(
    ("comment", "title", "description"),
    [
        (None, openapi.TITLE, openapi.DESCRIPTION),
        ("Ward 3", "Ward 3", ""),
        ("Ward 3\n\nBeds and\nwho is in them", "Ward 3", "Beds and\nwho is in them"),
    ],
)
def test_the_comment_of_the_schema_is_its_title(comment, title, description):
    catalogue = replace(CATALOGUE, comments={"api": comment} if comment else {})
    info = described(catalogue)["info"]
    assert (info["title"], info["description"]) == (title, description)


def test_no_preference_is_offered_that_means_nothing():
    parameters = described()["parameters"]
    assert "enum" not in parameters["preferParams"]
    assert parameters["preferCount"]["enum"] == ["count=exact", "count=planned", "count=estimated"]
