"""Faults to order: each word does what it says, to the calls that are meant and to no other."""

from typing import Any

import pytest

from policy.errors import InputAtFault
from policy.simulator.exchange import HangUp, NoAnswer
from policy.simulator.faults import Fault, No, Where
from policy.simulator.switches import Switches
from unit.simulator.asking import PEOPLE, Box
from unit.simulator.test_simulator_batch import read
from unit.simulator.test_simulator_line import batch, ids
from unit.simulator.test_simulator_weather import ERROR, REFUSED, exchange

ADD = "classroom.courses.students.create"
CREATE = "classroom.courses.create"


def word(box: Box, course: str, name: str = "sue") -> str:
    """What adding a student comes to."""
    try:
        return box.add(course, name).word
    except NoAnswer as lost:
        return "no answer" if lost.held is None else "held"
    except HangUp:
        return "hung up"


@pytest.mark.parametrize(
    ("fault", "expected", "done"),
    [
        ("server_error", "500 INTERNAL", False),
        ("unavailable", "503 UNAVAILABLE", False),
        ("too_many", "429 RESOURCE_EXHAUSTED", False),
        ("not_today", "429 RESOURCE_EXHAUSTED UserCourseJoinRateLimitReached", False),
        ("aborted", "409 ABORTED", False),
        ("error_after", "500 INTERNAL", True),
        ("hang_up_first", "hung up", False),
        ("hang_up", "hung up", True),
        ("time_out", "no answer", True),
    ],
)
def test_what_each_fault_is(box: Box, fault: str, expected: str, done: bool) -> None:
    course = box.course()
    box.sim.next(fault)
    assert word(box, course) == expected
    assert box.members(course) == (["sue"] if done else [])
    assert word(box, course) == ("409 ALREADY_EXISTS" if done else "200")


@pytest.mark.parametrize(
    ("no", "expected"),
    [
        (No(404), "404 NOT_FOUND"),
        (No(404, code="CourseNotFound"), "404 NOT_FOUND CourseNotFound"),
        (No(400, code="InactiveCourseOwner"), "400 FAILED_PRECONDITION InactiveCourseOwner"),
        (No(400, state="INVALID_ARGUMENT"), "400 INVALID_ARGUMENT"),
        (No(409, state="ABORTED"), "409 ABORTED"),
        (No(403), "403 PERMISSION_DENIED"),
    ],
)
def test_refusals_to_order(box: Box, no: No, expected: str) -> None:
    course = box.course()
    box.sim.next(Fault.REFUSE, no=no)
    assert [word(box, course), word(box, course)] == [expected, "200"]


def test_so_many_times(box: Box) -> None:
    course = box.course()
    box.sim.next("unavailable", 3)
    assert [word(box, course) for _ in range(4)] == ["503 UNAVAILABLE"] * 3 + ["200"]


def test_orders_are_met_one_after_the_other(box: Box) -> None:
    course = box.course()
    box.sim.next("unavailable")
    box.sim.next("aborted")
    found = [word(box, course) for _ in range(3)]
    assert found == ["503 UNAVAILABLE", "409 ABORTED", "200"]


def test_one_method_is_meant(box: Box) -> None:
    course = box.course()
    box.sim.next("server_error", where=Where(method=ADD))
    assert box.ask("GET", f"/v1/courses/{course}").status == 200
    assert box.add(course, "tom", role="teachers").status == 200
    assert [word(box, course), word(box, course)] == ["500 INTERNAL", "200"]


@pytest.mark.parametrize("meant", ["id", "alias", "another alias"])
@pytest.mark.parametrize("named", ["id", "alias"])
@pytest.mark.parametrize("fault", ["server_error", "hang_up"])
def test_one_course_is_meant(box: Box, meant: str, named: str, fault: str) -> None:
    course, other = box.course(id="d:bio"), box.course(id="d:math")
    box.ask("POST", f"/v1/courses/{course}/aliases", {"alias": "d:old"})
    keys = {"id": course, "alias": "d:bio", "another alias": "d:old"}
    box.sim.next(fault, where=Where(course=keys[meant]))
    assert word(box, other) == "200"
    hit = word(box, course if named == "id" else "d%3Abio")
    assert hit == ("hung up" if fault == "hang_up" else "500 INTERNAL")


def test_a_course_is_meant_that_is_not_there_yet(box: Box) -> None:
    box.sim.next("error_after", where=Where(method=CREATE, course="d:bio"))
    body = {"name": "B", "ownerId": PEOPLE["ada"]}
    assert box.ask("POST", "/v1/courses", {**body, "id": "d:math"}).status == 200
    assert box.ask("POST", "/v1/courses", {**body, "id": "d:bio"}).word == "500 INTERNAL"
    assert set(box.sim.state.aliases) == {"d:math", "d:bio"}


# Batches


def test_one_part_of_a_batch_is_refused(box: Box) -> None:
    course = box.course()
    box.sim.switches = Switches(shuffle_batches=False)
    box.sim.next("too_many", where=Where(method=ADD, course=course))
    assert [status for _, status, _ in read(batch(box, course))] == [429, 200, 200]


def test_one_part_of_a_batch_is_lost(box: Box) -> None:
    course = box.course()
    box.sim.next("lose_answer")
    assert ids(batch(box, course)) == ["sam", "tom"]
    assert sorted(box.members(course)) == ["sam", "sue", "tom"]
    assert ids(batch(box, course)) == ["sue", "sam", "tom"]


@pytest.mark.parametrize(("fault", "done"), [("hang_up_first", 0), ("hang_up", 3), ("time_out", 3)])
def test_a_batch_is_lost_as_a_whole_and_counts_once(box: Box, fault: str, done: int) -> None:
    course, other = box.course(), box.course()
    box.sim.next(fault, 2, where=Where(course=course))
    assert len(read(batch(box, other))) == 3
    with pytest.raises(HangUp):
        batch(box, course)
    assert len(box.sim.state.seats["STUDENT"][course]) == done  # type: ignore[index]
    assert [each.left for each in box.sim.world.ahead.planned] == [1]


def test_a_batch_is_refused_as_a_whole(box: Box) -> None:
    course = box.course()
    box.sim.next("batch_error")
    assert box.ask("GET", f"/v1/courses/{course}").status == 200
    assert batch(box, course).status_code == 503
    assert box.members(course) == []
    assert batch(box, course).status_code == 200


# Tokens


@pytest.mark.parametrize(("fault", "answer"), [("token_error", ERROR), ("token_refused", REFUSED)])
def test_the_next_token(box: Box, fault: str, answer: tuple[int, str]) -> None:
    box.sim.next(fault)
    assert box.ask("GET", "/v1/courses").status == 200
    assert [exchange(box), exchange(box)] == [answer, (200, "")]


# By hand


def test_by_hand_too(box: Box) -> None:
    course = box.course(id="d:bio")
    order = {"fault": "refuse", "count": 2, "method": ADD, "course": "d:bio", "status": 404}
    full = {**order, "state": "", "code": ""}
    assert box.hand("POST", "next", order).body == [full]
    assert word(box, course) == "404 NOT_FOUND"
    assert box.hand("GET", "next").body == [{**full, "count": 1}]
    assert box.hand("POST", "next", {"fault": "aborted"}).status == 200
    assert box.hand("DELETE", "next").body == []
    assert word(box, course) == "200"


@pytest.mark.parametrize(
    ("order", "words"),
    [
        ({}, "fault should be one of refuse, server_error"),
        ([], "expected an object with fault, count, method"),
        ({"fault": "nap"}, "fault should be one of refuse, server_error"),
        ({"fault": "aborted", "colour": "red"}, "expected an object with fault, count"),
        ({"fault": "aborted", "count": 0}, "count should be 1 or more, not 0"),
        ({"fault": "aborted", "count": True}, "count should be a whole number, not True"),
        ({"fault": "aborted", "method": "x"}, "method should be an id such as"),
        ({"fault": "aborted", "course": 5}, "course should be text, not 5"),
        ({"fault": "aborted", "status": 404}, "belongs to the fault refuse"),
        ({"fault": "refuse"}, "belongs to the fault refuse"),
        ({"fault": "refuse", "status": 302}, "status should be one of 400, 401"),
        ({"fault": "refuse", "status": 400, "state": "BAD"}, "state should be one of INVALID_"),
        ({"fault": "refuse", "status": 400, "code": "@X"}, "without the @"),
        ({"fault": "token_error", "method": ADD}, "no method and no course"),
    ],
)
def test_orders_that_make_no_sense(box: Box, order: Any, words: str) -> None:
    answer = box.hand("POST", "next", order)
    assert answer.status == 400
    assert words in answer.body["error"]
    assert box.hand("GET", "next").body == []


def test_a_wrong_order_from_a_test_is_told_at_once(box: Box) -> None:
    with pytest.raises(InputAtFault, match="fault should be one of"):
        box.sim.next("nap")


def test_the_guide_has_each_fault() -> None:
    from unit.simulator.test_simulator_switches import GUIDE

    text = GUIDE.read_text(encoding="utf-8").partition("## The next calls")[2]
    for fault in Fault:
        assert f"\n| `{fault}` | " in text
