"""The administrator's gateway: which call each write is, and what is read out of the answers."""

import json
from collections.abc import Mapping
from dataclasses import dataclass, field
from urllib.parse import parse_qs, urlsplit

import pytest

from policy.errors import GoogleRefused
from policy.google.base import (
    REST,
    Course,
    CourseState,
    Members,
    Outcome,
    Reply,
    Unreadable,
    Verb,
    Write,
)
from policy.google.classroom import COURSE_FIELDS, ClassroomGateway, course_of
from policy.google.transport import Transport
from unit.google.scripted_server import HANG_UP, Say, Script, batch_of, error

EXISTS = error(409, "ALREADY_EXISTS", "Requested entity already exists")
BODY = {"id": "5001", "name": "Algebra", "courseState": "PROVISIONED", "ownerId": "9001"}
ALGEBRA = Course("5001", "Algebra", "", "", CourseState.PROVISIONED, "9001")


@dataclass
class Counted:
    """A pace that only counts."""

    took: list[int] = field(default_factory=list)
    backed_off: list[float] = field(default_factory=list)

    def take(self, calls: int) -> None:
        self.took.append(calls)

    def back_off(self, seconds: float) -> None:
        self.backed_off.append(seconds)


@pytest.fixture
def pace() -> Counted:
    return Counted()


@pytest.fixture
def gateway(transport: Transport, pace: Counted) -> ClassroomGateway:
    return ClassroomGateway(transport, pace)


@pytest.mark.parametrize(
    ("write", "method", "path", "asked", "body"),
    [
        pytest.param(
            Write(Verb.CREATE_COURSE, "d:rollbook.m.a", None, {"name": "A", "ownerId": "9"}),
            "POST",
            "/v1/courses",
            {"fields": COURSE_FIELDS},
            {"id": "d:rollbook.m.a", "name": "A", "ownerId": "9"},
            id="create course",
        ),
        pytest.param(
            Write(Verb.UPDATE_COURSE, "5001", None, {"section": "", "name": "B"}),
            "PATCH",
            "/v1/courses/5001",
            {"fields": "id", "updateMask": "name,section"},
            {"section": "", "name": "B"},
            id="update course",
        ),
        pytest.param(
            Write(Verb.CHANGE_OWNER, "5001", None, {"ownerId": "9"}),
            "PATCH",
            "/v1/courses/5001",
            {"fields": "id", "updateMask": "ownerId"},
            {"ownerId": "9"},
            id="change owner",
        ),
        pytest.param(
            Write(Verb.ADD_TEACHER, "5001", "9"),
            "POST",
            "/v1/courses/5001/teachers",
            {"fields": "userId"},
            {"userId": "9"},
            id="add teacher",
        ),
        pytest.param(
            Write(Verb.ADD_STUDENT, "5001", "7"),
            "POST",
            "/v1/courses/5001/students",
            {"fields": "userId"},
            {"userId": "7"},
            id="add student",
        ),
        pytest.param(
            Write(Verb.REMOVE_TEACHER, "5001", "9"),
            "DELETE",
            "/v1/courses/5001/teachers/9",
            {},
            None,
            id="remove teacher",
        ),
        pytest.param(
            Write(Verb.REMOVE_STUDENT, "5001", "7"),
            "DELETE",
            "/v1/courses/5001/students/7",
            {},
            None,
            id="remove student",
        ),
        pytest.param(
            Write(Verb.SET_STATE, "5001", None, {"courseState": "ARCHIVED"}),
            "PATCH",
            "/v1/courses/5001",
            {"fields": "id", "updateMask": "courseState"},
            {"courseState": "ARCHIVED"},
            id="set state",
        ),
        pytest.param(
            Write(Verb.ADD_ALIAS, "5001", None, {"alias": "d:rollbook.m.a"}),
            "POST",
            "/v1/courses/5001/aliases",
            {"fields": "alias"},
            {"alias": "d:rollbook.m.a"},
            id="add alias",
        ),
        pytest.param(
            Write(Verb.REMOVE_ALIAS, "5001", None, {"alias": "d:rollbook.m.a"}),
            "DELETE",
            "/v1/courses/5001/aliases/d%3Arollbook.m.a",
            {},
            None,
            id="remove alias",
        ),
    ],
)
def test_each_write_is_one_call(
    gateway: ClassroomGateway,
    script: Script,
    write: Write,
    method: str,
    path: str,
    asked: Mapping[str, str],
    body: object,
) -> None:
    script.says = [Say(body=json.dumps(BODY))]
    course = ALGEBRA if write.verb is Verb.CREATE_COURSE else None
    assert gateway.write([write]) == [Reply(Outcome.DONE, 200, course=course)]
    [seen] = script.seen
    address = urlsplit(seen.path)
    query = {key: value for key, [value] in parse_qs(address.query, True).items()}
    assert (seen.method, address.path, query) == (method, path, {"alt": "json", **asked})
    assert (json.loads(seen.body) if seen.body else None) == body


def test_every_verb_has_been_tried() -> None:
    """A new verb needs a row above, and in the table of replies."""
    assert len(Verb) == 10


def test_writes_go_in_one_batch_and_are_answered_in_order(
    gateway: ClassroomGateway, script: Script, pace: Counted
) -> None:
    script.says = [batch_of(Say(body=json.dumps(BODY)), EXISTS, EXISTS, Say(body=""))]
    replies = gateway.write(
        [
            Write(Verb.CREATE_COURSE, "d:a", None, {"name": "A"}),
            Write(Verb.CREATE_COURSE, "d:b", None, {"name": "B"}),
            Write(Verb.ADD_STUDENT, "5001", "7"),
            Write(Verb.REMOVE_STUDENT, "5001", "8"),
        ]
    )
    already = Reply(Outcome.ALREADY, 409, "Requested entity already exists")
    assert replies == [
        Reply(Outcome.DONE, 200, course=ALGEBRA),
        already,
        already,
        Reply(Outcome.DONE, 200),
    ]
    assert [seen.path for seen in script.seen] == ["/batch"]
    assert pace.took == [4]


@pytest.mark.parametrize("count", [1, 3])
def test_a_hang_up_is_again_soon_for_every_write(
    gateway: ClassroomGateway, script: Script, count: int
) -> None:
    script.says = [HANG_UP]
    replies = gateway.write([Write(Verb.ADD_STUDENT, "5001", str(n)) for n in range(count)])
    assert [(reply.outcome, reply.status) for reply in replies] == [(Outcome.AGAIN_SOON, 0)] * count


@pytest.mark.parametrize(
    ("words", "rests"),
    [
        pytest.param("Quota exceeded: 'Requests per minute per user'.", [REST], id="the rate"),
        pytest.param("Quota exceeded: 'Requests per day'.", [], id="the day's is not waited for"),
    ],
)
def test_a_write_that_is_too_much_slows_the_pace_and_is_not_asked_again(
    gateway: ClassroomGateway, script: Script, pace: Counted, words: str, rests: list[float]
) -> None:
    script.says = [batch_of(Say(body='{"userId": "7"}'), error(429, "RESOURCE_EXHAUSTED", words))]
    gateway.write([Write(Verb.ADD_STUDENT, "5001", str(n)) for n in range(2)])
    assert pace == Counted(took=[2], backed_off=rests)
    assert len(script.seen) == 1


def test_one_administrator_writes_one_at_a_time(gateway: ClassroomGateway) -> None:
    assert gateway.side_by_side == 1
    assert gateway.warnings() == ()


def test_aliases_of_courses_to_the_last_page(gateway: ClassroomGateway, script: Script) -> None:
    script.says = [
        batch_of(
            Say(body='{"aliases": [{"alias": "d:a"}], "nextPageToken": "more"}'),
            Say(body="{}"),
            error(501, "NOT_IMPLEMENTED", "Not implemented."),
            error(404, "NOT_FOUND", "Requested entity was not found."),
        ),
        Say(body='{"aliases": [{"alias": "p:b"}]}'),
    ]
    assert gateway.aliases(["1", "2", "3", "4"]) == {
        "1": frozenset({"d:a", "p:b"}),
        "2": frozenset(),
        "3": Unreadable("501 Not implemented."),
    }
    assert "pageToken=more" in script.seen[1].path


def test_a_lone_course_that_answers_500_for_ever_is_set_aside(
    transport: Transport, script: Script, pace: Counted
) -> None:
    """Google answers other calls, so it is this course."""
    broken = error(500, "INTERNAL", "Internal error encountered.")
    slept: list[float] = []
    gateway = ClassroomGateway(transport, pace, sleep=slept.append, chance=lambda: 1.0)
    script.says = [broken] * 8 + [Say(body="{}")]
    assert gateway.find(["d:a"]) == {"d:a": Unreadable("500 Internal error encountered.")}
    assert len(slept) == 7
    assert script.seen[-1].path.startswith("/v1/courses?pageSize=1&")


def test_nothing_to_write_asks_nothing(gateway: ClassroomGateway, pace: Counted) -> None:
    assert gateway.write([]) == []
    assert pace.took == []


def test_more_than_a_batch_is_refused_before_anything_is_sent(
    gateway: ClassroomGateway, script: Script, pace: Counted
) -> None:
    writes = [Write(Verb.ADD_STUDENT, "5001", str(n)) for n in range(51)]
    with pytest.raises(ValueError, match="51 writes at once; a batch holds 50"):
        gateway.write(writes)
    assert (script.seen, pace.took) == ([], [])


@pytest.mark.parametrize("verb", [Verb.ADD_STUDENT, Verb.REMOVE_TEACHER])
def test_a_member_must_be_named(gateway: ClassroomGateway, script: Script, verb: Verb) -> None:
    with pytest.raises(ValueError, match=f"{verb.value} on 5001 names no user"):
        gateway.write([Write(verb, "5001")])
    assert script.seen == []


def test_members_of_a_course_that_google_does_not_show(
    gateway: ClassroomGateway, script: Script
) -> None:
    script.says = [
        batch_of(
            Say(body='{"teachers": [{"userId": "9"}]}'),
            error(403, "PERMISSION_DENIED", "The caller does not have permission"),
        )
    ]
    assert gateway.members(["5001"]) == {
        "5001": Unreadable("403 The caller does not have permission")
    }


def test_a_course_that_goes_while_its_members_are_read(
    gateway: ClassroomGateway, script: Script
) -> None:
    gone = error(404, "NOT_FOUND", "Requested entity was not found.")
    script.says = [
        batch_of(
            Say(body='{"teachers": [{"userId": "9"}]}'),
            gone,
            Say(body='{"teachers": [{"userId": "9"}]}'),
            Say(body="{}"),
        )
    ]
    assert gateway.members(["5001", "5002"]) == {"5002": Members(frozenset("9"), frozenset())}


@pytest.mark.parametrize(
    ("more", "expected"),
    [
        pytest.param({}, ALGEBRA, id="fields that are empty are left out"),
        pytest.param(
            {"section": "P1", "room": "12", "alternateLink": "https://c/1"},
            Course("5001", "Algebra", "P1", "12", CourseState.PROVISIONED, "9001", "https://c/1"),
            id="all fields",
        ),
    ],
)
def test_a_course_from_its_body(more: Mapping[str, str], expected: Course) -> None:
    assert course_of({**BODY, **more}) == expected


def test_a_course_whose_owner_was_deleted_has_none() -> None:
    assert course_of({"id": "1", "courseState": "ACTIVE"}).owner == ""


@pytest.mark.parametrize("state", ["PAUSED", "", None])
def test_an_unknown_state_is_not_guessed(state: str | None) -> None:
    with pytest.raises(GoogleRefused, match=r"5001 has the state .*; Rollbook knows ACTIVE, ARCH"):
        course_of({**BODY, "courseState": state})
