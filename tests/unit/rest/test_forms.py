"""Which media type an answer leaves in."""

from __future__ import annotations

import pytest
from tests.unit.rest.ward import SETTING, a_request

from carebase.rest import errors, forms, plan, plan_calls, plan_reads
from carebase.rest.configuration import Configuration
from carebase.rest.syntax import MediaType

WITH_PLANS = Configuration(are_plans_allowed=True)


def chosen(accept: str, *, bare: str | None = None, configuration: Configuration | None = None) -> MediaType:
    request = a_request("GET", "/cases", headers={"accept": accept})
    return forms.chosen(request, configuration or Configuration(), bare=lambda: bare, otherwise=lambda: None)


@pytest.mark.parametrize(
    ("accept", "media"),
    [
        ("*/*", "application/json"),
        ("text/csv", "text/csv"),
        ("text/html, application/vnd.pgrst.object+json", "application/vnd.pgrst.object+json"),
        ("text/plain, application/json", "application/json"),
        ("application/vnd.pgrst.plan, text/csv", "text/csv"),
    ],
)
def test_the_first_that_fits_is_taken(accept, media):
    assert chosen(accept).text == media


@pytest.mark.parametrize(
    ("accept", "bare", "form"),
    [
        ("text/plain", "text", plan.Form.TEXT),
        ("text/plain", "character varying", plan.Form.TEXT),
        ("text/xml", "xml", plan.Form.XML),
        ("application/octet-stream", "bytea", plan.Form.OCTETS),
    ],
)
def test_a_bare_value_leaves_in_the_media_type_of_its_type(accept, bare, form):
    assert forms.form(chosen(accept, bare=bare)) is form


@pytest.mark.parametrize(
    ("accept", "bare"),
    [
        ("text/plain", None),
        ("text/plain", "bytea"),
        ("text/xml", "text"),
        ("application/octet-stream", "text"),
        ("image/png", "bytea"),
        ("application/openapi+json", "text"),
        ("application/vnd.pgrst.plan+json", None),
    ],
)
def test_what_does_not_fit_is_refused(accept, bare):
    with pytest.raises(errors.NotAcceptable):
        chosen(accept, bare=bare)


def test_a_plan_has_the_form_of_what_it_is_a_plan_of():
    media = chosen('application/vnd.pgrst.plan+json; for="text/csv"', configuration=WITH_PLANS)
    assert forms.form(media) is plan.Form.CSV
    with pytest.raises(errors.NotAcceptable):
        chosen('application/vnd.pgrst.plan; for="image/png"', configuration=WITH_PLANS)


@pytest.mark.parametrize(
    ("query", "kind"),
    [
        ("select=title", "text"),
        ("select=named:title", "text"),
        ("select=id::text", "text"),
        ("select=title->>a", "text"),
        ("select=title->a", None),
        ("select=id", "bigint"),
        ("select=id,title", None),
        ("select=*", None),
        ("", None),
        ("select=title,doctors(name)", None),
        ("select=count", None),
    ],
)
def test_only_a_column_that_was_asked_for_alone_is_bare(query, kind):
    read = plan_reads.plan_read(a_request("GET", "/cases", query), SETTING)
    assert forms.bare_of_rows(read.root) == kind


@pytest.mark.parametrize(
    ("path", "query", "kind"),
    [
        ("/rpc/add", "a=1&b=2&c=3", "int4"),
        ("/rpc/listed", "", None),
        ("/rpc/open_cases", "select=title", "text"),
        ("/rpc/open_cases", "", None),
        ("/rpc/ping", "", None),
    ],
)
def test_one_value_of_a_function_is_bare_and_a_list_of_them_is_not(path, query, kind):
    assert forms.bare_of_call(plan_calls.plan_call(a_request("GET", path, query), SETTING)) == kind
