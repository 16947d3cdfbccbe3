"""The methods of classroom.courses.teachers and classroom.courses.students."""

from collections.abc import Iterator

from policy.simulator.activities import ADDED, JOINED, REMOVED, record_member
from policy.simulator.courses import page_size
from policy.simulator.pages import answer_page, cursor
from policy.simulator.profiles import profile_json
from policy.simulator.refusals import (
    JsonObject,
    denied,
    exists,
    insufficient_scope,
    not_found,
    not_today,
    precondition,
)
from policy.simulator.rules import (
    FROZEN,
    STAFF,
    Standing,
    check_mended,
    course_at_home,
    find_course,
    find_person,
    is_admin,
    standing,
)
from policy.simulator.state import Course, Person, Role, Seat
from policy.simulator.world import Call, Handler, World

ROSTERS = "https://www.googleapis.com/auth/classroom.rosters"
USUAL_PAGE = 30
DAY = 86_400.0


def creator(role: Role) -> Handler:
    """POST /v1/courses/{courseId}/teachers or students: an administrator adds a member directly,
    or somebody joins as a student with the enrolment code."""

    def create(call: Call) -> JsonObject:
        _check_scope(call)
        course = _course_to_join(call, role)
        person = find_person(call, call.text("userId") or "")
        joins = role is Role.STUDENT and bool(call.word("enrollmentCode"))
        if joins:
            _check_code(call, course, person)
        elif standing(call.world, call.caller, course) is not Standing.ADMIN:
            raise denied("CannotDirectAddUser" if _from_elsewhere(call, course) else None)
        if person is None:
            raise not_found() if call.switches.unknown_member_status == 404 else denied()
        if not joins:
            _check_direct_add(call, course, person)
        _check_room(call.world, course, person, role)
        refusal = call.world.weather.join(person.id, now=call.now, switches=call.switches)
        if refusal is not None:
            raise refusal
        seat = call.state.add_seat(role, course, person.id, now=call.now)
        event = JOINED if joins else ADDED
        record_member(call.world, event, course, actor=call.caller, user=person.id, role=role)
        return _member_json(call, course, seat)

    return create


def getter(role: Role) -> Handler:
    """GET /v1/courses/{courseId}/teachers/{userId} or students/{userId}"""

    def get(call: Call) -> JsonObject:
        course = find_course(call, call.path["courseId"])
        return _member_json(call, course, _seat(call, course, role))

    return get


def lister(role: Role, name: str) -> Handler:
    """GET /v1/courses/{courseId}/teachers or students"""

    def list_members(call: Call) -> JsonObject:
        course = find_course(call, call.path["courseId"])
        return answer_page(
            call,
            name,
            _seats(call, course, role),
            size=page_size(call, usual=USUAL_PAGE),
            place=lambda seat: seat.number,
            shown=lambda seat: _member_json(call, course, seat),
        )

    return list_members


def remover(role: Role) -> Handler:
    """DELETE /v1/courses/{courseId}/teachers/{userId} or students/{userId}"""

    def delete(call: Call) -> JsonObject:
        course = find_course(call, call.path["courseId"])
        person = find_person(call, call.path["userId"])
        if not _may_remove(call, course, person):
            raise denied()
        seat = _seat(call, course, role)
        _check_removal(call, course, seat, role)
        call.state.remove_seat(role, course, seat.user)
        record_member(call.world, REMOVED, course, actor=call.caller, user=seat.user, role=role)
        return {}

    return delete


def _check_scope(call: Call) -> None:
    if ROSTERS not in call.scopes and not call.switches.profile_scopes_may_enrol:
        raise insufficient_scope(
            frozenset({ROSTERS}), service=call.method.service, method=call.method.id
        )


def _course_to_join(call: Call, role: Role) -> Course:
    """The course; who has its enrolment code needn't be in it to see it."""
    key = call.path["courseId"]
    code = call.word("enrollmentCode")
    course = call.state.course(key)
    if role is Role.STUDENT and code and course is not None and course.state == "ACTIVE":
        check_mended(call, course)
        return course
    return find_course(call, key)


def _check_code(call: Call, course: Course, person: Person | None) -> None:
    if person is None or person.id != call.caller.id:
        raise denied()
    if call.word("enrollmentCode") != course.code:
        raise denied()


def _from_elsewhere(call: Call, course: Course) -> bool:
    """Whether the caller would be in charge here if the course weren't of another domain."""
    return is_admin(call.world, call.caller) and not course_at_home(call.world, course)


def _check_direct_add(call: Call, course: Course, person: Person) -> None:
    """Raises Refusal unless both the person and the course are of the caller's domain."""
    world, switches = call.world, call.switches
    if not (world.at_home(person) and course_at_home(world, course)):
        raise denied("CannotDirectAddUser")
    if call.now < person.since + switches.fresh_account and world.befalls(
        switches.fresh_account_rate, "fresh", person.id
    ):
        unknown = world.befalls(switches.fresh_account_404_rate, "unknown", person.id)
        raise not_found() if unknown else denied("CannotDirectAddUser")
    if world.weather.happens(switches.known_user_404_rate):
        raise not_found()
    if not (person.classroom or switches.classroom_off_can_join):
        raise denied("CannotDirectAddUser")


def _check_room(world: World, course: Course, person: Person, role: Role) -> None:
    """Raises Refusal unless the course can take this person in this role."""
    state, switches = world.state, world.switches
    if state.is_member(course, person.id):
        raise exists()
    if course.state in FROZEN or (
        course.state == "PROVISIONED" and not switches.provisioned_takes_members
    ):
        raise precondition("CourseNotModifiable")
    if not person.active:
        raise precondition()
    if not state.people[course.owner].active:
        raise precondition("InactiveCourseOwner")
    teachers, students = (len(state.seats[each][course.id]) for each in Role)
    if role is Role.TEACHER and teachers >= switches.course_teachers:
        raise precondition("CourseTeacherLimitReached")
    if teachers + students >= switches.course_members:
        raise precondition("CourseMemberLimitReached")
    joined = sum(len(state.courses_of[each].get(person.id, ())) for each in Role)
    if joined >= switches.user_courses:
        raise precondition("UserGroupsMembershipLimitReached")
    if switches.user_joins_per_day and _joined_today(world, person) >= switches.user_joins_per_day:
        raise not_today("UserCourseJoinRateLimitReached")


def _joined_today(world: World, person: Person) -> int:
    state, since = world.state, world.time.now() - DAY
    return sum(
        state.seats[role][course][person.id].since > since
        for role in Role
        for course in state.courses_of[role].get(person.id, ())
    )


def _seat(call: Call, course: Course, role: Role) -> Seat:
    """The seat that the path names. Raises Refusal (404)."""
    key = call.path["userId"]
    person = call.caller if key == "me" else call.state.person(key)
    seat = call.state.seat(role, course, person.id) if person else None
    if seat is None:
        raise not_found()
    return seat


def _may_remove(call: Call, course: Course, person: Person | None) -> bool:
    if person is not None and person.id == call.caller.id:
        return True
    return standing(call.world, call.caller, course) in STAFF


def _check_removal(call: Call, course: Course, seat: Seat, role: Role) -> None:
    if course.state in FROZEN and call.switches.archived_keeps_members:
        raise precondition("CourseNotModifiable")
    if role is not Role.TEACHER:
        return
    if seat.user == course.owner:
        raise precondition("CannotRemoveCourseOwner")
    if not call.state.people[course.owner].active:
        raise precondition("CannotRemoveTeacherWithNoCourseOwner")
    if seat.user == course.owner_before and call.now < course.transferred:
        raise precondition("CannotRemoveCourseOwnerTransferIncomplete")


def _seats(call: Call, course: Course, role: Role) -> Iterator[Seat]:
    """The seats after the cursor, in the order in which people came."""
    after = cursor(call, int)
    state, suspended = call.state, call.switches.suspended_listed
    for seat in state.seats[role][course.id].values():
        if after is not None and seat.number <= after:
            continue
        if (suspended or state.people[seat.user].active) and not _hidden(call, seat.user):
            yield seat


def _hidden(call: Call, user: str) -> bool:
    """Whether an administrator isn't told of this member from elsewhere."""
    rate = call.switches.foreign_members_hidden_rate
    if not rate or call.world.at_home(call.state.people[user]):
        return False
    return is_admin(call.world, call.caller) and call.world.befalls(rate, "hidden", user)


def _member_json(call: Call, course: Course, seat: Seat) -> JsonObject:
    person = call.state.people[seat.user]
    return {
        "courseId": course.id,
        "userId": person.id,
        "profile": profile_json(call, person),
    }
