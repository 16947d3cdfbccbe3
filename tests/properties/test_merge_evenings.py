"""Evenings that read little, in any order with what the SIS and hands do: lost reports, runs that
are cut off, other primary teachers, classes put to rest. What a hand did is respected whether it
was seen or not, found within as many nights as the rolling part takes, and no more is read than has
to be. Values only (`town`), so that thousands of nights take a second.
"""

from collections.abc import Mapping
from dataclasses import replace

from hypothesis import settings
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, initialize, invariant, precondition, rule

from building import rules
from policy.google.base import CourseState, Members
from policy.merge.plan import Plan
from policy.rules.model import FormerOwner
from town import District, Town, alias

KEYS = ("s1", "s2", "s3", "s4", "s5")
PEOPLE = ("ann", "bob", "cat")
ROLLING = 3
which, who = st.sampled_from(KEYS), st.sampled_from(PEOPLE)


class Evenings(RuleBasedStateMachine):
    """Five sections of three people, with two teachers. `seen_on` is the night on which a hand's
    act has to be in the plan at the latest."""

    def __init__(self) -> None:
        super().__init__()
        self.city = District(Town(), rolling=ROLLING)
        self.wanted: dict[str, set[str]] = {key: {"ann"} for key in KEYS}
        self.put_in: dict[str, set[str]] = {key: set() for key in KEYS}
        self.taken_out: dict[str, set[str]] = {key: set() for key in KEYS}
        self.seen_on: dict[tuple[str, str], int] = {}
        self.touched: set[str] = set()
        self.cut: set[str] = set()  # classes with a write that was never answered

    @initialize(former=st.sampled_from(FormerOwner))
    def first_night(self, former: FormerOwner) -> None:
        self.city.rules = rules(former=former)
        self.night()
        assert len(self.city.town.there) == len(KEYS)

    # What the SIS does.

    @rule(key=which, person=who)
    def sis_lists(self, key: str, person: str) -> None:
        self.wanted[key].add(person)

    @rule(key=which, person=who)
    def sis_drops(self, key: str, person: str) -> None:
        if len(self.wanted[key]) > 1:
            self.wanted[key].discard(person)

    @rule(key=which, teacher=st.sampled_from(["t1", "t2"]))
    def sis_names_another_teacher(self, key: str, teacher: str) -> None:
        self.city.primaries[key] = teacher

    # What hands do. A report of it may be lost.

    @rule(key=which, person=who, is_reported=st.booleans())
    def hand_puts_in(self, key: str, person: str, is_reported: bool) -> None:
        if person in self._there(key):
            return
        self._set_there(key, self._there(key) | {person}, person, is_reported)
        if person in self.taken_out[key]:
            self.taken_out[key].remove(person)
        elif person not in self._ours(key):
            self.put_in[key].add(person)

    @rule(key=which, person=who, is_reported=st.booleans())
    def hand_takes_out(self, key: str, person: str, is_reported: bool) -> None:
        if person not in self._there(key):
            return
        self._set_there(key, self._there(key) - {person}, person, is_reported)
        self.put_in[key].discard(person)
        if person in self._ours(key):
            self.taken_out[key].add(person)

    @rule(key=which, state=st.sampled_from([CourseState.ARCHIVED, CourseState.ACTIVE]))
    def hand_puts_to_rest_or_opens(self, key: str, state: CourseState) -> None:
        course_id = self._id(key)
        course, inside = self.city.town.there[course_id]
        self.city.town.there[course_id] = (replace(course, state=state), inside)
        for (other, person), night in self.seen_on.items():
            if other == key:  # what rests is not read; it is once it is open again
                self.seen_on[key, person] = max(night, self.city.days + ROLLING)

    # What Rollbook does.

    @rule()
    def night(self) -> None:
        self._plan_and_carry_out(None, is_done=True)

    @rule(at=st.integers(0, 5), is_done=st.booleans())
    def night_that_is_cut_off(self, at: int, is_done: bool) -> None:
        self._plan_and_carry_out(at, is_done=is_done)

    def _plan_and_carry_out(self, cut_at: int | None, *, is_done: bool) -> None:
        city = self.city
        city.sections = {key: tuple(sorted(self.wanted[key])) for key in KEYS}
        city.touched = frozenset(self.touched)
        plan = city.run()[1]
        assert not plan.held
        is_cut = cut_at is not None and cut_at < len(plan.changes)
        expected = {key: self._expected(key) for key in KEYS}
        self._finds_what_hands_did(plan)
        city.carry_out(plan, cut_at=cut_at, is_done=is_done)
        self.touched.clear()
        city.days += 1
        if is_cut:
            return
        for key in KEYS:
            if self._is_there_and_open(key):
                assert self._there(key) == expected[key], key
                self.put_in[key] &= expected[key] - self.wanted[key]
                self.taken_out[key] &= self.wanted[key]

    def _finds_what_hands_did(self, plan: Plan) -> None:
        """Each act of a hand that stands is told, at the latest when the rolling part has come
        round: counted from the night after it."""
        told = {
            (kept.course.alias, kept.person.id if kept.person else "")
            for kept in plan.kept
            if kept.record.startswith("student:")
        }
        for key in KEYS:
            if not self._is_there_and_open(key):
                continue
            stands = (self.put_in[key] - self.wanted[key]) | (
                self.taken_out[key] & self.wanted[key]
            )
            for person in stands:
                due = self.seen_on.get((key, person), 0)
                assert self.city.days < due or (alias(key), person) in told, (key, person)

    @precondition(lambda self: self.city.town.there)
    @invariant()
    def a_quiet_night_reads_the_rolling_part_and_writes_nothing(self) -> None:
        """Two nights later all has settled, whatever has happened: nothing is written, and only
        what has to be read is."""
        city = self.city
        saved = (dict(city.rows), list(city.entries), dict(city.town.there), city.days)
        aliases = dict(city.town.aliases_of)
        city.sections = {key: tuple(sorted(self.wanted[key])) for key in KEYS}
        city.touched = frozenset(self.touched)
        for _ in range(3):
            city.carry_out(city.run()[1])
            city.touched = frozenset()
            city.days += 1
        plan = city.run()[1]
        assert (plan.changes, plan.held) == ((), ())
        assert len(city.town.asked) <= -(-len(KEYS) // ROLLING)
        city.town.asked.clear()
        city.rows, city.entries, city.town.there, city.days = saved
        city.town.aliases_of = aliases

    # What there is.

    def _expected(self, key: str) -> frozenset[str]:
        wanted = self.wanted[key]
        return frozenset((wanted - self.taken_out[key]) | (self.put_in[key] - wanted))

    def _id(self, key: str) -> str:
        found: Mapping[str, object] = self.city.town.find([alias(key)])
        if not found:
            return ""
        [course] = self.city.town.find([alias(key)]).values()
        return getattr(course, "id", "")

    def _is_there_and_open(self, key: str) -> bool:
        course_id = self._id(key)
        return bool(course_id) and self.city.town.there[course_id][0].state not in (
            CourseState.ARCHIVED,
        )

    def _there(self, key: str) -> frozenset[str]:
        return self.city.town.there[self._id(key)][1].students

    def _ours(self, key: str) -> frozenset[str]:
        """Those whom we put there, heard or not."""
        row = self.city.rows.get(alias(key))
        return row.students if row else frozenset()

    def _set_there(
        self, key: str, students: frozenset[str], person: str, is_reported: bool
    ) -> None:
        course, inside = self.city.town.there[self._id(key)]
        self.city.town.there[course.id] = (course, Members(inside.teachers, students))
        if is_reported:
            self.touched.add(course.id)
            self.seen_on[key, person] = max(
                self.city.days, 0 if self._is_there_and_open(key) else self.city.days + ROLLING
            )
        else:
            self.seen_on[key, person] = self.city.days + ROLLING


TestEvenings = Evenings.TestCase
TestEvenings.settings = settings(max_examples=60, stateful_step_count=20, deadline=None)
