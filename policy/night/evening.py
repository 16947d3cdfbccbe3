"""Reads Classroom before a night, as little of it as will do: lists, what has changed, and in full
only the members that somebody may have changed since they were last read.
"""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import date, datetime

from policy.google.base import Classroom, Course, Members, Unreadable
from policy.merge.absent import Absent
from policy.merge.claims import Claim
from policy.merge.compare import OPEN
from policy.merge.desire import Known, Wishes
from policy.merge.judge import Comparing, Evening, changes_in
from policy.merge.outcome import Compared
from policy.merge.plan import Kind
from policy.merge.records import Base, Desired, Head, Live, State, last_seated
from policy.night.candidates import Ours, look_for_claims
from policy.night.reading import Books, found_courses, live_record, store_mark
from policy.night.watching import Attention, Watch, courses_to_read
from policy.run.journal import made_by, settle_unheard
from policy.run.rows import base_record
from policy.store.base import BaseCourse, Entry

BY_THE_LIST = {Kind.COURSE_UPDATE, Kind.COURSE_ARCHIVE, Kind.COURSE_RESTORE}  # what it tells of
_NOBODY = Members(frozenset(), frozenset())


@dataclass(frozen=True, slots=True)
class _Seen:
    """What lists and look-ups told. By alias, save `others`: open courses that are not ours."""

    found: Mapping[str, Course]  # wanted ones
    unreadable: Mapping[str, str]
    missing: frozenset[str]  # ours that are neither there nor wanted
    gone: frozenset[str]  # those of them whose section will not come back
    absent: Mapping[str, Course]
    others: Sequence[Course]


def read_evening(
    classroom: Classroom,
    books: Books,
    wishes: Wishes,
    made_from: Known,
    comparing: Comparing,
    watch: Callable[[Books], Watch],
    *,
    clock: datetime,
    rolling: int,
) -> tuple[Wishes, Evening]:
    """Read from Classroom what the wanted courses need, and no more. The wishes come back with
    those of the quiet ones that have to be looked at after all.

    1. All courses of the domain, page by page: names, states, owners.
    2. Ours that are missing there are asked for by id (a list may lag behind).
    3. Wanted ones without a base are asked for by alias, if there is any course at all: whatever
       has the alias already must not be made again.
    4. Courses that may be a section's which seems to have none (see `candidates`).
    5. The members of those wanted and open courses whose roster may have changed, or whose
       comparison with what was last known finds something to do; and of a rolling part of them.
    6. Where a write was never answered, the base is what Classroom has.
    """
    books, seen = _look_around(classroom, books, wishes, comparing.today)
    heads, watched = books.known(), watch(books)
    attention = Attention(watched.touched, _pressing(seen, heads, books, wishes))
    open_ones = {a: heads[a] for a, c in seen.found.items() if a in heads and _is_open(c)}
    to_read = courses_to_read(open_ones, attention, rolling=rolling)
    stirred = {a for a in wishes.quiet if _has_changed(heads[a], seen.found.get(a))}
    wishes = wishes.look_at(to_read | stirred, made_from)
    desired = wishes.desired
    rows = books.rows(_of_concern(desired, books))
    to_read &= rows.keys()
    known = _remembered(seen, {a: base_record(row) for a, row in rows.items() if a not in to_read})
    compared = {
        want.alias: comparing.compare(want, *known[want.alias])
        for want in desired
        if want.alias in known
    }
    claims = look_for_claims(
        classroom,
        [want for want in desired if want.alias not in heads],
        Ours(heads, seen.absent, books.bases),
        seen.found,
        seen.others,
        comparing,
        keyed_by=books.mark.keyed_by if books.heads else "",
    )
    to_read |= {alias for alias, found in compared.items() if _differs(found)}
    to_read |= _unheard(seen, heads, books.open_entries)
    members = classroom.members(
        [heads[alias].course_id for alias in sorted(to_read)]
        + [claim.course_id for claim in claims.values()]
    )
    lives = {alias: live for alias, (_, live) in known.items()}
    night = _Night(books, rows, seen, lives, compared, claims, to_read, watched, clock)
    return wishes, _evening(night, members, desired)


def _look_around(
    classroom: Classroom, books: Books, wishes: Wishes, today: date
) -> tuple[Books, _Seen]:
    """What lists and look-ups tell, and the books with courses of ours that Google shows only now:
    with them, all is looked at once more."""
    seen = _look(classroom, books, wishes, today)
    late = {alias: course for alias, course in seen.found.items() if alias not in books.known()}
    newly = found_courses(late, made_by(books.open_entries), books.known())
    if not newly:
        return books, seen
    books = replace(books, found={**books.found, **newly})
    return books, _look(classroom, books, wishes, today)


def _look(classroom: Classroom, books: Books, wishes: Wishes, today: date) -> _Seen:
    heads = books.known()
    wanted = {*wishes.quiet, *(want.alias for want in wishes.desired)}
    courses: dict[str, Course | Unreadable] = {c.id: c for c in classroom.courses()}
    known = {head.course_id for head in heads.values()}
    others = [c for c in courses.values() if isinstance(c, Course) and c.id not in known]
    lost = [course_id for course_id in known if course_id not in courses]
    courses.update(classroom.find(lost) if lost else {})
    there = {a: courses[h.course_id] for a, h in heads.items() if h.course_id in courses}
    new = [want.alias for want in wishes.desired if want.alias not in heads]
    there |= classroom.find(new) if new and (others or heads) else {}
    courses_there = {a: c for a, c in there.items() if isinstance(c, Course)}
    missing = frozenset(heads.keys() - there.keys() - wanted)
    return _Seen(
        found={a: c for a, c in courses_there.items() if a in wanted},
        unreadable={a: c.reason for a, c in there.items() if isinstance(c, Unreadable)},
        missing=missing,
        gone=frozenset(alias for alias in missing if _is_past(heads[alias], today)),
        absent={a: c for a, c in courses_there.items() if a in heads and a not in wanted},
        others=[course for course in others if _is_open(course)],
    )


def _is_past(head: Head, today: date) -> bool:
    """Will its section not come back? Till then it is remembered that a hand has deleted it."""
    return not head.ends or date.fromisoformat(head.ends) <= today


def _has_changed(head: Head, course: Course | None) -> bool:
    """Is a course other than when it had nothing to be done, by all that the list tells?"""
    if course is None or not _is_open(course):
        return True
    told = (course.name, course.section, course.room, course.owner, course.state.value)
    fields = head.fields
    return told != (fields.name, fields.section, fields.room, head.owner, head.state.value)


def _of_concern(desired: Sequence[Desired], books: Books) -> Sequence[str]:
    """Courses of ours that have to be known whole: those that are looked at, and those with a write
    that was never answered."""
    aliases = {*(want.alias for want in desired), *(e.alias for e in books.open_entries)}
    return sorted(aliases & books.known().keys())


def _remembered(seen: _Seen, bases: Mapping[str, Base]) -> Mapping[str, tuple[Base, Live]]:
    """Our wanted open courses, and how the list has them with the members as last known."""
    return {
        alias: (base, live_record(seen.found[alias], Members(*last_seated(base))))
        for alias, base in bases.items()
        if alias in seen.found and _is_open(seen.found[alias])
    }


def _differs(compared: Compared) -> bool:
    return any(True for _ in changes_in(compared)) or bool(compared.stops)


def _pressing(
    seen: _Seen, heads: Mapping[str, Head], books: Books, wishes: Wishes
) -> frozenset[str]:
    """Courses of which too little is known to go by it: writes without an answer, an owner who
    was not the owner before, sections that come from another class and whose people leave that
    only when they are in."""
    pressing = {entry.alias for entry in books.open_entries}
    pressing |= {parted.home for want in wishes.desired for parted in want.parted}
    return frozenset(
        alias
        for alias, course in seen.found.items()
        if alias in heads and (alias in pressing or course.owner != heads[alias].owner)
    )


def _unheard(seen: _Seen, heads: Mapping[str, Head], entries: Sequence[Entry]) -> frozenset[str]:
    """Courses with writes without an answer that only their members can tell, also those that
    rest or are not wanted any more: else such a write would stay open for as long."""
    there = heads.keys() & (seen.found.keys() | seen.absent.keys())
    told = {*BY_THE_LIST, Kind.COURSE_CREATE}
    return frozenset(e.alias for e in entries if e.alias in there and Kind(e.kind) not in told)


@dataclass(frozen=True, slots=True)
class _Night:
    """All that was read but the members."""

    books: Books
    rows: Mapping[str, BaseCourse]
    seen: _Seen
    known: Mapping[str, Live]
    compared: Mapping[str, Compared]
    claims: Mapping[str, Claim]
    to_read: frozenset[str]
    watched: Watch
    clock: datetime


def _evening(
    night: _Night, members: Mapping[str, Members | Unreadable], desired: Sequence[Desired]
) -> Evening:
    books, seen, rows = night.books, night.seen, night.rows
    wanted = {want.alias for want in desired}
    unreadable, lives, read = dict(seen.unreadable), dict[str, Live](), set[str]()
    for alias, course in seen.found.items():
        if alias in night.to_read or alias in night.claims or alias not in wanted:
            continue
        lives[alias] = night.known.get(alias) or live_record(course, _NOBODY)
    for alias, course in _to_fill(night):
        inside = members.get(course.id)
        if isinstance(inside, Unreadable):
            unreadable[alias] = inside.reason
        elif inside is not None:
            lives[alias] = live_record(course, inside)
            read.add(alias)
        elif alias in night.claims:
            unreadable[alias] = "Google lists it, and does not find it when asked who is in it"
    listed = {a: live_record(c, _NOBODY) for a, c in (*seen.found.items(), *seen.absent.items())}
    asked = {alias: lives[alias] for alias in read}
    bases, heard = _settle_unheard(rows, books.open_entries, listed, asked, missing=seen.missing)
    return Evening(
        bases=bases,
        stored={a: base_record(row) for a, row in rows.items() if a not in books.found},
        lives=lives,
        unreadable={
            want.alias: unreadable[want.alias] for want in desired if want.alias in unreadable
        },
        gone=seen.gone,
        heard=heard,
        keyed_by=books.mark.keyed_by if books.heads else "",
        mark=store_mark(books.mark),
        claims=night.claims,
        absent=[
            Absent(books.known()[alias], course.name, State(course.state.value))
            for alias, course in seen.absent.items()
        ],
        is_first_load=books.is_first_load,
        read=frozenset(read),
        read_at=night.clock.isoformat(timespec="seconds"),
        reported=night.watched.reported,
        notices=night.watched.notices,
        compared={a: c for a, c in night.compared.items() if a not in night.to_read},
    )


def _to_fill(night: _Night) -> list[tuple[str, Course]]:
    """Courses whose members were asked for, by the alias of the wanted course."""
    seen = night.seen
    by_id = {course.id: course for course in (*seen.others, *seen.absent.values())}
    claimed = [
        (alias, seen.found.get(alias) or by_id[claim.course_id])
        for alias, claim in night.claims.items()
    ]
    ours = {**seen.found, **seen.absent}
    return [(alias, ours[alias]) for alias in sorted(night.to_read)] + claimed


def _settle_unheard(
    rows: Mapping[str, BaseCourse],
    entries: Sequence[Entry],
    listed: Mapping[str, Live],
    read: Mapping[str, Live],
    *,
    missing: frozenset[str],
) -> tuple[Mapping[str, Base], tuple[tuple[str, int], ...]]:
    """The bases, and the entries that are no longer open: what the list tells of, and whatever
    was written to courses whose members were read, or that are gone for good. That a course was
    made stays open until it is there: by that it is known as ours, also in the place of one that
    was deleted."""
    settled = dict(rows)
    heard: list[tuple[str, int]] = []
    for entry in entries:
        row, kind = settled.get(entry.alias), Kind(entry.kind)
        live = read.get(entry.alias)
        if row is None or (kind is Kind.COURSE_CREATE and entry.alias not in listed):
            continue
        if live is not None:
            settled[entry.alias] = settle_unheard(row, [entry], _as_row(row, live))
        elif kind in BY_THE_LIST and entry.alias in listed:
            known = replace(listed[entry.alias], teachers=row.teachers, students=row.students)
            settled[entry.alias] = settle_unheard(row, [entry], _as_row(row, known))
        elif kind is not Kind.COURSE_CREATE and entry.alias not in missing:
            continue
        heard.append((entry.run_id, entry.number))
    return {alias: base_record(row) for alias, row in settled.items()}, tuple(heard)


def _as_row(row: BaseCourse, live: Live) -> BaseCourse:
    """What Classroom has, in the shape of a row."""
    return replace(
        row,
        name=live.fields.name,
        section=live.fields.section,
        room=live.fields.room,
        owner=live.owner,
        teachers=live.teachers,
        students=live.students,
        state=live.state.value,
    )


def _is_open(course: Course) -> bool:
    return State(course.state.value) in OPEN
