"""Surprises of the SIS's side: rows that are missing for one night, sections with other ids,
primary teachers who change all at once, a clock that was ahead.
"""

import time
from collections.abc import Callable, Sequence
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest

from building import base, desired
from nights import (
    Do,
    Edit,
    Killed,
    behind,
    district,
    inputs_of,
    killed_after,
    night,
    on_paper,
    one_row,
    out_after,
    sync,
)
from policy import engine, looking_back, ways_out
from policy.engine import World
from policy.google.base import Outcome, Reply, Verb, Write
from policy.merge.claims import renumbered
from policy.merge.plan import HeldFor, Kind, Plan
from policy.settings import read_settings
from policy.sources.folder import open_folder
from telling import NO_QUOTAS, POLICY, SmallRoster, Story, address

GRACE = POLICY + "students:\n  removal_grace: 48h\n"


def on(story: Story, world: World, day: str) -> World:
    """The world as it is on a day."""
    own = {k: v for k, v in story.environment().items() if k.startswith("ROLLBOOK_")}
    words = {**own, "ROLLBOOK_STATE": str(story.folder / "state"), "ROLLBOOK_TODAY": day}
    return replace(world, settings=read_settings(words))


def members(story: Story, section: str, role: str = "students") -> set[str]:
    found: set[str] = story.classes()[section][role]
    return found


def courses(story: Story) -> list[dict[str, Any]]:
    found: list[dict[str, Any]] = story.ask("GET", "/simulator/state")["courses"]
    return found


def held(plan: Plan) -> list[tuple[HeldFor, Kind, int]]:
    return [(hold.reason, hold.kind, hold.count) for hold in plan.held]


# What a hand did, and a drop that lacks a row for one night.

NO_CHORUS_STUDENTS: Edit = (
    "enrollments",
    lambda row: (
        {**row, "status": "tobedeleted"}
        if row["classSourcedId"] == "chorus" and row["role"] == "student"
        else row
    ),
)


@pytest.mark.parametrize(
    ("edit", "section", "who", "role"),
    [
        pytest.param(NO_CHORUS_STUDENTS, "chorus", "s9", "students", id="its-students"),
        pytest.param(
            ("enrollments", one_row("chorus-s9", status="actve")),
            "chorus",
            "s9",
            "students",
            id="a-faulty-row",
        ),
        pytest.param(
            ("enrollments", one_row("biology-rivera", status="tobedeleted")),
            "biology",
            "rivera",
            "teachers",
            id="a-co-teacher",
        ),
    ],
)
def test_who_was_taken_out_by_hand_stays_out(
    tmp_path: Path, edit: Edit, section: str, who: str, role: str
) -> None:
    with district(tmp_path, NO_QUOTAS) as (story, world):
        story.policy = GRACE
        night(story, world)
        story.by_hand(section, "accept")
        story.by_hand(section, "remove", email=address(who))
        night(story, world)
        sync(story, world, edit)
        assert sync(story, world)[0].changes == ()
        assert who not in members(story, section, role)


def test_a_hand_is_forgotten_after_a_week(tmp_path: Path) -> None:
    """Off the roster for so long: when the SIS lists them again, that is news."""
    with district(tmp_path, NO_QUOTAS) as (story, world):
        story.policy = GRACE
        night(story, world)
        story.by_hand("chorus", "accept")
        story.by_hand("chorus", "remove", email=address("s9"))
        night(story, world)
        story.roster.students["chorus"].remove("s9")
        for day in ("2026-09-02", "2026-09-05", "2026-09-09"):
            night(story, on(story, world, day))
        story.roster.students["chorus"].append("s9")
        night(story, on(story, world, "2026-09-10"))
        assert "s9" in members(story, "chorus")


def test_a_faulty_row_lets_no_hand_be_forgotten(tmp_path: Path) -> None:
    with district(tmp_path, NO_QUOTAS) as (story, world):
        night(story, world)
        story.by_hand("chorus", "accept")
        story.by_hand("chorus", "remove", email=address("s9"))
        night(story, world)
        sync(story, world, ("enrollments", one_row("chorus-s9", status="actve")))
        assert sync(story, world)[0].changes == ()


def as_state(story: Story, section: str, state: str) -> None:
    seen = story.ask("GET", "/simulator/state")
    for course in seen["courses"]:
        if course["name"] == section.title():
            course["state"] = state
    story.ask("PUT", "/simulator/state", seen)


def test_a_grace_that_ran_before_a_class_rested_is_not_over_after(tmp_path: Path) -> None:
    with district(tmp_path, NO_QUOTAS) as (story, world):
        story.policy = GRACE
        night(story, world)
        story.by_hand("chorus", "accept")
        story.roster.students["chorus"].remove("s9")
        night(story, world)
        as_state(story, "chorus", "ARCHIVED")
        story.roster.students["chorus"].append("s9")
        night(story, on(story, world, "2026-09-02"))
        as_state(story, "chorus", "ACTIVE")
        story.roster.students["chorus"].remove("s9")
        assert sync(story, on(story, world, "2026-09-21"))[0].changes == ()
        assert "s9" in members(story, "chorus")


def test_a_clock_that_was_ahead_for_a_night_keeps_no_seat_for_years(tmp_path: Path) -> None:
    with district(tmp_path, NO_QUOTAS) as (story, world):
        story.policy = GRACE + "classes:\n  scope: {terms: all}\n"
        night(story, world)
        story.roster.students["chorus"].remove("s9")
        night(story, on(story, world, "2036-09-02"))
        night(story, on(story, world, "2026-09-10"))
        assert "s9" in members(story, "chorus")
        night(story, on(story, world, "2026-09-13"))
        assert "s9" not in members(story, "chorus")


def test_whom_a_teacher_added_may_be_one_without_an_e_mail(tmp_path: Path) -> None:
    with district(tmp_path, NO_QUOTAS) as (story, world):
        story.policy = POLICY + "students:\n  removal_grace: 0h\n  added_by_hand: remove\n"
        night(story, world)
        story.by_hand("chorus", "accept")
        story.roster.students["chorus"].append("newcomer")
        story.by_hand("chorus", "add", email=address("newcomer"), role="STUDENT")
        plan, _ = sync(story, world, ("users", one_row("newcomer", email="")))
        assert held(plan) == [(HeldFor.DOUBT, Kind.STUDENT_REMOVE, 1)]
        assert "newcomer" in members(story, "chorus")


def test_who_has_two_rows_gets_the_seat_that_one_of_them_makes_certain(tmp_path: Path) -> None:
    with district(tmp_path, NO_QUOTAS) as (story, world):
        night(story, world)
        story.roster.students["chorus"] += ["s1", "n1"]
        same = {"email": address("s1"), "givenName": "S1"}

        def two(row: dict[str, str]) -> dict[str, str]:
            return one_row("s1", email="")(one_row("n1", **same)(row))

        sync(story, world, ("users", two))
        assert "s1" in members(story, "chorus")


def test_a_student_who_is_an_aide_stays_where_co_teachers_are_not_added(tmp_path: Path) -> None:
    with district(tmp_path, NO_QUOTAS) as (story, world):
        story.policy = POLICY + "co_teachers:\n  add: false\n"
        night(story, world)
        story.roster.teachers["chorus"] = ["okafor", "s9"]

        def apart(row: dict[str, str]) -> dict[str, str]:
            return {**row, "sourcedId": f"{row['sourcedId']}-{row['role']}"}

        for _ in range(2):
            assert sync(story, world, ("enrollments", apart))[0].changes == ()
        assert "s9" in members(story, "chorus")


# Owners.


def three_with_co_teachers() -> SmallRoster:
    roster = SmallRoster()
    roster.section("algebra", teachers=["rivera", "chen"], students=["s0", "s1"])
    roster.section("biology", teachers=["chen", "rivera"], students=["s2", "s3"])
    roster.section("chorus", teachers=["okafor", "chen"], students=["s4", "s5"])
    return roster


def test_all_primary_teachers_that_change_in_one_night_are_held(tmp_path: Path) -> None:
    with district(tmp_path, NO_QUOTAS, three_with_co_teachers()) as (story, world):
        story.policy = POLICY + "limits:\n  course.owner: {district: 50%, at_least: 0}\n"
        night(story, world)
        for staff in story.roster.teachers.values():
            staff.reverse()
        plan, _ = sync(story, world)
        assert held(plan) == [(HeldFor.LIMIT, Kind.COURSE_OWNER, 3)]
        assert [row["owner"] for row in courses(story)] == [
            address(who) for who in ("rivera", "chen", "okafor")
        ]
        assert sync(story, world, allowed={Kind.COURSE_OWNER: 3})[0].held == ()
        assert [row["owner"] for row in courses(story)] == [
            address(who) for who in ("chen", "rivera", "chen")
        ]


def no_primary(row: dict[str, str]) -> dict[str, str]:
    return {**row, "status": "tobedeleted"} if row["primary"] == "true" else row


@pytest.mark.parametrize("former", ["keep", "remove"])
def test_a_drop_without_the_primary_teachers_gives_no_class_away(
    tmp_path: Path, former: str
) -> None:
    with district(tmp_path, NO_QUOTAS, three_with_co_teachers()) as (story, world):
        story.policy = GRACE + f"co_teachers:\n  when_primary_changes: {former}\n"
        night(story, world)
        before = story.classes()
        plan, _ = sync(story, world, ("enrollments", no_primary))
        assert plan.changes == ()
        assert {kept.record for kept in plan.kept} == {"leaving:owner"}
        assert sync(story, world)[0].changes == ()
        assert story.classes() == before


def test_a_primary_teacher_who_is_gone_for_longer_than_the_grace_is_gone(tmp_path: Path) -> None:
    with district(tmp_path, NO_QUOTAS, three_with_co_teachers()) as (story, world):
        story.policy = GRACE
        night(story, world)
        story.roster.teachers["chorus"] = ["chen"]
        edit: Edit = ("enrollments", one_row("chorus-chen", primary="false"))
        sync(story, on(story, world, "2026-09-02"), edit)
        assert story.classes()["chorus"]["owner"] == "okafor"
        sync(story, on(story, world, "2026-09-05"), edit)
        assert story.classes()["chorus"]["owner"] == "chen"


def test_teachers_of_a_class_that_a_file_cut_off_stay_with_its_students(tmp_path: Path) -> None:
    roster = SmallRoster()
    for n in range(12):
        students = [f"s{n}x{i}" for i in range(8)]
        roster.section(f"c{n:02}", teachers=[f"t{n}", f"u{n}", f"v{n}"], students=students)
    with district(tmp_path, NO_QUOTAS, roster) as (story, world):
        story.policy = GRACE
        night(story, world)
        before = story.classes()["c11"]

        def cut(row: dict[str, str]) -> dict[str, str]:
            return {**row, "status": "tobedeleted"} if row["classSourcedId"] == "c11" else row

        plan, _ = sync(story, world, ("enrollments", cut))
        assert held(plan) == [(HeldFor.LIMIT, Kind.TEACHER_REMOVE, 2)]
        assert story.classes()["c11"] == before


# Sections with other ids.


def renumber(story: Story, old: str = "chorus", new: str = "x9") -> Edit:
    """The SIS gives a section another id; its title stays."""
    story.roster.teachers[new] = story.roster.teachers.pop(old)
    story.roster.students[new] = story.roster.students.pop(old)
    return ("classes", one_row(new, title=old.title()))


@pytest.mark.parametrize("case", ["after_accept", "another-teacher", "declined", "half-directory"])
def test_a_renumbered_section_is_never_doubled(tmp_path: Path, case: str) -> None:
    with district(tmp_path, NO_QUOTAS) as (story, world):
        if case == "after_accept":
            story.policy = POLICY + "students:\n  add: after_accept\n"
        night(story, world)
        if case == "declined":
            story.by_hand("chorus", "decline")
            night(story, world)
        edit = renumber(story)
        if case == "another-teacher":
            story.roster.teachers["x9"] = ["newcomer"]
        if case == "half-directory":
            world = replace(world, directory=Lacking(world, "s4", "s5", "s6", "s7"))
        plan, _ = sync(story, world, edit)
        assert [(hold.reason, hold.count) for hold in plan.held] == [(HeldFor.RENUMBERED, 1)]
        assert len(courses(story)) == 3


class Lacking:
    """A Directory that does not tell of these people."""

    def __init__(self, world: World, *people: str) -> None:
        self._whole = world.directory
        self._hidden = {address(key) for key in people}

    def accounts(self) -> Any:
        return (a for a in self._whole.accounts() if a.emails[0] not in self._hidden)


@pytest.mark.parametrize("add", ["at_once", "after_accept"])
def test_a_school_year_that_is_mended_doubles_nothing(tmp_path: Path, add: str) -> None:
    with district(tmp_path, NO_QUOTAS) as (story, world):
        story.policy = POLICY + f"students:\n  add: {add}\n"
        night(story, world)
        story.roster.teachers["chorus"] = ["chen"]
        mended: Edit = ("academicSessions", lambda row: {**row, "schoolYear": "2026"})
        plan, _ = sync(story, world, mended)
        assert held(plan) == [(HeldFor.REKEYED, Kind.COURSE_UPDATE, 3)]
        assert len(courses(story)) == 3
        sync(story, world, mended, allowed={Kind.COURSE_UPDATE: 3})
        assert sorted(alias for course in courses(story) for alias in course["aliases"]) == [
            f"d:rollbook.maple.2026.{section}" for section in ("algebra", "biology", "chorus")
        ]


def consented(story: Story, world: World, *edits: Edit, by_file: bool) -> None:
    """A renumbered class goes on under its new id; by a plan that was written to a file, or not."""
    allowed = {Kind.COURSE_UPDATE: 1}
    if not by_file:
        sync(story, world, *edits, allowed=allowed)
        return
    plan = engine.make_plan(inputs_of(story, *edits), world)
    engine.apply(on_paper(plan).with_consent(allowed), world)


@pytest.mark.parametrize("by_file", [False, True], ids=["sync", "plan-and-apply"])
@pytest.mark.parametrize("others", [False, True], ids=["alone", "beside-others"])
def test_an_old_section_that_comes_back_gets_a_class_of_its_own(
    tmp_path: Path, by_file: bool, others: bool
) -> None:
    with district(tmp_path, NO_QUOTAS) as (story, world):
        if others:
            story.ask("POST", "/simulator/courses", {"owner": address("guest"), "name": "Private"})
        night(story, world)
        edit = renumber(story)
        consented(story, world, edit, by_file=by_file)
        assert sync(story, world, edit)[0].changes == ()
        story.roster.section(
            "chorus",
            teachers=list(story.roster.teachers["x9"]),
            students=list(story.roster.students["x9"]),
        )
        plan, _ = sync(story, world, edit)
        assert plan.held == ()
        assert story.classes().keys() == {"algebra", "biology", "chorus", "x9"}
        story.roster.teachers["chorus"] = ["newcomer"]
        sync(story, world, edit)
        assert (story.classes()["x9"]["owner"], story.classes()["chorus"]["owner"]) == (
            "okafor",
            "newcomer",
        )


@pytest.mark.parametrize("verb", [Verb.ADD_ALIAS, Verb.REMOVE_ALIAS])
@pytest.mark.parametrize("loss", [killed_after, out_after])
def test_a_renumbered_class_whose_answer_was_lost_is_the_same_in_the_end(
    tmp_path: Path, verb: Verb, loss: Callable[[World, Verb], World]
) -> None:
    with district(tmp_path, NO_QUOTAS) as (story, world):
        night(story, world)
        edit, allowed = renumber(story), {Kind.COURSE_UPDATE: 1}
        try:
            sync(story, loss(world, verb), edit, allowed=allowed)
        except Killed:
            assert loss is killed_after
        for _ in range(2):
            sync(story, world, edit, allowed=allowed)
        assert sync(story, world, edit)[0].changes == ()
        assert world.store.unfinished() == []
        (chorus,) = (course for course in courses(story) if course["name"] == "Chorus")
        assert "d:rollbook.maple.2027.x9" in chorus["aliases"]
        assert len(courses(story)) == 3


def test_an_old_alias_that_could_not_be_taken_off_is_taken_off_later(tmp_path: Path) -> None:
    with district(tmp_path, NO_QUOTAS) as (story, world):
        night(story, world)
        edit = renumber(story)

        def not_tonight(writes: Sequence[Write], do: Do) -> Sequence[Reply]:
            if writes[0].verb is Verb.REMOVE_ALIAS:
                return [Reply(Outcome.LATER, 429, "quota for today") for _ in writes]
            return do(writes)

        sync(story, behind(world, not_tonight), edit, allowed={Kind.COURSE_UPDATE: 1})
        for _ in range(2):
            sync(story, world, edit)
        (chorus,) = (course for course in courses(story) if course["name"] == "Chorus")
        assert chorus["aliases"] == ["d:rollbook.maple.2027.x9"]


def test_an_undo_of_a_renumbering_leaves_the_class_as_it_is(tmp_path: Path) -> None:
    with district(tmp_path, NO_QUOTAS) as (story, world):
        night(story, world)
        edit = renumber(story)
        run = sync(story, world, edit, allowed={Kind.COURSE_UPDATE: 1})[1].record.id
        plan = looking_back.plan_undo(
            looking_back.run_named(run, world.store),
            looking_back.Part(),
            inputs_of(story, edit).policy,
            world,
            open_folder,
        )
        assert (plan.changes, plan.held, plan.kept) == ((), (), ())
        assert [notice.message for notice in plan.notices] == [
            "“Chorus” stays the class of section x9, with its alias"
        ]


def test_a_school_whose_sections_are_all_renumbered_is_told_apart_quickly() -> None:
    """All its classes have one owner: to compare each with each would take minutes."""
    size = 1_000
    students = [tuple(f"u{n}-{i}" for i in range(20)) for n in range(size)]
    old = [
        base(alias=f"a{n}", course_id=str(n), section=f"k{n}", students=students[n], owner="t1")
        for n in range(size)
    ]
    new = [
        desired(alias=f"b{n}", section=f"m{n}", students=students[n], owner="t1")
        for n in range(size)
    ]
    started = time.process_time()
    found = renumbered(old, new)
    assert time.process_time() - started < 5
    assert {alias: claim.course_id for alias, claim in found.items()} == {
        f"b{n}": str(n) for n in range(size)
    }


# Ways out, and consent.


class Silent:
    """Reports in which nothing has happened."""

    def activities(self, since: Any) -> Sequence[Any]:
        assert since.tzinfo
        return ()


def test_a_name_overwritten_before_a_night_has_seen_it_is_the_rosters(tmp_path: Path) -> None:
    with district(tmp_path, NO_QUOTAS) as (story, world):
        world = replace(world, reports=Silent())
        for _ in range(3):
            night(story, world)
        row = next(row for row in world.store.base() if row.section_key == "chorus")
        assert row.settled
        story.by_hand("chorus", "rename", name="We sing")
        ways_out.overwrite_field(world, row, "name")
        night(story, world)
        assert story.classes()["chorus"]["name"] == "Chorus"
