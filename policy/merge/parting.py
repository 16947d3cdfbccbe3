"""Sections that were one class with others and are not any more: nobody loses a seat by it."""

from collections.abc import Callable, Mapping
from dataclasses import replace
from datetime import date

from policy.merge.combine import Combined
from policy.merge.outcome import Compared
from policy.merge.plan import LEAVING, Change, Kept, Kind
from policy.merge.records import MISSED, PARTED, TOGETHER, Desired, Head, Parted, Seat
from policy.merge.seats import REMEMBERED
from policy.merge.wish import Sources, wish_for
from policy.roster.model import Role, Section

_ROLES = {Kind.STUDENT_REMOVE: Role.STUDENT, Kind.TEACHER_REMOVE: Role.TEACHER}


def with_parted(found: Desired, head: Head | None, combined: Combined, sources: Sources) -> Desired:
    """A wanted course, with the sections that it stood for until now. One that is in scope has
    another class by now (see `until_seated`). One that is not may come back: nobody is taken out
    for a week."""
    if head is None:
        return found
    parted: list[Parted] = []
    missing: list[str] = []
    for own, since in _remembered(head, sources.today).items():
        home = combined.homes.get(own)
        if home is None and since + REMEMBERED > sources.today:
            missing.append(own)
        elif home is not None and home[1] != found.alias:
            parted.append(Parted(own, home[0].key, home[1], _people(home[0], sources)))
    if not parted and not missing:
        return found
    doubts = tuple(
        f"{own.removeprefix('d:rollbook.')}, whose class this is too, has left the roster or the "
        f"scope; it may come back, and is waited for: {REMEMBERED.days} days"
        for own in missing
    )
    return replace(
        found, parted=tuple(parted), missing=tuple(missing), doubts=(*found.doubts, *doubts)
    )


def until_seated(
    found: Compared, want: Desired, has_seat: Callable[[Seat, str], bool], *, now: str
) -> Compared:
    """What came of a course, without the removals of people whose section has another class by now
    that has not got them yet (or is not open). Nor are they held: consent does not take them out.
    `has_seat` tells by the class's alias who is in it."""
    if not want.parted:
        return found

    def missing(change: Change) -> Parted | None:
        seat = _seat_taken(change)
        return next((p for p in want.parted if seat and _misses(seat, p, has_seat)), None)

    removals = (*found.changes, *(change for stop in found.stops for change in stop.changes))
    kept = [_kept(change, parted, now) for change in removals if (parted := missing(change))]
    return replace(
        found,
        changes=tuple(change for change in found.changes if not missing(change)),
        stops=tuple(stop for stop in found.stops if not any(map(missing, stop.changes))),
        kept=(*found.kept, *kept),
    )


def _seat_taken(change: Change) -> Seat | None:
    role = _ROLES.get(change.kind)
    return Seat(role, change.person.id) if role and change.person else None


def _misses(seat: Seat, parted: Parted, has_seat: Callable[[Seat, str], bool]) -> bool:
    return seat.user_id in parted.people and not has_seat(seat, parted.home)


def _kept(change: Change, parted: Parted, now: str) -> Kept:
    role, user = _ROLES[change.kind].value, change.person.id if change.person else ""
    return Kept(
        change.course,
        f"{LEAVING}{role}:{user}",
        f"{role} until the other class has them",
        now,
        (
            f"section {parted.section_key}, which lists them, has a class of its own now, and they "
            "are not in that yet, or it is not open",
        ),
        change.person,
    )


def _remembered(head: Head, today: date) -> Mapping[str, date]:
    """The sections of a course by their own aliases, and since when they have been missed, if they
    are: one that has had another class till now is missed from today on, as any other."""
    found: dict[str, date] = {}
    for record, since in head.kept.items():
        memory, _, own = record.partition(":")
        if f"{memory}:" in (TOGETHER, PARTED):
            found[own] = today
        elif f"{memory}:" == MISSED:
            found[own] = date.fromisoformat(since[:10])
    return found


def _people(section: Section, sources: Sources) -> frozenset[str]:
    """Everybody whom the roster lists in a section, as accounts."""
    users, unsure = sources.matches.users, sources.matches.unsure
    wish = wish_for(section, sources)
    sure = frozenset(users[m.person].id for m in wish.members if m.person in users)
    return sure.union(*(unsure.get(m.person, frozenset()) for m in wish.unmatched))
