"""Courses that are there become ours: their alias, their base row, and what the plan does next. A
plan that touches any other course is refused before the first write."""

from dataclasses import replace
from pathlib import Path

import pytest

from applying import alias_of, apply, claim, made, person, row_of, seat, step, text
from nights import district
from policy.errors import PlanAtFault
from policy.google.base import Verb, Write
from policy.merge.plan import Change, CourseRef, Kind
from policy.merge.records import State
from policy.run.asking import OTHER_CLASS
from policy.run.running import NOT_OURS
from policy.simulator.faults import Fault, Where
from telling import NO_QUOTAS, Story

ADD_ALIAS = "classroom.courses.aliases.create"


def private(story: Story, name: str = "Private") -> CourseRef:
    """A class that Rollbook has not made."""
    found = story.ask("POST", "/simulator/courses", {"owner": "guest@maple.example", "name": name})
    return CourseRef("", found["id"], name, "sch", "Maple High")


def taken(story: Story, course: CourseRef, section: str = "latin") -> Change:
    return claim(course, section, owner=person(story, "guest"))


def test_a_class_of_another_tool_becomes_ours_and_is_gone_on_with(tmp_path: Path) -> None:
    with district(tmp_path, NO_QUOTAS) as (story, world):
        change = taken(story, private(story))
        renamed = text(change.course, "name", "Private", "Latin")
        joins = seat(Kind.STUDENT_ADD, change.course, person(story, "s1"))
        assert apply(world, renamed, joins, change).undone == ()
        latin = story.classes()["latin"]
        assert (latin["name"], latin["students"]) == ("Latin", {"s1"})
        row = row_of(world, "latin")
        assert (row.course_id, row.name) == (change.course.id, "Latin")
        assert row.students == {person(story, "s1").id}


def test_a_renumbered_section_keeps_its_class_and_loses_the_old_row(tmp_path: Path) -> None:
    with district(tmp_path, NO_QUOTAS) as (story, world):
        old = made(story, world, "latin", "okafor", students=["s1"])
        change = claim(old, "latin2", owner=person(story, "okafor"), before=alias_of("latin"))
        leaves = seat(Kind.STUDENT_REMOVE, change.course, person(story, "s1"))
        assert apply(world, change, leaves).undone == ()
        assert [row.alias for row in world.store.base()] == [alias_of("latin2")]
        assert story.classes()["latin2"]["students"] == set()
        assert len(story.ask("GET", "/simulator/state")["courses"]) == 1


def test_an_archived_class_is_taken_before_it_is_opened(tmp_path: Path) -> None:
    with district(tmp_path, NO_QUOTAS) as (story, world):
        old = made(story, world, "latin", "okafor")
        apply(world, step(Kind.COURSE_ARCHIVE, old, State.ACTIVE, State.ARCHIVED))
        change = claim(old, "latin2", owner=person(story, "okafor"), before=alias_of("latin"))
        opens = step(Kind.COURSE_RESTORE, change.course, State.ARCHIVED, State.ACTIVE)
        joins = seat(Kind.STUDENT_ADD, change.course, person(story, "s1"))
        assert apply(world, opens, change, joins).undone == ()
        assert story.classes()["latin2"]["state"] == "ACTIVE"
        assert story.classes()["latin2"]["students"] == {"s1"}


@pytest.mark.parametrize("fault", [Fault.HANG_UP, Fault.HANG_UP_FIRST, Fault.ERROR_AFTER])
def test_an_alias_that_is_there_already_is_our_own(tmp_path: Path, fault: Fault) -> None:
    with district(tmp_path, NO_QUOTAS) as (story, world):
        change = taken(story, private(story))
        story.sim.next(fault, where=Where(ADD_ALIAS))
        assert apply(world, change).undone == ()
        assert row_of(world, "latin").course_id == change.course.id


def test_an_alias_of_another_class_takes_nothing_and_changes_nothing(tmp_path: Path) -> None:
    with district(tmp_path, NO_QUOTAS) as (story, world):
        other = private(story, "Other")
        put = Write(Verb.ADD_ALIAS, other.id or "", None, {"alias": alias_of("latin")})
        world.classroom.write([put])
        change = taken(story, private(story))
        joins = seat(Kind.STUDENT_ADD, change.course, person(story, "s1"))
        renamed = text(change.course, "name", "Private", "Latin")
        finished = apply(world, change, joins, renamed)
        words = [(u.change.kind, u.final, u.reason) for u in finished.undone]
        assert words == [
            (Kind.COURSE_UPDATE, True, OTHER_CLASS),
            (Kind.COURSE_UPDATE, False, NOT_OURS),
            (Kind.STUDENT_ADD, False, NOT_OURS),
        ]
        assert list(world.store.base()) == []
        courses = story.ask("GET", "/simulator/state")["courses"]
        assert sorted(c["name"] for c in courses) == ["Other", "Private"]
        assert not any(c["students"] for c in courses)


def foreign_changes(story: Story, old: CourseRef, theirs: CourseRef) -> dict[str, list[Change]]:
    guest, s1 = person(story, "guest"), person(story, "s1")
    ours = claim(theirs, "greek", owner=guest)
    return {
        "a seat": [seat(Kind.STUDENT_ADD, replace(theirs, alias=alias_of("greek")), s1)],
        "a seat under our alias": [seat(Kind.STUDENT_ADD, replace(theirs, alias=old.alias), s1)],
        "a seat of ours under another": [seat(Kind.STUDENT_ADD, replace(old, alias="d:x"), s1)],
        "a claim without its row": [replace(ours, claim=None)],
        "a claim of another row": [replace(ours, claim=replace(ours.claim, course_id="1"))],
        "a claim under an alias of ours": [claim(theirs, "latin", owner=guest)],
        "a claim of ours as new": [claim(old, "greek", owner=guest)],
        "a claim from a wrong alias": [claim(old, "greek", owner=guest, before="d:x")],
        "a claim of theirs as ours": [claim(theirs, "greek", owner=guest, before=old.alias)],
        "two claims of a course": [ours, claim(theirs, "norse", owner=guest)],
        "two claims of an alias": [ours, claim(private(story), "greek", owner=guest)],
        "a seat under the alias before": [
            claim(old, "greek", owner=guest, before=old.alias),
            seat(Kind.STUDENT_ADD, old, s1),
        ],
    }


CASES = [
    "a seat",
    "a seat under our alias",
    "a seat of ours under another",
    "a claim without its row",
    "a claim of another row",
    "a claim under an alias of ours",
    "a claim of ours as new",
    "a claim from a wrong alias",
    "a claim of theirs as ours",
    "two claims of a course",
    "two claims of an alias",
    "a seat under the alias before",
]


@pytest.mark.parametrize("case", CASES)
def test_what_is_not_ours_is_not_touched(tmp_path: Path, case: str) -> None:
    with district(tmp_path, NO_QUOTAS) as (story, world):
        old = made(story, world, "latin", "okafor")
        changes = foreign_changes(story, old, private(story))
        assert set(changes) == set(CASES)
        before = story.ask("GET", "/simulator/state")["courses"]
        revision = world.store.mark().revision
        with pytest.raises(PlanAtFault, match="which is no class of this store; nothing was"):
            apply(world, *changes[case])
        assert story.ask("GET", "/simulator/state")["courses"] == before
        assert world.store.mark().revision == revision
