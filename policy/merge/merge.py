"""The two truth tables of the three-way merge, and nothing else: base, desired, live -> decision.

`tests/unit/merge/test_merge_tables.py` is the same tables, row by row.
"""

from enum import Enum


class CourseDecision(Enum):
    """What becomes of a course."""

    NOTHING = "nothing"
    CREATE = "create"
    HOLD_ALREADY_THERE = "there is one that is not ours: hold"
    HOLD_GONE = "somebody removed it by hand: hold, never silently make it again"
    MERGE = "it is ours: merge its fields and seats"
    LEAVE = "ours, no longer wanted: left as it is, never deleted"
    FORGET = "forget the base"
    NOT_OURS = "never ours: not even listed"


class SeatDecision(Enum):
    """What becomes of one person's seat in a course of ours."""

    NOTHING = "nothing"
    ADD = "add"
    TAKE_AS_OURS = "already so: base := yes"
    KEEP_REMOVED = "removed by hand: kept removed"
    RESTORE = "removed by hand, and the policy restores it"
    REMOVE = "ours, no longer wanted: remove"
    FORGET = "forget the base"
    KEEP_ADDED = "added by hand: kept, untouched"
    REMOVE_ADDED = "added by hand, and the policy removes it"


class FieldDecision(Enum):
    """What becomes of one text of a course that is ours."""

    NOTHING = "nothing; base := live"
    CHANGE = "change to desired"
    KEEP = "the teacher's: kept"
    OVERWRITE = "both changed, not protected: change, and say over what"


_COURSES = {  # base, desired, live
    (False, False, False): CourseDecision.NOTHING,
    (False, True, False): CourseDecision.CREATE,
    (False, True, True): CourseDecision.HOLD_ALREADY_THERE,
    (True, True, False): CourseDecision.HOLD_GONE,
    (True, True, True): CourseDecision.MERGE,
    (True, False, True): CourseDecision.LEAVE,
    (True, False, False): CourseDecision.FORGET,
    (False, False, True): CourseDecision.NOT_OURS,
}

_SEATS = {  # base, desired, live
    (False, False, False): SeatDecision.NOTHING,
    (False, True, False): SeatDecision.ADD,
    (False, True, True): SeatDecision.TAKE_AS_OURS,
    (True, True, False): SeatDecision.KEEP_REMOVED,
    (True, True, True): SeatDecision.NOTHING,
    (True, False, True): SeatDecision.REMOVE,
    (True, False, False): SeatDecision.FORGET,
    (False, False, True): SeatDecision.KEEP_ADDED,
}


def decide_course(*, base: bool, desired: bool, live: bool) -> CourseDecision:
    """Does the course exist in each of the three?"""
    return _COURSES[base, desired, live]


def decide_seat(
    *, base: bool, desired: bool, live: bool, restore: bool = False, remove_added: bool = False
) -> SeatDecision:
    """Does the seat exist in each of the three? `restore` and `remove_added` are the policy's
    `removed_by_hand: restore` and `added_by_hand: remove`."""
    decision = _SEATS[base, desired, live]
    if decision is SeatDecision.KEEP_REMOVED and restore:
        return SeatDecision.RESTORE
    if decision is SeatDecision.KEEP_ADDED and remove_added:
        return SeatDecision.REMOVE_ADDED
    return decision


def decide_field(*, base: str, desired: str, live: str, protected: bool) -> FieldDecision:
    """What to do with a text that was `base`, should be `desired` and is `live`."""
    if desired == live:
        return FieldDecision.NOTHING
    if live == base:
        return FieldDecision.CHANGE
    if desired == base or protected:
        return FieldDecision.KEEP
    return FieldDecision.OVERWRITE
