"""Another run on the same store, in spite of the lock: a store on a network's file system, say. Who
finds it out stops at the next journal write, and writes over nothing."""

from collections.abc import Callable, Sequence
from dataclasses import replace
from datetime import UTC, datetime
from pathlib import Path

import pytest

from nights import Do, behind, district, night
from policy.errors import AnotherRun
from policy.google.base import Reply, Verb, Write
from policy.store.base import Decision, RunRecord, RunState, Store
from policy.store.sql import SqlStore
from telling import NO_QUOTAS

CHORUS = "d:rollbook.maple.2027.chorus"
KINDS = {
    Verb.CREATE_COURSE: "course.create",
    Verb.ADD_TEACHER: "teacher.add",
    Verb.ADD_STUDENT: "student.add",
}
Act = Callable[[Store], None]


def starts(store: Store) -> None:
    [newest] = store.runs(newest=1)
    store.end_run(replace(newest, state=RunState.INTERRUPTED))
    store.start_run(
        RunRecord("other", "p", RunState.RUNNING, newest.started, None, "", "", {}, {}, {})
    )


def releases(store: Store) -> None:
    store.release([CHORUS])


@pytest.mark.parametrize("act", [starts, releases])
@pytest.mark.parametrize("when", ["before", "after"])
@pytest.mark.parametrize("verb", list(KINDS))
def test_the_run_stops_at_its_next_journal_write(
    tmp_path: Path, act: Act, when: str, verb: Verb
) -> None:
    with district(tmp_path, NO_QUOTAS) as (story, world):
        assert world.settings.store
        second = SqlStore(world.settings.store)
        sent = list[Verb]()

        def hook(writes: Sequence[Write], do: Do) -> Sequence[Reply]:
            sent.append(writes[0].verb)
            is_it = sent[-1] is verb
            if is_it and when == "before":
                act(second)
            replies = do(writes)
            if is_it and when == "after":
                act(second)
            return replies

        with pytest.raises(AnotherRun, match="has written to the store since run"):
            night(story, behind(world, hook))
        assert sent.index(verb) == len(sent) - 1  # nothing was sent after it
        newest = second.runs(newest=1)[0]
        assert newest.state is RunState.RUNNING
        if act is releases:
            assert CHORUS not in {row.alias for row in second.base()}
        assert {entry.kind for entry in second.unfinished()} == {KINDS[verb]}
        second.take_back([CHORUS])
        second.close()
        assert night(story, world).undone == ()
        if act is starts:
            assert story.agrees()


def test_what_the_addon_keeps_disturbs_nobody(tmp_path: Path) -> None:
    with district(tmp_path, NO_QUOTAS) as (story, world):
        assert world.settings.store
        second = SqlStore(world.settings.store)

        def hook(writes: Sequence[Write], do: Do) -> Sequence[Reply]:
            second.decide(Decision("1", "2", "ACTIVE", datetime(2026, 9, 1, tzinfo=UTC)))
            return do(writes)

        assert night(story, behind(world, hook)).undone == ()
        second.close()
