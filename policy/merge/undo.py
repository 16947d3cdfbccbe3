"""A run taken back: what it wrote, what the store and Classroom have now, and the way back.

Three ways again: only what the run wrote, and what is still so, is taken back. What a teacher or a
later run has changed since stays. No class is deleted: one that the run made is archived.
"""

from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field, replace

from policy.merge.compare import OPEN
from policy.merge.limits import Census, judge_limits, take_census
from policy.merge.plan import ALIAS, Change, CourseRef, HeldFor, Hold, Kept, Kind, Notice, in_order
from policy.merge.records import TOGETHER, Base, Live, State, User
from policy.merge.written import ADDITIONS, SEATS, TEACHER_SEATS, UNANSWERED, Written
from policy.rules.model import Policy

SHOWN = 5
AGAIN = (
    "the next sync would do it again: before it, change the roster or the policy that made the run "
    "do what it did"
)
STAY_TOGETHER = (
    "Undo does not part them: the next sync has them together again, as long as classes.combine "
    "and the roster say so"
)
_REVERSE = {
    Kind.TEACHER_ADD: Kind.TEACHER_REMOVE,
    Kind.TEACHER_REMOVE: Kind.TEACHER_ADD,
    Kind.STUDENT_ADD: Kind.STUDENT_REMOVE,
    Kind.STUDENT_REMOVE: Kind.STUDENT_ADD,
}


@dataclass(frozen=True, slots=True)
class Present:
    """How things are now. By alias: the store's `bases` of what the run has written to, Classroom's
    `lives`, and the words of those it does not let us read. `others` are all other bases, of which
    there may be very many: they are looked at once. `later` are records that a later run wrote, and
    which run; `accounts` those that can be put into a class; `schools` names by key."""

    bases: Mapping[str, Base]
    others: Iterable[Base]
    lives: Mapping[str, Live]
    unreadable: Mapping[str, str]
    later: Mapping[tuple[str, str], str]
    accounts: Mapping[str, User]
    schools: Mapping[str, str]
    stamp: str  # RFC 3339


@dataclass(frozen=True, slots=True)
class WayBack:
    """The parts of the plan that takes a run back."""

    changes: tuple[Change, ...]
    held: tuple[Hold, ...]
    kept: tuple[Kept, ...]
    notices: tuple[Notice, ...]
    courses: int


def undo(run_id: str, writes: Sequence[Written], present: Present, policy: Policy) -> WayBack:
    """What takes these writes of a run back, class by class; removals pass the limits. Each write
    names the alias that its class has now."""
    by_alias: dict[str, list[Written]] = {}
    for write in writes:
        if write.may_be_so:
            by_alias.setdefault(write.alias, []).append(write)
    backs = [_course(alias, some, present) for alias, some in by_alias.items()]
    going, held = judge_limits(
        [change for back in backs for change in back.changes],
        _census(present),
        rules_of=lambda key: policy.rules_of(key, present.schools.get(key, "")),
        defaults=policy.defaults,
    )
    return WayBack(
        changes=in_order(going),
        held=(*_unreadable(by_alias, present), *held),
        kept=tuple(kept for back in backs for kept in back.kept),
        notices=tuple(_notices(run_id, writes, backs, present)),
        courses=len(by_alias),
    )


def _census(present: Present) -> Census:
    """The seats of ours in open classes: last year's would make every share small. What the roster
    asks for has no part in it: a run is taken back."""
    census = take_census(
        (base for base in present.bases.values() if _is_open(base, present)),
        elsewhere=(base for base in present.others if _is_open(base, present)),
    )
    return replace(census, wanted=census.classes, wanted_at=census.schools)


def _is_open(base: Base, present: Present) -> bool:
    """As it is in Classroom; what the run did not write to, as the store has it: a class whose
    section has gone was not looked at since, and counts until its terms are over."""
    live = present.lives.get(base.alias)
    if live is not None:
        return live.state in OPEN
    is_over = bool(base.ends) and base.ends <= present.stamp[:10]
    return base.state in OPEN and "state" not in base.kept and not is_over


def _unreadable(aliases: Iterable[str], present: Present) -> list[Hold]:
    found = [alias for alias in aliases if alias in present.unreadable]
    if not found:
        return []
    some = [f"“{present.bases[a].fields.name}”: {present.unreadable[a]}" for a in found[:SHOWN]]
    one = "1 class can't be read in Classroom: nothing in it is taken back"
    several = f"{len(found):,} classes can't be read in Classroom: nothing in them is taken back"
    why = (one if len(found) == 1 else several, *some)
    return [Hold(Kind.COURSE_UPDATE, len(found), HeldFor.UNREADABLE, None, why)]


@dataclass(slots=True)
class _Found:
    """What there is to take back in one class, and what is not taken back."""

    changes: list[Change] = field(default_factory=list)
    kept: list[Kept] = field(default_factory=list)
    gone: int = 0  # writes that are so no longer, or whose class is not ours any more
    later: list[Written] = field(default_factory=list)  # what a later run has written again
    never: list[str] = field(default_factory=list)  # what no plan can take back


@dataclass(slots=True)
class _Back:
    """Looks for the way back in one class."""

    course: CourseRef
    base: Base
    live: Live
    present: Present
    found: _Found = field(default_factory=_Found)

    def take_back(self, writes: Sequence[Written]) -> None:
        """All that the run did in this class. One that it made is archived, and that is all."""
        made = [w for w in writes if w.kind is Kind.COURSE_CREATE]
        if made:
            self._archive(made[0])
            return
        is_opened = self._state([w for w in writes if w.record == "state"])
        if self.live.state not in OPEN and not is_opened:
            state = self.live.state.value.lower()
            self._keep(writes[0], "state", state, f"the class is {state}: nothing in it is changed")
            return
        for name in ("name", "section", "room"):
            self._text([w for w in writes if w.record == name])
        for write in writes:
            if write.record == ALIAS:
                self._never(f"stays the class of section {write.section}, with its alias")
        goes_back = self._owner([w for w in writes if w.record == "owner"], writes)
        for seat in _by_record(w for w in writes if w.kind in SEATS):
            if seat[0].kind is seat[-1].kind:  # else the run itself has taken it back
                self._seat(seat[-1], owner_goes=goes_back)

    def _archive(self, write: Written) -> None:
        state = self.live.state
        if state is State.ARCHIVED:
            self.found.gone += 1
        elif state not in OPEN:
            words = state.value.lower()
            self._keep(write, "state", words, f"the class is {words}: it is left as it is")
        else:
            why: tuple[str, ...] = (_did(write), "a class is archived, never deleted")
            if state is State.ACTIVE:
                why = (*why, "its teacher has it open")
            self._set_state(Kind.COURSE_ARCHIVE, write, State.ARCHIVED, why)

    def _state(self, writes: Sequence[Written]) -> bool:
        """Take back what the run did to the state; does that open the class?"""
        if not writes:
            return False
        first, last = writes[0], writes[-1]
        if first.before == last.after == self.live.state.value:
            self.found.gone += 1
        elif self.live.state.value != last.after or not self._is_ours(last, self.base.state.value):
            self._changed_since(last, self.live.state.value.lower())
        elif last.after == State.ARCHIVED.value:
            why = (_did(last), "an archived class can only be opened again as an active one")
            self._set_state(Kind.COURSE_RESTORE, last, State.ACTIVE, why)
            return True
        elif first.before == State.ARCHIVED.value and self.live.state is State.ACTIVE:
            self._set_state(Kind.COURSE_ARCHIVE, last, State.ARCHIVED, (_did(last),))
        else:
            before, now = first.before.lower(), last.after.lower()
            self._never(f"was {before}, and only its owner can make it so again: it stays {now}")
        return False

    def _text(self, writes: Sequence[Written]) -> None:
        if not writes:
            return
        first, last = writes[0], writes[-1]
        now = str(getattr(self.live.fields, last.field))
        if now == first.before:
            self.found.gone += 1
        elif now != last.after or not self._is_ours(last, getattr(self.base.fields, last.field)):
            self._changed_since(last, now)
        else:
            self._change(
                Kind.COURSE_UPDATE,
                last,
                (_did(last),),
                field=last.field,
                before=now,
                after=first.before,
            )

    def _owner(self, writes: Sequence[Written], all_of_run: Sequence[Written]) -> bool:
        """Hand the class back to whom it had; does it go back?"""
        if not writes:
            return False
        first, last = writes[0], writes[-1]
        if self.live.owner == first.before:
            self.found.gone += 1
            return False
        if self.live.owner != last.after or not self._is_ours(last, self.base.owner):
            self._changed_since(last, self._name(self.live.owner))
            return False
        former = self.present.accounts.get(first.before)
        if former is None:
            self._never("has no new owner: the former one has no usable Google account now")
            return False
        came_by_us = any(w.kind is Kind.TEACHER_ADD and w.user == last.after for w in all_of_run)
        leaves_by_us = any(w.record == f"teacher:{former.id}" for w in all_of_run)
        if former.id not in self.live.teachers and not leaves_by_us:
            why = (_did(last), "only a co-teacher can become the owner")
            self._change(Kind.TEACHER_ADD, last, why, person=former)
        self._change(
            Kind.COURSE_OWNER,
            last,
            (_did(last),),
            person=former,
            before=self.live.owner,
            after=former.id,
            keeps_former=not came_by_us,
        )
        return True

    def _seat(self, write: Written, *, owner_goes: bool) -> None:
        is_teacher = write.kind in TEACHER_SEATS
        live, base = self.live, self.base
        there, ours = (
            (live.teachers, base.teachers | {base.owner} | base.former)
            if is_teacher
            else (live.students, base.students)
        )
        is_there, was_added = write.user in there, write.kind in ADDITIONS
        is_later = (write.alias, write.record) in self.present.later
        if is_there is not was_added:
            self.found.gone += 1
        elif is_later or (was_added and write.user not in ours):
            self._changed_since(write, "in the class")
        elif was_added and write.user == live.owner and not owner_goes:
            self._never(f"keeps {self._name(write.user)} as a teacher, since they own it now")
        elif not was_added and write.user not in self.present.accounts:
            who = f"user {write.user}"
            self._never(f"does not get {who} back, who has no usable Google account now")
        elif not was_added and write.user in live.teachers | live.students:
            who = self._name(write.user)
            self._never(f"does not get {who} back as before, who is in it in another role now")
        else:
            self._change(_REVERSE[write.kind], write, (_did(write),), person=self._user(write.user))

    def _is_ours(self, write: Written, last_applied: str) -> bool:
        """Is what the store takes as last applied this run's, and no later one's?"""
        is_later = (write.alias, write.record) in self.present.later
        return last_applied == write.after and not is_later

    def _changed_since(self, write: Written, theirs: str) -> None:
        if (write.alias, write.record) in self.present.later:
            self.found.later.append(write)
        else:
            self._keep(write, write.record, theirs, "changed by hand in Classroom since: stays so")

    def _never(self, words: str) -> None:
        self.found.never.append(f"“{self.course.name}” {words}")

    def _keep(self, write: Written, record: str, theirs: str, words: str) -> None:
        since = self.base.kept.get(record, self.present.stamp)
        is_seat = write.kind in SEATS and record == write.record
        what = record.partition(":")[0]
        person = self._user(write.user) if is_seat else None
        what, shown = (f"{what} {theirs}", None) if is_seat else (what, theirs)
        why = (words, _did(write))
        self.found.kept.append(Kept(self.course, record, what, since, why, person, theirs=shown))

    def _set_state(self, kind: Kind, write: Written, to: State, why: tuple[str, ...]) -> None:
        before, after = self.live.state.value, to.value
        self._change(kind, write, why, field="courseState", before=before, after=after)

    def _change(
        self,
        kind: Kind,
        write: Written,
        why: tuple[str, ...],
        *,
        person: User | None = None,
        field: str | None = None,
        before: str | None = None,
        after: str | None = None,
        keeps_former: bool = True,
    ) -> None:
        change = Change(
            kind,
            self.course,
            write.section,
            why,
            person=person,
            field=field,
            before=before,
            after=after,
            keeps_former=keeps_former,
        )
        self.found.changes.append(change)

    def _user(self, user_id: str) -> User:
        return self.present.accounts.get(user_id) or User(user_id, "", "")

    def _name(self, user_id: str) -> str:
        user = self._user(user_id)
        return user.email or user.id


def _course(alias: str, writes: Sequence[Written], present: Present) -> _Found:
    """The way back in one class; none where it is not ours any more, or not there."""
    base, live = present.bases.get(alias), present.lives.get(alias)
    if base is None or live is None:
        return _Found(gone=0 if alias in present.unreadable else len(writes))
    school = present.schools.get(base.school_key, base.school_key)
    course = CourseRef(alias, base.course_id, live.fields.name, base.school_key, school)
    back = _Back(course, base, live, present)
    back.take_back(writes)
    return back.found


def _by_record(writes: Iterable[Written]) -> Iterable[list[Written]]:
    groups: dict[str, list[Written]] = {}
    for write in writes:
        groups.setdefault(write.record, []).append(write)
    return groups.values()


def _did(write: Written) -> str:
    """What the run did, and why it did it."""
    cause = f": {write.why[-1]}" if write.why else ""
    return f"run {write.run_id} did {write.kind.value} on {write.at:%Y-%m-%d %H:%M} UTC{cause}"


def _notices(
    run_id: str, writes: Sequence[Written], backs: Sequence[_Found], present: Present
) -> Iterator[Notice]:
    if any(back.changes for back in backs):
        yield Notice(run_id, AGAIN, "M320")
    if gone := sum(back.gone for back in backs):
        words = "1 write is" if gone == 1 else f"{gone:,} writes are"
        yield Notice(run_id, f"{words} not so any more, with nothing left to take back", "M321")
    if unheard := sum(write.state == UNANSWERED for write in writes):
        have = "1 write has" if unheard == 1 else f"{unheard:,} writes have"
        words = f"{have} no answer so far: the next sync finds out what became of it"
        yield Notice(run_id, f"{words}, and undo can take it back after that", "M322")
    if later := [write for back in backs for write in back.later]:
        by = {present.later[write.alias, write.record] for write in later}
        runs = ", ".join(sorted(by)[:SHOWN])
        words = "1 write was" if len(later) == 1 else f"{len(later):,} writes were"
        yield Notice(run_id, f"{words} written again since, by run {runs}: those stay", "M323")
    for words in (words for back in backs for words in back.never):
        yield Notice(run_id, words, "M324")
    changed = dict.fromkeys(change.course.alias for back in backs for change in back.changes)
    if told := [words for alias in changed if (words := _of_several(present.bases[alias]))]:
        more = f" and {len(told) - SHOWN:,} more" if len(told) > SHOWN else ""
        one = "1 class is" if len(told) == 1 else f"{len(told):,} classes are each"
        words = f"{one} that of several sections (classes.combine): {', '.join(told[:SHOWN])}{more}"
        yield Notice(run_id, f"{words}. {STAY_TOGETHER}", "M326")


def _of_several(base: Base) -> str:
    """A class with the sections that it stands for; "" for one that has one only."""
    own = [r.removeprefix(TOGETHER) for r in base.kept if r.startswith(TOGETHER)]
    keys = ", ".join(alias.removeprefix("d:rollbook.") for alias in sorted(own))
    return f"“{base.fields.name}” ({keys})" if len(own) > 1 else ""
