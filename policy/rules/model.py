"""The typed policy: what remains of the YAML once it is loaded, checked and merged per school.

Field names are those of the policy language. A value's place in the files is in `Policy.lines`.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from enum import Enum


class WhenIncomplete(Enum):
    """What happens with a section that has no teacher or no student."""

    WAIT = "wait"
    CREATE = "create"


class StartAs(Enum):
    """The state in which a class is made."""

    PROVISIONED = "provisioned"  # its teacher accepts it
    ACTIVE = "active"


class AddStudents(Enum):
    """When students are put into a class."""

    AT_ONCE = "at_once"
    AFTER_ACCEPT = "after_accept"


class AddedByHand(Enum):
    KEEP = "keep"
    REMOVE = "remove"


class RemovedByHand(Enum):
    KEEP = "keep"  # stays removed
    RESTORE = "restore"


@dataclass(frozen=True, slots=True)
class District:
    id: str
    name: str
    domains: tuple[str, ...]  # case-folded
    timezone: str


@dataclass(frozen=True, slots=True)
class Matcher:
    """Several keys = and; each key's values (globs, case-insensitive) = or. Keys are the
    language's: school grade subject course course_code section term period name teacher."""

    keys: Mapping[str, tuple[str, ...]]


@dataclass(frozen=True, slots=True)
class Scope:
    """None means all. `terms` None = all, () = current, else names or keys."""

    schools: tuple[str, ...] | None
    terms: tuple[str, ...] | None
    grades: tuple[str, ...] | None
    subjects: tuple[str, ...] | None
    exclude: tuple[Matcher, ...]


@dataclass(frozen=True, slots=True)
class Classes:
    scope: Scope
    key: str  # templates, checked when loaded
    name: str
    section: str
    room: str
    protect: frozenset[str]  # of name, section, room
    when_incomplete: WhenIncomplete
    start_as: StartAs
    owner: str | None  # an account's e-mail; None = the primary teacher


@dataclass(frozen=True, slots=True)
class CoTeachers:
    add: bool


@dataclass(frozen=True, slots=True)
class Students:
    add: AddStudents
    added_by_hand: AddedByHand
    removed_by_hand: RemovedByHand


@dataclass(frozen=True, slots=True)
class Limit:
    """More than this is held back. A level's allowance is max(share of its seats, `at_least`).
    `district`, `school` and `class_` are (share, None) or (None, count); None = no limit there."""

    district: "Allowance | None"
    school: "Allowance | None"
    class_: "Allowance | None"
    at_least: int
    line: str  # "policies/district.yaml:6", for the message


@dataclass(frozen=True, slots=True)
class Allowance:
    """Either a share of the seats (0.10) or a count of them."""

    share: float | None = None
    count: int | None = None

    def of(self, seats: int, at_least: int) -> int:
        """The most seats out of `seats` that may go."""
        share = int(seats * (self.share or 0.0) + 1e-9)  # 29 % of 100 is 29, not 28.999…
        allowed = self.count if self.count is not None else share
        return max(allowed, at_least)

    def __str__(self) -> str:
        return str(self.count) if self.share is None else f"{self.share:.0%}"


@dataclass(frozen=True, slots=True)
class SchoolRules:
    """The policy as it holds in one school."""

    classes: Classes
    co_teachers: CoTeachers
    students: Students
    limits: Mapping[str, Limit]  # by kind: student.remove, teacher.remove


@dataclass(frozen=True, slots=True)
class Policy:
    """A policy folder. `digest` is of its files' bytes, `commit` git's when it is in git and
    clean (else None). `lines` and `school_lines` say where each written field stands, for whys:
    the folder's own name is part of them, the way to it is not."""

    folder: str
    district: District
    roster_path: str  # roster[0].path, made absolute against the folder
    defaults: SchoolRules  # district.yaml over the built-in defaults
    schools: Mapping[str, SchoolRules]  # by school key or name, as the files claim them
    lines: Mapping[str, str]  # dotted field ("classes.name") -> "policies/district.yaml:14"
    school_lines: Mapping[str, Mapping[str, str]]  # the same, by claimed school
    digest: str
    commit: str | None

    def rules_of(self, school_key: str, school_name: str) -> SchoolRules:
        """The rules that hold in a school."""
        return self.schools.get(school_key) or self.schools.get(school_name) or self.defaults

    def line_of(self, field: str, school_key: str = "", school_name: str = "") -> str:
        """Where a field's value comes from: "file:line", or "built-in default"."""
        for claimed in (school_key, school_name):
            if field in self.school_lines.get(claimed, {}):
                return self.school_lines[claimed][field]
        return self.lines.get(field, "built-in default")
