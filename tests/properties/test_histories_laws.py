"""Each law of the histories bites: when somebody does at night what Rollbook must not, it says so.

The deed is done while Rollbook runs, so that it looks like Rollbook's own.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace

import pytest

from histories import laws, laws_of_classes
from histories.acts import (
    Act,
    Aliased,
    ByHand,
    Decides,
    Deletes,
    FaultyAnywhere,
    FaultyPerson,
    FaultySection,
    HandsOver,
    Lists,
    OwnClass,
    PutsIn,
    Renames,
    TakesOut,
    Vanishes,
)
from histories.district import District
from histories.play import Day, History, Night, Play
from histories.sis import PREFIX
from policy.merge.plan import Kind, Plan
from policy.run.apply import Finished


@dataclass(frozen=True)
class OfferedAgain:
    """A declined class waits for its teacher again."""

    slot: str

    def do(self, play: Play) -> None:
        course = play.sim.state.course(PREFIX + play.sis.rows[self.slot].key)
        assert course is not None
        play.sim.state.put_course(replace(course, state="PROVISIONED"))


@dataclass(frozen=True)
class Forgets:
    """The store forgets which sections a class stands for."""

    slot: str

    def do(self, play: Play) -> None:
        store, alias = play.world.store, play.sis.rows[self.slot].own
        store.keep([replace(store.base_under([alias])[alias], kept={})])


MINE = Renames("a", "name", "Mine")
A_STUDENT_GOES = TakesOut("a", "s1")
HALF = [TakesOut("a", key) for key in ("s0", "s1", "s2")]
CASES: dict[str, tuple[laws.Law, Sequence[Act], Sequence[Act], str]] = {
    "a class of a teacher's own": (
        laws.never_ours_is_untouched,
        [OwnClass("t0", "Chess", f"{PREFIX}d1")],
        [Renames("d", "name", "Draughts")],
        "is not ours",
    ),
    "a deletion": (laws.only_the_policys_calls, [], [Deletes("a")], "classroom.courses.delete"),
    "not in the plan": (laws.the_plan_said_it, [], [MINE], "not in the plan"),
    "a name": (laws.by_hand_stays, [MINE], [Renames("a", "name", "Class a")], "over 'Mine'"),
    "put in": (
        laws.by_hand_stays,
        [PutsIn("a", "guest", "student")],
        [TakesOut("a", "guest")],
        "put in by hand",
    ),
    "taken out": (
        laws.by_hand_stays,
        [A_STUDENT_GOES],
        [PutsIn("a", "s1", "student")],
        "taken out by hand",
    ),
    "archived": (
        laws.by_hand_stays,
        [ByHand("a", "accept"), ByHand("a", "archive")],
        [ByHand("a", "restore")],
        "archived by hand",
    ),
    "declined": (
        laws.by_hand_stays,
        [ByHand("b", "decline")],
        [OfferedAgain("b")],
        "declined by hand",
    ),
    "handed over": (
        laws.by_hand_stays,
        [PutsIn("a", "t1", "teacher"), HandsOver("a", "t1")],
        [HandsOver("a", "t0")],
        "taken back",
    ),
    "deleted by hand": (
        laws.deleted_stays_deleted,
        [Deletes("a")],
        [OwnClass("t0", "Class a", f"{PREFIX}a1")],
        "made again",
    ),
    "two of one section": (
        laws.one_course_a_section,
        [Aliased("a")],
        [OwnClass("t0", "Class a", f"{PREFIX}a1")],
        "already",
    ),
    "ours goes away": (laws.one_course_a_section, [], [Deletes("a")], "deleted"),
    "more than half of a class": (laws.no_class_loses_too_much, [], HALF, "lost 3 of 4"),
    "a faulty row of the section": (
        laws.doubt_stops_removals,
        [FaultySection("a")],
        [A_STUDENT_GOES],
        "faulty",
    ),
    "a faulty row of any section": (
        laws.doubt_stops_removals,
        [FaultyAnywhere()],
        [A_STUDENT_GOES],
        "faulty",
    ),
    "a faulty row of a person": (
        laws.doubt_stops_removals,
        [FaultyPerson("s1")],
        [A_STUDENT_GOES],
        "faulty",
    ),
    "in the pause": (laws.pauses_are_kept, [], [A_STUDENT_GOES], "out"),
    "in the grace": (laws.grace_is_given, [], [A_STUDENT_GOES], "out after 0:00:00"),
    "nothing says why": (laws.all_is_explained, [], [A_STUDENT_GOES], "nothing says why"),
    "not added": (laws.the_plan_said_it, [Lists("s4", "a", "s")], [TakesOut("a", "s4")], "not so"),
}


class Meddled(Play):
    """A history in which somebody meddles while Rollbook runs."""

    deeds: Sequence[Act] = ()

    def sync(
        self, night: Night, allowed: Mapping[Kind, int], plan: Plan | None = None
    ) -> tuple[Plan | None, Finished | None]:
        told = super().sync(night, allowed, plan)
        for deed in self.deeds:
            deed.do(self)
        return told


@pytest.mark.parametrize(("law", "before", "deeds", "words"), CASES.values(), ids=CASES)
def test_a_law_says_what_was_wrong(
    law: laws.Law, before: Sequence[Act], deeds: Sequence[Act], words: str
) -> None:
    play = Meddled(History((), district=District(grace=24, paused=True)))
    play.day(Day())
    play.laws = (law,)
    play.act(before)
    play.deeds = deeds
    with pytest.raises(AssertionError, match=words):
        play.night(Night(hours=48))


OF_CLASSES: dict[str, tuple[laws.Law, Sequence[Act], Sequence[Act], str]] = {
    "another alias": (
        laws_of_classes.a_class_stays_the_same_one,
        [],
        [Aliased("a", f"{PREFIX}e1")],
        "got the alias",
    ),
    "another class": (
        laws_of_classes.a_class_stays_the_same_one,
        [Vanishes("a"), Aliased("a")],
        [OwnClass("t0", "Class e", f"{PREFIX}a1")],
        "is there for it",
    ),
    "listed": (laws_of_classes.who_is_listed_stays, [], [A_STUDENT_GOES], "who is in"),
    "not seated yet": (
        laws_of_classes.nobody_leaves_before_they_are_seated,
        [Decides("combine", ())],
        [TakesOut("a", "s4")],
        "e1 yet",
    ),
    "a section that left": (
        laws_of_classes.a_section_that_left_is_waited_for,
        [Vanishes("e")],
        [TakesOut("a", "s4")],
        "e1 has left",
    ),
    "no section": (
        laws_of_classes.a_class_without_a_section_is_left_alone,
        [Vanishes("c")],
        [Renames("c", "name", "Mine")],
        "c1 has no section",
    ),
    "forgotten": (
        laws_of_classes.a_class_remembers_its_sections,
        [],
        [Forgets("a")],
        "a1: {}, not",
    ),
}


@pytest.mark.parametrize(("law", "before", "deeds", "words"), OF_CLASSES.values(), ids=OF_CLASSES)
def test_a_law_of_sections_that_are_one_class(
    law: laws.Law, before: Sequence[Act], deeds: Sequence[Act], words: str
) -> None:
    """Sections a and e are."""
    play = Meddled(History((), district=District(combine=("primary_teacher", "course"))))
    play.day(Day((Vanishes("e"),)))
    play.laws = (law,)
    play.act(before)
    play.deeds = deeds
    with pytest.raises(AssertionError, match=words):
        play.night(Night(hours=48))
