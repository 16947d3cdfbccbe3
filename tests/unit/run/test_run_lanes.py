"""Several batches side by side: the same end as one after the other, a journal that is right, and a
Ctrl-C that leaves it so."""

import _thread
import itertools
import threading
from collections.abc import Sequence
from dataclasses import replace
from pathlib import Path

import pytest

from applying import alias_of, apply, new, person, seat
from nights import Do, Door, Killed, district, night
from policy.engine import World
from policy.google.base import Reply, Verb, Write
from policy.merge.plan import Change, Kind
from policy.store.base import EntryState
from telling import NO_QUOTAS, Story

CLASSES, EACH = 40, 10


class Wide(Door):
    """A door that is worth four calls at once."""

    side_by_side = 4


def changes(story: Story) -> list[Change]:
    made = [new(story, f"c{n}", "okafor") for n in range(CLASSES)]
    students = [person(story, f"s{n}") for n in range(EACH)]
    seats = [seat(Kind.STUDENT_ADD, c.course, who) for c in made for who in students]
    return [*made, *seats]


def wide(world: World, hook: object = None) -> World:
    def through(writes: Sequence[Write], do: Do) -> Sequence[Reply]:
        return do(writes)

    chosen = hook if callable(hook) else through
    return replace(world, classroom=Wide(world.classroom, chosen))


def test_the_end_is_the_same(tmp_path: Path) -> None:
    with district(tmp_path, NO_QUOTAS) as (story, world):
        threads, under_way, most, guard = set[int](), [0], [0], threading.Lock()

        def hook(writes: Sequence[Write], do: Do) -> Sequence[Reply]:
            with guard:
                if writes[0].verb is Verb.CREATE_COURSE:
                    assert not under_way[0], "courses are made one by one"
                threads.add(threading.get_ident())
                under_way[0] += 1
                most[0] = max(most[0], under_way[0])
            replies = do(writes)
            with guard:
                under_way[0] -= 1
            return replies

        finished = apply(wide(world, hook), *changes(story))
        assert finished.undone == ()
        assert finished.record.counts == {"course.create": CLASSES, "student.add": CLASSES * EACH}
        assert most[0] > 1
        assert len(threads) > 2
        classes = story.classes()
        assert {len(c["students"]) for c in classes.values()} == {EACH}
        assert {len(row.students) for row in world.store.base()} == {EACH}
        entries = list(world.store.entries(finished.record.id))
        assert [e.number for e in entries] == list(range(CLASSES + CLASSES * EACH))
        kinds = [kind for kind, _ in itertools.groupby(e.kind for e in entries)]
        assert kinds == ["course.create", "student.add"]


def test_progress_only_grows(tmp_path: Path) -> None:
    with district(tmp_path, NO_QUOTAS) as (story, world):
        told = list[tuple[int, int]]()
        seen = replace(wide(world), progress=lambda done, total: told.append((done, total)))
        apply(seen, *changes(story))
        assert told == sorted(told)
        assert told[-1][0] == told[-1][1]


def test_faults_side_by_side_lose_nothing(tmp_path: Path) -> None:
    faults = replace(
        NO_QUOTAS, server_error_rate=0.02, too_many_rate=0.02, hang_up_rate=0.1, lost_part_rate=0.01
    )
    with district(tmp_path, faults) as (story, world):
        assert apply(wide(world), *changes(story)).undone == ()
        assert {len(c["students"]) for c in story.classes().values()} == {EACH}
        assert len(story.classes()) == CLASSES


def ends_right(story: Story, world: World) -> None:
    """What was heard is done, and what was not is open: the next night sees to it."""
    classes = story.classes()
    rows = {row.alias: row for row in world.store.base()}
    names = {p.id: p.email.partition("@")[0] for p in story.sim.state.people.values()}
    for section, found in classes.items():
        known = {names[user] for user in rows[alias_of(section)].students}
        assert known <= found["students"]
    run = world.store.runs(newest=1)[0]
    assert EntryState.DONE in {e.state for e in world.store.entries(run.id)}
    for number in range(CLASSES):
        students = [f"s{n}" for n in range(EACH)]
        story.roster.section(f"c{number}", teachers=["okafor"], students=students)
    for section in ("algebra", "biology", "chorus"):
        story.roster.teachers.pop(section, None)
        story.roster.students.pop(section, None)
    assert night(story, world).undone == ()
    assert story.agrees()


@pytest.mark.parametrize("batch", [0, 3, 6])
def test_ctrl_c_leaves_a_journal_that_is_right(tmp_path: Path, batch: int) -> None:
    with district(tmp_path, NO_QUOTAS) as (story, world):
        left, guard = [batch], threading.Lock()

        def hook(writes: Sequence[Write], do: Do) -> Sequence[Reply]:
            replies = do(writes)
            if writes[0].verb is Verb.ADD_STUDENT:
                with guard:
                    left[0] -= 1
                    if left[0] == -1:
                        _thread.interrupt_main()
            return replies

        with pytest.raises(KeyboardInterrupt):
            apply(wide(world, hook), *changes(story))
        ends_right(story, world)


@pytest.mark.parametrize("batch", [0, 3, 6])
def test_a_lane_that_dies_ends_the_run(tmp_path: Path, batch: int) -> None:
    with district(tmp_path, NO_QUOTAS) as (story, world):
        left, guard = [batch], threading.Lock()

        def hook(writes: Sequence[Write], do: Do) -> Sequence[Reply]:
            replies = do(writes)
            if writes[0].verb is Verb.ADD_STUDENT:
                with guard:
                    left[0] -= 1
                    if left[0] == -1:
                        raise Killed
            return replies

        with pytest.raises(Killed):
            apply(wide(world, hook), *changes(story))
        assert world.store.unfinished()
        ends_right(story, world)
