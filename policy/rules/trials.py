"""The tests of a policy as values: what is given, and what should come of it. Running them is not
known here (policy/trying.py).

They are called trials in the code: what a policy calls a test is no test of Rollbook's own.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date
from enum import Enum
from pathlib import Path
from typing import cast

from policy.rules.lines import Document, Yaml

NO_SCHOOL = "school"  # where neither the section nor its file says which


class Fate(Enum):
    """What becomes of a section that gets no class now."""

    NONE = "none"  # it is out of scope
    WAITS = "waits"  # it is in scope, and something is missing for a class


@dataclass(frozen=True, slots=True)
class GivenPerson:
    """Somebody of a made-up section. `email` as it is written; the name may be empty."""

    email: str
    name: str = ""


@dataclass(frozen=True, slots=True)
class GivenSection:
    """A made-up section, its plain values filled in. The first teacher is its primary one.
    `starts` and `ends`, both within the term, are None where the day of the trial decides."""

    key: str
    name: str
    code: str
    course: str
    course_code: str
    school: str
    school_name: str
    grades: tuple[str, ...]
    subjects: tuple[str, ...]
    periods: tuple[str, ...]
    room: str
    term: str
    starts: date | None
    ends: date | None
    school_year: str
    teachers: tuple[GivenPerson, ...]
    students: tuple[GivenPerson, ...]
    line: int


@dataclass(frozen=True, slots=True)
class ExpectedClass:
    """What a class should be like; None is not looked at. E-mails are case-folded."""

    name: str | None = None
    section: str | None = None
    room: str | None = None
    owner: str | None = None
    co_teachers: frozenset[str] | None = None
    students: frozenset[str] | None = None


@dataclass(frozen=True, slots=True)
class ExpectedSeats:
    """The names of the classes somebody should be in, sorted; None is not looked at."""

    classes: tuple[str, ...] | None = None
    teaches: tuple[str, ...] | None = None


@dataclass(frozen=True, slots=True)
class Trial:
    """One test of a policy. Either `sections` or `roster` (a path) is what the policy is
    held against; looked at is the `person` (an e-mail) if there is one, else the section with the
    key `section`. `on` None is today. `file` is shown as it was given, `line` is in it."""

    name: str
    file: str
    line: int
    on: date | None
    sections: tuple[GivenSection, ...]
    roster: str
    section: str
    person: str
    expect: Fate | ExpectedClass | ExpectedSeats

    @property
    def place(self) -> str:
        return f"{self.file}:{self.line}"


def trials_of(document: Document, folder: Path, *, domain: str) -> tuple[Trial, ...]:
    """The tests in one checked file of the policy in a folder. `domain` is where the people live
    whom a section has if nothing is said."""
    data = cast(dict[str, Yaml], document.data)
    school = cast(list[str], data.get("schools", [NO_SCHOOL]))[0]
    return tuple(
        _Reading(document, number, folder, domain, school).trial(cast(dict[str, Yaml], entry))
        for number, entry in enumerate(cast(list[Yaml], data.get("tests", [])))
    )


@dataclass(frozen=True, slots=True)
class _Reading:
    """One test while it is read."""

    document: Document
    number: int
    folder: Path
    domain: str
    school: str

    def trial(self, data: dict[str, Yaml]) -> Trial:
        given = cast(dict[str, Yaml], data["given"])
        sections = self._sections(given)
        section = given.get("section")
        return Trial(
            name=str(data["name"]),
            file=self.document.source.file,
            line=self.document.line(("tests", self.number)),
            on=_day(given, "date"),
            sections=sections,
            roster=str(self.folder / str(given["roster"])) if "roster" in given else "",
            section=sections[0].key if isinstance(section, dict) else str(section or ""),
            person=str(given.get("person", "")),
            expect=_expected(cast(dict[str, Yaml], data["expect"])),
        )

    def _sections(self, given: dict[str, Yaml]) -> tuple[GivenSection, ...]:
        above = ("tests", self.number, "given")
        one = given.get("section")
        if isinstance(one, dict):
            return (self._section(one, 1, self.document.line((*above, "section"))),)
        several = cast(list[dict[str, Yaml]], given.get("sections", []))
        return tuple(
            self._section(entry, place + 1, self.document.line((*above, "sections", place)))
            for place, entry in enumerate(several)
        )

    def _section(self, data: dict[str, Yaml], number: int, line: int) -> GivenSection:
        def text(key: str, plain: str = "") -> str:
            return str(data.get(key, plain))

        key, school = text("key", plain_key(number)), text("school", self.school)
        return GivenSection(
            key=key,
            name=text("name", "Section"),
            code=text("code", key),
            course=text("course", "Course"),
            course_code=text("course_code"),
            school=school,
            school_name=text("school_name", school),
            grades=_texts(data, "grade"),
            subjects=_texts(data, "subject"),
            periods=_texts(data, "period"),
            room=text("room"),
            term=text("term", "Term"),
            starts=_day(data, "starts"),
            ends=_day(data, "ends"),
            school_year=text("school_year"),
            teachers=_people(data, "teacher", f"Terry Teacher <teacher@{self.domain}>"),
            students=_people(data, "students", f"Stacy Student <student@{self.domain}>"),
            line=line,
        )


def plain_key(number: int) -> str:
    """The key of a made-up section that says none: the first is number 1."""
    return f"section-{number}"


def _people(data: dict[str, Yaml], key: str, plain: str) -> tuple[GivenPerson, ...]:
    written = _texts(data, key) if key in data else (plain,)
    return tuple(map(_person, written))


def _person(text: str) -> GivenPerson:
    """ada@x.example, or Ada Byron <ada@x.example>"""
    name, bracket, email = text.rpartition("<")
    return GivenPerson(email.rstrip(">"), " ".join(name.split())) if bracket else GivenPerson(text)


def _expected(data: dict[str, Yaml]) -> Fate | ExpectedClass | ExpectedSeats:
    wanted = data.get("class")
    if isinstance(wanted, str):
        return Fate(wanted)
    if not isinstance(wanted, dict):
        return ExpectedSeats(_sorted(data, "classes"), _sorted(data, "teaches"))
    owner = _maybe(wanted, "owner")
    return ExpectedClass(
        name=_maybe(wanted, "name"),
        section=_maybe(wanted, "section"),
        room=_maybe(wanted, "room"),
        owner=owner.casefold() if owner is not None else None,
        co_teachers=_emails(wanted, "co_teachers"),
        students=_emails(wanted, "students"),
    )


def _maybe(data: dict[str, Yaml], key: str) -> str | None:
    return str(data[key]) if key in data else None


def _emails(data: dict[str, Yaml], key: str) -> frozenset[str] | None:
    return frozenset(text.casefold() for text in _texts(data, key)) if key in data else None


def _sorted(data: dict[str, Yaml], key: str) -> tuple[str, ...] | None:
    return tuple(sorted(_texts(data, key))) if key in data else None


def _day(data: dict[str, Yaml], key: str) -> date | None:
    return date.fromisoformat(str(data[key])) if key in data else None


def _texts(data: dict[str, Yaml], key: str) -> tuple[str, ...]:
    """A value or several, as a tuple; none where the key is not written."""
    value = data.get(key, [])
    return (value,) if isinstance(value, str) else tuple(cast(Sequence[str], value))
