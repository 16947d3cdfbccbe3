"""Random histories of a small district over many nights: what the SIS, teachers, administrators,
the policy, Google's bad days and power cuts do, in any order. After each night the laws hold.

A failure prints the history as code: `play(History(...), show=print)` tells it again.
"""

import pytest
from hypothesis import HealthCheck, Phase, given, settings

from histories.acts import (
    Aliased,
    Breaks,
    Changes,
    CutsOff,
    Decides,
    Deletes,
    Drops,
    FaultyPerson,
    FaultySection,
    GetsEmail,
    Leaves,
    Lists,
    LosesStore,
    OwnClass,
    PutsIn,
    Renumbers,
    ReplacesTeacher,
    TakesOut,
    Vanishes,
)
from histories.chances import NIGHTS, REPORTS, histories
from histories.play import Day, History, Night, play
from histories.sis import PREFIX

EXAMPLES = 170  # of each of the twelve kinds: 2,040 histories
KINDS = [(nights, reports) for nights in NIGHTS for reports in REPORTS]


@pytest.mark.slow
@pytest.mark.parametrize(("nights", "reports"), KINDS, ids=["-".join(kind) for kind in KINDS])
def test_the_laws_hold_after_every_night(nights: str, reports: str) -> None:
    @settings(
        max_examples=EXAMPLES,
        deadline=None,
        print_blob=True,
        phases=(Phase.explicit, Phase.generate, Phase.shrink),
        suppress_health_check=list(HealthCheck),
    )
    @given(histories(nights, reports))
    def every(history: History) -> None:
        play(history)

    every()


KNOWN = {
    "killed before it makes a class whose alias another class has got": (
        Day(acts=(Vanishes("d"), Aliased("a", f"{PREFIX}d1")), night=Night(dies_at=5)),
    ),
    "a class that nobody heard of is deleted by hand": (
        Day(acts=(Renumbers("a", "2"),), night=Night(dies_at=7)),
        Day(acts=(Deletes("a"),)),
    ),
    "the only teacher is listed as a student": (Day(acts=(Lists("t0", "a", "s"),)),),
    "a student who left is there again while the class can't be read, and leaves again": (
        Day(acts=(Decides("grace", 24), Leaves("s1"))),
        Day(acts=(Leaves("s1"), Breaks("a"))),
        Day(acts=(Leaves("s1"), Breaks("a"))),
    ),
    "a plan on paper that tells of a section with another id": (
        Day(acts=(Renumbers("a", "2"),)),
        Day(acts=(Drops("s1", "a"),), night=Night(is_early=True, consent=True)),
    ),
    "a class that has the alias, of another teacher than the section's": (
        Day((Leaves("t0"), Vanishes("d"), OwnClass("t0", "Class a", f"{PREFIX}d1"))),
        Day(night=Night(consent=True)),
    ),
    "a class is deleted by hand, and a teacher has another account": (
        Day(acts=(Decides("former", "remove"), Decides("limits", "all"))),
        Day(acts=(Deletes("c"), GetsEmail("t0", "guest@demo.example"))),
    ),
    "a consent to what is held in doubt, while seats are in their grace": (
        Day(acts=(Decides("grace", 48),)),
        Day(acts=(FaultySection("a"), CutsOff("north"))),
        Day(acts=(FaultySection("a"), CutsOff("north")), night=Night(consent=True)),
    ),
    "sections go apart on a night whose drop lacks everybody": (
        Day(acts=(Vanishes("e"), Decides("combine", ("primary_teacher", "course")))),
        Day(acts=(Vanishes("e"),)),
        Day(acts=(Vanishes("e"),)),
        Day(acts=(CutsOff("north"), Decides("combine", ()))),
    ),
    "a hand puts back whom a hand took out, and the SIS has dropped": (
        Day(acts=(Decides("grace", 24), TakesOut("a", "s1"), Drops("s1", "a"))),
        Day(acts=(PutsIn("a", "s1", "student"),)),
        Day(),
    ),
    "a class that was deleted is made again, and nobody hears of it": (
        Day(acts=(Deletes("a"),)),
        Day(night=Night(consent=True, dies_at=7)),
        Day(),
        Day(night=Night(consent=True)),
    ),
    "sections are combined while their class can't be read": (
        Day(acts=(Vanishes("e"), Decides("combine", ("primary_teacher", "course")))),
        Day((Vanishes("e"), Breaks("a")), Night(is_early=True)),
        Day((Breaks("a"),), Night(is_early=True)),
    ),
    "consent to what is held, though a section that went apart has no class yet": (
        Day(acts=(Vanishes("e"), Decides("combine", ("course",)))),
        Day(acts=(CutsOff("north"), Changes("e", "course", "music"))),
        Day((Vanishes("a"),), Night(consent=True)),
    ),
    "a class of several goes on for the last one of them": (
        Day((Vanishes("c"), Decides("combine", ("course",)))),
        Day((Vanishes("d"), Vanishes("e"), Changes("d", "school", "north"))),
        Day((Vanishes("a"), Changes("b", "school", "north"), Changes("e", "course", "music"))),
    ),
    "a student of one section is the primary teacher of another, and they go apart": (
        Day(acts=(Vanishes("e"), Decides("combine", ("primary_teacher", "course")))),
        Day(acts=(Lists("s3", "a", "p"), FaultyPerson("t0"))),
    ),
    "a class that nobody heard of loses its alias": (
        Day((Deletes("a"), LosesStore()), Night(dies_at=7)),
        Day(acts=(Aliased("a", ""),)),
    ),
    "a section went apart, and leaves weeks later": (
        Day(acts=(Vanishes("e"), Decides("combine", ("primary_teacher", "course")))),
        Day(acts=(FaultySection("a"), ReplacesTeacher("a", "t1"))),
        Day((Vanishes("e"),), Night(is_early=True)),
    ),
    "a seat that a hand emptied makes no share smaller": (
        Day(acts=(Drops("s1", "a"), TakesOut("a", "s1"))),
        Day(acts=(CutsOff("north"), TakesOut("a", "s2"))),
    ),
    "a lost store, and consent": (Day(acts=(LosesStore(),)), Day(night=Night(consent=True))),
}


@pytest.mark.parametrize("days", KNOWN.values(), ids=KNOWN)
def test_histories_that_were_broken_once(days: tuple[Day, ...]) -> None:
    play(History((Day(), *days)))
