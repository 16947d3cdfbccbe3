"""Is Classroom still as it was when a plan was made? Reads what the plan would change, no more."""

from collections.abc import Mapping, Sequence

from policy.errors import StalePlan
from policy.google.base import Classroom, Course, CourseState, Members, Unreadable
from policy.merge.plan import Change, Kind, Plan
from policy.run.asking import ADDS
from policy.run.writing import is_claim, is_unclaiming, user_of

SHOWN = 5
SEATS = {
    Kind.TEACHER_ADD: "teacher",
    Kind.TEACHER_REMOVE: "teacher",
    Kind.STUDENT_ADD: "student",
    Kind.STUDENT_REMOVE: "student",
}
_OPEN = (CourseState.ACTIVE, CourseState.PROVISIONED)
_STEPS = (Kind.COURSE_ARCHIVE, Kind.COURSE_RESTORE)


def refuse_moved(plan: Plan, classroom: Classroom) -> None:
    """Raise StalePlan, naming each record that is not as it was when the plan was made."""
    changes = [change for change in plan.changes if change.course.id is not None]
    if not changes:
        return
    moved = dict.fromkeys(
        f"“{change.course.name}” ({word})" for change, word in _moved(changes, classroom)
    )
    if moved:
        more = f" and {len(moved) - SHOWN:,} more" if len(moved) > SHOWN else ""
        raise StalePlan(
            f"plan {plan.id} is older than Classroom: changed since are "
            f"{', '.join(list(moved)[:SHOWN])}{more}. Make a new plan."
        )


def _moved(changes: Sequence[Change], classroom: Classroom) -> list[tuple[Change, str]]:
    courses = {course.id: course for course in classroom.courses()}
    opened = {c.course.id for c in changes if c.kind is Kind.COURSE_RESTORE}
    there = [(c, courses.get(c.course.id or "")) for c in changes]
    words = [(c, _course_word(c, course, is_opened=c.course.id in opened)) for c, course in there]
    if not any(word for _, word in words):
        words = _seat_words(changes, classroom)
    return [(change, word) for change, word in words if word]


def _course_word(change: Change, course: Course | None, *, is_opened: bool) -> str:
    """Which of a course's own records is not as it was; empty if none."""
    if course is None:
        return "it is gone"
    if change.kind in _STEPS:
        return "" if change.before in (None, course.state.value) else "state"
    if course.state not in _OPEN and not is_opened:
        return "state"
    if change.kind is Kind.COURSE_UPDATE and not (is_claim(change) or is_unclaiming(change)):
        field = change.field or "name"
        return "" if getattr(course, field) == change.before else field
    if change.kind is Kind.COURSE_OWNER:
        return "" if course.owner == change.before else "owner"
    return ""


def _seat_words(changes: Sequence[Change], classroom: Classroom) -> list[tuple[Change, str]]:
    seats = [change for change in changes if change.kind in SEATS]
    ids = sorted({change.course.id or "" for change in seats})
    members = classroom.members(ids) if ids else {}
    return [(change, _seat_word(change, members)) for change in seats]


def _seat_word(change: Change, members: Mapping[str, Members | Unreadable]) -> str:
    inside = members.get(change.course.id or "")
    if isinstance(inside, Unreadable):
        return "it can't be read"
    role, user = SEATS[change.kind], user_of(change)
    family = frozenset[str]()
    if inside is not None:
        family = inside.teachers if role == "teacher" else inside.students
    if (user in family) is (change.kind not in ADDS):
        return ""
    who = change.person.name or user if change.person else user
    return f"{who} is in it already" if change.kind in ADDS else f"{who} is not in it any more"
