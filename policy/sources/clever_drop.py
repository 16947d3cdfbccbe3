"""A district's records out of Clever as the rows of a OneRoster 1.1 drop, and what is kept beside.

With the same records the drop is the same to the byte, whether they were read or came by events.
"""

import json
from collections.abc import Iterator, Mapping, Sequence
from contextlib import suppress
from datetime import date, timedelta
from pathlib import Path

from policy.roster import dialect
from policy.roster.clever_csv import class_type, grade_code, school_year
from policy.sources.clever_records import (
    ROLES,
    Course,
    Records,
    Section,
    Term,
    from_objects,
)
from policy.sources.written import to_disk, writing

_RECORDS = "records.jsonl"
_DAY = len("2026-08-17")


def write_drop(folder: Path, records: Records, state: Mapping[str, str]) -> Path:
    """A new drop with the records and the state in it: whole or not at all. Raises
    RosterAtFault (R101)."""
    with writing(folder) as draft:
        draft.write(dialect.SCHOOLS, _schools(records))
        draft.write(dialect.TERMS, _terms(records))
        draft.write(dialect.COURSES, _courses(records))
        draft.write(dialect.SECTIONS, _sections(records))
        draft.write(dialect.PEOPLE, _people(records))
        draft.write(dialect.MEMBERSHIPS, _memberships(records))
        with (draft.path / _RECORDS).open("w", encoding="utf-8") as stream:
            stream.writelines(json.dumps(found) + "\n" for found in records.as_objects())
            to_disk(stream)
        return draft.finish(state)


def read_records(drop: Path) -> Records | None:
    """Those of a drop that `write_drop` has made; None where somebody has changed them since."""
    try:
        with (drop / _RECORDS).open(encoding="utf-8") as stream:
            return from_objects(map(json.loads, stream))
    except (OSError, ValueError, KeyError, TypeError, AttributeError):
        return None


def _schools(records: Records) -> Iterator[Sequence[str]]:
    for _, school in sorted(records.schools.items()):
        yield school.key, "", school.name, "school"


def _terms(records: Records) -> Iterator[Sequence[str]]:
    for _, term in sorted(records.terms.items()):
        yield term.id, "", term.name, "term", _day(term.start), _end(term), _year(term)


def _day(text: str) -> str:
    """Clever gives a day, or one with a time behind it. What is neither is handed on: the loader
    says what is wrong with it."""
    with suppress(ValueError):
        return date.fromisoformat(text[:_DAY]).isoformat()
    return text


def _end(term: Term) -> str:
    """Clever's last day is one of the term, OneRoster's is the day after."""
    with suppress(ValueError, OverflowError):
        return (date.fromisoformat(term.end[:_DAY]) + timedelta(days=1)).isoformat()
    return term.end


def _year(term: Term) -> str:
    """As in Clever's CSV files, so that a class has one key by both roads."""
    with suppress(ValueError):
        start, last = (date.fromisoformat(text[:_DAY]) for text in (term.start, term.end))
        return school_year(start, last)
    return ""


def _courses(records: Records) -> Iterator[Sequence[str]]:
    """Clever's, and one for each section that has none: by the section's name and id."""
    own = {s.id: Course(s.id, s.name, "") for s in records.sections.values() if not s.course}
    for _, course in sorted((records.courses | own).items()):
        yield course.id, "", course.name, course.number, ""


def _sections(records: Records) -> Iterator[Sequence[str]]:
    for _, section in sorted(records.sections.items()):
        yield (
            *(
                section.key,
                "",
                section.name,
                grade_code(section.grade),
                section.course or section.id,
            ),
            *(section.number, class_type(section.subject), "", _school_key(records, section)),
            *(section.term, section.subject, section.period),
        )


def _school_key(records: Records, section: Section) -> str:
    school = records.schools.get(section.school)
    return section.school if school is None else school.key


def _people(records: Records) -> Iterator[Sequence[str]]:
    for _, user in sorted(records.users.items()):
        yield user.id, "", "true", ROLES.get(user.role, ""), user.first, user.last, user.email


def _memberships(records: Records) -> Iterator[Sequence[str]]:
    for _, section in sorted(records.sections.items()):
        school = _school_key(records, section)
        for person in section.teachers:
            primary = "true" if person == section.teacher else "false"
            seat = f"{section.id}-teacher-{person}"
            yield seat, "", section.key, school, person, "teacher", primary, "", ""
        for person in section.students:
            seat = f"{section.id}-student-{person}"
            yield seat, "", section.key, school, person, "student", "false", "", ""
