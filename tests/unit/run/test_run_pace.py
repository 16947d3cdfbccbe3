"""The pace, by a clock of our own: nothing here sleeps."""

import threading
from dataclasses import dataclass, field

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from policy.errors import SettingAtFault
from policy.run.pace import WINDOW, Pace


@dataclass
class Clock:
    """A clock that only sleeping moves."""

    now: float = 1_000.0
    slept: list[float] = field(default_factory=list)

    def __call__(self) -> float:
        return self.now

    def sleep(self, seconds: float) -> None:
        assert seconds > 0
        self.slept.append(seconds)
        self.now += seconds


def pace_of(calls_per_minute: int, clock: Clock) -> Pace:
    return Pace(calls_per_minute, clock=clock, sleep=clock.sleep)


def most_in_a_window(taken: list[tuple[float, int]]) -> int:
    return max(
        sum(calls for when, calls in taken if start <= when < start + 60) for start, _ in taken
    )


def test_after_a_quiet_minute_a_whole_minutes_calls_go_at_once() -> None:
    clock = Clock()
    pace = pace_of(1_140, clock)
    for _ in range(22):
        pace.take(50)
    pace.take(40)
    assert clock.slept == []


def test_what_is_over_waits_until_the_window_has_moved() -> None:
    clock = Clock()
    pace = pace_of(100, clock)
    pace.take(50)
    clock.now += 10
    pace.take(50)
    pace.take(1)
    assert clock.now == 1_000 + WINDOW


def test_after_the_first_burst_calls_are_spread() -> None:
    clock = Clock()
    pace = pace_of(610, clock)
    for _ in range(12):
        pace.take(50)
    began = []
    for _ in range(4):
        pace.take(50)
        began.append(clock.now)
    assert began == [1_061, 1_066, 1_071, 1_076]


def test_a_quiet_minute_allows_a_burst_again() -> None:
    clock = Clock()
    pace = pace_of(100, clock)
    for _ in range(3):
        pace.take(50)
    clock.now += WINDOW
    clock.slept.clear()
    pace.take(50)
    pace.take(50)
    assert clock.slept == []


def test_single_calls_reach_the_pace_and_no_more() -> None:
    clock = Clock()
    pace = pace_of(1_200, clock)
    for _ in range(3_600):
        pace.take(1)
    assert clock.now - 1_000 == pytest.approx(3 * WINDOW - WINDOW / 1_200)


def test_back_off_lets_nothing_go() -> None:
    clock = Clock()
    pace = pace_of(1_140, clock)
    pace.take(1)
    pace.back_off(8)
    pace.back_off(2)  # a shorter one does not cut the longer one off
    pace.take(1)
    assert clock.now == 1_008


@pytest.mark.parametrize("calls", [-1, 0, 51])
def test_only_a_batch_can_be_taken(calls: int) -> None:
    with pytest.raises(ValueError, match="from 1 to 50"):
        pace_of(1_140, Clock()).take(calls)


def test_a_pace_that_holds_no_batch_is_refused() -> None:
    with pytest.raises(SettingAtFault, match=r"CALLS_PER_MINUTE should be at least 50.*not 49"):
        Pace(49)


STEP = st.one_of(
    st.tuples(st.just("take"), st.integers(1, 50)),
    st.tuples(st.just("idle"), st.floats(0, 90, allow_nan=False)),
    st.tuples(st.just("back_off"), st.floats(0, 90, allow_nan=False)),
)


@given(most=st.integers(50, 400), steps=st.lists(STEP, min_size=1, max_size=120))
@settings(deadline=None)
def test_no_moving_minute_has_more_calls_than_allowed(
    most: int, steps: list[tuple[str, float]]
) -> None:
    clock = Clock()
    pace = pace_of(most, clock)
    taken: list[tuple[float, int]] = []
    quiet_until = 0.0
    for step, amount in steps:
        if step == "idle":
            clock.now += amount
        elif step == "back_off":
            pace.back_off(amount)
            quiet_until = max(quiet_until, clock.now + amount)
        else:
            pace.take(int(amount))
            assert clock.now >= quiet_until
            taken.append((clock.now, int(amount)))
    assert not taken or most_in_a_window(taken) <= most


@given(most=st.integers(50, 400), sizes=st.lists(st.integers(1, 50), min_size=50, max_size=150))
@settings(deadline=None)
def test_the_pace_is_not_much_slower_than_allowed(most: int, sizes: list[int]) -> None:
    clock = Clock()
    pace = pace_of(most, clock)
    for size in sizes:
        pace.take(size)
    calls = sum(sizes)
    spare = 2 * 50  # a batch that doesn't fit leaves room unused at either end of a window
    assert clock.now - 1_000 <= WINDOW * calls / (most - min(spare, most // 2)) + WINDOW


def test_threads_share_one_pace() -> None:
    clock = Clock()
    pace = pace_of(200, clock)
    taken: list[tuple[float, int]] = []
    guard = threading.Lock()

    def work() -> None:
        for _ in range(10):
            pace.take(25)
            with guard:
                taken.append((clock.now, 25))

    threads = [threading.Thread(target=work) for _ in range(4)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert sum(calls for _, calls in taken) == 1_000
    assert 4 * WINDOW <= clock.now - 1_000 < 5 * WINDOW
