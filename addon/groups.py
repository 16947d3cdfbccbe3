"""Is somebody in a Google group? Asked of Google, kept for a few minutes; in doubt they are not."""

import logging
import threading
from collections.abc import Callable
from datetime import datetime, timedelta

from policy.errors import GoogleOutOfReach, GoogleRefused, SettingAtFault
from policy.google.base import Groups

KEPT = timedelta(minutes=5)  # an answer, and a warning that is not to be said again and again
PAUSE = timedelta(minutes=1)  # a refusal; and after Google was out of reach nobody waits for it
MOST = 20_000  # answers that are kept

log = logging.getLogger(__name__)


class Membership:
    """Who is in which group. Threads may share it."""

    def __init__(self, open_groups: Callable[[], Groups], clock: Callable[[], datetime]) -> None:
        self._open = open_groups  # raises SettingAtFault where a setting is missing
        self._clock = clock
        self._lock = threading.Lock()  # never held while Google is asked
        self._kept: dict[tuple[str, str], tuple[bool, datetime]] = {}  # and until when
        self._told: dict[str, datetime] = {}  # until when
        self._not_before: datetime | None = None
        self._is_closed = False  # for good: settings don't change while a server runs

    def has(self, group: str, user_id: str, *, until: datetime) -> bool:
        """Is this account in the group with this e-mail? No call to Google begins after `until`."""
        now = self._clock()
        answer, good_until = self._kept.get((group, user_id), (False, now))
        if now < good_until:
            return answer
        if self._is_closed or now >= until or now < (self._not_before or now):
            return False
        return self._ask(group, user_id)

    def _ask(self, group: str, user_id: str) -> bool:
        try:
            answer = self._open().has_member(group, user_id)
        except GoogleRefused as error:
            self._warn(f"Google refuses to tell ({error.status} {error.reason})")
            self._keep((group, user_id), False, PAUSE)
        except GoogleOutOfReach:
            self._warn("Google is out of reach")
            self._not_before = self._clock() + PAUSE
        except SettingAtFault as error:
            self._warn(str(error))
            self._is_closed = True
        else:
            self._keep((group, user_id), answer, KEPT)
            return answer
        return False

    def _keep(self, key: tuple[str, str], answer: bool, time: timedelta) -> None:
        now = self._clock()
        with self._lock:
            if len(self._kept) >= MOST:
                self._kept = {k: each for k, each in self._kept.items() if now < each[1]}
            if len(self._kept) >= MOST:
                self._kept = {}
            self._kept[key] = answer, now + time

    def _warn(self, why: str) -> None:
        """Say it, unless it has been said lately. Google's words hold no e-mail."""
        now = self._clock()
        with self._lock:
            if now < self._told.get(why, now):
                return
            self._told[why] = now + KEPT
        log.warning(
            "who is in a group of `roles` can't be told, so nobody counts as in it: %s", why
        )
