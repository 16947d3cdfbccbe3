"""Two snapshots of one real district, a night each, in one process and by a standing clock."""

import csv
import json
import shutil
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from random import Random

from dying import Death, Owners, mortal
from everything import on
from nights import Killed, Standing, opened
from policy import engine
from policy.engine import World
from policy.merge.plan import Kind
from policy.run.apply import Finished
from policy.simulator.app import Simulator
from policy.simulator.switches import Switches
from policy.sources.folder import open_folder
from telling import ADMIN, DOMAIN, NO_QUOTAS, SmallRoster, Story

TODAY = "2015-10-01"
ALLOWED = {Kind.COURSE_UPDATE: 2}  # two sections that have been renumbered
POLICY = """\
version: 1
district: {{id: sample, name: Sample District, domains: {domains}, timezone: America/New_York}}
students: {{removal_grace: 0h}}
"""


@dataclass(frozen=True)
class Evening:
    """The first snapshot is in Classroom; the second one is to come."""

    state: object
    folder: Path
    drops: tuple[Path, Path]

    @contextmanager
    def again(self, folder: Path, switches: Switches, seed: int) -> Iterator[tuple[Story, World]]:
        """A district of its own, on that evening."""
        shutil.copytree(self.folder / "state", folder / "state")
        with district_of(folder, self.drops[0], seed=seed) as (story, world):
            story.ask("PUT", "/simulator/state", self.state)
            story.sim.switches = switches
            story.sim.calls.clear()
            yield story, world

    def sync(self, story: Story, world: World) -> Finished:
        return sync_drop(self.drops[1], story, world)

    def calm_end(self, folder: Path) -> object:
        """What comes of the second snapshot when nothing disturbs it."""
        with self.again(folder, NO_QUOTAS, 0) as (story, world):
            settle(self.drops[1], story, world)
            return end_of(story, world)


def evening(folder: Path, drops: tuple[Path, Path]) -> Evening:
    """The first snapshot, on a calm night."""
    with district_of(folder, drops[0], seed=0) as (story, world):
        assert sync_drop(drops[0], story, world).undone == ()
        return Evening(story.ask("GET", "/simulator/state"), folder, drops)


@dataclass(slots=True)
class Fate:
    """When death comes: after a random number of boundaries, again and again."""

    random: Random
    kills: int = 0
    owners: Owners = field(default_factory=Owners)

    def once(self, act: Callable[[World], Finished], world: World, *, most: int) -> None:
        """Act, and die if it comes to that."""
        doomed = mortal(world, Death(self.random.randrange(most)), self.owners)
        try:
            act(doomed)
        except Killed:
            self.kills += 1
        finally:
            doomed.store.close()

    def until_done(self, act: Callable[[World], Finished], world: World, *, most: int) -> Finished:
        """Act again after each death, until one comes too late."""
        while True:
            doomed = mortal(world, Death(self.random.randrange(3, most)), self.owners)
            try:
                return act(doomed)
            except Killed:
                self.kills += 1
            finally:
                doomed.store.close()


def settle(drop: Path, story: Story, world: World) -> None:
    """Nights until one has nothing left to write."""
    for _ in range(4):
        world.sleep(86_400)
        if not sync_drop(drop, story, world).record.counts:
            return
    raise AssertionError("there is something to write every night")


def end_of(story: Story, world: World) -> object:
    """What is in Classroom and in the base, without times and course ids."""
    with story.sim.world.lock:
        names = {person.id: person.email for person in story.sim.state.people.values()}
    classes = sorted(_class(course) for course in story.ask("GET", "/simulator/state")["courses"])
    rows = [
        (row.alias, row.name, row.section, row.room, row.state, names[row.owner])
        for row in world.store.base()
    ]
    seats = [
        (row.alias, sorted(names[user] for user in family))
        for row in world.store.base()
        for family in (row.teachers, row.students)
    ]
    return classes, rows, seats, len(world.store.unfinished())


def _class(course: Mapping[str, object]) -> str:
    """One class of the simulator's state, as text that two runs can be compared by."""
    kept = {key: course[key] for key in ("name", "section", "state", "owner") if key in course}
    for family in ("teachers", "students"):
        seats = course[family]
        assert isinstance(seats, list)
        kept[family] = sorted(seat["person"] for seat in seats)
    aliases = course["aliases"]
    assert isinstance(aliases, list)
    return json.dumps([sorted(aliases), kept], sort_keys=True)


@contextmanager
def district_of(
    folder: Path, drop: Path, *, seed: int, switches: Switches = NO_QUOTAS
) -> Iterator[tuple[Story, World]]:
    with (drop / "users.csv").open(encoding="utf-8-sig", newline="") as file:
        people = [row for row in csv.DictReader(file) if "@" in row["email"]]
    domains = sorted({row["email"].rpartition("@")[2].lower() for row in people})
    clock = Standing()
    sim = Simulator(DOMAIN, switches=switches, clock=clock, seed=seed, other_domains=domains)
    sim.add_user(ADMIN, given="Admin", family="Sample", admin=True)
    for row in people:
        if sim.state.person(row["email"]) is None:
            sim.add_user(row["email"], given=row["givenName"], family=row["familyName"])
    policy = POLICY.format(domains=json.dumps(domains))
    with opened(Story(folder, SmallRoster(), sim, "", policy), clock) as (story, world):
        yield story, on(world, TODAY)


def sync_drop(drop: Path, story: Story, world: World) -> Finished:
    story.write_inputs()
    inputs = engine.read_inputs(story.folder / "policies", drop, open_folder)
    return engine.sync(inputs, world, allowed=ALLOWED)[1]
