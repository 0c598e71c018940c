"""What relations are called inside a statement."""

from __future__ import annotations

from hypothesis import given
from hypothesis import strategies as st

from carebase.rest import plan_reads
from carebase.rest.parsing import request as requests
from carebase.rest.plan_names import Names

TABLES = st.one_of(st.none(), st.text(max_size=8), st.sampled_from(["cases", "case_files", "order", "t1", "Cases"]))


@given(st.lists(TABLES, max_size=12), st.booleans())
def test_no_two_relations_of_a_read_have_one_name(tables, are_read):
    names = Names(are_read=are_read)
    given_names = [names.of(table, ()) for table in tables]
    assert len(set(given_names)) == len(tables)


@given(TABLES, st.lists(st.text(max_size=8), max_size=3))
def test_a_name_needs_no_quotes_and_is_no_word_of_the_grammar(table, columns):
    name = Names(are_read=True).of(table, columns)
    assert name == "t0" or (name == table and name.isidentifier() and name.islower() and name != "order")


def test_a_relation_with_a_column_of_its_own_name_has_a_number():
    assert Names(are_read=True).of("comment", ["id", "comment"]) == "t0"


def test_a_plan_names_relations_by_their_tables_and_an_answer_does_not(setting):
    def names(accept: str) -> list[str]:
        asked = requests.read(
            method="GET", path="/cases", query="select=id,notes(id),patients(name,open_cases(id))",
            headers=[("Accept", accept)], body=b"",
        )  # fmt: skip
        root = plan_reads.plan_read(asked, setting).root
        notes, patients = (embed.node for embed in root.embeds)
        return [root.alias, notes.alias, patients.alias, patients.embeds[0].node.alias]

    assert names("application/vnd.pgrst.plan+text") == ["cases", "notes", "patients", "t3"]
    assert names("application/json") == ["t0", "t1", "t2", "t3"]
