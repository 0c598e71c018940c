"""What of the operator's settings becomes of the data API."""

from __future__ import annotations

from pathlib import Path

import pytest

from carebase.rest import deployment
from carebase.rest.catalogue import Name
from carebase.rest.configuration import Configuration
from carebase.settings import Settings


def configured(**chosen: object) -> Configuration:
    return deployment.configured(Settings(data=Path("/nowhere"), **chosen))


def test_without_settings_it_is_configured_as_where_nothing_is_said():
    assert configured() == Configuration()


def test_each_limit_is_the_operators():
    found = configured(rest_max_rows=5, rest_max_body=2048, rest_max_address=4096, rest_embed_depth=2)
    assert (found.max_rows, found.largest_body, found.longest_address, found.deepest_embed) == (5, 2048, 4096, 2)


def test_each_role_has_a_time_of_its_own():
    found = configured(rest_anon_seconds=1, rest_authenticated_seconds=2, rest_service_role_seconds=3)
    assert found.timeouts == {"anon": 1, "authenticated": 2, "service_role": 3}


@pytest.mark.parametrize(
    ("written", "is_rolled_back", "may_choose"),
    [
        ("commit", False, False),
        ("commit-allow-override", False, True),
        ("rollback", True, False),
        ("rollback-allow-override", True, True),
    ],
)
def test_transactions_end_as_the_operator_says(written, is_rolled_back, may_choose):
    found = configured(rest_transaction_end=written)
    assert (found.is_rolled_back, found.may_choose_ending) == (is_rolled_back, may_choose)


@pytest.mark.parametrize(
    ("written", "name"),
    [(None, None), ("check", Name("public", "check")), ("hooks.check", Name("hooks", "check"))],
)
def test_a_function_without_its_schema_is_public(written, name):
    assert configured(rest_pre_request=written).pre_request == name


def test_the_description_says_where_people_find_the_server():
    found = configured(site_url="https://care.example.org/", api_docs=False)
    assert found.address == "https://care.example.org/rest/v1"
    assert not found.is_described
