"""May this many seats go? Limits for each class, school and district hold removals back.

A limit never widens what is done: a level that trips holds every removal beneath it, and counts
those that a narrower level holds already. Additions are never held here.
"""

from collections import Counter
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass

from policy.merge.plan import Change, HeldFor, Hold, Kind
from policy.merge.records import Base
from policy.rules.model import Allowance, Limit, SchoolRules

LIMITED = {Kind.TEACHER_REMOVE: "teacher", Kind.STUDENT_REMOVE: "student"}
SHOWN = 5


@dataclass(frozen=True, slots=True)
class Census:
    """How many seats of ours there are, by kind of removal: in each class, school, and in all.
    Only courses that are wanted count: last year's would make every share look small."""

    classes: Mapping[tuple[Kind, str], int]
    schools: Mapping[tuple[Kind, str], int]
    district: Mapping[Kind, int]


def take_census(courses: Iterable[Base]) -> Census:
    """Count the seats of the base."""
    classes: dict[tuple[Kind, str], int] = {}
    schools = Counter[tuple[Kind, str]]()
    district = Counter[Kind]()
    for base in courses:
        for kind, seats in (
            (Kind.TEACHER_REMOVE, len(base.teachers)),
            (Kind.STUDENT_REMOVE, len(base.students)),
        ):
            classes[kind, base.alias] = seats
            schools[kind, base.school_key] += seats
            district[kind] += seats
    return Census(classes, schools, district)


def judge_limits(
    changes: Sequence[Change],
    census: Census,
    *,
    rules_of: Callable[[str], SchoolRules],
    defaults: SchoolRules,
) -> tuple[list[Change], list[Hold]]:
    """What may go, and what is held. `rules_of` gives a school's rules by its key; the
    district's own limit comes from `defaults`."""
    going = [change for change in changes if change.kind not in LIMITED]
    holds: list[Hold] = []
    for kind in LIMITED:
        removals = [change for change in changes if change.kind is kind]
        free, held = _judge_kind(kind, removals, census, rules_of=rules_of, defaults=defaults)
        going.extend(free)
        holds.extend(held)
    return _hold_teachers_of_held_classes(going, holds)


def _hold_teachers_of_held_classes(
    going: Sequence[Change], holds: Sequence[Hold]
) -> tuple[list[Change], list[Hold]]:
    """What took too many students out of a class most likely took its teachers too: a file that
    was cut off. They are held with the students."""
    held = {c.course.alias for hold in holds for c in hold.changes}
    with_them = [c for c in going if c.kind is Kind.TEACHER_REMOVE and c.course.alias in held]
    if not with_them:
        return list(going), list(holds)
    count = len(with_them)
    words = (
        f"{count:,} teacher {'seat' if count == 1 else 'seats'} would go in classes whose students "
        "are held back too"
    )
    hold = Hold(Kind.TEACHER_REMOVE, count, HeldFor.LIMIT, None, (words,), tuple(with_them))
    stay = {id(change) for change in with_them}
    return [change for change in going if id(change) not in stay], [*holds, hold]


def _judge_kind(
    kind: Kind,
    removals: Sequence[Change],
    census: Census,
    *,
    rules_of: Callable[[str], SchoolRules],
    defaults: SchoolRules,
) -> tuple[list[Change], list[Hold]]:
    """District first, then school, then class: what a wider level holds is told once."""
    limit = defaults.limits.get(kind.value)
    if limit:
        level = _Level(kind, "in the district", census.district.get(kind, 0), limit.district, limit)
        if level.trips(len(removals)):
            return [], [level.hold(removals)]
    free: list[Change] = []
    holds: list[Hold] = []
    for school, in_school in _grouped(removals, lambda c: c.course.school_key).items():
        limit = rules_of(school).limits.get(kind.value)
        if limit is None:
            free.extend(in_school)
            continue
        name = f"at {in_school[0].course.school}"
        level = _Level(kind, name, census.schools.get((kind, school), 0), limit.school, limit)
        if level.trips(len(in_school)):
            holds.append(level.hold(in_school))
            continue
        for alias, in_class in _grouped(in_school, lambda c: c.course.alias).items():
            seats = census.classes.get((kind, alias), 0)
            where = f"in “{in_class[0].course.name}” at {in_class[0].course.school}"
            level = _Level(kind, where, seats, limit.class_, limit)
            if level.trips(len(in_class)):
                holds.append(level.hold(in_class))
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
    """One limit at one level: of `seats` seats, `allowance` may go."""

    kind: Kind
    where: str
    seats: int
    allowance: Allowance | None
    limit: Limit

    def trips(self, count: int) -> bool:
        if self.allowance is None:
            return False
        return count > self.allowance.of(self.seats, self.limit.at_least)

    def hold(self, removals: Sequence[Change]) -> Hold:
        count, words = len(removals), f"{self.allowance}, at least {self.limit.at_least}"
        share = f" ({count / self.seats:.1%})" if self.seats else ""
        return Hold(
            kind=self.kind,
            count=count,
            reason=HeldFor.LIMIT,
            limit=words,
            why=(
                f"{count:,} of {self.seats:,} {LIMITED[self.kind]} seats {self.where} would go"
                f"{share}; the limit is {words} ({self.limit.line})",
                *_most(removals),
            ),
            changes=tuple(removals),
        )


def _most(removals: Sequence[Change]) -> list[str]:
    """Where most of them are, when they are not all in one class."""
    schools = Counter(change.course.school for change in removals)
    classes = Counter((change.course.name, change.course.school) for change in removals)
    if len(schools) > 1:
        return [f"{count:,} of them at {name}" for name, count in schools.most_common(SHOWN)]
    if len(classes) > 1:
        return [f"{count:,} of them in “{name}”" for (name, _), count in classes.most_common(SHOWN)]
    return []
