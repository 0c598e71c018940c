"""What a client prefers."""

from __future__ import annotations

import pytest

from carebase.rest import errors
from carebase.rest.parsing import preferences
from carebase.rest.syntax import Count, Preferences, Resolution, Return


def test_all_that_can_be_preferred_is_read_from_one_header():
    assert preferences.read([
        "return=headers-only,count=estimated , resolution=merge-duplicates,missing=default,tx=rollback,"
        "handling=strict, timezone=Europe/Paris, max-affected=10"
    ]) == Preferences(
        returns=Return.HEADERS_ONLY,
        count=Count.ESTIMATED,
        resolution=Resolution.MERGE,
        is_missing_default=True,
        is_rollback=True,
        is_strict=True,
        timezone="Europe/Paris",
        max_affected=10,
    )  # fmt: skip


def test_of_two_wishes_for_one_thing_the_first_counts():
    said = preferences.read(["tx=commit, handling=lenient", "tx=rollback, handling=strict, missing=null"])
    assert (said.is_rollback, said.is_strict, said.is_missing_default) == (False, False, False)


def test_unknown_preferences_are_kept_as_written():
    assert preferences.read(["colour=blue, return=all", "x"]).invalid == ("colour=blue", "return=all", "x")


def test_a_time_zone_the_database_does_not_know_is_no_preference():
    said = preferences.read(["timezone=Mars/Base"], timezones={"Europe/Paris"})
    assert (said.timezone, said.invalid) == (None, ("timezone=Mars/Base",))


def test_strict_handling_refuses_unknown_preferences():
    with pytest.raises(errors.PreferencesRefused) as caught:
        preferences.refuse_unknown(preferences.read(["handling=strict, a", "b"]))
    assert caught.value.details == "Invalid preferences: a, b"
    preferences.refuse_unknown(preferences.read(["handling=lenient, a"]))


def test_max_affected_is_a_number_or_nothing():
    assert preferences.read(["max-affected=lots"]) == Preferences()
