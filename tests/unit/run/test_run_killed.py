"""A run that dies at each write boundary in turn: before the call, or after Google did it but
before we heard so. The next night ends as an undisturbed one does."""

from collections.abc import Sequence
from dataclasses import replace
from pathlib import Path

import pytest

from nights import Killed, district, inputs_of, killed_after, night, sync
from policy import engine
from policy.google.base import Classroom, Reply, Verb, Write
from policy.merge.plan import Kind
from policy.sources.folder import open_folder
from policy.store.base import EntryState, RunState
from telling import NO_QUOTAS

CREATE = Kind.COURSE_CREATE
CALLS = 5  # three courses, a batch of co-teachers, a batch of students


class Mortal:
    """The real gateway; at its n-th write the process dies, before the call or after it."""

    def __init__(self, classroom: Classroom, *, at: int, after: bool) -> None:
        self._classroom = classroom
        self._left = at
        self._after = after
        self.courses = classroom.courses
        self.find = classroom.find
        self.members = classroom.members

    def write(self, writes: Sequence[Write]) -> Sequence[Reply]:
        self._left -= 1
        if self._left < 0 and not self._after:
            raise Killed
        replies = self._classroom.write(writes)
        if self._left < 0:
            raise Killed
        return replies


@pytest.mark.parametrize("after", [False, True], ids=["before-the-call", "after-the-call"])
@pytest.mark.parametrize("at", range(CALLS))
def test_killed_at_a_boundary(tmp_path: Path, at: int, after: bool) -> None:
    with district(tmp_path, NO_QUOTAS) as (story, world):
        mortal = replace(world, classroom=Mortal(world.classroom, at=at, after=after))
        with pytest.raises(Killed):
            night(story, mortal)
        entries = world.store.unfinished()
        assert {entry.state for entry in entries} == {EntryState.SENT}

        # A plan sees what may have happened, and writes nothing.
        inputs = engine.read_inputs(story.folder / "policies", None, open_folder)
        revision = world.store.mark().revision
        assert engine.make_plan(inputs, world).held == ()
        assert world.store.mark().revision == revision

        finished = night(story, world)
        assert finished.undone == ()
        assert story.agrees()
        assert len(story.ask("GET", "/simulator/state")["courses"]) == 3
        states = [run.state for run in world.store.runs()]
        assert states == [RunState.DONE, RunState.INTERRUPTED]
        story.writes()
        assert night(story, world).record.counts == {}
        assert story.writes() == 0
        assert world.store.unfinished() == []


def test_there_is_no_other_boundary(tmp_path: Path) -> None:
    with district(tmp_path, NO_QUOTAS) as (story, world):
        mortal = replace(world, classroom=Mortal(world.classroom, at=CALLS, after=False))
        assert night(story, mortal).undone == ()


@pytest.mark.parametrize("after", [False, True], ids=["before-the-call", "after-the-call"])
@pytest.mark.parametrize("at", range(4))
def test_killed_while_a_teacher_changes_and_students_move(
    tmp_path: Path, at: int, after: bool
) -> None:
    """A co-teacher to add, a class to hand over, a student to add and one to take out."""
    with district(tmp_path, NO_QUOTAS) as (story, world):
        night(story, world)
        story.by_hand("chorus", "accept")
        story.roster.teachers["chorus"] = ["chen"]
        story.roster.students["chorus"].remove("s9")
        story.roster.students["biology"].append("s9")
        mortal = replace(world, classroom=Mortal(world.classroom, at=at, after=after))
        with pytest.raises(Killed):
            night(story, mortal)
        assert night(story, world).undone == ()
        chorus = story.classes()["chorus"]
        assert (chorus["owner"], chorus["teachers"]) == ("chen", {"chen", "okafor"})
        seats = {key: found["students"] for key, found in story.classes().items()}
        assert seats == {key: students for key, (_, students) in story.expected().items()}
        story.writes()
        assert night(story, world).record.counts == {}
        assert story.writes() == 0


def test_killed_while_a_class_that_was_deleted_is_made_again(tmp_path: Path) -> None:
    """The next night knows the new one as ours: it is not said to be gone, and nobody is asked."""
    with district(tmp_path, NO_QUOTAS) as (story, world):
        night(story, world)
        for verb in ("accept", "archive"):
            story.by_hand("chorus", verb)
        story.delete("chorus")
        assert [hold.kind for hold in engine.make_plan(inputs_of(story), world).held] == [CREATE]
        with pytest.raises(Killed):
            sync(story, killed_after(world, Verb.CREATE_COURSE), allowed={CREATE: 1})
        plan, finished = sync(story, world)
        assert (plan.held, finished.undone) == ((), ())
        assert story.agrees()
        assert world.store.unfinished() == []
