"""The data dictionary and the diagrams are those of the database that the migrations make."""

from __future__ import annotations

import importlib.util
import os
import sys
from collections.abc import Iterator
from pathlib import Path
from types import ModuleType

import psycopg
import pytest

SCRIPTS = Path(__file__).parents[3] / "scripts"

# The pages are written from the version that every user gets.
pytestmark = [
    pytest.mark.skipif(os.environ.get("CAREBASE_TEST_POSTGRES", "18") != "18", reason="written from version 18"),
    pytest.mark.parametrize("cluster", ["18"], indirect=True),
]


def load_script(name: str) -> ModuleType:
    if name in sys.modules:
        return sys.modules[name]
    spec = importlib.util.spec_from_file_location(name, SCRIPTS / f"{name}.py")
    assert spec is not None
    assert spec.loader is not None
    module = sys.modules[name] = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    return module


dictionary = load_script("make_dictionary")


@pytest.fixture
def connection(database) -> Iterator[psycopg.Connection]:
    with database.owner() as opened:
        yield opened


def test_every_table_view_and_column_says_what_it_is(connection):
    silent = [
        name
        for relation, columns in dictionary.read(connection)
        for name, comment in [
            (f"{relation.schema}.{relation.name}", relation.comment),
            *((f"{relation.schema}.{relation.name}.{column.name}", column.comment) for column in columns),
        ]
        if not comment
    ]
    assert silent == [], "say it in the migration, or in functions/*/comments.sql"


def test_the_data_dictionary_is_current(connection):
    written = dictionary.PAGE.read_text(encoding="utf-8")
    assert written == dictionary.page(connection), "run: python scripts/make_dictionary.py"


def test_a_column_shows_its_type_default_keys_and_comment(connection):
    connection.execute("""
        create table public.visits (
            id bigint generated always as identity primary key,
            case_id text not null references public.cases (case_id),
            kind text default 'first' check (kind in ('first', 'next')),
            unique (case_id, kind)
        );
        comment on table public.visits is 'Who came | when.';
        comment on column public.visits.kind is 'Of the visit.';
    """)
    text = dictionary.page(connection)
    section = text.partition("### public.visits\n")[2].partition("\n### ")[0].partition("\n## ")[0].splitlines()
    assert section[1] == "Who came \\| when."
    assert section[5:8] == [
        "| `id` | bigint | counted by the database | primary key |  |",
        "| `case_id` | text |  | unique with others, → `public.cases.case_id` |  |",
        "| `kind` | text, or null | `'first'::text` | unique with others | Of the visit. |",
    ]
