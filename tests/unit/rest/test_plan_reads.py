from __future__ import annotations

from dataclasses import replace

import pytest

from carebase.rest import errors, plan, plan_fields, tracking
from carebase.rest.catalogue import Name
from carebase.rest.syntax import Operator


def test_nothing_selected_is_everything(ask):
    assert ask("patients").root.outputs == (plan.AllColumns(),)


def test_a_table_that_is_not_there_is_not_found_and_the_one_that_was_meant_is_named(ask):
    with pytest.raises(errors.NoSuchTable) as refused:
        ask("patient")

    assert refused.value.hint == "Perhaps you meant the table 'api.patients'"


def test_no_hint_names_a_table_that_the_role_may_not_see(ask):
    with pytest.raises(errors.NoSuchTable) as refused:
        ask("secret")

    assert refused.value.hint is None


def test_an_embed_is_found_by_its_relationship_and_filtered_by_its_alias(ask):
    root = ask("patients?select=name,mine:cases(title)&mine.title=eq.x&mine.limit=2").root

    (embed,) = root.embeds
    assert (embed.name, embed.is_to_one, embed.node.table, embed.node.limit) == (
        "mine",
        False,
        Name("api", "cases"),
        2,
    )
    (condition,) = embed.node.filters
    assert isinstance(condition, plan.Condition)
    assert (condition.field.column, condition.operator) == ("title", Operator.EQ)


def test_a_filter_on_what_is_not_embedded_is_refused(ask):
    with pytest.raises(errors.NotEmbedded):
        ask("patients?select=name&cases.title=eq.x")


def test_an_unknown_column_of_an_embed_is_called_by_depth(ask):
    with pytest.raises(plan_fields.UnknownColumn) as refused:
        ask("patients?select=cases(color)")

    assert refused.value.sentence == "column cases_1.color does not exist"


def test_an_embed_without_relationship_is_refused(ask):
    with pytest.raises(errors.NoRelationship):
        ask("patients?select=secrets(word)")


@pytest.mark.parametrize(("written", "is_present"), [("is.null", False), ("not.is.null", True)])
def test_an_embed_can_be_asked_to_be_there_or_not(ask, written, is_present):
    root = ask(f"patients?select=*,cases()&cases={written}").root

    assert root.filters == (plan.Presence(embed=0, is_present=is_present),)


def test_of_two_embeds_with_one_name_the_first_is_meant(ask):
    root = ask("patients?select=cases(id),cases(title)&cases=not.is.null&cases.id=eq.1").root

    assert root.filters == (plan.Presence(embed=0, is_present=True),)
    assert [len(embed.node.filters) for embed in root.embeds] == [1, 0]


def test_of_two_embeds_one_can_be_enough(ask):
    root = ask("cases?select=*,notes(),teams()&or=(notes.not.is.null,teams.not.is.null)").root

    present = tuple(plan.Presence(embed=at, is_present=True) for at in (0, 1))
    assert root.filters == (plan.Group(members=present, is_or=True),)


def test_rows_are_ordered_by_a_column_of_the_one_they_belong_to(ask):
    (term,) = ask("cases?select=title,patients(name)&order=patients(name).desc").root.order

    assert (term.embed, term.field.column, term.is_descending) == (0, "name", True)


def test_rows_are_ordered_by_a_column_as_it_is_cast_in_what_is_embedded(ask):
    (term,) = ask("cases?select=title,patients(who:id::text)&order=patients(who)").root.order

    assert (term.field.column, term.cast) == ("id", "text")


def test_where_any_column_is_taken_an_unknown_one_hides_no_other_fault(ask, setting):
    with pytest.raises(errors.RelatedOrderRefused):
        ask("patients?select=nope,cases(title)&order=cases(title)", by=replace(setting, takes_any_column=True))


def test_rows_are_not_ordered_by_a_column_of_many(ask):
    with pytest.raises(errors.RelatedOrderRefused):
        ask("patients?select=name,cases(title)&order=cases(title)")


def test_no_more_rows_leave_than_is_allowed_at_the_root_and_in_embeds(ask, setting):
    root = ask("patients?select=name,cases(title)&limit=500&cases.limit=3", by=replace(setting, max_rows=100)).root

    assert (root.limit, root.embeds[0].node.limit) == (100, 3)


def test_aggregates_are_refused_where_they_are_switched_off(ask, setting):
    with pytest.raises(errors.AggregatesRefused):
        ask("patients?select=id.max()", by=replace(setting, are_aggregates_allowed=False))


def test_counting_as_old_clients_do_is_never_switched_off(ask, setting):
    root = ask("patients?select=name,cases(count)", by=replace(setting, are_aggregates_allowed=False)).root

    (column,) = root.embeds[0].node.outputs
    assert isinstance(column, plan.Column)
    assert (column.name, column.field, column.is_grouping) == ("count", None, False)


def test_aggregates_of_many_do_not_spread(ask):
    with pytest.raises(errors.NotImplementedHere):
        ask("patients?select=name,...cases(id.max())")


def test_beside_an_aggregate_every_column_is_written_out(ask):
    outputs = ask("doctors?select=*,count()").root.outputs

    assert [output.name for output in outputs if isinstance(output, plan.Column)] == ["id", "name", "count"]


def test_tracked_tables_bring_their_keys(ask, setting):
    seen = tracking.of_table(Name("api", "patients"), ("id",))
    tracked = replace(setting, tracked=tracking.Tracking(relations={Name("api", "patients"): seen}))

    root = ask("cases?select=title,patients(name)", by=tracked).root

    assert (root.seen, root.embeds[0].node.seen) == ((), seen)


def test_each_relation_of_a_read_has_an_alias_of_its_own(ask):
    root = ask("patients?select=cases(notes(text),teams(doctors(name)))").root

    def aliases(node: plan.Node) -> list[str]:
        return [node.alias, *(alias for embed in node.embeds for alias in aliases(embed.node))]

    assert len(set(aliases(root))) == 5
