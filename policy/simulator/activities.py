"""The audit log of Classroom: which changes leave an activity, and what is kept of it.

Renames, sections, rooms, aliases, and a waiting course that is accepted or declined leave none.
"""

import math

from policy.simulator.state import Activity, Course, Person, Role
from policy.simulator.world import World

KEPT = 180 * 86_400.0  # seconds; Google reports no activity that is older

ADDED = "user_added_to_course"
JOINED = "user_joined_course"
REMOVED = "user_removed_from_course"  # also who leaves
CREATED = "created_course"
DELETED = "deleted_course"
ARCHIVED = "archived_course"
RESTORED = "restored_course"
ROSTER_EVENTS = frozenset({ADDED, JOINED, REMOVED})
COURSE_EVENTS = frozenset({CREATED, DELETED, ARCHIVED, RESTORED})

# From one state to another; every other step is in no log.
STEPS = {("ACTIVE", "ARCHIVED"): ARCHIVED, ("ARCHIVED", "ACTIVE"): RESTORED}


def record_member(
    world: World, event: str, course: Course, *, actor: Person, user: str, role: str
) -> None:
    """Somebody has come into a course or gone out of it; `event` is one of ROSTER_EVENTS."""
    email = world.state.people[user].email
    _record(world, event, course, actor=actor, role=role.lower(), users=(email,))


def record_course(world: World, event: str, course: Course, *, actor: Person) -> None:
    """A course was made, deleted, archived or restored; `event` is one of COURSE_EVENTS."""
    _record(world, event, course, actor=actor)


def record_step(world: World, before: Course, after: Course, *, actor: Person) -> None:
    """A course has another state, which may be worth a line in the log."""
    event = STEPS.get((before.state, after.state))
    if event is not None:
        record_course(world, event, after, actor=actor)


def record_owner(world: World, course: Course, *, former: str, actor: Person) -> None:
    """A course has another owner. No page says that Google logs this: a switch."""
    if world.switches.owner_change_reported:
        record_member(world, ADDED, course, actor=actor, user=course.owner, role="OWNER")
    if not world.state.seat(Role.TEACHER, course, former):
        record_member(world, REMOVED, course, actor=actor, user=former, role=Role.TEACHER)


def _record(
    world: World,
    event: str,
    course: Course,
    *,
    actor: Person,
    role: str = "",
    users: tuple[str, ...] = (),
) -> None:
    switches, now = world.switches, world.time.now()
    if world.weather.happens(switches.reports_lost_rate):
        return
    lag = switches.reports_lag
    if lag and switches.reports_shuffled:
        lag *= world.random.random()
    activity = Activity(
        number=world.state.next_activity(),
        when=math.floor(now * 1_000) / 1_000,  # as it is told
        event=event,
        course=course.id,
        title=course.texts["name"],
        role=role,
        actor=actor.id,
        email=actor.email,
        users=users,
        seen_from=now + lag,
    )
    world.state.add_activity(activity, oldest=now - KEPT)
