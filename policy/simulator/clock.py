"""The simulator's time: seconds since 1970 that move as the clock that was handed in moves."""

import time
from collections.abc import Callable
from datetime import UTC, datetime

Clock = Callable[[], float]
Sleep = Callable[[float], None]


class FastClock:
    """The machine's clock, so many times as fast: with 60, a minute passes in a second."""

    def __init__(self, speed: float) -> None:
        self.speed = speed

    def __call__(self) -> float:
        return time.monotonic() * self.speed

    def sleep(self, seconds: float) -> None:
        """Wait for so many of its seconds."""
        time.sleep(seconds / self.speed)


class Time:
    """`now` starts at the wall clock's time and then goes at the pace of `clock`, so that a test
    (or a demo in a hurry) can move it; `wall` is the world's time, by which clients sign.

    `sleep` waits by that clock. With a clock of somebody else's and no `sleep` nobody waits for
    anything, since the clock might never move. `speed` is that of the clock beside the world's."""

    def __init__(self, clock: Clock, *, wall: Clock, sleep: Sleep | None = None) -> None:
        self._clock = clock
        self.wall = wall
        self._offset = wall() - clock()
        self.speed = clock.speed if isinstance(clock, FastClock) else 1.0
        # Whether its seconds pass by themselves.
        self.runs = sleep is None and (clock is time.monotonic or isinstance(clock, FastClock))
        if sleep is None and self.runs:
            sleep = clock.sleep if isinstance(clock, FastClock) else time.sleep
        self.sleep: Sleep = sleep or (lambda _seconds: None)

    def now(self) -> float:
        """Seconds since 1970, in the simulator."""
        return self._clock() + self._offset

    def not_before(self, moment: float) -> None:
        """Go on from this moment, if it is not there yet: what is saved lies in the past."""
        self._offset += max(0.0, moment - self.now())


def rfc3339(seconds: float) -> str:
    """As Google writes times: 2026-11-24T06:30:00.000Z."""
    moment = datetime.fromtimestamp(seconds, UTC)
    return moment.isoformat(timespec="milliseconds").replace("+00:00", "Z")
