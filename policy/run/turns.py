"""Whose turn it is to be sent: the changes of one kind, fresh ones and those that Google wants to
hear again, each after its own pause, all of them waiting together. Knows nothing of Classroom.
"""

import random
import threading
from collections.abc import Callable, Iterable, Sequence
from concurrent.futures import ThreadPoolExecutor, as_completed
from dataclasses import dataclass
from datetime import datetime

from policy.merge.plan import Change
from policy.store.base import Entry

LONGEST_PAUSE = 32.0  # seconds, before chance is added
GLANCE = 1.0  # how long a thread sleeps before it looks again whether it shall stop


@dataclass(slots=True)
class Asked:
    """A change on its way: its entry in the journal once it has one, and how often it was sent."""

    change: Change
    entry: Entry | None = None
    tries: int = 0
    due: float = 0.0
    is_unsure: bool = False  # one of the tries may have done it
    settled_before: int = 0  # how many changes the run had settled when it was first sent


@dataclass(frozen=True, slots=True)
class Batch:
    """What goes out together."""

    asked: Sequence[Asked]
    strikes: int


class Elapsed:
    """Seconds since the start: by the clock, or by what was slept if the clock stands or is set
    back. Never goes back. Threads share it."""

    def __init__(self, clock: Callable[[], datetime], sleep: Callable[[float], None]) -> None:
        self._clock = clock
        self._sleep = sleep
        self._start = clock()
        self._latest = 0.0
        self._guard = threading.Lock()

    def now(self) -> float:
        with self._guard:
            self._latest = max(self._latest, (self._clock() - self._start).total_seconds())
            return self._latest

    def sleep(self, seconds: float) -> None:
        began = self.now()
        self._sleep(seconds)
        with self._guard:
            self._latest = max(self._latest, began + seconds)


class Turns:
    """Hands out batches until everything is settled. Threads share it.

    When nothing of a batch could be settled, or Google refused for the rate, it is not the changes
    that are at fault: then nothing goes for a while, longer each time (a strike). After a refusal
    for the rate one change goes alone, to see how it stands.
    """

    def __init__(
        self,
        changes: Sequence[Change],
        elapsed: Elapsed,
        *,
        most: int,
        chance: Callable[[], float] = random.random,
    ) -> None:
        self._changes = changes
        self._begun = 0  # how many of them have been handed out
        self._again: list[Asked] = []
        self._elapsed = elapsed
        self._most = most
        self._chance = chance
        self._under_way = 0
        self._strikes = 0
        self._counted = 0  # strikes ever; batches that left before the last one don't count again
        self._is_rate = False  # of the last strike
        self._quiet_until = 0.0
        self._stopped = False
        self._news = threading.Condition()

    @property
    def _fresh(self) -> int:
        """How many have not been handed out yet."""
        return len(self._changes) - self._begun

    @property
    def strikes(self) -> int:
        """How many batches one after the other have got nowhere."""
        return self._strikes

    def take(self) -> Batch | None:
        """The next batch; waits until it may go. None once all is settled, or somebody stops."""
        while True:
            with self._news:
                if self._stopped:
                    return None
                if not (self._fresh or self._again):
                    if not self._under_way:
                        return None
                    self._news.wait(GLANCE)
                    continue
                seconds = self._seconds_left()
                if seconds <= 0:
                    return self._pick()
            self._elapsed.sleep(min(seconds, GLANCE))

    def give_back(
        self, batch: Batch, again: Iterable[Asked], *, is_strike: bool, moved: bool, is_rate: bool
    ) -> None:
        """A batch has come back; these are to be sent again. `moved`: some of it was settled;
        `is_rate`: some of it was refused for the rate."""
        with self._news:
            self._under_way -= 1
            if not is_strike:
                self._strikes = 0
            elif batch.strikes == self._counted:
                self._counted += 1
                self._strikes = 1 if moved else self._strikes + 1
                self._is_rate = is_rate
                self._quiet_until = self._elapsed.now() + self._pause(self._strikes)
            for asked in again:
                asked.due = self._elapsed.now() + self._pause(max(1, asked.tries))
                self._again.append(asked)
            self._again.sort(key=lambda asked: asked.due)
            self._news.notify_all()

    def stop(self) -> None:
        """Hand out nothing more."""
        with self._news:
            self._stopped = True
            self._news.notify_all()

    def _seconds_left(self) -> float:
        now = self._elapsed.now()
        due = 0.0 if self._fresh else self._again[0].due
        return max(self._quiet_until, due) - now

    def _pick(self) -> Batch:
        """What is due again, then fresh ones; where there are any, they have half of the batch, so
        that a class that never answers does not keep everybody waiting. After a strike, one fresh
        one tries how it stands."""
        now = self._elapsed.now()
        most = 1 if self._strikes and self._is_rate else self._most
        room = max(1, most // 2) if self._fresh else most
        due = sum(1 for asked in self._again if asked.due <= now)
        asked = self._again[: min(room, due)]
        del self._again[: len(asked)]
        fresh = min(most - len(asked), self._fresh, 1 if self._strikes else most)
        asked += [Asked(change) for change in self._changes[self._begun : self._begun + fresh]]
        self._begun += fresh
        self._under_way += 1
        return Batch(asked, self._counted)

    def _pause(self, times: int) -> float:
        return min(LONGEST_PAUSE, 2.0 ** (times - 1)) * (1 + self._chance())


def side_by_side(work: Callable[[], None], *, lanes: int, stop: Callable[[], None]) -> None:
    """Do the work in so many threads; in this one, if one is enough. When one of them fails, or
    this one is interrupted, the others end their present batch first; then it is raised here."""
    if lanes < 2:
        work()
        return
    with ThreadPoolExecutor(lanes) as pool:
        try:
            for lane in as_completed([pool.submit(work) for _ in range(lanes)]):
                lane.result()
        finally:
            stop()
