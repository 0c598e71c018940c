from __future__ import annotations

from hypothesis import given
from hypothesis import strategies as st

from carebase.rest import plan, plan_reads, render, syntax
from carebase.rest.render_text import quoted


def test_one_row_answers(ask):
    statement = render.statement(ask("patients?select=id&name=eq.x"))

    assert statement.values == ("x",)
    assert statement.text == (
        "select coalesce(json_agg(r.*), '[]')::text as body, count(*) as page, null::int8 as total, "
        f"null::jsonb as seen, {render.SETTINGS} "
        'from (select t0."id" as "id" from "api"."patients" t0 where t0."name" = $1) r'
    )


def test_all_rows_are_counted_when_it_is_asked(ask):
    statement = render.statement(ask("patients?select=id&name=eq.x&limit=1", prefer="count=exact"))

    assert (
        "case when count(*) < $4::int8 then count(*) else "
        '(select count(*) from "api"."patients" t0 where t0."name" = $3) end as total'
    ) in statement.text
    assert statement.values == ("x", "1", "x", "1")


def test_a_page_of_all_rows_is_counted_once(ask):
    assert "count(*) as page, count(*) as total" in render.statement(ask("patients", prefer="count=exact")).text


def test_the_head_of_csv_is_a_value_as_a_client_may_have_named_the_columns(ask):
    statement = render.statement(ask("patients?select=a:id,...cases(b:title),cases()", form=plan.Form.CSV))

    assert statement.values == ("a,b",)


def test_a_head_request_writes_no_rows(ask):
    assert render.statement(ask("patients", form=plan.Form.NOTHING)).text.startswith("select ''::text as body")


@given(alias=st.text(min_size=1), key=st.text(min_size=1), value=st.text(), limit=st.integers(0, 10**9))
def test_what_a_client_writes_is_a_name_or_a_value(setting: plan_reads.Setting, alias, key, value, limit):
    def text(alias: str, key: str, value: str, limit: int) -> str:
        column = syntax.Column(syntax.Field("data", (syntax.Step(key, is_text=False),)), alias=alias)
        embed = syntax.Embed("cases", (syntax.Column(syntax.Field("title"), alias=alias),), alias=alias)
        condition = syntax.Condition(syntax.Field("name"), syntax.Operator.EQ, value)
        request = syntax.Request(
            action=syntax.Action.READ,
            method="GET",
            target="patients",
            select=(column, embed),
            filters={(): (condition,), (alias,): (syntax.Group((condition_of_embed(value),), is_or=True),)},
            ranges={(): syntax.Range(limit=limit)},
        )
        return render.statement(plan_reads.plan_read(request, setting)).text

    def condition_of_embed(value: str) -> syntax.Condition:
        return syntax.Condition(syntax.Field("title"), syntax.Operator.LIKE, value)

    plain = text("a", "k", "v", 1)
    assert text(alias, key, value, limit) == plain.replace(' as "a"', f" as {quoted(alias)}")
