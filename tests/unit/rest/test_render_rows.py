from __future__ import annotations

import pytest

from carebase.rest import render_rows
from carebase.rest.render_text import Writer


@pytest.fixture
def page(ask):
    def written(address: str) -> str:
        return render_rows.page(ask(address).root, Writer())

    return written


def test_a_list_is_a_plain_select(page):
    assert page("patients?select=id,who:name&id=gt.3&order=id.desc&limit=5&offset=2") == (
        'select t0."id" as "id", t0."name" as "who" from "api"."patients" t0 where t0."id" > $1'
        ' order by t0."id" desc limit $2 offset $3'
    )


def test_what_is_embedded_is_made_for_the_rows_of_the_page_only(page):
    assert page("cases?select=title,patients(name),notes(text)") == (
        'select t0."title" as "title", '
        '(select row_to_json(t1r) from (select t1."name" as "name" from "api"."patients" t1'
        ' where t1."id" = t0."patient_id") t1r limit 1) as "patients", '
        '(select coalesce(json_agg(t2r), \'[]\') from (select t2."text" as "text" from "api"."notes" t2'
        ' where t2."case_id" = t0."id") t2r) as "notes" from "api"."cases" t0'
    )


def test_many_to_many_goes_through_the_junction(page):
    assert (
        'from "api"."doctors" t1, "api"."teams" t1j where t1."id" = t1j."doctor_id" and t0."id" = t1j."case_id"'
    ) in page("cases?select=doctors(name)")


def test_an_inner_embed_keeps_rows_that_have_one(page):
    assert page("patients?select=name,cases!inner()&cases.title=eq.x") == (
        'select t0."name" as "name" from "api"."patients" t0 where exists '
        '(select from "api"."cases" t1 where t1."patient_id" = t0."id" and t1."title" = $1)'
    )


def test_rows_are_grouped_by_values_below_their_casts(page):
    assert page("notes?select=case_id::json,count()&order=case_id").endswith(
        '"api"."notes" t0 group by t0."case_id" order by t0."case_id"'
    )


def test_what_lies_in_json_is_grouped_by_place(page):
    assert page("patients?select=data->eye,count()&order=data->eye").endswith('"patients" t0 group by 1 order by 1')


def test_an_aggregate_of_a_spread_is_made_where_it_is_spread(page):
    text = page("notes?select=count(),...cases(patient_id)")

    assert text.startswith('select count(*) as "count", t1s.c0 as "patient_id" from')
    assert text.endswith("on true group by 2")


def test_what_fits_has_neither_order_nor_range(ask):
    root = ask("patients?select=name,cases(title)&name=eq.a&order=id&limit=1").root

    assert render_rows.fitting(root, Writer()) == '"api"."patients" t0 where t0."name" = $1'


def test_a_computed_relationship_takes_the_row(page):
    assert 'from "api"."open_cases"(t0) t1)' in page("patients?select=open_cases(title)")


@pytest.mark.parametrize(
    ("said", "written"),
    [
        ("patients(id::text)", 'order by (select cast(t1."id" as "text") from {} limit 1)'),
        ("patients(name)&patients.offset=1", 'order by (select t1."id" from {} limit 1 offset $1)'),
        ("patients(name)&patients.limit=0", 'order by (select t1."id" from {} limit $1)'),
    ],
)
def test_rows_are_ordered_by_what_is_shown_of_the_one_they_belong_to(page, said, written):
    there = '"api"."patients" t1 where t1."id" = t0."patient_id"'

    assert written.format(there) in page(f"cases?select=title,{said}&order=patients(id)").replace("$2", "$1")
