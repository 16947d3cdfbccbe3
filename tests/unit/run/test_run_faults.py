"""A first night under each fault that Google is known for: it ends right, and the next one writes
nothing. Time is a clock that only moves when somebody waits, so nobody does.
"""

import itertools
from dataclasses import replace
from pathlib import Path

import pytest

from nights import district, night
from policy import engine
from policy.sources.folder import open_folder
from policy.store.base import EntryState, RunState
from telling import NO_QUOTAS

FAULTS = {
    "a calm night": {},
    "new courses are hidden for a moment": {"new_course_hidden": 3.0},
    "states are shown late": {"state_late": 5.0},
    "creates are aborted": {"create_aborted_rate": 0.4},
    "server errors": {"server_error_rate": 0.1, "server_error_lasts": 2.0},
    "too many requests": {"too_many_rate": 0.1, "too_many_lasts": 2.0},
    "answers are lost after the write": {"hang_up_rate": 0.6},
    "pages are short": {"short_page_rate": 1.0, "empty_last_page": True},
    "addresses are missing": {"email_missing_rate": 1.0},
    "everything at once": {
        "new_course_hidden": 2.0,
        "state_late": 4.0,
        "create_aborted_rate": 0.2,
        "server_error_rate": 0.05,
        "too_many_rate": 0.05,
        "hang_up_rate": 0.3,
        "short_page_rate": 0.5,
        "email_missing_rate": 0.5,
    },
}


UNSEEN = {"a calm night", "states are shown late", "addresses are missing"}
CALM = 8  # HTTP requests


@pytest.mark.parametrize("fault", FAULTS)
def test_a_first_night_ends_right(tmp_path: Path, fault: str) -> None:
    switches = replace(NO_QUOTAS, **FAULTS[fault])
    with district(tmp_path, switches) as (story, world):
        first = night(story, world)
        assert [u.reason for u in first.undone] == []
        assert (story.sim.calls.http > CALM) == (fault not in UNSEEN), "the fault did not strike"
        assert story.agrees()
        assert len(story.ask("GET", "/simulator/state")["courses"]) == 3
        story.writes()
        again = night(story, world)
        assert again.record.counts == {}
        assert story.writes() == 0


def test_what_google_says_for_ever_is_put_off_and_the_rest_goes_on(tmp_path: Path) -> None:
    """Accounts that are too fresh to be added: everything else comes about, and they wait."""
    with district(tmp_path, NO_QUOTAS) as (story, world):
        night(story, world)
        story.sim.switches = replace(NO_QUOTAS, fresh_account=3600.0)
        story.sim.add_user("brandnew@maple.example", given="Brandnew")
        story.roster.students["algebra"].append("brandnew")
        story.roster.students["chorus"].append("newcomer")
        finished = night(story, world)
        assert [(u.final, u.change.person and u.change.person.name) for u in finished.undone] == [
            (False, "Brandnew"),
            (False, "Newcomer Maple"),
        ]
        assert finished.record.state is RunState.DONE
        assert (finished.record.refused, finished.record.later) == ({}, {"student.add": 2})
        states = [e.state for e in world.store.entries(finished.record.id)]
        assert states == [EntryState.LATER, EntryState.LATER]
        story.sim.switches = NO_QUOTAS
        assert night(story, world).undone == ()
        assert story.agrees()


def test_a_refusal_is_told_and_the_rest_goes_on(tmp_path: Path) -> None:
    """A class with more members than Google allows."""
    with district(tmp_path, replace(NO_QUOTAS, course_members=9)) as (story, world):
        finished = night(story, world)
        reasons = {u.reason.split()[0] for u in finished.undone}
        assert reasons == {"@CourseMemberLimitReached"}
        assert all(u.final for u in finished.undone)
        assert len(story.classes()["chorus"]["students"]) == 6
        assert len(story.classes()["algebra"]["students"]) == 8


def test_a_class_that_could_not_be_made_takes_its_seats_along(tmp_path: Path) -> None:
    with district(tmp_path, NO_QUOTAS) as (story, world):
        story.write_inputs()
        inputs = engine.read_inputs(story.folder / "policies", None, open_folder)
        plan = engine.make_plan(inputs, world)
        story.ask("DELETE", "/simulator/users/okafor@maple.example")
        finished = engine.apply(plan, world)
        assert {u.change.course.name for u in finished.undone} == {"Chorus"}
        assert len(finished.undone) == 7
        assert sorted(story.classes()) == ["algebra", "biology"]


def test_every_write_is_in_the_journal_before_it_is_sent(tmp_path: Path) -> None:
    with district(tmp_path, NO_QUOTAS) as (story, world):
        finished = night(story, world)
        entries = list(world.store.entries(finished.record.id))
        assert [e.number for e in entries] == list(range(28))
        assert {e.state for e in entries} == {EntryState.DONE}
        kinds = [kind for kind, _ in itertools.groupby(e.kind for e in entries)]
        assert kinds == ["course.create", "teacher.add", "student.add"]
        assert world.store.unfinished() == []
        assert not any("maple.example" in e.change or "Maple" in e.change for e in entries)
