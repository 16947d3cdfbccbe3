"""The pace, by a clock of our own: nothing here sleeps."""

import threading
from collections import Counter, deque
from dataclasses import dataclass, field

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from policy.errors import SettingAtFault
from policy.run.pace import LESS, SPREAD, WINDOW, Budget, Pace, Steady


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


def pace_of(calls_per_minute: int, clock: Clock, project: Budget | None = None) -> Pace:
    return Pace(calls_per_minute, project=project, clock=clock, sleep=clock.sleep)


def gone_at(pace: Pace, clock: Clock, *, calls: int = 50, times: int) -> list[float]:
    """When each of so many batches goes, one as soon as may be after the other."""
    began = []
    for _ in range(times):
        pace.take(calls)
        began.append(clock.now)
    return began


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
    assert began == [1_060.5, 1_065.5, 1_070.5, 1_075.5]


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
    assert clock.now - 1_000 == pytest.approx(WINDOW + 2_399 * SPREAD / 1_200)


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


def test_a_budget_that_holds_no_batch_is_refused() -> None:
    with pytest.raises(SettingAtFault, match=r"PROJECT_CALLS_PER_MINUTE should be .* 50.*not 9"):
        Budget(9)


def test_what_may_not_go_is_told_and_not_counted() -> None:
    clock = Clock()
    pace = pace_of(100, clock)
    assert [pace.try_take(50), pace.try_take(50)] == [0, 0]
    assert [pace.try_take(50), pace.try_take(1)] == [WINDOW, WINDOW]
    clock.now += 10
    assert pace.try_take(50) == WINDOW - 10
    clock.now += WINDOW - 10
    assert pace.try_take(50) == 0


def by_the_minute(began: list[float], *, calls: int) -> list[int]:
    """How many calls went in each minute since the first."""
    minutes = Counter(int((when - began[0]) // 60) for when in began)
    return [minutes[number] * calls for number in range(max(minutes))]  # the last one is not over


def test_what_has_gone_before_a_refusal_is_what_there_is() -> None:
    clock = Clock()
    pace = pace_of(1_200, clock)
    gone_at(pace, clock, times=16)  # 800 at once, and Google has had enough
    pace.back_off(1)
    began = gone_at(pace, clock, calls=10, times=100)
    assert began[0] == 1_000 + WINDOW  # none has room before those have left the minute
    [minute] = by_the_minute(began, calls=10)
    assert 0.96 * LESS * 800 < minute < 1.03 * 800


def test_one_refusal_takes_no_more_than_half_away_and_soon_all_is_back() -> None:
    clock = Clock()
    pace = pace_of(600, clock)
    pace.take(50)
    pace.back_off(1)
    minutes = by_the_minute(gone_at(pace, clock, calls=10, times=400), calls=10)
    assert 290 <= minutes[0] <= 310
    assert minutes == sorted(minutes)
    assert [minute >= 580 for minute in minutes[:6]] == [False] * 5 + [True]


def test_nothing_rushes_in_after_a_pause() -> None:
    clock = Clock()
    pace = pace_of(600, clock)
    share = 50 * SPREAD / 600
    pace.back_off(300)
    began = gone_at(pace, clock, times=4)
    assert began[0] == 1_300
    assert began[3] > 1_300 + 5.9 * share


def test_a_quiet_time_after_a_refusal_does_not_allow_a_burst_before_all_is_back() -> None:
    clock = Clock()
    pace = pace_of(600, clock)
    pace.take(50)
    pace.back_off(1)
    clock.now += WINDOW + 2
    first, second = gone_at(pace, clock, times=2)
    assert second - first > 9
    clock.now += 600
    assert len(set(gone_at(pace, clock, times=12))) == 1


def test_refusals_of_one_moment_are_one_refusal() -> None:
    once, often = Clock(), Clock()
    pace, other = pace_of(600, once), pace_of(600, often)
    pace.back_off(1)
    for _ in range(20):
        other.back_off(1)
    assert gone_at(pace, once, times=5) == gone_at(other, often, times=5)


@pytest.mark.parametrize(
    ("limit", "least", "most_refused"),
    [
        pytest.param(1_200, 0.98, 0.0, id="nobody else"),
        pytest.param(1_000, 0.9, 0.05, id="somebody else, a little"),
        pytest.param(600, 0.9, 0.06, id="somebody else, half of it"),
        pytest.param(300, 0.9, 0.1, id="somebody else, most of it"),
    ],
)
def test_it_finds_what_others_leave(limit: int, least: float, most_refused: float) -> None:
    """Half an hour at a Google that allows less than we think, and counts what it refuses."""
    clock = Clock(0.0)
    pace = pace_of(1_200, clock)
    asked: deque[tuple[float, int]] = deque()
    done = refused = 0
    while clock.now < 1_800:
        pace.take(50)
        while asked and asked[0][0] <= clock.now - 60:
            asked.popleft()
        good = max(0, min(50, limit - sum(calls for _, calls in asked)))
        asked.append((clock.now, 50))
        done, refused = done + good, refused + 50 - good
        if good < 50:
            pace.back_off(1)
    assert done >= least * limit * 30
    assert refused <= most_refused * (done + refused)


def test_it_never_falls_to_nothing() -> None:
    """However often Google refuses, a batch a minute goes."""
    clock = Clock()
    pace = pace_of(600, clock)
    for _ in range(40):
        pace.back_off(0.5)
        clock.now += 1
    first, second = gone_at(pace, clock, times=2)
    assert SPREAD - 2 < second - first <= SPREAD


def test_several_share_a_project() -> None:
    """Each has a pace of its own, and together they keep to the project's."""
    clock = Clock()
    project = Budget(300)
    paces = [pace_of(200, clock, project) for _ in range(3)]
    taken: list[tuple[float, int]] = []
    for number in range(60):
        pace = paces[number % 3]
        pace.take(25)
        taken.append((clock.now, 25))
    assert most_in_a_window(taken) == 300
    assert clock.now - 1_000 == pytest.approx((60 * 25 / 300) * WINDOW, abs=WINDOW / 12)


def test_one_who_is_refused_does_not_slow_the_others() -> None:
    clock = Clock()
    project = Budget(3_000)
    refused, other = pace_of(610, clock, project), pace_of(610, clock, project)
    refused.back_off(100)
    assert refused.try_take(50) == 100
    assert set(gone_at(other, clock, times=12)) == {1_000.0}


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


@given(
    project=st.integers(50, 400),
    ones=st.lists(st.integers(50, 200), min_size=1, max_size=4),
    steps=st.lists(st.tuples(st.integers(0, 3), STEP), min_size=1, max_size=120),
)
@settings(deadline=None)
def test_no_moving_minute_of_one_or_of_all_has_more_than_allowed(
    project: int, ones: list[int], steps: list[tuple[int, tuple[str, float]]]
) -> None:
    clock, budget = Clock(), Budget(project)
    paces = [pace_of(one, clock, budget) for one in ones]
    taken: list[list[tuple[float, int]]] = [[] for _ in ones]
    for who, (step, amount) in steps:
        number = who % len(ones)
        if step == "idle":
            clock.now += amount
        elif step == "back_off":
            paces[number].back_off(amount)
        else:
            paces[number].take(int(amount))
            taken[number].append((clock.now, int(amount)))
    for own, most in zip(taken, ones, strict=True):
        assert not own or most_in_a_window(own) <= most
    together = [one for own in taken for one in own]
    assert not together or most_in_a_window(together) <= project


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


def test_a_steady_pace_lets_one_go_after_the_other() -> None:
    clock = Clock()
    pace = Steady(30, clock=clock, sleep=clock.sleep)
    assert gone_at(pace, clock, calls=1, times=3) == [1_000, 1_002, 1_004]
    clock.now += 60  # a quiet minute saves nothing up
    assert gone_at(pace, clock, calls=1, times=2) == [1_064, 1_066]
    pace.take(2)
    pace.back_off(1)
    pace.take(1)
    pace.back_off(10)
    pace.take(1)
    assert clock.now == 1_082
