"""Nights in one process, by a clock that moves only when somebody waits: so nobody does."""

import json
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import UTC, datetime, timedelta
from pathlib import Path

from policy import engine, wiring
from policy.engine import World
from policy.google.classroom import ClassroomGateway
from policy.google.directory import DirectoryGateway
from policy.run.apply import Finished
from policy.settings import read_settings
from policy.simulator.server import serve
from policy.simulator.switches import Switches
from telling import Story, google_for, three_sections

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
def district(folder: Path, switches: Switches) -> Iterator[tuple[Story, World]]:
    clock, roster = Standing(), three_sections()
    sim = google_for(roster, switches=switches, clock=clock)
    with serve(sim, port=0) as url:
        (folder / "key.json").write_text(json.dumps(sim.key_file()), encoding="utf-8")
        story = Story(folder, roster, sim, url)
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
    inputs = engine.read_inputs(story.folder / "policies", None)
    return engine.sync(inputs, world, allowed={})[1]
