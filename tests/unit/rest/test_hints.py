from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from carebase.rest import hints
from carebase.rest.catalogue import Argument, Function, Name, Returned

WORDS = st.text(st.sampled_from("ab_C1"), max_size=8)


def a_function(name: str, *arguments: str) -> Function:
    return Function(
        name=Name("api", name),
        arguments=tuple(Argument(name=argument, type="text") for argument in arguments),
        returns=Returned(type=Name("pg_catalog", "text")),
    )


@pytest.mark.parametrize(
    ("asked", "hint"),
    [
        ("projectx", "Perhaps you meant the table 'api.projects'"),
        ("projecxx", "Perhaps you meant the table 'api.projects'"),
        ("Projects", "Perhaps you meant the table 'api.projects'"),
        ("projxxxx", None),
        ("x" * 5000, None),
    ],
)
def test_a_table_is_suggested_when_three_quarters_agree(asked, hint):
    assert hints.for_table(Name("api", asked), {Name("api", "projects"), Name("api", "clients")}) == hint


def test_of_equally_alike_names_the_one_that_shares_more_pieces_is_suggested():
    assert hints.nearest("leak", ["labels", "simple_pk"], at_least=hints.RELATED) == "simple_pk"


def test_of_names_alike_in_every_way_the_last_by_alphabet_is_suggested():
    assert hints.nearest("lines", ["sites", "files"], at_least=hints.RELATED) == "sites"


def test_a_table_of_another_schema_is_never_suggested():
    assert hints.for_table(Name("api", "projectx"), {Name("private", "projects")}) is None


def test_no_table_is_suggested_where_there_are_too_many_to_compare():
    many = {Name("api", f"projects{number}") for number in range(hints.NAMES_SEARCHED)}
    assert hints.for_table(Name("api", "projectx"), many) is None


@pytest.mark.parametrize(
    ("asked", "hint"),
    [("testt", "Perhaps you meant to call the function api.test"), ("other", None), ("noclosealternative", None)],
)
def test_a_function_with_nearly_the_name_is_suggested(asked, hint):
    visible = {Name("api", "test"), Name("api", "another"), Name("private", "other")}
    assert hints.for_function(Name("api", asked), [], overloads=(), visible=visible) == hint


@pytest.mark.parametrize(
    ("arguments", "hint"),
    [
        (["vall", "pqaram", "nam"], "Perhaps you meant to call the function api.test(name, param, val)"),
        (["val", "param"], "Perhaps you meant to call the function api.test(name, param, val)"),
        (["id", "attrs"], "Perhaps you meant to call the function api.test(attr, id)"),
        (["id"], "Perhaps you meant to call the function api.test(attr, id)"),
        (["noclosealternative"], None),
    ],
)
def test_the_overload_with_the_likest_arguments_is_suggested(arguments, hint):
    overloads = (a_function("test", "val", "param", "name"), a_function("test", "id", "attr"))
    found = hints.for_function(Name("api", "test"), arguments, overloads=overloads, visible={Name("api", "test")})
    assert found == hint


def test_the_arguments_of_a_function_that_is_not_seen_are_not_told():
    overloads = (a_function("test", "val"),)
    assert hints.for_function(Name("api", "test"), ["vall"], overloads=overloads, visible=()) is None


@pytest.mark.parametrize(
    ("origin", "word", "hint"),
    [
        ("film", "directors", "Perhaps you meant 'films' instead of 'film'."),
        ("films", "role", "Perhaps you meant 'roles' instead of 'role'."),
        ("films", "actors", None),
        ("noclosealternative", "roles", None),
        ("films", "noclosealternative", None),
    ],
)
def test_the_wrong_one_of_two_tables_is_corrected(origin, word, hint):
    targets = {"directors", "roles", "actors"}
    assert hints.for_relationship(origin, word, origins={"films"}, targets=targets) == hint


@given(WORDS, WORDS)
def test_alikeness_is_the_same_from_both_sides_and_whole_for_equals_only(first, second):
    assert hints.alikeness(first, second) == hints.alikeness(second, first)
    assert 0 <= hints.alikeness(first, second) <= 1
    assert (hints.alikeness(first, second) == 1) == (first == second)


@given(WORDS, WORDS, WORDS)
def test_a_detour_never_takes_fewer_changes(first, second, third):
    assert hints.changes(first, third) <= hints.changes(first, second) + hints.changes(second, third)


@given(WORDS, st.lists(WORDS))
def test_what_is_suggested_is_one_of_the_names_and_alike_enough(word, names):
    found = hints.nearest(word, names, at_least=hints.CLOSE)
    assert found is None or found in names
    assert found is None or hints.alikeness(word.lower(), found.lower()) >= hints.CLOSE
