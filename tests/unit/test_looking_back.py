"""Finding the run and the part of it that is meant; what later runs have written; what is now."""

import json
from collections.abc import Iterator
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest

from nights import district, inputs_of, night, on_paper
from policy import engine
from policy.errors import InputAtFault
from policy.looking_back import Part, aliases_of, plan_undo, run_named, runs_of, writes_of, written
from policy.merge.plan import Kind
from policy.merge.records import Fields
from policy.merge.written import Written
from policy.sources.folder import open_folder
from policy.store.base import BaseCourse, Entry, EntryState, RunRecord, RunState
from policy.store.sql import SqlStore
from telling import NO_QUOTAS

AT = datetime(2026, 9, 1, 4, 0, tzinfo=UTC)
RUN = RunRecord("20260901-a", "p1", RunState.DONE, AT, AT, "", "", {}, {}, {})


@pytest.fixture
def store(tmp_path: Path) -> Iterator[SqlStore]:
    made = SqlStore(f"sqlite:///{tmp_path}/rollbook.sqlite")
    yield made
    made.close()


def test_a_run_by_the_beginning_of_its_id(store: SqlStore) -> None:
    for run_id in ("20260901-a", "20260901-ab", "20260902-a"):
        store.start_run(replace(RUN, id=run_id))
    assert run_named("20260902", store).id == "20260902-a"
    assert run_named(" 20260901-a ", store).id == "20260901-a"  # this very one, not the longer
    with pytest.raises(InputAtFault, match="is the beginning of 2 runs: 20260901-ab, 20260901-a"):
        run_named("20260901", store)
    with pytest.raises(InputAtFault, match="'' is no run of this store"):
        run_named("", store)


def test_an_entry_as_the_merge_looks_at_it() -> None:
    facts = {
        "section": "s1",
        "school": "n",
        "course": "5001",
        "user": "9001",
        "new": ["Algebra", "3", "12"],
        "why": ["in scope"],
    }
    entry = Entry(
        "r1", 4, "d:a", "course.create", json.dumps(facts), EntryState.REFUSED, AT, "403 no"
    )
    assert written(entry) == Written(
        run_id="r1",
        number=4,
        alias="d:a",
        kind=Kind.COURSE_CREATE,
        state="refused",
        at=AT,
        section="s1",
        school_key="n",
        course_id="5001",
        user="9001",
        made=Fields("Algebra", "3", "12"),
        why=("in scope",),
        reason="403 no",
    )


def test_a_run_that_has_not_ended_tells_what_it_has_done(store: SqlStore) -> None:
    store.start_run(replace(RUN, state=RunState.RUNNING, ended=None))
    change = json.dumps({"section": "s", "school": "n", "user": "7001", "why": []})
    entries = [
        Entry(RUN.id, number, "d:a", "student.add", change, state, AT)
        for number, state in enumerate([EntryState.DONE, EntryState.SENT, EntryState.DONE])
    ]
    store.start_entries(entries)
    assert runs_of(store, 5)[0].counts == {"student.add": 2}
    assert [write.number for write in writes_of(RUN, store)] == [0, 1, 2]


def test_nights_that_are_taken_back_one_after_the_other(tmp_path: Path) -> None:
    """The newest first; at one and the same second, since the clock stands still."""
    with district(tmp_path, NO_QUOTAS) as (story, world):
        night(story, world)
        for section in story.classes():
            story.by_hand(section, "accept")
        seen = [story.classes()]
        runs = []
        for student in ("guest", "newcomer"):
            story.roster.students["chorus"].append(student)
            runs.append(night(story, world).record)
            seen.append(story.classes())
        policy = inputs_of(story).policy
        older = plan_undo(runs[0], Part(), policy, world, open_folder)
        assert [c.person.email for c in older.changes if c.person] == ["guest@maple.example"]
        for run, expected in zip(reversed(runs), reversed(seen[:-1]), strict=True):
            plan = plan_undo(run, Part(), policy, world, open_folder)
            assert plan.summary() == {"student.remove": 1}
            engine.apply(on_paper(plan), world)
            assert story.classes() == expected


def test_what_an_undo_did_can_be_undone(tmp_path: Path) -> None:
    with district(tmp_path, NO_QUOTAS) as (story, world):
        night(story, world)
        story.by_hand("chorus", "accept")
        story.roster.students["chorus"].append("guest")
        run = night(story, world).record
        policy = inputs_of(story).policy
        taken_back = engine.apply(plan_undo(run, Part(), policy, world, open_folder), world).record
        assert "guest" not in story.classes()["chorus"]["students"]
        [notice] = plan_undo(run, Part(), policy, world, open_folder).notices
        assert notice.code == "M321"
        engine.apply(plan_undo(taken_back, Part(), policy, world, open_folder), world)
        assert story.agrees()


def test_a_class_is_found_under_the_alias_that_it_had_then(store: SqlStore) -> None:
    store.start_run(RUN)
    row = BaseCourse("d:c", "5001", "s", "n", "C", "", "", "9", frozenset("9"), frozenset())
    store.keep([row])
    for number, (before, after) in enumerate([("d:a", "d:b"), ("d:b", "d:c")]):
        change = {"section": "s", "school": "n", "field": "alias", "why": []}
        text = json.dumps({**change, "before": before, "after": after})
        at = AT + timedelta(minutes=number)
        store.start_entries(
            [Entry(RUN.id, number, after, "course.update", text, EntryState.DONE, at)]
        )
    assert aliases_of("5001", store) == {"d:a", "d:b", "d:c"}
    assert aliases_of(None, store) is None


def test_a_roster_that_can_not_be_read_is_said(tmp_path: Path) -> None:
    with district(tmp_path, NO_QUOTAS) as (story, world):
        run = night(story, world).record
        policy = inputs_of(story).policy
        (tmp_path / "policies/roster/orgs.csv").write_text("", encoding="utf-8")
        plan = plan_undo(run, Part(), policy, world, open_folder)
        assert plan.schools == {"sch": "sch"}
        [told] = [notice.message for notice in plan.notices if notice.code == "M325"]
        assert told.startswith("the roster can't be read, so schools have no names here: orgs.csv")
        with pytest.raises(InputAtFault, match="has written nothing to Maple High"):
            plan_undo(run, Part(school="Maple High"), policy, world, open_folder)
