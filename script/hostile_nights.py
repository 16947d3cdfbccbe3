"""Two snapshots of a real district under the preset hostile, killed at random points, beside a calm
run: python script/hostile_nights.py [FOLDER with snapshot-1 and snapshot-2] [SEED]"""

import sys
import tempfile
import time
from dataclasses import replace
from functools import partial
from pathlib import Path
from random import Random

ROOT = Path(__file__).parents[1]
sys.path[:0] = [str(ROOT), str(ROOT / "tests")]

from nights import START  # noqa: E402
from policy.simulator.presets import HOSTILE  # noqa: E402
from snapshots import Evening, Fate, district_of, end_of, evening, settle, sync_drop  # noqa: E402

SAMPLE = ROOT.parent / "shared/rosters/oneroster11-converted-clever-sandbox"
WEATHER = replace(HOSTILE, enforce_quotas=False)
HISTORIES = 50
# Boundaries from one death to the next, at most: first snapshot, second one. The first batch is
# booked after the eleventh: with less, a change of alias could never be done.
GAPS = (180, 24)


def main() -> int:
    """Both experiments; 1 if an end is not as the calm one."""
    sample = Path(sys.argv[1]) if len(sys.argv) > 1 else SAMPLE
    seed = int(sys.argv[2]) if len(sys.argv) > 2 else 1
    drops = (sample / "snapshot-1", sample / "snapshot-2")
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        before = evening(_new(folder, "eve"), drops)
        calm = before.calm_end(_new(folder, "calm"))
        fine = _one_kill_each(before, calm, folder, seed)
        fine &= _all_in_one(before, calm, folder, seed)
    return 0 if fine else 1


def _one_kill_each(before: Evening, calm: object, folder: Path, seed: int) -> bool:
    """Fifty histories of the second snapshot, each killed once, at a random point."""
    random, began, equal, kills = Random(seed), time.monotonic(), 0, 0
    for number in range(HISTORIES):
        made = _new(folder, f"one-{number}")
        with before.again(made, WEATHER, seed=seed * 1_000 + number) as (story, world):
            fate = Fate(Random(random.random()))
            fate.once(lambda doomed: before.sync(story, doomed), world, most=60)
            settle(before.drops[1], story, world)
            equal += end_of(story, world) == calm
            kills += fate.kills
    _say(f"second snapshot, one kill each: {equal} of {HISTORIES} ends equal, {kills} kills", began)
    return equal == HISTORIES


def _all_in_one(before: Evening, calm: object, folder: Path, seed: int) -> bool:
    """One history from an empty Classroom over both snapshots, killed again and again."""
    began, fate = time.monotonic(), Fate(Random(seed))
    made = _new(folder, "all")
    with district_of(made, before.drops[0], seed=seed, switches=WEATHER) as (story, world):
        for drop, most in zip(before.drops, GAPS, strict=True):
            fate.until_done(partial(sync_drop, drop, story), world, most=most)
        settle(before.drops[1], story, world)
        is_equal = end_of(story, world) == calm
        seconds, calls = (world.clock() - START).total_seconds(), story.sim.calls.http
    end = "equal" if is_equal else "DIFFERENT"
    _say(
        f"both snapshots from nothing, {fate.kills} kills in one history: end {end}; "
        f"{calls:,} HTTP requests, {seconds:,.0f} s waited by the clock",
        began,
    )
    return is_equal


def _say(words: str, began: float) -> None:
    sys.stdout.write(f"{words} ({time.monotonic() - began:.0f} s)\n")
    sys.stdout.flush()


def _new(folder: Path, name: str) -> Path:
    made = folder / name
    made.mkdir()
    return made


if __name__ == "__main__":
    sys.exit(main())
