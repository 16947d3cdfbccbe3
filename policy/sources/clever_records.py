"""What is kept of Clever's records, and what events make of them.

A record is taken out of Clever's JSON field by field. What is not named here (birth dates, race,
gender, addresses, credentials, contacts, `ext`) is gone with the answer it came in.

Clever Data API v3.0 and v3.1; the fields that v3.1 adds are none that are needed.
"""

from collections.abc import Callable, Iterable, Iterator, Mapping
from dataclasses import asdict, dataclass, field
from typing import Any, TypeAlias

Raw: TypeAlias = Mapping[str, Any]  # an object of Clever's JSON

# What somebody is in a OneRoster file of users; of several roles the first of these counts. What
# they are in a section is said by the section alone.
ROLES: Mapping[str, str] = {
    "teacher": "teacher",
    "student": "student",
    "staff": "administrator",
    "district_admin": "administrator",
    "contact": "guardian",
}
LISTED = frozenset(("teacher", "student"))  # who is there without being named by a section
_OF_NO_USE = frozenset(("districts", "resources"))  # kinds whose events change nothing of ours


class NotWhole(Exception):
    """A record without something that all of its kind have; the words name no value"""


class EventsDoNotSay(Exception):
    """What has changed can't be told for sure from the events; the words say why"""


@dataclass(frozen=True, slots=True)
class School:
    id: str
    sis_id: str
    name: str

    @property
    def key(self) -> str:
        return self.sis_id or self.id


@dataclass(frozen=True, slots=True)
class Term:
    """`start` and `end` as Clever writes them; empty where it doesn't know."""

    id: str
    name: str
    start: str
    end: str


@dataclass(frozen=True, slots=True)
class Course:
    id: str
    name: str
    number: str


@dataclass(frozen=True, slots=True)
class Section:
    """`school`, `course`, `term` and people are Clever's ids; `course` and `term` may be empty."""

    id: str
    sis_id: str
    name: str
    number: str
    school: str
    course: str
    term: str
    period: str
    subject: str
    grade: str
    teacher: str  # the primary one; empty where there is none
    teachers: tuple[str, ...]  # with the primary one, first
    students: tuple[str, ...]

    @property
    def key(self) -> str:
        return self.sis_id or self.id

    @property
    def people(self) -> tuple[str, ...]:
        return (*self.teachers, *self.students)


@dataclass(frozen=True, slots=True)
class User:
    """Known by Clever's own id: a person has one, however many roles they have. A `sis_id` belongs
    to a role; a teacher and a student may have the same, and staff and contacts none."""

    id: str
    role: str  # one of ROLES; empty for none of them
    first: str
    last: str
    email: str


Record: TypeAlias = School | Term | Course | Section | User


@dataclass(slots=True)
class Records:
    """All that is known of a district, by Clever's ids."""

    schools: dict[str, School] = field(default_factory=dict)
    terms: dict[str, Term] = field(default_factory=dict)
    courses: dict[str, Course] = field(default_factory=dict)
    sections: dict[str, Section] = field(default_factory=dict)
    users: dict[str, User] = field(default_factory=dict)

    def shelf(self, kind: str) -> dict[str, Any]:
        """By Clever's name of the kind."""
        shelves: Mapping[str, dict[str, Any]] = {
            "schools": self.schools,
            "terms": self.terms,
            "courses": self.courses,
            "sections": self.sections,
            "users": self.users,
        }
        return shelves[kind]

    def put(self, kind: str, record: Record) -> bool:
        """Whether that changes anything."""
        shelf = self.shelf(kind)
        if shelf.get(record.id) == record:
            return False
        shelf[record.id] = record
        return True

    def named(self) -> set[str]:
        """The people whom the sections name."""
        return {person for section in self.sections.values() for person in section.people}

    def as_objects(self) -> Iterator[dict[str, Any]]:
        """Each record as JSON can hold it, for `from_objects`."""
        for kind in READERS:
            for record in self.shelf(kind).values():
                yield {"kind": kind, **asdict(record)}


def from_objects(objects: Iterable[dict[str, Any]]) -> Records:
    """Raises KeyError or TypeError for what `as_objects` has not made."""
    records = Records()
    for found in objects:
        kind = found.pop("kind")
        lists = {name: tuple(value) for name, value in found.items() if isinstance(value, list)}
        records.put(kind, _CLASSES[kind](**{**found, **lists}))
    return records


def apply_event(records: Records, event: Raw) -> bool:
    """What one event says, on top of the records; the same once more changes nothing. Answers
    whether anything changed. Raises EventsDoNotSay.

    An event has the whole record as it is now, under data.object. `previous_attributes` (inside or
    beside `data`) are not looked at. Whoever is neither teacher nor student (any more) goes, as a
    full read would not list them."""
    said = event.get("type")
    kind, _, change = str(said).partition(".")
    if kind in _OF_NO_USE:
        return False
    if kind not in READERS or change not in ("created", "updated", "deleted"):
        raise EventsDoNotSay(f"there are events of type {said!r}, which are not known")
    data = event.get("data")
    thing = data.get("object") if isinstance(data, dict) else None
    try:
        if not isinstance(thing, dict):
            raise NotWhole("without an object")
        if change == "deleted":
            return records.shelf(kind).pop(_id(thing), None) is not None
        record = READERS[kind](thing)
    except NotWhole as lack:
        raise EventsDoNotSay(f"an event {said} came {lack}") from lack
    if isinstance(record, User) and record.role not in LISTED:
        return records.users.pop(record.id, None) is not None
    return records.put(kind, record)


def read_school(raw: Raw) -> School:
    """Like the other readers: raises NotWhole."""
    return School(_id(raw), _text(raw, "sis_id"), _text(_having(raw, "name"), "name"))


def read_term(raw: Raw) -> Term:
    return Term(_id(raw), _text(raw, "name"), _text(raw, "start_date"), _text(raw, "end_date"))


def read_course(raw: Raw) -> Course:
    return Course(_id(raw), _text(raw, "name"), _text(raw, "number"))


def read_section(raw: Raw) -> Section:
    """Without its lists of people it is not whole: who would believe that all have left it?"""
    _having(raw, "name", "school", "teachers", "students")
    teacher = _text(raw, "teacher")
    teachers = (teacher, *_texts(raw, "teachers")) if teacher else _texts(raw, "teachers")
    return Section(
        id=_id(raw),
        sis_id=_text(raw, "sis_id"),
        name=_text(raw, "name"),
        number=_text(raw, "section_number"),
        school=_text(raw, "school"),
        course=_text(raw, "course"),
        term=_text(raw, "term_id"),
        period=_text(raw, "period"),
        subject=_text(raw, "subject"),
        grade=_text(raw, "grade"),
        teacher=teacher,
        teachers=tuple(dict.fromkeys(teachers)),
        students=tuple(dict.fromkeys(_texts(raw, "students"))),
    )


def read_user(raw: Raw) -> User:
    name, roles = _object(raw, "name"), _object(raw, "roles")
    role = next((role for role in ROLES if roles.get(role) is not None), "")
    return User(_id(raw), role, _text(name, "first"), _text(name, "last"), _text(raw, "email"))


# By Clever's names of the kinds.
READERS: Mapping[str, Callable[[Raw], Record]] = {
    "schools": read_school,
    "terms": read_term,
    "courses": read_course,
    "sections": read_section,
    "users": read_user,
}
_CLASSES: Mapping[str, Callable[..., Record]] = dict(
    zip(READERS, (School, Term, Course, Section, User), strict=True)
)


def _id(raw: Raw) -> str:
    found = _text(raw, "id")
    if not found:
        raise NotWhole("without an id")
    return found


def _having(raw: Raw, *names: str) -> Raw:
    for name in names:
        if raw.get(name) is None:
            raise NotWhole(f"without {name}")
    return raw


def _object(raw: Raw, name: str) -> Raw:
    found = _having(raw, name)[name]
    if not isinstance(found, dict):
        raise NotWhole(f"with {name} that is no object")
    return found


def _texts(raw: Raw, name: str) -> tuple[str, ...]:
    found = raw[name]
    if not isinstance(found, list) or not all(isinstance(one, str) and one for one in found):
        raise NotWhole(f"with {name} that is no list of ids")
    return tuple(found)


def _text(raw: Raw, name: str) -> str:
    """A text in one line, without blanks around it; nothing for null. Numbers (a SIS's ids) are
    taken as they stand."""
    found = raw.get(name)
    if found is None:
        return ""
    if isinstance(found, int) and not isinstance(found, bool):
        return str(found)
    if not isinstance(found, str):
        raise NotWhole(f"with {name} that is no text")
    return " ".join(found.encode("utf-8", "replace").decode().split())
