"""One course: base, desired and live become changes, stops, kept things, and a settled base."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from enum import Enum

from policy.merge.fields import merge_fields
from policy.merge.merge import CourseDecision, SeatDecision, decide_course, decide_seat
from policy.merge.plan import Change, CourseRef, Kept, Kind, NewCourse
from policy.merge.records import (
    Base,
    Desired,
    Live,
    Seat,
    State,
    User,
    Wanted,
    after_handover,
)
from policy.merge.why import Reasons
from policy.roster.model import Role
from policy.rules.model import AddedByHand, AddStudents, RemovedByHand, SchoolRules

OPEN = (State.ACTIVE, State.PROVISIONED)
_ADD = {Role.TEACHER: Kind.TEACHER_ADD, Role.STUDENT: Kind.STUDENT_ADD}
_REMOVE = {Role.TEACHER: Kind.TEACHER_REMOVE, Role.STUDENT: Kind.STUDENT_REMOVE}


class StopReason(Enum):
    """Why something is held, apart from limits."""

    ALREADY_THERE = "already there"
    GONE = "gone by hand"
    DOUBT = "in doubt"


@dataclass(frozen=True, slots=True)
class Stop:
    """One thing that is held. `change` is what consent would let through, if anything."""

    reason: StopReason
    kind: Kind
    course: CourseRef
    detail: str
    change: Change | None = None


@dataclass(frozen=True, slots=True)
class Compared:
    """What came of one course. `base` is how the base row should stand now, before any write
    (None: no row)."""

    changes: tuple[Change, ...] = ()
    stops: tuple[Stop, ...] = ()
    kept: tuple[Kept, ...] = ()
    base: Base | None = None


@dataclass(frozen=True, slots=True)
class Setting:
    """What holds while courses are compared: the school's rules, the words, who is who, when."""

    rules: SchoolRules
    reasons: Reasons
    names: Mapping[str, User]  # by user id
    now: str  # RFC 3339


def compare_course(
    base: Base | None, desired: Desired, live: Live | None, setting: Setting
) -> Compared:
    """Judge one course that is wanted."""
    decision = decide_course(base=base is not None, desired=True, live=live is not None)
    course = setting.reasons.course(desired, base)
    if decision is CourseDecision.CREATE:
        return Compared(changes=_create(desired, course, setting))
    if decision is CourseDecision.HOLD_ALREADY_THERE:
        detail = "a class with this alias is there that this store did not make"
        return Compared(stops=(Stop(StopReason.ALREADY_THERE, Kind.COURSE_CREATE, course, detail),))
    if base is not None and live is not None:
        return _merge(base, desired, live, setting)
    return Compared(stops=(_gone(desired, course, setting),), base=base)


def _create(desired: Desired, course: CourseRef, setting: Setting) -> tuple[Change, ...]:
    """The course, then everybody in it."""
    rules, reasons = setting.rules, setting.reasons
    start = rules.classes.start_as.value
    new = NewCourse(desired.fields, desired.owner, State[start.upper()].value)
    made = Change(
        Kind.COURSE_CREATE,
        replace(course, id=None),
        desired.section_key,
        (reasons.section(desired), reasons.rule("classes.start_as", start)),
        new=new,
    )
    people = [
        _add(role, wanted, desired, replace(course, id=None), reasons)
        for role, wanted in _wanted(desired, rules, state=State[start.upper()])
        if wanted.user.id != desired.owner.id
    ]
    return (made, *people)


def _gone(desired: Desired, course: CourseRef, setting: Setting) -> Stop:
    detail = f"it was made as course {course.id} and is no longer in Classroom"
    again = _create(desired, course, setting)[0]
    return Stop(StopReason.GONE, Kind.COURSE_CREATE, course, detail, again)


def _merge(base: Base, desired: Desired, live: Live, setting: Setting) -> Compared:
    """Fields, owner, seats: of a course that is ours and there."""
    course = setting.reasons.course(desired, base)
    if live.state not in OPEN:
        kept = (_resting(course, base, live, setting),)
        return Compared(kept=kept, base=_remember(base, kept))
    changes, kept_fields, fields = merge_fields(
        base,
        desired,
        live,
        rules=setting.rules,
        reasons=setting.reasons,
        now=setting.now,
    )
    owner_changes, kept_owner, base = _merge_owner(base, desired, live, setting)
    seats = [
        _merge_seats(Role.TEACHER, base, desired, live, setting),
        _merge_seats(Role.STUDENT, base, desired, live, setting),
    ]
    all_kept = (*kept_fields, *kept_owner, *(k for s in seats for k in s.kept))
    settled = replace(base, fields=fields, teachers=seats[0].settled, students=seats[1].settled)
    return Compared(
        changes=(*changes, *owner_changes, *(c for s in seats for c in s.changes)),
        stops=tuple(stop for s in seats for stop in s.stops),
        kept=all_kept,
        base=_remember(settled, all_kept),
    )


def _resting(course: CourseRef, base: Base, live: Live, setting: Setting) -> Kept:
    """Declined, archived or suspended: the teacher's (or Google's) word; nothing is written."""
    state = live.state.value.lower()
    since = base.kept.get("state", setting.now)
    why = f"the class is {state} in Classroom: nothing in it is changed"
    return Kept(course, "state", state, since, (why,))


def _remember(base: Base, kept: Sequence[Kept]) -> Base:
    return replace(base, kept={k.record: k.since for k in kept})


def _merge_owner(
    base: Base, desired: Desired, live: Live, setting: Setting
) -> tuple[list[Change], list[Kept], Base]:
    """The owner follows the SIS; an owner that was changed by hand meanwhile stays."""
    wanted = desired.owner
    if live.owner == wanted.id:
        return [], [], _handed_over(base, wanted.id)
    course = setting.reasons.course(desired, base)
    if base.owner == wanted.id:
        since = base.kept.get("owner", setting.now)
        theirs = _user(live.owner, setting)
        why = ("the class was handed over by hand in Classroom",)
        kept = Kept(
            course, "owner", "owner", since, why, theirs, ours=wanted.email, theirs=theirs.email
        )
        return [], [kept], base
    former = _user(live.owner, setting)
    changed = f"the primary teacher of section {desired.section_key} has changed ({desired.row})"
    reasons = (changed, f"{former.name or former.id} stays as a co-teacher")
    change = Change(
        Kind.COURSE_OWNER,
        course,
        desired.section_key,
        reasons,
        person=wanted,
        before=live.owner,
        after=wanted.id,
    )
    return [change], [], base


def _handed_over(base: Base, owner: str) -> Base:
    if base.owner == owner:
        return base
    teachers = after_handover(base.teachers, former=base.owner, owner=owner)
    return replace(base, owner=owner, teachers=teachers)


@dataclass(frozen=True, slots=True)
class _Seats:
    changes: tuple[Change, ...]
    stops: tuple[Stop, ...]
    kept: tuple[Kept, ...]
    settled: frozenset[str]


def _merge_seats(role: Role, base: Base, desired: Desired, live: Live, setting: Setting) -> _Seats:
    """Every seat of one role that is in any of the three."""
    ours = base.teachers if role is Role.TEACHER else base.students
    there, elsewhere = live.teachers, live.students
    if role is Role.STUDENT:
        there, elsewhere = elsewhere, there
    wanted = desired.teachers if role is Role.TEACHER else desired.students
    course = setting.reasons.course(desired, base)
    changes: list[Change] = []
    stops: list[Stop] = []
    kept: list[Kept] = []
    settled = set(ours)
    for user_id in sorted(ours | there | set(wanted)):
        if _is_left(Seat(role, user_id), desired, live):
            continue
        decision = decide_seat(
            base=user_id in ours,
            desired=user_id in wanted,
            live=user_id in there,
            **_by_hand(role, setting.rules),
        )
        match decision:
            case SeatDecision.TAKE_AS_OURS:
                settled.add(user_id)
            case SeatDecision.FORGET:
                settled.discard(user_id)
            case SeatDecision.ADD | SeatDecision.RESTORE:
                # Classroom answers 409 to an addition in a second role: the first seat has to go
                # (in this run, if it is ours), and the next night adds the other one.
                if user_id not in elsewhere and _may_add(role, setting.rules, live.state):
                    changes.append(_add(role, wanted[user_id], desired, course, setting.reasons))
            case SeatDecision.KEEP_ADDED | SeatDecision.KEEP_REMOVED:
                kept.append(_kept_seat(Seat(role, user_id), decision, course, base, setting))
            case SeatDecision.REMOVE | SeatDecision.REMOVE_ADDED:
                change = _remove(Seat(role, user_id), decision, desired, course, setting)
                stops.extend(_doubts(change, desired))
                changes.extend([] if desired.doubts else [change])
            case SeatDecision.NOTHING:
                pass
    return _Seats(tuple(changes), tuple(stops), tuple(kept), frozenset(settled))


def _is_left(seat: Seat, desired: Desired, live: Live) -> bool:
    """Seats that are not judged: the owner's, which Google makes and keeps, and those of people
    whose account is not certain now."""
    return seat.user_id == live.owner or seat.user_id in desired.unsure


def _by_hand(role: Role, rules: SchoolRules) -> dict[str, bool]:
    if role is Role.TEACHER:
        return {}
    return {
        "restore": rules.students.removed_by_hand is RemovedByHand.RESTORE,
        "remove_added": rules.students.added_by_hand is AddedByHand.REMOVE,
    }


def _may_add(role: Role, rules: SchoolRules, state: State) -> bool:
    if role is Role.TEACHER:
        return rules.co_teachers.add
    return rules.students.add is AddStudents.AT_ONCE or state is State.ACTIVE


def _wanted(desired: Desired, rules: SchoolRules, *, state: State) -> list[tuple[Role, Wanted]]:
    teachers = [(Role.TEACHER, w) for w in desired.teachers.values()]
    students = [(Role.STUDENT, w) for w in desired.students.values()]
    return [pair for pair in teachers + students if _may_add(pair[0], rules, state)]


def _add(
    role: Role, wanted: Wanted, desired: Desired, course: CourseRef, reasons: Reasons
) -> Change:
    why = (reasons.listed(wanted, desired),)
    return Change(_ADD[role], course, desired.section_key, why, person=wanted.user)


def _remove(
    seat: Seat, decision: SeatDecision, desired: Desired, course: CourseRef, setting: Setting
) -> Change:
    why = [setting.reasons.not_listed(desired)]
    if decision is SeatDecision.REMOVE_ADDED:
        why = [
            f"added by hand; the roster does not list them in section {desired.section_key}",
            setting.reasons.rule("students.added_by_hand", "remove"),
        ]
    person = _user(seat.user_id, setting)
    return Change(_REMOVE[seat.role], course, desired.section_key, tuple(why), person=person)


def _doubts(change: Change, desired: Desired) -> list[Stop]:
    if not desired.doubts:
        return []
    detail = "; ".join(desired.doubts)
    return [Stop(StopReason.DOUBT, change.kind, change.course, detail, change)]


def _kept_seat(
    seat: Seat, decision: SeatDecision, course: CourseRef, base: Base, setting: Setting
) -> Kept:
    record = f"{seat.role.value}:{seat.user_id}"
    verb = "added" if decision is SeatDecision.KEEP_ADDED else "removed"
    family = "students" if seat.role is Role.STUDENT else "co_teachers"
    stays = "stays" if verb == "added" else "stays removed"
    why = (f"{verb} by hand in Classroom: {stays} ({family}.{verb}_by_hand: keep)",)
    since = base.kept.get(record, setting.now)
    what = f"{seat.role.value} {verb} by hand"
    return Kept(course, record, what, since, why, _user(seat.user_id, setting))


def _user(user_id: str, setting: Setting) -> User:
    return setting.names.get(user_id) or User(user_id, "", "")
