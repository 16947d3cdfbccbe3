"""The Reports API: which changes leave an activity, what it tells, and when it is told."""

import json
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from policy.simulator.app import Simulator
from policy.simulator.switches import Switches
from unit.simulator.asking import NOON, PEOPLE, SCOPE, SCOPES, Answer, Box

AUDIT = (f"{SCOPE}admin.reports.audit.readonly",)
PATH = "/admin/reports/v1/activity/users/{}/applications/{}"
DAY = 86_400.0
Doing = Callable[[Box, str], object]


def ask(box: Box, *, user: str = "all", who: str = "admin", **query: Any) -> Answer:
    return box.ask("GET", PATH.format(user, "classroom"), who=who, scopes=AUDIT, **query)


def items(box: Box, **query: Any) -> list[dict[str, Any]]:
    answer = ask(box, **query)
    assert answer.status == 200, answer.body
    found: list[dict[str, Any]] = answer.body.get("items", [])
    return found


def told(box: Box, **query: Any) -> list[tuple[str, ...]]:
    """Each activity, newest first: who did it, the event, the role and whom it befell."""
    names = {email: name for name, email in PEOPLE.items()}
    found = []
    for item in items(box, **query):
        [event] = item["events"]
        values = {each["name"]: each for each in event["parameters"]}
        users = values.get("impacted_users", {}).get("multiValue", [])
        role = values.get("course_role", {}).get("value", "")
        row = (names[item["actor"]["email"]], event["name"], role, *(names[each] for each in users))
        found.append(row)
    return found


def forget(box: Box) -> None:
    box.sim.state.activities.clear()


def hand(act: str, **body: str) -> Doing:
    return lambda box, course: box.hand("POST", f"courses/{course}/{act}", body)


def joins(box: Box, course: str) -> None:
    code = box.sim.state.courses[course].code
    path = f"/v1/courses/{course}/students"
    box.ask("POST", path, {"userId": "me"}, who="sam", enrollmentCode=code)


def code_of(**fields: Any) -> Doing:
    return lambda box, course: box.patch(course, **fields)


@pytest.mark.parametrize(
    ("doing", "expected"),
    [
        pytest.param(
            lambda box, course: box.add(course, "sam"),
            [("admin", "user_added_to_course", "student", "sam")],
            id="added as a student",
        ),
        pytest.param(
            lambda box, course: box.add(course, "sam", role="teachers"),
            [("admin", "user_added_to_course", "teacher", "sam")],
            id="added as a teacher",
        ),
        pytest.param(joins, [("sam", "user_joined_course", "student", "sam")], id="joins by code"),
        pytest.param(
            lambda box, course: box.remove(course, "sue", who="tom"),
            [("tom", "user_removed_from_course", "student", "sue")],
            id="removed by a teacher",
        ),
        pytest.param(
            lambda box, course: box.remove(course, "sue", who="sue"),
            [("sue", "user_removed_from_course", "student", "sue")],
            id="leaves",
        ),
        pytest.param(
            hand("add", email=PEOPLE["sam"], role="TEACHER"),
            [("sam", "user_joined_course", "teacher", "sam")],
            id="accepts an invitation, by hand",
        ),
        pytest.param(
            hand("remove", email=PEOPLE["tom"]),
            [("ada", "user_removed_from_course", "teacher", "tom")],
            id="removed by hand",
        ),
        pytest.param(hand("archive"), [("ada", "archived_course", "")], id="archived by hand"),
        pytest.param(
            lambda box, course: (box.state(course, "ARCHIVED"), box.state(course, "ACTIVE")),
            [("admin", "restored_course", ""), ("admin", "archived_course", "")],
            id="archived and restored",
        ),
        pytest.param(
            lambda box, course: (
                box.state(course, "ARCHIVED"),
                forget(box),
                box.ask("DELETE", f"/v1/courses/{course}"),
            ),
            [("admin", "deleted_course", "")],
            id="deleted",
        ),
        pytest.param(
            lambda box, _course: box.course(), [("admin", "created_course", "")], id="created"
        ),
        pytest.param(
            lambda box, _course: box.hand(
                "POST", "courses", {"owner": PEOPLE["tom"], "name": "Club"}
            ),
            [("tom", "created_course", "")],
            id="created by hand",
        ),
        pytest.param(code_of(name="B", section="S", room="R"), [], id="renamed"),
        pytest.param(hand("rename", name="B"), [], id="renamed by hand"),
        pytest.param(
            lambda box, course: box.ask(
                "POST", f"/v1/courses/{course}/aliases", {"alias": "d:another"}
            ),
            [],
            id="another alias",
        ),
        pytest.param(code_of(ownerId=PEOPLE["tom"]), [], id="another owner"),
        pytest.param(lambda box, course: box.add(course, "sue"), [], id="refused"),
        pytest.param(
            lambda box, course: box.ask("GET", f"/v1/courses/{course}"), [], id="only read"
        ),
    ],
)
def test_what_leaves_an_activity(box: Box, doing: Doing, expected: list[tuple[str, ...]]) -> None:
    course = box.everybody()
    forget(box)
    doing(box, course)
    assert told(box) == expected


@pytest.mark.parametrize("act", ["accept", "decline"])
def test_a_waiting_course_is_accepted_or_declined_without_a_line(box: Box, act: str) -> None:
    course = box.course(state="PROVISIONED")
    forget(box)
    assert box.hand("POST", f"courses/{course}/{act}").status == 200
    assert items(box) == []


def test_an_owner_change_is_told_if_so_set() -> None:
    box = Box(switches=Switches(owner_change_reported=True, former_owner_stays=False))
    course = box.everybody()
    forget(box)
    assert box.patch(course, ownerId=PEOPLE["tom"]).status == 200
    assert told(box) == [
        ("admin", "user_removed_from_course", "teacher", "ada"),
        ("admin", "user_added_to_course", "owner", "tom"),
    ]


def test_what_an_activity_looks_like(box: Box) -> None:
    course = box.everybody()
    forget(box)
    box.add(course, "sam")
    number = str(box.sim.state.activities[-1].number)
    answer = ask(box)
    assert answer.body == {
        "kind": "admin#reports#activities",
        "items": [
            {
                "kind": "admin#reports#activity",
                "id": {
                    "time": "2027-01-15T08:00:00.000Z",
                    "uniqueQualifier": number,
                    "applicationName": "classroom",
                    "customerId": "C01simula",
                },
                "actor": {
                    "callerType": "USER",
                    "email": PEOPLE["admin"],
                    "profileId": box.ids["admin"],
                },
                "events": [
                    {
                        "type": "roster_update",
                        "name": "user_added_to_course",
                        "parameters": [
                            {"name": "course_id", "value": course},
                            {"name": "course_title", "value": "Biology"},
                            {"name": "course_role", "value": "student"},
                            {"name": "impacted_users", "multiValue": [PEOPLE["sam"]]},
                        ],
                    }
                ],
            }
        ],
    }
    assert items(box, fields="items/id/time") == [{"id": {"time": "2027-01-15T08:00:00.000Z"}}]


def test_newest_first_in_pages_and_tokens_are_bound(box: Box) -> None:
    courses = [box.course() for _ in range(5)]
    seen, query = [], {"maxResults": 2}
    answer = ask(box, **query)
    while True:
        seen += [each["events"][0]["parameters"][0]["value"] for each in answer.body["items"]]
        token = answer.body.get("nextPageToken")
        if token is None:
            break
        assert len(answer.body["items"]) == 2
        assert ask(box, **query, pageToken=token, eventName="created_course").status == 400
        answer = ask(box, **query, pageToken=token)
    assert seen == courses[::-1]


def test_a_window_of_time(box: Box) -> None:
    for _ in range(4):
        box.course()
        box.clock.move(60)
    stamps = [each["id"]["time"] for each in items(box)]
    assert stamps == [f"2027-01-15T08:0{minute}:00.000Z" for minute in (3, 2, 1, 0)]
    within = items(box, startTime=stamps[2], endTime=stamps[1])
    assert [each["id"]["time"] for each in within] == stamps[1:3]
    assert len(items(box, startTime="2027-01-15T09:02:00+01:00")) == 2


@pytest.mark.parametrize(
    "query",
    [
        pytest.param({"startTime": "yesterday"}, id="no time"),
        pytest.param({"startTime": "2027-01-15T08:00:00"}, id="no zone"),
        pytest.param({"startTime": "2028-01-15T08:00:00Z"}, id="in the future"),
        pytest.param(
            {"startTime": "2027-01-15T07:00:00Z", "endTime": "2027-01-15T06:00:00Z"}, id="backwards"
        ),
        pytest.param({"maxResults": 1001}, id="too many"),
        pytest.param({"maxResults": 0}, id="too few"),
        pytest.param({"eventName": "user_left_course"}, id="no such event"),
        pytest.param({"filters": "colour==red"}, id="no such parameter"),
        pytest.param({"filters": "course_id"}, id="no sign"),
        pytest.param({"customerId": "C9"}, id="another customer"),
        pytest.param({"pageToken": "x"}, id="no token"),
        pytest.param({"user": "nobody@school.example"}, id="nobody"),
    ],
)
def test_wrong_questions(box: Box, query: dict[str, Any]) -> None:
    assert ask(box, **query).word == "400 INVALID_ARGUMENT"


def test_events_and_filters(box: Box) -> None:
    first, second = box.everybody(), box.course()
    box.remove(first, "sue", who="ada")
    assert told(box, eventName="user_removed_from_course") == [
        ("ada", "user_removed_from_course", "student", "sue")
    ]
    assert len(items(box, filters=f"course_id=={first}")) == 4
    assert told(box, filters=f"course_id<>{first}") == [("admin", "created_course", "")]
    both = f"course_id=={first},impacted_users=={PEOPLE['tom']}"
    assert told(box, filters=both) == [("admin", "user_added_to_course", "teacher", "tom")]
    assert told(box, filters="course_role==student,course_title<>Biology") == []
    assert len(told(box, user=PEOPLE["ada"])) == len(told(box, user=box.ids["ada"])) == 1
    assert items(box, filters=f"course_id=={second}", eventName="deleted_course") == []


@pytest.mark.parametrize("name", ["actorIpAddress", "orgUnitID"])
def test_what_is_not_built_says_so(box: Box, name: str) -> None:
    assert ask(box, **{name: "x"}).word == "501 NOT_IMPLEMENTED"
    assert box.ask("GET", PATH.format("all", "drive"), scopes=AUDIT).status == 501


def test_who_may_ask(box: Box) -> None:
    assert ask(box).status == 200
    refused = ask(box, who="ada")
    assert refused.word == "401 UNAUTHENTICATED"
    assert "not authorized to read activity records" in refused.body["error"]["message"]
    box.sim.switches = Switches(reports_denied_status=403)
    assert ask(box, who="ada").word == "403 PERMISSION_DENIED"


def test_the_scope_is_needed(box: Box) -> None:
    answer = box.ask("GET", PATH.format("all", "classroom"), scopes=SCOPES)
    assert answer.word == "403 PERMISSION_DENIED"
    assert (
        'scope="https://www.googleapis.com/auth/admin.reports.audit.readonly"'
        in (answer.headers["WWW-Authenticate"])
    )


def test_it_has_a_quota_of_its_own() -> None:
    box = Box(switches=Switches(reports_per_user=2, classroom_per_user=1, directory_per_user=1))
    assert [ask(box).status for _ in range(3)] == [200, 200, 429]
    assert box.ask("GET", "/v1/courses").status == 200
    box.clock.move(61)
    assert ask(box).status == 200


def test_activities_come_late() -> None:
    box = Box(switches=Switches(reports_lag=600))
    box.course()
    box.clock.move(599)
    assert items(box) == []
    box.course()
    box.clock.move(1)
    assert [each["id"]["time"] for each in items(box)] == ["2027-01-15T08:00:00.000Z"]


def test_activities_come_out_of_order() -> None:
    box = Box(switches=Switches(reports_lag=600, reports_shuffled=True), seed=4)
    for _ in range(20):
        box.course()
        box.clock.move(10)
    early = {each["id"]["uniqueQualifier"] for each in items(box)}
    box.clock.move(600)
    every = [each["id"]["uniqueQualifier"] for each in items(box)]
    assert len(every) == 20
    assert 0 < len(early) < 20
    assert early != set(every[-len(early) :])


def test_some_activities_are_never_reported() -> None:
    box = Box(switches=Switches(reports_lost_rate=0.5))
    for _ in range(40):
        box.course()
    box.clock.move(DAY)
    assert 5 < len(items(box)) < 35


def test_half_a_year_is_kept() -> None:
    box = Box(switches=Switches(token_lifetime=400 * DAY))
    box.course()
    box.clock.move(181 * DAY)
    assert items(box) == []
    box.course()
    assert len(items(box, startTime="2020-01-01T00:00:00Z")) == 1
    assert len(box.sim.state.activities) == 1


def test_activities_survive_a_restart(tmp_path: Path) -> None:
    path = tmp_path / "state.json"
    box = Box(state_file=path, switches=Switches(reports_lag=60))
    box.everybody()
    before = list(box.sim.state.activities)
    box.sim.close()
    again = Simulator("school.example", clock=box.clock, wall=lambda: NOON, state_file=path)
    assert list(again.state.activities) == before
    box.sim = again
    box.client.application = again
    assert items(box) == []
    box.course()
    box.clock.move(60)
    numbers = [int(each["id"]["uniqueQualifier"]) for each in items(box)]
    assert numbers == sorted(set(numbers), reverse=True)
    assert len(numbers) == 4


@pytest.mark.parametrize(
    ("change", "words"),
    [
        ({"number": "1"}, "activities[0].number should be a whole number"),
        ({"number": 0}, "activities[0].number should be higher than the one before it"),
        ({"users": "x"}, "activities[0].users should be a list of texts"),
        ({"colour": "red"}, "activities[0] should be an object with number, when, event"),
    ],
)
def test_activities_that_cannot_be_read(box: Box, change: dict[str, Any], words: str) -> None:
    box.course()
    state = box.hand("GET", "state").body
    state["activities"][0].update(change)
    answer = box.hand("PUT", "state", json.loads(json.dumps(state)))
    assert answer.status == 400
    assert words in answer.body["error"]


@given(
    st.lists(st.tuples(st.sampled_from("+-"), st.sampled_from(["sue", "sam", "tom"])), max_size=12)
)
def test_the_log_played_again_is_the_roster(acts: list[tuple[str, str]]) -> None:
    """Whatever was done, or refused: the activities tell who is in the course."""
    box = Box()
    course = box.course()
    for sign, name in acts:
        box.clock.move(1)
        box.add(course, name) if sign == "+" else box.remove(course, name)
    inside: set[str] = set()
    for _, event, _, *users in reversed(told(box)):
        if event == "user_added_to_course":
            inside |= set(users)
        elif event == "user_removed_from_course":
            inside -= set(users)
    assert inside == set(box.members(course))
