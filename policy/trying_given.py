"""The made-up sections of a policy's test as a roster, as if a drop had held them. What makes a
section a normal one, if the test says nothing else, is told in docs/policy.md.
"""

from collections.abc import Iterator
from datetime import date, timedelta

from policy.roster.model import (
    Course,
    Membership,
    Person,
    Place,
    Role,
    Roster,
    School,
    Section,
    Source,
    Term,
)
from policy.rules.trials import GivenPerson, GivenSection, Trial

AROUND = timedelta(days=30)  # how far the term of a normal section reaches before and after the day
DAY = timedelta(days=1)


def given_roster(trial: Trial, day: date) -> Roster:
    """The roster of a test that makes up its sections, on a day. People are told apart by e-mail,
    and rows stand where the test's file has them."""
    sections = {each.key: _section(each, trial.file, day) for each in trial.sections}
    people = {person.key: person for person in _people(trial)}
    return Roster(
        source=Source(trial.name, "", {"sections": len(sections)}),
        schools={section.school.key: section.school for section in sections.values()},
        terms={term.key: term for section in sections.values() for term in section.terms},
        courses={section.course.key: section.course for section in sections.values()},
        people=people,
        sections=sections,
        memberships={each.key: tuple(_memberships(each, trial.file)) for each in trial.sections},
    )


def _section(given: GivenSection, file: str, day: date) -> Section:
    place = Place(file, given.line)
    return Section(
        key=given.key,
        title=given.name,
        code=given.code,
        school=School(given.school, given.school_name, place),
        course=Course(given.course, given.course, given.course_code, (), place),
        terms=(_term(given, place, day),),
        grades=given.grades,
        subjects=given.subjects,
        periods=given.periods,
        room=given.room,
        kind="scheduled",
        place=place,
    )


def _term(given: GivenSection, place: Place, day: date) -> Term:
    """A term that holds on the day, as far as its own days allow."""
    starts = given.starts or min(day, given.ends or day) - AROUND
    ends = given.ends or max(day, starts) + AROUND
    return Term(
        key=given.term,
        name=given.term,
        kind="term",
        start=starts,
        end=ends + DAY,
        school_year=given.school_year or str(ends.year),
        place=place,
    )


def _people(trial: Trial) -> Iterator[Person]:
    """Everybody once, by the name that they are given anywhere."""
    names: dict[str, str] = {}
    lines: dict[str, int] = {}
    for section in trial.sections:
        for one in (*section.teachers, *section.students):
            key = one.email.casefold()
            names[key] = names.get(key) or one.name
            lines.setdefault(key, section.line)
    for email, name in names.items():
        given, _, family = (name or email.partition("@")[0]).rpartition(" ")
        yield Person(email, given, family, email, Place(trial.file, lines[email]))


def _memberships(given: GivenSection, file: str) -> Iterator[Membership]:
    def row(one: GivenPerson, role: Role, *, primary: bool = False) -> Membership:
        return Membership(one.email.casefold(), role, primary, None, None, file, given.line)

    for number, teacher in enumerate(given.teachers):
        yield row(teacher, Role.TEACHER, primary=number == 0)
    for student in given.students:
        yield row(student, Role.STUDENT)
