"""Google is not always at once where it says it is, and sometimes it hangs up."""

from dataclasses import replace

import pytest

from policy.simulator.exchange import HangUp
from policy.simulator.methods import HANDLERS
from policy.simulator.presets import preset
from policy.simulator.switches import Switches
from unit.simulator.asking import PEOPLE, Box


@pytest.mark.parametrize("key", ["id", "alias"])
def test_a_new_course_is_not_there_for_a_moment(key: str) -> None:
    box = Box(switches=Switches(new_course_hidden=3))
    body = {"id": "d:bio", "name": "Biology", "ownerId": PEOPLE["ada"]}
    course = box.ask("POST", "/v1/courses", body).body["id"]
    path = f"/v1/courses/{course if key == 'id' else 'd%3Abio'}"
    assert box.ask("GET", path).word == "404 NOT_FOUND"
    assert box.ask("POST", f"{path}/students", {"userId": PEOPLE["sue"]}).word == "404 NOT_FOUND"
    assert box.ask("GET", "/v1/courses").body == {}
    assert box.ask("POST", "/v1/courses", body).word == "409 ALREADY_EXISTS"
    box.clock.move(3)
    assert box.ask("GET", path).body["id"] == course


def test_not_every_new_course_is_hidden() -> None:
    box = Box(switches=Switches(new_course_hidden=3, new_course_hidden_rate=0.5))
    courses = [box.course() for _ in range(40)]
    seen = [box.ask("GET", f"/v1/courses/{course}").status for course in courses]
    assert set(seen) == {200, 404}


def test_a_state_is_not_read_at_once() -> None:
    box = Box(switches=Switches(state_late=4))
    course = box.course(state="PROVISIONED")
    answer = box.state(course, "ACTIVE", who="ada")
    assert answer.body["courseState"] == "ACTIVE"

    def told() -> tuple[str, list[str]]:
        read = box.ask("GET", f"/v1/courses/{course}", who="ada").body["courseState"]
        query = {"courseStates": "ACTIVE"}
        active = box.ask("GET", "/v1/courses", who="ada", **query).body.get("courses", [])
        return read, [each["id"] for each in active]

    assert told() == ("PROVISIONED", [])
    again = box.state(course, "ACTIVE", who="ada")
    assert again.body["courseState"] == "ACTIVE"
    box.clock.move(4)
    assert told() == ("ACTIVE", [course])


def test_not_every_change_of_state_is_late() -> None:
    box = Box(switches=Switches(state_late=4, state_late_rate=0.5))
    courses = [box.course(state="PROVISIONED") for _ in range(20)]
    read = set()
    for course in courses:
        box.state(course, "ACTIVE")
        read.add(box.ask("GET", f"/v1/courses/{course}").body["courseState"])
    assert read == {"PROVISIONED", "ACTIVE"}


def test_what_is_done_by_hand_is_read_at_once() -> None:
    box = Box(switches=Switches(state_late=4))
    course = box.course(state="PROVISIONED")
    box.hand("POST", f"courses/{course}/accept")
    assert box.ask("GET", f"/v1/courses/{course}").body["courseState"] == "ACTIVE"


def test_a_deleted_course_is_listed_for_a_while() -> None:
    box = Box(switches=Switches(deleted_course_listed=60))
    courses = [box.course(state="ARCHIVED") for _ in range(3)]
    assert box.ask("DELETE", f"/v1/courses/{courses[1]}").status == 200
    listed = box.ask("GET", "/v1/courses", fields="courses/id").body["courses"]
    assert [each["id"] for each in listed] == courses[::-1]
    first = box.ask("GET", "/v1/courses", pageSize=1).body
    second = box.ask("GET", "/v1/courses", pageSize=1, pageToken=first["nextPageToken"]).body
    assert second["courses"][0]["id"] == courses[1]
    assert box.ask("GET", f"/v1/courses/{courses[1]}").word == "404 NOT_FOUND"
    box.clock.move(60)
    listed = box.ask("GET", "/v1/courses", fields="courses/id").body["courses"]
    assert [each["id"] for each in listed] == [courses[2], courses[0]]


def test_an_aborted_create_has_made_nothing() -> None:
    box = Box(switches=Switches(create_aborted_rate=1))
    body = {"id": "d:bio", "name": "Biology", "ownerId": "me"}
    answer = box.ask("POST", "/v1/courses", body)
    assert answer.word == "409 ABORTED"
    assert answer.body["error"]["message"] == "The operation was aborted."
    assert (box.sim.state.courses, box.sim.state.aliases) == ({}, {})


def test_it_commits_and_hangs_up() -> None:
    box = Box(switches=Switches(hang_up_rate=1))
    body = {"id": "d:bio", "name": "Biology", "ownerId": "me"}
    with pytest.raises(HangUp):
        box.ask("POST", "/v1/courses", body)
    assert list(box.sim.state.aliases) == ["d:bio"]
    assert box.ask("GET", "/v1/courses/d%3Abio").status == 200
    assert box.sim.calls.http == 2
    assert box.sim.calls.requests == {0: 1, 200: 1}


def test_a_wrong_answer_of_the_simulator_is_found(
    box: Box, monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    course = box.course()
    wrong = {**HANDLERS, "classroom.courses.get": lambda _: {"id": 5}}
    monkeypatch.setattr("policy.simulator.api.HANDLERS", wrong)
    assert box.ask("GET", f"/v1/courses/{course}").word == "500 INTERNAL"
    assert "classroom.courses.get: id should be TYPE_STRING, not of the type int" in caplog.text
    box.sim.switches = Switches(check_answers=False)
    assert box.ask("GET", f"/v1/courses/{course}").body == {"id": 5}


@pytest.mark.parametrize("name", ["realistic", "hostile"])
def test_a_rough_night_ends_well_for_who_asks_again(name: str) -> None:
    """Each call is repeated until it is answered; what comes about is what was asked for."""
    rough = replace(preset(name), server_error_rate=0.05, too_many_rate=0.02, hang_up_rate=0.05)
    box = Box(switches=rough, seed=5)

    def until_done(verb: str, path: str, body: object) -> str:
        for _ in range(60):
            try:
                word = box.ask(verb, path, body).word
            except HangUp:
                word = "0"
            if word in ("200", "409 ALREADY_EXISTS"):
                return word
            box.clock.move(1)
        raise AssertionError(word)

    for number in range(25):
        body = {"id": f"d:c{number}", "name": "B", "ownerId": PEOPLE["ada"]}
        until_done("POST", "/v1/courses", body)
        for name in ("sue", "sam"):
            path = f"/v1/courses/d%3Ac{number}/students"
            until_done("POST", path, {"userId": PEOPLE[name]})
    assert len(box.sim.state.courses) == 25
    assert {404, 409} < set(box.sim.calls.refused)
    assert box.sim.calls.requests[0] > 0
