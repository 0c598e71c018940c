"""Which of several faults of a request is told."""

from __future__ import annotations

import pytest
from tests.unit.rest.ward import CATALOGUE, SETTING, a_request

from carebase.rest import errors, plan_fields, work
from carebase.rest.configuration import Configuration
from carebase.rest.schema import Known

CONFIGURATION = Configuration(schemas=("api",), are_aggregates_allowed=True)
KNOWN = Known(catalogue=CATALOGUE)
PICTURE = {"accept": "image/png"}


def prepare(method: str, path: str, query: str = "", body: str = "", **headers: str) -> work.Work:
    request = a_request(method, path, query, body, headers=headers)
    return work.prepare(request, KNOWN, CONFIGURATION, role=SETTING.role)


@pytest.mark.parametrize(
    ("method", "query", "fault"),
    [
        ("GET", "select=nope,wards(id)", errors.NoRelationship),
        ("GET", "select=id&nope=eq.1&doctors.id=eq.1", errors.NotEmbedded),
        ("GET", "select=nope&order=doctors(id)", errors.NotEmbedded),
        ("PATCH", "nope=eq.1", errors.NoSuchColumn),
    ],
)
def test_a_column_that_is_not_there_is_told_after_all_other_faults(method, query, fault):
    with pytest.raises(fault):
        prepare(method, "/cases", query, '{"none": 1}' if method == "PATCH" else "")


def test_a_column_that_is_not_there_is_told_where_nothing_else_is_wrong():
    with pytest.raises(plan_fields.UnknownColumn):
        prepare("GET", "/cases", "select=id,nope")


@pytest.mark.parametrize(
    ("method", "path", "body", "fault"),
    [
        ("GET", "/nothing", "", errors.NoSuchTable),
        ("POST", "/cases", "{", errors.InvalidBody),
        ("POST", "/rpc/nothing", "", errors.NoSuchFunction),
        ("GET", "/cases", "", errors.NotAcceptable),
    ],
)
def test_what_cannot_be_shown_is_told_after_what_cannot_be_done(method, path, body, fault):
    with pytest.raises(fault):
        prepare(method, path, "", body, **PICTURE)


def test_of_what_can_neither_be_shown_nor_found_the_form_is_told():
    with pytest.raises(errors.NotAcceptable):
        prepare("GET", "/cases", "select=nope", **PICTURE)
