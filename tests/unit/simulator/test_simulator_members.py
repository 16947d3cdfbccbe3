"""Teachers and students: who may add, see and remove whom, limits, profiles."""

import pytest

from policy.simulator.switches import Switches
from unit.simulator.asking import DOMAIN, PEOPLE, SCOPE, Box

PRECONDITION = "400 FAILED_PRECONDITION"
DENIED = "403 PERMISSION_DENIED"


def test_a_student_is_added(box: Box) -> None:
    course = box.course()
    answer = box.add(course, "SUE@School.Example")
    assert answer.body == {
        "courseId": course,
        "userId": box.ids["sue"],
        "profile": {
            "id": box.ids["sue"],
            "name": {"givenName": "Sue", "familyName": "Example", "fullName": "Sue Example"},
            "emailAddress": PEOPLE["sue"],
        },
    }
    assert box.ask("GET", f"/v1/courses/{course}/students/{box.ids['sue']}").body == answer.body
    assert box.members(course) == ["sue"]


@pytest.mark.parametrize("role", ["teachers", "students"])
@pytest.mark.parametrize("who", ["ada", "tom", "sue", "sam", "eve"])
def test_only_administrators_add(box: Box, role: str, who: str) -> None:
    course = box.everybody()
    assert box.add(course, "sam", role=role, who=who).word == DENIED


@pytest.mark.parametrize(
    ("person", "word"),
    [
        pytest.param("sue", "409 ALREADY_EXISTS", id="student"),
        pytest.param("tom", "409 ALREADY_EXISTS", id="teacher"),
        pytest.param("ada", "409 ALREADY_EXISTS", id="owner"),
        pytest.param(f"x@{DOMAIN}", "404 NOT_FOUND", id="unknown"),
        pytest.param("eve", f"{DENIED} CannotDirectAddUser", id="foreign"),
        pytest.param("", "404 NOT_FOUND", id="nobody"),
    ],
)
@pytest.mark.parametrize("role", ["teachers", "students"])
def test_who_cannot_be_added(box: Box, person: str, word: str, role: str) -> None:
    course = box.everybody()
    assert box.add(course, person, role=role).word == word


def test_an_unknown_member_by_switch() -> None:
    box = Box(switches=Switches(unknown_member_status=403))
    assert box.add(box.course(), f"x@{DOMAIN}").word == DENIED


def test_a_suspended_account_cannot_be_added(box: Box) -> None:
    course = box.course()
    box.sim.add_user(PEOPLE["sue"], suspended=True)
    assert box.add(course, "sue").word == PRECONDITION


def test_a_fresh_account_must_wait() -> None:
    box = Box(switches=Switches(fresh_account=600))
    course = box.course()
    assert box.add(course, "sue").word == f"{DENIED} CannotDirectAddUser"
    box.clock.move(600)
    assert box.add(course, "sue").status == 200


@pytest.mark.parametrize("can_join", [True, False])
def test_an_account_without_classroom(can_join: bool) -> None:
    box = Box(switches=Switches(classroom_off_can_join=can_join))
    course = box.course()
    box.hand("POST", "users", {"email": PEOPLE["sue"], "classroom": False})
    assert box.add(course, "sue").word == ("200" if can_join else f"{DENIED} CannotDirectAddUser")
    assert box.ask("GET", "/v1/courses", who="sue").word == f"{DENIED} ClassroomDisabled"


def test_the_owner_must_be_of_the_domain(box: Box) -> None:
    """An administrator who teaches in a foreign course is no administrator there."""
    course = box.ask("POST", "/v1/courses", {"name": "B", "ownerId": "me"}, who="eve").body["id"]
    box.hand("POST", f"courses/{course}/add", {"email": PEOPLE["admin"], "role": "TEACHER"})
    box.hand("POST", f"courses/{course}/accept")
    assert box.add(course, "sue").word == f"{DENIED} CannotDirectAddUser"
    assert box.add(course, "sue", who="tom").word == DENIED


@pytest.mark.parametrize(
    ("state", "word"),
    [
        ("PROVISIONED", "200"),
        ("ACTIVE", "200"),
        ("ARCHIVED", f"{PRECONDITION} CourseNotModifiable"),
        ("DECLINED", f"{PRECONDITION} CourseNotModifiable"),
    ],
)
def test_in_which_states_members_are_added(box: Box, state: str, word: str) -> None:
    assert box.add(box.course(state=state), "sue").word == word


def test_a_course_that_waits_takes_nobody_by_switch() -> None:
    box = Box(switches=Switches(provisioned_takes_members=False))
    word = box.add(box.course(state="PROVISIONED"), "sue").word
    assert word == f"{PRECONDITION} CourseNotModifiable"


@pytest.mark.parametrize(
    ("switches", "role", "word"),
    [
        (Switches(course_teachers=2), "teachers", f"{PRECONDITION} CourseTeacherLimitReached"),
        (Switches(course_teachers=2), "students", "200"),
        (Switches(course_members=3), "students", f"{PRECONDITION} CourseMemberLimitReached"),
        (Switches(course_members=3), "teachers", f"{PRECONDITION} CourseMemberLimitReached"),
        (Switches(course_members=4), "students", "200"),
    ],
)
def test_a_full_course(switches: Switches, role: str, word: str) -> None:
    box = Box(switches=switches)
    course = box.everybody()
    assert box.add(course, "sam", role=role).word == word


def test_a_person_in_too_many_courses() -> None:
    box = Box(switches=Switches(user_courses=2))
    words = [box.add(box.course(), "sue").word for _ in range(3)]
    assert words == ["200", "200", f"{PRECONDITION} UserGroupsMembershipLimitReached"]


def test_a_person_who_has_joined_too_many_courses_today() -> None:
    box = Box(switches=Switches(user_joins_per_day=1, token_lifetime=10**6))
    courses = [box.course(), box.course()]
    words = [box.add(course, "sue").word for course in courses]
    assert words == ["200", "429 RESOURCE_EXHAUSTED UserCourseJoinRateLimitReached"]
    box.clock.move(86_400)
    assert box.add(courses[1], "sue").status == 200


@pytest.mark.parametrize(
    ("who", "code", "status"),
    [
        pytest.param("sam", "right", 200, id="joins"),
        pytest.param("sam", "wrong", 403, id="wrong code"),
        pytest.param("ada", "right", 403, id="for somebody else"),
        pytest.param("eve", "right", 403, id="for somebody else, from elsewhere"),
    ],
)
def test_joining_with_the_code(box: Box, who: str, code: str, status: int) -> None:
    course = box.course()
    given = box.sim.state.courses[course].code if code == "right" else "zzzzzzz"
    path = f"/v1/courses/{course}/students"
    body = {"userId": PEOPLE["sam"]}
    assert box.ask("POST", path, body, who=who, enrollmentCode=given).status == status


def test_a_code_does_not_make_a_teacher(box: Box) -> None:
    course = box.course()
    code = box.sim.state.courses[course].code
    path = f"/v1/courses/{course}/teachers"
    answer = box.ask("POST", path, {"userId": "me"}, who="sam", enrollmentCode=code)
    assert answer.word == "400 INVALID_ARGUMENT"  # teachers.create has no such parameter


@pytest.mark.parametrize(
    ("who", "person", "role", "word"),
    [
        pytest.param("admin", "sue", "students", "200", id="administrator"),
        pytest.param("ada", "sue", "students", "200", id="owner"),
        pytest.param("tom", "sue", "students", "200", id="co-teacher"),
        pytest.param("sue", "sue", "students", "200", id="herself"),
        pytest.param("sue", "me", "students", "200", id="me"),
        pytest.param("sam", "sue", "students", DENIED, id="outsider"),
        pytest.param("ada", "tom", "teachers", "200", id="owner, co-teacher"),
        pytest.param("tom", "tom", "teachers", "200", id="himself"),
        pytest.param("sue", "tom", "teachers", DENIED, id="student, teacher"),
        pytest.param("admin", "sam", "students", "404 NOT_FOUND", id="not in the course"),
        pytest.param("admin", "tom", "students", "404 NOT_FOUND", id="other role"),
        pytest.param("admin", "sue", "teachers", "404 NOT_FOUND", id="other role, too"),
        pytest.param("admin", f"x@{DOMAIN}", "students", "404 NOT_FOUND", id="unknown"),
    ],
)
def test_who_may_remove_whom(box: Box, who: str, person: str, role: str, word: str) -> None:
    course = box.everybody()
    before = (box.members(course, "teachers"), box.members(course))
    answer = box.remove(course, person, role=role, who=who)
    assert answer.word == word
    changed = (box.members(course, "teachers"), box.members(course)) != before
    assert changed == (word == "200")
    if changed:
        assert answer.body == {}


@pytest.mark.parametrize("keeps", [True, False])
def test_removing_from_an_archived_course(keeps: bool) -> None:
    box = Box(switches=Switches(archived_keeps_members=keeps))
    course = box.everybody()
    box.state(course, "ARCHIVED")
    word = f"{PRECONDITION} CourseNotModifiable" if keeps else "200"
    assert box.remove(course, "sue").word == word
    assert box.remove(course, "tom", role="teachers").word == word


def test_a_change_of_role_is_two_calls(box: Box) -> None:
    course = box.everybody()
    assert box.add(course, "sue", role="teachers").status == 409
    box.remove(course, "sue")
    assert box.add(course, "sue", role="teachers").status == 200
    assert (box.members(course), box.members(course, "teachers")) == ([], ["ada", "tom", "sue"])


@pytest.mark.parametrize("who", ["admin", "ada", "tom", "sue"])
def test_members_see_members(box: Box, who: str) -> None:
    course = box.everybody()
    found = box.ask("GET", f"/v1/courses/{course}/teachers", who=who).body["teachers"]
    assert [each["userId"] for each in found] == [box.ids["ada"], box.ids["tom"]]


@pytest.mark.parametrize("path", ["students", "teachers", "students/me"])
def test_outsiders_do_not(box: Box, path: str) -> None:
    course = box.everybody()
    assert box.ask("GET", f"/v1/courses/{course}/{path}", who="sam").word == DENIED


def test_a_member_who_is_not_there(box: Box) -> None:
    course = box.everybody()
    assert box.ask("GET", f"/v1/courses/{course}/students/me").word == "404 NOT_FOUND"
    assert box.ask("GET", f"/v1/courses/{course}/students/123").word == "404 NOT_FOUND"


def test_an_empty_list_is_left_out(box: Box) -> None:
    assert box.ask("GET", f"/v1/courses/{box.course()}/students").body == {}


def test_thirty_to_a_page(box: Box) -> None:
    course = box.course()
    emails = [f"s{number}@{DOMAIN}" for number in range(70)]
    ids = [box.sim.add_user(email) for email in emails]
    for email in emails:
        box.add(course, email)
    found, sizes, token = [], [], ""
    while token is not None:
        query = {"pageToken": token} if token else {}
        page = box.ask("GET", f"/v1/courses/{course}/students", **query).body
        found += [student["userId"] for student in page["students"]]
        sizes.append(len(page["students"]))
        token = page.get("nextPageToken")
    assert (found, sizes) == (ids, [30, 30, 10])


@pytest.mark.parametrize(("listed", "expected"), [(True, ["sue", "sam"]), (False, ["sam"])])
def test_suspended_members_by_switch(listed: bool, expected: list[str]) -> None:
    box = Box(switches=Switches(suspended_listed=listed))
    course = box.course()
    box.add(course, "sue")
    box.add(course, "sam")
    box.sim.add_user(PEOPLE["sue"], suspended=True)
    assert box.members(course) == expected


ROSTERS, EMAILS, PHOTOS = (
    f"{SCOPE}classroom.{name}" for name in ("rosters", "profile.emails", "profile.photos")
)


@pytest.mark.parametrize(
    ("scopes", "extra"),
    [
        pytest.param((ROSTERS,), {}, id="rosters"),
        pytest.param((EMAILS,), {"emailAddress": PEOPLE["sue"]}, id="emails"),
        pytest.param((ROSTERS, PHOTOS), {"photoUrl": "//lh3.googleusercontent.com/a/{id}"}),
    ],
)
def test_what_a_profile_tells(box: Box, scopes: tuple[str, ...], extra: dict[str, str]) -> None:
    profile = box.ask("GET", f"/v1/userProfiles/{box.ids['sue']}", scopes=scopes).body
    name = {"givenName": "Sue", "familyName": "Example", "fullName": "Sue Example"}
    told = {key: text.format(id=box.ids["sue"]) for key, text in extra.items()}
    assert profile == {"id": box.ids["sue"], "name": name, **told}


def test_ones_own_profile_tells_what_one_may(box: Box) -> None:
    profile = box.ask("GET", "/v1/userProfiles/me", who="ada").body
    assert profile["id"] == box.ids["ada"]
    assert profile["permissions"] == [{"permission": "CREATE_COURSE"}]


@pytest.mark.parametrize(
    ("who", "person", "status"),
    [
        pytest.param("admin", "sue", 200, id="administrator"),
        pytest.param("sam", "sue", 200, id="same domain"),
        pytest.param("eve", "sue", 403, id="from elsewhere"),
        pytest.param("admin", "nobody@school.example", 403, id="unknown is 403, not 404"),
        pytest.param("admin", "999", 403, id="unknown id"),
    ],
)
def test_who_sees_whose_profile(box: Box, who: str, person: str, status: int) -> None:
    path = f"/v1/userProfiles/{PEOPLE.get(person, person)}"
    assert box.ask("GET", path, who=who).status == status


@pytest.mark.parametrize("bare", [True, False])
def test_an_administrator_is_told_little_of_those_from_elsewhere(bare: bool) -> None:
    box = Box(switches=Switches(foreign_profiles_bare=bare))
    course = box.everybody()
    box.hand("POST", f"courses/{course}/add", {"email": PEOPLE["eve"], "role": "STUDENT"})

    def told(who: str) -> set[str]:
        path = f"/v1/courses/{course}/students/{box.ids['eve']}"
        return set(box.ask("GET", path, who=who).body["profile"])

    assert told("ada") == {"id", "name", "emailAddress"}
    assert told("admin") == ({"id"} if bare else {"id", "name", "emailAddress"})


def test_addresses_may_be_missing_and_always_the_same_ones() -> None:
    box = Box(switches=Switches(email_missing_rate=0.5))
    emails = [f"s{number}@{DOMAIN}" for number in range(40)]
    for email in emails:
        box.sim.add_user(email)

    def missing() -> set[str]:
        return {
            email
            for email in emails
            if "emailAddress" not in box.ask("GET", f"/v1/userProfiles/{email}").body
        }

    assert 5 < len(missing()) < 35
    assert missing() == missing()


def test_an_alias_is_the_same_person(box: Box) -> None:
    course = box.course()
    box.sim.add_user(PEOPLE["sue"], aliases=(f"susan@{DOMAIN}",))
    assert box.add(course, f"Susan@{DOMAIN}").body["userId"] == box.ids["sue"]
    assert box.add(course, "sue").status == 409
    assert box.remove(course, f"SUSAN@{DOMAIN}").status == 200
