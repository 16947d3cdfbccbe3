"""Reads the world before a night: accounts, base and Classroom, as the merge's records.

Here the rooms' values meet: what `google` and `store` give becomes what `merge` looks at.
"""

from collections.abc import Iterable, Mapping, Sequence

from policy.google.base import Account, Classroom, Course, Members
from policy.merge.compare import OPEN
from policy.merge.judge import Evening
from policy.merge.people import AccountFacts
from policy.merge.records import Base, Desired, Fields, Live, State, User
from policy.store.base import BaseCourse

_NOBODY = Members(frozenset(), frozenset())


def account_facts(account: Account) -> AccountFacts:
    """An account, as people are matched to it."""
    user = User(id=account.id, email=account.emails[0], name=account.name)
    return AccountFacts(user=user, emails=account.emails, suspended=account.suspended)


def base_record(row: BaseCourse) -> Base:
    """A base row, as courses are compared with it."""
    return Base(
        alias=row.alias,
        course_id=row.course_id,
        section_key=row.section_key,
        school_key=row.school_key,
        fields=Fields(row.name, row.section, row.room),
        owner=row.owner,
        teachers=row.teachers,
        students=row.students,
        kept=row.kept,
    )


def base_row(base: Base) -> BaseCourse:
    """The row that keeps a base record."""
    return BaseCourse(
        alias=base.alias,
        course_id=base.course_id,
        section_key=base.section_key,
        school_key=base.school_key,
        name=base.fields.name,
        section=base.fields.section,
        room=base.fields.room,
        owner=base.owner,
        teachers=base.teachers,
        students=base.students,
        kept=base.kept,
    )


def read_evening(
    classroom: Classroom,
    bases: Mapping[str, Base],
    desired: Sequence[Desired],
    *,
    revision: int,
) -> Evening:
    """Read from Classroom what the wanted courses need, and no more.

    1. All courses of the domain, page by page: names and states.
    2. Ours that are missing there are asked for by id (a list may lag behind).
    3. Wanted ones without a base are asked for by alias, if there is any course that is not
       ours: with an alias of ours it would not be ours either, and must not be made again.
    4. The members of the wanted courses that are open.
    """
    courses = {course.id: course for course in classroom.courses()}
    wanted = {want.alias: bases.get(want.alias) for want in desired}
    ours = {alias: base.course_id for alias, base in wanted.items() if base is not None}
    lost = [course_id for course_id in ours.values() if course_id not in courses]
    courses.update(classroom.find(lost) if lost else {})
    found = {alias: courses[key] for alias, key in ours.items() if key in courses}
    known = {base.course_id for base in bases.values()}
    if any(course_id not in known for course_id in courses):
        found |= classroom.find([alias for alias, base in wanted.items() if base is None])
    members = classroom.members(_open(found[alias] for alias in ours if alias in found))
    return Evening(
        bases=bases,
        lives={
            alias: _live(course, members.get(course.id, _NOBODY))
            for alias, course in found.items()
            if alias not in ours or course.id in members or not _is_open(course)
        },
        gone=frozenset(
            alias
            for alias, base in bases.items()
            if alias not in wanted and base.course_id not in courses
        ),
        revision=revision,
    )


def _is_open(course: Course) -> bool:
    return State(course.state.value) in OPEN


def _open(courses: Iterable[Course]) -> list[str]:
    return [course.id for course in courses if _is_open(course)]


def _live(course: Course, members: Members) -> Live:
    return Live(
        course_id=course.id,
        fields=Fields(course.name, course.section, course.room),
        state=State(course.state.value),
        owner=course.owner,
        teachers=members.teachers,
        students=members.students,
    )
