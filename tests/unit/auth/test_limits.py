"""How many requests a caller may make."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from carebase import errors
from carebase.auth import limits


class Clock:
    now = 0.0

    def __call__(self) -> float:
        return self.now


def test_a_minutes_allowance_may_be_spent_at_once_and_comes_back_evenly() -> None:
    clock = Clock()
    allowance = limits.Allowance(60, clock=clock)
    for _ in range(60):
        allowance.take("amina")
    with pytest.raises(errors.TooMany) as refused:
        allowance.take("amina")
    assert refused.value.retry_after_seconds == 1
    allowance.take("bruno")
    clock.now = 1.0
    allowance.take("amina")
    with pytest.raises(errors.TooMany):
        allowance.take("amina")


@given(st.lists(st.floats(0, 30), max_size=80), st.integers(1, 20))
def test_no_window_of_time_lets_more_through_than_it_may(pauses: list[float], per_minute: int) -> None:
    clock = Clock()
    allowance = limits.Allowance(per_minute, clock=clock)
    taken: list[float] = []
    for pause in pauses:
        clock.now += pause
        try:
            allowance.take("amina")
        except errors.TooMany:
            continue
        taken.append(clock.now)
    for first, begun in enumerate(taken):
        for last in range(first, len(taken)):
            allowed = per_minute + (taken[last] - begun) * per_minute / 60
            assert last - first + 1 <= allowed + 1e-6


@given(st.integers(1, 1000))
def test_waiting_as_told_is_enough(per_minute: int) -> None:
    clock = Clock()
    allowance = limits.Allowance(per_minute, clock=clock)
    with pytest.raises(errors.TooMany) as refused:
        for _ in range(per_minute + 1):
            allowance.take("amina")
    clock.now += refused.value.retry_after_seconds or 0
    allowance.take("amina")


def test_callers_beyond_the_number_kept_do_not_fill_the_memory(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(limits, "MOST_CALLERS", 100)
    allowance = limits.Allowance(2)
    for number in range(1000):
        allowance.take(str(number))
    assert len(allowance._buckets) == 100
