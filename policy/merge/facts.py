"""What one section of the roster is like on a day: who is in it, and what scope and names see."""

from collections.abc import Sequence
from datetime import date, timedelta

from policy.roster.model import Membership, Role, Roster, Section, Term
from policy.rules.scope import SectionFacts, TermFacts


def in_effect(section: Section, roster: Roster, today: date) -> Sequence[Membership]:
    """The memberships that hold on the day: today, or the nearest day of the section's terms
    (in a term that has yet to start, those who start with it are in)."""
    day = _day(section.terms, today)
    return [
        m
        for m in roster.memberships.get(section.key, ())
        if (m.begin is None or m.begin <= day) and (m.end is None or day < m.end)
    ]


def _day(terms: Sequence[Term], today: date) -> date:
    """`today` if a term holds then; else the first day of the next one; else the last day."""
    if any(term.start <= today < term.end for term in terms):
        return today
    ahead = [term.start for term in terms if term.start > today]
    if ahead:
        return min(ahead)
    return max(term.end for term in terms) - timedelta(days=1)


def facts_of(section: Section, members: Sequence[Membership], roster: Roster) -> SectionFacts:
    """What scope and names are made from. The teacher that names a class is the first primary
    one of the file, else the first one. The school year is the last term's: it stays the same
    when an SIS exports only the terms that are still to come."""
    teachers = sorted(
        (m for m in members if m.role is Role.TEACHER and m.person in roster.people),
        key=lambda m: not m.primary,
    )
    people = [roster.people[m.person] for m in teachers]
    return SectionFacts(
        school_key=section.school.key,
        school_name=section.school.name,
        grades=section.grades,
        subjects=section.subjects or section.course.subjects,
        course_title=section.course.title,
        course_code=section.course.code,
        section_key=section.key,
        section_title=section.title,
        section_code=section.code,
        terms=tuple(
            TermFacts(key=t.key, name=t.name, start=t.start, end=t.end) for t in section.terms
        ),
        periods=section.periods,
        room=section.room,
        school_year=section.terms[-1].school_year,
        teacher_names=tuple(p.name for p in people),
        teacher_family_names=tuple(p.family_name for p in people),
        teacher_emails=tuple(p.email.casefold() for p in people),
    )
