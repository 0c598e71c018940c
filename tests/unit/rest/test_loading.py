"""What the rows of the system's catalogue come to."""

from __future__ import annotations

import pytest

from carebase.rest import loading
from carebase.rest.catalogue import Name
from carebase.rest.relationships import Appearance, ForeignKey, Key

CASES, PEOPLE, JUNCTION = 1, 2, 3


@pytest.mark.parametrize(("key", "found"), [((1, 2), {"cases", "people"}), ((1,), set())])
def test_tables_that_only_a_junction_out_of_sight_joins_are_known_as_related(key, found):
    exposed = {
        number: [Appearance(relation=Name("api", name), columns={1: ("id",)})]
        for number, name in ((CASES, "cases"), (PEOPLE, "people"))
    }
    foreign = [
        ForeignKey(name=f"to_{target}", relation=JUNCTION, columns=(column,), target=target, target_columns=(1,))
        for column, target in ((1, CASES), (2, PEOPLE))
    ]
    names = loading.joined_elsewhere(foreign, [Key(relation=JUNCTION, columns=key)], exposed)
    assert {name.name for name in names} == found
