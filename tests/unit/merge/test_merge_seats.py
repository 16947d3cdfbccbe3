"""When a seat goes, and why it stays: grace, pause, exceptions, hands, former owners, doubt."""

from dataclasses import replace
from datetime import date, datetime, timedelta

import pytest

from building import (
    COURSE,
    EARLIER,
    NOW,
    NOW_TEXT,
    base,
    desired,
    live,
    rules,
    setting,
    user,
)
from policy.merge.compare import compare_course
from policy.merge.outcome import Compared
from policy.merge.plan import Change, HeldFor, Kept, Kind
from policy.merge.records import Base, Desired, Live
from policy.rules.model import AddedByHand, FormerOwner, Pause, RemovedByHand, SchoolRules

ANN, T2 = user("ann"), user("t2")
SLOW = rules(grace=timedelta(hours=48))
HOLIDAYS = Pause(date(2026, 8, 30), date(2026, 9, 5), "district.yaml:40")
NOT_LISTED = "the roster no longer lists them in section s1 (classes.csv:2)"
GONE = Change(Kind.STUDENT_REMOVE, COURSE, "s1", (NOT_LISTED,), person=ANN)
OURS, THERE, BACK = base(students=("ann",)), live(students=("ann",)), desired(students=("ann",))
LEAVING, IN_GRACE, PAUSED = "student:ann", "leaving:student:ann", "paused:student:ann"


def since(hours: float) -> str:
    return (NOW - timedelta(hours=hours)).isoformat(timespec="seconds")


def leaving(when: str) -> Base:
    """A seat that the roster lost at some time, as every night since has settled it."""
    return base(students=("ann",), leaving={LEAVING: when}, kept={IN_GRACE: when})


def kept_for_now(when: str) -> Kept:
    until = datetime.fromisoformat(when) + timedelta(hours=48)
    words = f"{NOT_LISTED}: the seat goes after {until:%Y-%m-%d %H:%M}"
    return Kept(
        COURSE,
        IN_GRACE,
        "student until the grace is over",
        when,
        (f"{words} (students.removal_grace, built-in default)",),
        ANN,
    )


# The grace.


def test_without_a_grace_a_seat_goes_at_once() -> None:
    compared = compare_course(OURS, desired(), THERE, setting(None, ANN))
    assert compared == Compared((GONE,), base=replace(OURS, leaving={LEAVING: NOW_TEXT}))


@pytest.mark.parametrize(
    ("before", "first_seen"),
    [
        pytest.param(OURS, NOW_TEXT, id="first-seen"),
        pytest.param(leaving(since(24)), since(24), id="within"),
        pytest.param(leaving(since(47.9)), since(47.9), id="just-within"),
    ],
)
def test_within_the_grace_the_seat_stays(before: Base, first_seen: str) -> None:
    compared = compare_course(before, desired(), THERE, setting(SLOW, ANN))
    assert compared == Compared(kept=(kept_for_now(first_seen),), base=leaving(first_seen))


@pytest.mark.parametrize("hours", [48, 49, 1000])
def test_once_it_is_over_the_seat_goes(hours: float) -> None:
    compared = compare_course(leaving(since(hours)), desired(), THERE, setting(SLOW, ANN))
    assert compared == Compared((GONE,), base=replace(leaving(since(hours)), kept={}))


def test_who_is_back_before_it_is_over_has_lost_nothing() -> None:
    compared = compare_course(leaving(since(24)), BACK, THERE, setting(SLOW, ANN))
    assert compared == Compared(base=OURS)
    again = compare_course(compared.base, desired(), THERE, setting(SLOW, ANN))
    assert [k.since for k in again.kept] == [NOW_TEXT]


def test_who_was_held_by_a_limit_goes_when_the_limit_lets_them() -> None:
    """The limit's hold does not start the grace anew."""
    over = leaving(since(72))
    held = compare_course(over, desired(), THERE, setting(SLOW, ANN))
    assert held.base is not None
    night = setting(SLOW, ANN, now=NOW + timedelta(days=1))
    assert compare_course(held.base, desired(), THERE, night).changes == (GONE,)


@pytest.mark.parametrize(
    ("chosen", "hours"),
    [
        pytest.param(rules(grace=timedelta(days=10)), 240, id="as-long-as-the-grace"),
        pytest.param(SLOW, 7 * 24, id="a-week-at-least"),
        pytest.param(rules(grace=timedelta()), 7 * 24, id="without-a-grace-too"),
    ],
)
def test_who_was_taken_out_by_hand_is_remembered(chosen: SchoolRules, hours: int) -> None:
    """A row that is missing for a night does not undo the hand."""
    within = compare_course(leaving(since(24)), desired(), live(), setting(chosen, ANN))
    words = "removed by hand in Classroom, and not on the roster just now: stays removed"
    kept = Kept(COURSE, LEAVING, "student removed by hand", since(24), (words,), ANN)
    remembered = replace(OURS, leaving={LEAVING: since(24)}, kept={LEAVING: since(24)})
    assert within == Compared(kept=(kept,), base=remembered)
    back = compare_course(within.base, BACK, live(), setting(chosen, ANN))
    assert (back.changes, [k.what for k in back.kept]) == ((), ["student removed by hand"])
    late = compare_course(leaving(since(hours - 1)), desired(), live(), setting(chosen, ANN))
    assert [k.what for k in late.kept] == ["student removed by hand"]
    over = compare_course(leaving(since(hours)), desired(), live(), setting(chosen, ANN))
    assert over == Compared(base=base())


def test_a_hand_is_not_remembered_where_the_policy_says_the_same() -> None:
    want = desired(kept_out={"ann": "district.yaml:9"})
    assert compare_course(OURS, want, live(), setting(SLOW, ANN)) == Compared(base=base())


def test_a_student_who_becomes_a_teacher_is_not_missed_by_mistake() -> None:
    want = desired(teachers=("t1", "ann"))
    compared = compare_course(OURS, want, THERE, setting(SLOW, ANN))
    assert [(c.kind, c.person) for c in compared.changes] == [(Kind.STUDENT_REMOVE, ANN)]


def test_teachers_have_no_grace() -> None:
    ours, there = base(teachers=("t1", "t2")), live(teachers=("t1", "t2"))
    compared = compare_course(ours, desired(), there, setting(SLOW, T2))
    assert [(c.kind, c.person) for c in compared.changes] == [(Kind.TEACHER_REMOVE, T2)]


# The pause.


@pytest.mark.parametrize(
    ("before", "first_seen"),
    [
        pytest.param(OURS, NOW_TEXT, id="first-seen"),
        pytest.param(leaving(since(72)), since(72), id="its-grace-is-over"),
        pytest.param(leaving(since(24)), since(24), id="within-its-grace"),
    ],
)
def test_in_a_pause_the_seat_stays(before: Base, first_seen: str) -> None:
    closed = setting(SLOW, ANN, pause=HOLIDAYS)
    compared = compare_course(before, desired(), THERE, closed)
    words = f"{NOT_LISTED}; nothing is removed or archived until 2026-09-05 (pause, "
    kept = Kept(
        COURSE,
        PAUSED,
        "student until the pause is over",
        first_seen,
        (f"{words}district.yaml:40)",),
        ANN,
    )
    settled = replace(OURS, leaving={LEAVING: first_seen}, kept={PAUSED: first_seen})
    assert compared == Compared(kept=(kept,), base=settled)


def test_the_grace_runs_in_the_pause() -> None:
    within = compare_course(OURS, desired(), THERE, setting(SLOW, ANN, pause=HOLIDAYS))
    after = setting(SLOW, ANN, now=NOW + timedelta(days=5))
    assert compare_course(within.base, desired(), THERE, after).changes == (GONE,)


def test_additions_flow_in_a_pause() -> None:
    closed = setting(None, ANN, pause=HOLIDAYS)
    compared = compare_course(base(), BACK, live(), closed)
    assert [c.kind for c in compared.changes] == [Kind.STUDENT_ADD]


# The policy keeps somebody out.

OUT = {"ann": "district.yaml:33"}
KEPT_OUT = replace(GONE, why=("the policy keeps them out (students.exceptions, district.yaml:33)",))


@pytest.mark.parametrize(
    ("chosen", "before"),
    [
        pytest.param(rules(), OURS, id="no-grace"),
        pytest.param(SLOW, OURS, id="grace"),
        pytest.param(SLOW, leaving(since(1)), id="was-in-its-grace"),
    ],
)
def test_who_is_kept_out_goes_at_once(chosen: SchoolRules, before: Base) -> None:
    compared = compare_course(before, desired(kept_out=OUT), THERE, setting(chosen, ANN))
    assert compared == Compared((KEPT_OUT,), base=OURS)


def test_who_is_kept_out_and_was_put_in_by_hand_stays() -> None:
    compared = compare_course(base(), desired(kept_out=OUT), THERE, setting(None, ANN))
    assert (compared.changes, [k.what for k in compared.kept]) == ((), ["student added by hand"])


# Hands on co-teachers, by the policy.


@pytest.mark.parametrize(
    ("chosen", "kinds"),
    [
        pytest.param(rules(), [], id="keep"),
        pytest.param(
            rules(teachers_added=AddedByHand.REMOVE), [Kind.TEACHER_REMOVE], id="added-remove"
        ),
        pytest.param(
            rules(teachers_removed=RemovedByHand.RESTORE), [Kind.TEACHER_ADD], id="removed-restore"
        ),
        pytest.param(
            rules(teachers_removed=RemovedByHand.RESTORE, co_teachers=False), [], id="add-is-off"
        ),
    ],
)
def test_what_hands_did_to_co_teachers(chosen: SchoolRules, kinds: list[Kind]) -> None:
    ours, want = base(teachers=("t1", "t2")), desired(teachers=("t1", "t2"))
    compared = compare_course(ours, want, live(teachers=("t1", "t3")), setting(chosen))
    assert [c.kind for c in compared.changes] == kinds


def test_the_policys_removal_of_a_hands_addition_says_so() -> None:
    strict = rules(added_by_hand=AddedByHand.REMOVE)
    compared = compare_course(base(), desired(), THERE, setting(strict, ANN))
    words = (
        "added by hand; the roster does not list them in section s1",
        "students.added_by_hand: remove (built-in default)",
    )
    assert compared == Compared((replace(GONE, why=words),), base=base(kept={LEAVING: NOW_TEXT}))


def test_the_kept_former_owner_is_nobody_who_was_added_by_hand() -> None:
    """Also where the policy removes those."""
    strict = rules(teachers_added=AddedByHand.REMOVE, former=FormerOwner.KEEP)
    ours = base(owner="t2", teachers=("t2",), former=("t1",), kept={"teacher:t1": EARLIER})
    there = live(owner="t2", teachers=("t1", "t2"))
    want = desired(owner="t2", teachers=("t2",))
    compared = compare_course(ours, want, there, setting(strict, user("t1")))
    words = (
        "owned the class before, and stays as a co-teacher (co_teachers.when_primary_changes: keep)"
    )
    kept = Kept(COURSE, "teacher:t1", "former owner kept", EARLIER, (words,), user("t1"))
    assert compared == Compared(kept=(kept,), base=ours)


# Doubt holds what would go. What would not go yet nobody can let go.


@pytest.mark.parametrize(
    ("night", "before", "record"),
    [
        pytest.param(setting(SLOW, ANN), leaving(since(24)), IN_GRACE, id="within-its-grace"),
        pytest.param(setting(None, ANN, pause=HOLIDAYS), OURS, PAUSED, id="pause"),
    ],
)
def test_in_doubt_a_pause_and_a_grace_are_kept_all_the_same(
    night: object, before: Base, record: str
) -> None:
    assert isinstance(night, type(setting()))
    compared = compare_course(before, desired(doubts=("x.csv:9  short",)), THERE, night)
    assert (compared.changes, compared.stops) == ((), ())
    assert [kept.record for kept in compared.kept] == [record]


def test_in_doubt_the_removal_is_held() -> None:
    want = desired(doubts=("enrollments.csv:9  short",))
    compared = compare_course(leaving(since(72)), want, THERE, setting(SLOW, ANN))
    assert (compared.changes, compared.kept) == ((), ())
    [stop] = compared.stops
    assert (stop.reason, stop.detail, stop.changes) == (
        HeldFor.DOUBT,
        "enrollments.csv:9  short",
        (GONE,),
    )


def test_the_grace_runs_in_doubt() -> None:
    want = desired(doubts=("enrollments.csv:9  short",))
    compared = compare_course(OURS, want, THERE, setting(SLOW, ANN))
    assert compared.base == leaving(NOW_TEXT)


# What the base remembers of who is there (see tests/unit/test_evening.py for the whole of it).


@pytest.mark.parametrize(
    ("chosen", "want", "there", "records"),
    [
        pytest.param(
            rules(removed_by_hand=RemovedByHand.RESTORE),
            BACK,
            live(),
            {"student:ann"},
            id="to-be-restored",
        ),
        pytest.param(
            rules(added_by_hand=AddedByHand.REMOVE),
            desired(students=("ann", "bob")),
            live(students=("ann", "cat")),
            {"student:cat"},
            id="to-be-removed",
        ),
        pytest.param(
            rules(), desired(unsure=("ann",)), live(), {"student:ann"}, id="account-not-certain"
        ),
        pytest.param(
            rules(co_teachers=False),
            desired(teachers=("t1", "t2"), students=("ann",)),
            live(teachers=("t1", "t2"), students=("ann",)),
            {"teacher:t2"},
            id="would-not-have-been-added",
        ),
    ],
)
def test_a_seat_unlike_ours_is_remembered_also_where_there_is_nothing_to_say(
    chosen: SchoolRules, want: Desired, there: Live, records: set[str]
) -> None:
    compared = compare_course(OURS, want, there, setting(chosen))
    assert compared.kept == ()
    assert compared.base is not None
    assert compared.base.kept == dict.fromkeys(records, NOW_TEXT)


def test_since_survives_a_night_on_which_an_account_is_not_certain() -> None:
    before = base(students=("ann",), kept={LEAVING: EARLIER})
    unsure = compare_course(before, desired(unsure=("ann",)), live(), setting())
    assert (unsure.changes, unsure.kept, unsure.base) == ((), (), before)
    certain = compare_course(unsure.base, BACK, live(), setting())
    assert [k.since for k in certain.kept] == [EARLIER]
