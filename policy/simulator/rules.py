"""Who may see and do what: the caller's standing in a course, and the course a call means."""

from enum import Enum

from policy.simulator.refusals import Refusal, denied, internal, not_found
from policy.simulator.state import Course, Person, Role
from policy.simulator.switches import Switches
from policy.simulator.world import Call, World


class Standing(Enum):
    """What a caller is to a course; the first that fits counts."""

    ADMIN = "administrator of the course's domain"
    OWNER = "owner"
    TEACHER = "co-teacher"
    STUDENT = "student"
    OUTSIDER = "outsider"


STAFF = frozenset({Standing.ADMIN, Standing.OWNER, Standing.TEACHER})
IN_CHARGE = frozenset({Standing.ADMIN, Standing.OWNER})
ONLY_IN_CHARGE_SEES = frozenset({"PROVISIONED", "DECLINED"})
FROZEN = frozenset({"ARCHIVED", "DECLINED", "SUSPENDED"})  # no change but to another state


def standing(world: World, person: Person, course: Course) -> Standing:
    """What this person is to this course."""
    if is_admin(world, person) and course_at_home(world, course):
        return Standing.ADMIN
    if course.owner == person.id:
        return Standing.OWNER
    if world.state.seat(Role.TEACHER, course, person.id):
        return Standing.TEACHER
    if world.state.seat(Role.STUDENT, course, person.id):
        return Standing.STUDENT
    return Standing.OUTSIDER


def is_admin(world: World, person: Person) -> bool:
    """Whether this person administers the Workspace account."""
    return person.admin and world.at_home(person)


def course_at_home(world: World, course: Course) -> bool:
    """Whether a course belongs to the Workspace account: its owner does."""
    owner = world.state.people.get(course.owner)
    return owner is not None and world.at_home(owner)


def sees(world: World, person: Person, course: Course) -> bool:
    """Whether a course shows itself to this person."""
    if course.state == "SUSPENDED":
        return course.owner == person.id
    role = standing(world, person, course)
    if course.state in ONLY_IN_CHARGE_SEES:
        return role in IN_CHARGE
    return role is not Standing.OUTSIDER


def find_course(call: Call, key: str) -> Course:
    """The course with this id or alias, as far as the caller may see it. Raises Refusal."""
    world = call.world
    if key.startswith("d:") and not world.at_home(call.caller):
        raise no_course(call)
    course = world.state.course(key)
    if course is None or call.now < course.seen_from:
        raise no_course(call)
    if not sees(world, call.caller, course):
        raise _unseen(call)
    check_mended(call, course)
    return course


def no_course(call: Call) -> Refusal:
    """404: there is no such course; Google has two texts for it."""
    if call.world.weather.happens(call.switches.course_not_found_rate):
        return not_found("@CourseNotFound The course was not found.")
    return not_found()


def check_mended(call: Call, course: Course) -> None:
    """Raises Refusal (500) for a course that Google can't answer for, however often one asks."""
    world, switches = call.world, call.switches
    if course.broken or world.befalls(switches.broken_course_rate, "broken", course.id):
        raise internal()
    if world.state.people[course.owner].deleted and world.befalls(
        switches.ownerless_broken_rate, "ownerless", course.id
    ):
        raise internal()


def require(call: Call, course: Course, allowed: frozenset[Standing]) -> Standing:
    """The caller's standing. Raises Refusal (403) if it isn't one of those."""
    role = standing(call.world, call.caller, course)
    if role not in allowed:
        raise denied()
    return role


def may_create(world: World, person: Person, switches: Switches) -> bool:
    """Whether this person may make courses."""
    teaches = person.teacher or switches.who_may_create == "anyone"
    return world.at_home(person) and (teaches or person.admin)


def find_person(call: Call, key: str) -> Person | None:
    """The account that a userId means: an id, an address in any spelling, or `me`."""
    if key == "me":
        return call.caller
    person = call.state.person(key)
    return None if person is None or person.deleted else person


def _unseen(call: Call) -> Refusal:
    return denied() if call.switches.unseen_course_status == 403 else no_course(call)
