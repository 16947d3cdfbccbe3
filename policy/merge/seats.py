"""The seats of one course, one role at a time: who comes, who goes and when, who stays and why."""

from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from datetime import datetime, timedelta

from policy.merge.merge import SeatDecision, decide_seat
from policy.merge.outcome import Stop
from policy.merge.plan import LEAVING, PAUSED, Change, CourseRef, HeldFor, Kept, Kind
from policy.merge.records import Base, Desired, Live, Seat, State, Wanted
from policy.merge.setting import Setting
from policy.merge.why import Reasons
from policy.roster.model import Role
from policy.rules.model import AddedByHand, AddStudents, RemovedByHand, SchoolRules

_ADD = {Role.TEACHER: Kind.TEACHER_ADD, Role.STUDENT: Kind.STUDENT_ADD}
_REMOVE = {Role.TEACHER: Kind.TEACHER_REMOVE, Role.STUDENT: Kind.STUDENT_REMOVE}
_FAMILY = {Role.TEACHER: "co_teachers", Role.STUDENT: "students"}
REMEMBERED = timedelta(days=7)  # who took somebody out by hand; a bad drop is mended by then
OTHER_ROLE = "other:"  # before a record: kept, but it does not say that the seat is there


@dataclass(frozen=True, slots=True)
class Seats:
    """What comes of one role's seats. `ours` are those of the base as it should stand now; `unlike`
    are all seats that are there and not ours, or ours and not there, since when: with it the base
    tells who is in the course (see `records.last_seated`)."""

    changes: tuple[Change, ...]
    stops: tuple[Stop, ...]
    kept: tuple[Kept, ...]
    ours: frozenset[str]
    leaving: Mapping[str, str]
    unlike: Mapping[str, str]


def merge_seats(role: Role, base: Base, desired: Desired, live: Live, setting: Setting) -> Seats:
    """Every seat of one role that is in any of the three."""
    ours = base.teachers if role is Role.TEACHER else base.students
    there = live.teachers if role is Role.TEACHER else live.students
    wanted = desired.teachers if role is Role.TEACHER else desired.students
    found = _Found(setting.reasons.course(desired, base), base, desired, live, setting, set(ours))
    for user_id in sorted(ours | there | set(wanted)):
        seat = Seat(role, user_id)
        if _is_left(seat, desired, live):
            continue
        if role is Role.TEACHER and user_id in base.former and user_id not in wanted:
            found.keep_former(seat)
            continue
        decision = decide_seat(
            base=user_id in ours,
            desired=user_id in wanted,
            live=user_id in there,
            **_by_hand(role, setting.rules),
        )
        found.take(seat, decision)
    known = found.ours | (base.former if role is Role.TEACHER else frozenset())
    unlike = {_record(Seat(role, user_id)) for user_id in known ^ there}
    return Seats(
        tuple(found.changes),
        tuple(found.stops),
        tuple(found.kept),
        frozenset(found.ours),
        found.leaving,
        {record: base.kept.get(record, setting.stamp) for record in sorted(unlike)},
    )


def without_put_back(base: Base, desired: Desired, live: Live) -> Base:
    """The base without the seats of those whom a hand had taken out and a hand has put in again,
    while the roster does not list them: the last word is the hand's, as if they had never been
    ours."""

    def back(role: Role, seats: frozenset[str]) -> frozenset[str]:
        found = (user_id for user_id in seats if _record(Seat(role, user_id)) in base.kept)
        return frozenset(u for u in found if not _is_left(Seat(role, u), desired, live))

    teachers = back(Role.TEACHER, base.teachers & live.teachers - set(desired.teachers))
    students = back(Role.STUDENT, base.students & live.students - set(desired.students))
    if not teachers and not students:
        return base
    return replace(base, teachers=base.teachers - teachers, students=base.students - students)


def first_seats(
    desired: Desired, course: CourseRef, state: State, setting: Setting
) -> list[Change]:
    """Everybody who is put into a course that is to be made, besides its owner."""
    wanted = [(Role.TEACHER, w) for w in desired.teachers.values()]
    wanted += [(Role.STUDENT, w) for w in desired.students.values()]
    return [
        _add(role, w, desired, course, setting.reasons)
        for role, w in wanted
        if w.user.id != desired.owner.id
        and _may_add(Seat(role, w.user.id), desired, state, setting)
    ]


def doubt(seat: Seat, desired: Desired, setting: Setting) -> str | None:
    """Why a seat may not be taken away now, if anything casts a doubt."""
    if desired.doubts:
        return "; ".join(desired.doubts)
    if desired.strangers and seat.user_id in setting.vanished:
        return (
            f"somebody whose account can't be told is in section {desired.section_key} "
            f"({', '.join(desired.strangers)}), and the person of this seat is in no section any "
            "more: it may be the same one under a new key"
        )
    return None


@dataclass(slots=True)
class _Found:
    """What comes of the seats of one role in one course, seat by seat."""

    course: CourseRef
    base: Base
    desired: Desired
    live: Live
    setting: Setting
    ours: set[str]
    changes: list[Change] = field(default_factory=list)
    stops: list[Stop] = field(default_factory=list)
    kept: list[Kept] = field(default_factory=list)
    leaving: dict[str, str] = field(default_factory=dict)

    def take(self, seat: Seat, decision: SeatDecision) -> None:
        match decision:
            case SeatDecision.TAKE_AS_OURS:
                # A seat that we would not have made must not be ours to take away later.
                if seat.role is Role.STUDENT or _is_seated(
                    seat.user_id, self.desired, self.setting
                ):
                    self.ours.add(seat.user_id)
            case SeatDecision.FORGET:
                self._forget(seat)
            case SeatDecision.ADD | SeatDecision.RESTORE:
                self._add(seat)
            case SeatDecision.KEEP_ADDED | SeatDecision.KEEP_REMOVED:
                self._keep_by_hand(seat, decision)
            case SeatDecision.REMOVE | SeatDecision.REMOVE_ADDED:
                self._remove(seat, decision)
            case SeatDecision.NOTHING:
                pass

    def keep_former(self, seat: Seat) -> None:
        if seat.user_id in self.live.teachers:
            self._keep(
                seat,
                "former owner kept",
                "owned the class before, and stays as a co-teacher "
                "(co_teachers.when_primary_changes: keep)",
            )

    def _add(self, seat: Seat) -> None:
        """Classroom answers 409 to an addition in a second role. The first seat has to go: in
        this run, if it is ours, and the next night adds the other one; else it stays."""
        is_teacher = seat.role is Role.TEACHER
        elsewhere = self.live.students if is_teacher else self.live.teachers
        ours_elsewhere = self.base.students if is_teacher else self.base.teachers
        if seat.user_id not in elsewhere:
            if _may_add(seat, self.desired, self.live.state, self.setting):
                wanted = self.desired.teachers if is_teacher else self.desired.students
                one = wanted[seat.user_id]
                self.changes.append(
                    _add(seat.role, one, self.desired, self.course, self.setting.reasons)
                )
        elif seat.user_id not in ours_elsewhere:
            other = "student" if is_teacher else "teacher"
            why = f"is a {other} here by hand, and stays so; the roster says {seat.role.value}"
            self._keep(seat, f"{other} by hand", why, prefix=OTHER_ROLE)

    def _forget(self, seat: Seat) -> None:
        """Out of the class by hand, and off the roster. The hand is remembered for as long as the
        seat would have stayed, and a week at least: else a row that is missing for one night would
        undo it. Not of one whom the policy keeps out: nobody is missed there by mistake."""
        if seat.role is Role.STUDENT and seat.user_id in self.desired.kept_out:
            self.ours.discard(seat.user_id)
            return
        record = _record(seat)
        since = self.setting.since(self.base.leaving, record)
        grace = max(self.setting.rules.students.removal_grace, REMEMBERED)
        is_over = self.setting.is_over(since, grace)
        is_doubtful = doubt(seat, self.desired, self.setting) is not None
        if is_over and not is_doubtful and self.setting.pause is None:
            self.ours.discard(seat.user_id)
            return
        self.leaving[record] = since
        why = "removed by hand in Classroom, and not on the roster just now: stays removed"
        self._keep(seat, f"{seat.role.value} removed by hand", why)

    def _keep_by_hand(self, seat: Seat, decision: SeatDecision) -> None:
        is_added = decision is SeatDecision.KEEP_ADDED
        verb, stays = ("added", "stays") if is_added else ("removed", "stays removed")
        rule = f"{_FAMILY[seat.role]}.{verb}_by_hand: keep"
        what = f"{seat.role.value} {verb} by hand"
        self._keep(seat, what, f"{verb} by hand in Classroom: {stays} ({rule})")

    def _remove(self, seat: Seat, decision: SeatDecision) -> None:
        """In a pause, and until its grace is over, the seat stays; after that, doubt holds it.
        Consent may let go what is held, and not end a pause or a grace."""
        change = self._removal(seat, decision)
        reason = doubt(seat, self.desired, self.setting)
        if decision is SeatDecision.REMOVE_ADDED and reason is None:
            reason = _may_be_a_stranger(self.desired)
        if decision is SeatDecision.REMOVE and self._has_grace(seat):
            record = _record(seat)
            self.leaving[record] = self.setting.since(self.base.leaving, record)
        if self.setting.pause is not None:
            words = f"{change.why[0]}; {self.setting.pause_words()}"
            self._keep(seat, f"{seat.role.value} until the pause is over", words, prefix=PAUSED)
        elif self._is_in_grace(seat):
            self._keep_for_now(seat, change)
        elif reason is not None:
            self.stops.append(Stop(HeldFor.DOUBT, change.kind, change.course, reason, (change,)))
        else:
            self.changes.append(change)

    def _has_grace(self, seat: Seat) -> bool:
        """Only a student who may be missed by mistake: not one whom the policy keeps out, nor one
        who is a teacher of the section by now."""
        if seat.role is not Role.STUDENT:
            return False
        return seat.user_id not in {*self.desired.kept_out, *self.desired.teachers}

    def _is_in_grace(self, seat: Seat) -> bool:
        since = self.leaving.get(_record(seat))
        grace = self.setting.rules.students.removal_grace
        return since is not None and not self.setting.is_over(since, grace)

    def _keep_for_now(self, seat: Seat, change: Change) -> None:
        grace = self.setting.rules.students.removal_grace
        since = datetime.fromisoformat(self.leaving[_record(seat)])
        until = f"{since + grace:%Y-%m-%d %H:%M}"
        rule = self.setting.reasons.place("students.removal_grace")
        words = f"{change.why[0]}: the seat goes after {until} ({rule})"
        self._keep(seat, f"{seat.role.value} until the grace is over", words, prefix=LEAVING)

    def _removal(self, seat: Seat, decision: SeatDecision) -> Change:
        why = [self.setting.reasons.not_listed(self.desired)]
        line = self.desired.kept_out.get(seat.user_id)
        if line is not None and seat.role is Role.STUDENT:
            why = [f"the policy keeps them out (students.exceptions, {line})"]
        if decision is SeatDecision.REMOVE_ADDED:
            section = self.desired.section_key
            field_name = f"{_FAMILY[seat.role]}.added_by_hand"
            why = [
                f"added by hand; the roster does not list them in section {section}",
                self.setting.reasons.rule(field_name, "remove"),
            ]
        kind, person = _REMOVE[seat.role], self.setting.user(seat.user_id)
        return Change(kind, self.course, self.desired.section_key, tuple(why), person=person)

    def _keep(self, seat: Seat, what: str, why: str, *, prefix: str = "") -> None:
        record = prefix + _record(seat)
        since = self.base.kept.get(record) or self.leaving.get(_record(seat), self.setting.stamp)
        person = self.setting.user(seat.user_id)
        self.kept.append(Kept(self.course, record, what, since, (why,), person))


def _may_be_a_stranger(desired: Desired) -> str | None:
    """Whom a teacher added may be somebody of the roster whose account can't be told."""
    if not desired.strangers:
        return None
    return (
        f"somebody whose account can't be told is in section {desired.section_key} "
        f"({', '.join(desired.strangers)}): it may be the one who was added by hand"
    )


def _record(seat: Seat) -> str:
    return f"{seat.role.value}:{seat.user_id}"


def _is_left(seat: Seat, desired: Desired, live: Live) -> bool:
    """Seats that are not judged: the owner's, which Google makes and keeps, that of the next
    owner, which the handover makes, and those of people whose account is not certain now (unless
    another row of theirs makes it certain)."""
    is_next_owner = seat.role is Role.TEACHER and seat.user_id == desired.owner.id
    wanted = desired.teachers if seat.role is Role.TEACHER else desired.students
    is_unsure = seat.user_id in desired.unsure and seat.user_id not in wanted
    return seat.user_id == live.owner or is_next_owner or is_unsure


def _by_hand(role: Role, rules: SchoolRules) -> dict[str, bool]:
    part = rules.co_teachers if role is Role.TEACHER else rules.students
    return {
        "restore": part.removed_by_hand is RemovedByHand.RESTORE,
        "remove_added": part.added_by_hand is AddedByHand.REMOVE,
    }


def _may_add(seat: Seat, desired: Desired, state: State, setting: Setting) -> bool:
    if seat.role is Role.TEACHER:
        return _is_seated(seat.user_id, desired, setting)
    return setting.rules.students.add is AddStudents.AT_ONCE or state is State.ACTIVE


def _is_seated(teacher: str, desired: Desired, setting: Setting) -> bool:
    """Do we put this teacher of the section into its class?"""
    return setting.rules.co_teachers.add or teacher in desired.leading


def _add(
    role: Role, wanted: Wanted, desired: Desired, course: CourseRef, reasons: Reasons
) -> Change:
    why = (reasons.listed(wanted, desired),)
    return Change(_ADD[role], course, desired.section_key, why, person=wanted.user)
