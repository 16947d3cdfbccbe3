"""courses: who sees and does what, states, texts, lists."""

from dataclasses import replace

import pytest

from policy.simulator.switches import Switches
from unit.simulator.asking import DOMAIN, PEOPLE, Box


def test_a_new_course_waits_for_its_owner(box: Box) -> None:
    body = {"name": "Biology", "section": "P1", "room": "7", "ownerId": "ADA@school.example"}
    answer = box.ask("POST", "/v1/courses", body)
    course = answer.body.pop("id")
    assert course.isdecimal()
    assert answer.body.pop("alternateLink").startswith("https://classroom.google.com/c/")
    code = answer.body.pop("enrollmentCode")
    assert answer.body == {
        "name": "Biology",
        "section": "P1",
        "room": "7",
        "ownerId": box.ids["ada"],
        "courseState": "PROVISIONED",
        "creationTime": "2027-01-15T08:00:00.000Z",
        "updateTime": "2027-01-15T08:00:00.000Z",
        "teacherGroupEmail": f"course_teachers_{code}@{DOMAIN}",
        "courseGroupEmail": f"course_{code}@{DOMAIN}",
        "guardiansEnabled": False,
        "gradebookSettings": {
            "calculationType": "TOTAL_POINTS",
            "displaySetting": "HIDE_OVERALL_GRADE",
        },
        "teacherFolder": {
            "id": f"folder-{course}",
            "title": "Biology",
            "alternateLink": f"https://drive.google.com/drive/folders/folder-{course}",
        },
    }
    assert box.members(course, "teachers") == ["ada"]
    assert box.members(course) == []


@pytest.mark.parametrize(
    ("who", "body", "word"),
    [
        pytest.param("admin", {"name": "B", "ownerId": "me"}, "200", id="own"),
        pytest.param("admin", {"name": "B"}, "400 INVALID_ARGUMENT", id="no owner"),
        pytest.param("admin", {"ownerId": "me"}, "400 INVALID_ARGUMENT", id="no name"),
        pytest.param("admin", {"name": "", "ownerId": "me"}, "400 INVALID_ARGUMENT", id="empty"),
        pytest.param(
            "admin", {"name": "x" * 751, "ownerId": "me"}, "400 INVALID_ARGUMENT", id="long name"
        ),
        pytest.param("admin", {"name": "x" * 750, "ownerId": "me"}, "200", id="longest name"),
        pytest.param(
            "admin",
            {"name": "B", "room": "x" * 651, "ownerId": "me"},
            "400 INVALID_ARGUMENT",
            id="long room",
        ),
        pytest.param(
            "admin",
            {"name": "see http://a.example", "ownerId": "me"},
            "400 FAILED_PRECONDITION CourseTitleCannotContainUrl",
            id="URL",
        ),
        pytest.param(
            "admin", {"name": "B", "ownerId": f"x@{DOMAIN}"}, "404 NOT_FOUND", id="unknown owner"
        ),
        pytest.param(
            "admin",
            {"name": "B", "ownerId": PEOPLE["eve"]},
            "400 FAILED_PRECONDITION UserCannotOwnCourse",
            id="foreign owner",
        ),
        pytest.param("ada", {"name": "B", "ownerId": "me"}, "200", id="teacher"),
        pytest.param("ada", {"name": "B", "ownerId": "me", "courseState": "ACTIVE"}, "200"),
        pytest.param(
            "ada", {"name": "B", "ownerId": PEOPLE["tom"]}, "403 PERMISSION_DENIED", id="for other"
        ),
        pytest.param(
            "ada", {"name": "B", "ownerId": "x@y.example"}, "403 PERMISSION_DENIED", id="for none"
        ),
        pytest.param("eve", {"name": "B", "ownerId": "me"}, "200", id="consumer"),
        pytest.param(
            "eve",
            {"name": "B", "ownerId": "me", "courseState": "ACTIVE"},
            "403 PERMISSION_DENIED CourseStateDenied",
            id="consumer, active",
        ),
        pytest.param(
            "admin",
            {"name": "B", "ownerId": "me", "courseState": "ARCHIVED"},
            "400 FAILED_PRECONDITION",
            id="born archived",
        ),
        pytest.param(
            "admin",
            {"name": "B", "ownerId": "me", "courseState": "COURSE_STATE_UNSPECIFIED"},
            "200",
            id="unspecified",
        ),
        pytest.param(
            "admin",
            {"name": "B", "ownerId": "me", "courseState": "OPEN"},
            "400 INVALID_ARGUMENT",
            id="no such state",
        ),
    ],
)
def test_who_may_create_what(box: Box, who: str, body: dict[str, str], word: str) -> None:
    answer = box.ask("POST", "/v1/courses", body, who=who)
    assert answer.word == word
    assert len(box.sim.state.courses) == (1 if word == "200" else 0)


def test_the_owner_of_a_new_course_must_be_active(box: Box) -> None:
    box.sim.add_user(PEOPLE["tom"], suspended=True)
    answer = box.ask("POST", "/v1/courses", {"name": "B", "ownerId": PEOPLE["tom"]})
    assert answer.word == "400 FAILED_PRECONDITION"


def test_an_unknown_owner_by_switch(box: Box) -> None:
    box.sim.switches = Switches(unknown_owner_status=400)
    answer = box.ask("POST", "/v1/courses", {"name": "B", "ownerId": f"x@{DOMAIN}"})
    assert answer.word == "400 FAILED_PRECONDITION UserCannotOwnCourse"


SEEN = {
    "PROVISIONED": {"admin", "ada"},
    "DECLINED": {"admin", "ada"},
    "ACTIVE": {"admin", "ada", "tom", "sue"},
    "ARCHIVED": {"admin", "ada", "tom", "sue"},
    "SUSPENDED": {"ada"},
}


@pytest.mark.parametrize("state", list(SEEN))
@pytest.mark.parametrize("who", list(PEOPLE))
def test_who_sees_a_course(box: Box, state: str, who: str) -> None:
    course = box.everybody()
    record = box.sim.state.courses[course]
    box.sim.state.put_course(replace(record, state=state))
    seen = who in SEEN[state]
    assert box.ask("GET", f"/v1/courses/{course}", who=who).status == (200 if seen else 403)
    listed = box.ask("GET", "/v1/courses", who=who).body.get("courses", [])
    assert [each["id"] for each in listed] == ([course] if seen else [])


def test_a_course_that_is_not_yours_by_switch(box: Box) -> None:
    course = box.course()
    box.sim.switches = Switches(unseen_course_status=404)
    assert box.ask("GET", f"/v1/courses/{course}", who="sam").word == "404 NOT_FOUND"


@pytest.mark.parametrize("who", ["admin", "ada", "tom", "sue"])
def test_only_teachers_and_administrators_are_told_the_code(box: Box, who: str) -> None:
    course = box.everybody()
    body = box.ask("GET", f"/v1/courses/{course}", who=who).body
    assert ("enrollmentCode" in body) == ("teacherFolder" in body) == (who != "sue")


def test_a_course_that_is_not_there(box: Box) -> None:
    answer = box.ask("GET", "/v1/courses/123")
    assert answer.body == {
        "error": {
            "code": 404,
            "message": "Requested entity was not found.",
            "errors": [
                {
                    "message": "Requested entity was not found.",
                    "domain": "global",
                    "reason": "notFound",
                }
            ],
            "status": "NOT_FOUND",
        }
    }


def test_without_the_errors_array(box: Box) -> None:
    box.sim.switches = Switches(errors_array=False)
    assert "errors" not in box.ask("GET", "/v1/courses/123").body["error"]


PRECONDITION = "400 FAILED_PRECONDITION"
DENIED = "403 PERMISSION_DENIED"


@pytest.mark.parametrize(
    ("before", "after", "words"),
    [
        pytest.param("PROVISIONED", "ACTIVE", {"admin": "200", "ada": "200", "tom": DENIED}),
        pytest.param("PROVISIONED", "DECLINED", {"admin": "200", "ada": "200", "tom": DENIED}),
        pytest.param("PROVISIONED", "ARCHIVED", {"admin": "200", "ada": PRECONDITION}),
        pytest.param("PROVISIONED", "PROVISIONED", {"admin": "200", "ada": "200"}),
        pytest.param("DECLINED", "PROVISIONED", {"admin": "200", "ada": "200", "tom": DENIED}),
        pytest.param("DECLINED", "ACTIVE", {"admin": PRECONDITION, "ada": PRECONDITION}),
        pytest.param("DECLINED", "ARCHIVED", {"admin": PRECONDITION}),
        pytest.param("DECLINED", "DECLINED", {"admin": "200"}),
        pytest.param(
            "ACTIVE", "ARCHIVED", {"admin": "200", "ada": "200", "tom": "200", "sue": DENIED}
        ),
        pytest.param("ACTIVE", "PROVISIONED", {"admin": PRECONDITION}),
        pytest.param("ACTIVE", "DECLINED", {"admin": PRECONDITION}),
        pytest.param("ACTIVE", "SUSPENDED", {"admin": "400 INVALID_ARGUMENT"}),
        pytest.param("ARCHIVED", "ACTIVE", {"admin": "200", "ada": "200", "tom": "200"}),
        pytest.param("ARCHIVED", "PROVISIONED", {"admin": PRECONDITION}),
        pytest.param("ARCHIVED", "ARCHIVED", {"admin": "200"}),
    ],
)
def test_which_state_follows_which(before: str, after: str, words: dict[str, str]) -> None:
    for who, word in words.items():
        box = Box()
        course = box.everybody()
        record = box.sim.state.courses[course]
        box.sim.state.put_course(replace(record, state=before))
        assert box.state(course, after, who=who).word == word, who
        assert box.sim.state.courses[course].state == (after if word == "200" else before)


@pytest.mark.parametrize(
    ("switches", "who", "word"),
    [
        pytest.param(Switches(provisioned_to_archived="nobody"), "admin", PRECONDITION),
        pytest.param(Switches(provisioned_to_archived="owner"), "ada", "200"),
    ],
)
def test_archiving_a_course_that_waits(switches: Switches, who: str, word: str) -> None:
    box = Box(switches=switches)
    course = box.course(state="PROVISIONED")
    assert box.state(course, "ARCHIVED", who=who).word == word


def test_a_co_teacher_may_not_archive_by_switch(box: Box) -> None:
    course = box.everybody()
    box.sim.switches = Switches(co_teacher_may_archive=False)
    assert box.state(course, "ARCHIVED", who="tom").word == DENIED


def test_a_consumer_accepts_on_the_page_only(box: Box) -> None:
    body = {"name": "B", "ownerId": "me"}
    course = box.ask("POST", "/v1/courses", body, who="eve").body["id"]
    assert box.state(course, "ACTIVE", who="eve").word == f"{DENIED} CourseStateDenied"
    assert box.hand("POST", f"courses/{course}/accept").status == 200


def test_the_calendar_comes_with_the_first_activity(box: Box) -> None:
    course = box.course(state="PROVISIONED")
    assert "calendarId" not in box.ask("GET", f"/v1/courses/{course}").body
    box.state(course, "ACTIVE")
    box.state(course, "ARCHIVED")
    assert "calendarId" in box.ask("GET", f"/v1/courses/{course}").body


@pytest.mark.parametrize(
    ("mask", "body", "word"),
    [
        pytest.param("name", {"name": "New"}, "200", id="name"),
        pytest.param("name,section", {"name": "New", "section": "2"}, "200", id="two"),
        pytest.param("course_state", {"courseState": "ARCHIVED"}, "200", id="snake"),
        pytest.param("section", {}, "200", id="clear"),
        pytest.param("name", {}, "400 INVALID_ARGUMENT", id="clear name"),
        pytest.param(None, {"name": "New"}, "400 INVALID_ARGUMENT", id="no mask"),
        pytest.param("", {"name": "New"}, "400 INVALID_ARGUMENT", id="empty mask"),
        pytest.param("id", {"id": "d:x"}, "400 INVALID_ARGUMENT", id="id"),
        pytest.param("enrollmentCode", {}, "400 INVALID_ARGUMENT", id="read-only"),
        pytest.param("title", {}, "400 INVALID_ARGUMENT", id="unknown"),
        pytest.param("courseState", {"courseState": ""}, "400 INVALID_ARGUMENT", id="no state"),
    ],
)
def test_update_masks(box: Box, mask: str | None, body: dict[str, str], word: str) -> None:
    course = box.course(section="1")
    query = {} if mask is None else {"updateMask": mask}
    assert box.ask("PATCH", f"/v1/courses/{course}", body, **query).word == word


def test_a_patch_changes_what_the_mask_names_and_nothing_else(box: Box) -> None:
    course = box.course(section="1", room="7")
    before = box.ask("GET", f"/v1/courses/{course}").body
    box.clock.move(5)
    path, body = f"/v1/courses/{course}", {"name": "New", "room": "8"}
    box.ask("PATCH", path, body, updateMask="name,section", who="tom")
    after = box.ask("PATCH", path, body, updateMask="name,section").body
    expected = {**before, "name": "New", "updateTime": "2027-01-15T08:00:05.000Z"}
    expected["teacherFolder"] = {**before["teacherFolder"], "title": "New"}
    del expected["section"]
    assert after == expected == box.ask("GET", f"/v1/courses/{course}").body


def test_a_patch_that_changes_nothing_leaves_the_time(box: Box) -> None:
    course = box.course()
    box.clock.move(5)
    assert box.patch(course, name="Biology").body["updateTime"] == "2027-01-15T08:00:00.000Z"


@pytest.mark.parametrize("who", ["sue", "sam", "eve"])
def test_who_may_not_patch(box: Box, who: str) -> None:
    assert box.patch(box.everybody(), who=who, name="Mine").word == DENIED


@pytest.mark.parametrize("state", ["ARCHIVED", "DECLINED"])
def test_a_course_that_cannot_be_modified(box: Box, state: str) -> None:
    course = box.course(state=state)
    assert box.patch(course, name="New").word == f"{PRECONDITION} CourseNotModifiable"
    assert box.ask("PUT", f"/v1/courses/{course}", {"name": "New"}).word.endswith("Modifiable")


def test_a_course_is_restored_and_renamed_at_once(box: Box) -> None:
    course = box.course(state="ARCHIVED")
    answer = box.patch(course, courseState="ACTIVE", name="New")
    assert (answer.body["courseState"], answer.body["name"]) == ("ACTIVE", "New")


def test_a_put_clears_what_it_leaves_out_but_levels(box: Box) -> None:
    course = box.course(section="1", room="7", levels="K-2", subject="Life")
    path = f"/v1/courses/{course}"
    body = box.ask("PUT", path, {"name": "New", "ownerId": PEOPLE["tom"], "room": "8"}).body
    names = ("name", "section", "room", "levels", "subject", "ownerId", "courseState")
    assert {name: body.get(name) for name in names} == {
        "name": "New",
        "section": None,
        "room": "8",
        "levels": "K-2",
        "subject": None,
        "ownerId": box.ids["ada"],
        "courseState": "ACTIVE",
    }
    assert box.ask("PUT", path, {"courseState": "ARCHIVED"}).word == "400 INVALID_ARGUMENT"


def test_a_put_by_switch(box: Box) -> None:
    course = box.everybody()
    box.sim.switches = Switches(update_needs_name=False, update_ignores_owner=False)
    body = {"courseState": "ACTIVE", "ownerId": PEOPLE["tom"]}
    answer = box.ask("PUT", f"/v1/courses/{course}", body)
    assert (answer.body["name"], answer.body["ownerId"]) == ("Biology", box.ids["tom"])


@pytest.mark.parametrize("state", ["PROVISIONED", "ACTIVE", "DECLINED", "ARCHIVED"])
def test_only_an_archived_course_can_be_deleted(box: Box, state: str) -> None:
    course = box.course(state=state)
    answer = box.ask("DELETE", f"/v1/courses/{course}")
    if state == "ARCHIVED":
        assert (answer.status, answer.body) == (200, {})
        assert box.ask("GET", f"/v1/courses/{course}").status == 404
    else:
        assert answer.body["error"]["message"] == "Precondition check failed."


@pytest.mark.parametrize(
    ("who", "word"), [("admin", "200"), ("ada", "200"), ("tom", DENIED), ("sam", DENIED)]
)
def test_who_may_delete(box: Box, who: str, word: str) -> None:
    course = box.everybody()
    box.state(course, "ARCHIVED")
    assert box.ask("DELETE", f"/v1/courses/{course}", who=who).word == word


def test_an_administrator_may_not_delete_by_switch(box: Box) -> None:
    course = box.course(state="ARCHIVED")
    box.sim.switches = Switches(admin_may_delete=False)
    assert box.ask("DELETE", f"/v1/courses/{course}").word == DENIED


def test_lists_are_filtered(box: Box) -> None:
    first = box.everybody()
    second = box.course("tom", state="PROVISIONED")
    third = box.course("ada", state="ARCHIVED")

    def found(who: str = "admin", **query: object) -> list[str]:
        answer = box.ask("GET", "/v1/courses", who=who, **query)
        return [course["id"] for course in answer.body.get("courses", [])]

    assert found() == [third, second, first]
    assert found(teacherId=PEOPLE["tom"]) == [second, first]
    assert found(studentId=box.ids["sue"]) == [first]
    assert found(courseStates=["PROVISIONED", "ARCHIVED"]) == [third, second]
    assert found("tom", teacherId="me") == found("tom") == [second, first]
    assert found("ada", teacherId=PEOPLE["tom"]) == [first]
    assert found("sam") == []
    assert box.ask("GET", "/v1/courses", who="sam").body == {}
    both = box.ask("GET", "/v1/courses", teacherId="me", studentId="me")
    assert both.word == f"{PRECONDITION} ListCoursesStudentAndTeacherFilter"
    assert box.ask("GET", "/v1/courses", teacherId=f"x@{DOMAIN}").word == "404 NOT_FOUND"
    assert box.ask("GET", "/v1/courses", courseStates="OPEN").word == "400 INVALID_ARGUMENT"


def test_an_administrator_does_not_see_courses_of_elsewhere(box: Box) -> None:
    course = box.ask("POST", "/v1/courses", {"name": "B", "ownerId": "me"}, who="eve").body["id"]
    assert box.ask("GET", f"/v1/courses/{course}").word == DENIED
    assert box.ask("GET", "/v1/courses").body == {}


@pytest.mark.parametrize(
    ("switches", "sizes"),
    [
        pytest.param(Switches(), [4, 4, 3], id="calm"),
        pytest.param(Switches(short_page_rate=1), None, id="short pages"),
        pytest.param(Switches(empty_last_page=True), [4, 4, 3, 0], id="an empty last page"),
        pytest.param(Switches(largest_page=2), [2, 2, 2, 2, 2, 1], id="small pages"),
    ],
)
def test_pages_to_the_end(switches: Switches, sizes: list[int] | None) -> None:
    box = Box(switches=switches)
    courses = [box.course(name=f"C{number}") for number in range(11)]
    found: list[str] = []
    pages: list[int] = []
    token = ""
    while True:
        query = {"pageToken": token} if token else {}
        answer = box.ask("GET", "/v1/courses", pageSize=4, **query)
        found += [course["id"] for course in answer.body.get("courses", [])]
        pages.append(len(answer.body.get("courses", [])))
        token = answer.body.get("nextPageToken", "")
        if not token:
            break
    assert found == courses[::-1]
    if sizes is None:
        assert all(size < 4 for size in pages)
        assert len(pages) > 3
    else:
        assert pages == sizes


def test_the_size_of_a_page_that_nobody_has_asked_for() -> None:
    box = Box(switches=Switches(courses_page=2))
    for _ in range(3):
        box.course()
    assert len(box.ask("GET", "/v1/courses").body["courses"]) == 2
    assert len(box.ask("GET", "/v1/courses", pageSize=3).body["courses"]) == 3


@pytest.mark.parametrize(
    ("query", "who", "status"),
    [
        pytest.param({"pageSize": 1}, "admin", 200, id="the same"),
        pytest.param({"pageSize": 1, "fields": "courses(id)"}, "admin", 200, id="other fields"),
        pytest.param({"pageSize": 2}, "admin", 400, id="other size"),
        pytest.param({"pageSize": 1, "courseStates": "ACTIVE"}, "admin", 400, id="other filter"),
        pytest.param({"pageSize": 1}, "ada", 400, id="other caller"),
    ],
)
def test_a_page_token_is_bound(box: Box, query: dict[str, object], who: str, status: int) -> None:
    box.course()
    box.course()
    token = box.ask("GET", "/v1/courses", pageSize=1).body["nextPageToken"]
    assert box.ask("GET", "/v1/courses", who=who, pageToken=token, **query).status == status


@pytest.mark.parametrize("token", ["x", "e30=", "WzEsMiwzXQ==", "!"])
def test_a_page_token_that_was_never_given(box: Box, token: str) -> None:
    assert box.ask("GET", "/v1/courses", pageToken=token).word == "400 INVALID_ARGUMENT"


def test_a_page_token_ends_after_three_days(box: Box) -> None:
    box.sim.switches = Switches(token_lifetime=10**6)
    box.course()
    box.course()
    token = box.ask("GET", "/v1/courses", pageSize=1).body["nextPageToken"]
    box.clock.move(3 * 86_400)
    assert box.ask("GET", "/v1/courses", pageSize=1, pageToken=token).status == 400


def test_new_courses_do_not_disturb_pages(box: Box) -> None:
    old = [box.course(), box.course()]
    token = box.ask("GET", "/v1/courses", pageSize=1).body["nextPageToken"]
    box.course()
    page = box.ask("GET", "/v1/courses", pageSize=1, pageToken=token).body
    assert [course["id"] for course in page["courses"]] == [old[0]]


def test_a_negative_page_size(box: Box) -> None:
    assert box.ask("GET", "/v1/courses", pageSize=-1).word == "400 INVALID_ARGUMENT"
