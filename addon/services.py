"""What screens and actions work with: the store, Classroom as the caller, the time."""

from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime
from typing import Protocol

from policy.google.base import TeacherClassroom
from policy.in_force import InForce
from policy.store.base import Store


class OpenClassroom(TeacherClassroom, Protocol):
    """Classroom as one teacher sees it; holds connections until it is closed."""

    def close(self) -> None: ...


@dataclass(frozen=True, slots=True)
class Services:
    """Handed in by the app, and by tests."""

    store: Callable[[], Store]
    classroom: Callable[[str], OpenClassroom]  # by access token
    clock: Callable[[], datetime]
    policy: Callable[[], InForce | None] = lambda: None  # None: the server is told of no policy
