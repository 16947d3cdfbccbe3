"""Reads the world before a night: accounts, base and Classroom, as the merge's records.

Here the rooms' values meet: what `google` and `store` give becomes what `merge` looks at.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace

from policy.google.base import Account, Classroom, Course, Members, Unreadable
from policy.merge.compare import OPEN
from policy.merge.judge import Evening
from policy.merge.people import AccountFacts
from policy.merge.plan import Kind, StoreMark
from policy.merge.records import Base, Desired, Fields, Live, Remembered, State, User
from policy.run.journal import made_by, new_row, settle_unheard
from policy.store.base import BaseCourse, Entry, Mark, Match, Store

CREATED = Kind.COURSE_CREATE.value
_NOBODY = Members(frozenset(), frozenset())


def account_facts(account: Account) -> AccountFacts:
    """An account, as people are matched to it."""
    user = User(id=account.id, email=account.emails[0], name=account.name)
    return AccountFacts(user=user, emails=account.emails, suspended=account.suspended)


def base_record(row: BaseCourse) -> Base:
    """A base row, as courses are compared with it."""
    return Base(
        alias=row.alias,
        course_id=row.course_id,
        section_key=row.section_key,
        school_key=row.school_key,
        fields=Fields(row.name, row.section, row.room),
        owner=row.owner,
        teachers=row.teachers,
        students=row.students,
        kept=row.kept,
    )


def base_row(base: Base) -> BaseCourse:
    """The row that keeps a base record."""
    return BaseCourse(
        alias=base.alias,
        course_id=base.course_id,
        section_key=base.section_key,
        school_key=base.school_key,
        name=base.fields.name,
        section=base.fields.section,
        room=base.fields.room,
        owner=base.owner,
        teachers=base.teachers,
        students=base.students,
        kept=base.kept,
    )


def store_mark(mark: Mark) -> StoreMark:
    return StoreMark(mark.id, mark.revision)


def remembered(matches: Mapping[str, Match]) -> Mapping[str, Remembered]:
    """What the store knows of how people were matched."""
    return {key: Remembered(match.user_id, match.email) for key, match in matches.items()}


def match_rows(learned: Mapping[str, Remembered]) -> Mapping[str, Match]:
    return {key: Match(new.user_id, new.email) for key, new in learned.items()}


@dataclass(frozen=True, slots=True)
class Books:
    """The store's side before a night: base rows, and the journal's open entries. `found` are
    rows of courses that a run made without hearing so; they are not in the store yet."""

    rows: Mapping[str, BaseCourse]
    found: Mapping[str, BaseCourse]
    open_entries: Sequence[Entry]
    mark: Mark

    def bases(self) -> Mapping[str, Base]:
        return {alias: base_record(row) for alias, row in {**self.rows, **self.found}.items()}


def read_books(store: Store, classroom: Classroom) -> Books:
    """Read the store, and look for the courses that may have been made. The revision is read
    first: what changes while we read makes the plan stale, not wrong."""
    mark = store.mark()
    rows = {row.alias: row for row in store.base()}
    books = Books(rows, {}, store.unfinished(), mark)
    made = {
        alias: facts for alias, facts in made_by(books.open_entries).items() if alias not in rows
    }
    return replace(books, found=_made(classroom.find(list(made)) if made else {}, made))


def _made(
    found: Mapping[str, Course | Unreadable], made: Mapping[str, dict[str, object]]
) -> Mapping[str, BaseCourse]:
    return {
        alias: new_row(alias, course.id, owner=course.owner, facts=made[alias])
        for alias, course in found.items()
        if isinstance(course, Course) and alias in made
    }


def read_evening(classroom: Classroom, books: Books, desired: Sequence[Desired]) -> Evening:
    """Read from Classroom what the wanted courses need, and no more.

    1. All courses of the domain, page by page: names and states.
    2. Ours that are missing there are asked for by id (a list may lag behind).
    3. Wanted ones without a base are asked for by alias, if there is any course that is not
       ours: with an alias of ours it would not be ours either, and must not be made again.
    4. The members of the wanted courses that are open.
    5. Where a write was never answered, the base is what Classroom has.
    """
    seen = _look(classroom, books, desired)
    late = {alias: course for alias, course in seen.found.items() if alias not in seen.ours}
    made = made_by(books.open_entries)
    if newly := _made(late, {alias: made[alias] for alias in late if alias in made}):
        books = replace(books, found={**books.found, **newly})  # Google shows it only now
        seen = _look(classroom, books, desired)
    members = classroom.members(
        [seen.found[alias].id for alias in seen.ours if _is_open(seen.found.get(alias))]
    )
    return _evening(books, seen, members, desired)


@dataclass(frozen=True, slots=True)
class _Seen:
    """What lists and look-ups told, by alias. `ours` are wanted courses that have a base."""

    ours: Mapping[str, str]  # alias -> course id
    found: Mapping[str, Course]
    unreadable: Mapping[str, str]
    gone: frozenset[str]


def _look(classroom: Classroom, books: Books, desired: Sequence[Desired]) -> _Seen:
    bases = books.bases()
    wanted = {want.alias for want in desired}
    courses: dict[str, Course | Unreadable] = {c.id: c for c in classroom.courses()}
    known = {base.course_id for base in bases.values()}
    others = any(course_id not in known for course_id in courses)
    lost = [course_id for course_id in known if course_id not in courses]
    courses.update(classroom.find(lost) if lost else {})
    there = {a: courses[b.course_id] for a, b in bases.items() if b.course_id in courses}
    ours = {alias: bases[alias].course_id for alias in bases if alias in wanted}
    new = [want.alias for want in desired if want.alias not in bases]
    there |= classroom.find(new) if others and new else {}
    return _Seen(
        ours=ours,
        found={a: c for a, c in there.items() if a in wanted and isinstance(c, Course)},
        unreadable={a: c.reason for a, c in there.items() if isinstance(c, Unreadable)},
        gone=frozenset(alias for alias in bases if alias not in there and alias not in wanted),
    )


def _evening(
    books: Books,
    seen: _Seen,
    members: Mapping[str, Members | Unreadable],
    desired: Sequence[Desired],
) -> Evening:
    unreadable = dict(seen.unreadable)
    lives: dict[str, Live] = {}
    for alias, course in seen.found.items():
        inside = members.get(course.id) if alias in seen.ours and _is_open(course) else _NOBODY
        if isinstance(inside, Unreadable):
            unreadable[alias] = inside.reason
        elif inside is not None:
            lives[alias] = _live(course, inside)
    bases, heard = _settle_unheard(books, lives)
    return Evening(
        bases=bases,
        stored={alias: base_record(row) for alias, row in books.rows.items()},
        lives=lives,
        unreadable={
            want.alias: unreadable[want.alias] for want in desired if want.alias in unreadable
        },
        gone=seen.gone,
        heard=heard,
        keyed_by=books.mark.keyed_by if books.rows else "",
        mark=store_mark(books.mark),
    )


def _settle_unheard(
    books: Books, lives: Mapping[str, Live]
) -> tuple[Mapping[str, Base], tuple[tuple[str, int], ...]]:
    """The bases, and the entries that are no longer open: those of courses that were read."""
    rows = {**books.rows, **books.found}
    groups: dict[str, list[Entry]] = {}
    for entry in books.open_entries:
        if entry.alias in rows and (entry.alias in lives or entry.kind == CREATED):
            groups.setdefault(entry.alias, []).append(entry)
    for alias, entries in groups.items():
        live = lives.get(alias)
        if live is not None:
            rows[alias] = settle_unheard(rows[alias], entries, _as_row(rows[alias], live))
    heard = tuple((e.run_id, e.number) for entries in groups.values() for e in entries)
    return {alias: base_record(row) for alias, row in rows.items()}, heard


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
    )


def _is_open(course: Course | None) -> bool:
    return course is not None and State(course.state.value) in OPEN


def _live(course: Course, members: Members) -> Live:
    return Live(
        course_id=course.id,
        fields=Fields(course.name, course.section, course.room),
        state=State(course.state.value),
        owner=course.owner,
        teachers=members.teachers,
        students=members.students,
    )
