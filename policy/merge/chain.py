"""What an explanation is made of: links of a chain, stories of classes, and what is known."""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass

from policy.merge.records import Base, User
from policy.merge.written import Written


@dataclass(frozen=True, slots=True)
class Step:
    """One link of the chain. `topic` is roster, account, policy, write, by hand or next."""

    topic: str
    words: str


@dataclass(frozen=True, slots=True)
class Story:
    """What there is to say of one class, or of one person in it."""

    title: str
    verdict: str
    steps: tuple[Step, ...]
    alias: str | None = None
    course_id: str | None = None
    section: str | None = None


@dataclass(frozen=True, slots=True)
class Explanation:
    """The whole answer. `as_of` is the last run, by which the store knows Classroom; `unasked` what
    could not be asked, and what that means."""

    about: str
    as_of: str
    steps: tuple[Step, ...]
    stories: tuple[Story, ...]
    unasked: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class Who:
    """Somebody: their keys in the SIS, and their Google account, as far as they are known."""

    label: str
    user_id: str
    keys: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class Memory:
    """What the store knows. `written` gives all writes to the class of an alias; `plans` the plan
    of each run; `names` are accounts by user id."""

    bases: Mapping[str, Base]
    written: Callable[[str], Sequence[Written]]
    plans: Mapping[str, str]
    released: frozenset[str]
    names: Mapping[str, User]


def when(since: str) -> str:
    """An RFC 3339 time as people read it: to the minute."""
    return since[:16].replace("T", " ")
