from __future__ import annotations

from dataclasses import replace

import pytest

from carebase.rest import errors, render, render_seen, tracking
from carebase.rest.catalogue import Name


@pytest.fixture
def recorded(setting):
    tables = (Name("api", "patients"), Name("api", "notes"))
    relations = {name: tracking.of_table(name, ("id",)) for name in tables}
    return replace(setting, tracked=tracking.Tracking(relations=relations))


def test_a_read_of_what_is_not_tracked_tells_no_keys(ask, recorded):
    assert not render_seen.is_wanted(ask("doctors?select=name", by=recorded).root)


def test_the_keys_of_the_root_are_told_though_they_were_not_asked_for(ask, recorded):
    text = render.statement(ask("patients?select=name", by=recorded)).text

    assert (
        """jsonb_build_object('api.patients', coalesce(jsonb_agg(jsonb_build_array(t0."id")), '[]')) as seen""" in text
    )
    assert 'cross join lateral (select t0."name" as "name") t0r' in text


def test_the_keys_of_embeds_are_told_by_table(ask, recorded):
    text = render.statement(ask("cases?select=title,patients(name),notes(text)", by=recorded)).text

    assert "jsonb_build_object('api.patients', " in text
    assert ", 'api.notes', " in text


def test_a_spread_tells_its_keys_too(ask, recorded):
    assert "'api.patients'" in render.statement(ask("cases?select=title,...patients(name)", by=recorded)).text


@pytest.mark.parametrize(
    "address",
    ["cases?select=count(),patient_id,patients(name)", "notes?select=count(),...cases(title,patients(name))"],
)
def test_tracked_rows_beside_aggregates_are_refused_as_their_keys_could_not_be_told(ask, recorded, address):
    with pytest.raises(errors.NotImplementedHere):
        render.statement(ask(address, by=recorded))


def test_a_count_tells_no_keys(ask, recorded):
    assert "jsonb_agg" not in render.statement(ask("patients?select=count()", by=recorded)).text


@pytest.mark.parametrize("select", ["name,count()", "born_on.max()"])
def test_small_groups_tell_their_keys(ask, recorded, select):
    text = render.statement(ask(f"patients?select={select}", by=recorded)).text

    assert 'case when count(*) <= 10 then jsonb_agg(jsonb_build_array(t0."id")) end' in text
