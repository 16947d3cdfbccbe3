"""What a roster proposes for a policy's scope, with the counts that speak for it. Pure.

A proposal holds names of schools, terms, grades and subjects, and counts; nobody's name, no
section's title and nobody's address: what comes of it is committed to git.
"""

import re
from collections import Counter
from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import dataclass
from datetime import date

from policy.roster.model import Role, Roster, School, Section, Term
from policy.rules.scope import is_like

# What most districts want no class for. Each is looked for as a word of its own.
NO_CLASS = (
    "homeroom",
    "home room",
    "advisory",
    "lunch",
    "study hall",
    "recess",
    "free period",
    "early release",
    "late arrival",
    "passing period",
)
EARLY = ("IT", "PR", "PS", "PK", "TK", "KG", "K")  # as OneRoster's grades (and K) come before 01
PUBLIC = ("gmail.com", "hotmail.com", "icloud.com", "live.com", "outlook.com", "yahoo.com")
MANY = 0.1  # a domain with at least this share of the e-mails is likely the district's
FEW = 0.5  # below this share of the e-mails, the domains are likely the wrong ones


@dataclass(frozen=True, slots=True)
class SchoolSeen:
    """A school that has sections; `held` are in a term of the day, `left` still after `exclude`."""

    key: str
    name: str
    sections: int
    held: int
    left: int


@dataclass(frozen=True, slots=True)
class TermSeen:
    """A term that has sections. `end` is exclusive."""

    name: str
    start: date
    end: date
    holds: bool
    sections: int


@dataclass(frozen=True, slots=True)
class Exclusion:
    """A matcher of one key, and how many sections it takes out that those before it don't."""

    key: str
    globs: tuple[str, ...]
    sections: int


@dataclass(frozen=True, slots=True)
class Emails:
    """Where people's e-mails are: `domains` by how many have one there, most first."""

    people: int
    inside: int
    domains: tuple[tuple[str, int], ...]

    @property
    def are_mostly_outside(self) -> bool:
        return self.people > 0 and self.inside < FEW * self.people


@dataclass(frozen=True, slots=True)
class Proposal:
    """What was seen on a day, and the matchers for `exclude`. `held` sections are in a term that
    holds on the day, `taken` of them are excluded; of the rest some have no teacher, no student."""

    day: date
    drop: str
    sections: int
    held: int
    taken: int
    without_teacher: int
    without_student: int
    schools: tuple[SchoolSeen, ...]
    terms: tuple[TermSeen, ...]
    grades: tuple[tuple[str, int], ...]
    without_grade: int
    subjects: tuple[tuple[str, int], ...]
    exclude: tuple[Exclusion, ...]
    emails: Emails
    faults: int

    @property
    def left(self) -> int:
        return self.held - self.taken

    @property
    def emptied(self) -> tuple[SchoolSeen, ...]:
        """Schools whose every section of the day is excluded."""
        return tuple(school for school in self.schools if school.held and not school.left)


def propose(roster: Roster, *, domains: Sequence[str], day: date) -> Proposal:
    """What a roster says of itself on a day, and the homerooms, lunches… to leave out."""
    sections = list(roster.sections.values())
    held = [s for s in sections if any(_holds(term, day) for term in s.terms)]
    exclude, taken = _exclusions(sections)
    left = [s for s in held if s.key not in taken]
    return Proposal(
        day=day,
        drop=roster.source.name,
        sections=len(sections),
        held=len(held),
        taken=len(held) - len(left),
        without_teacher=sum(not _has(roster, s, Role.TEACHER) for s in left),
        without_student=sum(not _has(roster, s, Role.STUDENT) for s in left),
        schools=tuple(_schools(sections, held, left)),
        terms=tuple(_terms(sections, day)),
        grades=tuple(
            sorted(
                Counter(grade for s in sections for grade in set(s.grades)).items(),
                key=lambda pair: _grade_order(pair[0]),
            )
        ),
        without_grade=sum(not s.grades for s in sections),
        subjects=_most_first(subject for s in sections for subject in set(_subjects(s))),
        exclude=exclude,
        emails=_emails(roster, {domain.casefold() for domain in domains}),
        faults=len(roster.faults),
    )


def likely_domains(roster: Roster) -> tuple[str, ...]:
    """The domains that are likely the district's: those of many of the e-mails, most first."""
    emails = _emails(roster, set())
    return tuple(
        domain
        for domain, count in emails.domains
        if count >= MANY * emails.people and domain not in PUBLIC
    )


def _emails(roster: Roster, domains: set[str]) -> Emails:
    found = Counter(
        person.email.rpartition("@")[2].strip().casefold()
        for person in roster.people.values()
        if "@" in person.email
    )
    inside = sum(count for domain, count in found.items() if domain in domains)
    return Emails(found.total(), inside, tuple(found.most_common()))


def _schools(
    sections: Iterable[Section], held: Iterable[Section], left: Iterable[Section]
) -> Iterator[SchoolSeen]:
    """Those with most sections first."""
    schools = {section.school.key: section.school for section in sections}
    counts, of_day, stay = (_by_school(some) for some in (sections, held, left))
    for key, count in sorted(counts.items(), key=lambda pair: (-pair[1], pair[0])):
        school: School = schools[key]
        yield SchoolSeen(key, school.name, count, of_day[key], stay[key])


def _by_school(sections: Iterable[Section]) -> Counter[str]:
    return Counter(section.school.key for section in sections)


def _terms(sections: Iterable[Section], day: date) -> Iterator[TermSeen]:
    """By start date."""
    terms = {term.key: term for section in sections for term in section.terms}
    counts = Counter(term.key for section in sections for term in section.terms)
    for term in sorted(terms.values(), key=lambda term: (term.start, term.end, term.key)):
        yield TermSeen(term.name, term.start, term.end, _holds(term, day), counts[term.key])


def _holds(term: Term, day: date) -> bool:
    return term.start <= day < term.end


def _has(roster: Roster, section: Section, role: Role) -> bool:
    return any(m.role is role for m in roster.memberships.get(section.key, ()))


def _most_first(texts: Iterable[str]) -> tuple[tuple[str, int], ...]:
    return tuple(sorted(Counter(texts).items(), key=lambda pair: (-pair[1], pair[0])))


def _grade_order(grade: str) -> tuple[int, int, str]:
    """As children go through them."""
    if grade.isascii() and grade.isdigit():
        return 1, int(grade), grade
    is_early = grade.upper() in EARLY
    return (0, EARLY.index(grade.upper()), grade) if is_early else (2, 0, grade)


def _subjects(section: Section) -> tuple[str, ...]:
    return section.subjects or section.course.subjects


# Where the words are looked for: in subjects first, since these are few and spelled alike.
_PLACES: tuple[tuple[str, Callable[[Section], tuple[str, ...]]], ...] = (
    ("subject", _subjects),
    ("name", lambda section: (section.title,)),
    ("course", lambda section: (section.course.title,)),
)


def _exclusions(sections: Sequence[Section]) -> tuple[tuple[Exclusion, ...], set[str]]:
    """The matchers, and the keys of the sections that they take out. Each is only proposed for
    sections that those before it leave."""
    found: list[Exclusion] = []
    taken: set[str] = set()
    for key, texts_of in _PLACES:
        for globs in _globs(key, [t for s in sections if s.key not in taken for t in texts_of(s)]):
            more = {s.key for s in sections if _is_one(texts_of(s), globs)} - taken
            if more:
                found.append(Exclusion(key, globs, len(more)))
                taken |= more
    return tuple(found), taken


def _globs(key: str, texts: Sequence[str]) -> Iterator[tuple[str, ...]]:
    """The globs for each word that is in the texts. A subject is written out as it is, since
    a list of subjects is short and another subject of that word may be wanted."""
    seen = sorted(set(texts))
    for word in NO_CLASS:
        is_word = re.compile(rf"\b{word}\b", re.IGNORECASE).search
        with_it = [text for text in seen if is_word(text)]
        if not with_it:
            continue
        if key == "subject":
            yield tuple(with_it)
        elif all(is_word(text) for text in seen if is_like(text, f"*{word}*")):
            yield (f"*{word}*",)
        else:  # "*recess*" would take "The Great Recession" too
            yield (word, f"{word} *", f"* {word}", f"* {word} *")


def _is_one(texts: Iterable[str], globs: Iterable[str]) -> bool:
    return any(is_like(text, glob) for text in texts for glob in globs)
