"""May this much be done at once? Limits for each class, school and district hold changes back.

A limit never widens what is done: a level that trips holds every change of the kind beneath it, and
counts those that a narrower level holds already. Additions of people are never held here.
"""

from collections import Counter
from collections.abc import Callable, Iterable, Mapping, Sequence, Set
from dataclasses import dataclass, field, replace

from policy.merge.desire import Quiet
from policy.merge.plan import FORMER_ALIAS, Change, HeldFor, Hold, Kind
from policy.merge.records import Base, Desired, Head
from policy.rules.model import Allowance, Limit, SchoolRules

SHOWN = 5


@dataclass(frozen=True, slots=True)
class _Measure:
    """What a kind's changes are counted in. A class whose name and room change is one class."""

    one: str  # of `seats` in the census
    several: str
    verb: str
    by_class: bool

    def counted(self, count: int) -> str:
        return f"{count:,} {self.one if count == 1 else self.several}"


LIMITED = {
    Kind.TEACHER_REMOVE: _Measure("teacher seat", "teacher seats", "would go", by_class=False),
    Kind.STUDENT_REMOVE: _Measure("student seat", "student seats", "would go", by_class=False),
    Kind.COURSE_OWNER: _Measure("class", "classes", "would get another owner", by_class=True),
    Kind.COURSE_RESTORE: _Measure("class", "classes", "would be opened again", by_class=True),
    Kind.COURSE_UPDATE: _Measure("class", "classes", "would have texts changed", by_class=True),
    Kind.COURSE_ARCHIVE: _Measure("class", "classes", "would be archived", by_class=True),
    Kind.COURSE_CREATE: _Measure("class", "classes", "would be made", by_class=True),
}
_TEACHERS = (Kind.TEACHER_REMOVE, Kind.COURSE_OWNER)
REMOVALS = (Kind.TEACHER_REMOVE, Kind.STUDENT_REMOVE)


@dataclass(frozen=True, slots=True)
class Census:
    """How much there is of what a kind changes: seats of ours for removals, else classes of ours;
    in each class, school, and in all. `wanted` is how many seats the roster asks for tonight.
    For removals only courses that are wanted count: last year's would make every share small."""

    classes: Mapping[tuple[Kind, str], int]  # by alias; not of quiet ones, in which nothing changes
    schools: Mapping[tuple[Kind, str], int]
    district: Mapping[Kind, int]
    wanted: Mapping[tuple[Kind, str], int]  # by alias, of the same
    wanted_at: Mapping[tuple[Kind, str], int]  # by school
    deserted: int = 0  # classes of ours whose section is gone before its term was over


def take_census(
    courses: Iterable[Base],
    desired: Iterable[Desired] = (),
    others: Iterable[Head] = (),
    quiet: Iterable[Quiet] = (),
    elsewhere: Iterable[Base] = (),
    *,
    deserted: int = 0,
) -> Census:
    """Count: `courses` are ours and wanted, `others` ours and open, but not wanted. Of a quiet one
    as many seats are ours as are wanted, if its students are there. `elsewhere` are ours in which
    nothing is to be changed: they are only counted."""
    counts = _Counts()
    for base in courses:
        counts.course(base.alias, base.school_key, len(base.teachers), len(base.students))
    for head in others:
        counts.add(Kind.COURSE_ARCHIVE, head.alias, head.school_key, 1)
    for want in desired:
        counts.want(want.alias, want.school_key, len(want.teachers), len(want.students))
    counts.crowd((q.section.school.key, q.teachers, q.seated, q.students) for q in quiet)
    counts.crowd((b.school_key, len(b.teachers), len(b.students), 0) for b in elsewhere)
    return Census(
        counts.classes, counts.schools, counts.district, counts.wanted, counts.wanted_at, deserted
    )


@dataclass(slots=True)
class _Counts:
    """A census while it is taken."""

    classes: dict[tuple[Kind, str], int] = field(default_factory=dict)
    schools: Counter[tuple[Kind, str]] = field(default_factory=Counter)
    district: Counter[Kind] = field(default_factory=Counter)
    wanted: dict[tuple[Kind, str], int] = field(default_factory=dict)
    wanted_at: Counter[tuple[Kind, str]] = field(default_factory=Counter)

    def add(self, kind: Kind, alias: str, school: str, size: int) -> None:
        self.classes[kind, alias] = size
        self.schools[kind, school] += size
        self.district[kind] += size

    def course(self, alias: str, school: str, teachers: int, students: int) -> None:
        self.add(Kind.TEACHER_REMOVE, alias, school, teachers)
        self.add(Kind.STUDENT_REMOVE, alias, school, students)
        for kind in LIMITED.keys() - REMOVALS:
            self.add(kind, alias, school, 1)

    def want(self, alias: str, school: str, teachers: int, students: int) -> None:
        for kind, seats in ((Kind.TEACHER_REMOVE, teachers), (Kind.STUDENT_REMOVE, students)):
            self.wanted[kind, alias] = seats
            self.wanted_at[kind, school] += seats

    def crowd(self, some: Iterable[tuple[str, int, int, int]]) -> None:
        """Classes in which nothing changes, nearly all of them, added up by school: its key, the
        seats of teachers, of students, and how many students are wanted."""
        sums: dict[str, list[int]] = {}
        for school, teachers, students, wanted in some:
            total = sums.setdefault(school, [0, 0, 0, 0])
            total[0] += 1
            total[1] += teachers
            total[2] += students
            total[3] += wanted
        for school, (classes, teachers, students, wanted) in sums.items():
            ours = dict.fromkeys(LIMITED, classes)
            ours |= {Kind.TEACHER_REMOVE: teachers, Kind.STUDENT_REMOVE: students}
            for kind, size in ours.items():
                self.schools[kind, school] += size
                self.district[kind] += size
            self.wanted_at[Kind.TEACHER_REMOVE, school] += teachers
            self.wanted_at[Kind.STUDENT_REMOVE, school] += wanted


def judge_limits(
    changes: Sequence[Change],
    census: Census,
    *,
    rules_of: Callable[[str], SchoolRules],
    defaults: SchoolRules,
    is_first_load: bool = False,
    in_grace: Mapping[str, int] | None = None,
) -> tuple[list[Change], list[Hold]]:
    """What may go, and what is held. `rules_of` gives a school's rules by its key; the
    district's own limit comes from `defaults`. A first load may make any number of classes.
    `in_grace` is how many students of a class (by alias) are off the roster and still there."""
    kinds = [kind for kind in LIMITED if not (is_first_load and kind is Kind.COURSE_CREATE)]
    going = [c for c in changes if not any(_counts_as(c, kind) for kind in kinds)]
    holds: list[Hold] = []
    for kind in kinds:
        some = [change for change in changes if _counts_as(change, kind)]
        free, held = _judge_kind(kind, some, census, rules_of=rules_of, defaults=defaults)
        going.extend(free)
        holds.extend(held)
    going, holds = _hold_seats_of_held_creations(going, holds)
    emptied = _emptied(in_grace or {}, census, going, rules_of)
    going, holds = _hold_teachers_of(emptied, going, holds)
    return _hold_former_owners(going, holds)


def _counts_as(change: Change, kind: Kind) -> bool:
    """Is it of a kind that has a limit? To take an old alias off a class changes nothing in it."""
    return change.kind is kind and change.field != FORMER_ALIAS


def _hold_seats_of_held_creations(
    going: Sequence[Change], holds: Sequence[Hold]
) -> tuple[list[Change], list[Hold]]:
    """Nobody can be put into a class that is not made: they come with it, in the same hold."""
    held = {
        change.course.alias: number
        for number, hold in enumerate(holds)
        if hold.kind is Kind.COURSE_CREATE
        for change in hold.changes
    }
    with_them: dict[int, list[Change]] = {}
    for change in going:
        if change.course.alias in held:
            with_them.setdefault(held[change.course.alias], []).append(change)
    result = [
        replace(hold, changes=(*hold.changes, *with_them.get(number, ())))
        for number, hold in enumerate(holds)
    ]
    return [change for change in going if change.course.alias not in held], result


def _hold_teachers_of(
    emptied: Set[str], going: Sequence[Change], holds: Sequence[Hold]
) -> tuple[list[Change], list[Hold]]:
    """What took too many students out of a class most likely took its teachers too: a file that
    was cut off. They are held with the students, and so is its owner."""
    held = {
        c.course.alias for hold in holds if hold.kind is Kind.STUDENT_REMOVE for c in hold.changes
    } | emptied
    stays = [c for c in going if c.kind in _TEACHERS and c.course.alias in held]
    left = {id(change) for change in stays}
    result = list(holds)
    for kind in _TEACHERS:
        some = tuple(change for change in stays if change.kind is kind)
        if some:
            what = LIMITED[kind].counted(len(some))
            words = f"{what} {LIMITED[kind].verb} where too many students would go, or soon will"
            result.append(Hold(kind, len(some), HeldFor.LIMIT, None, (words,), some))
    return [change for change in going if id(change) not in left], result


def _hold_former_owners(
    going: Sequence[Change], holds: Sequence[Hold]
) -> tuple[list[Change], list[Hold]]:
    """Who owned a class leaves it only once it has another owner."""
    result: list[Hold] = []
    left: set[int] = set()
    for hold in holds:
        former = {(c.course.alias, c.before) for c in hold.changes if c.kind is Kind.COURSE_OWNER}
        with_it = [
            c
            for c in going
            if c.kind is Kind.TEACHER_REMOVE
            and c.person is not None
            and (c.course.alias, c.person.id) in former
        ]
        left |= {id(change) for change in with_it}
        result.append(replace(hold, changes=(*hold.changes, *with_it)))
    return [change for change in going if id(change) not in left], result


def _emptied(
    in_grace: Mapping[str, int],
    census: Census,
    changes: Sequence[Change],
    rules_of: Callable[[str], SchoolRules],
) -> frozenset[str]:
    """Classes of which more students are in their grace than a class may lose at once."""
    found: set[str] = set()
    for change in changes:
        alias = change.course.alias
        limit = rules_of(change.course.school_key).limits.get(Kind.STUDENT_REMOVE.value)
        if change.kind not in _TEACHERS or limit is None or limit.class_ is None:
            continue
        seats = census.classes.get((Kind.STUDENT_REMOVE, alias), 0)
        if in_grace.get(alias, 0) > limit.class_.of(seats, limit.at_least):
            found.add(alias)
    return frozenset(found)


def _judge_kind(
    kind: Kind,
    changes: Sequence[Change],
    census: Census,
    *,
    rules_of: Callable[[str], SchoolRules],
    defaults: SchoolRules,
) -> tuple[list[Change], list[Hold]]:
    """District first, then school, then class: what a wider level holds is told once."""
    limit = defaults.limits.get(kind.value)
    if limit:
        level = _Level(kind, "in the district", census.district.get(kind, 0), limit.district, limit)
        if level.trips(changes):
            return [], [level.hold(changes, census)]
    free: list[Change] = []
    holds: list[Hold] = []
    for school, in_school in _grouped(changes, lambda c: c.course.school_key).items():
        limit = rules_of(school).limits.get(kind.value)
        if limit is None:
            free.extend(in_school)
            continue
        name = f"at {in_school[0].course.school}"
        level = _Level(kind, name, census.schools.get((kind, school), 0), limit.school, limit)
        if level.trips(in_school):
            holds.append(level.hold(in_school, census))
            continue
        for alias, in_class in _grouped(in_school, lambda c: c.course.alias).items():
            seats = census.classes.get((kind, alias), 0)
            where = f"in “{in_class[0].course.name}” at {in_class[0].course.school}"
            level = _Level(kind, where, seats, limit.class_, limit)
            if level.trips(in_class):
                holds.append(level.hold(in_class, census))
            else:
                free.extend(in_class)
    return free, holds


def _grouped(
    changes: Sequence[Change], key: Callable[[Change], str]
) -> Mapping[str, Sequence[Change]]:
    groups: dict[str, list[Change]] = {}
    for change in changes:
        groups.setdefault(key(change), []).append(change)
    return groups


@dataclass(frozen=True, slots=True)
class _Level:
    """One limit at one level: of `seats` seats or classes, `allowance` may be changed."""

    kind: Kind
    where: str
    seats: int
    allowance: Allowance | None
    limit: Limit

    def trips(self, changes: Sequence[Change]) -> bool:
        if self.allowance is None:
            return False
        return self._units(changes) > self.allowance.of(self.seats, self.limit.at_least)

    def hold(self, changes: Sequence[Change], census: Census) -> Hold:
        measure, units = LIMITED[self.kind], self._units(changes)
        least = f", at least {self.limit.at_least}" if self.limit.at_least else ""
        words = f"{self.allowance}{least}"
        share = f" ({units / self.seats:.1%})" if self.seats else ""
        if self.kind is Kind.COURSE_CREATE:
            there = f"beside {self.seats:,} that {'is' if self.seats == 1 else 'are'} there"
            what = f"{measure.counted(units)} {measure.verb} {self.where}, {there}"
        else:
            some = f"{units:,} of {measure.counted(self.seats)}"
            what = f"{some} {self.where} {measure.verb}{share}"
        return Hold(
            kind=self.kind,
            count=len(changes),
            reason=HeldFor.LIMIT,
            limit=words,
            why=(
                f"{what}; the limit is {words} ({self.limit.line})",
                *_most(changes),
                *likeliest_cause(changes, census),
            ),
            changes=tuple(changes),
        )

    def _units(self, changes: Sequence[Change]) -> int:
        if LIMITED[self.kind].by_class:
            return len({change.course.alias for change in changes})
        return len(changes)


def _most(changes: Sequence[Change]) -> list[str]:
    """Where most of them are, when they are not all in one class."""
    schools = Counter(change.course.school for change in changes)
    classes = Counter((change.course.name, change.course.school) for change in changes)
    if len(schools) > 1:
        return [f"{count:,} of them at {name}" for name, count in schools.most_common(SHOWN)]
    if len(classes) > 1 and changes[0].kind in REMOVALS:
        return [f"{count:,} of them in “{name}”" for (name, _), count in classes.most_common(SHOWN)]
    return []


def likeliest_cause(changes: Sequence[Change], census: Census) -> list[str]:
    """What most likely lies behind it: of removals, a school or classes that the roster has nobody
    for any more; of new classes, that sections have other ids now. Nothing where it looks like an
    ordinary change."""
    kind = changes[0].kind
    if kind is Kind.COURSE_CREATE and census.deserted:
        are = "is" if census.deserted == 1 else "are"
        return [
            f"most likely: the SIS has given sections new ids, for "
            f"{LIMITED[kind].counted(census.deserted)} of ours {are} without a section in mid-term"
        ]
    if kind not in REMOVALS:
        return []
    people = "students" if kind is Kind.STUDENT_REMOVE else "teachers"
    empty = {
        key: some[0].course.school
        for key, some in _grouped(changes, lambda c: c.course.school_key).items()
        if not census.wanted_at.get((kind, key), 0)
    }
    if empty:
        names = ", ".join(sorted(empty.values())[:SHOWN])
        return [
            f"most likely: the drop has no {people} at all for {names}; see whether its "
            "enrollments are complete"
        ]
    classes = {change.course.alias: change.course.name for change in changes}
    bare = [alias for alias in classes if not census.wanted.get((kind, alias), 0)]
    if bare:
        some = "1 class" if len(bare) == 1 else f"{len(bare):,} classes"
        return [
            f"most likely: the drop lacks the enrollments of {some}, such as "
            f"“{classes[bare[0]]}”, which would be left without {people}"
        ]
    return []
