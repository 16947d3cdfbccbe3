"""Surprises of a district's nights that once made Rollbook do wrong: a Directory that tells of half
of the accounts, people whom the policy names, a first load that comes in parts.
"""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import datetime
from pathlib import Path

import pytest

from nights import START, Do, behind, district, inputs_of, night, on_paper, one_row, sync
from policy import engine, looking_back, ways_out
from policy.engine import World
from policy.errors import GoogleOutOfReach
from policy.explaining import Question, Sight, explain
from policy.google.base import Account, Activity, Directory, Outcome, Reply, Reports, Verb, Write
from policy.merge.plan import Kind
from policy.night.reading import is_first_load
from policy.settings import read_settings
from policy.sources.folder import open_folder
from policy.store.base import RunRecord, RunState
from policy.store.sql import SqlStore
from telling import NO_QUOTAS, POLICY, SmallRoster, Story, address

NAMED = (
    "co_teachers:\n  extra:\n"
    "    - {where: {name: Chorus}, teachers: [guest@maple.example]}\n"
    "students:\n  removal_grace: 0h\n  exceptions:\n"
    "    - {person: newcomer@maple.example, where: {name: Chorus}, keep: in}\n"
)


@dataclass(frozen=True)
class Part:
    """A Directory that does not tell of these people."""

    whole: Directory
    untold: Sequence[str]

    def accounts(self) -> Iterator[Account]:
        hidden = {address(key) for key in self.untold}
        return (a for a in self.whole.accounts() if a.emails[0] not in hidden)


def without(world: World, *people: str) -> World:
    return replace(world, directory=Part(world.directory, people))


def on(story: Story, world: World, day: str) -> World:
    """The world as it is on a day."""
    own = {k: v for k, v in story.environment().items() if k.startswith("ROLLBOOK_")}
    words = {**own, "ROLLBOOK_STATE": str(story.folder / "state"), "ROLLBOOK_TODAY": day}
    return replace(world, settings=read_settings(words))


# People without an account tonight.


def test_people_of_the_policy_stay_when_the_directory_lacks_them(tmp_path: Path) -> None:
    with district(tmp_path, NO_QUOTAS) as (story, world):
        story.policy = POLICY + NAMED
        night(story, world)
        chorus = story.classes()["chorus"]
        assert "guest" in chorus["teachers"]
        assert "newcomer" in chorus["students"]
        plan, _ = sync(story, without(world, "guest", "newcomer", "s4"))
        assert (plan.changes, plan.held) == ((), ())
        assert story.classes()["chorus"] == chorus


def test_people_of_the_policy_go_once_it_no_longer_names_them(tmp_path: Path) -> None:
    with district(tmp_path, NO_QUOTAS) as (story, world):
        story.policy = POLICY + NAMED
        night(story, world)
        night(story, without(world, "guest"))
        story.policy = POLICY
        night(story, world)
        assert story.agrees()


def test_what_is_remembered_of_the_policys_people_is_nobody_of_the_sis(tmp_path: Path) -> None:
    with district(tmp_path, NO_QUOTAS) as (story, world):
        story.policy = POLICY + NAMED
        night(story, world)
        keys = set(world.store.matches()) - set(story.roster.people())
        assert keys == {" @guest@maple.example", " @newcomer@maple.example"}
        plan = engine.make_plan(inputs_of(story), world)
        assert (plan.changes, plan.kept, plan.settle.matches) == ((), (), {})
        told = explain(
            Question(address("guest"), "chorus", story.folder / "policies", None),
            Sight(world.store, world.directory, world.settings, world.clock(), open_folder),
        )
        assert [step.words.partition(" (")[0] for step in told.steps] == [
            "nobody in it leads to this account"
        ]


@pytest.mark.parametrize(("untold", "planned"), [(4, True), (5, False)], ids=["few", "at-least"])
def test_a_directory_that_lacks_some(tmp_path: Path, untold: int, planned: bool) -> None:
    """Five of 13 are more than a fifth; four are few, whatever share they are."""
    with district(tmp_path, NO_QUOTAS) as (story, world):
        night(story, world)
        story.writes()
        half = without(world, *(f"s{n}" for n in range(untold)))
        if planned:
            assert sync(story, half)[0].changes == ()
        else:
            with pytest.raises(
                GoogleOutOfReach, match=r"5 of the 13 people .* \(38%; more than 20%"
            ):
                sync(story, half)
        assert story.writes() == 0


@pytest.mark.parametrize(("untold", "planned"), [(6, True), (7, False)], ids=["a-fifth", "more"])
def test_a_directory_that_lacks_a_share(tmp_path: Path, untold: int, planned: bool) -> None:
    roster = SmallRoster()
    roster.section("algebra", teachers=["rivera"], students=[f"s{n}" for n in range(29)])
    with district(tmp_path, NO_QUOTAS, roster) as (story, world):
        night(story, world)
        half = without(world, *(f"s{n}" for n in range(untold)))
        if planned:
            assert len(engine.make_plan(inputs_of(story), half).unmatched) == untold
        else:
            with pytest.raises(GoogleOutOfReach, match="7 of the 30 people"):
                engine.make_plan(inputs_of(story), half)


def test_those_who_have_no_class_may_lack_an_account(tmp_path: Path) -> None:
    """Who left and is still in the drop's users is no sign of a Directory that tells too little."""
    with district(tmp_path, NO_QUOTAS) as (story, world):
        story.roster.section("yearbook", teachers=["chen"], students=[f"g{n}" for n in range(7)])
        for n in range(7):
            story.sim.add_user(address(f"g{n}"), given=f"G{n}", family="Maple")
        night(story, world)

        def left(row: dict[str, str]) -> dict[str, str]:
            is_gone = row["userSourcedId"].startswith("g")
            return {**row, "status": "tobedeleted"} if is_gone else row

        half = without(world, *(f"g{n}" for n in range(7)))
        plan = engine.make_plan(inputs_of(story, ("enrollments", left)), half)
        assert {change.kind for change in plan.changes} <= {Kind.STUDENT_REMOVE}


# The first load, and what comes after it.

FEW_NEW = POLICY + "limits:\n  course.create: {district: 1}\n"


def test_a_first_load_is_one_though_nights_without_a_class_came_before(tmp_path: Path) -> None:
    with district(tmp_path, NO_QUOTAS) as (story, world):
        story.policy = FEW_NEW
        assert sync(story, on(story, world, "2026-08-01"))[1].record.counts == {}
        plan, _ = sync(story, world)
        assert plan.held == ()
        assert story.agrees()


def ended(state: RunState, counts: Mapping[str, int], later: Mapping[str, int]) -> RunRecord:
    return RunRecord("r", "p", state, START, START, "", "", counts, {}, {}, later)


WROTE, MADE_LATER = {"course.create": 3}, {"course.create": 2}


@pytest.mark.parametrize(
    ("runs", "has_classes", "is_first"),
    [
        pytest.param([], False, True, id="no-run"),
        pytest.param([], True, True, id="classes-and-no-run"),
        pytest.param([ended(RunState.DONE, WROTE, {})], True, False, id="done"),
        pytest.param([ended(RunState.HELD, WROTE, {})], True, False, id="held"),
        pytest.param([ended(RunState.DONE, WROTE, {})], False, True, id="no-class-is-left"),
        pytest.param([ended(RunState.DONE, {}, {})], True, True, id="wrote-nothing"),
        pytest.param([ended(RunState.DONE, WROTE, MADE_LATER)], True, True, id="put-off"),
        pytest.param([ended(RunState.DONE, WROTE, {"student.add": 9})], True, False, id="seats"),
        pytest.param([ended(RunState.INTERRUPTED, WROTE, {})], True, True, id="killed"),
        pytest.param([ended(RunState.REFUSED, WROTE, {})], True, False, id="refused-for-good"),
        pytest.param([ended(RunState.REFUSED, WROTE, MADE_LATER)], True, True, id="cut-off"),
        pytest.param(
            [ended(RunState.DONE, {}, {}), ended(RunState.DONE, WROTE, {})], True, False, id="once"
        ),
    ],
)
def test_when_the_first_load_is_over(
    runs: Sequence[RunRecord], has_classes: bool, is_first: bool
) -> None:
    assert is_first_load(runs, has_classes=has_classes) is is_first


def out_of_quota(world: World, *, after: int) -> World:
    """Google makes so many classes, and has the rest wait for tomorrow."""
    made: list[Write] = []

    def hook(writes: Sequence[Write], do: Do) -> Sequence[Reply]:
        if writes[0].verb is not Verb.CREATE_COURSE:
            return do(writes)
        made.extend(writes)
        if len(made) > after:
            return [Reply(Outcome.LATER, 429, "quota for today") for _ in writes]
        return do(writes)

    return behind(world, hook)


def test_a_first_load_that_takes_two_nights_is_one(tmp_path: Path) -> None:
    with district(tmp_path, NO_QUOTAS) as (story, world):
        story.policy = FEW_NEW
        _, finished = sync(story, out_of_quota(world, after=1))
        assert finished.record.later["course.create"] == 2
        plan, _ = sync(story, world)
        assert plan.held == ()
        assert story.agrees()
        story.roster.section("drama", teachers=["chen"], students=["s1"])
        story.roster.section("echo", teachers=["chen"], students=["s2"])
        assert [hold.kind for hold in sync(story, world)[0].held] == [Kind.COURSE_CREATE]


def test_a_store_that_was_lost_is_told_what_consent_adds(tmp_path: Path) -> None:
    with district(tmp_path, NO_QUOTAS) as (story, world):
        night(story, world)
        story.by_hand("chorus", "accept")
        story.by_hand("chorus", "remove", email=address("s9"))
        fresh = SqlStore(f"sqlite:///{tmp_path / 'fresh.sqlite'}")
        try:
            plan, _ = sync(story, replace(world, store=fresh))
        finally:
            fresh.close()
        advice = plan.held[0].why[-1]
        assert "Who is on the roster and not in them is added, for what hands took out" in advice


# Two districts, one store.

OVER = "classes:\n  after_term: {archive_after: 1d}\nlimits:\n  course.archive: {at_least: 1000}\n"


def test_a_class_of_another_district_is_not_archived(tmp_path: Path) -> None:
    with district(tmp_path, NO_QUOTAS) as (story, world):
        night(story, world)
        night(story, world)
        story.policy = POLICY.replace("id: maple", "id: oak") + OVER
        story.roster = SmallRoster()
        story.roster.section("zoo", teachers=["guest"], students=["newcomer"])
        longer = ("academicSessions", lambda row: {**row, "endDate": "2027-12-01"})
        plan, _ = sync(story, on(story, world, "2027-07-01"), longer)
        assert {change.course.alias.split(".")[1] for change in plan.changes} == {"oak"}
        assert {seen["state"] for seen in story.classes().values()} == {"PROVISIONED"}


# Rules that go by who teaches a section, and a teacher's faulty row.

FAULTY = "maybe"


@pytest.mark.parametrize(
    ("rules", "role", "who"),
    [
        pytest.param(
            "co_teachers:\n  extra:\n"
            "    - {where: {teacher: 'okafor@*'}, teachers: [guest@maple.example]}\n",
            "teachers",
            "guest",
            id="extra",
        ),
        pytest.param(
            "students:\n  removal_grace: 0h\n  exceptions:\n"
            "    - {person: newcomer@maple.example, where: {teacher: 'okafor@*'}, keep: in}\n",
            "students",
            "newcomer",
            id="kept-in",
        ),
        pytest.param(
            "students:\n  removal_grace: 0h\n  exceptions:\n"
            "    - {person: s9@maple.example, where: {teacher: 'okafor@*'}, keep: out}\n",
            "students",
            "",
            id="kept-out",
        ),
    ],
)
def test_what_goes_by_a_teacher_stays_while_the_teachers_row_is_faulty(
    tmp_path: Path, rules: str, role: str, who: str
) -> None:
    with district(tmp_path, NO_QUOTAS) as (story, world):
        story.policy = POLICY + rules
        night(story, world)
        chorus = story.classes()["chorus"]
        assert not who or who in chorus[role]
        assert ("s9" in chorus["students"]) is bool(who)
        plan, _ = sync(story, world, ("users", one_row("okafor", enabledUser=FAULTY)))
        assert plan.changes == ()
        assert story.classes()["chorus"] == chorus
        assert sync(story, world)[0].changes == ()


def test_a_section_waits_while_it_may_be_excluded_by_its_teacher(tmp_path: Path) -> None:
    """Its other teacher could own it, and the one who excludes it can't be told tonight."""
    with district(tmp_path, NO_QUOTAS) as (story, world):
        story.roster.section("subs", teachers=["guest", "chen"], students=["s1", "s2"])
        story.policy = POLICY + (
            "classes:\n  when_incomplete: create\n  scope:\n    exclude: [{teacher: 'guest@*'}]\n"
        )
        plan, _ = sync(story, world, ("users", one_row("guest", enabledUser=FAULTY)))
        assert [waits.section for waits in plan.waiting] == ["subs"]
        assert "classes.scope.exclude (policies/district.yaml:" in plan.waiting[0].reason
        assert sorted(story.classes()) == ["algebra", "biology", "chorus"]


def test_a_class_that_is_there_does_not_wait(tmp_path: Path) -> None:
    with district(tmp_path, NO_QUOTAS) as (story, world):
        story.policy = POLICY + "classes:\n  scope:\n    exclude: [{teacher: 'guest@*'}]\n"
        night(story, world)
        plan, _ = sync(story, world, ("users", one_row("chen", enabledUser=FAULTY)))
        assert (plan.waiting, plan.changes) == ((), ())


# How much of what there is would go.


@dataclass(frozen=True)
class Silent:
    """Reports in which nothing has happened."""

    def activities(self, since: datetime) -> Iterator[Activity]:
        assert since.tzinfo
        return iter(())


@pytest.mark.parametrize("reports", [None, Silent()], ids=["read-in-full", "quiet"])
def test_students_who_wait_for_a_teacher_are_no_seats_of_ours(
    tmp_path: Path, reports: Reports | None
) -> None:
    """Ten classes nobody has accepted: their students make no removal a small share."""
    roster = SmallRoster()
    for n in range(11):
        students = [f"s{n}x{i}" for i in range(10)]
        roster.section(f"c{n:02}", teachers=[f"t{n}"], students=students)
    with district(tmp_path, NO_QUOTAS, roster) as (story, world):
        world = replace(world, reports=reports)
        story.policy = POLICY + "students:\n  add: after_accept\n  removal_grace: 0h\n"
        night(story, world)
        story.by_hand("c00", "accept")
        for _ in range(3):
            night(story, world)
        del roster.students["c00"][5:]
        plan, _ = sync(story, world)
        assert [hold.why[0].partition(";")[0] for hold in plan.held] == [
            "5 of 10 student seats in the district would go (50.0%)"
        ]


def test_archived_classes_make_no_undo_a_small_share(tmp_path: Path) -> None:
    with district(tmp_path, NO_QUOTAS) as (story, world):
        story.roster.section("old", teachers=["okafor"], students=[f"g{n}" for n in range(30)])
        for n in range(30):
            story.sim.add_user(address(f"g{n}"), given=f"G{n}", family="Maple")
        night(story, world)
        story.by_hand("old", "accept")
        story.by_hand("old", "archive")
        story.roster.students["chorus"] += ["newcomer", "s0", "s1", "s2"]
        run = night(story, world).record.id
        policy = inputs_of(story).policy
        plan = looking_back.plan_undo(
            looking_back.run_named(run, world.store),
            looking_back.Part(),
            policy,
            world,
            open_folder,
        )
        assert [hold.why[0].partition(";")[0] for hold in plan.held] == [
            "4 of 28 student seats in the district would go (14.3%)"
        ]


# What a class that was made is known by.


def test_a_class_whose_section_left_the_night_after_is_archived_in_time(tmp_path: Path) -> None:
    with district(tmp_path, NO_QUOTAS) as (story, world):
        story.policy = POLICY + OVER
        night(story, world)
        del story.roster.teachers["chorus"], story.roster.students["chorus"]
        night(story, world)
        night(story, on(story, world, "2028-07-01"))
        assert story.classes()["chorus"]["state"] == "ARCHIVED"


def test_a_plan_on_paper_says_when_a_new_classs_term_ends(tmp_path: Path) -> None:
    with district(tmp_path, NO_QUOTAS) as (story, world):
        engine.apply(on_paper(engine.make_plan(inputs_of(story), world)), world)
        assert {row.ends for row in world.store.base()} == {"2027-06-01"}


# Ways out.


def test_a_former_owner_who_stays_is_the_rosters_to_say_once_overwritten(tmp_path: Path) -> None:
    with district(tmp_path, NO_QUOTAS) as (story, world):
        night(story, world)
        story.roster.teachers["chorus"] = ["newcomer"]
        night(story, world)
        night(story, world)
        row = next(row for row in world.store.base() if row.section_key == "chorus")
        (former,) = row.former
        said = ways_out.overwrite_seat(world, row, former)
        assert "(a former owner who stays)" in said
        night(story, world)
        assert story.classes()["chorus"]["teachers"] == {"newcomer"}


def test_who_was_taken_out_by_hand_takes_no_place_of_another(tmp_path: Path) -> None:
    with district(tmp_path, NO_QUOTAS) as (story, world):
        story.roster.teachers["biology"] = ["chen", "rivera", "okafor"]
        story.policy = POLICY + "co_teachers:\n  at_most: 1\n"
        night(story, world)
        story.by_hand("biology", "accept")
        story.by_hand("biology", "remove", email=address("rivera"))
        night(story, world)
        night(story, world)
        assert story.classes()["biology"]["teachers"] == {"chen", "okafor"}
        assert sync(story, world)[0].changes == ()
