"""What the SIS says, as values. Names are OneRoster's; a *section* is OneRoster's `class`.

Only what rostering needs is here: no birth date, race, phone, password or lunch status has a place.
"""

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import date
from enum import Enum
from typing import NamedTuple


class Role(Enum):
    """What somebody is in one section."""

    TEACHER = "teacher"
    STUDENT = "student"


class FaultLevel(Enum):
    """How much a fault costs."""

    LEFT_OUT = "left out"  # the row, and all that hangs on it, is not in the Roster
    NOTED = "noted"  # the row is used; an admin should know


@dataclass(frozen=True, slots=True)
class Place:
    """Where a row stands: a file's name within the drop and a line in it (the first line is 1)."""

    file: str
    line: int

    def __str__(self) -> str:
        return f"{self.file}:{self.line}"


@dataclass(frozen=True, slots=True)
class Fault:
    """One row that is not as it should be. `code` is stable (docs/errors.md), e.g. R201."""

    code: str
    place: Place
    message: str
    level: FaultLevel = FaultLevel.LEFT_OUT

    def __str__(self) -> str:
        return f"{self.place}  {self.message}  [{self.code}]"


@dataclass(frozen=True, slots=True)
class School:
    key: str
    name: str
    place: Place


@dataclass(frozen=True, slots=True)
class Term:
    """An academic session. `end` is exclusive, as in OneRoster. `school_year` is never empty:
    the one the row says, else the year that the end date falls in."""

    key: str
    name: str
    kind: str
    start: date
    end: date
    school_year: str
    place: Place


@dataclass(frozen=True, slots=True)
class Course:
    """A course of the catalogue (not a Classroom course)."""

    key: str
    title: str
    code: str
    subjects: tuple[str, ...]
    place: Place


@dataclass(frozen=True, slots=True)
class Person:
    """Somebody of the SIS. `email` as the file has it, stripped; empty when there is none."""

    key: str
    given_name: str
    family_name: str
    email: str
    place: Place

    @property
    def name(self) -> str:
        return f"{self.given_name} {self.family_name}".strip()


@dataclass(frozen=True, slots=True)
class Section:
    """A section. `terms` is in order of start date and never empty."""

    key: str
    title: str
    code: str
    school: School
    course: Course
    terms: tuple[Term, ...]
    grades: tuple[str, ...]
    subjects: tuple[str, ...]
    periods: tuple[str, ...]
    room: str
    kind: str  # OneRoster's classType: scheduled, homeroom
    place: Place


class Membership(NamedTuple):
    """Somebody's place in a section. `begin`/`end` None where open; `end` is exclusive.

    A tuple, since it is made whenever it is asked for, by the million: that is more than twice as
    fast."""

    person: str  # Person.key; the person may be missing from Roster.people (see Roster.doubtful)
    role: Role
    primary: bool
    begin: date | None
    end: date | None
    file: str  # where its row stands, as a Place has it
    line: int

    @property
    def place(self) -> Place:
        return Place(self.file, self.line)


@dataclass(frozen=True, slots=True)
class Source:
    """Which drop this Roster was read from. `digest` is of the bytes that were read; `counts` is
    data rows by kind (schools, terms, courses, sections, people, memberships), faulty ones too."""

    name: str
    digest: str
    counts: Mapping[str, int]


@dataclass(frozen=True, slots=True)
class Roster:
    """One drop, read and judged row by row. Nothing in it dangles, save what `doubtful_*` names.

    A seat may only be taken away where the SIS is known to say so. Where a faulty row could be the
    one that names the seat, that is a doubt, and doubt stops removals (never additions):
    """

    source: Source
    schools: Mapping[str, School]
    terms: Mapping[str, Term]
    courses: Mapping[str, Course]
    people: Mapping[str, Person]
    sections: Mapping[str, Section]
    memberships: Mapping[str, tuple[Membership, ...]]  # by Section.key, in file order
    faults: tuple[Fault, ...] = ()
    # by Person.key: a person whose own row is faulty; their memberships are still in `memberships`
    doubtful_people: Mapping[str, Fault] = field(default_factory=dict)
    # by Section.key: faulty membership rows that name this section
    doubtful_sections: Mapping[str, tuple[Fault, ...]] = field(default_factory=dict)
    # faulty membership rows whose section can't be read: they could be about any section
    doubtful_anywhere: tuple[Fault, ...] = ()
