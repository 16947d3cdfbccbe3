"""What holds while the courses of one school are compared: rules, words, who is who, the moment."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta

from policy.merge.records import User
from policy.merge.why import Reasons
from policy.rules.model import Pause, SchoolRules


@dataclass(frozen=True, slots=True)
class Setting:
    """One school, tonight."""

    rules: SchoolRules
    reasons: Reasons
    names: Mapping[str, User]  # by user id
    vanished: frozenset[str]  # accounts of people whose keys the roster has no more
    now: datetime
    pause: Pause | None = None  # in whose days nothing is removed or archived

    @property
    def stamp(self) -> str:
        """Now, as the store and plans tell when something was first seen (RFC 3339)."""
        return self.now.isoformat(timespec="seconds")

    def user(self, user_id: str) -> User:
        """An account as plans show it; one that is not in the Directory has its id only."""
        return self.names.get(user_id) or User(user_id, "", "")

    def is_over(self, since: str, time: timedelta) -> bool:
        """Has this much time passed?"""
        return datetime.fromisoformat(since) + time <= self.now

    def since(self, stamps: Mapping[str, str], record: str) -> str:
        """When something was first seen, or now. What was seen later than now was seen by a clock
        that was ahead."""
        found = stamps.get(record)
        if found is None or datetime.fromisoformat(found) > self.now:
            return self.stamp
        return found

    def pause_words(self) -> str:
        """Why nothing is taken away in these days."""
        if self.pause is None:
            raise ValueError("there is no pause now")
        return f"nothing is removed or archived until {self.pause.end} (pause, {self.pause.line})"
