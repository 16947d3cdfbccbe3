"""Plans that are written by hand and applied to a simulated Classroom, change by change."""

import itertools
from collections.abc import Sequence
from dataclasses import replace

from building import plan
from policy.engine import World
from policy.merge.plan import Change, CourseRef, Kind, NewCourse
from policy.merge.records import Base, Fields, State, User
from policy.run.apply import Finished, Surroundings, apply_plan
from policy.store.base import BaseCourse
from telling import DOMAIN, Story

_NUMBERS = itertools.count(1)


def apply(world: World, *changes: Change) -> Finished:
    """Apply just these, as a run of its own."""
    around = Surroundings(
        classroom=world.classroom,
        store=world.store,
        clock=world.clock,
        sleep=world.sleep,
        progress=world.progress,
        chance=lambda: 0.5,
    )
    return apply_plan(plan(*changes), around, run_id=f"run-{next(_NUMBERS)}")


def person(story: Story, key: str) -> User:
    """Somebody of the small district, with the id that the simulator gave them."""
    email = f"{key}@{DOMAIN}"
    found = story.sim.state.person(email)
    assert found is not None, f"{key} has no account"
    return User(found.id, email, key.title())


def alias_of(section: str) -> str:
    return f"d:rollbook.maple.2027.{section}"


def new(story: Story, section: str, owner: str) -> Change:
    course = CourseRef(alias_of(section), None, section.title(), "sch", "Maple High")
    made = NewCourse(Fields(section.title(), "", ""), person(story, owner), "ACTIVE")
    return Change(Kind.COURSE_CREATE, course, section, ("in scope",), new=made)


def made(
    story: Story,
    world: World,
    section: str,
    owner: str,
    *,
    teachers: Sequence[str] = (),
    students: Sequence[str] = (),
) -> CourseRef:
    """A class of ours that is there, with these members."""
    creation = new(story, section, owner)
    seats = [seat(Kind.TEACHER_ADD, creation.course, person(story, who)) for who in teachers]
    seats += [seat(Kind.STUDENT_ADD, creation.course, person(story, who)) for who in students]
    assert apply(world, creation, *seats).undone == ()
    return replace(creation.course, id=row_of(world, section).course_id)


def row_of(world: World, section: str) -> BaseCourse:
    return next(row for row in world.store.base() if row.alias == alias_of(section))


def seat(kind: Kind, course: CourseRef, who: User) -> Change:
    return Change(kind, course, course.alias.rsplit(".", 1)[-1], ("the roster says so",), who)


def handover(course: CourseRef, *, before: User, to: User, keeps: bool = True) -> Change:
    return replace(
        seat(Kind.COURSE_OWNER, course, to), before=before.id, after=to.id, keeps_former=keeps
    )


def text(course: CourseRef, field: str, before: str, after: str) -> Change:
    why = ("the roster says so",)
    return Change(
        Kind.COURSE_UPDATE, course, course.name, why, field=field, before=before, after=after
    )


def step(kind: Kind, course: CourseRef, before: State, after: State) -> Change:
    return Change(
        kind,
        course,
        course.name,
        ("its time has come",),
        field="courseState",
        before=before.value,
        after=after.value,
    )


def claim(course: CourseRef, section: str, *, owner: User, before: str | None = None) -> Change:
    """Take a course that is there as this section's."""
    ours = replace(course, alias=alias_of(section))
    base = Base(
        alias=ours.alias,
        course_id=ours.id or "",
        section_key=section,
        school_key="sch",
        fields=Fields(ours.name, "", ""),
        owner=owner.id,
        teachers=frozenset({owner.id}),
        students=frozenset(),
    )
    return Change(
        Kind.COURSE_UPDATE,
        ours,
        section,
        ("it is the section's by all signs",),
        field="alias",
        before=before,
        after=ours.alias,
        claim=base,
    )
