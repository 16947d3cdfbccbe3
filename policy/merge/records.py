"""What the merge looks at: the state of courses and seats, as base, desired and live see them.

A *seat* is one person in one course in one role. People are Google user ids by now.
"""

from collections.abc import Mapping
from dataclasses import dataclass, field
from enum import Enum

from policy.roster.model import Role


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


@dataclass(frozen=True, slots=True)
class Wanted:
    """One desired seat and the membership row that asks for it."""

    user: User
    person_key: str
    row: str  # "enrollments.csv:77", or the policy's line


@dataclass(frozen=True, slots=True)
class Desired:
    """A course as it should be. `teachers` holds co-teachers too, and the owner. `unsure` are
    accounts of people who are on the section's roster but can't be told for certain now (their
    e-mail is not found, their row is faulty): their seats are neither made nor taken away.
    `strangers` are rows of people who may be anybody, e.g. a new key without an e-mail."""

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


@dataclass(frozen=True, slots=True)
class Live:
    """A course as Classroom has it now."""

    course_id: str
    fields: Fields
    state: State
    owner: str
    teachers: frozenset[str]
    students: frozenset[str]


def after_handover(teachers: frozenset[str], *, former: str, owner: str) -> frozenset[str]:
    """The teachers that are ours once a course has a new owner. The former one stays in the class
    as a co-teacher that is no longer ours: later nights leave that seat alone."""
    return (teachers - {former}) | {owner}
