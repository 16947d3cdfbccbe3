"""A run while it goes: what is done and what is not, what stands in a change's way, the journal.

Threads share it: whatever reads and then writes does so under its guard.
"""

import threading
from collections import Counter
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, field, replace
from datetime import datetime

from policy.errors import AnotherRun
from policy.google.base import Outcome, Reply
from policy.merge.plan import Change, Kind, Plan
from policy.run.asking import (
    ADDS,
    Answers,
    is_days_quota,
    is_rate,
    is_users_quota,
    may_have_done,
)
from policy.run.journal import entry_of, follow
from policy.run.turns import Asked
from policy.run.writing import is_claim, user_of
from policy.store.base import BaseCourse, Entry, EntryState, RunRecord, Store

TRIES = 7  # with 1 + 2 + 4 + … s between them: about two minutes before a write is put off
TRIES_NOT_FOUND = 5  # in a class that is not new, it is an account that Google doesn't know yet

NO_CLASS = "its class could not be made in this run"
NOT_OURS = "its class could not be taken as ours in this run"
NOT_SEATED = "they could not be made a co-teacher in this run"
NOT_HANDED_OVER = "the class is not handed over yet"
SET_ASIDE = "its class does not answer in this run"


@dataclass(frozen=True, slots=True)
class Undone:
    """A change that a run did not get done, and Google's words. `since` is when a run first put
    this seat off, if it is not the first one."""

    change: Change
    final: bool  # refused; else a later run tries again
    reason: str
    since: datetime | None = None


@dataclass(slots=True)
class _Outcome:
    """What one step of a run tells the journal."""

    entries: list[Entry] = field(default_factory=list)
    rows: dict[str, BaseCourse] = field(default_factory=dict)
    forget: set[str] = field(default_factory=set)


class Run:
    """The state of one run. Begins with the rows of the courses that its plan changes, by alias."""

    def __init__(
        self, plan: Plan, record: RunRecord, store: Store, *, rows: dict[str, BaseCourse]
    ) -> None:
        self.plan = plan
        self.record = record
        self.done = Counter[str]()
        self.undone: list[Undone] = []
        self.stopped = ""  # why nothing more is sent, in words
        self.settled = 0  # changes that Google has given a definite answer to
        self._rows = rows
        self._store = store
        self._numbers: Iterator[int] = iter(range(10**9))
        self._made: set[str] = set()
        self._answered: dict[str, int] = {}  # alias -> `settled`, when its course last answered
        self._set_aside: dict[str, str] = {}  # alias -> why
        self._not_today: dict[str, str] = {}  # user id -> why
        self._unseated: set[tuple[str, str]] = set()  # (alias, user) of failed co-teachers
        self._former = {  # alias -> the owner before, of handovers that are not done
            c.course.alias: c.before or "" for c in plan.changes if c.kind is Kind.COURSE_OWNER
        }
        self._revision = 0
        self._guard = threading.RLock()

    def begin(self) -> None:
        """Write down that the run has started."""
        self._store.start_run(self.record)
        self._revision = self._store.mark().revision

    def end(self, record: RunRecord) -> None:
        """Write down how it ended."""
        self._check_alone()
        self._store.end_run(record)

    def stop(self, reason: str) -> None:
        """Send nothing more; whatever is left is put off for this reason."""
        with self._guard:
            self.stopped = self.stopped or reason

    def course_of(self, change: Change) -> str | None:
        """The course's id (its alias, for one that is to be made); None when it is not ours, since
        making it or taking it as ours has failed."""
        course = change.course
        if change.kind is Kind.COURSE_CREATE:
            return course.alias
        if is_claim(change):
            return course.id
        row = self._rows.get(course.alias)
        if row is None or course.id not in (None, row.course_id):
            return None
        return row.course_id

    def made(self, change: Change) -> bool:
        """Was its course made in this run?"""
        return change.course.alias in self._made

    def ready(self, batch: Sequence[Asked], at: datetime) -> list[Asked]:
        """Those of a batch that nothing stands in the way of, in the journal as sent. The others
        are put off, without a call."""
        with self._guard:
            self._check_alone()
            told, going = _Outcome(), list[Asked]()
            for asked in batch:
                if reason := self._obstacle(asked.change):
                    self._put_off(asked, reason, told, at)
                else:
                    going.append(asked)
            new = [asked for asked in going if asked.entry is None]
            for asked in new:
                asked.entry = self._entry(asked.change, at)
                asked.settled_before = self.settled
            if new:
                self._store.start_entries([asked.entry for asked in new if asked.entry])
            self._tell(told)
            return going

    def settle(self, answers: Answers, at: datetime) -> list[Asked]:
        """Write down what is settled; what is to be asked again comes back."""
        with self._guard:
            self._check_alone()
            told, again = _Outcome(), list[Asked]()
            for asked, reply in answers:
                self._count(asked, reply)
            # Definite answers first: they tell whether a course answers at all.
            for asked, reply in sorted(answers, key=lambda a: a[1].outcome is Outcome.AGAIN_SOON):
                if reply.outcome is Outcome.AGAIN_SOON and self._is_patient(asked, reply):
                    again.append(asked)
                else:
                    self._settle_one(asked, reply, told, at)
            self._tell(told)
            return again

    def is_unheard(self, answers: Answers) -> bool:
        """Has a change of these had its last try, and nobody got an answer since its first? Then
        it may be that Google is out of reach altogether."""
        with self._guard:
            if any(reply.outcome is not Outcome.AGAIN_SOON for _, reply in answers):
                return False
            return any(
                may_have_done(reply)
                and asked.tries + 1 >= TRIES
                and asked.settled_before == self.settled
                for asked, reply in answers
            )

    def tell_progress(self, tell: Callable[[int, int], None]) -> None:
        """How many of the plan's changes are behind us; never fewer than told before."""
        with self._guard:
            tell(sum(self.done.values()) + len(self.undone), len(self.plan.changes))

    def _obstacle(self, change: Change) -> str:
        """What stands in the way of a change; empty if nothing does."""
        alias, user = change.course.alias, user_of(change)
        if self.stopped:
            return self.stopped
        if self.course_of(change) is None:
            return NO_CLASS if change.course.id is None else NOT_OURS
        if alias in self._set_aside:
            return self._set_aside[alias]
        if change.kind in ADDS and user in self._not_today:
            return self._not_today[user]
        if change.kind is Kind.COURSE_OWNER and (alias, user) in self._unseated:
            return NOT_SEATED
        if change.kind is Kind.TEACHER_REMOVE and self._former.get(alias) == user:
            return NOT_HANDED_OVER
        return ""

    def _count(self, asked: Asked, reply: Reply) -> None:
        asked.tries += 0 if is_rate(reply) else 1
        asked.is_unsure |= may_have_done(reply)
        if reply.outcome is not Outcome.AGAIN_SOON:
            self.settled += 1
            self._answered[asked.change.course.alias] = self.settled

    def _is_patient(self, asked: Asked, reply: Reply) -> bool:
        is_known = reply.status != 404 or self.made(asked.change)
        return not self.stopped and asked.tries < (TRIES if is_known else TRIES_NOT_FOUND)

    def _settle_one(self, asked: Asked, reply: Reply, told: _Outcome, at: datetime) -> None:
        if reply.outcome in (Outcome.DONE, Outcome.ALREADY):
            self._finish(asked, reply, told, at)
        elif reply.outcome is Outcome.REFUSED:
            self._fail(asked, EntryState.REFUSED, reply.reason, told, at)
        else:
            self._put_off(asked, self.stopped or reply.reason, told, at)
            self._learn(asked, reply)

    def _finish(self, asked: Asked, reply: Reply, told: _Outcome, at: datetime) -> None:
        """The base follows what was done."""
        change = asked.change
        row = follow(change, self._rows.get(change.course.alias), reply, at=at)
        self._rows[row.alias] = told.rows[row.alias] = row
        if is_claim(change) and change.before is not None:
            self._rows.pop(change.before, None)
            told.forget.add(change.before)
        if change.kind is Kind.COURSE_CREATE:
            self._made.add(row.alias)
        if change.kind is Kind.COURSE_OWNER:
            self._former.pop(row.alias, None)
        self.done[change.kind.value] += 1
        told.entries.append(self._ended(asked, EntryState.DONE, "", at))

    def _put_off(self, asked: Asked, reason: str, told: _Outcome, at: datetime) -> None:
        """A later run tries again. Where one of the tries may have done it all the same, the entry
        stays open, and the next night takes what Classroom has as the base."""
        if asked.is_unsure:
            self._note(asked.change, Undone(asked.change, False, reason))
        else:
            self._fail(asked, EntryState.LATER, reason, told, at)

    def _fail(
        self, asked: Asked, state: EntryState, reason: str, told: _Outcome, at: datetime
    ) -> None:
        is_final = state is EntryState.REFUSED
        self._note(asked.change, Undone(asked.change, is_final, reason))
        told.entries.append(self._ended(asked, state, reason, at))

    def _note(self, change: Change, undone: Undone) -> None:
        self.undone.append(undone)
        if change.kind is Kind.TEACHER_ADD:
            self._unseated.add((change.course.alias, user_of(change)))

    def _learn(self, asked: Asked, reply: Reply) -> None:
        """What an answer says of other changes too."""
        alias = asked.change.course.alias
        if is_days_quota(reply):
            self.stop(f"Google's quota of calls for today is used up ({reply.reason})")
        elif is_users_quota(reply):
            self._not_today[user_of(asked.change)] = reply.reason
        elif may_have_done(reply) and self._answered.get(alias, -1) <= asked.settled_before:
            self._set_aside.setdefault(alias, f"{SET_ASIDE} ({reply.reason})")

    def _entry(self, change: Change, at: datetime) -> Entry:
        return entry_of(change, run_id=self.record.id, number=next(self._numbers), at=at)

    def _ended(self, asked: Asked, state: EntryState, reason: str, at: datetime) -> Entry:
        entry = asked.entry or self._entry(asked.change, at)
        return replace(entry, state=state, at=at, reason=reason)

    def _tell(self, told: _Outcome) -> None:
        if told.entries or told.rows:
            self._store.finish_entries(told.entries, told.rows.values(), forget=sorted(told.forget))
            self._revision = self._store.mark().revision

    def _check_alone(self) -> None:
        """Raise AnotherRun where somebody else has written to the store since we did."""
        if self._store.mark().revision != self._revision:
            raise AnotherRun(
                f"Something else has written to the store since run {self.record.id} began: "
                "another run, perhaps on another machine, or a command. This run has ended after "
                f"{sum(self.done.values()):,} writes; the next one goes on from there."
            )
