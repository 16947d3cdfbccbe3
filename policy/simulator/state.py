"""What the simulated Google knows: people, courses, seats, aliases. No rules and no HTTP here.

Records are frozen and replaced whole; the look-ups that calls need are kept beside them.
"""

from bisect import bisect_left
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, replace
from enum import StrEnum

from policy.errors import InputAtFault

EDUCATION_PLUS = "1010310008"  # the licence that everybody has who is not told to have another


class Role(StrEnum):
    """The two roles that a seat can have."""

    TEACHER = "TEACHER"
    STUDENT = "STUDENT"


@dataclass(frozen=True, slots=True)
class Person:
    """A Google account. `email` is the primary address, as it is written."""

    id: str
    email: str
    given: str = ""
    family: str = ""
    aliases: tuple[str, ...] = ()
    suspended: bool = False
    admin: bool = False
    archived: bool = False
    deleted: bool = False
    classroom: bool = True  # whether the service is switched on for this account
    teacher: bool = True  # whether it counts as a teacher; see `who_may_create`
    licenses: tuple[str, ...] = (EDUCATION_PLUS,)  # SKU ids
    since: float = 0.0

    @property
    def domain(self) -> str:
        return self.email.rpartition("@")[2].casefold()

    @property
    def name(self) -> str:
        return f"{self.given} {self.family}".strip()

    @property
    def active(self) -> bool:
        return not (self.suspended or self.archived or self.deleted)


@dataclass(frozen=True, slots=True)
class Course:
    """A course. `texts` are the fields that are nothing but text, by their names in the API."""

    id: str
    number: int  # rises with each course
    texts: Mapping[str, str]
    owner: str
    state: str
    code: str  # the enrolment code
    created: float
    updated: float
    seen_from: float = 0.0  # until then, Google answers 404
    state_before: str = ""  # what Google goes on showing until `state_seen_from`
    state_seen_from: float = 0.0
    has_calendar: bool = False
    owner_before: str = ""  # can't be removed until `transferred`
    transferred: float = 0.0
    broken: bool = False  # by hand: every call that names it is answered 500
    invited_owner: str = ""  # by hand: whoever is to own it has not answered yet

    def state_shown(self, now: float) -> str:
        """The state as reads tell it, which may be late."""
        return self.state_before if now < self.state_seen_from else self.state


@dataclass(frozen=True, slots=True)
class Seat:
    """One person in one course in one role."""

    user: str
    since: float
    number: int


@dataclass(frozen=True, slots=True)
class Group:
    """A Google group. `members` are addresses, folded: any of an account, or another group's."""

    email: str
    members: tuple[str, ...] = ()

    @property
    def domain(self) -> str:
        return self.email.rpartition("@")[2].casefold()


@dataclass(frozen=True, slots=True)
class Activity:
    """One line of Classroom's audit log, with names and addresses as they were then."""

    number: int  # rises with each activity
    when: float
    event: str
    course: str
    title: str
    role: str
    actor: str
    email: str  # the actor's
    users: tuple[str, ...]  # the addresses of those whom it befell
    seen_from: float  # until then, it is not reported


@dataclass(frozen=True, slots=True)
class Grant:
    """What an access token stands for."""

    user: str
    scopes: frozenset[str]
    expires: float


class State:
    """Everything. `version` rises with each change. Read or write with the world's lock held."""

    def __init__(self) -> None:
        self.version = 0
        self.people: dict[str, Person] = {}
        self.courses: dict[str, Course] = {}
        self.deleted: dict[str, tuple[Course, float]] = {}
        self.aliases: dict[str, str] = {}  # alias -> course
        self.course_aliases: dict[str, dict[str, None]] = {}
        self.seats: dict[Role, dict[str, dict[str, Seat]]] = {role: {} for role in Role}
        self.courses_of: dict[Role, dict[str, dict[str, None]]] = {role: {} for role in Role}
        self.tokens: dict[str, Grant] = {}
        self.activities: list[Activity] = []  # the oldest first, which has the lowest number
        self.groups: dict[str, Group] = {}  # by folded address
        self.people_version = 0
        self.last_search: tuple[object, list[Person]] | None = None  # the Directory's
        self.last_licenses: tuple[object, list[tuple[Person, str]]] | None = None
        self._spellings: dict[str, str] = {}  # folded address -> person
        self._order: list[int] = []  # numbers of courses, rising
        self._by_number: dict[int, str] = {}
        self._last_number = 0
        self._last_activity = 0

    def next_number(self) -> int:
        """A number that is higher than all before it."""
        self._last_number += 1
        return self._last_number

    # People

    def person(self, key: str) -> Person | None:
        """A person by id, primary address or alias, in any spelling."""
        found = self.people.get(key)
        if found is None:
            found = self.people.get(self._spellings.get(key.strip().casefold(), ""))
        return found

    def put_person(self, person: Person) -> None:
        """Add a person or replace the one with this id. Raises InputAtFault if another person has
        one of the addresses."""
        addresses = {address.casefold() for address in (person.email, *person.aliases)}
        for address in addresses:
            other = self._spellings.get(address, person.id)
            if other != person.id and not self.people[other].deleted:
                raise InputAtFault(f"{address} already belongs to {self.people[other].email}")
        former = self.people.get(person.id)
        for address in (former.email, *former.aliases) if former else ():
            self._spellings.pop(address.casefold(), None)
        self._spellings.update(dict.fromkeys(addresses, person.id))
        self.people[person.id] = person
        self.people_version += 1
        self.version += 1

    def put_group(self, group: Group) -> None:
        """Add a group or replace the one with this address. Raises InputAtFault if it is a
        person's."""
        if self.person(group.email) is not None:
            raise InputAtFault(f"{group.email} already belongs to an account")
        self.groups[group.email.casefold()] = group
        self.version += 1

    # Courses

    def course(self, key: str) -> Course | None:
        """A course by id or alias."""
        return self.courses.get(self.aliases.get(key, key))

    def has_number(self, number: int) -> bool:
        """Whether a course has this number."""
        return number in self._by_number

    def add_course(self, course: Course) -> None:
        """Add a new course, without members."""
        self.courses[course.id] = course
        self._by_number[course.number] = course.id
        place = bisect_left(self._order, course.number)
        self._order.insert(place, course.number)
        self._last_number = max(self._last_number, course.number)
        self.course_aliases[course.id] = {}
        for role in Role:
            self.seats[role][course.id] = {}
        self.version += 1

    def put_course(self, course: Course) -> None:
        """Replace a course by its changed self."""
        self.courses[course.id] = course
        self.version += 1

    def remove_course(self, course: Course, *, now: float, free_aliases: bool) -> None:
        """Take a course away, with its seats, and its aliases if they shall be free again."""
        for role in Role:
            for user in self.seats[role].pop(course.id):
                del self.courses_of[role][user][course.id]
        for alias in self.course_aliases.pop(course.id):
            if free_aliases:
                del self.aliases[alias]
        del self.courses[course.id], self._by_number[course.number]
        self._order.pop(bisect_left(self._order, course.number))
        self.deleted[course.id] = (course, now)
        self.version += 1

    def newest_first(self, *, below: int | None = None) -> Iterator[Course]:
        """Courses from the newest down, or from below a number."""
        place = len(self._order) if below is None else bisect_left(self._order, below)
        for at in range(place - 1, -1, -1):
            yield self.courses[self._by_number[self._order[at]]]

    def add_alias(self, alias: str, course: Course) -> None:
        """Give a course one more alias."""
        self.aliases[alias] = course.id
        self.course_aliases[course.id][alias] = None
        self.version += 1

    def remove_alias(self, alias: str) -> None:
        """Take an alias away from its course."""
        course_id = self.aliases.pop(alias)
        self.course_aliases[course_id].pop(alias, None)
        self.version += 1

    # Seats

    def seat(self, role: Role, course: Course, user: str) -> Seat | None:
        """A person's seat in this role."""
        return self.seats[role].get(course.id, {}).get(user)  # a deleted course has none

    def is_member(self, course: Course, user: str) -> bool:
        """Whether a person is in the course, in either role."""
        return any(user in self.seats[role][course.id] for role in Role)

    def add_seat(self, role: Role, course: Course, user: str, *, now: float) -> Seat:
        """Put a person into a course."""
        seat = Seat(user, now, self.next_number())
        self.seats[role][course.id][user] = seat
        self.courses_of[role].setdefault(user, {})[course.id] = None
        self.version += 1
        return seat

    def renumber(self, role: Role, course: Course, seat: Seat) -> None:
        """Give a seat the number that it had before."""
        self.seats[role][course.id][seat.user] = seat
        self._last_number = max(self._last_number, seat.number)

    def remove_seat(self, role: Role, course: Course, user: str) -> None:
        """Take a person out of a course."""
        del self.seats[role][course.id][user]
        del self.courses_of[role][user][course.id]
        self.version += 1

    # The audit log

    def next_activity(self) -> int:
        """The number of the next activity."""
        return self._last_activity + 1

    def newest_activities(self, *, below: int | None = None) -> Iterator[Activity]:
        """Activities from the newest down, or from below a number."""
        log = self.activities
        place = len(log) if below is None else bisect_left(log, below, key=lambda each: each.number)
        for at in range(place - 1, -1, -1):
            yield log[at]

    def add_activity(self, activity: Activity, *, oldest: float) -> None:
        """Add a line to the log, which forgets what was before `oldest`."""
        self.activities.append(activity)
        self._last_activity = max(self._last_activity, activity.number)
        if self.activities[0].when < oldest:
            self.activities = [each for each in self.activities if each.when >= oldest]
        self.version += 1

    # Tokens

    def add_token(self, token: str, grant: Grant, *, now: float) -> None:
        """Remember a token, and forget those that have expired when there are many."""
        if len(self.tokens) >= 1_000 and len(self.tokens) % 1_000 == 0:
            self.tokens = {key: old for key, old in self.tokens.items() if old.expires > now}
        self.tokens[token] = grant
        self.version += 1


def renamed(course: Course, *, now: float, **texts: str) -> Course:
    """The course with some of its texts changed; an empty text takes the field away."""
    joined = {**course.texts, **texts}
    return replace(course, texts={k: v for k, v in joined.items() if v}, updated=now)
