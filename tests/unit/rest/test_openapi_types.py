"""What types of PostgreSQL are in the description of the API."""

from __future__ import annotations

import pytest

from carebase.rest import openapi_types
from carebase.rest.catalogue import Argument, Column


def a_column(kind: str = "text", **more: object) -> Column:
    return Column(name="a", type=kind, declared_type=kind, **more)  # type: ignore[arg-type]


@pytest.mark.parametrize(
    ("kind", "value"),
    [
        ("character varying", {"type": "string", "format": "character varying"}),
        ("boolean", {"type": "boolean", "format": "boolean"}),
        ("smallint", {"type": "integer", "format": "int32"}),
        ("integer", {"type": "integer", "format": "int32"}),
        ("bigint", {"type": "integer", "format": "int64"}),
        ("numeric", {"type": "number", "format": "numeric"}),
        ("real", {"type": "number", "format": "real"}),
        ("double precision", {"type": "number", "format": "double precision"}),
        ("uuid", {"type": "string", "format": "uuid"}),
        ("api.mood", {"type": "string", "format": "api.mood"}),
        ("json", {"format": "json"}),
        ("jsonb[]", {"type": "array", "format": "jsonb[]", "items": {}}),
        ("bigint[]", {"type": "array", "format": "bigint[]", "items": {"type": "integer"}}),
        ("date[]", {"type": "array", "format": "date[]", "items": {"type": "string"}}),
    ],
)
def test_each_type_is_what_it_is_in_json(kind, value):
    assert openapi_types.value(kind) == value


def test_a_column_says_how_long_it_may_be_and_which_words_it_takes():
    assert openapi_types.column(a_column("character", max_length=1), note="") == {
        "type": "string",
        "format": "character",
        "maxLength": 1,
    }
    assert openapi_types.column(a_column("api.mood", enum=("good", "bad")), note="")["enum"] == ["good", "bad"]


def test_the_comment_of_a_column_stands_before_the_note():
    found = openapi_types.column(a_column(comment="Its words"), note="Note:\nThis is a Primary Key.<pk/>")
    assert found["description"] == "Its words\n\nNote:\nThis is a Primary Key.<pk/>"
    assert "description" not in openapi_types.column(a_column(), note="")


@pytest.mark.parametrize(
    ("kind", "expression", "default"),
    [
        ("text", "'none'::text", "none"),
        ("text", "'it''s'::character varying", "it's"),
        ("text", "''::text", ""),
        ("date", "'1900-01-01'::date", "1900-01-01"),
        ("timestamp with time zone", "now()", "now()"),
        ("boolean", "false", False),
        ("integer", "42", 42),
        ("integer", "'-1'::integer", -1),
        ("integer", "(-1)", -1),
        ("numeric", "42.2", 42.2),
        ("bigint", "nextval('api.cases_id_seq'::regclass)", None),
        ("numeric", "'NaN'", None),
        ("jsonb", "'{}'::jsonb", None),
        ("text[]", "'{}'::text[]", None),
    ],
)
def test_a_default_is_told_where_it_can_be_said_in_json(kind, expression, default):
    assert openapi_types.column(a_column(kind, default=expression), note="").get("default") == default


def test_an_argument_in_the_address_is_text_but_for_plain_values():
    def written(kind: str) -> object:
        return openapi_types.parameter(Argument(name="a", type=kind), schema="api")

    assert written("integer") == {"name": "a", "in": "query", "required": True, "type": "integer", "format": "int32"}
    assert written("jsonb")["type"] == "string"
    assert written("integer[]") == {
        "name": "a",
        "in": "query",
        "required": True,
        "type": "string",
        "format": "integer[]",
    }
    assert written("api.mood")["format"] == "mood"


def test_an_argument_that_takes_any_number_of_values_may_recur():
    argument = Argument(name="v", type="text[]", is_required=False, is_variadic=True)
    assert openapi_types.parameter(argument, schema="api") == {
        "name": "v",
        "in": "query",
        "required": False,
        "type": "array",
        "collectionFormat": "multi",
        "items": {"type": "string", "format": "text"},
    }
