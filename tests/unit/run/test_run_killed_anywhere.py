"""A night in which every kind of change occurs dies at each boundary in turn: before and after each
transaction of the store, before a call, in the middle of what Google does, and after it, before we
have heard. The next nights end as undisturbed ones do: nothing twice, nobody lost, one new owner.
"""

from collections.abc import Iterator
from pathlib import Path

import pytest

from dying import Death, Owners, mortal
from everything import Eve, calm_end, came_of, eve, third_night
from nights import Killed, behind
from policy.engine import World
from policy.store.base import RunState

BOUNDARIES = 70


@pytest.fixture(scope="module")
def before(tmp_path_factory: pytest.TempPathFactory) -> Eve:
    return eve(tmp_path_factory.mktemp("eve"))


@pytest.fixture(scope="module")
def undisturbed(before: Eve, tmp_path_factory: pytest.TempPathFactory) -> object:
    return calm_end(before, tmp_path_factory.mktemp("calm"))


def alive(world: World, owners: Owners) -> World:
    return behind(world, owners.counted)


def test_there_is_no_other_boundary(before: Eve, tmp_path: Path) -> None:
    with before.again(tmp_path) as (story, world):
        death = Death(-1)
        doomed = mortal(world, death, Owners())
        third_night(story, doomed)
        doomed.store.close()
        assert death.passed == BOUNDARIES


@pytest.mark.parametrize("at", range(BOUNDARIES))
def test_killed_anywhere(before: Eve, undisturbed: object, tmp_path: Path, at: int) -> None:
    with before.again(tmp_path) as (story, world):
        owners = Owners()
        doomed = mortal(world, Death(at), owners)
        with pytest.raises(Killed):
            third_night(story, doomed)
        doomed.store.close()
        plan, finished = third_night(story, alive(world, owners))
        assert (plan.held, finished.undone) == ((), ())
        third_night(story, alive(world, owners))
        assert came_of(story, world) == undisturbed
        assert owners.done == 1
        story.writes()
        assert third_night(story, alive(world, owners))[1].record.counts == {}
        assert story.writes() == 0
        assert RunState.RUNNING not in states(world)


def states(world: World) -> Iterator[RunState]:
    return (run.state for run in world.store.runs())
