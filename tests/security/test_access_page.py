"""The page on access says what the list of rights says."""

from __future__ import annotations

import importlib.util
from pathlib import Path

import yaml
from tests.security.actors import PEOPLE

ROOT = Path(__file__).parents[2]
spec = importlib.util.spec_from_file_location("make_access", ROOT / "scripts" / "make_access.py")
assert spec is not None
assert spec.loader is not None
access = importlib.util.module_from_spec(spec)
spec.loader.exec_module(access)


def test_the_page_is_made_from_the_list_as_it_is():
    written = (ROOT / "docs" / "reference" / "access.md").read_text(encoding="utf-8")
    decided = yaml.safe_load((ROOT / "tests" / "security" / "policies.yaml").read_text(encoding="utf-8"))
    assert written == access.page(**decided), "run: python scripts/make_access.py"


def test_the_page_knows_everybody():
    assert set(PEOPLE) <= set(access.ACTORS)


def test_those_with_the_same_rights_stand_in_one_row_and_columns_below():
    words = "reads own; changes own (by staff) [a b]"
    made = access.page(
        {"public.t": {"patient": words, "proxy": words, "admin": "removes all"}, "auth.u": {}}, {"f()": "anon"}
    )
    assert "| patient, proxy | own |  | own (by staff) |  |" in made
    assert "| admin |  |  |  | all |" in made
    assert "Columns that may be changed: `a`, `b`." in made
    assert "a right in `auth.u`." in made
