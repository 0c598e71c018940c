"""Media types: what is wanted and what came."""

from __future__ import annotations

import pytest

from carebase.rest import errors
from carebase.rest.parsing import media
from carebase.rest.syntax import Media, MediaType, Payload, Plan, PlanOption


@pytest.mark.parametrize(
    ("text", "read"),
    [
        ("application/json; charset=utf-8", Media.JSON),
        ("Application/JSON", Media.JSON),
        ("application/vnd.pgrst.object", Media.OBJECT),
        ("application/vnd.pgrst.object+json;nulls=stripped", Media.OBJECT_STRIPPED),
        ("application/vnd.pgrst.array+json; nulls=stripped", Media.ARRAY_STRIPPED),
        ("application/vnd.pgrst.array+json", Media.JSON),
        ("text/csv", Media.CSV),
        ("*/*", Media.ANY),
        ("text/*", None),
        ("nonsense", None),
    ],
)
def test_a_media_type_is_known_by_its_name_and_parameters(text, read):
    assert media.read(text).media is read


def test_a_plan_says_of_what_and_how():
    assert media.read('application/vnd.pgrst.plan+json; for="text/csv"; options=wal|analyze').plan == Plan(
        is_json=True, of=MediaType("text/csv", Media.CSV), options=(PlanOption.ANALYZE, PlanOption.WAL)
    )
    assert media.read("application/vnd.pgrst.plan").text == 'application/vnd.pgrst.plan+text; for="application/json"'


def test_the_best_is_first():
    header = "text/csv;q=0.8, */*, application/vnd.pgrst.object+json;nulls=stripped, image/png;q=0.9"
    assert [wanted.text for wanted in media.accepted(header)] == [
        "application/vnd.pgrst.object+json;nulls=stripped",
        "*/*",
        "image/png",
        "text/csv",
    ]


def test_who_wants_nothing_takes_anything():
    assert media.accepted(None) == (MediaType("*/*", Media.ANY),)


@pytest.mark.parametrize(
    ("header", "is_function", "payload"),
    [
        (None, False, Payload.JSON),
        ("text/csv;charset=utf-8", False, Payload.CSV),
        ("application/x-www-form-urlencoded", False, Payload.FORM),
        ("text/plain", True, Payload.TEXT),
        ("text/xml", True, Payload.XML),
        ("application/octet-stream", True, Payload.OCTETS),
    ],
)
def test_a_body_comes_in_a_form_its_target_takes(header, is_function, payload):
    assert media.payload(header, is_function=is_function) is payload


@pytest.mark.parametrize("header", ["text/plain", "image/png", "application/geo+json"])
def test_other_forms_are_refused_for_tables(header):
    with pytest.raises(errors.InvalidBody) as caught:
        media.payload(header, is_function=False)
    assert caught.value.sentence == f"Content-Type not acceptable: {header}"
