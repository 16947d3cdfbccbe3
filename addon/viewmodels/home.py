"""A teacher's classes, sorted by what there is to do. Only classes that Rollbook made, and only
those that this teacher owns: the others are nobody's business here."""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta

from policy.google.base import Course, CourseState
from policy.store.base import BaseCourse, Decision

# Classroom may show the old state for a while after a click; then the click counts.
DECISION_COUNTS = timedelta(minutes=10)

# What a click says, and the older states that Classroom may still show.
OLDER = {
    CourseState.PROVISIONED: {CourseState.DECLINED},
    CourseState.ACTIVE: {CourseState.PROVISIONED, CourseState.DECLINED},
    CourseState.DECLINED: {CourseState.PROVISIONED},
}


@dataclass(frozen=True, slots=True)
class ClassLine:
    """One class. `students` is how many Rollbook has put into it."""

    course_id: str
    name: str
    section: str
    students: int
    link: str


@dataclass(frozen=True, slots=True)
class Home:
    """What the teacher's card shows. `problems` are sentences about what has just failed;
    `may_look`: does a role let this teacher see the administrator's card?"""

    waiting: tuple[ClassLine, ...] = ()
    accepted: tuple[ClassLine, ...] = ()
    declined: tuple[ClassLine, ...] = ()
    problems: tuple[str, ...] = ()
    may_look: bool = False

    @property
    def is_empty(self) -> bool:
        return not (self.waiting or self.accepted or self.declined)

    def find(self, course_id: str) -> tuple[ClassLine, CourseState] | None:
        """The class with this id and the state it is shown in."""
        shown = {
            CourseState.PROVISIONED: self.waiting,
            CourseState.ACTIVE: self.accepted,
            CourseState.DECLINED: self.declined,
        }
        for state, lines in shown.items():
            for line in lines:
                if line.course_id == course_id:
                    return line, state
        return None


def see_home(
    courses: Iterable[Course],
    base: Mapping[str, BaseCourse],
    decisions: Mapping[str, Decision],
    *,
    user_id: str,
    now: datetime,
    problems: tuple[str, ...] = (),
) -> Home:
    """Sort a teacher's classes. What the teacher has decided lately counts more than an older
    state that Classroom still shows."""
    lines: dict[CourseState, list[ClassLine]] = {state: [] for state in CourseState}
    for course in courses:
        if course.owner == user_id and course.id in base:
            state = state_now(course, decisions.get(course.id), now=now)
            lines[state].append(_line(course, base[course.id]))
    return Home(
        waiting=_in_order(lines[CourseState.PROVISIONED]),
        accepted=_in_order(lines[CourseState.ACTIVE]),
        declined=_in_order(lines[CourseState.DECLINED]),
        problems=problems,
    )


def state_now(course: Course, decision: Decision | None, *, now: datetime) -> CourseState:
    """The course's state as the teacher knows it."""
    if decision is None or now - decision.at > DECISION_COUNTS:
        return course.state
    decided = CourseState(decision.state)
    return decided if course.state in OLDER.get(decided, ()) else course.state


def _line(course: Course, base: BaseCourse) -> ClassLine:
    return ClassLine(
        course_id=course.id,
        name=course.name,
        section=course.section,
        students=len(base.students),
        link=course.link if course.link.startswith("https://") else "",
    )


def _in_order(lines: Iterable[ClassLine]) -> tuple[ClassLine, ...]:
    def order(line: ClassLine) -> tuple[str, str, str]:
        return line.name.casefold(), line.section.casefold(), line.course_id

    return tuple(sorted(lines, key=order))
