"""A plan that is applied later than it was made: what Classroom has moved on in is named, record by
record, and nothing is written."""

from collections.abc import Callable
from dataclasses import replace
from pathlib import Path

import pytest

from applying import apply, claim, handover, made, person, seat, step, text
from building import plan
from nights import district, inputs_of, on_paper, sync
from policy import engine
from policy.engine import World
from policy.errors import StalePlan
from policy.google.base import Verb, Write
from policy.merge.plan import Change, CourseRef, Kind
from policy.merge.records import State, User
from policy.run.stale import refuse_moved
from telling import NO_QUOTAS, Story

Act = Callable[[Story, World, CourseRef], None]


def changes(story: Story, course: CourseRef) -> dict[str, Change]:
    def who(key: str) -> User:
        return person(story, key)

    return {
        "name": text(course, "name", "Chorus", "Choir"),
        "owner": handover(course, before=who("okafor"), to=who("chen")),
        "joins": seat(Kind.STUDENT_ADD, course, who("s1")),
        "leaves": seat(Kind.STUDENT_REMOVE, course, who("s2")),
        "teaches": seat(Kind.TEACHER_ADD, course, who("rivera")),
        "stops": seat(Kind.TEACHER_REMOVE, course, who("chen")),
        "archive": step(Kind.COURSE_ARCHIVE, course, State.ACTIVE, State.ARCHIVED),
        "restore": step(Kind.COURSE_RESTORE, course, State.ARCHIVED, State.ACTIVE),
        "alias": claim(course, "choir", owner=who("okafor"), before=course.alias),
        "former alias": replace(
            claim(course, "choir", owner=who("okafor"), before=course.alias),
            field="former_alias",
            after=None,
            claim=None,
        ),
    }


def by_hand(verb: str, **body: str) -> Act:
    return lambda story, _world, _course: story.by_hand("chorus", verb, **body)


def wrote(*words: str) -> Act:
    """A change of the table was made already, by whomever."""

    def act(story: Story, world: World, course: CourseRef) -> None:
        assert apply(world, *(changes(story, course)[word] for word in words)).undone == ()

    return act


def nothing(_story: Story, _world: World, _course: CourseRef) -> None:
    """Classroom is as it was."""


def archived_and_gone(story: Story, world: World, course: CourseRef) -> None:
    wrote("archive")(story, world, course)
    story.delete("chorus")


MOVED = [
    pytest.param("name", by_hand("rename", name="We sing"), "“Chorus” (name)", id="renamed"),
    pytest.param("name", archived_and_gone, "“Chorus” (it is gone)", id="gone"),
    pytest.param("name", wrote("archive"), "“Chorus” (state)", id="archived"),
    pytest.param("owner", wrote("owner"), "“Chorus” (owner)", id="handed-over"),
    pytest.param("joins", wrote("joins"), "“Chorus” (S1 is in it already)", id="joined"),
    pytest.param("leaves", wrote("leaves"), "“Chorus” (S2 is not in it any more)", id="left"),
    pytest.param("teaches", wrote("teaches"), "“Chorus” (Rivera is in it already)", id="teaches"),
    pytest.param("stops", wrote("stops"), "“Chorus” (Chen is not in it any more)", id="stopped"),
    pytest.param("joins", wrote("archive"), "“Chorus” (state)", id="seat-in-an-archived-one"),
    pytest.param("archive", wrote("archive"), "“Chorus” (state)", id="archived-already"),
    pytest.param("restore", nothing, "“Chorus” (state)", id="open-already"),
    pytest.param("alias", archived_and_gone, "“Chorus” (it is gone)", id="to-be-taken-and-gone"),
    pytest.param("former alias", archived_and_gone, "“Chorus” (it is gone)", id="to-lose-and-gone"),
    pytest.param("joins", by_hand("break"), "“Chorus” (it can't be read)", id="unreadable"),
]


@pytest.mark.parametrize(("word", "act", "told"), MOVED)
def test_what_has_moved_is_named(tmp_path: Path, word: str, act: Act, told: str) -> None:
    with district(tmp_path, NO_QUOTAS) as (story, world):
        course = made(story, world, "chorus", "okafor", teachers=["chen"], students=["s2"])
        change = changes(story, course)[word]
        act(story, world, course)
        with pytest.raises(StalePlan) as caught:
            refuse_moved(plan(change), world.classroom)
        assert f"changed since are {told}. Make a new plan." in str(caught.value)


@pytest.mark.parametrize(
    "word",
    ["name", "owner", "joins", "leaves", "teaches", "stops", "archive", "alias", "former alias"],
)
def test_what_stands_is_let_through(tmp_path: Path, word: str) -> None:
    with district(tmp_path, NO_QUOTAS) as (story, world):
        course = made(story, world, "chorus", "okafor", teachers=["chen"], students=["s2"])
        refuse_moved(plan(changes(story, course)[word]), world.classroom)


def test_what_is_to_be_opened_may_be_closed(tmp_path: Path) -> None:
    with district(tmp_path, NO_QUOTAS) as (story, world):
        course = made(story, world, "chorus", "okafor", students=["s2"])
        wrote("archive")(story, world, course)
        known = changes(story, course)
        refuse_moved(plan(known["restore"], known["name"], known["joins"]), world.classroom)


def test_many_are_counted(tmp_path: Path) -> None:
    with district(tmp_path, NO_QUOTAS) as (story, world):
        course = made(story, world, "chorus", "okafor", students=[f"s{n}" for n in range(9)])
        joins = [seat(Kind.STUDENT_ADD, course, person(story, f"s{n}")) for n in range(9)]
        with pytest.raises(StalePlan, match=r"\(S4 is in it already\) and 4 more\. Make a new"):
            refuse_moved(plan(*joins), world.classroom)


def test_only_what_the_plan_changes_is_read(tmp_path: Path) -> None:
    with district(tmp_path, NO_QUOTAS) as (story, world):
        sync(story, world)
        story.roster.students["chorus"].remove("s9")
        made_plan = on_paper(engine.make_plan(inputs_of(story), world))
        story.sim.calls.clear()
        engine.apply(made_plan, world)
        api = story.sim.calls.api
        assert api["classroom.courses.list"] == 1
        assert api["classroom.courses.students.list"] == 1
        assert api["classroom.courses.students.delete"] == 1


def test_a_plan_of_which_a_part_was_done_by_hand_writes_nothing(tmp_path: Path) -> None:
    with district(tmp_path, NO_QUOTAS) as (story, world):
        sync(story, world)
        story.roster.students["chorus"] += ["s0", "s1"]
        made_plan = on_paper(engine.make_plan(inputs_of(story), world))
        who = person(story, "s1").id
        course = story.ask("GET", "/simulator/state")["courses"]
        chorus = next(c["id"] for c in course if c["name"] == "Chorus")
        world.classroom.write([Write(Verb.ADD_STUDENT, chorus, who)])
        story.writes()
        with pytest.raises(StalePlan, match=r"“Chorus” \(S1 Maple is in it already\)"):
            engine.apply(made_plan, world)
        assert story.writes() == 0


def test_an_empty_plan_reads_nothing(tmp_path: Path) -> None:
    with district(tmp_path, NO_QUOTAS) as (story, world):
        story.sim.calls.clear()
        refuse_moved(replace(plan(), changes=()), world.classroom)
        assert story.sim.calls.http == 0
