"""A class gets another owner: a procedure whose steps Google is ready for in its own time. What it
isn't ready for within some two minutes is put off; nothing is done twice, nobody is left out."""

from collections.abc import Sequence
from dataclasses import replace
from pathlib import Path

import pytest

from applying import apply, handover, made, person, row_of, seat
from nights import Do, behind, district
from policy.google.base import Outcome, Reply, Verb, Write
from policy.merge.plan import Change, CourseRef, Kind
from policy.run.running import NOT_HANDED_OVER, NOT_SEATED
from policy.simulator.faults import Fault, Where
from policy.store.base import EntryState, RunState
from telling import NO_QUOTAS, Story

PATCH = "classroom.courses.patch"


def procedure(story: Story, course: CourseRef) -> list[Change]:
    """Okafor hands over to Chen and leaves."""
    before, to = person(story, "okafor"), person(story, "chen")
    return [
        seat(Kind.TEACHER_ADD, course, to),
        handover(course, before=before, to=to, keeps=False),
        seat(Kind.TEACHER_REMOVE, course, before),
    ]


def patches(story: Story) -> int:
    return story.sim.calls.api[PATCH]


@pytest.mark.parametrize(
    "switches",
    [
        pytest.param({"owner_eligible_after": 10.0}, id="eligible-after-10-s"),
        pytest.param({"owner_eligible_after": 60.0}, id="eligible-after-a-minute"),
        pytest.param({"owner_transfer_takes": 20.0}, id="files-move-for-20-s"),
        pytest.param(
            {"owner_invitation_rate": 1.0, "owner_invitation_lasts": 10.0}, id="an-invitation"
        ),
        pytest.param({"owner_eligible_after": 10.0, "owner_transfer_takes": 20.0}, id="both"),
    ],
)
def test_what_takes_seconds_is_waited_for(tmp_path: Path, switches: dict[str, float]) -> None:
    with district(tmp_path, replace(NO_QUOTAS, **switches)) as (story, world):
        course = made(story, world, "chorus", "okafor")
        assert apply(world, *procedure(story, course)).undone == ()
        chorus = story.classes()["chorus"]
        assert (chorus["owner"], chorus["teachers"]) == ("chen", {"chen"})
        row = row_of(world, "chorus")
        assert (row.owner, row.teachers) == (person(story, "chen").id, {person(story, "chen").id})


def test_many_handovers_wait_together(tmp_path: Path) -> None:
    with district(tmp_path, replace(NO_QUOTAS, owner_eligible_after=30.0)) as (story, world):
        courses = [made(story, world, f"c{n}", "okafor") for n in range(20)]
        began = world.clock()
        changes = [change for course in courses for change in procedure(story, course)]
        assert apply(world, *changes).undone == ()
        assert (world.clock() - began).total_seconds() < 60


def test_who_is_not_eligible_in_time_is_put_off_and_the_former_one_stays(tmp_path: Path) -> None:
    with district(tmp_path, replace(NO_QUOTAS, owner_eligible_after=3600.0)) as (story, world):
        course = made(story, world, "chorus", "okafor")
        began = world.clock()
        joins = seat(Kind.STUDENT_ADD, course, person(story, "s1"))
        finished = apply(world, *procedure(story, course), joins)
        assert (world.clock() - began).total_seconds() < 130
        words = [(u.change.kind, u.final, u.reason.split()[0]) for u in finished.undone]
        assert words == [
            (Kind.COURSE_OWNER, False, "@IneligibleOwner"),
            (Kind.TEACHER_REMOVE, False, NOT_HANDED_OVER.split()[0]),
        ]
        record = finished.record
        assert (record.state, record.refused) == (RunState.DONE, {})
        assert record.later == {"course.owner": 1, "teacher.remove": 1}
        assert story.classes()["chorus"]["teachers"] == {"okafor", "chen"}
        assert story.classes()["chorus"]["students"] == {"s1"}
        assert world.store.unfinished() == []
        states = {e.kind: e.state for e in world.store.entries(record.id)}
        assert states["course.owner"] is states["teacher.remove"] is EntryState.LATER

        world.sleep(3600)  # and the next night says it again
        assert apply(world, *procedure(story, course)[1:]).undone == ()
        assert story.classes()["chorus"]["teachers"] == {"chen"}


def test_files_that_move_for_hours_put_the_removal_off(tmp_path: Path) -> None:
    with district(tmp_path, replace(NO_QUOTAS, owner_transfer_takes=3600.0)) as (story, world):
        course = made(story, world, "chorus", "okafor")
        finished = apply(world, *procedure(story, course))
        assert [(u.change.kind, u.final) for u in finished.undone] == [(Kind.TEACHER_REMOVE, False)]
        assert "@CannotRemoveCourseOwnerTransferIncomplete" in finished.undone[0].reason
        assert story.classes()["chorus"]["owner"] == "chen"


def test_who_could_not_be_added_takes_the_handover_along(tmp_path: Path) -> None:
    with district(tmp_path, replace(NO_QUOTAS, course_teachers=1)) as (story, world):
        course = made(story, world, "chorus", "okafor")
        finished = apply(world, *procedure(story, course))
        words = [(u.change.kind, u.final) for u in finished.undone]
        assert words == [
            (Kind.TEACHER_ADD, True),
            (Kind.COURSE_OWNER, False),
            (Kind.TEACHER_REMOVE, False),
        ]
        assert [u.reason for u in finished.undone[1:]] == [NOT_SEATED, NOT_HANDED_OVER]
        assert patches(story) == 0
        assert finished.record.state is RunState.REFUSED


def test_the_removal_of_somebody_else_waits_for_nothing(tmp_path: Path) -> None:
    with district(tmp_path, replace(NO_QUOTAS, owner_eligible_after=3600.0)) as (story, world):
        course = made(story, world, "chorus", "okafor", teachers=["rivera"])
        leaves = seat(Kind.TEACHER_REMOVE, course, person(story, "rivera"))
        apply(world, *procedure(story, course), leaves)
        assert story.classes()["chorus"]["teachers"] == {"okafor", "chen"}


LOST = [Fault.HANG_UP, Fault.ERROR_AFTER]


@pytest.mark.parametrize("fault", LOST)
def test_a_lost_answer_is_looked_for_and_not_asked_for_again(tmp_path: Path, fault: Fault) -> None:
    with district(tmp_path, NO_QUOTAS) as (story, world):
        course = made(story, world, "chorus", "okafor", teachers=["chen"])
        story.sim.next(fault, where=Where(PATCH))
        assert apply(world, *procedure(story, course)[1:]).undone == ()
        hidden = 1 if fault is Fault.HANG_UP else 0  # the client library's own repeat
        assert patches(story) <= 1 + hidden
        assert story.classes()["chorus"]["owner"] == "chen"


def test_a_class_that_was_handed_to_somebody_else_meanwhile_stays_theirs(tmp_path: Path) -> None:
    """Google was out for a moment, and in that moment a teacher was quicker."""
    with district(tmp_path, NO_QUOTAS) as (story, world):
        course = made(story, world, "chorus", "okafor", teachers=["chen", "rivera"])
        rivera = person(story, "rivera").id

        def hook(writes: Sequence[Write], do: Do) -> Sequence[Reply]:
            if writes[0].verb is Verb.CHANGE_OWNER and not patches(story):
                do([replace(writes[0], fields={"ownerId": rivera})])
                return [Reply(Outcome.AGAIN_SOON, 503, "503 out")]
            return do(writes)

        finished = apply(behind(world, hook), *procedure(story, course)[1:])
        assert [u.final for u in finished.undone] == [False, False]
        assert story.classes()["chorus"]["owner"] == "rivera"
        assert patches(story) == 1
