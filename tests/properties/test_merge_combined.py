"""Nights in which sections are combined and go apart again, come and go, and change hands: nobody
who is on the roster is ever in no class, nothing is doubled, and it comes to rest.

Values only (`town`). The specification is `_together`: which sections are to be one class.
"""

from dataclasses import replace

import pytest
from hypothesis import settings
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, initialize, rule

from building import rules
from policy.google.base import CourseState, Members
from policy.merge.combine import combine
from policy.merge.plan import HeldFor
from policy.merge.records import Head
from policy.rules.model import Combine, Matcher, SchoolRules, WhenIncomplete
from policy.run.rows import head_record
from town import District, Town

KEYS = ("s1", "s2", "s3", "s4")
PEOPLE = ("ann", "bob", "cat")
BY_TEACHER = Combine(("primary_teacher", "course", "period"), Matcher({}), "district.yaml:9")
which, who = st.sampled_from(KEYS), st.sampled_from(PEOPLE)


def _rules(*combine: Combine) -> SchoolRules:
    return rules(combine=combine, when_incomplete=WhenIncomplete.CREATE)


class Combining(RuleBasedStateMachine):
    """Four sections, three people, two teachers. `seated` are the people of each section who were
    in its class after some night, and have been on its rows ever since."""

    def __init__(self) -> None:
        super().__init__()
        self.city = District(Town())
        self.wanted: dict[str, set[str]] = {key: {PEOPLE[n % 3]} for n, key in enumerate(KEYS)}
        self.there = {"s1", "s2", "s3"}
        self.seated: set[tuple[str, str]] = set()
        self.classes_of: dict[str, set[str]] = {key: set() for key in KEYS}

    @initialize(is_combined=st.booleans())
    def first_night(self, is_combined: bool) -> None:
        self.city.rules = _rules(*([BY_TEACHER] if is_combined else []))
        self.night()

    @rule()
    def policy_changes(self) -> None:
        is_combined = bool(self.city.rules.classes.combine)
        self.city.rules = _rules(*([] if is_combined else [BY_TEACHER]))

    @rule(key=which)
    def section_comes_or_goes(self, key: str) -> None:
        self.there ^= {key}
        self.seated = {seat for seat in self.seated if seat[0] in self.there}

    @rule(key=which, teacher=st.sampled_from(["t1", "t2"]))
    def sis_names_another_teacher(self, key: str, teacher: str) -> None:
        self.city.primaries[key] = teacher

    @rule(key=which, person=who)
    def sis_lists_or_drops(self, key: str, person: str) -> None:
        self.wanted[key] ^= {person}
        self.seated.discard((key, person))

    @rule(is_emptied=st.booleans())
    def hand_tidies_up(self, is_emptied: bool) -> None:
        """Classes that sections had for themselves before they were combined."""
        in_use = set(self._homes().values())
        for alias, row in self.city.rows.items():
            if alias in in_use:
                continue
            course, inside = self.city.town.there[row.course_id]
            if is_emptied:
                inside = Members(inside.teachers, frozenset())
            else:
                course = replace(course, state=CourseState.ARCHIVED)
            self.city.town.there[row.course_id] = (course, inside)

    @rule(key=which)
    def a_section_leaves_its_class(self, key: str) -> None:
        """The others go on with it, also where it has the alias of the one that left."""
        self.night()
        if key not in self.there:
            return
        before = self._homes()
        self.section_comes_or_goes(key)
        self.night()
        after = self._homes()
        others = [k for k in after if before[k] == before[key]]
        assert {after[k] for k in others} <= {before[key]}

    @rule()
    def night(self) -> None:
        self._night()
        self._nobody_is_lost()
        homes = self._homes()
        self.seated |= {
            (key, person)
            for key in self.there
            for person in self.wanted[key]
            if key in homes and person in self._inside(homes[key])
        }

    @rule()
    def it_comes_to_rest(self) -> None:
        """After some quiet nights every class is as the roster has it, and nothing is written."""
        for _ in range(5):
            self.city.days += 3
            self._night()
            self._nobody_is_lost()
        plan = self.city.run()[1]
        assert plan.changes == ()
        homes = self._homes()
        partition = {frozenset(k for k in homes if homes[k] == name) for name in homes.values()}
        assert partition == self._together()

    def _night(self) -> None:
        city = self.city
        city.sections = {key: tuple(sorted(self.wanted[key])) for key in sorted(self.there)}
        plan = city.run()[1]
        assert not [hold for hold in plan.held if hold.reason is HeldFor.ALREADY_THERE]
        city.carry_out(plan)
        city.days += 1

    def _together(self) -> set[frozenset[str]]:
        if not self.city.rules.classes.combine:
            return {frozenset({key}) for key in self.there}
        teachers = {key: self.city.primaries.get(key, "t1") for key in self.there}
        return {frozenset(k for k in teachers if teachers[k] == t) for t in teachers.values()}

    def _homes(self) -> dict[str, str]:
        """The alias of each section's class, as of now."""
        city = self.city
        city.sections = {key: tuple(sorted(self.wanted[key])) for key in sorted(self.there)}
        heads: dict[str, Head] = {alias: head_record(row) for alias, row in city.rows.items()}
        sources = city.sources()
        found = combine(sources, heads)
        return {
            key: one.alias if (one := found.of(section)) else f"d:rollbook.demo.2027.{key}"
            for key, section in sources.roster.sections.items()
        }

    def _inside(self, alias: str) -> frozenset[str]:
        row = self.city.rows.get(alias)
        return self.city.town.there[row.course_id][1].students if row else frozenset()

    def _nobody_is_lost(self) -> None:
        """Who was in their section's class, and is still on its rows, is in one of the classes
        that are or were that section's."""
        for key, alias in self._homes().items():
            self.classes_of[key].add(alias)
        for key, person in self.seated:
            assert any(person in self._inside(alias) for alias in self.classes_of[key]), key


TestCombining = Combining.TestCase
TestCombining.settings = settings(max_examples=80, stateful_step_count=15, deadline=None)


@pytest.mark.parametrize("is_emptied", [True, False], ids=["emptied", "archived"])
def test_going_apart_into_a_class_that_a_hand_has_tidied_up(is_emptied: bool) -> None:
    """Its people stay in the one that they were in together."""
    nights = Combining()
    nights.first_night(is_combined=False)
    nights.policy_changes()
    nights.night()
    nights.hand_tidies_up(is_emptied)
    nights.policy_changes()
    for _ in range(3):
        nights.night()
    assert ("s2", "bob") in nights.seated
    nights.it_comes_to_rest()


def test_the_first_section_leaves_the_night_after_its_class_was_made() -> None:
    nights = Combining()
    nights.first_night(is_combined=True)
    nights.section_comes_or_goes("s1")
    nights.night()
    assert len(nights.city.town.there) == 1
    nights.it_comes_to_rest()
