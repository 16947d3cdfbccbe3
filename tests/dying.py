"""Death at a chosen boundary of a run: around each transaction of the store, and before, within and
after each call that writes. Nothing in Rollbook catches it; it is as good as kill -9.
"""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import replace

from nights import Do, Killed, behind
from policy.engine import World
from policy.google.base import Outcome, Reply, Verb, Write
from policy.store.base import BaseCourse, Entry, Match, RunRecord
from policy.store.sql import SqlStore


class Death:
    """Comes at the n-th boundary."""

    def __init__(self, at: int) -> None:
        self.at = at
        self.passed = 0

    def near(self) -> None:
        if self.passed == self.at:
            raise Killed
        self.passed += 1


class MortalStore(SqlStore):
    """A store at each of whose writes death is near, before and after."""

    def __init__(self, url: str, death: Death) -> None:
        super().__init__(url)
        self._death = death

    def keep(
        self,
        courses: Iterable[BaseCourse],
        *,
        forget: Iterable[str] = (),
        matches: Mapping[str, Match] | None = None,
        heard: Iterable[tuple[str, int]] = (),
        keyed_by: str = "",
        reported: str = "",
        roster: Mapping[str, int] | None = None,
    ) -> None:
        self._death.near()
        super().keep(
            courses,
            forget=forget,
            matches=matches,
            heard=heard,
            keyed_by=keyed_by,
            reported=reported,
            roster=roster,
        )
        self._death.near()

    def start_run(self, run: RunRecord) -> None:
        self._death.near()
        super().start_run(run)
        self._death.near()

    def end_run(self, run: RunRecord) -> None:
        self._death.near()
        super().end_run(run)
        self._death.near()

    def start_entries(self, entries: Sequence[Entry]) -> None:
        self._death.near()
        super().start_entries(entries)
        self._death.near()

    def finish_entries(
        self,
        entries: Sequence[Entry],
        courses: Iterable[BaseCourse],
        *,
        forget: Iterable[str] = (),
    ) -> None:
        self._death.near()
        super().finish_entries(entries, courses, forget=forget)
        self._death.near()


class Owners:
    """Counts the handovers that Google has done."""

    def __init__(self) -> None:
        self.done = 0

    def counted(self, writes: Sequence[Write], do: Do) -> Sequence[Reply]:
        replies = do(writes)
        self.done += sum(
            write.verb is Verb.CHANGE_OWNER and reply.outcome is Outcome.DONE
            for write, reply in zip(writes, replies, strict=True)
        )
        return replies


def mortal(world: World, death: Death, owners: Owners) -> World:
    def hook(writes: Sequence[Write], do: Do) -> Sequence[Reply]:
        death.near()
        half = len(writes) // 2
        replies = list(owners.counted(writes[:half], do)) if half else []
        if half:
            death.near()
        replies += owners.counted(writes[half:], do)
        death.near()
        return replies

    assert world.settings.store
    store = MortalStore(world.settings.store, death)
    return replace(behind(world, hook), store=store)
