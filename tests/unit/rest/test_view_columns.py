from __future__ import annotations

from carebase.rest import view_columns


def entry(number: int, relation: int, column: int, *, name: str = "x", inside: str = "", junk: bool = False) -> str:
    return (
        f"{{TARGETENTRY :expr {{VAR :varno 1 {inside}}} :resno {number} :resname {name} :ressortgroupref 0 "
        f":resorigtbl {relation} :resorigcol {column} :resjunk {str(junk).lower()}}}"
    )


def query(*entries: str, before: str = "<>") -> str:
    return f"({{QUERY :commandType 1 :cteList {before} :targetList ({' '.join(entries)}) :groupClause <>}})"


def test_each_column_comes_from_where_postgresql_says():
    assert view_columns.shown(query(entry(1, 16384, 2), entry(2, 16390, 1))) == {1: (16384, 2), 2: (16390, 1)}


def test_a_computed_column_has_no_source():
    assert view_columns.shown(query(entry(1, 0, 0), entry(2, 16390, 1))) == {2: (16390, 1)}


def test_what_the_view_does_not_show_is_left_out():
    assert view_columns.shown(query(entry(1, 16384, 1), entry(2, 16384, 2, junk=True))) == {1: (16384, 1)}


def test_inner_selects_say_nothing_of_the_view():
    inner = "{QUERY :targetList (" + entry(1, 99999, 9) + ")}"
    tree = query(entry(1, 16384, 1, inside=f":sub {inner}"), before=f"({{COMMONTABLEEXPR :ctequery {inner}}})")
    assert view_columns.shown(tree) == {1: (16384, 1)}


def test_names_with_braces_and_words_of_the_tree_change_nothing():
    name = r"\{\ :resno\ 7\ :resorigtbl\ 5\ :resorigcol\ 5\ :resjunk\ false\}\\"
    assert view_columns.shown(query(entry(1, 16384, 1, name=name), entry(2, 16384, 2))) == {
        1: (16384, 1),
        2: (16384, 2),
    }


def test_sources_are_followed_down_to_the_table():
    assert view_columns.followed({3: {1: (2, 1)}, 2: {1: (1, 5)}}) == {3: {1: (1, 5)}, 2: {1: (1, 5)}}


def test_a_column_that_the_view_below_computes_ends_there():
    assert view_columns.followed({3: {1: (2, 4)}, 2: {}}) == {3: {1: (2, 4)}, 2: {}}


def test_views_that_refer_to_one_another_are_followed_once():
    assert view_columns.followed({3: {1: (2, 1)}, 2: {1: (3, 1)}}) == {3: {1: (3, 1)}, 2: {1: (2, 1)}}
