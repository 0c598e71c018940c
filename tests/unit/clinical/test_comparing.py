"""A value printed as "below five" answers only what it answers."""

from __future__ import annotations

from decimal import Decimal

from hypothesis import given
from hypothesis import strategies as st

from carebase.clinical import comparing
from carebase.clinical.criteria import RELATIONS, Limit
from carebase.clinical.facts import Measure
from carebase.clinical.person import Person, Sex

numbers = st.decimals(min_value=-50, max_value=50, places=1)


def measure(value, comparator=None):
    return Measure(name="lab:tsh", value=value, comparator=comparator)


@given(numbers, numbers, st.sampled_from(RELATIONS), st.sampled_from(["<", "<=", ">", ">="]), numbers)
def test_a_bounded_answer_is_true_of_every_value_it_allows(bound, limit, relation, comparator, value):
    answer = comparing.holds(measure(bound, comparator), relation, limit)
    if comparing.relate(value, comparator, bound) and answer is not None:
        assert comparing.relate(value, relation, limit) == answer


@given(numbers, numbers)
def test_a_plain_value_always_has_an_answer(value, limit):
    assert comparing.holds(measure(value), "<", limit) == (value < limit)


def test_a_limit_by_sex_is_unknown_without_the_sex():
    limit = Limit(male=Decimal(13), female=Decimal(12))
    assert comparing.limit_for(limit, Person(sex=Sex.MALE)) == 13
    assert comparing.limit_for(limit, Person()) is None


def test_unknown_weeks_of_pregnancy_take_the_limit_that_holds_in_all():
    limit = Limit(male=Decimal(13), female=Decimal(12), trimesters=(Decimal(11), Decimal("10.5"), Decimal(11)))
    someone = Person(sex=Sex.FEMALE, pregnant=True)
    assert comparing.limit_for(limit, someone) == Decimal("10.5")
