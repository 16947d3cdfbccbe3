"""What a demonstration hands in: its people, and a way to act as each. Never in production."""

from collections.abc import Sequence
from dataclasses import dataclass
from enum import Enum
from typing import Protocol


class Role(Enum):
    TEACHER = "teacher"
    ADMIN = "admin"


@dataclass(frozen=True, slots=True)
class Person:
    """Somebody whom the page's visitor may be. `id` is the Google user id."""

    id: str
    email: str
    name: str
    role: Role


class Demo(Protocol):
    """The sample people of a demonstration."""

    def people(self) -> Sequence[Person]:
        """Whom one can be, in the order in which they are shown."""

    def token_for(self, email: str) -> str:
        """An access token of this person, as Google would give with a click."""
