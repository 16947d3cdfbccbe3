"""The typed policy: what remains of the YAML once it is loaded, checked and merged per school.

Field names are those of the policy language. A value's place in the files is in `Policy.lines`.
"""

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import date, timedelta
from enum import Enum

from policy.rules.sources import SourceRule
from policy.rules.trials import Trial

BUILT_IN = "built-in default"  # in place of a line, where no file says anything


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


class FormerOwner(Enum):
    """What becomes of the owner of a class when its primary teacher changes."""

    KEEP = "keep"  # as co-teacher
    REMOVE = "remove"


class Keep(Enum):
    """On which side of a class an exception keeps a student, whatever the SIS says."""

    IN = "in"
    OUT = "out"


class License(Enum):
    """Which licence everybody in a class needs."""

    EDUCATION_PLUS = "education_plus"
    EDUCATION_STANDARD = "education_standard"  # or Plus, which includes it
    NONE = "none"  # nobody is checked


@dataclass(frozen=True, slots=True)
class District:
    id: str
    name: str
    domains: tuple[str, ...]  # case-folded
    timezone: str


@dataclass(frozen=True, slots=True)
class Matcher:
    """Several keys = and; each key's values (globs, case-insensitive) = or. Keys are the
    language's: school grade subject course course_code section term period name teacher.
    `unless` is the language's `not`: who matches it doesn't match the whole; one level deep."""

    keys: Mapping[str, tuple[str, ...]]
    unless: "Matcher | None" = None


@dataclass(frozen=True, slots=True)
class Scope:
    """None means all. `terms` None = all, () = current, else names or keys. With () a term counts
    as current `lead` before it starts (whole days)."""

    schools: tuple[str, ...] | None
    terms: tuple[str, ...] | None
    grades: tuple[str, ...] | None
    subjects: tuple[str, ...] | None
    exclude: tuple[Matcher, ...]
    lead: timedelta = timedelta(0)


@dataclass(frozen=True, slots=True)
class Adopt:
    """Classes that another tool made. Both are globs, case-insensitive; with both, both match."""

    alias: str | None
    name: str | None
    line: str


@dataclass(frozen=True, slots=True)
class Combine:
    """Sections that match and are equal in every field of `by` (of primary_teacher, course, period,
    term) become one class."""

    by: tuple[str, ...]
    where: Matcher  # without keys: all
    line: str


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
    offer_again: timedelta | None = None  # after a decline; None = never
    archive_after: timedelta | None = None  # after the end of the term; None = kept
    adopt: tuple[Adopt, ...] = ()
    combine: tuple[Combine, ...] = ()  # the first that matches a section holds


@dataclass(frozen=True, slots=True)
class Extra:
    """Co-teachers (e-mails, case-folded) of every class that matches."""

    where: Matcher
    teachers: tuple[str, ...]
    line: str


@dataclass(frozen=True, slots=True)
class CoTeachers:
    add: bool
    at_most: int = 20  # besides the owner
    former_owner: FormerOwner = FormerOwner.KEEP
    extra: tuple[Extra, ...] = ()
    added_by_hand: AddedByHand = AddedByHand.KEEP
    removed_by_hand: RemovedByHand = RemovedByHand.KEEP


@dataclass(frozen=True, slots=True)
class SeatException:
    """A person (e-mail, case-folded) who stays in, or out of, every class that matches."""

    person: str
    where: Matcher
    keep: Keep
    line: str


@dataclass(frozen=True, slots=True)
class Students:
    add: AddStudents
    added_by_hand: AddedByHand
    removed_by_hand: RemovedByHand
    removal_grace: timedelta = timedelta(0)  # how long a seat that left the SIS stays
    exceptions: tuple[SeatException, ...] = ()


@dataclass(frozen=True, slots=True)
class Limit:
    """More than this is held back. A level's allowance is max(share of its seats, `at_least`);
    for the kinds about courses, of its classes.
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
    limits: Mapping[str, Limit]  # by kind: student.remove, course.archive, …


@dataclass(frozen=True, slots=True)
class Freshness:
    """Which drop is not planned from: an older one, or one much smaller than the last good one."""

    max_age: timedelta = timedelta(hours=36)
    min_size: float = 0.8  # a share of the last good drop
    line: str = BUILT_IN


@dataclass(frozen=True, slots=True)
class Pause:
    """Days in which nothing is removed or archived; both ends belong to it."""

    start: date
    end: date
    line: str


@dataclass(frozen=True, slots=True)
class Identity:
    """The e-mail (case-folded) of somebody's Google account, where the SIS has another one."""

    email: str
    line: str  # "policies/identities.csv:4"


@dataclass(frozen=True, slots=True)
class Holder:
    """Who has a role: an account's e-mail, or a Google group's (case-folded)."""

    email: str
    is_group: bool


@dataclass(frozen=True, slots=True)
class Roles:
    """Who may do what in the side panel; the add-on asks (see addon.roles). All may look so far."""

    admin: tuple[Holder, ...] = ()
    approver: tuple[Holder, ...] = ()
    viewer: tuple[Holder, ...] = ()


@dataclass(frozen=True, slots=True)
class Policy:
    """A policy folder. `digest` is of its files' bytes, and `files` has each one's own. `commit` is
    git's, None where there is none, and `clean`: does it hold the files just as they are? `lines`
    and `school_lines` say where each written field stands, for whys: the folder's own name is part
    of them, the way to it is not."""

    folder: str
    district: District
    sources: tuple[SourceRule, ...]  # of the roster
    defaults: SchoolRules  # district.yaml over the built-in defaults
    schools: Mapping[str, SchoolRules]  # by school key or name, as the files claim them
    lines: Mapping[str, str]  # dotted field ("classes.name") -> "policies/district.yaml:14"
    school_lines: Mapping[str, Mapping[str, str]]  # the same, by claimed school
    digest: str
    commit: str | None
    freshness: Freshness = Freshness()
    pause: tuple[Pause, ...] = ()
    identities: Mapping[str, Identity] = field(default_factory=dict)  # by the SIS's key
    roles: Roles = Roles()
    trials: tuple[Trial, ...] = ()  # its tests; nothing that is done depends on them
    license: License = License.EDUCATION_PLUS
    clean: bool = False
    files: Mapping[str, str] = field(default_factory=dict)  # name within the folder -> SHA-256

    def rules_of(self, school_key: str, school_name: str) -> SchoolRules:
        """The rules that hold in a school."""
        return self.schools.get(school_key) or self.schools.get(school_name) or self.defaults

    def named(self) -> frozenset[str]:
        """The people (e-mails) whom it names for classes, in any school."""
        rules = (self.defaults, *self.schools.values())
        extra = {email for r in rules for one in r.co_teachers.extra for email in one.teachers}
        return frozenset(extra | {one.person for r in rules for one in r.students.exceptions})

    def owners(self) -> frozenset[str]:
        """The accounts (e-mails, case-folded) that own classes by it, in any school."""
        rules = (self.defaults, *self.schools.values())
        return frozenset(r.classes.owner.casefold() for r in rules if r.classes.owner is not None)

    def line_of(self, field: str, school_key: str = "", school_name: str = "") -> str:
        """Where a field's value comes from: "file:line", or BUILT_IN."""
        for claimed in (school_key, school_name):
            if field in self.school_lines.get(claimed, {}):
                return self.school_lines[claimed][field]
        return self.lines.get(field, BUILT_IN)
