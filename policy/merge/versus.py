"""Two policies on one roster: what is wanted under each, section by section, and what differs.

Pure. One section is looked at at a time, and nothing of what is wanted is held: a large district's
wishes would not fit twice.
"""

from collections import Counter
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from enum import Enum
from functools import cached_property
from hashlib import blake2b

from policy.merge.combine import Combined, combine
from policy.merge.desire import Known
from policy.merge.effective import Line, Pair
from policy.merge.records import Desired, Head, User, Wanted
from policy.merge.wish import Wish, wish_for
from policy.roster.model import Role, Section


class Kind(Enum):
    """What a policy may change. In the order in which it is told."""

    KEY = "class.key"
    TOGETHER = "class.together"
    COMES = "section.comes"
    GOES = "section.goes"
    WAITS = "section.waits"
    READY = "section.ready"
    NAME = "class.name"
    SECTION = "class.section"
    ROOM = "class.room"
    OWNER = "class.owner"
    ARCHIVE = "class.archive"
    OPEN = "class.open"
    TEACHER_IN = "teacher.add"
    TEACHER_OUT = "teacher.remove"
    TEACHER_LEFT = "teacher.leave"
    STUDENT_IN = "student.add"
    STUDENT_OUT = "student.remove"
    STUDENT_LEFT = "student.leave"


@dataclass(frozen=True, slots=True)
class Cause:
    """The field of the policy that makes the difference, and its line. Several fields: no line."""

    field: str
    line: Line | None


@dataclass(frozen=True, slots=True)
class Somebody:
    """Whom a seat is for: the SIS's key (empty if the policy names them) and the e-mail."""

    role: Role
    key: str
    email: str


@dataclass(frozen=True, slots=True)
class Difference:
    """One thing that is otherwise under the new policy. `before` and `after` are texts of a class
    or its aliases, for WAITS and READY the reason, for TOGETHER the sections (their keys) of its
    class; `person` is set for seats, and for owners it is
    who owns the class now, `former` who did."""

    kind: Kind
    section: Section
    cause: Cause
    before: str = ""
    after: str = ""
    person: Somebody | None = None
    former: Somebody | None = None


def differences(old: Known, new: Known) -> Iterator[Difference]:
    """What the new policy makes otherwise, in the order of the roster's sections. Both are known
    of one roster and one day; classes of ours (heads) and the accounts are the same."""
    groups = _groups(old), _groups(new)
    twins = _twins(old, new, groups)
    both = Pair(old.sources.policy, new.sources.policy)
    of_district = frozenset(change.field for change in both.district_changes(str))
    pairs: dict[str, _School] = {}
    for section in new.sources.roster.sections.values():
        key = section.school.key
        school = pairs.get(key) or pairs.setdefault(
            key, _School(old, new, section, of_district, groups)
        )
        are_twins = section.key in twins[0], section.key in twins[1]
        if school.changed or are_twins[0] != are_twins[1]:
            yield from _Two(section, school, are_twins).differences()


class _School:
    """The two policies in one school, and which of the fields differ there."""

    def __init__(
        self,
        old: Known,
        new: Known,
        section: Section,
        of_district: frozenset[str],
        groups: tuple[Combined, Combined],
    ) -> None:
        self.old, self.new = old, new
        self.groups = groups
        policies = old.sources.policy, new.sources.policy
        self.pair = Pair(*policies, section.school.key, section.school.name)
        self.changed = of_district | {change.field for change in self.pair.changes(str)}

    def cause(self, *fields: str) -> Cause:
        """The first of the fields that differs. Where none of them does, it is several others that
        do it together."""
        found = next((field for field in fields if field in self.changed), None)
        return Cause("several", None) if found is None else Cause(found, self.pair.line(found))


@dataclass(frozen=True, slots=True)
class _Side:
    """A section under one policy. `out` is the field that leaves it out, `reason` why it waits;
    `by` is the field that makes it wait, if only one can."""

    out: str = ""
    reason: str = ""
    by: str = ""
    alias: str = ""
    course: Desired | None = None
    teachers: Mapping[str, Wanted] = field(default_factory=dict)  # besides the owner


@dataclass
class _Two:
    """One section under both policies."""

    section: Section
    school: _School
    are_twins: tuple[bool, bool]

    def differences(self) -> Iterator[Difference]:
        old, new = self.sides
        if old is None or new is None or (old.out and new.out):
            return
        if old.out:
            yield self._made(Kind.COMES, Cause(old.out, self._line_that_left_it_out(old.out)))
        elif new.out:
            yield self._made(Kind.GOES, Cause(new.out, self.school.pair.new_line(new.out)))
            return
        before, after = (_keys(combined, self.section) for combined in self.school.groups)
        if before != after and not old.out:
            yield self._together(before, after)
            return
        if after[0] != self.section.key:
            return  # told with the first section of its class
        if new.reason and not old.reason:
            yield self._made(Kind.WAITS, self._why_it_waits(new.by), after=new.reason)
        elif old.reason and not new.reason:
            yield self._made(Kind.READY, self._why_it_waits(old.by), before=old.reason)
        if old.alias and new.alias and old.alias != new.alias:
            cause = self.school.cause("classes.key")
            yield self._made(Kind.KEY, cause, before=old.alias, after=new.alias)
        if old.course is not None and new.course is not None:
            yield from self._texts(old.course, new.course)
            yield from self._owner(old.course, new.course)
            yield from self._archive(old.course, new.course)
            yield from self._teachers(old, new, old.course, new.course)
            yield from self._students(old.course, new.course)

    def _together(self, before: Sequence[str], after: Sequence[str]) -> Difference:
        """What becomes of its class's texts and seats then is not told one by one."""
        words = [", ".join(keys) if len(keys) > 1 else "by itself" for keys in (before, after)]
        cause = self.school.cause("classes.combine", "classes.scope.exclude", "classes.key")
        return self._made(Kind.TOGETHER, cause, before=words[0], after=words[1])

    @cached_property
    def sides(self) -> tuple[_Side | None, _Side | None]:
        """None: its class was let go of for good, or is none of ours to tell about."""
        knowns = self.school.old, self.school.new
        both = list(zip(knowns, self.school.groups, strict=True))
        wishes = [_wish(self.section, known, combined) for known, combined in both]
        aliases = [
            combined.alias_of(self.section, wish)
            for wish, combined in zip(wishes, self.school.groups, strict=True)
        ]
        # A class that gets another key goes on, once there is consent: it is the same class.
        found = (known.heads.get(a) for known, a in zip(knowns, aliases, strict=True) if a)
        heads = [head for head in found if head is not None]
        old, new = (
            _side(wish, alias, known, heads, is_twin=is_twin)
            for wish, alias, known, is_twin in zip(
                wishes, aliases, knowns, self.are_twins, strict=True
            )
        )
        return old, new

    def _made(
        self,
        kind: Kind,
        cause: Cause,
        *,
        before: str = "",
        after: str = "",
        person: Somebody | None = None,
        former: Somebody | None = None,
    ) -> Difference:
        return Difference(kind, self.section, cause, before, after, person, former)

    def _line_that_left_it_out(self, out: str) -> Line:
        """An entry of a list that is gone stood in the old policy; what the list's place holds now
        may be another one."""
        if out.endswith("]"):
            return self.school.pair.old_line(out)
        return self.school.pair.line(out)

    def _why_it_waits(self, by: str) -> Cause:
        if by:
            return self.school.cause(by)
        return self.school.cause(
            "classes.when_incomplete",
            "classes.owner",
            "district.domains",
            "people.identities",
            "classes.name",
            "classes.scope.exclude",
        )

    def _texts(self, old: Desired, new: Desired) -> Iterator[Difference]:
        for kind in (Kind.NAME, Kind.SECTION, Kind.ROOM):
            name = kind.value.removeprefix("class.")
            before, after = getattr(old.fields, name), getattr(new.fields, name)
            if before != after:
                cause = self.school.cause(f"classes.{name}", "classes.key")
                yield self._made(kind, cause, before=before, after=after)

    def _owner(self, old: Desired, new: Desired) -> Iterator[Difference]:
        if old.owner.id != new.owner.id:
            yield self._made(
                Kind.OWNER,
                self.school.cause(
                    "classes.owner",
                    "district.domains",
                    "people.identities",
                    "classes.when_incomplete",
                ),
                person=_owner(new),
                former=_owner(old),
            )

    def _archive(self, old: Desired, new: Desired) -> Iterator[Difference]:
        if old.archive != new.archive:
            kind = Kind.ARCHIVE if new.archive else Kind.OPEN
            yield self._made(kind, self.school.cause("classes.after_term"))

    def _teachers(self, old: _Side, new: _Side, was: Desired, now: Desired) -> Iterator[Difference]:
        kinds = (Kind.TEACHER_IN, Kind.TEACHER_OUT, Kind.TEACHER_LEFT)
        seats = _Seats(Role.TEACHER, kinds, old.teachers, new.teachers, was, now)
        return self._seats(seats)

    def _students(self, was: Desired, now: Desired) -> Iterator[Difference]:
        kinds = (Kind.STUDENT_IN, Kind.STUDENT_OUT, Kind.STUDENT_LEFT)
        return self._seats(_Seats(Role.STUDENT, kinds, was.students, now.students, was, now))

    def _seats(self, seats: "_Seats") -> Iterator[Difference]:
        came, gone, left = seats.kinds
        for user_id in seats.new:
            if user_id not in seats.old and user_id != seats.was.owner.id:
                yield self._seat(came, seats, user_id, seats.new[user_id])
        for user_id in seats.old:
            if user_id not in seats.new and user_id != seats.now.owner.id:
                kind = left if user_id in seats.now.unsure else gone
                yield self._seat(kind, seats, user_id, seats.old[user_id])

    def _seat(self, kind: Kind, seats: "_Seats", user_id: str, wanted: Wanted) -> Difference:
        who = Somebody(seats.role, wanted.person_key, wanted.user.email)
        return self._made(kind, self._why_seat(seats, user_id), person=who)

    def _why_seat(self, seats: "_Seats", user_id: str) -> Cause:
        """An entry of the policy that names them, on the side where it does; else the rule."""
        is_student = seats.role is Role.STUDENT
        listed = "students.exceptions" if is_student else "co_teachers.extra"
        wanted = seats.new.get(user_id) or seats.old[user_id]
        if not wanted.person_key:
            return Cause(listed, Line(wanted.row, is_old=user_id not in seats.new))
        if is_student and user_id in seats.now.kept_out:
            return Cause(listed, Line(seats.now.kept_out[user_id]))
        if is_student and user_id in seats.was.kept_out:
            return Cause(listed, Line(seats.was.kept_out[user_id], is_old=True))
        if is_student:
            return self.school.cause(
                "district.domains", "people.identities", "co_teachers.add", listed
            )
        return self.school.cause(
            "co_teachers.add",
            "co_teachers.at_most",
            "district.domains",
            "people.identities",
            "classes.owner",
            listed,
        )


@dataclass(frozen=True, slots=True)
class _Seats:
    """The seats of one role under both policies."""

    role: Role
    kinds: tuple[Kind, Kind, Kind]
    old: Mapping[str, Wanted]
    new: Mapping[str, Wanted]
    was: Desired
    now: Desired


def _groups(known: Known) -> Combined:
    """Which sections are one class under a policy."""
    return combine(known.sources, known.heads, known.released)


def _keys(combined: Combined, section: Section) -> tuple[str, ...]:
    """The sections of a section's class, the one that it is told with first."""
    one = combined.of(section)
    return tuple(each.key for each in one.sections) if one else (section.key,)


def _wish(section: Section, known: Known, combined: Combined) -> Wish:
    one = combined.of(section)
    return one.wish(known.sources) if one else wish_for(section, known.sources)


def _side(
    wish: Wish, alias: str | None, known: Known, heads: Sequence[Head], *, is_twin: bool
) -> _Side | None:
    verdict = wish.verdict()
    if not verdict.inside:
        return _Side(out=verdict.field)
    if alias is None:
        return _Side(reason=wish.why_no_key(), by="classes.key")
    if alias in known.released:
        return None
    if is_twin:
        words = "another section would have the same key"
        return _Side(reason=words, by="classes.key", alias=alias)
    head = known.heads.get(alias) or next(iter(heads), None)
    found = wish.desired(alias, head, lambda name: known.teachers_of(head.alias if head else name))
    if isinstance(found, str):
        return _Side(reason=found, alias=alias)
    seated = found.teachers if wish.rules.co_teachers.add else found.leading
    teachers = {u: found.teachers[u] for u in seated if u != found.owner.id}
    return _Side(alias=alias, course=found, teachers=teachers)


def _owner(course: Desired) -> Somebody:
    wanted = course.teachers.get(course.owner.id)
    return Somebody(Role.TEACHER, wanted.person_key if wanted else "", _address(course.owner))


def _address(user: User) -> str:
    return user.email or user.id


def _twins(
    old: Known, new: Known, groups: tuple[Combined, Combined]
) -> tuple[frozenset[str], frozenset[str]]:
    """Sections (by key) under each policy whose class's key another one has too: see `desire`."""
    counts: tuple[Counter[bytes], Counter[bytes]] = (Counter(), Counter())
    sections = new.sources.roster.sections.values()
    for section in sections:
        for known, combined, count in zip((old, new), groups, counts, strict=True):
            alias = _alias_in_scope(section, known, combined)
            if alias is not None:
                count[_short(alias)] += 1
    return _shared(old, counts[0], groups[0]), _shared(new, counts[1], groups[1])


def _alias_in_scope(section: Section, known: Known, combined: Combined) -> str | None:
    """The alias of a section's class, said once where several are one class."""
    if _keys(combined, section)[0] != section.key:
        return None
    wish = _wish(section, known, combined)
    return combined.alias_of(section, wish) if wish.verdict().inside else None


def _short(alias: str) -> bytes:
    return blake2b(alias.encode(), digest_size=16).digest()


def _shared(known: Known, counts: Counter[bytes], combined: Combined) -> frozenset[str]:
    """Of those with one key, only sections that would have a class stand in each other's way."""
    if len(counts) == counts.total():
        return frozenset()
    groups: dict[str, list[str]] = {}
    for section in known.sources.roster.sections.values():
        alias = _alias_in_scope(section, known, combined)
        if alias is None or counts[_short(alias)] == 1 or alias in known.released:
            continue
        wish = _wish(section, known, combined)
        if not isinstance(wish.desired(alias, known.heads.get(alias), known.teachers_of), str):
            groups.setdefault(alias, []).append(section.key)
    return frozenset(key for keys in groups.values() if len(keys) > 1 for key in keys)
