"""Reads the store before a night, and turns what `google` and `store` give into what `merge` looks
at: here the rooms' values meet.
"""

import json
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, replace

from policy.google.base import Account, Classroom, Course, Members, Unreadable
from policy.merge.people import AccountFacts
from policy.merge.plan import Kind, StoreMark
from policy.merge.records import Base, Fields, Head, Live, Remembered, Staff, State, User, staff_of
from policy.run.journal import made_by, new_row
from policy.run.rows import base_record, head_record
from policy.store.base import BaseCourse, Entry, Mark, Match, RunRecord, RunState, Store

_ENDED = (RunState.DONE, RunState.HELD, RunState.REFUSED)


def account_facts(account: Account) -> AccountFacts:
    """An account, as people are matched to it."""
    user = User(id=account.id, email=account.emails[0], name=account.name)
    return AccountFacts(user=user, emails=account.emails, suspended=account.suspended)


def live_record(course: Course, members: Members) -> Live:
    """A course and who is in it, as the merge looks at them."""
    return Live(
        course_id=course.id,
        fields=Fields(course.name, course.section, course.room),
        state=State(course.state.value),
        owner=course.owner,
        teachers=members.teachers,
        students=members.students,
    )


def store_mark(mark: Mark) -> StoreMark:
    return StoreMark(mark.id, mark.revision)


def remembered(matches: Mapping[str, Match]) -> Mapping[str, Remembered]:
    """What the store knows of how people were matched."""
    return _Remembered(matches)


class _Remembered(Mapping[str, Remembered]):
    """Matches in the merge's words, made when asked for: there is one for everybody."""

    def __init__(self, matches: Mapping[str, Match]) -> None:
        self._matches = matches

    def __getitem__(self, key: str) -> Remembered:
        match = self._matches[key]
        return Remembered(match.user_id, match.email)

    def __contains__(self, key: object) -> bool:
        return key in self._matches

    def __iter__(self) -> Iterator[str]:
        return iter(self._matches)

    def __len__(self) -> int:
        return len(self._matches)


def remembered_accounts(matches: Mapping[str, Match]) -> list[AccountFacts]:
    """The accounts that people were matched to in earlier runs, as far as they are known without
    the Directory: without names, none of them suspended."""
    emails: dict[str, set[str]] = {}
    for match in matches.values():
        emails.setdefault(match.user_id, set()).add(match.email)
    return [
        AccountFacts(User(user_id, min(found), ""), tuple(sorted(found)), suspended=False)
        for user_id, found in emails.items()
    ]


def match_rows(learned: Mapping[str, Remembered]) -> Mapping[str, Match]:
    return {key: Match(new.user_id, new.email) for key, new in learned.items()}


@dataclass(frozen=True, slots=True)
class Books:
    """The store's side before a night: courses of ours by alias, without their members, and the
    journal's open entries. `found` are rows of courses that a run made without hearing so; they
    are not in the store yet. `stored` gives rows of the store whole, by alias."""

    heads: Mapping[str, Head]
    found: Mapping[str, BaseCourse]
    open_entries: Sequence[Entry]
    mark: Mark
    stored: Callable[[Sequence[str]], Mapping[str, BaseCourse]]
    is_first_load: bool = False  # the classes have not all been made yet

    def known(self) -> Mapping[str, Head]:
        """All courses of ours."""
        if not self.found:
            return self.heads
        return {**self.heads, **{a: head_record(row) for a, row in self.found.items()}}

    def rows(self, aliases: Sequence[str]) -> Mapping[str, BaseCourse]:
        """Some courses of ours, whole."""
        found = {alias: self.found[alias] for alias in aliases if alias in self.found}
        return {**self.stored(aliases), **found}

    def bases(self, aliases: Sequence[str]) -> Mapping[str, Base]:
        """The same, as records."""
        return {alias: base_record(row) for alias, row in self.rows(aliases).items()}

    def teachers_of(self, alias: str) -> Staff:
        """Who teaches in a course of ours."""
        base = self.bases([alias]).get(alias)
        return staff_of(base) if base else Staff()


def read_books(store: Store, classroom: Classroom) -> Books:
    """Read the store, and look for the courses that may have been made. The revision is read
    first: what changes while we read makes the plan stale, not wrong."""
    mark = store.mark()
    heads = {row.alias: head_record(row) for row in store.heads()}
    is_first = is_first_load(store.runs(newest=1_000), has_classes=bool(heads))
    books = Books(heads, {}, store.unfinished(), mark, store.base_under, is_first)
    made = made_by(books.open_entries)
    before = [heads[alias].course_id for alias in made if alias in heads]
    found = classroom.find([*made, *before]) if made else {}
    return replace(books, found=found_courses(found, made, heads))


def is_first_load(runs: Iterable[RunRecord], *, has_classes: bool) -> bool:
    """Is the first load still going on? While there is no class, and until some run has come to its
    end that wrote something and put no new class off until a later one. What Google refuses for
    good it refuses every night: that does not make it go on."""
    create = Kind.COURSE_CREATE.value
    return not has_classes or not any(
        run.state in _ENDED and run.counts and create not in run.later for run in runs
    )


def found_courses(
    found: Mapping[str, Course | Unreadable],
    made: Mapping[str, dict[str, object]],
    heads: Mapping[str, Head],
) -> Mapping[str, BaseCourse]:
    """Base rows of courses that a run made without hearing so; `made` is its entries' facts. Such
    a course takes the place of one of ours (`heads`) that a hand has deleted. An administrator may
    have given the alias to another course: one of ours, or one whose owner is another than was
    asked for; or while the class that had it is still there (it is in `found`, by its id)."""
    ours = {head.course_id for head in heads.values()}
    return {
        alias: new_row(alias, course.id, owner=course.owner, facts=made[alias])
        for alias, course in found.items()
        if isinstance(course, Course)
        and alias in made
        and course.id not in ours
        and not (alias in heads and heads[alias].course_id in found)
        and course.owner == made[alias].get("user")
    }


def entry_facts(entry: Entry) -> dict[str, object]:
    """What a journal entry says of its change (see `journal`)."""
    facts: dict[str, object] = json.loads(entry.change)
    return facts
