"""One course: base, desired and live become changes, stops, kept things, and a settled base."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace

from policy.merge.fields import merge_fields
from policy.merge.merge import CourseDecision, SeatDecision, decide_course, decide_seat
from policy.merge.plan import Change, CourseRef, HeldFor, Kept, Kind, NewCourse
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


@dataclass(frozen=True, slots=True)
class Stop:
    """One change of a kind that is held. `changes` are what consent would let through: the change,
    and what hangs on it; nothing where consent can't help."""

    reason: HeldFor
    kind: Kind
    course: CourseRef
    detail: str
    changes: tuple[Change, ...] = ()


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
    vanished: frozenset[str]  # accounts of people whose keys the roster has no more
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
        return Compared(stops=(Stop(HeldFor.ALREADY_THERE, Kind.COURSE_CREATE, course, detail),))
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
    again = _create(desired, course, setting)
    return Stop(HeldFor.GONE, Kind.COURSE_CREATE, course, detail, again)


def _merge(base: Base, desired: Desired, live: Live, setting: Setting) -> Compared:
    """Fields, owner, seats: of a course that is ours and there."""
    course = setting.reasons.course(desired, base)
    base = replace(base, section_key=desired.section_key, school_key=desired.school_key)
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
    handover = Change(
        Kind.COURSE_OWNER,
        course,
        desired.section_key,
        reasons,
        person=wanted,
        before=live.owner,
        after=wanted.id,
    )
    if wanted.id in live.teachers:
        return [handover], [], base
    # Only a co-teacher can be made the owner, whatever the policy says of co-teachers.
    why = (f"{reasons[0]}: only a co-teacher can become the owner",)
    seat = Change(Kind.TEACHER_ADD, course, desired.section_key, why, person=wanted)
    return [seat, handover], [], base


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
    there = live.teachers if role is Role.TEACHER else live.students
    wanted = desired.teachers if role is Role.TEACHER else desired.students
    course = setting.reasons.course(desired, base)
    found = _Found(course, desired, setting, settled=set(ours))
    for user_id in sorted(ours | there | set(wanted)):
        if _is_left(Seat(role, user_id), desired, live):
            continue
        decision = decide_seat(
            base=user_id in ours,
            desired=user_id in wanted,
            live=user_id in there,
            **_by_hand(role, setting.rules),
        )
        found.take(Seat(role, user_id), decision, base, live)
    return _Seats(
        tuple(found.changes), tuple(found.stops), tuple(found.kept), frozenset(found.settled)
    )


@dataclass(slots=True)
class _Found:
    """What comes of the seats of one role in one course, seat by seat."""

    course: CourseRef
    desired: Desired
    setting: Setting
    settled: set[str]
    changes: list[Change] = field(default_factory=list)
    stops: list[Stop] = field(default_factory=list)
    kept: list[Kept] = field(default_factory=list)

    def take(self, seat: Seat, decision: SeatDecision, base: Base, live: Live) -> None:
        match decision:
            case SeatDecision.TAKE_AS_OURS:
                # A seat that we would not have made must not be ours to take away later.
                if seat.role is Role.STUDENT or self.setting.rules.co_teachers.add:
                    self.settled.add(seat.user_id)
            case SeatDecision.FORGET:
                self.settled.discard(seat.user_id)
            case SeatDecision.ADD | SeatDecision.RESTORE:
                self._add(seat, base, live)
            case SeatDecision.KEEP_ADDED | SeatDecision.KEEP_REMOVED:
                self.kept.append(_kept_seat(seat, decision, self.course, base, self.setting))
            case SeatDecision.REMOVE | SeatDecision.REMOVE_ADDED:
                self._remove(seat, decision)
            case SeatDecision.NOTHING:
                pass

    def _add(self, seat: Seat, base: Base, live: Live) -> None:
        """Classroom answers 409 to an addition in a second role. The first seat has to go: in
        this run, if it is ours, and the next night adds the other one; else it stays."""
        is_teacher = seat.role is Role.TEACHER
        elsewhere = live.students if is_teacher else live.teachers
        ours_elsewhere = base.students if is_teacher else base.teachers
        if seat.user_id not in elsewhere:
            if _may_add(seat.role, self.setting.rules, live.state):
                wanted = self.desired.teachers if is_teacher else self.desired.students
                self.changes.append(
                    _add(
                        seat.role,
                        wanted[seat.user_id],
                        self.desired,
                        self.course,
                        self.setting.reasons,
                    )
                )
        elif seat.user_id not in ours_elsewhere:
            self.kept.append(_other_role(seat, self.course, base, self.setting))

    def _remove(self, seat: Seat, decision: SeatDecision) -> None:
        change = _remove(seat, decision, self.desired, self.course, self.setting)
        doubt = _doubt(seat, self.desired, self.setting)
        if doubt is None:
            self.changes.append(change)
        else:
            self.stops.append(Stop(HeldFor.DOUBT, change.kind, change.course, doubt, (change,)))


def _is_left(seat: Seat, desired: Desired, live: Live) -> bool:
    """Seats that are not judged: the owner's, which Google makes and keeps, that of the next
    owner, which the handover makes, and those of people whose account is not certain now."""
    is_next_owner = seat.role is Role.TEACHER and seat.user_id == desired.owner.id
    return seat.user_id == live.owner or is_next_owner or seat.user_id in desired.unsure


def _doubt(seat: Seat, desired: Desired, setting: Setting) -> str | None:
    """Why a seat may not be taken away now, if anything casts a doubt."""
    if desired.doubts:
        return "; ".join(desired.doubts)
    if desired.strangers and seat.user_id in setting.vanished:
        return (
            f"somebody whose account can't be told is in section {desired.section_key} "
            f"({', '.join(desired.strangers)}), and the roster no longer knows the person of this "
            "seat: it may be the same one under a new key"
        )
    return None


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


def _kept_seat(
    seat: Seat, decision: SeatDecision, course: CourseRef, base: Base, setting: Setting
) -> Kept:
    verb = "added" if decision is SeatDecision.KEEP_ADDED else "removed"
    family = "students" if seat.role is Role.STUDENT else "co_teachers"
    stays = "stays" if verb == "added" else "stays removed"
    why = f"{verb} by hand in Classroom: {stays} ({family}.{verb}_by_hand: keep)"
    what = f"{seat.role.value} {verb} by hand"
    if verb == "added" and seat.role is Role.TEACHER:
        why = "added by hand, or owned the class before: stays, though the roster does not say so"
        what = "teacher kept"
    return _kept(seat, what, why, course, base, setting)


def _other_role(seat: Seat, course: CourseRef, base: Base, setting: Setting) -> Kept:
    other = Role.STUDENT if seat.role is Role.TEACHER else Role.TEACHER
    why = f"is {other.value} here by hand, and stays so; the roster says {seat.role.value}"
    return _kept(seat, f"{other.value} by hand", why, course, base, setting)


def _kept(seat: Seat, what: str, why: str, course: CourseRef, base: Base, setting: Setting) -> Kept:
    record = f"{seat.role.value}:{seat.user_id}"
    since = base.kept.get(record, setting.now)
    return Kept(course, record, what, since, (why,), _user(seat.user_id, setting))


def _user(user_id: str, setting: Setting) -> User:
    return setting.names.get(user_id) or User(user_id, "", "")
