"""Schools, terms, courses and sections out of OneRoster's rows, with what each hangs on."""

import sys
from collections.abc import Callable, Iterable
from dataclasses import dataclass, field

from policy.roster.blocks import Cells
from policy.roster.codes import Code
from policy.roster.csv_rows import Row
from policy.roster.dialect import COURSES, SCHOOLS, SECTIONS, TERMS
from policy.roster.model import Course, Place, School, Section, Term
from policy.roster.rows import (
    At,
    Ledger,
    RowGone,
    RowUnfit,
    Shelf,
    a_day,
    a_school_year,
    alike,
    one_line,
    several,
)


@dataclass(slots=True)
class Catalogue:
    """All that has a row of its own, people apart. Filled in this order."""

    ledger: Ledger
    schools: Shelf[School] = field(default_factory=Shelf)
    terms: Shelf[Term] = field(default_factory=Shelf)
    courses: Shelf[Course] = field(default_factory=Shelf)
    sections: Shelf[Section] = field(default_factory=Shelf)
    _kinds: dict[str, str] = field(default_factory=dict)  # of orgs, by key
    _terms: dict[tuple[Place, ...], tuple[Term, ...]] = field(default_factory=dict)
    _own_terms: dict[tuple[str, str], Term] = field(default_factory=dict)  # by drop and key

    def fillers(self) -> dict[str, Callable[[Iterable[Row], At], None]]:
        """How to take in the rows of each kind."""
        return {
            SCHOOLS: lambda rows, at: self.schools.fill(rows, self._school, self.ledger, at),
            TERMS: self._fill_terms,
            COURSES: lambda rows, at: self.courses.fill(rows, self._course, self.ledger, at),
            SECTIONS: lambda rows, at: self.sections.fill(rows, self._section, self.ledger, at),
        }

    def _fill_terms(self, rows: Iterable[Row], at: At) -> None:
        """Two SISs may call two terms by one key, and a class is archived by its term: of terms
        that differ, each drop's own sections have its own."""

        def meet(first: Term, one: Term) -> None:
            if not alike(first, one):
                self._own_terms[at.drop, one.key] = one
                words = f"says other things of {one.key!r} than {first.place}; each source's own"
                self.ledger.note(Code.SOURCES_DIFFER, one.place, f"{words} counts for its sections")

        self.terms.fill(rows, self._term, self.ledger, at, meet=meet)

    def note_odd_schools(self) -> None:
        """Classes may hang on an org of any type; which is worth a word, once an org."""
        for key in dict.fromkeys(section.school.key for section in self.sections.there.values()):
            school, kind = self.schools.there[key], self._kinds[key]
            if kind.casefold() != "school":
                words = f"{school.name!r} has classes and is of type {kind!r}, not school"
                self.ledger.note(Code.NOT_A_SCHOOL, school.place, words)

    def _school(self, place: Place, cells: Cells) -> School:
        key, _, name, kind = cells
        self._kinds.setdefault(key, kind)
        return School(key, one_line(name) or key, place)

    def _term(self, place: Place, cells: Cells) -> Term:
        key, _, title, kind, first, last, year = cells
        called = self.ledger.called
        start, end = a_day(called("startDate"), first), a_day(called("endDate"), last)
        if end <= start:
            words = f"{called('endDate')} {end} is not after {called('startDate')} {start}"
            raise RowUnfit(Code.DATES_ORDER, words)
        return Term(key, one_line(title) or key, kind, start, end, a_school_year(year, end), place)

    def _course(self, place: Place, cells: Cells) -> Course:
        key, _, title, code, subjects = cells
        return Course(key, one_line(title), code, several(subjects), place)

    def _section(self, place: Place, cells: Cells) -> Section:
        key, _, title, grades, course_key, code, kind, room, school_key, terms, *lists = cells
        subjects, periods = lists
        course, school = self._course_and_school(course_key, school_key)
        return Section(
            key=key,
            title=one_line(title),
            code=code,
            school=school,
            course=course,
            terms=self._same_terms(self._terms_of(place, terms)),
            grades=several(grades),
            subjects=several(subjects),
            periods=several(periods),
            room=sys.intern(one_line(room)),
            kind=sys.intern(kind.casefold()),
            place=place,
        )

    def _course_and_school(self, course_key: str, school_key: str) -> tuple[Course, School]:
        course = self.courses.there.get(course_key)
        school = self.schools.there.get(school_key)
        if course is None and not self.courses.says_gone(course_key):
            words = (
                f"{self.ledger.called('courseSourcedId')} names {self.courses.lacks(course_key)}"
            )
            raise RowUnfit(Code.CLASS_REFERENCE, words)
        if school is None and not self.schools.says_gone(school_key):
            words = (
                f"{self.ledger.called('schoolSourcedId')} names {self.schools.lacks(school_key)}"
            )
            raise RowUnfit(Code.CLASS_REFERENCE, words)
        if course is None or school is None:
            raise RowGone
        return course, school

    def _same_terms(self, terms: tuple[Term, ...]) -> tuple[Term, ...]:
        """One tuple for all sections that have these terms."""
        return self._terms.setdefault(tuple(term.place for term in terms), terms)

    def _terms_of(self, place: Place, cell: str) -> tuple[Term, ...]:
        """Those that are known, in order of date. One unknown among them is only noted."""
        keys, column = several(cell), self.ledger.called("termSourcedIds")
        drop = f"{place.file.rpartition('/')[0]}/"
        known = [
            self._own_terms.get((drop, key)) or self.terms.there[key]
            for key in keys
            if key in self.terms.there
        ]
        absent = [key for key in keys if key not in self.terms.there]
        unknown = [key for key in absent if not self.terms.says_gone(key)]
        if known:
            for key in unknown:
                words = f"{column} names {self.terms.lacks(key)}; its other terms count"
                self.ledger.note(Code.CLASS_TERM, place, words)
            return tuple(sorted(known, key=lambda term: (term.start, term.key)))
        if keys and not unknown:
            raise RowGone
        names = " and ".join(map(self.terms.lacks, unknown)) or "no term"
        key = self.ledger.called("sourcedId")
        words = f"{column} names {names}; expected the {key} of at least one session"
        raise RowUnfit(Code.CLASS_TERM, words)
