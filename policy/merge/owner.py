"""Who owns a course. The owner follows the SIS, as a procedure that may take several nights.

Google makes only a co-teacher the owner, and not at once; the former one can't leave at once
either. So a handover is an addition, the handover, and perhaps a removal, and whatever of it
Google isn't ready for is said again by the next night.
"""

from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from datetime import datetime

from policy.merge.outcome import Stop
from policy.merge.plan import LEAVING, Change, CourseRef, HeldFor, Kept, Kind
from policy.merge.records import Base, Desired, Live, Seat, after_handover
from policy.merge.seats import OTHER_ROLE, doubt
from policy.merge.setting import Setting
from policy.roster.model import Role
from policy.rules.model import FormerOwner


@dataclass(frozen=True, slots=True)
class Owned:
    """What comes of a course's owner, and the base as it should stand now."""

    base: Base
    changes: tuple[Change, ...] = ()
    stops: tuple[Stop, ...] = ()
    kept: tuple[Kept, ...] = ()
    leaving: Mapping[str, str] = field(default_factory=dict)


def merge_owner(base: Base, desired: Desired, live: Live, setting: Setting) -> Owned:
    """Base, desired and live owner. One that was changed by hand stays until the SIS changes."""
    course = setting.reasons.course(desired, base)
    wanted = desired.owner
    if live.owner == wanted.id:
        if base.owner == wanted.id:
            return Owned(base)
        if desired.owner_by_default:
            # The SIS names nobody: a hand has made this one the owner, and is to be respected.
            by_hand = _handed_over(course, base, desired, live, setting)
            return Owned(_former_by_hand(base, desired, setting), kept=(by_hand,))
        return Owned(
            after_handover(base, wanted.id, keeps_former=_keeps(base.owner, desired, setting))
        )
    if base.owner == wanted.id:
        by_hand = _handed_over(course, base, desired, live, setting)
        return Owned(base, _never_seated(course, base, desired, live), kept=(by_hand,))
    missed: Mapping[str, str] = {}
    if desired.owner_by_default and live.owner == base.owner:
        since = setting.since(base.leaving, "owner")
        missed = {"owner": since}  # also once it is over: what Google refuses has no new grace
        if not setting.is_over(since, setting.rules.students.removal_grace):
            kept = _for_now(course, desired, since, setting)
            return Owned(base, kept=(kept,), leaving=missed)
    if wanted.id in live.students:
        sits = _sits_as_a_student(course, base, desired, setting)
        return Owned(base, kept=sits, leaving=missed)
    if live.owner != base.owner:
        base = _former_by_hand(base, desired, setting)
    changes = [*_seat_first(course, desired, live), _handover(course, base, desired, live, setting)]
    leaving = _former_leaves(course, base, desired, live, setting)
    if isinstance(leaving, Stop):
        return Owned(base, tuple(changes), (leaving,), leaving=missed)
    return Owned(base, (*changes, *([leaving] if leaving else [])), leaving=missed)


def _former_by_hand(base: Base, desired: Desired, setting: Setting) -> Base:
    """Somebody's hand has ended the owner's ownership; they stay as any former owner does."""
    if not _keeps(base.owner, desired, setting):
        return base
    former = frozenset({base.owner})
    return replace(base, teachers=base.teachers - former, former=base.former | former)


def _for_now(course: CourseRef, desired: Desired, since: str, setting: Setting) -> Kept:
    """Nobody is the section's primary teacher just now: its owner is given up no sooner than a
    student's seat would be."""
    until = datetime.fromisoformat(since) + setting.rules.students.removal_grace
    rule = setting.reasons.place("students.removal_grace")
    why = (
        f"section {desired.section_key} names no primary teacher any more ({desired.row}): after "
        f"{until:%Y-%m-%d %H:%M} the class goes to the first of its teachers ({rule})"
    )
    return Kept(course, f"{LEAVING}owner", "owned as before until the grace is over", since, (why,))


def _keeps(former: str, desired: Desired, setting: Setting) -> bool:
    """Does the former owner stay as a co-teacher of no more concern to us? Where the roster lists
    them, or who they are is uncertain, their seat is judged like any other."""
    if former in desired.teachers:
        return False
    return setting.rules.co_teachers.former_owner is FormerOwner.KEEP


def _handed_over(
    course: CourseRef, base: Base, desired: Desired, live: Live, setting: Setting
) -> Kept:
    theirs = setting.user(live.owner)
    why = ("the class was handed over by hand in Classroom",)
    since = base.kept.get("owner", setting.stamp)
    ours = desired.owner.email
    return Kept(course, "owner", "owner", since, why, theirs, ours=ours, theirs=theirs.email)


def _never_seated(
    course: CourseRef, base: Base, desired: Desired, live: Live
) -> tuple[Change, ...]:
    """Of a class that was taken over with another owner than the roster's: its teacher teaches in
    it all the same. Whom we had seated once, a hand may have taken out since."""
    person = desired.owner
    if person.id in base.teachers | live.teachers | live.students:
        return ()
    why = f"teaches section {desired.section_key} ({desired.row}), and its class has another owner"
    return (Change(Kind.TEACHER_ADD, course, desired.section_key, (why,), person=person),)


def _is_ours(base: Base, live: Live) -> bool:
    """Have we made the present owner the owner? Else a hand did, or another tool."""
    return live.owner == base.owner and live.owner in base.teachers


def _sits_as_a_student(
    course: CourseRef, base: Base, desired: Desired, setting: Setting
) -> tuple[Kept, ...]:
    """Nobody is student and teacher of one class. The seat as a student goes first, if it is
    ours, and the next night hands the class over; else it stays, and so does the owner."""
    person, record = desired.owner, f"{OTHER_ROLE}{Role.TEACHER.value}:{desired.owner.id}"
    if person.id in base.students:
        return ()
    why = ("is a student here by hand, and stays so: the class keeps its owner",)
    since = base.kept.get(record, setting.stamp)
    return (Kept(course, record, "student by hand", since, why, person),)


def _seat_first(course: CourseRef, desired: Desired, live: Live) -> list[Change]:
    """Only a co-teacher can be made the owner, whatever the policy says of co-teachers."""
    if desired.owner.id in live.teachers:
        return []
    why = f"{_changed(desired)}: only a co-teacher can become the owner"
    seat = Change(Kind.TEACHER_ADD, course, desired.section_key, (why,), person=desired.owner)
    return [seat]


def _handover(
    course: CourseRef, base: Base, desired: Desired, live: Live, setting: Setting
) -> Change:
    return Change(
        Kind.COURSE_OWNER,
        course,
        desired.section_key,
        (_changed(desired), _what_becomes_of_the_former(base, desired, live, setting)),
        person=desired.owner,
        before=live.owner,
        after=desired.owner.id,
        keeps_former=_keeps(base.owner, desired, setting),
    )


def _what_becomes_of_the_former(base: Base, desired: Desired, live: Live, setting: Setting) -> str:
    former = setting.user(live.owner)
    name, rule = former.name or former.id, setting.reasons.rule
    if live.owner in desired.teachers:
        return f"{name} stays as a co-teacher, as the roster says"
    if live.owner != base.owner:
        return f"over {name}, to whom it was handed by hand, and who stays as a co-teacher"
    if not _is_ours(base, live):
        return f"{name}, whom Rollbook did not make its owner, stays as a co-teacher"
    if _keeps(live.owner, desired, setting):
        return f"{name} stays as a co-teacher ({rule('co_teachers.when_primary_changes', 'keep')})"
    return f"{name} leaves the class ({rule('co_teachers.when_primary_changes', 'remove')})"


def _former_leaves(
    course: CourseRef, base: Base, desired: Desired, live: Live, setting: Setting
) -> Change | Stop | None:
    """The removal of the former owner, which the run does only after the handover. Only of one
    whom we made the owner."""
    former = live.owner
    is_listed = former in desired.teachers or former in desired.unsure
    if not _is_ours(base, live) or is_listed or _keeps(former, desired, setting):
        return None
    if setting.pause is not None:
        return None
    rule = setting.reasons.rule("co_teachers.when_primary_changes", "remove")
    why = (f"{_changed(desired)}, and the roster does not list them any more", rule)
    person = setting.user(former)
    change = Change(Kind.TEACHER_REMOVE, course, desired.section_key, why, person=person)
    reason = doubt(Seat(Role.TEACHER, former), desired, setting)
    if reason is not None:
        return Stop(HeldFor.DOUBT, change.kind, course, reason, (change,))
    return change


def _changed(desired: Desired) -> str:
    return f"the primary teacher of section {desired.section_key} has changed ({desired.row})"
