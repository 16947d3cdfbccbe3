"""What must never happen: a seat taken away that the SIS did not clearly give up, a class made
twice, a teacher's hand undone, a night that says 0 and has not done it, one that never settles.
"""

import json
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest

from nights import (
    Edit,
    Killed,
    district,
    inputs_of,
    killed_after,
    night,
    on_paper,
    one_row,
    out_after,
    sync,
)
from policy import engine
from policy.engine import World
from policy.errors import AnotherRun, GoogleOutOfReach, PlanAtFault, StalePlan
from policy.google.base import Course, Verb
from policy.merge.plan import HeldFor, Kind
from policy.render.plan_json import print_json, read_json
from policy.settings import read_settings
from policy.sources.folder import open_folder
from policy.store.sql import SqlStore
from telling import NO_QUOTAS, POLICY, Story


def students(story: Story, section: str) -> set[str]:
    found: set[str] = story.classes()[section]["students"]
    return found


def courses(story: Story) -> list[dict[str, Any]]:
    found: list[dict[str, Any]] = story.ask("GET", "/simulator/state")["courses"]
    return found


FAULTY_USER: Edit = ("users", one_row("s3", enabledUser="maybe"))
NO_EMAIL: Edit = ("users", one_row("s3", email=""))


@pytest.mark.parametrize("edit", [FAULTY_USER, NO_EMAIL], ids=["faulty-row", "no-email"])
def test_a_plan_that_is_applied_later_remembers_who_is_who(tmp_path: Path, edit: Edit) -> None:
    with district(tmp_path, NO_QUOTAS) as (story, world):
        engine.apply(on_paper(engine.make_plan(inputs_of(story), world)), world)
        assert sync(story, world, edit)[1].record.counts == {}
        assert "s3" in students(story, "algebra")


def test_a_plan_that_is_applied_later_takes_as_ours_what_is_so_already(tmp_path: Path) -> None:
    with district(tmp_path, NO_QUOTAS) as (story, world):
        night(story, world)
        story.by_hand("chorus", "accept")
        story.by_hand("chorus", "add", email="newcomer@maple.example", role="STUDENT")
        story.roster.students["chorus"].append("newcomer")
        engine.apply(on_paper(engine.make_plan(inputs_of(story), world)), world)
        story.roster.students["chorus"].remove("newcomer")
        night(story, world)
        assert story.agrees()


def test_an_address_that_the_directory_gave_to_somebody_else_moves_nobody(tmp_path: Path) -> None:
    with district(tmp_path, NO_QUOTAS) as (story, world):
        night(story, world)
        state = json.dumps(story.ask("GET", "/simulator/state"))
        state = state.replace("s9@maple.example", "s9.old@maple.example")
        moved = json.loads(state)
        for person in moved["people"]:
            if person["email"] == "newcomer@maple.example":
                person["aliases"] = ["s9@maple.example"]
        story.ask("PUT", "/simulator/state", moved)
        story.writes()
        plan, _ = sync(story, world)
        assert story.writes() == 0
        assert "another Google account than before" in plan.unmatched[0].reason


def test_a_key_that_a_spreadsheet_changed_empties_nothing(tmp_path: Path) -> None:
    with district(tmp_path, NO_QUOTAS) as (story, world):
        story.roster.section("2E7", teachers=["okafor", "chen"], students=["s1", "s2", "s3"])
        night(story, world)

        def excel(row: dict[str, str]) -> dict[str, str]:
            is_it = row["classSourcedId"] == "2E7"
            return {**row, "classSourcedId": "2.00E+07"} if is_it else row

        plan, finished = sync(story, world, ("enrollments", excel))
        assert finished.record.counts == {}
        assert {hold.reason for hold in plan.held} == {HeldFor.DOUBT}
        assert students(story, "2E7") == {"s1", "s2", "s3"}


def test_a_person_with_a_new_key_and_no_email_keeps_the_seat(tmp_path: Path) -> None:
    with district(tmp_path, NO_QUOTAS) as (story, world):
        night(story, world)

        def member(row: dict[str, str]) -> dict[str, str]:
            return {**row, "userSourcedId": "N9"} if row["userSourcedId"] == "s9" else row

        user: Edit = ("users", one_row("s9", sourcedId="N9", email=""))
        plan, _ = sync(story, world, user, ("enrollments", member))
        assert {hold.reason for hold in plan.held} == {HeldFor.DOUBT}
        assert "s9" in students(story, "chorus")


@pytest.mark.parametrize(
    "policy",
    [
        pytest.param(POLICY + 'classes:\n  key: "{section.key}"\n', id="key"),
        pytest.param(POLICY.replace("id: maple", "id: maple2"), id="district-id"),
    ],
)
def test_changed_keys_double_no_class_without_consent(tmp_path: Path, policy: str) -> None:
    with district(tmp_path, NO_QUOTAS) as (story, world):
        night(story, world)
        story.policy = policy
        for _ in range(2):
            plan, _ = sync(story, world)
            assert [(h.reason, h.count) for h in plan.held] == [(HeldFor.REKEYED, 3)]
            assert len(courses(story)) == 3
        plan, _ = sync(story, world, allowed={Kind.COURSE_UPDATE: 3})
        assert plan.held == ()
        assert plan.summary() == {"course.update": 6}  # the new key on, the old one off
        plan, _ = sync(story, world)
        assert (plan.held, plan.changes, len(courses(story))) == ((), (), 3)


def test_a_term_that_is_no_longer_exported_doubles_no_class(tmp_path: Path) -> None:
    """Without a schoolYear, the year is that of the end date: 2026 in fall and 2027 in spring."""
    with district(tmp_path, NO_QUOTAS) as (story, world):
        header = "sourcedId,title,type,startDate,endDate\n"
        fall = "f,Fall,term,2026-08-15,2026-12-19\n"
        spring = "s,Spring,term,2026-12-19,2027-06-01\n"
        own = {k: v for k, v in story.environment().items() if k.startswith("ROLLBOOK_")}
        for today, terms, rows in (
            ("2026-09-01", '"f,s"', fall + spring),
            ("2027-01-10", "s", spring),
        ):
            story.write_inputs()
            drop = story.folder / "policies" / "roster"
            (drop / "academicSessions.csv").write_text(header + rows, encoding="utf-8")
            classes = (drop / "classes.csv").read_text(encoding="utf-8")
            (drop / "classes.csv").write_text(classes.replace(",y27,", f",{terms},"), "utf-8")
            later = replace(world, settings=read_settings({**own, "ROLLBOOK_TODAY": today}))
            inputs = engine.read_inputs(story.folder / "policies", None, open_folder)
            engine.sync(inputs, later, allowed={})
            assert len(courses(story)) == 3


def test_a_class_that_was_made_unheard_is_ours_all_the_same(tmp_path: Path) -> None:
    with district(tmp_path, NO_QUOTAS) as (story, world):
        _, finished = sync(story, out_after(world, Verb.CREATE_COURSE))
        assert {undone.final for undone in finished.undone} == {False}
        plan, _ = sync(story, world)
        assert plan.held == ()
        assert story.agrees()


def test_a_class_that_google_shows_only_later_is_ours_all_the_same(tmp_path: Path) -> None:
    hidden = replace(NO_QUOTAS, new_course_hidden=30.0)
    with district(tmp_path, hidden) as (story, world):
        with pytest.raises(Killed):
            night(story, killed_after(world, Verb.CREATE_COURSE))

        class Slow:
            def accounts(self) -> Any:
                world.sleep(60)
                return world.directory.accounts()

        plan, _ = sync(story, replace(world, directory=Slow()))
        assert plan.held == ()
        assert story.agrees()


BACK = [
    pytest.param(killed_after, id="killed"),
    pytest.param(out_after, id="out-of-reach"),
]


@pytest.mark.parametrize("way", BACK)
def test_a_removal_unheard_and_taken_back_by_the_sis(tmp_path: Path, way: Any) -> None:
    with district(tmp_path, NO_QUOTAS) as (story, world):
        night(story, world)
        story.roster.students["chorus"].remove("s9")
        cut_off(story, way(world, Verb.REMOVE_STUDENT))
        story.roster.students["chorus"].append("s9")
        night(story, world)
        assert story.agrees()


@pytest.mark.parametrize("way", BACK)
def test_an_addition_unheard_and_taken_back_by_the_sis(tmp_path: Path, way: Any) -> None:
    with district(tmp_path, NO_QUOTAS) as (story, world):
        night(story, world)
        story.roster.students["chorus"].append("newcomer")
        cut_off(story, way(world, Verb.ADD_STUDENT))
        story.roster.students["chorus"].remove("newcomer")
        night(story, world)
        assert story.agrees()


@pytest.mark.parametrize("way", BACK)
def test_a_handover_unheard_and_taken_back_by_the_sis(tmp_path: Path, way: Any) -> None:
    with district(tmp_path, NO_QUOTAS) as (story, world):
        night(story, world)
        story.roster.teachers["biology"] = ["rivera", "chen"]
        cut_off(story, way(world, Verb.CHANGE_OWNER))
        story.roster.teachers["biology"] = ["chen", "rivera"]
        night(story, world)
        assert story.classes()["biology"]["owner"] == "chen"
        story.writes()
        assert night(story, world).record.counts == {}
        assert story.writes() == 0


@pytest.mark.parametrize("way", BACK)
def test_a_name_unheard_and_taken_back_by_the_policy(tmp_path: Path, way: Any) -> None:
    with district(tmp_path, NO_QUOTAS) as (story, world):
        night(story, world)
        story.policy = POLICY + "classes:\n  name: '{section.name}!'\n"
        cut_off(story, way(world, Verb.UPDATE_COURSE))
        story.policy = POLICY
        night(story, world)
        assert story.classes()["algebra"]["name"] == "Algebra"


def cut_off(story: Story, world: World) -> None:
    try:
        night(story, world)
    except Killed:
        return


OWNERS = [
    pytest.param("classes:\n  owner: guest@maple.example\n", ["okafor"], "guest", id="an-account"),
    pytest.param("co_teachers:\n  add: false\n", ["newcomer"], "newcomer", id="no-co-teachers"),
]


@pytest.mark.parametrize(("more", "teachers", "owner"), OWNERS)
def test_a_new_owner_is_made_a_co_teacher_first(
    tmp_path: Path, more: str, teachers: list[str], owner: str
) -> None:
    with district(tmp_path, NO_QUOTAS) as (story, world):
        night(story, world)
        story.policy = POLICY + more
        story.roster.teachers["chorus"] = teachers
        assert night(story, world).undone == ()
        assert story.classes()["chorus"]["owner"] == owner
        assert night(story, world).record.counts == {}


def test_a_suspended_class_stops_nobody_else(tmp_path: Path) -> None:
    with district(tmp_path, NO_QUOTAS) as (story, world):
        night(story, world)
        state = story.ask("GET", "/simulator/state")
        next(c for c in state["courses"] if c["name"] == "Chorus")["state"] = "SUSPENDED"
        story.ask("PUT", "/simulator/state", state)
        story.roster.students["algebra"].append("newcomer")
        plan, finished = sync(story, world)
        assert [hold.reason for hold in plan.held] == [HeldFor.UNREADABLE]
        assert finished.record.counts == {"student.add": 1}


def test_a_class_that_always_fails_stops_nobody_else(tmp_path: Path) -> None:
    """Some courses answer 500 for ever."""
    with district(tmp_path, NO_QUOTAS) as (story, world):
        night(story, world)
        story.by_hand("chorus", "break")
        story.roster.students["algebra"].append("newcomer")
        plan, finished = sync(story, world)
        assert [(h.reason, "500" in h.why[1]) for h in plan.held] == [(HeldFor.UNREADABLE, True)]
        assert finished.record.counts == {"student.add": 1}
        story.by_hand("chorus", "mend")
        assert sync(story, world)[0].held == ()


def test_a_list_that_lags_forgets_no_class(tmp_path: Path) -> None:
    with district(tmp_path, NO_QUOTAS) as (story, world):
        night(story, world)
        real = world.classroom

        class Short:
            find, members, write = real.find, real.members, real.write

            def courses(self) -> list[Course]:
                return [course for course in real.courses() if course.name != "Chorus"]

        faulty: Edit = ("classes", one_row("chorus", status="actve"))
        sync(story, replace(world, classroom=Short()), faulty)
        assert sync(story, world)[0].held == ()


def test_a_plan_older_than_classroom_is_stale(tmp_path: Path) -> None:
    with district(tmp_path, NO_QUOTAS) as (story, world):
        night(story, world)
        story.by_hand("chorus", "accept")
        story.policy = POLICY + 'classes:\n  name: "{section.name} {term.name}"\n'
        plan = on_paper(engine.make_plan(inputs_of(story), world))
        plan = plan.with_consent({Kind.COURSE_UPDATE: 3})
        story.by_hand("chorus", "rename", name="We sing")
        with pytest.raises(StalePlan, match="changed since are “Chorus Full year”"):
            engine.apply(plan, world)
        assert story.classes()["chorus"]["name"] == "We sing"


def test_an_edited_plan_touches_no_class_of_others(tmp_path: Path) -> None:
    with district(tmp_path, NO_QUOTAS) as (story, world):
        night(story, world)
        private = story.ask(
            "POST", "/simulator/courses", {"owner": "guest@maple.example", "name": "Private"}
        )
        story.roster.students["chorus"].remove("s9")
        data = json.loads(print_json(engine.make_plan(inputs_of(story), world)))
        for change in data["changes"]:
            change["course"]["id"] = private["id"]
        story.writes()
        with pytest.raises(PlanAtFault, match="which is no class of this store"):
            engine.apply(read_json(json.dumps(data)), world)
        assert story.writes() == 0


def test_a_plan_of_another_store_is_refused(tmp_path: Path) -> None:
    with district(tmp_path, NO_QUOTAS) as (story, world):
        night(story, world)
        story.roster.students["chorus"].remove("s9")
        plan = engine.make_plan(inputs_of(story), world)
        other = SqlStore(f"sqlite:///{tmp_path}/other.sqlite")
        with pytest.raises(PlanAtFault, match="made from another store"):
            engine.apply(plan, replace(world, store=other))
        other.close()


def test_a_plan_that_was_made_after_a_kill_can_be_applied(tmp_path: Path) -> None:
    with district(tmp_path, NO_QUOTAS) as (story, world):
        with pytest.raises(Killed):
            night(story, killed_after(world, Verb.CREATE_COURSE))
        engine.apply(on_paper(engine.make_plan(inputs_of(story), world)), world)
        assert story.agrees()


DOUBTS: list[Any] = [
    pytest.param(("enrollments", one_row("biology-chen", primary="ture")), id="who-is-primary"),
    pytest.param(("users", one_row("chen", enabledUser="maybe")), id="the-teacher"),
]


@pytest.mark.parametrize("edit", DOUBTS)
def test_a_doubtful_row_neither_hands_a_class_over_nor_renames_it(
    tmp_path: Path, edit: Edit
) -> None:
    with district(tmp_path, NO_QUOTAS) as (story, world):
        story.policy = POLICY + 'classes:\n  name: "{section.name} {teacher.name}"\n'
        night(story, world)
        assert sync(story, world, edit)[1].record.counts == {}
        assert night(story, world).record.counts == {}


def test_a_directory_that_knows_nobody_plans_nothing(tmp_path: Path) -> None:
    with district(tmp_path, NO_QUOTAS) as (story, world):
        night(story, world)

        class Nobody:
            def accounts(self) -> Any:
                return iter(())

        with pytest.raises(GoogleOutOfReach, match="tells of 0 accounts"):
            sync(story, replace(world, directory=Nobody()))


def test_two_people_of_the_sis_on_one_account_by_an_alias(tmp_path: Path) -> None:
    with district(tmp_path, NO_QUOTAS) as (story, world):
        story.sim.add_user(
            "s1@maple.example", given="S1", family="Maple", aliases=["zed@maple.example"]
        )
        story.roster.section("zoology", teachers=["okafor"], students=["zed", "s2"])
        plan, _ = sync(story, world)
        assert students(story, "zoology") == {"s2"}
        assert {person.person_key for person in plan.unmatched} == {"zed", "s1"}


@pytest.mark.parametrize(
    ("more", "edit"),
    [
        pytest.param("classes:\n  owner: nobody@maple.example\n", None, id="owner-unknown"),
        pytest.param("", ("classes", one_row("chorus", title="www.sing.example")), id="bad-name"),
    ],
)
def test_seats_flow_in_a_class_that_is_there_whatever_else_is_wrong(
    tmp_path: Path, more: str, edit: Edit | None
) -> None:
    with district(tmp_path, NO_QUOTAS) as (story, world):
        night(story, world)
        story.policy = POLICY + more
        story.roster.students["chorus"].append("newcomer")
        sync(story, world, *([edit] if edit else []))
        assert "newcomer" in students(story, "chorus")


def test_a_store_has_one_lock_whatever_it_is_called(tmp_path: Path) -> None:

    one = SqlStore(f"sqlite:///{tmp_path}/one.sqlite")
    (tmp_path / "two.sqlite").symlink_to(tmp_path / "one.sqlite")
    two = SqlStore(f"sqlite:///{tmp_path}/two.sqlite")
    with one.run_lock(), pytest.raises(AnotherRun), two.run_lock():
        pass
    one.close()
    two.close()
