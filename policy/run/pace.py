"""Keeps our calls under Google's quotas, so that Google need not refuse: a user's and a project's.

Google counts calls in a moving minute. So do we, and no moving minute ever has more calls than
were allowed. After a quiet minute a whole minute's calls may go at once; from then on they are
spread, since what leaves in bursts may reach Google closer together than it left.

When Google refuses for the rate all the same, somebody else may be using the quota too. What has
gone in the last minute is then what there is to have: a little less goes from then on, slowly more
again, and when nothing is refused for long, soon as much as before. So nothing rushes in when a
pause is over.
"""

import threading
import time
from collections import deque
from collections.abc import Callable

from policy.errors import SettingAtFault
from policy.google.base import BATCH_MOST

# Seconds. What leaves a minute apart may arrive a little closer together; and batches that are
# spread over just a minute would now and then be one too many in it.
WINDOW, SPREAD = 60.5, 61.0
LESS = 0.95  # of what went in the minute before a refusal
CUT = 0.5  # one refusal takes away no more than this
# How it grows again: with the seconds, and once none was refused for a while, with their square.
LINEAR, SQUARE, WHILE = 2_400.0, 240.0, 60.0  # seconds to twice as much, each by itself

ONE_USER = "ROLLBOOK_GOOGLE_CALLS_PER_MINUTE"
PROJECT = "ROLLBOOK_GOOGLE_PROJECT_CALLS_PER_MINUTE"


class Budget:
    """So many calls in a moving minute. Several paces may share one, as users share a project;
    `guard` is held for a moment by whoever reads or counts, never while somebody waits."""

    def __init__(self, calls_per_minute: int, *, setting: str = PROJECT) -> None:
        if calls_per_minute < BATCH_MOST:
            raise SettingAtFault(
                f"{setting} should be at least {BATCH_MOST}, since so many calls go in one batch, "
                f"not {calls_per_minute}"
            )
        self.guard = threading.Lock()
        self._most = calls_per_minute
        self._gone: deque[tuple[float, int]] = deque()  # (when, how many), of the last minute
        self._in_window = 0
        self._spread = False
        self._asked_until = float("-inf")  # when somebody last asked, or wanted to ask again
        self._quiet_until = float("-inf")
        self._after_pause: float = self._most  # calls a minute when the pause is over

    def free_at(self, calls: int, now: float) -> float:
        """When this many calls may go, if no others go before."""
        self._forget(now)
        allowed = self._allowed(now)
        if now >= self._asked_until + WINDOW and allowed == self._most:
            self._spread = False  # nobody has asked for a minute
        over = self._in_window + calls - int(allowed)
        if over > 0:
            self._spread = True
        free = max(self._quiet_until, self._room_at(over), self._spread_at(allowed))
        self._asked_until = max(now, free)
        return free

    def count(self, calls: int, now: float) -> None:
        """These calls go now."""
        self._gone.append((now, calls))
        self._in_window += calls

    def slow_down(self, seconds: float, now: float) -> None:
        """Nothing goes for this long, and then less than before. Refusals during such a pause
        lengthen it and say nothing new."""
        if now >= self._quiet_until:
            self._forget(now)
            self._after_pause = max(LESS * self._in_window, CUT * self._allowed(now))
        self._quiet_until = max(self._quiet_until, now + seconds)
        self._spread = True

    def _allowed(self, now: float) -> float:
        """Calls a minute, at this moment."""
        if self._after_pause >= self._most:
            return self._most
        passed = max(0.0, now - self._quiet_until)
        more = passed / LINEAR + (max(0.0, passed - WHILE) / SQUARE) ** 2
        return min(self._most, max(BATCH_MOST, self._after_pause * (1 + more)))

    def _forget(self, now: float) -> None:
        """Drop what has left the window."""
        while self._gone and self._gone[0][0] + WINDOW <= now:
            self._in_window -= self._gone.popleft()[1]

    def _room_at(self, over: int) -> float:
        """When so many calls too many have left the window."""
        leaves = float("-inf")
        for when, calls in self._gone:
            if over <= 0:
                break
            over -= calls
            leaves = when + WINDOW
        return leaves

    def _spread_at(self, allowed: float) -> float:
        """When the last calls' share of the minute is over."""
        if not self._spread or not self._gone:
            return float("-inf")
        when, calls = self._gone[-1]
        return when + calls * SPREAD / allowed


class Steady:
    """One call after another, so many a minute at most: for a quota of so many a second. By one
    thread at a time."""

    def __init__(
        self,
        calls_per_minute: int,
        *,
        clock: Callable[[], float] = time.monotonic,
        sleep: Callable[[float], None] = time.sleep,
    ) -> None:
        self._apart = 60 / calls_per_minute
        self._clock = clock
        self._sleep = sleep
        self._free = float("-inf")

    def take(self, calls: int) -> None:
        """Wait until the next call may go, and count this many."""
        now = self._clock()
        if self._free > now:
            self._sleep(self._free - now)
        self._free = max(self._free, now) + calls * self._apart

    def back_off(self, seconds: float) -> None:
        """Google has refused for the rate all the same: nothing goes for this long."""
        self._free = max(self._free, self._clock() + seconds)


class Pace:
    """The pace of one user, within the project's budget if there is one. Threads wait in turn."""

    def __init__(
        self,
        calls_per_minute: int,
        *,
        project: Budget | None = None,
        clock: Callable[[], float] = time.monotonic,
        sleep: Callable[[float], None] = time.sleep,
    ) -> None:
        self._own = Budget(calls_per_minute, setting=ONE_USER)
        self._budgets = [self._own] if project is None else [self._own, project]
        self._guard = self._budgets[-1].guard
        self._clock = clock
        self._sleep = sleep
        self._turn = threading.Lock()  # held while one waits for its calls

    def take(self, calls: int) -> None:
        """Wait until this many calls may go, and count them."""
        with self._turn:
            while (wait := self.try_take(calls)) > 0:
                self._sleep(wait)

    def try_take(self, calls: int) -> float:
        """Count this many calls if they may go now, and say 0; else say in how many seconds they
        may, and count nothing."""
        if not 0 < calls <= BATCH_MOST:
            raise ValueError(f"{calls} calls at once; from 1 to {BATCH_MOST} can be taken")
        with self._guard:
            now = self._clock()
            free = max(budget.free_at(calls, now) for budget in self._budgets)
            if free > now:
                return free - now
            for budget in self._budgets:
                budget.count(calls, now)
            return 0.0

    def back_off(self, seconds: float) -> None:
        """Google has refused for the rate all the same: nothing goes for this long, then less."""
        with self._guard:
            self._own.slow_down(seconds, self._clock())
