"""What the policy makes of a section's seats: extra co-teachers, how many, who is in or out."""

from dataclasses import replace
from datetime import date

import pytest

from building import person, policy, roster, rules, section, student, teacher, user, wanted
from policy.merge.choose import Chosen, choose
from policy.merge.people import AccountFacts, Matches, match_people
from policy.merge.plan import Notice
from policy.merge.records import Staff, Wanted
from policy.merge.wish import Sources, wish_for
from policy.rules.model import (
    Extra,
    Keep,
    Matcher,
    RemovedByHand,
    SchoolRules,
    SeatException,
)
from policy.rules.scope import SectionFacts

LINE = "district.yaml:30"
EVERYWHERE = Matcher({})
ALGEBRA = Matcher({"course": ("alg*",)})
CHORUS = Matcher({"name": ("Chorus*",)})
PEOPLE = ("t1", "t2", "t3", "ann", "bob")


def facts() -> SectionFacts:
    rolls = roster(
        {section(): (teacher("t1"), student("ann"))}, tuple(person(key) for key in PEOPLE)
    )
    return wish_for(section(), Sources(rolls, policy(), accounts(), date(2026, 9, 1))).facts


def accounts(*, suspended: tuple[str, ...] = ()) -> Matches:
    known = [
        AccountFacts(user(key), (user(key).email, f"{key}.old@demo.example"), key in suspended)
        for key in PEOPLE
    ]
    return match_people(roster({}, ()), known, domains=("demo.example",), remembered={})


LISTED = Chosen(wanted("t1"), wanted("ann"))


def chosen(
    school_rules: SchoolRules,
    *,
    listed: Chosen = LISTED,
    suspended: tuple[str, ...] = (),
    owner: str = "t1",
    present: tuple[str, ...] = (),
    taken_out: tuple[str, ...] = (),
) -> Chosen:
    return choose(
        (facts(),),
        school_rules,
        listed,
        accounts(suspended=suspended),
        owner=owner,
        present=lambda: Staff(frozenset(present), frozenset(taken_out)),
    )


def extra(where: Matcher, *teachers: str) -> SchoolRules:
    return rules(extra=(Extra(where, teachers, LINE),))


def excepting(keep: Keep, who: str, where: Matcher = EVERYWHERE) -> SchoolRules:
    return rules(exceptions=(SeatException(who, where, keep, LINE),))


def by_policy(key: str) -> dict[str, Wanted]:
    return {key: Wanted(user(key), "", LINE)}


def test_the_roster_alone() -> None:
    assert chosen(rules()) == LISTED


# co_teachers.extra


@pytest.mark.parametrize(
    "email",
    [
        pytest.param("t2@demo.example", id="address"),
        pytest.param("T2@Demo.Example", id="other-case"),
        pytest.param("t2.old@demo.example", id="alias"),
    ],
)
@pytest.mark.parametrize(
    "where", [pytest.param(EVERYWHERE, id="all"), pytest.param(ALGEBRA, id="glob")]
)
def test_an_extra_teacher(email: str, where: Matcher) -> None:
    assert chosen(extra(where, email)) == replace(
        LISTED, teachers={**LISTED.teachers, **by_policy("t2")}
    )


@pytest.mark.parametrize(
    "school_rules",
    [
        pytest.param(extra(CHORUS, "t2@demo.example"), id="elsewhere"),
        pytest.param(extra(EVERYWHERE, "t1@demo.example"), id="is-its-teacher"),
        pytest.param(extra(EVERYWHERE, "ann@demo.example"), id="is-its-student"),
        pytest.param(extra(CHORUS, "nobody@demo.example"), id="unknown-elsewhere"),
    ],
)
def test_who_is_no_extra_teacher_here(school_rules: SchoolRules) -> None:
    assert chosen(school_rules) == LISTED


def test_an_extra_teacher_without_an_account_is_told() -> None:
    words = "co_teachers.extra names nobody@demo.example, who has no Google account"
    found = chosen(extra(EVERYWHERE, "nobody@demo.example"))
    assert found == replace(LISTED, notices=(Notice(LINE, words, "M307"),))


def test_a_suspended_extra_teacher_is_told_and_left_where_they_are() -> None:
    words = "co_teachers.extra names t2@demo.example, who has a suspended Google account"
    found = chosen(extra(EVERYWHERE, "t2@demo.example"), suspended=("t2",))
    assert found == replace(LISTED, left=frozenset({"t2"}), notices=(Notice(LINE, words, "M307"),))


# students.exceptions


NOT_T9, NOT_T1 = (
    Matcher({}, Matcher({"teacher": ("t9*",)})),
    Matcher({}, Matcher({"teacher": ("t1*",)})),
)


@pytest.mark.parametrize(
    ("where", "in_doubt", "is_in"),
    [
        pytest.param(NOT_T9, False, True, id="not t9's"),
        pytest.param(NOT_T1, False, False, id="not t1's"),
        pytest.param(NOT_T9, True, False, id="may be t9's"),
        pytest.param(Matcher({"teacher": ("t1*",)}), True, True, id="t1's for certain"),
    ],
)
def test_a_matcher_that_leaves_a_teacher_out(where: Matcher, in_doubt: bool, is_in: bool) -> None:
    both = rules(
        extra=(Extra(where, ("t2@demo.example",), LINE),),
        exceptions=(SeatException("bob@demo.example", where, Keep.IN, LINE),),
    )
    found = choose(
        (facts(),),
        both,
        LISTED,
        accounts(),
        owner="t1",
        present=Staff,
        teacher_in_doubt=in_doubt,
    )
    assert ("t2" in found.teachers, "bob" in found.students) == (is_in, is_in)
    assert found.left == ({"t2", "bob"} if in_doubt else set())


def test_who_may_have_to_stay_out_is_left_where_they_are() -> None:
    out = excepting(Keep.OUT, "ann@demo.example", NOT_T9)
    sure = choose((facts(),), out, LISTED, accounts(), owner="t1", present=Staff)
    assert (sure.students, sure.kept_out) == ({}, {"ann": LINE})
    found = choose(
        (facts(),), out, LISTED, accounts(), owner="t1", present=Staff, teacher_in_doubt=True
    )
    assert (found.students, found.kept_out, found.left) == ({}, {}, {"ann"})


def test_who_is_kept_in() -> None:
    found = chosen(excepting(Keep.IN, "bob@demo.example"))
    assert found == replace(LISTED, students={**LISTED.students, **by_policy("bob")})


def test_who_is_kept_in_and_is_listed_has_the_rosters_row() -> None:
    assert chosen(excepting(Keep.IN, "ann@demo.example")) == LISTED


def test_who_is_kept_in_and_teaches_it_stays_its_teacher() -> None:
    assert chosen(excepting(Keep.IN, "t1@demo.example")) == LISTED


@pytest.mark.parametrize("who", ["ann", "bob"])
def test_who_is_kept_out_listed_or_not(who: str) -> None:
    found = chosen(excepting(Keep.OUT, f"{who}.old@demo.example"))
    students = {} if who == "ann" else LISTED.students
    assert found == replace(LISTED, students=students, kept_out={who: LINE})


@pytest.mark.parametrize("keep", [Keep.IN, Keep.OUT], ids=["in", "out"])
def test_an_exception_elsewhere_is_none_here(keep: Keep) -> None:
    assert chosen(excepting(keep, "ann@demo.example", CHORUS)) == LISTED


@pytest.mark.parametrize("order", [(Keep.IN, Keep.OUT), (Keep.OUT, Keep.IN)])
def test_out_wins(order: tuple[Keep, Keep]) -> None:
    both = rules(
        exceptions=tuple(
            SeatException("bob@demo.example", EVERYWHERE, keep, LINE) for keep in order
        )
    )
    assert chosen(both) == replace(LISTED, kept_out={"bob": LINE})


def test_an_exception_for_nobody_is_told() -> None:
    words = "students.exceptions names nobody@demo.example, who has no Google account"
    found = chosen(excepting(Keep.OUT, "nobody@demo.example"))
    assert found == replace(LISTED, notices=(Notice(LINE, words, "M308"),))


def test_an_exception_for_somebody_suspended_leaves_their_seat() -> None:
    words = "students.exceptions names bob@demo.example, who has a suspended Google account"
    found = chosen(excepting(Keep.IN, "bob@demo.example"), suspended=("bob",))
    assert found == replace(LISTED, left=frozenset({"bob"}), notices=(Notice(LINE, words, "M308"),))


# co_teachers.at_most

THREE = Chosen(wanted("t1", "t2", "t3"), wanted("ann"))


def test_as_many_as_there_may_be() -> None:
    assert chosen(rules(at_most=2), listed=THREE) == THREE


@pytest.mark.parametrize(
    ("present", "stays", "beyond"),
    [
        pytest.param((), "t2", "t3", id="the-rosters-order"),
        pytest.param(("t1", "t3"), "t3", "t2", id="who-is-there-comes-first"),
        pytest.param(("t2", "t3"), "t2", "t3", id="both-are-there"),
    ],
)
def test_one_more_than_there_may_be(present: tuple[str, ...], stays: str, beyond: str) -> None:
    """Who is beyond the number is left alone, also if they are in the class by now."""
    words = (
        "section s1 has 2 co-teachers, and co_teachers.at_most is 1: 1 of them is neither added "
        "nor taken out"
    )
    assert chosen(rules(at_most=1), listed=THREE, present=present) == Chosen(
        wanted("t1", stays),
        wanted("ann"),
        left=frozenset({beyond}),
        notices=(Notice(f"enrollments.csv:{beyond}", words, "M309"),),
    )


def test_who_was_taken_out_by_hand_has_no_place() -> None:
    """Still wanted, so that it is told every night; and the next one comes in."""
    found = chosen(rules(at_most=1), listed=THREE, present=("t1",), taken_out=("t2",))
    assert found == THREE


def test_who_is_to_be_put_back_has_their_place() -> None:
    restoring = rules(at_most=1, teachers_removed=RemovedByHand.RESTORE)
    found = chosen(restoring, listed=THREE, present=("t1",), taken_out=("t2",))
    assert found.left == frozenset({"t3"})


def test_an_owner_by_policy_makes_all_of_them_co_teachers() -> None:
    found = chosen(rules(at_most=2), listed=THREE, owner="bob")
    assert (list(found.teachers), found.left) == (["t1", "t2"], frozenset({"t3"}))
    assert "has 3 co-teachers" in found.notices[0].message


def test_where_none_are_added_there_is_no_number_to_tell() -> None:
    assert chosen(rules(at_most=1, co_teachers=False), listed=THREE) == THREE
