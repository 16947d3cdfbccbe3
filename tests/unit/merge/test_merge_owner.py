"""Who owns a course: whole results, by what base, the SIS and Classroom say."""

from dataclasses import replace
from datetime import date

import pytest

from building import COURSE, EARLIER, NOW_TEXT, base, desired, live, rules, setting, user
from policy.merge.compare import compare_course
from policy.merge.outcome import Compared, Stop
from policy.merge.owner import Owned, merge_owner
from policy.merge.plan import Change, HeldFor, Kept, Kind
from policy.merge.records import Base, Desired, Live, User, after_handover
from policy.rules.model import FormerOwner, Pause

T1, T2, T5 = user("t1"), user("t2"), user("t5")
REMOVE = rules(former=FormerOwner.REMOVE)
KEEPS = "co_teachers.when_primary_changes: keep (built-in default)"
REMOVES = "co_teachers.when_primary_changes: remove (built-in default)"
CHANGED = "the primary teacher of section s1 has changed (classes.csv:2)"
HOLIDAYS = Pause(date(2026, 8, 30), date(2026, 9, 5), "district.yaml:40")


def added(who: User) -> Change:
    why = (f"{CHANGED}: only a co-teacher can become the owner",)
    return Change(Kind.TEACHER_ADD, COURSE, "s1", why, person=who)


def handover(who: User, *why: str, before: str = "t1", keeps: bool = True) -> Change:
    return Change(
        Kind.COURSE_OWNER,
        COURSE,
        "s1",
        (CHANGED, *why),
        person=who,
        before=before,
        after=who.id,
        keeps_former=keeps,
    )


def leaves(who: User) -> Change:
    why = (f"{CHANGED}, and the roster does not list them any more", REMOVES)
    return Change(Kind.TEACHER_REMOVE, COURSE, "s1", why, person=who)


NEW = desired(owner="t2", teachers=("t2",))
BOTH = desired(owner="t2", teachers=("t1", "t2"))


@pytest.mark.parametrize(
    ("ours", "want", "there", "changes"),
    [
        pytest.param(base(), desired(), live(), (), id="unchanged"),
        pytest.param(
            base(),
            NEW,
            live(),
            (added(T2), handover(T2, f"T1 stays as a co-teacher ({KEEPS})")),
            id="changed",
        ),
        pytest.param(
            base(teachers=("t1", "t2")),
            NEW,
            live(teachers=("t1", "t2")),
            (handover(T2, f"T1 stays as a co-teacher ({KEEPS})"),),
            id="is-a-co-teacher-already",
        ),
        pytest.param(
            base(teachers=("t1", "t2")),
            BOTH,
            live(),
            (
                added(T2),
                handover(T2, "T1 stays as a co-teacher, as the roster says", keeps=False),
            ),
            id="co-teacher-taken-out-by-hand",
        ),
        pytest.param(
            base(),
            BOTH,
            live(),
            (added(T2), handover(T2, "T1 stays as a co-teacher, as the roster says", keeps=False)),
            id="former-one-is-listed-as-a-co-teacher",
        ),
    ],
)
@pytest.mark.parametrize("add", [True, False], ids=["co-teachers", "no-co-teachers"])
def test_the_owner_follows_the_roster(
    ours: Base, want: Desired, there: Live, changes: tuple[Change, ...], add: bool
) -> None:
    """Whatever the policy says of co-teachers: Google allows no other way."""
    owned = merge_owner(ours, want, there, setting(rules(co_teachers=add), T1, T2))
    assert owned == Owned(ours, changes)


def test_a_former_owner_leaves_where_the_policy_says_so() -> None:
    owned = merge_owner(base(), NEW, live(), setting(REMOVE, T1, T2))
    gone = handover(T2, f"T1 leaves the class ({REMOVES})", keeps=False)
    assert owned == Owned(base(), (added(T2), gone, leaves(T1)))


def test_one_who_is_listed_is_judged_like_any_co_teacher() -> None:
    tonight = compare_course(base(), BOTH, live(), setting(REMOVE, T1, T2))
    assert [c.kind for c in tonight.changes] == [Kind.TEACHER_ADD, Kind.COURSE_OWNER]
    there = live(owner="t2", teachers=("t1", "t2"))
    ours = after_handover(base(teachers=("t1", "t2")), "t2", keeps_former=False)
    assert compare_course(ours, BOTH, there, setting(REMOVE)) == Compared(base=ours)


def test_one_who_can_not_be_told_for_certain_stays_till_then() -> None:
    want = replace(NEW, unsure=frozenset({"t1"}))
    owned = merge_owner(base(), want, live(), setting(REMOVE, T1, T2))
    assert [c.kind for c in owned.changes] == [Kind.TEACHER_ADD, Kind.COURSE_OWNER]
    ours = after_handover(base(teachers=("t1", "t2")), "t2", keeps_former=False)
    there = live(owner="t2", teachers=("t1", "t2"))
    assert compare_course(ours, want, there, setting(REMOVE)).changes == ()
    [gone] = compare_course(ours, NEW, there, setting(REMOVE)).changes
    assert (gone.kind, gone.person) == (Kind.TEACHER_REMOVE, User("t1", "", ""))


def test_in_doubt_the_former_ones_leaving_is_held() -> None:
    want = replace(NEW, doubts=("enrollments.csv:9  short",))
    owned = merge_owner(base(), want, live(), setting(REMOVE, T1, T2))
    gone = leaves(T1)
    assert [c.kind for c in owned.changes] == [Kind.TEACHER_ADD, Kind.COURSE_OWNER]
    assert owned.stops == (
        Stop(HeldFor.DOUBT, Kind.TEACHER_REMOVE, COURSE, "enrollments.csv:9  short", (gone,)),
    )


def test_in_a_pause_the_class_is_handed_over_and_the_former_one_leaves_after_it() -> None:
    closed = setting(REMOVE, T1, T2, pause=HOLIDAYS)
    tonight = compare_course(base(), NEW, live(), closed)
    assert [c.kind for c in tonight.changes] == [Kind.TEACHER_ADD, Kind.COURSE_OWNER]
    ours = after_handover(base(teachers=("t1", "t2")), "t2", keeps_former=False)
    there = live(owner="t2", teachers=("t1", "t2"))
    within = compare_course(ours, NEW, there, closed)
    assert (within.changes, [k.record for k in within.kept]) == ((), ["paused:teacher:t1"])
    after = compare_course(within.base, NEW, there, setting(REMOVE, T1, T2))
    assert [c.kind for c in after.changes] == [Kind.TEACHER_REMOVE]


@pytest.mark.parametrize(
    "chosen", [pytest.param(rules(), id="keep"), pytest.param(REMOVE, id="remove")]
)
def test_a_class_that_was_handed_over_by_hand_stays_so(chosen: object) -> None:
    there = live(owner="t5", teachers=("t1", "t5"))
    before = base(kept={"owner": EARLIER})
    kept = Kept(
        COURSE,
        "owner",
        "owner",
        EARLIER,
        ("the class was handed over by hand in Classroom",),
        T5,
        ours="t1@demo.example",
        theirs="t5@demo.example",
    )
    assert isinstance(chosen, type(rules()))
    owned = merge_owner(before, desired(), there, setting(chosen, T1, T5))
    assert owned == Owned(before, kept=(kept,))


@pytest.mark.parametrize("add", [True, False], ids=["co-teachers", "no-co-teachers"])
def test_the_teacher_of_a_class_that_another_one_owned_when_it_was_taken_over(add: bool) -> None:
    """Whom we have never put into it: a hand can't have taken them out."""
    there = live(owner="t5", teachers=("t5",))
    never = base(teachers=())
    compared = compare_course(never, desired(), there, setting(rules(co_teachers=add), T1, T5))
    why = "teaches section s1 (classes.csv:2), and its class has another owner"
    assert compared.changes == (Change(Kind.TEACHER_ADD, COURSE, "s1", (why,), person=T1),)
    assert [k.record for k in compared.kept] == ["owner"]
    taken_out = compare_course(base(), desired(), there, setting(None, T1, T5))
    assert taken_out.changes == ()


def test_handed_over_by_hand_to_whom_the_roster_names_by_now() -> None:
    """There is nothing to do, and the former one is what the policy makes of former ones."""
    there = live(owner="t2", teachers=("t1", "t2"))
    kept = compare_course(base(), NEW, there, setting(None, T1))
    assert kept.changes == ()
    assert kept.base == base(
        owner="t2", teachers=("t2",), former=("t1",), kept={"teacher:t1": NOW_TEXT}
    )
    assert [k.what for k in kept.kept] == ["former owner kept"]
    gone = compare_course(base(), NEW, there, setting(REMOVE, T1))
    assert [(c.kind, c.person) for c in gone.changes] == [(Kind.TEACHER_REMOVE, T1)]


def test_handed_over_by_hand_and_by_the_sis_to_another_one() -> None:
    """Ours had t1, a hand made it t5's, and the SIS now says t2: t5 stays, as by hand; t1 is the
    former owner, kept as the policy says."""
    there = live(owner="t5", teachers=("t1", "t5"))
    over = handover(
        T2,
        "over T5, to whom it was handed by hand, and who stays as a co-teacher",
        before="t5",
    )
    tonight = compare_course(base(), NEW, there, setting(None, T1, T2, T5))
    assert tonight.changes == (added(T2), over)
    assert tonight.base == base(teachers=(), former=("t1",), kept=tonight.base.kept)
    assert [(k.record, k.what) for k in tonight.kept] == [("teacher:t1", "former owner kept")]
    done = after_handover(
        replace(tonight.base, teachers=frozenset({"t2"})), "t2", keeps_former=True
    )
    after = compare_course(
        done, NEW, live(owner="t2", teachers=("t1", "t2", "t5")), setting(None, T1, T2, T5)
    )
    assert after.changes == ()
    assert [(k.record, k.what) for k in after.kept] == [
        ("teacher:t1", "former owner kept"),
        ("teacher:t5", "teacher added by hand"),
    ]


def test_the_same_where_the_policy_removes_former_owners() -> None:
    there = live(owner="t5", teachers=("t1", "t5"))
    tonight = compare_course(base(), NEW, there, setting(REMOVE, T1, T2, T5))
    assert [(c.kind, c.person) for c in tonight.changes] == [
        (Kind.TEACHER_ADD, T2),
        (Kind.COURSE_OWNER, T2),
        (Kind.TEACHER_REMOVE, T1),  # a co-teacher by now, whom the roster does not list
    ]


def test_an_owner_who_is_not_in_the_directory_is_called_by_id() -> None:
    owned = merge_owner(base(), NEW, live(), setting(None, T2))
    assert owned.changes[1].why[1] == f"t1 stays as a co-teacher ({KEEPS})"


def test_an_owner_whom_we_did_not_make_stays_as_a_co_teacher() -> None:
    """So it is in a class that another tool made, and that was adopted."""
    ours = base(owner="t1", teachers=())
    owned = merge_owner(ours, NEW, live(), setting(REMOVE, T1, T2))
    over = handover(
        T2, "T1, whom Rollbook did not make its owner, stays as a co-teacher", keeps=False
    )
    assert owned == Owned(ours, (added(T2), over))


def test_a_handover_that_google_put_off_is_tried_again_without_another_grace() -> None:
    """Nobody is the primary teacher any more, and the former one's grace is over."""
    want = replace(desired(owner="t2", teachers=("t2",)), owner_by_default=True)
    since = {"owner": EARLIER}
    owned = merge_owner(base(leaving=since), want, live(), setting())
    assert [change.kind for change in owned.changes] == [Kind.TEACHER_ADD, Kind.COURSE_OWNER]
    assert owned.leaving == since


def test_a_student_of_the_class_becomes_its_owner_only_once_that_seat_is_gone() -> None:
    want = desired(owner="ann", teachers=("ann",))
    tonight = compare_course(
        base(students=("ann",)), want, live(students=("ann",)), setting(None, T1)
    )
    assert [(c.kind, c.person.id) for c in tonight.changes if c.person] == [
        (Kind.STUDENT_REMOVE, "ann")
    ]
    tomorrow = compare_course(base(), want, live(), setting(None, T1))
    assert [c.kind for c in tomorrow.changes] == [Kind.TEACHER_ADD, Kind.COURSE_OWNER]


def test_a_student_by_hand_does_not_become_the_owner() -> None:
    want = desired(owner="ann", teachers=("ann",))
    compared = compare_course(base(), want, live(students=("ann",)), setting(None, T1))
    assert compared.changes == ()
    assert [(k.record, k.what) for k in compared.kept] == [
        ("other:teacher:ann", "student by hand"),
        ("student:ann", "student added by hand"),
    ]


@pytest.mark.parametrize(
    ("ours", "keeps", "after"),
    [
        pytest.param(
            base(teachers=("t1", "t2")),
            True,
            base(owner="t2", teachers=("t2",), former=("t1",)),
            id="kept",
        ),
        pytest.param(
            base(teachers=("t1", "t2")),
            False,
            base(owner="t2", teachers=("t1", "t2")),
            id="to-be-taken-away",
        ),
        pytest.param(
            base(teachers=("t1",), former=("t2",)),
            True,
            base(owner="t2", teachers=("t2",), former=("t1",)),
            id="back-to-a-former-one",
        ),
    ],
)
def test_after_a_handover(ours: Base, keeps: bool, after: Base) -> None:
    assert after_handover(ours, "t2", keeps_former=keeps) == after


def test_a_former_owner_whom_a_hand_took_out_is_forgotten() -> None:
    ours = base(owner="t2", teachers=("t2",), former=("t1",), kept={"teacher:t1": EARLIER})
    want, there = NEW, live(owner="t2", teachers=("t2",))
    assert compare_course(ours, want, there, setting()) == Compared(
        base=base(owner="t2", teachers=("t2",))
    )


def test_a_former_owner_whom_the_roster_lists_again_is_ours_again() -> None:
    ours = base(owner="t2", teachers=("t2",), former=("t1",), kept={"teacher:t1": EARLIER})
    there = live(owner="t2", teachers=("t1", "t2"))
    assert compare_course(ours, BOTH, there, setting()) == Compared(
        base=base(owner="t2", teachers=("t1", "t2"))
    )
