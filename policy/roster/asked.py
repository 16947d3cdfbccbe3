"""What a drop is asked for, where several are read together."""

from collections.abc import Iterable
from dataclasses import dataclass
from pathlib import Path

from policy.roster.dialect import COURSES, MEMBERSHIPS, PEOPLE, SCHOOLS, SECTIONS, TERMS
from policy.roster.model import Role


@dataclass(frozen=True, slots=True)
class Asked:
    """The parts of a drop that count. `seats`: whose memberships; a teacher of a drop that may name
    none as primary (`primaries` is false) is a co-teacher whatever the row says."""

    classes: bool = True
    seats: frozenset[Role] = frozenset(Role)
    primaries: bool = True
    emails: bool = True

    @property
    def people(self) -> bool:
        """Whether it adds people: those who are in its seats."""
        return bool(self.seats)

    @property
    def is_everything(self) -> bool:
        return self == EVERYTHING

    @property
    def kinds(self) -> frozenset[str]:
        """The kinds of things that are read of it."""
        classes = (SCHOOLS, TERMS, COURSES, SECTIONS) if self.classes else ()
        seats = (PEOPLE, MEMBERSHIPS) if self.seats else ()
        return frozenset((*classes, *seats, *((PEOPLE,) if self.emails else ())))


EVERYTHING = Asked()


def asked_for(parts: Iterable[str]) -> Asked:
    """By the policy's words (`roster[].provides`); none of them: everything."""
    words = set(parts)
    if not words:
        return EVERYTHING
    teachers = {Role.TEACHER} if words & {"teachers", "co_teachers"} else set()
    students = {Role.STUDENT} if "students" in words else set()
    return Asked(
        classes="classes" in words,
        seats=frozenset(teachers | students),
        primaries="teachers" in words,
        emails="emails" in words,
    )


@dataclass(frozen=True, slots=True)
class Given:
    """One drop of several: `name` stands before its files' names in all that is told."""

    path: Path
    name: str
    asked: Asked = EVERYTHING
