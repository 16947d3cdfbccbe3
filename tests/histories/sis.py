"""What the SIS of a very small district says from night to night: changed by acts, exported as a
Roster, faulty rows and cut-off files included.
"""

from collections.abc import Iterator
from dataclasses import dataclass, field, replace
from datetime import date
from zlib import crc32

from building import person, roster, section
from building import term as make_term
from histories.indoors import DOMAIN
from policy.roster.model import (
    Course,
    Fault,
    Membership,
    Place,
    Role,
    Roster,
    School,
    Section,
    Source,
)

TEACHERS = ("t0", "t1", "t2")
STUDENTS = ("s0", "s1", "s2", "s3", "s4")
PEOPLE = (*TEACHERS, *STUDENTS)
SECTIONS = ("a", "b", "c", "d", "e")
PREFIX = "d:rollbook.demo.2027."  # of the alias that a section has by its own key
TERMS = {
    "year": make_term("year", start=date(2026, 8, 15), end=date(2027, 6, 1)),
    "fall": make_term("fall", start=date(2026, 8, 15), end=date(2026, 9, 5)),
    "next": make_term("next", start=date(2026, 9, 4), end=date(2027, 1, 20)),
}
SCHOOLS = {
    key: School(key, f"{key.title()} School", Place("orgs.csv", number + 2))
    for number, key in enumerate(("north", "south"))
}
COURSES = {
    key: Course(key, key.title(), key, (), Place("courses.csv", number + 2))
    for number, key in enumerate(("art", "music"))
}


@dataclass
class Listed:
    """A person of the SIS, as the people's file has them."""

    name: str
    email: str
    listed: bool = True


@dataclass
class Row:
    """A section, as the SIS has it. `seats` by person; the first letter of a seat's word is its
    role: `p` primary teacher, `t` teacher, `s` student."""

    key: str
    title: str
    room: str
    school: str
    term: str
    seats: dict[str, str]
    course: str = "art"
    period: str = "3"
    listed: bool = True

    @property
    def own(self) -> str:
        """The alias of the class that it has for itself."""
        return PREFIX + self.key


@dataclass
class Sis:
    """All that it knows, and what is wrong with tonight's export."""

    people: dict[str, Listed] = field(default_factory=dict)
    rows: dict[str, Row] = field(default_factory=dict)
    faulty_people: set[str] = field(default_factory=set)
    faulty_sections: set[str] = field(default_factory=set)
    faulty_anywhere: bool = False
    cut_off: set[str] = field(default_factory=set)  # schools whose memberships the file lacks

    def export(self) -> Roster:
        """Tonight's roster."""
        rows = [row for row in self.rows.values() if row.listed]
        people = {
            key: person(key, email=p.email, name=p.name)
            for key, p in self.people.items()
            if p.listed and key not in self.faulty_people
        }
        sections = {self._section(row): tuple(self._members(row)) for row in rows}
        found = roster(
            sections,
            tuple(people.values()),
            faults=tuple(self._faults()),
            doubtful_people={
                key: _fault("R205", key)
                for key in sorted(self.faulty_people)
                if self.people[key].listed
            },
            doubtful_sections={
                self.rows[slot].key: (_fault("R230", slot),)
                for slot in sorted(self.faulty_sections)
                if self.rows[slot].listed
            },
            doubtful_anywhere=(_fault("R231", "any"),) if self.faulty_anywhere else (),
        )
        digest = f"{crc32(repr((rows, people, self.faults)).encode()):x}"
        return replace(found, source=Source("roster", digest, found.source.counts))

    @property
    def faults(self) -> tuple[object, ...]:
        return (
            tuple(sorted(self.faulty_people)),
            tuple(sorted(self.faulty_sections)),
            self.faulty_anywhere,
            tuple(sorted(self.cut_off)),
        )

    def mend(self) -> None:
        """Tomorrow's export is whole again."""
        self.faulty_people.clear()
        self.faulty_sections.clear()
        self.cut_off.clear()
        self.faulty_anywhere = False

    def members(self, row: Row) -> Iterator[tuple[str, str]]:
        """Person and seat, of those who are listed tonight."""
        if row.school in self.cut_off:
            return
        for key, seat in row.seats.items():
            if self.people[key].listed:
                yield key, seat

    def _members(self, row: Row) -> Iterator[Membership]:
        for line, (key, seat) in enumerate(self.members(row), 2):
            role = Role.STUDENT if seat == "s" else Role.TEACHER
            yield Membership(key, role, seat == "p", None, None, "enrollments.csv", line)

    def _section(self, row: Row) -> Section:
        made = section(
            row.key, terms=(TERMS[row.term],), title=row.title, school=SCHOOLS[row.school]
        )
        return replace(
            made,
            room=row.room,
            course=COURSES[row.course],
            periods=(row.period,) if row.period else (),
        )

    def _faults(self) -> Iterator[Fault]:
        yield from (_fault("R205", key) for key in sorted(self.faulty_people))
        yield from (_fault("R230", slot) for slot in sorted(self.faulty_sections))
        if self.faulty_anywhere:
            yield _fault("R231", "any")


def _fault(code: str, what: str) -> Fault:
    return Fault(code, Place("enrollments.csv", 99), f"a faulty row about {what}")


def email_of(key: str) -> str:
    return f"{key}@{DOMAIN}"


def first_sis() -> Sis:
    """Three sections that are there from the beginning, and two that may come: the last one is of
    the first one's teacher and course."""
    people = {key: Listed(key.title(), email_of(key)) for key in PEOPLE}
    rows = {
        "a": _row("a", "north", "year", "t0", (), ("s0", "s1", "s2", "s3")),
        "b": _row("b", "south", "year", "t1", ("t0",), ("s1", "s2", "s3", "s4")),
        "c": _row("c", "north", "fall", "t2", (), ("s0", "s4")),
        "d": _row("d", "south", "next", "t0", ("t2",), ("s0", "s1")),
        "e": _row("e", "north", "year", "t0", (), ("s3", "s4")),
    }
    rows["b"].course = "music"
    rows["d"].listed = rows["e"].listed = False
    return Sis(people, rows)


def _row(
    slot: str, school: str, term: str, primary: str, others: tuple[str, ...], some: tuple[str, ...]
) -> Row:
    seats = {primary: "p", **dict.fromkeys(others, "t"), **dict.fromkeys(some, "s")}
    return Row(f"{slot}1", f"Class {slot}", "12", school, term, seats)
