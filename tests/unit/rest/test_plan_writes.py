"""What a write sets, on which rows, and what it gives back."""

from __future__ import annotations

import pytest
from tests.unit.rest import ward

from carebase.rest import errors, plan, plan_writes, tracking
from carebase.rest.plan_writes import Assignment, Conflict, Delete, Insert, Returned, Update, Write

REPRESENTATION = {"Prefer": "return=representation"}


def planned(method: str, path: str, query: str = "", body: str = "{}", **headers: str) -> Write:
    form = headers.pop("form", plan.Form.LIST)
    named = {name.replace("_", "-"): value for name, value in headers.items()}
    request = ward.a_request(method, path, query, body, headers=named)
    return plan_writes.plan_write(request, ward.SETTING, form=plan.Form(form))


def test_columns_are_set_by_their_declared_types_and_the_functions_of_domains():
    write = planned("POST", "/cases", body='{"title": "a", "code": "b"}')
    assert isinstance(write.change, Insert)
    assert write.change.assignments == (
        Assignment(column="code", type="api.code", made_by=ward.api("code_of_json")),
        Assignment(column="title", type="text"),
    )
    assert write.change.conflict is None


def test_a_column_that_is_not_there_is_refused():
    for method, query in (("POST", ""), ("PATCH", "id=eq.1")):
        with pytest.raises(errors.NoSuchColumn) as refused:
            planned(method, "/cases", query, '{"titel": "a"}')
        assert refused.value.sentence == "Could not find the 'titel' column of 'cases' in the schema cache"


@pytest.mark.parametrize(("method", "body"), [("POST", '{"titel": "a"}'), ("PUT", "{}")])
def test_of_a_table_that_the_role_may_not_use_no_column_is_told(method, body):
    setting = ward.plan_reads.Setting(catalogue=ward.CATALOGUE, role="anon")
    with pytest.raises(errors.RestError) as refused:
        plan_writes.plan_write(ward.a_request(method, "/cases", "", body), setting)
    assert refused.value.code == "42501"


def test_only_what_is_looked_at_has_to_be_there():
    planned("POST", "/cases", "select=nothing", '{"title": "a"}')
    planned("POST", "/cases", "nothing=eq.1", '{"title": "a"}', **REPRESENTATION)
    planned("PATCH", "/cases", "nothing=eq.1", "{}")
    for query, prefer in (("select=nothing", "return=representation"), ("select=nothing", "return=headers-only")):
        with pytest.raises(errors.RestError) as refused:
            planned("POST", "/cases", query, '{"title": "a"}', Prefer=prefer)
        assert refused.value.code == "42703"
    with pytest.raises(errors.NoRelationship):
        planned("POST", "/cases", "select=nothing(*)", '{"title": "a"}')


def test_a_table_that_is_not_there_is_refused():
    with pytest.raises(errors.NoSuchTable):
        planned("POST", "/case")


def test_defaults_fill_gaps_where_that_is_preferred():
    body, columns = "[{}]", "columns=id,title,code"
    said = planned("POST", "/cases", columns, body, Prefer="missing=default").change
    unsaid = planned("POST", "/cases", columns, body).change
    assert isinstance(said, Insert)
    assert isinstance(unsaid, Insert)
    assert [one.default for one in said.assignments] == [None, "nextval('api.cases_id_seq')", "'untitled'::text"]
    assert [one.default for one in unsaid.assignments] == [None, None, None]


@pytest.mark.parametrize(
    ("path", "query", "expected"),
    [
        ("/cases", "", Conflict(columns=("id",), is_merge=True)),
        ("/cases", "on_conflict=title,code", Conflict(columns=("title", "code"), is_merge=True)),
        ("/logs", "", None),
    ],
)
def test_a_row_that_is_there_already_is_told_by_the_key_or_the_columns_named(path, query, expected):
    write = planned("POST", path, query, Prefer="resolution=merge-duplicates")
    assert isinstance(write.change, Insert)
    assert write.change.conflict == expected
    assert write.counts_inserted == (expected is not None)


def test_conflicting_columns_exist():
    with pytest.raises(errors.NoSuchColumn):
        planned("POST", "/cases", "on_conflict=nothing", Prefer="resolution=ignore-duplicates")


# --- PUT -----------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("path", "query"),
    [
        ("/visits", "day=eq.2026-01-01"),
        ("/cases", ""),
        ("/cases", "title=eq.a"),
        ("/cases", "id=gt.1"),
        ("/cases", "id=not.eq.1"),
        ("/cases", "id=eq(any).{1}"),
        ("/cases", "id=eq.1&title=eq.a"),
        ("/cases", "and=(id.eq.1)"),
        ("/cases", "nothing=not.eq.1"),
        ("/cases", "id=eq.1&select=*,doctors(*)&doctors.id=eq.1"),
        ("/logs", "said=eq.a"),
    ],
)
def test_put_names_the_whole_key_and_nothing_else(path, query):
    with pytest.raises(errors.PutFilters):
        planned("PUT", path, query)


def test_put_brings_its_key():
    with pytest.raises(errors.PutKeysDiffer):
        planned("PUT", "/cases", "id=eq.1", '{"title": "a"}')
    write = planned("PUT", "/cases", "id=eq.1", '{"id": 1}')
    assert isinstance(write.change, Insert)
    assert write.change.filters
    write.require(1)
    for rows in (0, 2):
        with pytest.raises(errors.PutKeysDiffer):
            write.require(rows)


# --- which rows, how many ------------------------------------------------------------------------------------------


def test_conditions_choose_what_is_written_and_not_what_is_shown():
    for method, kind in (("PATCH", Update), ("DELETE", Delete)):
        write = planned(method, "/cases", "id=eq.1&title=eq.a&limit=3", '{"title": "b"}', **REPRESENTATION)
        assert isinstance(write.change, kind)
        assert len(write.change.filters) == 2
        assert write.read.root.filters == ()
        assert write.read.root.limit is None


def test_more_rows_than_allowed_are_refused_where_preferences_are_strict():
    strict, lenient = "handling=strict, max-affected=2", "max-affected=2"
    write = planned("DELETE", "/cases", Prefer=strict)
    write.require(2)
    with pytest.raises(errors.TooManyAffected):
        write.require(3)
    planned("DELETE", "/cases", Prefer=lenient).require(3)
    planned("POST", "/cases", Prefer=strict).require(3)


def test_an_object_is_one_row():
    write = planned("PATCH", "/cases", "id=eq.1", '{"title": "b"}', form="object")
    write.require(1)
    with pytest.raises(errors.NotSingular):
        write.require(0)


# --- what comes back -----------------------------------------------------------------------------------------------


def test_without_being_asked_nothing_comes_back_but_the_number():
    write = planned("POST", "/cases", "select=id,doctors(name)")
    assert (write.returned, write.is_all_returned, write.location) == ((), False, ())
    assert write.read.form is plan.Form.NOTHING
    assert write.read.root.embeds == ()


def test_what_is_shown_ordered_and_embedded_comes_back_and_no_more():
    write = planned("POST", "/cases", "select=title,doctors(name)&order=code", **REPRESENTATION)
    assert not write.is_all_returned
    assert [one.column for one in write.returned] == ["title", "code", "doctor_id"]


def test_a_computed_column_is_computed_by_what_writes():
    write = planned("POST", "/cases", "select=id,size", **REPRESENTATION)
    assert write.returned == (Returned(column="id"), Returned(column="size", computed_by=ward.api("size")))


@pytest.mark.parametrize("select", ["", "select=*", "select=id,similar(id)"])
def test_all_comes_back_where_all_is_shown_or_taken_by_a_function(select):
    assert planned("POST", "/cases", select, **REPRESENTATION).is_all_returned


def test_the_key_comes_back_for_the_address_of_a_new_row():
    write = planned("POST", "/visits", Prefer="return=headers-only")
    assert write.location == ("day", "case_id")
    assert write.returned == (Returned(column="day"), Returned(column="case_id"))
    assert planned("PATCH", "/visits", body='{"day": null}', Prefer="return=headers-only").location == ()


def test_the_keys_of_tracked_rows_come_back():
    setting = ward.plan_reads.Setting(
        catalogue=ward.CATALOGUE,
        role="authenticated",
        tracked=tracking.Tracking(relations={ward.api("cases"): tracking.of_table(ward.api("cases"), ("id",))}),
    )
    request = ward.a_request("POST", "/cases", "select=title", "{}", headers=REPRESENTATION)
    write = plan_writes.plan_write(request, setting)
    assert [one.column for one in write.returned] == ["title", "id"]
