"""People whose section has another class by now, and when they leave the one that they were in."""

from collections.abc import Callable
from dataclasses import replace

import pytest

from building import EARLIER, NOW, NOW_TEXT, course_ref, desired, removal
from policy.google.base import CourseState
from policy.merge.outcome import Compared, Stop
from policy.merge.parting import until_seated
from policy.merge.plan import LEAVING, Change, HeldFor, Kind
from policy.merge.records import MISSED, PARTED, TOGETHER, Parted, Seat
from policy.roster.model import Role
from policy.run.journal import entry_of
from town import District, Town, alias

HOME = "d:rollbook.demo.2027.s2"
B_WENT = Parted(HOME, "s2", HOME, frozenset({"ann", "t2"}))
TOGETHER_NOW = [f"{TOGETHER}{alias(key)}" for key in ("s1", "s2")]
GO = Kind.STUDENT_REMOVE
ANN, BOB = removal("ann"), removal("bob")
TEACHER = removal("t2", kind=Kind.TEACHER_REMOVE)
Make = Callable[..., Compared]


def of(*changes: Change) -> Compared:
    return Compared(changes=changes)


def held(*changes: Change) -> Compared:
    """One stop a seat, as doubt makes them."""
    return Compared(
        stops=tuple(Stop(HeldFor.DOUBT, c.kind, c.course, "a doubt", (c,)) for c in changes)
    )


def judged(found: Compared, *there: Seat, parted: tuple[Parted, ...] = (B_WENT,)) -> Compared:
    def has_seat(seat: Seat, alias: str) -> bool:
        return alias == HOME and seat in there

    return until_seated(found, replace(desired(), parted=parted), has_seat, now=NOW_TEXT)


def left(found: Compared) -> list[Change]:
    return [*found.changes, *(change for stop in found.stops for change in stop.changes)]


@pytest.mark.parametrize("make", [of, held], ids=["to-go", "held-in-doubt"])
class TestWhoGoes:
    def test_nobody_before_they_are_seated(self, make: Make) -> None:
        found = judged(make(ANN, BOB, TEACHER))
        assert left(found) == [BOB]
        assert [kept.record for kept in found.kept] == [
            f"{LEAVING}student:ann",
            f"{LEAVING}teacher:t2",
        ]
        assert "section s2" in found.kept[0].why[0]

    def test_everybody_once_they_are(self, make: Make) -> None:
        there = (Seat(Role.STUDENT, "ann"), Seat(Role.TEACHER, "t2"))
        found = make(ANN, BOB, TEACHER)
        assert judged(found, *there) == found

    def test_not_by_a_seat_in_another_role(self, make: Make) -> None:
        assert left(judged(make(ANN), Seat(Role.TEACHER, "ann"))) == []

    def test_everybody_where_no_section_went_apart(self, make: Make) -> None:
        assert judged(make(ANN), parted=()) == make(ANN)


@pytest.fixture
def apart() -> District:
    """Two sections that were one class until now, with everybody in it: that of the first one."""
    city = District(Town(), sections={"s1": ("ann",), "s2": ("bob",)}, touched=None)
    city.ours("s1", "c1", "ann", "bob", kept=dict.fromkeys(TOGETHER_NOW, NOW_TEXT))
    city.town.put("c1", "ann", "bob", aliases=[alias("s1")])
    return city


def taken_out(city: District) -> list[str]:
    return [c.person.id for c in city.run()[1].changes if c.kind is GO and c.person]


class TestTheOtherClass:
    def test_has_them(self, apart: District) -> None:
        apart.ours("s2", "c2", "bob")
        apart.town.put("c2", "bob")
        assert taken_out(apart) == ["bob"]

    def test_is_archived_with_them_in_it(self, apart: District) -> None:
        """Which is known where a write to it was never answered: then it is read all the same."""
        apart.ours("s2", "c2", "bob")
        apart.town.put("c2", "bob", state=CourseState.ARCHIVED)
        course = course_ref(alias("s2"), id="c2")
        added = removal("bob", course=course, kind=Kind.STUDENT_ADD)
        apart.entries = [entry_of(added, run_id="r1", number=0, at=NOW)]
        assert taken_out(apart) == []
        assert "c2" in apart.town.asked

    def test_can_not_be_read(self, apart: District) -> None:
        apart.ours("s2", "c2", "bob")
        apart.town.put("c2", "bob")
        apart.town.mute.add("c2")
        assert taken_out(apart) == []

    def test_is_not_ours(self, apart: District) -> None:
        """Another course has its alias; it is held, and may never be the section's."""
        apart.town.put("x9", "bob", owner="t2", aliases=[alias("s2")])
        assert taken_out(apart) == []
        assert "x9" in apart.town.asked


@pytest.mark.parametrize(
    ("inside", "is_remembered"), [(("ann", "bob"), True), (("ann",), False)], ids=["is", "nobody"]
)
def test_a_section_is_remembered_while_somebody_is_left(
    apart: District, inside: tuple[str, ...], *, is_remembered: bool
) -> None:
    """Whose people those are who are here and not listed, a drop may leave out for a night."""
    apart.ours("s1", "c1", *inside, kept=dict.fromkeys(TOGETHER_NOW, NOW_TEXT))
    apart.town.put("c1", *inside, aliases=[alias("s1")])
    kept = {base.alias: base.kept for base in apart.run()[1].settle.keep}[alias("s1")]
    assert (f"{PARTED}{alias('s2')}" in kept) is is_remembered


@pytest.mark.parametrize("was", [TOGETHER, PARTED], ids=["in-it", "gone-apart-weeks-ago"])
def test_a_section_that_left_is_waited_for_a_week(apart: District, was: str) -> None:
    """From the night on that misses it first, however long it has been known before."""
    record = f"{was}{alias('s2')}"
    apart.ours(
        "s1", "c1", "ann", "bob", kept={TOGETHER_NOW[0]: EARLIER, record: "2026-08-01T04:00"}
    )
    del apart.sections["s2"]
    for day in (0, 6):
        apart.days = day
        plan = apart.settle()
        assert [(hold.reason, hold.count) for hold in plan.held] == [(HeldFor.DOUBT, 1)]
        assert f"{MISSED}{alias('s2')}" in apart.rows[alias("s1")].kept
    apart.days = 7
    assert taken_out(apart) == ["bob"]
