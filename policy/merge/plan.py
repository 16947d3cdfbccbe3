"""The Plan: a value that says what would be written, what is held, what is kept, and why.

Its JSON shape is `policy/schema/plan.schema.json`; `policy/render` prints it.
"""

from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace
from datetime import datetime
from enum import Enum

from policy.merge.records import Base, Fields, Remembered, User


class Kind(Enum):
    """What a change does. The values are the contract's; their order here is not the run's."""

    COURSE_CREATE = "course.create"
    COURSE_UPDATE = "course.update"
    COURSE_OWNER = "course.owner"
    COURSE_ARCHIVE = "course.archive"
    COURSE_RESTORE = "course.restore"
    TEACHER_ADD = "teacher.add"
    TEACHER_REMOVE = "teacher.remove"
    STUDENT_ADD = "student.add"
    STUDENT_REMOVE = "student.remove"


# What a COURSE_UPDATE may be of beside a course's texts: see `Change`.
ALIAS, FORMER_ALIAS = "alias", "former_alias"
# Before the record of what stays only for now: until a grace, or a pause, is over.
LEAVING, PAUSED = "leaving:", "paused:"
# Courses first, then co-teachers, then students, then removals: at no moment is a class without
# somebody whom the SIS names. Owners come as late as can be, since Google takes a while until a
# new co-teacher may become one.
ORDER = (
    Kind.COURSE_CREATE,
    Kind.COURSE_RESTORE,
    Kind.COURSE_UPDATE,
    Kind.TEACHER_ADD,
    Kind.STUDENT_ADD,
    Kind.COURSE_OWNER,
    Kind.TEACHER_REMOVE,
    Kind.STUDENT_REMOVE,
    Kind.COURSE_ARCHIVE,
)


@dataclass(frozen=True, slots=True)
class CourseRef:
    """Which course. `id` is None until the course is made."""

    alias: str
    id: str | None
    name: str
    school_key: str
    school: str  # the school's name


@dataclass(frozen=True, slots=True)
class NewCourse:
    """What a course is made from."""

    fields: Fields
    owner: User
    state: str  # PROVISIONED, ACTIVE
    ends: str = ""  # the day after its section's last term, ISO 8601
    together: tuple[str, ...] = ()  # own aliases of its sections, where they are several


@dataclass(frozen=True, slots=True)
class Change:
    """One write. `person` is set for seats and owners; `field`, `before`, `after` for texts and
    states; `new` for COURSE_CREATE. `section` is the SIS's section key. `keeps_former` is for
    owners: the former one stays as a co-teacher.

    A COURSE_UPDATE of the field "alias" takes a course that is there as this section's: the alias
    is put on the course, and `claim` becomes its base row, in place of that of the alias `before`
    (None: the course was not ours). One of the field "former_alias" then takes `before` off it."""

    kind: Kind
    course: CourseRef
    section: str
    why: tuple[str, ...]
    person: User | None = None
    field: str | None = None
    before: str | None = None
    after: str | None = None
    new: NewCourse | None = None
    keeps_former: bool = True
    claim: Base | None = None


class HeldFor(Enum):
    """Why something is held."""

    LIMIT = "limit"
    ALREADY_THERE = "already there"  # a class under our alias that this store did not make
    GONE = "gone by hand"
    DOUBT = "in doubt"  # a faulty row may be the one that names the seat
    REKEYED = "re-keyed"  # the policy gives every class another key
    RENUMBERED = "renumbered"  # the SIS gives a section that has its class another id
    ADOPT = "to adopt"  # a class that another tool made, and that is this section's by its looks
    UNREADABLE = "unreadable"  # Google does not say what is in the class


@dataclass(frozen=True, slots=True)
class Hold:
    """Something that is not done, and what lets it go. `count` is of changes of `kind`. `changes`
    are what consent (`--allow KIND=COUNT`) would let through, with what hangs on them (a class's
    seats); empty where consent can't help. `limit` is the limit's words where a limit holds it."""

    kind: Kind
    count: int
    reason: HeldFor
    limit: str | None
    why: tuple[str, ...]
    changes: tuple[Change, ...] = ()


@dataclass(frozen=True, slots=True)
class Kept:
    """Something that stays as a teacher made it. `what` is e.g. "name", "student added by hand",
    "student removed by hand", "declined"; `since` RFC 3339, when Rollbook first saw it."""

    course: CourseRef
    record: str  # "name", "student:117…": the key under which the store remembers since when
    what: str
    since: str
    why: tuple[str, ...]
    person: User | None = None
    ours: str | None = None  # what the SIS and the policy would say
    theirs: str | None = None

    @property
    def is_for_now(self) -> bool:
        """Is it not a hand's, but waits for its time?"""
        return self.record.startswith((LEAVING, PAUSED))


@dataclass(frozen=True, slots=True)
class Unmatched:
    """Somebody of the SIS whose Google account can't be told."""

    person_key: str
    name: str
    row: str
    reason: str
    sections: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class Waiting:
    """A section in scope that has no course yet, and why."""

    section: str
    title: str
    school: str
    row: str
    reason: str


@dataclass(frozen=True, slots=True)
class Notice:
    """Something that an admin should know: a faulty row, two primary teachers, …"""

    row: str
    message: str
    code: str


@dataclass(frozen=True, slots=True)
class RosterSummary:
    source: str
    digest: str
    counts: Mapping[str, int]


@dataclass(frozen=True, slots=True)
class PolicySummary:
    """Which policy a plan was made by: see `rules.model.Policy`. `folder` is as it was named, so a
    relative one is seen from where the command runs."""

    digest: str
    commit: str | None
    clean: bool = False
    folder: str = ""
    files: Mapping[str, str] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class StoreMark:
    """Which store a plan was made from, and how old it was: a plan is stale once it has moved."""

    id: str
    revision: int


@dataclass(frozen=True, slots=True)
class Settle:
    """What the store learns when the plan is carried out, before its first write: base rows as
    they now stand, rows to forget, how people were matched, which journal entries are no longer
    open (run id, number), what the classes' keys are made from, up to when Classroom's activities
    were read (RFC 3339), and the drop's rows by kind."""

    keep: tuple[Base, ...] = ()
    forget: tuple[str, ...] = ()
    matches: Mapping[str, Remembered] = field(default_factory=dict)
    heard: tuple[tuple[str, int], ...] = ()
    keyed_by: str = ""
    reported: str = ""
    roster: Mapping[str, int] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class Plan:
    """All that one night would do."""

    id: str
    created: datetime
    district: str
    district_name: str
    roster: RosterSummary
    policy: PolicySummary
    store: StoreMark
    changes: tuple[Change, ...]
    held: tuple[Hold, ...] = ()
    kept: tuple[Kept, ...] = ()
    unmatched: tuple[Unmatched, ...] = ()
    waiting: tuple[Waiting, ...] = ()
    notices: tuple[Notice, ...] = ()
    courses: int = 0  # sections in scope that have, or would get, a course
    schools: Mapping[str, str] = field(default_factory=dict)  # key -> name, of what is in scope
    settle: Settle = field(default_factory=Settle)

    def summary(self) -> Mapping[str, int]:
        """Changes by kind (the contract's words), kinds without one left out, in run order."""
        counts = Counter(change.kind for change in self.changes)
        return {kind.value: counts[kind] for kind in ORDER if counts[kind]}

    def with_consent(self, allowed: Mapping[Kind, int]) -> "Plan":
        """This plan with the held changes of a kind let through, where the consent covers all of
        them. It covers all or none: consent to 12 removals says nothing about 13 others."""
        wanted = Counter[Kind]()
        for hold in self.held:
            wanted[hold.kind] += hold.count if hold.changes else 0
        going = {kind for kind, count in allowed.items() if 0 < wanted[kind] <= count}
        freed = [c for hold in self.held if hold.kind in going for c in hold.changes]
        stay = tuple(h for h in self.held if h.kind not in going or not h.changes)
        return replace(self, changes=in_order([*self.changes, *freed]), held=stay)


def in_order(changes: Sequence[Change]) -> tuple[Change, ...]:
    """The changes in the order in which a run does them (stable within a kind)."""
    return tuple(sorted(changes, key=lambda change: ORDER.index(change.kind)))
