"""Quotas in a moving window, a user and a project; faults in bursts."""

from random import Random

import pytest
from hypothesis import given
from hypothesis import strategies as st

from policy.simulator.quotas import Window
from policy.simulator.switches import Switches
from policy.simulator.weather import Weather
from unit.simulator.asking import Box


def statuses(box: Box, count: int, *, who: str = "admin") -> list[int]:
    return [box.ask("GET", "/v1/courses", who=who).status for _ in range(count)]


def test_a_user_has_so_many_calls_in_any_minute() -> None:
    box = Box(switches=Switches(classroom_per_user=3))
    assert statuses(box, 2) == [200, 200]
    box.clock.move(30)
    assert statuses(box, 3) == [200, 429, 429]
    assert statuses(box, 1, who="ada") == [200]
    box.clock.move(31)
    assert statuses(box, 3) == [200, 200, 429]


def test_the_project_has_so_many_calls_too() -> None:
    box = Box(switches=Switches(classroom_per_project=3))
    assert statuses(box, 2) + statuses(box, 2, who="ada") == [200, 200, 200, 429]


def test_a_day_has_so_many_calls() -> None:
    box = Box(switches=Switches(classroom_per_day=2, token_lifetime=10**6))
    assert statuses(box, 2) == [200, 200]
    box.clock.move(80_000)
    answer = box.ask("GET", "/v1/courses")
    assert "'Requests per day'" in answer.body["error"]["message"]
    box.clock.move(6_500)
    assert statuses(box, 1) == [200]


def test_the_directory_has_a_quota_of_its_own() -> None:
    box = Box(switches=Switches(classroom_per_user=1, directory_per_user=2))
    path = "/admin/directory/v1/users/me@school.example"
    assert [box.ask("GET", path).status for _ in range(3)] == [404, 404, 429]
    assert statuses(box, 1) == [200]


def test_what_a_refusal_for_the_rate_looks_like() -> None:
    box = Box(switches=Switches(classroom_per_user=0, retry_after=True))
    answer = box.ask("GET", "/v1/courses")
    assert answer.word == "429 RESOURCE_EXHAUSTED"
    error = answer.body["error"]
    assert error["message"].startswith(
        "Quota exceeded for quota metric 'Requests' and limit 'Requests per minute per user' of "
        "service 'classroom.googleapis.com'"
    )
    assert error["errors"][0]["reason"] == "rateLimitExceeded"
    assert error["details"][0]["reason"] == "RATE_LIMIT_EXCEEDED"
    assert answer.headers["Retry-After"] == "1"
    box.sim.switches = Switches(classroom_per_user=0, quota_details=False)
    bare = box.ask("GET", "/v1/courses")
    assert "details" not in bare.body["error"]
    assert "Retry-After" not in bare.headers


def test_time_can_be_scaled() -> None:
    box = Box(switches=Switches(classroom_per_user=1, quota_window=0.6))
    assert statuses(box, 2) == [200, 429]
    box.clock.move(0.61)
    assert statuses(box, 1) == [200]


@pytest.mark.parametrize(("count", "expected"), [(False, 200), (True, 429)])
def test_whether_refused_calls_count(count: bool, expected: int) -> None:
    box = Box(switches=Switches(classroom_per_user=1, refused_calls_count=count))
    assert statuses(box, 1) == [200]
    box.clock.move(40)
    assert statuses(box, 1) == [429]
    box.clock.move(21)
    assert statuses(box, 1) == [expected]


def test_quotas_can_be_off() -> None:
    box = Box(switches=Switches(classroom_per_user=1, enforce_quotas=False))
    assert statuses(box, 5) == [200] * 5


@given(
    steps=st.lists(st.tuples(st.floats(0, 30), st.booleans()), max_size=60),
    length=st.sampled_from([0.5, 10.0, 60.0]),
)
def test_a_window_counts_like_a_plain_list(steps: list[tuple[float, bool]], length: float) -> None:
    """It may forget a call up to a thousandth of its length late, never early."""
    window, calls, now = Window(length), list[float](), 1_800_000_000.0
    for pause, call in steps:
        now += pause
        if call:
            window.add(now)
            calls.append(now)
        least = sum(1 for at in calls if at > now - length)
        most = sum(1 for at in calls if at > now - length * 1.002)
        assert least <= window.total(now) <= most


def test_bad_weather_comes_in_bursts() -> None:
    weather = Weather(Random(1))
    switches = Switches(server_error_rate=0.01, server_error_lasts=5)
    hit = [
        refusal.status if (refusal := weather.strike("x", now=float(n), switches=switches)) else 0
        for n in range(2_000)
    ]
    bursts = "".join("x" if status else "." for status in hit).split(".")
    assert {status for status in hit if status} == {500, 503}
    assert min(len(burst) for burst in bursts[:-1] if burst) >= 5
    assert 10 < sum(1 for burst in bursts if burst) < 40


def test_too_many_comes_in_bursts_too() -> None:
    box = Box(switches=Switches(too_many_rate=0.02, too_many_lasts=3), seed=3)
    found = []
    for _ in range(300):
        found.append(box.ask("GET", "/v1/courses").status)
        box.clock.move(1)
    assert set(found) == {200, 429}
    assert "429, 429, 429" in str(found)


def test_fine_weather_draws_no_random_number() -> None:
    random = Random(1)
    before = random.getstate()
    assert Weather(random).strike("x", now=0, switches=Switches()) is None
    assert random.getstate() == before


def test_the_same_seed_makes_the_same_faults() -> None:
    rough = Switches(server_error_rate=0.3, create_aborted_rate=0.3)
    runs = []
    for _ in range(2):
        box = Box(switches=rough, seed=7)
        body = {"name": "B", "ownerId": "me"}
        runs.append([box.ask("POST", "/v1/courses", body).word for _ in range(40)])
    assert runs[0] == runs[1]
    assert {"200", "409 ABORTED", "500 INTERNAL", "503 UNAVAILABLE"} == set(runs[0])
