"""What screens and actions work with: the store, Classroom as the caller, the time."""

from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime
from typing import Protocol

from addon.access import Caller
from addon.roles import may_look
from policy.google.base import TeacherClassroom
from policy.in_force import InForce
from policy.store.base import Store


class OpenClassroom(TeacherClassroom, Protocol):
    """Classroom as one teacher sees it; holds connections until it is closed."""

    def close(self) -> None: ...


class IsInGroup(Protocol):
    """Is the account with this Google user id in the group with this e-mail? No call to Google
    begins after `until`; in doubt, no."""

    def __call__(self, group: str, user_id: str, *, until: datetime) -> bool: ...


@dataclass(frozen=True, slots=True)
class Services:
    """Handed in by the app, and by tests."""

    store: Callable[[], Store]
    classroom: Callable[[str], OpenClassroom]  # by access token
    clock: Callable[[], datetime]
    policy: Callable[[], InForce | None] = lambda: None  # None: the server is told of no policy
    is_in_group: IsInGroup | None = None  # None: nobody is in any

    def may_look(self, caller: Caller, *, until: datetime) -> bool:
        """May the caller see the administrator's card, by the policy in force at this moment? No
        call to Google begins after `until`."""
        found, ask = self.policy(), self.is_in_group

        def is_in(group: str) -> bool:
            return ask is not None and ask(group, caller.user_id, until=until)

        return may_look(caller.email, None if found is None else found.policy, is_in)
