"""Classes that are declined, archived, over, or without a section: what is done, and when nothing.

Classroom's courseState is the teacher's. What we wrote ourselves is ours to take back.
"""

from dataclasses import replace
from datetime import date, timedelta

import pytest

from building import COURSE, EARLIER, NOW, NOW_TEXT, base, desired, live, rules, setting, user
from policy.merge.absent import Absent, compare_absent, is_early
from policy.merge.compare import compare_course
from policy.merge.outcome import Compared
from policy.merge.plan import Change, CourseRef, Kept, Kind
from policy.merge.records import Base, Fields, State
from policy.merge.setting import Setting
from policy.rules.model import Pause, SchoolRules

RULE = "classes.after_term, built-in default"
OVER = "2026-08-15"
DONE = rules(archive_after=timedelta(days=14))
HOLIDAYS = Pause(date(2026, 8, 30), date(2026, 9, 5), "district.yaml:40")
BY_HAND = {"name": EARLIER, "student:ann": EARLIER}  # what was done by hand while it was open
WANT = desired(ends="2027-06-01")
ENDED = desired(ends=OVER, archive=True)


def ours(last: State, **kept: str) -> Base:
    return base(state=last, ends="2027-06-01", kept={**BY_HAND, **kept})


def resting(state: str, since: str = NOW_TEXT) -> Kept:
    words = f"the class is {state} in Classroom: nothing in it is changed"
    return Kept(COURSE, "state", state, since, (words,))


def restored(before: str, after: str, *why: str) -> Change:
    return Change(
        Kind.COURSE_RESTORE,
        COURSE,
        "s1",
        why,
        field="courseState",
        before=before,
        after=after,
    )


def archived(before: str = "ACTIVE", *, ref: CourseRef = COURSE, ends: str = OVER) -> Change:
    return Change(
        Kind.COURSE_ARCHIVE,
        ref,
        "s1",
        (f"the terms of section s1 were over on {ends} ({RULE})",),
        field="courseState",
        before=before,
        after="ARCHIVED",
    )


# By hand, or Google's.


@pytest.mark.parametrize("state", [State.DECLINED, State.ARCHIVED, State.SUSPENDED])
@pytest.mark.parametrize("before", [State.ACTIVE, State.PROVISIONED])
def test_a_class_at_rest_is_left_and_what_is_known_of_it_stays(state: State, before: State) -> None:
    compared = compare_course(ours(before), WANT, live(state=state), setting())
    assert compared == Compared(
        kept=(resting(state.value.lower()),), base=ours(before, state=NOW_TEXT)
    )


def test_since_when_it_rests_is_told_from_the_first_night_on() -> None:
    compared = compare_course(
        ours(State.ACTIVE, state=EARLIER), WANT, live(state=State.ARCHIVED), setting()
    )
    assert compared.kept == (resting("archived", EARLIER),)


def test_a_class_that_is_open_again_goes_on_with_what_was_known() -> None:
    before = ours(State.ACTIVE, state=EARLIER)
    there = live(fields=Fields("Mine", "3", "12"), students=("ann",))
    compared = compare_course(before, WANT, there, setting())
    assert [(k.record, k.since) for k in compared.kept] == [
        ("name", EARLIER),
        ("student:ann", EARLIER),
    ]
    assert compared.base == ours(State.ACTIVE)


def test_a_former_owner_is_still_one_after_the_class_has_rested() -> None:
    former = replace(ours(State.ACTIVE), former=frozenset({"t0"}))
    nobody = replace(live(state=State.ARCHIVED), teachers=frozenset())  # members are not read
    rested = compare_course(former, WANT, nobody, setting())
    assert rested.base is not None
    assert rested.base.former == frozenset({"t0"})


# Archived by us.


def test_what_we_archived_comes_back_with_its_section() -> None:
    words = (
        "section s1 is wanted, and that its class is archived does not count as a teacher's doing "
        "(classes.csv:2)"
    )
    compared = compare_course(ours(State.ARCHIVED), WANT, live(state=State.ARCHIVED), setting(DONE))
    assert compared == Compared((restored("ARCHIVED", "ACTIVE", words),), base=ours(State.ARCHIVED))


def test_what_we_archived_stays_so_while_its_term_is_over() -> None:
    before = replace(ours(State.ARCHIVED), ends=OVER)
    compared = compare_course(before, ENDED, live(state=State.ARCHIVED), setting(DONE))
    assert compared == Compared(base=before)


def test_what_was_opened_again_by_hand_is_not_archived_twice() -> None:
    before = replace(ours(State.ARCHIVED), ends=OVER)
    words = "archived after its term, and opened again by hand: it stays open"
    compared = compare_course(before, ENDED, live(), setting(DONE))
    assert compared == Compared(
        kept=(Kept(COURSE, "state", "active", NOW_TEXT, (words,)),),
        base=replace(before, kept={**BY_HAND, "state": NOW_TEXT}),
    )


def test_an_opened_class_whose_section_goes_on_is_a_class_like_any() -> None:
    compared = compare_course(base(state=State.ARCHIVED), desired(), live(), setting(DONE))
    assert compared == Compared(base=base(state=State.ACTIVE))


# After the term, while the section is still in the roster.


@pytest.mark.parametrize("state", [State.ACTIVE, State.PROVISIONED])
def test_after_its_term_a_class_is_archived_and_nothing_else_is_done(state: State) -> None:
    want = desired(
        fields=Fields("New", "4", "1"), students=("bob",), owner="t2", ends=OVER, archive=True
    )
    before = replace(ours(State.ACTIVE), ends=OVER)
    ref = replace(COURSE, name="New")
    compared = compare_course(before, want, live(state=state), setting(DONE))
    assert compared == Compared((archived(state.value, ref=ref),), base=before)


@pytest.mark.parametrize("state", [State.DECLINED, State.ARCHIVED])
def test_after_its_term_a_class_that_a_hand_has_put_to_rest_is_left(state: State) -> None:
    compared = compare_course(ours(State.ACTIVE), ENDED, live(state=state), setting(DONE))
    assert (compared.changes, compared.kept) == ((), (resting(state.value.lower()),))


def test_in_a_pause_it_stays_open_and_after_it_it_goes() -> None:
    before = replace(ours(State.ACTIVE), ends=OVER)
    within = compare_course(before, ENDED, live(), setting(DONE, pause=HOLIDAYS))
    words = (
        f"the terms of section s1 were over on {OVER} ({RULE}); nothing is removed or archived "
        "until 2026-09-05 (pause, district.yaml:40)"
    )
    kept = Kept(COURSE, "paused:state", "open until the pause is over", NOW_TEXT, (words,))
    assert within == Compared(
        kept=(kept,), base=replace(before, kept={**BY_HAND, "paused:state": NOW_TEXT})
    )
    after = compare_course(within.base, ENDED, live(), setting(DONE))
    assert after == Compared((archived(),), base=before)


# Declined.

WEEK = rules(offer_again=timedelta(days=7))
DECLINED = live(state=State.DECLINED)


def declined(days: float) -> Base:
    since = (NOW - timedelta(days=days)).isoformat(timespec="seconds")
    return base(kept={"state": since})


@pytest.mark.parametrize(
    ("school_rules", "days"),
    [
        pytest.param(rules(), 100, id="never"),
        pytest.param(WEEK, 6.9, id="before-its-time"),
    ],
)
def test_a_declined_class_is_left(school_rules: SchoolRules, days: float) -> None:
    before = declined(days)
    compared = compare_course(before, desired(), DECLINED, setting(school_rules))
    assert compared == Compared(kept=(resting("declined", before.kept["state"]),), base=before)


def test_a_declined_class_is_offered_again_after_its_time() -> None:
    before = declined(7)
    since = before.kept["state"]
    compared = compare_course(before, desired(), DECLINED, setting(WEEK))
    offer = restored(
        "DECLINED",
        "PROVISIONED",
        "it was declined, as first seen on 2026-08-25; that is long enough (classes.offer_again, "
        "built-in default)",
    )
    assert compared == Compared((offer,), kept=(resting("declined", since),), base=before)


def test_a_declined_class_is_offered_to_another_primary_teacher_at_once() -> None:
    want = desired(owner="t2", teachers=("t2",))
    compared = compare_course(base(), want, DECLINED, setting(WEEK))
    words = "who declined it is no longer the section's primary teacher (classes.csv:2)"
    assert compared.changes == (restored("DECLINED", "PROVISIONED", words),)
    never = compare_course(base(), want, DECLINED, setting())
    assert never.changes == ()
    by_hand = compare_course(base(), want, replace(DECLINED, owner="t5"), setting(WEEK))
    assert by_hand.changes == ()  # a hand gave it to t5, who declined it: not the SIS's former one


def test_a_declined_class_is_not_offered_after_its_term() -> None:
    compared = compare_course(declined(30), ENDED, DECLINED, setting(WEEK))
    assert compared.changes == ()


def test_an_archived_class_is_not_offered() -> None:
    compared = compare_course(declined(30), desired(), live(state=State.ARCHIVED), setting(WEEK))
    assert compared.changes == ()


# Without a section.


def absent(state: State = State.ACTIVE, *, last: State = State.ACTIVE, ends: str = OVER) -> Absent:
    return Absent(base(state=last, ends=ends), "Algebra", state)


def test_a_class_without_a_section_is_archived_once_its_term_is_over() -> None:
    assert compare_absent(absent(), setting(DONE)) == Compared((archived(),))


@pytest.mark.parametrize(
    ("one", "night"),
    [
        pytest.param(absent(), setting(), id="kept-by-policy"),
        pytest.param(absent(ends="2026-08-19"), setting(DONE), id="before-its-time"),
        pytest.param(absent(ends=""), setting(DONE), id="its-end-is-not-known"),
        pytest.param(absent(), setting(DONE, pause=HOLIDAYS), id="pause"),
        pytest.param(absent(last=State.ARCHIVED), setting(DONE), id="opened-again-by-hand"),
        pytest.param(absent(State.ARCHIVED), setting(DONE), id="archived"),
        pytest.param(absent(State.DECLINED), setting(DONE), id="declined"),
        pytest.param(absent(State.SUSPENDED), setting(DONE), id="suspended"),
    ],
)
def test_else_nothing_is_done_to_it(one: Absent, night: Setting) -> None:
    assert compare_absent(one, night) == Compared()


@pytest.mark.parametrize(
    ("ends", "early"),
    [("", True), ("2026-09-02", True), ("2026-09-01", False), (OVER, False)],
    ids=["unknown", "tomorrow", "today", "over"],
)
def test_is_its_section_gone_early(ends: str, early: bool) -> None:
    """`ends` is the day after the last one."""
    assert is_early(base(ends=ends), setting()) is early


def test_a_section_that_comes_back_finds_everything_as_it_was() -> None:
    """Nothing was removed meanwhile; what was done by hand is kept with its since."""
    before = base(students=("ann",), kept={"student:bob": EARLIER})
    there = live(students=("ann", "bob"))
    assert compare_absent(Absent(before, "Algebra", State.ACTIVE), setting()) == Compared()
    back = compare_course(before, desired(students=("ann",)), there, setting(None, user("bob")))
    assert (back.changes, back.base) == ((), before)
    assert [(k.record, k.since) for k in back.kept] == [("student:bob", EARLIER)]


def test_a_section_that_comes_back_in_another_school_moves_there() -> None:
    before = base(students=("ann",), school="old")
    back = compare_course(before, desired(students=("ann",)), live(students=("ann",)), setting())
    assert back == Compared(base=replace(before, school_key="sch1"))
