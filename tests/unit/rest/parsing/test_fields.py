"""The names of parameters that lead to a column or an embed."""

from __future__ import annotations

import pytest

from carebase.rest import errors
from carebase.rest.parsing import fields, scanner
from carebase.rest.syntax import Field, Step


def test_a_parameter_names_the_embeds_that_lead_to_its_column():
    assert fields.address("ward.beds.no") == (("ward", "beds"), Field("no"))
    assert fields.address('"a.b".c->d') == (("a.b",), Field("c", (Step("d", is_text=False),)))


def test_not_may_stand_anywhere_before_the_operator_of_a_tree():
    assert fields.logic_address("or") == ((), "or")
    assert fields.logic_address("not.ward.and") == (("ward",), "not.and")
    assert fields.logic_address("not'.and") == ((), "not.not")


def test_a_parameter_without_a_name_is_refused():
    with pytest.raises(errors.Unreadable) as caught:
        fields.address("ward..no")
    assert caught.value.sentence == '"failed to parse tree path (ward..no)" (line 1, column 6)'
    assert caught.value.details == 'unexpected "." expecting field name (* or [a..z0..9_$])'
    with pytest.raises(errors.Unreadable, match="PGRST100"):
        fields.logic_address(".or")


def test_columns_are_named_once():
    assert fields.names(scanner.Scanner('a, "b c" ,a')) == ("a", "b c")


def test_an_index_may_not_have_digits_without_end():
    with pytest.raises(errors.TooComplex):
        fields.field(scanner.Scanner("a->" + "1" * 5_000))
