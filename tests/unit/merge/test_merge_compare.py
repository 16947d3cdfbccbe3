"""One course, three ways: whole results compared."""

from dataclasses import replace

import pytest

from building import (
    COURSE,
    EARLIER,
    NOW_TEXT,
    TEXTS,
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
from policy.merge.records import Fields, State, User
from policy.rules.model import AddedByHand, AddStudents, RemovedByHand, StartAs

ANN, BOB = user("ann"), user("bob")


def kinds(compared: Compared) -> list[tuple[Kind, str]]:
    return [(c.kind, c.person.id if c.person else "") for c in compared.changes]


def test_a_new_section_becomes_a_course_and_its_seats() -> None:
    want = desired(teachers=("t1", "t2"), students=("ann", "bob"))
    compared = compare_course(None, want, None, setting())
    assert kinds(compared) == [
        (Kind.COURSE_CREATE, ""),
        (Kind.TEACHER_ADD, "t2"),
        (Kind.STUDENT_ADD, "ann"),
        (Kind.STUDENT_ADD, "bob"),
    ]
    made = compared.changes[0].new
    assert made is not None
    assert (made.fields, made.owner, made.state) == (TEXTS, user("t1"), "PROVISIONED")
    assert all(change.course.id is None for change in compared.changes)
    assert compared.base is None


def test_start_as_active() -> None:
    compared = compare_course(None, desired(), None, setting(rules(start_as=StartAs.ACTIVE)))
    assert compared.changes[0].new is not None
    assert compared.changes[0].new.state == "ACTIVE"


def test_students_after_accept_wait_for_the_teacher() -> None:
    later = setting(rules(add=AddStudents.AFTER_ACCEPT))
    want = desired(students=("ann",))
    assert kinds(compare_course(None, want, None, later)) == [(Kind.COURSE_CREATE, "")]
    waiting = compare_course(base(), want, live(state=State.PROVISIONED), later)
    assert kinds(waiting) == []
    accepted = compare_course(base(), want, live(state=State.ACTIVE), later)
    assert kinds(accepted) == [(Kind.STUDENT_ADD, "ann")]


def test_a_quiet_night_changes_nothing() -> None:
    ours = base(teachers=("t1", "t2"), students=("ann",))
    there = live(teachers=("t1", "t2"), students=("ann",))
    want = desired(teachers=("t1", "t2"), students=("ann",))
    assert compare_course(ours, want, there, setting()) == Compared(base=ours)


def test_a_course_that_is_not_ours_is_not_judged_here() -> None:
    """It is a claim's (test_merge_claims): nobody must come here with it and get a change."""
    with pytest.raises(ValueError, match="no course of ours"):
        compare_course(None, desired(), live(), setting())


def test_a_course_removed_by_hand_is_held_and_consent_can_make_it_again() -> None:
    compared = compare_course(base(), desired(students=("ann",)), None, setting())
    assert compared.changes == ()
    [stop] = compared.stops
    assert stop.reason is HeldFor.GONE
    assert [(c.kind, c.course.id) for c in stop.changes] == [
        (Kind.COURSE_CREATE, None),
        (Kind.STUDENT_ADD, None),
    ]
    assert compared.base == base()


@pytest.mark.parametrize("state", [State.DECLINED, State.ARCHIVED, State.SUSPENDED])
def test_a_course_that_is_not_open_is_left_alone(state: State) -> None:
    want = desired(fields=Fields("New", "4", "1"), students=("ann",))
    ours = base(students=("bob",))
    compared = compare_course(ours, want, live(state=state, students=("bob",)), setting())
    assert compared.changes == ()
    assert [(k.record, k.what) for k in compared.kept] == [("state", state.value.lower())]


def test_a_students_move() -> None:
    compared = compare_course(
        base(students=("ann",)), desired(students=("bob",)), live(students=("ann",)), setting()
    )
    assert kinds(compared) == [(Kind.STUDENT_REMOVE, "ann"), (Kind.STUDENT_ADD, "bob")]


def test_what_was_done_by_hand_is_kept_with_its_since() -> None:
    ours = base(students=("ann",), kept={"student:ann": EARLIER})
    compared = compare_course(
        ours, desired(students=("ann",)), live(students=("bob",)), setting(None, ANN, BOB)
    )
    assert compared.changes == ()
    assert compared.kept == (
        Kept(
            COURSE,
            "student:ann",
            "student removed by hand",
            EARLIER,
            ("removed by hand in Classroom: stays removed (students.removed_by_hand: keep)",),
            ANN,
        ),
        Kept(
            COURSE,
            "student:bob",
            "student added by hand",
            NOW_TEXT,
            ("added by hand in Classroom: stays (students.added_by_hand: keep)",),
            BOB,
        ),
    )
    assert compared.base is not None
    assert compared.base.kept == {"student:ann": EARLIER, "student:bob": NOW_TEXT}
    assert compared.base.students == frozenset({"ann"})


def test_a_policy_may_undo_what_was_done_by_hand() -> None:
    strict = rules(added_by_hand=AddedByHand.REMOVE, removed_by_hand=RemovedByHand.RESTORE)
    compared = compare_course(
        base(students=("ann",)),
        desired(students=("ann",)),
        live(students=("bob",)),
        setting(strict),
    )
    assert kinds(compared) == [(Kind.STUDENT_ADD, "ann"), (Kind.STUDENT_REMOVE, "bob")]
    assert compared.kept == ()


def test_what_the_policy_says_of_students_is_not_said_of_teachers() -> None:
    strict = rules(added_by_hand=AddedByHand.REMOVE, removed_by_hand=RemovedByHand.RESTORE)
    ours = base(teachers=("t1", "t2"))
    compared = compare_course(
        ours, desired(teachers=("t1", "t2")), live(teachers=("t1", "t3")), setting(strict)
    )
    assert compared.changes == ()
    assert [k.what for k in compared.kept] == ["teacher removed by hand", "teacher added by hand"]


def test_seats_that_are_already_so_become_ours() -> None:
    compared = compare_course(
        base(), desired(students=("ann",)), live(students=("ann",)), setting()
    )
    assert compared == Compared(base=base(students=("ann",)))


def test_doubt_holds_removals_and_lets_additions_flow() -> None:
    want = desired(students=("bob",), doubts=("enrollments.csv:7  9 cells instead of 10",))
    compared = compare_course(base(students=("ann",)), want, live(students=("ann",)), setting())
    assert kinds(compared) == [(Kind.STUDENT_ADD, "bob")]
    [stop] = compared.stops
    assert (stop.reason, stop.kind) == (HeldFor.DOUBT, Kind.STUDENT_REMOVE)
    assert [c.person for c in stop.changes] == [User("ann", "", "")]


def test_seats_of_people_who_are_not_certain_are_neither_made_nor_taken() -> None:
    ours = base(teachers=("t1", "t9"), students=("ann",))
    want = desired(unsure=("ann", "t9"))
    there = live(teachers=("t1", "t9"), students=("ann",))
    assert compare_course(ours, want, there, setting()) == Compared(base=ours)


def test_who_sits_in_the_other_role_is_added_only_once_that_seat_is_gone() -> None:
    ours = base(students=("ann",))
    want = desired(teachers=("t1", "ann"))
    tonight = compare_course(ours, want, live(students=("ann",)), setting())
    assert kinds(tonight) == [(Kind.STUDENT_REMOVE, "ann")]
    tomorrow = compare_course(base(), want, live(), setting())
    assert kinds(tomorrow) == [(Kind.TEACHER_ADD, "ann")]


def test_co_teachers_are_not_added_where_the_policy_says_so_and_not_removed_either() -> None:
    off = setting(rules(co_teachers=False))
    ours = base(teachers=("t1", "t2"))
    compared = compare_course(
        ours, desired(teachers=("t1", "t2", "t3")), live(teachers=("t1", "t2")), off
    )
    assert compared.changes == ()


def test_whom_the_class_can_not_do_without_is_seated_without_co_teachers_too() -> None:
    off = setting(rules(co_teachers=False))
    want = replace(desired(teachers=("t2", "t3", "t4")), leading=frozenset({"t2", "t4"}))
    tonight = compare_course(base(), want, live(teachers=("t1", "t4")), off)
    assert kinds(tonight) == [(Kind.TEACHER_ADD, "t2")]
    assert tonight.base is not None
    assert tonight.base.teachers == frozenset({"t1", "t4"})
    made = compare_course(None, want, None, off)
    assert [c.person and c.person.id for c in made.changes] == [None, "t2", "t4"]


def test_a_co_teacher_whom_we_would_not_have_added_does_not_become_ours() -> None:
    off = setting(rules(co_teachers=False))
    want = desired(teachers=("t1", "t2"))
    compared = compare_course(base(), want, live(teachers=("t1", "t2")), off)
    assert compared.base is not None
    assert compared.base.teachers == frozenset({"t1"})


def test_who_sits_in_the_other_role_by_hand_is_told() -> None:
    want = desired(teachers=("t1", "ann"))
    compared = compare_course(base(), want, live(students=("ann",)), setting())
    assert compared.changes == ()
    assert [(k.record, k.what) for k in compared.kept] == [
        ("other:teacher:ann", "student by hand"),
        ("student:ann", "student added by hand"),
    ]


def test_a_seat_may_belong_to_a_stranger_under_a_new_key() -> None:
    gone = replace(setting(), vanished=frozenset({"ann"}))
    ours, there = base(students=("ann", "bob")), live(students=("ann", "bob"))
    want = replace(desired(), strangers=("enrollments.csv:9",))
    compared = compare_course(ours, want, there, gone)
    assert kinds(compared) == [(Kind.STUDENT_REMOVE, "bob")]
    [stop] = compared.stops
    assert "it may be the same one under a new key" in stop.detail
    assert len(compare_course(ours, desired(), there, gone).changes) == 2


def test_a_section_that_moves_school_moves_in_the_base() -> None:
    ours = base(school="old")
    assert compare_course(ours, desired(), live(), setting()).base == base()


def test_a_teachers_name_stays_and_the_plan_says_since_when() -> None:
    there = live(fields=Fields("Algebra for all", "3", "12"))
    compared = compare_course(base(kept={"name": EARLIER}), desired(), there, setting())
    assert compared.changes == ()
    [kept] = compared.kept
    assert (kept.what, kept.since, kept.ours, kept.theirs) == (
        "name",
        EARLIER,
        "Algebra",
        "Algebra for all",
    )


def test_a_text_that_both_changed_is_overwritten_only_where_it_is_not_protected() -> None:
    want = desired(fields=Fields("Algebra 1", "3", "14"))
    there = live(fields=Fields("Mine", "3", "99"))
    compared = compare_course(base(), want, there, setting(rules(protect=("name",))))
    assert [(c.field, c.before, c.after) for c in compared.changes] == [("room", "99", "14")]
    assert "over '99', which was set by hand" in compared.changes[0].why[1]
    assert [k.record for k in compared.kept] == ["name"]


def test_a_change_names_its_course_and_section() -> None:
    compared = compare_course(base(), desired(students=("ann",)), live(), setting())
    assert compared.changes == (
        Change(
            Kind.STUDENT_ADD,
            COURSE,
            "s1",
            ("enrollments.csv:ann lists them in section s1",),
            person=ANN,
        ),
    )
