"""What a drop is like as a whole: how much is in it, how large its classes are, what is odd.

Nobody's name or address is kept here, so that all of it can be shown to anybody: keys, places and
e-mail domains only.
"""

import re
from collections import Counter, defaultdict
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import date
from enum import Enum

from policy.roster.codes import Code
from policy.roster.dialect import COURSES, MEMBERSHIPS, PEOPLE, SCHOOLS, SECTIONS, TERMS, Dialect
from policy.roster.load import Reading
from policy.roster.model import FaultLevel, Membership, Person, Place, Role, Roster, Section, Term
from policy.roster.rows import Tally
from policy.roster.veiled import veiled

PLACES = 3  # of each defect that are shown

_PROBLEM = re.compile(r"(?P<place>.*?)  (?P<words>.*)  \[(?P<code>\w+)\]", re.DOTALL)
_FORMULA = ("=", "+", "@")
_SPREADSHEET = re.compile(r"\d(?:\.\d+)?E\+\d+")
_AFTER_LEAD = "".join(
    sorted({chr(b) for b in range(0x80, 0xC0)})
    + [bytes((b,)).decode("cp1252", "ignore") for b in range(0x80, 0xA0)]
)
_GARBLED = re.compile(f"[\u00c2\u00c3][{re.escape(_AFTER_LEAD)}]|\u00e2\u20ac|\ufffd")


class Severity(Enum):
    """What a defect costs."""

    REFUSED = "refused"  # nothing is planned from the drop
    LEFT_OUT = "left out"  # rows are left out, and what hangs on them
    NOTED = "noted"  # all is used; somebody should know


@dataclass(frozen=True, slots=True)
class Defect:
    """All that is wrong in one way with one file. `places` are the first few, such as
    classes.csv:7; `example` is what is said of the first, without personal data. `kind` is what
    the file is about, empty if it is none of a roster's."""

    code: Code
    severity: Severity
    kind: str
    file: str
    count: int
    places: tuple[str, ...]
    example: str = ""


@dataclass(frozen=True, slots=True)
class Spread:
    """How numbers are spread: `of` of them, those at 10, 50 and 90 per cent, the ends."""

    of: int
    smallest: int
    tenth: int
    median: int
    ninetieth: int
    largest: int


@dataclass(frozen=True, slots=True)
class SchoolSize:
    """A school that has sections. Seats are people in sections, each once a section."""

    key: str
    name: str
    sections: int
    teachers: int
    students: int
    seats: int


@dataclass(frozen=True, slots=True)
class TermSize:
    """A term, and how many sections are in it. `end` is as the file has it."""

    term: Term
    sections: int


@dataclass(frozen=True, slots=True)
class Contents:
    """What is in a drop that can be used. `files` are the tallies by file, `taken` counts by kind,
    of people only those whom a membership names."""

    dialect: str
    files: Mapping[str, Tally]
    taken: Mapping[str, int]
    class_sizes: Spread | None  # students a section, those without any too
    sections_a_teacher: Spread | None
    schools: tuple[SchoolSize, ...]
    terms: tuple[TermSize, ...]
    teachers: int
    students: int
    domains: tuple[tuple[str, int], ...]  # of e-mails, and how many have it


@dataclass(frozen=True, slots=True)
class Survey:
    """Of one drop. Without contents, it can't be used; the defects say why."""

    drop: str
    contents: Contents | None
    defects: tuple[Defect, ...]

    def of(self, severity: Severity) -> tuple[Defect, ...]:
        return tuple(defect for defect in self.defects if defect.severity is severity)


def survey_of(drop: str, reading: Reading) -> Survey:
    """Of a drop that was read; `drop` is what it goes by."""
    roster, dialect = reading.roster, reading.dialect
    counting = _Counting(roster)
    for section in roster.sections.values():
        counting.take_section(section, roster.memberships.get(section.key, ()))
    for key, person in roster.people.items():
        counting.take_person(key, person)
    counting.take_keys()
    taken = {
        SCHOOLS: len(roster.schools),
        TERMS: len(roster.terms),
        COURSES: len(roster.courses),
        SECTIONS: len(roster.sections),
        PEOPLE: len(roster.people),
        MEMBERSHIPS: counting.rows,
    }
    contents = Contents(
        dialect=dialect.name,
        files={file: reading.tallies.get(file, Tally()) for file in _kinds(dialect)},
        taken=taken,
        class_sizes=spread(counting.sizes),
        sections_a_teacher=spread(counting.taught.values()),
        schools=tuple(counting.schools()),
        terms=tuple(counting.terms()),
        teachers=len(counting.taught),
        students=len(counting.students),
        domains=tuple(counting.domains.most_common()),
    )
    defects = (*_told(roster, dialect), *counting.oddities.defects())
    return Survey(drop, contents, tuple(sorted(defects, key=_rank)))


def survey_of_problems(drop: str, problems: Sequence[str]) -> Survey:
    """Of a drop that can't be used: its problems in the form of codes.problem."""
    by_code: dict[Code, list[tuple[str, str]]] = defaultdict(list)
    for problem in problems:
        found = _PROBLEM.fullmatch(problem)
        if found is None:  # each problem is written by codes.problem or a Fault
            raise ValueError(f"a problem without a place or a code: {problem}")
        by_code[Code(found["code"])].append((found["place"], found["words"]))
    defects = [
        Defect(code, Severity.REFUSED, "", place, 1, (place,), veiled(words, code.value))
        for code, several in by_code.items()
        for place, words in several
    ]
    return Survey(drop, None, tuple(sorted(defects, key=_rank)))


def spread(numbers: Iterable[int]) -> Spread | None:
    """Of no numbers there is none. The share is that of the nearest rank."""
    ordered = sorted(numbers)
    if not ordered:
        return None
    last = len(ordered) - 1
    tenth, median, ninetieth = (ordered[round(last * share)] for share in (0.1, 0.5, 0.9))
    return Spread(len(ordered), ordered[0], tenth, median, ninetieth, ordered[-1])


def is_garbled(text: str) -> bool:
    """Whether it has the mark of an unreadable letter, or letters of UTF-8 that somebody has read
    as Windows-1252: Ã© for é."""
    return not text.isascii() and _GARBLED.search(text) is not None


def is_of_a_spreadsheet(key: str) -> bool:
    """Whether a spreadsheet has written a long number its way: 1.2E+10."""
    return "E+" in key and _SPREADSHEET.fullmatch(key) is not None


def _rank(defect: Defect) -> tuple[int, str]:
    return list(Severity).index(defect.severity), defect.code.value


def _kinds(dialect: Dialect) -> dict[str, str]:
    """What each file is about."""
    return {feed.table.file: feed.kind for feed in dialect.feeds if feed.is_main}


def _told(roster: Roster, dialect: Dialect) -> Iterator[Defect]:
    """The loader's faults, by level, code and file; those of a header one by one."""
    kinds, found = _kinds(dialect), defaultdict(list)
    for fault in roster.faults:
        of_header = fault.message if fault.place.line == 1 else ""
        found[fault.level, fault.code, fault.place.file, of_header].append(fault)
    for (level, code, file, _), faults in found.items():
        severity = Severity.LEFT_OUT if level is FaultLevel.LEFT_OUT else Severity.NOTED
        places = tuple(str(fault.place) for fault in faults[:PLACES])
        example = veiled(faults[0].message, code)
        yield Defect(Code(code), severity, kinds.get(file, ""), file, len(faults), places, example)


@dataclass(slots=True)
class _Oddities:
    """What the rows don't show one by one: how many, and the first places. A place's file is the
    one of the first of its kind that was met."""

    counts: Counter[tuple[Code, str]] = field(default_factory=Counter)
    places: dict[tuple[Code, str], list[Place]] = field(default_factory=dict)

    def add(self, code: Code, kind: str, place: Place) -> None:
        self.counts[code, kind] += 1
        places = self.places.setdefault((code, kind), [])
        if len(places) < PLACES:
            places.append(place)

    def defects(self) -> Iterator[Defect]:
        for (code, kind), count in self.counts.items():
            places = self.places[code, kind]
            texts = tuple(map(str, places))
            yield Defect(code, Severity.NOTED, kind, places[0].file, count, texts)


@dataclass(slots=True)
class _School:
    sections: int = 0
    seats: int = 0
    teachers: set[str] = field(default_factory=set)
    students: set[str] = field(default_factory=set)


@dataclass(slots=True)
class _Counting:
    """One walk over a roster: sections with their members, then people, then keys."""

    roster: Roster
    rows: int = 0
    sizes: list[int] = field(default_factory=list)
    taught: Counter[str] = field(default_factory=Counter)  # sections by teacher
    students: set[str] = field(default_factory=set)
    domains: Counter[str] = field(default_factory=Counter)
    oddities: _Oddities = field(default_factory=_Oddities)
    _by_school: dict[str, _School] = field(default_factory=dict)
    _by_term: Counter[str] = field(default_factory=Counter)
    _first_with: dict[str, str] = field(default_factory=dict)  # e-mail -> whose it was first

    def take_section(self, section: Section, members: Sequence[Membership]) -> None:
        student = Role.STUDENT
        students = {member[0] for member in members if member[1] is student}
        staff = [member for member in members if member[1] is not student]
        teachers = {member.person for member in staff}
        self.rows += len(members)
        self.sizes.append(len(students))
        self.taught.update(teachers)
        self.students |= students
        self._by_term.update([term.key for term in section.terms])
        school = self._by_school.setdefault(section.school.key, _School())
        school.sections += 1
        school.seats += len(students) + len(teachers)
        school.teachers |= teachers
        school.students |= students
        self._judge_section(section, teachers, students)
        if len({member.person for member in staff if member.primary}) > 1:
            self.oddities.add(Code.SEVERAL_PRIMARY, SECTIONS, section.place)
        self._judge_dates(section, members)

    def _judge_section(self, section: Section, teachers: set[str], students: set[str]) -> None:
        add = self.oddities.add
        if not teachers:
            add(Code.NO_TEACHER, SECTIONS, section.place)
        if not students:
            add(Code.NO_STUDENT, SECTIONS, section.place)
        if not teachers.isdisjoint(students):
            add(Code.BOTH_ROLES, SECTIONS, section.place)
        if is_garbled(section.title) or is_garbled(section.course.title):
            add(Code.GARBLED, SECTIONS, section.place)

    def _judge_dates(self, section: Section, members: Sequence[Membership]) -> None:
        """Seats that are over before the section begins, or begin when it is over."""
        start, end = section.terms[0].start, max(term.end for term in section.terms)
        odd = {
            dates
            for dates in {(member[3], member[4]) for member in members}
            if _is_outside(*dates, start, end)
        }
        for member in members if odd else ():
            if (member.begin, member.end) in odd:
                self.oddities.add(Code.OUTSIDE_TERM, MEMBERSHIPS, member.place)

    def take_person(self, key: str, person: Person) -> None:
        add, given, family = self.oddities.add, person.given_name, person.family_name
        if is_garbled(given) or is_garbled(family):
            add(Code.GARBLED, PEOPLE, person.place)
        if given.startswith(_FORMULA) or family.startswith(_FORMULA):
            add(Code.FORMULA, PEOPLE, person.place)
        if not person.email:
            add(Code.NO_EMAIL, PEOPLE, person.place)
            return
        email = person.email.casefold()
        local, at, domain = email.rpartition("@")
        if not (local and at and domain) or len(email.split()) > 1:
            add(Code.NOT_AN_EMAIL, PEOPLE, person.place)
            return
        self.domains[domain] += 1
        if self._first_with.setdefault(email, key) != key:
            add(Code.EMAIL_SHARED, PEOPLE, person.place)

    def take_keys(self) -> None:
        """Those of all kinds of things but people's are few; people's are looked at as they are."""
        roster = self.roster
        shelves = (
            (SCHOOLS, roster.schools),
            (TERMS, roster.terms),
            (COURSES, roster.courses),
            (SECTIONS, roster.sections),
            (PEOPLE, roster.people),
        )
        for kind, shelf in shelves:
            for key in filter(is_of_a_spreadsheet, shelf):
                self.oddities.add(Code.SPREADSHEET_KEY, kind, shelf[key].place)
        for school in roster.schools.values():
            if is_garbled(school.name):
                self.oddities.add(Code.GARBLED, SCHOOLS, school.place)

    def schools(self) -> Iterator[SchoolSize]:
        for key, school in self.roster.schools.items():
            if found := self._by_school.get(key):
                people = len(found.teachers), len(found.students)
                yield SchoolSize(key, school.name, found.sections, *people, found.seats)

    def terms(self) -> Iterator[TermSize]:
        for key, term in self.roster.terms.items():
            yield TermSize(term, self._by_term[key])


def _is_outside(begin: date | None, last: date | None, start: date, end: date) -> bool:
    return (begin is not None and begin >= end) or (last is not None and last <= start)
