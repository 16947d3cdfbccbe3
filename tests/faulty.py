"""Each fault that Google is known for, in a first night, a quiet one and one in which everything
changes: what came of it, and what it took. Time is a clock that only moves when somebody waits.
"""

import random
from collections.abc import Callable, Mapping
from dataclasses import dataclass, replace
from pathlib import Path

from everything import BEFORE, DAYS, Eve, came_of, on, six_sections, third_night
from nights import district, night
from policy.engine import World
from policy.run.apply import Finished
from policy.simulator.presets import HOSTILE, REALISTIC
from policy.simulator.switches import Switches
from telling import NO_QUOTAS, Story

Values = Mapping[str, object]

FAULTS: Mapping[str, Values] = {
    "none": {},
    "a new course is hidden for 3 s": {"new_course_hidden": 3.0},
    "a new course is @CourseNotFound for 3 s": {
        "new_course_hidden": 3.0,
        "course_not_found_rate": 1.0,
    },
    "states are shown 8 s late": {"state_late": 8.0},
    "a co-teacher may be owner after 10 s": {"owner_eligible_after": 10.0},
    "a former owner's files move for 20 s": {"owner_transfer_takes": 20.0},
    "an owner's invitation is open for 10 s": {
        "owner_invitation_rate": 1.0,
        "owner_invitation_lasts": 10.0,
    },
    "creates are aborted (40 %)": {"create_aborted_rate": 0.4},
    "creates close together abort or fail": {"concurrent_creates": 0.5},
    "500 and 503 (10 %, bursts of 2 s)": {"server_error_rate": 0.1, "server_error_lasts": 2.0},
    "500 after it was done (20 %)": {"error_after_rate": 0.2},
    "429 (10 %, bursts of 2 s)": {"too_many_rate": 0.1, "too_many_lasts": 2.0},
    "429 for a minute (4 %)": {"too_many_rate": 0.04, "too_many_lasts": 60.0},
    "a quota of 10 calls a minute, no pace": {"enforce_quotas": True, "classroom_per_user": 10},
    "a known account is 404 (20 %)": {"known_user_404_rate": 0.2},
    "hangs up before it does it (30 %)": {"hang_up_first_rate": 0.3},
    "hangs up after it did it (60 %)": {"hang_up_rate": 0.6},
    "no answer after it did it (40 %)": {"time_out_rate": 0.4, "time_out_lasts": 0.0},
    "a whole batch fails (30 %)": {"batch_error_rate": 0.3},
    "parts of a batch have no answer (4 %)": {"lost_part_rate": 0.04},
    "the answers of a batch are shuffled": {"shuffled_answers_rate": 1.0},
    "pages are short": {"short_page_rate": 1.0, "empty_last_page": True},
    "addresses are missing": {"email_missing_rate": 1.0},
    "tokens last a second, their endpoint fails (20 %)": {
        "token_lifetime": 1.0,
        "token_error_rate": 0.2,
    },
    "realistic": REALISTIC.values(),
    "hostile": HOSTILE.values(),
}
DAY = 86_400.0
NIGHTS = ("first", "quiet", "changed")


@dataclass(frozen=True, slots=True)
class Took:
    """What a night under a fault came to, and took: how many changes it put off or was refused,
    calls, HTTP requests, and seconds that it waited for."""

    end: object
    writes: int
    undone: int
    calls: int
    requests: int
    seconds: float


def switches_of(fault: str) -> Switches:
    """A day with this fault; quotas only where they are the fault."""
    values = {**NO_QUOTAS.values(), **FAULTS[fault]}
    if "enforce_quotas" not in FAULTS[fault] or fault in ("realistic", "hostile"):
        values["enforce_quotas"] = False
    return Switches().changed(values)


def take(fault: str, which: str, eve: Eve, folder: Path) -> Took:
    """One night under a fault. After a changed one there is another, under the same fault: what was
    opened again gets its texts and seats only then."""
    switches = switches_of(fault)
    random.seed(fault)  # of the pauses between tries, which decide what the next try meets
    if which == "first":
        with district(folder, switches, six_sections()) as (story, world):
            story.policy = BEFORE
            return _measured(story, world, lambda: night(story, on(world, DAYS[0])))
    if which == "quiet":
        with eve.again(folder, changed=False) as (story, world):
            story.sim.switches = switches
            return _measured(story, world, lambda: night(story, on(world, DAYS[1])))
    with eve.again(folder) as (story, world):
        story.sim.switches = switches
        took = _measured(story, world, lambda: third_night(story, world)[1])
        world.sleep(DAY)
        third_night(story, world)
        return replace(took, end=came_of(story, world))


def _measured(story: Story, world: World, act: Callable[[], Finished]) -> Took:
    story.sim.calls.clear()
    began = world.clock()
    finished = act()
    calls = story.sim.calls
    return Took(
        end=came_of(story, world),
        writes=sum(finished.record.counts.values()),
        undone=len(finished.undone),
        calls=sum(calls.api.values()),
        requests=calls.http,
        seconds=(world.clock() - began).total_seconds(),
    )
