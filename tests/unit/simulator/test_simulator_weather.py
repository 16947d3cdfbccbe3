"""Each fault that comes by chance does what it says when it is on, and nothing when it is off."""

from collections.abc import Callable
from dataclasses import replace
from typing import Any
from urllib.parse import urlencode

import pytest

from policy.simulator.keys import shared_key
from policy.simulator.switches import Switches
from unit.simulator.asking import DOMAIN, NOON, PEOPLE, SCOPES, Answer, Box

NONE_JOINS = "429 RESOURCE_EXHAUSTED UserCourseJoinRateLimitReached"


def box_with(**values: Any) -> Box:
    """Everything is there already when the switches are set."""
    box = Box(seed=3)
    box.sim.switches = Switches(**values)
    return box


def words(box: Box, count: int, do: Callable[[], Answer]) -> set[str]:
    found = set()
    for _ in range(count):
        found.add(do().word)
        box.clock.move(1000)
        box.tokens.clear()
    return found


# Writes that are refused, though nothing is wrong with them


@pytest.mark.parametrize(
    ("rate", "expected"),
    [
        (0.0, {"200"}),
        (1.0, {"409 ABORTED", "500 INTERNAL"}),
        (0.5, {"200", "409 ABORTED", "500 INTERNAL"}),
    ],
)
def test_creates_of_one_owner_at_once(rate: float, expected: set[str]) -> None:
    box = box_with(concurrent_creates=5, concurrent_create_rate=rate)
    body = {"name": "B", "ownerId": PEOPLE["ada"]}
    assert box.ask("POST", "/v1/courses", body).status == 200
    assert {box.ask("POST", "/v1/courses", body).word for _ in range(30)} == expected
    made = box.sim.calls.answers[200]
    assert len(box.sim.state.courses) == made


def test_creates_of_several_owners_or_one_after_the_other() -> None:
    box = box_with(concurrent_creates=5)
    for name in ("ada", "tom", "sue"):
        assert box.ask("POST", "/v1/courses", {"name": "B", "ownerId": PEOPLE[name]}).status == 200
    box.clock.move(5)
    assert box.ask("POST", "/v1/courses", {"name": "B", "ownerId": PEOPLE["ada"]}).status == 200


def test_a_write_is_done_and_answered_with_an_error() -> None:
    box = box_with()
    course = box.course()
    box.sim.switches = Switches(error_after_rate=1)
    assert box.add(course, "sue").word in ("500 INTERNAL", "503 UNAVAILABLE")
    assert box.members(course) == ["sue"]  # and reads are left alone
    box.sim.switches = Switches()
    assert box.add(course, "sue").word == "409 ALREADY_EXISTS"


def test_somebody_can_join_nothing_today() -> None:
    box = box_with(not_today_rate=1, not_today_lasts=600)
    courses = [box.course(), box.course()]
    assert [box.add(course, "sue").word for course in courses] == [NONE_JOINS] * 2
    box.sim.switches = replace(box.sim.switches, not_today_rate=1e-9)
    box.clock.move(599)
    assert box.add(courses[0], "sue").word == NONE_JOINS
    assert box.add(courses[0], "sam").status == 200
    box.clock.move(1)
    assert box.add(courses[0], "sue").status == 200


def test_somebody_who_is_there_is_not_found_at_times() -> None:
    box = box_with(known_user_404_rate=0.5)
    course = box.course()

    def come_and_go() -> Answer:
        box.remove(course, "sue")
        return box.add(course, "sue")

    assert words(box, 20, come_and_go) == {"200", "404 NOT_FOUND"}


def test_the_two_texts_for_a_course_that_is_not_there() -> None:
    box = box_with(course_not_found_rate=0.5)
    found = words(box, 20, lambda: box.ask("GET", "/v1/courses/d%3Anone"))
    assert found == {"404 NOT_FOUND", "404 NOT_FOUND CourseNotFound"}
    box.sim.switches = Switches(course_not_found_rate=1, new_course_hidden=60)
    body = {"id": "d:bio", "name": "B", "ownerId": "me"}
    assert box.ask("POST", "/v1/courses", body).status == 200
    answer = box.ask("GET", "/v1/courses/d%3Abio")
    assert answer.body["error"]["message"] == "@CourseNotFound The course was not found."


# New accounts


@pytest.mark.parametrize(
    ("values", "expected"),
    [
        ({}, {"403 PERMISSION_DENIED CannotDirectAddUser"}),
        ({"fresh_account_rate": 0.0}, {"200"}),
        ({"fresh_account_404_rate": 1.0}, {"404 NOT_FOUND"}),
        ({"fresh_account_rate": 0.5}, {"200", "403 PERMISSION_DENIED CannotDirectAddUser"}),
        (
            {"fresh_account_404_rate": 0.5},
            {"404 NOT_FOUND", "403 PERMISSION_DENIED CannotDirectAddUser"},
        ),
    ],
)
def test_new_accounts(values: dict[str, float], expected: set[str]) -> None:
    box = box_with()
    course = box.course()
    box.clock.move(7200)
    new = [f"new{number}@{DOMAIN}" for number in range(20)]
    for email in new:
        box.sim.add_user(email)
    box.tokens.clear()
    box.sim.switches = Switches(fresh_account=3600, **values)
    first = {email: box.add(course, email).word for email in new}
    assert set(first.values()) == expected
    again = {email: box.add(course, email).word for email in new if first[email] != "200"}
    assert again == {email: first[email] for email in again}  # the same people each time
    box.clock.move(3600)
    box.tokens.clear()
    assert {box.add(course, email).status for email in again} <= {200}


# Owners


def test_an_invitation_to_own_a_course_turns_up() -> None:
    box = box_with(owner_invitation_rate=1, owner_invitation_lasts=30)
    course = box.everybody()
    refused = "400 FAILED_PRECONDITION PendingInvitationExists"
    assert box.patch(course, ownerId=PEOPLE["tom"]).word == refused
    box.clock.move(29)
    assert box.patch(course, ownerId=PEOPLE["tom"]).word == refused
    box.clock.move(1)
    assert box.patch(course, ownerId=PEOPLE["tom"]).status == 200
    box.sim.switches = Switches(owner_invitation_rate=0)
    assert box.patch(box.everybody(), ownerId=PEOPLE["tom"]).status == 200


def test_somebody_invited_by_hand_owns_the_course_in_the_end(box: Box) -> None:
    course = box.everybody()
    invited = box.hand("POST", f"courses/{course}/invite-owner", {"email": PEOPLE["tom"]})
    assert invited.body["invitedOwner"] == box.ids["tom"]
    refused = box.patch(course, ownerId=PEOPLE["tom"])
    assert refused.word == "400 FAILED_PRECONDITION PendingInvitationExists"
    assert box.hand("POST", f"courses/{course}/accept-owner").body["owner"] == PEOPLE["tom"]
    assert box.sim.state.courses[course].owner == box.ids["tom"]
    assert sorted(box.members(course, "teachers")) == ["ada", "tom"]
    assert box.patch(course, ownerId=PEOPLE["ada"]).status == 200


def test_somebody_invited_by_hand_declines(box: Box) -> None:
    course = box.everybody()
    box.hand("POST", f"courses/{course}/invite-owner", {"email": PEOPLE["tom"]})
    assert box.hand("POST", f"courses/{course}/decline-owner").status == 200
    assert box.patch(course, ownerId=PEOPLE["tom"]).status == 200
    assert box.hand("POST", f"courses/{course}/accept-owner").status == 400


@pytest.mark.parametrize("name", ["ada", "sue", "sam"])
def test_who_cannot_be_invited(box: Box, name: str) -> None:
    course = box.everybody()
    answer = box.hand("POST", f"courses/{course}/invite-owner", {"email": PEOPLE[name]})
    assert answer.body == {"error": f"{PEOPLE[name]} is no co-teacher of Biology"}


def test_whose_owner_is_gone_takes_no_changes(box: Box) -> None:
    course = box.everybody()
    box.hand("DELETE", f"users/{PEOPLE['ada']}")
    assert box.ask("GET", f"/v1/courses/{course}").body["ownerId"] == box.ids["ada"]
    unknown = box.ask("GET", f"/v1/courses/{course}/teachers/{box.ids['ada']}")
    assert unknown.body["profile"] == {
        "id": box.ids["ada"],
        "name": {"fullName": "Unknown user"},
    }
    refused = "400 FAILED_PRECONDITION"
    assert box.patch(course, ownerId=PEOPLE["tom"]).word == f"{refused} InactiveCourseOwner"
    assert box.add(course, "sam").word == f"{refused} InactiveCourseOwner"
    assert box.remove(course, "tom", role="teachers").word == (
        f"{refused} CannotRemoveTeacherWithNoCourseOwner"
    )
    box.hand("POST", "users", {"id": box.ids["ada"], "deleted": False})
    assert box.patch(course, ownerId=PEOPLE["tom"]).status == 200


# The lot of some


def test_courses_without_an_owner_are_broken() -> None:
    box = box_with(ownerless_broken_rate=1)
    course, other = box.everybody(), box.course("tom")
    assert box.ask("GET", f"/v1/courses/{course}").status == 200
    box.hand("DELETE", f"users/{PEOPLE['ada']}")
    assert {
        box.ask("GET", f"/v1/courses/{course}").word,
        box.ask("DELETE", f"/v1/courses/{course}").word,
        box.remove(course, "tom", role="teachers").word,
    } == {"500 INTERNAL"}
    assert box.ask("GET", f"/v1/courses/{other}").status == 200


def test_some_courses_are_broken_for_ever() -> None:
    box = box_with()
    courses = [box.course() for _ in range(40)]
    box.sim.switches = Switches(broken_course_rate=0.3)

    def statuses() -> list[int]:
        return [box.ask("GET", f"/v1/courses/{course}").status for course in courses]

    first = statuses()
    assert set(first) == {200, 500}
    box.clock.move(1000)
    assert statuses() == first
    assert len(box.ask("GET", "/v1/courses").body["courses"]) == 40


def test_members_from_elsewhere_are_hidden_from_administrators() -> None:
    box = box_with(foreign_members_hidden_rate=1)
    course = box.everybody()
    box.hand("POST", f"courses/{course}/add", {"email": PEOPLE["eve"], "role": "STUDENT"})
    listed = box.ask("GET", f"/v1/courses/{course}/students", who="ada").body["students"]
    assert {each["userId"] for each in listed} == {box.ids["sue"], box.ids["eve"]}
    assert box.members(course) == ["sue"]
    box.sim.switches = Switches()
    assert box.members(course) == ["sue", "eve"]


def test_addresses_that_are_missing_are_always_the_same() -> None:
    box = box_with(email_missing_rate=0.5)
    course = box.course()
    for number in range(30):
        box.sim.add_user(f"n{number}@{DOMAIN}")
        box.add(course, f"n{number}@{DOMAIN}")

    def with_address() -> list[bool]:
        listed = box.ask("GET", f"/v1/courses/{course}/students", pageSize=100).body["students"]
        return ["emailAddress" in each["profile"] for each in listed]

    first = with_address()
    assert set(first) == {True, False}
    assert with_address() == first


# The token endpoint


def exchange(box: Box) -> tuple[int, str]:
    claims = {
        "iss": box.sim.key_file()["client_email"],
        "aud": "https://oauth2.googleapis.com/token",
        "scope": SCOPES[0],
        "sub": PEOPLE["admin"],
        "iat": int(NOON),
        "exp": int(NOON) + 3600,
    }
    form = {
        "grant_type": "urn:ietf:params:oauth:grant-type:jwt-bearer",
        "assertion": shared_key("service account").sign(claims),
    }
    response = box.client.post("/token", data=urlencode(form))
    body = response.get_json()
    return response.status_code, body.get("error", "")


ERROR, REFUSED = (503, "internal_failure"), (401, "unauthorized_client")


@pytest.mark.parametrize(("kind", "answer"), [("token_error", ERROR), ("token_refused", REFUSED)])
def test_the_token_endpoint_fails(kind: str, answer: tuple[int, str]) -> None:
    box = box_with()
    assert exchange(box) == (200, "")
    box.sim.switches = Switches(**{f"{kind}_rate": 1, f"{kind}_lasts": 60})  # type: ignore[arg-type]
    assert exchange(box) == answer
    box.sim.switches = Switches(**{f"{kind}_rate": 1e-9})  # type: ignore[arg-type]
    box.clock.move(59)
    assert exchange(box) == answer
    box.clock.move(1)
    assert exchange(box) == (200, "")


def test_the_token_endpoint_fails_at_times() -> None:
    box = box_with(token_error_rate=0.3, token_refused_rate=0.3)
    assert {exchange(box) for _ in range(40)} == {(200, ""), ERROR, REFUSED}
