"""The two truth tables of the design, row by row: this test is the tables."""

import pytest

from policy.merge.merge import (
    CourseDecision,
    FieldDecision,
    SeatDecision,
    decide_course,
    decide_field,
    decide_seat,
)

NO, YES = False, True

COURSES = [  # base, desired, live, so
    pytest.param(NO, YES, NO, CourseDecision.CREATE, id="wanted"),
    pytest.param(NO, YES, YES, CourseDecision.HOLD_ALREADY_THERE, id="already-there"),
    pytest.param(YES, YES, NO, CourseDecision.HOLD_GONE, id="removed-by-hand"),
    pytest.param(YES, YES, YES, CourseDecision.MERGE, id="ours"),
    pytest.param(YES, NO, YES, CourseDecision.LEAVE, id="no-longer-wanted"),
    pytest.param(YES, NO, NO, CourseDecision.FORGET, id="gone-and-unwanted"),
    pytest.param(NO, NO, YES, CourseDecision.NOT_OURS, id="never-ours"),
    pytest.param(NO, NO, NO, CourseDecision.NOTHING, id="nowhere"),
]

SEATS = [
    pytest.param(NO, YES, NO, SeatDecision.ADD, id="wanted"),
    pytest.param(NO, YES, YES, SeatDecision.TAKE_AS_OURS, id="already-so"),
    pytest.param(YES, YES, NO, SeatDecision.KEEP_REMOVED, id="removed-by-hand"),
    pytest.param(YES, YES, YES, SeatDecision.NOTHING, id="as-it-should-be"),
    pytest.param(YES, NO, YES, SeatDecision.REMOVE, id="no-longer-wanted"),
    pytest.param(YES, NO, NO, SeatDecision.FORGET, id="gone-and-unwanted"),
    pytest.param(NO, NO, YES, SeatDecision.KEEP_ADDED, id="added-by-hand"),
    pytest.param(NO, NO, NO, SeatDecision.NOTHING, id="nowhere"),
]

FIELDS = [  # base, desired, live, protected, so
    pytest.param("x", "y", "y", True, FieldDecision.NOTHING, id="any-x-x"),
    pytest.param("x", "x", "x", True, FieldDecision.NOTHING, id="all-the-same"),
    pytest.param("x", "y", "x", True, FieldDecision.CHANGE, id="x-y-x"),
    pytest.param("x", "x", "y", True, FieldDecision.KEEP, id="x-x-y"),
    pytest.param("x", "x", "y", False, FieldDecision.KEEP, id="x-x-y-not-protected"),
    pytest.param("x", "y", "z", True, FieldDecision.KEEP, id="x-y-z"),
    pytest.param("x", "y", "z", False, FieldDecision.OVERWRITE, id="x-y-z-not-protected"),
]


@pytest.mark.parametrize(("base", "desired", "live", "so"), COURSES)
def test_course(base: bool, desired: bool, live: bool, so: CourseDecision) -> None:
    assert decide_course(base=base, desired=desired, live=live) is so


@pytest.mark.parametrize(("base", "desired", "live", "so"), SEATS)
def test_seat(base: bool, desired: bool, live: bool, so: SeatDecision) -> None:
    assert decide_seat(base=base, desired=desired, live=live) is so


@pytest.mark.parametrize(("base", "desired", "live", "protected", "so"), FIELDS)
def test_field(base: str, desired: str, live: str, protected: bool, so: FieldDecision) -> None:
    assert decide_field(base=base, desired=desired, live=live, protected=protected) is so


def test_a_policy_may_restore_and_remove() -> None:
    restored = decide_seat(base=YES, desired=YES, live=NO, restore=True)
    removed = decide_seat(base=NO, desired=NO, live=YES, remove_added=True)
    assert (restored, removed) == (SeatDecision.RESTORE, SeatDecision.REMOVE_ADDED)


@pytest.mark.parametrize(("base", "desired", "live", "so"), SEATS)
def test_a_policy_about_hands_touches_nothing_else(
    base: bool, desired: bool, live: bool, so: SeatDecision
) -> None:
    decision = decide_seat(base=base, desired=desired, live=live, restore=True, remove_added=True)
    by_hand = so in (SeatDecision.KEEP_ADDED, SeatDecision.KEEP_REMOVED)
    assert by_hand or decision is so
