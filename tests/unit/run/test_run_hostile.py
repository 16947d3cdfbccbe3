"""A real district from one snapshot to the next under the preset hostile, killed on the way: as a
calm night ends, so does it. script/hostile_nights.py does it with fifty kills."""

from dataclasses import replace
from pathlib import Path
from random import Random

import pytest

from policy.simulator.presets import HOSTILE
from snapshots import Evening, Fate, end_of, evening, settle

pytestmark = [pytest.mark.rosters, pytest.mark.slow]

WEATHER = replace(HOSTILE, enforce_quotas=False)


@pytest.fixture(scope="module")
def before(tmp_path_factory: pytest.TempPathFactory, rosters: Path) -> Evening:
    folder = rosters / "oneroster11-converted-clever-sandbox"
    drops = (folder / "snapshot-1", folder / "snapshot-2")
    return evening(tmp_path_factory.mktemp("eve"), drops)


@pytest.fixture(scope="module")
def calm(before: Evening, tmp_path_factory: pytest.TempPathFactory) -> object:
    return before.calm_end(tmp_path_factory.mktemp("calm"))


@pytest.mark.parametrize("seed", range(2))
def test_killed_again_and_again(before: Evening, calm: object, tmp_path: Path, seed: int) -> None:
    with before.again(tmp_path, WEATHER, seed=seed) as (story, world):
        fate = Fate(Random(seed))
        fate.until_done(lambda doomed: before.sync(story, doomed), world, most=12)
        assert fate.kills >= 3
        settle(before.drops[1], story, world)
        assert end_of(story, world) == calm
