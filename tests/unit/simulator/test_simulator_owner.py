"""Who owns a course, how it changes hands, and what stands in the way."""

import pytest

from policy.simulator.switches import Switches
from unit.simulator.asking import PEOPLE, Box

PRECONDITION = "400 FAILED_PRECONDITION"


def test_a_co_teacher_becomes_the_owner(box: Box) -> None:
    course = box.everybody()
    answer = box.patch(course, ownerId="TOM@school.example", room="9")
    assert (answer.body["ownerId"], answer.body["room"]) == (box.ids["tom"], "9")
    assert box.members(course, "teachers") == ["ada", "tom"]
    assert box.remove(course, "ada", role="teachers").status == 200


def test_the_former_owner_goes_by_switch() -> None:
    box = Box(switches=Switches(former_owner_stays=False))
    course = box.everybody()
    assert box.patch(course, ownerId=PEOPLE["tom"]).status == 200
    assert box.members(course, "teachers") == ["tom"]


@pytest.mark.parametrize(
    ("who", "owner", "word"),
    [
        pytest.param("admin", "ada", f"{PRECONDITION} UserAlreadyOwner", id="the same"),
        pytest.param("admin", "sam", f"{PRECONDITION} IneligibleOwner", id="not a co-teacher"),
        pytest.param("admin", "sue", f"{PRECONDITION} IneligibleOwner", id="a student"),
        pytest.param("admin", "no@one.example", f"{PRECONDITION} IneligibleOwner", id="nobody"),
        pytest.param("ada", "tom", "403 PERMISSION_DENIED", id="by the owner"),
        pytest.param("tom", "tom", "403 PERMISSION_DENIED", id="by the co-teacher"),
    ],
)
def test_who_may_not_become_the_owner(box: Box, who: str, owner: str, word: str) -> None:
    course = box.everybody()
    assert box.patch(course, who=who, ownerId=PEOPLE.get(owner, owner)).word == word
    assert box.sim.state.courses[course].owner == box.ids["ada"]


def test_googles_own_words(box: Box) -> None:
    course = box.everybody()
    messages = [
        box.patch(course, ownerId=PEOPLE[name]).body["error"]["message"] for name in ("sam", "ada")
    ]
    assert messages == [
        "@IneligibleOwner Only a co-teacher can be invited as owner of the course",
        "@UserAlreadyOwner Cannot transfer course to the user who is already the owner",
    ]


def test_a_suspended_co_teacher_may_not_become_the_owner(box: Box) -> None:
    course = box.everybody()
    box.sim.add_user(PEOPLE["tom"], suspended=True)
    assert box.patch(course, ownerId=PEOPLE["tom"]).word == f"{PRECONDITION} IneligibleOwner"


def test_a_fresh_co_teacher_must_wait() -> None:
    box = Box(switches=Switches(owner_eligible_after=10))
    course = box.everybody()
    assert box.patch(course, ownerId=PEOPLE["tom"]).word == f"{PRECONDITION} IneligibleOwner"
    box.clock.move(10)
    assert box.patch(course, ownerId=PEOPLE["tom"]).status == 200


def test_the_former_owner_stays_while_the_transfer_goes_on() -> None:
    box = Box(switches=Switches(owner_transfer_takes=20))
    course = box.everybody()
    box.patch(course, ownerId=PEOPLE["tom"])
    word = box.remove(course, "ada", role="teachers").word
    assert word == f"{PRECONDITION} CannotRemoveCourseOwnerTransferIncomplete"
    box.clock.move(20)
    assert box.remove(course, "ada", role="teachers").status == 200


def test_the_owner_cannot_be_removed(box: Box) -> None:
    course = box.everybody()
    word = box.remove(course, "ada", role="teachers").word
    assert word == f"{PRECONDITION} CannotRemoveCourseOwner"


def test_a_course_whose_owner_is_gone(box: Box) -> None:
    course = box.everybody()
    assert box.hand("DELETE", f"users/{PEOPLE['ada']}").status == 200
    assert box.add(course, "sam").word == f"{PRECONDITION} InactiveCourseOwner"
    assert box.patch(course, ownerId=PEOPLE["tom"]).word == f"{PRECONDITION} InactiveCourseOwner"
    word = box.remove(course, "tom", role="teachers").word
    assert word == f"{PRECONDITION} CannotRemoveTeacherWithNoCourseOwner"
    [owner, _] = box.ask("GET", f"/v1/courses/{course}/teachers").body["teachers"]
    assert owner["profile"] == {"id": box.ids["ada"], "name": {"fullName": "Unknown user"}}
