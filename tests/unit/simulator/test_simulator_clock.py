"""Time that goes faster than the machine's: quotas, lags and whatever waits go by it."""

import time
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from policy.simulator.app import Simulator
from policy.simulator.clock import FastClock, Time
from policy.simulator.switches import Switches
from unit.simulator.asking import NOON, SCOPES, Box


def now_at(monkeypatch: pytest.MonkeyPatch) -> list[float]:
    """The machine's clock, to be moved; it stands in for nothing but the passing of time."""
    machine = [0.0]
    monkeypatch.setattr(time, "monotonic", lambda: machine[0])
    monkeypatch.setattr(time, "sleep", lambda seconds: machine.__setitem__(0, machine[0] + seconds))
    return machine


def test_a_minute_passes_in_a_second(monkeypatch: pytest.MonkeyPatch) -> None:
    machine = now_at(monkeypatch)
    clock = FastClock(60)
    fast = Time(clock, wall=lambda: NOON)
    machine[0] = 1.0
    assert (fast.now(), fast.speed, fast.runs) == (NOON + 60, 60, True)
    fast.sleep(120)
    assert (machine[0], fast.now()) == (3.0, NOON + 180)


def test_a_clock_of_ones_own_waits_for_nothing_or_as_it_is_told() -> None:
    moved: list[float] = []
    own = Time(lambda: 0.0, wall=lambda: NOON)
    own.sleep(1e9)
    assert (own.now(), own.runs) == (NOON, False)
    told = Time(lambda: 0.0, wall=lambda: NOON, sleep=moved.append)
    told.sleep(5)
    assert (moved, told.runs) == ([5], False)


def test_quotas_go_by_the_fast_clock(monkeypatch: pytest.MonkeyPatch) -> None:
    machine = now_at(monkeypatch)
    limits = Switches(classroom_per_user=3, classroom_per_project=5)
    box = Box(switches=limits)
    box.sim.world.time = Time(FastClock(60), wall=lambda: NOON)

    def statuses(who: str, count: int) -> list[int]:
        return [box.ask("GET", "/v1/courses", who=who).status for _ in range(count)]

    assert statuses("admin", 4) == [200, 200, 200, 429]
    assert statuses("ada", 3) == [200, 200, 429]  # the project's
    machine[0] += 0.99
    assert statuses("admin", 1) == [429]
    machine[0] += 0.02
    assert statuses("admin", 4) == [200, 200, 200, 429]


@settings(max_examples=40)
@given(
    st.lists(st.tuples(st.floats(0, 40), st.integers(1, 6)), max_size=25),
    st.sampled_from([1.0, 7.0, 60.0]),
)
def test_no_window_of_a_minute_has_more_than_its_calls(
    bursts: list[tuple[float, int]], speed: float
) -> None:
    """Whatever the rhythm and the speed: never more than the quota in 60 s, and never a refusal
    while less than the quota has gone through (but for the grain, a thousandth of a window)."""
    box = Box(switches=Switches(classroom_per_user=5, token_lifetime=1e9))
    box.sim.world.time = Time(lambda: box.clock.seconds * speed, wall=lambda: NOON)
    granted: list[float] = []
    for pause, calls in bursts:
        box.clock.move(pause / speed)
        now = box.clock.seconds * speed
        for _ in range(calls):
            if box.ask("GET", "/v1/courses").status == 200:
                granted.append(now)
            else:
                assert len([each for each in granted if each > now - 60.07]) >= 5
        assert len([each for each in granted if each > now - 59.99]) <= 5


def test_tokens_last_as_long_as_the_client_thinks(monkeypatch: pytest.MonkeyPatch) -> None:
    machine = now_at(monkeypatch)
    sim = Simulator("school.example", clock=FastClock(60), wall=lambda: NOON)
    sim.add_user("admin@school.example", admin=True)
    token = sim.access_token("admin@school.example", SCOPES)
    machine[0] = 3599.0
    assert sim.state.tokens[token].expires > sim.world.time.now()
    machine[0] = 3600.0
    assert sim.state.tokens[token].expires <= sim.world.time.now()


def test_after_a_restart_time_does_not_go_back(tmp_path: Path) -> None:
    path = tmp_path / "state.json"
    box = Box(state_file=path)
    box.clock.move(7200)
    box.tokens.clear()
    box.course()
    box.sim.close()
    again = Simulator("school.example", clock=lambda: 0.0, wall=lambda: NOON, state_file=path)
    assert again.world.time.now() == NOON + 7200
