"""Nights and days of one class, in any order: what the SIS says comes about, what a hand did stays.

The specification is one line (`_expected`): those who are wanted, without those whom a hand took
out, and with those whom a hand put in.
"""

from dataclasses import replace

from hypothesis import settings
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, invariant, precondition, rule

from building import base, desired, live, setting
from policy.google.base import Outcome, Reply
from policy.merge.compare import compare_course
from policy.merge.plan import Change, Kind
from policy.merge.records import Base, Fields, Live
from policy.merge.records import State as CourseState
from policy.run.journal import follow
from policy.run.rows import base_record, base_row

PEOPLE = ("ann", "bob", "cat", "dan")
NAMES = ("Algebra", "Algebra 1", "Algebra for all")
who = st.sampled_from(PEOPLE)
DONE = Reply(Outcome.DONE, 200)


class Nights(RuleBasedStateMachine):
    """One class. `role` says whether the people come and go as teachers or as students."""

    role = "students"

    def __init__(self) -> None:
        super().__init__()
        self.wanted: set[str] = set()
        self.name = NAMES[0]
        self.live: Live = live(fields=Fields(NAMES[0], "3", "12"))
        self.base: Base = base(fields=Fields(NAMES[0], "3", "12"))
        self.put_in: set[str] = set()  # by hand
        self.taken_out: set[str] = set()
        self.renamed = False

    # What the SIS does.

    @rule(person=who)
    def sis_lists(self, person: str) -> None:
        self.wanted.add(person)

    @rule(person=who)
    def sis_drops(self, person: str) -> None:
        self.wanted.discard(person)

    @rule(name=st.sampled_from(NAMES))
    def sis_renames(self, name: str) -> None:
        self.name = name

    # What a teacher does.

    @rule(person=who)
    def hand_puts_in(self, person: str) -> None:
        if person in self._there():
            return
        self._set_there(self._there() | {person})
        if person in self.taken_out:
            self.taken_out.remove(person)
        elif person not in self._ours():
            self.put_in.add(person)

    @rule(person=who)
    def hand_takes_out(self, person: str) -> None:
        if person not in self._there():
            return
        self._set_there(self._there() - {person})
        self.put_in.discard(person)
        if person in self._ours():
            self.taken_out.add(person)

    @rule(name=st.sampled_from(NAMES))
    def hand_renames(self, name: str) -> None:
        self.live = replace(self.live, fields=replace(self.live.fields, name=name))

    @rule(state=st.sampled_from([CourseState.ACTIVE, CourseState.PROVISIONED]))
    def hand_accepts_or_not_yet(self, state: CourseState) -> None:
        self.live = replace(self.live, state=state)

    # What Rollbook does.

    @rule()
    def night(self) -> None:
        kept_name = self.live.fields.name if self._name_is_by_hand() else None
        expected = self._expected()
        self._run()
        assert self._there() == expected
        assert self.live.fields.name == (kept_name or self.name)
        self.put_in &= expected - self.wanted
        self.taken_out &= self.wanted

    @rule()
    def closed_night(self) -> None:
        """A class that was declined or archived is left alone."""
        before = self.live
        self.live = replace(before, state=CourseState.ARCHIVED)
        assert self._changes() == ()
        self.live = before

    @precondition(lambda self: self._expected() == self._there() and not self._renames())
    @invariant()
    def nothing_to_do_means_no_writes(self) -> None:
        assert self._changes() == ()

    def _expected(self) -> frozenset[str]:
        return frozenset((self.wanted - self.taken_out) | (self.put_in - self.wanted))

    def _renames(self) -> bool:
        return not self._name_is_by_hand() and self.live.fields.name != self.name

    def _name_is_by_hand(self) -> bool:
        live_name = self.live.fields.name
        return live_name not in (self.base.fields.name, self.name)

    def _there(self) -> frozenset[str]:
        return self.live.students if self.role == "students" else self.live.teachers - {"t1"}

    def _ours(self) -> frozenset[str]:
        return self.base.students if self.role == "students" else self.base.teachers - {"t1"}

    def _set_there(self, people: frozenset[str]) -> None:
        if self.role == "students":
            self.live = replace(self.live, students=people)
        else:
            self.live = replace(self.live, teachers=people | {"t1"})

    def _changes(self) -> tuple[Change, ...]:
        people = tuple(sorted(self.wanted))
        want = desired(
            fields=Fields(self.name, "3", "12"),
            teachers=("t1", *(people if self.role == "teachers" else ())),
            students=people if self.role == "students" else (),
        )
        self.found = compare_course(self.base, want, self.live, setting())
        return self.found.changes

    def _run(self) -> None:
        """Plan, settle the base, do each change at Classroom and in the base."""
        changes = self._changes()
        assert self.found.base is not None
        row = base_row(self.found.base)
        for change in changes:
            self._do(change)
            row = follow(change, row, DONE)
        self.base = base_record(row)

    def _do(self, change: Change) -> None:
        person = change.person.id if change.person else ""
        if change.kind in (Kind.STUDENT_ADD, Kind.TEACHER_ADD):
            assert person not in self._there()
            self._set_there(self._there() | {person})
        elif change.kind in (Kind.STUDENT_REMOVE, Kind.TEACHER_REMOVE):
            assert person in self._there()
            self._set_there(self._there() - {person})
        else:
            assert (change.kind, change.field) == (Kind.COURSE_UPDATE, "name")
            assert change.before == self.live.fields.name
            self.hand_renames(change.after or "")


class TeacherNights(Nights):
    role = "teachers"


TestStudents = Nights.TestCase
TestTeachers = TeacherNights.TestCase
TestStudents.settings = TestTeachers.settings = settings(
    max_examples=60, stateful_step_count=25, deadline=None
)
