"""Quotas: so many calls in a moving window of time, a user and a project."""

import math
from collections import deque
from dataclasses import dataclass, field

from policy.simulator.refusals import Refusal, over_quota
from policy.simulator.switches import Switches

DAY = 86_400.0
GRAINS = 1_000  # a window is kept in so many steps, so that a day's four million calls stay small


@dataclass(slots=True)
class Window:
    """The calls of the last `length` seconds."""

    length: float
    count: int = 0
    _steps: deque[list[float]] = field(default_factory=deque)  # [when the step ends, calls]

    def total(self, now: float) -> int:
        """How many calls count at this moment."""
        steps = self._steps
        while steps and steps[0][0] <= now - self.length:
            self.count -= int(steps.popleft()[1])
        return self.count

    def add(self, now: float) -> None:
        """Count one call."""
        grain = self.length / GRAINS
        step = math.ceil(now / grain) * grain if grain else now
        if self._steps and self._steps[-1][0] >= step:
            self._steps[-1][1] += 1
        else:
            self._steps.append([step, 1])
        self.count += 1


class Quotas:
    """Says no to the call that is too many. One for each simulator; the project is one, too."""

    def __init__(self) -> None:
        self._windows: dict[tuple[str, str], Window] = {}

    def take(self, api: str, *, user_id: str, now: float, switches: Switches) -> Refusal | None:
        """Count a call of this user, or refuse it."""
        if not switches.enforce_quotas:
            return None
        windows = []
        for limit, who, length, most in _limits(api, user_id, switches):
            window = self._window(limit, who, length)
            if window.total(now) >= most:
                if switches.refused_calls_count:
                    window.add(now)
                return over_quota(limit, api=api, switches=switches)
            windows.append(window)
        for window in windows:
            window.add(now)
        return None

    def clear(self) -> None:
        """Forget every call."""
        self._windows.clear()

    def _window(self, limit: str, who: str, length: float) -> Window:
        window = self._windows.get((limit, who))
        if window is None or window.length != length:
            window = self._windows[limit, who] = Window(length)
        return window


def _limits(api: str, user_id: str, switches: Switches) -> tuple[tuple[str, str, float, int], ...]:
    """The limits that a call is under: name, who is counted, seconds, calls."""
    minute = switches.quota_window
    if api == "licensing":
        return (("Queries per second", user_id, 1.0, switches.licensing_per_second),)
    if api != "classroom":
        most = switches.directory_per_user if api == "directory" else switches.reports_per_user
        return ((f"Queries per minute per user ({api})", user_id, minute, most),)
    return (
        ("Requests per minute per user", user_id, minute, switches.classroom_per_user),
        ("Requests per minute", "", minute, switches.classroom_per_project),
        ("Requests per day", "", DAY, switches.classroom_per_day),
    )
