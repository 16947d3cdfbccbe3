"""What the doors to Google take and give: values and protocols, no Google library.

User ids are Google's numeric ids as text; a member is never known by e-mail here, since one
person has several spellings (aliases, former addresses) and Google tells the id with each.
"""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from enum import Enum
from typing import Protocol

BATCH_MOST = 50  # Google's cap on the calls in a batch; each counts against the quota
REST = 1.0  # seconds without a call after a refusal for the rate; then the pace is a slower one


class CourseState(Enum):
    """Classroom's courseState."""

    ACTIVE = "ACTIVE"
    ARCHIVED = "ARCHIVED"
    PROVISIONED = "PROVISIONED"  # waits for its owner to accept
    DECLINED = "DECLINED"  # its owner declined
    SUSPENDED = "SUSPENDED"


@dataclass(frozen=True, slots=True)
class Account:
    """A Google user of the domain. `emails` are all its spellings, case-folded: the primary one
    first, then aliases."""

    id: str
    emails: tuple[str, ...]
    name: str
    suspended: bool  # suspended or archived: can't be added to a course


@dataclass(frozen=True, slots=True)
class Course:
    """A course in Classroom."""

    id: str
    name: str
    section: str
    room: str
    state: CourseState
    owner: str  # user id
    link: str = ""


@dataclass(frozen=True, slots=True)
class Members:
    """Who is in a course, as user ids. The owner is among the teachers."""

    teachers: frozenset[str]
    students: frozenset[str]


@dataclass(frozen=True, slots=True)
class Unreadable:
    """A course that is there, but that Google does not let us read: Google's words. Some answer
    500 for ever, and a suspended one is for its owner only."""

    reason: str


class Verb(Enum):
    """The writes that Rollbook can ask for; there is no other code path that writes."""

    CREATE_COURSE = "create course"
    UPDATE_COURSE = "update course"
    CHANGE_OWNER = "change owner"
    ADD_TEACHER = "add teacher"
    REMOVE_TEACHER = "remove teacher"
    ADD_STUDENT = "add student"
    REMOVE_STUDENT = "remove student"
    SET_STATE = "set state"
    ADD_ALIAS = "add alias"
    REMOVE_ALIAS = "remove alias"


@dataclass(frozen=True, slots=True)
class Write:
    """One write. `course` is a course id, or the alias for CREATE_COURSE. `fields` is Classroom's
    own names: a course's body for CREATE_COURSE (name section room ownerId courseState), what
    changes for UPDATE_COURSE, {"ownerId": …} for CHANGE_OWNER, {"courseState": …} for SET_STATE,
    {"alias": …} for ADD_ALIAS and REMOVE_ALIAS. `user` is set for members."""

    verb: Verb
    course: str
    user: str | None = None
    fields: Mapping[str, str] | None = None


class Outcome(Enum):
    """What an answer means for us; `replies` is the one table that tells."""

    DONE = "done"
    ALREADY = "already so"  # 409 ALREADY_EXISTS on an add, 404 on a removal
    AGAIN_SOON = "again soon"  # 429 rate, 5xx, ABORTED, 404 just after a create, not eligible yet
    LATER = "later"  # not before tomorrow, or not before Google has caught up
    REFUSED = "refused"  # final: saying it again won't help


@dataclass(frozen=True, slots=True)
class Reply:
    """What became of one Write. `course` is set when CREATE_COURSE is done. `reason` is Google's
    words (never a person's name or e-mail) when it is not done."""

    outcome: Outcome
    status: int
    reason: str = ""
    course: Course | None = None


class Classroom(Protocol):
    """Classroom as the impersonated administrator sees it."""

    def courses(self) -> Iterable[Course]:
        """Every course of the domain, all states, to the last page."""

    def find(self, aliases: Sequence[str]) -> Mapping[str, Course | Unreadable]:
        """The courses that these aliases (or ids) name; one that names none is left out."""

    def members(self, course_ids: Sequence[str]) -> Mapping[str, Members | Unreadable]:
        """Who is in these courses; a course that is gone is left out."""

    def aliases(self, course_ids: Sequence[str]) -> Mapping[str, frozenset[str] | Unreadable]:
        """The aliases of these courses; a course that is gone is left out."""

    @property
    def side_by_side(self) -> int:
        """How many calls of `write` are worth having under way at once; at least 1."""

    def write(self, writes: Sequence[Write]) -> Sequence[Reply]:
        """Ask once for at most 50 writes (Google's cap on a batch); one answer each, in the order
        of `writes`. Nothing is tried again here: the caller knows the journal. Threads may write
        at the same time. Raises GoogleRefused when it is not the writes that are refused, but
        every administrator: no token, for good."""


class Directory(Protocol):
    """The accounts of the domain."""

    def accounts(self) -> Iterable[Account]:
        """Every account, suspended ones too, to the last page."""


@dataclass(frozen=True, slots=True)
class Activity:
    """Something that Google's audit log says was done in Classroom. `event` is Google's name for
    it; e-mails are case-folded. `unique` tells two activities apart."""

    course_id: str
    at: datetime
    event: str
    actor: str  # an e-mail; "" where Google names none
    people: tuple[str, ...]  # the e-mails of those it was done to
    unique: str


class Reports(Protocol):
    """Classroom's audit log, which comes late, out of order and not quite complete."""

    def activities(self, since: datetime) -> Iterable[Activity]:
        """Everything since then. Raises GoogleRefused without the scope or the right to ask."""


class Edition(Enum):
    """What a licence of Google Workspace for Education is for."""

    PLUS = "Education Plus"
    STANDARD = "Education Standard"
    UNKNOWN = "unknown"  # a kind of licence that was not there when this was written


@dataclass(frozen=True, slots=True)
class LicenseHeld:
    """A licence that somebody has; `email` is the account's primary one, case-folded, `name` what
    Google calls it, with its SKU id."""

    email: str
    edition: Edition
    name: str


class Licensing(Protocol):
    """Google's Enterprise License Manager."""

    def licenses(self) -> Iterable[LicenseHeld]:
        """Every assigned licence of Education Standard and Plus, to the last page. Raises
        GoogleRefused without the scope or the right to ask, GoogleOutOfReach."""


class Groups(Protocol):
    """The domain's Google groups."""

    def has_member(self, group: str, user_id: str) -> bool:
        """Is this account in the group with this e-mail, itself or by a group within it? Raises
        GoogleRefused without the scope, for a group that isn't there and for an account of another
        domain; GoogleOutOfReach."""


class TeacherClassroom(Protocol):
    """Classroom as one teacher sees it, by the token of the current click."""

    def own_courses(self) -> Iterable[Course]:
        """The courses in which the teacher teaches, all states."""

    def set_state(self, course_id: str, state: CourseState) -> Course:
        """Accept (ACTIVE) or decline (DECLINED). Raises GoogleRefused, GoogleOutOfReach."""


class Pace(Protocol):
    """Keeps our calls under Google's quota for one impersonated user."""

    def take(self, calls: int) -> None:
        """Wait until this many calls may go (at most BATCH_MOST at once), and count them."""

    def back_off(self, seconds: float) -> None:
        """Google has refused for the rate: nothing goes for this long."""
