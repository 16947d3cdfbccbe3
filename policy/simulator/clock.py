"""The simulator's time: seconds since 1970 that move as the clock that was handed in moves."""

from collections.abc import Callable
from datetime import UTC, datetime

Clock = Callable[[], float]


class Time:
    """`now` starts at the wall clock's time and then goes at the pace of `clock`, so that a test
    (or a demo in a hurry) can move it; `wall` is the world's time, by which clients sign."""

    def __init__(self, clock: Clock, *, wall: Clock) -> None:
        self._clock = clock
        self.wall = wall
        self._offset = wall() - clock()

    def now(self) -> float:
        """Seconds since 1970, in the simulator."""
        return self._clock() + self._offset


def rfc3339(seconds: float) -> str:
    """As Google writes times: 2026-11-24T06:30:00.000Z."""
    moment = datetime.fromtimestamp(seconds, UTC)
    return moment.isoformat(timespec="milliseconds").replace("+00:00", "Z")
