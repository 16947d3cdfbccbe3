"""Two drops of one district side by side: what differs, by school; is that a night's work, or does
one of the two look wrong?

People are compared by key. Nobody's name or address is in what comes out.
"""

from collections import Counter, defaultdict
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, field
from enum import Enum

from policy.roster.model import Role, Roster, Section, Term
from policy.roster.survey import is_garbled, is_of_a_spreadsheet

ORDINARY = 0.05  # of the seats, sections or people may differ after a night
FEW = 10  # fewer sections or people show nothing
FEW_KEYS = 3  # so many keys in another format are no chance
DAYS = 14  # a term that has moved by more has been shifted
VANISHED = 0.1  # of the sections without their teachers


class Side(Enum):
    """Which of the two drops looks wrong."""

    A = "A"
    B = "B"
    EITHER = "A or B"


class Sign(Enum):
    """A reason to distrust a drop."""

    RENUMBERED = "ids renumbered"
    REUSED = "ids used for other classes"
    SCHOOL_EMPTY = "a school is empty"
    SCHOOL_SHRUNK = "a school has shrunk"
    TEACHERS_GONE = "teachers vanished"
    TERM_SHIFTED = "a term has shifted"
    GARBLED = "letters are broken"
    ZEROS_LOST = "leading zeros are lost"
    SPREADSHEET = "ids as a spreadsheet writes them"
    MUCH = "much has changed"


@dataclass(frozen=True, slots=True)
class Suspicion:
    """Why `side` looks wrong. `what` is a kind of thing, or the name or key of one; `count` is how
    many `of` all are concerned."""

    sign: Sign
    side: Side
    what: str
    count: int
    of: int


@dataclass(frozen=True, slots=True)
class Share:
    """So much differs, of all that is in A or in B."""

    count: int
    of: int

    @property
    def part(self) -> float:
        return self.count / self.of if self.of else 0.0

    @property
    def is_ordinary(self) -> bool:
        return self.count < FEW or self.part <= ORDINARY


@dataclass(slots=True)
class SchoolChange:
    """One school in both drops. People are those with a seat in it; a section that has moved to
    another school is counted there, and so are its seats."""

    key: str
    name: str
    sections: list[int] = field(default_factory=lambda: [0, 0])  # in A, in B
    seats: list[int] = field(default_factory=lambda: [0, 0])
    new: int = 0  # sections
    gone: int = 0
    renumbered: int = 0
    moved: int = 0
    people_new: int = 0  # who are nowhere in A
    people_gone: int = 0
    seats_added: int = 0
    seats_gone: int = 0

    @property
    def is_changed(self) -> bool:
        changes = (self.new, self.gone, self.renumbered, self.moved, self.people_new)
        return any((*changes, self.people_gone, self.seats_added, self.seats_gone))


@dataclass(frozen=True, slots=True)
class Difference:
    """Of drop A and drop B. `terms` are those with other dates, as A and as B have them."""

    a: str
    b: str
    schools: tuple[SchoolChange, ...]
    terms: tuple[tuple[Term, Term], ...]
    sections: Share
    people: Share
    seats: Share
    suspicions: tuple[Suspicion, ...]

    @property
    def is_same(self) -> bool:
        return not self.terms and not any(school.is_changed for school in self.schools)


_Seats = frozenset[tuple[str, Role]]


def difference_of(a: Roster, b: Roster, names: tuple[str, str] = ("A", "B")) -> Difference:
    """All that differs. A is the earlier, if one of them is; `names` are what they go by."""
    walk = _Walk(a, b)
    walk.compare_sections()
    walk.compare_people()
    terms = tuple(_moved_terms(a, b))
    shares = (walk.share_of_sections(), walk.share_of_people(), walk.share_of_seats())
    suspicions = [
        *walk.suspicions(),
        *_shifted(terms),
        *_in_keys(a, b),
        *_garbled(a, b),
    ]
    if not suspicions:
        kinds = ("sections", "people", "seats")
        suspicions = [
            Suspicion(Sign.MUCH, Side.EITHER, kind, share.count, share.of)
            for kind, share in zip(kinds, shares, strict=True)
            if not share.is_ordinary
        ]
    schools = tuple(walk.schools.values())
    return Difference(*names, schools, terms, *shares, tuple(suspicions))


@dataclass(slots=True)
class _Walk:
    """Through the sections of both. `pairs` are renumbered ones: key in B -> key in A."""

    a: Roster
    b: Roster
    schools: dict[str, SchoolChange] = field(default_factory=dict)
    pairs: dict[str, str] = field(default_factory=dict)
    reused: int = 0
    lost_teacher: list[int] = field(default_factory=lambda: [0, 0])  # in A; in B
    taught_in_both: int = 0
    new_people: set[str] = field(default_factory=set)
    gone_people: set[str] = field(default_factory=set)
    emails: dict[str, str] = field(default_factory=dict)  # of gone people; their keys
    same_people: dict[str, str] = field(default_factory=dict)  # renumbered: key in B -> in A

    def __post_init__(self) -> None:
        for roster in (self.b, self.a):
            for key, school in roster.schools.items():
                self.schools.setdefault(key, SchoolChange(key, school.name))
        self.new_people = set(self.b.people).difference(self.a.people)
        self.gone_people = set(self.a.people).difference(self.b.people)
        self._recognise_people()

    def _recognise_people(self) -> None:
        """Somebody of another key and the same e-mail, if just one person there has it."""
        found: dict[str, list[str]] = defaultdict(list)
        for key in self.gone_people if self.new_people else ():
            if email := self.a.people[key].email.casefold():
                found[email].append(key)
        for key in self.new_people if found else ():
            former = found.pop(self.b.people[key].email.casefold(), ())
            if len(former) == 1:
                self.same_people[key] = former[0]

    def compare_sections(self) -> None:
        gone = [key for key in self.a.sections if key not in self.b.sections]
        new = [key for key in self.b.sections if key not in self.a.sections]
        self.pairs = self._renumbered(gone, new)
        former = set(self.pairs.values())
        for key in gone:
            if key not in former:
                section = self.a.sections[key]
                change = self._count(0, section, seats := self._seats(self.a, key))
                change.gone += 1
                change.seats_gone += len(seats)
        for key, section in self.b.sections.items():
            if key in self.a.sections:
                self._compare(self.a.sections[key], section)
            elif key in self.pairs:
                self._compare(self.a.sections[self.pairs[key]], section)
                self.schools[section.school.key].renumbered += 1
            else:
                change = self._count(1, section, seats := self._seats(self.b, key))
                change.new += 1
                change.seats_added += len(seats)

    def _compare(self, before: Section, after: Section) -> None:
        old, new = self._seats(self.a, before.key), self._seats(self.b, after.key)
        self._count(0, before, old)
        change = self._count(1, after, new)
        change.moved += before.school.key != after.school.key
        if old == new:
            self.taught_in_both += _is_taught(old)
            return
        if self.same_people:
            new = frozenset((self.same_people.get(who, who), role) for who, role in new)
        change.seats_added += len(new - old)
        change.seats_gone += len(old - new)
        self._compare_teachers(old, new)
        is_other = _of_other_course(before, after)
        self.reused += is_other and len(old & new) * 2 < len(old)

    def _compare_teachers(self, old: _Seats, new: _Seats) -> None:
        was, is_now = _is_taught(old), _is_taught(new)
        self.taught_in_both += was and is_now
        self.lost_teacher[1] += was and not is_now
        self.lost_teacher[0] += is_now and not was

    def _count(self, side: int, section: Section, seats: _Seats) -> SchoolChange:
        change = self.schools[section.school.key]
        change.sections[side] += 1
        change.seats[side] += len(seats)
        return change

    @staticmethod
    def _seats(roster: Roster, section: str) -> _Seats:
        return frozenset([member[:2] for member in roster.memberships.get(section, ())])

    def _renumbered(self, gone: Iterable[str], new: Iterable[str]) -> dict[str, str]:
        """Sections of one course or with a teacher in common that share most students (most of
        the larger one's), each once."""
        by_sign: dict[str, list[str]] = defaultdict(list)
        for key in gone:
            for sign in _signs(self.a.sections[key], self._seats(self.a, key)):
                by_sign[sign].append(key)
        pairs: dict[str, str] = {}
        taken: set[str] = set()
        for key in new if by_sign else ():
            same = self.same_people
            seats = frozenset((same.get(w, w), role) for w, role in self._seats(self.b, key))
            for sign in _signs(self.b.sections[key], seats):
                best = self._most_alike(seats, set(by_sign.get(sign, ())) - taken)
                if best is not None:
                    pairs[key] = best
                    taken.add(best)
                    break
        return pairs

    def _most_alike(self, seats: _Seats, candidates: Iterable[str]) -> str | None:
        alike = {key: self._seats(self.a, key) for key in sorted(candidates)}
        best = max(alike, key=lambda key: len(seats & alike[key]), default=None)
        if best is None or len(seats & alike[best]) * 2 <= max(len(seats), len(alike[best])):
            return None
        return best

    def compare_people(self) -> None:
        """Where those who are only in one of the two have their first seat."""
        former = set(self.same_people.values())
        for roster, people in (
            (self.b, self.new_people.difference(self.same_people)),
            (self.a, self.gone_people - former),
        ):
            left = set(people)
            for key, section in roster.sections.items() if left else ():
                found = left.intersection(
                    [member.person for member in roster.memberships.get(key, ())]
                )
                change = self.schools[section.school.key]
                if roster is self.b:
                    change.people_new += len(found)
                else:
                    change.people_gone += len(found)
                left -= found

    def share_of_sections(self) -> Share:
        fresh = sum(s.new for s in self.schools.values())
        count = fresh + sum(s.gone + s.renumbered for s in self.schools.values())
        return Share(count, len(self.a.sections) + fresh)

    def share_of_people(self) -> Share:
        fresh = len(self.new_people) - len(self.same_people)
        return Share(fresh + len(self.gone_people), len(self.a.people) + fresh)

    def share_of_seats(self) -> Share:
        added = sum(school.seats_added for school in self.schools.values())
        gone = sum(school.seats_gone for school in self.schools.values())
        return Share(added + gone, added + sum(s.seats[0] for s in self.schools.values()))

    def suspicions(self) -> Iterator[Suspicion]:
        """What shows in sections, people and schools."""
        for what, count, of in (
            ("sections", len(self.pairs), len(self.a.sections)),
            ("people", len(self.same_people), len(self.a.people)),
        ):
            if not Share(count, of).is_ordinary:
                yield Suspicion(Sign.RENUMBERED, Side.B, what, count, of)
        if not (share := Share(self.reused, len(self.a.sections))).is_ordinary:
            yield Suspicion(Sign.REUSED, Side.B, "sections", share.count, share.of)
        for side, lost in zip((Side.A, Side.B), self.lost_teacher, strict=True):
            of = self.taught_in_both + lost
            if lost >= FEW and lost > of * VANISHED:
                yield Suspicion(Sign.TEACHERS_GONE, side, "sections", lost, of)
        for school in self.schools.values():
            yield from self._of_school(school)

    def _of_school(self, school: SchoolChange) -> Iterator[Suspicion]:
        """Of a school that both know, the side that has less than half of its seats. A school
        that only one of them knows is new, or closed."""
        if school.key not in self.a.schools or school.key not in self.b.schools:
            return
        fewer, more = sorted(school.seats)
        if more < FEW or fewer * 2 >= more:
            return
        side = Side.A if school.seats[0] == fewer else Side.B
        sign = Sign.SCHOOL_SHRUNK if fewer else Sign.SCHOOL_EMPTY
        yield Suspicion(sign, side, school.name, fewer, more)


def _signs(section: Section, seats: _Seats) -> list[str]:
    """By what a section may be known again under another key, the surest first."""
    course = f"course {section.school.key} {section.course.title.casefold()}"
    teachers = [f"teacher {who}" for who, role in seats if role is Role.TEACHER]
    return [*(f"{course}, {who}" for who in teachers), *teachers, course]


def _of_other_course(before: Section, after: Section) -> bool:
    """A course that was only renumbered, or only renamed, is no other."""
    one, other = before.course, after.course
    return one.key != other.key and one.title.casefold() != other.title.casefold()


def _is_taught(seats: _Seats) -> bool:
    return any(role is Role.TEACHER for _, role in seats)


def _moved_terms(a: Roster, b: Roster) -> Iterator[tuple[Term, Term]]:
    for key, before in a.terms.items():
        after = b.terms.get(key)
        if after and (before.start, before.end) != (after.start, after.end):
            yield before, after


def _shifted(terms: Iterable[tuple[Term, Term]]) -> Iterator[Suspicion]:
    """A term that has moved far. The one whose school year has nothing to do with its dates looks
    wrong; else B."""
    for before, after in terms:
        days = max(
            abs((before.start - after.start).days),
            abs((before.end - after.end).days),
        )
        if days > DAYS:
            odd = [_fits(before), _fits(after)] == [False, True]
            side = Side.A if odd else Side.B
            yield Suspicion(Sign.TERM_SHIFTED, side, before.key, days, days)


def _fits(term: Term) -> bool:
    years = {str(term.start.year), str(term.end.year)}
    return any(year in term.school_year for year in years)


def _in_keys(a: Roster, b: Roster) -> Iterator[Suspicion]:
    """Keys that one of the two has in another form."""
    for kind, in_a, in_b in _keys(a, b):
        only_a, only_b = set(in_a).difference(in_b), set(in_b).difference(in_a)
        sizes = (len(in_a), len(in_b))
        pairs = ((Side.A, only_a, only_b, sizes[0]), (Side.B, only_b, only_a, sizes[1]))
        for side, own, others, of in pairs:
            stripped = {key.lstrip("0") for key in others if key.startswith("0")}
            lost = len(stripped & own)
            if lost >= min(FEW_KEYS, of):
                yield Suspicion(Sign.ZEROS_LOST, side, kind, lost, of)
            if (count := sum(map(is_of_a_spreadsheet, own))) > 0:
                yield Suspicion(Sign.SPREADSHEET, side, kind, count, of)


def _keys(a: Roster, b: Roster) -> Iterator[tuple[str, Mapping[str, object], Mapping[str, object]]]:
    yield "schools", a.schools, b.schools
    yield "terms", a.terms, b.terms
    yield "courses", a.courses, b.courses
    yield "sections", a.sections, b.sections
    yield "people", a.people, b.people


def _garbled(a: Roster, b: Roster) -> Iterator[Suspicion]:
    """The side with more texts that have broken letters, if that is no chance."""
    found = [_garbled_texts(roster) for roster in (a, b)]
    for kind, count in (found[0] | found[1]).items():
        counts = (found[0][kind], found[1][kind])
        if max(counts) > 2 * min(counts):
            worse = 0 if counts[0] > counts[1] else 1
            of = len((a, b)[worse].people if kind == "people" else (a, b)[worse].sections)
            yield Suspicion(Sign.GARBLED, (Side.A, Side.B)[worse], kind, count, of)


def _garbled_texts(roster: Roster) -> Counter[str]:
    found = Counter[str]()
    for person in roster.people.values():
        found["people"] += is_garbled(person.given_name) or is_garbled(person.family_name)
    for section in roster.sections.values():
        found["sections"] += is_garbled(section.title)
    return +found
