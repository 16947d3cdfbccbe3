"""Clever's CSV files, as districts put them on Clever's SFTP server: five files, always everything.

What OneRoster has and Clever has not is made of what there is:

* A section has its teachers in columns of its own row. `Teacher_id` is the primary one.
* Terms are columns of the section too. A term's key is made of its name and its days, so that it
  is the same every night. Clever does not say whether `Term_end` is the last day or the first one
  after: it is taken for the last day.
* Courses likewise: a key of school, number and name.
* Ids of students and of teachers are apart in Clever (student 17 is not teacher 17). The key of a
  person is `student:17` or `teacher:17`, also where a policy names it.
* A student has a row for each contact and each school, a teacher one for each school. They are
  one person, and a fault only where name or e-mail differ.

Staff have no seat in a section: Clever asks that `Teacher_id` stands in teachers.csv. So staff.csv
and all other files are not opened. `Email_address` is seen in the place of `Student_email`, though
it is not in Clever's list; it is read where the other is empty.

Clever, SFTP Instructions 2.1.1.
"""

import re
from collections.abc import Collection, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import date, timedelta
from functools import lru_cache

from policy.roster import dialect
from policy.roster.blocks import Block, Cells
from policy.roster.codes import Code
from policy.roster.csv_rows import Broken, Row
from policy.roster.dialect import Dialect, Feed, Known, Part, as_rows
from policy.roster.header import Table
from policy.roster.model import Fault, Place
from policy.roster.rows import RowUnfit, one_line

STUDENT, TEACHER = "student", "teacher"
LAST_GRADE = 13
TEACHER_COLUMNS = ("Teacher_id", *(f"Teacher_{number}_id" for number in range(2, 11)))

_YEAR_WORDS = "it tells a section's year. Have the SIS export Term_start and Term_end"
SCHOOLS = Table(
    "schools.csv",
    ("School_id", "School_name"),
    frozenset(("School_id", "School_name")),
    frozenset(
        (
            *("School_number", "State_id", "Nces_id", "Low_grade", "High_grade", "Principal"),
            *("Principal_email", "School_address", "School_city", "School_state", "School_zip"),
            "School_phone",
        )
    ),
    is_loose=True,
)
TEACHERS = Table(
    "teachers.csv",
    ("Teacher_id", "First_name", "Last_name", "Teacher_email"),
    frozenset(("Teacher_id", "First_name", "Last_name")),
    frozenset(
        (
            *("School_id", "Teacher_number", "State_teacher_id", "Middle_name", "Title"),
            *("Username", "Password"),
        )
    ),
    is_loose=True,
)
STUDENTS = Table(
    "students.csv",
    ("Student_id", "First_name", "Last_name", "Student_email", "Email_address"),
    frozenset(("Student_id", "First_name", "Last_name")),
    frozenset(
        (
            *("School_id", "Student_number", "State_id", "Middle_name", "Grade", "Gender"),
            *("Graduation_year", "DOB", "Race", "Hispanic_Latino", "Home_language"),
            *("Home_language_code", "Ell_status", "Frl_status", "IEP_status"),
            *("Section_504_status", "Gifted_status", "Disability_status", "Disability_type"),
            *("Disability_code", "Student_street", "Student_city", "Student_state", "Student_zip"),
            *("Contact_relationship", "Contact_type", "Contact_name", "Contact_phone"),
            *("Contact_phone_type", "Contact_email", "Contact_sis_id", "Username", "Password"),
            *("Unweighted_gpa", "Weighted_gpa"),
        )
    ),
    is_loose=True,
)
SECTIONS = Table(
    "sections.csv",
    (
        *("Section_id", "School_id", *TEACHER_COLUMNS, "Name", "Section_number", "Grade"),
        *("Course_name", "Course_number", "Period", "Subject"),
        *("Term_name", "Term_start", "Term_end"),
    ),
    frozenset(("Section_id", "School_id", "Teacher_id", "Term_start", "Term_end")),
    frozenset(("Course_description",)),
    why=dict.fromkeys(("Term_start", "Term_end"), _YEAR_WORDS),
    is_loose=True,
)
ENROLLMENTS = Table(
    "enrollments.csv",
    ("Section_id", "Student_id", "School_id"),
    frozenset(("Section_id", "Student_id")),
    frozenset(),
    is_loose=True,
)
TABLES = (SCHOOLS, TEACHERS, STUDENTS, SECTIONS, ENROLLMENTS)

_GRADES = {  # Clever's words, and what else is seen, by their letters -> OneRoster's codes
    **dict.fromkeys(("infanttoddler", "it"), "IT"),
    **dict.fromkeys(("preschool", "pr"), "PR"),
    **dict.fromkeys(("prekindergarten", "pk"), "PK"),
    **dict.fromkeys(("transitionalkindergarten", "tk"), "TK"),
    **dict.fromkeys(("kindergarten", "kg", "k"), "KG"),
    **dict.fromkeys(("postgraduate", "ps"), "PS"),
    **dict.fromkeys(("ungraded", "ug"), "UG"),
    "other": "Other",
}
_HOMEROOM = "homeroom/advisory"
_DAY = re.compile(r"(\d\d?)/(\d\d?)/((?:19|20|21)?\d\d)", re.ASCII)
_ISO_DAY = re.compile(r"((?:19|20|21)\d\d)-(\d\d)-(\d\d)", re.ASCII)
_NO_SECTION = ("",) * (len(dialect.SHAPES[dialect.SECTIONS]) - 1)


def is_it(names: Collection[str], _headers: Mapping[str, Sequence[str]]) -> bool:
    """Whether there are at least two of its five files, and more of the four that are its alone
    than of those that are OneRoster's alone."""
    five = {table.file for table in TABLES}
    onerosters = {"orgs.csv", "academicsessions.csv", "courses.csv", "classes.csv", "users.csv"}
    own = five - {ENROLLMENTS.file}
    return len(five & {*names}) > 1 and len(own & {*names}) > len(onerosters & {*names})


def _schools(parts: Iterable[Part]) -> Iterator[Row]:
    for line, (key, name), broken in as_rows(parts):
        yield line, (key, "", name, "school"), broken and _at_fault(broken)


def _teachers(parts: Iterable[Part]) -> Iterator[Row]:
    for line, (key, given, family, email), broken in as_rows(parts):
        yield line, _person(TEACHER, key, given, family, email), broken and _at_fault(broken)


def _students(parts: Iterable[Part]) -> Iterator[Row]:
    for line, (key, given, family, email, other), broken in as_rows(parts):
        cells = _person(STUDENT, key, given, family, email or other)
        yield line, cells, broken and _at_fault(broken)


def _person(role: str, key: str, given: str, family: str, email: str) -> Cells:
    return _person_key(role, key), "", "true", role, given, family, email


def _person_key(role: str, key: str) -> str:
    return f"{role}:{key}" if key else ""


def _at_fault(broken: Broken) -> Broken:
    """Never taken as padded: columns stand in any order, so that an e-mail in its place says
    nothing of the names. Of readings, only those of memberships are asked for."""
    return Broken(broken.fault, ())


@dataclass(frozen=True, slots=True)
class _Section:
    """A row of sections.csv."""

    key: str
    school: str
    teachers: Cells  # side by side with TEACHER_COLUMNS
    name: str
    number: str
    grade: str
    course_name: str
    course_number: str
    period: str
    subject: str
    term_name: str
    term_start: str
    term_end: str

    @classmethod
    def of(cls, cells: Cells) -> "_Section":
        key, school, *teachers = cells[: 2 + len(TEACHER_COLUMNS)]
        return cls(key, school, tuple(teachers), *cells[2 + len(TEACHER_COLUMNS) :])

    def days(self) -> tuple[date, date]:
        """The term's first and last day. Raises RowUnfit."""
        texts = {"Term_start": self.term_start, "Term_end": self.term_end}
        blank = [column for column, text in texts.items() if not text]
        if blank:
            words = (
                f"{' and '.join(blank)} {'is' if len(blank) == 1 else 'are'} empty, so that its "
                "year can't be told; have the SIS export both, such as 8/24/2026"
            )
            raise RowUnfit(Code.CLASS_TERM, words)
        first, last = (_day(column, text) for column, text in texts.items())
        if last < first:
            raise RowUnfit(Code.DATES_ORDER, f"Term_end {last} is before Term_start {first}")
        return first, last

    def term_key(self) -> str:
        first, last = self.days()
        return _in_key(f"{one_line(self.term_name)} {first}..{last}".strip())

    def course_key(self, title: str) -> str:
        """`title` is the section's, and names the course of one that has none."""
        name = self.course_name if self.course_name or self.course_number else title
        return " / ".join(map(_in_key, (self.school, self.course_number, one_line(name))))

    def title(self, known: Known) -> str:
        """Its name, else what Clever makes of one without: course, teacher and period."""
        if self.name:
            return self.name
        teacher = known.people.get(_person_key(TEACHER, self.teachers[0]))
        family = teacher.family_name if teacher else ""
        course = self.course_name or self.course_number
        return " - ".join(filter(None, (course, family, self.period))) or self.key


def _in_key(text: str) -> str:
    """A part of a made key. Keys stand in lists, and parts of them side by side."""
    return text.replace("%", "%25").replace("/", "%2F").replace(",", "%2C")


@lru_cache(maxsize=4096)
def _day(column: str, text: str) -> date:
    """A day as Clever has it, or as in ISO 8601. A year of two digits is of this century."""
    american, iso = _DAY.fullmatch(text), _ISO_DAY.fullmatch(text)
    try:
        if american:
            month, day, year = map(int, american.groups())
            return date(year if year > 99 else 2000 + year, month, day)
        if iso:
            return date(*map(int, iso.groups()))
    except ValueError:
        pass
    words = f"{column} is {text!r}; expected month/day/year such as 8/24/2026, or 2026-08-24"
    raise RowUnfit(Code.DATE, words)


def school_year(first: date, last: date) -> str:
    """The year in which it ends. A term that begins in July or later and ends from September on
    in the same year is the first of a school year that ends in the next."""
    is_first = first.year == last.year and first.month >= 7 and last.month >= 9
    return str(last.year + is_first)


def _terms(parts: Iterable[Part]) -> Iterator[Row]:
    """Each term once, from the first section that has it."""
    met: set[str] = set()
    for line, section in _whole(parts):
        key = section.term_key()
        if key not in met:
            met.add(key)
            first, last = section.days()
            end, year = last + timedelta(days=1), school_year(first, last)
            yield line, (key, "", section.term_name, "term", f"{first}", f"{end}", year), None


def _courses(parts: Iterable[Part], known: Known) -> Iterator[Row]:
    """Each course once, from the first section that has it."""
    met: set[str] = set()
    for line, section in _whole(parts):
        title = section.title(known)
        key = section.course_key(title)
        if key not in met:
            met.add(key)
            name = section.course_name or section.course_number or title
            yield line, (key, "", name, section.course_number, ""), None


def _whole(parts: Iterable[Part]) -> Iterator[tuple[int, _Section]]:
    """The sections whose days can be told. What is wrong with the others is told by `_sections`."""
    for line, cells, broken in as_rows(parts):
        if broken is None:
            section = _Section.of(cells)
            try:
                section.days()
            except RowUnfit:
                continue
            yield line, section


def _sections(parts: Iterable[Part], known: Known) -> Iterator[Row]:
    for line, cells, broken in as_rows(parts):
        if broken is not None:
            yield line, (cells[0], *_NO_SECTION), _at_fault(broken)
            continue
        try:
            yield line, _section(_Section.of(cells), known), None
        except RowUnfit as unfit:
            fault = Fault(unfit.code.value, Place(SECTIONS.file, line), str(unfit))
            yield line, (cells[0], *_NO_SECTION), Broken(fault, ())


def _section(section: _Section, known: Known) -> Cells:
    title = section.title(known)
    return (
        *(section.key, "", title, grade_code(section.grade), section.course_key(title)),
        *(section.number, class_type(section.subject), "", section.school, section.term_key()),
        *(section.subject, section.period),
    )


def class_type(subject: str) -> str:
    """OneRoster's classType of a section of one of Clever's subjects."""
    return "homeroom" if subject.casefold() == _HOMEROOM else "scheduled"


def grade_code(grade: str) -> str:
    """OneRoster's code for one of Clever's grades; what is none of them stays as it is."""
    if grade.isdecimal() and int(grade) <= LAST_GRADE:
        return f"{int(grade):02}" if int(grade) else "KG"
    return _GRADES.get(re.sub(r"[\s_-]", "", grade).casefold(), grade)


def _teacher_seats(parts: Iterable[Part], known: Known) -> Iterator[Row]:
    """Those of the sections that are there, out of the row that they are made from; of sections
    that another drop has made, out of all their rows. Somebody who stands in two columns has one
    seat. Where nobody asks for the sections, this is what tells of the rows that are at fault, and
    of sections that are not there."""
    for line, cells, broken in as_rows(parts):
        if broken is not None:
            if known.is_main:
                yield _no_teacher_seat(line, broken)
            continue
        if not known.is_main and not _is_made_from(line, cells[0], known):
            continue
        section = _Section.of(cells)
        met: set[str] = set()
        for column, teacher in zip(TEACHER_COLUMNS, section.teachers, strict=True):
            if teacher and teacher not in met:
                met.add(teacher)
                yield line, *_teacher_seat(section, column, teacher, line, known)


def _is_made_from(line: int, key: str, known: Known) -> bool:
    there = known.sections.get(key)
    return there is not None and (there.place.line == line or there.place.file != known.file)


def _no_teacher_seat(line: int, broken: Broken) -> Row:
    """A row of which only its section, and its section's school, may be legible."""
    readings = tuple(("", "", cells[0], cells[1], "", "", "", "", "") for cells in broken.readings)
    return line, readings[0], Broken(broken.fault, readings)


def _teacher_seat(
    section: _Section, column: str, teacher: str, line: int, known: Known
) -> tuple[Cells, Broken | None]:
    key = _person_key(TEACHER, teacher)
    primary = "true" if column == TEACHER_COLUMNS[0] else ""
    seat = (f"{section.key}{key}", "", section.key, section.school, key, TEACHER, primary, "", "")
    if key in known.people or key in known.faulty_people:
        return seat, None
    words = f"{column} names {teacher!r}, which has no row in {TEACHERS.file}"
    fault = Fault(Code.ENROLLMENT_PERSON.value, Place(SECTIONS.file, line), words)
    return seat, Broken(fault, (seat,))


def _student_seats(parts: Iterable[Part]) -> Iterator[Part]:
    for part in parts:
        if isinstance(part, Block):
            yield _student_block(part)
        else:
            line, cells, broken = part
            readings = map(_student_seat, broken.readings) if broken else ()
            yield line, _student_seat(cells), broken and replace(broken, readings=tuple(readings))


def _student_seat(cells: Cells) -> Cells:
    section, student, school = cells
    key = _person_key(STUDENT, student)
    return f"{section}{key}", "", section, school, key, STUDENT, "", "", ""


def _student_block(block: Block) -> Block:
    """The same, many at once."""
    sections, students, schools = (list(map(str.strip, column)) for column in block.columns)
    keys = [f"{STUDENT}:{student}" if student else "" for student in students]
    blank = [""] * len(block)
    ids = list(map(str.__add__, sections, keys))
    roles = [STUDENT] * len(block)
    return Block(block.first, (ids, blank, sections, schools, keys, roles, blank, blank, blank))


CLEVER_CSV = Dialect(
    "Clever",
    (
        Feed(SCHOOLS, dialect.SCHOOLS, _schools),
        Feed(TEACHERS, dialect.PEOPLE, _teachers, may_repeat=True),
        Feed(STUDENTS, dialect.PEOPLE, _students, may_repeat=True),
        Feed(SECTIONS, dialect.TERMS, _terms, is_main=False),
        Feed(SECTIONS, dialect.COURSES, translate_by=_courses, is_main=False),
        Feed(SECTIONS, dialect.SECTIONS, translate_by=_sections),
        Feed(SECTIONS, dialect.MEMBERSHIPS, translate_by=_teacher_seats, is_main=False),
        Feed(ENROLLMENTS, dialect.MEMBERSHIPS, _student_seats),
    ),
    called={
        "schoolSourcedId": "School_id",
        "classSourcedId": "Section_id",
        "userSourcedId": "Student_id",
        "a roster": "a roster in Clever's format",
        "an id": "a pair of section and student",
        "each id": "each pair",
    },
)
