"""Which sections become classes: a section's facts against the policy's scope. Pure.

What a section is made of is the caller's to say (`SectionFacts`); the roster is not known here.
"""

import fnmatch
import re
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import date
from functools import lru_cache
from typing import TypeVar

from policy.rules.model import Matcher, Scope
from policy.rules.sieve import sieve_of

NO_GLOBS = frozenset({"grade"})  # a matcher's keys whose values match by more than globs

Value = TypeVar("Value")


@dataclass(frozen=True, slots=True)
class TermFacts:
    """A term of a section. `end` is exclusive."""

    key: str
    name: str
    start: date
    end: date


@dataclass(frozen=True, slots=True)
class SectionFacts:
    """What scope, names and keys are made from. The teachers' three tuples run side by side; the
    first teacher is the one that a class's name speaks of."""

    school_key: str
    school_name: str
    grades: tuple[str, ...]
    subjects: tuple[str, ...]
    course_title: str
    course_code: str
    section_key: str
    section_title: str
    section_code: str
    terms: tuple[TermFacts, ...]
    periods: tuple[str, ...]
    room: str
    school_year: str
    teacher_names: tuple[str, ...]
    teacher_family_names: tuple[str, ...]
    teacher_emails: tuple[str, ...]


def of_all(each: Sequence[SectionFacts]) -> SectionFacts:
    """The facts of several sections that are one class: of values that a section has several of,
    all of them in order; rooms are listed; all else is the first section's. Its teachers are those
    of all, the first section's first."""
    first = each[0]
    teachers = dict.fromkeys(
        teacher
        for one in each
        for teacher in zip(
            one.teacher_names, one.teacher_family_names, one.teacher_emails, strict=True
        )
    )
    names, family_names, emails = zip(*teachers, strict=True) if teachers else ((), (), ())
    return replace(
        first,
        grades=_union(one.grades for one in each),
        subjects=_union(one.subjects for one in each),
        terms=_union(one.terms for one in each),
        periods=_union(one.periods for one in each),
        room=", ".join(dict.fromkeys(one.room for one in each if one.room)),
        teacher_names=names,
        teacher_family_names=family_names,
        teacher_emails=emails,
    )


def _union(some: Iterable[tuple[Value, ...]]) -> tuple[Value, ...]:
    return tuple(dict.fromkeys(value for values in some for value in values))


@dataclass(frozen=True, slots=True)
class Verdict:
    """Is a section in scope, and which field of the policy decided ("classes.scope.exclude[1]")?"""

    inside: bool
    field: str


def judge_scope(section: SectionFacts, scope: Scope, today: date) -> Verdict:
    """Is a section in scope on a day? Each list narrows, then `exclude` wins."""
    if not _holds(scope.schools, (section.school_key, section.school_name)):
        return Verdict(False, "classes.scope.schools")
    if not _in_terms(section.terms, scope, today):
        return Verdict(False, "classes.scope.terms")
    if not _holds_grade(scope.grades, section.grades):
        return Verdict(False, "classes.scope.grades")
    if not _holds(scope.subjects, section.subjects):
        return Verdict(False, "classes.scope.subjects")
    sieve = sieve_of(scope.exclude, skip=NO_GLOBS)
    for number in sieve.candidates(FACTS_OF_MATCHER, section):
        if matches(scope.exclude[number], section):
            return Verdict(False, f"classes.scope.exclude[{number}]")
    return Verdict(True, "classes.scope")


def matches(matcher: Matcher, section: SectionFacts) -> bool:
    """Does a section match each key of a matcher, by at least one of the key's values, and not
    what the matcher leaves out?"""
    return _has_all(matcher.keys, section) and not (
        matcher.unless is not None and _has_all(matcher.unless.keys, section)
    )


def surely_matches(matcher: Matcher, section: SectionFacts) -> bool:
    """Does a section match, even if it has teachers who are not known?"""
    return _has_all(matcher.keys, section) and not (
        matcher.unless is not None and _has_all_but_teacher(matcher.unless, section)
    )


def hinges_on_teachers(matcher: Matcher, section: SectionFacts) -> bool:
    """Is it up to who teaches a section whether it matches?"""
    if not _has_all_but_teacher(matcher, section):
        return False
    unless = matcher.unless
    if unless is None or not _has_all_but_teacher(unless, section):
        return "teacher" in matcher.keys
    return "teacher" in unless.keys


def _has_all(keys: Mapping[str, tuple[str, ...]], section: SectionFacts) -> bool:
    return all(
        _holds_grade(globs, section.grades)
        if key == "grade"
        else _holds(globs, FACTS_OF_MATCHER[key](section))
        for key, globs in keys.items()
    )


def _has_all_but_teacher(matcher: Matcher, section: SectionFacts) -> bool:
    others = {key: globs for key, globs in matcher.keys.items() if key != "teacher"}
    return _has_all(others, section)


def _terms(section: SectionFacts) -> tuple[str, ...]:
    return tuple(text for term in section.terms for text in (term.key, term.name))


# The keys of a matcher, and the texts of a section that each is held against.
FACTS_OF_MATCHER: Mapping[str, Callable[[SectionFacts], tuple[str, ...]]] = {
    "school": lambda section: (section.school_key, section.school_name),
    "grade": lambda section: section.grades,
    "subject": lambda section: section.subjects,
    "course": lambda section: (section.course_title,),
    "course_code": lambda section: (section.course_code,),
    "section": lambda section: (section.section_key,),
    "term": _terms,
    "period": lambda section: section.periods,
    "name": lambda section: (section.section_title,),
    "teacher": lambda section: section.teacher_emails + section.teacher_names,
}


def _in_terms(terms: Iterable[TermFacts], scope: Scope, today: date) -> bool:
    if scope.terms == ():
        return any(term.start <= today + scope.lead and today < term.end for term in terms)
    return _holds(scope.terms, tuple(text for term in terms for text in (term.key, term.name)))


def _holds(globs: tuple[str, ...] | None, texts: tuple[str, ...]) -> bool:
    """Does one of the texts match one of the globs? No globs at all (None) means all."""
    if globs is None:
        return True
    return any(is_like(text, glob) for glob in globs for text in texts)


def _holds_grade(globs: tuple[str, ...] | None, grades: tuple[str, ...]) -> bool:
    """Grades also match without leading zeros: the SIS says "09" and a person writes "9"."""
    if globs is None:
        return True
    bare = tuple(bare_grade(grade) for grade in grades)
    return _holds(globs, grades) or _holds(tuple(bare_grade(glob) for glob in globs), bare)


def bare_grade(grade: str) -> str:
    """A grade without its leading zeros."""
    return grade.strip().lstrip("0") or grade.strip()


def is_like(text: str, glob: str) -> bool:
    """Does a text match a glob of the policy, upper or lower case?"""
    return _glob(glob)(text.casefold())


@lru_cache(maxsize=4096)
def _glob(glob: str) -> Callable[[str], bool]:
    """A glob, compiled once. A text that is spelled like the glob matches too, so that a name
    such as "Chorus [A]" can be written as it is."""
    folded = glob.casefold()
    pattern = re.compile(fnmatch.translate(folded))
    return lambda text: text == folded or pattern.match(text) is not None
