"""Google does not answer, or not today: a class that fails for ever, the rate, the day's quota, one
person's, the token. What can be done is done, and the rest is put off in words, with few calls."""

from collections.abc import Sequence
from dataclasses import replace
from pathlib import Path

import pytest

from applying import apply, made, new, person, seat, step, text
from nights import Do, behind, district
from policy.engine import World
from policy.google.base import Outcome, Reply, Verb, Write
from policy.merge.plan import Change, CourseRef, Kind
from policy.merge.records import State
from policy.run.apply import Finished
from policy.run.running import SET_ASIDE
from policy.simulator.faults import Fault
from policy.store.base import EntryState, RunState
from telling import NO_QUOTAS, Story

STUDENTS = [f"s{n}" for n in range(10)]
ADD = "classroom.courses.students.create"


def joins(story: Story, course: CourseRef, students: Sequence[str] = STUDENTS) -> list[Change]:
    return [seat(Kind.STUDENT_ADD, course, person(story, who)) for who in students]


def calls(story: Story) -> int:
    return sum(story.sim.calls.api.values())


def states(world: World, finished: Finished) -> set[EntryState]:
    return {entry.state for entry in world.store.entries(finished.record.id)}


def test_a_class_that_fails_for_ever_is_set_aside_and_the_rest_goes_on(tmp_path: Path) -> None:
    with district(tmp_path, NO_QUOTAS) as (story, world):
        bad, good = made(story, world, "bad", "okafor"), made(story, world, "good", "chen")
        story.by_hand("bad", "break")
        story.sim.calls.clear()
        began = world.clock()
        finished = apply(
            world,
            *joins(story, bad),
            *joins(story, good),
            seat(Kind.TEACHER_ADD, bad, person(story, "rivera")),
            seat(Kind.STUDENT_REMOVE, bad, person(story, "s9")),
            text(bad, "name", "Bad", "Worse"),
            text(good, "name", "Good", "Better"),
            step(Kind.COURSE_ARCHIVE, bad, State.ACTIVE, State.ARCHIVED),
        )
        assert story.classes()["good"]["students"] == set(STUDENTS)
        assert story.classes()["good"]["name"] == "Better"
        assert len(finished.undone) == 14
        assert not any(u.final for u in finished.undone)
        assert finished.undone[0].reason.startswith("Internal error")
        assert all(u.reason.startswith(SET_ASIDE) for u in finished.undone[1:])
        assert finished.record.state is RunState.DONE
        assert not finished.stopped
        assert (world.clock() - began).total_seconds() < 130  # once, not for each of them
        assert calls(story) < 25
        # Only the one that was sent may have been done.
        assert [e.kind for e in world.store.unfinished()] == ["course.update"]


def test_a_class_that_answers_some_is_not_set_aside(tmp_path: Path) -> None:
    """It is one student for whom Google always fails."""
    with district(tmp_path, NO_QUOTAS) as (story, world):
        course = made(story, world, "chorus", "okafor")
        odd = person(story, "s3").id

        def hook(writes: Sequence[Write], do: Do) -> Sequence[Reply]:
            fine = [write for write in writes if write.user != odd]
            replies = iter(do(fine) if fine else [])
            bad = Reply(Outcome.AGAIN_SOON, 500, "Internal error encountered.")
            return [bad if write.user == odd else next(replies) for write in writes]

        finished = apply(
            behind(world, hook),
            *joins(story, course),
            seat(Kind.STUDENT_REMOVE, course, person(story, "s4")),
        )
        assert [u.change.person and u.change.person.id for u in finished.undone] == [odd]
        assert story.classes()["chorus"]["students"] == set(STUDENTS) - {"s3", "s4"}


def test_a_minute_of_429_is_waited_for(tmp_path: Path) -> None:
    quotas = replace(NO_QUOTAS, enforce_quotas=True, classroom_per_user=20)
    with district(tmp_path, quotas) as (story, world):
        courses = [made(story, world, f"c{n}", "okafor") for n in range(6)]
        story.sim.calls.clear()
        began = world.clock()
        changes = [change for course in courses for change in joins(story, course)]
        assert apply(world, *changes).undone == ()
        assert {len(found["students"]) for found in story.classes().values()} == {10}
        assert 120 <= (world.clock() - began).total_seconds() < 600
        assert sum(story.sim.calls.refused.values()) < 80  # most of them in the first batch


def test_429_without_end_ends_the_run(tmp_path: Path) -> None:
    with district(tmp_path, NO_QUOTAS) as (story, world):
        course = made(story, world, "chorus", "okafor")
        story.sim.next(Fault.TOO_MANY, 100_000)
        story.sim.calls.clear()
        finished = apply(world, *joins(story, course), text(course, "name", "Chorus", "Choir"))
        assert finished.stopped.startswith("Google refuses every call for the rate (")
        assert calls(story) < 20
        assert states(world, finished) == {EntryState.LATER}
        assert len(finished.undone) == 11


def test_a_days_quota_ends_the_run_at_once(tmp_path: Path) -> None:
    quotas = replace(NO_QUOTAS, enforce_quotas=True, classroom_per_day=60)
    with district(tmp_path, quotas) as (story, world):
        courses = [made(story, world, f"c{n}", "okafor") for n in range(10)]
        story.sim.calls.clear()
        began = world.clock()
        seats = [change for course in courses for change in joins(story, course)]
        leaves = seat(Kind.STUDENT_REMOVE, courses[0], person(story, "s0"))
        finished = apply(world, *seats, leaves)
        assert finished.stopped.startswith("Google's quota of calls for today is used up (")
        assert "per day" in finished.stopped
        assert calls(story) == 50 + 50  # ten calls were gone already; no batch after the second
        assert (world.clock() - began).total_seconds() < 5
        record = finished.record
        assert (record.counts, record.state) == ({"student.add": 50}, RunState.REFUSED)
        assert record.later == {"student.add": 50, "student.remove": 1}
        assert states(world, finished) == {EntryState.DONE, EntryState.LATER}
        story.sim.switches = NO_QUOTAS
        assert apply(world, *(u.change for u in finished.undone)).undone == ()


def test_one_persons_quota_is_theirs_only(tmp_path: Path) -> None:
    with district(tmp_path, replace(NO_QUOTAS, user_joins_per_day=3)) as (story, world):
        courses = [made(story, world, f"c{n}", "okafor") for n in range(30)]
        story.sim.calls.clear()
        late = [seat(Kind.STUDENT_ADD, course, person(story, "s0")) for course in courses]
        teaches = [seat(Kind.TEACHER_ADD, c, person(story, "rivera")) for c in courses[:5]]
        also = [seat(Kind.STUDENT_ADD, c, person(story, "rivera")) for c in courses[5:]]
        finished = apply(world, *teaches, *late, *also)
        words = {(u.final, u.reason.split()[0]) for u in finished.undone}
        assert words == {(False, "@UserCourseJoinRateLimitReached")}
        assert finished.record.counts == {"teacher.add": 3, "student.add": 3}
        # Rivera was told while the co-teachers went, so none of the student seats was asked for.
        assert story.sim.calls.api[ADD] == 30
        assert not finished.stopped
        assert finished.record.state is RunState.DONE


def without_token(story: Story, fault: Fault, count: int) -> None:
    """Everybody is signed out, and the token endpoint has a fault for the next so many."""
    with story.sim.world.lock:
        story.sim.state.tokens.clear()
    story.sim.next(fault, count)


def test_a_token_endpoint_that_fails_for_a_while_is_asked_again(tmp_path: Path) -> None:
    with district(tmp_path, NO_QUOTAS) as (story, world):
        course = made(story, world, "chorus", "okafor")
        without_token(story, Fault.TOKEN_ERROR, 4)
        assert apply(world, *joins(story, course)).undone == ()
        assert story.classes()["chorus"]["students"] == set(STUDENTS)


@pytest.mark.parametrize(
    ("fault", "words"),
    [
        pytest.param(Fault.TOKEN_ERROR, "token endpoint can't be reached", id="fails"),
        pytest.param(Fault.TOKEN_REFUSED, "Google gives no token", id="refused"),
    ],
)
def test_without_a_token_the_run_ends_and_the_next_goes_on(
    tmp_path: Path, fault: Fault, words: str
) -> None:
    with district(tmp_path, NO_QUOTAS) as (story, world):
        course = made(story, world, "chorus", "okafor")

        def hook(writes: Sequence[Write], do: Do) -> Sequence[Reply]:
            if writes[0].verb is Verb.ADD_STUDENT:
                without_token(story, fault, 10_000)
            return do(writes)

        changes = [
            text(course, "name", "Chorus", "Choir"),
            *joins(story, course),
            step(Kind.COURSE_ARCHIVE, course, State.ACTIVE, State.ARCHIVED),
        ]
        began = world.clock()
        finished = apply(behind(world, hook), *changes)
        assert words in finished.stopped
        assert (world.clock() - began).total_seconds() < 600
        assert finished.record.counts == {"course.update": 1}
        assert finished.record.later == {"student.add": 10, "course.archive": 1}
        assert finished.record.state is RunState.REFUSED
        assert {e.kind for e in world.store.unfinished()} == {"student.add"}
        story.sim.world.ahead.planned.clear()
        assert apply(world, *changes[1:]).undone == ()
        assert story.classes()["chorus"]["students"] == set(STUDENTS)


def test_nobody_there_ends_the_run_in_some_minutes(tmp_path: Path) -> None:
    with district(tmp_path, NO_QUOTAS) as (story, world):
        courses = [made(story, world, f"c{n}", "okafor") for n in range(20)]
        story.sim.next(Fault.UNAVAILABLE, 1_000_000)
        story.sim.calls.clear()
        began = world.clock()
        finished = apply(world, *(s for course in courses for s in joins(story, course)))
        assert "Google can't be asked to" in finished.stopped
        assert (world.clock() - began).total_seconds() < 1_200
        assert calls(story) < 700  # of 200 changes
        assert len(finished.undone) == 200
        story.sim.world.ahead.planned.clear()
        assert apply(world, *(u.change for u in finished.undone)).undone == ()


def test_progress_only_grows_and_ends_at_the_end(tmp_path: Path) -> None:
    with district(tmp_path, replace(NO_QUOTAS, server_error_rate=0.3)) as (story, world):
        told = list[tuple[int, int]]()
        seen = replace(world, progress=lambda done, total: told.append((done, total)))
        changes = [new(story, f"c{n}", "okafor") for n in range(5)]
        apply(seen, *changes, *(s for c in changes for s in joins(story, c.course)))
        assert told == sorted(told)
        assert told[-1] == (55, 55)
