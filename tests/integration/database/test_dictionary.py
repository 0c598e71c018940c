"""The data dictionary and the diagrams are those of the database that the migrations make."""

from __future__ import annotations

import importlib.util
import os
import re
import sys
from collections.abc import Iterator
from pathlib import Path
from types import ModuleType
from xml.etree import ElementTree

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
load_script("diagram_layout")
diagram = load_script("make_diagram")


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


def test_the_diagrams_are_current(connection):
    drawn = diagram.pictures(dictionary.read(connection))
    written = {path.name: path.read_text(encoding="utf-8") for path in diagram.IMAGES.glob("record*.svg")}
    assert set(written) == set(drawn), "run: python scripts/make_diagram.py"
    assert [name for name in drawn if written[name] != drawn[name]] == [], "run: python scripts/make_diagram.py"


def test_every_foreign_key_is_a_line_or_stands_beside_its_column(connection):
    tables = diagram.tables_of(dictionary.read(connection))
    missing = []
    for domain, (_, names) in diagram.DOMAINS.items():
        text = diagram.draw(domain, tables)
        lines = text.count('marker-end="url(#tip)"')
        noted = len(re.findall(r">→ [^<]+</text>", text))
        keys = [one for one in diagram.references_of(tables) if one.table in names]
        if lines + noted != len(keys):
            missing.append((domain, lines, noted, len(keys)))
    assert missing == []


def test_a_table_that_no_domain_names_stops_the_drawing(connection):
    connection.execute("create table public.visits (id int primary key)")
    with pytest.raises(KeyError, match=r"\['visits'\]"):
        diagram.pictures(dictionary.read(connection))


def test_a_picture_tells_in_words_what_it_shows(connection):
    for text in diagram.pictures(dictionary.read(connection)).values():
        root = ElementTree.fromstring(text)
        title, desc = root.find("{*}title"), root.find("{*}desc")
        assert root.get("aria-labelledby") == f"{title.get('id')} {desc.get('id')}"
        assert len(title.text) > 10
        assert len(desc.text) > 50
