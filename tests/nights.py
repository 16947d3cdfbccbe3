"""Nights in one process, by a clock that moves only when somebody waits: so nobody does."""

import csv
import json
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from pathlib import Path

from policy import engine, wiring
from policy.engine import Inputs, World
from policy.google.base import Classroom, Outcome, Reply, Unreadable, Verb, Write
from policy.google.classroom import ClassroomGateway
from policy.google.directory import DirectoryGateway
from policy.merge.plan import Kind, Plan
from policy.render.plan_json import print_json, read_json
from policy.run.apply import Finished
from policy.settings import read_settings
from policy.simulator.server import serve
from policy.simulator.switches import Switches
from policy.sources.folder import open_folder
from telling import SmallRoster, Story, google_for, three_sections

START = datetime(2026, 9, 1, 9, 0, tzinfo=UTC)


class Standing:
    """A clock that moves only by waiting."""

    def __init__(self) -> None:
        self.passed = 0.0

    def __call__(self) -> float:
        return self.passed

    def sleep(self, seconds: float) -> None:
        self.passed += seconds

    def now(self) -> datetime:
        return START + timedelta(seconds=self.passed)


class Unhurried:
    """No pace at all; what it was told to back off goes to the clock."""

    def __init__(self, clock: Standing) -> None:
        self._clock = clock

    def take(self, calls: int) -> None:
        assert 1 <= calls <= 50

    def back_off(self, seconds: float) -> None:
        self._clock.sleep(seconds)


@contextmanager
def district(
    folder: Path, switches: Switches, roster: SmallRoster | None = None
) -> Iterator[tuple[Story, World]]:
    clock, roster = Standing(), roster or three_sections()
    sim = google_for(roster, switches=switches, clock=clock)
    with opened(Story(folder, roster, sim, ""), clock) as (story, world):
        yield story, world


@contextmanager
def opened(story: Story, clock: Standing) -> Iterator[tuple[Story, World]]:
    """A district whose Google is being served, and the world as the engine has it."""
    folder = story.folder
    with serve(story.sim, port=0) as url:
        story = replace(story, url=url)
        (folder / "key.json").write_text(json.dumps(story.sim.key_file()), encoding="utf-8")
        own = {k: v for k, v in story.environment().items() if k.startswith("ROLLBOOK_")}
        settings = read_settings(
            {**own, "ROLLBOOK_STATE": str(folder / "state"), "ROLLBOOK_TODAY": "2026-09-01"}
        )
        pace = Unhurried(clock)
        transport = wiring.as_admin(settings)
        classroom = ClassroomGateway(transport, pace, sleep=clock.sleep)
        directory = DirectoryGateway(transport, pace, sleep=clock.sleep)
        store = wiring.open_store(settings)
        try:
            yield (
                story,
                World(
                    store=store,
                    classroom=classroom,
                    directory=directory,
                    settings=settings,
                    clock=clock.now,
                    sleep=clock.sleep,
                ),
            )
        finally:
            transport.close()
            store.close()


def night(story: Story, world: World) -> Finished:
    story.write_inputs()
    inputs = engine.read_inputs(story.folder / "policies", None, open_folder)
    return engine.sync(inputs, world, allowed={})[1]


Row = dict[str, str]
Edit = tuple[str, Callable[[Row], Row]]  # a file of the drop, and what becomes of each of its rows


def inputs_of(story: Story, *edits: Edit) -> Inputs:
    """The story's inputs; with edits, as a faulty export would have them."""
    story.write_inputs()
    for name, change in edits:
        path = story.folder / "policies" / "roster" / f"{name}.csv"
        with path.open(encoding="utf-8", newline="") as file:
            reader = csv.DictReader(file)
            header = list(reader.fieldnames or ())
            rows = [change(dict(row)) for row in reader]
        with path.open("w", encoding="utf-8", newline="") as file:
            writer = csv.DictWriter(file, header)
            writer.writeheader()
            writer.writerows(rows)
    return engine.read_inputs(story.folder / "policies", None, open_folder)


def sync(
    story: Story, world: World, *edits: Edit, allowed: Mapping[Kind, int] | None = None
) -> tuple[Plan, Finished]:
    return engine.sync(inputs_of(story, *edits), world, allowed=allowed or {})


def one_row(key: str, **cells: str) -> Callable[[Row], Row]:
    """Set cells of the row with this sourcedId."""
    return lambda row: {**row, **cells} if row["sourcedId"] == key else row


def on_paper(plan: Plan) -> Plan:
    """A plan that was written to a file and read again."""
    return read_json(print_json(plan))


class Killed(BaseException):
    """As good as kill -9: nothing in Rollbook catches it."""


Do = Callable[[Sequence[Write]], Sequence[Reply]]


class Door:
    """The real gateway with somebody in its way: `hook` gets the writes and the way to do them,
    and may lose the answer, lie about it, or die."""

    side_by_side = 1

    def __init__(
        self,
        classroom: Classroom,
        hook: Callable[[Sequence[Write], Do], Sequence[Reply]],
    ) -> None:
        self._classroom = classroom
        self._hook = hook
        self.courses = classroom.courses
        self.find = classroom.find
        self.members = classroom.members

    def aliases(self, course_ids: Sequence[str]) -> Mapping[str, frozenset[str] | Unreadable]:
        return self._classroom.aliases(course_ids)

    def write(self, writes: Sequence[Write]) -> Sequence[Reply]:
        return self._hook(writes, self._classroom.write)


def behind(world: World, hook: Callable[[Sequence[Write], Do], Sequence[Reply]]) -> World:
    """The world with that door in it."""
    return replace(world, classroom=Door(world.classroom, hook))


def killed_after(world: World, verb: Verb) -> World:
    """Google does it, and we die before we hear so."""

    def hook(writes: Sequence[Write], do: Do) -> Sequence[Reply]:
        replies = do(writes)
        if writes[0].verb is verb:
            raise Killed
        return replies

    return behind(world, hook)


def out_after(world: World, verb: Verb) -> World:
    """Google does it, the answer is lost, and then Google is out for all the other tries."""
    done: set[Verb] = set()

    def hook(writes: Sequence[Write], do: Do) -> Sequence[Reply]:
        if writes[0].verb is not verb:
            return do(writes)
        if verb not in done:
            do(writes)
            done.add(verb)
        return [Reply(Outcome.AGAIN_SOON, 503, "503 out") for _ in writes]

    return behind(world, hook)
