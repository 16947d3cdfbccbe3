"""What the merge looks at: the state of courses and seats, as base, desired and live see them.

A *seat* is one person in one course in one role. People are Google user ids by now.
"""

from collections.abc import Mapping
from dataclasses import dataclass, field, fields, replace
from enum import Enum

from policy.roster.model import Role

UNREADABLE = "unreadable"  # a record of `Base.kept`: Google does not say what is in the course
# Three more, each before a section's own alias: the course stands for it together with others (or
# under another alias than its own); it did until then, and the section has another course now; it
# did, and the section has not been in the roster or the scope since then. A course for one section
# has none.
TOGETHER, PARTED, MISSED = "together:", "parted:", "missed:"


class State(Enum):
    """Classroom's courseState, as the merge needs to know it."""

    ACTIVE = "ACTIVE"
    ARCHIVED = "ARCHIVED"
    PROVISIONED = "PROVISIONED"
    DECLINED = "DECLINED"
    SUSPENDED = "SUSPENDED"


@dataclass(frozen=True, slots=True)
class Fields:
    """The texts of a course that both the SIS and a teacher may set."""

    name: str
    section: str
    room: str


@dataclass(frozen=True, slots=True)
class User:
    """A Google account, as plans show and writes need it."""

    id: str
    email: str
    name: str


@dataclass(frozen=True, slots=True)
class Remembered:
    """How somebody was matched before: the account, and the e-mail that the SIS had for them."""

    user_id: str
    email: str  # case-folded


@dataclass(frozen=True, slots=True)
class Seat:
    """One person in one course in one role."""

    role: Role
    user_id: str


@dataclass(frozen=True, slots=True)
class Head:
    """A course of ours as last applied, without its members: see `Base`, which has the same."""

    alias: str
    course_id: str
    section_key: str
    school_key: str
    fields: Fields
    owner: str
    kept: Mapping[str, str]
    state: State
    ends: str
    read: str
    settled: str


@dataclass(frozen=True, slots=True)
class Base:
    """A course of ours as last applied."""

    alias: str
    course_id: str
    section_key: str
    school_key: str
    fields: Fields
    owner: str
    teachers: frozenset[str]
    students: frozenset[str]
    kept: Mapping[str, str] = field(default_factory=dict)  # record -> since (RFC 3339)
    leaving: Mapping[str, str] = field(default_factory=dict)  # the same, of seats in their grace
    former: frozenset[str] = frozenset()  # owners of before, whom the policy keeps as teachers
    state: State = State.PROVISIONED  # as last written by us; a teacher's own acts are not in it
    ends: str = ""  # the day after its section's last term, ISO 8601; "" if never seen
    read: str = ""  # when its members were last read from Classroom (RFC 3339); "" never
    settled: str = ""  # digest of the wish that left nothing to do or to say; "" if any was left

    @property
    def head(self) -> Head:
        """The same without its members."""
        return Head(**{each.name: getattr(self, each.name) for each in fields(Head)})


@dataclass(frozen=True, slots=True)
class Staff:
    """Who teaches in a course of ours, its owner too. `taken_out` are seats of ours that a hand
    has taken away."""

    there: frozenset[str] = frozenset()
    taken_out: frozenset[str] = frozenset()


@dataclass(frozen=True, slots=True)
class Wanted:
    """One desired seat and the membership row that asks for it."""

    user: User
    person_key: str
    row: str  # "enrollments.csv:77", or the policy's line
    section_key: str = ""  # of that row, where the course is that of several sections


@dataclass(frozen=True, slots=True)
class Parted:
    """A section that a course stood for together with others, and that has another one now: its
    own alias and key, the alias of its class, and its people's accounts."""

    own: str
    section_key: str
    home: str
    people: frozenset[str]


@dataclass(frozen=True, slots=True)
class Desired:
    """A course as it should be. `teachers` holds co-teachers too, and the owner. `unsure` are
    accounts of people who are on the section's roster but can't be told for certain now (their
    e-mail is not found, their row is faulty): their seats are neither made nor taken away.
    `strangers` are rows of people who may be anybody, e.g. a new key without an e-mail. Of several
    sections in one course `section_key` is the first; `together`, `parted` and `missing` are what
    it is to remember of them, by their own aliases."""

    alias: str
    section_key: str
    school_key: str
    fields: Fields
    owner: User
    teachers: Mapping[str, Wanted]
    students: Mapping[str, Wanted]
    row: str  # the section's row
    unsure: frozenset[str] = frozenset()
    doubts: tuple[str, ...] = ()  # why no seat may be taken away now
    strangers: tuple[str, ...] = ()
    ends: str = ""  # the day after its section's last term, ISO 8601
    archive: bool = False  # its terms have been over for as long as the policy says
    owner_by_default: bool = False  # nobody is its primary teacher: the first of the others
    kept_out: Mapping[str, str] = field(default_factory=dict)  # user id -> the policy's line
    leading: frozenset[str] = frozenset()  # teachers who are seated though co-teachers are not
    digest: str = ""  # of all that decides what it is compared to; see `Base.settled`
    section_keys: tuple[str, ...] = ()  # of all its sections, where they are several
    together: tuple[str, ...] = ()
    parted: tuple[Parted, ...] = ()
    missing: tuple[str, ...] = ()

    @property
    def named(self) -> str:
        """Its section, or sections, as words have it."""
        if not self.section_keys:
            return f"section {self.section_key}"
        return f"sections {', '.join(self.section_keys)}"


@dataclass(frozen=True, slots=True)
class Live:
    """A course as Classroom has it now."""

    course_id: str
    fields: Fields
    state: State
    owner: str
    teachers: frozenset[str]
    students: frozenset[str]


def last_seated(base: Base) -> tuple[frozenset[str], frozenset[str]]:
    """Teachers and students as they were when the course was last read, by the base and by what was
    kept by hand. Its owner is among them if that seat is ours."""
    if not base.kept and not base.former:
        return base.teachers, base.students
    there = {"teacher": set(base.teachers | base.former), "student": set(base.students)}
    ours = {"teacher": base.teachers, "student": base.students}
    for record in base.kept:
        role, _, user_id = record.partition(":")
        if role not in there:
            continue
        if user_id in ours[role]:
            there[role].discard(user_id)
        else:
            there[role].add(user_id)
    return frozenset(there["teacher"]), frozenset(there["student"])


def staff_of(base: Base) -> Staff:
    """As last known."""
    out = frozenset(user_id for user_id in base.teachers if f"teacher:{user_id}" in base.kept)
    return Staff((base.teachers - out) | {base.owner}, out)


def after_handover(base: Base, owner: str, *, keeps_former: bool) -> Base:
    """A course once it has a new owner, who had to be among its teachers. The former one is one of
    them still, unless a hand took them out: kept, when the policy says so (later nights leave that
    seat alone), else ours to take away."""
    teachers, former = base.teachers | {owner}, base.former - {owner}
    kept = {key: since for key, since in base.kept.items() if key != f"teacher:{owner}"}
    if keeps_former and base.owner in base.teachers - {owner}:
        teachers = teachers - {base.owner}
        if kept.pop(f"teacher:{base.owner}", None) is None:
            former = former | {base.owner}
    return replace(base, owner=owner, teachers=teachers, former=former, kept=kept)
