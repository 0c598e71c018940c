"""Questions for plans, and which plans are told."""

from __future__ import annotations

import pytest

from carebase.rest import render_plans
from carebase.rest.catalogue import Name
from carebase.rest.syntax import MediaType, Plan, PlanOption

CASES = [Name("public", "cases")]


def test_a_plan_is_asked_for_with_what_was_named():
    plan = Plan(is_json=False, of=MediaType("*/*"), options=(PlanOption.ANALYZE, PlanOption.WAL))
    assert render_plans.explained("select $1", plan) == "explain (format text, analyze, wal) select $1"


@pytest.mark.parametrize(
    "told",
    [
        b"Seq Scan on cases  (cost=0.00..1.00 rows=1 width=4)",
        b'"Relation Name": "cases",',
        b"SubPlan 1\n  ->  Seq Scan on public.cases cases_1",
    ],
)
def test_the_name_of_a_tracked_table_is_found_wherever_it_stands(told):
    assert render_plans.names_any(told, CASES)


@pytest.mark.parametrize("told", [b"Seq Scan on showcases", b"Index Scan using cases_pkey on other", b""])
def test_part_of_another_name_is_none(told):
    assert not render_plans.names_any(told, CASES)
