"""The methods of classroom.courses: what each does, and when it refuses."""

import base64
import re
from collections.abc import Iterator
from dataclasses import replace
from typing import cast

from policy.simulator.activities import (
    CREATED,
    DELETED,
    record_course,
    record_owner,
    record_step,
)
from policy.simulator.clock import rfc3339
from policy.simulator.masks import update_fields
from policy.simulator.pages import answer_page, cursor
from policy.simulator.refusals import (
    JsonObject,
    denied,
    exists,
    invalid,
    not_found,
    precondition,
)
from policy.simulator.rules import (
    FROZEN,
    IN_CHARGE,
    STAFF,
    Standing,
    course_at_home,
    find_course,
    find_person,
    is_admin,
    may_create,
    require,
    sees,
    standing,
)
from policy.simulator.state import Course, Person, Role
from policy.simulator.texts import TEXTS, read_texts
from policy.simulator.world import Call, World

PATCHABLE = frozenset({*TEXTS, "ownerId", "courseState"})
STATES = ("ACTIVE", "ARCHIVED", "PROVISIONED", "DECLINED")
UNSPECIFIED = "COURSE_STATE_UNSPECIFIED"
ALIAS = re.compile(r"[dp]:.+", re.DOTALL)
# Which state follows which; PROVISIONED to ARCHIVED is a switch.
STEPS = {
    ("PROVISIONED", "ACTIVE"),
    ("PROVISIONED", "DECLINED"),
    ("DECLINED", "PROVISIONED"),
    ("ACTIVE", "ARCHIVED"),
    ("ARCHIVED", "ACTIVE"),
}


def create(call: Call) -> JsonObject:
    """POST /v1/courses"""
    texts = read_texts(call.body, tuple(TEXTS))
    if "name" not in texts:
        raise invalid()
    asked = call.text("courseState")
    state = "PROVISIONED" if asked in (None, "", UNSPECIFIED) else str(asked)
    owner = _first_owner(call, state)
    alias = call.text("id")
    if alias is not None:
        check_alias(call, alias)
    refusal = call.world.weather.create(owner.id, now=call.now, switches=call.switches)
    if refusal is not None:
        raise refusal
    course = new_course(call.world, owner, texts=texts, state=state)
    if alias is not None:
        call.state.add_alias(alias, course)
    record_course(call.world, CREATED, course, actor=call.caller)
    return course_json(call, course)


def get(call: Call) -> JsonObject:
    """GET /v1/courses/{id}"""
    return course_json(call, find_course(call, call.path["id"]))


def patch(call: Call) -> JsonObject:
    """PATCH /v1/courses/{id}?updateMask=..."""
    names = update_fields(call.word("updateMask"), known=PATCHABLE)
    course = find_course(call, call.path["id"])
    return _change(call, course, names)


def update(call: Call) -> JsonObject:
    """PUT /v1/courses/{id}: what is not sent is cleared, but levels, owner and state are not."""
    course = find_course(call, call.path["id"])
    names = set(TEXTS) - {"levels"}
    if not call.text("name"):
        if call.switches.update_needs_name:
            raise invalid()
        names.discard("name")
    sent = {"levels", "courseState"} & call.body.keys()
    if not call.switches.update_ignores_owner:
        sent |= {"ownerId"} & call.body.keys()
    return _change(call, course, tuple(names | sent))


def delete(call: Call) -> JsonObject:
    """DELETE /v1/courses/{id}"""
    course = find_course(call, call.path["id"])
    allowed = IN_CHARGE if call.switches.admin_may_delete else frozenset({Standing.OWNER})
    require(call, course, allowed)
    if course.state != "ARCHIVED":
        raise precondition()
    record_course(call.world, DELETED, course, actor=call.caller)
    call.state.remove_course(course, now=call.now, free_aliases=call.switches.alias_freed_by_delete)
    return {}


def list_courses(call: Call) -> JsonObject:
    """GET /v1/courses"""
    teacher, student = call.word("teacherId"), call.word("studentId")
    if teacher and student:
        raise precondition("ListCoursesStudentAndTeacherFilter")
    role = Role.TEACHER if teacher else Role.STUDENT if student else None
    person = _filtered_person(call, teacher or student)
    below = cursor(call, int)
    wanted = cast("tuple[str, ...]", call.query.get("courseStates", (*STATES, "SUSPENDED")))
    found = (
        course
        for course in _candidates(call, person, role, below)
        if course.state_shown(call.now) in wanted and _listed(call, course)
    )
    return answer_page(
        call,
        "courses",
        found,
        size=page_size(call, usual=call.switches.courses_page),
        place=lambda course: course.number,
        shown=lambda course: course_json(call, course),
    )


def check_alias(call: Call, alias: str) -> None:
    """Raises Refusal unless the caller may give a course this alias and it is free."""
    if not ALIAS.fullmatch(alias) or len(alias) > 256:
        raise invalid()
    if alias.startswith("d:"):
        if not call.world.at_home(call.caller):
            raise precondition()
        if not is_admin(call.world, call.caller):
            raise denied()
    if alias in call.state.aliases:
        raise exists()


def page_size(call: Call, *, usual: int) -> int:
    """How many items a page of this call has."""
    asked = call.size()
    if asked < 0:
        raise invalid()
    most = call.switches.largest_page
    size = asked or usual
    return max(1, min(size, most) if most else size)


def new_course(world: World, owner: Person, *, texts: dict[str, str], state: str) -> Course:
    """Make a course and its owner's seat."""
    now, switches = world.time.now(), world.switches
    hidden = switches.new_course_hidden > 0 and world.weather.happens(
        switches.new_course_hidden_rate
    )
    course = Course(
        id=world.new_id("6", digits=12),
        number=world.state.next_number(),
        texts=texts,
        owner=owner.id,
        state=state,
        code="".join(world.random.choices("abcdefghijklmnopqrstuvwxyz234567", k=7)),
        created=now,
        updated=now,
        seen_from=now + switches.new_course_hidden if hidden else 0.0,
        has_calendar=state == "ACTIVE",
    )
    world.state.add_course(course)
    world.state.add_seat(Role.TEACHER, course, owner.id, now=now)
    return course


def moved(course: Course, state: str, *, now: float) -> Course:
    """The course in another state."""
    calendar = course.has_calendar or state == "ACTIVE"
    return replace(course, state=state, updated=now, has_calendar=calendar)


def handed_over(course: Course, owner: str, *, now: float, takes: float) -> Course:
    """The course with another owner."""
    return replace(
        course, owner=owner, owner_before=course.owner, transferred=now + takes, updated=now
    )


def course_json(call: Call, course: Course) -> JsonObject:
    """A course as Google answers it to this caller."""
    home = call.world.domains[0]
    link = base64.b64encode(course.id.encode()).decode().rstrip("=")
    shown: JsonObject = {
        "id": course.id,
        **course.texts,
        "ownerId": course.owner,
        "creationTime": rfc3339(course.created),
        "updateTime": rfc3339(course.updated),
        "courseState": course.state_shown(call.now),
        "alternateLink": f"https://classroom.google.com/c/{link}",
        "teacherGroupEmail": f"course_teachers_{course.code}@{home}",
        "courseGroupEmail": f"course_{course.code}@{home}",
        "guardiansEnabled": False,
        "gradebookSettings": {
            "calculationType": "TOTAL_POINTS",
            "displaySetting": "HIDE_OVERALL_GRADE",
        },
    }
    if course.has_calendar:
        shown["calendarId"] = f"classroom{course.id}@group.calendar.google.com"
    if standing(call.world, call.caller, course) in STAFF:
        shown["enrollmentCode"] = course.code
        shown["teacherFolder"] = _folder(course)
    return shown


def _folder(course: Course) -> JsonObject:
    return {
        "id": f"folder-{course.id}",
        "title": course.texts["name"],
        "alternateLink": f"https://drive.google.com/drive/folders/folder-{course.id}",
    }


def _first_owner(call: Call, state: str) -> Person:
    """The owner of a course that is to be made. Raises Refusal."""
    key = call.text("ownerId")
    if not key or state not in STATES:
        raise invalid()
    owner, admin = find_person(call, key), is_admin(call.world, call.caller)
    if not admin and (owner is None or owner.id != call.caller.id):
        raise denied()
    _check_may_create(call, state)
    if owner is None:
        if call.switches.unknown_owner_status == 404:
            raise not_found()
        raise precondition("UserCannotOwnCourse")
    if admin and not call.world.at_home(owner):
        raise precondition("UserCannotOwnCourse")
    if not owner.active:
        raise precondition()
    if state == "ACTIVE" and not call.world.at_home(owner):
        raise denied("CourseStateDenied")
    if state in ("ARCHIVED", "DECLINED"):
        raise precondition()
    return owner


def _check_may_create(call: Call, state: str) -> None:
    """Raises Refusal (403) if the caller is none of those who make courses. Somebody from
    elsewhere may make one for himself, but not an active one."""
    world, caller = call.world, call.caller
    if world.at_home(caller) and not may_create(world, caller, call.switches):
        raise denied("CourseStateDenied" if state == "ACTIVE" else None)


def _change(call: Call, course: Course, names: tuple[str, ...]) -> JsonObject:
    """Change these fields of a course to what the body says; all of it or nothing."""
    role = require(call, course, STAFF)
    state = call.text("courseState") if "courseState" in names else course.state
    if state not in STATES and state != course.state:
        raise invalid()
    if course.state in FROZEN and state == course.state and set(names) != {"courseState"}:
        raise precondition("CourseNotModifiable")
    changed = _with_texts(call, course, names)
    if state is not None and state != course.state:
        _check_step(call, course, state, role)
        changed = _late(call, moved(changed, state, now=call.now), course)
    if "ownerId" in names:
        changed = _with_owner(call, changed, role)
    if changed is not course:
        call.state.put_course(changed)
        record_step(call.world, course, changed, actor=call.caller)
        if changed.owner != course.owner:
            record_owner(call.world, changed, former=course.owner, actor=call.caller)
    fresh = replace(changed, state_seen_from=0.0)
    return course_json(call, fresh)


def _with_texts(call: Call, course: Course, names: tuple[str, ...]) -> Course:
    wanted = read_texts(call.body, names)
    if "name" in names and "name" not in wanted:
        raise invalid()
    kept = {name: text for name, text in course.texts.items() if name not in names}
    texts = {name: text for name in TEXTS if (text := wanted.get(name, kept.get(name)))}
    if texts == course.texts:
        return course
    return replace(course, texts=texts, updated=call.now)


def _check_step(call: Call, course: Course, state: str, role: Standing) -> None:
    """Raises Refusal unless the caller may move the course from its state to this one."""
    if role is Standing.TEACHER and not call.switches.co_teacher_may_archive:
        raise denied()
    if state == "ACTIVE" and role is Standing.OWNER and not call.world.at_home(call.caller):
        raise denied("CourseStateDenied")
    if (course.state, state) == ("PROVISIONED", "ARCHIVED"):
        who = call.switches.provisioned_to_archived
        if who == "owner" or (who == "admin" and role is Standing.ADMIN):
            return
        raise precondition()
    if (course.state, state) not in STEPS:
        raise precondition()


def _late(call: Call, changed: Course, course: Course) -> Course:
    """The change of state, which reads may go on not showing for a while."""
    late = call.switches.state_late
    if late and call.world.weather.happens(call.switches.state_late_rate):
        return replace(
            changed, state_before=course.state_shown(call.now), state_seen_from=call.now + late
        )
    return replace(changed, state_before="", state_seen_from=0.0)


def _with_owner(call: Call, course: Course, role: Standing) -> Course:
    """The course with the owner that the body names. Raises Refusal."""
    if role is not Standing.ADMIN:
        raise denied()
    owner = find_person(call, call.text("ownerId") or "")
    if owner is not None and owner.id == course.owner:
        raise precondition("UserAlreadyOwner")
    former = call.state.people[course.owner]
    if former.deleted:
        raise precondition("InactiveCourseOwner")
    seat = call.state.seat(Role.TEACHER, course, owner.id) if owner else None
    if owner is None or seat is None or not (owner.active and call.world.at_home(owner)):
        raise precondition("IneligibleOwner")
    if call.now < seat.since + call.switches.owner_eligible_after:
        raise precondition("IneligibleOwner")
    if course.invited_owner:
        raise precondition("PendingInvitationExists")
    refusal = call.world.weather.hand_over(course.id, now=call.now, switches=call.switches)
    if refusal is not None:
        raise refusal
    if not call.switches.former_owner_stays:
        call.state.remove_seat(Role.TEACHER, course, course.owner)
    return handed_over(course, owner.id, now=call.now, takes=call.switches.owner_transfer_takes)


def _filtered_person(call: Call, key: str) -> Person | None:
    if not key:
        return None
    person = find_person(call, key)
    if person is None:
        raise not_found()
    return person


def _candidates(
    call: Call, person: Person | None, role: Role | None, below: int | None
) -> Iterator[Course]:
    """Courses that may be in a list, newest first, below a number."""
    state = call.state
    if person is None and is_admin(call.world, call.caller):
        yield from _with_deleted(call, below)
        return
    who = person or call.caller
    roles = (role,) if role else tuple(Role)
    ids = {course for each in roles for course in state.courses_of[each].get(who.id, ())}
    for course in sorted((state.courses[i] for i in ids), key=lambda c: -c.number):
        if below is None or course.number < below:
            yield course


def _with_deleted(call: Call, below: int | None) -> Iterator[Course]:
    """All courses and, for a while, those that have been deleted."""
    lasts = call.switches.deleted_course_listed
    if not lasts:
        yield from call.state.newest_first(below=below)
        return
    ghosts = [course for course, when in call.state.deleted.values() if call.now < when + lasts]
    living = call.state.newest_first(below=below)
    shown = [ghost for ghost in ghosts if below is None or ghost.number < below]
    yield from sorted((*living, *shown), key=lambda course: -course.number)


def _listed(call: Call, course: Course) -> bool:
    if course.id not in call.state.courses:
        return course_at_home(call.world, course)
    return call.now >= course.seen_from and sees(call.world, call.caller, course)
