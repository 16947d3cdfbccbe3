"""Microsoft School Data Sync V1 as CSV files, in Microsoft's own form and in the UK's.

Terms and courses have no file of their own, they stand in each section's row. Students' and
teachers' ids are apart (a student and a teacher may have the same), so their keys here are
`student:ID` and `teacher:ID`. Nothing says who is the primary teacher: the first row of a section
in TeacherRoster.csv does. A user name with an @ is the account's own address and holds before the
secondary e-mail; without an @ it is no e-mail.

Microsoft Learn: csv-files-for-school-data-sync; OfficeDev/O365-EDU-Tools, CSV Samples.
"""

from collections.abc import Callable, Collection, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from typing import NamedTuple

from policy.roster import dialect
from policy.roster.blocks import Block, Cells
from policy.roster.csv_rows import Broken, Row
from policy.roster.dialect import Dialect, Feed, Part, as_rows
from policy.roster.header import Table
from policy.roster.memberships import DAMAGE
from policy.roster.rows import RowUnfit
from policy.roster.sds import (
    NO_YEAR,
    Firsts,
    Slashes,
    days,
    e_mail,
    reshaped,
    reshaped_broken,
    unfit_row,
)

_FILES = frozenset(
    (
        *("school.csv", "section.csv", "student.csv", "teacher.csv"),
        *("studentenrollment.csv", "teacherroster.csv"),
    )
)
_ONEROSTER = frozenset(("orgs.csv", "classes.csv", "users.csv", "enrollments.csv"))
_DATES = ("Term StartDate", "Term EndDate")
_HOLDS = ("", "active")  # what a status says of a row that counts


@dataclass(frozen=True, slots=True)
class _Form:
    """What the two forms call the columns that they don't share."""

    name: str
    key: str
    school_key: str  # in School.csv
    school: str
    section: str
    slashes: Slashes


_MICROSOFT = _Form(
    "School Data Sync V1",
    "SIS ID",
    "SIS ID",
    "School SIS ID",
    "Section SIS ID",
    Slashes.MONTH_FIRST,
)
_UK = _Form(
    *("School Data Sync V1 (UK)", "ID", "DfE Number", "School DfE Number", "Section ID"),
    # Microsoft's samples for the UK have the month first, and schools there write the day first.
    Slashes.BY_SENSE,
)


class _SectionRow(NamedTuple):
    """The cells of Section.csv, as its Table has them."""

    key: str
    status: str
    name: str
    number: str
    school: str
    term_key: str
    term_name: str
    start: str
    end: str
    course_key: str
    course_name: str
    course_number: str
    subject: str
    periods: str

    def term(self, slashes: Slashes) -> Cells:
        """Its term, as a row of the kind. Raises RowUnfit if its dates can't be told."""
        start, end, year = days(_DATES, self.start, self.end, slashes).cells
        key = self.term_key or self.term_name or f"{self.start} to {self.end}"
        return key.replace(",", ";"), "", self.term_name or key, "term", start, end, year

    def course(self) -> Cells:
        """Its course, as a row of the kind: itself, if none is named."""
        key = self.course_key or self.course_number or self.course_name or f"section:{self.key}"
        title = self.course_name or self.name
        return key, "", title, self.course_number, self.subject

    def section(self, term_key: str, course_key: str) -> Cells:
        """Itself, as a row of the kind."""
        return (
            *(self.key, self.status, self.name, "", course_key, self.number, ""),
            *("", self.school, term_key, self.subject, self.periods),
        )


@dataclass(slots=True)
class _Sections:
    """The rows of Section.csv on their way to a kind. Each pass gives the terms and courses the
    same keys, since it sees the same rows."""

    slashes: Slashes
    terms: Firsts = field(default_factory=Firsts)
    courses: Firsts = field(default_factory=Firsts)

    def as_terms(self, parts: Iterable[Part]) -> Iterator[Row]:
        for line, cells, broken in as_rows(parts):
            try:
                term = None if broken else _SectionRow(*cells).term(self.slashes)
            except RowUnfit:
                continue  # the section's own feed tells
            if term is not None:
                key, is_new = self.terms.add(term)
                if is_new:
                    yield line, (key, *term[1:]), None

    def as_courses(self, parts: Iterable[Part]) -> Iterator[Row]:
        for line, cells, broken in as_rows(parts):
            if broken is None:
                course = _SectionRow(*cells).course()
                key, is_new = self.courses.add(course)
                if is_new:
                    yield line, (key, *course[1:]), None

    def as_sections(self, parts: Iterable[Part]) -> Iterator[Row]:
        for line, cells, broken in as_rows(parts):
            row = _SectionRow(*cells)
            if broken is not None:
                yield reshaped_broken(line, broken, lambda c: _SectionRow(*c).section("", ""))
                continue
            course_key, _ = self.courses.add(row.course())
            try:
                term_key, _ = self.terms.add(row.term(self.slashes))
                yield line, row.section(term_key, course_key), None
            except RowUnfit as unfit:
                shaped = row.section("", course_key)
                if row.status.casefold() in _HOLDS:
                    yield unfit_row("Section.csv", line, shaped, unfit)
                else:
                    yield line, shaped, None  # gone, whatever its dates


def _people(who: str) -> Callable[[Iterable[Part]], Iterable[Part]]:
    def person(cells: Cells) -> Cells:
        key, status, given, family, username, secondary = cells
        return _key(who, key), status, "true", who, given, family, e_mail(username, secondary)

    return reshaped(person)


def _key(who: str, sis_id: str) -> str:
    return f"{who}:{sis_id}" if sis_id else ""


@dataclass(slots=True)
class _Seats:
    """The rows of StudentEnrollment.csv or TeacherRoster.csv. Of a section's teachers the first
    is the primary one; where a broken row may have been the first, nobody is."""

    who: str
    seen: set[str] = field(default_factory=set)
    is_sure: bool = True

    def translate(self, parts: Iterable[Part]) -> Iterator[Part]:
        for part in parts:
            if isinstance(part, Block):
                yield self._block(part)
            else:
                yield self._row(*part)

    def _block(self, block: Block) -> Block:
        sections, ids = ([cell.strip() for cell in column] for column in block.columns)
        users = [_key(self.who, sis_id) for sis_id in ids]
        keys = list(map(" ".join, zip(sections, users, strict=True)))
        blank = [""] * len(block)
        primary = list(map(self._is_first, sections)) if self.who == "teacher" else blank
        roles = [self.who] * len(block)
        return Block(
            block.first, (keys, blank, sections, blank, users, roles, primary, blank, blank)
        )

    def _row(self, line: int, cells: Cells, broken: Broken | None) -> Row:
        if broken is not None:
            return self._broken(line, broken)
        primary = self._is_first(cells[0]) if self.who == "teacher" else ""
        return line, self._shape(cells, primary), None

    def _shape(self, cells: Cells, primary: str = "") -> Cells:
        section, user = cells[0], _key(self.who, cells[1])
        return f"{section} {user}", "", section, "", user, self.who, primary, "", ""

    def _broken(self, line: int, broken: Broken) -> Row:
        section = broken.readings[0][0] if len(broken.readings) == 1 else ""
        if section and not any(sign in section for sign in DAMAGE):
            self._is_first(section)
        else:
            self.is_sure = False
        return reshaped_broken(line, broken, self._shape)

    def _is_first(self, section: str) -> str:
        alike = section.casefold().lstrip("0")  # what a spreadsheet may leave of a key
        is_first = alike not in self.seen
        self.seen.add(alike)
        return "true" if is_first and self.is_sure else ""


def _seats(who: str) -> Callable[[Iterable[Part]], Iterable[Part]]:
    return lambda parts: _Seats(who).translate(parts)


def _school(cells: Cells) -> Cells:
    key, name = cells
    return key, "", name, "school"


def _dialect(form: _Form) -> Dialect:
    schools = Table(
        "School.csv",
        (form.school_key, "Name"),
        frozenset((form.school_key, "Name")),
        frozenset(
            (
                *("School Number", "School NCES_ID", "State ID", "Grade Low", "Grade High"),
                *("Principal SIS ID", "Principal Name", "Principal Secondary Email", "Address"),
                *("City", "State", "Country", "Zip", "Postal Code", "Phone", "Zone"),
            )
        ),
    )
    sections = Table(
        "Section.csv",
        (
            *(form.key, "Status", "Section Name", "Section Number", form.school, "Term SIS ID"),
            *("Term Name", *_DATES, "Course SIS ID", "Course Name", "Course Number"),
            *("Course Subject", "Periods"),
        ),
        frozenset((form.key, "Section Name", form.school, *_DATES)),
        frozenset(("Course Description",)),
        why=dict.fromkeys(_DATES, NO_YEAR),
    )
    wanted = (form.key, "Status", "First Name", "Last Name", "Username", "Secondary Email")
    unwanted = frozenset((form.school, "Password", "State ID", "Middle Name"))
    students = Table(
        "Student.csv",
        wanted,
        frozenset((form.key,)),
        unwanted | {"Student Number", "Grade", "Birthdate", "Graduation Year"},
    )
    teachers = Table(
        "Teacher.csv",
        wanted,
        frozenset((form.key,)),
        unwanted | {"Teacher Number", "Title", "Qualification"},
    )
    seat = (form.section, form.key)
    enrollments = Table("StudentEnrollment.csv", seat, frozenset(seat), frozenset())
    roster = Table("TeacherRoster.csv", seat, frozenset(seat), frozenset())
    return Dialect(
        form.name,
        (
            Feed(schools, dialect.SCHOOLS, reshaped(_school)),
            Feed(sections, dialect.TERMS, lambda p: _Sections(form.slashes).as_terms(p), False),
            Feed(sections, dialect.COURSES, lambda p: _Sections(form.slashes).as_courses(p), False),
            Feed(sections, dialect.SECTIONS, lambda p: _Sections(form.slashes).as_sections(p)),
            Feed(teachers, dialect.PEOPLE, _people("teacher"), login="Username"),
            Feed(students, dialect.PEOPLE, _people("student"), login="Username"),
            Feed(roster, dialect.MEMBERSHIPS, _seats("teacher")),
            Feed(enrollments, dialect.MEMBERSHIPS, _seats("student")),
        ),
        called={
            "sourcedId": form.key,
            "schoolSourcedId": form.school,
            "classSourcedId": form.section,
            "userSourcedId": form.key,
        },
    )


SDS_V1 = _dialect(_MICROSOFT)
SDS_V1_UK = _dialect(_UK)


def _is_v1(names: Collection[str], _headers: Mapping[str, Sequence[str]]) -> bool:
    """Whether two of its files are there, and more of them than of OneRoster's."""
    found = len(_FILES.intersection(names))
    return found > max(1, len(_ONEROSTER.intersection(names)))


def _is_uk(names: Collection[str], headers: Mapping[str, Sequence[str]]) -> bool:
    """By its columns: one file that is the UK's is enough."""
    signs = {"school.csv": "dfenumber", "section.csv": "schooldfenumber"}
    signs |= {"student.csv": "schooldfenumber", "teacher.csv": "schooldfenumber"}
    signs |= dict.fromkeys(("studentenrollment.csv", "teacherroster.csv"), "sectionid")
    is_uk = any(sign in headers.get(file, ()) for file, sign in signs.items())
    return is_uk and _is_v1(names, headers)


VARIANTS = ((_is_uk, SDS_V1_UK), (_is_v1, SDS_V1))
