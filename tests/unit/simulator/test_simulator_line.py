"""What befalls whole HTTP requests and the answers of batches on their way."""

from typing import Any

import pytest

from policy.simulator.exchange import HangUp, NoAnswer
from policy.simulator.switches import Switches
from unit.simulator.asking import PEOPLE, Box
from unit.simulator.test_simulator_batch import Part, read, send, written


def batch(box: Box, course: str, names: tuple[str, ...] = ("sue", "sam", "tom")) -> Any:
    """Add these students in one batch; what came back."""
    parts: list[Part] = [
        (f"<1 + {name}>", "POST", f"/v1/courses/{course}/students", {"userId": PEOPLE[name]}, "")
        for name in names
    ]
    return send(box, written(parts), token=box.token("admin"))


def ids(answer: Any) -> list[str]:
    return [part_id.partition(" + ")[2].rstrip(">") for part_id, _, _ in read(answer)]


def test_it_hangs_up_before_anything_is_done() -> None:
    box = Box()
    course = box.course()
    box.sim.switches = Switches(hang_up_first_rate=1)
    for do in (lambda: box.add(course, "sue"), lambda: box.ask("GET", "/v1/courses")):
        with pytest.raises(HangUp):
            do()
    with pytest.raises(HangUp):
        batch(box, course)
    assert box.sim.state.seats["STUDENT"][course] == {}  # type: ignore[index]
    assert box.sim.calls.requests[0] == 3


@pytest.mark.parametrize("way", ["single", "batch"])
def test_it_is_done_and_never_answered(way: str) -> None:
    box = Box()
    course = box.course()
    box.sim.switches = Switches(time_out_rate=1, time_out_lasts=7)
    with pytest.raises(NoAnswer) as lost:
        box.add(course, "sue") if way == "single" else batch(box, course, ("sue",))
    assert lost.value.held == 7
    assert box.members(course) == ["sue"]  # reads are answered
    assert box.sim.calls.requests[0] == 1


def test_a_whole_batch_is_refused() -> None:
    box = Box()
    course = box.course()
    box.sim.switches = Switches(batch_error_rate=1)
    answer = batch(box, course)
    assert (answer.status_code, answer.get_json()["error"]["status"]) == (503, "UNAVAILABLE")
    assert box.add(course, "sue").status == 200  # alone it is not a batch
    assert box.members(course) == ["sue"]


def test_parts_are_done_and_left_out_of_the_answer() -> None:
    box = Box(seed=1)
    course = box.course()
    box.sim.switches = Switches(lost_part_rate=1)
    assert read(batch(box, course)) == []
    assert len(box.members(course)) == 3
    box.sim.switches = Switches(lost_part_rate=0.5)
    sizes = {len(read(batch(box, course))) for _ in range(20)}
    assert {1, 2} <= sizes <= {0, 1, 2, 3}


def test_a_batch_is_answered_in_another_order() -> None:
    box = Box(seed=1)
    course = box.course()
    box.sim.switches = Switches(shuffled_answers_rate=1)
    orders = {tuple(ids(batch(box, course))) for _ in range(20)}
    assert len(orders) > 2
    assert {frozenset(order) for order in orders} == {frozenset(("sue", "sam", "tom"))}
    box.sim.switches = Switches()
    assert ids(batch(box, course)) == ["sue", "sam", "tom"]


@pytest.mark.parametrize("kind", ["server_error", "too_many"])
def test_parts_of_a_batch_are_refused_one_by_one(kind: str) -> None:
    box = Box(seed=2)
    course = box.course()
    box.sim.switches = Switches(**{f"{kind}_rate": 0.4})  # type: ignore[arg-type]
    mixed = [{status for _, status, _ in read(batch(box, course))} for _ in range(20)]
    wanted = {429} if kind == "too_many" else {500, 503}
    assert set().union(*mixed) - {200, 409} == wanted
    assert any(len(statuses) > 1 for statuses in mixed)


# Late answers


def test_answers_that_are_late() -> None:
    waited: list[float] = []
    box = Box(sleep=waited.append)
    course = box.course()
    box.sim.switches = Switches(slow_rate=1, slow_takes=3)
    assert box.add(course, "sue").status == 200
    assert batch(box, course).status_code == 200
    assert waited == [3, 3]
    box.sim.switches = Switches(slow_rate=0.5, slow_takes=1)
    for _ in range(40):
        box.ask("GET", "/v1/courses")
    assert 5 < len(waited) - 2 < 35


def test_deleting_a_course_takes_long() -> None:
    waited: list[float] = []
    box = Box(sleep=waited.append)
    course = box.course(state="ARCHIVED", id="d:bio")
    box.sim.switches = Switches(delete_takes=10)
    box.ask("DELETE", f"/v1/courses/{course}/aliases/d%3Abio")
    assert waited == []
    assert box.ask("DELETE", f"/v1/courses/{course}").status == 200
    assert waited == [10]


def test_with_a_clock_that_nobody_moves_nothing_waits() -> None:
    box = Box(switches=Switches(slow_rate=1, slow_takes=1e6))
    assert box.ask("GET", "/v1/courses").status == 200
    assert box.clock.seconds == 0
