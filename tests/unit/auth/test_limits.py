"""How many requests a caller may make."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from carebase import errors
from carebase.auth import allowances, limits


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
    assert len(allowance) <= 100


def test_whoever_has_nothing_left_is_not_forgotten_for_a_crowd_of_others(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(limits, "MOST_CALLERS", 100)
    allowance = limits.Allowance(2, clock=lambda: 1.0)
    for _ in range(2):
        allowance.take("amina")
    for number in range(1000):
        allowance.take(str(number))
    with pytest.raises(errors.TooMany):
        allowance.take("amina")


def spent(allowance: limits.Allowance, caller: str = "amina") -> int:
    """How many more requests pass."""
    passed = 0
    while True:
        try:
            allowance.take(caller)
        except errors.TooMany:
            return passed
        passed += 1


def test_what_was_used_up_before_a_restart_is_used_up_after_it() -> None:
    before = limits.Allowance(60, clock=lambda: 5000.0)
    for _ in range(50):
        before.take("amina")
    (use,) = before.unshared(above_seconds=15)

    after = limits.Allowance(60, clock=lambda: 3.0)
    after.expect({use.key: use.seconds})

    assert spent(after) == 10
    assert spent(after, "bruno") == 60


@given(st.lists(st.tuples(st.floats(0, 20), st.integers(0, 20)), min_size=1, max_size=12))
def test_alone_a_process_learns_of_nothing_but_its_own(rounds: list[tuple[float, int]]) -> None:
    """Sharing changes nothing while there is nobody to share with."""
    clock = Clock()
    sharing, alone = limits.Allowance(30, clock=clock), limits.Allowance(30, clock=clock)
    shared_full_at = 0.0
    for pause, asked in rounds:
        clock.now += pause
        passed = []
        for allowance in (sharing, alone):
            passed.append(0)
            for _ in range(asked):
                try:
                    allowance.take("amina")
                except errors.TooMany:
                    break
                passed[-1] += 1
        assert passed[0] == passed[1]
        uses = sharing.unshared(above_seconds=10)
        for use in uses:
            shared_full_at = max(shared_full_at, clock.now) + use.seconds
        is_used = shared_full_at > clock.now
        sharing.learn(uses, {allowances.key_of("amina"): shared_full_at - clock.now} if is_used else {})


def test_two_processes_together_let_through_what_one_may() -> None:
    clock = Clock()
    both = [limits.Allowance(60, clock=clock) for _ in range(2)]
    for allowance in both:
        for _ in range(30):
            allowance.take("amina")
    uses = [allowance.unshared(above_seconds=10) for allowance in both]
    total = sum(use.seconds for (use,) in uses)
    for allowance, of_one in zip(both, uses, strict=True):
        allowance.learn(of_one, {use.key: total for use in of_one})
    assert [spent(allowance) for allowance in both] == [0, 0]


def test_what_is_used_while_it_is_shared_is_not_lost() -> None:
    allowance = limits.Allowance(60, clock=lambda: 0.0)
    for _ in range(30):
        allowance.take("amina")
    uses = allowance.unshared(above_seconds=10)
    for _ in range(10):
        allowance.take("amina")
    allowance.learn(uses, {use.key: use.seconds for use in uses})
    assert [round(use.seconds) for use in allowance.unshared(above_seconds=10)] == [10]
    assert spent(allowance) == 20
