"""The waiting list: accounts too new to be added are put off, counted, told since when, and tried
again by each later night; a night with no other fault is no failure."""

from dataclasses import replace
from datetime import timedelta
from pathlib import Path

import pytest

from nights import START, district, sync
from policy import engine
from policy.merge.plan import Kind
from policy.render.outcome_text import print_outcome, print_status
from policy.simulator.faults import No, Where
from policy.store.base import EntryState, RunState
from telling import NO_QUOTAS, Story

FRESH = replace(NO_QUOTAS, fresh_account=72 * 3600.0)
ADD = "classroom.courses.students.create"
DAY = 86_400.0


def newcomers(story: Story) -> None:
    story.sim.add_user("brandnew@maple.example", given="Brandnew")
    story.roster.students["algebra"].append("brandnew")
    story.roster.students["chorus"].append("brandnew")


@pytest.mark.parametrize("rate_404", [0.0, 1.0], ids=["403", "404"])
def test_the_waiting_list_lasts_until_google_knows_them(tmp_path: Path, rate_404: float) -> None:
    with district(tmp_path, NO_QUOTAS) as (story, world):
        sync(story, world)
        story.sim.switches = replace(FRESH, fresh_account_404_rate=rate_404)
        newcomers(story)
        for number in range(3):
            first = world.clock()
            plan, finished = sync(story, world)
            assert finished.record.later == {"student.add": 2}
            assert finished.record.refused == {}
            assert finished.record.state is RunState.DONE
            assert not finished.is_refused
            assert world.store.unfinished() == []
            since = {undone.since for undone in finished.undone}
            if number == 0:
                assert since == {None}
                began = first
            else:
                assert all(s and timedelta() <= s - began < timedelta(minutes=3) for s in since)
                words = print_outcome(plan, finished)
                assert "2 of these seats have waited before, at the longest since 2026-" in words
                assert "put off, a later run tries again: " in words
            world.sleep(DAY)
        assert "2 put off" in print_status(engine.status(world.store))
        plan, finished = sync(story, world)
        assert finished.record.counts == {"student.add": 2}
        assert story.agrees()
        assert sync(story, world)[0].summary() == {}


def test_what_was_added_and_waits_anew_waits_since_then(tmp_path: Path) -> None:
    with district(tmp_path, NO_QUOTAS) as (story, world):
        sync(story, world)
        seat = story.roster.students["chorus"]
        for waits in (True, False, True, True):
            if waits:
                story.sim.next("refuse", no=No(403, code="CannotDirectAddUser"), where=Where(ADD))
            changed = "newcomer" not in seat
            if changed:
                seat.append("newcomer")
            began = world.clock()
            _, finished = sync(story, world)
            if not waits:
                seat.remove("newcomer")
                sync(story, world)
            world.sleep(DAY)
        [undone] = finished.undone
        assert undone.since is not None
        assert undone.since < began
        assert began - undone.since < timedelta(days=1, minutes=5)
        assert undone.since > START + timedelta(days=1)


def test_a_refusal_beside_it_is_a_failure_all_the_same(tmp_path: Path) -> None:
    with district(tmp_path, NO_QUOTAS) as (story, world):
        sync(story, world)
        story.sim.switches = FRESH
        newcomers(story)
        no = No(400, code="CourseMemberLimitReached")
        story.sim.next("refuse", no=no, where=Where(ADD))
        _, finished = sync(story, world)
        assert finished.is_refused
        record = finished.record
        assert (record.state, record.refused) == (RunState.REFUSED, {"student.add": 1})
        entries = {e.state for e in world.store.entries(record.id)}
        assert EntryState.REFUSED in entries


def test_a_fresh_owner_lets_the_class_wait(tmp_path: Path) -> None:
    with district(tmp_path, NO_QUOTAS) as (story, world):
        where = Where("classroom.courses.create")
        story.sim.next("refuse", no=No(404, state="NOT_FOUND"), where=where)
        _, finished = sync(story, world)
        assert not finished.is_refused
        assert finished.record.later["course.create"] == 1
        assert len(story.classes()) == 2
        assert sync(story, world)[1].undone == ()
        assert story.agrees()
        assert Kind.COURSE_CREATE.value in finished.record.later
