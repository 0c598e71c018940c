"""Which function is meant, what it is passed and what its answer is."""

from __future__ import annotations

from dataclasses import replace

import pytest
from tests.unit.rest import ward

from carebase.rest import errors, plan, plan_calls
from carebase.rest.catalogue import Returned
from carebase.rest.plan_calls import Call, FromBody, FromJson, FromTexts, Shape

FORM = {"Content-Type": "application/x-www-form-urlencoded"}


def planned(
    method: str,
    path: str,
    query: str = "",
    body: str | bytes = b"",
    *,
    headers: dict[str, str] | None = None,
    form: plan.Form = plan.Form.LIST,
) -> Call:
    request = ward.a_request(method, path, query, body, headers=headers)
    return plan_calls.plan_call(request, ward.SETTING, form=form)


def unknown(*given: object, **more: object) -> errors.NoSuchFunction:
    with pytest.raises(errors.NoSuchFunction) as refused:
        planned(*given, **more)  # type: ignore[arg-type]
    return refused.value


# --- which ---------------------------------------------------------------------------------------------------------


def test_names_choose_between_functions_of_one_name():
    assert len(planned("GET", "/rpc/add", "a=1&b=2&c=3").function.arguments) == 3


def test_functions_that_fit_equally_are_listed():
    with pytest.raises(errors.AmbiguousFunction) as refused:
        planned("GET", "/rpc/twin", "x=1")
    assert refused.value.sentence == (
        "Could not choose the best candidate function between: api.twin(x => integer), api.twin(x => text)"
    )
    with pytest.raises(errors.AmbiguousFunction):
        planned("POST", "/rpc/add", body='{"a": 1, "b": 2}')


def test_functions_that_the_role_may_not_use_are_not_listed():
    assert unknown("GET", "/rpc/secret_twin", "x=1").hint is None


def test_a_function_that_is_not_there_is_named_with_its_arguments():
    refused = unknown("GET", "/rpc/ad", "b=1&a=2")
    assert refused.sentence == "Could not find the function api.ad(a, b) in the schema cache"
    assert refused.details == (
        "Searched for the function api.ad with parameters a, b, but no matches were found in the schema cache."
    )
    refused = unknown("GET", "/rpc/pingg")
    assert refused.sentence == "Could not find the function api.pingg without parameters in the schema cache"
    assert refused.hint == "Perhaps you meant to call the function api.ping"


def test_other_arguments_are_suggested():
    assert unknown("GET", "/rpc/add", "a=1&bb=2").hint == "Perhaps you meant to call the function api.add(a, b)"


def test_what_else_would_have_taken_the_body_is_said():
    refused = unknown("POST", "/rpc/ping", body='{"x": 1}')
    assert refused.details is not None
    assert "with parameter x or with a single unnamed json/jsonb parameter, but" in refused.details
    refused = unknown("POST", "/rpc/ping", body="a", headers={"Content-Type": "text/plain"})
    assert refused.sentence == "Could not find the function api.ping in the schema cache"
    assert refused.details is not None
    assert "with a single unnamed text parameter" in refused.details
    assert refused.hint is None


# --- what is passed ------------------------------------------------------------------------------------------------


def test_the_last_text_of_a_name_counts_but_a_variadic_argument_takes_all():
    passed = planned("GET", "/rpc/cut", "word=a&word=b").passed
    assert isinstance(passed, FromTexts)
    assert [value for _, value in passed.values] == ["b"]
    for call in (
        planned("GET", "/rpc/listed", "names=a&names=b"),
        planned("POST", "/rpc/listed", body="names=a&names=b", headers=FORM),
    ):
        assert isinstance(call.passed, FromTexts)
        assert [value for _, value in call.passed.values] == [("a", "b")]
    assert planned("GET", "/rpc/listed").passed == FromTexts(())


def test_only_what_is_named_is_taken_out_of_an_object():
    passed = planned("POST", "/rpc/cut", "columns=word", '{"word": "a", "other": 1}').passed
    assert isinstance(passed, FromJson)
    assert [argument.name for argument in passed.arguments] == ["word"]


def test_a_whole_body_goes_to_the_argument_without_a_name():
    def given(body: str | bytes, kind: str) -> tuple[str, str]:
        passed = planned("POST", "/rpc/whole", body=body, headers={"Content-Type": kind}).passed
        assert isinstance(passed, FromBody)
        return passed.argument.type, passed.value

    assert given('{"a": 1}', "application/json") == ("jsonb", '{"a": 1}')
    assert given("héllo", "text/plain") == ("text", "héllo")
    assert given(b"\x00\xff", "application/octet-stream") == ("bytea", "\\x00ff")
    assert isinstance(planned("POST", "/rpc/whole", body='{"x": 1}').passed, FromJson)


# --- what becomes of it --------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("path", "query", "shape"),
    [
        ("/rpc/ping", "", Shape.NOTHING),
        ("/rpc/cut", "word=a", Shape.VALUE),
        ("/rpc/listed", "", Shape.VALUES),
        ("/rpc/one_case", "", Shape.ROW),
        ("/rpc/open_cases", "", Shape.ROWS),
        ("/rpc/totals", "", Shape.ROWS),
    ],
)
def test_an_answer_has_the_shape_that_the_function_returns(path, query, shape):
    assert planned("GET", path, query).shape is shape


def test_one_row_is_an_object_without_being_asked_for():
    assert planned("GET", "/rpc/one_case").read.form is plan.Form.OBJECT
    assert planned("GET", "/rpc/one_case", form=plan.Form.CSV).read.form is plan.Form.CSV
    assert planned("HEAD", "/rpc/one_case").read.form is plan.Form.NOTHING


def test_rows_are_selected_filtered_and_embedded_as_those_of_their_table():
    call = planned("GET", "/rpc/open_cases", "select=title,size,doctors(name)&id=gt.2&order=code&limit=3")
    root = call.read.root
    assert [embed.name for embed in root.embeds] == ["doctors"]
    assert (len(root.filters), len(root.order), root.limit) == (1, 1, 3)
    assert [field.column for field in call.computed] == ["size"]


def test_columns_that_a_function_does_not_return_are_refused():
    for path, query in (("/rpc/totals", "m=gt.1"), ("/rpc/cut", "word=a&select=b"), ("/rpc/open_cases", "a=gt.1")):
        with pytest.raises(errors.RestError) as refused:
            planned("GET", path, query)
        assert refused.value.code == "42703"


def test_only_a_posted_volatile_function_may_change_anything():
    assert planned("GET", "/rpc/cut", "word=a").is_read_only
    assert not planned("POST", "/rpc/cut", body='{"word": "a"}').is_read_only
    assert planned("POST", "/rpc/ping").is_read_only


def test_settings_of_the_function_are_handed_on():
    assert planned("GET", "/rpc/cut", "word=a").function.statement_timeout == "5s"


def test_rows_are_counted_where_that_is_strictly_asked_for():
    headers = {"Prefer": "handling=strict, max-affected=1"}
    call = planned("POST", "/rpc/open_cases", headers=headers)
    call.require(1)
    with pytest.raises(errors.TooManyAffected):
        call.require(2)
    with pytest.raises(errors.NotCountable):
        planned("POST", "/rpc/one_case", headers=headers)
    with pytest.raises(errors.NotSingular):
        planned("POST", "/rpc/open_cases", form=plan.Form.OBJECT).require(2)


def test_rows_whose_columns_nobody_knows_are_grouped_by_none_of_them():
    returns = Returned(type=ward.api("point"), is_set=True, is_composite=True)
    catalogue = replace(ward.CATALOGUE, functions={ward.api("points"): (ward.a_function("points", returns=returns),)})
    setting = replace(ward.SETTING, catalogue=catalogue, are_aggregates_allowed=True)

    call = plan_calls.plan_call(ward.a_request("GET", "/rpc/points", "select=*,count()"), setting)

    assert list(call.read.root.names()) == ["count"]
