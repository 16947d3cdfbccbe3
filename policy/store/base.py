"""What must outlive a run: values and the protocol of a store; no SQL here.

The base is what was last applied, one row a course: enough to tell tomorrow what a teacher has
changed by hand since (base, desired and live are merged three ways).
"""

from collections.abc import Iterable, Iterator, Mapping, Sequence
from contextlib import AbstractContextManager
from dataclasses import dataclass, field
from datetime import datetime
from enum import Enum
from typing import Protocol


@dataclass(frozen=True, slots=True)
class BaseCourse:
    """One course of ours as last applied. Members are Google user ids. `kept` tells since when a
    teacher's own change has been seen: record ("name", "student:117…") -> RFC 3339 time; `leaving`
    the same of seats that the SIS no longer lists and whose grace runs. `former` are owners of
    before who stay as teachers, `state` the courseState that we wrote last, `ends` the day after
    its section's terms (ISO 8601), `read` when its members were last read (RFC 3339), `settled` a
    digest of the wish that left nothing to do; the last three are "" when there is none."""

    alias: str
    course_id: str
    section_key: str
    school_key: str
    name: str
    section: str
    room: str
    owner: str
    teachers: frozenset[str]
    students: frozenset[str]
    kept: Mapping[str, str] = field(default_factory=dict)
    leaving: Mapping[str, str] = field(default_factory=dict)
    former: frozenset[str] = frozenset()
    state: str = "PROVISIONED"
    ends: str = ""
    read: str = ""
    settled: str = ""


@dataclass(frozen=True, slots=True)
class CourseHead:
    """A course of ours without its members (see `BaseCourse`): of all courses at once there are
    too many members to hold."""

    alias: str
    course_id: str
    section_key: str
    school_key: str
    name: str
    section: str
    room: str
    owner: str
    kept: Mapping[str, str]
    state: str
    ends: str
    read: str
    settled: str


class RunState(Enum):
    RUNNING = "running"
    DONE = "done"
    HELD = "done, with something held back"
    REFUSED = "done, with refusals"
    INTERRUPTED = "interrupted"  # killed; a later run went on


@dataclass(frozen=True, slots=True)
class RunRecord:
    """A run. `counts` is writes done by kind, and so are changes `held`, `refused` by Google for
    good, and put off until a `later` run. `policy_commit` is git's ("": none, or not known), and
    `policy_clean`: did it hold the policy's files just as they were?"""

    id: str
    plan_id: str
    state: RunState
    started: datetime
    ended: datetime | None
    policy_digest: str
    roster_digest: str
    counts: Mapping[str, int]
    held: Mapping[str, int]
    refused: Mapping[str, int]
    later: Mapping[str, int] = field(default_factory=dict)
    policy_commit: str = ""
    policy_clean: bool = False


@dataclass(frozen=True, slots=True)
class Standing:
    """How things stand by the store: our classes and seats, the newest runs, how many writes have
    no answer, and whether a run is going on just now."""

    classes: int
    seats: int
    runs: tuple[RunRecord, ...]
    unfinished: int
    is_running: bool


class EntryState(Enum):
    SENT = "sent"  # written before the call; no answer (yet): it may or may not have happened
    HEARD = "heard"  # there was no answer, but what became of it has been read from Classroom
    DONE = "done"
    REFUSED = "refused"
    LATER = "later"


@dataclass(frozen=True, slots=True)
class Entry:
    """One write in the journal. `change` is the plan's change as JSON text; `reason` Google's."""

    run_id: str
    number: int
    alias: str
    kind: str
    change: str
    state: EntryState
    at: datetime
    reason: str = ""


@dataclass(frozen=True, slots=True)
class Decision:
    """What a teacher decided in the side panel or the page, kept since Classroom's answers may
    be older than the click. `state` is Classroom's courseState that was asked for."""

    course_id: str
    user_id: str
    state: str
    at: datetime


@dataclass(frozen=True, slots=True)
class Mark:
    """Which store this is, and a number that grows with every run and everything it writes.
    `keyed_by` is what the keys of its classes were made from; empty in a new store. `reported` is
    up to when the Reports API has been read (RFC 3339; empty: never), `roster` the rows by kind of
    the last good drop, `released` are aliases that were let go of for good."""

    id: str
    revision: int
    keyed_by: str
    reported: str = ""
    roster: Mapping[str, int] = field(default_factory=dict)
    released: frozenset[str] = frozenset()


@dataclass(frozen=True, slots=True)
class Match:
    """The account of somebody of the SIS, and the e-mail (case-folded) that led to it."""

    user_id: str
    email: str


class Store(Protocol):
    """A store. Every method is one transaction."""

    def mark(self) -> Mark: ...

    def base(self) -> Iterator[BaseCourse]:
        """All courses of ours, by alias."""

    def heads(self) -> Iterator[CourseHead]:
        """All courses of ours without their members, by alias."""

    def base_of(self, course_ids: Sequence[str]) -> Mapping[str, BaseCourse]:
        """Courses of ours by course id; ids that are not ours are left out."""

    def base_under(self, aliases: Sequence[str]) -> Mapping[str, BaseCourse]:
        """Courses of ours by alias; aliases that are not ours are left out."""

    def matches(self) -> Mapping[str, Match]:
        """By Person.key, as last matched."""

    def keep(
        self,
        courses: Iterable[BaseCourse],
        *,
        forget: Iterable[str] = (),
        matches: Mapping[str, Match] | None = None,
        heard: Iterable[tuple[str, int]] = (),
        keyed_by: str = "",
        reported: str = "",
        roster: Mapping[str, int] | None = None,
    ) -> None:
        """What is learned before a run's first write, all of it together: base rows, aliases to
        forget, matches by Person.key, entries that are no longer open (run id, number), what keys
        are made from, up to when Reports were read (empty: as they were), and the rows by kind of
        a good drop."""

    def release(self, aliases: Iterable[str]) -> None:
        """Let go of these for good: their base rows go, and no class is made for them again."""

    def take_back(self, aliases: Iterable[str]) -> None:
        """Undo `release`: the next night sees them as never seen before."""

    def run_lock(self) -> AbstractContextManager[None]:
        """Held while a run goes. Raises AnotherRun. A dead process holds nothing."""

    def start_run(self, run: RunRecord) -> None:
        """A run begins; plans that were made before it are stale from now on."""

    def end_run(self, run: RunRecord) -> None: ...

    def runs(self, *, newest: int = 20) -> Sequence[RunRecord]: ...

    def start_entries(self, entries: Sequence[Entry]) -> None:
        """Before the call: these writes are about to be sent."""

    def finish_entries(
        self,
        entries: Sequence[Entry],
        courses: Iterable[BaseCourse],
        *,
        forget: Iterable[str] = (),
    ) -> None:
        """After the call: what became of them, and the base rows that follow (and the aliases of
        those that have another alias now), together."""

    def unfinished(self) -> Sequence[Entry]:
        """Entries that are SENT: there was no answer, and it is not known if they happened."""

    def entries(self, run_id: str) -> Iterator[Entry]:
        """A run's journal, in order; never all of it in memory."""

    def done_since(self, moment: datetime) -> Iterator[Entry]:
        """Entries of all runs that were done at this moment or later, the oldest first."""

    def entries_of(self, alias: str) -> Sequence[Entry]:
        """Everything that was ever written to a course, the oldest first."""

    def entries_naming(self, text: str) -> Iterator[Entry]:
        """Entries of all runs in whose `change` this text is, the oldest first. Reads them all."""

    def decide(self, decision: Decision) -> None: ...

    def decisions(self, user_id: str) -> Mapping[str, Decision]:
        """The teacher's newest decision by course id."""

    def close(self) -> None:
        """Let go of the database; nothing can be asked afterwards."""
