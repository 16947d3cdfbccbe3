"""Keeps the calls of one impersonated user under Google's quota, so that Google need not refuse.

Google counts calls in a moving minute. So do we, and no moving minute ever has more calls than
were allowed. After a quiet minute a whole minute's calls may go at once; from then on they are
spread, since what leaves in bursts may reach Google closer together than it left.
"""

import threading
import time
from collections import deque
from collections.abc import Callable

from policy.errors import SettingAtFault
from policy.google.base import BATCH_MOST

WINDOW = 61.0  # seconds; what leaves a minute apart may arrive a little closer together


class Pace:
    """The pace of one user. Threads wait in turn."""

    def __init__(
        self,
        calls_per_minute: int,
        *,
        clock: Callable[[], float] = time.monotonic,
        sleep: Callable[[float], None] = time.sleep,
    ) -> None:
        if calls_per_minute < BATCH_MOST:
            raise SettingAtFault(
                f"ROLLBOOK_GOOGLE_CALLS_PER_MINUTE should be at least {BATCH_MOST}, since so many "
                f"calls go in one batch, not {calls_per_minute}"
            )
        self._most = calls_per_minute
        self._clock = clock
        self._sleep = sleep
        self._turn = threading.Lock()  # held while one waits for its calls
        self._guard = threading.Lock()  # held for a moment; who waits his turn does not hold it
        self._gone: deque[tuple[float, int]] = deque()  # (when, how many), of the last minute
        self._in_window = 0
        self._spread = False
        self._quiet_until = float("-inf")

    def take(self, calls: int) -> None:
        """Wait until this many calls may go, and count them."""
        if not 0 < calls <= BATCH_MOST:
            raise ValueError(f"{calls} calls at once; from 1 to {BATCH_MOST} can be taken")
        with self._turn:
            self._forget()
            if not self._gone:
                self._spread = False  # nobody has asked for a minute
            while (wait := self._free_at(calls) - self._clock()) > 0:
                self._sleep(wait)
            self._gone.append((self._clock(), calls))
            self._in_window += calls

    def back_off(self, seconds: float) -> None:
        """Nothing goes for this long: Google has refused for the rate all the same."""
        with self._guard:
            self._quiet_until = max(self._quiet_until, self._clock() + seconds)
            self._spread = True

    def _free_at(self, calls: int) -> float:
        self._forget()
        over = self._in_window + calls - self._most
        if over > 0:
            self._spread = True
        return max(self._quiet_until, self._room_at(over), self._spread_at())

    def _forget(self) -> None:
        """Drop what has left the window."""
        while self._gone and self._gone[0][0] + WINDOW <= self._clock():
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

    def _spread_at(self) -> float:
        """When the last calls' share of the minute is over."""
        if not self._spread or not self._gone:
            return float("-inf")
        when, calls = self._gone[-1]
        return when + calls * WINDOW / self._most
