"""A district in which one night changes everything that a night can change, each kind at least
once; and what came of it, without the ids and times in which two runs may differ.
"""

import shutil
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field, replace
from datetime import date
from pathlib import Path

from nights import Finished, district, night, sync
from policy.engine import World
from policy.merge.plan import Kind, Plan
from telling import NO_QUOTAS, POLICY, SmallRoster, Story

LIMITS = """\
limits:
  course.update: {at_least: 1000}
  student.remove: {at_least: 1000}
  teacher.remove: {at_least: 1000}
  course.archive: {at_least: 1000}
"""
BEFORE = (
    POLICY
    + "classes:\n  after_term: {archive_after: 5d}\n"
    + "co_teachers:\n  when_primary_changes: remove\n"
    + LIMITS
)
AFTER = BEFORE.replace("classes:\n", "classes:\n  name: '{section.name}!'\n")
TERM = {"type": "term", "schoolYear": "2027", "startDate": "2026-08-15"}
SHORT_TERMS = {"summer": "2026-09-10", "fall": "2026-09-20"}  # and when they are over
DAYS = ("2026-09-01", "2026-09-17", "2026-10-01")  # on which the nights are
ALLOWED = {Kind.COURSE_UPDATE: 1}  # the class whose section was renumbered


@dataclass
class ManyTerms(SmallRoster):
    """A small roster in which some sections have a short term."""

    terms: dict[str, str] = field(default_factory=dict)  # section -> term

    def _files(self) -> dict[str, list[dict[str, str]]]:
        files = super()._files()
        files["academicSessions"] += [
            {**TERM, "sourcedId": term, "title": term.title(), "endDate": end}
            for term, end in SHORT_TERMS.items()
        ]
        for row in files["classes"]:
            row["termSourcedIds"] = self.terms.get(row["sourcedId"], "y27")
        return files


def six_sections() -> ManyTerms:
    """Algebra, biology, chorus, drama, english and french, with a few students each."""
    roster = ManyTerms(terms={"drama": "fall", "english": "summer"})
    roster.section("algebra", teachers=["rivera"], students=[f"s{n}" for n in range(6)])
    roster.section("biology", teachers=["chen", "rivera"], students=[f"s{n}" for n in range(5)])
    roster.section("chorus", teachers=["okafor"], students=[f"s{n}" for n in range(2, 6)])
    roster.section("drama", teachers=["okafor"], students=["s1", "s2"])
    roster.section("english", teachers=["rivera"], students=["s3", "s4"])
    roster.section("french", teachers=["chen"], students=[f"s{n}" for n in range(4)])
    return roster


def two_nights(story: Story, world: World) -> None:
    """Everything is made, teachers accept, and english is archived when its term is over."""
    story.policy = BEFORE
    night(story, on(world, DAYS[0]))
    for section in story.roster.teachers:
        story.by_hand(section, "accept")
    night(story, on(world, DAYS[0]))
    finished = night(story, on(world, DAYS[1]))
    assert finished.record.counts == {"course.archive": 1}


@dataclass(frozen=True)
class Eve:
    """How things stand before the third night, so that many tests can begin there."""

    state: object
    folder: Path

    @contextmanager
    def again(self, folder: Path, *, changed: bool = True) -> Iterator[tuple[Story, World]]:
        """A district of its own, on that eve; and then the SIS and the policy change."""
        shutil.copytree(self.folder / "state", folder / "state")
        with district(folder, NO_QUOTAS, six_sections()) as (story, world):
            story.ask("PUT", "/simulator/state", self.state)
            story.policy = BEFORE
            if changed:
                change(story)
            story.writes()
            yield story, world


def eve(folder: Path) -> Eve:
    """The first two nights, calm."""
    with district(folder, NO_QUOTAS, six_sections()) as (story, world):
        two_nights(story, world)
        return Eve(story.ask("GET", "/simulator/state"), folder)


def calm_end(eve: Eve, folder: Path) -> object:
    """What comes of the third night when nothing disturbs it, and of the next one: what was opened
    again gets its texts and seats only then."""
    with eve.again(folder) as (story, world):
        plan, finished = third_night(story, world)
        assert {change.kind for change in plan.changes} == set(Kind)
        assert (plan.held, finished.undone) == ((), ())
        assert set(third_night(story, world)[1].record.counts) <= {"course.update", "student.add"}
        assert third_night(story, world)[1].record.counts == {}
        return came_of(story, world)


def change(story: Story) -> None:
    """What the SIS and the policy say before the third night."""
    roster = story.roster
    assert isinstance(roster, ManyTerms)
    del roster.terms["english"]
    roster.teachers["chorus"] = ["newcomer"]
    roster.teachers["biology"] = ["chen", "guest"]
    roster.students["algebra"].remove("s5")
    roster.students["biology"].append("s5")
    roster.students["english"].append("s5")
    roster.teachers["french2"] = roster.teachers.pop("french")
    roster.students["french2"] = roster.students.pop("french")
    roster.section("geometry", teachers=["rivera"], students=["s0", "s1"])
    story.policy = AFTER


def third_night(story: Story, world: World) -> tuple[Plan, Finished]:
    """The night of all the changes; or one that finds them done."""
    return sync(story, on(world, DAYS[2]), allowed=ALLOWED)


def on(world: World, day: str) -> World:
    """The same world on another day."""
    return replace(world, settings=replace(world.settings, today=date.fromisoformat(day)))


def came_of(story: Story, world: World) -> object:
    """Classroom and the base, as they must be whatever happened on the way."""
    names = {p.id: p.email.partition("@")[0] for p in story.sim.state.people.values()}
    courses = story.ask("GET", "/simulator/state")["courses"]
    rows = {
        row.alias: (row.name, row.state, row.owner and names[row.owner], *_named(row, names))
        for row in world.store.base()
    }
    return story.classes(), len(courses), rows, [e.alias for e in world.store.unfinished()]


def _named(row: object, names: dict[str, str]) -> Iterator[list[str]]:
    for family in ("teachers", "students", "former"):
        yield sorted(names[user] for user in getattr(row, family))
